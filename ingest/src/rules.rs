//! The tag rules: what a tag set must look like to become a series.
//!
//! Takes tags, gives the first violation. The order of the checks and every text are the
//! reference's, because senders match on them. Age and limits are not rules: they depend on more
//! than the tags and live in [`admit`](crate::admit).

use std::fmt::Write;

use telamon_model::Tags;

use crate::rejected::Reason;

/// Bounds of the rules; lengths are UTF-16 code units, as the reference counts them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rules {
    /// Fewest units of a key.
    pub key_length_min: usize,
    /// Most units of a key.
    pub key_length_max: usize,
    /// Fewest units of the value of `name`.
    pub name_length_min: usize,
    /// Most units of the value of `name`.
    pub name_length_max: usize,
    /// Fewest units of any other value.
    pub value_length_min: usize,
    /// Most units of any other value.
    pub value_length_max: usize,
    /// Most tags that stand under no reserved prefix; `name` counts.
    pub user_tags_max: usize,
}

impl Rules {
    /// What the reference enforces.
    pub const ATLAS: Self = Self {
        key_length_min: 2,
        key_length_max: 60,
        name_length_min: 2,
        name_length_max: 255,
        value_length_min: 1,
        value_length_max: 120,
        user_tags_max: 20,
    };

    /// Checks a tag set.
    ///
    /// # Errors
    /// The first violation in the order: name, key lengths, value lengths, characters, number of
    /// user tags, reserved prefixes; inside one rule in key order.
    pub fn check(&self, tags: &Tags) -> Result<(), Violation> {
        if tags.get("name").is_none() {
            let text = "missing key 'name'".to_owned();
            return Err(Violation {
                reason: Reason::MissingName,
                text,
            });
        }
        tags.iter()
            .try_for_each(|(key, _)| self.check_key_length(key))?;
        tags.iter()
            .try_for_each(|(key, value)| self.check_value_length(key, value))?;
        tags.iter()
            .try_for_each(|(key, value)| check_characters(key, value))?;
        self.check_user_tags(tags)?;
        for (prefix, known) in RESERVED {
            tags.iter()
                .try_for_each(|(key, _)| check_reserved(key, prefix, known))?;
        }
        Ok(())
    }

    fn check_key_length(&self, key: &str) -> Result<(), Violation> {
        let length = utf16_length(key);
        if length > self.key_length_max {
            let text = format!("key too long: [{key}] ({length} > {})", self.key_length_max);
            return Err(Violation {
                reason: Reason::KeyTooLong,
                text,
            });
        }
        if length < self.key_length_min {
            let text = format!(
                "key too short: [{key}] ({length} < {})",
                self.key_length_min
            );
            return Err(Violation {
                reason: Reason::KeyTooShort,
                text,
            });
        }
        Ok(())
    }

    fn check_value_length(&self, key: &str, value: &str) -> Result<(), Violation> {
        let (min, max) = if key == "name" {
            (self.name_length_min, self.name_length_max)
        } else {
            (self.value_length_min, self.value_length_max)
        };
        let length = utf16_length(value);
        if length > max {
            let text = format!("value too long: {key} = [{value}] ({length} > {max})");
            return Err(Violation {
                reason: Reason::ValueTooLong,
                text,
            });
        }
        if length < min {
            let text = format!("value too short: {key} = [{value}] ({length} < {min})");
            return Err(Violation {
                reason: Reason::ValueTooShort,
                text,
            });
        }
        Ok(())
    }

    fn check_user_tags(&self, tags: &Tags) -> Result<(), Violation> {
        let is_user = |key: &str| RESERVED.iter().all(|(prefix, _)| !key.starts_with(prefix));
        let count = tags.iter().filter(|(key, _)| is_user(key)).count();
        if count > self.user_tags_max {
            let text = format!("too many user tags: {count} > {}", self.user_tags_max);
            return Err(Violation {
                reason: Reason::TooManyUserTags,
                text,
            });
        }
        Ok(())
    }
}

/// The rule that a tag set breaks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Which one.
    pub reason: Reason,
    /// The reference's sentence without the tags at its end.
    pub text: String,
}

impl Violation {
    /// The sentence for the sender: the text and the tags as JSON.
    pub fn message(&self, tags: &Tags) -> String {
        message(&self.text, tags)
    }
}

/// A sentence followed by the tags as JSON, keys sorted: how every refusal of a datapoint ends.
pub(crate) fn message(text: &str, tags: &Tags) -> String {
    let mut out = format!("{text} (tags={{");
    for (index, (key, value)) in tags.iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        write_json_string(&mut out, key);
        out.push(':');
        write_json_string(&mut out, value);
    }
    out.push_str("})");
    out
}

/// Whether a byte may stand in a key or value.
pub(crate) const fn is_permitted(byte: u8) -> bool {
    matches!(byte, b'-' | b'.' | b'_' | b'^' | b'~' | b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z')
}

fn check_characters(key: &str, value: &str) -> Result<(), Violation> {
    const ALLOWED: &str = "([--.0-9A-Z^_a-z~] are allowed)";
    if !key.bytes().all(is_permitted) {
        let text = format!("invalid characters in key: [{key}] {ALLOWED}");
        return Err(Violation {
            reason: Reason::InvalidKeyCharacters,
            text,
        });
    }
    if !value.bytes().all(is_permitted) {
        let text = format!("invalid characters in value: {key} = [{value}] {ALLOWED}");
        return Err(Violation {
            reason: Reason::InvalidValueCharacters,
            text,
        });
    }
    Ok(())
}

fn check_reserved(key: &str, prefix: &str, known: &[&str]) -> Result<(), Violation> {
    match key.strip_prefix(prefix) {
        Some(rest) if !known.contains(&rest) => {
            let text = format!("invalid key for reserved prefix '{prefix}': {key}");
            Err(Violation {
                reason: Reason::ReservedPrefix,
                text,
            })
        }
        Some(_) | None => Ok(()),
    }
}

fn utf16_length(text: &str) -> usize {
    if text.is_ascii() {
        text.len()
    } else {
        text.encode_utf16().count()
    }
}

fn write_json_string(out: &mut String, text: &str) {
    out.push('"');
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            control if control < ' ' => {
                write!(out, "\\u{:04X}", u32::from(control)).expect("a String takes any text");
            }
            other => out.push(other),
        }
    }
    out.push('"');
}

/// Prefixes that only known keys may have, in key order.
const RESERVED: [(&str, &[&str]); 2] = [
    ("atlas.", &["aggr", "dstype", "legacy", "offset"]),
    (
        "nf.",
        &[
            "account",
            "ami",
            "app",
            "asg",
            "cluster",
            "container",
            "country",
            "country.rollup",
            "job",
            "node",
            "process",
            "region",
            "shard1",
            "shard2",
            "stack",
            "subnet",
            "task",
            "vmtype",
            "vpc",
            "zone",
        ],
    ),
];

#[cfg(test)]
mod tests;

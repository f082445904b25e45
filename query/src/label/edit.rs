//! Edits of legend texts: decoding, and search and replace.
//!
//! Edits are kept as the words they came from, `mode,:decode` and `search,replacement,:s`, one after
//! another in one text. What makes no sense there is skipped a piece at a time, as in the reference.
//! Patterns are those of `java.util.regex`, so they run on an engine that backtracks, with a budget.

use std::fmt;

use fancy_regex::{Captures, Regex, RegexBuilder};

use super::substitute_with;
use crate::limit::{Exceeded, Limit};

/// Steps back that one search may take where nobody says otherwise.
pub const EDIT_STEPS: usize = 1_000_000;

/// Why a legend cannot be edited; the wording is the reference's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EditError {
    /// There is no encoding of that name.
    UnknownEncoding(String),
    /// A pattern that cannot be read.
    BadPattern {
        /// The pattern, and a caret below it where the place is known.
        pattern: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A pattern that takes too long.
    TooExpensive {
        /// The pattern.
        pattern: String,
        /// Steps that it may take.
        steps_max: usize,
    },
}

impl EditError {
    /// The limit that was reached, if it is about one.
    pub fn limit(&self) -> Option<Exceeded> {
        match self {
            Self::TooExpensive { steps_max, .. } => Some(Exceeded {
                limit: Limit::EditSteps,
                max: u64::try_from(*steps_max).unwrap_or(u64::MAX),
            }),
            Self::UnknownEncoding(_) | Self::BadPattern { .. } => None,
        }
    }

    /// The class the reference names in its answer.
    pub fn class(&self) -> &'static str {
        match self {
            Self::UnknownEncoding(_) => "IllegalArgumentException",
            Self::BadPattern { .. } => "PatternSyntaxException",
            Self::TooExpensive { .. } => "IllegalStateException",
        }
    }
}

impl fmt::Display for EditError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownEncoding(name) => write!(f, "unknown encoding '{name}'"),
            Self::BadPattern { pattern, reason } => write!(f, "{reason}\n{pattern}"),
            Self::TooExpensive { pattern, .. } => {
                write!(f, "regex is too expensive to evaluate: '{pattern}'")
            }
        }
    }
}

impl std::error::Error for EditError {}

/// Edits, one after another.
#[derive(Debug)]
pub struct Edits {
    edits: Vec<Edit>,
    /// Steps back of a search, and bytes of the text of a legend: each edit can double it.
    steps_max: usize,
}

#[derive(Debug)]
enum Edit {
    /// `_` and two hex digits become the character with that code.
    DecodeHex,
    /// Every match is replaced.
    Replace {
        pattern: String,
        regex: Box<Regex>,
        replacement: String,
    },
}

impl Edits {
    /// Reads edits from the text they are kept as. `steps_max` bounds each.
    ///
    /// # Errors
    /// When an encoding does not exist, or a pattern makes no sense.
    pub fn read(text: &str, steps_max: usize) -> Result<Self, EditError> {
        let tokens: Vec<&str> = text.split(',').collect();
        let mut edits = Vec::new();
        let mut rest = tokens.as_slice();
        loop {
            rest = match rest {
                [] => return Ok(Self { edits, steps_max }),
                [mode, ":decode", after @ ..] => {
                    match *mode {
                        "hex" => edits.push(Edit::DecodeHex),
                        "none" => {}
                        _ => return Err(EditError::UnknownEncoding((*mode).to_owned())),
                    }
                    after
                }
                [search, replacement, ":s", after @ ..] => {
                    edits.push(Edit::Replace {
                        pattern: (*search).to_owned(),
                        regex: Box::new(compile(search, steps_max)?),
                        replacement: (*replacement).to_owned(),
                    });
                    after
                }
                [_, after @ ..] => after,
            };
        }
    }

    /// The edited text.
    ///
    /// # Errors
    /// When a search takes too long.
    pub(super) fn apply(
        &self,
        text: String,
        variable: &dyn Fn(&str) -> Option<String>,
    ) -> Result<String, EditError> {
        self.edits.iter().try_fold(text, |text, edit| match edit {
            Edit::DecodeHex => Ok(decode_hex(&text)),
            Edit::Replace {
                pattern,
                regex,
                replacement,
            } => replace_all(&text, regex, replacement, variable)
                .filter(|replaced| replaced.len() <= self.steps_max)
                .ok_or_else(|| EditError::TooExpensive {
                    pattern: pattern.clone(),
                    steps_max: self.steps_max,
                }),
        })
    }
}

/// Replaces every match, an empty one at the end of another included. `None` when it takes too long.
fn replace_all(
    text: &str,
    regex: &Regex,
    replacement: &str,
    variable: &dyn Fn(&str) -> Option<String>,
) -> Option<String> {
    let mut replaced = String::with_capacity(text.len());
    let mut copied = 0;
    let mut from = 0;
    while from <= text.len() {
        let Some(captures) = regex.captures_from_pos(text, from).ok()? else {
            break;
        };
        let Some(found) = captures.get(0) else {
            break;
        };
        replaced.push_str(&text[copied..found.start()]);
        substitute_with(replacement, &mut replaced, &|name| {
            group(regex, &captures, name).or_else(|| variable(name))
        });
        copied = found.end();
        from = found.end();
        if found.start() == found.end() {
            from += text[from..].chars().next().map_or(1, char::len_utf8);
        }
    }
    replaced.push_str(&text[copied..]);
    Some(replaced)
}

/// What a group of a match holds: `null` when it took no part, as Java writes it.
fn group(regex: &Regex, captures: &Captures<'_, str>, name: &str) -> Option<String> {
    let number = match name.parse::<usize>() {
        Ok(number) => (number < captures.len()).then_some(number),
        Err(_) => regex.capture_names().position(|known| known == Some(name)),
    };
    let held = captures.get(number?);
    Some(held.map_or("null", |held| held.as_str()).to_owned())
}

fn compile(pattern: &str, steps_max: usize) -> Result<Regex, EditError> {
    let bad = |reason: String| EditError::BadPattern {
        pattern: pattern.to_owned(),
        reason,
    };
    if let Some((reason, caret)) = unclosed(pattern) {
        return Err(EditError::BadPattern {
            pattern: format!("{pattern}{caret}"),
            reason,
        });
    }
    RegexBuilder::new(&translate(pattern))
        .backtrack_limit(steps_max)
        .build()
        .map_err(|error| bad(error.to_string()))
}

/// The commonest mistakes in the words of Java, and what stands below the pattern.
fn unclosed(pattern: &str) -> Option<(String, String)> {
    let mut groups = 0_i32;
    let mut classes = 0_i32;
    let mut characters = pattern.chars();
    while let Some(c) = characters.next() {
        match c {
            '\\' => {
                characters.next();
            }
            '[' => classes += 1,
            ']' if classes > 0 => classes -= 1,
            '(' if classes == 0 => groups += 1,
            ')' if classes == 0 => groups -= 1,
            _ => {}
        }
    }
    let length = pattern.chars().count();
    if classes > 0 {
        let at = length.saturating_sub(1);
        let caret = " ".repeat(at);
        return Some((
            format!("Unclosed character class near index {at}"),
            format!("\n{caret}^"),
        ));
    }
    (groups > 0).then(|| (format!("Unclosed group near index {length}"), String::new()))
}

/// Java's classes are of ASCII, those of the engine of Unicode; a few escapes have other names.
fn translate(pattern: &str) -> String {
    let mut translated = String::with_capacity(pattern.len());
    let mut rest = pattern;
    while let Some(at) = rest.find('\\') {
        translated.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        if let Some(quoted) = rest.strip_prefix('Q') {
            let (literal, after) = quoted.split_once("\\E").unwrap_or((quoted, ""));
            translated.push_str(&fancy_regex::escape(literal));
            rest = after;
            continue;
        }
        let Some(letter) = rest.chars().next() else {
            translated.push('\\');
            break;
        };
        rest = &rest[letter.len_utf8()..];
        match letter {
            'd' => translated.push_str("[0-9]"),
            'D' => translated.push_str("[^0-9]"),
            'w' => translated.push_str("[a-zA-Z_0-9]"),
            'W' => translated.push_str("[^a-zA-Z_0-9]"),
            's' => translated.push_str(r"[ \t\n\x0B\f\r]"),
            'S' => translated.push_str(r"[^ \t\n\x0B\f\r]"),
            'h' => translated.push_str(r"[ \t\u00A0\u1680\u180e\u2000-\u200a\u202f\u205f\u3000]"),
            'R' => translated.push_str(r"(?:\r\n|[\n\x0B\f\r\u0085\u2028\u2029])"),
            'p' | 'P' => rest = translate_property(letter, rest, &mut translated),
            _ => {
                translated.push('\\');
                translated.push(letter);
            }
        }
    }
    translated.push_str(rest);
    translated
}

/// Java's names for classes of ASCII; others are the engine's. Gives what follows.
fn translate_property<'p>(letter: char, rest: &'p str, translated: &mut String) -> &'p str {
    let named = rest.strip_prefix('{').and_then(|rest| rest.split_once('}'));
    let class = named.and_then(|(name, _)| {
        Some(match name {
            "Lower" => "a-z",
            "Upper" => "A-Z",
            "ASCII" => r"\x00-\x7F",
            "Alpha" => "a-zA-Z",
            "Digit" => "0-9",
            "Alnum" => "a-zA-Z0-9",
            "Punct" => r"!-/:-@\[-`{-~",
            "Graph" => "!-~",
            "Print" => " -~",
            "Blank" => r" \t",
            "Cntrl" => r"\x00-\x1F\x7F",
            "XDigit" => "0-9a-fA-F",
            "Space" => r" \t\n\x0B\f\r",
            _ => return None,
        })
    });
    match (named, class) {
        (Some((_, after)), Some(class)) => {
            let negated = if letter == 'P' { "^" } else { "" };
            translated.push_str(&format!("[{negated}{class}]"));
            after
        }
        _ => {
            translated.push('\\');
            translated.push(letter);
            rest
        }
    }
}

/// Turns `_` and two hex digits into the character with that code.
fn decode_hex(text: &str) -> String {
    let mut decoded = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('_') {
        decoded.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        let digits = rest
            .get(..2)
            .filter(|digits| digits.bytes().all(|b| b.is_ascii_hexdigit()));
        match digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(code) => {
                decoded.push(char::from(code));
                rest = &rest[2..];
            }
            None => decoded.push('_'),
        }
    }
    decoded.push_str(rest);
    decoded
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The text after edits; every tag has the value `T`.
    #[track_caller]
    fn check(edits: &str, text: &str, expected: Result<&str, &str>) {
        let edited = Edits::read(edits, EDIT_STEPS)
            .and_then(|edits| {
                let tag = |name: &str| (name == "tag").then(|| "T".to_owned());
                edits.apply(text.to_owned(), &tag)
            })
            .map_err(|error| error.to_string());
        assert_eq!(
            edited.as_deref().map_err(String::as_str),
            expected,
            "{edits}"
        );
    }

    #[test]
    fn matches_are_replaced_as_in_java() {
        for (edits, text, expected) in [
            ("^nccp-(.*)$,$1,:s", "nccp-ps3", "ps3"),
            ("^nccp-(?<stack>.*)$,$stack,:s", "nccp-ps3", "ps3"),
            ("([a-z]),_$1,:s", "ab1", "_a_b1"),
            (".*,x,:s", "abc", "xx"),
            ("b*,-,:s", "abc", "-a--c-"),
            ("c(c)?(x)?,$2,:s", "nccp", "nnullp"),
            ("(n)(c),$2$1,:s", "nccp", "cncp"),
            ("(n)(c),$(2)-$(1),:s", "nccp", "c-ncp"),
            ("n,$(tag)-$none,:s", "n", "T-none"),
            ("n,$(tag),:s", "n", "T"),
            ("n,$9,:s", "n", "9"),
            (r"n,a\b,:s", "n", r"a\b"),
            ("(?i)NCCP,X,:s", "nccp-ps3", "X-ps3"),
            ("(?<=c)p,P,:s", "nccp-ps3", "nccP-ps3"),
            (r"(.)\1,=,:s", "nccp", "n=p"),
            (r"\d,#,:s", "a1٣", "a#٣"),
            (r"[\w]+,#,:s", "aé1", "#é#"),
            (r"\Qa.c\E,#,:s", "abc a.c", "abc #"),
            (r"\p{Upper}+,#,:s", "ABé", "#é"),
            ("é,e,:s", "éé", "ee"),
            ("nccp.*(),$1,:s", "nccp-ps3", ""),
            ("a,b,c,:s", "a,b", "a,c"),
            ("!,?,:s,hex,:decode", "a_21b", "a!b"),
            ("hex,:decode,!,?,:s", "a_21b", "a?b"),
            ("none,:decode", "a_21", "a_21"),
        ] {
            check(edits, text, Ok(expected));
        }
    }

    #[test]
    fn what_makes_no_sense_is_named() {
        check("foo,:decode", "a", Err("unknown encoding 'foo'"));
        check(
            "[,x,:s",
            "a",
            Err("Unclosed character class near index 0\n[\n^"),
        );
        check("a(b,x,:s", "a", Err("Unclosed group near index 3\na(b"));
        let costly = r"(?:(x|xx)\1?)+y,-,:s";
        let text = "x".repeat(40) + "!";
        check(
            costly,
            &text,
            Err(r"regex is too expensive to evaluate: '(?:(x|xx)\1?)+y'"),
        );
    }
}

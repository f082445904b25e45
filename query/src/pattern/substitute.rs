//! Patterns that match a value as a whole and give a text for it: those of `:relabel`.
//!
//! ```text
//!   (.*)-v(\\d+)   $1.$2      api-v012  ──►  api.012
//! ```
//!
//! They are not the reference's patterns, of which no group can be told: the syntax is that of RE2, as
//! in PromQL, and runs in linear time. In the text `$1`, `${1}` and `${name}` stand for what a group
//! matched, `$0` for all, `$$` for a dollar, and `${}` for nothing, because a program cannot hold an
//! empty string.

use std::sync::Arc;

use regex_automata::PatternID;
use regex_automata::meta;
use regex_automata::util::syntax;

use super::parse::refused;
use super::{PatternError, too_large};
use crate::lang::ErrorClass;
use crate::limit::Limit;

/// Bytes of a text that is made: a text made from itself again and again would fill the memory.
const TEXT_BYTES_MAX: usize = 1024;

/// A pattern, and the text for a value that it matches.
#[derive(Clone, Debug)]
pub struct Substitution {
    pattern: Arc<str>,
    template: Arc<str>,
    regex: meta::Regex,
    parts: Vec<Part>,
}

#[derive(Clone, Debug)]
enum Part {
    Text(String),
    /// What the group with this number matched.
    Group(usize),
}

/// The text for a value is too long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TextTooLong {
    /// The length that is allowed.
    pub bytes_max: usize,
}

impl PartialEq for Substitution {
    fn eq(&self, other: &Self) -> bool {
        (&self.pattern, &self.template) == (&other.pattern, &other.template)
    }
}

impl Substitution {
    /// Compiles a pattern of at most some bytes, compiled, and the text for what it matches.
    ///
    /// # Errors
    /// When the pattern cannot be read or is too large, or the text names a group that it does not
    /// have.
    pub fn new(
        pattern: &Arc<str>,
        template: &Arc<str>,
        bytes_max: usize,
    ) -> Result<Self, PatternError> {
        // By itself first: `a)(b` makes sense between parentheses only.
        build(pattern, pattern, bytes_max)?;
        let regex = build(&format!("\\A(?:{pattern})\\z"), pattern, bytes_max)?;
        Ok(Self {
            pattern: Arc::clone(pattern),
            template: Arc::clone(template),
            parts: parts(template, &regex)?,
            regex,
        })
    }

    /// The pattern as written.
    pub fn pattern(&self) -> &str {
        &self.pattern
    }

    /// The text as written.
    pub fn template(&self) -> &str {
        &self.template
    }

    /// Whether the text is empty whatever is matched.
    pub fn is_always_empty(&self) -> bool {
        self.parts.is_empty()
    }

    /// The text for a value; `None` when the pattern does not match all of it.
    ///
    /// # Errors
    /// When the text is too long.
    pub fn apply(&self, value: &str) -> Result<Option<String>, TextTooLong> {
        let mut captures = self.regex.create_captures();
        self.regex.captures(value, &mut captures);
        if !captures.is_match() {
            return Ok(None);
        }
        let mut text = String::new();
        for part in &self.parts {
            text.push_str(match part {
                Part::Text(text) => text,
                Part::Group(number) => captures
                    .get_group(*number)
                    .map_or("", |group| &value[group.range()]),
            });
            if text.len() > TEXT_BYTES_MAX {
                return Err(TextTooLong {
                    bytes_max: TEXT_BYTES_MAX,
                });
            }
        }
        Ok(Some(text))
    }
}

fn build(text: &str, pattern: &str, bytes_max: usize) -> Result<meta::Regex, PatternError> {
    let config = meta::Config::new()
        .nfa_size_limit(Some(bytes_max))
        .onepass_size_limit(Some(bytes_max));
    meta::Builder::new()
        .configure(config)
        .syntax(syntax::Config::new().dot_matches_new_line(true))
        .build(text)
        .map_err(|error| {
            if error.size_limit().is_some() {
                return too_large(Limit::Pattern, bytes_max, "bytes");
            }
            let shown = error.syntax_error().map(ToString::to_string);
            let text = described(shown.as_deref().unwrap_or_default(), pattern);
            refused(
                ErrorClass::IllegalArgument,
                text,
                "patterns of :relabel are written as in RE2: no lookaround, no references back",
            )
        })
}

/// What is wrong, the pattern, and a caret below the place, from the drawing of the engine.
///
/// ```text
///   regex parse error:
///       a(b
///        ^
///   error: unclosed group
/// ```
fn described(drawing: &str, pattern: &str) -> String {
    let what = drawing
        .lines()
        .find_map(|line| line.strip_prefix("error: "))
        .unwrap_or("pattern cannot be read");
    let caret = drawing.lines().find_map(|line| {
        let caret = line.strip_prefix("    ")?;
        let is_caret = caret.trim_start().starts_with('^');
        is_caret.then_some(caret)
    });
    match caret {
        Some(caret) => format!("{what}\n{pattern}\n{caret}"),
        None => format!("{what}: {pattern}"),
    }
}

/// The parts of a text, none of them empty.
fn parts(template: &str, regex: &meta::Regex) -> Result<Vec<Part>, PatternError> {
    let mut parts = Vec::new();
    let mut text = String::new();
    let mut rest = template;
    while let Some(at) = rest.find('$') {
        text.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        if let Some(after) = rest.strip_prefix('$') {
            text.push('$');
            rest = after;
            continue;
        }
        let (name, after) = name_of_group(rest).ok_or_else(|| {
            refused(
                ErrorClass::IllegalArgument,
                format!("a $ without a group in `{template}`"),
                "a group is $1, ${1} or ${name}; a dollar is $$, nothing is ${}",
            )
        })?;
        rest = after;
        if name.is_empty() {
            continue;
        }
        if !text.is_empty() {
            parts.push(Part::Text(std::mem::take(&mut text)));
        }
        parts.push(Part::Group(number_of(name, regex)?));
    }
    text.push_str(rest);
    if !text.is_empty() {
        parts.push(Part::Text(text));
    }
    Ok(parts)
}

/// The name after a dollar, and what follows it.
fn name_of_group(text: &str) -> Option<(&str, &str)> {
    if let Some(inside) = text.strip_prefix('{') {
        return inside.split_once('}');
    }
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    (digits > 0).then(|| text.split_at(digits))
}

fn number_of(name: &str, regex: &meta::Regex) -> Result<usize, PatternError> {
    let groups = regex.group_info();
    let count = groups.group_len(PatternID::ZERO);
    let known = match name.parse::<usize>() {
        Ok(number) => Some(number).filter(|number| *number < count),
        Err(_) => groups.to_index(PatternID::ZERO, name),
    };
    known.ok_or_else(|| {
        let names = groups.pattern_names(PatternID::ZERO).enumerate().skip(1);
        let names: Vec<String> = names
            .map(|(number, name)| name.map_or_else(|| number.to_string(), str::to_owned))
            .collect();
        let hint = if names.is_empty() {
            "the pattern has no groups; a group stands between ( and )".to_owned()
        } else {
            format!("the groups of the pattern are {}", names.join(", "))
        };
        refused(
            ErrorClass::IllegalArgument,
            format!("unknown group `{name}`"),
            &hint,
        )
    })
}

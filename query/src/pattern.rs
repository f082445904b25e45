//! Patterns of `:re` and `:reic`: the reference's own syntax, run in linear time where it can be.
//!
//! ```text
//!   ab|c  ──parse──►  tree of (^ab|c)  ──translate──►  automaton, searched anywhere in the value
//! ```
//!
//! The pattern gets a `^` in front and may match anywhere: it is anchored at the start, but not at the
//! end, and an alternative at the top level escapes the anchor. Classes know ASCII only. Forms that no
//! automaton runs are run by `backtrack`; what the reference refuses is refused. Patterns of `:relabel`
//! are others, see [`Substitution`].

mod backtrack;
mod parse;
mod substitute;
mod translate;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use regex_automata::meta;
use telamon_model::{OutOfSteps, Pattern, StringMatcher};

pub use substitute::{Substitution, TextTooLong};

use crate::lang::ErrorClass;
use crate::limit::{Exceeded, Limit};
use parse::Node;

/// Why a pattern is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PatternError {
    /// The kind of fault, as the reference names it.
    pub class: ErrorClass,
    /// The reference's text, often of three lines: what, the whole pattern, a caret below it.
    pub text: String,
    /// One line for people, where the text does not say it all.
    pub hint: Option<String>,
    /// The limit that was reached, if it is refused for its size.
    pub limit: Option<Exceeded>,
}

/// How large a pattern may become.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PatternLimits {
    /// Bytes of a pattern that is run in linear time.
    pub automaton_bytes: usize,
    /// Operations of one that is not.
    pub steps: usize,
    /// Steps that a search with such a one may take in one value.
    pub match_steps: usize,
}

impl PatternLimits {
    /// A mebibyte, and work of milliseconds for a value.
    pub const STANDARD: Self = Self {
        automaton_bytes: 1 << 20,
        steps: 2000,
        match_steps: 1_000_000,
    };
}

/// What a pattern comes to when it needs no automaton.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Plain {
    /// Every value.
    Anything,
    /// Values that start with the text.
    Prefix(String),
    /// Values that contain the text.
    Contains(String),
}

/// Compiles a pattern.
///
/// # Errors
/// When the reference refuses it, or it is too large.
pub fn compile(
    text: &Arc<str>,
    ignore_case: bool,
    limits: PatternLimits,
) -> Result<Pattern, PatternError> {
    let tree = parse::parse(text)?;
    let matcher: Arc<dyn StringMatcher> = match plain_of(&tree) {
        Some(plain) if !ignore_case => Arc::new(Literal(plain)),
        _ => {
            let prefix = if ignore_case {
                String::new()
            } else {
                literal_prefix(&tree)
            };
            match translate::build(&tree, ignore_case, limits.automaton_bytes)? {
                Some(regex) => Arc::new(Automaton { regex, prefix }),
                None => Arc::new(backtrack::build(&tree, ignore_case, prefix, limits)?),
            }
        }
    };
    Ok(Pattern {
        text: Arc::clone(text),
        ignore_case,
        matcher,
    })
}

/// The fault of a pattern that is too large.
fn too_large(limit: Limit, max: usize, unit: &str) -> PatternError {
    PatternError {
        class: ErrorClass::IllegalArgument,
        text: format!("pattern is too large: more than {max} {unit}"),
        hint: Some(limit.advice().to_owned()),
        limit: Some(Exceeded {
            limit,
            max: u64::try_from(max).unwrap_or(u64::MAX),
        }),
    }
}

/// What a pattern comes to when it is only a prefix or a contained text; legends show that instead.
pub fn plain(text: &str) -> Option<Plain> {
    parse::parse(text).ok().and_then(|tree| plain_of(&tree))
}

fn plain_of(tree: &Node) -> Option<Plain> {
    let Node::Seq(nodes) = tree else { return None };
    let (Node::Start, mut rest) = nodes.split_first()? else {
        return None;
    };
    let mut contains = false;
    while let [first, tail @ ..] = rest {
        if !first.is_any_text() {
            break;
        }
        contains = true;
        rest = tail;
    }
    while let [head @ .., last] = rest {
        if !last.is_any_text() {
            break;
        }
        rest = head;
    }
    let mut text = String::new();
    if !rest.iter().all(|node| push_literal(node, &mut text)) {
        return None;
    }
    Some(match text {
        text if text.is_empty() => Plain::Anything,
        text if contains => Plain::Contains(text),
        text => Plain::Prefix(text),
    })
}

/// Adds the text of a literal or of a sequence of them, such as a quotation; `false` for others.
fn push_literal(node: &Node, text: &mut String) -> bool {
    match node {
        Node::Seq(nodes) => nodes.iter().all(|node| push_literal(node, text)),
        _ => node.literal().map(|c| text.push(c)).is_some(),
    }
}

/// The literal text every match starts with.
fn literal_prefix(tree: &Node) -> String {
    match tree {
        Node::Seq(nodes) if matches!(nodes.first(), Some(Node::Start)) => {
            nodes[1..].iter().map_while(Node::literal).collect()
        }
        _ => String::new(),
    }
}

#[derive(Debug)]
struct Literal(Plain);

impl StringMatcher for Literal {
    fn is_match(&self, value: &str) -> Result<bool, OutOfSteps> {
        Ok(match &self.0 {
            Plain::Anything => true,
            Plain::Prefix(text) => value.starts_with(text.as_str()),
            Plain::Contains(text) => value.contains(text.as_str()),
        })
    }

    fn prefix(&self) -> &str {
        match &self.0 {
            Plain::Prefix(text) => text,
            Plain::Anything | Plain::Contains(_) => "",
        }
    }
}

#[derive(Debug)]
struct Automaton {
    regex: meta::Regex,
    prefix: String,
}

impl StringMatcher for Automaton {
    fn is_match(&self, value: &str) -> Result<bool, OutOfSteps> {
        Ok(self.regex.is_match(value))
    }

    fn prefix(&self) -> &str {
        &self.prefix
    }
}

//! A pattern's tree to an automaton that matches the same values.
//!
//! Braces and possessive forms never give back what they took. They are run as ordinary repetition
//! where that cannot make a difference; where it could, and for conditions on what follows, there is
//! no automaton.

use std::fmt::Write as _;

use regex_automata::meta;

use super::parse::{AsciiSet, Node, refused};
use super::{PatternError, too_large};
use crate::lang::ErrorClass;
use crate::limit::Limit;

/// The automaton, to be searched anywhere in a value; `None` when none matches the same values.
///
/// # Errors
/// When it takes more bytes than it may.
pub(super) fn build(
    tree: &Node,
    ignore_case: bool,
    bytes_max: usize,
) -> Result<Option<meta::Regex>, PatternError> {
    let mut translated = String::new();
    if write(tree, Follow::Nothing, ignore_case, &mut translated).is_err() {
        return Ok(None);
    }
    let config = meta::Config::new()
        .nfa_size_limit(Some(bytes_max))
        .onepass_size_limit(Some(bytes_max));
    meta::Builder::new()
        .configure(config)
        .build(&translated)
        .map(Some)
        .map_err(|error| match error.size_limit() {
            Some(_) => too_large(Limit::Pattern, bytes_max, "bytes"),
            None => refused(
                ErrorClass::IllegalArgument,
                format!("pattern cannot be compiled: {error}"),
                Limit::Pattern.advice(),
            ),
        })
}

/// A part that no automaton runs as the reference does.
struct NoAutomaton;

/// What comes after a part.
#[derive(Clone, Copy)]
enum Follow<'n> {
    /// Nothing that could fail.
    Nothing,
    /// These parts, the last of them followed by something unknown.
    Parts(&'n [Node]),
    /// Anything.
    Unknown,
}

fn write(
    node: &Node,
    follow: Follow<'_>,
    ignore_case: bool,
    out: &mut String,
) -> Result<(), NoAutomaton> {
    match node {
        Node::Char(c) => {
            let flag = if ignore_case { "i" } else { "" };
            push(out, format_args!("(?{flag}:\\x{{{:x}}})", u32::from(*c)));
        }
        Node::Set(set) => write_set(if ignore_case { both_cases(*set) } else { *set }, out),
        Node::Any => out.push_str("(?s:.)"),
        Node::Start => out.push_str("\\A"),
        Node::End => out.push_str("\\z"),
        Node::Seq(nodes) => {
            out.push_str("(?:");
            for (index, part) in nodes.iter().enumerate() {
                let rest = &nodes[index + 1..];
                let after = match follow {
                    Follow::Nothing if rest.is_empty() => Follow::Nothing,
                    _ if rest.is_empty() => follow,
                    _ => Follow::Parts(rest),
                };
                write(part, after, ignore_case, out)?;
            }
            out.push(')');
        }
        Node::Or(alternatives) => {
            out.push_str("(?:");
            for (index, alternative) in alternatives.iter().enumerate() {
                if index > 0 {
                    out.push('|');
                }
                write(alternative, follow, ignore_case, out)?;
            }
            out.push(')');
        }
        Node::Repeat { .. } => write_repeat(node, follow, ignore_case, out)?,
        Node::Look { .. } => return Err(NoAutomaton),
    }
    Ok(())
}

fn write_repeat(
    node: &Node,
    follow: Follow<'_>,
    ignore_case: bool,
    out: &mut String,
) -> Result<(), NoAutomaton> {
    let Node::Repeat {
        node: repeated,
        min,
        max,
        possessive,
    } = node
    else {
        unreachable!("called for repetitions only");
    };
    if *possessive && **repeated == Node::Any && max.is_none() {
        // It takes everything that is left.
        push(out, format_args!("(?s:.){{{min},}}\\z"));
        return Ok(());
    }
    if *possessive && !gives_nothing_back(repeated, *min, *max, follow) {
        return Err(NoAutomaton);
    }
    out.push_str("(?:");
    write(repeated, Follow::Unknown, ignore_case, out)?;
    match max {
        Some(max) => push(out, format_args!("){{{min},{max}}}")),
        None => push(out, format_args!("){{{min},}}")),
    }
    Ok(())
}

fn push(out: &mut String, text: std::fmt::Arguments<'_>) {
    out.write_fmt(text).expect("a string takes any text");
}

fn write_set(set: AsciiSet, out: &mut String) {
    if set == 0 {
        // Matches nothing.
        out.push_str("[^\\s\\S]");
        return;
    }
    out.push('[');
    for code in 0..128_u32 {
        if set >> code & 1 == 1 {
            push(out, format_args!("\\x{code:02x}"));
        }
    }
    out.push(']');
}

/// The characters and those that differ from them in case only.
pub(super) fn both_cases(set: AsciiSet) -> AsciiSet {
    let lower = ((1_u128 << 26) - 1) << u32::from(b'a');
    let upper = lower >> 32;
    set | (set & lower) >> 32 | (set & upper) << 32
}

/// Whether a repetition that keeps what it took matches the same values as one that gives back.
fn gives_nothing_back(repeated: &Node, min: u32, max: Option<u32>, follow: Follow<'_>) -> bool {
    if !has_one_end(repeated) {
        return false;
    }
    if max == Some(min) {
        return true;
    }
    match follow {
        Follow::Nothing => true,
        Follow::Unknown => false,
        // Giving back one repetition helps only if what follows can start as a repetition does.
        Follow::Parts(parts) => match (first_of(std::slice::from_ref(repeated)), first_of(parts)) {
            (Some(repeated), Some(next)) => repeated & next == 0,
            _ => false,
        },
    }
}

/// Whether a part, wherever it starts, can end in one place only.
fn has_one_end(node: &Node) -> bool {
    match node {
        Node::Char(_) | Node::Set(_) | Node::Any | Node::Start | Node::End => true,
        Node::Look { .. } => false,
        Node::Seq(nodes) => nodes.iter().enumerate().all(|(index, part)| match part {
            Node::Repeat {
                node: repeated,
                min,
                max,
                ..
            } => {
                let rest = &nodes[index + 1..];
                has_one_end(repeated)
                    && (*max == Some(*min)
                        || matches!(
                            (first_of(std::slice::from_ref(repeated)), first_of(rest)),
                            (Some(a), Some(b)) if a & b == 0
                        ))
            }
            _ => has_one_end(part),
        }),
        Node::Or(alternatives) => {
            let lengths: Vec<Option<usize>> = alternatives.iter().map(length).collect();
            if lengths[0].is_some() && lengths.iter().all(|found| *found == lengths[0]) {
                return true;
            }
            let mut seen: AsciiSet = 0;
            alternatives.iter().all(|alternative| {
                let first = first_of(std::slice::from_ref(alternative)).unwrap_or(AsciiSet::MAX);
                let apart = seen & first == 0;
                seen |= first;
                apart && has_one_end(alternative)
            })
        }
        Node::Repeat { node, min, max, .. } => *max == Some(*min) && has_one_end(node),
    }
}

/// The number of characters of every match, when it is always the same.
fn length(node: &Node) -> Option<usize> {
    match node {
        Node::Char(_) | Node::Set(_) | Node::Any => Some(1),
        Node::Start | Node::End => Some(0),
        Node::Seq(nodes) => nodes.iter().map(length).sum(),
        Node::Or(alternatives) => {
            let first = length(alternatives.first()?)?;
            let same = alternatives
                .iter()
                .all(|other| length(other) == Some(first));
            same.then_some(first)
        }
        Node::Repeat { node, min, max, .. } => {
            let times = usize::try_from(*min).ok()?;
            (*max == Some(*min)).then(|| length(node).map(|one| one * times))?
        }
        Node::Look { .. } => None,
    }
}

/// The ASCII characters a match of the parts can start with; none known when it can be empty or start
/// with anything else.
fn first_of(parts: &[Node]) -> Option<AsciiSet> {
    let (first, rest) = parts.split_first()?;
    match first {
        Node::Char(c) if c.is_ascii() => Some(both_cases(1 << u32::from(*c))),
        Node::Set(set) => Some(both_cases(*set)),
        Node::Seq(nodes) if nodes.is_empty() => first_of(rest),
        Node::Seq(nodes) => first_of(nodes),
        Node::Or(alternatives) => alternatives
            .iter()
            .map(|alternative| first_of(std::slice::from_ref(alternative)))
            .try_fold(0, |all, one| Some(all | one?)),
        // The end of the value starts with no character, so nothing can be confused with it.
        Node::End => Some(0),
        Node::Repeat { node, min: 1.., .. } => first_of(std::slice::from_ref(node)),
        Node::Char(_) | Node::Any | Node::Start | Node::Repeat { .. } | Node::Look { .. } => None,
    }
}

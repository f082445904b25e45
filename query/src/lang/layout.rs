//! Canonical layout of programs: the same tokens, placed so that people can read them.
//!
//! Takes a program, which need not run; gives it with one operator on a line and its arguments before it,
//! or on a single line ([`one_line`]). Comments are kept in the first and dropped in the second.
//!
//! ```text
//!   name,requests,:eq,app,www,:eq,:and,:sum,(,node,),:by     short enough: one line
//!
//!   /* what comes before a token stands above its line */
//!   name,requests,:eq,
//!   app,www,:eq,:and,  /* what comes after one, behind its line */
//!   :sum,
//!   (,node,),:by
//! ```
//!
//! Where lines end follows from tokens and comments alone, so a text that was laid out stays as it is.

use std::fmt::Write as _;
use std::ops::Range;

use super::LangError;
use super::token::{Source, Span, Token};
use super::value::Type;
use super::{Vocabulary, escape, without_comments};
use crate::words;

/// Characters of a line.
const LINE_CHARS: usize = 80;

/// Space before a line that goes on with the one before.
const INDENT: &str = "  ";

/// Lays a program out in lines.
///
/// # Errors
/// When a comment is not closed.
pub fn layout(text: &str) -> Result<String, LangError> {
    let source = without_comments(text)?;
    let tokens = source.tokens();
    let notes = Notes::of(text, &source, &tokens);
    let plain: Vec<String> = tokens.iter().map(|token| printable(token.text)).collect();
    let whole = plain.join(",");
    if notes.is_empty() && whole.chars().count() <= LINE_CHARS {
        return Ok(whole);
    }
    let mut lines: Vec<String> = Vec::new();
    let units = units(&plain);
    for (index, unit) in units.iter().enumerate() {
        lines.extend(notes.above(unit.clone()).map(str::to_owned));
        let is_last = index + 1 == units.len();
        let mut line = filled(&plain[unit.clone()], is_last);
        for note in notes.behind(unit.clone()) {
            write!(line, " {note}").expect("a string takes any text");
        }
        lines.push(line);
    }
    lines.extend(notes.at_end().map(str::to_owned));
    Ok(lines.join("\n"))
}

/// Writes a program on one line, without comments, so that it can stand in a URL as it is: what would
/// need an escape there has one of the language.
///
/// # Errors
/// When a comment is not closed.
pub fn one_line(text: &str) -> Result<String, LangError> {
    let source = without_comments(text)?;
    let tokens = source.tokens();
    let safe = tokens.iter().map(|token| url_safe(&printable(token.text)));
    Ok(safe.collect::<Vec<_>>().join(","))
}

/// The comments of a program, in order.
///
/// # Errors
/// When a comment is not closed.
pub fn comments(text: &str) -> Result<Vec<&str>, LangError> {
    let source = without_comments(text)?;
    Ok(source.comments().map(|span| &text[span]).collect())
}

/// A token without anything that would begin or end a comment: a comment that was taken out of it may
/// have kept the two characters apart.
fn printable(token: &str) -> String {
    let mut text = String::with_capacity(token.len());
    let mut before = '\0';
    for (index, c) in token.char_indices() {
        let is_delimiter = c == '/' && (before == '*' || token[index + 1..].starts_with('*'));
        if is_delimiter {
            escape::push_escape(&mut text, c);
        } else {
            text.push(c);
        }
        before = c;
    }
    text
}

fn url_safe(token: &str) -> String {
    let mut text = String::with_capacity(token.len());
    for c in token.chars() {
        if c.is_ascii_graphic() && !matches!(c, '"' | '#' | '%' | '&' | '+' | '<' | '>') {
            text.push(c);
        } else {
            escape::push_escape(&mut text, c);
        }
    }
    text
}

/// Tokens that stand on a line together: arguments with their word, and words that join queries.
fn units(tokens: &[String]) -> Vec<Range<usize>> {
    let mut units: Vec<Range<usize>> = Vec::new();
    let mut start = 0;
    let mut depth = 0_usize;
    for (index, token) in tokens.iter().enumerate() {
        match token.as_str() {
            "(" => depth += 1,
            ")" => depth = depth.saturating_sub(1),
            word if depth == 0 && word.starts_with(':') => {
                match units.last_mut() {
                    Some(last)
                        if start == index && joins_queries(word) && has_room(tokens, last) =>
                    {
                        last.end = index + 1;
                    }
                    _ => units.push(start..index + 1),
                }
                start = index + 1;
            }
            _ => {}
        }
    }
    if start < tokens.len() {
        units.push(start..tokens.len());
    }
    units
}

/// Whether a word makes queries of queries, as `:and` does.
fn joins_queries(word: &str) -> bool {
    words::overloads(&word[1..]).first().is_some_and(|word| {
        let takes_queries = word.params.iter().all(|kind| *kind == Type::Query);
        word.vocabulary == Vocabulary::Query && takes_queries && !word.params.is_empty()
    })
}

/// Whether a unit is short enough for one more short word, and the comma after it.
fn has_room(tokens: &[String], unit: &Range<usize>) -> bool {
    let chars = tokens[unit.clone()]
        .iter()
        .map(|token| token.chars().count() + 1);
    chars.sum::<usize>() + ":and,".len() <= LINE_CHARS
}

/// The tokens of a unit, broken where a line would grow too long.
fn filled(tokens: &[String], is_last: bool) -> String {
    let mut text = String::new();
    let mut column = 0;
    for (index, token) in tokens.iter().enumerate() {
        let comma = !(is_last && index + 1 == tokens.len());
        let width = token.chars().count() + usize::from(comma);
        if index > 0 && column + width > LINE_CHARS {
            text.push('\n');
            text.push_str(INDENT);
            column = INDENT.len();
        }
        text.push_str(token);
        if comma {
            text.push(',');
        }
        column += width;
    }
    text
}

/// Comments with the tokens they belong to.
struct Notes<'t> {
    notes: Vec<Note<'t>>,
    tokens: usize,
}

struct Note<'t> {
    text: &'t str,
    /// The token it stands before or behind; the number of tokens for what stands at the end.
    token: usize,
    is_behind: bool,
}

impl<'t> Notes<'t> {
    /// A comment on the line of the token before it belongs to that; any other to the token after it.
    fn of(text: &'t str, source: &Source<'_>, tokens: &[Token<'_>]) -> Self {
        let spans: Vec<Span> = source.comments().collect();
        let notes = spans.iter().map(|span| {
            let next = tokens.partition_point(|token| token.span.start < span.start);
            let previous = next
                .checked_sub(1)
                .map(|index| (index, tokens[index].span.end));
            let behind = previous.filter(|&(_, end)| {
                end > span.start || !has_line_end(text, end..span.start, &spans)
            });
            Note {
                text: &text[span.clone()],
                token: behind.map_or(next, |(index, _)| index),
                is_behind: behind.is_some(),
            }
        });
        Self {
            notes: notes.collect(),
            tokens: tokens.len(),
        }
    }

    fn is_empty(&self) -> bool {
        self.notes.is_empty()
    }

    fn above(&self, unit: Range<usize>) -> impl Iterator<Item = &'t str> {
        let notes = self.notes.iter();
        let above = notes.filter(move |note| !note.is_behind && unit.contains(&note.token));
        above.map(|note| note.text)
    }

    fn behind(&self, unit: Range<usize>) -> impl Iterator<Item = &'t str> {
        let notes = self.notes.iter();
        let behind = notes.filter(move |note| note.is_behind && unit.contains(&note.token));
        behind.map(|note| note.text)
    }

    fn at_end(&self) -> impl Iterator<Item = &'t str> {
        let notes = self.notes.iter();
        let at_end = notes.filter(|note| note.token == self.tokens);
        at_end.map(|note| note.text)
    }
}

/// Whether a line ends in a stretch of the text, outside of comments.
fn has_line_end(text: &str, stretch: Range<usize>, comments: &[Span]) -> bool {
    let mut from = stretch.start;
    let inside = comments
        .iter()
        .filter(|span| stretch.start <= span.start && span.end <= stretch.end);
    let mut has = false;
    for span in inside {
        has |= text[from..span.start].contains('\n');
        from = span.end;
    }
    has || text[from..stretch.end].contains('\n')
}

#[cfg(test)]
mod tests;

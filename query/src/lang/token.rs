//! Text to tokens: comments out, split at commas, blank ends cut off.
//!
//! ```text
//!   source    name, s/* the
//!             metric */ps ,:eq
//!   tokens    name   sps   :eq        each with its span in the source
//! ```
//!
//! Escapes are not decoded here: whether a token is a word or a parenthesis is decided before.

use std::borrow::Cow;
use std::ops::Range;

/// Bytes of the source text that a token, or an error, comes from.
pub type Span = Range<usize>;

/// A program as text without comments, ready to be split.
#[derive(Debug)]
pub(crate) struct Source<'s> {
    text: Cow<'s, str>,
    /// Where comments were: offset in `text`, and how many bytes before it are missing in all.
    gaps: Vec<(usize, usize)>,
}

/// One token with the bytes it comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Token<'s> {
    pub(crate) text: &'s str,
    pub(crate) span: Span,
}

/// A comment that is not closed, or closed without being open.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct UnclosedComment {
    /// The delimiter without a partner.
    pub(crate) span: Span,
}

impl<'s> Source<'s> {
    /// Deletes comments, which nest. Text on both sides of a comment joins.
    pub(crate) fn new(source: &'s str) -> Result<Self, UnclosedComment> {
        let has_star = source.as_bytes().contains(&b'*');
        if !has_star || !source.contains("/*") && !source.contains("*/") {
            return Ok(Self {
                text: Cow::Borrowed(source),
                gaps: Vec::new(),
            });
        }
        let mut kept = String::with_capacity(source.len());
        let mut gaps = Vec::new();
        let mut open: Vec<usize> = Vec::new();
        let mut keep_from = 0;
        let mut removed = 0;
        let mut index = 0;
        while index < source.len() {
            match source.as_bytes().get(index..index + 2) {
                Some(b"/*") => {
                    if open.is_empty() {
                        kept.push_str(&source[keep_from..index]);
                    }
                    open.push(index);
                    index += 2;
                }
                Some(b"*/") => {
                    let start = open.pop().ok_or(UnclosedComment {
                        span: index..index + 2,
                    })?;
                    index += 2;
                    if open.is_empty() {
                        keep_from = index;
                        removed += index - start;
                        gaps.push((kept.len(), removed));
                    }
                }
                _ => index += 1,
            }
        }
        if let Some(start) = open.first() {
            return Err(UnclosedComment {
                span: *start..start + 2,
            });
        }
        kept.push_str(&source[keep_from..]);
        Ok(Self {
            text: Cow::Owned(kept),
            gaps,
        })
    }

    /// Where the comments stood, in order.
    pub(crate) fn comments(&self) -> impl Iterator<Item = Span> {
        let removed_before =
            std::iter::once(0).chain(self.gaps.iter().map(|&(_, removed)| removed));
        let gaps = self.gaps.iter().zip(removed_before);
        gaps.map(|(&(at, removed), before)| at + before..at + removed)
    }

    /// The tokens in order; empty ones are dropped.
    pub(crate) fn tokens(&self) -> Vec<Token<'_>> {
        // Three letters and a comma are a short token.
        let mut tokens = Vec::with_capacity(self.text.len() / 4 + 1);
        let is_shown = |byte: &u8| *byte > b' ';
        let mut start = 0;
        for piece in self.text.as_bytes().split(|&byte| byte == b',') {
            let first = piece.iter().position(is_shown);
            let last = piece.iter().rposition(is_shown);
            if let (Some(first), Some(last)) = (first, last) {
                let (first, last) = (start + first, start + last);
                tokens.push(Token {
                    text: &self.text[first..=last],
                    span: self.original(first)..self.original(last) + 1,
                });
            }
            start += piece.len() + 1;
        }
        tokens
    }

    /// Where a byte of the text without comments stood.
    fn original(&self, offset: usize) -> usize {
        let gaps_before = self.gaps.partition_point(|&(at, _)| at <= offset);
        let removed = gaps_before
            .checked_sub(1)
            .map_or(0, |last| self.gaps[last].1);
        offset + removed
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(source: &str, expected: &[&str]) {
        let stripped = Source::new(source).unwrap();
        let found: Vec<&str> = stripped.tokens().iter().map(|token| token.text).collect();
        assert_eq!(found, expected, "{source}");
    }

    #[test]
    fn tokens_are_trimmed_and_empty_ones_dropped() {
        check("  a\n,\t\nb ,c", &["a", "b", "c"]);
        check(", ,\t,\n\n,", &[]);
        check("a,,b", &["a", "b"]);
        check("foo bar,(,)", &["foo bar", "(", ")"]);
        check("\u{a0}a", &["\u{a0}a"]);
    }

    #[test]
    fn comments_are_deleted() {
        check(":d/*,x,*/up", &[":dup"]);
        check("a /*c*/ b", &["a  b"]);
        check("/*/* n */*/1", &["1"]);
        check("/***/1", &["1"]);
        check("/*a*/", &[]);
    }

    #[test]
    fn a_comment_needs_both_ends() {
        for (source, span) in [
            ("1,/*", 2..4),
            ("a*/b", 1..3),
            ("/*/1", 0..2),
            ("/*a*/,*/", 6..8),
            ("/* /* */", 0..2),
        ] {
            assert_eq!(Source::new(source).unwrap_err().span, span, "{source}");
        }
    }

    #[test]
    fn spans_point_into_the_source() {
        let source = "/* é */ a , /*x*/b,:d/*y*/up";
        let stripped = Source::new(source).unwrap();
        let spans: Vec<&str> = stripped
            .tokens()
            .iter()
            .map(|token| &source[token.span.clone()])
            .collect();
        assert_eq!(spans, ["a", "b", ":d/*y*/up"]);
    }

    proptest! {
        #[test]
        fn any_text_gives_spans_inside_it(source in "([a,/* é\\n:()]|/\\*|\\*/){0,30}") {
            if let Ok(stripped) = Source::new(&source) {
                for token in stripped.tokens() {
                    prop_assert!(source.get(token.span.clone()).is_some());
                    prop_assert!(!token.text.is_empty());
                }
            }
        }
    }
}

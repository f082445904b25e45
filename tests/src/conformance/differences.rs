//! `docs/differences.md`: where we differ from the reference on purpose.
//!
//! A table of name, suite, pattern on the request, field, and reason. A row excuses the fields it
//! names of every case whose suite and request match, recorded or not; a case passes for excused when
//! all its mismatches are. In patterns `*` stands for any text.

use std::fs;
use std::path::Path;

use anyhow::{Context, bail};

use super::report::{Mismatch, SuiteResult};

/// The part of a suite that may be excused, in per cent; of a small suite, this many cases.
const EXCUSED_MAX_PERCENT: usize = 2;
const EXCUSED_MAX_OF_SMALL: usize = 2;

/// The table.
#[derive(Debug, Default)]
pub struct Differences {
    rows: Vec<Row>,
}

#[derive(Debug)]
struct Row {
    name: String,
    suite: String,
    request: String,
    field: String,
    /// Cases it helped to excuse.
    used: usize,
}

impl Differences {
    /// Reads the table of a document.
    ///
    /// # Errors
    /// When it cannot be read or a row has not five cells.
    pub fn read(path: &Path) -> anyhow::Result<Self> {
        let text =
            fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
        let mut rows = Vec::new();
        let is_row = |line: &&str| line.starts_with("| ") && !line.starts_with("| name |");
        for line in text.lines().filter(is_row) {
            let cells: Vec<&str> = line.trim_matches('|').split(" | ").map(cell).collect();
            let [name, suite, request, field, _reason] = cells.as_slice() else {
                bail!("{}: not five cells: {line}", path.display());
            };
            rows.push(Row {
                name: (*name).to_owned(),
                suite: (*suite).to_owned(),
                request: (*request).to_owned(),
                field: (*field).to_owned(),
                used: 0,
            });
        }
        Ok(Self { rows })
    }

    /// Whether every mismatch of a case is excused.
    fn excuse(&mut self, suite: &str, request: &str, mismatches: &[Mismatch]) -> bool {
        let request = percent_decoded(request);
        let mut helped = Vec::new();
        for mismatch in mismatches {
            let row = self.rows.iter().position(|row| {
                matches(&row.suite, suite)
                    && matches(&row.field, &mismatch.field)
                    && matches(&row.request, &request)
            });
            match row {
                Some(row) => helped.push(row),
                None => return false,
            }
        }
        helped.dedup();
        for row in helped {
            self.rows[row].used += 1;
        }
        true
    }

    /// Moves the differences of a suite that are excused from those that are not.
    pub fn apply(&mut self, result: &mut SuiteResult) {
        let suite = result.name.clone();
        let before = result.differences.len();
        result
            .differences
            .retain(|difference| !self.excuse(&suite, &difference.request, &difference.mismatches));
        result.excused += before - result.differences.len();
    }

    /// What is wrong with the table after a whole run: rows without a use, suites with too many.
    pub fn check(&self, results: &[SuiteResult]) -> Vec<String> {
        let unused = self.rows.iter().filter(|row| row.used == 0);
        let mut problems: Vec<String> = unused
            .map(|row| format!("docs/differences.md: `{}` excuses no case", row.name))
            .collect();
        for result in results {
            if result.excused > EXCUSED_MAX_OF_SMALL
                && result.excused * 100 > result.total * EXCUSED_MAX_PERCENT
            {
                problems.push(format!(
                    "docs/differences.md excuses {} of the {} cases of {}, which is above {EXCUSED_MAX_PERCENT} %",
                    result.excused, result.total, result.name
                ));
            }
        }
        problems
    }
}

/// The text of a cell, without its back quotes.
fn cell(text: &str) -> &str {
    text.trim().trim_matches('`')
}

/// Whether a pattern with `*` matches a whole text.
fn matches(pattern: &str, text: &str) -> bool {
    let Some((start, rest)) = pattern.split_once('*') else {
        return pattern == text;
    };
    let Some(mut text) = text.strip_prefix(start) else {
        return false;
    };
    let mut parts: Vec<&str> = rest.split('*').collect();
    let last = parts.pop().unwrap_or_default();
    for part in parts {
        match text.split_once(part) {
            Some((_, after)) => text = after,
            None => return false,
        }
    }
    text.ends_with(last)
}

/// The text with `%XX` decoded, and `+` as a blank.
pub(super) fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        let hex = after.get(..2).and_then(|hex| std::str::from_utf8(hex).ok());
        let byte = hex.and_then(|hex| u8::from_str_radix(hex, 16).ok());
        match (first, byte) {
            (b'%', Some(byte)) => {
                bytes.push(byte);
                rest = &after[2..];
            }
            (&other, _) => {
                bytes.push(if other == b'+' { b' ' } else { other });
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_any_text() {
        for (pattern, text, expected) in [
            ("abc", "abc", true),
            ("abc", "abcd", false),
            ("*", "", true),
            ("a*", "abc", true),
            ("*:re*", "q=a,b,:re,:sum", true),
            ("a*b*c", "a-b-b-c", true),
            ("a*b*c", "a-c-b", false),
            ("a*a", "a", false),
        ] {
            assert_eq!(matches(pattern, text), expected, "{pattern} {text}");
        }
    }

    #[test]
    fn escapes_are_decoded_and_damaged_ones_stay() {
        assert_eq!(percent_decoded("a%2Cb+c%zz%4"), "a,b c%zz%4");
    }
}

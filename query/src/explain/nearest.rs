//! What exists instead of a value or key that was asked for.
//!
//! Takes a test and the series to look among; gives the values of its key that are written alike, or
//! where there are none, those that most series have. Where no series has the key, the same for keys.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use roaring::RoaringBitmap;
use telamon_model::Predicate;
use telamon_store::Snapshot;

use crate::lang::hint::edits;

/// Values or keys that are named.
const NEAREST_MAX: usize = 4;

/// Tests of one alternative that are looked at.
const TESTS_MAX: usize = 4;

/// Texts of which the spelling is compared; a key with more values has names that nobody types.
const COMPARED_MAX: usize = 100_000;

/// Longest text whose spelling is compared, in bytes.
const COMPARED_BYTES_MAX: usize = 120;

/// What is there instead of what a test asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Existing {
    /// The key that is tested.
    pub key: String,
    /// The text that the test compares with, of a pattern what is literal in it; `None` for a test of
    /// presence.
    pub wanted: Option<String>,
    /// What is listed.
    pub kind: ExistingKind,
    /// Whether what is listed is written alike; otherwise it is what most series have.
    pub are_alike: bool,
    /// The nearest first, at most four.
    pub nearest: Vec<Near>,
    /// How many different ones there are.
    pub count: u64,
}

/// What [`Existing`] lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExistingKind {
    /// Values of the key.
    Values,
    /// Keys: no series has the one that is tested.
    Keys,
}

/// A value or key that exists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Near {
    /// The value or key.
    pub text: String,
    /// Series that have it, of those looked among.
    pub series: u64,
}

/// Ordinals of some series, for each shard of a snapshot.
pub(super) type Ordinals = [RoaringBitmap];

/// What exists among some series for each test of a key in a query; nothing for tests that are denied,
/// because what they want is that something does not exist.
pub(super) fn existing(test: &Predicate, snapshot: &Snapshot, among: &Ordinals) -> Vec<Existing> {
    let mut wanted = Vec::new();
    collect(test, &mut wanted);
    wanted.truncate(TESTS_MAX);
    let found = wanted.into_iter().map(|(key, text)| {
        let values = values_of(key, snapshot, among);
        let (kind, is_alike_to, texts) = if values.is_empty() {
            (ExistingKind::Keys, Some(&**key), keys_of(snapshot, among))
        } else {
            (ExistingKind::Values, text.as_deref(), values)
        };
        let (are_alike, mut nearest) = nearest(is_alike_to, &texts);
        if kind == ExistingKind::Keys {
            for near in &mut nearest {
                near.series = series_with(&near.text, snapshot, among);
            }
        }
        Existing {
            key: key.to_string(),
            wanted: text,
            kind,
            are_alike,
            nearest,
            count: texts.len() as u64,
        }
    });
    found.collect()
}

/// Key and text of every test that is not denied, each once.
fn collect<'a>(test: &'a Predicate, wanted: &mut Vec<(&'a Arc<str>, Option<String>)>) {
    let mut add = |key: &'a Arc<str>, text: Option<&str>| {
        let one = (key, text.map(str::to_owned));
        if !wanted.contains(&one) {
            wanted.push(one);
        }
    };
    match test {
        Predicate::Has(key) => add(key, None),
        Predicate::Equal(key, text)
        | Predicate::Less(key, text)
        | Predicate::LessEqual(key, text)
        | Predicate::Greater(key, text)
        | Predicate::GreaterEqual(key, text) => add(key, Some(text)),
        Predicate::Matches(key, pattern) => add(key, Some(&literal_part(&pattern.text))),
        Predicate::In(key, texts) => texts.iter().for_each(|text| add(key, Some(text))),
        Predicate::And(a, b) | Predicate::Or(a, b) => {
            collect(a, wanted);
            collect(b, wanted);
        }
        Predicate::True | Predicate::False | Predicate::Not(_) => {}
    }
}

/// A pattern without the characters that mean something in it.
fn literal_part(pattern: &str) -> String {
    let special = |c: char| {
        matches!(
            c,
            '^' | '$' | '*' | '+' | '?' | '(' | ')' | '[' | ']' | '\\' | '|'
        )
    };
    let text = pattern.replace(".*", "").replace(".+", "");
    text.replace(special, "")
}

fn values_of(key: &str, snapshot: &Snapshot, among: &Ordinals) -> BTreeMap<Arc<str>, u64> {
    let mut values = BTreeMap::new();
    for (view, within) in snapshot.shards().iter().zip(among) {
        for (value, series) in view.tag_values(key, Some(within)) {
            *values.entry(value).or_insert(0) += series;
        }
    }
    values
}

/// The keys of the series; how many series have them is counted for those that are shown.
fn keys_of(snapshot: &Snapshot, among: &Ordinals) -> BTreeMap<Arc<str>, u64> {
    let views = snapshot.shards().iter().zip(among);
    let keys: BTreeSet<Arc<str>> = views
        .flat_map(|(view, within)| view.tag_keys(Some(within)))
        .collect();
    keys.into_iter().map(|key| (key, 0)).collect()
}

fn series_with(key: &str, snapshot: &Snapshot, among: &Ordinals) -> u64 {
    let views = snapshot.shards().iter().zip(among);
    views
        .flat_map(|(view, within)| view.tag_values(key, Some(within)).into_values())
        .sum()
}

/// The texts that are written alike, or those of most series and `false`.
fn nearest(wanted: Option<&str>, texts: &BTreeMap<Arc<str>, u64>) -> (bool, Vec<Near>) {
    let near = |text: &Arc<str>, series: u64| Near {
        text: text.to_string(),
        series,
    };
    let mut alike: Vec<_> = wanted
        .map(Spelling::of)
        .into_iter()
        .flat_map(|spelling| {
            let compared = texts.iter().take(COMPARED_MAX);
            compared.filter_map(move |(text, &series)| {
                let distance = spelling.distance(text)?;
                Some((distance, std::cmp::Reverse(series), text))
            })
        })
        .collect();
    if !alike.is_empty() {
        alike.sort_unstable();
        let named = alike.into_iter().take(NEAREST_MAX);
        return (
            true,
            named
                .map(|(_, series, text)| near(text, series.0))
                .collect(),
        );
    }
    let mut most: Vec<_> = texts.iter().collect();
    most.sort_by_key(|&(_, &series)| std::cmp::Reverse(series));
    let named = most.into_iter().take(NEAREST_MAX);
    (
        false,
        named.map(|(text, &series)| near(text, series)).collect(),
    )
}

/// A text that others are compared with.
struct Spelling {
    lower: String,
    letters: [i32; 32],
}

impl Spelling {
    fn of(text: &str) -> Self {
        let lower = text.to_lowercase();
        Self {
            letters: letters(&lower),
            lower,
        }
    }

    /// How far away another text is; `None` when it does not look alike: more than a third would have
    /// to change. A text that holds the other one is nearer than one with two letters changed.
    fn distance(&self, text: &str) -> Option<usize> {
        let lower = text.to_lowercase();
        if lower == self.lower {
            return Some(0);
        }
        let (short, long) = if lower.len() < self.lower.len() {
            (&lower, &self.lower)
        } else {
            (&self.lower, &lower)
        };
        if short.len() >= 3 && long.contains(short.as_str()) {
            return Some(1);
        }
        let most = long.len().div_ceil(3);
        if long.len() > COMPARED_BYTES_MAX || long.len() - short.len() > most {
            return None;
        }
        // Each edit changes the count of at most two letters by one.
        let apart = self.letters.iter().zip(letters(&lower));
        let apart: i32 = apart.map(|(a, b)| (a - b).abs()).sum();
        if usize::try_from(apart).unwrap_or(0) > 2 * most {
            return None;
        }
        Some(edits(&self.lower, &lower)).filter(|&count| count <= most)
    }
}

/// How often each letter occurs, all bytes folded to 32 kinds.
fn letters(text: &str) -> [i32; 32] {
    let mut counts = [0; 32];
    for byte in text.bytes() {
        counts[usize::from(byte & 31)] += 1;
    }
    counts
}

impl fmt::Display for Existing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = &self.key;
        match (self.kind, self.are_alike) {
            (ExistingKind::Values, true) => write!(f, "nearest values of {key}: ")?,
            (ExistingKind::Values, false) => write!(f, "values of {key}: ")?,
            (ExistingKind::Keys, true) => write!(f, "nearest keys: ")?,
            (ExistingKind::Keys, false) => write!(f, "keys: ")?,
        }
        for (index, near) in self.nearest.iter().enumerate() {
            let comma = if index == 0 { "" } else { ", " };
            write!(f, "{comma}{} ({} series)", near.text, near.series)?;
        }
        let shown = self.nearest.len() as u64;
        if !self.are_alike && self.count > shown {
            write!(f, ", {} more", self.count - shown)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(wanted: &str, values: &[&str], are_alike: bool, expected: &[&str]) {
        let texts = values
            .iter()
            .zip(1..)
            .map(|(&value, series)| (value.into(), series));
        let (alike, found) = nearest(Some(wanted), &texts.collect());
        let found: Vec<&str> = found.iter().map(|near| near.text.as_str()).collect();
        assert_eq!((alike, found.as_slice()), (are_alike, expected), "{wanted}");
    }

    #[test]
    fn what_is_written_alike_comes_first() {
        let names = [
            "cpu.user",
            "cpu.system",
            "disk.used",
            "requests",
            "SPS",
            "sps.errors",
        ];
        check("sps", &names, true, &["SPS", "sps.errors"]);
        check("request", &names, true, &["requests"]);
        check("cpu.usr", &names, true, &["cpu.user"]);
        check("dsik.used", &names, true, &["disk.used"]);
    }

    #[test]
    fn otherwise_what_most_series_have() {
        check(
            "zzz",
            &["a", "b", "c", "d", "e"],
            false,
            &["e", "d", "c", "b"],
        );
    }

    #[test]
    fn a_pattern_is_compared_by_what_is_literal_in_it() {
        assert_eq!(literal_part("^cpu.usr.*$"), "cpu.usr");
        assert_eq!(literal_part("(a|b)+"), "ab");
    }
}

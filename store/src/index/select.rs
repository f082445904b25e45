//! Predicates over a segment: bitmap algebra that agrees with testing every tag set.
//!
//! Takes a segment and a predicate; gives the ordinals of the segment that it selects. Conjunctions
//! are flattened: lookups restrict first, smallest first, scans of values only run while something is
//! left, negations subtract.

use roaring::RoaringBitmap;
use telamon_model::{Predicate, SlowPattern};

use super::postings::Postings;
use super::segment::Segment;

pub(super) fn select(
    segment: &Segment,
    predicate: &Predicate,
) -> Result<RoaringBitmap, SlowPattern> {
    Ok(match predicate {
        Predicate::True => segment.all().clone(),
        Predicate::False => RoaringBitmap::new(),
        Predicate::Has(key) => segment
            .key(key)
            .map_or_else(RoaringBitmap::new, |tag| tag.present().clone()),
        Predicate::Equal(key, value) => {
            lookup(segment, key, value).map_or_else(RoaringBitmap::new, Postings::to_bitmap)
        }
        Predicate::In(key, values) => {
            let mut found = RoaringBitmap::new();
            for postings in values
                .iter()
                .filter_map(|value| lookup(segment, key, value))
            {
                postings.add_to(&mut found);
            }
            found
        }
        Predicate::Less(key, _)
        | Predicate::LessEqual(key, _)
        | Predicate::Greater(key, _)
        | Predicate::GreaterEqual(key, _) => scan(segment, key, "", predicate)?,
        Predicate::Matches(key, pattern) => {
            scan(segment, key, pattern.matcher.prefix(), predicate)?
        }
        Predicate::Or(a, b) => select(segment, a)? | select(segment, b)?,
        Predicate::Not(inner) => segment.all() - select(segment, inner)?,
        Predicate::And(..) => conjunction(segment, predicate)?,
    })
}

fn lookup<'a>(segment: &'a Segment, key: &str, value: &str) -> Option<&'a Postings> {
    segment.key(key)?.equal(value)
}

/// Tests every value that starts with the prefix. Ranges are in UTF-16 order while values stand in
/// byte order, so a range is a scan too.
fn scan(
    segment: &Segment,
    key: &str,
    prefix: &str,
    test: &Predicate,
) -> Result<RoaringBitmap, SlowPattern> {
    let mut found = RoaringBitmap::new();
    let Some(tag) = segment.key(key) else {
        return Ok(found);
    };
    for (value, postings) in tag.with_prefix(prefix) {
        if test.matches_value(value)? {
            postings.add_to(&mut found);
        }
    }
    Ok(found)
}

/// How dear a term of a conjunction is.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Cost {
    Lookup(u64),
    Scan,
    Tree,
    Negation,
}

fn cost(segment: &Segment, term: &Predicate) -> Cost {
    match term {
        Predicate::True => Cost::Lookup(u64::MAX),
        Predicate::False => Cost::Lookup(0),
        Predicate::Has(key) => Cost::Lookup(segment.key(key).map_or(0, |tag| tag.present().len())),
        Predicate::Equal(key, value) => {
            Cost::Lookup(lookup(segment, key, value).map_or(0, Postings::len))
        }
        Predicate::In(key, values) => Cost::Lookup(
            values
                .iter()
                .filter_map(|value| lookup(segment, key, value))
                .map(Postings::len)
                .sum(),
        ),
        Predicate::Less(..)
        | Predicate::LessEqual(..)
        | Predicate::Greater(..)
        | Predicate::GreaterEqual(..)
        | Predicate::Matches(..) => Cost::Scan,
        Predicate::And(..) | Predicate::Or(..) => Cost::Tree,
        Predicate::Not(_) => Cost::Negation,
    }
}

fn conjunction(segment: &Segment, predicate: &Predicate) -> Result<RoaringBitmap, SlowPattern> {
    let mut terms = Vec::new();
    flatten(predicate, &mut terms);
    terms.sort_by_cached_key(|term| cost(segment, term));
    let mut terms = terms.into_iter();
    let Some(first) = terms.next() else {
        return Ok(segment.all().clone());
    };
    let mut selected = select(segment, first)?;
    for term in terms {
        if selected.is_empty() {
            break;
        }
        match term {
            Predicate::Equal(key, value) => match lookup(segment, key, value) {
                Some(postings) => postings.restrict(&mut selected),
                None => selected.clear(),
            },
            Predicate::Not(inner) => selected -= select(segment, inner)?,
            other => selected &= select(segment, other)?,
        }
    }
    Ok(selected)
}

fn flatten<'a>(predicate: &'a Predicate, terms: &mut Vec<&'a Predicate>) {
    match predicate {
        Predicate::And(a, b) => {
            flatten(a, terms);
            flatten(b, terms);
        }
        term => terms.push(term),
    }
}

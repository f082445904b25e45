//! One key of many series at once: which of its values each of them has.
//!
//! Takes an index, or series themselves where they are few; gives a number for every value that occurs
//! and one per series. Walking the postings of a key touches no tag set, which are scattered over the
//! memory; looking at tag sets touches no postings of series that nobody asked for.
//!
//! ```text
//!   nf.node   i-1 ─► 0 1 2        within 1 2 4 7       values  i-1  i-2
//!             i-2 ─► 4 5                               codes   0 0 1 -
//! ```

use std::sync::Arc;

use roaring::RoaringBitmap;
use rustc_hash::FxHashMap;
use telamon_model::Series;

use super::Index;

/// Postings that are walked in the time it takes to look at one tag set.
const POSTINGS_PER_TAG_SET: u64 = 16;

/// Which value of a key each of some series has.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TagColumn {
    /// The values that occur, each once, in no particular order.
    pub values: Vec<Arc<str>>,
    /// Per series the index of its value, or [`TagColumn::NONE`].
    pub codes: Vec<u32>,
}

impl TagColumn {
    /// The code of a series that lacks the key.
    pub const NONE: u32 = u32::MAX;

    /// The column of the series `within`, in the order of their ordinals.
    pub(crate) fn of<'a>(
        index: &Index,
        key: &str,
        within: &RoaringBitmap,
        series: impl Fn(u32) -> &'a Series,
    ) -> Self {
        if index.postings_of(key) <= within.len().saturating_mul(POSTINGS_PER_TAG_SET) {
            Self::of_postings(index, key, within)
        } else {
            Self::of_tags(key, within.iter().map(series))
        }
    }

    pub(super) fn of_postings(index: &Index, key: &str, within: &RoaringBitmap) -> Self {
        let places = places(within);
        let place_of = |ordinal: u32| match places.get(ordinal as usize) {
            Some(&place) if place != Self::NONE => Some(place),
            Some(_) | None => None,
        };
        let mut column = Self {
            values: Vec::new(),
            codes: vec![Self::NONE; count(within.len())],
        };
        let mut known: FxHashMap<&str, u32> = FxHashMap::default();
        let tags = index.segments.iter().filter_map(|segment| segment.key(key));
        for (value, postings) in tags.flat_map(|tag| tag.values()) {
            // The value gets its code with the first series that is wanted.
            let mut code = None;
            postings.for_each(|ordinal| {
                let Some(place) = place_of(ordinal) else {
                    return;
                };
                let values = &mut column.values;
                column.codes[place as usize] = *code.get_or_insert_with(|| {
                    *known
                        .entry(value)
                        .or_insert_with(|| push_value(values, value))
                });
            });
        }
        column
    }

    pub(super) fn of_tags<'a>(key: &str, series: impl Iterator<Item = &'a Series>) -> Self {
        let mut values = Vec::new();
        let mut known: FxHashMap<&str, u32> = FxHashMap::default();
        let codes = series.map(|series| match series.tags().get(key) {
            Some(value) => *known
                .entry(value)
                .or_insert_with(|| push_value(&mut values, value)),
            None => Self::NONE,
        });
        let codes = codes.collect();
        Self { values, codes }
    }
}

/// Adds a value; gives its code.
fn push_value(values: &mut Vec<Arc<str>>, value: &Arc<str>) -> u32 {
    values.push(Arc::clone(value));
    u32::try_from(values.len() - 1).expect("there are no more values than series")
}

/// Per ordinal: how many ordinals in the set are smaller, [`TagColumn::NONE`] for those not in it.
fn places(within: &RoaringBitmap) -> Vec<u32> {
    let mut places = vec![TagColumn::NONE; within.max().map_or(0, |last| last as usize + 1)];
    for (place, ordinal) in (0..).zip(within) {
        places[ordinal as usize] = place;
    }
    places
}

fn count(len: u64) -> usize {
    usize::try_from(len).expect("a set of ordinals fits the memory")
}

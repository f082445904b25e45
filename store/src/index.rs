//! The index of a shard: which series have which tags.
//!
//! Takes new series; gives the ordinals that a predicate selects, and keys and values
//! with the number of series that have them. Append-only over frozen segments: a record that brings
//! new series adds one segment, which is merged with its neighbour while their sizes are close, so
//! that each series is copied a bounded number of times, there are few segments, and a published index
//! never changes. Which series are hidden is the view's business.
//!
//! ```text
//!  series in order of arrival
//!            └────────── segment ──────────────┘└── segment ──┘└ segment ┘
//!            key ─► present, value ─► postings     (each at least 8 times its right neighbour)
//! ```

mod column;
mod postings;
mod segment;
mod select;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use roaring::RoaringBitmap;
use telamon_model::{Predicate, Series, SlowPattern};

use segment::Segment;

pub use column::TagColumn;

/// A segment is merged into its left neighbour unless that is this many times larger: a series is
/// copied about this often for each factor of growth, and there are at most a dozen segments.
const GROWTH: u64 = 8;

/// Frozen segments, in order of arrival.
#[derive(Clone, Debug, Default)]
pub(crate) struct Index {
    segments: Vec<Arc<Segment>>,
}

impl Index {
    /// Adds series with ascending ordinals that the index does not hold.
    pub(crate) fn append(&mut self, series: &[(u32, Series)]) {
        if !series.is_empty() {
            self.push(Segment::build(series));
        }
    }

    fn push(&mut self, mut newest: Segment) {
        while let Some(left) = self.segments.last()
            && left.len() < GROWTH * newest.len()
        {
            newest = Segment::merge(left, &newest);
            self.segments.pop();
        }
        self.segments.push(Arc::new(newest));
    }

    /// The index without some ordinals, which may be given to other series then.
    pub(crate) fn without(&self, gone: &RoaringBitmap) -> Self {
        let mut rest = Self::default();
        for segment in &self.segments {
            let segment = segment.without(gone);
            if segment.len() > 0 {
                rest.push(segment);
            }
        }
        rest
    }

    /// Ordinals of the series that the predicate selects.
    ///
    /// # Errors
    /// When a pattern takes too many steps for a value.
    pub(crate) fn select(&self, predicate: &Predicate) -> Result<RoaringBitmap, SlowPattern> {
        let mut selected = RoaringBitmap::new();
        for segment in &self.segments {
            selected |= select::select(segment, predicate)?;
        }
        Ok(selected)
    }

    /// Ordinals of all series.
    pub(crate) fn all(&self) -> RoaringBitmap {
        let segments = self.segments.iter();
        segments.fold(RoaringBitmap::new(), |all, segment| all | segment.all())
    }

    /// What there is to walk to see which series have which value of a key.
    fn postings_of(&self, key: &str) -> u64 {
        let tags = self.segments.iter().filter_map(|segment| segment.key(key));
        tags.map(|tag| tag.present().len() + tag.values().len() as u64)
            .sum()
    }

    /// Keys that at least one of the series has; all series when there is no restriction.
    pub(crate) fn tag_keys(&self, within: Option<&RoaringBitmap>) -> BTreeSet<Arc<str>> {
        let mut keys = BTreeSet::new();
        for segment in &self.segments {
            let found = segment
                .keys()
                .filter(|(_, tag)| within.is_none_or(|within| !tag.present().is_disjoint(within)));
            keys.extend(found.map(|(key, _)| Arc::clone(key)));
        }
        keys
    }

    /// Values of a key with the number of series that have them; values of none are left out.
    pub(crate) fn tag_values(
        &self,
        key: &str,
        within: Option<&RoaringBitmap>,
    ) -> BTreeMap<Arc<str>, u64> {
        let mut values = BTreeMap::new();
        for tag in self.segments.iter().filter_map(|segment| segment.key(key)) {
            for (value, postings) in tag.values() {
                let count = match within {
                    Some(within) => postings.count_within(within),
                    None => postings.len(),
                };
                if count > 0 {
                    *values.entry(Arc::clone(value)).or_insert(0) += count;
                }
            }
        }
        values
    }
}

#[cfg(test)]
mod tests;

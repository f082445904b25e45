//! A frozen segment: some ordinals with, per key, who has it and who has which value.
//!
//! Takes series, or two segments; gives lookups by key and value and scans of a sorted run of
//! values.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::sync::Arc;

use roaring::RoaringBitmap;
use telamon_model::Series;

use super::postings::Postings;

/// Postings of some ordinals.
#[derive(Debug)]
pub(super) struct Segment {
    all: RoaringBitmap,
    keys: BTreeMap<Arc<str>, TagKey>,
}

/// One key: its values in byte order.
#[derive(Clone, Debug)]
pub(super) struct TagKey {
    present: RoaringBitmap,
    values: Vec<(Arc<str>, Postings)>,
}

impl Segment {
    /// A segment of series with ascending ordinals.
    pub(super) fn build(series: &[(u32, Series)]) -> Self {
        let mut maps: BTreeMap<Arc<str>, BTreeMap<Arc<str>, Postings>> = BTreeMap::new();
        for &(ordinal, ref series) in series {
            for (key, value) in series.tags().iter() {
                if !maps.contains_key(key) {
                    maps.insert(Arc::clone(key), BTreeMap::new());
                }
                let values = maps
                    .get_mut(key)
                    .expect("the key was inserted when missing");
                match values.get_mut(value) {
                    Some(postings) => postings.push(ordinal),
                    None => {
                        values.insert(Arc::clone(value), Postings::One(ordinal));
                    }
                }
            }
        }
        let keys = maps
            .into_iter()
            .map(|(key, values)| (key, TagKey::new(values.into_iter().collect())))
            .collect();
        Self {
            all: series.iter().map(|(ordinal, _)| *ordinal).collect(),
            keys,
        }
    }

    /// One segment over two disjoint ones.
    pub(super) fn merge(left: &Self, right: &Self) -> Self {
        debug_assert!(left.all.is_disjoint(&right.all));
        let mut keys: BTreeMap<Arc<str>, TagKey> = BTreeMap::new();
        for (key, tag) in &left.keys {
            let merged = match right.keys.get(key) {
                Some(other) => tag.merge(other),
                None => tag.clone(),
            };
            keys.insert(Arc::clone(key), merged);
        }
        for (key, tag) in &right.keys {
            if !keys.contains_key(key) {
                keys.insert(Arc::clone(key), tag.clone());
            }
        }
        Self {
            all: &left.all | &right.all,
            keys,
        }
    }

    /// The segment without some ordinals.
    pub(super) fn without(&self, gone: &RoaringBitmap) -> Self {
        let keys = self.keys.iter().filter_map(|(key, tag)| {
            let tag = tag.without(gone);
            (!tag.present.is_empty()).then(|| (Arc::clone(key), tag))
        });
        Self {
            all: &self.all - gone,
            keys: keys.collect(),
        }
    }

    /// Number of series.
    pub(super) fn len(&self) -> u64 {
        self.all.len()
    }

    /// All ordinals of the segment.
    pub(super) fn all(&self) -> &RoaringBitmap {
        &self.all
    }

    pub(super) fn keys(&self) -> impl Iterator<Item = (&Arc<str>, &TagKey)> {
        self.keys.iter()
    }

    pub(super) fn key(&self, key: &str) -> Option<&TagKey> {
        self.keys.get(key)
    }
}

impl TagKey {
    fn new(values: Vec<(Arc<str>, Postings)>) -> Self {
        let mut present = RoaringBitmap::new();
        for (_, postings) in &values {
            postings.add_to(&mut present);
        }
        Self { present, values }
    }

    fn merge(&self, other: &Self) -> Self {
        let mut values = Vec::with_capacity(self.values.len() + other.values.len());
        let (mut left, mut right) = (
            self.values.iter().peekable(),
            other.values.iter().peekable(),
        );
        while let (Some(a), Some(b)) = (left.peek(), right.peek()) {
            match a.0.cmp(&b.0) {
                Ordering::Less => values.extend(left.next().cloned()),
                Ordering::Greater => values.extend(right.next().cloned()),
                Ordering::Equal => {
                    values.push((Arc::clone(&a.0), a.1.union(&b.1)));
                    left.next();
                    right.next();
                }
            }
        }
        values.extend(left.cloned());
        values.extend(right.cloned());
        Self {
            present: &self.present | &other.present,
            values,
        }
    }

    fn without(&self, gone: &RoaringBitmap) -> Self {
        let values = self
            .values
            .iter()
            .filter_map(|(value, postings)| Some((Arc::clone(value), postings.without(gone)?)));
        Self {
            present: &self.present - gone,
            values: values.collect(),
        }
    }

    /// Who has the key.
    pub(super) fn present(&self) -> &RoaringBitmap {
        &self.present
    }

    /// Values in byte order.
    pub(super) fn values(&self) -> &[(Arc<str>, Postings)] {
        &self.values
    }

    /// Who has this value.
    pub(super) fn equal(&self, value: &str) -> Option<&Postings> {
        let place = self
            .values
            .binary_search_by(|(text, _)| (**text).cmp(value));
        place.ok().map(|place| &self.values[place].1)
    }

    /// The run of values that start with a text.
    pub(super) fn with_prefix(&self, prefix: &str) -> &[(Arc<str>, Postings)] {
        let start = self.values.partition_point(|(text, _)| &**text < prefix);
        let run = &self.values[start..];
        let len = run.partition_point(|(text, _)| text.starts_with(prefix));
        &run[..len]
    }
}

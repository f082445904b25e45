//! Tag sets: what names a series.
//!
//! A tag set is a sorted list of unique keys with one value each. Strings are shared, so that a
//! clone costs one reference count and a store can keep a million sets whose strings exist once.

use std::fmt;
use std::sync::Arc;

/// A sorted list of (key, value) pairs with unique keys.
///
/// Invariant: keys ascend strictly in byte order. Equality, order and hash follow the pairs.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tags(Arc<[(Arc<str>, Arc<str>)]>);

impl Tags {
    /// Builds a set from pairs in any order; where a key repeats, the last value wins, as in every
    /// Atlas payload.
    pub fn from_pairs<K, V>(pairs: impl IntoIterator<Item = (K, V)>) -> Self
    where
        K: Into<Arc<str>>,
        V: Into<Arc<str>>,
    {
        let mut list: Vec<(Arc<str>, Arc<str>)> = pairs
            .into_iter()
            .map(|(key, value)| (key.into(), value.into()))
            .collect();
        let is_sorted = list.windows(2).all(|pair| pair[0].0 < pair[1].0);
        if !is_sorted {
            list.sort_by(|a, b| a.0.cmp(&b.0));
            // The sort is stable, so among equal keys the last one given stands last.
            list.reverse();
            list.dedup_by(|later, earlier| later.0 == earlier.0);
            list.reverse();
        }
        Self(list.into())
    }

    /// The empty set.
    pub fn empty() -> Self {
        Self(Arc::from([]))
    }

    /// The value of `key`.
    pub fn get(&self, key: &str) -> Option<&Arc<str>> {
        self.0
            .binary_search_by(|pair| (*pair.0).cmp(key))
            .ok()
            .map(|index| &self.0[index].1)
    }

    /// Pairs in key order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&Arc<str>, &Arc<str>)> {
        self.0.iter().map(|(key, value)| (key, value))
    }

    /// Number of pairs.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is no pair.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The canonical text `k1=v1,k2=v2`, keys sorted: what an id is the hash of.
    pub fn canonical(&self) -> String {
        let bytes = self
            .0
            .iter()
            .map(|(key, value)| key.len() + value.len() + 2)
            .sum();
        let mut text = String::with_capacity(bytes);
        for (index, (key, value)) in self.0.iter().enumerate() {
            if index > 0 {
                text.push(',');
            }
            text.push_str(key);
            text.push('=');
            text.push_str(value);
        }
        text
    }
}

impl fmt::Debug for Tags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{{{}}}", self.canonical())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    #[test]
    fn the_last_of_equal_keys_wins() {
        let tags = Tags::from_pairs([("b", "1"), ("a", "2"), ("b", "3"), ("b", "4")]);
        assert_eq!(tags.canonical(), "a=2,b=4");
    }

    proptest! {
        #[test]
        fn a_set_behaves_like_a_sorted_map(pairs: Vec<(String, String)>) {
            let map: BTreeMap<String, String> = pairs.iter().cloned().collect();
            let tags = Tags::from_pairs(pairs);
            prop_assert_eq!(tags.len(), map.len());
            for (key, value) in &map {
                prop_assert_eq!(tags.get(key).map(|found| &**found), Some(value.as_str()));
            }
            let listed: Vec<(String, String)> =
                tags.iter().map(|(key, value)| (key.to_string(), value.to_string())).collect();
            prop_assert_eq!(listed, map.into_iter().collect::<Vec<_>>());
        }
    }
}

//! Tags made from other tags.

use std::sync::Arc;

use super::Keys;
use crate::pattern::Substitution;

/// How a tag is made from another one.
#[derive(Clone, Debug, PartialEq)]
pub struct Relabel {
    /// The key of the tag that is made.
    pub target: Arc<str>,
    /// The key of the tag it is made from; a line without it counts as one whose value is empty.
    pub source: Arc<str>,
    /// The value of one tag to that of the other.
    pub rule: Substitution,
}

impl Relabel {
    /// The keys that tell lines apart which were told apart by some keys before.
    pub(super) fn grouping(&self, before: &Keys) -> Keys {
        let is_removed = self.rule.is_always_empty();
        let kept = before
            .iter()
            .filter(|key| **key != self.target || !is_removed);
        let is_new = !is_removed && !before.contains(&self.target);
        let added = is_new.then_some(&self.target);
        kept.chain(added).cloned().collect()
    }
}

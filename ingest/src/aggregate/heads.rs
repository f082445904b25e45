//! From the bytes and from the tags of a line to its meter.
//!
//! Clients repeat the same bytes, so a table from the bytes of name and tags saves building the tags.
//! It may be emptied at any time, and is when it exceeds its limit of bytes (a client that shuffles
//! its tags makes many texts of one meter); the table from tags is complete.

use rustc_hash::FxHashMap;
use telamon_model::Tags;

use super::MeterIndex;
use crate::line::LineKind;

#[derive(Debug)]
pub(super) struct Heads {
    by_head: FxHashMap<LineKind, FxHashMap<Box<[u8]>, MeterIndex>>,
    by_tags: FxHashMap<LineKind, FxHashMap<Tags, MeterIndex>>,
    memo_bytes: usize,
    memo_bytes_max: usize,
}

impl Heads {
    pub(super) fn new(memo_bytes_max: usize) -> Self {
        Self {
            by_head: FxHashMap::default(),
            by_tags: FxHashMap::default(),
            memo_bytes: 0,
            memo_bytes_max,
        }
    }

    /// The meter that these bytes named when they were last seen; it may have expired since.
    pub(super) fn find(&self, kind: LineKind, head: &[u8]) -> Option<MeterIndex> {
        self.by_head.get(&kind)?.get(head).copied()
    }

    pub(super) fn find_tags(&self, kind: LineKind, tags: &Tags) -> Option<MeterIndex> {
        self.by_tags.get(&kind)?.get(tags).copied()
    }

    pub(super) fn remember(&mut self, kind: LineKind, head: &[u8], index: MeterIndex) {
        // What an entry takes beside its text, roughly.
        const ENTRY_BYTES: usize = 64;
        let bytes = head.len() + ENTRY_BYTES;
        if self.memo_bytes + bytes > self.memo_bytes_max {
            self.by_head.clear();
            self.memo_bytes = 0;
        }
        let heads = self.by_head.entry(kind).or_default();
        if heads.insert(Box::from(head), index).is_none() {
            self.memo_bytes += bytes;
        }
    }

    pub(super) fn remember_tags(&mut self, kind: LineKind, tags: Tags, index: MeterIndex) {
        self.by_tags.entry(kind).or_default().insert(tags, index);
    }

    pub(super) fn forget_tags(&mut self, kind: LineKind, tags: &Tags) {
        if let Some(indexes) = self.by_tags.get_mut(&kind) {
            indexes.remove(tags);
        }
    }
}

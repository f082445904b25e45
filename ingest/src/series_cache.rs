//! The memo between the bytes of a tags object and the checked series they name.
//!
//! A publisher sends the same tag sets again every step. The cache keeps, for the raw bytes of each
//! tags object (under the common tags of its batch), the series that was built and checked the
//! first time, so that a repeated datapoint costs one comparison of bytes: no parsing, no
//! allocation, no hash of the id, no rule.
//!
//! ```text
//!   {"name":"cpu","id":"a"}  ──┐ spans: bytes + common tags ─► slot ─► series, or the violation
//!   {"id":"a","name":"cpu"}  ──┘                              (each tag set has one slot)
//! ```
//!
//! Publishers also keep their order, so the span after the last one found is tried first; only when
//! that guess fails are the bytes hashed. A match is always a comparison of all bytes.
//!
//! The cache is bounded by two generations: when the young one is half of the limit, it becomes the
//! old one and the former old one is dropped; what is still in use moves over as it is found. Its
//! owner keeps it across requests. It holds nothing that changes an answer: dropping it only costs
//! time.

use std::borrow::Cow;
use std::hash::BuildHasher;
use std::sync::Arc;

use memchr::memchr;
use rustc_hash::{FxBuildHasher, FxHashMap, FxHashSet};
use telamon_model::{Series, Tags};

use crate::admit::Refusal;
use crate::rules::{Rules, Violation};

/// Bounds of a [`SeriesCache`]; one request may exceed them by its own size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CacheLimits {
    /// Most tag sets, over both generations.
    pub series_max: usize,
    /// Most bytes of tags objects, over both generations.
    pub span_bytes_max: usize,
}

/// Checked series by the bytes that name them; see the module.
#[derive(Debug)]
pub struct SeriesCache {
    rules: Rules,
    limits: CacheLimits,
    young: Generation,
    old: Generation,
    /// Number of the current request; slots remember the request that used them last.
    request: u64,
    /// The span that is expected next, in the young generation.
    next_span: usize,
    /// The common tags of the current batch: their pairs, and their index in each generation.
    common: Tags,
    young_common: u32,
    old_common: Option<u32>,
}

/// One tag set of the cache.
#[derive(Debug)]
pub(crate) struct Slot {
    pub(crate) outcome: Outcome,
    /// Whether admission has let this series in since the slot was made.
    pub(crate) is_admitted: bool,
    /// The request that `series_index` belongs to.
    pub(crate) request: u64,
    /// Index of the series in the batch of that request, [`Slot::REFUSED`] when it was refused.
    pub(crate) series_index: u32,
    /// The limit that kept this series out of its last batch.
    pub(crate) refusal: Option<Refusal>,
}

impl Slot {
    /// Marks a tag set that is not in the batch, by rule or by limit.
    pub(crate) const REFUSED: u32 = u32::MAX;
}

/// What the rules said of a tag set.
#[derive(Debug)]
pub(crate) enum Outcome {
    Valid(Series),
    Invalid(Box<(Tags, Violation)>),
}

impl Outcome {
    pub(crate) fn tags(&self) -> &Tags {
        match self {
            Self::Valid(series) => series.tags(),
            Self::Invalid(refused) => &refused.0,
        }
    }
}

/// Index of a slot, good until the next [`SeriesCache::begin`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SlotIndex(u32);

/// Tags as they stand in a payload.
pub(crate) type Pairs<'b> = Vec<(Cow<'b, str>, Cow<'b, str>)>;

#[derive(Debug, Default)]
struct Generation {
    spans: Vec<Span>,
    /// The bytes of all spans, one after another.
    text: Vec<u8>,
    /// The newest span of each hash.
    span_by_hash: FxHashMap<u64, u32>,
    slots: Vec<Slot>,
    slot_by_tags: FxHashMap<Tags, u32>,
    common_by_tags: FxHashMap<Tags, u32>,
    /// Every key and value once.
    strings: FxHashSet<Arc<str>>,
}

#[derive(Clone, Copy, Debug)]
struct Span {
    start: usize,
    end: usize,
    common: u32,
    slot: u32,
    /// The next older span of the same hash.
    older: Option<u32>,
}

impl SeriesCache {
    /// An empty cache that checks tag sets by the given rules.
    pub fn new(rules: Rules, limits: CacheLimits) -> Self {
        let mut cache = Self {
            rules,
            limits,
            young: Generation::default(),
            old: Generation::default(),
            request: 0,
            next_span: 0,
            common: Tags::empty(),
            young_common: 0,
            old_common: None,
        };
        cache.set_common(&[]);
        cache
    }

    /// Number of tag sets held, over both generations.
    pub fn len(&self) -> usize {
        self.young.slots.len() + self.old.slots.len()
    }

    /// Whether nothing is held.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Forgets everything: to be called when admitted batches did not reach the store, so that the
    /// limits on new series are asked again.
    pub fn clear(&mut self) {
        self.young = Generation::default();
        self.old = Generation::default();
    }

    /// Starts a request: bounds the memory and forgets the guesses of the request before.
    pub(crate) fn begin(&mut self) {
        let is_full = self.young.slots.len() > self.limits.series_max / 2
            || self.young.text.len() > self.limits.span_bytes_max / 2;
        if is_full {
            self.old = std::mem::take(&mut self.young);
        }
        self.request += 1;
        self.next_span = 0;
        self.set_common(&[]);
    }

    pub(crate) fn request(&self) -> u64 {
        self.request
    }

    /// Sets the tags that every following tag set inherits.
    pub(crate) fn set_common(&mut self, pairs: &[(Cow<'_, str>, Cow<'_, str>)]) {
        self.common = self.young.tags(&Tags::empty(), pairs);
        self.old_common = self.old.common_by_tags.get(&self.common).copied();
        self.young_common = self.young.common_index(&self.common);
    }

    /// Finds the slot of the tags object at the start of `text`, and the length of the object.
    /// `None` when it is not known; the object need not even be well-formed then.
    #[inline]
    pub(crate) fn find_span(&mut self, text: &[u8]) -> Option<(SlotIndex, usize)> {
        // A metric without a value in this step leaves a gap, so a few spans ahead are tried too.
        const GUESSES: usize = 3;
        let guesses = self.young.spans.get(self.next_span..).unwrap_or(&[]);
        for (ahead, span) in guesses.iter().take(GUESSES).enumerate() {
            let bytes = &self.young.text[span.start..span.end];
            if span.common == self.young_common && text.starts_with(bytes) {
                self.next_span += ahead + 1;
                return Some((SlotIndex(span.slot), bytes.len()));
            }
        }
        self.find_by_hash(text)
    }

    fn find_by_hash(&mut self, text: &[u8]) -> Option<(SlotIndex, usize)> {
        let bytes = &text[..=memchr(b'}', text)?];
        let hash = FxBuildHasher.hash_one(bytes);
        if let Some(index) = self.young.find(bytes, hash, self.young_common) {
            self.next_span = index + 1;
            return Some((SlotIndex(self.young.spans[index].slot), bytes.len()));
        }
        let index = self.old.find(bytes, hash, self.old_common?)?;
        let known = &self.old.slots[self.old.spans[index].slot as usize];
        let (tags, is_admitted) = (known.outcome.tags().clone(), known.is_admitted);
        let slot = self.slot_of(tags);
        self.young.slots[slot.0 as usize].is_admitted |= is_admitted;
        self.remember(bytes, slot);
        Some((slot, bytes.len()))
    }

    /// Builds and checks the tag set of the common tags and `pairs`, the later of equal keys
    /// winning; `span` is the object's text when it is fit to be found by [`SeriesCache::find_span`]:
    /// complete, and its first closing brace the last byte.
    pub(crate) fn insert(
        &mut self,
        pairs: &[(Cow<'_, str>, Cow<'_, str>)],
        span: Option<&[u8]>,
    ) -> SlotIndex {
        let tags = self.young.tags(&self.common, pairs);
        let slot = self.slot_of(tags);
        if let Some(span) = span {
            self.remember(span, slot);
        }
        slot
    }

    /// The slot of a tag set, made and checked if there is none.
    pub(crate) fn slot_of(&mut self, tags: Tags) -> SlotIndex {
        if let Some(&index) = self.young.slot_by_tags.get(&tags) {
            return SlotIndex(index);
        }
        let index = index_of(self.young.slots.len());
        let outcome = match self.rules.check(&tags) {
            Ok(()) => Outcome::Valid(Series::new(tags.clone())),
            Err(violation) => Outcome::Invalid(Box::new((tags.clone(), violation))),
        };
        self.young.slots.push(Slot {
            outcome,
            is_admitted: false,
            request: 0,
            series_index: Slot::REFUSED,
            refusal: None,
        });
        self.young.slot_by_tags.insert(tags, index);
        SlotIndex(index)
    }

    pub(crate) fn slot(&self, index: SlotIndex) -> &Slot {
        &self.young.slots[index.0 as usize]
    }

    pub(crate) fn slot_mut(&mut self, index: SlotIndex) -> &mut Slot {
        &mut self.young.slots[index.0 as usize]
    }

    fn remember(&mut self, bytes: &[u8], slot: SlotIndex) {
        debug_assert_eq!(
            memchr(b'}', bytes),
            Some(bytes.len() - 1),
            "not fit to be found"
        );
        let index = self.young.remember(bytes, self.young_common, slot.0);
        self.next_span = index + 1;
    }
}

impl Generation {
    fn find(&self, bytes: &[u8], hash: u64, common: u32) -> Option<usize> {
        let mut next = self.span_by_hash.get(&hash).copied();
        while let Some(index) = next {
            let span = &self.spans[index as usize];
            if span.common == common && &self.text[span.start..span.end] == bytes {
                return Some(index as usize);
            }
            next = span.older;
        }
        None
    }

    fn remember(&mut self, bytes: &[u8], common: u32, slot: u32) -> usize {
        let index = self.spans.len();
        let start = self.text.len();
        self.text.extend_from_slice(bytes);
        let hash = FxBuildHasher.hash_one(bytes);
        let older = self.span_by_hash.insert(hash, index_of(index));
        self.spans.push(Span {
            start,
            end: self.text.len(),
            common,
            slot,
            older,
        });
        index
    }

    fn common_index(&mut self, tags: &Tags) -> u32 {
        let next = index_of(self.common_by_tags.len());
        *self.common_by_tags.entry(tags.clone()).or_insert(next)
    }

    fn tags(&mut self, common: &Tags, pairs: &[(Cow<'_, str>, Cow<'_, str>)]) -> Tags {
        let mut list = Vec::with_capacity(common.len() + pairs.len());
        list.extend(
            common
                .iter()
                .map(|(key, value)| (Arc::clone(key), Arc::clone(value))),
        );
        for (key, value) in pairs {
            list.push((self.string(key), self.string(value)));
        }
        Tags::from_pairs(list)
    }

    fn string(&mut self, text: &str) -> Arc<str> {
        if let Some(known) = self.strings.get(text) {
            return Arc::clone(known);
        }
        let string: Arc<str> = Arc::from(text);
        self.strings.insert(Arc::clone(&string));
        string
    }
}

fn index_of(length: usize) -> u32 {
    u32::try_from(length).expect("a cache of 2^32 entries does not fit into memory")
}

#[cfg(test)]
mod tests;

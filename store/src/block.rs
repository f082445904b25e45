//! Sealed mini-blocks and the blocks that hold them.
//!
//! Takes rows gathered from hot tiles once all slots of a mini-block are sealed; gives the cells back.
//! Immutable. When a mini-block is made and when a block is dropped is the shard's business.
//!
//! ```text
//!  Sealed ─► block (1 h) ─► mini-block (64 slots) ─► chunk of 512 series: directory │ bodies (words)
//! ```

use std::collections::BTreeMap;
use std::sync::Arc;

use telamon_model::SlotRange;

use crate::codec::{self, Codec};
use crate::options::{BlockIndex, Calendar, MINI_SLOTS, MiniIndex};
use crate::tile::CHUNK_SERIES;
use crate::view::RowsOut;

/// The rows of 512 series in one mini-block.
#[derive(Debug)]
pub(crate) struct EncodedChunk {
    directory: Box<[Entry]>,
    bodies: Box<[u64]>,
}

/// Eight times the first word of the body, plus the number of the codec.
#[derive(Clone, Copy, Debug)]
struct Entry(u32);

impl Entry {
    fn new(start: usize, codec: Codec) -> Self {
        let start = u32::try_from(start).expect("512 rows of 64 words fit 16 bits");
        Self(start * 8 + codec as u32)
    }

    fn start(self) -> usize {
        (self.0 / 8) as usize
    }

    fn codec(self) -> Codec {
        Codec::numbered(self.0 % 8).expect("an entry is made of a codec")
    }
}

impl EncodedChunk {
    /// Encodes 512 rows of `width` values each; `None` when no row has a value.
    pub(crate) fn encode(rows: &[f64], width: usize) -> Option<Self> {
        let mut bodies = Vec::new();
        let mut directory = Vec::with_capacity(CHUNK_SERIES);
        for row in rows.chunks_exact(width) {
            let start = bodies.len();
            let codec = codec::encode(row, &mut bodies);
            directory.push(Entry::new(start, codec));
        }
        debug_assert_eq!(directory.len(), CHUNK_SERIES);
        (!bodies.is_empty()).then(|| Self {
            directory: directory.into(),
            bodies: bodies.into(),
        })
    }

    fn decode(&self, place: usize, row: &mut [f64]) {
        let entry = self.directory[place];
        codec::decode(entry.codec(), &self.bodies[entry.start()..], row);
    }

    fn bytes(&self) -> usize {
        self.directory.len() * size_of::<Entry>() + self.bodies.len() * size_of::<u64>()
    }
}

/// All series of a shard over the slots of one mini-block; `None` for chunks without a value.
#[derive(Debug)]
pub(crate) struct MiniBlock {
    pub(crate) chunks: Vec<Option<EncodedChunk>>,
}

/// The sealed part of a shard.
///
/// Every view has a copy, so a copy is cheap however much is held: blocks stand in spans that copies
/// share, and a change copies one span.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sealed {
    spans: BTreeMap<SpanIndex, Arc<Span>>,
}

/// Blocks of a span, each with its mini-blocks.
type Span = BTreeMap<BlockIndex, Vec<Option<Arc<MiniBlock>>>>;

/// Index of a span of blocks, counted from the epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct SpanIndex(i64);

/// Blocks in a span: near the root of the blocks of a year.
const SPAN_BLOCKS: i64 = 64;

impl SpanIndex {
    fn of(block: BlockIndex) -> Self {
        Self(block.0.div_euclid(SPAN_BLOCKS))
    }
}

impl Sealed {
    pub(crate) fn insert(&mut self, calendar: &Calendar, mini: MiniIndex, sealed: MiniBlock) {
        let (block, place) = calendar.block_of_mini(mini);
        let span = self.spans.entry(SpanIndex::of(block)).or_default();
        let minis = Arc::make_mut(span)
            .entry(block)
            .or_insert_with(|| vec![None; calendar.minis_in_block()]);
        minis[place] = Some(Arc::new(sealed));
    }

    /// Drops the blocks before this one.
    pub(crate) fn drop_before(&mut self, block: BlockIndex) {
        let span = SpanIndex::of(block);
        self.spans = self.spans.split_off(&span);
        if let Some(first) = self.spans.get_mut(&span) {
            let blocks = Arc::make_mut(first);
            *blocks = blocks.split_off(&block);
            if blocks.is_empty() {
                self.spans.remove(&span);
            }
        }
    }

    /// Whether there is a block before this one.
    pub(crate) fn has_before(&self, block: BlockIndex) -> bool {
        let first = self.spans.first_key_value();
        first
            .and_then(|(_, span)| span.first_key_value())
            .is_some_and(|(&first, _)| first < block)
    }

    pub(crate) fn mini(&self, calendar: &Calendar, mini: MiniIndex) -> Option<&MiniBlock> {
        let (block, place) = calendar.block_of_mini(mini);
        let span = self.spans.get(&SpanIndex::of(block))?;
        span.get(&block)?[place].as_deref()
    }

    /// Bytes of all encoded rows and their directories.
    pub(crate) fn bytes(&self) -> usize {
        let blocks = self.spans.values().flat_map(|span| span.values());
        let minis = blocks.flatten().flatten();
        minis
            .flat_map(|mini| mini.chunks.iter().flatten())
            .map(EncodedChunk::bytes)
            .sum()
    }
}

impl MiniBlock {
    /// Writes every cell of the wanted columns, which lie in this mini-block of slots `own`.
    pub(crate) fn read(&self, own: SlotRange, columns: SlotRange, rows: &mut RowsOut<'_>) {
        let width = own.len();
        let skip = SlotRange {
            start: own.start,
            end: columns.start,
        }
        .len();
        let mut whole = [0.0; MINI_SLOTS];
        rows.each(columns, |ordinal, out| {
            let ordinal = ordinal as usize;
            let chunk = self.chunks.get(ordinal / CHUNK_SERIES);
            let Some(chunk) = chunk.and_then(Option::as_ref) else {
                out.fill(telamon_model::ABSENT);
                return;
            };
            if out.len() == width {
                chunk.decode(ordinal % CHUNK_SERIES, out);
            } else {
                chunk.decode(ordinal % CHUNK_SERIES, &mut whole[..width]);
                out.copy_from_slice(&whole[skip..skip + out.len()]);
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;
    use telamon_model::{PartitionCount, Step};

    use super::*;
    use crate::options::Options;

    proptest! {
        /// What is held is what a plain set of blocks holds, and copies taken before stay as they were.
        #[test]
        fn spans_hold_what_a_set_holds(
            events in prop::collection::vec((-200_i64..200, prop::bool::weighted(0.2)), 1..60),
        ) {
            let calendar = Calendar::new(&Options {
                step: Step::from_millis(60_000).unwrap(),
                partitions: PartitionCount::new(1).unwrap(),
                block_slots: 60,
                retention_ms: 86_400_000,
                age_max_ms: 60_000,
            });
            let mini_of = |block: i64| calendar.mini_of(calendar.block_range(BlockIndex(block)).start);
            let holds = |sealed: &Sealed| -> BTreeSet<i64> {
                let all = -200..200;
                all.filter(|&block| sealed.mini(&calendar, mini_of(block)).is_some()).collect()
            };
            let mut sealed = Sealed::default();
            let mut model = BTreeSet::new();
            for (block, is_drop) in events {
                let (copy, before) = (sealed.clone(), model.clone());
                if is_drop {
                    sealed.drop_before(BlockIndex(block));
                    model = model.split_off(&block);
                } else {
                    sealed.insert(&calendar, mini_of(block), MiniBlock { chunks: Vec::new() });
                    model.insert(block);
                }
                prop_assert_eq!(holds(&sealed), model.clone());
                prop_assert_eq!(holds(&copy), before);
                let has_before = model.first().is_some_and(|&first| first < block);
                prop_assert_eq!(sealed.has_before(BlockIndex(block)), has_before);
            }
        }
    }
}

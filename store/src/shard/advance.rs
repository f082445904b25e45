//! What the passing of log time does to a shard: retention drops whole blocks and hides series, and
//! mini-blocks whose slots are all sealed are encoded and leave the hot tiles.
//!
//! Encoding is spread over records, a few chunks each, so that no append waits for a whole mini-block.
//! When exactly it happens cannot be seen: sealed slots do not change.

use std::sync::Arc;

use roaring::RoaringBitmap;
use telamon_model::{Series, Slot, Tags, Timestamp};

use super::Shard;
use crate::block::{EncodedChunk, MiniBlock};
use crate::options::MiniIndex;

/// Chunks encoded per record at least; 512 series x 64 slots each, about a millisecond in all.
const CHUNKS_PER_RECORD: usize = 4;
/// A mini-block is sealed within this many records, so that few records cannot leave tiles behind.
const RECORDS_PER_MINI: usize = 16;

/// Ordinals are freed when one in this many can be.
const PURGE_PART: u64 = 8;

/// A mini-block being encoded.
pub(super) struct Sealing {
    mini: MiniIndex,
    chunks: Vec<Option<EncodedChunk>>,
    rows: Vec<f64>,
}

impl Shard {
    /// Moves the clock to the log time of the record about to be applied.
    pub(super) fn advance(&mut self, now: Timestamp) {
        let held_before = self.clock.map(|clock| self.calendar.first_held(clock));
        self.clock = Some(now);
        let held = self.calendar.first_held(now);
        if held_before.is_some_and(|before| before < held) {
            self.expire(held);
            self.purge(now);
        }
        self.progress.forget_before(self.calendar.last_due(now));
        self.seal_some(now);
    }

    /// Drops the blocks before `held` and hides the series whose last value went with them.
    fn expire(&mut self, held: Slot) {
        let first_block = self.calendar.block_of(held);
        if self.sealed.has_before(first_block) {
            Arc::make_mut(&mut self.sealed).drop_before(first_block);
        }
        while let Some(mini) = self.hot.oldest_mini(&self.calendar)
            && self.calendar.mini_range(mini).start < held
        {
            Arc::make_mut(&mut self.hot).drop_mini(&self.calendar, mini);
            self.sealing = None;
        }
        let gone = (0..)
            .zip(&self.newest)
            .filter(|(_, newest)| newest.is_none_or(|newest| newest < held))
            .map(|(ordinal, _)| ordinal)
            .collect();
        if *self.hidden != gone {
            self.hidden = Arc::new(gone);
        }
    }

    /// Frees the ordinals of series that hold no value and that no normaliser remembers, once they are
    /// a good part of all: what is left of them in the index, the directory and the id table goes.
    fn purge(&mut self, now: Timestamp) {
        let forget_before = now.plus_millis(-self.calendar.forget_after_ms);
        let free: RoaringBitmap = self.free.iter().copied().collect();
        let gone: RoaringBitmap = self
            .hidden
            .iter()
            .filter(|&ordinal| {
                let newest = self.states[ordinal as usize].newest(&self.calendar);
                newest.is_none_or(|newest| newest < forget_before) && !free.contains(ordinal)
            })
            .collect();
        if gone.is_empty() || gone.len() * PURGE_PART < u64::from(self.ordinal_count()) {
            return;
        }
        let nobody = Series::new(Tags::empty());
        for ordinal in &gone {
            self.names.remove(self.directory.series(ordinal).id());
            self.newest[ordinal as usize] = None;
        }
        self.index = Arc::new(self.index.without(&gone));
        let emptied = gone.iter().map(|ordinal| (ordinal, nobody.clone()));
        Arc::make_mut(&mut self.directory).put(emptied);
        self.free = (free | gone).iter().rev().collect();
        self.names.forget_unused_strings();
    }

    fn seal_some(&mut self, now: Timestamp) {
        let Some(mini) = self.hot.oldest_mini(&self.calendar) else {
            return;
        };
        let range = self.calendar.mini_range(mini);
        if range.end > self.calendar.first_open(now) {
            return;
        }
        let chunk_count = self.hot.chunks_of(&self.calendar, mini);
        let mut sealing = match self.sealing.take() {
            Some(sealing) if sealing.mini == mini => sealing,
            _ => Sealing {
                mini,
                chunks: Vec::with_capacity(chunk_count),
                rows: Vec::new(),
            },
        };
        let budget = CHUNKS_PER_RECORD.max(chunk_count.div_ceil(RECORDS_PER_MINI));
        let end = chunk_count.min(sealing.chunks.len() + budget);
        for chunk in sealing.chunks.len()..end {
            self.hot
                .gather(&self.calendar, mini, chunk, &mut sealing.rows);
            let encoded = EncodedChunk::encode(&sealing.rows, range.len());
            sealing.chunks.push(encoded);
        }
        if sealing.chunks.len() < chunk_count {
            self.sealing = Some(sealing);
            return;
        }
        let chunks = sealing.chunks;
        Arc::make_mut(&mut self.sealed).insert(&self.calendar, mini, MiniBlock { chunks });
        Arc::make_mut(&mut self.hot).drop_mini(&self.calendar, mini);
    }
}

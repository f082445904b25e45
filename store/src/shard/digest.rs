//! The logical state of a shard, series by series, for the digest of a store.
//!
//! Takes the log time of the whole store, so that partitions which heard of it at different times agree
//! on what is held; gives one hash per series that holds a value or is remembered by its normaliser.

use sha1::{Digest, Sha1};
use telamon_model::{SeriesId, SlotRange, Timestamp};

use super::Shard;

impl Shard {
    /// Id and state of every series that has any, in no particular order.
    pub(crate) fn series_digests(&self, now: Timestamp) -> Vec<(SeriesId, [u8; 20])> {
        let view = self.view();
        let held = SlotRange {
            start: self.calendar.first_held(now),
            end: view.slots_held().end,
        };
        let mut row = vec![0.0; held.len()];
        let mut digests = Vec::new();
        for ordinal in 0..self.ordinal_count() {
            let newest = self.newest[ordinal as usize].filter(|&newest| newest >= held.start);
            let forget_before = now.plus_millis(-self.calendar.forget_after_ms);
            let state = self.states[ordinal as usize];
            let remembered = state
                .newest(&self.calendar)
                .is_some_and(|newest| newest >= forget_before);
            if newest.is_none() && !remembered {
                continue;
            }
            let series = self.directory.series(ordinal);
            let mut hash = Sha1::new();
            hash.update(series.tags().canonical().as_bytes());
            hash.update([0, u8::from(remembered)]);
            if remembered {
                for word in state.digest_words() {
                    hash.update(word.to_le_bytes());
                }
            }
            hash.update(newest.map_or(i64::MIN, |slot| slot.0).to_le_bytes());
            view.read_rows(&[ordinal], held, &mut row);
            for (slot, value) in (held.start.0..).zip(&row) {
                if !value.is_nan() {
                    hash.update(slot.to_le_bytes());
                    hash.update(value.to_bits().to_le_bytes());
                }
            }
            digests.push((series.id(), hash.finalize().into()));
        }
        digests
    }
}

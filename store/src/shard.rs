//! A shard: the writer of one partition.
//!
//! Takes the partition's records in log order; gives views. It is a deterministic function of them:
//! log time is its only clock, and nothing depends on the order of a hash map or on where one record
//! ends and the next begins. A record is checked completely before it changes anything. The log, locks
//! and joining partitions are left to [`crate::store`].
//!
//! ```text
//!  record ─► check ─► advance(log time): expire, seal a little
//!                 └─► rows: gate ─► ordinal ─► normaliser ─► cells ─► hot tiles
//!                                                       └─► arrivals ─► step closed?
//! ```

mod advance;
mod digest;

use std::sync::Arc;

use roaring::RoaringBitmap;
use telamon_model::{Batch, DsType, PartitionCount, PartitionIndex, Row, Series, Slot, Timestamp};

use crate::block::Sealed;
use crate::closing::Progress;
use crate::directory::{Directory, Names};
use crate::index::Index;
use crate::normalise::{Point, State, Verdict};
use crate::options::{Calendar, Options};
use crate::tile::{Hot, Write};
use crate::view::ShardView;

use advance::Sealing;

/// Samples that an applied record held and the store did not keep, by reason.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ApplyDrops {
    /// The value is NaN, which is absence.
    pub nan: u64,
    /// A rate or counter that already has a sample at or after this time.
    pub duplicate_or_older: u64,
    /// A gauge or sum that has moved on by more than one step.
    pub too_old_step: u64,
    /// The slot has sealed: the sample is much older than the accepted age.
    pub sealed: u64,
    /// The slot is further ahead of log time than the accepted age.
    pub future: u64,
}

impl ApplyDrops {
    /// All dropped samples.
    pub fn total(&self) -> u64 {
        self.nan + self.duplicate_or_older + self.too_old_step + self.sealed + self.future
    }

    /// Adds the counts of another record.
    pub fn add(&mut self, other: &Self) {
        self.nan += other.nan;
        self.duplicate_or_older += other.duplicate_or_older;
        self.too_old_step += other.too_old_step;
        self.sealed += other.sealed;
        self.future += other.future;
    }
}

/// Why a record cannot be applied. It changes nothing and is skipped by every replay alike.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadRecord {
    /// A row names a series that the record does not have.
    #[error("a row names series {index}, the record has {count}")]
    SeriesIndex {
        /// What the row says.
        index: u32,
        /// Number of series of the record.
        count: usize,
    },
    /// A series belongs to another partition.
    #[error("series {id} belongs to partition {partition}")]
    Partition {
        /// The series' id.
        id: String,
        /// The partition it belongs to.
        partition: u16,
    },
    /// The bytes are not a frame.
    #[error(transparent)]
    Frame(#[from] crate::frame::FrameError),
    /// The partition does not exist.
    #[error("the record belongs to partition {0}, which this store does not have")]
    UnknownPartition(u16),
}

/// What applying one record did.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Outcome {
    pub(crate) dropped: ApplyDrops,
    pub(crate) new_series: u64,
    /// The last step this record closed in this partition.
    pub(crate) closed: Option<Slot>,
}

/// The writer's state of one partition.
pub(crate) struct Shard {
    calendar: Calendar,
    partition: PartitionIndex,
    partitions: PartitionCount,
    /// Log time of the last record; `None` before the first.
    clock: Option<Timestamp>,
    names: Names,
    /// Per ordinal: what the normaliser remembers.
    states: Vec<State>,
    /// Per ordinal: the newest slot written.
    newest: Vec<Option<Slot>>,
    /// Ordinals whose series has gone, to be given again, the smallest last.
    free: Vec<u32>,
    /// The newest slot written by any series.
    newest_slot: Option<Slot>,
    progress: Progress,
    sealing: Option<Sealing>,
    writes: Vec<Write>,
    // What views share.
    directory: Arc<Directory>,
    index: Arc<Index>,
    /// Ordinals without a value that retention keeps.
    hidden: Arc<RoaringBitmap>,
    hot: Arc<Hot>,
    sealed: Arc<Sealed>,
}

impl Shard {
    pub(crate) fn new(options: &Options, partition: PartitionIndex) -> Self {
        Self {
            calendar: Calendar::new(options),
            partition,
            partitions: options.partitions,
            clock: None,
            names: Names::default(),
            states: Vec::new(),
            newest: Vec::new(),
            free: Vec::new(),
            newest_slot: None,
            progress: Progress::default(),
            sealing: None,
            writes: Vec::new(),
            directory: Arc::default(),
            index: Arc::default(),
            hidden: Arc::default(),
            hot: Arc::default(),
            sealed: Arc::default(),
        }
    }

    /// Log time of the last record.
    pub(crate) fn clock(&self) -> Option<Timestamp> {
        self.clock
    }

    /// What readers shall see from now on.
    pub(crate) fn view(&self) -> ShardView {
        ShardView {
            calendar: self.calendar,
            partition: self.partition,
            log_time: self.clock.unwrap_or(Timestamp(0)),
            newest: self.newest_slot,
            directory: Arc::clone(&self.directory),
            index: Arc::clone(&self.index),
            hidden: Arc::clone(&self.hidden),
            hot: Arc::clone(&self.hot),
            sealed: Arc::clone(&self.sealed),
        }
    }

    /// Whether a record can be applied.
    pub(crate) fn check(&self, batch: &Batch) -> Result<(), BadRecord> {
        let count = batch.series.len();
        if let Some(row) = batch
            .rows
            .iter()
            .find(|row| row.series_index as usize >= count)
        {
            return Err(BadRecord::SeriesIndex {
                index: row.series_index,
                count,
            });
        }
        for series in &batch.series {
            let partition = series.partition(self.partitions);
            if partition != self.partition {
                return Err(BadRecord::Partition {
                    id: series.id().to_string(),
                    partition: partition.0,
                });
            }
        }
        Ok(())
    }

    /// Applies a record that [`Shard::check`] passed. An empty batch only moves the clock.
    pub(crate) fn apply(&mut self, log_time: Timestamp, batch: &Batch) -> Outcome {
        let now = self.clock.map_or(log_time, |clock| clock.max(log_time));
        self.advance(now);
        let mut outcome = Outcome::default();
        if !batch.rows.is_empty() {
            outcome = self.apply_rows(now, batch);
        }
        outcome.closed = self.progress.close(&self.calendar, now);
        outcome
    }

    fn apply_rows(&mut self, now: Timestamp, batch: &Batch) -> Outcome {
        let mut passage = Passage {
            first_open: self.calendar.first_open(now),
            last_admitted: self.calendar.last_admitted(now),
            forget_before: now.plus_millis(-self.calendar.forget_after_ms),
            first_held: self.calendar.first_held(now),
            dropped: ApplyDrops::default(),
            revealed: Vec::new(),
        };
        let mut arriving = Arriving::new(self, batch);
        for row in &batch.rows {
            let slot = self.calendar.step.slot_holding(row.timestamp);
            if slot < passage.first_open {
                passage.dropped.sealed += 1;
            } else if slot > passage.last_admitted {
                passage.dropped.future += 1;
            } else {
                let ordinal = arriving.ordinal(self, batch, row.series_index);
                self.apply_row(&mut passage, ordinal, row);
            }
        }
        let new_series = arriving.arrive(self);
        self.show(&passage.revealed);
        self.write_cells();
        Outcome {
            dropped: passage.dropped,
            new_series,
            closed: None,
        }
    }

    fn apply_row(&mut self, passage: &mut Passage, ordinal: u32, row: &Row) {
        let calendar = self.calendar;
        let state = &mut self.states[ordinal as usize];
        let newest = &mut self.newest[ordinal as usize];
        let last = state.newest(&calendar);
        if last.is_some_and(|last| last < passage.forget_before) {
            state.reset();
        }
        let before = *newest;
        let writes = &mut self.writes;
        let mut sealed = false;
        let point = Point {
            time: row.timestamp,
            value: row.value,
        };
        let verdict = state.apply(&calendar, point, &mut |slot, value| {
            if value.is_nan() {
                return;
            }
            if slot < passage.first_open {
                sealed = true;
                return;
            }
            let (tile, lane) = calendar.tile_of(slot);
            writes.push(Write {
                ordinal,
                lane,
                tile,
                value,
            });
            *newest = (*newest).max(Some(slot));
        });
        self.newest_slot = self.newest_slot.max(*newest);
        let dropped = &mut passage.dropped;
        match verdict {
            Verdict::Accepted => dropped.sealed += u64::from(sealed),
            Verdict::Nan => dropped.nan += 1,
            Verdict::DuplicateOrOlder => dropped.duplicate_or_older += 1,
            Verdict::TooOldStep => dropped.too_old_step += 1,
        }
        if let Some(slot) = *newest
            && before != Some(slot)
        {
            self.progress.moved(before, slot);
            if before.is_none_or(|before| before < passage.first_held) {
                passage.revealed.push(ordinal);
            }
        }
    }

    /// Makes series visible that had no held value and now have one.
    fn show(&mut self, revealed: &[u32]) {
        if revealed
            .iter()
            .any(|&ordinal| self.hidden.contains(ordinal))
        {
            let hidden = Arc::make_mut(&mut self.hidden);
            for &ordinal in revealed {
                hidden.remove(ordinal);
            }
        }
    }

    /// Ordinals given so far, free ones included.
    fn ordinal_count(&self) -> u32 {
        u32::try_from(self.states.len()).expect("memory ends before four billion series do")
    }

    /// An ordinal for a new series, in its fresh state.
    fn claim_ordinal(&mut self, dstype: DsType) -> u32 {
        let state = State::fresh(dstype);
        if let Some(ordinal) = self.free.pop() {
            self.states[ordinal as usize] = state;
            return ordinal;
        }
        let ordinal = self.ordinal_count();
        self.states.push(state);
        self.newest.push(None);
        ordinal
    }

    fn write_cells(&mut self) {
        if self.writes.is_empty() {
            return;
        }
        Arc::make_mut(&mut self.hot).write(&self.writes);
        self.writes.clear();
    }
}

/// The rows of one record on their way: what its log time means for them, and what became of them.
struct Passage {
    first_open: Slot,
    last_admitted: Slot,
    forget_before: Timestamp,
    first_held: Slot,
    dropped: ApplyDrops,
    /// Ordinals that had no held value before.
    revealed: Vec<u32>,
}

/// The series of a record on their way to ordinals.
struct Arriving {
    /// Per series of the batch.
    ordinals: Vec<Option<u32>>,
    new: Vec<(u32, Series)>,
}

impl Arriving {
    fn new(shard: &Shard, batch: &Batch) -> Self {
        let ordinals = batch
            .series
            .iter()
            .map(|series| shard.names.ordinal(series.id()));
        Self {
            ordinals: ordinals.collect(),
            new: Vec::new(),
        }
    }

    /// The ordinal of a series of the batch; a new series gets one with its first row that counts.
    fn ordinal(&mut self, shard: &mut Shard, batch: &Batch, series_index: u32) -> u32 {
        let known = &mut self.ordinals[series_index as usize];
        if let Some(ordinal) = *known {
            return ordinal;
        }
        let series = &batch.series[series_index as usize];
        let ordinal = match shard.names.ordinal(series.id()) {
            // The batch lists the series twice.
            Some(ordinal) => ordinal,
            None => {
                let ordinal = shard.claim_ordinal(series.dstype());
                self.new
                    .push((ordinal, shard.names.insert(series, ordinal)));
                ordinal
            }
        };
        *known = Some(ordinal);
        ordinal
    }

    /// Makes new series known to readers, those without a value hidden; answers how many are new.
    fn arrive(mut self, shard: &mut Shard) -> u64 {
        let count = self.new.len() as u64;
        if self.new.is_empty() {
            return count;
        }
        self.new.sort_unstable_by_key(|(ordinal, _)| *ordinal);
        Arc::make_mut(&mut shard.index).append(&self.new);
        let mut without_value = self
            .new
            .iter()
            .map(|(ordinal, _)| *ordinal)
            .filter(|&ordinal| shard.newest[ordinal as usize].is_none())
            .peekable();
        if without_value.peek().is_some() {
            Arc::make_mut(&mut shard.hidden).extend(without_value);
        }
        Arc::make_mut(&mut shard.directory).put(self.new);
        count
    }
}

#[cfg(test)]
mod tests;

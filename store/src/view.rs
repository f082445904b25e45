//! Views: what readers see of a shard and of the whole store.
//!
//! Takes nothing; gives selections, series and values as of one record of each partition. A view never
//! changes, shares its memory with its neighbours in time, and needs no lock.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use roaring::RoaringBitmap;
use telamon_model::{
    ABSENT, PartitionIndex, Predicate, Series, Slot, SlotRange, SlowPattern, Step, Timestamp,
};

use crate::block::Sealed;
use crate::directory::Directory;
use crate::index::{Index, TagColumn};
use crate::options::Calendar;
use crate::tile::Hot;

/// One partition as of one of its records. Immutable.
///
/// Series are named by *ordinals*, numbers that mean something in this view only: a series keeps its
/// ordinal while it holds values, later the number may be given to another series.
#[derive(Clone, Debug)]
pub struct ShardView {
    pub(crate) calendar: Calendar,
    pub(crate) partition: PartitionIndex,
    pub(crate) log_time: Timestamp,
    pub(crate) newest: Option<Slot>,
    pub(crate) directory: Arc<Directory>,
    pub(crate) index: Arc<Index>,
    pub(crate) hidden: Arc<RoaringBitmap>,
    pub(crate) hot: Arc<Hot>,
    pub(crate) sealed: Arc<Sealed>,
}

impl ShardView {
    /// The partition this is a view of.
    pub fn partition(&self) -> PartitionIndex {
        self.partition
    }

    /// Log time of the record up to which this view shows the partition.
    pub fn log_time(&self) -> Timestamp {
        self.log_time
    }

    /// Number of series that hold at least one value.
    pub fn series_count(&self) -> u64 {
        self.directory.len() as u64 - self.hidden.len()
    }

    /// Ordinals of the series that the predicate selects and that hold at least one value.
    ///
    /// # Errors
    /// When a pattern takes too many steps for a value of its key, whether or not another test of the
    /// predicate leaves the series out.
    pub fn select(&self, predicate: &Predicate) -> Result<RoaringBitmap, SlowPattern> {
        let mut selected = self.index.select(predicate)?;
        if !self.hidden.is_empty() {
            selected -= &*self.hidden;
        }
        Ok(selected)
    }

    /// Ordinals of all series that hold at least one value.
    pub fn all(&self) -> RoaringBitmap {
        self.index.all() - &*self.hidden
    }

    /// Which value of a key each of some series has, in the order of their ordinals.
    ///
    /// # Panics
    /// When an ordinal was not given by this view.
    pub fn tag_column(&self, key: &str, within: &RoaringBitmap) -> TagColumn {
        TagColumn::of(&self.index, key, within, |ordinal| self.series(ordinal))
    }

    /// The series with this ordinal.
    ///
    /// # Panics
    /// When the ordinal was not given by this view.
    pub fn series(&self, ordinal: u32) -> &Series {
        self.directory.series(ordinal)
    }

    /// Writes the values of some series, row by row: `out[i * slots.len() + k]` becomes the value of
    /// `ordinals[i]` in slot `slots.start + k`, [`ABSENT`] where there is none. Every cell is written,
    /// any range is allowed.
    ///
    /// Fastest with at most 64 ascending ordinals at a time, so that the rows stay in the cache.
    ///
    /// # Panics
    /// When `out` is not `ordinals.len() * slots.len()` long.
    pub fn read_rows(&self, ordinals: &[u32], slots: SlotRange, out: &mut [f64]) {
        assert_eq!(
            out.len(),
            ordinals.len() * slots.len(),
            "out holds one cell for each ordinal and slot"
        );
        if out.is_empty() {
            return;
        }
        let mut rows = RowsOut {
            ordinals,
            slots,
            cells: out,
        };
        let held = self.slots_held();
        let start = held.start.clamp(slots.start, slots.end);
        let end = held.end.clamp(start, slots.end);
        rows.fill_absent(SlotRange {
            start: slots.start,
            end: start,
        });
        rows.fill_absent(SlotRange {
            start: end,
            end: slots.end,
        });
        self.read_held(SlotRange { start, end }, &mut rows);
    }

    /// Mini-block by mini-block, from where it lives.
    fn read_held(&self, slots: SlotRange, rows: &mut RowsOut<'_>) {
        let mut start = slots.start;
        while start < slots.end {
            let mini = self.calendar.mini_of(start);
            let own = self.calendar.mini_range(mini);
            let end = own.end.min(slots.end);
            let columns = SlotRange { start, end };
            match self.sealed.mini(&self.calendar, mini) {
                Some(sealed) => sealed.read(own, columns, rows),
                None => self.hot.read(&self.calendar, columns, rows),
            }
            start = end;
        }
    }

    /// Keys that at least one of the series has: those in `within`, or all that hold a value.
    pub fn tag_keys(&self, within: Option<&RoaringBitmap>) -> BTreeSet<Arc<str>> {
        self.with_held(within, |within| self.index.tag_keys(within))
    }

    /// Values of a key with the number of series that have them: series in `within`, or all that hold
    /// a value.
    pub fn tag_values(&self, key: &str, within: Option<&RoaringBitmap>) -> BTreeMap<Arc<str>, u64> {
        self.with_held(within, |within| self.index.tag_values(key, within))
    }

    /// Slots that may hold values: from the start of the oldest block that retention keeps to the
    /// newest slot written.
    pub fn slots_held(&self) -> SlotRange {
        let start = self.first_held();
        let end = self.newest.map_or(start, |newest| newest.plus(1));
        SlotRange {
            start,
            end: end.max(start),
        }
    }

    /// The first slot that retention keeps.
    pub(crate) fn first_held(&self) -> Slot {
        self.calendar.first_held(self.log_time)
    }

    /// Without a restriction, hidden series still have to be left out.
    fn with_held<T>(
        &self,
        within: Option<&RoaringBitmap>,
        answer: impl FnOnce(Option<&RoaringBitmap>) -> T,
    ) -> T {
        if within.is_some() || self.hidden.is_empty() {
            return answer(within);
        }
        answer(Some(&self.all()))
    }
}

/// The whole store as of one record of each partition. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Snapshot {
    step: Step,
    shards: Arc<[Arc<ShardView>]>,
}

impl Snapshot {
    pub(crate) fn new(step: Step, shards: impl IntoIterator<Item = Arc<ShardView>>) -> Self {
        Self {
            step,
            shards: shards.into_iter().collect(),
        }
    }

    /// Width of a slot.
    pub fn step(&self) -> Step {
        self.step
    }

    /// The partitions in order.
    pub fn shards(&self) -> &[Arc<ShardView>] {
        &self.shards
    }

    /// The newest log time of all partitions.
    pub fn log_time(&self) -> Timestamp {
        let times = self.shards.iter().map(|shard| shard.log_time());
        times.max().expect("a store has at least one partition")
    }

    /// Number of series that hold at least one value.
    pub fn series_count(&self) -> u64 {
        self.shards.iter().map(|shard| shard.series_count()).sum()
    }

    /// Slots that may hold values in any partition; empty while the store is.
    pub fn slots_held(&self) -> SlotRange {
        let ranges = self.shards.iter().map(|shard| shard.slots_held());
        ranges
            .filter(|range| !range.is_empty())
            .reduce(|a, b| SlotRange {
                start: a.start.min(b.start),
                end: a.end.max(b.end),
            })
            .unwrap_or(SlotRange {
                start: Slot(0),
                end: Slot(0),
            })
    }
}

/// A matrix to be filled: one row per ordinal, one column per slot.
pub(crate) struct RowsOut<'a> {
    ordinals: &'a [u32],
    slots: SlotRange,
    cells: &'a mut [f64],
}

impl RowsOut<'_> {
    /// Gives every ordinal with its cells of these columns.
    pub(crate) fn each(&mut self, columns: SlotRange, mut write: impl FnMut(u32, &mut [f64])) {
        let skip = SlotRange {
            start: self.slots.start,
            end: columns.start,
        }
        .len();
        let width = columns.len();
        let rows = self.cells.chunks_exact_mut(self.slots.len());
        for (&ordinal, row) in self.ordinals.iter().zip(rows) {
            write(ordinal, &mut row[skip..skip + width]);
        }
    }

    pub(crate) fn fill_absent(&mut self, columns: SlotRange) {
        if !columns.is_empty() {
            self.each(columns, |_, cells| cells.fill(ABSENT));
        }
    }
}

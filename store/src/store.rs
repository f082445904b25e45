//! The store: partitions joined, in front of one log.
//!
//! Takes batches with the time at which they came; gives snapshots and closed steps. Appending splits a
//! batch by partition, writes each part to the log and applies it, both under the lock of the partition,
//! so that the order of the log is the order of application. Readers load the newest views without a
//! lock. When to sync the log, send heartbeats and trim is the server's business.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

use arc_swap::ArcSwap;
use sha1::{Digest, Sha1};
use telamon_model::{Batch, PartitionIndex, Timestamp};

use crate::closing::{ClosedStep, Closer};
use crate::frame;
use crate::log::{self, Log, SyncError, TrimError, Trimmed};
use crate::options::{Calendar, Options};
use crate::recovery::{OpenError, Recovery, replay};
use crate::shard::{ApplyDrops, BadRecord, Outcome, Shard};
use crate::view::{ShardView, Snapshot};

/// A time-series store over a log. Shared by reference between any number of threads.
pub struct Store {
    options: Options,
    calendar: Calendar,
    log: Arc<dyn Log>,
    partitions: Vec<Partition>,
    closing: Mutex<Closing>,
    /// The newest log time of any partition, in milliseconds.
    log_time_ms: AtomicI64,
}

/// One partition: its writer behind a lock, what readers see beside it.
pub(crate) struct Partition {
    shard: Mutex<Shard>,
    view: ArcSwap<ShardView>,
    /// Log time of its last record in milliseconds; `i64::MIN` before the first.
    clock_ms: AtomicI64,
}

/// Cuts, and closed steps that nobody has taken yet.
struct Closing {
    closer: Closer,
    ready: Vec<ClosedStep>,
}

/// What became of a batch.
#[derive(Clone, Debug)]
pub struct Applied {
    /// Log time of the batch's last record; that of the store when the batch was empty.
    pub log_time: Timestamp,
    /// Samples that were written to the log.
    pub rows: u64,
    /// Bytes of the frames that were written to the log.
    pub frame_bytes: u64,
    /// Samples that were not kept, by reason.
    pub dropped: ApplyDrops,
    /// Series that the store had not met before.
    pub new_series: u64,
    /// Steps that all partitions have closed since the last call, in order. A step is given to exactly
    /// one call; where several threads append, whoever joins their answers orders by slot.
    pub closed: Vec<ClosedStep>,
}

/// Why a batch was not appended, or not all of it.
///
/// Partitions are written one after the other: after an error some parts of a batch may be in the log
/// and applied. Sending the batch again is harmless except for samples of type sum.
#[derive(Debug, thiserror::Error)]
pub enum AppendError {
    /// The log refused.
    #[error(transparent)]
    Log(#[from] log::AppendError),
    /// The batch contradicts itself; nothing was appended.
    #[error("the batch cannot be applied: {0}")]
    Batch(#[from] BadRecord),
}

impl Store {
    /// Opens a store by reading its log from the start; `observe` gets the steps that the records of
    /// the log close, exactly as when they were appended.
    ///
    /// # Errors
    /// When the options make no working store or the log cannot be read.
    pub fn open(
        options: Options,
        log: Arc<dyn Log>,
        observe: &mut dyn FnMut(ClosedStep),
    ) -> Result<(Self, Recovery), OpenError> {
        options.check()?;
        let mut closer = Closer::new(options.step, usize::from(options.partitions.as_u16()));
        let (shards, recovery) = replay(&options, &*log, &mut closer, observe)?;
        let log_time_ms = log.log_time().map_or(0, |time| time.0);
        let store = Self {
            options,
            calendar: Calendar::new(&options),
            log,
            partitions: shards.into_iter().map(Partition::new).collect(),
            closing: Mutex::new(Closing {
                closer,
                ready: Vec::new(),
            }),
            log_time_ms: AtomicI64::new(log_time_ms),
        };
        Ok((store, recovery))
    }

    /// The options it was opened with.
    pub fn options(&self) -> &Options {
        &self.options
    }

    /// Logs and applies a batch. When it returns, a crash of the process no longer loses the batch, and
    /// snapshots taken from now on show it.
    ///
    /// Partitions that have had no record for two steps get an empty one, so that a step closes although
    /// one of them has no data.
    ///
    /// # Errors
    /// See [`AppendError`].
    pub fn append(&self, now: Timestamp, batch: Batch) -> Result<Applied, AppendError> {
        let count = batch.series.len();
        if let Some(row) = batch
            .rows
            .iter()
            .find(|row| row.series_index as usize >= count)
        {
            let index = row.series_index;
            return Err(BadRecord::SeriesIndex { index, count }.into());
        }
        let mut applied = Applied::nothing(self.log_time());
        if batch.rows.is_empty() {
            return Ok(applied);
        }
        for (partition, part) in batch.split(self.options.partitions) {
            self.append_part(now, partition, &part, &mut applied)?;
        }
        self.wake_partitions_behind(applied.log_time, 2, &mut applied)?;
        applied.closed = self.take_closed();
        Ok(applied)
    }

    /// Appends an empty record to every partition: time passes for all of them, whether they have data
    /// or not.
    ///
    /// # Errors
    /// See [`AppendError`].
    pub fn heartbeat(&self, now: Timestamp) -> Result<Applied, AppendError> {
        let mut applied = Applied::nothing(self.log_time());
        for partition in self.options.partitions.indexes() {
            self.append_part(now, partition, &Batch::default(), &mut applied)?;
        }
        applied.closed = self.take_closed();
        Ok(applied)
    }

    /// One record: log order is the order of application, because both happen under one lock.
    fn append_part(
        &self,
        now: Timestamp,
        index: PartitionIndex,
        part: &Batch,
        applied: &mut Applied,
    ) -> Result<(), AppendError> {
        let frame = frame::encode(part);
        let partition = &self.partitions[usize::from(index.0)];
        let mut shard = partition.lock();
        shard.check(part)?;
        let record = self.log.append(now, index, &frame)?;
        let outcome = shard.apply(record.log_time, part);
        let view = partition.publish(&shard);
        self.cut(&outcome, &view);
        drop(shard);
        self.log_time_ms
            .fetch_max(record.log_time.0, Ordering::AcqRel);
        applied.log_time = applied.log_time.max(record.log_time);
        applied.rows += part.rows.len() as u64;
        applied.frame_bytes += frame.len() as u64;
        applied.dropped.add(&outcome.dropped);
        applied.new_series += outcome.new_series;
        Ok(())
    }

    /// Cuts enter in the order of a partition's records, because its lock is held.
    fn cut(&self, outcome: &Outcome, view: &Arc<ShardView>) {
        if let Some(through) = outcome.closed {
            let mut closing = self.closing();
            let closing = &mut *closing;
            closing
                .closer
                .cut(through, view, &mut |step| closing.ready.push(step));
        }
    }

    fn wake_partitions_behind(
        &self,
        now: Timestamp,
        steps: i64,
        applied: &mut Applied,
    ) -> Result<(), AppendError> {
        let behind_ms = now.plus_millis(-steps * self.options.step.as_millis()).0;
        for (index, partition) in self.options.partitions.indexes().zip(&self.partitions) {
            if partition.clock_ms.load(Ordering::Acquire) < behind_ms {
                self.append_part(now, index, &Batch::default(), applied)?;
            }
        }
        Ok(())
    }

    fn take_closed(&self) -> Vec<ClosedStep> {
        std::mem::take(&mut self.closing().ready)
    }

    fn closing(&self) -> MutexGuard<'_, Closing> {
        self.closing.lock().expect(WRITER_PANICKED)
    }

    /// Makes everything appended so far survive a crash of the machine.
    ///
    /// # Errors
    /// When the log cannot be synced; it refuses appends from then on.
    pub fn sync(&self) -> Result<(), SyncError> {
        self.log.sync()
    }

    /// Removes parts of the log that opening no longer needs: those whose samples retention has dropped.
    ///
    /// # Errors
    /// When the log cannot remove a file.
    pub fn trim_log(&self) -> Result<Trimmed, TrimError> {
        let clocks = self
            .partitions
            .iter()
            .map(|partition| partition.clock_ms.load(Ordering::Acquire));
        let Some(oldest) = clocks.min().filter(|&clock| clock != i64::MIN) else {
            return Ok(Trimmed::default());
        };
        self.log.trim(self.calendar.needed_from(Timestamp(oldest)))
    }

    /// The newest log time; 0 before the first record.
    pub fn log_time(&self) -> Timestamp {
        Timestamp(self.log_time_ms.load(Ordering::Acquire))
    }

    /// All partitions as of now. Cheap, and never waits for a writer.
    pub fn snapshot(&self) -> Snapshot {
        let views = self
            .partitions
            .iter()
            .map(|partition| partition.view.load_full());
        Snapshot::new(self.options.step, views)
    }

    /// A hash of the logical state: series, types, held values, normaliser memory. Equal for stores that
    /// were given the same samples at the same log times, whatever their number of partitions or threads
    /// and however the samples were cut into records. Takes as long as reading everything.
    pub fn digest(&self) -> [u8; 20] {
        let now = self.log_time();
        let mut series = Vec::new();
        for partition in &self.partitions {
            series.extend(partition.lock().series_digests(now));
        }
        series.sort_unstable();
        let mut hash = Sha1::new();
        for (id, state) in series {
            hash.update(id.as_bytes());
            hash.update(state);
        }
        hash.finalize().into()
    }

    /// Bytes that sealed values take.
    pub fn sealed_bytes(&self) -> usize {
        let views = self
            .partitions
            .iter()
            .map(|partition| partition.view.load());
        views.map(|view| view.sealed.bytes()).sum()
    }
}

impl Applied {
    fn nothing(log_time: Timestamp) -> Self {
        Self {
            log_time,
            rows: 0,
            frame_bytes: 0,
            dropped: ApplyDrops::default(),
            new_series: 0,
            closed: Vec::new(),
        }
    }
}

const WRITER_PANICKED: &str = "a panic of a writer ends the process";

impl Partition {
    fn new(shard: Shard) -> Self {
        Self {
            view: ArcSwap::from_pointee(shard.view()),
            clock_ms: AtomicI64::new(shard.clock().map_or(i64::MIN, |clock| clock.0)),
            shard: Mutex::new(shard),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Shard> {
        self.shard.lock().expect(WRITER_PANICKED)
    }

    /// Shows readers what the writer has done.
    fn publish(&self, shard: &Shard) -> Arc<ShardView> {
        let view = Arc::new(shard.view());
        self.view.store(Arc::clone(&view));
        self.clock_ms.store(view.log_time.0, Ordering::Release);
        view
    }
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store")
            .field("options", &self.options)
            .field("log_time", &self.log_time())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;

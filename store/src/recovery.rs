//! Opening: the records of the log, applied again.
//!
//! Takes a log; gives the shards that its records make, and a report. Replay is the very function that
//! live records go through. A record that cannot be applied is set aside, named, and changes nothing; it
//! is the same record each time.

use std::ops::ControlFlow;
use std::panic::resume_unwind;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex};
use std::thread;

use telamon_model::{PartitionIndex, Slot, Timestamp};

use crate::closing::{ClosedStep, Closer};
use crate::frame::{self, SeriesCache};
use crate::log::{Damage, Log, Offset, ReadError, Record};
use crate::options::{Options, OptionsError};
use crate::shard::{ApplyDrops, BadRecord, Shard};

/// Why a store cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The options make no working store.
    #[error(transparent)]
    Options(#[from] OptionsError),
    /// The log cannot be read.
    #[error(transparent)]
    Log(#[from] ReadError),
}

/// What opening a store found in its log.
#[derive(Clone, Debug, Default)]
pub struct Recovery {
    /// Records read.
    pub records: u64,
    /// Samples in records that were applied.
    pub rows: u64,
    /// Samples of them that were not kept, as when they were appended.
    pub dropped: ApplyDrops,
    /// Records that were set aside, by partition and offset.
    pub quarantined: Vec<Quarantined>,
    /// Stretches of the log that could not be read.
    pub damages: Vec<Damage>,
    /// Log time of the last record.
    pub log_time: Option<Timestamp>,
}

/// A record that cannot be applied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quarantined {
    /// Its partition.
    pub partition: PartitionIndex,
    /// Its offset in the partition.
    pub offset: Offset,
    /// What is wrong with it.
    pub reason: BadRecord,
}

/// Series whose tags are kept between records, so that known ones cost a look-up instead of a hash of
/// their text. 150 MB at the most, shared out to the partitions.
const CACHED_SERIES_MAX: usize = 1_000_000;
/// Records on their way to each partition. Few, because a partition that runs ahead of the others makes
/// cuts that have to be kept until they follow.
const RECORDS_AHEAD: usize = 8;

/// Applies all records of a log: read in order, applied by one thread per partition. A cut is a function
/// of one partition's records and joining cuts does not depend on when they come, so the threads cannot
/// be seen in what is observed.
pub(crate) fn replay(
    options: &Options,
    log: &dyn Log,
    closer: &mut Closer,
    observe: &mut dyn FnMut(ClosedStep),
) -> Result<(Vec<Shard>, Recovery), ReadError> {
    let closing = Mutex::new(Closing {
        closer,
        ready: Vec::new(),
    });
    thread::scope(|scope| {
        let mut senders = Vec::new();
        let mut threads = Vec::new();
        for partition in options.partitions.indexes() {
            let (sender, records) = sync_channel::<OwnedRecord>(RECORDS_AHEAD);
            senders.push(sender);
            let replayer = Replayer::new(options, partition);
            let closing = &closing;
            threads.push(scope.spawn(move || replayer.run(&records, closing)));
        }
        let mut recovery = Recovery::default();
        let read = log.read_all(&mut |record| {
            for step in take_ready(&closing) {
                observe(step);
            }
            pass_on(&senders, &record, &mut recovery)
        });
        drop(senders);
        let mut shards = Vec::new();
        for thread in threads {
            let replayer = thread.join().unwrap_or_else(|panic| resume_unwind(panic));
            recovery.rows += replayer.rows;
            recovery.dropped.add(&replayer.dropped);
            recovery.quarantined.extend(replayer.quarantined);
            shards.push(replayer.shard);
        }
        for step in take_ready(&closing) {
            observe(step);
        }
        let report = read?;
        recovery
            .quarantined
            .sort_by_key(|bad| (bad.partition, bad.offset));
        recovery.records = report.records;
        recovery.damages = report.damages;
        recovery.log_time = log.log_time();
        Ok((shards, recovery))
    })
}

/// Gives a record to the thread of its partition.
fn pass_on(
    senders: &[SyncSender<OwnedRecord>],
    record: &Record<'_>,
    recovery: &mut Recovery,
) -> ControlFlow<()> {
    let Some(sender) = senders.get(usize::from(record.partition.0)) else {
        recovery.quarantined.push(Quarantined {
            partition: record.partition,
            offset: record.offset,
            reason: BadRecord::UnknownPartition(record.partition.0),
        });
        return ControlFlow::Continue(());
    };
    let record = OwnedRecord {
        offset: record.offset,
        log_time: record.log_time,
        frame: record.frame.into(),
    };
    match sender.send(record) {
        Ok(()) => ControlFlow::Continue(()),
        // The thread has panicked; joining it tells how.
        Err(_gone) => ControlFlow::Break(()),
    }
}

fn take_ready(closing: &Mutex<Closing<'_>>) -> Vec<ClosedStep> {
    let mut closing = closing.lock().expect("joining cuts does not panic");
    std::mem::take(&mut closing.ready)
}

/// Cuts of all partitions, and the steps they have closed.
struct Closing<'a> {
    closer: &'a mut Closer,
    ready: Vec<ClosedStep>,
}

struct OwnedRecord {
    offset: Offset,
    log_time: Timestamp,
    frame: Box<[u8]>,
}

/// The records of one partition, applied again.
struct Replayer {
    partition: PartitionIndex,
    shard: Shard,
    cache: SeriesCache,
    rows: u64,
    dropped: ApplyDrops,
    quarantined: Vec<Quarantined>,
}

impl Replayer {
    fn new(options: &Options, partition: PartitionIndex) -> Self {
        let partitions = usize::from(options.partitions.as_u16());
        Self {
            partition,
            shard: Shard::new(options, partition),
            cache: SeriesCache::new(CACHED_SERIES_MAX / partitions),
            rows: 0,
            dropped: ApplyDrops::default(),
            quarantined: Vec::new(),
        }
    }

    fn run(mut self, records: &Receiver<OwnedRecord>, closing: &Mutex<Closing<'_>>) -> Self {
        for record in records {
            match self.apply(&record) {
                Ok(Some(through)) => {
                    let view = Arc::new(self.shard.view());
                    let mut closing = closing.lock().expect("joining cuts does not panic");
                    let closing = &mut *closing;
                    let ready = &mut closing.ready;
                    closing
                        .closer
                        .cut(through, &view, &mut |step| ready.push(step));
                }
                Ok(None) => {}
                Err(reason) => self.quarantined.push(Quarantined {
                    partition: self.partition,
                    offset: record.offset,
                    reason,
                }),
            }
        }
        self
    }

    /// Applies a record; answers the last step it closed in this partition.
    fn apply(&mut self, record: &OwnedRecord) -> Result<Option<Slot>, BadRecord> {
        let batch = frame::decode_with(&record.frame, &mut self.cache)?;
        self.shard.check(&batch)?;
        let outcome = self.shard.apply(record.log_time, &batch);
        self.rows += batch.rows.len() as u64;
        self.dropped.add(&outcome.dropped);
        Ok(outcome.closed)
    }
}

//! Opening: the records of the log, applied again.
//!
//! Takes a log; gives the shards that its records make, and a report. Replay is the very function that
//! live records go through. A record that cannot be applied is set aside, named, and changes nothing; it
//! is the same record each time.

use std::ops::ControlFlow;

use std::sync::Arc;
use telamon_model::PartitionIndex;
use telamon_model::Timestamp;

use crate::closing::{ClosedStep, Closer};
use crate::frame::{self, SeriesCache};
use crate::log::{Damage, Log, Offset, ReadError, Record};
use crate::options::{Options, OptionsError};
use crate::shard::{ApplyDrops, BadRecord, Outcome, Shard};

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
    /// Records that were set aside.
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
/// their text. 150 MB at the most.
const CACHED_SERIES_MAX: usize = 1_000_000;

/// Applies all records of a log in order.
pub(crate) fn replay(
    options: &Options,
    log: &dyn Log,
    closer: &mut Closer,
    observe: &mut dyn FnMut(ClosedStep),
) -> Result<(Vec<Shard>, Recovery), ReadError> {
    let mut shards: Vec<Shard> = options
        .partitions
        .indexes()
        .map(|partition| Shard::new(options, partition))
        .collect();
    let mut recovery = Recovery::default();
    let mut cache = SeriesCache::new(CACHED_SERIES_MAX);
    let report = log.read_all(&mut |record| {
        match replay_record(&mut shards, &record, &mut cache, &mut recovery) {
            Ok(outcome) => {
                if let Some(through) = outcome.closed {
                    let shard = &shards[usize::from(record.partition.0)];
                    closer.cut(through, &Arc::new(shard.view()), observe);
                }
            }
            Err(reason) => recovery.quarantined.push(Quarantined {
                partition: record.partition,
                offset: record.offset,
                reason,
            }),
        }
        ControlFlow::Continue(())
    })?;
    recovery.records = report.records;
    recovery.damages = report.damages;
    recovery.log_time = log.log_time();
    Ok((shards, recovery))
}

fn replay_record(
    shards: &mut [Shard],
    record: &Record<'_>,
    cache: &mut SeriesCache,
    recovery: &mut Recovery,
) -> Result<Outcome, BadRecord> {
    let shard = shards
        .get_mut(usize::from(record.partition.0))
        .ok_or(BadRecord::UnknownPartition(record.partition.0))?;
    let batch = frame::decode_with(record.frame, cache)?;
    shard.check(&batch)?;
    let outcome = shard.apply(record.log_time, &batch);
    recovery.rows += batch.rows.len() as u64;
    recovery.dropped.add(&outcome.dropped);
    Ok(outcome)
}

//! A log in memory, for tests and for stores without a folder.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use telamon_model::{PartitionIndex, Timestamp};

use super::{
    AppendError, Appended, Bounds, Log, Offset, ReadError, ReadReport, Record, SyncError,
    TrimError, Trimmed,
};

/// A [`Log`] that keeps its records in memory and never fails.
#[derive(Debug, Default)]
pub struct MemLog {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    records: Vec<Held>,
    bounds: BTreeMap<PartitionIndex, Bounds>,
    log_time: Option<Timestamp>,
}

#[derive(Clone, Debug)]
struct Held {
    partition: PartitionIndex,
    offset: Offset,
    log_time: Timestamp,
    frame: Arc<[u8]>,
}

impl MemLog {
    /// An empty log.
    pub fn new() -> Self {
        Self::default()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // No method can panic half-way through a change, so a poisoned state is still whole.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn visit_held(
        held: &[Held],
        visit: &mut dyn FnMut(Record<'_>) -> ControlFlow<()>,
    ) -> ReadReport {
        let mut report = ReadReport::default();
        for record in held {
            report.records += 1;
            let flow = visit(Record {
                partition: record.partition,
                offset: record.offset,
                log_time: record.log_time,
                frame: &record.frame,
            });
            if flow.is_break() {
                break;
            }
        }
        report
    }
}

impl Log for MemLog {
    fn append(
        &self,
        now: Timestamp,
        partition: PartitionIndex,
        frame: &[u8],
    ) -> Result<Appended, AppendError> {
        let mut state = self.state();
        let log_time = state.log_time.map_or(now, |last| last.max(now));
        let bounds = state.bounds.entry(partition).or_default();
        let offset = bounds.end;
        bounds.end = offset.next();
        state.log_time = Some(log_time);
        state.records.push(Held {
            partition,
            offset,
            log_time,
            frame: frame.into(),
        });
        Ok(Appended { offset, log_time })
    }

    fn sync(&self) -> Result<(), SyncError> {
        Ok(())
    }

    fn read(
        &self,
        partition: PartitionIndex,
        from: Offset,
        visit: &mut dyn FnMut(Record<'_>) -> ControlFlow<()>,
    ) -> Result<ReadReport, ReadError> {
        let held: Vec<Held> = self
            .state()
            .records
            .iter()
            .filter(|record| record.partition == partition && record.offset >= from)
            .cloned()
            .collect();
        Ok(Self::visit_held(&held, visit))
    }

    fn read_all(
        &self,
        visit: &mut dyn FnMut(Record<'_>) -> ControlFlow<()>,
    ) -> Result<ReadReport, ReadError> {
        let held = self.state().records.clone();
        Ok(Self::visit_held(&held, visit))
    }

    fn bounds(&self, partition: PartitionIndex) -> Bounds {
        self.state()
            .bounds
            .get(&partition)
            .copied()
            .unwrap_or_default()
    }

    fn trim(&self, before: Timestamp) -> Result<Trimmed, TrimError> {
        let mut state = self.state();
        let keep_from = state
            .records
            .partition_point(|record| record.log_time < before);
        let removed: Vec<Held> = state.records.drain(..keep_from).collect();
        let mut trimmed = Trimmed::default();
        for record in removed {
            trimmed.files += 1;
            trimmed.bytes += record.frame.len() as u64;
            if let Some(bounds) = state.bounds.get_mut(&record.partition) {
                bounds.start = record.offset.next();
            }
        }
        Ok(trimmed)
    }

    fn log_time(&self) -> Option<Timestamp> {
        self.state().log_time
    }
}

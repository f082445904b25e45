//! What a `load` stores: a store in memory for evaluations, a server for graphs.
//!
//! A sample is stamped at the end of its step and appended at that time, as a publisher would.

use std::sync::Arc;

use telamon_model::{Batch, PartitionCount, Row, Series, Step, Tags, Timestamp};
use telamon_server::engine::Protocol;
use telamon_store::log::{Log, MemLog};
use telamon_store::{Options, Store};
use telamon_tests::house::{House, Time};

use super::file::DataRow;

/// The start of all data: 2026-01-01T00:00Z, a Thursday. The first value is one step later.
pub(super) const ORIGIN_MS: i64 = 1_767_225_600_000;

/// Series with their step.
#[derive(Clone, Debug)]
pub(super) struct Loaded {
    /// Distance of two values.
    pub(super) step_ms: i64,
    /// What was written; it is a gauge unless it says otherwise.
    pub(super) rows: Vec<DataRow>,
}

impl Loaded {
    /// Steps of the longest series.
    pub(super) fn steps(&self) -> i64 {
        let longest = self.rows.iter().map(|row| row.values.len()).max();
        i64::try_from(longest.unwrap_or(0)).expect("a line of text is short")
    }

    /// The time of a step.
    fn time(&self, index: i64) -> Timestamp {
        Timestamp(ORIGIN_MS + index * self.step_ms)
    }

    /// What is published at a step.
    fn batch(&self, index: i64) -> Batch {
        let mut batch = Batch::default();
        let column = usize::try_from(index - 1).expect("steps count from one");
        for row in &self.rows {
            let Some(&value) = row.values.get(column).filter(|value| !value.is_nan()) else {
                continue;
            };
            let mut tags = row.tags.clone();
            if tags.iter().all(|(key, _)| key != "atlas.dstype") {
                tags.push(("atlas.dstype".to_owned(), "gauge".to_owned()));
            }
            let series_index = u32::try_from(batch.series.len()).expect("a line of text is short");
            batch.series.push(Series::new(Tags::from_pairs(tags)));
            batch.rows.push(Row {
                series_index,
                timestamp: self.time(index),
                value,
            });
        }
        batch
    }

    /// A store of so many partitions that holds it.
    pub(super) fn store(&self, partitions: u16) -> Store {
        let options = Options {
            step: Step::from_millis(self.step_ms).expect("a positive step"),
            partitions: PartitionCount::new(partitions).expect("a power of two"),
            block_slots: 60,
            retention_ms: 86_400_000,
            age_max_ms: 60_000,
        };
        let log = Arc::new(MemLog::new()) as Arc<dyn Log>;
        let (store, _) = Store::open(options, log, &mut |_step| {}).expect("an empty log");
        for index in 1..=self.steps() {
            let stored = store.append(self.time(index), self.batch(index));
            stored.expect("memory takes everything");
        }
        store
    }

    /// A server that holds it; its clock stands at the last value.
    pub(super) fn house(&self) -> House {
        let step_s = self.step_ms / 1000;
        let config = format!("[store]\nstep = \"{step_s}s\"\nfsync = \"never\"\n");
        let now = self.time(self.steps());
        let house = House::open(&config, Time::held(now.0), &[]).expect("a server");
        for index in 1..=self.steps() {
            let batch = self.batch(index);
            let engine = house.running().engine();
            let stored = engine.append(self.time(index), batch, Protocol::History);
            stored.expect("a new folder takes everything");
        }
        house
    }
}

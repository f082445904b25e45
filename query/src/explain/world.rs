//! A small store for tests of explanations: series by their tags, a value of 1 in each of a few slots.

use std::sync::Arc;

use telamon_model::{Batch, PartitionCount, Row, Series, Step, Tags, Timestamp};
use telamon_store::log::{Log, MemLog};
use telamon_store::{Options, Snapshot, Store};

use crate::exec::Limits;

pub(crate) const STEP_MS: i64 = 10_000;

/// Slots with values.
pub(crate) const SLOTS: std::ops::Range<i64> = 100..106;

pub(crate) struct World {
    store: Store,
}

impl World {
    /// Series as `key=value,key=value`, each spread over partitions.
    pub(crate) fn of(series: &[&str]) -> Self {
        let options = Options {
            step: Step::from_millis(STEP_MS).unwrap(),
            partitions: PartitionCount::new(3).unwrap(),
            block_slots: 20,
            retention_ms: 3_600_000,
            age_max_ms: 60_000,
        };
        let log = Arc::new(MemLog::new()) as Arc<dyn Log>;
        let (store, _) = Store::open(options, log, &mut |_step| {}).unwrap();
        let mut all: Vec<Series> = series.iter().map(|text| Series::new(tags(text))).collect();
        all.sort_by_key(Series::id);
        all.dedup();
        for slot in SLOTS {
            let timestamp = Timestamp(slot * STEP_MS);
            let mut batch = Batch::default();
            for (series_index, series) in (0_u32..).zip(&all) {
                batch.series.push(series.clone());
                batch.rows.push(Row {
                    series_index,
                    timestamp,
                    value: 1.0,
                });
            }
            store.append(timestamp, batch).unwrap();
        }
        Self { store }
    }

    pub(crate) fn snapshot(&self) -> Snapshot {
        self.store.snapshot()
    }

    /// The tags of every series.
    pub(crate) fn tags(&self) -> Vec<Tags> {
        let snapshot = self.snapshot();
        let views = snapshot.shards().iter();
        views
            .flat_map(|view| {
                let ordinals = view.all();
                let tags = ordinals
                    .iter()
                    .map(|ordinal| view.series(ordinal).tags().clone());
                tags.collect::<Vec<_>>()
            })
            .collect()
    }
}

fn tags(text: &str) -> Tags {
    let pairs = text.split(',').filter_map(|pair| pair.split_once('='));
    Tags::from_pairs(pairs)
}

pub(crate) fn limits() -> Limits {
    Limits {
        lines_max: 1024,
        datapoints_max: 500_000,
        input_points_max: 1 << 40,
        answer_points_max: 1 << 40,
        groups_max: 1_000_000,
        work_points_max: 50_000_000,
        data_exprs_max: 1_000,
        parallel_points_min: 1 << 20,
        cancel: None,
    }
}

//! A small store for tests: series with known tags, values at known slots.

use std::collections::BTreeMap;
use std::sync::Arc;

use proptest::prelude::*;
use telamon_model::{Batch, PartitionCount, Row, Series, SlotRange, Step, Tags, Timestamp};
use telamon_store::log::{Log, MemLog};
use telamon_store::{Options, Store};

use super::{EvalContext, Limits};

pub(super) const STEP_MS: i64 = 10_000;

/// A value of a series.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sample {
    pub(super) series: u32,
    pub(super) slot: i64,
    pub(super) value: f64,
}

pub(super) struct World {
    pub(super) store: Store,
}

/// Values of every series by slot, as the store keeps them.
pub(super) type Stored = Vec<(Series, BTreeMap<i64, f64>)>;

impl World {
    /// Every third series is a gauge, the others are sums, which count as rates; both keep a value
    /// sent at the end of a slot as it is.
    pub(super) fn new(partitions: u16, samples: &[Sample]) -> Self {
        let options = Options {
            step: Step::from_millis(STEP_MS).unwrap(),
            partitions: PartitionCount::new(partitions).unwrap(),
            block_slots: 20,
            retention_ms: 3_600_000,
            age_max_ms: 60_000,
        };
        let log = Arc::new(MemLog::new()) as Arc<dyn Log>;
        let (store, _) = Store::open(options, log, &mut |_step| {}).unwrap();
        let mut by_slot: BTreeMap<i64, BTreeMap<u32, f64>> = BTreeMap::new();
        for sample in samples {
            by_slot
                .entry(sample.slot)
                .or_default()
                .insert(sample.series, sample.value);
        }
        for (slot, values) in by_slot {
            let timestamp = Timestamp(slot * STEP_MS);
            let mut batch = Batch::default();
            for (index, (series, value)) in values.into_iter().enumerate() {
                batch.series.push(series_of(series));
                let series_index = u32::try_from(index).unwrap();
                batch.rows.push(Row {
                    series_index,
                    timestamp,
                    value,
                });
            }
            store.append(timestamp, batch).unwrap();
        }
        Self { store }
    }

    pub(super) fn stored(&self) -> Stored {
        let snapshot = self.store.snapshot();
        let slots = snapshot.slots_held();
        let mut stored = Vec::new();
        for shard in snapshot.shards() {
            for ordinal in shard.all() {
                let mut row = vec![0.0; slots.len()];
                shard.read_rows(&[ordinal], slots, &mut row);
                stored.push((shard.series(ordinal).clone(), present(slots, &row)));
            }
        }
        stored
    }
}

fn present(slots: SlotRange, row: &[f64]) -> BTreeMap<i64, f64> {
    (slots.start.0..)
        .zip(row.iter().copied())
        .filter(|(_, value)| !value.is_nan())
        .collect()
}

fn series_of(index: u32) -> Series {
    let mut tags = vec![
        (
            "name",
            if index.is_multiple_of(4) {
                "disk"
            } else {
                "cpu"
            }
            .to_owned(),
        ),
        ("nf.node", format!("i-{index}")),
        (
            "atlas.dstype",
            if index.is_multiple_of(3) {
                "gauge"
            } else {
                "sum"
            }
            .to_owned(),
        ),
    ];
    if !index.is_multiple_of(5) {
        tags.push(("app", format!("a{}", index % 2)));
    }
    Series::new(Tags::from_pairs(tags))
}

/// Values of a dozen series in slots 90..125.
pub(super) fn samples() -> impl Strategy<Value = Vec<Sample>> {
    let value = prop_oneof![
        4 => -1e3..1e6,
        2 => (0_i32..1000).prop_map(|n| f64::from(n) / 60.0),
        1 => prop::sample::select(vec![0.0, 1e300, -1e300, 1e-300, f64::INFINITY, f64::NEG_INFINITY]),
    ];
    let sample = (0_u32..12, 90_i64..125, value);
    let samples = sample.prop_map(|(series, slot, value)| Sample {
        series,
        slot,
        value,
    });
    prop::collection::vec(samples, 0..120)
}

/// `points` points of `multiple` slots each; the first one ends at slot `start` or soon after.
pub(super) fn context(start: i64, points: i64, multiple: i64) -> EvalContext {
    let step_ms = STEP_MS * multiple;
    let first = (start + multiple - 1).div_euclid(multiple) * step_ms;
    EvalContext::new(
        Timestamp(first),
        Timestamp(first + points * step_ms),
        step_ms,
    )
    .unwrap()
}

pub(super) fn limits() -> Limits {
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

//! The store over a log in memory: 100,000 series of the base workload in records of 10,000.
//!
//! * `append_known`: frame, log, normalise, write and publish one step of known series.
//! * `append_new`: the same for the first step, when every series is new.
//! * `apply_frames`: opening a store from the log of six steps, which is decoding and applying.
//! * `read_hour`: a plain sum over 100,000 x 360 values, 64 rows at a time, on one or two threads.
//! * `select`: a query of three terms.
//!
//! Run with `cargo bench -p telamon-benches --bench store`.

#![expect(
    clippy::print_stdout,
    reason = "the size of sealed values is a figure of this benchmark"
)]

use std::hint::black_box;
use std::sync::{Arc, OnceLock};

use divan::Bencher;
use divan::counter::ItemsCount;
use telamon_benches::{Corpus, add_plain, value};
use telamon_model::{Batch, PartitionCount, Predicate, Row, Series, Slot, SlotRange, Step};
use telamon_store::log::{Log, MemLog};
use telamon_store::{Options, ShardView, Snapshot, Store};

const SERIES: u64 = 100_000;
const RECORD: usize = 10_000;
const START_SECONDS: i64 = 1_800_000_000;

fn main() {
    divan::main();
}

fn corpus() -> Corpus {
    Corpus::base(START_SECONDS)
}

fn open(log: Arc<dyn Log>) -> Store {
    let options = Options {
        step: Step::from_millis(10_000).expect("positive"),
        partitions: PartitionCount::new(4).expect("positive"),
        block_slots: 360,
        retention_ms: 86_400_000,
        age_max_ms: 60_000,
    };
    let (store, _) = Store::open(options, log, &mut |_| {}).expect("a log in memory is readable");
    store
}

/// The records of a step, over series that are made once.
fn records(k: u64) -> Vec<Batch> {
    static ALL: OnceLock<Vec<Series>> = OnceLock::new();
    let all = ALL.get_or_init(|| corpus().shared_series(0..SERIES));
    let starts = (0..).step_by(RECORD);
    all.chunks(RECORD)
        .zip(starts)
        .map(|(series, start)| Batch {
            series: series.to_vec(),
            rows: rows(start, k),
        })
        .collect()
}

/// The rows of one record: series `start` and those after it.
fn rows(start: u64, k: u64) -> Vec<Row> {
    (0..)
        .zip(start..)
        .take(RECORD)
        .filter_map(|(series_index, i)| {
            Some(Row {
                series_index,
                timestamp: corpus().timestamp(k),
                value: value(i, k)?,
            })
        })
        .collect()
}

fn append(store: &Store, k: u64, records: Vec<Batch>) {
    for batch in records {
        store
            .append(corpus().timestamp(k), batch)
            .expect("a log in memory takes everything");
    }
}

#[divan::bench(sample_count = 20, sample_size = 1)]
fn append_known(bencher: Bencher<'_, '_>) {
    let store = open(Arc::new(MemLog::new()));
    append(&store, 0, records(0));
    let mut k = 0;
    bencher
        .counter(ItemsCount::new(SERIES))
        .with_inputs(|| {
            k += 1;
            (k, records(k))
        })
        .bench_local_values(|(k, records)| append(&store, k, records));
}

#[divan::bench(sample_count = 3, sample_size = 1)]
fn append_new(bencher: Bencher<'_, '_>) {
    bencher
        .counter(ItemsCount::new(SERIES))
        .with_inputs(|| (open(Arc::new(MemLog::new())), records(0)))
        .bench_local_values(|(store, records)| {
            append(&store, 0, records);
            store
        });
}

#[divan::bench(sample_count = 3, sample_size = 1)]
fn apply_frames(bencher: Bencher<'_, '_>) {
    let log = Arc::new(MemLog::new());
    let store = open(Arc::clone(&log) as Arc<dyn Log>);
    for k in 0..6 {
        append(&store, k, records(k));
    }
    bencher
        .counter(ItemsCount::new(6 * SERIES))
        .bench_local(|| open(Arc::clone(&log) as Arc<dyn Log>));
}

/// A store with an hour of every series, made once.
fn hour() -> &'static Snapshot {
    static HOUR: OnceLock<Snapshot> = OnceLock::new();
    HOUR.get_or_init(|| {
        let store = open(Arc::new(MemLog::new()));
        for k in 0..360 {
            append(&store, k, records(k));
        }
        let bytes = store.sealed_bytes();
        println!("sealed: {bytes} bytes");
        store.snapshot()
    })
}

fn sum(shard: &ShardView, ordinals: &[u32], slots: SlotRange, sums: &mut [f64]) {
    let mut rows = vec![0.0; 64 * slots.len()];
    for some in ordinals.chunks(64) {
        let rows = &mut rows[..some.len() * slots.len()];
        shard.read_rows(some, slots, rows);
        for row in rows.chunks_exact(slots.len()) {
            add_plain(sums, row);
        }
    }
}

fn sum_all(shards: &[(&ShardView, Vec<u32>)], slots: SlotRange) {
    let mut sums = vec![0.0; slots.len()];
    for (shard, ordinals) in shards {
        sum(shard, ordinals, slots, &mut sums);
    }
    black_box(&sums);
}

#[divan::bench(args = [1, 2], sample_count = 10, sample_size = 1)]
fn read_hour(bencher: Bencher<'_, '_>, threads: usize) {
    let snapshot = hour();
    let start = Slot(START_SECONDS / 10);
    let slots = SlotRange {
        start,
        end: start.plus(360),
    };
    let work: Vec<(&ShardView, Vec<u32>)> = snapshot
        .shards()
        .iter()
        .map(|shard| (&**shard, shard.all().iter().collect()))
        .collect();
    bencher
        .counter(ItemsCount::new(SERIES * 360))
        .bench_local(|| {
            std::thread::scope(|scope| {
                for some in work.chunks(work.len() / threads) {
                    scope.spawn(move || sum_all(some, slots));
                }
            });
        });
}

#[divan::bench]
fn select(bencher: Bencher<'_, '_>) {
    let snapshot = hour();
    let predicate = Predicate::Equal("name".into(), "cpu.usage".into())
        .and(Predicate::Equal("nf.cluster".into(), "svc002-main".into()))
        .and(Predicate::Equal("status".into(), "success".into()).negate());
    bencher.bench_local(|| {
        let shards = snapshot.shards().iter();
        shards
            .map(|shard| {
                shard
                    .select(&predicate)
                    .map_or(0, |selected| selected.len())
            })
            .sum::<u64>()
    });
}

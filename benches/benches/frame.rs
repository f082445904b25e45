//! Frames: bytes and time a sample, encoding and decoding, beside what the sample costs raw.
//!
//! What: frames of the workload's base shape (thirteen tags) in four cuts. Bytes a sample are printed
//! first; the entropy of the values alone is 0.59 bytes a sample. Strings are shared between series,
//! as admission shares them. How: `cargo bench -p telamon-benches --bench frame`.

#![expect(
    clippy::print_stdout,
    reason = "bytes a sample are a figure of this benchmark"
)]

use std::sync::LazyLock;

use divan::Bencher;
use divan::counter::ItemsCount;
use telamon_benches::{Corpus, value};
use telamon_model::{Batch, Row, Series};
use telamon_store::frame::{self, SeriesCache};

const START_SECONDS: i64 = 1_800_000_000;
const SERIES: u64 = 10_000;

/// Series and steps of one frame.
const CUTS: [(u64, u64); 4] = [(100, 1), (1000, 1), (10_000, 1), (100, 360)];

fn main() {
    for (series, steps) in CUTS {
        let batch = batch(series, steps);
        let bytes = frame::encode(&batch).len();
        let samples = batch.rows.len();
        let tenths = bytes * 100 / samples;
        println!(
            "{series} series x {steps} steps: {}.{:02} bytes/sample",
            tenths / 100,
            tenths % 100
        );
    }
    divan::main();
}

static ALL: LazyLock<Vec<Series>> =
    LazyLock::new(|| Corpus::base(START_SECONDS).shared_series(0..SERIES));

fn batch(series: u64, steps: u64) -> Batch {
    let corpus = Corpus::base(START_SECONDS);
    let count = usize::try_from(series).expect("small");
    let mut rows = Vec::new();
    for k in 0..steps {
        for (series_index, i) in (0..).zip(0..series) {
            if let Some(value) = value(i, k) {
                rows.push(Row {
                    series_index,
                    timestamp: corpus.timestamp(k),
                    value,
                });
            }
        }
    }
    Batch {
        series: ALL[..count].to_vec(),
        rows,
    }
}

#[divan::bench(args = CUTS)]
fn encode(bencher: Bencher<'_, '_>, (series, steps): (u64, u64)) {
    let batch = batch(series, steps);
    bencher
        .counter(ItemsCount::new(batch.rows.len()))
        .bench(|| frame::encode(&batch));
}

#[divan::bench(args = CUTS)]
fn decode_known_series(bencher: Bencher<'_, '_>, (series, steps): (u64, u64)) {
    let batch = batch(series, steps);
    let bytes = frame::encode(&batch);
    let mut cache = SeriesCache::new(1 << 20);
    bencher
        .counter(ItemsCount::new(batch.rows.len()))
        .bench_local(|| frame::decode_with(&bytes, &mut cache).expect("a frame we wrote"));
}

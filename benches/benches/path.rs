//! The way of a datapoint through several rooms, and back after a restart.
//!
//! What: a publish body from its bytes to the next snapshot (decode, admit, frame, log to a file,
//! normalise, write, publish the view), and opening a store of 100,000 series from its log. On what:
//! the workload's publisher shape (10,000 metrics of one node a body, eight common tags) and its base
//! shape (thirteen tags on every metric). How: `cargo bench -p telamon-benches --bench path`.

use std::path::Path;
use std::sync::Arc;

use divan::Bencher;
use divan::counter::ItemsCount;
use telamon_benches::Corpus;
use telamon_ingest::admit::Admission;
use telamon_ingest::rules::Rules;
use telamon_ingest::series_cache::{CacheLimits, SeriesCache};
use telamon_model::{PartitionCount, Step};
use telamon_store::files::RealFiles;
use telamon_store::log::{FileLog, FileLogOptions, Log};
use telamon_store::{Options, Store};
use tempfile::TempDir;

const BODY_SERIES: u64 = 10_000;
const START_SECONDS: i64 = 1_800_000_000;
const AGE_MAX_MS: i64 = 60_000;
const RESTART_SERIES: u64 = 100_000;
const RESTART_STEPS: u64 = 36;

fn main() {
    divan::main();
}

fn options() -> Options {
    Options {
        step: Step::from_millis(10_000).expect("positive"),
        partitions: PartitionCount::new(4).expect("positive"),
        block_slots: 360,
        retention_ms: 86_400_000,
        age_max_ms: AGE_MAX_MS,
    }
}

fn open(folder: &Path) -> Store {
    let files = RealFiles::open(folder).expect("the temporary folder is ours");
    let (log, _) = FileLog::open(Arc::new(files), FileLogOptions::STANDARD).expect("the log opens");
    let log: Arc<dyn Log> = Arc::new(log);
    let (store, recovery) = Store::open(options(), log, &mut |_| {}).expect("the store opens");
    assert!(
        recovery.quarantined.is_empty() && recovery.damages.is_empty(),
        "a sound log"
    );
    store
}

/// A server's write side: cache, admission, store over a log in a folder.
struct WriteSide {
    cache: SeriesCache,
    store: Store,
    _folder: TempDir,
}

impl WriteSide {
    fn new() -> Self {
        let folder = TempDir::new().expect("a temporary folder");
        let limits = CacheLimits {
            series_max: 1 << 20,
            span_bytes_max: 256 << 20,
        };
        Self {
            cache: SeriesCache::new(Rules::ATLAS, limits),
            store: open(folder.path()),
            _folder: folder,
        }
    }

    fn publish(&mut self, corpus: &Corpus, k: u64, body: &str) {
        let now = corpus.timestamp(k);
        let admitted = Admission {
            age_max_ms: AGE_MAX_MS,
        }
        .admit_json(body.as_bytes(), now, &mut self.cache, &mut |_| Ok(()))
        .expect("a valid body");
        assert!(admitted.rejected.is_empty(), "a valid body has no refusals");
        self.store
            .append(now, admitted.batch)
            .expect("the disk has room");
    }
}

fn json_to_visible(bencher: Bencher<'_, '_>, corpus: &Corpus, body: impl Fn(u64) -> String) {
    let mut path = WriteSide::new();
    for k in 0..3 {
        path.publish(corpus, k, &body(k));
    }
    let mut k = 3;
    let mut bodies = move || {
        k += 1;
        (k, body(k))
    };
    bencher
        .counter(ItemsCount::new(BODY_SERIES))
        .with_inputs(&mut bodies)
        .bench_local_values(|(k, body)| path.publish(corpus, k, &body));
}

#[divan::bench(sample_count = 50, sample_size = 1)]
fn json_to_visible_publisher(bencher: Bencher<'_, '_>) {
    let corpus = Corpus::publisher(START_SECONDS);
    json_to_visible(bencher, &corpus, |k| {
        corpus.publisher_body(0..BODY_SERIES, k)
    });
}

#[divan::bench(sample_count = 50, sample_size = 1)]
fn json_to_visible_thirteen_tags(bencher: Bencher<'_, '_>) {
    let corpus = Corpus::base(START_SECONDS);
    json_to_visible(bencher, &corpus, |k| corpus.wide_body(0..BODY_SERIES, k));
}

#[divan::bench(sample_count = 5, sample_size = 1)]
fn restart(bencher: Bencher<'_, '_>) {
    let folder = TempDir::new().expect("a temporary folder");
    let corpus = Corpus::base(START_SECONDS);
    let store = open(folder.path());
    let mut samples = 0_u64;
    for k in 0..RESTART_STEPS {
        for start in (0..RESTART_SERIES).step_by(10_000) {
            let batch = corpus.batch(start..start + 10_000, k);
            samples += batch.rows.len() as u64;
            store
                .append(corpus.timestamp(k), batch)
                .expect("the disk has room");
        }
    }
    drop(store);
    bencher
        .counter(ItemsCount::new(samples))
        .bench_local(|| open(folder.path()));
}

//! From bytes to an admitted batch: publish bodies of 10,000 series of the seeded workload, and agent
//! lines.
//!
//! *Steady* bodies name series that the cache has seen, as those of a running publisher do; *first*
//! ones meet an empty cache. Items are samples and lines. Run with
//! `cargo bench -p telamon-benches --bench ingest`.

use std::hint::black_box;

use divan::Bencher;
use divan::counter::{BytesCount, ItemsCount};
use telamon_benches::Corpus;
use telamon_ingest::aggregate::METER_TTL_MS;
use telamon_ingest::series_cache::CacheLimits;
use telamon_ingest::{
    Admission, AggregatorLimits, AggregatorOptions, Rules, SeriesCache, StepAggregator,
};
use telamon_model::{Step, Tags, Timestamp};

const START_SECONDS: i64 = 1_699_999_200;
const SERIES: u64 = 10_000;
const ADMISSION: Admission = Admission { age_max_ms: 60_000 };

fn main() {
    divan::main();
}

/// The tags of the node once on top of the body, five on each metric.
#[divan::bench(sample_count = 50)]
fn publisher_steady(bencher: Bencher<'_, '_>) {
    let corpus = Corpus::publisher(START_SECONDS);
    steady(bencher, &corpus, Corpus::publisher_body);
}

/// All thirteen tags on each metric.
#[divan::bench(sample_count = 50)]
fn wide_steady(bencher: Bencher<'_, '_>) {
    let corpus = Corpus::base(START_SECONDS);
    steady(bencher, &corpus, Corpus::wide_body);
}

#[divan::bench(sample_count = 20)]
fn publisher_first(bencher: Bencher<'_, '_>) {
    let corpus = Corpus::publisher(START_SECONDS);
    first(bencher, &corpus, &corpus.publisher_body(0..SERIES, 0));
}

#[divan::bench(sample_count = 20)]
fn wide_first(bencher: Bencher<'_, '_>) {
    let corpus = Corpus::base(START_SECONDS);
    first(bencher, &corpus, &corpus.wide_body(0..SERIES, 0));
}

/// Packets of 30 lines, a fifth of each type, into 10,000 meters of five tags.
#[divan::bench(sample_count = 50)]
fn lines(bencher: Bencher<'_, '_>) {
    let all: Vec<String> = (0..SERIES)
        .map(|i| {
            let kind = ["c", "t", "d", "g", "m"][usize::try_from(i % 5).expect("below five")];
            format!(
                "{kind}:ipc.client.call,id=op-{i:04},status=success,nf.app=svc,nf.node=i-1:0.{i}"
            )
        })
        .collect();
    let packets: Vec<String> = all.chunks(30).map(|lines| lines.join("\n")).collect();
    let mut aggregator = StepAggregator::new(AggregatorOptions {
        step: Step::from_millis(10_000).expect("positive"),
        common_tags: Tags::empty(),
        meter_ttl_ms: METER_TTL_MS,
        limits: AggregatorLimits::STANDARD,
    });
    let now = Timestamp(START_SECONDS * 1000);
    let bytes: usize = packets.iter().map(String::len).sum();
    bencher
        .counter(ItemsCount::new(SERIES))
        .counter(BytesCount::new(bytes))
        .bench_local(|| {
            for packet in &packets {
                black_box(aggregator.packet(packet.as_bytes(), now));
            }
        });
}

/// The end of a step with 10,000 meters, 22,000 series, all updated.
#[divan::bench(sample_count = 20)]
fn step_end(bencher: Bencher<'_, '_>) {
    let packets: Vec<String> = (0..SERIES)
        .map(|i| {
            format!(
                "{}:ipc.client.call,id=op-{i:04}:1",
                ["c", "t", "d", "g", "m"][usize::try_from(i % 5).expect("below five")]
            )
        })
        .collect();
    let packet = packets.join("\n");
    let mut now = START_SECONDS * 1000;
    let mut aggregator = StepAggregator::new(AggregatorOptions {
        step: Step::from_millis(10_000).expect("positive"),
        common_tags: Tags::empty(),
        meter_ttl_ms: METER_TTL_MS,
        limits: AggregatorLimits::STANDARD,
    });
    aggregator.packet(packet.as_bytes(), Timestamp(now));
    bencher
        .counter(ItemsCount::new(SERIES * 11 / 5))
        .bench_local(|| {
            now += 10_000;
            let said = aggregator.advance(Timestamp(now));
            aggregator.packet(packet.as_bytes(), Timestamp(now));
            said
        });
}

fn steady(
    bencher: Bencher<'_, '_>,
    corpus: &Corpus,
    body: fn(&Corpus, std::ops::Range<u64>, u64) -> String,
) {
    const STEPS: u64 = 8;
    let bodies: Vec<(String, Timestamp)> = (0..STEPS)
        .map(|k| (body(corpus, 0..SERIES, k), corpus.timestamp(k)))
        .collect();
    let mut cache = cache();
    let mut admit = |(body, now): &(String, Timestamp)| {
        ADMISSION
            .admit_json(body.as_bytes(), *now, &mut cache, &mut |_| Ok(()))
            .expect("the workload is well-formed")
    };
    let samples: usize = bodies.iter().map(|body| admit(body).batch.rows.len()).sum();
    let bytes: usize = bodies.iter().map(|(body, _)| body.len()).sum();
    bencher
        .counter(ItemsCount::new(samples))
        .counter(BytesCount::new(bytes))
        .bench_local(|| {
            for body in &bodies {
                black_box(admit(body));
            }
        });
}

fn first(bencher: Bencher<'_, '_>, corpus: &Corpus, body: &str) {
    let now = corpus.timestamp(0);
    let samples = body.matches("timestamp").count();
    bencher
        .counter(ItemsCount::new(samples))
        .counter(BytesCount::new(body.len()))
        .bench_local(|| {
            let mut cache = cache();
            ADMISSION
                .admit_json(body.as_bytes(), now, &mut cache, &mut |_| Ok(()))
                .expect("the workload is well-formed")
        });
}

fn cache() -> SeriesCache {
    SeriesCache::new(
        Rules::ATLAS,
        CacheLimits {
            series_max: 1_000_000,
            span_bytes_max: 512 << 20,
        },
    )
}

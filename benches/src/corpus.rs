//! Seeded data of the benchmark workload: series, samples and bodies, the same bits everywhere.
//!
//! Takes the size of a workload and gives the tags of series `i`, its value at step `k`, batches and
//! publish bodies. There is no random number generator but one integer hash, so that anyone can
//! write the same data in any language and compare systems by it. A step is 10 s; one hour is
//! `k = 0..360`.
//!
//! The values come in five kinds, in thousandths: integer rates (30 % of the series), nearly
//! constant gauges (20 %), noisy gauges (20 %), integer rates with gaps (10 %), and mostly zeros
//! (20 %). The *spectator* values are what agents make of counters and timers: amounts divided by
//! 60 s, with all the digits that gives.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::ops::Range;
use std::sync::Arc;

use telamon_model::{Batch, Row, Series, Tags, Timestamp};

/// Milliseconds of a step.
pub const STEP_MS: i64 = 10_000;

/// Keys of every series, in the order in which bodies write them.
pub const KEYS: [&str; 13] = [
    "name",
    "nf.app",
    "nf.cluster",
    "nf.asg",
    "nf.node",
    "nf.zone",
    "nf.region",
    "nf.stack",
    "nf.account",
    "statistic",
    "id",
    "status",
    "atlas.dstype",
];

/// Indexes into [`KEYS`] of the tags that all series of a node share.
const NODE_KEYS: Range<usize> = 1..9;

/// One workload.
#[derive(Clone, Copy, Debug)]
pub struct Corpus {
    /// Series in a row that belong to one node: 100 in the base workload, 10,000 where one body
    /// comes from one publisher, 1 for as many nodes as series.
    pub series_per_node: u64,
    /// Time of step 0, a full hour, in seconds since the epoch.
    pub start_seconds: i64,
    /// Whether a tenth of the nodes gets a new identity every ten minutes.
    pub has_churn: bool,
}

impl Corpus {
    /// The base workload: 100 series a node, no churn.
    pub fn base(start_seconds: i64) -> Self {
        Self {
            series_per_node: 100,
            start_seconds,
            has_churn: false,
        }
    }

    /// The publisher variant: the 10,000 series of a body belong to one node.
    pub fn publisher(start_seconds: i64) -> Self {
        Self {
            series_per_node: 10_000,
            ..Self::base(start_seconds)
        }
    }

    /// Time of step `k`.
    pub fn timestamp(&self, k: u64) -> Timestamp {
        let k = i64::try_from(k).expect("steps are few");
        Timestamp(self.start_seconds * 1000 + k * STEP_MS)
    }

    /// Values of [`KEYS`] for series `i`, as they are at step `k`.
    pub fn tag_values(&self, i: u64, k: u64) -> [String; 13] {
        let node = i / self.series_per_node;
        let slot = i % self.series_per_node;
        let cluster = node / 100;
        let variant = slot % 10;
        let stack = if cluster.is_multiple_of(2) {
            "main"
        } else {
            "canary"
        };
        let region = pick(
            &["us-east-1", "us-west-2", "eu-west-1", "us-east-2"],
            cluster,
        );
        let app = format!("svc{:03}", cluster / 2);
        let cluster_name = format!("{app}-{stack}");
        let identity = mix(node.wrapping_add(self.generation(node, k) << 32));
        let is_gauge = (3..=6).contains(&kind(i));
        [
            pick(&NAMES, slot / 10).to_owned(),
            app,
            cluster_name.clone(),
            format!("{cluster_name}-v{:03}", 7 + (node % 100) / 50),
            format!("i-0{identity:016x}"),
            format!("{region}{}", pick(&["a", "b", "c"], node)),
            region.to_owned(),
            stack.to_owned(),
            pick(&["prod", "test", "mgmt"], cluster).to_owned(),
            pick(
                &["count", "totalTime", "totalOfSquares", "max", "gauge"],
                variant,
            )
            .to_owned(),
            format!("op-{slot:04}"),
            if variant < 5 { "success" } else { "failure" }.to_owned(),
            if is_gauge { "gauge" } else { "rate" }.to_owned(),
        ]
    }

    /// Series `i` as it is at step `k`.
    pub fn series(&self, i: u64, k: u64) -> Series {
        Series::new(Tags::from_pairs(
            KEYS.into_iter().zip(self.tag_values(i, k)),
        ))
    }

    /// Some series as they are at step 0, with every string once, as the cache of admission shares
    /// them.
    pub fn shared_series(&self, series: Range<u64>) -> Vec<Series> {
        let mut strings: BTreeSet<Arc<str>> = BTreeSet::new();
        let mut shared = |text: &Arc<str>| match strings.get(text) {
            Some(known) => Arc::clone(known),
            None => {
                strings.insert(Arc::clone(text));
                Arc::clone(text)
            }
        };
        let mut share = |series: &Series| {
            let pairs = series.tags().iter();
            let pairs: Vec<_> = pairs
                .map(|(key, value)| (shared(key), shared(value)))
                .collect();
            Series::new(Tags::from_pairs(pairs))
        };
        series.map(|i| share(&self.series(i, 0))).collect()
    }

    /// The samples of some series at step `k`, as admission would give them.
    pub fn batch(&self, series: Range<u64>, k: u64) -> Batch {
        let mut batch = Batch::default();
        for i in series {
            let Some(value) = value(i, k) else { continue };
            let series_index = u32::try_from(batch.series.len()).expect("a batch is small");
            batch.series.push(self.series(i, k));
            batch.rows.push(Row {
                series_index,
                timestamp: self.timestamp(k),
                value,
            });
        }
        batch
    }

    /// A publish body with every tag on every metric: about 345 bytes a sample.
    pub fn wide_body(&self, series: Range<u64>, k: u64) -> String {
        self.body(series, k, 0..0)
    }

    /// A publish body as a publisher writes it, the tags of its node once on top: about 152 bytes a
    /// sample. The series must belong to one node.
    pub fn publisher_body(&self, series: Range<u64>, k: u64) -> String {
        self.body(series, k, NODE_KEYS)
    }

    fn body(&self, series: Range<u64>, k: u64, shared: Range<usize>) -> String {
        let mut body = String::from("{\"tags\":");
        write_tags(&mut body, &self.tag_values(series.start, k), shared.clone());
        body.push_str(",\"metrics\":[");
        let mut separator = "";
        for i in series {
            let Some(value) = value(i, k) else { continue };
            let own = (0..KEYS.len()).filter(|index| !shared.contains(index));
            body.push_str(separator);
            body.push_str("{\"tags\":");
            write_tags(&mut body, &self.tag_values(i, k), own);
            write!(
                body,
                ",\"timestamp\":{},\"value\":{value}}}",
                self.timestamp(k)
            )
            .expect("a String takes any text");
            separator = ",";
        }
        body.push_str("]}");
        body
    }

    /// How often node `node` has changed its identity by step `k`.
    fn generation(&self, node: u64, k: u64) -> u64 {
        if !self.has_churn {
            return 0;
        }
        let changes = (1..=k / 60).filter(|epoch| (node + epoch).is_multiple_of(10));
        u64::try_from(changes.count()).expect("a count fits")
    }
}

/// The hash that everything is made of (splitmix64).
pub fn mix(x: u64) -> u64 {
    let z = x.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// The value of series `i` at step `k` in thousandths; `None` where nothing is sent.
pub fn milli(i: u64, k: u64) -> Option<u64> {
    let seed = mix(i);
    let b = seed >> 8;
    let r = noise(seed, k);
    Some(match kind(i) {
        0..=2 => (b % 1000 + r % 21) * 1000,
        3 | 4 => (b % 4096 + if b >> 40 & 1 == 1 { k / 120 } else { 0 }) * 1000,
        5 | 6 => b % 100_000 + r % 10_000,
        7 if is_gap(seed, k) => return None,
        7 => (b % 500 + r % 50) * 1000,
        _ => mostly_zero(r) * 100,
    })
}

/// The value of series `i` at step `k`; `None` where nothing is sent.
pub fn value(i: u64, k: u64) -> Option<f64> {
    milli(i, k).map(|milli| double(milli) / 1000.0)
}

/// The value of series `i` at step `k` in the *spectator* variant; `None` where nothing is sent.
pub fn spectator_value(i: u64, k: u64) -> Option<f64> {
    let seed = mix(i);
    let b = seed >> 8;
    let r = noise(seed, k);
    let n = b % 1000 + r % 21;
    let seconds = double(b % 1_000_000_000 + r % 100_000_000) / 1e9;
    Some(match kind(i) {
        0..=2 => double(n) / 60.0,
        3 | 4 => seconds / 60.0,
        5 => (seconds * seconds) / 60.0,
        6 => {
            let phase = b % 10_000;
            double(n * phase + (n + r % 3) * (10_000 - phase)) / 10_000.0 / 60.0
        }
        7 if is_gap(seed, k) => return None,
        7 => double(n) / 60.0,
        _ => double(mostly_zero(r)) / 60.0,
    })
}

/// Adds the values of a row to plain sums: the order-dependent sum that exact ones are compared with.
pub fn add_plain(sums: &mut [f64], row: &[f64]) {
    for (sum, value) in sums.iter_mut().zip(row) {
        *sum += if value.is_nan() { 0.0 } else { *value };
    }
}

/// The kind of series `i`, `0..10`.
pub fn kind(i: u64) -> u64 {
    mix(i) % 10
}

fn noise(seed: u64, k: u64) -> u64 {
    mix(seed.wrapping_add(k).wrapping_add(1))
}

fn is_gap(seed: u64, k: u64) -> bool {
    mix(seed.wrapping_add(1_000_000).wrapping_add(k / 6)).is_multiple_of(5)
}

fn mostly_zero(r: u64) -> u64 {
    if r.is_multiple_of(10) {
        (r >> 8) % 30 + 1
    } else {
        0
    }
}

#[expect(clippy::cast_precision_loss, reason = "the workload stays below 2^53")]
fn double(value: u64) -> f64 {
    value as f64
}

fn pick<'a>(list: &[&'a str], index: u64) -> &'a str {
    let index = usize::try_from(index).expect("64-bit machines only");
    list[index % list.len()]
}

fn write_tags(body: &mut String, values: &[String; 13], which: impl Iterator<Item = usize>) {
    let mut separator = '{';
    let empty_before = body.len();
    for index in which {
        write!(body, "{separator}\"{}\":\"{}\"", KEYS[index], values[index])
            .expect("a String takes any text");
        separator = ',';
    }
    if body.len() == empty_before {
        body.push('{');
    }
    body.push('}');
}

const NAMES: [&str; 10] = [
    "server.requestCount",
    "ipc.client.call",
    "jvm.gc.pause",
    "cpu.usage",
    "http.req.latency",
    "cache.hitRate",
    "db.pool.active",
    "queue.depth",
    "disk.io.bytes",
    "net.tcp.retransmits",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_check_lines_of_the_workload() {
        assert_eq!(mix(0), 0xe220_a839_7b1d_cdaf);
        let first: Vec<_> = (0..6).map(|k| milli(0, k).unwrap()).collect();
        assert_eq!(first, [75180, 80825, 73895, 74483, 73524, 79408]);
        let gaps: Vec<_> = (0..8).map(|k| milli(7, k)).collect();
        let present = [344_000, 374_000, 369_000, 340_000, 368_000, 370_000].map(Some);
        assert_eq!(gaps, [&present[..], &[None, None]].concat());
        assert_eq!(
            Corpus::base(0).tag_values(0, 0).join(","),
            "server.requestCount,svc000,svc000-main,svc000-main-v007,i-0e220a8397b1dcdaf,\
             us-east-1a,us-east-1,main,prod,count,op-0000,success,gauge"
        );
    }

    #[test]
    fn the_sums_of_the_workload() {
        for (k, samples, sum) in [(0, 97_967, 58_982_334_714), (359, 98_005, 59_000_508_175)] {
            let present: Vec<u64> = (0..100_000).filter_map(|i| milli(i, k)).collect();
            assert_eq!((present.len(), present.iter().sum::<u64>()), (samples, sum));
        }
    }

    #[test]
    fn churn_renames_a_tenth_of_the_nodes() {
        let corpus = Corpus {
            has_churn: true,
            ..Corpus::base(0)
        };
        let renamed = (0..1000)
            .filter(|node| {
                corpus.tag_values(node * 100, 59)[4] != corpus.tag_values(node * 100, 60)[4]
            })
            .count();
        assert_eq!(renamed, 100);
    }

    #[test]
    fn bodies_have_the_published_size_per_sample() {
        let start = 1_700_000_000 / 3600 * 3600;
        for (body, expected) in [
            // Half of these nodes are of a canary cluster, as in the whole.
            (Corpus::base(start).wide_body(5_000..15_000, 0), 345),
            (Corpus::publisher(start).publisher_body(0..10_000, 0), 152),
        ] {
            let samples = body.matches("timestamp").count();
            assert_eq!((body.len() + samples / 2) / samples, expected);
        }
    }
}

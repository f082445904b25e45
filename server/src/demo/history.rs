//! A made-up fleet: which series it has and what each reads at any slot.
//!
//! Every value is a function of seed, start and slot, so history can be made in any order, the live
//! demo goes on where history ends, and two runs with one seed are equal. Strings and ids are made
//! once; a slot costs a few nanoseconds a series.
//!
//! ```text
//!   start - 6h                    -2h15m            -61m      start        +8m30s
//!   ├── daily shape of traffic ──┤ playback-main ├──┤ checkout fails for 150 s every 10 min ──►
//!                                  is slow, 15 min      one such burst is under way at start
//! ```
//!
//! All along, one node of `gateway-main` works much harder than the others. Each node has 25 series:
//!
//! | name | tags | type | count |
//! |---|---|---|---|
//! | `cpu.usage` | | gauge, percent | 1 |
//! | `memory.used` | | gauge, bytes | 1 |
//! | `queue.depth` | | gauge | 1 |
//! | `net.bytes` | `id` in, out | counter | 2 |
//! | `ipc.server.call` | `status` × `statistic` count, totalTime, totalOfSquares, max | rate, max a gauge | 8 |
//! | `ipc.server.call` | `statistic` percentile, `percentile` T… | rate | 12 |
//!
//! Admission and storage are left to whoever appends the batches.

mod shape;

use telamon_model::percentile::BucketIndex;
use telamon_model::{Batch, Row, Series, Slot, SlotRange, Step, Tags, Timestamp};

use shape::{bump, daily, daily_integral, hash, smooth_noise, unit};

/// How much history the demo has, in milliseconds: six hours, and two minutes more, so that a graph
/// of six hours does not begin with a step of which only a part was reported.
pub const HISTORY_MS: i64 = 6 * 3_600_000 + 120_000;

/// Series of one node.
pub const SERIES_PER_NODE: usize = 25;

/// The node of `gateway-main` that works too hard, counted within its cluster.
const OUTLIER_NODE: u64 = 3;

/// Percentile buckets of a node: enough to span a factor of 30 without naming each index.
const BUCKETS: usize = 12;

/// When the slow deploy began, and how long it lasted, in seconds before the start.
const SLOW_BEGIN_S: i64 = 8100;
const SLOW_LENGTH_S: i64 = 900;

/// Error bursts: period, seconds before the start at which one began, length, and age of the first.
const BURST_PERIOD_S: i64 = 600;
const BURST_LEAD_S: i64 = 90;
const BURST_LENGTH_S: i64 = 150;
const BURST_FIRST_S: i64 = 3690;

/// What a fleet is made from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DemoOptions {
    /// Decides names of nodes and all noise.
    pub seed: u64,
    /// Series wanted; the fleet has the nearest number of whole nodes, at least one per cluster.
    pub series_count: usize,
    /// Step of the store.
    pub step: Step,
    /// When the demo starts. The story is told relative to it.
    pub start: Timestamp,
}

/// The fleet.
#[derive(Debug)]
pub struct DemoFleet {
    options: DemoOptions,
    series: Vec<Series>,
    nodes: Vec<Node>,
}

/// A cluster as it is planned.
#[derive(Debug)]
struct Cluster {
    app: &'static str,
    stack: &'static str,
    /// Share of the nodes, of 80.
    weight: usize,
    /// Requests per second of a node when the day is busiest.
    rate: f64,
    /// Usual microseconds of a request.
    latency_us: u32,
    /// How late the day begins, in seconds.
    phase_s: f64,
}

const CLUSTERS: [Cluster; 6] = [
    cluster("gateway", "main", 16, 45_000, [90.0, 0.0]),
    cluster("gateway", "canary", 4, 47_000, [45.0, 0.0]),
    cluster("playback", "main", 24, 80_000, [60.0, 9000.0]),
    cluster("search", "main", 16, 120_000, [35.0, -7200.0]),
    cluster("checkout", "main", 12, 150_000, [40.0, -12_600.0]),
    cluster("profile", "main", 8, 30_000, [70.0, 3600.0]),
];

const fn cluster(
    app: &'static str,
    stack: &'static str,
    weight: usize,
    latency_us: u32,
    [rate, phase_s]: [f64; 2],
) -> Cluster {
    Cluster {
        app,
        stack,
        weight,
        rate,
        latency_us,
        phase_s,
    }
}

impl Cluster {
    /// Usual seconds of a request.
    fn latency(&self) -> f64 {
        f64::from(self.latency_us) * 1e-6
    }
}

#[derive(Clone, Copy, Debug)]
struct Node {
    cluster: usize,
    seed: u64,
    is_outlier: bool,
}

/// What all nodes of a cluster share at one slot.
#[derive(Clone, Copy, Debug)]
struct Weather {
    /// Traffic, 0 to 1.
    load: f64,
    /// Average seconds of a request.
    latency: f64,
    /// Share of requests that fail.
    failing: f64,
    /// Share of requests per percentile bucket.
    buckets: [f64; BUCKETS],
}

impl DemoFleet {
    /// Makes names, tags and ids.
    pub fn new(options: DemoOptions) -> Self {
        let mut nodes = Vec::new();
        let mut series = Vec::new();
        for (index, (cluster, count)) in CLUSTERS
            .iter()
            .zip(node_counts(options.series_count))
            .enumerate()
        {
            for number in 0..count {
                let seed = hash(options.seed, (to_u64(index) << 32) | number);
                nodes.push(Node {
                    cluster: index,
                    seed,
                    is_outlier: index == 0 && number == OUTLIER_NODE.min(count - 1),
                });
                series.extend(node_series(cluster, number, seed));
            }
        }
        Self {
            options,
            series,
            nodes,
        }
    }

    /// All series; [`DemoFleet::values_at`] follows their order.
    pub fn series(&self) -> &[Series] {
        &self.series
    }

    /// Slots of the history: [`HISTORY_MS`] up to the start.
    pub fn history(&self) -> SlotRange {
        let step = self.options.step;
        let newest = step.slot_ended_by(self.options.start);
        SlotRange {
            start: newest.plus(1 - HISTORY_MS / step.as_millis()),
            end: newest.plus(1),
        }
    }

    /// What every series reads at the end of a slot, in the order of the series.
    pub fn values_at(&self, slot: Slot) -> Vec<f64> {
        let moment = Moment::new(&self.options, slot);
        let weather: Vec<Weather> = CLUSTERS
            .iter()
            .enumerate()
            .map(|(index, cluster)| moment.weather(index, cluster))
            .collect();
        let mut values = Vec::with_capacity(self.series.len());
        for node in &self.nodes {
            moment.read(node, &weather[node.cluster], &mut values);
        }
        values
    }

    /// The samples of a slot, as a publisher would send them at its end.
    pub fn batch_at(&self, slot: Slot) -> Batch {
        let timestamp = self.options.step.end_of(slot);
        let values = self.values_at(slot).into_iter();
        let rows = (0_u32..).zip(values).map(|(series_index, value)| Row {
            series_index,
            timestamp,
            value,
        });
        Batch {
            series: self.series.clone(),
            rows: rows.collect(),
        }
    }
}

/// One slot of the story.
struct Moment {
    seed: u64,
    slot: Slot,
    step_s: f64,
    /// Seconds since the epoch.
    time_s: i64,
    /// Seconds since the start of the demo; negative in history.
    age_s: i64,
}

impl Moment {
    fn new(options: &DemoOptions, slot: Slot) -> Self {
        let end = options.step.end_of(slot);
        let start = options.step.slot_ended_by(options.start);
        Self {
            seed: options.seed,
            slot,
            step_s: options.step.as_seconds(),
            time_s: end.as_millis().div_euclid(1000),
            age_s: end.millis_since(options.step.end_of(start)) / 1000,
        }
    }

    fn weather(&self, index: usize, cluster: &Cluster) -> Weather {
        let seed = hash(self.seed, 1000 + to_u64(index));
        let traffic = daily(self.time_s, cluster.phase_s);
        let load = traffic * (1.0 + 0.06 * smooth_noise(seed, self.time_s, 300));
        let is_slow = cluster.app == "playback";
        let slow = if is_slow {
            5.0 * bump(self.age_s + SLOW_BEGIN_S, SLOW_LENGTH_S)
        } else {
            0.0
        };
        let wobble = 1.0 + 0.05 * smooth_noise(seed ^ 1, self.time_s, 180) + 0.15 * traffic;
        let latency = cluster.latency() * (wobble + slow);
        let failing = if cluster.app == "checkout" && is_burst(self.age_s) {
            0.12 + 0.04 * smooth_noise(seed ^ 2, self.time_s, 30)
        } else {
            0.001
        };
        Weather {
            load,
            latency,
            failing,
            buckets: bucket_shares(cluster, latency),
        }
    }

    /// Appends the values of one node, in the order of [`node_series`].
    fn read(&self, node: &Node, weather: &Weather, values: &mut Vec<f64>) {
        let cluster = &CLUSTERS[node.cluster];
        let mut dice = Dice {
            seed: hash(node.seed, self.slot.0.unsigned_abs()),
            thrown: 0,
        };
        let own = smooth_noise(node.seed, self.time_s, 420);
        let load = weather.load * (1.0 + 0.05 * own);
        let (cpu_extra, latency_factor) = match node.is_outlier {
            true => (43.0 + 4.0 * own, 2.4),
            false => (0.0, 1.0),
        };
        let cpu = 9.0 + 38.0 * load + 2.5 * own + 1.5 * dice.signed() + cpu_extra;
        let latency = weather.latency * latency_factor;
        values.push(cpu.clamp(0.0, 99.5));
        values.push(self.memory(node));
        let waiting = (latency / cluster.latency() - 0.6).max(0.0);
        values.push((waiting * 4.0 * dice.unit() * dice.unit()).floor());
        values.extend([2100.0, 9800.0].map(|bytes| self.bytes(node, bytes, dice.unit())));
        let rate = cluster.rate * load * (1.0 + 0.03 * dice.signed());
        let good = rate * (1.0 - weather.failing);
        for (rate, latency) in [(good, latency), (rate * weather.failing, latency * 0.4)] {
            self.timer(rate, latency, &mut dice, values);
        }
        for share in weather.buckets {
            values.push(self.rate(good * share, &mut dice));
        }
    }

    /// Count, total time, total of squares and largest of a timer.
    fn timer(&self, rate: f64, latency: f64, dice: &mut Dice, values: &mut Vec<f64>) {
        let count = self.rate(rate, dice);
        let average = latency * (1.0 + 0.04 * dice.signed());
        let max = if count > 0.0 {
            average * (3.0 + 2.0 * dice.unit())
        } else {
            0.0
        };
        values.extend([count, count * average, count * average * average * 1.4, max]);
    }

    /// A rate as a whole number of events in the step, rounded at random so that few events in many
    /// steps add up.
    fn rate(&self, rate: f64, dice: &mut Dice) -> f64 {
        (rate * self.step_s + dice.unit()).floor() / self.step_s
    }

    /// A saw: grows for one and a half to two and a half hours, then a collection frees it.
    fn memory(&self, node: &Node) -> f64 {
        let length = 5000 + i64::from(low_bits(node.seed, 12));
        let offset = i64::from(low_bits(node.seed >> 12, 13));
        let age = u32::try_from((self.time_s + offset).rem_euclid(length)).unwrap_or(0);
        let share = f64::from(age) / f64::from(u32::try_from(length).unwrap_or(1));
        (2.1e9 + 1.3e9 * share + 4e7 * smooth_noise(node.seed ^ 3, self.time_s, 90)).floor()
    }

    /// Bytes since the node was started, thirty days before: the integral of the daily shape, with
    /// less noise than a step adds, so that it never falls.
    fn bytes(&self, node: &Node, bytes_per_request: f64, noise: f64) -> f64 {
        let cluster = &CLUSTERS[node.cluster];
        let per_second = cluster.rate * bytes_per_request;
        let began_s = self.time_s - self.age_s - 30 * 86_400;
        let sent = per_second * daily_integral(began_s, self.time_s, cluster.phase_s);
        (sent + 0.3 * per_second * self.step_s * noise).floor()
    }
}

/// Random numbers of one node at one slot.
struct Dice {
    seed: u64,
    thrown: u64,
}

impl Dice {
    /// From 0 to below 1.
    fn unit(&mut self) -> f64 {
        self.thrown += 1;
        unit(hash(self.seed, self.thrown))
    }

    /// From -1 to below 1.
    fn signed(&mut self) -> f64 {
        self.unit() * 2.0 - 1.0
    }
}

fn is_burst(age_s: i64) -> bool {
    let since = (age_s + BURST_LEAD_S).rem_euclid(BURST_PERIOD_S);
    age_s >= -BURST_FIRST_S && since < BURST_LENGTH_S
}

/// Nodes per cluster: shares of the whole, at least one each.
fn node_counts(series_count: usize) -> impl Iterator<Item = u64> {
    let total: usize = CLUSTERS.iter().map(|cluster| cluster.weight).sum();
    let nodes = (series_count + SERIES_PER_NODE / 2) / SERIES_PER_NODE;
    let mut planned = 0;
    let mut given = 0;
    CLUSTERS.iter().map(move |cluster| {
        planned += cluster.weight;
        let count = (nodes * planned / total).saturating_sub(given).max(1);
        given += count;
        to_u64(count)
    })
}

/// The series of one node, in the order of [`Moment::read`].
fn node_series(cluster: &Cluster, number: u64, seed: u64) -> Vec<Series> {
    let zone = ["a", "b", "c"][usize::from(u8::try_from(number % 3).unwrap_or(0))];
    let common = [
        ("nf.app", cluster.app.to_owned()),
        ("nf.stack", cluster.stack.to_owned()),
        ("nf.cluster", format!("{}-{}", cluster.app, cluster.stack)),
        ("nf.node", format!("i-{:08x}", seed >> 32)),
        ("nf.zone", format!("us-east-1{zone}")),
    ];
    let series = |name: &str, dstype: &str, own: &[(&'static str, &str)]| {
        let own = own.iter().map(|&(key, value)| (key, value.to_owned()));
        let named = [
            ("name", name.to_owned()),
            ("atlas.dstype", dstype.to_owned()),
        ];
        Series::new(Tags::from_pairs(
            common.iter().cloned().chain(named).chain(own),
        ))
    };
    let mut list = vec![
        series("cpu.usage", "gauge", &[]),
        series("memory.used", "gauge", &[]),
        series("queue.depth", "gauge", &[]),
        series("net.bytes", "counter", &[("id", "in")]),
        series("net.bytes", "counter", &[("id", "out")]),
    ];
    for status in ["success", "failure"] {
        for statistic in ["count", "totalTime", "totalOfSquares", "max"] {
            let dstype = if statistic == "max" { "gauge" } else { "rate" };
            let own = [("status", status), ("statistic", statistic)];
            list.push(series("ipc.server.call", dstype, &own));
        }
    }
    for bucket in 0..BUCKETS {
        let text = BucketIndex::of(i64::from(bucket_nanos(cluster, bucket))).tag('T');
        let own = [
            ("status", "success"),
            ("statistic", "percentile"),
            ("percentile", &text),
        ];
        list.push(series("ipc.server.call", "rate", &own));
    }
    list
}

/// Nanoseconds that a bucket stands for: from a quarter of the usual latency up, in steps of a factor
/// that is larger than any between two entries of the table, so that no two share an entry.
fn bucket_nanos(cluster: &Cluster, bucket: usize) -> u32 {
    let mut nanos = u64::from(cluster.latency_us) * 250;
    for _ in 0..bucket {
        nanos = nanos * 1363 / 1000;
    }
    u32::try_from(nanos).expect("latencies are far below the 4 s of 32 bits")
}

/// How requests spread over the buckets: a bell over the logarithm of the latency, in seconds.
fn bucket_shares(cluster: &Cluster, latency: f64) -> [f64; BUCKETS] {
    let mut shares = [0.0; BUCKETS];
    for (bucket, share) in shares.iter_mut().enumerate() {
        let seconds = f64::from(bucket_nanos(cluster, bucket)) * 1e-9;
        let distance = libm::log(seconds / (latency * 0.85)) / 0.55;
        *share = libm::exp(-0.5 * distance * distance);
    }
    let total: f64 = shares.iter().sum();
    shares.map(|share| share / total)
}

fn low_bits(hash: u64, bits: u32) -> u32 {
    u32::try_from(hash & ((1 << bits) - 1)).unwrap_or(0)
}

fn to_u64(index: usize) -> u64 {
    u64::try_from(index).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;

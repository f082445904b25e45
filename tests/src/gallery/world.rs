//! A made-up shop: its series, and what each reads at any minute of ten days and eighteen hours.
//!
//! Every value is a function of the time, so pictures never change unless drawing does. It begins on
//! Monday, 2026-03-02T00:00Z; America puts its clocks forward on Sunday the 8th, and on Thursday:
//!
//! ```text
//!   03-12  13:40      13:46 ────── 14:31     15:05      15:30 ────── 16:20      18:00
//!          checkout   requests of  rolled    web-09     orders are   backlog    now
//!          goes live  checkout     back      is back    not taken    is gone
//!                     fail, slow     14:20 web-09 stops
//! ```

use std::ops::Range;

use telamon_model::percentile::{BucketIndex, bounds};
use telamon_model::{Batch, Row, Series, Tags, Timestamp};

/// What the server is started with: a step of a minute, times in UTC, room for the whole story.
pub const CONFIG: &str = "[store]\nstep = \"1m\"\nretention = \"14d\"\nfsync = \"never\"\n\
    [ingest]\nage_max = \"2h\"\n[graph]\ntimezone = \"UTC\"\n";

/// 2026-03-02T00:00Z.
const START_S: i64 = 1_772_409_600;
/// 2026-03-12T18:00Z, when the clock stands still.
pub const END_MS: i64 = 1_773_338_400_000;

const MINUTE_S: i64 = 60;
const HOUR_S: i64 = 3600;
const DAY_S: i64 = 86_400;
/// 2026-03-12T00:00Z, the day of the story.
const TODAY_S: i64 = START_S + 10 * DAY_S;

/// Nodes of the cache, each of which is a line.
const CACHE_NODES: u32 = 1000;
/// What a request may take, in nanoseconds.
const LATENCIES: Range<i64> = 10_000_000..3_000_000_000;

/// What a series reads at a time in seconds; NaN where it sends nothing.
type Curve = Box<dyn Fn(i64) -> f64>;

struct Member {
    series: Series,
    /// Its first value is after this time, in seconds.
    since_s: i64,
    curve: Curve,
}

/// All series of the shop.
pub struct World(Vec<Member>);

impl std::fmt::Debug for World {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "World of {} series", self.0.len())
    }
}

impl Default for World {
    fn default() -> Self {
        Self::new()
    }
}

impl World {
    /// Makes names and curves.
    pub fn new() -> Self {
        let mut world = Self(Vec::new());
        world.requests();
        world.latency();
        world.nodes();
        world.storage();
        world.work();
        world.cache();
        world
    }

    /// All samples, an hour at a time, with the time at which they are stored.
    pub fn hours(&self) -> impl Iterator<Item = (Timestamp, Batch)> {
        let hours = (END_MS / 1000 - START_S) / HOUR_S;
        (0..hours).map(|hour| {
            let begin_s = START_S + hour * HOUR_S;
            let end = Timestamp((begin_s + HOUR_S) * 1000);
            (end, self.hour(begin_s))
        })
    }

    fn hour(&self, begin_s: i64) -> Batch {
        let mut batch = Batch::default();
        for member in &self.0 {
            let series_index = u32::try_from(batch.series.len()).expect("thousands of series");
            batch.series.push(member.series.clone());
            let minutes = (1..=60).map(|minute| begin_s + minute * MINUTE_S);
            for time_s in minutes.filter(|&time_s| time_s > member.since_s) {
                let value = (member.curve)(time_s);
                if !value.is_nan() {
                    batch.rows.push(Row {
                        series_index,
                        timestamp: Timestamp(time_s * 1000),
                        value,
                    });
                }
            }
        }
        batch
    }

    fn add(&mut self, tags: &[(&str, &str)], since_s: i64, curve: impl Fn(i64) -> f64 + 'static) {
        self.0.push(Member {
            series: Series::new(Tags::from_pairs(tags.iter().copied())),
            since_s,
            curve: Box::new(curve),
        });
    }

    /// Requests per second by app and status, for all the time.
    fn requests(&mut self) {
        for (seed, app, busiest, peak_h) in [
            (11, "web", 900.0, 15.0),
            (12, "search", 420.0, 11.5),
            (13, "checkout", 160.0, 18.0),
        ] {
            for (status, share) in [("200", 0.0), ("404", 0.03), ("500", 0.0008_f64)] {
                let tags = [
                    ("name", "requests"),
                    ("atlas.dstype", "rate"),
                    ("app", app),
                    ("status", status),
                ];
                let of_status = hash(seed, share.to_bits());
                let fails = if app == "checkout" { 0.17 } else { 0.0 };
                self.add(&tags, START_S, move |time_s| {
                    let all = busiest * traffic(time_s, seed, peak_h);
                    let failing = fails * incident(time_s);
                    let share = match status {
                        "200" => 1.0 - 0.0308 - failing,
                        "500" => share + failing,
                        _ => share,
                    };
                    all * share * (1.0 + 0.04 * flicker(of_status, time_s))
                });
            }
        }
    }

    /// The timer of checkout today: count, total time and percentile buckets.
    fn latency(&mut self) {
        let own = [
            ("name", "latency"),
            ("atlas.dstype", "rate"),
            ("app", "checkout"),
        ];
        let rate = |time_s| 160.0 * traffic(time_s, 13, 18.0);
        let count = [own.as_slice(), &[("statistic", "count")]].concat();
        self.add(&count, TODAY_S - HOUR_S, rate);
        let total = [own.as_slice(), &[("statistic", "totalTime")]].concat();
        self.add(&total, TODAY_S - HOUR_S, move |time_s| {
            rate(time_s) * 1.12 * usual_latency_s(time_s)
        });
        let bounds = bounds();
        let within = bounds
            .windows(2)
            .filter(|pair| LATENCIES.contains(&pair[1]));
        for (bucket, pair) in (0..).zip(within) {
            let (low, high) = (pair[0], pair[1]);
            let text = BucketIndex::of(high).tag('T');
            let of_bucket = [("statistic", "percentile"), ("percentile", &text)];
            let tags = [own.as_slice(), &of_bucket].concat();
            self.add(&tags, TODAY_S - HOUR_S, move |time_s| {
                let noise = 1.0 + 0.12 * flicker(bucket, time_s);
                let rate = rate(time_s) * share_of((low, high), usual_latency_s(time_s)) * noise;
                // Less than one request in some minutes is none.
                if rate < 0.02 { f64::NAN } else { rate }
            });
        }
    }

    /// CPU and memory of twelve nodes since yesterday; 07 works too hard, 09 is gone for a while.
    fn nodes(&mut self) {
        for number in 1..=12_u32 {
            let node = format!("web-{number:02}");
            let seed = 100 + u64::from(number);
            let is_gone =
                move |time_s: i64| number == 9 && (at(14, 20)..at(15, 5)).contains(&time_s);
            let tags = [("name", "cpu"), ("atlas.dstype", "gauge"), ("node", &node)];
            self.add(&tags, TODAY_S - DAY_S, move |time_s| {
                let extra = if number == 7 { 34.0 } else { 0.0 };
                let usual = 12.0 + 38.0 * traffic(time_s, seed, 15.0) + extra;
                let value = usual + 3.0 * smooth(seed, time_s, 900) + 1.2 * flicker(seed, time_s);
                if is_gone(time_s) { f64::NAN } else { value }
            });
            let tags = [
                ("name", "memory"),
                ("atlas.dstype", "gauge"),
                ("node", &node),
            ];
            let length = 5 * HOUR_S + i64::from(number) * 1100;
            self.add(&tags, TODAY_S - DAY_S, move |time_s| {
                let way = ratio(
                    (time_s + i64::from(number) * 3700).rem_euclid(length),
                    length,
                );
                let value = 1.6e9 + 1.9e9 * way + 3e7 * flicker(seed ^ 1, time_s);
                if is_gone(time_s) {
                    f64::NAN
                } else {
                    value.floor()
                }
            });
        }
    }

    /// Disks that fill, and what is sent and received between two data centres.
    fn storage(&mut self) {
        for (seed, volume, share, per_day) in [
            (31, "db-1", 0.41, 0.012),
            (32, "db-2", 0.52, 0.036),
            (33, "db-3", 0.63, 0.006),
        ] {
            let tags = [
                ("name", "disk.used"),
                ("atlas.dstype", "gauge"),
                ("volume", volume),
            ];
            self.add(&tags, START_S, move |time_s| {
                let days = ratio(time_s - START_S, DAY_S);
                // What is thrown away every night.
                let night = 0.02 * ratio((time_s - 3 * HOUR_S).rem_euclid(DAY_S), DAY_S);
                let noise = 0.002 * smooth(seed, time_s, 2 * HOUR_S);
                (2e12 * (share + per_day * days + night + noise)).floor()
            });
            let tags = [
                ("name", "disk.size"),
                ("atlas.dstype", "gauge"),
                ("volume", volume),
            ];
            self.add(&tags, START_S, |_time_s| 2e12);
        }
        for (seed, direction, factor) in [(41, "in", 2.2e6), (42, "out", 7.5e6)] {
            let tags = [
                ("name", "net.bytes"),
                ("atlas.dstype", "rate"),
                ("id", direction),
            ];
            self.add(&tags, TODAY_S - DAY_S, move |time_s| {
                factor * traffic(time_s, seed, 15.0) * (1.0 + 0.15 * flicker(seed, time_s))
            });
        }
    }

    /// Deployments, the queue of orders and jobs of the night.
    fn work(&mut self) {
        for (app, begin, end) in [
            ("checkout", at(13, 40), at(13, 47)),
            ("checkout", at(14, 27), at(14, 32)),
            ("search", at(10, 12), at(10, 20)),
        ] {
            let version = format!("v{}", (begin - TODAY_S) / MINUTE_S);
            let tags = [
                ("name", "deployment"),
                ("atlas.dstype", "gauge"),
                ("app", app),
                ("version", &version),
            ];
            self.add(&tags, TODAY_S, move |time_s| {
                f64::from(u8::from((begin..end).contains(&time_s)))
            });
        }
        let tags = [("name", "orders.waiting"), ("atlas.dstype", "gauge")];
        self.add(&tags, TODAY_S, waiting);
        for (seed, job, usual_s) in [
            (51, "thumbnail", 0.35),
            (52, "invoice", 9.0),
            (53, "reindex", 420.0),
            (54, "backup", 6100.0),
        ] {
            let tags = [
                ("name", "job.duration"),
                ("atlas.dstype", "gauge"),
                ("job", job),
            ];
            self.add(&tags, TODAY_S - DAY_S, move |time_s| {
                let slow = 1.0 + 4.0 * incident(time_s) * f64::from(u8::from(job == "invoice"));
                usual_s * slow * libm::exp(0.35 * smooth(seed, time_s, 1800))
            });
        }
    }

    /// Hits of a thousand nodes of the cache in the last two hours.
    fn cache(&mut self) {
        for number in 0..CACHE_NODES {
            let node = format!("cache-{number:03}");
            let seed = 10_000 + u64::from(number);
            let strength = libm::exp(0.25 * (unit(hash(seed, 1)) + unit(hash(seed, 2)) - 1.0));
            let is_cold = number % 97 == 13;
            let tags = [
                ("name", "cache.hits"),
                ("atlas.dstype", "rate"),
                ("node", &node),
            ];
            self.add(&tags, END_MS / 1000 - 2 * HOUR_S, move |time_s| {
                let cold = if is_cold && time_s < at(17, 25) {
                    0.35
                } else {
                    1.0
                };
                let own = 1.0 + 0.08 * smooth(seed, time_s, 600) + 0.03 * flicker(seed, time_s);
                4200.0 * strength * cold * traffic(time_s, 14, 15.0) * own
            });
        }
    }
}

/// A time of the day of the story, in seconds since 1970.
const fn at(hour: i64, minute: i64) -> i64 {
    TODAY_S + hour * HOUR_S + minute * MINUTE_S
}

/// Share of the busiest minute, which is at `peak_h` of a working day: nights and weekends are quiet,
/// noon has a dip, and each week brings a tenth more.
fn traffic(time_s: i64, seed: u64, peak_h: f64) -> f64 {
    let hour = ratio(time_s.rem_euclid(DAY_S), HOUR_S);
    let day = 0.58 + 0.42 * libm::cos((hour - peak_h) / 24.0 * std::f64::consts::TAU);
    let noon = 1.0 - 0.09 * libm::exp(-libm::pow((hour - 12.3) / 0.8, 2.0));
    // 1970 began on a Thursday.
    let weekday = (time_s.div_euclid(DAY_S) + 3).rem_euclid(7);
    let of_day = |weekday: i64| if weekday >= 5 { 0.6 } else { 1.0 };
    let to_morrow = ((hour - 20.0) / 4.0).clamp(0.0, 1.0);
    let (today, next) = (of_day(weekday), of_day((weekday + 1) % 7));
    let week = today + (next - today) * to_morrow;
    let drift = 1.0 + 0.05 * smooth(seed, time_s, 1500) + 0.015 * flicker(seed, time_s);
    let growth = 0.9 + 0.1 * ratio(time_s - START_S, 7 * DAY_S);
    day * noon * week * drift * growth
}

/// How bad it is with checkout: 0 for good, 1 at its worst.
fn incident(time_s: i64) -> f64 {
    let rise = ratio(time_s - at(13, 46), 8 * MINUTE_S).clamp(0.0, 1.0);
    let fall = ratio(at(14, 31) - time_s, 5 * MINUTE_S).clamp(0.0, 1.0);
    rise * fall * (0.85 + 0.15 * smooth(77, time_s, 240))
}

fn usual_latency_s(time_s: i64) -> f64 {
    let load = 1.0 + 0.5 * traffic(time_s, 13, 18.0) + 0.08 * smooth(61, time_s, 600);
    0.055 * load * (1.0 + 3.2 * incident(time_s))
}

/// Share of the requests between two ends in nanoseconds: a bell over the logarithm of the latency.
fn share_of((low, high): (i64, i64), latency_s: f64) -> f64 {
    let seconds = |nanos: i64| libm::log(ratio(nanos, 1_000_000_000));
    let (low, high) = (seconds(low), seconds(high));
    let distance = ((low + high) / 2.0 - libm::log(latency_s)) / 0.5;
    0.8 * (high - low) * libm::exp(-0.5 * distance * distance)
}

/// Orders that wait: few, until nobody takes them; twice the queue does not answer.
fn waiting(time_s: i64) -> f64 {
    let is_silent =
        (at(14, 50)..at(14, 58)).contains(&time_s) || (at(16, 2)..at(16, 14)).contains(&time_s);
    if is_silent {
        return f64::NAN;
    }
    let grown = ratio(time_s - at(15, 30), 35 * MINUTE_S).clamp(0.0, 1.0);
    let taken = ratio(at(16, 20) - time_s, 15 * MINUTE_S).clamp(0.0, 1.0);
    (12.0 + 8.0 * flicker(71, time_s) + 2900.0 * grown * taken)
        .max(0.0)
        .floor()
}

/// A step of `SplitMix64` over two numbers.
fn hash(seed: u64, index: u64) -> u64 {
    let mut mixed = seed.wrapping_add(index.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

/// A hash as a number from 0 to below 1.
fn unit(hash: u64) -> f64 {
    f64::from(u32::try_from(hash >> 32).expect("32 bits are left")) / 4_294_967_296.0
}

/// Noise between -1 and 1 of its own for each minute.
fn flicker(seed: u64, time_s: i64) -> f64 {
    unit(hash(seed ^ 0xf11c, time_s.unsigned_abs())) * 2.0 - 1.0
}

/// Noise between -1 and 1 that changes over `length_s` seconds: random knots, joined smoothly.
fn smooth(seed: u64, time_s: i64, length_s: i64) -> f64 {
    let knot = time_s.div_euclid(length_s);
    let at = |knot: i64| unit(hash(seed, knot.unsigned_abs())) * 2.0 - 1.0;
    let way = ratio(time_s.rem_euclid(length_s), length_s);
    let eased = way * way * (3.0 - 2.0 * way);
    at(knot) + (at(knot + 1) - at(knot)) * eased
}

/// A quotient of times, which are far below 2^53.
fn ratio(part: i64, whole: i64) -> f64 {
    part as f64 / whole as f64
}

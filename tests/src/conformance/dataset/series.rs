//! The series of the data set with their curves.

use telamon_model::Tags;

use super::curve::{ByMilli, ByMinute, Curve};
use super::java::java_hash;

/// The period of most waves: a day, in minutes.
const DAY: u32 = 1440;
/// The number of noise offsets where nothing else is said.
const OFFSETS: usize = 31;
/// 2012-01-01T00:00Z, in minutes since 1970.
const YEAR_2012: i64 = 22_089_600;

/// One kind of device: its nodes, the bounds of its daily wave and the size of its noise.
struct Stack {
    name: &'static str,
    sps_nodes: usize,
    timer_nodes: usize,
    min: f64,
    max: f64,
    noise: f64,
}

#[rustfmt::skip]
const STACKS: [Stack; 6] = [
    Stack { name: "silverlight", sps_nodes: 30, timer_nodes: 300, min: 50.0, max: 300.0, noise: 5.0 },
    Stack { name: "xbox",        sps_nodes: 12, timer_nodes: 120, min: 40.0, max: 220.0, noise: 5.0 },
    Stack { name: "wii",         sps_nodes: 11, timer_nodes: 111, min: 20.0, max: 240.0, noise: 8.0 },
    Stack { name: "ps3",         sps_nodes: 22, timer_nodes: 220, min: 40.0, max: 260.0, noise: 15.0 },
    Stack { name: "appletv",     sps_nodes: 5,  timer_nodes: 10,  min: 3.0,  max: 40.0,  noise: 5.0 },
    Stack { name: "psvita",      sps_nodes: 3,  timer_nodes: 3,   min: 0.2,  max: 1.2,   noise: 0.6 },
];

/// Series under construction.
type Made = Vec<(Tags, Curve)>;

/// All series, in the order that [`super::StaticData`] documents.
pub(super) fn generate() -> Made {
    let mut made = Vec::new();
    for stack in &STACKS {
        sps(stack, &mut made);
    }
    for stack in &STACKS {
        timers(stack, &mut made);
    }
    request_latency(&mut made);
    alert_test(&mut made);
    made
}

/// The tags of a node of the application `nccp`, and more.
fn tags(stack: &str, node: &str, more: &[(&str, &str)]) -> Tags {
    let cluster = format!("nccp-{stack}");
    let asg = format!("{cluster}-v042");
    let place = [
        ("nf.app", "nccp"),
        ("nf.cluster", &cluster),
        ("nf.asg", &asg),
        ("nf.node", node),
    ];
    Tags::from_pairs(place.into_iter().chain(more.iter().copied()))
}

fn node_name(stack: &Stack, index: usize) -> String {
    format!("{}-{index:04x}", stack.name)
}

/// Starts per second: an ideal wave, one with noise, one with four times the noise.
fn sps(stack: &Stack, made: &mut Made) {
    let cycle = ByMinute::wave(stack.min, stack.max, DAY);
    let low = ByMilli::noise(OFFSETS, stack.noise);
    let high = ByMilli::noise(OFFSETS, 4.0 * stack.noise);
    for index in 0..stack.sps_nodes {
        let node = node_name(stack, index);
        let mut push = |kind: (&str, &str), curve: Curve| {
            let more = [("name", "sps"), ("type", kind.0), ("type2", kind.1)];
            made.push((tags(stack.name, &node, &more), curve));
        };
        push(("ideal", "IDEAL"), Curve::Cycle(cycle.clone()));
        push(("low-noise", "LOW-NOISE"), noisy(&cycle, &low));
        push(("high-noise", "HIGH-NOISE"), noisy(&cycle, &high));
    }
}

fn noisy(cycle: &ByMinute, noise: &ByMilli) -> Curve {
    Curve::Noisy {
        cycle: cycle.clone(),
        noise: noise.clone(),
    }
}

/// Latencies of starts with their four statistics, and two flags about the node.
fn timers(stack: &Stack, made: &mut Made) {
    let cycle = ByMinute::wave(stack.min, stack.max, DAY);
    let noise = ByMilli::noise(OFFSETS, 4.0 * stack.noise);
    for index in 0..stack.timer_nodes {
        let node = node_name(stack, index);
        let factor = ByMilli::factors(i64::from(java_hash(&node)));
        let mut push = |more: &[(&str, &str)], curve: Curve| {
            made.push((tags(stack.name, &node, more), curve));
        };
        push(&[("name", "poller.asg.instance")], Curve::Constant(1.0));
        let up = if index % 2 == 0 { 1.0 } else { 0.0 };
        push(&[("name", "DiscoveryStatus_nccp_UP")], Curve::Constant(up));
        let total = Curve::Scaled {
            cycle: cycle.clone(),
            noise: noise.clone(),
            factor: factor.clone(),
        };
        for (statistic, curve) in [
            ("count", noisy(&cycle, &noise)),
            ("totalTime", total.clone()),
            // The reference gives the squares the curve of the total.
            ("totalOfSquares", total),
            ("max", Curve::Factor(factor)),
        ] {
            let more = [("name", "playback.startLatency"), ("statistic", statistic)];
            push(&more, curve);
        }
    }
}

/// Three nodes with noise around a level, and three percentile buckets.
fn request_latency(made: &mut Made) {
    let name = ("name", "requestLatency");
    for (stack, offsets, size, level) in [
        ("silverlight", 300, 5.0, 600.0),
        ("xbox", 120, 5.0, 520.0),
        ("wii", 111, 8.0, 440.0),
    ] {
        let node = format!("{stack}-node");
        let curve = noisy(&ByMinute::level(level), &ByMilli::noise(offsets, size));
        made.push((tags(stack, &node, &[name]), curve));
    }
    for bucket in ["D0023", "D0024", "D0025"] {
        let tags = Tags::from_pairs([name, ("percentile", bucket)]);
        made.push((tags, Curve::Constant(1.0 / 60.0)));
    }
}

/// Four series with incidents to alert about.
fn alert_test(made: &mut Made) {
    let mut push = |name: &str, curve: Curve| {
        let tags = Tags::from_pairs([
            ("name", name),
            ("nf.app", "alerttest"),
            ("nf.cluster", "alerttest"),
            ("nf.asg", "alerttest-v042"),
            ("nf.node", "alert1"),
        ]);
        made.push((tags, curve));
    };
    let noise = ByMilli::noise(OFFSETS, 25.0);
    let usual = noisy(&ByMinute::wave(50.0, 300.0, DAY), &noise);
    let faster = noisy(&ByMinute::wave(50.0, 300.0, 137), &noise);
    let january =
        |day: i64, hour: i64, minute: i64| YEAR_2012 + ((day - 1) * 24 + hour) * 60 + minute;
    let (first, month_later) = (january(1, 5, 0), january(32, 7, 5));
    push(
        "requestsPerSecond",
        usual
            .switched(Curve::Constant(0.0), first, january(1, 6, 38))
            .switched(Curve::Constant(0.0), january(32, 7, 4), month_later)
            .switched(faster, january(2, 4, 22), january(2, 6, 0)),
    );
    let cpu =
        |offset: f64, level: f64| noisy(&ByMinute::level(level), &ByMilli::noise(OFFSETS, offset));
    push(
        "ssCpuUser",
        cpu(4.0, 20.0).switched(cpu(20.0, 80.0), first, month_later),
    );
    for (name, usual, incident) in [
        ("DiscoveryStatus_UP", 1.0, 0.0),
        ("DiscoveryStatus_DOWN", 0.0, 1.0),
    ] {
        let incident = Curve::Constant(incident);
        push(
            name,
            Curve::Constant(usual).switched(incident, first, january(1, 6, 0)),
        );
    }
}

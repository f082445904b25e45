use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use proptest::prelude::*;
use serde_json::Value;
use telamon_model::DsType;

use super::*;
use crate::line::LineValue;
use crate::oracle;

/// A step boundary of every step used here.
const START: i64 = 1_700_000_000_000;

fn aggregator(step_ms: i64, limits: AggregatorLimits) -> StepAggregator {
    let mut aggregator = StepAggregator::new(AggregatorOptions {
        step: Step::from_millis(step_ms).unwrap(),
        common_tags: Tags::empty(),
        meter_ttl_ms: METER_TTL_MS,
        limits,
    });
    assert!(aggregator.advance(Timestamp(START)).is_empty());
    aggregator
}

fn text(datapoint: &Datapoint) -> String {
    format!("{:?} {:?}", datapoint.tags, datapoint.value)
}

/// Runs one packet a step and tells what each step gives, at a step of one second, so that values
/// are the amounts.
fn check(packets: &[&str], expected: &[&[&str]]) {
    let mut aggregator = aggregator(1000, AggregatorLimits::STANDARD);
    let mut now = START;
    let said: Vec<Vec<String>> = packets
        .iter()
        .map(|packet| {
            aggregator.packet(packet.as_bytes(), Timestamp(now));
            now += 1000;
            let datapoints = aggregator.advance(Timestamp(now));
            assert!(datapoints.iter().all(|point| point.timestamp.0 == now));
            datapoints.iter().map(text).collect()
        })
        .collect();
    assert_eq!(said, expected, "{packets:?}");
}

#[test]
fn what_a_line_says_decides_the_type() {
    check(
        &[
            "c:n,atlas.dstype=gauge:3\nc:n,statistic=max:2\ng:n,statistic=count:1\nc:n,percentile=T0001,statistic=percentile:1",
        ],
        &[&[
            "{atlas.dstype=gauge,name=n,statistic=max} 2.0",
            "{atlas.dstype=sum,name=n,percentile=T0001,statistic=percentile} 1.0",
            "{atlas.dstype=sum,name=n,statistic=count} 4.0",
        ]],
    );
}

#[test]
fn the_order_is_that_of_the_canonical_text() {
    // As texts `k.x=..` stands before `k=..`; as lists of pairs it is the other way round.
    check(
        &["g:a,k=1:1\ng:a,k.x=1:2"],
        &[&[
            "{atlas.dstype=gauge,k.x=1,name=a,statistic=gauge} 2.0",
            "{atlas.dstype=gauge,k=1,name=a,statistic=gauge} 1.0",
        ]],
    );
}

#[test]
fn a_gauge_holds_for_its_time_to_live() {
    let said = "{atlas.dstype=gauge,name=n,statistic=gauge} 1.0";
    check(
        &["g,2:n:1", "", "", "", "", "", "g:n:1", "", "", "", "", ""],
        &[
            &[said],
            &[said],
            &[said],
            &[said],
            &[said],
            &[],
            &[said],
            &[said],
            &[said],
            &[said],
            &[said],
            &[],
        ],
    );
}

#[test]
fn monotonic_counts_that_start_anew() {
    let zero = "{atlas.dstype=sum,name=n,statistic=count} 0.0";
    let two = "{atlas.dstype=sum,name=n,statistic=count} 2.0";
    check(
        &["U:n:9", "U:n:8", "U:n:10", "", "U:n:12"],
        &[&[], &[zero], &[two], &[], &[two]],
    );
    // Sampled counts are rates between the readings, whatever the step; here 8 in 4 seconds.
    check(
        &[
            "X,1000:n:10",
            "X,5000:n:18\nX,4000:n:99",
            "",
            "X,6000:n:1",
            "X:n:5",
        ],
        &[&[], &[two], &[], &[], &[]],
    );
}

#[test]
fn an_age_is_told_for_ever() {
    let mut aggregator = aggregator(10_000, AggregatorLimits::STANDARD);
    aggregator.packet(
        format!("A:now:0\nA:then:{}.5\nA:bad:nan", START / 1000 - 7).as_bytes(),
        Timestamp(START + 2500),
    );
    let said = aggregator.advance(Timestamp(START + 10_000));
    let said: Vec<String> = said.iter().map(text).collect();
    assert_eq!(
        said,
        [
            "{atlas.dstype=gauge,name=now,statistic=gauge} 7.5",
            "{atlas.dstype=gauge,name=then,statistic=gauge} 16.5",
        ]
    );
    let after_ttl = START + 10 * METER_TTL_MS;
    let said = aggregator.advance(Timestamp(after_ttl));
    assert_eq!(
        said.len(),
        2 * usize::try_from(STEPS_CAUGHT_UP_MAX).unwrap()
    );
    assert_eq!(aggregator.counts().dropped(LineDrop::IgnoredValue), 1);
}

#[test]
fn common_tags_lie_below_those_of_a_line() {
    let mut aggregator = StepAggregator::new(AggregatorOptions {
        step: Step::from_millis(10_000).unwrap(),
        common_tags: Tags::from_pairs([("nf.app", "common"), ("nf.node", "i-1")]),
        meter_ttl_ms: METER_TTL_MS,
        limits: AggregatorLimits::STANDARD,
    });
    aggregator.packet(b"c:n,nf.app=own:5", Timestamp(START + 1));
    let said: Vec<String> = aggregator
        .flush(Timestamp(START + 2))
        .iter()
        .map(text)
        .collect();
    assert_eq!(
        said,
        ["{atlas.dstype=sum,name=n,nf.app=own,nf.node=i-1,statistic=count} 0.5"]
    );
}

#[test]
fn a_flush_stamps_the_end_of_the_open_step_and_says_nothing_twice() {
    let mut aggregator = aggregator(10_000, AggregatorLimits::STANDARD);
    aggregator.packet(b"c:n:1", Timestamp(START + 100));
    let flushed = aggregator.flush(Timestamp(START + 300));
    assert_eq!(flushed.len(), 1);
    assert_eq!(flushed[0].timestamp, Timestamp(START + 10_000));
    aggregator.packet(b"c:n:3", Timestamp(START + 400));
    let rest = aggregator.advance(Timestamp(START + 10_000));
    assert_eq!((rest[0].timestamp.0, rest[0].value), (START + 10_000, 0.3));
    assert_eq!(aggregator.flush(Timestamp(START + 10_001)), []);
}

#[test]
fn time_that_stands_or_jumps() {
    let mut aggregator = aggregator(1000, AggregatorLimits::STANDARD);
    aggregator.packet(b"g:n:1\nc:n:1", Timestamp(START));
    assert!(
        aggregator.advance(Timestamp(START - 5000)).is_empty(),
        "no way back"
    );
    let said = aggregator.advance(Timestamp(START + 60_000));
    let ends: Vec<i64> = said
        .iter()
        .map(|point| (point.timestamp.0 - START) / 1000)
        .collect();
    assert_eq!(
        ends,
        [1, 1, 56, 57, 58, 59, 60],
        "the open step and the last five"
    );
    assert_eq!(aggregator.counts().skipped_steps, 54);
}

#[test]
fn idle_meters_leave_nothing_behind() {
    let mut aggregator = aggregator(60_000, AggregatorLimits::STANDARD);
    let packet = b"c:a:1\nT:a:1\ng:a:1\nm:a:1\nd:a:1\nU:a:1\ng,3600:b:1";
    aggregator.packet(packet, Timestamp(START));
    assert_eq!(
        (aggregator.meter_count(), aggregator.series_count()),
        (7, 8)
    );
    let idle = METER_TTL_MS + 60_000;
    aggregator.advance(Timestamp(START + idle));
    assert_eq!(
        (aggregator.meter_count(), aggregator.series_count()),
        (1, 1)
    );
    assert_eq!(aggregator.counts().expired_meters, 6);
    // The same bytes name new meters now, in the places of the old.
    aggregator.packet(packet, Timestamp(START + idle));
    assert_eq!(
        (aggregator.meter_count(), aggregator.series_count()),
        (7, 8)
    );
    let said = aggregator.advance(Timestamp(START + idle + 60_000));
    let count = said
        .iter()
        .find(|point| text(point).contains("statistic=count"))
        .unwrap();
    assert_eq!(
        count.value,
        3.0 / 60.0,
        "counter, timer and summary; the baseline of U is gone"
    );
}

#[test]
fn limits_drop_what_is_new_and_count_it() {
    let mut aggregator = aggregator(
        1000,
        AggregatorLimits {
            meters_max: 4,
            series_max: 8,
            age_gauges_max: 1,
            head_bytes_max: 10,
            memo_bytes_max: 150,
        },
    );
    let packet = "t:a:1\nA:a:1\nA:b:1\nT:b:1\nT:b:1\nc:c:1\nd:d:1\nc:c:1\nT:b:60\nc:01234567890:1\nm:m:1\nm:n:1";
    let rejected = aggregator.packet(packet.as_bytes(), Timestamp(START));
    assert!(rejected.is_empty());
    let counts = *aggregator.counts();
    // The age gauge b is one too many; so are the series of summary b, which would need five.
    let dropped: Vec<u64> = LineDrop::ALL
        .iter()
        .map(|&reason| counts.dropped(reason))
        .collect();
    assert_eq!(dropped, [0, 1, 1, 4, 1]);
    assert_eq!(counts.lines, 5);
    assert_eq!(
        (aggregator.meter_count(), aggregator.series_count()),
        (4, 7)
    );
}

#[test]
fn unreadable_lines_are_told_and_counted() {
    let mut aggregator = aggregator(1000, AggregatorLimits::STANDARD);
    let rejected = aggregator.packet(b"c:n:1x\nS:n:dXNlci0x\nnothing", Timestamp(START));
    let told: Vec<(usize, LineReason)> = rejected
        .iter()
        .map(|reject| (reject.offset, reject.reason))
        .collect();
    assert_eq!(
        told,
        [
            (7, LineReason::UnknownType),
            (20, LineReason::MissingSeparator)
        ]
    );
    let counts = aggregator.counts();
    assert_eq!(counts.rejected(LineReason::UnknownType), 1);
    assert_eq!((counts.lines, counts.trailing_text), (1, 1));
}

/// Measurements by canonical tags without the type; several of one tag set are brought together as
/// the aggregator behind the agents does.
type Measurements = BTreeMap<String, u64>;

fn measured(datapoints: &[Datapoint]) -> Measurements {
    let mut all = Measurements::new();
    for point in datapoints {
        let tags = point
            .tags
            .iter()
            .filter(|(key, _)| &***key != "atlas.dstype");
        let tags: Vec<_> = tags
            .map(|(key, value)| (Arc::clone(key), Arc::clone(value)))
            .collect();
        let before = all.insert(Tags::from_pairs(tags).canonical(), point.value.to_bits());
        assert!(before.is_none(), "one datapoint a series");
    }
    all
}

fn recorded(rows: &Value) -> Measurements {
    let mut all: BTreeMap<String, f64> = BTreeMap::new();
    for row in rows.as_array().unwrap() {
        let pairs = row["tags"].as_object().unwrap().iter();
        let own = pairs.map(|(key, value)| (key.as_str(), value.as_str().unwrap()));
        let name = [("name", row["name"].as_str().unwrap())];
        let tags = Tags::from_pairs(own.filter(|(key, _)| *key != "atlas.dstype").chain(name));
        let value = row["value"].as_f64().unwrap_or(f64::INFINITY);
        let is_largest = tags
            .get("statistic")
            .is_some_and(|statistic| &**statistic == "max");
        all.entry(tags.canonical())
            .and_modify(|held| {
                *held = if is_largest {
                    held.max(value)
                } else {
                    *held + value
                }
            })
            .or_insert(value);
    }
    all.into_iter()
        .map(|(tags, value)| (tags, value.to_bits()))
        .collect()
}

fn bytes_of(case: &Value) -> Vec<u8> {
    if let Some(text) = case["packet"].as_str() {
        return text.as_bytes().to_vec();
    }
    let digits = case["packet_hex"].as_str().unwrap().as_bytes();
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
    digits.chunks(2).map(byte).collect()
}

/// Leaves out the age gauges of a packet, which the recordings leave out.
fn without_ages(packet: &[u8], mut said: Measurements) -> Measurements {
    for line in line::lines(packet)
        .flatten()
        .filter(|line| line.kind == LineKind::Age)
    {
        let tags = line.tags();
        let pairs = tags
            .iter()
            .map(|(key, value)| (Arc::clone(key), Arc::clone(value)));
        let gauge = Tags::from_pairs(pairs.chain([("statistic".into(), "gauge".into())]));
        said.remove(&gauge.canonical());
    }
    said
}

#[test]
fn recorded_intervals_of_the_agent() {
    let mut count = 0;
    for case in oracle::cases("lines.jsonl") {
        let key = case["key"].as_str().unwrap();
        let single = vec![serde_json::json!({
            "packet": case["packet"], "packet_hex": case["packet_hex"], "flush": case["first_flush"],
        })];
        let intervals = case["intervals"].as_array().unwrap_or(&single);
        let mut aggregator = aggregator(1000, AggregatorLimits::STANDARD);
        for (interval, now) in intervals.iter().zip((START..).step_by(1000)) {
            let packet = bytes_of(interval);
            aggregator.packet(&packet, Timestamp(now));
            let datapoints = aggregator.advance(Timestamp(now + 1000));
            let said = without_ages(&packet, measured(&datapoints));
            let expected = recorded(&interval["flush"]);
            if case["line_count"].is_null() {
                assert_eq!(said, expected, "{key}");
            } else {
                assert_eq!(case["line_count"], said.len(), "{key}");
                assert!(
                    expected
                        .iter()
                        .all(|(tags, value)| said.get(tags) == Some(value))
                );
            }
            count += 1;
        }
    }
    println!("{count} intervals compared");
}

/// Datagrams of real clients, all inside one step.
#[test]
fn recorded_bytes_of_clients() {
    for client in ["spectator-py", "spectator-go"] {
        let Some(folder) = oracle::path(&format!("wire/{client}")) else {
            continue;
        };
        let variants = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().path());
        for variant in variants.filter(|path| path.join("expect.json").exists()) {
            first_flush_is_as_recorded(&variant);
        }
    }
}

fn first_flush_is_as_recorded(folder: &Path) {
    let expected: Value =
        serde_json::from_slice(&std::fs::read(folder.join("expect.json")).unwrap()).unwrap();
    let mut aggregator = aggregator(10_000, AggregatorLimits::STANDARD);
    let mut ages = Measurements::new();
    for number in 1..=expected["datagrams"].as_u64().unwrap() {
        let packet = std::fs::read(folder.join(format!("{number:03}.bin"))).unwrap();
        aggregator.packet(&packet, Timestamp(START));
        for line in line::lines(&packet)
            .flatten()
            .filter(|line| line.kind == LineKind::Age)
        {
            let LineValue::Double(seconds) = line.value else {
                panic!("{line:?}")
            };
            let age = if seconds == 0.0 {
                10.0
            } else {
                10.0 + START as f64 / 1000.0 - seconds
            };
            ages.insert(line.tags().canonical() + ",statistic=gauge", age.to_bits());
        }
    }
    let datapoints = aggregator.advance(Timestamp(START + 10_000));
    let mut rows = recorded(&expected["first_flush"]);
    for (tags, value) in &mut rows {
        let is_amount = !tags.ends_with("statistic=gauge") && !tags.contains("statistic=max");
        let amount = f64::from_bits(*value);
        *value = if is_amount { amount / 10.0 } else { amount }.to_bits();
    }
    assert_eq!(ages.len(), 2);
    rows.extend(ages);
    assert_eq!(measured(&datapoints), rows, "{}", folder.display());
    for point in &datapoints {
        let is_gauge = ["gauge", "max"].contains(&&**point.tags.get("statistic").unwrap());
        let expected = if is_gauge { DsType::Gauge } else { DsType::Sum };
        assert_eq!(DsType::of(&point.tags), expected, "{:?}", point.tags);
    }
    let lines = expected["lines"].as_array().unwrap();
    let sketches = lines.iter().filter(|line| line["type"] == "S").count() as u64;
    assert_eq!(
        aggregator.counts().rejected(LineReason::UnknownType),
        sketches
    );
}

/// Lines whose order does not matter: few whole eighths keep every sum exact, even that of squared
/// nanoseconds.
fn commutative_line() -> impl Strategy<Value = String> {
    let kind = prop::sample::select(vec!["c", "d", "D", "m", "t", "T"]);
    let head = prop::sample::select(vec![
        "n",
        "n,a=1",
        "n,a=1,b=2",
        "n,b=2,a=1",
        "m,statistic=x",
    ]);
    (kind, head, -8i32..8)
        .prop_map(|(kind, head, eighths)| format!("{kind}:{head}:{}", f64::from(eighths) / 8.0))
}

fn run(packets: &[Vec<u8>]) -> Vec<Datapoint> {
    let mut aggregator = aggregator(10_000, AggregatorLimits::STANDARD);
    let mut now = START;
    for packet in packets {
        aggregator.packet(packet, Timestamp(now));
        now += 7;
    }
    aggregator.advance(Timestamp(START + 10_000))
}

fn any_line() -> impl Strategy<Value = String> {
    (
        "[AcCUXdDgmtT](,5)?:[ab](,[ab]=[1 2])?",
        "-?[0-9]{1,3}(\\.5)?|nan|inf|x",
    )
        .prop_map(|(head, value)| format!("{head}:{value}"))
}

proptest! {
    #[test]
    fn the_order_of_amounts_does_not_matter(
        lines in prop::collection::vec(commutative_line(), 0..40),
        seed: u64,
    ) {
        let mut shuffled: Vec<(u64, String)> = lines
            .iter()
            .zip(1..)
            .map(|(line, index)| (seed.wrapping_mul(index).rotate_left(31), line.clone()))
            .collect();
        shuffled.sort();
        let packets = |lines: Vec<&String>| -> Vec<Vec<u8>> {
            lines.into_iter().map(|line| line.clone().into_bytes()).collect()
        };
        let in_order = run(&packets(lines.iter().collect()));
        let by_chance = run(&packets(shuffled.iter().map(|(_, line)| line).collect()));
        prop_assert_eq!(in_order, by_chance);
    }

    #[test]
    fn how_lines_are_packed_does_not_matter(
        lines in prop::collection::vec(any_line(), 1..30),
        cuts in prop::collection::vec(any::<bool>(), 30),
    ) {
        let mut packets = vec![Vec::new()];
        for (line, is_cut) in lines.iter().zip(cuts) {
            if is_cut {
                packets.push(Vec::new());
            }
            let packet = packets.last_mut().unwrap();
            packet.extend_from_slice(line.as_bytes());
            packet.push(b'\n');
        }
        let mut split = aggregator(10_000, AggregatorLimits::STANDARD);
        let mut whole = aggregator(10_000, AggregatorLimits::STANDARD);
        for step in 0..3 {
            let now = Timestamp(START + 10_000 * step + 1);
            for packet in &packets {
                split.packet(packet, now);
            }
            whole.packet(lines.join("\n").as_bytes(), now);
            let end = Timestamp(START + 10_000 * (step + 1));
            prop_assert_eq!(split.advance(end), whole.advance(end));
        }
        prop_assert_eq!(split.counts(), whole.counts());
    }

    /// Whatever arrives and however time goes: no panic, no NaN, sorted, one datapoint a series.
    #[test]
    fn what_comes_out_is_clean(
        packets in prop::collection::vec(
            (prop::collection::vec(any_line(), 0..6), -5_000i64..2_000_000), 0..12),
    ) {
        let mut aggregator = aggregator(10_000, AggregatorLimits {
            meters_max: 6,
            series_max: 12,
            age_gauges_max: 2,
            head_bytes_max: 12,
            memo_bytes_max: 300,
        });
        let mut now = START;
        for (lines, elapsed) in packets {
            now += elapsed;
            let said = aggregator.advance(Timestamp(now));
            aggregator.packet(lines.join("\n").as_bytes(), Timestamp(now));
            prop_assert!(said.iter().all(|point| !point.value.is_nan()));
            let order: Vec<_> =
                said.iter().map(|point| (point.timestamp, point.tags.canonical())).collect();
            prop_assert!(order.windows(2).all(|pair| pair[0] < pair[1]));
            prop_assert!(aggregator.meter_count() <= 6 && aggregator.series_count() <= 12);
        }
    }
}

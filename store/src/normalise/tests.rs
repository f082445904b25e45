use std::collections::BTreeMap;
use std::path::Path;

use proptest::prelude::*;
use serde_json::Value;
use telamon_model::{PartitionCount, Step};

use super::*;
use crate::options::Options;

fn calendar(step_ms: i64) -> Calendar {
    Calendar::new(&Options {
        step: Step::from_millis(step_ms).unwrap(),
        partitions: PartitionCount::new(1).unwrap(),
        block_slots: 360,
        retention_ms: 86_400_000,
        age_max_ms: 60_000,
    })
}

fn replay(
    calendar: &Calendar,
    dstype: DsType,
    points: impl IntoIterator<Item = (i64, f64)>,
) -> BTreeMap<i64, f64> {
    let mut state = State::fresh(dstype);
    let mut cells = BTreeMap::new();
    for (time, value) in points {
        let point = Point {
            time: Timestamp(time),
            value,
        };
        state.apply(calendar, point, &mut |slot, value| {
            if !value.is_nan() {
                cells.insert(slot.0, value);
            }
        });
    }
    cells
}

fn number(value: &Value) -> f64 {
    match value.as_str() {
        Some("NaN") => f64::NAN,
        Some("Infinity") => f64::INFINITY,
        Some("-Infinity") => f64::NEG_INFINITY,
        _ => value.as_f64().unwrap(),
    }
}

fn dstype_named(name: Option<&str>) -> DsType {
    match name {
        Some("counter") => DsType::Counter,
        Some("gauge") => DsType::Gauge,
        Some("sum") => DsType::Sum,
        _ => DsType::Rate,
    }
}

/// Answers of one case: per type a series of its own, whose values add up.
fn answer(case: &Value, origin_slot: i64) -> BTreeMap<i64, u64> {
    let step_ms = case["step_ms"].as_i64().unwrap();
    let calendar = calendar(step_ms);
    let mut points: BTreeMap<DsType, Vec<(i64, f64)>> = BTreeMap::new();
    for request in case["requests"].as_array().unwrap() {
        for point in request.as_array().unwrap() {
            let name = point.get(2).unwrap_or(&case["dstype"]).as_str();
            let time = origin_slot * step_ms + point[0].as_i64().unwrap();
            let list = points.entry(dstype_named(name)).or_default();
            list.push((time, number(&point[1])));
        }
    }
    let mut sums: BTreeMap<i64, f64> = BTreeMap::new();
    for (dstype, points) in points {
        for (slot, value) in replay(&calendar, dstype, points) {
            *sums.entry(slot - origin_slot).or_insert(0.0) += value;
        }
    }
    let first = case["window_steps"][0].as_i64().unwrap();
    let last = case["window_steps"][1].as_i64().unwrap();
    sums.range(first..=last)
        .map(|(&slot, value)| (slot, value.to_bits()))
        .collect()
}

#[test]
fn recorded_sequences_agree_bit_for_bit() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let path = ["../..", "../../.."]
        .map(|above| {
            here.join(above)
                .join("shared/oracle/ingest/normalise.jsonl")
        })
        .into_iter()
        .find(|path| path.exists());
    let Some(path) = path else {
        println!("skipped: no recorded sequences beside the project");
        return;
    };
    let text = std::fs::read_to_string(path).unwrap();
    let mut count = 0;
    for line in text.lines() {
        let case: Value = serde_json::from_str(line).unwrap();
        let expected = case
            .get("values_without_stale_slot")
            .unwrap_or(&case["values"]);
        let expected: BTreeMap<i64, u64> = expected
            .as_array()
            .into_iter()
            .flatten()
            .map(|pair| (pair[0].as_i64().unwrap(), number(&pair[1]).to_bits()))
            .collect();
        assert_eq!(answer(&case, 1_000), expected, "{}", case["key"]);
        count += 1;
    }
    assert!(count > 300, "only {count} recorded sequences");
}

#[test]
fn a_late_value_is_not_merged_with_an_older_step() {
    let ten_seconds = calendar(10_000);
    let gauge = [(20_000, 9.0), (50_000, 1.0), (40_000, 0.5)];
    assert_eq!(replay(&ten_seconds, DsType::Gauge, gauge)[&4], 0.5);
    let sum = [(10_000, 5.0), (20_000, 7.0), (40_000, 3.0), (30_000, 1.0)];
    assert_eq!(replay(&ten_seconds, DsType::Sum, sum)[&3], 1.0);
}

#[test]
fn every_dropped_point_has_its_reason() {
    let ten_seconds = calendar(10_000);
    let verdicts = |dstype, points: &[(i64, f64)]| -> Vec<Verdict> {
        let mut state = State::fresh(dstype);
        points
            .iter()
            .map(|&(time, value)| {
                let time = Timestamp(time);
                state.apply(&ten_seconds, Point { time, value }, &mut |_, _| {})
            })
            .collect()
    };
    use Verdict::{Accepted, DuplicateOrOlder, Nan, TooOldStep};
    assert_eq!(
        verdicts(DsType::Rate, &[(5, 1.0), (5, 1.0), (4, 1.0), (6, f64::NAN)]),
        [Accepted, DuplicateOrOlder, DuplicateOrOlder, Nan]
    );
    assert_eq!(
        verdicts(
            DsType::Gauge,
            &[(30_000, 1.0), (20_000, 1.0), (10_000, 1.0), (1, f64::NAN)]
        ),
        [Accepted, Accepted, TooOldStep, Nan]
    );
}

/// Which NaN an operation gives is the compiler's choice, so a digest must not depend on it.
#[test]
fn every_nan_has_one_digest() {
    let calendar = calendar(10_000);
    for dstype in [DsType::Rate, DsType::Counter] {
        let words = [f64::NAN, -f64::NAN].map(|nan| {
            let mut state = State::fresh(dstype);
            for (time, value) in [(15_000, 1.0), (16_000, nan)] {
                let point = Point {
                    time: Timestamp(time),
                    value,
                };
                state.apply(&calendar, point, &mut |_, _| {});
            }
            state.digest_words()
        });
        assert_eq!(words[0], words[1], "{dstype:?}");
    }
}

proptest! {
    /// A constant rate, at whatever times, is that rate in every step between its points.
    #[test]
    fn a_constant_rate_stays_constant(
        gaps in prop::collection::vec(1_i64..10_000, 2..40),
        value in 1_u32..1000,
    ) {
        let mut time = 1_000_000;
        let points = gaps.iter().map(|gap| { time += gap; (time, f64::from(value)) });
        let cells = replay(&calendar(10_000), DsType::Rate, points);
        for (slot, cell) in cells.iter().skip(1) {
            prop_assert!((cell - f64::from(value)).abs() < 1e-9, "slot {} holds {}", slot, cell);
        }
    }
}

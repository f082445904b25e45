//! Laws of our own ticks, and what they look like.

use proptest::prelude::*;

use super::*;
use crate::scale::Decades;

fn rows(scale: Scale, (low, high): (f64, f64), height: i32) -> RowScale {
    match scale {
        Scale::LogLinear => {
            let decades = Decades::new(low.abs().min(high.abs()).max(1e-3), high.abs().max(1e-3));
            RowScale::of_decades(decades, (low, high), (10, 10 + height))
        }
        _ => RowScale::new(scale, (low, high), (10, 10 + height)),
    }
}

/// Labels from below to above, with the base in front if there is one.
fn check(ends: (f64, f64), height: i32, how: (Scale, TickLabels), expected: &str) {
    let rows = rows(how.0, ends, height);
    let room = AxisRoom {
        rows: &rows,
        cells: 6,
    };
    let found = value_ticks(ends, how, room);
    let base = found
        .base
        .map(|base| match base {
            TickBase::Added(text) | TickBase::Times(text) => format!("[{text}] "),
        })
        .unwrap_or_default();
    let labels: Vec<String> = found
        .ticks
        .into_iter()
        .filter(|tick| tick.is_major)
        .map(|tick| tick.label)
        .collect();
    assert_eq!(base + &labels.join(" "), expected, "{ends:?}");
}

#[test]
fn decimals_are_those_of_the_step() {
    let check = |low: f64, high: f64, expected: &str| {
        check(
            (low, high),
            200,
            (Scale::Linear, TickLabels::Decimal),
            expected,
        );
    };
    check(0.0, 100.0, "0 20 40 60 80 100");
    check(0.0, 1.05, "0 0.2 0.4 0.6 0.8 1.0");
    check(0.0, 5_250.0, "0 1k 2k 3k 4k 5k");
    check(0.0, 1_250.0, "0 500 1000");
    check(-0.003, 0.003, "-2m 0 2m");
    check(0.0, 3.2e-7, "0 100n 200n 300n");
    check(1.2e6, 1.29e6, "1.20M 1.22M 1.24M 1.26M 1.28M");
}

#[test]
fn a_narrow_range_far_from_zero_tells_distances() {
    let check = |low: f64, high: f64, mode: TickLabels, expected: &str| {
        check((low, high), 200, (Scale::Linear, mode), expected);
    };
    check(
        200_026.230_4,
        200_026.234_1,
        TickLabels::Decimal,
        "[200026.23] +0.001 +0.002 +0.003 +0.004",
    );
    check(
        1e15,
        1e15 + 100.0,
        TickLabels::Decimal,
        "[1P] +0 +20 +40 +60 +80 +100",
    );
    check(
        1_099_511_627_776.0,
        1_099_511_627_776.0 + 4096.0,
        TickLabels::Binary,
        "[1Ti] +0 +1Ki +2Ki +3Ki +4Ki",
    );
}

#[test]
fn other_units_have_round_steps_of_their_own() {
    let linear = |low: f64, high: f64, mode: TickLabels, expected: &str| {
        check((low, high), 200, (Scale::Linear, mode), expected);
    };
    linear(
        0.0,
        2_147_483_648.0,
        TickLabels::Binary,
        "0 0.5Gi 1.0Gi 1.5Gi 2.0Gi",
    );
    linear(0.0, 300.0, TickLabels::Duration, "0 1m 2m 3m 4m 5m");
    linear(0.0, 100.0, TickLabels::Duration, "0 30s 1m 1m30s");
    linear(
        0.0,
        0.25,
        TickLabels::Duration,
        "0 0.05s 0.10s 0.15s 0.20s 0.25s",
    );
    linear(0.0, 200_000.0, TickLabels::Duration, "0 12h 1d 1d12h 2d");
}

#[test]
fn powers_have_what_lies_between_where_there_is_room() {
    let log = (Scale::Logarithmic, TickLabels::Decimal);
    check((0.0, 1000.0), 300, log, "0 1 2 5 10 20 50 100 200 500 1k");
    check((0.0, 1e6), 200, log, "0 10 100 1k 10k 100k 1M");
    check((-1e4, 1e4), 200, log, "-10k -1k -100 -10 0 10 100 1k 10k");
    check((-1e3, 1e3), 300, log, "-1k -100 -10 -1 0 1 10 100 1k");
    check(
        (0.0, 1e24),
        200,
        log,
        "0 100 10k 1M 100M 10G 1T 100T 10P 1E 100E 10Z 1Y",
    );
    check((100.0, 130.0), 200, log, "100 110 120 130");
    let decades = (Scale::LogLinear, TickLabels::Decimal);
    check((0.0, 100.0), 200, decades, "0 0.01 0.1 1 10 100");
    check((1.0, 100.0), 200, decades, "1 5 10 50 100");
}

#[test]
fn beyond_all_prefixes_a_power_stands_above() {
    let linear = (Scale::Linear, TickLabels::Decimal);
    check(
        (0.0, 1e300),
        200,
        linear,
        "[\u{d7}1e300] 0 0.2 0.4 0.6 0.8 1.0",
    );
    check(
        (0.0, 1e-300),
        200,
        linear,
        "[\u{d7}1e-300] 0 0.2 0.4 0.6 0.8 1.0",
    );
}

fn any_scale() -> impl Strategy<Value = Scale> {
    prop::sample::select(vec![
        Scale::Linear,
        Scale::Logarithmic,
        Scale::LogLinear,
        Scale::Power2,
        Scale::Sqrt,
    ])
}

fn any_mode() -> impl Strategy<Value = TickLabels> {
    prop::sample::select(vec![
        TickLabels::Decimal,
        TickLabels::Binary,
        TickLabels::Duration,
    ])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn labels_fit_differ_and_never_touch(
        low in prop_oneof![prop::num::f64::NORMAL, Just(0.0), -1e6..1e6_f64],
        width in prop_oneof![prop::num::f64::POSITIVE, 1e-3..1e6_f64],
        height in 20..1000_i32,
        cells_max in 6..10_i32,
        how in (any_scale(), any_mode()),
    ) {
        let low = low.clamp(-f64::MAX / 4.0, f64::MAX / 4.0);
        let high = (low + width).min(f64::MAX / 2.0);
        prop_assume!(low < high);
        let rows = rows(how.0, (low, high), height);
        let found = value_ticks((low, high), how, AxisRoom { rows: &rows, cells: cells_max });
        prop_assert!(found.ticks.len() < 4000);
        prop_assert!(found.ticks.windows(2).all(|pair| pair[0].value < pair[1].value));
        prop_assert!(found.ticks.iter().all(|tick| low <= tick.value && tick.value <= high));
        let labelled: Vec<&Tick> = found.ticks.iter().filter(|tick| !tick.label.is_empty()).collect();
        prop_assert!(labelled.iter().all(|tick| tick.is_major && cells(&tick.label) <= cells_max));
        let places: Vec<i32> = labelled.iter().map(|tick| rows.row(tick.value)).collect();
        let is_sane = (low / 2.0 - high / 2.0).abs() > 1e-10 * low.abs().max(high.abs());
        if labelled.len() > 2 || is_sane {
            prop_assert!(places.windows(2).all(|pair| pair[0] - pair[1] >= 14), "{:?}", places);
        }
        let mut texts: Vec<&str> = labelled.iter().map(|tick| tick.label.as_str()).collect();
        texts.sort_unstable();
        prop_assert!(texts.windows(2).all(|pair| pair[0] != pair[1]), "{:?}", texts);
    }

    #[test]
    fn an_axis_can_be_read(
        low in -1e6..1e6_f64,
        exponent in -3..7_i32,
        height in 64..1000_i32,
        how in (any_scale(), any_mode()),
    ) {
        let high = low + libm::exp10(f64::from(exponent));
        let rows = rows(how.0, (low, high), height);
        let found = value_ticks((low, high), how, AxisRoom { rows: &rows, cells: 6 });
        let labelled = found.ticks.iter().filter(|tick| !tick.label.is_empty()).count();
        prop_assert!(labelled >= 2, "{:?}", found);
        if low <= 0.0 && high >= 0.0 {
            prop_assert!(found.ticks.iter().any(|tick| tick.value == 0.0));
        }
    }
}

proptest! {
    #[test]
    fn round_values_are_about_as_many_as_wanted(
        low in -1e6..1e6_f64, span in 1e-6..1e6_f64, count in 2..60_i32,
    ) {
        let high = low + span;
        let found = round_values((low, high), count, TickLabels::Decimal);
        let most = f64::from(count) * 1.5 + 1.0;
        let least = f64::from(count) / 1.5 - 1.0;
        #[expect(clippy::cast_precision_loss, reason = "a few dozens")]
        let number = found.len() as f64;
        prop_assert!((least..=most).contains(&number), "{found:?}");
        prop_assert!(found.iter().all(|value| (low..=high).contains(value)));
    }
}

#[test]
fn bent_scales_have_enough_labels() {
    let check = |ends: (f64, f64), height: i32, expected: &str| {
        check(ends, height, (Scale::Power2, TickLabels::Decimal), expected);
    };
    check((0.0, 1050.0), 200, "0 400 600 800 1000");
    check((0.0, 45.0), 100, "0 20 40");
    check((0.0, 45.0), 200, "0 15 20 25 30 35 40 45");
    check((0.0, 140.0), 200, "0 40 60 80 100 120 140");
    check((0.0, 210.0), 300, "0 60 80 100 120 140 160 180 200");
}

//! Ticks against recorded vectors, where they are at hand, and against laws.

use proptest::prelude::*;

use super::*;

const VECTORS: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../shared/data/tick_vectors.tsv"
);

fn number(text: &str) -> f64 {
    match text.trim().trim_end_matches('L') {
        "Double.MaxValue" => f64::MAX,
        "1e12 + 5e6" => 1e12 + 5e6,
        plain => plain.parse().unwrap(),
    }
}

fn check(row: &[&str]) -> Result<(), String> {
    let args: Vec<&str> = row[1].split(',').collect();
    let (low, high, count) = (
        number(args[0]),
        number(args[1]),
        args[2].trim().parse().unwrap(),
    );
    let found = match row[0] {
        "binary" => ticks(low, high, count, (Scale::Linear, TickLabels::Binary)),
        "duration" => ticks(low, high, count, (Scale::Linear, TickLabels::Duration)),
        "logLinear" => ticks(low, high, count, (Scale::LogLinear, TickLabels::Decimal)),
        _ => ticks(low, high, count, (Scale::Linear, TickLabels::Decimal)),
    };
    let majors: Vec<&Tick> = found.iter().filter(|tick| tick.is_major).collect();
    let label = |tick: Option<&Tick>| tick.map(|tick| tick.label.clone());
    let offset = found.first().map(|tick| tick.offset);
    let expected = |column: usize| row.get(column).copied().filter(|text| !text.is_empty());
    let texts = [
        (2, Some(found.len().to_string())),
        (3, Some(majors.len().to_string())),
        (5, label(found.first())),
        (6, label(found.last())),
        (7, label(majors.first().copied())),
        (8, label(majors.last().copied())),
    ];
    for (column, actual) in texts {
        if expected(column).is_some_and(|text| actual.as_deref() != Some(text)) {
            return Err(format!("{row:?}: column {column} is {actual:?}"));
        }
    }
    match (expected(4).map(number), offset) {
        (Some(wanted), Some(actual)) if (wanted - actual).abs() > 1e-9 * wanted.abs() => {
            Err(format!("{row:?}: offset is {actual}"))
        }
        _ => Ok(()),
    }
}

#[test]
fn recorded_vectors_are_met() {
    let Ok(text) = std::fs::read_to_string(VECTORS) else {
        println!("skipped: no recorded tick vectors beside the workspace");
        return;
    };
    // `simple` are ticks of heatmap colours, which no axis has.
    let rows: Vec<Vec<&str>> = text
        .lines()
        .skip(1)
        .filter(|line| !line.starts_with("simple"))
        .map(|line| line.split('\t').collect())
        .collect();
    let failures: Vec<String> = rows.iter().filter_map(|row| check(row).err()).collect();
    assert!(
        failures.is_empty(),
        "{} of {}:\n{}",
        failures.len(),
        rows.len(),
        failures.join("\n")
    );
}

#[test]
fn a_percent_axis_is_labelled_in_twenties() {
    let found = ticks(0.0, 100.0, 7, (Scale::Linear, TickLabels::Decimal));
    let majors: Vec<&str> = found
        .iter()
        .filter(|tick| tick.is_major)
        .map(|tick| tick.label.as_str())
        .collect();
    assert_eq!(majors, ["0.0", "20.0", "40.0", "60.0", "80.0", "100.0"]);
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

fn any_labels() -> impl Strategy<Value = TickLabels> {
    prop::sample::select(vec![
        TickLabels::Off,
        TickLabels::Decimal,
        TickLabels::Binary,
        TickLabels::Duration,
    ])
}

proptest! {
    #[test]
    fn ticks_ascend_inside_the_range_and_are_few(
        low in prop::num::f64::NORMAL | prop::num::f64::ZERO,
        width in prop::num::f64::POSITIVE,
        count in 1..24_usize,
        scale in any_scale(),
        labels in any_labels(),
    ) {
        let high = (low + width).min(f64::MAX);
        let found = ticks(low, high, count, (scale, labels));
        prop_assert!(found.len() < 6000);
        prop_assert!(found.windows(2).all(|pair| pair[0].value <= pair[1].value));
        prop_assert!(found.iter().all(|tick| low <= tick.value && tick.value <= high));
    }

    #[test]
    fn every_value_lies_in_its_bucket(value in 1e-9..1e30_f64) {
        let index = bucket_index(value);
        prop_assert!(value <= bucket(index));
        prop_assert!(index == 0 || bucket(index - 1) < value);
        prop_assert_eq!(bucket_index(-value), -index - 1);
    }
}

//! Statistics in columns: numbers of a column share prefix and decimals, so that points align and
//! sizes can be compared at a glance.

use telamon_model::number::{fixed, scientific};

use crate::graph::TickLabels;
use crate::prefix::{ONE, Prefix};
use crate::text::cells;

/// A number has three digits from here on; and the decimals spent on having them at most.
const DIGITS_SHOWN: f64 = 100.0;
const DECIMALS_MAX: u8 = 3;
/// Cells of a number with decimals and a shared prefix.
const SHARED_CELLS_MAX: i32 = 7;
/// Whole numbers up to here need no prefix.
const WHOLE_MAX: f64 = 1e5;
/// Beyond these sizes no prefix helps.
const PLAIN_MAX: f64 = 1e27;
const PLAIN_MIN: f64 = 1e-12;
/// Ten thousand years in seconds.
const TIME_MAX: f64 = 3.2e11;

fn plain_max(mode: TickLabels) -> f64 {
    match mode {
        TickLabels::Duration => TIME_MAX,
        TickLabels::Off | TickLabels::Decimal | TickLabels::Binary => PLAIN_MAX,
    }
}

/// The texts of a column, all of the same number of cells, with points below each other.
pub(super) fn column(values: &[f64], mode: TickLabels) -> Vec<String> {
    let texts = shared(values, mode)
        .unwrap_or_else(|| values.iter().map(|&value| alone(value, mode)).collect());
    aligned(texts)
}

/// All with one prefix, unless some would lose their digits.
fn shared(values: &[f64], mode: TickLabels) -> Option<Vec<String>> {
    let sizes = || {
        values
            .iter()
            .map(|value| value.abs())
            .filter(|&size| size > 0.0 && size.is_finite())
    };
    let largest = sizes().fold(0.0, f64::max);
    if largest >= plain_max(mode) || sizes().any(|size| size < PLAIN_MIN) {
        return None;
    }
    let prefix = if is_whole(values) && largest < WHOLE_MAX && mode != TickLabels::Duration {
        ONE
    } else {
        prefix_of(largest, mode)
    };
    let prefix = match smaller(prefix, mode) {
        // Few digits before the point on one side and none on the other are harder to compare.
        Some(smaller)
            if sizes().any(|size| size < prefix.factor) && largest < 10.0 * prefix.factor =>
        {
            smaller
        }
        _ => prefix,
    };
    let decimals = values
        .iter()
        .map(|value| decimals_of(value / prefix.factor))
        .max()
        .unwrap_or(0);
    // With two digits a number still tells its size; with less it would read as nothing.
    let smallest = sizes().fold(f64::INFINITY, f64::min) / prefix.factor;
    let least_shown = f64::from(10_u32.pow(u32::from(decimals)));
    if smallest * least_shown < 10.0 && decimals == DECIMALS_MAX {
        return None;
    }
    let text = |value: f64| match word_of(value) {
        Some(word) => word.to_owned(),
        None => fixed(value / prefix.factor, decimals) + prefix.text,
    };
    let texts: Vec<String> = values.iter().map(|&value| text(value)).collect();
    // Sizes that are far apart would make long numbers of large ones.
    let longest = texts.iter().map(|text| cells(text)).max().unwrap_or(0);
    (longest <= SHARED_CELLS_MAX || decimals == 0).then_some(texts)
}

/// With a prefix of its own.
fn alone(value: f64, mode: TickLabels) -> String {
    if let Some(word) = word_of(value) {
        return word.to_owned();
    }
    if value.abs() >= plain_max(mode) || value.abs() < PLAIN_MIN {
        return scientific(value, 2);
    }
    let prefix = prefix_of(value, mode);
    let scaled = value / prefix.factor;
    fixed(scaled, decimals_of(scaled)) + prefix.text
}

/// What is no number to compute with.
fn word_of(value: f64) -> Option<&'static str> {
    if value == 0.0 {
        Some("0")
    } else if value.is_nan() {
        Some("\u{2013}")
    } else if value == f64::INFINITY {
        Some("\u{221e}")
    } else if value == f64::NEG_INFINITY {
        Some("-\u{221e}")
    } else {
        None
    }
}

fn prefix_of(value: f64, mode: TickLabels) -> Prefix {
    let size = value.abs();
    match mode {
        TickLabels::Duration => Prefix::duration_below(value),
        _ if (0.01..1.0).contains(&size) => ONE,
        TickLabels::Binary => Prefix::binary_below(value),
        TickLabels::Off | TickLabels::Decimal => Prefix::below(value),
    }
}

/// The next smaller prefix that is a multiple of one.
fn smaller(prefix: Prefix, mode: TickLabels) -> Option<Prefix> {
    (prefix.factor > 1.0).then(|| prefix_of(prefix.factor / 2.0, mode))
}

fn is_whole(values: &[f64]) -> bool {
    let mut finite = values.iter().filter(|value| value.is_finite());
    finite.all(|value| value.fract() == 0.0)
}

/// Decimals that show a few digits of a number, or all it has.
fn decimals_of(value: f64) -> u8 {
    let size = value.abs();
    if size == 0.0 || !size.is_finite() || size.fract() == 0.0 {
        return 0;
    }
    let mut decimals = 0;
    let mut shown = size;
    while decimals < DECIMALS_MAX && shown < DIGITS_SHOWN {
        shown *= 10.0;
        decimals += 1;
    }
    decimals
}

/// Blanks before and after, so that points stand below each other.
fn aligned(texts: Vec<String>) -> Vec<String> {
    let split = |text: &str| -> (i32, i32) {
        let digits = text
            .find(|mark: char| !(mark.is_ascii_digit() || mark == '-'))
            .unwrap_or(text.len());
        // A word stands where whole numbers do.
        let digits = if digits == 0 { text.len() } else { digits };
        (cells(&text[..digits]), cells(&text[digits..]))
    };
    let sides: Vec<(i32, i32)> = texts.iter().map(|text| split(text)).collect();
    let before = sides.iter().map(|side| side.0).max().unwrap_or(0);
    let after = sides.iter().map(|side| side.1).max().unwrap_or(0);
    let blanks = |count: i32| " ".repeat(usize::try_from(count).unwrap_or(0));
    texts
        .into_iter()
        .zip(sides)
        .map(|(text, (whole, rest))| blanks(before - whole) + &text + &blanks(after - rest))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(values: &[f64], mode: TickLabels, expected: &[&str]) {
        assert_eq!(column(values, mode), expected, "{values:?}");
    }

    #[test]
    fn points_stand_below_each_other() {
        let decimal = TickLabels::Decimal;
        check(&[1234.5, 987.6], decimal, &["1235", " 988"]);
        check(&[12_345.0, 9876.5], decimal, &["12.35k", " 9.88k"]);
        check(&[180.0, 1440.0, 0.0], decimal, &[" 180", "1440", "   0"]);
        check(
            &[12.5, 3.0, f64::NAN],
            decimal,
            &["12.5", " 3.0", " \u{2013}  "],
        );
        check(&[2e6, 5.0], decimal, &["2M", "5 "]);
        check(&[358_872.4, 893.25], decimal, &["359k", "893 "]);
        check(&[0.25, 0.125], decimal, &["0.250", "0.125"]);
        check(
            &[1e30, f64::INFINITY],
            decimal,
            &["1.00e+30", "\u{221e}       "],
        );
    }

    #[test]
    fn units_stay_with_their_numbers() {
        check(&[90.0, 600.0], TickLabels::Duration, &[" 1.50m", "10.00m"]);
        check(&[0.012, 0.25], TickLabels::Duration, &[" 12ms", "250ms"]);
        check(&[2048.0, 1536.0], TickLabels::Binary, &["2048", "1536"]);
        check(&[3e9, 1e9], TickLabels::Binary, &["2861Mi", " 954Mi"]);
    }

    proptest! {
        #[test]
        fn columns_are_straight_and_short(
            values in prop::collection::vec(prop_oneof![
                prop::num::f64::ANY, -1e6..1e6_f64, 0.0..1.0_f64, (0..5000_i32).prop_map(f64::from),
            ], 1..12),
            mode in prop::sample::select(vec![
                TickLabels::Decimal, TickLabels::Binary, TickLabels::Duration,
            ]),
        ) {
            let texts = column(&values, mode);
            prop_assert_eq!(texts.len(), values.len());
            let width = cells(&texts[0]);
            prop_assert!(texts.iter().all(|text| cells(text) == width));
            prop_assert!(width <= 20, "{:?}", texts);
            let points: Vec<usize> = texts.iter().filter_map(|text| text.find('.')).collect();
            prop_assert!(points.windows(2).all(|pair| pair[0] == pair[1]), "{:?}", texts);
            // What is something never reads as nothing.
            for (text, value) in texts.iter().zip(&values) {
                let has_digit = text.contains(|mark: char| ('1'..='9').contains(&mark));
                prop_assert!(has_digit || *value == 0.0 || !value.is_finite(), "{text}");
            }
        }
    }
}

//! Statistics in columns: points stand below each other, so that sizes can be compared at a glance.

use telamon_model::number::{fixed, scientific};

use crate::graph::TickLabels;
use crate::prefix::{ONE, Prefix};
use crate::text::cells;

/// A number has three digits from here on; and the decimals spent on having them at most.
const DIGITS_SHOWN: f64 = 100.0;
const DECIMALS_MAX: u8 = 3;
/// Cells of a number that needs many digits.
const EXACT_CELLS_MAX: i32 = 12;
/// Numbers below this need no prefix.
const PREFIXED_MIN: f64 = 1e4;
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

/// The texts of a column, all of the same number of cells, with points below each other. Where lines
/// move by less than three digits show, `fine` is by how much.
pub(super) fn column(values: &[f64], mode: TickLabels, fine: Option<f64>) -> Vec<String> {
    let texts = fine.and_then(|fine| exact(values, mode, fine));
    aligned(texts.unwrap_or_else(|| rounded(values, mode)))
}

/// As many digits as a small movement needs, if they are not too many.
fn exact(values: &[f64], mode: TickLabels, fine: f64) -> Option<Vec<String>> {
    let unit = match mode {
        TickLabels::Duration => "s",
        TickLabels::Off | TickLabels::Decimal | TickLabels::Binary => "",
    };
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "clamped"
    )]
    let decimals = (-libm::log10(fine)).ceil().clamp(0.0, 9.0) as u8;
    let text = |value: f64| match word_of(value) {
        Some(word) => word.to_owned(),
        None => fixed(value, decimals) + unit,
    };
    let texts: Vec<String> = values.iter().map(|&value| text(value)).collect();
    let longest = texts.iter().map(|text| cells(text)).max().unwrap_or(0);
    (longest <= EXACT_CELLS_MAX).then_some(texts)
}

/// Three digits each. Where no number is smaller than the prefix of the largest one they share it;
/// else each has its own, and those below ten thousand have none.
fn rounded(values: &[f64], mode: TickLabels) -> Vec<String> {
    let sizes = values.iter().map(|value| value.abs());
    let sizes: Vec<f64> = sizes
        .filter(|&size| size > 0.0 && size < plain_max(mode))
        .collect();
    let largest = sizes.iter().copied().fold(0.0, f64::max);
    let common = if is_whole(values) && largest < WHOLE_MAX && mode != TickLabels::Duration {
        ONE
    } else {
        prefix_of(largest, mode)
    };
    let is_common = common.text.is_empty() || sizes.iter().all(|&size| size >= common.factor);
    let text = |&value: &f64| {
        let size = value.abs();
        if let Some(word) = word_of(value) {
            return word.to_owned();
        }
        if size >= plain_max(mode) || size < PLAIN_MIN {
            return scientific(value, 2);
        }
        let needs_own = !is_common || (size < 0.01 && common.text.is_empty());
        let prefix = if needs_own {
            prefix_of(value, mode)
        } else {
            common
        };
        let scaled = value / prefix.factor;
        fixed(scaled, decimals_of(scaled)) + prefix.text
    };
    values.iter().map(text).collect()
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
        _ if (0.01..PREFIXED_MIN).contains(&size) => ONE,
        TickLabels::Binary => Prefix::binary_below(value),
        TickLabels::Off | TickLabels::Decimal => Prefix::below(value),
    }
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
        assert_eq!(column(values, mode, None), expected, "{values:?}");
    }

    #[test]
    fn points_stand_below_each_other() {
        let decimal = TickLabels::Decimal;
        check(&[1234.5, 987.6], decimal, &["1235", " 988"]);
        check(&[12_345.0, 9876.5], decimal, &["12.3k ", " 9.88k"]);
        check(
            &[1486.3, 46.25, 0.96],
            decimal,
            &["1486    ", "  46.3  ", "   0.960"],
        );
        check(&[180.0, 1440.0, 0.0], decimal, &[" 180", "1440", "   0"]);
        check(
            &[12.5, 3.0, f64::NAN],
            decimal,
            &["12.5", " 3  ", " \u{2013}  "],
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
    fn small_movements_far_from_zero_are_told() {
        let values = [200_026.236_4, 200_026.231];
        let texts = column(&values, TickLabels::Decimal, Some(0.005));
        assert_eq!(texts, ["200026.236", "200026.231"]);
        // Too many digits are none.
        let texts = column(&values, TickLabels::Decimal, Some(1e-9));
        assert_eq!(texts, ["200k", "200k"]);
    }

    #[test]
    fn units_stay_with_their_numbers() {
        check(&[90.0, 600.0], TickLabels::Duration, &[" 1.50m", "10m   "]);
        check(&[0.012, 0.25], TickLabels::Duration, &[" 12ms", "250ms"]);
        check(&[2048.0, 1536.0], TickLabels::Binary, &["2048", "1536"]);
        check(&[3e9, 1e9], TickLabels::Binary, &["  2.79Gi", "954Mi   "]);
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
            fine in prop::option::of(1e-9..1.0_f64),
        ) {
            let texts = column(&values, mode, fine);
            prop_assert_eq!(texts.len(), values.len());
            let width = cells(&texts[0]);
            prop_assert!(texts.iter().all(|text| cells(text) == width));
            prop_assert!(width <= 20, "{:?}", texts);
            let points: Vec<usize> = texts.iter().filter_map(|text| text.find('.')).collect();
            prop_assert!(points.windows(2).all(|pair| pair[0] == pair[1]), "{:?}", texts);
            // What is something never reads as nothing.
            for (text, value) in texts.iter().zip(&values) {
                let has_digit = text.contains(|mark: char| ('1'..='9').contains(&mark));
                let is_fine = fine.is_some_and(|fine| value.abs() < fine);
                prop_assert!(has_digit || is_fine || *value == 0.0 || !value.is_finite(), "{text}");
            }
        }
    }
}

//! Texts of ticks: shared prefix and decimals, only as many as the step needs.

use telamon_model::number::{fixed, scientific};

use super::super::power_of_ten;
use super::TickBase;
use super::step::{Step, WEEK, YEAR};
use crate::graph::TickLabels;
use crate::prefix::{ONE, Prefix, binary_text, decimal_text};
use crate::text::cells;

/// From here on, and below its inverse, numbers are written as powers of ten.
const PLAIN_MAX: f64 = 1e27;

/// What matters when there are several ways to write a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wish {
    /// No prefix while that is short enough.
    Plain,
    /// As few cells as possible.
    Short,
}

/// Labels of multiples of a step, or none where no prefix reaches.
pub(super) fn labels(
    values: &[f64],
    (step, mode): (Step, TickLabels),
    wish: Wish,
) -> Option<Vec<String>> {
    let largest = largest_of(values);
    if largest > 0.0 && !(1.0 / PLAIN_MAX..PLAIN_MAX).contains(&largest) {
        return None;
    }
    Some(match mode {
        TickLabels::Duration if step.unit > 1.0 => with_prefix(values, step, ("y", wish)),
        TickLabels::Duration if step.size() >= 1.0 => {
            values.iter().map(|&value| time_text(value, step)).collect()
        }
        TickLabels::Duration => with_prefix(values, step, ("s", wish)),
        TickLabels::Binary => with_binary_prefix(values, step),
        TickLabels::Off | TickLabels::Decimal => with_prefix(values, step, ("", wish)),
    })
}

/// Labels as distances from a round value not above the axis, and that value.
pub(super) fn relative(
    values: &[f64],
    (low, span): (f64, f64),
    (step, mode): (Step, TickLabels),
    wish: Wish,
) -> Option<(Vec<String>, TickBase)> {
    let unit = round_above(span, step, mode);
    let base = unit * (low / unit).floor();
    if base == 0.0 || !base.is_finite() {
        return None;
    }
    let distances: Vec<f64> = values
        .iter()
        // Both are multiples of the step: so is the distance, whatever doubles make of it.
        .map(|value| ((value - base) / step.size()).round() * step.size())
        .collect();
    let texts = labels(&distances, (step, mode), wish)?;
    let text = match mode {
        TickLabels::Duration if step.unit > 1.0 => exact_text(base / YEAR, unit / YEAR, mode) + "y",
        TickLabels::Duration if step.size() >= 1.0 => time_text(base, step),
        TickLabels::Duration => exact_text(base, unit, mode) + "s",
        TickLabels::Binary | TickLabels::Off | TickLabels::Decimal => exact_text(base, unit, mode),
    };
    let texts = texts.into_iter().map(|text| format!("+{text}")).collect();
    Some((texts, TickBase::Added(text)))
}

/// Labels of values beyond all prefixes, and the power of ten they are multiplied by.
pub(super) fn multiplied(values: &[f64], step: Step) -> Option<(Vec<String>, TickBase)> {
    let exponent = exponent_of(largest_of(values))?;
    let power = power_of_ten(exponent);
    let decimals = decimals_of(step.size() / power);
    let texts = values
        .iter()
        .map(|&value| zero_or(value, || fixed(value / power, decimals)))
        .collect();
    Some((texts, TickBase::Times(format!("\u{d7}1e{exponent}"))))
}

/// A value by itself, in few cells.
pub(super) fn short(value: f64, mode: TickLabels) -> String {
    match mode {
        _ if value == 0.0 => "0".into(),
        _ if value.abs() >= PLAIN_MAX || value.abs() < 1.0 / PLAIN_MAX => scientific(value, 0),
        TickLabels::Binary => binary_text(value),
        TickLabels::Duration => {
            let unit = Prefix::duration_below(value);
            fixed(value / unit.factor, 1) + unit.text
        }
        TickLabels::Off | TickLabels::Decimal => decimal_text(value),
    }
}

/// A round value on a logarithmic axis: exact, with its own prefix.
pub(super) fn alone(value: f64, mode: TickLabels) -> String {
    let size = value.abs();
    if value == 0.0 {
        return "0".into();
    }
    if !(1.0 / PLAIN_MAX..PLAIN_MAX).contains(&size) {
        return scientific(value, 0);
    }
    let prefix = match mode {
        TickLabels::Binary => Prefix::binary_below(value),
        TickLabels::Duration => Prefix::duration_below(value),
        TickLabels::Off | TickLabels::Decimal if (1e-3..1.0).contains(&size) => ONE,
        TickLabels::Off | TickLabels::Decimal => Prefix::below(value),
    };
    let scaled = value / prefix.factor;
    fixed(scaled, decimals_of(scaled)) + prefix.text
}

fn largest_of(values: &[f64]) -> f64 {
    values.iter().fold(0.0, |most, value| most.max(value.abs()))
}

fn exponent_of(value: f64) -> Option<i32> {
    if value <= 0.0 {
        return None;
    }
    let text = format!("{value:e}");
    text.split_once('e')?.1.parse().ok()
}

/// Decimals that tell a number exactly; at most fifteen.
fn decimals_of(value: f64) -> u8 {
    let is_whole = |value: f64| (value - value.round()).abs() <= value.abs() * 1e-9;
    let mut shifted = value.abs();
    for decimals in 0..15 {
        if is_whole(shifted) {
            return decimals;
        }
        shifted *= 10.0;
    }
    15
}

/// Zero needs neither decimals nor a prefix.
fn zero_or(value: f64, text: impl FnOnce() -> String) -> String {
    if value == 0.0 { "0".into() } else { text() }
}

/// The round value that is not below the span, a multiple of the step.
fn round_above(span: f64, step: Step, mode: TickLabels) -> f64 {
    match mode {
        TickLabels::Binary if step.size() >= 1.0 => Step::at_least(span, mode).size(),
        TickLabels::Duration if step.size() >= 1.0 => {
            let above = Step::at_least(span, mode).size();
            (above / step.size()).ceil() * step.size()
        }
        _ => {
            let below = power_of_ten(exponent_of(span).unwrap_or(0));
            // A distance may well be a little more than the unit.
            if span <= 1.5 * below {
                below
            } else {
                10.0 * below
            }
        }
    }
}

/// A multiple of a round value with all its digits, and a prefix where that shortens it.
fn exact_text(value: f64, unit: f64, mode: TickLabels) -> String {
    let prefixes = match mode {
        TickLabels::Binary => [Prefix::binary_below(value), Prefix::binary_below(unit)],
        TickLabels::Duration => [ONE, ONE],
        TickLabels::Off | TickLabels::Decimal => [Prefix::below(value), ONE],
    };
    prefixes
        .into_iter()
        .filter(|prefix| prefix.factor >= 1.0)
        .map(|prefix| {
            let decimals = decimals_of(unit / prefix.factor);
            let text = fixed(value / prefix.factor, decimals);
            let text = if text.contains('.') {
                text.trim_end_matches('0').trim_end_matches('.')
            } else {
                &text
            };
            format!("{text}{}", prefix.text)
        })
        .min_by_key(|text| cells(text))
        .unwrap_or_else(|| fixed(value, decimals_of(unit)))
}

/// The shortest way to write all values with one decimal prefix.
fn with_prefix(values: &[f64], step: Step, (unit, wish): (&str, Wish)) -> Vec<String> {
    let scale = step.unit;
    let largest = largest_of(values) / scale;
    let size = step.size() / scale;
    let natural = Prefix::below(largest);
    let lower = Prefix::below(largest / 1000.0);
    let text_with = |prefix: Prefix| -> (u8, Vec<String>) {
        let decimals = decimals_of(size / prefix.factor);
        let text = |value: f64| {
            let number = fixed(value / scale / prefix.factor, decimals);
            format!("{number}{}{unit}", prefix.text)
        };
        let texts = values.iter().map(|&value| zero_or(value, || text(value)));
        (decimals, texts.collect())
    };
    let width = |texts: &[String]| texts.iter().map(|text| cells(text)).max().unwrap_or(0);
    // Seconds have no kiloseconds.
    let is_allowed = |prefix: &Prefix| unit != "s" || prefix.factor <= 1.0;
    let (decimals, texts) = text_with(natural);
    if natural.factor > 1.0 && decimals == 0 && is_allowed(&natural) {
        return texts;
    }
    let (_, plain) = text_with(ONE);
    let unit_cells = i32::try_from(unit.len()).unwrap_or(0);
    let is_plain = largest < 1e4 && width(&plain) <= 5 + unit_cells && wish == Wish::Plain;
    if is_plain || largest == 0.0 {
        return plain;
    }
    [ONE, natural, lower]
        .into_iter()
        .filter(is_allowed)
        .map(|prefix| text_with(prefix).1)
        .min_by_key(|texts| width(texts))
        .unwrap_or(plain)
}

fn with_binary_prefix(values: &[f64], step: Step) -> Vec<String> {
    let largest = largest_of(values);
    let natural = Prefix::binary_below(largest);
    let lower = Prefix::binary_below((largest / 1024.0).max(1.0));
    let text_with = |prefix: Prefix| -> Vec<String> {
        let decimals = decimals_of(step.size() / prefix.factor);
        values
            .iter()
            .map(|&value| {
                zero_or(value, || {
                    fixed(value / prefix.factor, decimals) + prefix.text
                })
            })
            .collect()
    };
    let width = |texts: &Vec<String>| texts.iter().map(|text| cells(text)).max().unwrap_or(0);
    [natural, lower]
        .map(text_with)
        .into_iter()
        .min_by_key(width)
        .unwrap_or_default()
}

/// A whole number of seconds in days, hours, minutes and seconds; weeks where the step is weeks.
fn time_text(value: f64, step: Step) -> String {
    if value == 0.0 {
        return "0".into();
    }
    if step.size() % WEEK == 0.0 && step.size() < YEAR {
        return fixed(value / WEEK, 0) + "w";
    }
    let mut left = value.abs().round();
    let mut text = String::from(if value < 0.0 { "-" } else { "" });
    for (unit, factor) in [("d", 86_400.0), ("h", 3_600.0), ("m", 60.0), ("s", 1.0)] {
        let count = (left / factor).floor();
        left -= count * factor;
        if count > 0.0 {
            text += &fixed(count, 0);
            text += unit;
        }
    }
    text
}

//! Ticks of the value axis: where they stand and what is written beside them.
//!
//! Takes the ends of the axis and how many major ticks fit, gives ticks in ascending order. The
//! sizes, prefixes and decimals are those of the reference, so that dashboards keep their labels.
//! Rows and pixels belong to `layout`.

pub(crate) mod calendar;
mod duration;
mod linear;
mod log;
pub(crate) mod telamon;
pub(crate) mod time;

pub(crate) use log::{bucket, bucket_index};

use crate::graph::{Scale, TickLabels};
use crate::prefix::decimal_text;

/// One tick of a value axis.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Tick {
    /// The value it marks.
    pub(crate) value: f64,
    /// Whether it has a mark and a label, not only a grid line.
    pub(crate) is_major: bool,
    /// What the label is relative to; zero for plain labels.
    pub(crate) offset: f64,
    /// The text beside it.
    pub(crate) label: String,
}

impl Tick {
    /// A tick labelled with its distance from the offset.
    fn plain(value: f64, is_major: bool, offset: f64) -> Self {
        Self {
            value,
            is_major,
            offset,
            label: decimal_text(value - offset),
        }
    }
}

/// Ticks between two finite values `low <= high`, at most about `count` major ones.
pub(crate) fn ticks(
    low: f64,
    high: f64,
    count: usize,
    (scale, labels): (Scale, TickLabels),
) -> Vec<Tick> {
    match (labels, scale) {
        (TickLabels::Binary, _) => linear::binary(low, high, count),
        (TickLabels::Duration, _) => duration::duration(low, high, count),
        (TickLabels::Off | TickLabels::Decimal, Scale::Logarithmic) => log::log(low, high, count),
        (TickLabels::Off | TickLabels::Decimal, Scale::LogLinear) => {
            log::log_linear(low, high, count)
        }
        (TickLabels::Off | TickLabels::Decimal, Scale::Linear | Scale::Power2 | Scale::Sqrt) => {
            linear::decimal(low, high, count)
        }
    }
}

/// The distance of the ends; one where there is none to speak of.
fn range_of(low: f64, high: f64) -> f64 {
    let range = high - low;
    if range < 1e-12 { 1.0 } else { range }
}

/// A tick size: every `minors_per_major`-th minor tick is a major one.
#[derive(Clone, Copy, Debug)]
struct Size {
    major: f64,
    minor: f64,
    minors_per_major: u32,
}

/// The first size of which at most `count` fit.
fn first_fitting(sizes: impl IntoIterator<Item = Size>, range: f64, count: usize) -> Option<Size> {
    let count = f64::from(u32::try_from(count).unwrap_or(u32::MAX));
    sizes.into_iter().find(|size| range / size.major <= count)
}

/// Values and majority of evenly spaced ticks, with the multiple of major they start from.
fn positions(low: f64, high: f64, size: Size) -> (f64, Vec<(f64, bool)>) {
    let base = size.major * (low / size.major).floor();
    let span = ((high - base) / size.minor).min(f64::from(POSITIONS_MAX));
    let mut found = Vec::new();
    let mut position = 0_u32;
    while f64::from(position) <= span.trunc() + 1.0 {
        let value = base + f64::from(position) * size.minor;
        if low <= value && value <= high {
            found.push((value, position.is_multiple_of(size.minors_per_major)));
        }
        position += 1;
    }
    (base, found)
}

/// More never fit into a picture; reached only where doubles are coarser than the ticks.
const POSITIONS_MAX: u32 = 2_000;

/// Whether two major labels read the same, so that labels need an offset.
fn has_equal_majors(ticks: &[Tick]) -> bool {
    let mut labels: Vec<&str> = ticks
        .iter()
        .filter(|tick| tick.is_major)
        .map(|tick| tick.label.as_str())
        .collect();
    labels.sort_unstable();
    labels.windows(2).any(|pair| pair[0] == pair[1])
}

/// A power of ten, rounded once.
fn power_of_ten(exponent: i32) -> f64 {
    format!("1e{exponent}")
        .parse()
        .expect("a number in scientific form")
}

#[cfg(test)]
mod tests;

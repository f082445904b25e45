//! Ticks of logarithmic and log-linear axes.

use std::sync::OnceLock;

use telamon_model::number::fixed;

use super::{Tick, linear, power_of_ten};
use crate::prefix::Prefix;

/// Ticks at powers of ten; plain decimal ones where there are too few powers.
pub(super) fn log(low: f64, high: f64, count: usize) -> Vec<Tick> {
    let mut ticks = if low >= 0.0 {
        let distance = ceil_log(high) - floor_log(low);
        if distance <= 2 {
            return linear::decimal(low, high, count);
        }
        powers(low, high, majors_every(distance, count))
    } else if high <= 0.0 {
        let distance = ceil_log(-low) - floor_log(-high);
        if distance <= 2 {
            return linear::decimal(low, high, count);
        }
        mirrored(powers(-high, -low, majors_every(distance, count)))
    } else {
        let (below, above) = (ceil_log(-low), ceil_log(high));
        if below <= 2 && above <= 2 {
            return linear::decimal(low, high, count);
        }
        let every = majors_every(below + above, count);
        let mut both = mirrored(powers(0.0, -low, every));
        both.pop();
        both.extend(powers(0.0, high, every));
        both
    };
    if ticks.last().is_some_and(|tick| tick.value > high) {
        ticks.pop();
    }
    if ticks.first().is_some_and(|tick| tick.value < low) {
        ticks.remove(0);
    }
    ticks
}

fn majors_every(distance: i32, count: usize) -> i32 {
    let count = i32::try_from(count.max(1)).unwrap_or(i32::MAX);
    if distance <= count {
        1
    } else {
        distance.div_euclid(count) + i32::from(distance.rem_euclid(count) > 0)
    }
}

/// Powers of ten around a range that is not negative.
fn powers(low: f64, high: f64, every: i32) -> Vec<Tick> {
    let first = floor_log(low);
    (first..=ceil_log(high))
        .map(|exponent| {
            let value = if exponent == 0 && low == 0.0 {
                0.0
            } else {
                power_of_ten(exponent)
            };
            let prefix = Prefix::below(value);
            Tick {
                value,
                is_major: (exponent - first) % every == 0,
                offset: 0.0,
                label: fixed(value / prefix.factor, 0) + prefix.text,
            }
        })
        .collect()
}

fn mirrored(mut ticks: Vec<Tick>) -> Vec<Tick> {
    ticks.reverse();
    for tick in &mut ticks {
        tick.value = -tick.value;
        tick.label.insert(0, '-');
    }
    ticks
}

/// Digits before the point less one, exactly.
fn exponent_of(value: f64) -> (i32, bool) {
    let text = format!("{value:e}");
    let (mantissa, exponent) = text.split_once('e').unwrap_or(("1", "0"));
    (exponent.parse().unwrap_or(0), mantissa == "1")
}

fn floor_log(value: f64) -> i32 {
    if value <= 1.0 {
        0
    } else {
        exponent_of(value).0
    }
}

fn ceil_log(value: f64) -> i32 {
    if value <= 1.0 {
        return 0;
    }
    let (exponent, is_power) = exponent_of(value);
    exponent + i32::from(!is_power)
}

/// The upper end of bucket `index`: nine per decade from 1e-9, negative ones mirrored.
pub(crate) fn bucket(index: i32) -> f64 {
    static POWERS: OnceLock<Vec<f64>> = OnceLock::new();
    let powers = POWERS.get_or_init(|| (-9..=308).map(power_of_ten).collect());
    if index < 0 {
        return -bucket(-(index + 1));
    }
    let decade = usize::try_from(index / 9)
        .unwrap_or(0)
        .min(powers.len() - 1);
    f64::from(index % 9 + 1) * powers[decade]
}

/// The bucket that holds a value; one on a boundary belongs to the lower bucket.
pub(crate) fn bucket_index(value: f64) -> i32 {
    if value == 0.0 || value.is_nan() {
        return 0;
    }
    if value < 0.0 {
        return -bucket_index(-value) - 1;
    }
    let decade = if value < 1e-9 {
        -9
    } else if value.is_infinite() {
        308
    } else {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "logarithms of doubles are small"
        )]
        let decade = libm::log10(value).floor() as i32;
        decade
    };
    // The logarithm may be off by one ulp; walk to the bucket that is right.
    let mut index = ((decade.max(-9) + 9) * 9 - 2).max(0);
    while index < BUCKET_LAST && bucket(index) < value {
        index += 1;
    }
    index
}

/// The bucket that ends beyond the largest double.
const BUCKET_LAST: i32 = 9 * 317 + 8;

/// Ticks at the ends of buckets, thinned out to what fits.
pub(super) fn log_linear(low: f64, high: f64, count: usize) -> Vec<Tick> {
    let count = i32::try_from(count.max(1)).unwrap_or(i32::MAX / 9);
    let (first, last) = (bucket_index(low), bucket_index(high));
    let buckets = last - first;
    let is_kept = |index: i32| {
        buckets < 9 * count || (buckets / 3 < 9 * count && index % 3 == 0) || index % 9 == 0
    };
    let major_every = ((buckets / 9 + count - 1) / count * 9).max(1);
    let crosses_zero = low < 0.0 && high > 0.0;
    (first..=last)
        .filter(|&index| !(crosses_zero && index == -1))
        .filter_map(|index| {
            let size = if index < 0 { -index - 1 } else { index };
            let value = if crosses_zero && index == 0 {
                0.0
            } else {
                bucket(index)
            };
            (low <= value && value <= high && is_kept(size))
                .then(|| Tick::plain(value, buckets <= count || size % major_every == 0, 0.0))
        })
        .collect()
}

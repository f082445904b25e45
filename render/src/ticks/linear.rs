//! Evenly spaced ticks with prefixes of 1000 or 1024.

use telamon_model::number::fixed;

use super::{Size, Tick, first_fitting, has_equal_majors, positions, power_of_ten, range_of};
use crate::prefix::{BINARY_LARGE, Prefix};

/// Major ticks at 1, 2, 3, 4 or 5 times a power of ten.
pub(super) fn decimal(low: f64, high: f64, count: usize) -> Vec<Tick> {
    let Some(size) = first_fitting(decimal_sizes(-25..=25), range_of(low, high), count) else {
        return vec![Tick::plain(low, true, 0.0), Tick::plain(high, true, 0.0)];
    };
    let mut prefix = Prefix::fitting(size.major);
    if high.abs() > 10.0 * prefix.factor {
        prefix = Prefix::fitting(high);
    }
    let decimals = decimals_of(size.major / prefix.factor, [3, 2, 1]);
    let (base, found) = positions(low, high, size);
    let ticks: Vec<Tick> = found
        .iter()
        .map(|&(value, is_major)| Tick {
            value,
            is_major,
            offset: 0.0,
            label: fixed(value / prefix.factor, decimals) + prefix.text,
        })
        .collect();
    if !has_equal_majors(&ticks) {
        return ticks;
    }
    found
        .into_iter()
        .map(|(value, is_major)| Tick::plain(value, is_major, base))
        .collect()
}

/// Major ticks at round multiples of powers of 1024.
pub(super) fn binary(low: f64, high: f64, count: usize) -> Vec<Tick> {
    let sizes = decimal_sizes(-1..=1).chain(binary_sizes());
    let two_ends = || vec![Tick::plain(low, true, low), Tick::plain(high, true, low)];
    let Some(size) = first_fitting(sizes, range_of(low, high), count) else {
        return two_ends();
    };
    let (base, found) = positions(low, high, size);
    if found.is_empty() {
        return two_ends();
    }
    if size.major < low.abs() / 100.0 {
        let largest = found
            .iter()
            .map(|(value, _)| value - base)
            .fold(0.0, f64::max);
        let prefix = Prefix::binary_fitting(largest);
        let decimals = decimals_of(size.major / prefix.factor, [2, 1, 0]);
        return labelled(&found, base, prefix, decimals);
    }
    let mut prefix = Prefix::binary_fitting(size.major);
    if high.abs() >= 10.0 * prefix.factor {
        prefix = Prefix::binary_fitting(high);
    }
    let decimals = decimals_of(size.major / prefix.factor, [2, 1, 0]);
    labelled(&found, 0.0, prefix, decimals)
}

fn labelled(found: &[(f64, bool)], offset: f64, prefix: Prefix, decimals: u8) -> Vec<Tick> {
    found
        .iter()
        .map(|&(value, is_major)| Tick {
            value,
            is_major,
            offset,
            label: fixed((value - offset) / prefix.factor, decimals) + prefix.text,
        })
        .collect()
}

/// How many decimals tell two majors apart: the first choice for thousandths, then hundredths.
pub(super) fn decimals_of(major: f64, choices: [u8; 3]) -> u8 {
    let thousandths = (1000.0 * major).trunc();
    if thousandths % 10.0 > 0.0 {
        choices[0]
    } else if thousandths % 100.0 > 0.0 {
        choices[1]
    } else {
        choices[2]
    }
}

/// 10, 20, 30, 40 and 50 times each power of ten.
pub(super) fn decimal_sizes(
    exponents: impl IntoIterator<Item = i32>,
) -> impl Iterator<Item = Size> {
    exponents.into_iter().flat_map(|exponent| {
        let unit = power_of_ten(exponent);
        [
            (10.0, 2.0, 5),
            (20.0, 5.0, 4),
            (30.0, 10.0, 3),
            (40.0, 10.0, 4),
            (50.0, 10.0, 5),
        ]
        .map(|(major, minor, minors_per_major)| Size {
            major: major * unit,
            minor: minor * unit,
            minors_per_major,
        })
    })
}

fn binary_sizes() -> impl Iterator<Item = Size> {
    const MULTIPLES: [f64; 15] = [
        1.0, 2.0, 3.0, 4.0, 5.0, 10.0, 20.0, 30.0, 40.0, 50.0, 100.0, 200.0, 300.0, 400.0, 500.0,
    ];
    BINARY_LARGE.iter().flat_map(|prefix| {
        MULTIPLES.iter().map(|multiple| Size {
            major: multiple * prefix.factor,
            minor: multiple * prefix.factor / 4.0,
            minors_per_major: 4,
        })
    })
}

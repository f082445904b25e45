//! Ticks of values that are seconds: sizes and labels in units of time.

use telamon_model::number::{fixed, scientific};

use super::linear::decimal_sizes;
use super::{Size, Tick, first_fitting, has_equal_majors, positions, range_of};
use crate::prefix::{DURATION, Prefix};

const YEAR: f64 = 31_536_000.0;
const HOUR: f64 = 3_600.0;
const DAY: f64 = 86_400.0;

/// Ticks at round numbers of seconds, minutes, hours, days, weeks and years.
pub(super) fn duration(low: f64, high: f64, count: usize) -> Vec<Tick> {
    let Some(size) = first_fitting(sizes(), range_of(low, high), count) else {
        return vec![Tick::plain(low, true, 0.0), Tick::plain(high, true, 0.0)];
    };
    let (base, found) = positions(low, high, size);
    let mut unit = unit_of(size.major);
    if high.abs() > unit.factor {
        unit = unit_of(high);
    }
    let ticks = labelled(&found, 0.0, unit, high);
    if !has_equal_majors(&ticks) {
        return ticks;
    }
    if high > 1e-3 && high < 2.0 * YEAR {
        let finer = next_finer(unit);
        let ticks = labelled(&found, 0.0, finer, high);
        if !has_equal_majors(&ticks) {
            return ticks;
        }
    }
    let range = high - base;
    let unit = unit_of(range);
    let mut ticks = labelled(&found, base, unit, range);
    if has_equal_majors(&ticks) {
        for tick in &mut ticks {
            tick.label = fixed((tick.value - base) / unit.factor, 1) + unit.text;
        }
    }
    ticks
}

fn labelled(found: &[(f64, bool)], offset: f64, unit: Prefix, reference: f64) -> Vec<Tick> {
    found
        .iter()
        .map(|&(value, is_major)| Tick {
            value,
            is_major,
            offset,
            label: text((value - offset) / unit.factor, reference, unit),
        })
        .collect()
}

/// All labels of an axis share unit and decimals, which follow from its upper end.
fn text(scaled: f64, reference: f64, unit: Prefix) -> String {
    if reference >= 1000.0 * YEAR {
        return scientific(scaled, 1) + unit.text;
    }
    if reference >= 60.0 {
        return fixed(scaled, 0) + unit.text;
    }
    let shown = if reference < 1.0 {
        reference / unit.factor
    } else {
        reference
    };
    let thousandths = (1000.0 * shown).round();
    let decimals = if thousandths % 10.0 > 0.0 {
        3
    } else if thousandths % 100.0 > 0.0 {
        2
    } else {
        1
    };
    fixed(scaled, decimals) + unit.text
}

/// The largest unit not above the value; below a second strictly below it.
fn unit_of(value: f64) -> Prefix {
    let size = value.abs();
    let fits = |unit: &&Prefix| {
        if unit.factor >= 1.0 {
            unit.factor <= size
        } else {
            unit.factor < size
        }
    };
    DURATION.iter().find(fits).copied().unwrap_or(DURATION[8])
}

fn next_finer(unit: Prefix) -> Prefix {
    let index = DURATION
        .iter()
        .position(|known| known.text == unit.text)
        .unwrap_or(0);
    DURATION[(index + 1).min(DURATION.len() - 1)]
}

fn sizes() -> impl Iterator<Item = Size> {
    let seconds = [1.0, 2.0, 4.0, 6.0, 10.0, 12.0, 15.0, 20.0, 30.0, 60.0];
    let minutes = [2.0, 4.0, 6.0, 10.0, 12.0, 15.0].map(|count| count * 60.0);
    let hours = [2.0, 4.0, 6.0, 8.0, 12.0, 24.0].map(|count| count * HOUR);
    let weeks = [
        7.0 * HOUR,
        14.0 * HOUR,
        28.0 * HOUR,
        42.0 * HOUR,
        3.5 * DAY,
        7.0 * DAY,
    ];
    let years = [YEAR / 6.0, YEAR / 4.0, YEAR / 3.0, YEAR / 2.0, YEAR];
    let centuries = [1.0, 10.0, 100.0]
        .into_iter()
        .flat_map(|unit| [1.0, 2.0, 3.0, 4.0, 5.0].map(|count| count * unit * YEAR));
    let units = (seconds.into_iter())
        .chain(minutes)
        .chain(hours)
        .chain(weeks)
        .chain(years)
        .chain(centuries)
        .map(quartered);
    let small = decimal_sizes(-25..=-2).map(|size| quartered(size.major));
    small
        .chain(units)
        .chain(decimal_sizes(10..=25).map(|size| quartered(size.major)))
}

fn quartered(major: f64) -> Size {
    Size {
        major,
        minor: major / 4.0,
        minors_per_major: 4,
    }
}

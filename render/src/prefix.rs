//! Unit prefixes and the text of values on axes and in the legend.
//!
//! Two rules choose a decimal prefix: statistics take the largest factor not above the value
//! (`Prefix::below`), ticks leave three digits either way (`Prefix::fitting`).

use telamon_model::number::{fixed, scientific};

use crate::graph::TickLabels;

/// A prefix with the factor it stands for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Prefix {
    /// What is written behind the number.
    pub(crate) text: &'static str,
    /// What the number is divided by.
    pub(crate) factor: f64,
}

const fn prefix(text: &'static str, factor: f64) -> Prefix {
    Prefix { text, factor }
}

/// No prefix.
pub(crate) const ONE: Prefix = prefix("", 1.0);

const DECIMAL_LARGE: [Prefix; 8] = [
    prefix("k", 1e3),
    prefix("M", 1e6),
    prefix("G", 1e9),
    prefix("T", 1e12),
    prefix("P", 1e15),
    prefix("E", 1e18),
    prefix("Z", 1e21),
    prefix("Y", 1e24),
];

const DECIMAL_SMALL: [Prefix; 8] = [
    prefix("m", 1e-3),
    prefix("\u{3bc}", 1e-6),
    prefix("n", 1e-9),
    prefix("p", 1e-12),
    prefix("f", 1e-15),
    prefix("a", 1e-18),
    prefix("z", 1e-21),
    prefix("y", 1e-24),
];

const KIBI: f64 = 1024.0;

/// Powers of 1024 with their prefixes, ascending.
pub(crate) const BINARY_LARGE: [Prefix; 8] = [
    prefix("Ki", KIBI),
    prefix("Mi", KIBI * KIBI),
    prefix("Gi", KIBI * KIBI * KIBI),
    prefix("Ti", KIBI * KIBI * KIBI * KIBI),
    prefix("Pi", KIBI * KIBI * KIBI * KIBI * KIBI),
    prefix("Ei", KIBI * KIBI * KIBI * KIBI * KIBI * KIBI),
    prefix("Zi", KIBI * KIBI * KIBI * KIBI * KIBI * KIBI * KIBI),
    prefix("Yi", KIBI * KIBI * KIBI * KIBI * KIBI * KIBI * KIBI * KIBI),
];

/// Units of time in seconds, descending.
pub(crate) const DURATION: [Prefix; 10] = [
    prefix("y", 31_536_000.0),
    prefix("w", 604_800.0),
    prefix("d", 86_400.0),
    prefix("h", 3_600.0),
    prefix("m", 60.0),
    prefix("s", 1.0),
    prefix("ms", 1e-3),
    prefix("\u{3bc}s", 1e-6),
    prefix("ns", 1e-9),
    prefix("ps", 1e-12),
];

fn is_near_zero(value: f64) -> bool {
    value.abs() < 1e-12 || !value.is_finite()
}

impl Prefix {
    /// The largest factor of 1000 not above the value.
    pub(crate) fn below(value: f64) -> Self {
        let size = value.abs();
        if is_near_zero(value) {
            ONE
        } else if size >= 1.0 {
            largest_not_above(&DECIMAL_LARGE, size).unwrap_or(ONE)
        } else {
            small_not_above(size)
        }
    }

    /// A decimal prefix that leaves up to three digits on either side of the point.
    pub(crate) fn fitting(value: f64) -> Self {
        let size = value.abs();
        if is_near_zero(value) || (1e-3..1e3).contains(&size) {
            ONE
        } else if size >= 1e3 {
            largest_not_above(&DECIMAL_LARGE, size).unwrap_or(ONE)
        } else {
            // [1e-6, 1e-3) is written in m, one thousandth of it in μ, and so on.
            let index = DECIMAL_SMALL
                .iter()
                .position(|small| size >= small.factor / 1000.0);
            index.map_or(DECIMAL_SMALL[7], |index| DECIMAL_SMALL[index])
        }
    }

    /// The largest factor of 1024 not above the value; small values have decimal prefixes.
    pub(crate) fn binary_below(value: f64) -> Self {
        let size = value.abs();
        if is_near_zero(value) {
            ONE
        } else if size >= 1.0 {
            largest_not_above(&BINARY_LARGE, size).unwrap_or(ONE)
        } else {
            small_not_above(size)
        }
    }

    /// A binary prefix that leaves up to four digits on either side of the point.
    pub(crate) fn binary_fitting(value: f64) -> Self {
        let size = value.abs();
        if is_near_zero(value) || (1e-4..1e4).contains(&size) {
            ONE
        } else if size >= 1e4 {
            let fits = |large: &&Self| size < 1e4 * large.factor;
            BINARY_LARGE
                .iter()
                .find(fits)
                .copied()
                .unwrap_or(BINARY_LARGE[7])
        } else {
            let index = DECIMAL_SMALL
                .iter()
                .position(|small| size >= small.factor / 10_000.0);
            index.map_or(DECIMAL_SMALL[7], |index| DECIMAL_SMALL[index])
        }
    }

    /// The largest unit of time not above the value; seconds for zero.
    pub(crate) fn duration_below(value: f64) -> Self {
        let size = value.abs();
        if is_near_zero(value) {
            return DURATION[5];
        }
        let unit = DURATION.iter().find(|unit| unit.factor <= size);
        unit.copied().unwrap_or(DURATION[9])
    }
}

fn largest_not_above(ascending: &[Prefix], size: f64) -> Option<Prefix> {
    ascending
        .iter()
        .rev()
        .find(|large| large.factor <= size)
        .copied()
}

fn small_not_above(size: f64) -> Prefix {
    let found = DECIMAL_SMALL.iter().find(|small| small.factor <= size);
    found.copied().unwrap_or(DECIMAL_SMALL[7])
}

/// Beyond these sizes no prefix helps.
fn is_extreme(value: f64) -> bool {
    value.is_finite() && value != 0.0 && (value.abs() >= 1e27 || value.abs() <= 1e-27)
}

/// A value with one decimal and a decimal prefix, `1.2k`: legend variables and plain ticks.
pub fn decimal_text(value: f64) -> String {
    if is_extreme(value) {
        return spaced(value, scientific(value, 0));
    }
    let prefix = Prefix::below(value);
    fixed(value / prefix.factor, 1) + prefix.text
}

/// A value with one decimal and a binary prefix, `1.2Ki`: legend variables of binary axes.
pub fn binary_text(value: f64) -> String {
    if is_extreme(value) {
        return spaced(value, scientific(value, 0));
    }
    let prefix = Prefix::binary_below(value);
    fixed(value / prefix.factor, 1) + prefix.text
}

/// A statistic in the legend: right-aligned in nine cells, then the unit.
pub(crate) fn stat_text(value: f64, labels: TickLabels) -> String {
    if is_extreme(value) {
        return format!("{:>8} ", spaced(value, scientific(value, 1)));
    }
    match labels {
        TickLabels::Off | TickLabels::Decimal => {
            let prefix = Prefix::below(value);
            format!("{:>9}{:>1}", fixed(value / prefix.factor, 3), prefix.text)
        }
        TickLabels::Binary => {
            let prefix = Prefix::binary_below(value);
            format!("{:>9}{:>1}", fixed(value / prefix.factor, 2), prefix.text)
        }
        TickLabels::Duration => {
            let prefix = Prefix::duration_below(value);
            format!("{:>9}{:>1}", fixed(value / prefix.factor, 2), prefix.text)
        }
    }
}

/// A count in the legend: decimal prefixes on every axis, with the axis' number of decimals.
pub(crate) fn count_text(count: f64, labels: TickLabels) -> String {
    let decimals = match labels {
        TickLabels::Off | TickLabels::Decimal => 3,
        TickLabels::Binary | TickLabels::Duration => 2,
    };
    let prefix = Prefix::below(count);
    format!(
        "{:>9}{:>1}",
        fixed(count / prefix.factor, decimals),
        prefix.text
    )
}

/// The scientific form has a blank where a minus would stand.
fn spaced(value: f64, text: String) -> String {
    if value > 0.0 {
        format!(" {text}")
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_texts_have_one_decimal() {
        for (value, text) in [
            (1234.0, "1.2k"),
            (999.95, "1000.0"),
            (999_999.0, "1000.0k"),
            (9e-13, "0.0"),
            (0.007, "7.0m"),
            (1e27, " 1e+27"),
            (-1e27, "-1e+27"),
            (f64::NAN, "NaN"),
        ] {
            assert_eq!(decimal_text(value), text);
        }
        assert_eq!(binary_text(1536.0), "1.5Ki");
    }

    #[test]
    fn statistics_align() {
        assert_eq!(stat_text(180.0, TickLabels::Decimal), "  180.000 ");
        assert_eq!(stat_text(62_329.0, TickLabels::Decimal), "   62.329k");
        assert_eq!(stat_text(f64::NAN, TickLabels::Duration), "      NaNs");
        assert_eq!(stat_text(90.0, TickLabels::Duration), "     1.50m");
        assert_eq!(stat_text(2048.0, TickLabels::Binary), "     2.00Ki");
        assert_eq!(count_text(180.0, TickLabels::Binary), "   180.00 ");
        assert_eq!(count_text(1440.0, TickLabels::Off), "    1.440k");
        assert_eq!(stat_text(1e30, TickLabels::Decimal), " 1.0e+30 ");
    }
}

//! Numbers and times as a terminal shows them.

use jiff::tz::TimeZone;
use telamon_model::number::{fixed, scientific};

/// Powers of ten with their prefixes, descending.
const PREFIXES: [(f64, &str); 8] = [
    (1e15, "P"),
    (1e12, "T"),
    (1e9, "G"),
    (1e6, "M"),
    (1e3, "k"),
    (1.0, ""),
    (1e-3, "m"),
    (1e-6, "\u{b5}"),
];

/// A value with about four digits and a prefix: `12.35k`, `0`, `3.212`.
pub(crate) fn short(value: f64) -> String {
    if value.is_nan() {
        return "-".to_owned();
    }
    let size = value.abs();
    if value.is_infinite() || size == 0.0 {
        return if size == 0.0 {
            "0".to_owned()
        } else {
            format!("{value}")
        };
    }
    // A value that rounds up to the next prefix has it.
    let found = PREFIXES
        .iter()
        .find(|(factor, _)| size >= factor * 0.999_95);
    let Some((factor, prefix)) = found.filter(|_| size < 1e18) else {
        return scientific(value, 3);
    };
    let scaled = value / factor;
    let decimals = match scaled.abs() {
        100.0.. => 1,
        10.0.. => 2,
        _ => 3,
    };
    let text = fixed(scaled, decimals);
    let text = text.trim_end_matches('0').trim_end_matches('.');
    format!("{text}{prefix}")
}

/// A count with commas between thousands.
pub(crate) fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A count with its noun: `1 line`, `2 lines`, `24 series`.
pub(crate) fn counted(count: u64, one: &str, many: &str) -> String {
    format!("{} {}", grouped(count), if count == 1 { one } else { many })
}

/// A time of day, with the date where a range is longer than a day.
pub(crate) fn time(at_ms: i64, zone: &str, has_date: bool) -> String {
    let zone = TimeZone::get(zone).unwrap_or(TimeZone::UTC);
    let Ok(time) = jiff::Timestamp::from_millisecond(at_ms) else {
        return at_ms.to_string();
    };
    let format = if has_date {
        "%Y-%m-%d %H:%M"
    } else {
        "%H:%M:%S"
    };
    time.to_zoned(zone).strftime(format).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_have_about_four_digits() {
        for (value, text) in [
            (0.0, "0"),
            (1.0, "1"),
            (3.212_49, "3.212"),
            (-42.5, "-42.5"),
            (12_345.678, "12.35k"),
            (999_999.0, "1M"),
            (123.456, "123.5"),
            (0.001_234, "1.234m"),
            (2.5e9, "2.5G"),
            (f64::NAN, "-"),
            (f64::INFINITY, "inf"),
        ] {
            assert_eq!(short(value), text, "{value}");
        }
        assert!(short(1e30).contains('e') && short(1e-30).contains('e'));
    }

    #[test]
    fn counts_and_times() {
        assert_eq!(grouped(1_234_567), "1,234,567");
        assert_eq!(counted(1, "line", "lines"), "1 line");
        assert_eq!(counted(1000, "line", "lines"), "1,000 lines");
        assert_eq!(time(0, "UTC", false), "00:00:00");
        assert_eq!(time(0, "US/Pacific", true), "1969-12-31 16:00");
    }
}

//! Duration text as Atlas writes it: `90s`, `5m`, `1w`, or ISO `PT1H30M`.

use std::fmt;

/// Why a text is no duration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DurationError {
    /// Neither `<digits><unit>` nor ISO.
    Invalid(String),
    /// The unit is not known.
    UnknownUnit(String),
    /// Digits or product exceed 64 bits.
    OutOfRange(String),
}

impl fmt::Display for DurationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Invalid(text) => write!(f, "invalid period {text}"),
            Self::UnknownUnit(unit) => write!(f, "unknown unit {unit}"),
            Self::OutOfRange(text) => write!(f, "duration out of range: {text}"),
        }
    }
}

impl std::error::Error for DurationError {}

const MILLI: i128 = 1_000_000;
const SECOND: i128 = 1000 * MILLI;
const DAY: i128 = 86_400 * SECOND;

/// Parses a duration into milliseconds (nanoseconds are cut off). Months are 30 days, years 365.
///
/// # Errors
/// With the reference's wording: see [`DurationError`].
pub fn parse_millis(text: &str) -> Result<i64, DurationError> {
    if text.starts_with('P') {
        return parse_iso(text).ok_or_else(|| DurationError::Invalid(text.to_owned()));
    }
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    let is_unit = !unit.is_empty() && unit.chars().all(|c| c.is_ascii_lowercase() || c == 'μ');
    if digits == 0 || !is_unit {
        return Err(DurationError::Invalid(text.to_owned()));
    }
    let nanos = match unit {
        "ns" => 1,
        "us" | "μs" => 1000,
        "ms" => MILLI,
        "s" | "second" | "seconds" => SECOND,
        "m" | "min" | "minute" | "minutes" => 60 * SECOND,
        "h" | "hour" | "hours" => 3600 * SECOND,
        "d" | "day" | "days" => DAY,
        "w" | "wk" | "week" | "weeks" => 7 * DAY,
        "month" | "months" => 30 * DAY,
        "y" | "year" | "years" => 365 * DAY,
        _ => return Err(DurationError::UnknownUnit(unit.to_owned())),
    };
    let out_of_range = || DurationError::OutOfRange(text.to_owned());
    let count: i64 = number.parse().map_err(|_too_many_digits| out_of_range())?;
    i64::try_from(i128::from(count) * nanos / MILLI).map_err(|_too_long| out_of_range())
}

/// ISO form `P[nD][T[nH][nM][n.nS]]` with optional signs; days are the largest unit, as in Java.
fn parse_iso(text: &str) -> Option<i64> {
    let mut rest = text.strip_prefix('P')?;
    let mut nanos: i128 = 0;
    let mut in_time = false;
    let mut next_unit = 0;
    let mut count = 0;
    while !rest.is_empty() {
        if !in_time && let Some(time) = rest.strip_prefix('T') {
            in_time = true;
            next_unit = 1;
            rest = time;
            continue;
        }
        let end = rest.find(|c: char| c.is_ascii_alphabetic())?;
        let (number, tail) = rest.split_at(end);
        let units: [(char, i128); 4] = [
            ('D', DAY),
            ('H', 3600 * SECOND),
            ('M', 60 * SECOND),
            ('S', SECOND),
        ];
        let unit = tail.chars().next()?;
        let index = units.iter().position(|&(name, _)| name == unit)?;
        if (index > 0) != in_time || index < next_unit {
            return None;
        }
        next_unit = index + 1;
        count += 1;
        nanos += if unit == 'S' {
            seconds_to_nanos(number)?
        } else {
            i128::from(number.parse::<i64>().ok()?) * units[index].1
        };
        rest = &tail[1..];
    }
    (count > 0 && !text.ends_with('T')).then_some(())?;
    i64::try_from(nanos.div_euclid(MILLI)).ok()
}

/// `[-+]digits[.fraction]` with up to nine fraction digits.
fn seconds_to_nanos(text: &str) -> Option<i128> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    if fraction.len() > 9 || !fraction.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let negative = whole.starts_with('-');
    let seconds = i128::from(whole.parse::<i64>().ok()?);
    let padded = format!("{fraction:0<9}");
    let nanos = padded.parse::<i128>().ok()?;
    Some(seconds * SECOND + if negative { -nanos } else { nanos })
}

/// The canonical text of a duration in milliseconds: the largest of `w d h m s` that divides it,
/// else ISO. Zero is `0w`, as the reference prints it.
pub fn format_millis(millis: i64) -> String {
    const UNITS: [(i64, &str); 5] = [
        (604_800_000, "w"),
        (86_400_000, "d"),
        (3_600_000, "h"),
        (60_000, "m"),
        (1000, "s"),
    ];
    for (unit_millis, unit) in UNITS {
        if millis % unit_millis == 0 {
            return format!("{}{unit}", millis / unit_millis);
        }
    }
    format_iso(millis)
}

/// ISO form as Java's `Duration.toString` prints it: hours are the largest unit.
pub fn format_iso(millis: i64) -> String {
    let sign = if millis < 0 { "-" } else { "" };
    let total = millis.unsigned_abs();
    let (hours, minutes, rest) = (total / 3_600_000, total / 60_000 % 60, total % 60_000);
    let mut text = "PT".to_owned();
    if hours > 0 {
        text.push_str(&format!("{sign}{hours}H"));
    }
    if minutes > 0 {
        text.push_str(&format!("{sign}{minutes}M"));
    }
    if rest > 0 || total == 0 {
        let seconds = format!("{}.{:03}", rest / 1000, rest % 1000);
        let seconds = seconds.trim_end_matches('0').trim_end_matches('.');
        let seconds = if total == 0 { "0" } else { seconds };
        text.push_str(&format!("{sign}{seconds}S"));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn texts_of_the_reference() {
        for (text, canonical) in [
            ("7d", "1w"),
            ("24h", "1d"),
            ("365d", "365d"),
            ("90m", "90m"),
            ("90s", "90s"),
            ("PT36H", "36h"),
            ("PT0.5S", "PT0.5S"),
            ("PT1.001S", "PT1.001S"),
            ("PT-1H", "-1h"),
            ("0s", "0w"),
            ("P1D", "1d"),
            ("2month", "60d"),
            ("1y", "365d"),
            ("1500ms", "PT1.5S"),
        ] {
            assert_eq!(
                parse_millis(text).map(format_millis),
                Ok(canonical.to_owned()),
                "{text}"
            );
        }
    }

    #[test]
    fn iso_texts_of_java() {
        for (text, iso) in [
            ("5m", "PT5M"),
            ("2w", "PT336H"),
            ("90s", "PT1M30S"),
            ("10s", "PT10S"),
            ("0s", "PT0S"),
            ("500ms", "PT0.5S"),
            ("PT-1M", "PT-1M"),
            ("60010ms", "PT1M0.01S"),
        ] {
            assert_eq!(parse_millis(text).map(format_iso), Ok(iso.to_owned()));
        }
    }

    #[test]
    fn refused_texts() {
        for text in [
            "5M", "1.5h", "-5m", "1h30m", "1 h", "p1d", "-P1D", "", "P1W", "P1M", "P", "PT", "60",
        ] {
            assert_eq!(
                parse_millis(text),
                Err(DurationError::Invalid(text.to_owned())),
                "{text}"
            );
        }
        assert_eq!(
            parse_millis("3mo"),
            Err(DurationError::UnknownUnit("mo".to_owned()))
        );
        assert!(matches!(
            parse_millis("9223372036854775807m"),
            Err(DurationError::OutOfRange(_))
        ));
    }

    proptest! {
        #[test]
        fn printed_text_parses_back(millis in 0..i64::MAX / 2_000_000) {
            prop_assert_eq!(parse_millis(&format_millis(millis)), Ok(millis));
        }
    }
}

//! Time zones by name, as Java's `ZoneId.of` takes them.
//!
//! The database is the bundled one that pictures are drawn with, never that of the host: what is
//! accepted here can be drawn, and is accepted on every machine.

use std::sync::OnceLock;

use jiff::tz::{Offset, TimeZone, TimeZoneDatabase};

use super::{TimeError, TimeErrorKind};

/// A zone with the name under which it was asked for.
#[derive(Clone, Debug)]
pub struct Zone {
    /// As it was asked for.
    pub name: String,
    /// Its offsets.
    pub rules: TimeZone,
}

/// Names that the time zone database has and the reference does not know.
const UNKNOWN_TO_JAVA: [&str; 5] = ["EST", "MST", "HST", "ROC", "Factory"];

/// Finds a zone: a region, `Z`, an offset, or an offset after `UTC`, `GMT` or `UT`.
///
/// # Errors
/// In the words of the reference.
pub fn zone(name: &str) -> Result<Zone, TimeError> {
    let rules = rules(name)?;
    Ok(Zone {
        name: name.to_owned(),
        rules,
    })
}

fn rules(name: &str) -> Result<TimeZone, TimeError> {
    match name {
        "Z" | "UTC" | "GMT" | "UT" => return Ok(TimeZone::UTC),
        _ => {}
    }
    if name.len() <= 1 || name.starts_with(['+', '-']) {
        return offset(name).map(Offset::to_time_zone);
    }
    for prefix in ["UTC", "GMT", "UT"] {
        if let Some(rest) = name.strip_prefix(prefix)
            && rest.starts_with(['+', '-'])
        {
            return offset(rest)
                .map(Offset::to_time_zone)
                .map_err(|_bad_offset| {
                    date_time(format!("Invalid ID for offset-based ZoneId: {name}"))
                });
        }
    }
    let is_region = name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"~/._+-".contains(&b));
    if !is_region {
        let message = format!("Invalid ID for region-based ZoneId, invalid format: {name}");
        return Err(date_time(message));
    }
    let found = database().get(name).ok().filter(|zone| {
        // The database ignores case, the reference does not.
        zone.iana_name() == Some(name) && !UNKNOWN_TO_JAVA.contains(&name)
    });
    found.ok_or_else(|| {
        let message = format!("Unknown time-zone ID: {name}");
        TimeError::new(TimeErrorKind::Zone, "ZoneRulesException", message)
    })
}

/// Every region.
fn database() -> &'static TimeZoneDatabase {
    static DATABASE: OnceLock<TimeZoneDatabase> = OnceLock::new();
    DATABASE.get_or_init(TimeZoneDatabase::bundled)
}

/// Every region that is accepted.
pub fn regions() -> Vec<String> {
    let names = database().available();
    names
        .filter(|name| zone(name.as_str()).is_ok())
        .map(|name| name.as_str().to_owned())
        .collect()
}

/// `±h`, `±hh`, `±hh:mm`, `±hhmm`, `±hh:mm:ss`, `±hhmmss`.
fn offset(text: &str) -> Result<Offset, TimeError> {
    let invalid = || date_time(format!("Invalid ID for ZoneOffset, invalid format: {text}"));
    let sign = match text.as_bytes().first() {
        Some(b'+') => 1,
        Some(b'-') => -1,
        Some(_) | None => return Err(invalid()),
    };
    let body = &text[1..];
    let digits = match body.len() {
        1 | 2 | 4 | 6 => body.to_owned(),
        5 if body.as_bytes()[2] == b':' => body.replace(':', ""),
        8 if body.as_bytes()[2] == b':' && body.as_bytes()[5] == b':' => body.replace(':', ""),
        _ => return Err(invalid()),
    };
    let is_digits = digits.bytes().all(|b| b.is_ascii_digit());
    if !is_digits || matches!(digits.len(), 3 | 5) {
        return Err(invalid());
    }
    let padded = if digits.len() == 1 {
        format!("0{digits}")
    } else {
        digits
    };
    let part = |at: usize| -> i32 {
        padded
            .get(at..at + 2)
            .map_or(0, |two| two.parse().unwrap_or(0))
    };
    let (hours, minutes, seconds) = (part(0), part(2), part(4));
    check("hours", sign * hours, 18)?;
    check("minutes", sign * minutes, 59)?;
    check("seconds", sign * seconds, 59)?;
    let total = sign * (hours * 3600 + minutes * 60 + seconds);
    if total.abs() > 18 * 3600 {
        return Err(date_time(
            "Zone offset not in valid range: -18:00 to +18:00",
        ));
    }
    Offset::from_seconds(total).map_err(|_out_of_range| invalid())
}

fn check(what: &str, value: i32, limit: i32) -> Result<(), TimeError> {
    if value.abs() <= limit {
        return Ok(());
    }
    Err(date_time(format!(
        "Zone offset {what} not in valid range: value {value} is not in the range -{limit} to {limit}"
    )))
}

fn date_time(message: impl std::fmt::Display) -> TimeError {
    TimeError::new(
        TimeErrorKind::Zone,
        "DateTimeException",
        message.to_string(),
    )
}

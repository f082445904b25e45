//! Time zones of the time axes: local fields, offsets and names, from a bundled database.
//!
//! The same definition draws the same picture on any machine, so the host's zone files are never
//! read. Parsing of times belongs to the caller.

mod names;

use std::fmt::Write as _;
use std::sync::OnceLock;

use jiff::civil::DateTime;
use jiff::tz::{Offset, TimeZone, TimeZoneDatabase};
use telamon_model::Timestamp;

use crate::RenderError;

/// A resolved time zone with the name it was asked by.
#[derive(Clone, Debug)]
pub(crate) struct Zone {
    name: String,
    zone: TimeZone,
    is_offset: bool,
}

impl Zone {
    /// Resolves an IANA name, `Z`, an offset `±HH[:MM[:SS]]`, or `UTC`, `GMT` or `UT`, alone or
    /// before an offset.
    pub(crate) fn resolve(name: &str) -> Option<Self> {
        static DATABASE: OnceLock<TimeZoneDatabase> = OnceLock::new();
        let database = DATABASE.get_or_init(TimeZoneDatabase::bundled);
        if let Some(offset) = parse_offset(name) {
            let zone = TimeZone::fixed(offset);
            let name = offset_text(offset);
            return Some(Self {
                name,
                zone,
                is_offset: true,
            });
        }
        if let Some((name, offset)) = parse_greenwich(name) {
            return Some(Self {
                name,
                zone: TimeZone::fixed(offset),
                is_offset: false,
            });
        }
        let zone = database.get(name).ok()?;
        Some(Self {
            name: name.into(),
            zone,
            is_offset: false,
        })
    }

    /// Resolves a name or says which one is unknown.
    pub(crate) fn of(name: &str) -> Result<Self, RenderError> {
        Self::resolve(name).ok_or_else(|| RenderError::UnknownZone(name.into()))
    }

    /// The name beside the time axis: `UTC`, `PT`, `CET`, `+02:00`, `Z`.
    pub(crate) fn short_name(&self) -> &str {
        names::SHORT_NAMES
            .iter()
            .find(|(_, zones)| zones.split(' ').any(|zone| zone == self.name))
            .map_or(self.name.as_str(), |(short, _)| short)
    }

    /// The name it was asked by.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// The offset at an instant, `-08:00`, `Z` for none.
    pub(crate) fn offset_text_at(&self, time: Timestamp) -> String {
        offset_text(self.offset(time))
    }

    /// Seconds east of Greenwich at an instant.
    pub(crate) fn offset_seconds(&self, time: Timestamp) -> i64 {
        i64::from(self.offset(time).seconds())
    }

    /// The first change of the offset after an instant: when, and by how many seconds.
    pub(crate) fn next_change(&self, time: Timestamp) -> Option<(Timestamp, i64)> {
        let before = self.offset_seconds(time);
        let transition = self
            .zone
            .following(instant(time))
            .find(|transition| i64::from(transition.offset().seconds()) != before)?;
        let at = Timestamp(transition.timestamp().as_millisecond());
        Some((at, i64::from(transition.offset().seconds()) - before))
    }

    /// Local date and time of an instant.
    pub(crate) fn local(&self, time: Timestamp) -> DateTime {
        self.offset(time).to_datetime(instant(time))
    }

    /// The instant of a local date and time; the earlier offset where it is ambiguous.
    pub(crate) fn instant_of(&self, local: DateTime) -> Option<Timestamp> {
        let time = self.zone.to_timestamp(local).ok()?;
        Some(Timestamp(time.as_millisecond()))
    }

    /// `2012-01-01T08:56:00Z`, `-08:00` elsewhere: the time column of csv.
    pub(crate) fn write_offset_time(&self, out: &mut String, time: Timestamp) {
        let local = self.local(time);
        write_date_and_minute(out, local);
        write!(out, ":{:02}", local.second()).expect("a string takes everything");
        write_fraction(out, local, 1);
        out.push_str(&offset_text(self.offset(time)));
    }

    /// `2012-01-01T00:01-08:00[US/Pacific]`: the end in the footer; seconds only where not zero.
    pub(crate) fn zoned_text(&self, time: Timestamp) -> String {
        let local = self.local(time);
        let mut out = String::with_capacity(48);
        write_date_and_minute(&mut out, local);
        if local.second() != 0 || local.subsec_nanosecond() != 0 {
            write!(out, ":{:02}", local.second()).expect("a string takes everything");
            write_fraction(&mut out, local, 3);
        }
        out.push_str(&offset_text(self.offset(time)));
        if !self.is_offset {
            write!(out, "[{}]", self.name).expect("a string takes everything");
        }
        out
    }

    fn offset(&self, time: Timestamp) -> Offset {
        self.zone.to_offset(instant(time))
    }
}

/// `2012-01-01T08:56:00Z`, with three digits of milliseconds where they are not zero.
pub(crate) fn instant_text(time: Timestamp) -> String {
    let digits = if time.as_millis() % 1000 == 0 { 0 } else { 3 };
    format!("{:.digits$}", instant(time))
}

/// Times beyond the years -9999 to 9999 are taken for the nearest end.
fn instant(time: Timestamp) -> jiff::Timestamp {
    jiff::Timestamp::from_millisecond(time.as_millis()).unwrap_or(if time.as_millis() < 0 {
        jiff::Timestamp::MIN
    } else {
        jiff::Timestamp::MAX
    })
}

fn write_date_and_minute(out: &mut String, local: DateTime) {
    write!(
        out,
        "{:04}-{:02}-{:02}T{:02}:{:02}",
        local.year(),
        local.month(),
        local.day(),
        local.hour(),
        local.minute()
    )
    .expect("a string takes everything");
}

/// Milliseconds after the point, in multiples of so many digits.
fn write_fraction(out: &mut String, local: DateTime, digits_step: usize) {
    let millis = local.subsec_nanosecond() / 1_000_000;
    if millis == 0 {
        return;
    }
    let text = format!("{millis:03}");
    let trimmed = text.trim_end_matches('0').len();
    let count = trimmed.div_ceil(digits_step) * digits_step;
    out.push('.');
    out.push_str(&text[..count]);
}

fn parse_offset(text: &str) -> Option<Offset> {
    if text == "Z" {
        return Some(Offset::UTC);
    }
    let (sign, rest) = match text.as_bytes().first()? {
        b'+' => (1, &text[1..]),
        b'-' => (-1, &text[1..]),
        _ => return None,
    };
    let digits: String = rest.chars().filter(|&mark| mark != ':').collect();
    if !matches!(digits.len(), 1 | 2 | 4 | 6) || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let part = |from: usize, to: usize| -> i32 {
        digits
            .get(from..to.min(digits.len()))
            .and_then(|text| text.parse().ok())
            .unwrap_or(0)
    };
    let seconds = part(0, 2) * 3600 + part(2, 4) * 60 + part(4, 6);
    (seconds <= 18 * 3600)
        .then(|| Offset::from_seconds(sign * seconds).ok())
        .flatten()
}

/// An offset with a prefix, as Java names it: `UTC+01:00`, and without the offset where it is none.
fn parse_greenwich(text: &str) -> Option<(String, Offset)> {
    let (prefix, rest) = ["UTC", "GMT", "UT"]
        .iter()
        .find_map(|prefix| Some((*prefix, text.strip_prefix(prefix)?)))?;
    if rest.is_empty() {
        return Some((prefix.into(), Offset::UTC));
    }
    let is_offset = rest.starts_with(['+', '-']);
    let offset = is_offset.then(|| parse_offset(rest)).flatten()?;
    let name = match offset.seconds() {
        0 => prefix.into(),
        _ => format!("{prefix}{}", offset_text(offset)),
    };
    Some((name, offset))
}

fn offset_text(offset: Offset) -> String {
    let seconds = offset.seconds();
    if seconds == 0 {
        return "Z".into();
    }
    let sign = if seconds < 0 { '-' } else { '+' };
    let seconds = seconds.abs();
    let mut text = format!("{sign}{:02}:{:02}", seconds / 3600, seconds / 60 % 60);
    if seconds % 60 != 0 {
        write!(text, ":{:02}", seconds % 60).expect("a string takes everything");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(zone: &str, time_ms: i64, csv: &str, zoned: &str, short: &str) {
        let zone = Zone::resolve(zone).unwrap();
        let mut text = String::new();
        zone.write_offset_time(&mut text, Timestamp(time_ms));
        assert_eq!(text, csv);
        assert_eq!(zone.zoned_text(Timestamp(time_ms)), zoned);
        assert_eq!(zone.short_name(), short);
    }

    #[test]
    fn times_are_written_as_java_writes_them() {
        let new_year = 1_325_376_000_000;
        check(
            "UTC",
            new_year,
            "2012-01-01T00:00:00Z",
            "2012-01-01T00:00Z[UTC]",
            "UTC",
        );
        check(
            "Z",
            new_year,
            "2012-01-01T00:00:00Z",
            "2012-01-01T00:00Z",
            "Z",
        );
        check(
            "US/Pacific",
            new_year + 60_000,
            "2011-12-31T16:01:00-08:00",
            "2011-12-31T16:01-08:00[US/Pacific]",
            "PT",
        );
        check(
            "+02:00",
            new_year + 5_100,
            "2012-01-01T02:00:05.1+02:00",
            "2012-01-01T02:00:05.100+02:00",
            "+02:00",
        );
        check(
            "Asia/Kolkata",
            new_year,
            "2012-01-01T05:30:00+05:30",
            "2012-01-01T05:30+05:30[Asia/Kolkata]",
            "IST",
        );
        check(
            "UTC+1",
            new_year,
            "2012-01-01T01:00:00+01:00",
            "2012-01-01T01:00+01:00[UTC+01:00]",
            "UTC+01:00",
        );
        check(
            "GMT-0330",
            new_year,
            "2011-12-31T20:30:00-03:30",
            "2011-12-31T20:30-03:30[GMT-03:30]",
            "GMT-03:30",
        );
        check(
            "UT",
            new_year,
            "2012-01-01T00:00:00Z",
            "2012-01-01T00:00Z[UT]",
            "UT",
        );
    }

    #[test]
    fn summer_time_is_a_change_of_an_hour() {
        let zone = Zone::resolve("US/Pacific").unwrap();
        let (at, by) = zone.next_change(Timestamp(1_331_400_000_000)).unwrap();
        assert_eq!((at.as_millis(), by), (1_331_460_000_000, 3600));
        assert!(Zone::resolve("UTC").unwrap().next_change(at).is_none());
        assert!(Zone::resolve("Foo").is_none() && Zone::resolve("+1x").is_none());
    }

    #[test]
    fn extreme_times_do_not_panic() {
        let zone = Zone::resolve("US/Pacific").unwrap();
        for time in [i64::MIN, i64::MAX] {
            assert!(!zone.zoned_text(Timestamp(time)).is_empty());
            let _ = zone.next_change(Timestamp(time));
        }
    }
}

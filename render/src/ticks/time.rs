//! Ticks of a time axis in a zone.
//!
//! Positions are round in *local* time with the zone's offset at the start of the range, so that
//! the grid stays even when the offset changes within; labels tell the true local time.

use jiff::civil::{Date, DateTime};
use jiff::{Span, ToSpan as _};
use telamon_model::Timestamp;

use crate::zone::Zone;

/// One tick of a time axis.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TimeTick {
    /// Where it stands.
    pub(crate) time: Timestamp,
    /// Whether it has a mark and a label.
    pub(crate) is_major: bool,
    /// The text below it; of minor ticks it is empty.
    pub(crate) label: String,
    /// Whether the label tells a change of the zone's offset.
    pub(crate) is_offset_change: bool,
}

const SECOND: i64 = 1_000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// Major and minor distances in milliseconds, ascending.
const SIZES: [(i64, i64); 25] = [
    (5 * SECOND, SECOND),
    (10 * SECOND, 2 * SECOND),
    (15 * SECOND, 5 * SECOND),
    (20 * SECOND, 5 * SECOND),
    (30 * SECOND, 10 * SECOND),
    (MINUTE, 10 * SECOND),
    (2 * MINUTE, 30 * SECOND),
    (3 * MINUTE, MINUTE),
    (5 * MINUTE, MINUTE),
    (10 * MINUTE, 2 * MINUTE),
    (15 * MINUTE, 5 * MINUTE),
    (20 * MINUTE, 5 * MINUTE),
    (30 * MINUTE, 10 * MINUTE),
    (HOUR, 10 * MINUTE),
    (2 * HOUR, 30 * MINUTE),
    (3 * HOUR, HOUR),
    (4 * HOUR, HOUR),
    (6 * HOUR, 2 * HOUR),
    (8 * HOUR, 2 * HOUR),
    (12 * HOUR, 3 * HOUR),
    (DAY, 4 * HOUR),
    (2 * DAY, 8 * HOUR),
    (7 * DAY, DAY),
    (14 * DAY, 2 * DAY),
    (28 * DAY, 7 * DAY),
];

/// Ticks from `start` to `end`, at most about `count` major ones.
pub(crate) fn time_ticks(
    zone: &Zone,
    start: Timestamp,
    end: Timestamp,
    count: usize,
) -> Vec<TimeTick> {
    let duration = end.millis_since(start).max(0);
    let count = i64::try_from(count).unwrap_or(i64::MAX);
    let mut ticks = match SIZES.iter().find(|(major, _)| duration / major <= count) {
        Some(&size) => clock_ticks(zone, start, end, size),
        None => calendar_ticks(zone, start, end, count),
    };
    mark_offset_change(zone, start, &mut ticks);
    ticks
}

fn clock_ticks(
    zone: &Zone,
    start: Timestamp,
    end: Timestamp,
    (major, minor): (i64, i64),
) -> Vec<TimeTick> {
    let offset = zone.offset_seconds(start) * SECOND;
    let local_end = end.as_millis().saturating_add(offset);
    let mut local = start
        .as_millis()
        .saturating_add(offset)
        .div_euclid(major)
        .saturating_mul(major);
    let mut ticks = Vec::new();
    while local <= local_end {
        let time = Timestamp(local.saturating_sub(offset));
        let is_major = local % major == 0;
        if time >= start {
            let label = if is_major {
                clock_label(zone.local(time))
            } else {
                String::new()
            };
            ticks.push(TimeTick {
                time,
                is_major,
                label,
                is_offset_change: false,
            });
        }
        match local.checked_add(minor) {
            Some(next) => local = next,
            None => break,
        }
    }
    ticks
}

/// The finest part of the local time that is not zero.
fn clock_label(local: DateTime) -> String {
    if local.second() != 0 {
        format!(":{:02}", local.second())
    } else if local.minute() != 0 || local.hour() != 0 {
        format!("{:02}:{:02}", local.hour(), local.minute())
    } else {
        format!("{}{:02}", month_name(local.date()), local.day())
    }
}

/// Months or years from the start date on, all of them major.
fn calendar_ticks(zone: &Zone, start: Timestamp, end: Timestamp, count: i64) -> Vec<TimeTick> {
    let days = end.millis_since(start) / DAY;
    let count = count.max(1);
    let (step, is_years): (Span, bool) = if days / 30 <= count {
        (1.month(), false)
    } else if days / 90 <= count {
        (3.months(), false)
    } else if days / 365 <= count {
        (1.year(), true)
    } else {
        let years = (days / (365 * count)).clamp(1, 19_000);
        (years.years(), true)
    };
    let mut ticks = Vec::new();
    let mut date = zone.local(start).date();
    while let Some(time) = zone.instant_of(date.at(0, 0, 0, 0)) {
        if time > end || ticks.len() > TICKS_MAX {
            break;
        }
        if time >= start {
            let label = if is_years {
                format!("{:04}", date.year())
            } else {
                month_name(date).to_owned()
            };
            ticks.push(TimeTick {
                time,
                is_major: true,
                label,
                is_offset_change: false,
            });
        }
        match date.checked_add(step) {
            Ok(next) => date = next,
            Err(_) => break,
        }
    }
    ticks
}

/// More months or years never fit; reached only at the ends of the calendar.
const TICKS_MAX: usize = 500;

/// The first major tick at or after a change of the offset says by how much clocks moved.
fn mark_offset_change(zone: &Zone, start: Timestamp, ticks: &mut [TimeTick]) {
    let Some((at, seconds)) = zone.next_change(start) else {
        return;
    };
    if let Some(tick) = ticks
        .iter_mut()
        .find(|tick| tick.is_major && tick.time >= at)
    {
        tick.label = change_text(seconds);
        tick.is_offset_change = true;
    }
}

/// `+1H`, `-30M`, `+1H30M`.
fn change_text(seconds: i64) -> String {
    let sign = if seconds < 0 { '-' } else { '+' };
    let (hours, minutes) = (seconds.abs() / 3600, seconds.abs() / 60 % 60);
    match (hours, minutes) {
        (0, _) => format!("{sign}{minutes}M"),
        (_, 0) => format!("{sign}{hours}H"),
        _ => format!("{sign}{hours}H{minutes}M"),
    }
}

fn month_name(date: Date) -> &'static str {
    const NAMES: [&str; 12] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ];
    usize::try_from(date.month() - 1)
        .ok()
        .and_then(|index| NAMES.get(index))
        .unwrap_or(&"")
}

#[cfg(test)]
mod tests {
    use super::*;

    const NEW_YEAR: i64 = 1_325_376_000_000;

    fn labels(zone: &str, start: i64, end: i64, count: usize) -> Vec<String> {
        let zone = Zone::resolve(zone).unwrap();
        time_ticks(&zone, Timestamp(start), Timestamp(end), count)
            .into_iter()
            .filter(|tick| tick.is_major)
            .map(|tick| tick.label)
            .collect()
    }

    #[test]
    fn hours_are_round_in_local_time() {
        let day = labels("US/Pacific", NEW_YEAR + 8 * HOUR, NEW_YEAR + 32 * HOUR, 6);
        assert_eq!(
            day,
            [
                "Jan01", "04:00", "08:00", "12:00", "16:00", "20:00", "Jan02"
            ]
        );
        let minutes = labels("Asia/Kolkata", NEW_YEAR, NEW_YEAR + 90 * SECOND, 4);
        assert_eq!(minutes, ["05:30", ":20", ":40", "05:31", ":20"]);
    }

    #[test]
    fn long_ranges_have_months_and_years() {
        assert_eq!(
            labels("UTC", NEW_YEAR, NEW_YEAR + 145 * DAY, 4),
            ["Jan", "Feb", "Mar", "Apr", "May"]
        );
        let years = labels("UTC", NEW_YEAR, NEW_YEAR + 3653 * DAY, 5);
        assert_eq!(years[..3], ["2012", "2014", "2016"]);
    }

    #[test]
    fn a_change_to_summer_time_is_named() {
        let start = 1_331_452_800_000; // 2012-03-11T00:00-08:00
        let day = labels("US/Pacific", start, start + 6 * HOUR, 6);
        assert_eq!(
            day,
            ["Mar11", "01:00", "+1H", "04:00", "05:00", "06:00", "07:00"]
        );
    }

    #[test]
    fn extreme_ranges_end() {
        for (start, end) in [
            (i64::MIN, i64::MAX),
            (0, i64::MAX),
            (i64::MAX - 10, i64::MAX),
        ] {
            assert!(labels("US/Pacific", start, end, 16).len() < 600);
        }
    }
}

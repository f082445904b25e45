//! Ticks of a time axis in our own style: on boundaries of the calendar and the clock of a zone.
//!
//! Takes a zone, two instants and the pixels between, gives ticks with a label in two rows:
//!
//! ```text
//!     |        |        |       |        |
//!   22:00    23:00    00:00   01:00    03:00        what changes from tick to tick
//!     Sat 10 Mar 2012  Sun 11 Mar      +1h          what it belongs to; where the offset changes
//! ```
//!
//! Positions follow the true local time: after a change of the zone's offset they stand on round hours
//! again. Weeks begin on Mondays, months on their first day. Columns belong to `layout`.

use jiff::civil::{Date, DateTime};
use jiff::{Span, ToSpan as _};
use telamon_model::Timestamp;

use crate::zone::Zone;

const SECOND: i64 = 1_000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;
/// Pixels of a cell of a label, and from one label to the next.
const CELL: i64 = 6;
const GAP: i64 = 20;
/// Minor ticks that are nearer than this only make the canvas grey.
const MINOR_PIXELS_MIN: i64 = 5;
/// More ticks never fit; reached only at the ends of the calendar.
const TICKS_MAX: usize = 4_000;
/// Changes of the offset beyond these are not told.
const CHANGES_MAX: usize = 32;

/// A time axis of one zone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Calendar {
    /// What the start belongs to, with the year: ways to write it, the longest first.
    pub(crate) start: Vec<String>,
    /// Ascending.
    pub(crate) ticks: Vec<CalendarTick>,
    /// Where clocks change within the range, and by how much: `+1h`.
    pub(crate) changes: Vec<(Timestamp, String)>,
}

/// One tick.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CalendarTick {
    /// Where it stands.
    pub(crate) time: Timestamp,
    /// Whether it has a mark and a label.
    pub(crate) is_major: bool,
    /// The first row; empty for minor ticks.
    pub(crate) label: String,
    /// The second row where it changes: ways to write it, the longest first.
    pub(crate) context: Vec<String>,
    /// The same with the year, for the first one that is written where the start is not.
    pub(crate) full_context: Vec<String>,
}

/// A distance of ticks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Size {
    /// Milliseconds that divide a day.
    Clock(i64),
    Days(i8),
    Weeks,
    Months(i8),
    Years(i32),
}

/// Major and minor distances, ascending.
const SIZES: [(Size, Size); 37] = [
    (Size::Clock(1), Size::Clock(1)),
    (Size::Clock(2), Size::Clock(1)),
    (Size::Clock(5), Size::Clock(1)),
    (Size::Clock(10), Size::Clock(2)),
    (Size::Clock(20), Size::Clock(5)),
    (Size::Clock(50), Size::Clock(10)),
    (Size::Clock(100), Size::Clock(20)),
    (Size::Clock(200), Size::Clock(50)),
    (Size::Clock(500), Size::Clock(100)),
    (Size::Clock(SECOND), Size::Clock(200)),
    (Size::Clock(2 * SECOND), Size::Clock(500)),
    (Size::Clock(5 * SECOND), Size::Clock(SECOND)),
    (Size::Clock(10 * SECOND), Size::Clock(2 * SECOND)),
    (Size::Clock(15 * SECOND), Size::Clock(5 * SECOND)),
    (Size::Clock(30 * SECOND), Size::Clock(5 * SECOND)),
    (Size::Clock(MINUTE), Size::Clock(10 * SECOND)),
    (Size::Clock(2 * MINUTE), Size::Clock(30 * SECOND)),
    (Size::Clock(5 * MINUTE), Size::Clock(MINUTE)),
    (Size::Clock(10 * MINUTE), Size::Clock(2 * MINUTE)),
    (Size::Clock(15 * MINUTE), Size::Clock(5 * MINUTE)),
    (Size::Clock(30 * MINUTE), Size::Clock(5 * MINUTE)),
    (Size::Clock(HOUR), Size::Clock(10 * MINUTE)),
    (Size::Clock(2 * HOUR), Size::Clock(30 * MINUTE)),
    (Size::Clock(3 * HOUR), Size::Clock(HOUR)),
    (Size::Clock(4 * HOUR), Size::Clock(HOUR)),
    (Size::Clock(6 * HOUR), Size::Clock(HOUR)),
    (Size::Clock(12 * HOUR), Size::Clock(3 * HOUR)),
    (Size::Days(1), Size::Clock(6 * HOUR)),
    (Size::Days(2), Size::Days(1)),
    (Size::Weeks, Size::Days(1)),
    (Size::Months(1), Size::Weeks),
    (Size::Months(3), Size::Months(1)),
    (Size::Months(6), Size::Months(1)),
    (Size::Years(1), Size::Months(3)),
    (Size::Years(2), Size::Years(1)),
    (Size::Years(5), Size::Years(1)),
    (Size::Years(10), Size::Years(2)),
];

impl Size {
    /// Its usual length in milliseconds.
    fn millis(self) -> i64 {
        match self {
            Self::Clock(millis) => millis,
            Self::Days(days) => i64::from(days) * DAY,
            Self::Weeks => 7 * DAY,
            Self::Months(months) => i64::from(months) * 30 * DAY,
            Self::Years(years) => i64::from(years) * 365 * DAY,
        }
    }

    /// Cells of its longest label.
    fn cells(self) -> i64 {
        match self {
            Self::Clock(millis) if millis < SECOND => 12,
            Self::Clock(millis) if millis < MINUTE => 8,
            Self::Clock(_) => 5,
            Self::Days(_) | Self::Weeks => 6,
            Self::Months(_) => 3,
            Self::Years(_) => 4,
        }
    }

    /// Whether major labels of this size have room when a range has so many pixels.
    fn fits(self, duration: i64, pixels: i64) -> bool {
        let needed = i128::from(self.cells() * CELL + GAP);
        i128::from(self.millis()) * i128::from(pixels) >= needed * i128::from(duration)
    }
}

/// Ticks from `start` to `end`, whose distance is so many pixels.
pub(crate) fn calendar(zone: &Zone, start: Timestamp, end: Timestamp, pixels: i32) -> Calendar {
    let duration = end.millis_since(start).max(1);
    let pixels = i64::from(pixels.max(1));
    let (major, minor) = SIZES
        .into_iter()
        .find(|(major, _)| major.fits(duration, pixels))
        .unwrap_or_else(|| long_years(duration, pixels));
    let changes = changes(zone, start, end, major);
    let range = (start, end);
    let is_dense = i128::from(minor.millis()) * i128::from(pixels)
        < i128::from(MINOR_PIXELS_MIN) * i128::from(duration);
    let majors = positions(zone, range, major, &changes);
    let mut ticks: Vec<CalendarTick> = Vec::new();
    if !is_dense && minor != major {
        let between = positions(zone, range, minor, &changes)
            .into_iter()
            .filter(|time| majors.binary_search(time).is_err());
        ticks.extend(between.map(minor_tick));
    }
    let local = zone.local(start);
    ticks.extend(labelled(zone, (local, majors), major));
    ticks.sort_by_key(|tick| tick.time);
    let changes = changes
        .into_iter()
        .map(|(time, seconds)| (time, change_text(seconds)))
        .collect();
    Calendar {
        start: context(local, major, true),
        ticks,
        changes,
    }
}

fn long_years(duration: i64, pixels: i64) -> (Size, Size) {
    let decades = (1..4_u32).flat_map(|exponent| {
        let unit = 10_i32.pow(exponent);
        [1, 2, 5].map(|count| (Size::Years(count * unit), Size::Years(count * unit / 5)))
    });
    let mut sizes = decades.filter(|(major, _)| major.fits(duration, pixels));
    sizes
        .next()
        .unwrap_or((Size::Years(10_000), Size::Years(2_000)))
}

/// Changes of the offset in the range, with their seconds. Among days they would not be seen.
fn changes(zone: &Zone, start: Timestamp, end: Timestamp, major: Size) -> Vec<(Timestamp, i64)> {
    let mut found = Vec::new();
    if major.millis() > 2 * DAY {
        return found;
    }
    let mut from = start;
    while let Some((at, seconds)) = zone.next_change(from) {
        if at > end || at <= from || found.len() >= CHANGES_MAX {
            break;
        }
        found.push((at, seconds));
        from = at;
    }
    found
}

/// Where ticks of a size stand, ascending.
fn positions(
    zone: &Zone,
    (start, end): (Timestamp, Timestamp),
    size: Size,
    changes: &[(Timestamp, i64)],
) -> Vec<Timestamp> {
    let mut found = match size {
        Size::Clock(millis) => clock_positions(zone, (start, end), millis, changes),
        dated => date_positions(zone, (start, end), dated),
    };
    found.retain(|time| (start..=end).contains(time));
    found.dedup();
    found
}

/// Round local times, between changes of the offset each with its own.
fn clock_positions(
    zone: &Zone,
    (start, end): (Timestamp, Timestamp),
    millis: i64,
    changes: &[(Timestamp, i64)],
) -> Vec<Timestamp> {
    let mut found = Vec::new();
    let starts = std::iter::once(start).chain(changes.iter().map(|(at, _)| *at));
    let ends = changes
        .iter()
        .map(|(at, _)| at.plus_millis(-1))
        .chain([end]);
    for (from, to) in starts.zip(ends) {
        let offset = zone.offset_seconds(from) * SECOND;
        let local = from.as_millis().saturating_add(offset);
        let mut local = local.saturating_add((-local).rem_euclid(millis));
        let last = to.as_millis().saturating_add(offset);
        while local <= last && found.len() < TICKS_MAX {
            found.push(Timestamp(local - offset));
            let Some(next) = local.checked_add(millis) else {
                break;
            };
            local = next;
        }
    }
    found
}

/// Starts of days, Mondays, months or years.
fn date_positions(zone: &Zone, (start, end): (Timestamp, Timestamp), size: Size) -> Vec<Timestamp> {
    let first = zone.local(start).date();
    let (mut date, step) = match size {
        Size::Weeks => {
            let back = i64::from(first.weekday().to_monday_zero_offset());
            (earlier(first, back.days()), 1.week())
        }
        Size::Months(months) => {
            let month = (first.month() - 1) / months * months + 1;
            (date_of(first.year(), month), i64::from(months).months())
        }
        Size::Years(years) => {
            let year = i32::from(first.year()).div_euclid(years) * years;
            let year = i16::try_from(year).unwrap_or(first.year());
            (date_of(year, 1), i64::from(years).years())
        }
        Size::Clock(_) | Size::Days(_) => (first, 1.day()),
    };
    let mut found = Vec::new();
    while found.len() < TICKS_MAX {
        let Some(time) = zone.instant_of(date.at(0, 0, 0, 0)) else {
            break;
        };
        if time > end {
            break;
        }
        // Every other day starts anew with each month, without two neighbours at its end.
        let is_skipped = matches!(size, Size::Days(2)) && (date.day() % 2 == 0 || date.day() > 29)
            || matches!(size, Size::Days(2)) && date.day() == 29 && date.days_in_month() == 29;
        if !is_skipped {
            found.push(time);
        }
        match date.checked_add(step) {
            Ok(next) => date = next,
            Err(_) => break,
        }
    }
    found
}

fn earlier(date: Date, by: Span) -> Date {
    date.checked_sub(by).unwrap_or(date)
}

fn date_of(year: i16, month: i8) -> Date {
    Date::new(year, month, 1).unwrap_or(Date::MIN)
}

fn minor_tick(time: Timestamp) -> CalendarTick {
    CalendarTick {
        time,
        is_major: false,
        label: String::new(),
        context: Vec::new(),
        full_context: Vec::new(),
    }
}

/// Major ticks with their labels, and the second row where it changes.
fn labelled(
    zone: &Zone,
    (mut before, majors): (DateTime, Vec<Timestamp>),
    size: Size,
) -> Vec<CalendarTick> {
    let mut ticks = Vec::with_capacity(majors.len());
    for time in majors {
        let local = zone.local(time);
        let is_new = has_new_context(before, local, size);
        let has_new_year = before.year() != local.year();
        before = local;
        let full_context = context(local, size, true);
        let context = match (is_new, has_new_year) {
            (false, _) => Vec::new(),
            (true, true) => full_context.clone(),
            (true, false) => context(local, size, false),
        };
        ticks.push(CalendarTick {
            time,
            is_major: true,
            label: label(local, size),
            full_context: if is_new { full_context } else { Vec::new() },
            context,
        });
    }
    ticks
}

fn has_new_context(before: DateTime, now: DateTime, size: Size) -> bool {
    match size {
        Size::Clock(_) => before.date() != now.date(),
        Size::Days(_) => (before.year(), before.month()) != (now.year(), now.month()),
        Size::Weeks | Size::Months(_) => before.year() != now.year(),
        Size::Years(_) => false,
    }
}

/// The first row.
fn label(local: DateTime, size: Size) -> String {
    let minute = || format!("{:02}:{:02}", local.hour(), local.minute());
    match size {
        Size::Clock(millis) if millis < SECOND => {
            let part = local.subsec_nanosecond() / 1_000_000;
            format!("{}:{:02}.{part:03}", minute(), local.second())
        }
        Size::Clock(millis) if millis < MINUTE => format!("{}:{:02}", minute(), local.second()),
        Size::Clock(_) => minute(),
        Size::Days(_) => format!("{} {}", weekday_name(local.date()), local.day()),
        Size::Weeks => format!("{} {}", local.day(), month_name(local.date())),
        Size::Months(_) => month_name(local.date()).to_owned(),
        Size::Years(_) => format!("{:04}", local.year()),
    }
}

/// The second row, the longest way to write it first; years have none.
fn context(local: DateTime, size: Size, with_year: bool) -> Vec<String> {
    let date = local.date();
    let (day, month, year) = (date.day(), month_name(date), date.year());
    match (size, with_year) {
        (Size::Clock(_), true) => vec![
            format!("{} {day} {month} {year:04}", weekday_name(date)),
            format!("{day} {month} {year:04}"),
            format!("{day} {month}"),
        ],
        (Size::Clock(_), false) => vec![
            format!("{} {day} {month}", weekday_name(date)),
            format!("{day} {month}"),
        ],
        (Size::Days(_), true) => vec![format!("{month} {year:04}"), month.to_owned()],
        (Size::Days(_), false) => vec![month.to_owned()],
        (Size::Weeks | Size::Months(_), _) => vec![format!("{year:04}")],
        (Size::Years(_), _) => Vec::new(),
    }
}

/// `+1h`, `-30m`, `+1h30m`.
fn change_text(seconds: i64) -> String {
    let sign = if seconds < 0 { '-' } else { '+' };
    let seconds = seconds.abs();
    let part = |count: i64, unit: &str| match count {
        0 => String::new(),
        count => format!("{count}{unit}"),
    };
    let (hours, minutes) = (part(seconds / 3600, "h"), part(seconds / 60 % 60, "m"));
    format!("{sign}{hours}{minutes}{}", part(seconds % 60, "s"))
}

fn month_name(date: Date) -> &'static str {
    const NAMES: [&str; 12] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ];
    let index = usize::try_from(date.month() - 1).unwrap_or(0);
    NAMES.get(index).unwrap_or(&"")
}

fn weekday_name(date: Date) -> &'static str {
    const NAMES: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
    let index = usize::try_from(date.weekday().to_monday_zero_offset()).unwrap_or(0);
    NAMES.get(index).unwrap_or(&"")
}

#[cfg(test)]
mod tests;

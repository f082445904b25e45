//! Time texts: `now-3h`, `e-1w`, `2012-01-01T08:00`, `1325404800`, and time zones.
//!
//! Takes texts and the present, gives instants and zones, or the reference's words for what is
//! wrong with them. The ends of requests and of `:time-span` are written like this. Aligning a range
//! to a step is [`crate::context`]'s.

mod iso;
mod zone;

#[cfg(test)]
mod tests;

use jiff::tz::TimeZone;
use telamon_model::Timestamp;
use telamon_model::duration::{DurationError, parse_millis};

use crate::lang::plain_words;

pub use zone::{Zone, regions, zone};

/// Why a text is no time, duration or zone.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text}")]
pub struct TimeError {
    /// The class that the reference names.
    pub class: &'static str,
    /// The text of the reference without its class.
    pub text: String,
    kind: TimeErrorKind,
}

/// What was to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum TimeErrorKind {
    Duration,
    Instant,
    Zone,
    Range,
}

impl TimeError {
    fn new(kind: TimeErrorKind, class: &'static str, text: impl Into<String>) -> Self {
        Self {
            class,
            text: text.into(),
            kind,
        }
    }

    fn argument(kind: TimeErrorKind, text: impl Into<String>) -> Self {
        Self::new(kind, "IllegalArgumentException", text)
    }

    /// What is wrong, in plain words.
    pub fn title(&self) -> String {
        let text = plain_words(&self.text);
        match self.kind {
            TimeErrorKind::Duration => format!("no duration: {text}"),
            TimeErrorKind::Instant => format!("no time: {text}"),
            TimeErrorKind::Zone => format!("no time zone: {text}"),
            TimeErrorKind::Range => text,
        }
    }

    /// What to do.
    pub fn hint(&self) -> &'static str {
        match self.kind {
            TimeErrorKind::Duration => "a duration is written like 90s, 5m, 1h, 7d or PT1H30M",
            TimeErrorKind::Instant => {
                "a time is written like now-3h, e-1w, 2012-01-01T08:00 or 1325404800"
            }
            TimeErrorKind::Zone => {
                "a zone is a region such as US/Pacific, an offset such as +02:00, or UTC"
            }
            TimeErrorKind::Range => "give the start as a time before the end, as in s=e-3h",
        }
    }
}

/// Start and end of a request, end not before start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range {
    /// Its start.
    pub start: Timestamp,
    /// Its end.
    pub end: Timestamp,
}

/// What texts are resolved against.
#[derive(Clone, Copy, Debug)]
struct Known<'a> {
    now: Timestamp,
    zone: &'a TimeZone,
    /// Names beside `now` and `epoch`: the other end of a range, the ends of a graph.
    names: &'a [(&'static str, Timestamp)],
}

/// Resolves `s` and `e`. Each may refer to the other, but not both at once.
///
/// # Errors
/// In the words of the reference.
pub fn resolve_range(
    start: &str,
    end: &str,
    zone: &TimeZone,
    now: Timestamp,
) -> Result<Range, TimeError> {
    let known = Known {
        now,
        zone,
        names: &[],
    };
    let range = if start == "e" || is_relative_to_other(start) {
        if is_relative_to_other(end) {
            return Err(requirement("start and end are both relative"));
        }
        let end = known.resolve(end)?;
        let names = &[("e", end)];
        let start = Known { names, ..known }.resolve(start)?;
        Range { start, end }
    } else {
        let start = known.resolve(start)?;
        let names = &[("s", start)];
        let end = Known { names, ..known }.resolve(end)?;
        Range { start, end }
    };
    if range.end < range.start {
        return Err(requirement("end time is before start time"));
    }
    Ok(range)
}

/// Resolves the ends of a span within a graph. Each may refer to the other as `s` and `e`, and to the
/// ends of the graph as `gs` and `ge`.
///
/// # Errors
/// In the words of the reference.
pub fn resolve_span(
    span: (&str, &str),
    graph: Range,
    zone: &TimeZone,
    now: Timestamp,
) -> Result<Range, TimeError> {
    let (start, end) = span;
    let names = [("gs", graph.start), ("ge", graph.end)];
    let known = Known {
        now,
        zone,
        names: &names,
    };
    if refers_to(start, "s") {
        return Err(range_error("start time is relative to itself"));
    }
    if refers_to(end, "e") {
        return Err(range_error("end time is relative to itself"));
    }
    let is_after_end = refers_to(start, "e");
    if is_after_end && refers_to(end, "s") {
        let text = "start and end time are relative to each other";
        return Err(range_error(text));
    }
    let range = if is_after_end {
        let end = known.resolve(end)?;
        let names = &[names[0], names[1], ("e", end)];
        let start = Known { names, ..known }.resolve(start)?;
        Range { start, end }
    } else {
        let start = known.resolve(start)?;
        let names = &[names[0], names[1], ("s", start)];
        let end = Known { names, ..known }.resolve(end)?;
        Range { start, end }
    };
    if range.end < range.start {
        return Err(requirement("start must be <= end"));
    }
    Ok(range)
}

/// Whether an end is a name, or is counted from it.
fn refers_to(text: &str, name: &str) -> bool {
    text == name
        || split_relative(text, |c| c.is_ascii_lowercase()).is_some_and(|(base, _)| base == name)
}

/// A duration parameter in milliseconds.
///
/// # Errors
/// In the words of the reference.
pub fn parse_duration(text: &str) -> Result<i64, TimeError> {
    parse_millis(text).map_err(|error| match error {
        DurationError::Invalid(text) if text.starts_with('P') => TimeError::new(
            TimeErrorKind::Duration,
            "DateTimeParseException",
            "Text cannot be parsed to a Duration",
        ),
        DurationError::Invalid(_) | DurationError::UnknownUnit(_) => {
            TimeError::argument(TimeErrorKind::Duration, error.to_string())
        }
        DurationError::OutOfRange(text) => {
            let digits: String = text.chars().take_while(char::is_ascii_digit).collect();
            match digits.parse::<i64>() {
                Ok(_) => TimeError::new(
                    TimeErrorKind::Duration,
                    "ArithmeticException",
                    "long overflow",
                ),
                Err(_too_long) => not_a_number(TimeErrorKind::Duration, &digits),
            }
        }
    })
}

impl Known<'_> {
    fn resolve(&self, text: &str) -> Result<Timestamp, TimeError> {
        if let Some((name, millis)) = split_relative(text, |c| c.is_ascii_lowercase()) {
            return Ok(self.named(name).plus_millis(millis?));
        }
        if !text.is_empty() && text.bytes().all(|b| b.is_ascii_lowercase()) {
            return Ok(self.named(text));
        }
        if !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()) {
            return epoch(text);
        }
        if let Some((digits, millis)) = split_relative(text, |c| c.is_ascii_digit()) {
            return Ok(epoch(digits)?.plus_millis(millis?));
        }
        iso::parse(text, self.zone).ok_or_else(|| {
            TimeError::argument(TimeErrorKind::Instant, format!("invalid date {text}"))
        })
    }

    /// Any unknown name is now, as in the reference.
    fn named(&self, name: &str) -> Timestamp {
        let known = self.names.iter().find(|(known, _)| *known == name);
        match (name, known) {
            ("epoch", _) => Timestamp(0),
            (_, Some(&(_, instant))) => instant,
            (_, None) => self.now,
        }
    }
}

/// `<base><sign><duration>` with a base of the given characters; the duration holds no sign.
fn split_relative(
    text: &str,
    is_base: impl Fn(char) -> bool,
) -> Option<(&str, Result<i64, TimeError>)> {
    let at = text.find(['-', '+'])?;
    let (base, rest) = text.split_at(at);
    let (sign, duration) = rest.split_at(1);
    let is_form = !base.is_empty()
        && base.chars().all(is_base)
        && !duration.is_empty()
        && !duration.contains(['-', '+']);
    let negative = sign == "-";
    is_form.then(|| {
        let millis = parse_duration(duration);
        (
            base,
            millis.map(|millis| if negative { -millis } else { millis }),
        )
    })
}

fn is_relative_to_other(text: &str) -> bool {
    split_relative(text, |c| c.is_ascii_lowercase())
        .is_some_and(|(name, _)| name != "now" && name != "epoch")
}

/// Seconds, milliseconds, microseconds or nanoseconds, by magnitude.
fn epoch(digits: &str) -> Result<Timestamp, TimeError> {
    const SECONDS_MAX: i64 = 2_147_483_647;
    const MILLIS_MAX: i64 = 13_569_465_600_000;
    const MICROS_MAX: i64 = MILLIS_MAX * 1000;
    let value: i64 = digits
        .parse()
        .map_err(|_too_long| not_a_number(TimeErrorKind::Instant, digits))?;
    let millis = if value <= SECONDS_MAX {
        value * 1000
    } else if value <= MILLIS_MAX {
        value
    } else if value <= MICROS_MAX {
        value / 1000
    } else {
        value / 1_000_000
    };
    Ok(Timestamp(millis))
}

fn requirement(text: &str) -> TimeError {
    range_error(&format!("requirement failed: {text}"))
}

fn range_error(text: &str) -> TimeError {
    TimeError::argument(TimeErrorKind::Range, text)
}

fn not_a_number(kind: TimeErrorKind, digits: &str) -> TimeError {
    let message = format!("For input string: \"{digits}\"");
    TimeError::new(kind, "NumberFormatException", message)
}

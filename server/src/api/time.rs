//! Time texts of requests: `now-3h`, `e-1w`, `2012-01-01T08:00`, `1325404800`, and time zones.
//!
//! Takes texts and the present, gives instants and zones, or the reference's words for what is
//! wrong with them. Aligning a range to a step is [`super::window`]'s.

mod iso;
mod zone;

#[cfg(test)]
mod tests;

use jiff::tz::TimeZone;
use telamon_model::Timestamp;
use telamon_model::duration::{DurationError, parse_millis};

use super::problem::Problem;

#[cfg(test)]
pub(crate) use zone::regions;
pub(crate) use zone::{Zone, zone};

/// Start and end of a request, end not before start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Range {
    pub(crate) start: Timestamp,
    pub(crate) end: Timestamp,
}

/// What texts are resolved against.
#[derive(Clone, Copy, Debug)]
struct Known<'a> {
    now: Timestamp,
    zone: &'a TimeZone,
    /// The other end of the range: its name and instant.
    other: Option<(&'static str, Timestamp)>,
}

/// Resolves `s` and `e`. Each may refer to the other, but not both at once.
pub(crate) fn resolve_range(
    start: &str,
    end: &str,
    zone: &TimeZone,
    now: Timestamp,
) -> Result<Range, Problem> {
    let known = Known {
        now,
        zone,
        other: None,
    };
    let range = if start == "e" || is_relative_to_other(start) {
        if is_relative_to_other(end) {
            return Err(requirement("start and end are both relative"));
        }
        let end = known.resolve(end)?;
        let other = Some(("e", end));
        let start = Known { other, ..known }.resolve(start)?;
        Range { start, end }
    } else {
        let start = known.resolve(start)?;
        let other = Some(("s", start));
        let end = Known { other, ..known }.resolve(end)?;
        Range { start, end }
    };
    if range.end < range.start {
        return Err(requirement("end time is before start time"));
    }
    Ok(range)
}

/// A duration parameter in milliseconds.
pub(crate) fn parse_duration(text: &str) -> Result<i64, Problem> {
    parse_millis(text).map_err(|error| match error {
        DurationError::Invalid(text) if text.starts_with('P') => Problem::bad_request(
            "DateTimeParseException",
            "Text cannot be parsed to a Duration",
        ),
        DurationError::Invalid(_) | DurationError::UnknownUnit(_) => {
            Problem::illegal_argument(error)
        }
        DurationError::OutOfRange(text) => {
            let digits: String = text.chars().take_while(char::is_ascii_digit).collect();
            match digits.parse::<i64>() {
                Ok(_) => Problem::bad_request("ArithmeticException", "long overflow"),
                Err(_too_long) => not_a_number(&digits),
            }
        }
    })
}

impl Known<'_> {
    fn resolve(&self, text: &str) -> Result<Timestamp, Problem> {
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
        iso::parse(text, self.zone)
            .ok_or_else(|| Problem::illegal_argument(format!("invalid date {text}")))
    }

    /// Any unknown name is now, as in the reference.
    fn named(&self, name: &str) -> Timestamp {
        match (name, self.other) {
            ("epoch", _) => Timestamp(0),
            (_, Some((known, instant))) if known == name => instant,
            _ => self.now,
        }
    }
}

/// `<base><sign><duration>` with a base of the given characters; the duration holds no sign.
fn split_relative(
    text: &str,
    is_base: impl Fn(char) -> bool,
) -> Option<(&str, Result<i64, Problem>)> {
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
fn epoch(digits: &str) -> Result<Timestamp, Problem> {
    const SECONDS_MAX: i64 = 2_147_483_647;
    const MILLIS_MAX: i64 = 13_569_465_600_000;
    const MICROS_MAX: i64 = MILLIS_MAX * 1000;
    let value: i64 = digits.parse().map_err(|_too_long| not_a_number(digits))?;
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

fn requirement(text: &str) -> Problem {
    Problem::illegal_argument(format!("requirement failed: {text}"))
}

fn not_a_number(digits: &str) -> Problem {
    let message = format!("For input string: \"{digits}\"");
    Problem::bad_request("NumberFormatException", message)
}

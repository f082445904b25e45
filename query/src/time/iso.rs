//! Dates with time and offset, in the forms that the reference takes.

use jiff::civil::DateTime;
use jiff::tz::{Offset, TimeZone};
use telamon_model::Timestamp;

use super::zone::zone;

/// `YYYY-MM-DD[THH:MM[:SS[.fraction]]][offset[[zone]]]`; without an offset the time is local in
/// `default`. `None` if the text has another form or names no existing time.
pub(super) fn parse(text: &str, default: &TimeZone) -> Option<Timestamp> {
    let date = text.get(..10)?;
    let mut rest = &text[10..];
    let mut seconds = "00:00:00".to_owned();
    let mut nanos = 0;
    if let Some(time) = rest.strip_prefix('T') {
        (seconds, nanos, rest) = split_time(time)?;
    }
    is_form(date, "dddd-dd-dd").then_some(())?;
    let local: DateTime = format!("{date}T{seconds}").parse().ok()?;
    // The parser forgives a leap second; the reference does not.
    (!seconds.ends_with(":60")).then_some(())?;
    let local = local.with().subsec_nanosecond(nanos).build().ok()?;
    let instant = match rest {
        "" => default.to_ambiguous_timestamp(local).compatible().ok()?,
        offset => parse_offset(offset)?.to_timestamp(local).ok()?,
    };
    Some(Timestamp(
        instant
            .as_nanosecond()
            .div_euclid(1_000_000)
            .try_into()
            .ok()?,
    ))
}

/// `HH:MM[:SS[.fraction]]` as `HH:MM:SS`, nanoseconds, and what follows.
fn split_time(text: &str) -> Option<(String, i32, &str)> {
    let minutes = text.get(..5)?;
    is_form(minutes, "dd:dd").then_some(())?;
    let rest = &text[5..];
    let Some(seconds) = rest.get(..3).filter(|seconds| is_form(seconds, ":dd")) else {
        return Some((format!("{minutes}:00"), 0, rest));
    };
    let rest = &rest[3..];
    let time = format!("{minutes}{seconds}");
    let Some(fraction) = rest.strip_prefix('.') else {
        return Some((time, 0, rest));
    };
    let digits = fraction.bytes().take_while(u8::is_ascii_digit).count();
    (1..=9).contains(&digits).then_some(())?;
    let nanos = format!("{:0<9}", &fraction[..digits]).parse().ok()?;
    Some((time, nanos, &fraction[digits..]))
}

/// `Z`, `±HH`, `±HHMM`, `±HH:MM`, with seconds too, then perhaps `[zone]`.
fn parse_offset(text: &str) -> Option<Offset> {
    let (offset, region) = match text.split_once('[') {
        Some((offset, region)) => (offset, Some(region.strip_suffix(']')?)),
        None => (text, None),
    };
    if let Some(region) = region {
        zone(region).ok()?;
    }
    if offset == "Z" {
        return Some(Offset::UTC);
    }
    let sign = match offset.as_bytes().first()? {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let digits = &offset[1..];
    let forms = ["dd", "dddd", "dd:dd", "dddddd", "dd:dd:dd"];
    forms
        .iter()
        .any(|form| is_form(digits, form))
        .then_some(())?;
    let digits = digits.replace(':', "");
    let part =
        |at: usize| -> Option<i32> { digits.get(at..at + 2).map_or(Some(0), |d| d.parse().ok()) };
    let (hours, minutes, seconds) = (part(0)?, part(2)?, part(4)?);
    let total = hours * 3600 + minutes * 60 + seconds;
    let is_possible = minutes < 60 && seconds < 60 && total <= 18 * 3600;
    is_possible
        .then(|| Offset::from_seconds(sign * total).ok())
        .flatten()
}

/// Whether the text has the form, where `d` stands for a digit.
fn is_form(text: &str, form: &str) -> bool {
    text.len() == form.len()
        && text
            .bytes()
            .zip(form.bytes())
            .all(|(byte, form)| match form {
                b'd' => byte.is_ascii_digit(),
                other => byte == other,
            })
}

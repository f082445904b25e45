//! The line protocol of metric agents: a packet in, lines and rejects out.
//!
//! ```text
//!   g,120:disk.used,dev=sda1,host=a:42.5
//!   │ │   │         │               └─ value
//!   │ │   │         └─ tags, each `key=value`
//!   │ │   └─ name        └ together the *head*: what names the meter
//!   │ └─ extra integer: seconds to live (g) or milliseconds since the epoch (X)
//!   └─ type, one byte
//! ```
//!
//! The grammar with all its oddities is the one of the reference agent; `docs/formats/line-protocol.md`
//! tells it. A bad line is a [`LineReject`] with its place in the packet and never keeps the other
//! lines of the packet from being read. What lines mean together is told by
//! [`aggregate`](crate::aggregate).

use memchr::{memchr, memchr2};
use telamon_model::Tags;

use crate::number::{is_c_space, strtod, strtoll, strtoull};
use crate::rules::is_permitted;

/// Reads the lines of a packet in order. Blank lines are skipped; a NUL byte ends the packet.
pub fn lines(packet: &[u8]) -> Lines<'_> {
    let end = memchr(0, packet).unwrap_or(packet.len());
    Lines {
        packet: &packet[..end],
        next: 0,
    }
}

/// The lines of one packet; see [`lines`].
#[derive(Clone, Debug)]
pub struct Lines<'p> {
    packet: &'p [u8],
    next: usize,
}

impl<'p> Iterator for Lines<'p> {
    type Item = Result<Line<'p>, LineReject>;

    fn next(&mut self) -> Option<Self::Item> {
        while self.next < self.packet.len() {
            let offset = self.next;
            let rest = &self.packet[offset..];
            let length = memchr(b'\n', rest).unwrap_or(rest.len());
            self.next = offset + length + 1;
            if length > 0 {
                let parsed = parse_line(&rest[..length]);
                return Some(parsed.map_err(|reason| LineReject { offset, reason }));
            }
        }
        None
    }
}

/// One well-formed line.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Line<'p> {
    /// What the value means.
    pub kind: LineKind,
    /// Name and tags as sent, before repair; the tags structure has been checked.
    head: &'p [u8],
    /// The number.
    pub value: LineValue,
    /// The integer after the type; only `g` (seconds, positive) and `X` (milliseconds since the
    /// epoch, positive) have a use for it.
    pub extra: Option<i64>,
    /// Text after the number, which is ignored; empty when it is blank or missing.
    pub trailing: &'p [u8],
}

impl<'p> Line<'p> {
    /// The bytes that name the meter: equal heads have equal tags, though not the other way round.
    pub fn head(&self) -> &'p [u8] {
        self.head
    }

    /// The tags including `name`, characters repaired byte by byte; of equal keys the last wins, and
    /// the name of the line wins over a tag `name`.
    pub fn tags(&self) -> Tags {
        let (name, mut rest) = split_at_delimiter(self.head);
        let mut pairs = Vec::with_capacity(8);
        while let [b',', section @ ..] = rest {
            // A section without `=` ends the tags: the number was read from it.
            let Some(equals) = memchr(b'=', section) else {
                break;
            };
            let (value, after) = split_at_delimiter(&section[equals + 1..]);
            pairs.push((repair(&section[..equals]), repair(value)));
            rest = after;
        }
        pairs.push(("name".to_owned(), repair(name)));
        Tags::from_pairs(pairs)
    }
}

/// The number of a line.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum LineValue {
    /// Of every type but `U`.
    Double(f64),
    /// Of `U`.
    Unsigned(u64),
}

/// The type of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LineKind {
    /// `A`: seconds since the epoch of the last success; 0 means now.
    Age,
    /// `c`: an amount to add.
    Counter,
    /// `C`: a monotonic count, as a double.
    MonotonicCounter,
    /// `U`: a monotonic count of 64 bits that wraps.
    MonotonicUnsigned,
    /// `X`: a monotonic count with the time of its reading.
    MonotonicSampled,
    /// `d`: an amount to summarise.
    DistributionSummary,
    /// `D`: the same with percentile buckets.
    PercentileDistributionSummary,
    /// `g`: a reading.
    Gauge,
    /// `m`: a reading of which the largest counts.
    MaxGauge,
    /// `t`: a duration in seconds.
    Timer,
    /// `T`: the same with percentile buckets.
    PercentileTimer,
}

impl LineKind {
    /// The kind that a type byte names.
    pub fn from_byte(byte: u8) -> Option<Self> {
        Some(match byte {
            b'A' => Self::Age,
            b'c' => Self::Counter,
            b'C' => Self::MonotonicCounter,
            b'U' => Self::MonotonicUnsigned,
            b'X' => Self::MonotonicSampled,
            b'd' => Self::DistributionSummary,
            b'D' => Self::PercentileDistributionSummary,
            b'g' => Self::Gauge,
            b'm' => Self::MaxGauge,
            b't' => Self::Timer,
            b'T' => Self::PercentileTimer,
            _ => return None,
        })
    }
}

/// A line that could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LineReject {
    /// Where the line starts in the packet, in bytes.
    pub offset: usize,
    /// Why.
    pub reason: LineReason,
}

/// Why a line could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LineReason {
    /// No colon after the type and its integer.
    MissingSeparator,
    /// The seconds to live of a gauge are no positive integer.
    InvalidTtl,
    /// The time of a sampled count is no positive integer.
    InvalidTimestamp,
    /// The name is empty or nothing follows it.
    MissingName,
    /// The line ends inside a tag.
    MissingTagEnd,
    /// The value starts with no number.
    InvalidNumber,
    /// The type byte means nothing here; the distinct-count sketch `S` is one of these.
    UnknownType,
}

impl LineReason {
    /// Every reason.
    pub const ALL: [Self; 7] = [
        Self::MissingSeparator,
        Self::InvalidTtl,
        Self::InvalidTimestamp,
        Self::MissingName,
        Self::MissingTagEnd,
        Self::InvalidNumber,
        Self::UnknownType,
    ];

    /// The stable name that metrics and logs use.
    pub fn name(self) -> &'static str {
        match self {
            Self::MissingSeparator => "missing_separator",
            Self::InvalidTtl => "invalid_ttl",
            Self::InvalidTimestamp => "invalid_timestamp",
            Self::MissingName => "missing_name",
            Self::MissingTagEnd => "missing_tag_end",
            Self::InvalidNumber => "invalid_number",
            Self::UnknownType => "unknown_type",
        }
    }
}

fn parse_line(line: &[u8]) -> Result<Line<'_>, LineReason> {
    let [letter, rest @ ..] = line else {
        return Err(LineReason::MissingSeparator);
    };
    let (extra, rest) = parse_extra(*letter, rest)?;
    let [b':', rest @ ..] = rest else {
        return Err(LineReason::MissingSeparator);
    };
    let (head, number) = split_head(rest)?;
    let kind = LineKind::from_byte(*letter).ok_or(LineReason::UnknownType)?;
    let (value, length) = if kind == LineKind::MonotonicUnsigned {
        let read = strtoull(number).ok_or(LineReason::InvalidNumber)?;
        (LineValue::Unsigned(read.value), read.length)
    } else {
        let read = strtod(number).ok_or(LineReason::InvalidNumber)?;
        (LineValue::Double(read.value), read.length)
    };
    let trailing = match &number[length..] {
        [first, ..] if is_c_space(*first) => &[],
        trailing => trailing,
    };
    Ok(Line {
        kind,
        head,
        value,
        extra,
        trailing,
    })
}

/// The integer after the type and what follows it.
fn parse_extra(letter: u8, rest: &[u8]) -> Result<(Option<i64>, &[u8]), LineReason> {
    let [b',', digits @ ..] = rest else {
        return Ok((None, rest));
    };
    let read = strtoll(digits);
    match letter {
        b'g' if read.value <= 0 => Err(LineReason::InvalidTtl),
        b'X' if read.value <= 0 => Err(LineReason::InvalidTimestamp),
        b'g' | b'X' => Ok((Some(read.value), &digits[read.length..])),
        // Every other type may carry the integer, and nobody looks at it.
        _ => Ok((None, &digits[read.length..])),
    }
}

/// Splits what follows the type into the head and the text of the number.
fn split_head(text: &[u8]) -> Result<(&[u8], &[u8]), LineReason> {
    let (name, mut rest) = split_at_delimiter(text);
    if name.is_empty() || rest.is_empty() {
        return Err(LineReason::MissingName);
    }
    while let [b',', section @ ..] = rest {
        let Some(equals) = memchr(b'=', section) else {
            // The agent gives up on tags here and takes the number from the second byte on, so that
            // `n,x5:1` is the value 5.
            let head = &text[..text.len() - rest.len()];
            return Ok((head, section.get(1..).unwrap_or(&[])));
        };
        (_, rest) = split_at_delimiter(&section[equals + 1..]);
        if rest.is_empty() {
            return Err(LineReason::MissingTagEnd);
        }
    }
    Ok((&text[..text.len() - rest.len()], &rest[1..]))
}

/// Splits before the first comma or colon.
fn split_at_delimiter(text: &[u8]) -> (&[u8], &[u8]) {
    text.split_at(memchr2(b',', b':', text).unwrap_or(text.len()))
}

/// Replaces every byte that may not stand in a tag by an underscore: byte by byte, so that one
/// character of several bytes becomes several underscores, as in the reference agent.
fn repair(text: &[u8]) -> String {
    text.iter()
        .map(|&byte| {
            if is_permitted(byte) {
                char::from(byte)
            } else {
                '_'
            }
        })
        .collect()
}

#[cfg(test)]
mod tests;

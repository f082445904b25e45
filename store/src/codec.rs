//! Codecs: the values of one series in one mini-block, at most 64 slots.
//!
//! Takes a row of values; gives the shortest of a closed list of encodings, and the row back, bit for
//! bit (NaN is absence and has one pattern). Codec numbers are stable, see `docs/formats/block.md`.
//! Bodies are whole 64-bit words, so that decoding never looks at single bytes of memory.

mod constant;
mod dictionary;
mod integer;
mod raw;

use telamon_model::ABSENT;

/// How a row is encoded. The numbers are part of the format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Codec {
    /// No value at all; no bytes.
    Absent = 0,
    /// One value in some or all slots.
    Constant = 1,
    /// At most 15 values and absence, four bits a slot.
    Dictionary = 2,
    /// Integers over a common divisor, 1, 2 or 4 bytes a slot.
    Integer = 3,
    /// The values as they are.
    Raw = 4,
}

impl Codec {
    /// The codec with this number.
    pub(crate) fn numbered(number: u32) -> Option<Self> {
        [
            Self::Absent,
            Self::Constant,
            Self::Dictionary,
            Self::Integer,
            Self::Raw,
        ]
        .into_iter()
        .find(|codec| *codec as u32 == number)
    }
}

/// Appends the shortest encoding of a row of 1 to 64 values; answers which it is.
pub(crate) fn encode(row: &[f64], out: &mut Vec<u64>) -> Codec {
    debug_assert!(
        (1..=64).contains(&row.len()),
        "a mini-block has 1 to 64 slots"
    );
    let present = presence(row);
    if present == 0 {
        return Codec::Absent;
    }
    if constant::encode(row, present, out) {
        return Codec::Constant;
    }
    let dictionary = dictionary::Dictionary::of(row);
    let integers = integer::Integers::of(row, present);
    let raw_words = row.len();
    let dictionary_words = dictionary
        .as_ref()
        .map_or(usize::MAX, |d| d.words(row.len()));
    let integer_words = integers.as_ref().map_or(usize::MAX, |i| i.words(row.len()));
    // Ties go to what decodes fastest.
    match (dictionary, integers) {
        (_, Some(integers)) if integer_words <= dictionary_words && integer_words < raw_words => {
            integers.encode(row, present, out);
            Codec::Integer
        }
        (Some(dictionary), _) if dictionary_words < raw_words => {
            dictionary.encode(row, out);
            Codec::Dictionary
        }
        _ => {
            raw::encode(row, out);
            Codec::Raw
        }
    }
}

/// Writes the row that was encoded; `row` has its length.
pub(crate) fn decode(codec: Codec, body: &[u64], row: &mut [f64]) {
    match codec {
        Codec::Absent => row.fill(ABSENT),
        Codec::Constant => constant::decode(body, row),
        Codec::Dictionary => dictionary::decode(body, row),
        Codec::Integer => integer::decode(body, row),
        Codec::Raw => raw::decode(body, row),
    }
}

/// Bit k is set where slot k has a value.
fn presence(row: &[f64]) -> u64 {
    row.iter().enumerate().fold(0, |bits, (k, value)| {
        bits | (u64::from(!value.is_nan()) << k)
    })
}

#[cfg(test)]
mod tests;

//! A column of codes: for each of some members the index of an entry of a dictionary.
//!
//! Entries stand in the order of their first use, so the numbers of entries and members alone say
//! how codes are written:
//!
//! | entries            | one code                               |
//! |--------------------|----------------------------------------|
//! | 1                  | nothing, it is 0                       |
//! | as many as members | nothing, it is the index of the member |
//! | up to 256          | 1 byte                                 |
//! | up to 65,536       | 2 bytes                                |
//! | more               | 4 bytes                                |

use super::FrameError;
use super::bytes::Reader;

/// Writes the codes of all members.
pub(super) fn write(out: &mut Vec<u8>, codes: &[u32], entries: usize) {
    if entries <= 1 || entries == codes.len() {
        return;
    }
    let width = width_of(entries);
    out.reserve(codes.len() * width);
    for code in codes {
        out.extend_from_slice(&code.to_le_bytes()[..width]);
    }
}

/// Codes as they were read; each is below the number of entries.
#[derive(Debug)]
pub(super) enum Codes {
    /// All the same entry.
    Constant,
    /// Whatever the bytes said.
    Listed(Vec<u32>),
}

impl Codes {
    /// Reads the codes of `members` members.
    pub(super) fn read(
        reader: &mut Reader<'_>,
        entries: usize,
        members: usize,
    ) -> Result<Self, FrameError> {
        if entries > members || (entries == 0 && members > 0) {
            return Err(FrameError::Count);
        }
        if entries <= 1 {
            return Ok(Self::Constant);
        }
        if entries == members {
            return Ok(Self::Listed((0..).take(members).collect()));
        }
        let codes: Vec<u32> = match width_of(entries) {
            1 => reader
                .bytes(members)?
                .iter()
                .copied()
                .map(u32::from)
                .collect(),
            2 => reader
                .chunks(members)?
                .iter()
                .map(|bytes| u32::from(u16::from_le_bytes(*bytes)))
                .collect(),
            _ => reader
                .chunks(members)?
                .iter()
                .map(|bytes| u32::from_le_bytes(*bytes))
                .collect(),
        };
        if codes.iter().any(|&code| code as usize >= entries) {
            return Err(FrameError::Code);
        }
        Ok(Self::Listed(codes))
    }
}

fn width_of(entries: usize) -> usize {
    match entries {
        0..=0x100 => 1,
        0x101..=0x1_0000 => 2,
        _ => 4,
    }
}

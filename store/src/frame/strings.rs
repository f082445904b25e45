//! A list of strings, each written as what it does not share with the string before it.
//!
//! ```text
//!   op-0000 op-0001 op-0010   shared  0 6 5     rest  7 1 2     "op-0000" "1" "10"
//! ```
//!
//! The three parts stand apart, so that compression sees the regularity of each.

use super::FrameError;
use super::bytes::{Reader, put_count};

/// The most bytes that one string shares with the one before it; keeps what a short input can
/// expand to within bounds.
const SHARED_BYTES_MAX: usize = 255;

/// Writes strings; their number is written by the caller.
pub(super) fn write(out: &mut Vec<u8>, strings: &[&str]) {
    let shared: Vec<usize> = strings
        .iter()
        .scan("", |previous, text| {
            let shared = shared_bytes(previous, text);
            *previous = text;
            Some(shared)
        })
        .collect();
    for &count in &shared {
        put_count(out, count);
    }
    for (text, shared) in strings.iter().zip(&shared) {
        put_count(out, text.len() - shared);
    }
    for (text, &shared) in strings.iter().zip(&shared) {
        out.extend_from_slice(&text.as_bytes()[shared..]);
    }
}

/// Reads `count` strings and gives each to `take`.
pub(super) fn read(
    reader: &mut Reader<'_>,
    count: usize,
    mut take: impl FnMut(&str) -> Result<(), FrameError>,
) -> Result<(), FrameError> {
    let mut shared_counts = *reader;
    skip_varints(reader, count)?;
    let mut rest_counts = *reader;
    skip_varints(reader, count)?;
    let mut text = Vec::new();
    for _ in 0..count {
        let shared = shared_counts.count(text.len().min(SHARED_BYTES_MAX))?;
        let rest = rest_counts.count(reader.0.len())?;
        text.truncate(shared);
        text.extend_from_slice(reader.bytes(rest)?);
        take(str::from_utf8(&text).map_err(|_invalid| FrameError::Text)?)?;
    }
    Ok(())
}

/// Passes over some integers.
fn skip_varints(reader: &mut Reader<'_>, count: usize) -> Result<(), FrameError> {
    for _ in 0..count {
        while reader.byte()? >= 0x80 {}
    }
    Ok(())
}

fn shared_bytes(previous: &str, text: &str) -> usize {
    previous
        .as_bytes()
        .iter()
        .zip(text.as_bytes())
        .take(SHARED_BYTES_MAX)
        .take_while(|(a, b)| a == b)
        .count()
}

//! Frames: the self-contained bytes of one batch, the payload of a log record.
//!
//! Takes a [`Batch`] and gives bytes, and back. A frame carries the text of its tags and nothing
//! that belongs to one process. The bytes are described in `docs/formats/frame.md`.

use telamon_model::{Batch, Row, Series, Tags, Timestamp};

/// The bytes of a batch. Values keep their bits and rows their order.
pub fn encode(batch: &Batch) -> Vec<u8> {
    let mut out = Vec::new();
    put(&mut out, batch.series.len() as u64);
    for series in &batch.series {
        put(&mut out, series.tags().len() as u64);
        for (key, value) in series.tags().iter() {
            for text in [key, value] {
                put(&mut out, text.len() as u64);
                out.extend_from_slice(text.as_bytes());
            }
        }
    }
    for row in &batch.rows {
        put(&mut out, u64::from(row.series_index));
        out.extend_from_slice(&row.timestamp.0.to_le_bytes());
        out.extend_from_slice(&row.value.to_bits().to_le_bytes());
    }
    out
}

/// The batch that [`encode`] was given.
pub fn decode(bytes: &[u8]) -> Result<Batch, FrameError> {
    let mut rest = bytes;
    let mut batch = Batch::default();
    for _ in 0..take(&mut rest)? {
        let mut pairs = Vec::new();
        for _ in 0..take(&mut rest)? {
            let key = text(&mut rest)?;
            pairs.push((key, text(&mut rest)?));
        }
        batch.series.push(Series::new(Tags::from_pairs(pairs)));
    }
    while !rest.is_empty() {
        let series_index =
            u32::try_from(take(&mut rest)?).map_err(|_error| FrameError::SeriesIndex)?;
        if series_index as usize >= batch.series.len() {
            return Err(FrameError::SeriesIndex);
        }
        let timestamp = Timestamp(i64::from_le_bytes(eight(&mut rest)?));
        let value = f64::from_bits(u64::from_le_bytes(eight(&mut rest)?));
        batch.rows.push(Row {
            series_index,
            timestamp,
            value,
        });
    }
    Ok(batch)
}

/// Why bytes are not a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    /// The bytes end before the frame does.
    #[error("the frame is cut short")]
    Truncated,
    /// A string is not UTF-8.
    #[error("the frame holds text that is not UTF-8")]
    Text,
    /// A row names a series that the frame does not have.
    #[error("a row of the frame names a series that it does not have")]
    SeriesIndex,
}

fn put(out: &mut Vec<u8>, value: u64) {
    out.extend_from_slice(&value.to_le_bytes());
}

fn eight(rest: &mut &[u8]) -> Result<[u8; 8], FrameError> {
    let (head, tail) = rest.split_first_chunk::<8>().ok_or(FrameError::Truncated)?;
    *rest = tail;
    Ok(*head)
}

fn take(rest: &mut &[u8]) -> Result<u64, FrameError> {
    Ok(u64::from_le_bytes(eight(rest)?))
}

fn text<'a>(rest: &mut &'a [u8]) -> Result<&'a str, FrameError> {
    let length = usize::try_from(take(rest)?).map_err(|_error| FrameError::Truncated)?;
    let (head, tail) = rest.split_at_checked(length).ok_or(FrameError::Truncated)?;
    *rest = tail;
    str::from_utf8(head).map_err(|_error| FrameError::Text)
}

/// Series met in earlier frames, so that decoding the same tag set again costs a look-up and no
/// hash. Bounded; what it holds never changes what is decoded.
#[derive(Debug)]
pub struct SeriesCache {
    series_max: usize,
}

impl SeriesCache {
    /// An empty cache that keeps about `series_max` series.
    pub fn new(series_max: usize) -> Self {
        Self { series_max }
    }
}

/// As [`decode`], taking series that were met before from the cache.
pub fn decode_with(bytes: &[u8], cache: &mut SeriesCache) -> Result<Batch, FrameError> {
    assert!(cache.series_max > 0, "a cache that keeps nothing");
    decode(bytes)
}

//! Frames: the self-contained bytes of one batch, the payload of a log record.
//!
//! Takes a [`Batch`] and gives bytes, and back. A frame carries the text of its tags and nothing
//! that belongs to one process. Where frames are kept, and in what order, is left to the log.
//!
//! ```text
//!   version, packing │ counts │ keys, shapes │ a column of values per key │ rows: index, time, value
//!                    └─ body, packed as a whole when that makes it smaller ────────────────────────
//! ```
//!
//! The bytes are described in `docs/formats/frame.md`.

mod bytes;
mod cache;
mod codes;
mod rows;
mod sets;
mod strings;
mod values;

use telamon_model::Batch;

use bytes::{Reader, put_count};
pub use cache::SeriesCache;

/// The bytes of a batch. Values keep their bits, and series and rows their order.
///
/// Each series must stand in the batch once, as [`Batch`] says. A batch whose series have more than
/// 64 tags in the mean, and more than a million in all, may be refused by [`decode`].
pub fn encode(batch: &Batch) -> Vec<u8> {
    let mut body = Vec::with_capacity(64 + batch.series.len() * 8 + batch.rows.len() * 3);
    put_count(&mut body, batch.series.len());
    put_count(&mut body, batch.rows.len());
    sets::write(&mut body, &batch.series);
    rows::write(&mut body, &batch.rows, batch.series.len());
    pack(&body)
}

/// The batch that [`encode`] was given.
///
/// Everything is checked before anything is given; what a few bytes can unfold to is bounded.
pub fn decode(bytes: &[u8]) -> Result<Batch, FrameError> {
    decode_with(bytes, &mut SeriesCache::new(usize::MAX))
}

/// As [`decode`], taking series that were met before from the cache.
pub fn decode_with(bytes: &[u8], cache: &mut SeriesCache) -> Result<Batch, FrameError> {
    let mut reader = Reader(bytes);
    let version = reader.byte()?;
    if version != VERSION {
        return Err(FrameError::UnknownVersion { version });
    }
    match reader.byte()? {
        PACKING_NONE => decode_body(reader, cache),
        PACKING_LZ4 => decode_body(Reader(&unpack(reader)?), cache),
        packing => Err(FrameError::UnknownPacking { packing }),
    }
}

/// Why bytes are not a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    /// The frame is of a later format.
    #[error("the frame has format {version}, which this version does not know")]
    UnknownVersion {
        /// Its version.
        version: u8,
    },
    /// The body is packed in a way that this version does not know.
    #[error("the frame is packed as {packing}, which this version does not know")]
    UnknownPacking {
        /// The code of the packing.
        packing: u8,
    },
    /// The body does not unpack to the length that the frame says.
    #[error("the frame does not unpack")]
    Unpack,
    /// The bytes end before the frame does.
    #[error("the frame is cut short")]
    Truncated,
    /// Bytes follow the frame.
    #[error("the frame is followed by other bytes")]
    Trailing,
    /// A string is not UTF-8.
    #[error("the frame holds text that is not UTF-8")]
    Text,
    /// Keys of tags do not ascend.
    #[error("the keys in the frame do not ascend")]
    Order,
    /// A series stands in the frame twice.
    #[error("the frame holds a series twice")]
    Duplicate,
    /// A number says more things than the frame can hold.
    #[error("the frame says that it holds more than it can")]
    Count,
    /// A code names an entry that its table does not have.
    #[error("the frame names an entry that its table does not have")]
    Code,
    /// A row names a series that the frame does not have.
    #[error("a row of the frame names a series that it does not have")]
    SeriesIndex,
}

const VERSION: u8 = 1;
const PACKING_NONE: u8 = 0;
const PACKING_LZ4: u8 = 1;

/// Bodies shorter than this are not worth packing.
const PACK_BYTES_MIN: usize = 64;

/// The most that LZ4 can unfold one byte to.
const LZ4_RATIO_MAX: usize = 255;

fn decode_body(body: Reader<'_>, cache: &mut SeriesCache) -> Result<Batch, FrameError> {
    let mut reader = body;
    // Different series take at least a byte each, and so do rows.
    let most = body.0.len();
    let series_count = reader.count(most)?;
    let row_count = reader.count(most)?;
    cache.begin_frame();
    let series = sets::read(&mut reader, series_count, cache)?;
    let rows = rows::read(&mut reader, row_count, series_count)?;
    if !reader.0.is_empty() {
        return Err(FrameError::Trailing);
    }
    Ok(Batch { series, rows })
}

fn pack(body: &[u8]) -> Vec<u8> {
    if body.len() >= PACK_BYTES_MIN {
        let mut out = vec![VERSION, PACKING_LZ4];
        put_count(&mut out, body.len());
        let head = out.len();
        out.resize(
            head + lz4_flex::block::get_maximum_output_size(body.len()),
            0,
        );
        let packed = lz4_flex::block::compress_into(body, &mut out[head..])
            .expect("the room was computed for the worst case");
        out.truncate(head + packed);
        // Unpacking costs time too, so it must be worth it.
        if packed < body.len() - body.len() / 16 {
            return out;
        }
    }
    let mut out = Vec::with_capacity(2 + body.len());
    out.extend_from_slice(&[VERSION, PACKING_NONE]);
    out.extend_from_slice(body);
    out
}

fn unpack(packed: Reader<'_>) -> Result<Vec<u8>, FrameError> {
    let mut reader = packed;
    let length = reader.count(packed.0.len().saturating_mul(LZ4_RATIO_MAX))?;
    let mut body = vec![0; length];
    let unpacked = lz4_flex::block::decompress_into(reader.0, &mut body)
        .map_err(|_malformed| FrameError::Unpack)?;
    if unpacked != length {
        return Err(FrameError::Unpack);
    }
    Ok(body)
}

#[cfg(test)]
mod tests;

//! The rows of a frame: which series, when, what value, in three columns.
//!
//! Series indexes are runs that count up by one or stay the same, timestamps are runs of the same
//! instant; a publisher's batch of one step is one run of each. Values are `values`.
//!
//! ```text
//!   index  0 1 2 3 0 1 2 3      two runs of 4 counting up, each from 0
//!   time   5 5 5 5 9 9 9 9      two runs of 4: 5, then +4
//! ```

use telamon_model::{Row, Timestamp};

use super::FrameError;
use super::bytes::{Reader, put_count, put_signed, put_varint};
use super::values::{self, ValueReader};

/// Writes rows; their number is written by the caller.
pub(super) fn write(out: &mut Vec<u8>, rows: &[Row], series_count: usize) {
    if rows.is_empty() {
        return;
    }
    write_indexes(out, rows);
    write_times(out, rows);
    values::write(out, rows, series_count);
}

fn write_indexes(out: &mut Vec<u8>, rows: &[Row]) {
    let mut expected = 0_i64;
    let mut rest = rows;
    while let Some((first, _)) = rest.split_first() {
        let counts_up = rest
            .get(1)
            .is_some_and(|next| Some(next.series_index) == first.series_index.checked_add(1));
        let stride = u32::from(counts_up);
        let length = 1 + rest
            .windows(2)
            .take_while(|pair| {
                pair[0].series_index.checked_add(stride) == Some(pair[1].series_index)
            })
            .count();
        put_varint(out, (length as u64 - 1) << 1 | u64::from(stride));
        put_signed(out, i64::from(first.series_index) - expected);
        expected = i64::from(rest[length - 1].series_index) + 1;
        rest = &rest[length..];
    }
}

fn write_times(out: &mut Vec<u8>, rows: &[Row]) {
    let mut previous = 0_i64;
    for run in rows.chunk_by(|a, b| a.timestamp == b.timestamp) {
        put_count(out, run.len() - 1);
        put_signed(out, run[0].timestamp.0.wrapping_sub(previous));
        previous = run[0].timestamp.0;
    }
}

/// Reads `count` rows that refer to `series_count` series.
pub(super) fn read(
    reader: &mut Reader<'_>,
    count: usize,
    series_count: usize,
) -> Result<Vec<Row>, FrameError> {
    // Each row has at least one byte of value behind it.
    if count > reader.0.len() {
        return Err(FrameError::Count);
    }
    let mut rows = Vec::with_capacity(count);
    read_indexes(reader, count, series_count, &mut rows)?;
    read_times(reader, &mut rows)?;
    if count > 0 {
        let mut values = ValueReader::begin(reader, series_count)?;
        for row in &mut rows {
            row.value = values.next(reader, row.series_index)?;
        }
    }
    Ok(rows)
}

fn read_indexes(
    reader: &mut Reader<'_>,
    count: usize,
    series_count: usize,
    rows: &mut Vec<Row>,
) -> Result<(), FrameError> {
    let mut expected = 0_i64;
    while rows.len() < count {
        let token = reader.varint()?;
        let length = usize::try_from(token >> 1)
            .ok()
            .filter(|&more| more < count - rows.len())
            .ok_or(FrameError::Count)?
            + 1;
        let stride = token & 1;
        let first = expected
            .checked_add(reader.signed()?)
            .and_then(|first| u32::try_from(first).ok())
            .ok_or(FrameError::SeriesIndex)?;
        let last = u64::from(first) + stride * (length as u64 - 1);
        if last >= series_count as u64 {
            return Err(FrameError::SeriesIndex);
        }
        let mut series_index = first;
        for index in 0..length {
            rows.push(Row {
                series_index,
                timestamp: Timestamp(0),
                value: 0.0,
            });
            if stride == 1 && index + 1 < length {
                series_index += 1;
            }
        }
        expected = i64::from(series_index) + 1;
    }
    Ok(())
}

fn read_times(reader: &mut Reader<'_>, rows: &mut [Row]) -> Result<(), FrameError> {
    let mut time = 0_i64;
    let mut rest = rows;
    while !rest.is_empty() {
        let length = reader.count(rest.len() - 1)? + 1;
        time = time.wrapping_add(reader.signed()?);
        let (run, after) = rest.split_at_mut(length);
        for row in run {
            row.timestamp = Timestamp(time);
        }
        rest = after;
    }
    Ok(())
}

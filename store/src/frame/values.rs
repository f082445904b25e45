//! The values of a frame's rows, bit for bit.
//!
//! Most published values are integers, decimals or amounts divided by a step: `n / a / b` for an
//! integer `n` and one of a few scales `(a, b)`. A frame names up to three scales; a value for which
//! dividing gives back exactly its bits is written as the change of `n` since the value before it of
//! the same series in this frame, in one to three bytes as a rule. Any other value is written as its
//! bits.
//!
//! ```text
//!   first byte   c b4 b3 b2 b1 b0 k1 k0      k 0..2: scale; b and following bytes (while c): n
//!                                            k 3: b is the number of leading bytes that follow
//! ```

use telamon_model::Row;

use super::FrameError;
use super::bytes::{Reader, fold, low_byte, unfold};

/// How an integer becomes a value: divided by `a`, then by `b`.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Scale {
    a: f64,
    b: f64,
}

/// By code. Codes are part of the format: entries may be added, never changed.
///
/// Two divisions stand for what publishers compute: nanoseconds to seconds, then per second of the
/// step.
const SCALES: [Scale; 14] = [
    scale(1.0, 1.0),
    scale(10.0, 1.0),
    scale(100.0, 1.0),
    scale(1e3, 1.0),
    scale(1e4, 1.0),
    scale(1e5, 1.0),
    scale(1e6, 1.0),
    scale(1e9, 1.0),
    scale(60.0, 1.0),
    scale(1e4, 60.0),
    scale(1e3, 60.0),
    scale(1e9, 60.0),
    scale(1e9, 10.0),
    scale(1e9, 5.0),
];

const fn scale(a: f64, b: f64) -> Scale {
    Scale { a, b }
}

/// Scales that one frame can name; the fourth kind of value is raw bits.
const SCALES_PER_FRAME: usize = 3;

const KIND_RAW: u8 = 3;

/// Number of "leading bytes" that says that the bits are those of the raw value before.
const RAW_SAME: u8 = 9;

/// Adding it leaves an integer in the low bits of the sum, correctly rounded.
const ROUNDER: f64 = 6_755_399_441_055_744.0;

/// Integers of larger magnitude are not tried: [`ROUNDER`] holds no more.
const INTEGER_MAX: f64 = 1_125_899_906_842_624.0;

impl Scale {
    /// The integer that gives exactly this value.
    fn integer_of(self, value: f64) -> Option<i64> {
        let scaled = value * self.a * self.b;
        if scaled.is_nan() || scaled.abs() > INTEGER_MAX {
            return None;
        }
        let sum = scaled + ROUNDER;
        let rounded = sum - ROUNDER;
        let is_exact = (rounded / self.a / self.b).to_bits() == value.to_bits();
        is_exact.then(|| sum.to_bits().wrapping_sub(ROUNDER.to_bits()).cast_signed())
    }

    #[expect(
        clippy::cast_precision_loss,
        reason = "the writer takes integers below 2^50 only; others decode to some value"
    )]
    fn value_of(self, integer: i64) -> f64 {
        integer as f64 / self.a / self.b
    }
}

/// The value before of a series.
#[derive(Clone, Copy, Debug)]
struct Before {
    kind: u8,
    /// The integer, or the raw bits.
    content: i64,
}

impl Before {
    const NONE: Self = Self {
        kind: 0,
        content: 0,
    };

    /// What an integer of a kind is written as the difference to.
    fn integer(self, kind: u8) -> i64 {
        if self.kind == kind { self.content } else { 0 }
    }
}

/// Writes the scales and all values.
pub(super) fn write(out: &mut Vec<u8>, rows: &[Row], series_count: usize) {
    let scales = choose_scales(rows);
    out.push(low_byte(scales.len() as u64));
    out.extend(scales.iter().map(|&code| low_byte(code as u64)));

    let scales: Vec<Scale> = scales.iter().map(|&code| SCALES[code]).collect();
    let mut before = vec![Before::NONE; series_count];
    out.reserve(rows.len() * 3);
    for row in rows {
        let before = &mut before[row.series_index as usize];
        let found = (0_u8..)
            .zip(&scales)
            .find_map(|(kind, scale)| Some((kind, scale.integer_of(row.value)?)));
        match found {
            Some((kind, integer)) => {
                put_integer(out, kind, integer.wrapping_sub(before.integer(kind)));
                *before = Before {
                    kind,
                    content: integer,
                };
            }
            None => put_raw(out, row.value.to_bits().cast_signed(), before),
        }
    }
}

fn put_integer(out: &mut Vec<u8>, kind: u8, change: i64) {
    let folded = fold(change);
    let first = low_byte(folded & 0x1f) << 2 | kind;
    let mut rest = folded >> 5;
    if rest == 0 {
        out.push(first);
        return;
    }
    out.push(first | 0x80);
    while rest >= 0x80 {
        out.push(low_byte(rest) | 0x80);
        rest >>= 7;
    }
    out.push(low_byte(rest));
}

fn put_raw(out: &mut Vec<u8>, bits: i64, before: &mut Before) {
    if before.kind == KIND_RAW && before.content == bits {
        out.push(RAW_SAME << 2 | KIND_RAW);
        return;
    }
    // The lowest bytes of short fractions are zero.
    let zeros = usize::try_from(bits.trailing_zeros() / 8).expect("at most 8");
    let bytes = bits.to_le_bytes();
    let leading = &bytes[zeros.min(8)..];
    out.push(low_byte(leading.len() as u64) << 2 | KIND_RAW);
    out.extend_from_slice(leading);
    *before = Before {
        kind: KIND_RAW,
        content: bits,
    };
}

/// Codes of the scales for a frame, ascending: integers, and the scales that fit most of a sample.
fn choose_scales(rows: &[Row]) -> Vec<usize> {
    let stride = rows.len().div_ceil(SAMPLE).max(1);
    let mut left: Vec<f64> = rows
        .iter()
        .step_by(stride)
        .map(|row| row.value)
        .filter(|value| value.is_finite() && SCALES[0].integer_of(*value).is_none())
        .collect();
    let mut chosen = vec![0];
    while chosen.len() < SCALES_PER_FRAME && !left.is_empty() {
        let fits = |code: usize| {
            let scale = SCALES[code];
            left.iter()
                .filter(|value| scale.integer_of(**value).is_some())
                .count()
        };
        // Of equally good ones the first, whose integers are the smallest.
        let Some((_, code)) = (1..SCALES.len())
            .map(|code| (fits(code), code))
            .filter(|(count, _)| *count > 0)
            .max_by_key(|&(count, code)| (count, std::cmp::Reverse(code)))
        else {
            break;
        };
        chosen.push(code);
        left.retain(|value| SCALES[code].integer_of(*value).is_none());
    }
    chosen.sort_unstable();
    chosen
}

/// Rows that are looked at to choose the scales.
const SAMPLE: usize = 64;

/// Reads values in the order of rows.
#[derive(Debug)]
pub(super) struct ValueReader {
    scales: [Scale; SCALES_PER_FRAME],
    scales_count: u8,
    before: Vec<Before>,
}

impl ValueReader {
    /// Reads the scales.
    pub(super) fn begin(reader: &mut Reader<'_>, series_count: usize) -> Result<Self, FrameError> {
        let scales_count = reader.byte()?;
        let mut scales = [SCALES[0]; SCALES_PER_FRAME];
        if usize::from(scales_count) > SCALES_PER_FRAME {
            return Err(FrameError::Count);
        }
        for scale in &mut scales[..usize::from(scales_count)] {
            *scale = *SCALES
                .get(usize::from(reader.byte()?))
                .ok_or(FrameError::Code)?;
        }
        Ok(Self {
            scales,
            scales_count,
            before: vec![Before::NONE; series_count],
        })
    }

    /// The value of the next row, whose series index is below the number of series.
    pub(super) fn next(
        &mut self,
        reader: &mut Reader<'_>,
        series_index: u32,
    ) -> Result<f64, FrameError> {
        let before = &mut self.before[series_index as usize];
        let first = reader.byte()?;
        let kind = first & 3;
        if kind == KIND_RAW {
            return read_raw(reader, first >> 2, before);
        }
        if kind >= self.scales_count {
            return Err(FrameError::Code);
        }
        let mut folded = u64::from(first >> 2 & 0x1f);
        if first >= 0x80 {
            folded = reader.varint_after(folded, 5)?;
        }
        let integer = before.integer(kind).wrapping_add(unfold(folded));
        *before = Before {
            kind,
            content: integer,
        };
        Ok(self.scales[usize::from(kind)].value_of(integer))
    }
}

fn read_raw(reader: &mut Reader<'_>, count: u8, before: &mut Before) -> Result<f64, FrameError> {
    if count == RAW_SAME && before.kind == KIND_RAW {
        return Ok(f64::from_bits(before.content.cast_unsigned()));
    }
    let count = usize::from(count);
    if count > 8 {
        return Err(FrameError::Code);
    }
    let mut bytes = [0; 8];
    bytes[8 - count..].copy_from_slice(reader.bytes(count)?);
    let bits = i64::from_le_bytes(bytes);
    *before = Before {
        kind: KIND_RAW,
        content: bits,
    };
    Ok(f64::from_bits(bits.cast_unsigned()))
}

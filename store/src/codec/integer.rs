//! Codec 3: every value is an integer over one divisor, exactly: `value == (base + delta) / divisor`.
//!
//! Rates of counters are counts over the step and readings have few decimals, so a handful of divisors
//! finds most rows. Exactness is checked value by value when encoding; nothing is rounded away.
//!
//! ```text
//!  word 0: base (i64) │ word 1: presence │ word 2: width in bytes | divisor index << 8 │ deltas, n * width bytes
//! ```

use telamon_model::ABSENT;

/// Divisors in order of preference; the numbers of this list are part of the format.
const DIVISORS: [f64; 12] = [
    1.0, 10.0, 100.0, 1000.0, 60.0, 5.0, 10_000.0, 100_000.0, 1e6, 1e9, 3600.0, 600.0,
];
/// Beyond this an f64 is not an exact integer.
const INTEGER_MAX: f64 = 9_007_199_254_740_992.0;

/// The integers of a row.
pub(super) struct Integers {
    divisor_index: u8,
    base: i64,
    width: Width,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Width {
    One = 1,
    Two = 2,
    Four = 4,
}

impl Integers {
    /// `None` when no divisor fits or the integers are too far apart.
    pub(super) fn of(row: &[f64], present: u64) -> Option<Self> {
        let first = row[present.trailing_zeros() as usize];
        (0..)
            .zip(DIVISORS)
            .filter(|&(_, divisor)| scaled(first, divisor).is_some())
            .find_map(|(divisor_index, divisor)| {
                let (low, high) = bounds(row, divisor)?;
                let width = match u64::try_from(high - low).ok()? {
                    0..=0xff => Width::One,
                    0x100..=0xffff => Width::Two,
                    0x1_0000..=0xffff_ffff => Width::Four,
                    _ => return None,
                };
                Some(Self {
                    divisor_index,
                    base: low,
                    width,
                })
            })
    }

    pub(super) fn words(&self, slots: usize) -> usize {
        3 + (slots * self.width as usize).div_ceil(8)
    }

    #[expect(clippy::cast_sign_loss, reason = "the bits of the base")]
    pub(super) fn encode(&self, row: &[f64], present: u64, out: &mut Vec<u64>) {
        let divisor = DIVISORS[usize::from(self.divisor_index)];
        out.extend([
            self.base as u64,
            present,
            self.width as u64 | u64::from(self.divisor_index) << 8,
        ]);
        let bits = 8 * self.width as usize;
        for group in row.chunks(64 / bits) {
            let mut word = 0;
            for (k, &value) in group.iter().enumerate() {
                if value.is_nan() {
                    continue;
                }
                let integer =
                    scaled(value, divisor).expect("every value of the row was scaled before");
                word |= ((integer - self.base) as u64) << (bits * k);
            }
            out.push(word);
        }
    }
}

/// Least and greatest integer of a row, `None` when a value is not an integer over the divisor.
fn bounds(row: &[f64], divisor: f64) -> Option<(i64, i64)> {
    let mut bounds = (i64::MAX, i64::MIN);
    for &value in row.iter().filter(|value| !value.is_nan()) {
        let integer = scaled(value, divisor)?;
        bounds = (bounds.0.min(integer), bounds.1.max(integer));
    }
    Some(bounds)
}

/// The integer that gives exactly this value when divided. Not for -0.0, which no integer gives.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    reason = "the product is rounded and below 2^53, so both ways are exact"
)]
fn scaled(value: f64, divisor: f64) -> Option<i64> {
    let product = (value * divisor).round();
    if product.abs() >= INTEGER_MAX || product.is_nan() {
        return None;
    }
    let integer = product as i64;
    (unscaled(integer as f64, divisor).to_bits() == value.to_bits()).then_some(integer)
}

fn unscaled(integer: f64, divisor: f64) -> f64 {
    integer / divisor
}

#[expect(
    clippy::cast_possible_wrap,
    clippy::cast_precision_loss,
    reason = "the encoder checked that base plus delta is below 2^53"
)]
pub(super) fn decode(body: &[u64], row: &mut [f64]) {
    let base = body[0] as i64;
    let present = body[1];
    let divisor = DIVISORS[(body[2] >> 8 & 0xff) as usize];
    let deltas = &body[3..];
    match body[2] & 0xff {
        1 => unpack::<8>(deltas, row, |delta| {
            unscaled((base + delta as i64) as f64, divisor)
        }),
        2 => unpack::<16>(deltas, row, |delta| {
            unscaled((base + delta as i64) as f64, divisor)
        }),
        _ => unpack::<32>(deltas, row, |delta| {
            unscaled((base + delta as i64) as f64, divisor)
        }),
    }
    if present.count_ones() as usize != row.len() {
        for (k, out) in row.iter_mut().enumerate() {
            if present >> k & 1 == 0 {
                *out = ABSENT;
            }
        }
    }
}

/// Spreads packed numbers of `BITS` bits over a row.
fn unpack<const BITS: usize>(words: &[u64], row: &mut [f64], value: impl Fn(u64) -> f64) {
    for (&word, group) in words.iter().zip(row.chunks_mut(64 / BITS)) {
        for (k, out) in group.iter_mut().enumerate() {
            *out = value(word >> (BITS * k) & ((1 << BITS) - 1));
        }
    }
}

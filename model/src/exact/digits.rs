//! Digits of 40 bits: splitting a value into them, moving carries, rounding back.
//!
//! Takes finite values and slices of digits; gives digits and the nearest f64. Who owns the digits
//! and when carries must move is decided by the sums.

/// Bits of a digit.
pub(super) const DIGIT_BITS: u32 = 40;

/// Digits that hold the sum of 2^63 values of any size, with room for the carries.
pub(super) const DIGITS: usize = 56;

/// How often something below 2^40 may be added to a digit before [`carry`] must run. A digit after
/// [`carry`] counts as one addition.
pub(super) const ADDS_MAX: u32 = 1 << 22;

const MASK: i64 = (1 << DIGIT_BITS) - 1;

/// Position of 2^-1074, the unit of all f64 values, when position 0 is 2^-1080.
const UNIT_POSITION: u32 = 6;

/// A value as three neighbouring digits.
pub(super) struct Split {
    /// Number of the lowest of the three.
    pub(super) index: usize,
    /// The digits, all with the sign of the value, each below 2^40 in size.
    pub(super) digits: [i64; 3],
}

/// Splits a finite value.
#[inline]
#[expect(clippy::cast_possible_truncation, reason = "masked to 40 bits before")]
#[expect(clippy::cast_possible_wrap, reason = "40 bits are positive in an i64")]
pub(super) fn split(value: f64) -> Split {
    debug_assert!(value.is_finite(), "only finite values have digits");
    let bits = value.to_bits();
    let exponent = (bits >> 52) as u32 & 0x7ff;
    let fraction = bits & ((1 << 52) - 1);
    let (mantissa, position) = if exponent == 0 {
        (fraction, UNIT_POSITION)
    } else {
        (fraction | 1 << 52, exponent - 1 + UNIT_POSITION)
    };
    let wide = u128::from(mantissa) << (position % DIGIT_BITS);
    let low = wide as i64 & MASK;
    let middle = (wide >> DIGIT_BITS) as i64 & MASK;
    let high = (wide >> (2 * DIGIT_BITS)) as i64 & MASK;
    let negate = -((bits >> 63) as i64);
    Split {
        index: (position / DIGIT_BITS) as usize,
        digits: [low, middle, high].map(|digit| (digit ^ negate) - negate),
    }
}

/// Moves carries upwards: every digit but the last ends in `0..2^40`; the last takes the sign.
pub(super) fn carry(digits: &mut [i64]) {
    let mut carried = 0;
    let Some((last, rest)) = digits.split_last_mut() else {
        return;
    };
    for digit in rest {
        let sum = *digit + carried;
        carried = sum >> DIGIT_BITS;
        *digit = sum & MASK;
    }
    *last += carried;
}

/// The f64 nearest to digits on which [`carry`] has run, ties to even; infinite beyond the range.
/// `low` is the number of the first digit. Leaves the digits changed.
#[expect(clippy::cast_possible_truncation, reason = "at most 60 digits")]
pub(super) fn round(digits: &mut [i64], low: usize) -> f64 {
    let is_negative = digits.last().is_some_and(|&last| last < 0);
    if is_negative {
        digits.iter_mut().for_each(|digit| *digit = -*digit);
        carry(digits);
    }
    let Some(top) = digits.iter().rposition(|&digit| digit != 0) else {
        return 0.0;
    };
    let position_of = |index: usize| (index + low) as u32 * DIGIT_BITS;
    let top_bit = position_of(top) + digits[top].ilog2();
    let magnitude = if top_bit > 1023 + 1080 {
        f64::INFINITY
    } else {
        let last_kept = UNIT_POSITION.max(top_bit.saturating_sub(52));
        round_at(&digits[..=top], low, last_kept)
    };
    if is_negative { -magnitude } else { magnitude }
}

/// Rounds positive digits to a multiple of the bit at `last_kept`, which leaves 53 bits.
#[expect(clippy::cast_possible_truncation, reason = "at most 60 digits")]
#[expect(clippy::cast_sign_loss, reason = "the digits are positive")]
fn round_at(digits: &[i64], low: usize, last_kept: u32) -> f64 {
    let mut mantissa = 0_u64;
    let mut half = false;
    let mut below_half = false;
    for (index, &digit) in digits.iter().enumerate() {
        let digit = digit as u64;
        let position = (index + low) as u32 * DIGIT_BITS;
        if position >= last_kept {
            mantissa += digit << (position - last_kept);
            continue;
        }
        let cut = last_kept - position;
        if cut >= u64::BITS {
            below_half |= digit != 0;
            continue;
        }
        mantissa += digit >> cut;
        half |= digit >> (cut - 1) & 1 == 1;
        below_half |= digit & ((1 << (cut - 1)) - 1) != 0;
    }
    if half && (below_half || mantissa & 1 == 1) {
        mantissa += 1;
    }
    // A mantissa of 53 bits carries its leading one into the exponent field, which is therefore one
    // less than the biased exponent; a carry out of rounding moves into it by itself, up to infinity.
    f64::from_bits((u64::from(last_kept - UNIT_POSITION) << 52) + mantissa)
}

//! The exact sum of doubles, the slow way: one integer of two thousand bits.
//!
//! Takes finite and infinite values; gives their real sum rounded once, ties to even. Written from
//! `docs/decisions/0008-exact-sums.md` without a look at the sums of `model`, so that the two can
//! disagree.
//!
//! ```text
//!   limb       0          1         ...        67
//!   unit    2^-1074    2^-1042                2^1070        each a signed 32-bit digit in an i64
//! ```

/// Doubles reach from 2^-1074 to 2^1024; two limbs more hold the sum of a few million of them.
const LIMBS: usize = 68;

/// A sum under way.
#[derive(Clone, Debug)]
pub(crate) struct BigSum {
    limbs: [i64; LIMBS],
    values: u64,
    lone_negative_zero: bool,
    up: bool,
    down: bool,
}

impl BigSum {
    pub(crate) fn new() -> Self {
        Self {
            limbs: [0; LIMBS],
            values: 0,
            lone_negative_zero: false,
            up: false,
            down: false,
        }
    }

    /// Adds a value that is not NaN.
    pub(crate) fn add(&mut self, value: f64) {
        self.lone_negative_zero = self.values == 0 && value == 0.0 && value.is_sign_negative();
        self.values += 1;
        if value.is_infinite() {
            self.up |= value > 0.0;
            self.down |= value < 0.0;
            return;
        }
        let bits = value.to_bits();
        let exponent = bits >> 52 & 0x7ff;
        let fraction = bits & ((1 << 52) - 1);
        // A double is a whole number of 2^-1074: of its fraction alone when it is subnormal.
        let (whole, shift) = if exponent == 0 {
            (fraction, 0)
        } else {
            (fraction | 1 << 52, exponent - 1)
        };
        let mut wide = u128::from(whole) << (shift % 32);
        let mut limb = usize::try_from(shift / 32).expect("at most 63");
        while wide > 0 {
            let digit = i64::try_from(wide & 0xffff_ffff).expect("32 bits");
            self.limbs[limb] += if value > 0.0 { digit } else { -digit };
            wide >>= 32;
            limb += 1;
        }
    }

    /// The sum; NaN of nothing and of both infinities.
    pub(crate) fn value(&self) -> f64 {
        match (self.values, self.up, self.down) {
            (0, _, _) | (_, true, true) => f64::NAN,
            (_, true, false) => f64::INFINITY,
            (_, false, true) => f64::NEG_INFINITY,
            (_, false, false) if self.lone_negative_zero => -0.0,
            (_, false, false) => self.rounded(),
        }
    }

    fn rounded(&self) -> f64 {
        let mut limbs = self.limbs;
        carry(&mut limbs);
        let is_negative = limbs[LIMBS - 1] < 0;
        if is_negative {
            limbs = limbs.map(|limb| -limb);
            carry(&mut limbs);
        }
        let Some(top) = limbs.iter().rposition(|&limb| limb != 0) else {
            return 0.0;
        };
        // The three highest limbs hold at least 65 bits, more than a double and its rounding need.
        let digit = |limb: usize| u128::from(limbs[limb].unsigned_abs());
        let lowest = top.saturating_sub(2);
        let head = (lowest..=top)
            .rev()
            .fold(0, |head, limb| head << 32 | digit(limb));
        let rest = limbs[..lowest].iter().any(|&limb| limb != 0);
        let magnitude = round(head, lowest * 32, rest);
        if is_negative { -magnitude } else { magnitude }
    }
}

/// Brings every limb but the last into 0..2^32.
fn carry(limbs: &mut [i64; LIMBS]) {
    for index in 0..LIMBS - 1 {
        let carried = limbs[index] >> 32;
        limbs[index] -= carried << 32;
        limbs[index + 1] += carried;
    }
}

/// `head` units of 2^(shift - 1074), with a rest below it that is not zero.
fn round(head: u128, shift: usize, rest: bool) -> f64 {
    let bits = 128 - head.leading_zeros();
    let dropped = bits.saturating_sub(53);
    let mut kept = head >> dropped;
    let cut = head & ((1_u128 << dropped) - 1);
    let half = (1_u128 << dropped) >> 1;
    if dropped > 0 && (cut > half || cut == half && (rest || kept & 1 == 1)) {
        kept += 1;
    }
    let shift = shift + usize::try_from(dropped).expect("at most 75");
    // Below 2^53 units of 2^-1074 the units are the bits of the double; above, each doubling of the
    // unit is one more in the exponent.
    let Ok(kept) = u64::try_from(kept) else {
        unreachable!("53 bits and a carry")
    };
    if shift == 0 {
        return f64::from_bits(kept);
    }
    let (kept, shift) = if kept == 1 << 53 {
        (1 << 52, shift + 1)
    } else {
        (kept, shift)
    };
    let exponent = u64::try_from(shift).expect("small") + 1;
    if exponent >= 0x7ff {
        return f64::INFINITY;
    }
    f64::from_bits(exponent << 52 | (kept & ((1 << 52) - 1)))
}

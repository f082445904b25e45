//! Exact sums: the real sum of any number of f64 values, rounded once.
//!
//! Takes values in any order and grouping; gives the f64 nearest to their exact real sum (ties to
//! even), so that the bits depend on the values alone: not on threads, shards, blocks or processes.
//! Absent values (NaN) add nothing. Which values belong together is the caller's business.
//!
//! A sum is kept as digits of 40 bits in `i64`s, which leaves 23 bits of room, so that millions of
//! values are added before a carry has to move:
//!
//! ```text
//!   digit     0         1         2               53        (+ two for carries)
//!   unit   2^-1080   2^-1040   2^-1000   ...    2^1040
//! ```

mod bits;
mod column;
mod digits;
mod kernel;
mod lanes;

pub use bits::SlotBits;
pub(crate) use column::ColumnParts;
pub use column::SumColumn;
pub use kernel::{KernelStats, SumKernel, SumSession};

use crate::sample::ABSENT;
use digits::{ADDS_MAX, DIGITS};

/// One exact sum.
///
/// Rules beside the finite values: absence adds nothing; infinities of one sign give that infinity
/// and of both signs [`ABSENT`]; a sum beyond the range of f64 is infinite; zero is +0.0, except that
/// a single -0.0 stays what it is; no value at all gives [`ABSENT`].
#[derive(Clone, Debug)]
pub struct ExactSum {
    digits: [i64; DIGITS],
    adds: u32,
    count: u64,
    plus_infinity: bool,
    minus_infinity: bool,
    negative_zero: bool,
}

impl ExactSum {
    /// The sum of nothing.
    pub fn new() -> Self {
        Self {
            digits: [0; DIGITS],
            adds: 0,
            count: 0,
            plus_infinity: false,
            minus_infinity: false,
            negative_zero: false,
        }
    }

    /// Adds a value; absence adds nothing.
    pub fn add(&mut self, value: f64) {
        if value.is_nan() {
            return;
        }
        self.count += 1;
        if value.is_infinite() {
            self.plus_infinity |= value > 0.0;
            self.minus_infinity |= value < 0.0;
        } else if value == 0.0 {
            self.negative_zero |= value.is_sign_negative();
        } else {
            let part = digits::split(value);
            for (digit, add) in self.digits[part.index..].iter_mut().zip(part.digits) {
                *digit += add;
            }
            self.count_adds(1);
        }
    }

    /// Adds everything another sum holds.
    pub fn merge(&mut self, other: &Self) {
        let mut digits = other.digits;
        digits::carry(&mut digits);
        for (digit, add) in self.digits.iter_mut().zip(digits) {
            *digit += add;
        }
        self.count_adds(1);
        self.count += other.count;
        self.plus_infinity |= other.plus_infinity;
        self.minus_infinity |= other.minus_infinity;
        self.negative_zero |= other.negative_zero;
    }

    /// How many values were added, absent ones not counted.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The sum, correctly rounded.
    pub fn value(&self) -> f64 {
        match (self.count, self.plus_infinity, self.minus_infinity) {
            (0, _, _) | (_, true, true) => ABSENT,
            (_, true, false) => f64::INFINITY,
            (_, false, true) => f64::NEG_INFINITY,
            (1, false, false) if self.negative_zero => -0.0,
            (_, false, false) => {
                let mut digits = self.digits;
                digits::carry(&mut digits);
                digits::round(&mut digits, 0)
            }
        }
    }

    fn count_adds(&mut self, adds: u32) {
        self.adds += adds;
        if self.adds >= ADDS_MAX {
            digits::carry(&mut self.digits);
            self.adds = 1;
        }
    }
}

impl Default for ExactSum {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests;

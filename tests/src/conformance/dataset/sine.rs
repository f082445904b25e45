//! A sine that is rounded once.
//!
//! The reference's sine comes from Java, whose results are nearly always the closest number. The
//! platform's and `libm`'s are not, in a tenth of the values that matter here, so this one is summed
//! up from its series with twice the digits.

use std::f64::consts::PI;

/// What π is more than its closest number.
const PI_REST: f64 = 1.224_646_799_147_353_2e-16;

/// A number as the sum of two, the second below half a unit in the last place of the first.
#[derive(Clone, Copy)]
struct Double {
    high: f64,
    low: f64,
}

impl Double {
    /// The sum of two numbers, exactly.
    fn sum(a: f64, b: f64) -> Self {
        let high = a + b;
        let b_part = high - a;
        let low = (a - (high - b_part)) + (b - b_part);
        Self { high, low }
    }

    /// The product of two numbers, exactly.
    fn product(a: f64, b: f64) -> Self {
        let high = a * b;
        let low = a.mul_add(b, -high);
        Self { high, low }
    }

    fn plus(self, other: Self) -> Self {
        let sum = Self::sum(self.high, other.high);
        Self::sum(sum.high, sum.low + self.low + other.low)
    }

    fn times(self, other: Self) -> Self {
        let product = Self::product(self.high, other.high);
        let cross = self.high * other.low + self.low * other.high;
        Self::sum(product.high, product.low + cross)
    }

    fn divided_by(self, divisor: f64) -> Self {
        let quotient = self.high / divisor;
        let product = Self::product(quotient, divisor);
        let rest = (self.high - product.high) - product.low + self.low;
        Self::sum(quotient, rest / divisor)
    }

    fn negated(self) -> Self {
        Self {
            high: -self.high,
            low: -self.low,
        }
    }
}

/// The sine of an angle in radians, of some turns at most.
pub(super) fn sine(angle: f64) -> f64 {
    let half_turns = (angle / PI).round();
    let within = Double::sum(angle, 0.0)
        .plus(Double::product(-half_turns, PI))
        .plus(Double::product(-half_turns, PI_REST));
    let square = within.times(within).negated();
    let mut term = within;
    let mut sum = within;
    // The angle is at most π/2: after 15 terms the next is below 2^-110.
    for index in 1..=15_u32 {
        let factor = f64::from(2 * index * (2 * index + 1));
        term = term.times(square).divided_by(factor);
        sum = sum.plus(term);
    }
    let odd = half_turns.rem_euclid(2.0) != 0.0;
    if odd { -sum.high } else { sum.high }
}

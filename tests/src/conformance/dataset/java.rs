//! The random numbers and the string hash of Java, which the data set is made of.
//!
//! The generator is the 48-bit linear congruential one that the documentation of `java.util.Random`
//! lays down.

use super::logarithm::logarithm;

const MULTIPLIER: u64 = 0x5_DEEC_E66D;
const INCREMENT: u64 = 0xB;
const MASK: u64 = (1 << 48) - 1;

/// `java.util.Random`.
#[derive(Clone, Debug)]
pub struct JavaRandom {
    state: u64,
    /// The second of a pair of normal numbers, which the next call gives.
    spare: Option<f64>,
}

impl JavaRandom {
    /// A generator as `new Random(seed)` makes it.
    pub fn new(seed: i64) -> Self {
        Self {
            state: (seed.cast_unsigned() ^ MULTIPLIER) & MASK,
            spare: None,
        }
    }

    /// The highest `bits` (at most 32) of the next state.
    fn bits(&mut self, bits: u32) -> u32 {
        self.state = self.state.wrapping_mul(MULTIPLIER).wrapping_add(INCREMENT) & MASK;
        u32::try_from(self.state >> (48 - bits)).expect("at most 32 bits are asked for")
    }

    /// A number in `0.0 .. 1.0`.
    #[expect(clippy::cast_precision_loss, reason = "the sum has 53 bits")]
    pub fn double(&mut self) -> f64 {
        let high = u64::from(self.bits(26)) << 27;
        let low = u64::from(self.bits(27));
        (high + low) as f64 / (1_u64 << 53) as f64
    }

    /// True or false.
    pub fn boolean(&mut self) -> bool {
        self.bits(1) != 0
    }

    /// A number of the normal distribution, by the polar method, which makes two at a time.
    pub fn gaussian(&mut self) -> f64 {
        if let Some(spare) = self.spare.take() {
            return spare;
        }
        loop {
            let first = 2.0 * self.double() - 1.0;
            let second = 2.0 * self.double() - 1.0;
            let square = first * first + second * second;
            if square < 1.0 && square != 0.0 {
                let factor = (-2.0 * logarithm(square) / square).sqrt();
                self.spare = Some(second * factor);
                return first * factor;
            }
        }
    }
}

/// `String.hashCode` of a text.
pub fn java_hash(text: &str) -> i32 {
    text.encode_utf16().fold(0_i32, |hash, unit| {
        hash.wrapping_mul(31).wrapping_add(i32::from(unit))
    })
}

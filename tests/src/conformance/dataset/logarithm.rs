//! The natural logarithm of Java's `StrictMath`, to the bit.
//!
//! Java promises the results of fdlibm 5.3 (Sun Microsystems, 1993), so its polynomial, its constants
//! and its order of additions are followed here. `libm` adds in another order, and even a
//! logarithm without any error would differ in the last bit now and then.

const LN2_HIGH: f64 = 6.931_471_803_691_238e-1;
const LN2_LOW: f64 = 1.908_214_929_270_587_7e-10;

/// Coefficients of even powers of `s = f / (2 + f)`, the lowest first.
const EVEN: [f64; 7] = [
    6.666_666_666_666_735e-1,
    3.999_999_999_940_942e-1,
    2.857_142_874_366_239e-1,
    2.222_219_843_214_978_4e-1,
    1.818_357_216_161_805e-1,
    1.531_383_769_920_937_3e-1,
    1.479_819_860_511_658_6e-1,
];

/// The logarithm of a positive normal number.
pub(super) fn logarithm(x: f64) -> f64 {
    // x = 2^exponent * (1 + f), with 1 + f between sqrt(1/2) and sqrt(2).
    let bits = x.to_bits();
    let mantissa = (bits >> 32) & 0xf_ffff;
    let carry = (mantissa + 0x9_5f64) & 0x10_0000;
    let high = mantissa | (carry ^ 0x3ff0_0000);
    let f = f64::from_bits((high << 32) | (bits & 0xffff_ffff)) - 1.0;
    let biased = u32::try_from((bits >> 52) + (carry >> 20)).expect("an exponent has 11 bits");
    let exponent = f64::from(biased) - 1023.0;
    let (whole_high, whole_low) = (exponent * LN2_HIGH, exponent * LN2_LOW);
    if (mantissa + 2) & 0xf_ffff < 3 {
        let rest = f * f * (0.5 - 0.333_333_333_333_333_3 * f);
        return whole_high - ((rest - whole_low) - f);
    }
    let s = f / (2.0 + f);
    let square = s * s;
    let fourth = square * square;
    let odd = fourth * (EVEN[1] + fourth * (EVEN[3] + fourth * EVEN[5]));
    let even = square * (EVEN[0] + fourth * (EVEN[2] + fourth * (EVEN[4] + fourth * EVEN[6])));
    let rest = even + odd;
    let inner = if (0x6_147a..=0x6_b851).contains(&mantissa) {
        let half = 0.5 * f * f;
        half - (s * (half + rest) + whole_low)
    } else {
        s * (f - rest) - whole_low
    };
    whole_high - (inner - f)
}

//! Text of numbers, in the layout of the Java server we are compatible with.
//!
//! Takes doubles, gives text: `1.0`, `1.0E10`, `NaN` ([`java_double`]), and fixed or scientific
//! forms rounded half up on the shortest decimal text ([`fixed`], [`scientific`]), where Rust's own
//! formatter rounds the exact binary value half to even. Units and prefixes belong to `render`.

use std::fmt::Write as _;

/// `Double.toString` of JDK 19 and later: the shortest digits that read back as the same number.
///
/// Plain between 1e-3 and 1e7, otherwise `d.dE±n`; always with a fraction.
pub fn java_double(value: f64) -> String {
    let mut text = String::with_capacity(24);
    write_java_double(&mut text, value);
    text
}

/// Appends [`java_double`] to a text.
pub fn write_java_double(out: &mut String, value: f64) {
    if let Some(word) = word_of(value) {
        out.push_str(word);
        return;
    }
    if value.is_sign_negative() {
        out.push('-');
    }
    if value == 0.0 {
        out.push_str("0.0");
        return;
    }
    let decimal = Decimal::shortest(value.abs()).with_even_tie(value.abs());
    let digits = decimal.digits();
    let count = i32::from(decimal.count);
    if (-3..7).contains(&decimal.exponent) {
        // Digits before the point: one more than the exponent, at least a zero.
        let whole = decimal.exponent + 1;
        if whole <= 0 {
            out.push_str("0.");
            (whole..0).for_each(|_| out.push('0'));
            out.push_str(digits);
        } else {
            let split = usize::try_from(whole.min(count)).expect("whole is positive here");
            out.push_str(&digits[..split]);
            (count..whole).for_each(|_| out.push('0'));
            out.push('.');
            out.push_str(if count > whole { &digits[split..] } else { "0" });
        }
    } else {
        out.push_str(&digits[..1]);
        out.push('.');
        out.push_str(if count > 1 { &digits[1..] } else { "0" });
        write!(out, "E{}", decimal.exponent).expect("a string takes everything");
    }
}

/// `%.<decimals>f`: fixed decimals, rounded half up on the shortest decimal text.
pub fn fixed(value: f64, decimals: u8) -> String {
    let mut text = String::with_capacity(24);
    write_fixed(&mut text, value, decimals);
    text
}

/// Appends [`fixed`] to a text.
pub fn write_fixed(out: &mut String, value: f64, decimals: u8) {
    if let Some(word) = word_of(value) {
        out.push_str(word);
        return;
    }
    if value.is_sign_negative() {
        out.push('-');
    }
    let mut decimal = Decimal::shortest(value.abs());
    decimal.round_to(decimal.exponent + 1 + i32::from(decimals));
    let digits = decimal.digits().as_bytes();
    // The digit that stands at 10^position, zero beyond both ends.
    let digit_at = |position: i32| {
        usize::try_from(decimal.exponent - position)
            .ok()
            .and_then(|index| digits.get(index))
            .map_or('0', |&digit| char::from(digit))
    };
    (0..=decimal.exponent.max(0))
        .rev()
        .for_each(|position| out.push(digit_at(position)));
    if decimals > 0 {
        out.push('.');
        (1..=i32::from(decimals)).for_each(|position| out.push(digit_at(-position)));
    }
}

/// `%.<decimals>e`: one digit before the point, a sign and at least two digits of exponent.
pub fn scientific(value: f64, decimals: u8) -> String {
    if let Some(word) = word_of(value) {
        return word.into();
    }
    let mut out = String::with_capacity(16);
    if value.is_sign_negative() {
        out.push('-');
    }
    let mut decimal = Decimal::shortest(value.abs());
    decimal.round_to(1 + i32::from(decimals));
    let digits = decimal.digits();
    out.push_str(&digits[..1]);
    if decimals > 0 {
        out.push('.');
        let rest = &digits[1..];
        out.push_str(rest);
        (rest.len()..usize::from(decimals)).for_each(|_| out.push('0'));
    }
    let sign = if decimal.exponent < 0 { '-' } else { '+' };
    write!(out, "e{sign}{:02}", decimal.exponent.abs()).expect("a string takes everything");
    out
}

fn word_of(value: f64) -> Option<&'static str> {
    if value.is_nan() {
        Some("NaN")
    } else if value.is_infinite() {
        Some(if value > 0.0 { "Infinity" } else { "-Infinity" })
    } else {
        None
    }
}

/// Significant decimal digits `d.ddd * 10^exponent` without trailing zeros (one `0` for zero).
struct Decimal {
    text: [u8; 20],
    count: u8,
    exponent: i32,
}

impl Decimal {
    /// The digits of a finite number that is not negative.
    fn shortest(value: f64) -> Self {
        let mut decimal = Self::read(&format!("{value:e}"));
        if decimal.count == 1 && value != 0.0 {
            // Java looks for the closest text of two digits where one would do.
            let two = format!("{value:.1e}");
            if two.parse() == Ok(value) {
                decimal = Self::read(&two);
            }
        }
        decimal
    }

    /// Where two shortest texts are equally close, Java takes the one with an even last digit and
    /// Rust the larger one. That needs a number with one more digit than its text, so at least 15.
    fn with_even_tie(self, value: f64) -> Self {
        let last = self.text[usize::from(self.count.max(1)) - 1];
        if self.count < 15 || last.is_multiple_of(2) {
            return self;
        }
        let nearest = format!("{value:.*e}", usize::from(self.count) - 1);
        if nearest.parse() == Ok(value) {
            Self::read(&nearest)
        } else {
            self
        }
    }

    /// Reads `d.ddde±n` as Rust writes it: at most 17 digits.
    fn read(text: &str) -> Self {
        let (mantissa, exponent) = text.split_once('e').expect("{:e} writes an exponent");
        let mut decimal = Self {
            text: [b'0'; 20],
            count: 0,
            exponent: exponent.parse().expect("{:e} writes a number after e"),
        };
        for digit in mantissa.bytes().filter(u8::is_ascii_digit) {
            decimal.text[usize::from(decimal.count)] = digit;
            decimal.count += 1;
        }
        decimal.trim();
        decimal
    }

    fn digits(&self) -> &str {
        std::str::from_utf8(&self.text[..usize::from(self.count)]).expect("digits are ASCII")
    }

    fn trim(&mut self) {
        while self.count > 1 && self.text[usize::from(self.count) - 1] == b'0' {
            self.count -= 1;
        }
    }

    /// Keeps this many digits, rounding half up; zero or fewer may round to nothing or to one.
    fn round_to(&mut self, keep: i32) {
        if keep >= i32::from(self.count) {
            return;
        }
        let Ok(keep) = usize::try_from(keep) else {
            (self.text[0], self.count, self.exponent) = (b'0', 1, 0);
            return;
        };
        let rounds_up = self.text[keep] >= b'5';
        let mut carry = rounds_up;
        for digit in self.text[..keep].iter_mut().rev() {
            if !carry {
                break;
            }
            carry = *digit == b'9';
            *digit = if carry { b'0' } else { *digit + 1 };
        }
        if carry {
            // All kept digits were nines (or none was kept): 1 followed by zeros.
            self.text.fill(b'0');
            self.text[0] = b'1';
            self.count = 1;
            self.exponent += 1;
        } else if keep == 0 {
            (self.text[0], self.count, self.exponent) = (b'0', 1, 0);
        } else {
            self.text[keep..].fill(b'0');
            self.count = u8::try_from(keep).expect("fewer than 20 digits");
            self.trim();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn doubles_read_like_java() {
        for (value, text) in [
            (0.0, "0.0"),
            (-0.0, "-0.0"),
            (1.0, "1.0"),
            (0.001, "0.001"),
            (1e-4, "1.0E-4"),
            (1e7, "1.0E7"),
            (9_999_999.0, "9999999.0"),
            (123_456_789_123.0e-3, "1.23456789123E8"),
            (2e23, "2.0E23"),
            (f64::from_bits(1), "4.9E-324"),
            (f64::from_bits(2), "9.9E-324"),
            (f64::MAX, "1.7976931348623157E308"),
            (42.25, "42.25"),
            (1_000_014_116.660_156_2, "1.0000141166601562E9"),
            (100.0, "100.0"),
            (-1234.5, "-1234.5"),
            (f64::NAN, "NaN"),
            (f64::NEG_INFINITY, "-Infinity"),
        ] {
            assert_eq!(java_double(value), text);
        }
    }

    #[test]
    fn halves_round_up_on_the_decimal_text() {
        for (value, decimals, text) in [
            (1.005, 2, "1.01"),
            (0.125, 2, "0.13"),
            (0.5, 0, "1"),
            (0.4, 0, "0"),
            (0.04, 0, "0"),
            (0.05, 1, "0.1"),
            (1.25, 1, "1.3"),
            (999.95, 1, "1000.0"),
            (-0.04, 1, "-0.0"),
            (0.0, 3, "0.000"),
            (12345.678, 1, "12345.7"),
            (1e22, 1, "10000000000000000000000.0"),
            (3.170_979_198_376_459e18, 1, "3170979198376459000.0"),
            (f64::INFINITY, 1, "Infinity"),
        ] {
            assert_eq!(fixed(value, decimals), text);
        }
        assert_eq!(scientific(1e27, 0), "1e+27");
        assert_eq!(scientific(-1.25e-30, 1), "-1.3e-30");
        assert_eq!(scientific(9.99e5, 1), "1.0e+06");
        assert_eq!(scientific(0.0, 1), "0.0e+00");
        assert_eq!(scientific(3.0, 2), "3.00e+00");
    }

    proptest! {
        #[test]
        fn every_double_reads_back(bits: u64) {
            let value = f64::from_bits(bits);
            prop_assume!(value.is_finite());
            prop_assert_eq!(java_double(value).parse::<f64>().unwrap().to_bits(), bits);
        }

        #[test]
        fn fixed_text_is_within_half_a_unit(value in -1e9..1e9_f64, decimals in 0..7_u8) {
            let read: f64 = fixed(value, decimals).parse().unwrap();
            let unit = libm_free_power(decimals);
            prop_assert!((read - value).abs() <= 0.5 * unit + 1e-6 * unit + value.abs() * 1e-15);
        }
    }

    fn libm_free_power(decimals: u8) -> f64 {
        (0..decimals).fold(1.0, |unit, _| unit / 10.0)
    }
}

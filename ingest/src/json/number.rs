//! JSON numbers: their extent and their value in one pass.

use super::limits::NUMBER_BYTES_MAX;

/// A number at the start of a text.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Number {
    /// Bytes of the number.
    pub(super) length: usize,
    /// Whether it has a point or an exponent.
    pub(super) is_float: bool,
    /// The value, when it is an integer of 64 bits.
    pub(super) integer: Option<i64>,
    /// The value, correctly rounded.
    pub(super) double: f64,
}

/// Why a text does not start with a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NumberError {
    TooLong,
    Malformed(&'static str),
}

/// Reads the number at the start of a text, which begins with a minus or a digit.
#[inline]
pub(super) fn scan(text: &[u8]) -> Result<Number, NumberError> {
    let is_negative = text.first() == Some(&b'-');
    let start = usize::from(is_negative);
    let mut digits = Digits::default();
    let mut at = digits.take(text, start);
    if at == start {
        return Err(NumberError::Malformed("expected a digit"));
    }
    if text[start] == b'0' && at > start + 1 {
        return Err(NumberError::Malformed("a number has a leading zero"));
    }
    let integer_end = at;
    let mut exponent = 0i64;
    if text.get(at) == Some(&b'.') {
        at = digits.take(text, at + 1);
        if at == integer_end + 1 {
            return Err(NumberError::Malformed(
                "a decimal point has no digit behind it",
            ));
        }
        exponent -= length_of(integer_end + 1, at);
    }
    if let Some(b'e' | b'E') = text.get(at) {
        let (end, written) = scan_exponent(text, at + 1)?;
        exponent += written;
        at = end;
    }
    if at > NUMBER_BYTES_MAX {
        return Err(NumberError::TooLong);
    }
    let is_float = at > integer_end;
    let double = match digits.scaled(exponent) {
        Some(exact) if is_negative && (exact != 0.0 || is_float) => -exact,
        Some(exact) => exact,
        None => parse(&text[..at]),
    };
    let integer = if is_float {
        None
    } else {
        digits.to_integer(is_negative)
    };
    Ok(Number {
        length: at,
        is_float,
        integer,
        double,
    })
}

/// The digits seen so far, as an integer.
#[derive(Default)]
struct Digits {
    value: u64,
    /// Whether `value` has overflowed.
    is_too_long: bool,
}

impl Digits {
    /// Takes the digits from `at` on and gives the place behind them.
    #[inline]
    fn take(&mut self, text: &[u8], mut at: usize) -> usize {
        while let Some(digit) = text.get(at).map(|byte| byte.wrapping_sub(b'0'))
            && digit <= 9
        {
            // Nineteen digits always fit; the test is on the value before, which is cheap.
            self.is_too_long |= self.value >= 1_000_000_000_000_000_000;
            self.value = self.value.wrapping_mul(10).wrapping_add(u64::from(digit));
            at += 1;
        }
        at
    }

    /// The digits times a power of ten, when both are exact doubles, so that one rounding decides.
    #[expect(clippy::cast_precision_loss, reason = "checked to be at most 2^53")]
    fn scaled(&self, exponent: i64) -> Option<f64> {
        let is_exact = !self.is_too_long && self.value <= 1 << 53;
        let power = POWERS_OF_TEN.get(usize::try_from(exponent.unsigned_abs()).ok()?)?;
        let value = self.value as f64;
        is_exact.then(|| {
            if exponent < 0 {
                value / power
            } else {
                value * power
            }
        })
    }

    fn to_integer(&self, is_negative: bool) -> Option<i64> {
        match (self.is_too_long, is_negative) {
            (true, _) => None,
            (false, false) => i64::try_from(self.value).ok(),
            (false, true) => 0i64.checked_sub_unsigned(self.value),
        }
    }
}

fn scan_exponent(text: &[u8], mut at: usize) -> Result<(usize, i64), NumberError> {
    let is_negative = text.get(at) == Some(&b'-');
    at += usize::from(matches!(text.get(at), Some(b'-' | b'+')));
    let mut digits = Digits::default();
    let end = digits.take(text, at);
    if end == at {
        return Err(NumberError::Malformed("an exponent has no digit"));
    }
    let written = digits.to_integer(is_negative).unwrap_or(i64::MAX / 2);
    // Far beyond every double, and far from overflow.
    Ok((end, written.clamp(-1_000_000, 1_000_000)))
}

#[cold]
fn parse(text: &[u8]) -> f64 {
    let text = std::str::from_utf8(text).expect("digits, signs, point and e are ASCII");
    text.parse()
        .expect("JSON numbers are a subset of what parse reads")
}

fn length_of(start: usize, end: usize) -> i64 {
    i64::try_from(end - start).expect("a text is shorter than 2^63")
}

const POWERS_OF_TEN: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16,
    1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
];

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(text: &str, expected: Result<(usize, bool, Option<i64>, f64), NumberError>) {
        let read = scan(text.as_bytes()).map(|number| {
            (
                number.length,
                number.is_float,
                number.integer,
                number.double.to_bits(),
            )
        });
        assert_eq!(
            read,
            expected.map(|(a, b, c, double)| (a, b, c, double.to_bits())),
            "{text}"
        );
    }

    #[test]
    fn extents_and_values() {
        check("12,", Ok((2, false, Some(12), 12.0)));
        check("-0", Ok((2, false, Some(0), 0.0)));
        check("-0.0", Ok((4, true, None, -0.0)));
        check("1.5e-7]", Ok((6, true, None, 1.5e-7)));
        check("1e400", Ok((5, true, None, f64::INFINITY)));
        check("1e-99999999999999999999", Ok((23, true, None, 0.0)));
        check(
            "-9223372036854775808",
            Ok((20, false, Some(i64::MIN), i64::MIN as f64)),
        );
        check(
            "9223372036854775808",
            Ok((19, false, None, 9_223_372_036_854_775_808.0)),
        );
        check(
            "18446744073709551616",
            Ok((20, false, None, 18_446_744_073_709_551_616.0)),
        );
        check(
            "01",
            Err(NumberError::Malformed("a number has a leading zero")),
        );
        check(
            "1.",
            Err(NumberError::Malformed(
                "a decimal point has no digit behind it",
            )),
        );
        check(
            "1e+",
            Err(NumberError::Malformed("an exponent has no digit")),
        );
        check("-", Err(NumberError::Malformed("expected a digit")));
        check(&"1".repeat(1001), Err(NumberError::TooLong));
    }

    proptest! {
        #[test]
        fn values_are_correctly_rounded(value: f64, integer: i64, places in 0usize..25) {
            prop_assume!(value.is_finite());
            for text in [format!("{value:?}"), format!("{value:e}"), format!("{value:.places$}")] {
                prop_assume!(text.len() <= NUMBER_BYTES_MAX);
                let read = scan(text.as_bytes()).unwrap();
                let is_zero = read.double == 0.0 && !read.is_float;
                prop_assert_eq!(read.length, text.len());
                let expected: f64 = text.parse().unwrap();
                prop_assert!(is_zero || read.double.to_bits() == expected.to_bits(), "{}", text);
            }
            let read = scan(integer.to_string().as_bytes()).unwrap();
            prop_assert_eq!((read.integer, read.double), (Some(integer), integer as f64));
        }
    }
}

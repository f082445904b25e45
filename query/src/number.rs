//! Numbers as text, in Java's layout: what the reference prints for every double that is not a
//! legend statistic.
//!
//! ```text
//!   1.0   0.001   1.0E7   1.0E-4   -0.0   4.9E-324   NaN   Infinity
//! ```

/// The text of a double as `Double.toString` of JDK 19 and later gives it: the shortest digits that
/// read back as the same value, at least two of them, plain between 10^-3 and 10^7.
pub fn java_double(value: f64) -> String {
    if value.is_nan() {
        return "NaN".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { "Infinity" } else { "-Infinity" }.to_owned();
    }
    let sign = if value.is_sign_negative() { "-" } else { "" };
    let magnitude = value.abs();
    if magnitude == 0.0 {
        return format!("{sign}0.0");
    }
    let (digits, exponent) = shortest_digits(magnitude);
    let (whole, fraction) = place_point(&digits, exponent);
    if (-3..7).contains(&exponent) {
        format!("{sign}{whole}.{fraction}")
    } else {
        let rest = if digits.len() > 1 { &digits[1..] } else { "0" };
        format!("{sign}{}.{rest}E{exponent}", &digits[..1])
    }
}

/// Significant digits and the decimal exponent of the first of them.
fn shortest_digits(magnitude: f64) -> (String, i32) {
    let mut text = format!("{magnitude:e}");
    if !text.contains('.') {
        // Java wants the nearest text of two digits when one digit would do.
        let two_digits = format!("{magnitude:.1e}");
        if two_digits.parse() == Ok(magnitude) {
            text = two_digits;
        }
    }
    let (mantissa, exponent) = text
        .split_once('e')
        .expect("scientific notation has an exponent");
    let digits = mantissa.replace('.', "");
    let trimmed = digits.trim_end_matches('0');
    let exponent = exponent.parse().expect("the exponent is a small integer");
    (trimmed.to_owned(), exponent)
}

/// Digits before and after the point, for exponents that Java prints plainly.
fn place_point(digits: &str, exponent: i32) -> (String, String) {
    let Ok(whole_digits) = usize::try_from(exponent + 1) else {
        let zeros = usize::try_from(-exponent - 1).unwrap_or(0);
        return ("0".to_owned(), format!("{}{digits}", "0".repeat(zeros)));
    };
    if whole_digits == 0 {
        return ("0".to_owned(), digits.to_owned());
    }
    if digits.len() <= whole_digits {
        let zeros = "0".repeat(whole_digits.min(20) - digits.len().min(whole_digits.min(20)));
        (format!("{digits}{zeros}"), "0".to_owned())
    } else {
        let (whole, fraction) = digits.split_at(whole_digits);
        (whole.to_owned(), fraction.to_owned())
    }
}

/// Reads a double as `Double.parseDouble` does: surrounding whitespace, `NaN`, `Infinity` in exact
/// case, hexadecimal floats, and a trailing `d`, `D`, `f` or `F`.
pub fn parse_java_double(text: &str) -> Option<f64> {
    let trimmed = text.trim_matches(|c: char| c <= ' ');
    let (negative, unsigned) = match trimmed.as_bytes().first()? {
        b'-' => (true, &trimmed[1..]),
        b'+' => (false, &trimmed[1..]),
        _ => (false, trimmed),
    };
    let magnitude = match unsigned {
        "NaN" => f64::NAN,
        "Infinity" => f64::INFINITY,
        _ => {
            let body = unsigned
                .strip_suffix(['d', 'D', 'f', 'F'])
                .unwrap_or(unsigned);
            if unsigned.starts_with("0x") || unsigned.starts_with("0X") {
                parse_hex(&body[2..])?
            } else {
                parse_decimal(body)?
            }
        }
    };
    Some(if negative { -magnitude } else { magnitude })
}

/// Digits with an optional point and exponent; nothing else that Rust would accept.
fn parse_decimal(text: &str) -> Option<f64> {
    let is_plain = text
        .bytes()
        .all(|b| matches!(b, b'0'..=b'9' | b'.' | b'e' | b'E' | b'+' | b'-'));
    let starts_well = matches!(text.bytes().next()?, b'0'..=b'9' | b'.');
    (is_plain && starts_well).then(|| text.parse().ok())?
}

/// The part after `0x`: hexadecimal digits with an optional point, then `p` and a binary exponent.
fn parse_hex(text: &str) -> Option<f64> {
    let (mantissa, exponent) = text.split_once(['p', 'P'])?;
    let exponent: i32 = exponent.parse().ok()?;
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let mut bits: u64 = 0;
    let mut scale = 0_i32;
    let mut sticky = false;
    for (index, c) in whole.chars().chain(fraction.chars()).enumerate() {
        let digit = u64::from(c.to_digit(16)?);
        let is_fraction = index >= whole.len();
        if bits >> 58 == 0 {
            bits = bits << 4 | digit;
            scale -= if is_fraction { 4 } else { 0 };
        } else {
            // Digits beyond 62 bits only decide how the last bit rounds.
            sticky |= digit != 0;
            scale += if is_fraction { 0 } else { 4 };
        }
    }
    let bits = bits << 1 | u64::from(sticky);
    let exponent = exponent.saturating_add(scale).saturating_sub(1);
    #[expect(
        clippy::cast_precision_loss,
        reason = "rounding once is what is asked for"
    )]
    let mantissa = bits as f64;
    Some(libm::ldexp(mantissa, exponent))
}

/// Reads a 32-bit decimal integer as `Integer.parseInt` does: a sign is allowed, a point is not.
pub fn parse_java_int(text: &str) -> Option<i32> {
    text.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn texts_of_the_reference() {
        for (value, text) in [
            (1.0, "1.0"),
            (0.001, "0.001"),
            (0.0123, "0.0123"),
            (0.5, "0.5"),
            (123.456, "123.456"),
            (1.0e7, "1.0E7"),
            (1.0e-4, "1.0E-4"),
            (-0.0, "-0.0"),
            (9_999_999.0, "9999999.0"),
            (2.0e23, "2.0E23"),
            (123_456_789.123, "1.23456789123E8"),
            (4.9e-324, "4.9E-324"),
            (9.9e-324, "9.9E-324"),
            (f64::NAN, "NaN"),
            (f64::NEG_INFINITY, "-Infinity"),
            (100.0, "100.0"),
        ] {
            assert_eq!(java_double(value), text);
        }
    }

    #[test]
    fn numbers_as_java_reads_them() {
        for (text, value) in [
            ("1d", 1.0),
            ("5f", 5.0),
            (" 2 ", 2.0),
            ("+.5", 0.5),
            ("5.", 5.0),
            ("1e3", 1000.0),
            ("0x1p3", 8.0),
            ("0x.8p1f", 1.0),
            ("0x1.8p1", 3.0),
            ("-Infinity", f64::NEG_INFINITY),
        ] {
            assert_eq!(parse_java_double(text), Some(value), "{text}");
        }
        assert!(parse_java_double("NaN").is_some_and(f64::is_nan));
        for text in [
            "", "nan", "inf", "infinity", "1_0", "0x1", "d", "e5", "1dd", "--1", "1 2", ".",
        ] {
            assert_eq!(parse_java_double(text), None, "{text}");
        }
    }

    #[test]
    fn integers_as_java_reads_them() {
        for (text, value) in [
            ("+5", Some(5)),
            ("-5", Some(-5)),
            ("3.0", None),
            ("2147483648", None),
        ] {
            assert_eq!(parse_java_int(text), value, "{text}");
        }
    }

    proptest! {
        #[test]
        fn printed_doubles_read_back(bits: u64) {
            let value = f64::from_bits(bits);
            let read = parse_java_double(&java_double(value)).unwrap();
            prop_assert!(read.to_bits() == value.to_bits() || value.is_nan());
        }
    }
}

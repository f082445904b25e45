//! Numbers read from text as Java reads them. How they are written is said once, in
//! [`telamon_model::number`].

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
    use telamon_model::number::java_double;

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

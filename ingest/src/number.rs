//! Numbers as text: as C's `strtod` and `strtoull` read them (agent lines), and as Java's
//! `Double.parseDouble` does (quoted values of a publish payload).
//!
//! Only extents and hexadecimal floats are ours; decimal digits are converted by the standard
//! library, correctly rounded.

/// What a number parser took from the start of a text.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Prefix<T> {
    pub(crate) value: T,
    /// Bytes taken, leading blanks included.
    pub(crate) length: usize,
}

/// Reads a double as `strtod` of the C locale does. `None` when there is no number at the start.
pub(crate) fn strtod(text: &[u8]) -> Option<Prefix<f64>> {
    let blanks = count(text, is_c_space);
    let (negative, unsigned) = split_sign(&text[blanks..]);
    let sign_end = text.len() - unsigned.len();
    let (magnitude, length) = if let Some(length) =
        match_ignoring_case(unsigned, b"infinity").or_else(|| match_ignoring_case(unsigned, b"inf"))
    {
        (f64::INFINITY, length)
    } else if let Some(length) = match_ignoring_case(unsigned, b"nan") {
        (f64::NAN, length + nan_payload_length(&unsigned[length..]))
    } else if let Some(hex) = match_ignoring_case(unsigned, b"0x").and_then(|_| hex_float(unsigned))
    {
        (hex.value, hex.length)
    } else {
        decimal(unsigned)?
    };
    Some(Prefix {
        value: if negative { -magnitude } else { magnitude },
        length: sign_end + length,
    })
}

/// Reads an unsigned integer as `strtoull` with base 10 does: a minus wraps, too many digits
/// saturate. `None` when there is no digit.
pub(crate) fn strtoull(text: &[u8]) -> Option<Prefix<u64>> {
    let blanks = count(text, is_c_space);
    let (negative, unsigned) = split_sign(&text[blanks..]);
    let digits = count(unsigned, |byte| byte.is_ascii_digit());
    if digits == 0 {
        return None;
    }
    let value = unsigned[..digits].iter().try_fold(0u64, |value, digit| {
        value.checked_mul(10)?.checked_add(u64::from(digit - b'0'))
    });
    let value = match value {
        Some(value) if negative => value.wrapping_neg(),
        Some(value) => value,
        None => u64::MAX,
    };
    Some(Prefix {
        value,
        length: text.len() - unsigned.len() + digits,
    })
}

/// Reads a signed integer as `strtoll` with base 10 does: no digit reads as 0 and takes nothing, too
/// many digits saturate.
pub(crate) fn strtoll(text: &[u8]) -> Prefix<i64> {
    let blanks = count(text, is_c_space);
    let (negative, unsigned) = split_sign(&text[blanks..]);
    let digits = count(unsigned, |byte| byte.is_ascii_digit());
    if digits == 0 {
        return Prefix {
            value: 0,
            length: 0,
        };
    }
    let value = unsigned[..digits].iter().fold(0i64, |value, digit| {
        let digit = i64::from(digit - b'0');
        let signed = if negative { -digit } else { digit };
        value.saturating_mul(10).saturating_add(signed)
    });
    Prefix {
        value,
        length: text.len() - unsigned.len() + digits,
    }
}

/// Reads a whole text as Java's `Double.parseDouble`: blanks around it, `NaN`, `Infinity`, a final
/// `d` or `f`, and hexadecimal floats with an exponent are fine.
pub(crate) fn java_double(text: &str) -> Option<f64> {
    // Java's trim removes every character up to the blank.
    let trimmed = text.trim_matches(|character| character <= ' ').as_bytes();
    let (negative, unsigned) = split_sign(trimmed);
    let magnitude = match unsigned {
        b"NaN" => f64::NAN,
        b"Infinity" => f64::INFINITY,
        _ => java_magnitude(unsigned)?,
    };
    Some(if negative { -magnitude } else { magnitude })
}

fn java_magnitude(unsigned: &[u8]) -> Option<f64> {
    let digits = match unsigned {
        [digits @ .., b'd' | b'D' | b'f' | b'F'] => digits,
        digits => digits,
    };
    if match_ignoring_case(unsigned, b"0x").is_some() {
        // The suffix letters are hexadecimal digits too, but only before the exponent, which Java
        // demands.
        let exponent = unsigned
            .iter()
            .position(|byte| byte.eq_ignore_ascii_case(&b'p'))?;
        let digits = if digits.len() > exponent {
            digits
        } else {
            unsigned
        };
        let hex = hex_float(digits)?;
        return (hex.length == digits.len()).then_some(hex.value);
    }
    let (value, length) = decimal(digits)?;
    (length == digits.len()).then_some(value)
}

/// The longest decimal float at the start, with its length.
fn decimal(text: &[u8]) -> Option<(f64, usize)> {
    let integer = count(text, |byte| byte.is_ascii_digit());
    let mut length = integer;
    let mut digits = integer;
    if text.get(length) == Some(&b'.') {
        let fraction = count(&text[length + 1..], |byte| byte.is_ascii_digit());
        digits += fraction;
        length += 1 + fraction;
    }
    if digits == 0 {
        return None;
    }
    length += exponent_length(&text[length..], b'e');
    let text = std::str::from_utf8(&text[..length]).expect("digits, dot, sign and e are ASCII");
    let value = text
        .parse()
        .expect("the extent was found by the grammar that parse knows");
    Some((value, length))
}

/// The hexadecimal float at the start of a text that begins with `0x`; `0x` without a digit is the
/// number zero that ends before the `x`.
fn hex_float(text: &[u8]) -> Option<Prefix<f64>> {
    let mut mantissa: u64 = 0;
    let mut has_lost_bits = false;
    let mut exponent: i64 = 0;
    let mut digits = 0usize;
    let mut is_fraction = false;
    let mut length = 2;
    for &byte in &text[2..] {
        match char::from(byte).to_digit(16) {
            Some(digit) if mantissa >> 60 == 0 => {
                mantissa = mantissa << 4 | u64::from(digit);
                exponent -= if is_fraction { 4 } else { 0 };
            }
            Some(digit) => {
                has_lost_bits |= digit != 0;
                exponent += if is_fraction { 0 } else { 4 };
            }
            None if byte == b'.' && !is_fraction => is_fraction = true,
            None => break,
        }
        digits += usize::from(byte != b'.');
        length += 1;
    }
    if digits == 0 {
        return Some(Prefix {
            value: 0.0,
            length: 1,
        });
    }
    let exponent_text = &text[length..];
    let taken = exponent_length(exponent_text, b'p');
    if taken > 0 {
        // Far beyond every double, and far from the end of i64.
        let written = strtoll(&exponent_text[1..])
            .value
            .clamp(-1_000_000, 1_000_000);
        exponent = exponent.saturating_add(written);
    }
    Some(Prefix {
        value: scale(mantissa, has_lost_bits, exponent),
        length: length + taken,
    })
}

/// `mantissa * 2^exponent`, rounded half to even; `has_lost_bits` says that the true mantissa is a
/// little larger.
fn scale(mantissa: u64, has_lost_bits: bool, exponent: i64) -> f64 {
    if mantissa == 0 {
        return 0.0;
    }
    let shift_left = mantissa.leading_zeros();
    let mantissa = mantissa << shift_left;
    // The value is 1.xxx * 2^top.
    let top = exponent - i64::from(shift_left) + 63;
    if top > 1023 {
        return f64::INFINITY;
    }
    let subnormal_bits = (-1022 - top).clamp(0, 64);
    let drop = 11 + u32::try_from(subnormal_bits).expect("clamped to 0..=64");
    if drop > 64 {
        return 0.0;
    }
    let kept = mantissa.checked_shr(drop).unwrap_or(0);
    let rest = mantissa << (64 - drop);
    let half = 1u64 << 63;
    let is_up = rest > half || (rest == half && (has_lost_bits || kept & 1 == 1));
    let rounded = kept + u64::from(is_up);
    // A normal number keeps 53 bits, whose top one adds one to the exponent field; a carry out of
    // the rounding runs into the exponent by itself.
    let exponent_field = u64::try_from((top + 1022).max(0)).expect("not negative");
    f64::from_bits((exponent_field << 52) + rounded)
}

/// Length of `e[+-]digits` (or `p...`) at the start; zero when digits are missing.
fn exponent_length(text: &[u8], letter: u8) -> usize {
    match text {
        [first, rest @ ..] if first.eq_ignore_ascii_case(&letter) => {
            let (_, unsigned) = split_sign(rest);
            let digits = count(unsigned, |byte| byte.is_ascii_digit());
            if digits == 0 {
                0
            } else {
                text.len() - unsigned.len() + digits
            }
        }
        _ => 0,
    }
}

/// Length of `(payload)` after `nan`.
fn nan_payload_length(text: &[u8]) -> usize {
    match text {
        [b'(', rest @ ..] => {
            let inside = count(rest, |byte| byte.is_ascii_alphanumeric() || byte == b'_');
            if rest.get(inside) == Some(&b')') {
                inside + 2
            } else {
                0
            }
        }
        _ => 0,
    }
}

fn match_ignoring_case(text: &[u8], word: &[u8]) -> Option<usize> {
    let start = text.get(..word.len())?;
    start.eq_ignore_ascii_case(word).then_some(word.len())
}

fn split_sign(text: &[u8]) -> (bool, &[u8]) {
    match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        rest => (false, rest),
    }
}

fn count(text: &[u8], holds: impl Fn(u8) -> bool) -> usize {
    text.iter().take_while(|&&byte| holds(byte)).count()
}

/// What C's `isspace` says in the C locale.
pub(crate) fn is_c_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t'..=b'\r')
}

#[cfg(test)]
mod tests;

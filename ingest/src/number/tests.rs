use super::*;
use proptest::prelude::*;

fn check(text: &str, value: f64, length: usize) {
    let read = strtod(text.as_bytes()).unwrap();
    assert_eq!(
        (read.value.to_bits(), read.length),
        (value.to_bits(), length),
        "{text}"
    );
}

#[test]
fn strtod_takes_the_longest_number() {
    check("12abc", 12.0, 2);
    check(" \t+1.5e3x", 1500.0, 8);
    check("1e", 1.0, 1);
    check("1e+", 1.0, 1);
    check(".5", 0.5, 2);
    check("5.", 5.0, 2);
    check("-inf", f64::NEG_INFINITY, 4);
    check("Infinite", f64::INFINITY, 3);
    check("nan(12)3", f64::NAN, 7);
    check("nan(12", f64::NAN, 3);
    check("0x10", 16.0, 4);
    check("0x1p3", 8.0, 5);
    check("0x.8p", 0.5, 4);
    check("0xg", 0.0, 1);
    check("1e400", f64::INFINITY, 5);
    for text in ["", "-", "abc", ".", "e5", "+ 1"] {
        assert_eq!(strtod(text.as_bytes()), None, "{text}");
    }
}

#[test]
fn strtoull_wraps_saturates_and_stops() {
    let read = |text: &str| strtoull(text.as_bytes()).map(|read| (read.value, read.length));
    assert_eq!(read(" 7"), Some((7, 2)));
    assert_eq!(read("-1"), Some((u64::MAX, 2)));
    assert_eq!(read("18446744073709551616"), Some((u64::MAX, 20)));
    assert_eq!(read("0x10"), Some((0, 1)));
    assert_eq!(read("nan"), None);
}

#[test]
fn strtoll_saturates() {
    assert_eq!(
        strtoll(b"99999999999999999999:"),
        Prefix {
            value: i64::MAX,
            length: 20
        }
    );
    assert_eq!(
        strtoll(b"-9223372036854775809"),
        Prefix {
            value: i64::MIN,
            length: 20
        }
    );
    assert_eq!(
        strtoll(b" +9x"),
        Prefix {
            value: 9,
            length: 3
        }
    );
    assert_eq!(
        strtoll(b"abc"),
        Prefix {
            value: 0,
            length: 0
        }
    );
}

#[test]
fn java_reads_a_whole_text_or_nothing() {
    for (text, value) in [
        (" 1 ", 1.0),
        ("1d", 1.0),
        ("1.5f", 1.5),
        ("0x1p3", 8.0),
        ("0x1fp0", 31.0),
        ("0x1p3d", 8.0),
        ("+Infinity", f64::INFINITY),
        ("-NaN", -f64::NAN),
        ("+1", 1.0),
        (".5", 0.5),
        ("5.", 5.0),
        ("1e3", 1000.0),
    ] {
        let read = java_double(text).unwrap();
        assert_eq!(read.to_bits(), value.to_bits(), "{text}");
    }
    for text in [
        "", " ", "inf", "nan", "1_0", "1,0", "0x10", "0xp3", "1e", "d", "--1", "1 2",
    ] {
        assert_eq!(java_double(text), None, "{text}");
    }
}

proptest! {
    /// A double written as mantissa and power of two in hexadecimal reads back as itself, whatever
    /// its exponent, subnormals included.
    #[test]
    fn hexadecimal_floats_are_exact(bits in 0u64..0x7ff0_0000_0000_0000, drop in 0u32..8) {
        let value = f64::from_bits(bits);
        let field = bits >> 52;
        let fraction = bits & ((1 << 52) - 1);
        let mantissa = if field == 0 { fraction } else { fraction | 1 << 52 };
        let exponent = i64::try_from(field.max(1)).unwrap() - 1075;
        // Trailing zero digits move the point, not the value.
        let text = format!("0x{mantissa:x}{}p{}", "0".repeat(drop as usize), exponent - 4 * i64::from(drop));
        prop_assert_eq!(strtod(text.as_bytes()).unwrap().value.to_bits(), value.to_bits());
    }

    /// Digits beyond 64 bits round as if all were seen: the neighbours of a half decide.
    #[test]
    fn hexadecimal_halves_round_to_even(mantissa in 1u64 << 52..1u64 << 53) {
        let read = |tail: &str| strtod(format!("0x{mantissa:x}.{tail}p0").as_bytes()).unwrap().value;
        let (floor, ceiling) = (mantissa as f64, (mantissa + 1) as f64);
        prop_assert_eq!(read("7ffffffffffff"), floor);
        prop_assert_eq!(read("8"), if mantissa % 2 == 0 { floor } else { ceiling });
        prop_assert_eq!(read("80000000000001"), ceiling);
    }

    #[test]
    fn decimals_read_as_the_standard_library_does(value: f64) {
        prop_assume!(value.is_finite());
        for text in [format!("{value}"), format!("{value:e}")] {
            let read = strtod(text.as_bytes()).unwrap();
            prop_assert_eq!(read.value.to_bits(), value.to_bits());
            prop_assert_eq!(read.length, text.len());
        }
    }
}

//! Escapes in strings of a program: `\u` and four hexadecimal digits, nothing else.

use std::borrow::Cow;

/// Decodes escapes in one pass from left to right. Anything else with a backslash is literal. Two
/// escapes that form a surrogate pair become one character; half a pair alone becomes U+FFFD.
pub fn decode(text: &str) -> Cow<'_, str> {
    if !text.as_bytes().contains(&b'\\') {
        return Cow::Borrowed(text);
    }
    let mut units = Vec::new();
    let mut decoded = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        if is_escape(rest) {
            let unit = u16::from_str_radix(&rest[2..6], 16).expect("four hexadecimal digits");
            units.push(unit);
            rest = &rest[6..];
        } else {
            push_units(&mut decoded, &mut units);
            decoded.push(c);
            rest = &rest[c.len_utf8()..];
        }
    }
    push_units(&mut decoded, &mut units);
    Cow::Owned(decoded)
}

fn push_units(out: &mut String, units: &mut Vec<u16>) {
    let characters = char::decode_utf16(units.drain(..));
    out.extend(characters.map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)));
}

/// Escapes a string so that it can stand as one token: commas, colons, most whitespace, parentheses
/// that are the whole text, the start and end of comments, and backslashes that would be decoded.
pub fn encode(text: &str) -> Cow<'_, str> {
    let is_plain = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_' | b'$');
    if text.as_bytes().iter().all(is_plain) {
        return Cow::Borrowed(text);
    }
    let mut escaped = String::with_capacity(text.len() + 8);
    if text == "(" || text == ")" {
        push_escape(&mut escaped, text.chars().next().unwrap_or('('));
        return Cow::Owned(escaped);
    }
    let first = text.find(|c: char| c > ' ').unwrap_or(text.len());
    let last = text.trim_end_matches(|c: char| c <= ' ').len();
    let mut previous = '\0';
    for (index, c) in text.char_indices() {
        let is_margin = index < first || index >= last;
        let rest = &text[index..];
        let must = match c {
            ',' | ':' => true,
            ' ' => is_margin,
            '/' => rest.starts_with("/*") || previous == '*',
            '\\' => is_escape(rest),
            _ => is_java_whitespace(c) || (is_margin && c <= ' '),
        };
        if must {
            push_escape(&mut escaped, c);
        } else {
            escaped.push(c);
        }
        previous = c;
    }
    Cow::Owned(escaped)
}

/// Whether the text starts with `\u` and four hexadecimal digits.
fn is_escape(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.len() >= 6 && bytes.starts_with(b"\\u") && bytes[2..6].iter().all(u8::is_ascii_hexdigit)
}

/// Writes a character as one escape, or two beyond U+FFFF.
pub(crate) fn push_escape(out: &mut String, c: char) {
    let mut units = [0_u16; 2];
    for unit in c.encode_utf16(&mut units) {
        out.push_str(&format!("\\u{unit:04x}"));
    }
}

/// `Character.isWhitespace`: separators that allow a break, and the control characters used as space.
fn is_java_whitespace(c: char) -> bool {
    match c {
        '\u{9}'..='\u{d}' | '\u{1c}'..='\u{1f}' => true,
        '\u{a0}' | '\u{2007}' | '\u{202f}' | '\u{85}' => false,
        _ => c.is_whitespace(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn only_four_hexadecimal_digits_are_an_escape() {
        for (text, decoded) in [
            ("\\u0041b", "Ab"),
            ("\\u005cu0041", "\\u0041"),
            ("\\d", "\\d"),
            ("\\u12", "\\u12"),
            ("\\u+fff", "\\u+fff"),
            ("\\U0041", "\\U0041"),
            ("\\ud83d\\ude00", "\u{1F600}"),
            ("\\ud83dx", "\u{FFFD}x"),
            ("é\\u002c", "é,"),
        ] {
            assert_eq!(decode(text), decoded, "{text}");
        }
    }

    #[test]
    fn what_needs_an_escape() {
        for (text, encoded) in [
            (" foo bar ", "\\u0020foo bar\\u0020"),
            ("foo\tbar", "foo\\u0009bar"),
            ("http:/*", "http\\u003a\\u002f*"),
            (".*/x", ".*\\u002fx"),
            ("(", "\\u0028"),
            ("(a)", "(a)"),
            ("a,b", "a\\u002cb"),
            ("\\d", "\\d"),
            ("\\u0041", "\\u005cu0041"),
            ("a\u{a0}b\u{2003}", "a\u{a0}b\\u2003"),
            ("   ", "\\u0020\\u0020\\u0020"),
        ] {
            assert_eq!(encode(text), encoded, "{text}");
        }
    }

    proptest! {
        #[test]
        fn encoded_text_decodes_back(text in "(\\PC|[ ,:/*()\\\\u0-9a-f\\x00-\\x20]){0,12}") {
            let encoded = encode(&text);
            prop_assert_eq!(decode(&encoded), text.as_str());
            prop_assert!(!encoded.contains(',') && !encoded.starts_with(':'));
        }
    }
}

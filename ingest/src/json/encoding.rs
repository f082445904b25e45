//! The character encoding of a body: UTF-8, or UTF-16 and UTF-32 told by a mark or by their zeros.

use std::borrow::Cow;

use super::error::DecodeError;

/// A body as UTF-8 without a byte order mark. UTF-8 itself is not checked here: what follows the
/// batch is never read and may be anything.
pub(super) fn to_utf8(body: &[u8]) -> Result<Cow<'_, [u8]>, DecodeError> {
    let start = body.first_chunk::<4>().copied();
    let (unit_bytes, is_big_endian, mark_bytes) = match (start, body) {
        (Some([0, 0, 0xfe, 0xff]), _) => (4, true, 4),
        (Some([0xff, 0xfe, 0, 0]), _) => (4, false, 4),
        (_, [0xfe, 0xff, ..]) => (2, true, 2),
        (_, [0xff, 0xfe, ..]) => (2, false, 2),
        (_, [0xef, 0xbb, 0xbf, rest @ ..]) => return Ok(Cow::Borrowed(rest)),
        // Without a mark the zeros around the first character, which is ASCII, tell.
        (Some([0, 0, 0, _]), _) => (4, true, 0),
        (Some([_, 0, 0, 0]), _) => (4, false, 0),
        (_, [0, other, ..]) if *other != 0 => (2, true, 0),
        (_, [other, 0, ..]) if *other != 0 => (2, false, 0),
        _ => return Ok(Cow::Borrowed(body)),
    };
    let units = body[mark_bytes..].chunks(unit_bytes).map(|unit| {
        let fold = |value: u32, byte: &u8| value << 8 | u32::from(*byte);
        if is_big_endian {
            unit.iter().fold(0, fold)
        } else {
            unit.iter().rev().fold(0, fold)
        }
    });
    let text: Option<String> = if unit_bytes == 4 {
        units.map(char::from_u32).collect()
    } else {
        char::decode_utf16(units.map(|unit| u16::try_from(unit).expect("two bytes")))
            .map(Result::ok)
            .collect()
    };
    let problem = "invalid UTF-16 or UTF-32";
    text.map(|text| Cow::Owned(text.into_bytes()))
        .ok_or(DecodeError::Syntax { problem, offset: 0 })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_encoding_of_a_text_is_the_same_text() {
        let text = "{\"a\":\"é日😀\"}";
        let marked = format!("\u{feff}{text}");
        let utf16 = |text: &str, to_bytes: fn(u16) -> [u8; 2]| -> Vec<u8> {
            text.encode_utf16().flat_map(to_bytes).collect()
        };
        let utf32 = |text: &str, to_bytes: fn(u32) -> [u8; 4]| -> Vec<u8> {
            text.chars().map(u32::from).flat_map(to_bytes).collect()
        };
        for body in [
            text.as_bytes().to_vec(),
            marked.as_bytes().to_vec(),
            utf16(text, u16::to_le_bytes),
            utf16(text, u16::to_be_bytes),
            utf16(&marked, u16::to_le_bytes),
            utf16(&marked, u16::to_be_bytes),
            utf32(text, u32::to_le_bytes),
            utf32(text, u32::to_be_bytes),
            utf32(&marked, u32::to_le_bytes),
            utf32(&marked, u32::to_be_bytes),
        ] {
            assert_eq!(to_utf8(&body).unwrap(), text.as_bytes());
        }
        assert!(
            to_utf8(&[0xff, 0xfe, 0, 0xd8, b'x', 0]).is_err(),
            "a lone surrogate"
        );
    }
}

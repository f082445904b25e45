//! Recorded requests as bytes on the wire.
//!
//! Takes the recipe of a request (a template with times, encodings, a framing), gives the head and the
//! body. Times are those of one reading of the clock.

use std::io::Write as _;

use anyhow::{Context, bail, ensure};
use flate2::Compression;
use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};
use serde_json::Value;

use super::{NOW_MS, text};

/// A request, ready to be sent.
pub(super) struct Prepared {
    pub(super) method: String,
    /// Request line and headers with the empty line after them.
    pub(super) head: Vec<u8>,
    /// The body in its framing.
    pub(super) body: Vec<u8>,
    /// Whether the body waits for the server's word.
    pub(super) expects_continue: bool,
}

/// Builds the bytes of a recorded request.
pub(super) fn prepare(request: &Value) -> anyhow::Result<Prepared> {
    let method = text(&request["method"], "method")?.to_owned();
    let version = request["http"].as_str().unwrap_or("1.1");
    let path = text(&request["path"], "path")?;
    let mut head = format!("{method} {path} HTTP/{version}\r\nHost: localhost\r\n");
    let mut expects_continue = false;
    for header in request["headers"].as_array().into_iter().flatten() {
        let (name, value) = (text(&header[0], "header")?, text(&header[1], "header")?);
        expects_continue |= name.eq_ignore_ascii_case("expect");
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    let mut bytes = body(request)?.unwrap_or_default();
    let has_body = !request["body"].is_null() || !request["body_hex"].is_null();
    if let Some(sizes) = request["chunked"].as_array() {
        head.push_str("Transfer-Encoding: chunked\r\n");
        bytes = chunked(&bytes, sizes)?;
    } else if has_body && request["no_length"] != true {
        head.push_str(&format!("Content-Length: {}\r\n", bytes.len()));
    }
    head.push_str("\r\n");
    Ok(Prepared {
        method,
        head: head.into_bytes(),
        body: bytes,
        expects_continue,
    })
}

/// Chunks of these sizes, the last size repeated.
fn chunked(bytes: &[u8], sizes: &[Value]) -> anyhow::Result<Vec<u8>> {
    let mut out = Vec::new();
    let mut rest = bytes;
    let mut sizes = sizes.iter();
    let mut size = 1000;
    while !rest.is_empty() {
        if let Some(next) = sizes.next() {
            size = usize::try_from(next.as_u64().context("a size of a chunk")?)?;
        }
        let (chunk, after) = rest.split_at(size.clamp(1, rest.len()));
        out.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
        out.extend_from_slice(chunk);
        out.extend_from_slice(b"\r\n");
        rest = after;
    }
    out.extend_from_slice(b"0\r\n\r\n");
    Ok(out)
}

/// The body before its framing.
fn body(request: &Value) -> anyhow::Result<Option<Vec<u8>>> {
    let encodings = request["encode"].as_array();
    let mut bytes = if let Some(hex) = request["body_hex"].as_str() {
        unhex(&filled(hex)?)?
    } else {
        let template = match &request["body"] {
            Value::Null => return Ok(None),
            Value::String(text) => text.clone(),
            parts => parts
                .as_array()
                .context("a body is text or a list of parts")?
                .iter()
                .map(part)
                .collect::<anyhow::Result<String>>()?,
        };
        filled(&template)?.into_bytes()
    };
    for step in encodings.into_iter().flatten() {
        bytes = encoded(bytes, step)?;
    }
    // The size of what a compressor gives is the compressor's own.
    let size = request["body_bytes"]
        .as_u64()
        .filter(|_| encodings.is_none());
    ensure!(
        size.is_none_or(|size| usize::try_from(size).is_ok_and(|size| size == bytes.len())),
        "a body of {} bytes instead of {}",
        bytes.len(),
        request["body_bytes"]
    );
    Ok(Some(bytes))
}

fn part(part: &Value) -> anyhow::Result<String> {
    let Some(repeat) = part["repeat"].as_u64() else {
        return Ok(text(part, "a part")?.to_owned());
    };
    let template = text(&part["text"], "the text of a part")?;
    if !template.contains("{{i}}") && part["join"].is_null() {
        return Ok(template.repeat(usize::try_from(repeat)?));
    }
    let texts: Vec<String> = (0..repeat)
        .map(|index| template.replace("{{i}}", &index.to_string()))
        .collect();
    Ok(texts.join(part["join"].as_str().unwrap_or_default()))
}

/// A template with its times filled in; `{{age}}`, which is any number, stays.
pub(super) fn filled(template: &str) -> anyhow::Result<String> {
    let mut out = String::with_capacity(template.len());
    let mut rest = template;
    while let Some((before, after)) = rest.split_once("{{") {
        let (name, tail) = after.split_once("}}").context("a placeholder that ends")?;
        out.push_str(before);
        out.push_str(&placeholder(name)?);
        rest = tail;
    }
    out.push_str(rest);
    Ok(out)
}

fn placeholder(name: &str) -> anyhow::Result<String> {
    if let Some(name) = name.strip_prefix("smile_i64:") {
        return Ok(smile_integer(placeholder(name)?.parse()?));
    }
    let time = match name {
        "age" => return Ok("{{age}}".to_owned()),
        "now_ms" | "server_now" => NOW_MS,
        "now_s" => NOW_MS / 1000,
        "step_ms" => NOW_MS / 10_000 * 10_000,
        _ => {
            let shift = name
                .strip_prefix("now_ms")
                .and_then(|text| text.parse::<i64>().ok());
            NOW_MS + shift.with_context(|| format!("an unknown placeholder {name}"))?
        }
    };
    Ok(time.to_string())
}

/// A 64-bit integer as a token of Smile, in hex: zigzag, in groups of seven bits, the last of six.
fn smile_integer(value: i64) -> String {
    let zigzag = ((value << 1) ^ (value >> 63)).cast_unsigned();
    let mut groups = vec![zigzag & 0x3f | 0x80];
    let mut rest = zigzag >> 6;
    while rest > 0 {
        groups.push(rest & 0x7f);
        rest >>= 7;
    }
    let digits: String = groups
        .iter()
        .rev()
        .map(|group| format!("{group:02x}"))
        .collect();
    format!("25{digits}")
}

/// Bytes of hex digits.
pub(super) fn unhex(digits: &str) -> anyhow::Result<Vec<u8>> {
    let byte = |pair: &[u8]| anyhow::Ok(u8::from_str_radix(std::str::from_utf8(pair)?, 16)?);
    digits.as_bytes().chunks(2).map(byte).collect()
}

fn encoded(mut bytes: Vec<u8>, step: &Value) -> anyhow::Result<Vec<u8>> {
    if let Some(end) = step["truncate"].as_i64() {
        let length = i64::try_from(bytes.len())?;
        let end = if end < 0 { length + end } else { end };
        bytes.truncate(usize::try_from(end).unwrap_or(0));
        return Ok(bytes);
    }
    if let Some(index) = step["flip"].as_i64() {
        let length = i64::try_from(bytes.len())?;
        let index = usize::try_from(if index < 0 { length + index } else { index })?;
        *bytes.get_mut(index).context("a byte to flip")? ^= 0xff;
        return Ok(bytes);
    }
    if let Some(hex) = step["append"].as_str() {
        bytes.extend(unhex(hex)?);
        return Ok(bytes);
    }
    let level = Compression::fast();
    let gzip = |bytes: &[u8]| {
        let mut encoder = GzEncoder::new(Vec::new(), level);
        encoder.write_all(bytes)?;
        encoder.finish()
    };
    Ok(match text(step, "an encoding")? {
        "gzip" => gzip(&bytes)?,
        "gzip2" => {
            let (first, second) = bytes.split_at(bytes.len().min(50));
            [gzip(first)?, gzip(second)?].concat()
        }
        "zlib" => {
            let mut encoder = ZlibEncoder::new(Vec::new(), level);
            encoder.write_all(&bytes)?;
            encoder.finish()?
        }
        "deflate" => {
            let mut encoder = DeflateEncoder::new(Vec::new(), level);
            encoder.write_all(&bytes)?;
            encoder.finish()?
        }
        charset => in_charset(&String::from_utf8(bytes)?, charset)?,
    })
}

/// A text in a character set, by the names of Python.
fn in_charset(text: &str, charset: &str) -> anyhow::Result<Vec<u8>> {
    let utf16 = |unit: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(unit).collect::<Vec<u8>>();
    let utf32 = |unit: fn(u32) -> [u8; 4]| {
        let units = text.chars().map(u32::from);
        units.flat_map(unit).collect::<Vec<u8>>()
    };
    Ok(match charset {
        "utf-8" => text.as_bytes().to_vec(),
        "utf-8-sig" => [b"\xef\xbb\xbf", text.as_bytes()].concat(),
        "utf-16" => [vec![0xff, 0xfe], utf16(u16::to_le_bytes)].concat(),
        "utf-16le" => utf16(u16::to_le_bytes),
        "utf-16be" => utf16(u16::to_be_bytes),
        "utf-32" => [vec![0xff, 0xfe, 0, 0], utf32(u32::to_le_bytes)].concat(),
        "utf-32le" => utf32(u32::to_le_bytes),
        "utf-32be" => utf32(u32::to_be_bytes),
        "latin-1" | "iso-8859-1" => text
            .chars()
            .map(|letter| u8::try_from(u32::from(letter)).context("a letter of Latin-1"))
            .collect::<anyhow::Result<_>>()?,
        other => bail!("an unknown encoding {other}"),
    })
}

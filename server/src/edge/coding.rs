//! Content codings: compressing answers, inflating requests within a limit.

use std::io::{Read, Write};

use axum::body::Bytes;
use axum::http::HeaderMap;
use axum::http::header::ACCEPT_ENCODING;
use flate2::Compression;
use flate2::read::{DeflateDecoder, MultiGzDecoder, ZlibDecoder};
use flate2::write::{GzEncoder, ZlibEncoder};

use crate::api::problem::Problem;
use crate::server::Server;

/// A coding of answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Coding {
    /// RFC 1952.
    Gzip,
    /// RFC 1950.
    Deflate,
}

/// Bodies above this are compressed on the query pool, so that the runtime never waits.
const INLINE_BYTES_MAX: usize = 32 * 1024;

impl Coding {
    /// The coding the client likes best; gzip where it likes both alike.
    pub(super) fn accepted(headers: &HeaderMap) -> Option<Self> {
        let text = headers.get(ACCEPT_ENCODING)?.to_str().ok()?;
        let weight = |name: &str| -> f32 {
            let ranges = text.split(',').filter_map(parse_range);
            let mut any = 0.0;
            for (known, weight) in ranges {
                if known.eq_ignore_ascii_case(name) {
                    return weight;
                }
                if known == "*" {
                    any = weight;
                }
            }
            any
        };
        let (gzip, deflate) = (weight("gzip"), weight("deflate"));
        if gzip <= 0.0 && deflate <= 0.0 {
            None
        } else if gzip >= deflate {
            Some(Self::Gzip)
        } else {
            Some(Self::Deflate)
        }
    }

    /// The name in headers.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Deflate => "deflate",
        }
    }

    /// The compressed body; `None` when no thread is free, then the answer goes out as it is.
    pub(super) async fn compress(self, server: &Server, body: Bytes) -> Option<Bytes> {
        if body.len() <= INLINE_BYTES_MAX {
            return Some(self.compress_now(&body));
        }
        server
            .queries
            .run(move || self.compress_now(&body))
            .await
            .ok()
    }

    fn compress_now(self, body: &[u8]) -> Bytes {
        const INTO_MEMORY: &str = "writing into memory cannot fail";
        let level = Compression::fast();
        let compressed = match self {
            Self::Gzip => {
                let mut encoder = GzEncoder::new(Vec::new(), level);
                encoder.write_all(body).expect(INTO_MEMORY);
                encoder.finish().expect(INTO_MEMORY)
            }
            Self::Deflate => {
                let mut encoder = ZlibEncoder::new(Vec::new(), level);
                encoder.write_all(body).expect(INTO_MEMORY);
                encoder.finish().expect(INTO_MEMORY)
            }
        };
        compressed.into()
    }
}

/// `name;q=0.5`.
fn parse_range(text: &str) -> Option<(&str, f32)> {
    let mut parts = text.split(';').map(str::trim);
    let name = parts.next().filter(|name| !name.is_empty())?;
    let weight = parts
        .find_map(|part| part.strip_prefix("q="))
        .map_or(Ok(1.0), str::parse);
    Some((name, weight.unwrap_or(0.0)))
}

/// Whether a media type gains from compression.
pub(super) fn is_compressible(content_type: &str) -> bool {
    content_type.starts_with("text/") || content_type.starts_with("application/json")
}

/// Undoes the codings of a request body: those of its header, and gzip that only its first bytes
/// tell of.
///
/// # Errors
/// 400 for an unknown coding or damaged data, 413 where the body would be longer than the limit.
pub(crate) fn inflate_body(body: Bytes, codings: &str, bytes_max: usize) -> Result<Bytes, Problem> {
    let mut body = body;
    for coding in codings.split(',').rev() {
        body = match coding.trim().to_ascii_lowercase().as_str() {
            "" | "identity" => body,
            _ if body.is_empty() => body,
            "gzip" => read_limited(MultiGzDecoder::new(&*body), bytes_max)?,
            "deflate" if is_zlib(&body) => read_limited(ZlibDecoder::new(&*body), bytes_max)?,
            "deflate" => read_limited(DeflateDecoder::new(&*body), bytes_max)?,
            _ => {
                let message = "UnsupportedRequestEncodingRejection(gzip)";
                let status = axum::http::StatusCode::BAD_REQUEST;
                return Err(Problem::new(status, message)
                    .with_hint("send the body as it is, or compressed by gzip or deflate"));
            }
        };
    }
    if body.starts_with(&[0x1f, 0x8b]) {
        body = read_limited(MultiGzDecoder::new(&*body), bytes_max)?;
    }
    Ok(body)
}

/// Whether the body begins with a zlib header: deflate, and a check that divides by 31.
fn is_zlib(body: &[u8]) -> bool {
    match body {
        [method, flags, ..] => {
            method & 0x0f == 8 && u16::from_be_bytes([*method, *flags]).is_multiple_of(31)
        }
        _ => false,
    }
}

fn read_limited(reader: impl Read, bytes_max: usize) -> Result<Bytes, Problem> {
    let mut inflated = Vec::new();
    let limit = u64::try_from(bytes_max)
        .unwrap_or(u64::MAX)
        .saturating_add(1);
    reader
        .take(limit)
        .read_to_end(&mut inflated)
        .map_err(|error| {
            let message = format!("The request's encoding is corrupt: {error}");
            Problem::bad_request("IllegalRequestException", message)
        })?;
    if inflated.len() > bytes_max {
        return Err(super::body::too_large(bytes_max));
    }
    Ok(inflated.into())
}

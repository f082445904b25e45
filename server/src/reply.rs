//! An answer, before the edge puts it on the wire.
//!
//! Handlers give a [`Reply`] with its whole body; compression, CORS and logging are the edge's.

use axum::body::Bytes;
use axum::http::{HeaderName, HeaderValue, StatusCode};

/// Status, type, further headers, body.
#[derive(Clone, Debug)]
pub(crate) struct Reply {
    /// Status.
    pub(crate) status: StatusCode,
    /// Media type; `None` for an empty body.
    pub(crate) content_type: Option<&'static str>,
    /// Headers beyond the type.
    pub(crate) headers: Vec<(HeaderName, HeaderValue)>,
    /// The body.
    pub(crate) body: Bytes,
}

/// `application/json`.
pub(crate) const JSON: &str = "application/json";
/// Text for people and scripts.
pub(crate) const TEXT: &str = "text/plain; charset=UTF-8";
/// A page.
pub(crate) const HTML: &str = "text/html; charset=UTF-8";

impl Reply {
    /// Status and body.
    pub(crate) fn new(
        status: StatusCode,
        content_type: &'static str,
        body: impl Into<Bytes>,
    ) -> Self {
        Self {
            status,
            content_type: Some(content_type),
            headers: Vec::new(),
            body: body.into(),
        }
    }

    /// 200 with a body.
    pub(crate) fn ok(content_type: &'static str, body: impl Into<Bytes>) -> Self {
        Self::new(StatusCode::OK, content_type, body)
    }

    /// 200 with a JSON value.
    pub(crate) fn json(value: &serde_json::Value) -> Self {
        Self::ok(JSON, value.to_string())
    }

    /// A status without a body.
    pub(crate) fn empty(status: StatusCode) -> Self {
        Self {
            status,
            content_type: None,
            headers: Vec::new(),
            body: Bytes::new(),
        }
    }

    /// The same answer with one more header. A value that no header may hold is left out.
    #[must_use]
    pub(crate) fn with_header(mut self, name: HeaderName, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.push((name, value));
        }
        self
    }
}

//! An answer, before the edge puts it on the wire.
//!
//! Handlers give a [`Reply`] with its whole body, or with one that is made while it is sent; compression,
//! CORS and logging are the edge's.

mod events;

use axum::body::{Body, Bytes};
use axum::http::header::CACHE_CONTROL;
use axum::http::{HeaderName, HeaderValue, StatusCode};

pub(crate) use events::{EventStream, Voice};

const ACCEL_BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");

/// Status, type, further headers, body.
#[derive(Debug)]
pub(crate) struct Reply {
    /// Status.
    pub(crate) status: StatusCode,
    /// Media type; `None` for an empty body.
    pub(crate) content_type: Option<&'static str>,
    /// Headers beyond the type.
    pub(crate) headers: Vec<(HeaderName, HeaderValue)>,
    /// The body.
    pub(crate) content: Content,
}

/// What an answer consists of.
#[derive(Debug)]
pub(crate) enum Content {
    /// All of it.
    Whole(Bytes),
    /// Server-sent events, one after the other.
    Events(EventStream),
}

impl Content {
    /// As the connection takes it.
    pub(crate) fn into_body(self) -> Body {
        match self {
            Self::Whole(bytes) => Body::from(bytes),
            Self::Events(events) => Body::new(events),
        }
    }
}

/// `application/json`.
pub(crate) const JSON: &str = "application/json";
/// Text for people and scripts.
pub(crate) const TEXT: &str = "text/plain; charset=UTF-8";
/// Server-sent events.
pub(crate) const EVENTS: &str = "text/event-stream";
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
            content: Content::Whole(body.into()),
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

    /// 200 with events, each sent at once.
    pub(crate) fn events(events: EventStream) -> Self {
        let reply = Self {
            content: Content::Events(events),
            ..Self::ok(EVENTS, Bytes::new())
        };
        // Neither caches nor proxies may hold events back.
        reply
            .with_header(CACHE_CONTROL, "no-cache")
            .with_header(ACCEL_BUFFERING, "no")
    }

    /// A status without a body.
    pub(crate) fn empty(status: StatusCode) -> Self {
        Self {
            status,
            content_type: None,
            headers: Vec::new(),
            content: Content::Whole(Bytes::new()),
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

//! What holds for every request, whatever its route: done once, here.
//!
//! Takes a request from a connection, gives its response. In order: id, CORS origin, length of the
//! target, `OPTIONS`, malformed escapes, time limit around the route, compression, CORS headers,
//! access log and metrics. Which route answers is [`crate::router`]'s, how a connection is served is
//! [`crate::listen::http`]'s.

mod body;
mod coding;
mod cors;
mod form;

#[cfg(test)]
mod tests;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::header::{CONNECTION, CONTENT_ENCODING, CONTENT_TYPE};
use axum::http::{HeaderName, HeaderValue, Method, Response, StatusCode};

pub(crate) use body::Incoming;
pub(crate) use coding::inflate_body;
pub(crate) use cors::host as cors_host;
pub(crate) use form::{has_form, read_form};

use crate::api::health;
use crate::api::params::damaged_escape;
use crate::reply::{Content, Reply, TEXT};
use crate::router::{self, Route};
use crate::server::Server;
use crate::telemetry::names::Metric;
use coding::Coding;
use cors::Origin;

/// A request with its whole context.
#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) method: Method,
    /// The path as it was sent.
    pub(crate) path: String,
    /// The query string as it was sent.
    pub(crate) query: String,
    pub(crate) headers: axum::http::HeaderMap,
    pub(crate) body: Incoming,
    /// Where the connection comes from.
    pub(crate) peer: SocketAddr,
    /// Names the request in logs and in answers to faults.
    pub(crate) id: String,
}

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const NETFLIX_ENDPOINT: HeaderName = HeaderName::from_static("netflix-endpoint");

impl Request {
    /// A header as text.
    pub(crate) fn header(&self, name: HeaderName) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

/// Answers one request.
pub(crate) async fn answer(server: Arc<Server>, request: Request) -> Response<Body> {
    let started_ms = server.clock.elapsed_ms();
    let route = router::route_of(&request.path);
    let context = Context {
        origin: Origin::of(
            request.headers.get("origin"),
            &server.config.http.cors_hosts,
        ),
        coding: Coding::accepted(&request.headers),
        asked_headers: request
            .headers
            .get("access-control-request-headers")
            .cloned(),
        sent_id: request.headers.get(REQUEST_ID).cloned(),
        id: request.id.clone(),
        is_options: request.method == Method::OPTIONS,
    };
    let line = format!("{} {}", request.method, request.path);
    let reply = match &context.origin {
        Origin::Illegal(reason) => {
            let text = format!("Illegal origin: {reason}");
            Reply::new(StatusCode::INTERNAL_SERVER_ERROR, TEXT, text)
        }
        Origin::Absent | Origin::Refused | Origin::Allowed(_) => {
            checked(&server, route, request).await
        }
    };
    let status = reply.status;
    let response = context.respond(&server, reply).await;
    let elapsed_ms = server.clock.elapsed_ms() - started_ms;
    let name = route.map_or("none", Route::name);
    server
        .telemetry
        .count(Metric::HttpRequests, [name, class(status)], 1);
    server.telemetry.time(Metric::HttpTime, name, elapsed_ms);
    if server.config.log.access || status.is_server_error() {
        let status = status.as_u16();
        tracing::info!(target: "access", id = context.id, status, elapsed_ms, "{line}");
    }
    response
}

/// Answers one request before there is a server: the process is alive, everything else has to wait.
pub(crate) async fn answer_while_loading(request: Request) -> Response<Body> {
    let reply = match router::route_of(&request.path) {
        Some(Route::Ok) => health::ok(&request),
        Some(_) | None => health::loading(),
    };
    // Read, for a sender that writes everything before it reads; nothing of it is kept.
    drop(request.body.read(0).await);
    let mut response = Response::new(reply.content.into_body());
    *response.status_mut() = reply.status;
    let headers = response.headers_mut();
    headers.extend(reply.headers);
    if let Some(content_type) = reply.content_type {
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    }
    response
}

/// The checks that come before any route.
async fn checked(server: &Arc<Server>, route: Option<Route>, request: Request) -> Reply {
    let chars_max = server.config.http.uri_chars_max;
    let target_chars =
        request.path.len() + request.query.len() + usize::from(!request.query.is_empty());
    if target_chars > chars_max {
        let peer = request.peer.ip();
        let text = format!(
            "URI length exceeds the configured limit of {chars_max} characters from {peer}"
        );
        return Reply::new(StatusCode::URI_TOO_LONG, TEXT, text).with_header(CONNECTION, "close");
    }
    if request.method == Method::OPTIONS {
        return Reply::empty(StatusCode::OK);
    }
    if let Some(problem) = illegal_target(&request) {
        return Reply::new(StatusCode::BAD_REQUEST, TEXT, problem);
    }
    let limit_ms = server.config.http.request_timeout_ms;
    let limit = Duration::from_millis(limit_ms.unsigned_abs());
    match tokio::time::timeout(limit, router::answer(server, route, request)).await {
        Ok(reply) => reply,
        Err(_elapsed) => Reply::new(
            StatusCode::SERVICE_UNAVAILABLE,
            TEXT,
            "The server was not able to produce a timely response to your request.\r\n\
             Please try again in a short while!",
        ),
    }
}

/// What is wrong with the escapes of a target, in the reference's words, with a caret below the place.
fn illegal_target(request: &Request) -> Option<String> {
    let target = match request.query.as_str() {
        "" => request.path.clone(),
        query => format!("{}?{query}", request.path),
    };
    let at = damaged_escape(&target)?;
    let before = target.get(..at).unwrap_or(&target);
    let found = match target.get(at..).and_then(|rest| rest.chars().next()) {
        Some(character) => format!("Invalid input '{character}'"),
        None => "Unexpected end of input".to_owned(),
    };
    let column = before.chars().count() + 1;
    let indent = " ".repeat(column - 1);
    Some(format!(
        "Illegal request-target: {found}, expected HEXDIG (line 1, column {column}): {target}\n{indent}^"
    ))
}

/// What the response needs to know of the request.
struct Context {
    origin: Origin,
    coding: Option<Coding>,
    asked_headers: Option<HeaderValue>,
    sent_id: Option<HeaderValue>,
    id: String,
    is_options: bool,
}

impl Context {
    async fn respond(&self, server: &Server, reply: Reply) -> Response<Body> {
        let Reply {
            status,
            content_type,
            headers,
            content,
        } = reply;
        let mut response = Response::new(Body::empty());
        *response.status_mut() = status;
        let out = response.headers_mut();
        for (name, value) in headers {
            out.append(name, value);
        }
        if let Some(id) = &self.sent_id {
            out.insert(REQUEST_ID, id.clone());
        } else if status.is_server_error()
            && let Ok(id) = HeaderValue::from_str(&self.id)
        {
            out.insert(REQUEST_ID, id);
        }
        if !matches!(self.origin, Origin::Illegal(_)) {
            cors::add_headers(
                out,
                &self.origin,
                self.asked_headers.as_ref(),
                self.is_options,
            );
        }
        let mut content = content;
        if let Some(content_type) = content_type {
            out.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
            // Events are for reading at once, a coder would keep some back.
            if let Content::Whole(bytes) = &content
                && let Some(coding) = self.coding
                && coding::is_compressible(content_type)
                && !bytes.is_empty()
                && !out.contains_key(CONTENT_ENCODING)
                && let Some(compressed) = coding.compress(server, bytes.clone()).await
            {
                out.insert(CONTENT_ENCODING, HeaderValue::from_static(coding.name()));
                content = Content::Whole(compressed);
            }
        }
        *response.body_mut() = content.into_body();
        response
    }
}

/// The header that names the fixed path of a route.
pub(crate) fn with_endpoint(reply: Reply, endpoint: &'static str) -> Reply {
    reply.with_header(NETFLIX_ENDPOINT, endpoint)
}

fn class(status: StatusCode) -> &'static str {
    match status.as_u16() {
        100..=199 => "1xx",
        200..=299 => "2xx",
        300..=399 => "3xx",
        400..=499 => "4xx",
        _ => "5xx",
    }
}

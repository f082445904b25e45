//! Liveness, readiness and what the server measures.

use std::sync::Arc;

use axum::http::StatusCode;
use axum::http::header::RETRY_AFTER;
use serde_json::{Map, Value};

use crate::api::problem::Problem;
use crate::edge::Request;
use crate::reply::{JSON, Reply, TEXT};
use crate::server::Server;

/// `/ok`: alive, whatever else.
pub(crate) fn ok(request: &Request) -> Reply {
    Reply::ok(TEXT, request.peer.to_string())
}

/// `/healthcheck`: which parts work; 500 if one does not.
pub(crate) fn healthcheck(server: &Arc<Server>) -> Reply {
    let parts = server.health();
    let is_healthy = parts.iter().all(|&(_, is_healthy)| is_healthy);
    let status = if is_healthy {
        StatusCode::OK
    } else {
        StatusCode::INTERNAL_SERVER_ERROR
    };
    let parts: Map<String, Value> = parts
        .iter()
        .map(|&(name, is_healthy)| (name.to_owned(), Value::Bool(is_healthy)))
        .collect();
    Reply::new(status, JSON, Value::Object(parts).to_string())
}

/// `/-/ready`: the log was read and requests are served.
pub(crate) fn ready(server: &Arc<Server>) -> Reply {
    if server.is_stopping() {
        return Reply::new(StatusCode::SERVICE_UNAVAILABLE, TEXT, "stopping\n");
    }
    Reply::ok(TEXT, "ready\n")
}

/// Any route before the log was read.
pub(crate) fn loading() -> Reply {
    Problem::unavailable("the log is being read")
        .with_hint("try again in a moment")
        .into_reply()
        .with_header(RETRY_AFTER, "1")
}

/// `/metrics` in the Prometheus text format.
pub(crate) fn metrics(server: &Arc<Server>) -> Reply {
    server.refresh_gauges();
    const PROMETHEUS: &str = "text/plain; version=0.0.4; charset=utf-8";
    Reply::ok(PROMETHEUS, server.telemetry.prometheus())
}

/// `/-/accept-clock`: a person says that the wall clock is right.
pub(crate) fn accept_clock(server: &Arc<Server>) -> Reply {
    server.clock.accept();
    tracing::warn!("the wall clock was accepted as it is");
    Reply::ok(TEXT, "accepted\n")
}

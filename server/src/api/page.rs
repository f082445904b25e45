//! The page at `/ui`: pictures that refresh, and the queries that drew them.

use std::sync::Arc;

use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, LOCATION};
use serde_json::json;

use crate::reply::{HTML, Reply};
use crate::server::Server;

const PAGE: &str = include_str!("../../assets/page.html");

/// `/ui` and everything below it. The page loads nothing from elsewhere.
pub(crate) fn page(server: &Arc<Server>) -> Reply {
    let step_ms = server.config.store.step.as_millis();
    // A script element ends at `</`, whatever the quotes around it.
    let charts = json!(server.pictures).to_string().replace("</", "<\\/");
    let page = PAGE
        .replace("{{step_ms}}", &step_ms.to_string())
        .replace("{{version}}", env!("CARGO_PKG_VERSION"))
        .replace("{{charts}}", &charts);
    let policy = "default-src 'self'; img-src 'self' blob: data:; style-src 'unsafe-inline'; \
                  script-src 'unsafe-inline'";
    Reply::ok(HTML, page)
        .with_header(CONTENT_SECURITY_POLICY, policy)
        .with_header(CACHE_CONTROL, "no-cache")
}

/// `/` leads to the page.
pub(crate) fn redirect() -> Reply {
    let body = "This and all future requests should be directed to <a href=\"/ui\">this URI</a>.";
    Reply::new(StatusCode::MOVED_PERMANENTLY, HTML, body).with_header(LOCATION, "/ui")
}

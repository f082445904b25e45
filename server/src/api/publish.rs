//! `/api/v1/publish`: datapoints in, the reference's answers out.
//!
//! The answers with `errorCount` carry exactly `type`, `errorCount` and `message`: clients map them
//! strictly.

#[cfg(test)]
mod tests;

use std::sync::Arc;

use axum::http::StatusCode;
use axum::http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE};
use serde::Serialize;

use super::problem::Problem;
use crate::edge::{Request, inflate_body};
use crate::engine::Published;
use crate::reply::{JSON, Reply};
use crate::server::Server;

const SMILE: &str = "application/x-jackson-smile";

/// The answer when something was refused.
#[derive(Serialize)]
struct Refusals<'a> {
    r#type: &'static str,
    #[serde(rename = "errorCount")]
    error_count: u64,
    message: Vec<&'a str>,
}

/// Takes a publish body.
pub(crate) async fn publish(server: &Arc<Server>, request: Request) -> Result<Reply, Problem> {
    if let Some(kind) = request.header(CONTENT_TYPE)
        && kind
            .split(';')
            .next()
            .unwrap_or_default()
            .trim()
            .eq_ignore_ascii_case(SMILE)
    {
        let message = "the Smile encoding is not supported, send JSON";
        return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, message));
    }
    let codings = request
        .header(CONTENT_ENCODING)
        .unwrap_or_default()
        .to_owned();
    let bytes_max = server.config.http.body_bytes_max;
    let declared = request
        .header(CONTENT_LENGTH)
        .and_then(|length| length.parse().ok());
    let room = server
        .room_for_body(declared.unwrap_or(bytes_max).min(bytes_max))
        .await;
    let body = request.body.read(bytes_max).await?;
    let server_of_job = Arc::clone(server);
    let job = move || -> Result<Published, Problem> {
        let server = server_of_job;
        let body = inflate_body(body, &codings, bytes_max)?;
        let now = server.stamp()?;
        Ok(server.engine.publish(now, &body)?)
    };
    let published = match server.writes.run(job).await {
        Ok(published) => published?,
        Err(error) => return Err(server.pool_problem(&error, &request.id)),
    };
    drop(room);
    Ok(answer(&published))
}

fn answer(published: &Published) -> Reply {
    if published.rejected_count == 0 {
        return Reply::empty(StatusCode::OK);
    }
    let (status, kind) = if published.accepted == 0 {
        (StatusCode::BAD_REQUEST, "error")
    } else {
        (StatusCode::ACCEPTED, "partial")
    };
    let refusals = Refusals {
        r#type: kind,
        error_count: published.rejected_count,
        message: published
            .rejected
            .iter()
            .map(|rejected| rejected.message.as_str())
            .collect(),
    };
    let body = serde_json::to_vec(&refusals).expect("texts and numbers are valid JSON");
    Reply::new(status, JSON, body)
}

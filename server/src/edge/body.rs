//! Reading request bodies, never more than the limit.

use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::StatusCode;
use http_body_util::BodyExt;
use tokio::time::timeout;

use crate::api::problem::Problem;

/// How much of a body beyond the limit is read and dropped. A sender that writes everything before it
/// reads would otherwise see a broken connection instead of the answer.
const DISCARDED_BYTES_MAX: usize = 64 << 20;
/// A sender that pauses this long waits for the answer.
const DISCARD_PAUSE_MAX: Duration = Duration::from_millis(250);

/// A body that has not been read yet.
#[derive(Debug)]
pub(crate) struct Incoming(pub(crate) Body);

impl Incoming {
    /// The whole body as it was sent.
    ///
    /// # Errors
    /// 413 if it is longer than the limit, 400 if the connection broke.
    pub(crate) async fn read(mut self, bytes_max: usize) -> Result<Bytes, Problem> {
        let mut kept = Vec::new();
        while let Some(frame) = self.0.frame().await {
            let broken = |error| Problem::bad_request("IllegalRequestException", error);
            let Ok(data) = frame.map_err(broken)?.into_data() else {
                continue;
            };
            if kept.len() + data.len() > bytes_max {
                discard(self.0).await;
                return Err(too_large(bytes_max));
            }
            kept.extend_from_slice(&data);
        }
        Ok(kept.into())
    }
}

/// Drops the rest of a body, for as long as it keeps coming.
async fn discard(mut body: Body) {
    let mut discarded_bytes = 0;
    while discarded_bytes < DISCARDED_BYTES_MAX
        && let Ok(Some(Ok(frame))) = timeout(DISCARD_PAUSE_MAX, body.frame()).await
    {
        discarded_bytes += frame.data_ref().map_or(0, Bytes::len);
    }
}

/// 413.
pub(super) fn too_large(bytes_max: usize) -> Problem {
    let message = format!(
        "EntityStreamSizeException: incoming entity size exceeded size limit ({bytes_max} bytes)"
    );
    Problem::new(StatusCode::PAYLOAD_TOO_LARGE, message)
        .with_hint("send smaller batches, or raise http.body_max")
}

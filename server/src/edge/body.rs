//! Reading request bodies, never more than the limit.

use axum::body::{Body, Bytes};
use axum::http::StatusCode;
use http_body_util::{BodyExt, LengthLimitError, Limited};

use crate::api::problem::Problem;

/// A body that has not been read yet.
#[derive(Debug)]
pub(crate) struct Incoming(pub(crate) Body);

impl Incoming {
    /// The whole body as it was sent.
    ///
    /// # Errors
    /// 413 if it is longer than the limit, 400 if the connection broke.
    pub(crate) async fn read(self, bytes_max: usize) -> Result<Bytes, Problem> {
        let collected = Limited::new(self.0, bytes_max).collect().await;
        match collected {
            Ok(body) => Ok(body.to_bytes()),
            Err(error) if error.is::<LengthLimitError>() => Err(too_large(bytes_max)),
            Err(error) => Err(Problem::bad_request("IllegalRequestException", error)),
        }
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

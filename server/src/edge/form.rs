//! Parameters in the body: for queries that are longer than a URL may be.
//!
//! A POST whose type is `application/x-www-form-urlencoded` is answered as a GET whose URL goes on with
//! the body, so of a parameter in both that of the URL comes first. Any other POST is left to whoever
//! refuses methods.

use axum::body::Body;
use axum::http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use axum::http::{Method, StatusCode};

use super::{Incoming, Request, inflate_body};
use crate::api::params::damaged_escape;
use crate::api::problem::Problem;
use crate::server::Server;

const FORM: &str = "application/x-www-form-urlencoded";
/// Longest form, before and after inflating: many times the longest target, and little work to parse.
const FORM_BYTES_MAX: usize = 256 * 1024;

/// Whether the request has its parameters in a form.
pub(crate) fn has_form(request: &Request) -> bool {
    let kind = request.header(CONTENT_TYPE).unwrap_or_default();
    let essence = kind.split(';').next().unwrap_or_default();
    request.method == Method::POST && essence.trim().eq_ignore_ascii_case(FORM)
}

/// Moves the parameters of the form behind those of the URL.
///
/// # Errors
/// 413 if the form is too long, 400 if it is none.
pub(crate) async fn read_form(server: &Server, request: &mut Request) -> Result<(), Problem> {
    let bytes_max = FORM_BYTES_MAX.min(server.config.http.body_bytes_max);
    let codings = request
        .header(CONTENT_ENCODING)
        .unwrap_or_default()
        .to_owned();
    let room = server.room_for_body(bytes_max).await;
    let body = std::mem::replace(&mut request.body, Incoming(Body::empty()));
    let form = match body.read(bytes_max).await {
        Ok(body) => inflate_body(body, &codings, bytes_max),
        Err(problem) => Err(problem),
    };
    drop(room);
    let form = form.map_err(|problem| match problem.status {
        StatusCode::PAYLOAD_TOO_LARGE => too_long(bytes_max),
        _ => problem,
    })?;
    let illegal = |what| Problem::bad_request("IllegalRequestException", what);
    let form = String::from_utf8(form.into()).map_err(|_bytes| illegal("the form is no UTF-8"))?;
    if damaged_escape(&form).is_some() {
        let what = "a '%' of the form is not followed by two hexadecimal digits";
        return Err(illegal(what));
    }
    if !request.query.is_empty() && !form.is_empty() {
        request.query.push('&');
    }
    request.query.push_str(&form);
    Ok(())
}

fn too_long(bytes_max: usize) -> Problem {
    let message = format!("the form is longer than {bytes_max} bytes");
    Problem::new(StatusCode::PAYLOAD_TOO_LARGE, message)
        .with_hint("ask for less in one request; variables (:set, :get) shorten repetitions")
}

//! Errors as HTTP answers: the one place that maps them to a status and a body.
//!
//! The fields `type` and `message` are those that clients of the reference know; what we know
//! beyond that stands beside them in `error`.

use std::ops::Range;

use axum::http::StatusCode;
use serde::Serialize;

use telamon_ingest::json::DecodeError;
use telamon_query::exec::EvalError;
use telamon_query::label::EditError;
use telamon_query::lang::{ErrorClass, LangError};
use telamon_query::limit::Exceeded;
use telamon_query::time::TimeError;
use telamon_render::RenderError;
use telamon_store::AppendError;
use telamon_store::log;

use crate::clock::ClockJumped;
use crate::engine::PublishError;
use crate::reply::{JSON, Reply};

/// What went wrong with a request.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Problem {
    /// Status of the answer.
    pub(crate) status: StatusCode,
    /// Class and text, or the text alone, as the reference words it.
    pub(crate) message: String,
    /// What we know beyond that.
    pub(crate) detail: Option<Box<Detail>>,
}

/// The part of an error that only we give.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub(crate) struct Detail {
    /// Where in the program, in bytes of the decoded parameter.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) span: Option<Span>,
    /// The word that failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) word: Option<String>,
    /// The stack before the word, the top last.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) stack: Vec<String>,
    /// What would have been right: signatures of the word, or words that fit in its place.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) expected: Vec<String>,
    /// A known word that is written much alike.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) nearest: Option<String>,
    /// What to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) hint: Option<String>,
    /// The limit that was reached.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) limit: Option<Reached>,
    /// Id of a fault in the log.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) id: Option<String>,
}

/// A limit that was reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Reached {
    /// Its key in the section `query` of the configuration.
    pub(crate) key: &'static str,
    /// Its value; milliseconds of a duration.
    pub(crate) value: u64,
}

impl From<Exceeded> for Reached {
    fn from(exceeded: Exceeded) -> Self {
        Self {
            key: exceeded.limit.name(),
            value: exceeded.max,
        }
    }
}

/// A range of bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Span {
    /// First byte.
    pub(crate) start: usize,
    /// Byte after the last.
    pub(crate) end: usize,
}

impl From<Range<usize>> for Span {
    fn from(range: Range<usize>) -> Self {
        Self {
            start: range.start,
            end: range.end,
        }
    }
}

/// The body of every error but those of publish.
#[derive(Serialize)]
struct ErrorBody<'a> {
    r#type: &'static str,
    message: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'a Detail>,
}

impl Problem {
    /// A status and a message.
    pub(crate) fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Self {
            status,
            message: message.into(),
            detail: None,
        }
    }

    /// 400 with the reference's name of the class of fault.
    pub(crate) fn bad_request(class: &str, message: impl std::fmt::Display) -> Self {
        Self::new(StatusCode::BAD_REQUEST, format!("{class}: {message}"))
    }

    /// 400 for a value that is not allowed.
    pub(crate) fn illegal_argument(message: impl std::fmt::Display) -> Self {
        Self::bad_request("IllegalArgumentException", message)
    }

    /// 404 for a path nobody serves.
    pub(crate) fn path_not_found(path: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, format!("path not found: {path}"))
    }

    /// 405. The name is that of the method that would be right.
    pub(crate) fn method_not_allowed(supported: &str) -> Self {
        let message = format!("method not allowed: {supported}");
        Self::new(StatusCode::METHOD_NOT_ALLOWED, message)
    }

    /// 503: try again later.
    pub(crate) fn unavailable(message: impl std::fmt::Display) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, message.to_string())
    }

    /// 500: something is wrong with us. The id leads to what the log says.
    pub(crate) fn fault(id: &str) -> Self {
        let message = format!("internal fault, the log knows more under the id {id}");
        let mut problem = Self::new(StatusCode::INTERNAL_SERVER_ERROR, message);
        problem.detail.get_or_insert_default().id = Some(id.to_owned());
        problem
    }

    /// The same problem with something to do about it.
    #[must_use]
    pub(crate) fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.detail.get_or_insert_default().hint = Some(hint.into());
        self
    }

    /// The same problem as that of a limit, which can be raised.
    #[must_use]
    pub(crate) fn with_limit(mut self, reached: Reached) -> Self {
        let detail = self.detail.get_or_insert_default();
        let Reached { key, value } = reached;
        let raise = format!("query.{key} is {value}");
        detail.hint = Some(match detail.hint.take() {
            Some(hint) => format!("{hint}; {raise}"),
            None => raise,
        });
        detail.limit = Some(reached);
        self
    }

    /// The key of the limit that was reached, if it is about one.
    pub(crate) fn limit_key(&self) -> Option<&'static str> {
        Some(self.detail.as_ref()?.limit?.key)
    }

    /// The answer.
    pub(crate) fn into_reply(self) -> Reply {
        Reply::new(self.status, JSON, self.to_json())
    }

    /// The body of the answer.
    pub(crate) fn to_json(&self) -> String {
        let body = ErrorBody {
            r#type: "error",
            message: &self.message,
            error: self.detail.as_deref(),
        };
        serde_json::to_string(&body).expect("a body of texts and numbers is valid JSON")
    }
}

impl From<LangError> for Problem {
    fn from(error: LangError) -> Self {
        let status = match error.class {
            ErrorClass::NoSuchElement => StatusCode::NOT_FOUND,
            ErrorClass::IndexOutOfBounds | ErrorClass::Match => StatusCode::INTERNAL_SERVER_ERROR,
            ErrorClass::IllegalArgument
            | ErrorClass::IllegalState
            | ErrorClass::NumberFormat
            | ErrorClass::DateTime
            | ErrorClass::ZoneRules => StatusCode::BAD_REQUEST,
        };
        let message = error.message();
        let help = error.help;
        let detail = Detail {
            span: Some(error.span.into()),
            word: help.word,
            stack: help.stack.iter().map(|item| shortened(item)).collect(),
            expected: help.expected,
            nearest: help.nearest,
            hint: help.hint,
            limit: None,
            id: None,
        };
        let problem = Self {
            status,
            message,
            detail: Some(Box::new(detail)),
        };
        match help.limit {
            Some(exceeded) => problem.with_limit(exceeded.into()),
            None => problem,
        }
    }
}

impl From<EditError> for Problem {
    fn from(error: EditError) -> Self {
        let limit = error.limit();
        let problem = Self::bad_request(error.class(), error);
        match limit {
            Some(exceeded) => problem
                .with_hint(exceeded.limit.advice())
                .with_limit(exceeded.into()),
            None => problem,
        }
    }
}

impl From<TimeError> for Problem {
    fn from(error: TimeError) -> Self {
        Self::bad_request(error.class, error.text)
    }
}

impl From<EvalError> for Problem {
    fn from(error: EvalError) -> Self {
        if let (Some(exceeded), Some(hint)) = (error.limit(), error.hint()) {
            let status = StatusCode::BAD_REQUEST;
            let problem = match error.class() {
                Some(class) => Self::bad_request(class, error),
                None => Self::new(status, error.to_string()),
            };
            return problem.with_hint(hint).with_limit(exceeded.into());
        }
        match (error.class(), &error) {
            (Some(class), EvalError::NoTraining) => Self::new(
                StatusCode::INTERNAL_SERVER_ERROR,
                format!("{class}: {error}"),
            )
            .with_hint("give :sdes a training of at least one value"),
            (Some(class), _) => Self::bad_request(class, error),
            (None, EvalError::Cancelled) => Self::unavailable(error),
            (None, _) => Self::new(StatusCode::BAD_REQUEST, error.to_string()),
        }
    }
}

impl From<RenderError> for Problem {
    fn from(error: RenderError) -> Self {
        match error {
            RenderError::Encode(_) => {
                Self::new(StatusCode::INTERNAL_SERVER_ERROR, error.to_string())
            }
            RenderError::NoPixels { width, height } => Self::illegal_argument(format!(
                "Width ({width}) and height ({height}) cannot be <= 0"
            )),
            RenderError::InfiniteBound { .. } | RenderError::CrossedBounds { .. } => {
                Self::illegal_argument(format!("requirement failed: {error}"))
            }
            RenderError::CrossedCounts { .. } => {
                Self::illegal_argument("requirement failed").with_hint(error.to_string())
            }
            RenderError::UnknownZone(name) => Self::bad_request(
                "ZoneRulesException",
                format!("Unknown time-zone ID: {name}"),
            ),
        }
    }
}

impl From<PublishError> for Problem {
    fn from(error: PublishError) -> Self {
        match error {
            PublishError::Decode(error) => error.into(),
            PublishError::Append(AppendError::Log(log::AppendError::DiskFull { .. })) => {
                Self::new(StatusCode::INSUFFICIENT_STORAGE, error.to_string())
                    .with_hint("free some space; nothing has to be restarted")
            }
            PublishError::Append(AppendError::Log(log::AppendError::TooLarge { .. })) => {
                Self::new(StatusCode::PAYLOAD_TOO_LARGE, error.to_string())
                    .with_hint("send smaller batches")
            }
            PublishError::Append(_) | PublishError::Sync(_) => Self::unavailable(error),
        }
    }
}

impl From<DecodeError> for Problem {
    fn from(error: DecodeError) -> Self {
        Self::new(StatusCode::BAD_REQUEST, error.reference_text())
    }
}

impl From<ClockJumped> for Problem {
    fn from(error: ClockJumped) -> Self {
        Self::unavailable(error)
    }
}

/// Longest text of a stack item in an answer: programs double in length with every `:dup`.
const STACK_ITEM_CHARS_MAX: usize = 200;

fn shortened(item: &str) -> String {
    match item.char_indices().nth(STACK_ITEM_CHARS_MAX) {
        Some((end, _)) => format!("{}...", &item[..end]),
        None => item.to_owned(),
    }
}

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
use telamon_query::lang::hint::nearest_name;
use telamon_query::lang::{ErrorClass, LangError, Place, Report, locate_text, plain_words};
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
    /// What is wrong, in plain words; the message without its class where there is nothing better.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) title: Option<String>,
    /// The parameter that is wrong; `q` where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) parameter: Option<&'static str>,
    /// Where, in bytes of the decoded parameter.
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
    /// A known word, or value of the parameter, that is written much alike.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) nearest: Option<String>,
    /// What to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) hint: Option<String>,
    /// The limit that was reached.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) limit: Option<Reached>,
    /// The text of the operand that is wrong, until its place is known.
    #[serde(skip)]
    pub(crate) operand: Option<String>,
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

    /// The same problem, said in plain words.
    #[must_use]
    pub(crate) fn titled(mut self, title: impl Into<String>) -> Self {
        self.detail.get_or_insert_default().title = Some(title.into());
        self
    }

    /// The same problem with the parameter it is in, unless one is known already.
    #[must_use]
    pub(crate) fn of(mut self, parameter: &'static str) -> Self {
        let detail = self.detail.get_or_insert_default();
        detail.parameter.get_or_insert(parameter);
        self
    }

    /// The same problem with the values that would be right, and the one that is most like the one
    /// given.
    #[must_use]
    pub(crate) fn one_of<'n>(
        mut self,
        given: &str,
        known: impl IntoIterator<Item = &'n str>,
    ) -> Self {
        let known: Vec<&str> = known.into_iter().collect();
        let detail = self.detail.get_or_insert_default();
        detail.nearest = nearest_name(given, known.iter().copied()).map(str::to_owned);
        if known.len() <= NAMES_LISTED {
            detail.expected = known.iter().map(|&name| name.to_owned()).collect();
        }
        self
    }

    /// The same problem with what was probably meant.
    #[must_use]
    pub(crate) fn nearest(mut self, name: &str) -> Self {
        self.detail.get_or_insert_default().nearest = Some(name.to_owned());
        self
    }

    /// The same problem about the operand of a word, which [`Problem::in_program`] finds.
    #[must_use]
    pub(crate) fn operand(mut self, text: &str) -> Self {
        let detail = self.detail.get_or_insert_default();
        detail.operand.get_or_insert_with(|| text.to_owned());
        self
    }

    /// The same problem with the place of its operand in the program.
    #[must_use]
    pub(crate) fn in_program(mut self, program: &str) -> Self {
        if let Some(detail) = &mut self.detail
            && detail.span.is_none()
            && detail.parameter.is_none()
            && let Some(operand) = &detail.operand
        {
            detail.span = locate_text(program, operand).map(Span::from);
        }
        self
    }

    /// The same problem with the word that made what failed.
    #[must_use]
    pub(crate) fn at(mut self, place: Place) -> Self {
        let detail = self.detail.get_or_insert_default();
        detail.span = Some(place.span.into());
        detail.stack = place.stack;
        self
    }

    /// What people read about it, with the program it is in.
    pub(crate) fn report<'a>(&'a self, program: &'a str) -> Report<'a> {
        let plain = plain_words(&self.message);
        let Some(detail) = self.detail.as_deref() else {
            return Report {
                title: plain,
                ..Report::default()
            };
        };
        let is_word = detail.word.is_some();
        let nearest = detail.nearest.as_ref();
        Report {
            title: detail.title.clone().unwrap_or(plain),
            source: detail.span.map(|span| (program, span.start..span.end)),
            nearest: nearest.map(|name| {
                if is_word {
                    format!(":{name}")
                } else {
                    name.clone()
                }
            }),
            hint: detail.hint.as_deref(),
            are_others: detail.nearest.is_some(),
            expected: &detail.expected,
            stack: &detail.stack,
        }
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
        let mut detail = self.detail.clone();
        if let Some(detail) = &mut detail {
            detail
                .title
                .get_or_insert_with(|| plain_words(&self.message));
        }
        let body = ErrorBody {
            r#type: "error",
            message: &self.message,
            error: detail.as_deref(),
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
        let title = Some(error.title());
        let help = error.help;
        let detail = Detail {
            title,
            parameter: None,
            // What was added to the program stands nowhere in it.
            span: Some(error.span)
                .filter(|span| *span != (0..0))
                .map(Span::from),
            word: help.word,
            stack: help.stack,
            expected: help.expected,
            nearest: help.nearest,
            hint: help.hint,
            limit: None,
            operand: None,
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
        let (title, hint) = match &error {
            EditError::UnknownEncoding(name) => (
                format!("there is no encoding `{name}`"),
                "encodings of :decode are none and hex",
            ),
            EditError::BadPattern { reason, .. } => (
                format!("the pattern of :s is none: {reason}"),
                "the first operand of :s is a regular expression; before a mark that stands for \
                 itself write \\",
            ),
            EditError::TooExpensive { pattern, .. } => (
                format!("the pattern `{pattern}` of :s takes too long"),
                "avoid repetitions of repetitions such as (a+)+",
            ),
        };
        let (EditError::UnknownEncoding(operand)
        | EditError::BadPattern {
            pattern: operand, ..
        }
        | EditError::TooExpensive {
            pattern: operand, ..
        }) = &error;
        // Below a pattern there may be a caret.
        let operand = operand.lines().next().unwrap_or_default();
        let problem = Self::bad_request(error.class(), &error).titled(title);
        let problem = problem.operand(operand);
        match error.limit() {
            Some(exceeded) => problem
                .with_hint(exceeded.limit.advice())
                .with_limit(exceeded.into()),
            None => problem.with_hint(hint),
        }
    }
}

impl From<TimeError> for Problem {
    fn from(error: TimeError) -> Self {
        let (title, hint) = (error.title(), error.hint());
        let problem = Self::bad_request(error.class, error.text);
        problem.titled(title).with_hint(hint)
    }
}

impl From<EvalError> for Problem {
    fn from(error: EvalError) -> Self {
        let problem = match (error.class(), &error) {
            (Some(class), EvalError::NoTraining) => Self::new(
                StatusCode::INTERNAL_SERVER_ERROR,
                format!("{class}: {error}"),
            ),
            (Some(class), _) => Self::bad_request(class, &error),
            (None, EvalError::Cancelled) => Self::unavailable(&error),
            (None, _) => Self::new(StatusCode::BAD_REQUEST, error.to_string()),
        };
        let advice = error.advice();
        let mut problem = problem.titled(advice.title);
        let hint = error.hint().or_else(|| advice.hint.map(str::to_owned));
        if let Some(hint) = hint {
            problem = problem.with_hint(hint);
        }
        match error.limit() {
            Some(exceeded) => problem.with_limit(exceeded.into()),
            None => problem,
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

/// Longest list of names that an error shows.
const NAMES_LISTED: usize = 20;

//! Why an evaluation gives no result, in the words of the reference where it has any.

use std::fmt;
use std::sync::Arc;

use telamon_model::{SlowPattern, Timestamp};

use crate::limit::{Exceeded, Limit};
use crate::time::TimeError;

/// Why an evaluation gives no result.
#[derive(Clone, Debug, PartialEq)]
#[expect(missing_docs, reason = "the fields are the numbers in the text")]
pub enum EvalError {
    /// A grouped data expression, or one of single series, has too many lines. `lines` is the first
    /// number above the limit.
    TooManyLines { lines: u64, limit: u64 },
    /// The lines of such an expression have too many points together.
    TooManyDatapoints { datapoints: u64, limit: u64 },
    /// The store would have to read too many points.
    TooMuchInput {
        points: u64,
        series: u64,
        limit: u64,
    },
    /// A pass over the store would make too many groups.
    TooManyGroups { groups: u64, limit: u64 },
    /// All lines on the way to the answer have too many points together.
    TooMuchWork { points: u64, limit: u64 },
    /// There are too many distinct data expressions. `limit` is one less than were counted.
    TooManyDataExprs { limit: usize },
    /// The lines of the answer have too many points together.
    TooMuchOutput { points: u64, limit: u64 },
    /// A pattern of a query takes too many steps for a value.
    SlowPattern(SlowPattern),
    /// The side of a binary operator that is looked up has two lines for one key.
    TooManyValuesForKey,
    /// The step of the evaluation is no multiple of that of the store.
    StepNotMultiple { step_ms: i64, primary_ms: i64 },
    /// A window of an operator has no or too many points.
    WindowSize { points: i64 },
    /// A rolling mean that is content with no value.
    TooFewValuesWanted,
    /// A rolling mean that wants more values than its window has points.
    MoreValuesThanWindow,
    /// Smoothing whose two instances take turns after no time.
    NoTraining,
    /// There is no statistic of that name.
    UnknownStatistic { name: Arc<str> },
    /// The condition of a filter without grouping is not one line.
    NoSingleCondition,
    /// No percentile is asked for.
    NoPercentiles,
    /// Two lines of a group stand for the same bucket or register.
    InvalidEncoding { key: &'static str, values: String },
    /// A bucket or register whose number is none.
    NotHexadecimal { text: String },
    /// A tag made from another one is longer than tags may be.
    RelabelledTooLong { key: Arc<str>, bytes_max: usize },
    /// A step to consolidate to that neither is a multiple of the step nor divides it.
    ConsolidatedStep,
    /// A span of time that makes no sense.
    Time(TimeError),
    /// A field of the time whose values do not fit an integer.
    FieldTooLarge { name: &'static str },
    /// A range without time.
    EmptyRange { start: Timestamp, end: Timestamp },
    /// A range that ends before it starts.
    EndBeforeStart,
    /// A step of no length.
    StepNotPositive { step_ms: i64 },
    /// Somebody set [`super::Limits::cancel`].
    Cancelled,
}

impl EvalError {
    /// The class the reference names in its answer; `None` for errors it does not have.
    pub fn class(&self) -> Option<&'static str> {
        match self {
            Self::TooManyLines { .. }
            | Self::TooManyDatapoints { .. }
            | Self::StepNotMultiple { .. }
            | Self::WindowSize { .. }
            | Self::TooFewValuesWanted
            | Self::MoreValuesThanWindow
            | Self::UnknownStatistic { .. }
            | Self::NoSingleCondition
            | Self::NoPercentiles
            | Self::InvalidEncoding { .. }
            | Self::RelabelledTooLong { .. }
            | Self::ConsolidatedStep
            | Self::EmptyRange { .. }
            | Self::EndBeforeStart => Some("IllegalArgumentException"),
            Self::TooManyValuesForKey => Some("IllegalStateException"),
            Self::NoTraining => Some("ArithmeticException"),
            Self::NotHexadecimal { .. } => Some("NumberFormatException"),
            Self::Time(error) => Some(error.class),
            Self::FieldTooLarge { .. } => Some("UnsupportedTemporalTypeException"),
            Self::TooMuchInput { .. }
            | Self::TooManyGroups { .. }
            | Self::TooMuchWork { .. }
            | Self::TooManyDataExprs { .. }
            | Self::TooMuchOutput { .. }
            | Self::SlowPattern(_)
            | Self::StepNotPositive { .. }
            | Self::Cancelled => None,
        }
    }
}

impl EvalError {
    /// The limit that was reached, if it is about one.
    pub fn limit(&self) -> Option<Exceeded> {
        let (limit, max) = match *self {
            Self::SlowPattern(SlowPattern { steps_max, .. }) => (Limit::MatchSteps, steps_max),
            Self::TooManyLines { limit, .. } => (Limit::Lines, limit),
            Self::TooManyDatapoints { limit, .. } => (Limit::Datapoints, limit),
            Self::TooMuchInput { limit, .. } => (Limit::InputPoints, limit),
            Self::TooManyGroups { limit, .. } => (Limit::Groups, limit),
            Self::TooMuchWork { limit, .. } => (Limit::WorkPoints, limit),
            Self::TooManyDataExprs { limit } => {
                (Limit::DataExprs, u64::try_from(limit).unwrap_or(u64::MAX))
            }
            Self::TooMuchOutput { limit, .. } => (Limit::AnswerPoints, limit),
            _ => return None,
        };
        Some(Exceeded { limit, max })
    }

    /// The text of a limit that was reached.
    fn fmt_limit(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooManyLines { lines, limit } => {
                write!(f, "requirement failed: too many lines: {lines} > {limit}")
            }
            Self::TooManyDatapoints { datapoints, limit } => {
                write!(
                    f,
                    "requirement failed: too many datapoints: {datapoints} > {limit}"
                )
            }
            Self::TooMuchInput { points, limit, .. } => {
                write!(f, "the query would read {points} points, more than {limit}")
            }
            Self::TooManyGroups { groups, limit } => {
                write!(f, "the query would make {groups} groups, more than {limit}")
            }
            Self::TooMuchWork { points, limit } => {
                write!(
                    f,
                    "the lines on the way to the answer would have {points} points or more, {limit} \
                     are allowed"
                )
            }
            Self::TooManyDataExprs { limit } => {
                write!(f, "the query has more than {limit} data expressions")
            }
            Self::TooMuchOutput { points, limit } => {
                write!(
                    f,
                    "the answer would have {points} points or more, {limit} are allowed"
                )
            }
            _ => Ok(()),
        }
    }

    /// What it would have cost and what makes it cheaper, where that is known.
    pub fn hint(&self) -> Option<String> {
        let advice = self.limit()?.limit.advice();
        Some(match self {
            Self::TooMuchInput { series, .. } => format!("{series} series match: {advice}"),
            _ => advice.to_owned(),
        })
    }
}

impl fmt::Display for EvalError {
    /// The text of the reference without its class.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooManyLines { .. }
            | Self::TooManyDatapoints { .. }
            | Self::TooMuchInput { .. }
            | Self::TooManyGroups { .. }
            | Self::TooMuchWork { .. }
            | Self::TooManyDataExprs { .. }
            | Self::TooMuchOutput { .. } => self.fmt_limit(f),
            Self::SlowPattern(pattern) => pattern.fmt(f),
            Self::TooManyValuesForKey => f.write_str("too many values for key"),
            Self::StepNotMultiple { .. } => {
                f.write_str("requirement failed: consolidated step must be multiple of db step")
            }
            Self::WindowSize { points } => write!(
                f,
                "requirement failed: window size must be between 1 and 86400: {points}"
            ),
            Self::TooFewValuesWanted => {
                f.write_str("requirement failed: minimum number of values must be >= 1")
            }
            Self::MoreValuesThanWindow => {
                f.write_str("requirement failed: minimum number of values must be <= window size")
            }
            Self::NoTraining => f.write_str("/ by zero"),
            Self::UnknownStatistic { name } => write!(f, "unknown statistic: {name}"),
            Self::NoSingleCondition => {
                f.write_str("requirement failed: empty result for filter expression")
            }
            Self::NoPercentiles => f.write_str("pct array cannot be empty"),
            Self::InvalidEncoding { key, values } => {
                write!(f, "requirement failed: invalid {key} encoding: [{values}]")
            }
            Self::NotHexadecimal { text } => {
                write!(f, "For input string: \"{text}\" under radix 16")
            }
            Self::RelabelledTooLong { key, bytes_max } => write!(
                f,
                "the tag {key} that :relabel makes is longer than {bytes_max} bytes"
            ),
            Self::ConsolidatedStep => f.write_str(
                "requirement failed: consolidated step must be multiple of primary step",
            ),
            Self::Time(error) => error.fmt(f),
            Self::FieldTooLarge { name } => write!(
                f,
                "Invalid field '{name}' for get() method, use getLong() instead"
            ),
            Self::EmptyRange { start, end } => write!(
                f,
                "requirement failed: start time must be less than end time ({start} >= {end})"
            ),
            Self::EndBeforeStart => {
                f.write_str("requirement failed: end time is before start time")
            }
            Self::StepNotPositive { step_ms } => write!(f, "step must be positive: {step_ms} ms"),
            Self::Cancelled => f.write_str("the query was cancelled"),
        }
    }
}

impl std::error::Error for EvalError {}

impl From<SlowPattern> for EvalError {
    fn from(pattern: SlowPattern) -> Self {
        Self::SlowPattern(pattern)
    }
}

//! What people read about an evaluation that failed.
//!
//! Takes an error, gives what is wrong in plain words and what to do about it. Which part of a program
//! it is about is found by `blame`.

use super::EvalError;

/// What helps with an error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Advice {
    /// What is wrong, in plain words.
    pub title: String,
    /// What to do, where there is something.
    pub hint: Option<&'static str>,
}

impl EvalError {
    /// What people read about the error. [`EvalError::hint`] may say more of limits.
    pub fn advice(&self) -> Advice {
        let found = self
            .of_limit()
            .or_else(|| self.of_window())
            .or_else(|| self.of_operator())
            .or_else(|| self.of_range());
        match found {
            Some((title, hint)) => Advice {
                title,
                hint: Some(hint),
            },
            None => Advice {
                title: self.to_string(),
                hint: None,
            },
        }
    }

    fn of_limit(&self) -> Option<(String, &'static str)> {
        let hint = self.limit()?.limit.advice();
        let title = match self {
            Self::TooManyLines { limit, .. } => format!("more than {limit} lines"),
            Self::TooManyDatapoints { datapoints, limit } => {
                format!("{datapoints} points in one expression, {limit} are allowed")
            }
            _ => self.to_string(),
        };
        Some((title, hint))
    }

    fn of_window(&self) -> Option<(String, &'static str)> {
        Some(match self {
            Self::WindowSize { points } => (
                format!("a window of {points} values"),
                "a window has from 1 to 86400 values",
            ),
            Self::TooFewValuesWanted => (
                "a mean of no value".to_owned(),
                "the last operand of :rolling-mean is at least 1",
            ),
            Self::MoreValuesThanWindow => (
                "more values are asked for than the window has".to_owned(),
                "window first, then how many values are enough: 5,3,:rolling-mean",
            ),
            Self::NoTraining => (
                "a training of no value".to_owned(),
                "give :sdes a training of at least one value, as in 10,0.1,0.5,:sdes",
            ),
            _ => return None,
        })
    }

    fn of_operator(&self) -> Option<(String, &'static str)> {
        Some(match self {
            Self::TooManyValuesForKey => (
                "several lines of one side belong to one line of the other".to_owned(),
                "group both sides by the same keys with :by, or make one side a single line, as with \
                 :sum",
            ),
            Self::UnknownStatistic { name } => (
                format!("there is no statistic `{name}`"),
                "statistics are avg, max, min, last, count and total",
            ),
            Self::NoSingleCondition => (
                "the condition of the filter has no line, or several".to_owned(),
                "the condition is about the lines that are filtered, as in :stat-max,5,:gt,:filter",
            ),
            Self::NoPercentiles => (
                "no percentile is asked for".to_owned(),
                "name some: (,50,90,99,),:percentiles",
            ),
            Self::InvalidEncoding { key, .. } => (
                format!("two lines have the same `{key}`"),
                "percentiles and distinct counts are about timers and distributions: select one name \
                 with :eq",
            ),
            Self::NotHexadecimal { text } => (
                format!("`{text}` is the number of no bucket"),
                "percentiles and distinct counts are about what timers and distributions publish",
            ),
            Self::ConsolidatedStep => (
                "the step to consolidate to does not fit the step of the graph".to_owned(),
                "take a multiple of the step, or give the graph a step that divides it",
            ),
            Self::FieldTooLarge { name } => (
                format!("values of {name} are too large to be drawn"),
                "use a smaller part of the time, such as minuteOfDay,:time",
            ),
            _ => return None,
        })
    }

    fn of_range(&self) -> Option<(String, &'static str)> {
        Some(match self {
            Self::Time(error) => (error.title(), error.hint()),
            Self::StepNotMultiple {
                step_ms,
                primary_ms,
            } => (
                format!(
                    "a step of {} is no multiple of {}, at which values are stored",
                    seconds(*step_ms),
                    seconds(*primary_ms)
                ),
                "leave the parameter step out, or give a multiple",
            ),
            Self::EmptyRange { .. } => (
                "the range has no time in it".to_owned(),
                "the start lies before the end, as in s=e-3h",
            ),
            Self::EndBeforeStart => (
                "the end is before the start".to_owned(),
                "s is the start and e the end, as in s=e-3h&e=now",
            ),
            Self::StepNotPositive { .. } => (
                "the step has no length".to_owned(),
                "leave the parameter step out, or give a duration such as 1m",
            ),
            _ => return None,
        })
    }
}

fn seconds(millis: i64) -> String {
    telamon_model::duration::format_millis(millis)
}

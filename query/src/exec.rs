//! Evaluation: expressions and a snapshot in, lines out.
//!
//! ```text
//!   plan      which data, which slots of the store                (crate::plan)
//!   select    predicate -> series, series -> groups, cost         (select)
//!   scan      rows of the store -> accumulators of each thread    (scan, accumulate)
//!   finish    merged partials -> lines with tags and labels       (finish)
//!   math      operators over lines            (math, across, stateful, choose, buckets, consolidate)
//! ```
//!
//! What is read is known before anything is read, and its cost is checked before the scan. The bits of
//! a result depend on the data alone: not on threads, partitions, blocks or the order of arrival.

mod accumulate;
mod across;
mod buckets;
mod choose;
mod consolidate;
mod finish;
mod math;
mod scan;
mod select;
mod stateful;
mod trace;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use telamon_model::Timestamp;
use telamon_store::Snapshot;

use crate::context::EvalContext;
use crate::expr::{Expr, StyledExpr};
use crate::line::Line;
use crate::plan::Plan;
use crate::time::TimeError;

use select::Selection;

pub use stateful::EvalMemory;
pub use trace::{LineCount, Stage};
pub(crate) use trace::{Selected, Trace};

/// What an evaluation may cost. There are no defaults: whoever asks knows what it can afford.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Lines that leave a data expression which is grouped or takes each series by itself.
    pub lines_max: u64,
    /// Points of all these lines together.
    pub datapoints_max: u64,
    /// Points of the store that one evaluation may read, known before it reads.
    pub input_points_max: u64,
    /// Points of all lines of the answer together. The other limits hold for one data expression; an
    /// answer can have any number of them.
    pub answer_points_max: u64,
    /// Points from which a pass over the store is worth more than the calling thread: about a
    /// million, which is a millisecond of work.
    pub parallel_points_min: u64,
    /// Set by others to end the evaluation soon.
    pub cancel: Option<Arc<AtomicBool>>,
}

/// The lines of each expression, and what they cost.
#[derive(Clone, Debug)]
pub struct Evaluation {
    /// Lines per expression, in the order of the expressions.
    pub results: Vec<Vec<Line>>,
    /// What a reader should know about each expression, such as how many lines passed its filter.
    pub messages: Vec<Option<String>>,
    /// What it cost.
    pub stats: EvalStats,
}

/// What an evaluation cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EvalStats {
    /// Series read from the store; a series counts once per scan.
    pub input_lines: u64,
    /// Points read from the store.
    pub input_points: u64,
    /// Lines of all results.
    pub output_lines: u64,
    /// Points of all results.
    pub output_points: u64,
    /// Passes over the store after data expressions over the same series were put together.
    pub scans: u64,
    /// Rows whose values were too far apart for the fast way to add them exactly.
    pub rows_wide: u64,
}

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
    TooMuchInput { points: u64, limit: u64 },
    /// The lines of the answer have too many points together.
    TooMuchOutput { points: u64, limit: u64 },
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
    /// Somebody set [`Limits::cancel`].
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
            | Self::ConsolidatedStep
            | Self::EmptyRange { .. }
            | Self::EndBeforeStart => Some("IllegalArgumentException"),
            Self::TooManyValuesForKey => Some("IllegalStateException"),
            Self::NoTraining => Some("ArithmeticException"),
            Self::NotHexadecimal { .. } => Some("NumberFormatException"),
            Self::Time(error) => Some(error.class),
            Self::FieldTooLarge { .. } => Some("UnsupportedTemporalTypeException"),
            Self::TooMuchInput { .. }
            | Self::TooMuchOutput { .. }
            | Self::StepNotPositive { .. }
            | Self::Cancelled => None,
        }
    }
}

impl fmt::Display for EvalError {
    /// The text of the reference without its class.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
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
            Self::TooMuchInput { points, limit } => {
                write!(f, "the query would read {points} points, more than {limit}")
            }
            Self::TooMuchOutput { points, limit } => {
                write!(
                    f,
                    "the answer would have {points} points or more, {limit} are allowed"
                )
            }
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

impl Limits {
    pub(crate) fn check_cancelled(&self) -> Result<(), EvalError> {
        let is_set = self
            .cancel
            .as_ref()
            .is_some_and(|flag| flag.load(Ordering::Relaxed));
        if is_set {
            Err(EvalError::Cancelled)
        } else {
            Ok(())
        }
    }
}

/// Evaluates expressions over a snapshot.
///
/// # Errors
/// See [`EvalError`]. An error of one expression fails all.
pub fn eval(
    exprs: &[StyledExpr],
    snapshot: &Snapshot,
    context: &EvalContext,
    limits: &Limits,
) -> Result<Evaluation, EvalError> {
    let query = Query {
        snapshot,
        context,
        limits,
    };
    query.eval(exprs, &mut EvalMemory::new(), None)
}

/// Evaluates the next stretch of time with what operators remember of the stretches before.
///
/// Each context starts where the one before ended, with the same step; the lines are then those of one
/// evaluation over all of the time, except that a line without data expression values in a stretch is
/// missing from it.
///
/// # Errors
/// See [`EvalError`]. After an error the memory is as before.
pub fn eval_next(
    exprs: &[StyledExpr],
    query: &Query<'_>,
    memory: &mut EvalMemory,
) -> Result<Evaluation, EvalError> {
    let mut next = memory.clone();
    let evaluation = query.eval(exprs, &mut next, None)?;
    *memory = next;
    Ok(evaluation)
}

/// What an evaluation reads and obeys.
#[derive(Clone, Copy, Debug)]
pub struct Query<'a> {
    /// The data.
    pub snapshot: &'a Snapshot,
    /// When.
    pub context: &'a EvalContext,
    /// What it may cost.
    pub limits: &'a Limits,
}

impl Query<'_> {
    /// Evaluates expressions and notes down what each stage knew. What was noted before an error
    /// stays.
    pub(crate) fn eval_traced(
        &self,
        exprs: &[StyledExpr],
        trace: &mut Trace<'_>,
    ) -> Result<Evaluation, EvalError> {
        self.eval(exprs, &mut EvalMemory::new(), Some(trace))
    }

    fn eval(
        &self,
        exprs: &[StyledExpr],
        memory: &mut EvalMemory,
        mut trace: Option<&mut Trace<'_>>,
    ) -> Result<Evaluation, EvalError> {
        let points = self.context.points() as u64;
        if points > self.limits.datapoints_max {
            return Err(EvalError::TooManyDatapoints {
                datapoints: points,
                limit: self.limits.datapoints_max,
            });
        }
        let roots: Vec<_> = exprs.iter().map(|styled| &styled.expr).collect();
        let plan = Plan::new(&roots, self.snapshot, self.context)?;
        let selections = self.select(&plan)?;
        if let Some(trace) = trace.as_deref_mut() {
            trace.planned(&plan, &selections);
        }
        self.check_cost(&plan, &selections)?;
        let mut stats = EvalStats::default();
        let fetched = self.fetch(&plan, &selections, &mut stats)?;
        if let Some(trace) = trace.as_deref_mut() {
            trace.fetched(&fetched);
        }
        let mut evaluator = math::Evaluator::new(self, &plan, fetched, memory);
        let evaluated = self.eval_roots(&roots, &mut evaluator, stats);
        if let Some(trace) = trace {
            trace.evaluated(evaluator.counts());
        }
        evaluated
    }

    fn eval_roots(
        &self,
        roots: &[&Arc<Expr>],
        evaluator: &mut math::Evaluator<'_>,
        mut stats: EvalStats,
    ) -> Result<Evaluation, EvalError> {
        let mut results = Vec::with_capacity(roots.len());
        let mut messages = Vec::with_capacity(roots.len());
        for root in roots {
            self.limits.check_cancelled()?;
            let lines = evaluator.eval(root)?;
            stats.output_lines += lines.len() as u64;
            stats.output_points += lines
                .iter()
                .map(|line| line.values.len() as u64)
                .sum::<u64>();
            if stats.output_points > self.limits.answer_points_max {
                return Err(EvalError::TooMuchOutput {
                    points: stats.output_points,
                    limit: self.limits.answer_points_max,
                });
            }
            messages.push(evaluator.message(root, &lines)?);
            results.push(lines.to_vec());
        }
        Ok(Evaluation {
            results,
            messages,
            stats,
        })
    }

    /// The series of every pass of the plan.
    fn select(&self, plan: &Plan) -> Result<Vec<Selection>, EvalError> {
        let mut selections = Vec::with_capacity(plan.scans.len());
        for scan in &plan.scans {
            self.limits.check_cancelled()?;
            selections.push(select::select(scan, self.snapshot, self.limits));
        }
        Ok(selections)
    }

    /// Refuses what would read too much, before it is read.
    fn check_cost(&self, plan: &Plan, selections: &[Selection]) -> Result<(), EvalError> {
        let costs = plan.scans.iter().zip(selections);
        let points = costs.fold(0_u64, |points, (scan, selection)| {
            points.saturating_add(selection.cost(scan))
        });
        if points > self.limits.input_points_max {
            return Err(EvalError::TooMuchInput {
                points,
                limit: self.limits.input_points_max,
            });
        }
        Ok(())
    }

    /// The lines of every data expression of the plan, in its order.
    fn fetch(
        &self,
        plan: &Plan,
        selections: &[Selection],
        stats: &mut EvalStats,
    ) -> Result<Vec<Vec<Line>>, EvalError> {
        let mut partials = Vec::with_capacity(plan.scans.len());
        for (scan, selection) in plan.scans.iter().zip(selections) {
            let scanned = scan::scan(scan, selection, self.limits)?;
            stats.scans += 1;
            stats.input_lines += selection.series_count();
            stats.input_points += selection.cost(scan);
            stats.rows_wide += scanned.rows_wide;
            partials.push(scanned.partials);
        }
        plan.fetches
            .iter()
            .map(|fetch| {
                finish::finish(
                    fetch,
                    plan,
                    &partials[fetch.scan][fetch.target],
                    self.limits,
                )
            })
            .collect()
    }
}

#[cfg(test)]
mod tests;

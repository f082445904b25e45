//! Evaluation: expressions and a snapshot in, lines out.
//!
//! ```text
//!   plan      which data, which slots of the store                (crate::plan)
//!   select    predicate -> series, series -> groups, cost         (select)
//!   scan      rows of the store -> accumulators of each thread    (scan, accumulate)
//!   finish    merged partials -> lines with tags and labels       (finish)
//!   math      operators over lines            (math, across, relabel, stateful, choose, buckets,
//!                                              consolidate)
//! ```
//!
//! What is read is known before anything is read, and its cost is checked before the scan. The bits of
//! a result depend on the data alone: not on threads, partitions, blocks or the order of arrival.

mod accumulate;
mod across;
mod advice;
mod blame;
mod buckets;
mod choose;
mod consolidate;
mod error;
mod finish;
mod fused;
mod math;
mod relabel;
mod scan;
mod select;
mod stateful;
mod trace;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use telamon_model::partial::Partial;
use telamon_store::Snapshot;

use crate::context::EvalContext;
use crate::expr::{Expr, StyledExpr};
use crate::line::Line;
use crate::plan::Plan;

use fused::{Fetched, Groups};
use select::Selection;

pub use advice::Advice;
pub use blame::blame;
pub use error::EvalError;
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
    /// Groups that one pass over the store may make, known before it reads: most of them when a choice
    /// such as `:topk` keeps few.
    pub groups_max: u64,
    /// Points of all lines that an evaluation makes on its way to the answer; a line counts for
    /// [`LINE_POINTS`] more.
    pub work_points_max: u64,
    /// Distinct data expressions of one evaluation.
    pub data_exprs_max: usize,
    /// Points from which a pass over the store is worth more than the calling thread: about a
    /// million, which is a millisecond of work.
    pub parallel_points_min: u64,
    /// Set by others to end the evaluation soon.
    pub cancel: Option<Arc<AtomicBool>>,
}

/// What a line weighs beside its values, in points.
pub const LINE_POINTS: u64 = 32;

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
        let data_exprs_max = self.limits.data_exprs_max;
        let plan = Plan::within(&roots, self.snapshot, self.context, data_exprs_max)?;
        let selections = self.select(&plan)?;
        if let Some(trace) = trace.as_deref_mut() {
            trace.planned(&plan, &selections);
        }
        self.check_cost(&plan, &selections)?;
        let mut stats = EvalStats::default();
        let scanned = self.scan(&plan, &selections, &mut stats)?;
        let fetched = self.finish(&plan, &scanned)?;
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
            selections.push(select::select(scan, self.snapshot, self.limits)?);
        }
        Ok(selections)
    }

    /// Refuses what would read too much, or make too many groups, before it is read.
    fn check_cost(&self, plan: &Plan, selections: &[Selection]) -> Result<(), EvalError> {
        let (mut points, mut series) = (0_u64, 0_u64);
        for (scan, selection) in plan.scans.iter().zip(selections) {
            points = points.saturating_add(selection.cost(scan));
            series = series.saturating_add(selection.series_count());
            let groups = selection.keys.len() as u64;
            if groups > self.limits.groups_max {
                return Err(EvalError::TooManyGroups {
                    groups,
                    limit: self.limits.groups_max,
                });
            }
        }
        if points > self.limits.input_points_max {
            return Err(EvalError::TooMuchInput {
                points,
                series,
                limit: self.limits.input_points_max,
            });
        }
        Ok(())
    }

    /// The partials of every pass of the plan, a target each.
    fn scan(
        &self,
        plan: &Plan,
        selections: &[Selection],
        stats: &mut EvalStats,
    ) -> Result<Vec<Vec<Partial>>, EvalError> {
        let mut partials = Vec::with_capacity(plan.scans.len());
        for (scan, selection) in plan.scans.iter().zip(selections) {
            let scanned = scan::scan(scan, selection, self.limits)?;
            stats.scans += 1;
            stats.input_lines += selection.series_count();
            stats.input_points += selection.cost(scan);
            stats.rows_wide += scanned.rows_wide;
            partials.push(scanned.partials);
        }
        Ok(partials)
    }

    /// The lines of every data expression of the plan, in its order; of those that only choices read,
    /// what lines can be made of.
    fn finish<'a>(
        &self,
        plan: &'a Plan,
        scanned: &'a [Vec<Partial>],
    ) -> Result<Vec<Fetched<'a>>, EvalError> {
        let mut work = math::Work::new(self.limits);
        let mut fetched = Vec::with_capacity(plan.fetches.len());
        for fetch in &plan.fetches {
            self.limits.check_cancelled()?;
            let partial = &scanned[fetch.scan][fetch.target];
            fetched.push(if fetch.is_chosen {
                Fetched::Groups(Groups::new(fetch, plan, partial))
            } else {
                let lines = finish::finish(fetch, plan, partial, self.limits)?;
                work.add(&lines)?;
                Fetched::Lines(lines.into())
            });
        }
        Ok(fetched)
    }
}

#[cfg(test)]
mod tests;

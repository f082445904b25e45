//! Choices over groups that never were lines.
//!
//! ```text
//!   partial: 100,000 groups ──► values ──► a score each ──► k groups ──► tags, labels, lines
//!                                 └ dropped, or added to the line of all others
//! ```
//!
//! Takes the partial of a grouped data expression that only choices read, see
//! [`crate::plan::Fetch::is_chosen`]; gives the lines that are chosen, in the order and with the bits of a
//! choice among all lines. Groups are looked at in the order of their labels, which are not written
//! for that.

use std::cell::Cell;
use std::cmp::Ordering;
use std::sync::Arc;

use telamon_model::partial::{FinishedGroup, Group, GroupKey, Partial};
use telamon_model::predicate::utf16_cmp;

use super::choose::{Chooser, OtherLines, statistic, summarize};
use super::finish::{check_limits, line_of, offset_suffix};
use super::{EvalError, Limits, LineCount};
use crate::expr::{Choice, Expr, Statistic, is_true};
use crate::line::Line;
use crate::plan::{Fetch, Plan};

/// What came from the store for a data expression.
pub(super) enum Fetched<'a> {
    /// Its lines.
    Lines(Arc<[Line]>),
    /// The groups that choices choose from.
    Groups(Groups<'a>),
}

/// Groups of a grouped data expression, in the order of the lines they would be.
pub(super) struct Groups<'a> {
    fetch: &'a Fetch,
    plan: &'a Plan,
    partial: &'a Partial,
    members: Vec<(&'a GroupKey, &'a Group)>,
    /// How many have a value, once that is known.
    lines: Cell<Option<usize>>,
}

impl<'a> Groups<'a> {
    pub(super) fn new(fetch: &'a Fetch, plan: &'a Plan, partial: &'a Partial) -> Self {
        let mut members: Vec<(&GroupKey, &Group)> = partial.groups().collect();
        let keys = fetch.data.keys();
        let suffix = offset_suffix(&fetch.data);
        members.sort_by(|(a, _), (b, _)| label_order(keys, &suffix, a, b));
        Self {
            fetch,
            plan,
            partial,
            members,
            lines: Cell::new(None),
        }
    }

    /// All of them as lines.
    pub(super) fn to_lines(&self, limits: &Limits) -> Result<Vec<Line>, EvalError> {
        let finished = self
            .members
            .iter()
            .filter_map(|&member| self.finish(member));
        let lines: Vec<Line> = finished.map(|group| self.line(group)).collect();
        self.check_left(lines.len(), limits)?;
        Ok(lines)
    }

    /// How many lines there would be.
    pub(super) fn line_count(&self) -> usize {
        self.lines.get().unwrap_or_else(|| {
            let with_values = self.members.iter();
            with_values
                .filter(|&&member| self.finish(member).is_some())
                .count()
        })
    }

    /// How many lines there would be, and points of them with a value.
    pub(super) fn count(&self) -> LineCount {
        let mut count = LineCount {
            lines: 0,
            values: 0,
        };
        for &member in &self.members {
            if let Some(group) = self.finish(member) {
                let shown = self.shown(&group).iter();
                count.lines += 1;
                count.values += shown.filter(|value| !value.is_nan()).count() as u64;
            }
        }
        count
    }

    /// The best lines as a choice lists them, after the line of all others where that is wanted.
    pub(super) fn choose(&self, choice: &Choice, limits: &Limits) -> Result<Vec<Line>, EvalError> {
        let mut chooser = Chooser::new(choice);
        let mut others: Option<OtherLines> = None;
        let mut lines = 0;
        for (index, &member) in self.members.iter().enumerate() {
            limits.check_cancelled()?;
            let Some(group) = self.finish(member) else {
                continue;
            };
            lines += 1;
            let score = summarize(statistic(&choice.stat)?, self.shown(&group));
            let Some(loser) = chooser.offer(score, index) else {
                continue;
            };
            let Some(how) = choice.others else {
                continue;
            };
            let lost = if loser == index {
                group
            } else {
                let known = self.finish(self.members[loser]);
                known.expect("a group that was scored has values")
            };
            let line = self.line(lost);
            match &mut others {
                Some(others) => others.add(&line),
                None => others = Some(OtherLines::new(how, &line, self.fetch.data.keys())),
            }
        }
        self.lines.set(Some(lines));
        let kept = chooser.into_kept();
        self.check_left(kept.len(), limits)?;
        let others = others.map(OtherLines::into_line);
        let kept = kept
            .into_iter()
            .filter_map(|index| self.finish(self.members[index]));
        Ok(others
            .into_iter()
            .chain(kept.map(|group| self.line(group)))
            .collect())
    }

    /// The lines for which a condition of constants and statistics is true.
    pub(super) fn filter(
        &self,
        condition: &Expr,
        step_seconds: f64,
        limits: &Limits,
    ) -> Result<Vec<Line>, EvalError> {
        let mut kept = Vec::new();
        let mut lines = 0;
        for &member in &self.members {
            limits.check_cancelled()?;
            let Some(group) = self.finish(member) else {
                continue;
            };
            lines += 1;
            let score = |statistic| summarize(statistic, self.shown(&group));
            if is_true(number_of(condition, step_seconds, &score)?) {
                kept.push(self.line(group));
                self.check_left(kept.len(), limits)?;
            }
        }
        self.lines.set(Some(lines));
        Ok(kept)
    }

    /// The group with its values, if it has any.
    fn finish(&self, (key, group): (&'a GroupKey, &'a Group)) -> Option<FinishedGroup<'a>> {
        self.partial.finish_group(key, group)
    }

    fn line(&self, group: FinishedGroup<'_>) -> Line {
        line_of(group, self.fetch, self.plan)
    }

    /// The values that the line shows; all others are absent.
    fn shown<'v>(&self, group: &'v FinishedGroup<'_>) -> &'v [f64] {
        let lead = self.plan.scans[self.fetch.scan].lead;
        let first =
            i64::try_from(lead).map_or(i64::MAX, |lead| lead.saturating_add(self.fetch.shift));
        let within = |point: i64| usize::try_from(point).unwrap_or(0).min(group.values.len());
        let points = i64::try_from(self.plan.points).unwrap_or(i64::MAX);
        let (from, to) = (
            within(first.saturating_neg()),
            within(points.saturating_sub(first)),
        );
        &group.values[from..to.max(from)]
    }

    fn check_left(&self, lines: usize, limits: &Limits) -> Result<(), EvalError> {
        check_limits(lines as u64, self.plan.points as u64, limits)
    }
}

/// The one number of a condition for a group.
fn number_of(
    condition: &Expr,
    step_seconds: f64,
    score: &dyn Fn(Statistic) -> f64,
) -> Result<f64, EvalError> {
    let of = |part: &Arc<Expr>| number_of(part, step_seconds, score);
    Ok(match condition {
        Expr::Constant(value) => value.0,
        Expr::Stat { stat, .. } => score(statistic(stat)?),
        Expr::Unary { op, input } => op.apply(of(input)?, step_seconds),
        Expr::Clamp {
            bound,
            limit,
            input,
        } => bound.apply(of(input)?, limit.0),
        Expr::Binary { op, left, right } => op.apply(of(left)?, of(right)?),
        _ => unreachable!("the plan chose only conditions of these parts"),
    })
}

/// Which of two groups has the lesser label, see [`super::finish::group_label`].
///
/// Labels are alike up to the first value that differs, and from there on differ within it unless one
/// of the two values begins with the other.
fn label_order(keys: &[Arc<str>], suffix: &str, a: &GroupKey, b: &GroupKey) -> Ordering {
    let (GroupKey::Values(a), GroupKey::Values(b)) = (a, b) else {
        unreachable!("groups of a group-by have values");
    };
    let Some(at) = a.iter().zip(b).position(|(a, b)| a != b) else {
        return Ordering::Equal;
    };
    if !a[at].starts_with(&*b[at]) && !b[at].starts_with(&*a[at]) {
        return utf16_cmp(&a[at], &b[at]);
    }
    let rest = |values: &[Arc<str>]| {
        let mut rest = values[at].to_string();
        for (key, value) in keys[at + 1..].iter().zip(&values[at + 1..]) {
            rest.extend([" ", key, "=", value]);
        }
        rest + ")" + suffix
    };
    utf16_cmp(&rest(a), &rest(b))
}

//! Operators over lines.
//!
//! Takes the lines of every data expression; gives the lines of an expression that is built on them.
//! An expression that stands in several places is evaluated once. The rules of single values stand in
//! `expr::scalar`; here is what happens to lines, tags, labels and joins.

use std::collections::BTreeMap;
use std::sync::Arc;

use rustc_hash::FxHashMap;
use telamon_model::Tags;
use telamon_model::number::java_double;

use super::across::{across, regroup};
use super::{EvalError, EvalMemory};
use crate::context::EvalContext;
use crate::expr::{BinaryOp, DataExpr, Expr, TimeField};
use crate::line::{Line, LineKind, tag_label};
use crate::plan::Plan;

type Lines = Arc<[Line]>;

/// Evaluates expressions of one plan.
pub(super) struct Evaluator<'a> {
    context: EvalContext,
    data: Vec<(&'a DataExpr, Lines)>,
    /// Lines of what was evaluated already, by the address of the shared expression.
    known: FxHashMap<*const Expr, Lines>,
    /// Lines of operators with memory, which must see each stretch of time once, by their text.
    stateful: BTreeMap<String, Lines>,
    memory: &'a mut EvalMemory,
}

impl<'a> Evaluator<'a> {
    /// `fetched` holds the lines of the plan's data expressions in its order.
    pub(super) fn new(
        context: EvalContext,
        plan: &'a Plan,
        fetched: Vec<Vec<Line>>,
        memory: &'a mut EvalMemory,
    ) -> Self {
        let names = plan.fetches.iter().map(|fetch| &fetch.data);
        let lines = fetched.into_iter().map(Lines::from);
        Self {
            context,
            data: names.zip(lines).collect(),
            known: FxHashMap::default(),
            stateful: BTreeMap::new(),
            memory,
        }
    }

    /// The lines of an expression. Shared parts must live as long as the evaluator is used, which
    /// they do because they belong to the expressions of the query.
    pub(super) fn eval(&mut self, expr: &Arc<Expr>) -> Result<Lines, EvalError> {
        let address = Arc::as_ptr(expr);
        if let Some(lines) = self.known.get(&address) {
            return Ok(Arc::clone(lines));
        }
        let lines = self.eval_new(expr)?;
        self.known.insert(address, Arc::clone(&lines));
        Ok(lines)
    }

    fn eval_new(&mut self, expr: &Expr) -> Result<Lines, EvalError> {
        let points = self.context.points();
        let lines = match expr {
            Expr::Constant(value) => vec![self.generated(java_double(value.0), |_time| value.0)],
            Expr::Time { mode, field } => vec![self.time(mode, *field)],
            Expr::Data(data) => return Ok(self.fetched(data)),
            Expr::Unary { op, input } => {
                #[expect(clippy::cast_precision_loss, reason = "steps are far below 2^53 ms")]
                let step_seconds = self.context.step_ms as f64 / 1000.0;
                let input = self.eval(input)?;
                map_values(&input, |value| op.apply(value, step_seconds))
            }
            Expr::Clamp {
                bound,
                limit,
                input,
            } => {
                let input = self.eval(input)?;
                map_values(&input, |value| bound.apply(value, limit.0))
            }
            Expr::Binary { op, left, right } => self.binary(*op, left, right)?,
            Expr::Across { aggregate, input } => {
                across(*aggregate, input, &self.eval(input)?, points)
            }
            Expr::Regroup {
                aggregate,
                input,
                keys,
            } => regroup(*aggregate, input, keys, &self.eval(input)?, points),
            Expr::As { input, from, to } => {
                let lines = self.eval(input)?;
                lines.iter().map(|line| rename(line, from, to)).collect()
            }
            Expr::Stateful { op, input } => {
                let text = expr.to_string();
                if let Some(lines) = self.stateful.get(&text) {
                    return Ok(Arc::clone(lines));
                }
                let input = self.eval(input)?;
                let lines: Lines = self
                    .memory
                    .feed(text.clone(), *op, &input, &self.context)?
                    .into();
                self.stateful.insert(text, Arc::clone(&lines));
                return Ok(lines);
            }
            Expr::Rewrite(rewrite) => return self.eval(&rewrite.eval),
        };
        Ok(lines.into())
    }

    fn fetched(&self, data: &DataExpr) -> Lines {
        let found = self.data.iter().find(|(known, _)| *known == data);
        let (_, lines) = found.expect("the plan holds every data expression");
        Arc::clone(lines)
    }

    /// A line that comes from no series and is named after itself.
    fn generated(&self, name: String, value: impl Fn(telamon_model::Timestamp) -> f64) -> Line {
        Line {
            tags: Tags::from_pairs([("name", name.clone())]),
            label: name,
            kind: LineKind::Gauge,
            values: self.context.times().map(value).collect(),
        }
    }

    fn time(&self, mode: &str, field: TimeField) -> Line {
        self.generated(mode.to_owned(), |time| field.at(time))
    }

    /// Joins two sides by the keys of the coarser one.
    fn binary(
        &mut self,
        op: BinaryOp,
        left: &Arc<Expr>,
        right: &Arc<Expr>,
    ) -> Result<Vec<Line>, EvalError> {
        let (left_keys, right_keys) = (left.final_grouping(), right.final_grouping());
        let (left, right) = (self.eval(left)?, self.eval(right)?);
        let is_left_finer = right_keys.iter().all(|key| left_keys.contains(key));
        if is_left_finer {
            join(&left, &right, &right_keys, |a, b| op.apply(a, b))
        } else {
            join(&right, &left, &left_keys, |a, b| op.apply(b, a))
        }
    }
}

/// Each line of the finer side with the line of the coarser side that has the same key; lines without
/// partner are left out.
fn join(
    finer: &[Line],
    coarser: &[Line],
    keys: &[Arc<str>],
    combine: impl Fn(f64, f64) -> f64,
) -> Result<Vec<Line>, EvalError> {
    let mut partners: BTreeMap<Vec<&Arc<str>>, &Line> = BTreeMap::new();
    for line in coarser {
        if let Some(key) = key_of(line, keys)
            && partners.insert(key, line).is_some()
        {
            return Err(EvalError::TooManyValuesForKey);
        }
    }
    let joined = finer.iter().filter_map(|line| {
        let partner = partners.get(&key_of(line, keys)?)?;
        let pairs = line.values.iter().zip(&partner.values);
        Some(Line {
            tags: line.tags.clone(),
            label: tag_label(&line.tags),
            kind: line.kind,
            values: pairs.map(|(&a, &b)| combine(a, b)).collect(),
        })
    });
    Ok(joined.collect())
}

fn key_of<'a>(line: &'a Line, keys: &[Arc<str>]) -> Option<Vec<&'a Arc<str>>> {
    keys.iter().map(|key| line.tags.get(key)).collect()
}

fn map_values(lines: &[Line], change: impl Fn(f64) -> f64) -> Vec<Line> {
    let changed = lines.iter().map(|line| Line {
        tags: line.tags.clone(),
        label: tag_label(&line.tags),
        kind: line.kind,
        values: line.values.iter().map(|&value| change(value)).collect(),
    });
    changed.collect()
}

/// A label that follows from the tags goes on doing so; any other stays.
fn rename(line: &Line, from: &Arc<str>, to: &Arc<str>) -> Line {
    let Some(value) = line.tags.get(from) else {
        return line.clone();
    };
    let others = line.tags.iter().filter(|(key, _)| *key != from);
    let others = others.map(|(key, value)| (Arc::clone(key), Arc::clone(value)));
    // The last of equal keys wins, so the renamed value stands at the end.
    let renamed = std::iter::once((Arc::clone(to), Arc::clone(value)));
    let tags = Tags::from_pairs(others.chain(renamed));
    let label = if line.label == tag_label(&line.tags) {
        tag_label(&tags)
    } else {
        line.label.clone()
    };
    Line {
        tags,
        label,
        ..line.clone()
    }
}

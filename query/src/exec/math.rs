//! Operators over lines.
//!
//! Takes the lines of every data expression; gives the lines of an expression that is built on them.
//! An expression that stands in several places is evaluated once. The rules of single values stand in
//! `expr::scalar`; here is what happens to lines, tags, labels and joins.

use std::collections::BTreeMap;
use std::sync::Arc;

use rustc_hash::FxHashMap;
use telamon_model::number::java_double;
use telamon_model::{ABSENT, Tags, Timestamp};

use super::across::{across, regroup};
use super::buckets::{distinct, percentiles};
use super::consolidate::{LongSteps, Margin};
use super::fused::{Fetched, Groups};
use super::relabel::relabel;
use super::{EvalError, EvalMemory, LINE_POINTS, Limits, LineCount, Query, choose};
use crate::context::EvalContext;
use crate::expr::random_at;
use crate::expr::{
    BinaryOp, Choice, Consolidation, DataExpr, Expr, StatefulOp, TimeField, TimeSpan,
};
use crate::line::{Line, LineKind, tag_label};
use crate::plan::Plan;
use crate::time::{self, TimeError};

type Lines = Arc<[Line]>;

/// Evaluates expressions of one plan.
///
/// Most lines end where the window ends. Constants and the like do not, and neither do arithmetic and
/// choices over them: where a value needs points around the window, those are evaluated too.
pub(super) struct Evaluator<'a> {
    context: EvalContext,
    /// What `now` means: the time of the store.
    now: Timestamp,
    points_max: u64,
    limits: &'a Limits,
    work: Work<'a>,
    data: Vec<(&'a DataExpr, Fetched<'a>)>,
    /// Lines of what was evaluated already, by the address of the shared expression.
    known: FxHashMap<(*const Expr, Margin), Lines>,
    /// Lines of operators with memory, which must see each stretch of time once, by their text.
    stateful: BTreeMap<String, Lines>,
    memory: &'a mut EvalMemory,
}

impl<'a> Evaluator<'a> {
    /// `fetched` holds what the store gave for the plan's data expressions, in its order.
    pub(super) fn new(
        query: &Query<'a>,
        plan: &'a Plan,
        fetched: Vec<Fetched<'a>>,
        memory: &'a mut EvalMemory,
    ) -> Self {
        let names = plan.fetches.iter().map(|fetch| &fetch.data);
        Self {
            context: *query.context,
            now: query.snapshot.log_time(),
            points_max: query.limits.datapoints_max,
            limits: query.limits,
            work: Work::new(query.limits),
            data: names.zip(fetched).collect(),
            known: FxHashMap::default(),
            stateful: BTreeMap::new(),
            memory,
        }
    }

    /// The lines of an expression. Shared parts must live as long as the evaluator is used, which
    /// they do because they belong to the expressions of the query.
    pub(super) fn eval(&mut self, expr: &Arc<Expr>) -> Result<Lines, EvalError> {
        self.eval_around(expr, Margin::default())
    }

    /// What a reader should know about an expression with these lines.
    pub(super) fn message(
        &mut self,
        expr: &Arc<Expr>,
        lines: &[Line],
    ) -> Result<Option<String>, EvalError> {
        match &**expr {
            Expr::Rewrite(rewrite) => self.message(&rewrite.eval, lines),
            Expr::Filter { input, .. } => {
                let all = match self.groups_of(input) {
                    Some(groups) => groups.line_count(),
                    None => self.eval(input)?.len(),
                };
                let kept = lines.len();
                Ok(Some(format!("{kept} of {all} lines matched filter")))
            }
            _ => Ok(None),
        }
    }

    /// How many lines each part that was evaluated has, by its address. Parts that were evaluated
    /// only with points around the window count with those.
    pub(super) fn counts(&self) -> FxHashMap<*const Expr, LineCount> {
        let mut known: Vec<_> = self.known.iter().collect();
        known.sort_by_key(|((address, margin), _)| (*address, margin.before + margin.after));
        let mut counts = FxHashMap::default();
        for ((address, _), lines) in known {
            counts
                .entry(*address)
                .or_insert_with(|| LineCount::of(lines));
        }
        counts
    }

    /// The lines of an expression over the window and some points around it.
    fn eval_around(&mut self, expr: &Arc<Expr>, margin: Margin) -> Result<Lines, EvalError> {
        let address = (Arc::as_ptr(expr), margin);
        if let Some(lines) = self.known.get(&address) {
            return Ok(Arc::clone(lines));
        }
        self.limits.check_cancelled()?;
        let lines = if margin != Margin::default() && ends_with_window(expr) {
            let lines = self.eval(expr)?;
            lines.iter().map(|line| pad(line, margin)).collect()
        } else {
            self.eval_new(expr, margin)?
        };
        self.work.add(&lines)?;
        self.known.insert(address, Arc::clone(&lines));
        Ok(lines)
    }

    fn eval_new(&mut self, expr: &Expr, margin: Margin) -> Result<Lines, EvalError> {
        let points = self.context.points();
        let lines = match expr {
            Expr::Constant(_) | Expr::Time { .. } | Expr::Random { .. } | Expr::TimeSpan(_) => {
                vec![self.generated(expr, margin)?]
            }
            Expr::Data(data) => return self.fetched(data),
            Expr::Unary { op, input } => {
                let step_seconds = self.step_seconds();
                let input = self.eval_around(input, margin)?;
                let mut lines = map_values(&input, |value| op.apply(value, step_seconds));
                if op.is_named() {
                    for (line, input) in lines.iter_mut().zip(&*input) {
                        line.label = format!("{}({})", op.word(), input.label);
                    }
                }
                lines
            }
            Expr::Clamp {
                bound,
                limit,
                input,
            } => {
                let input = self.eval_around(input, margin)?;
                map_values(&input, |value| bound.apply(value, limit.0))
            }
            Expr::Fill { with, input } => {
                let lines = self.eval(input)?;
                lines.iter().map(|line| fill(line, input, with.0)).collect()
            }
            Expr::Binary { op, left, right } => self.binary(*op, (left, right), margin)?,
            Expr::Across { reduce, input } => across(*reduce, input, &self.eval(input)?, points),
            Expr::Regroup {
                reduce,
                input,
                keys,
            } => regroup(*reduce, input, keys, &self.eval(input)?, points),
            Expr::Percentiles { input, ranks } => percentiles(input, ranks, &self.eval(input)?)?,
            Expr::ApproxDistinct { registers, .. } => distinct(registers, &self.eval(registers)?)?,
            Expr::As { input, from, to } => {
                let lines = self.eval_around(input, margin)?;
                lines.iter().map(|line| rename(line, from, to)).collect()
            }
            Expr::Relabel {
                relabel: rule,
                input,
            } => relabel(rule, &self.eval_around(input, margin)?)?,
            Expr::Stateful { op, input } => return self.stateful(expr, op, input),
            Expr::Stat { stat, input, .. } => self.stat(stat, input, margin)?,
            Expr::StatOfInput(_) => Vec::new(),
            Expr::Filter { input, condition } => self.filter(input, condition, margin)?,
            Expr::Choose { choice, input } => self.choose(choice, input, margin)?,
            Expr::Consolidate { by, step_ms, input } => {
                self.consolidate((*by, *step_ms), input, margin)?
            }
            Expr::Rewrite(rewrite) => return self.eval_around(&rewrite.eval, margin),
        };
        Ok(lines.into())
    }

    fn fetched(&self, data: &DataExpr) -> Result<Lines, EvalError> {
        let found = self.data.iter().find(|(known, _)| *known == data);
        match &found.expect("the plan holds every data expression").1 {
            Fetched::Lines(lines) => Ok(Arc::clone(lines)),
            Fetched::Groups(groups) => groups.to_lines(self.limits).map(Lines::from),
        }
    }

    /// The groups that a choice chooses from, where they have not been made lines.
    fn groups_of(&self, input: &Expr) -> Option<&Groups<'a>> {
        let Expr::Data(data) = input else { return None };
        let found = self.data.iter().find(|(known, _)| *known == data);
        match &found?.1 {
            Fetched::Groups(groups) => Some(groups),
            Fetched::Lines(_) => None,
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "steps are far below 2^53 ms")]
    fn step_seconds(&self) -> f64 {
        self.context.step_ms as f64 / 1000.0
    }

    /// A line that comes from no series and is named after itself.
    fn generated(&self, expr: &Expr, margin: Margin) -> Result<Line, EvalError> {
        let line = |name: String, value: &dyn Fn(Timestamp) -> f64| Line {
            tags: Tags::from_pairs([("name", name.clone())]),
            label: name,
            kind: LineKind::Gauge,
            values: self.times(margin).map(value).collect(),
        };
        Ok(match expr {
            Expr::Constant(value) => line(java_double(value.0), &|_time| value.0),
            Expr::Time {
                field: TimeField::TooLarge(name),
                ..
            } => return Err(EvalError::FieldTooLarge { name }),
            Expr::Time { mode, field } => line(mode.to_string(), &|time| field.at(time)),
            Expr::Random { seed } => {
                let name = seed.map_or_else(
                    || "random".to_owned(),
                    |seed| format!("seeded-random({seed})"),
                );
                line(name, &|time| random_at(time, *seed))
            }
            Expr::TimeSpan(span) => {
                let range = self.resolve(span).map_err(EvalError::Time)?;
                line(format!("{} to {}", span.start, span.end), &|time| {
                    f64::from(u8::from((range.start..=range.end).contains(&time)))
                })
            }
            _ => unreachable!("only these come from no series"),
        })
    }

    fn resolve(&self, span: &TimeSpan) -> Result<time::Range, TimeError> {
        let graph = time::Range {
            start: self.context.start,
            end: self.context.end,
        };
        let zone = time::zone(&span.zone)?;
        time::resolve_span((&span.start, &span.end), graph, &zone.rules, self.now)
    }

    fn times(&self, margin: Margin) -> impl Iterator<Item = Timestamp> + use<> {
        let step_ms = self.context.step_ms;
        let before = i64::try_from(margin.before).unwrap_or(i64::MAX);
        let first = self
            .context
            .start
            .plus_millis(-before.saturating_mul(step_ms));
        std::iter::successors(Some(first), move |time| Some(time.plus_millis(step_ms)))
            .take(margin.around(self.context.points()))
    }

    /// Joins two sides by the keys of the coarser one.
    fn binary(
        &mut self,
        op: BinaryOp,
        (left, right): (&Arc<Expr>, &Arc<Expr>),
        margin: Margin,
    ) -> Result<Vec<Line>, EvalError> {
        let (left_keys, right_keys) = (left.final_grouping(), right.final_grouping());
        let left = self.eval_around(left, margin)?;
        let right = self.eval_around(right, margin)?;
        let is_left_finer = right_keys.iter().all(|key| left_keys.contains(key));
        if is_left_finer {
            join(&left, &right, &right_keys, |a, b| op.apply(a, b))
        } else {
            join(&right, &left, &left_keys, |a, b| op.apply(b, a))
        }
    }

    fn stateful(
        &mut self,
        expr: &Expr,
        op: &StatefulOp,
        input: &Arc<Expr>,
    ) -> Result<Lines, EvalError> {
        let text = expr.to_string();
        if let Some(lines) = self.stateful.get(&text) {
            return Ok(Arc::clone(lines));
        }
        let input = self.eval(input)?;
        let fed = self.memory.feed(text.clone(), op, &input, &self.context)?;
        let lines = Lines::from(fed);
        self.stateful.insert(text, Arc::clone(&lines));
        Ok(lines)
    }

    fn stat(
        &mut self,
        stat: &Arc<str>,
        input: &Arc<Expr>,
        margin: Margin,
    ) -> Result<Vec<Line>, EvalError> {
        let lines = self.eval(input)?;
        if lines.is_empty() {
            return Ok(Vec::new());
        }
        let statistic = choose::statistic(stat)?;
        let points = margin.around(self.context.points());
        let flat = lines.iter().map(|line| Line {
            tags: line.tags.clone(),
            label: format!("stat-{stat}({})", line.label),
            kind: LineKind::Gauge,
            values: vec![choose::summarize(statistic, &line.values); points],
        });
        Ok(flat.collect())
    }

    fn filter(
        &mut self,
        input: &Arc<Expr>,
        condition: &Arc<Expr>,
        margin: Margin,
    ) -> Result<Vec<Line>, EvalError> {
        if let Some(groups) = self.groups_of(input) {
            let kept = groups.filter(condition, self.step_seconds(), self.limits)?;
            return Ok(kept.iter().map(|line| pad(line, margin)).collect());
        }
        let is_grouped = condition.is_grouped();
        let conditions = self.eval(condition)?;
        let lines = self.eval(input)?;
        let kept = choose::filter(&lines, &conditions, &input.final_grouping(), is_grouped)?;
        let lines = self.eval_around(input, margin)?;
        Ok(kept.into_iter().map(|index| lines[index].clone()).collect())
    }

    fn choose(
        &mut self,
        choice: &Choice,
        input: &Arc<Expr>,
        margin: Margin,
    ) -> Result<Vec<Line>, EvalError> {
        if let Some(groups) = self.groups_of(input) {
            let kept = groups.choose(choice, self.limits)?;
            return Ok(kept.iter().map(|line| pad(line, margin)).collect());
        }
        let lines = self.eval(input)?;
        let chosen = choose::choose(choice, &lines)?;
        let mut found = Vec::with_capacity(chosen.kept.len() + 1);
        if let (Some(how), [first, more @ ..]) = (choice.others, chosen.others.as_slice()) {
            let keys = input.final_grouping();
            let mut others = choose::OtherLines::new(how, &lines[*first], &keys);
            more.iter().for_each(|&index| others.add(&lines[index]));
            found.push(pad(&others.into_line(), margin));
        }
        let lines = self.eval_around(input, margin)?;
        found.extend(chosen.kept.into_iter().map(|index| lines[index].clone()));
        Ok(found)
    }

    fn consolidate(
        &mut self,
        (by, length_ms): (Consolidation, i64),
        input: &Arc<Expr>,
        margin: Margin,
    ) -> Result<Vec<Line>, EvalError> {
        if self.eval(input)?.is_empty() {
            return Ok(Vec::new());
        }
        let points = self.context.points();
        let steps = LongSteps::new(length_ms, &self.context)?;
        let known = if has_endless_lines(input) {
            steps.margin(points, margin)
        } else {
            Margin::default()
        };
        if known.around(points) as u64 > self.points_max {
            return Err(EvalError::TooManyDatapoints {
                datapoints: known.around(points) as u64,
                limit: self.points_max,
            });
        }
        let lines = self.eval_around(input, known)?;
        let long = lines
            .iter()
            .map(|line| steps.consolidate(line, known, by, (points, margin)));
        Ok(long.collect())
    }
}

/// Points of the lines that an evaluation has made, and how many it may make.
pub(super) struct Work<'a> {
    limits: &'a Limits,
    points: u64,
}

impl<'a> Work<'a> {
    pub(super) fn new(limits: &'a Limits) -> Self {
        Self { limits, points: 0 }
    }

    pub(super) fn add(&mut self, lines: &[Line]) -> Result<(), EvalError> {
        let weight = |line: &Line| line.values.len() as u64 + LINE_POINTS;
        self.points += lines.iter().map(weight).sum::<u64>();
        let limit = self.limits.work_points_max;
        if self.points <= limit {
            return Ok(());
        }
        let points = self.points;
        Err(EvalError::TooMuchWork { points, limit })
    }
}

/// Whether the values of an expression are those of a window and nothing beyond.
fn ends_with_window(expr: &Expr) -> bool {
    matches!(
        expr,
        Expr::Data(_)
            | Expr::Fill { .. }
            | Expr::Across { .. }
            | Expr::Regroup { .. }
            | Expr::Percentiles { .. }
            | Expr::ApproxDistinct { .. }
            | Expr::Stateful { .. }
    )
}

/// Whether some line goes on beyond the window.
fn has_endless_lines(expr: &Expr) -> bool {
    match expr {
        Expr::Constant(_)
        | Expr::Time { .. }
        | Expr::Random { .. }
        | Expr::TimeSpan(_)
        | Expr::Stat { .. } => true,
        _ => !ends_with_window(expr) && expr.children().any(|child| has_endless_lines(child)),
    }
}

/// A line with nothing around it.
fn pad(line: &Line, margin: Margin) -> Line {
    let mut values = vec![ABSENT; margin.before];
    values.extend_from_slice(&line.values);
    values.resize(values.len() + margin.after, ABSENT);
    Line {
        values,
        ..line.clone()
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

/// The values of keys of a line; `None` when it lacks one.
pub(super) fn key_of<'a>(line: &'a Line, keys: &[Arc<str>]) -> Option<Vec<&'a Arc<str>>> {
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

/// A line with a value wherever it has none. Where a query found nothing, what stands for a result is
/// named as the result would be: what is filled must not change its name when data comes.
fn fill(line: &Line, input: &Expr, with: f64) -> Line {
    let tags = match input.data_exprs().first() {
        Some(data) if line.is_no_data() => Tags::from_pairs(data.query().exact_tags()),
        _ => line.tags.clone(),
    };
    let filled = |&value: &f64| if value.is_nan() { with } else { value };
    Line {
        tags,
        label: format!("fill({}, {})", line.label, java_double(with)),
        kind: line.kind,
        values: line.values.iter().map(filled).collect(),
    }
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

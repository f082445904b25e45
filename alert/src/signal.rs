//! The signal of a rule: an expression, what it compares, and its lines at one slot.
//!
//! A signal is evaluated anew at each close, over the shortest window that its words remember:
//!
//! ```text
//!   origin = slot - warm-up                     slot
//!   ├──────┼──────┼──────┼──────┼──────┼──────►│   points at the interval of the group
//!   the window of `6,:rolling-count`            the only value that is used
//! ```
//!
//! The words that rules may use remember a finite number of points, so every earlier origin gives
//! the same value: live evaluation, replay and a query of the same text agree. The two instances of
//! `:sdes` take turns from the origin on, so with it origins are multiples of its training. Words that
//! look at a whole window have no value at one slot and are refused, with the reason.
//!
//! Comparisons turn an absent value into "not true". So that a silent publisher is not taken for a
//! healthy one, the sides of the comparisons are evaluated too: where every comparison lacks a
//! side, the signal is missing. The state machine that uses the values is in [`crate::state`].

use std::collections::BTreeMap;
use std::sync::Arc;

use telamon_model::{Slot, Step, Tags, Timestamp, duration};
use telamon_query::context::EvalContext;
use telamon_query::exec::{Limits, eval};
use telamon_query::expr::{BinaryOp, Expr, Keys, LookBack, StyledExpr};
use telamon_query::lang::{self, ParseOptions};
use telamon_query::line::Line;
use telamon_store::Snapshot;

use crate::state::{Lines, Signal};

/// Intervals that a rule may look back. A rule is evaluated over its whole window at each close, so
/// this bounds the cost of one evaluation; longer memory belongs into longer intervals.
const LOOK_BACK_INTERVALS_MAX: i64 = 1440;

/// What one evaluation of a rule may cost. Well above the limits of a graph: nobody looks at the
/// lines, and the limit of alerts comes later.
const LIMITS: Limits = Limits {
    lines_max: 50_000,
    datapoints_max: 5_000_000,
    input_points_max: 500_000_000,
    answer_points_max: 50_000_000,
    groups_max: 1_000_000,
    work_points_max: 50_000_000,
    data_exprs_max: 1_000,
    // Rules of one close are many and small; they stay on the thread that closes.
    parallel_points_min: u64::MAX,
    cancel: None,
};

/// A checked signal expression.
#[derive(Clone, Debug)]
pub struct SignalExpr {
    text: Arc<str>,
    signal: StyledExpr,
    comparisons: Vec<Comparison>,
    reach: Reach,
}

/// How far back a signal looks, in intervals of its group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Reach {
    /// Intervals before the newest one that decide its value.
    intervals: i64,
    /// The number of the first interval since 1970 is a multiple of this.
    multiple: i64,
}

/// A comparison that decides the signal.
#[derive(Clone, Debug)]
struct Comparison {
    op: BinaryOp,
    left: Arc<Expr>,
    right: Arc<Expr>,
}

/// Why a text is no signal.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct SignalError {
    /// Characters before the place.
    pub at: usize,
    /// What is wrong and what was expected.
    pub message: String,
}

impl SignalExpr {
    /// Reads and checks a signal for a group with this interval.
    ///
    /// # Errors
    /// The language's own error with its place, or why the expression cannot be a signal.
    pub fn parse(text: &str, interval: Step, language: &ParseOptions) -> Result<Self, SignalError> {
        let mut exprs = lang::parse(text, language).map_err(|error| from_language(text, &error))?;
        let signal = match (exprs.pop(), exprs.len()) {
            (Some(signal), 0) => signal,
            (last, others) => {
                let found = others + usize::from(last.is_some());
                return Err(refused(format!(
                    "a rule has one signal, this leaves {found} expressions on the stack"
                )));
            }
        };
        Self::check(text, signal, interval).map_err(refused)
    }

    fn check(text: &str, signal: StyledExpr, interval: Step) -> Result<Self, String> {
        if signal
            .expr
            .data_exprs()
            .iter()
            .any(|data| data.offset_ms() < 0)
        {
            return Err(
                "a negative offset reads data that does not exist yet when the rule is \
                        evaluated"
                    .to_owned(),
            );
        }
        if let Some(word) = signal.expr.whole_window_word() {
            return Err(format!(
                ":{word} depends on all values of the window of a graph, and a rule has no window; \
                 use words that look at a fixed number of values, such as :rolling-mean"
            ));
        }
        let reach = Reach::of(&signal.expr, interval.as_millis())?;
        if reach.intervals_max() > LOOK_BACK_INTERVALS_MAX {
            return Err(format!(
                "the signal looks back {} intervals of {}; a rule may look back \
                 {LOOK_BACK_INTERVALS_MAX}",
                reach.intervals_max(),
                duration::format_millis(interval.as_millis())
            ));
        }
        let mut comparisons = Vec::new();
        find_comparisons(&signal.expr, &mut comparisons);
        Ok(Self {
            text: text.trim().into(),
            signal,
            comparisons,
            reach,
        })
    }

    /// The expression as written, blanks at both ends cut off.
    pub fn text(&self) -> &Arc<str> {
        &self.text
    }

    /// Whether smaller values of what is compared are worse: the signal asks for `:lt` or `:le`.
    pub fn is_worse_when_less(&self) -> bool {
        self.comparisons
            .first()
            .is_some_and(|comparison| comparison.op.asks_for_less() != comparison.is_flipped())
    }

    /// What to draw to see why the signal is what it is: the sides of the first comparison, a
    /// constant one in red; the signal itself where nothing is compared.
    pub fn picture(&self) -> String {
        let Some(comparison) = self.comparisons.first() else {
            return self.signal.to_string();
        };
        let (measured, threshold) = comparison.measured_and_threshold();
        if is_constant(threshold) {
            format!("{measured},{threshold},threshold,:legend,f00,:color")
        } else {
            format!("{measured},{threshold}")
        }
    }

    /// The lines of the signal at one slot.
    ///
    /// # Errors
    /// The evaluation's own message, or that two lines cannot be told apart.
    pub fn evaluate(
        &self,
        snapshot: &Snapshot,
        slot: Slot,
        interval: Step,
    ) -> Result<Lines, String> {
        let time = snapshot.step().end_of(slot);
        let context = EvalContext {
            start: self.reach.origin(time, interval),
            end: time.plus_millis(interval.as_millis()),
            step_ms: interval.as_millis(),
        };
        let sides = self.comparisons.iter().flat_map(Comparison::sides);
        let exprs: Vec<StyledExpr> = std::iter::once(self.signal.clone())
            .chain(
                sides
                    .clone()
                    .map(|side| StyledExpr::plain(Arc::clone(side))),
            )
            .collect();
        let evaluation =
            eval(&exprs, snapshot, &context, &LIMITS).map_err(|error| error.to_string())?;
        let mut results = evaluation.results.into_iter();
        let signal_lines = results.next().unwrap_or_default();
        let sides: Vec<Side> = sides
            .zip(results)
            .map(|(side, lines)| Side::new(side, &lines))
            .collect();
        let mut found = Lines::new();
        for line in signal_lines {
            let signal = judge(&line, &sides, &self.comparisons);
            if found.insert(line.tags.clone(), signal).is_some() {
                return Err(format!(
                    "two lines of the signal have the tags {:?}, so their alerts cannot be told \
                     apart",
                    line.tags
                ));
            }
        }
        Ok(found)
    }
}

impl Reach {
    fn of(expr: &Expr, step_ms: i64) -> Result<Self, String> {
        let nothing = Self {
            intervals: 0,
            multiple: 1,
        };
        let below = expr.children().try_fold(nothing, |most, child| {
            let child = Self::of(child, step_ms)?;
            Ok::<_, String>(Self {
                intervals: most.intervals.max(child.intervals),
                multiple: common_multiple(most.multiple, child.multiple),
            })
        })?;
        let Expr::Stateful { op, .. } = expr else {
            return Ok(below);
        };
        let (points, multiple) = match op.look_back(step_ms) {
            LookBack::Points(points) => (points, 1),
            LookBack::Aligned { points, multiple } => (points, multiple),
            LookBack::All => unreachable!("words that look at a whole window were refused"),
        };
        if points < 0 {
            return Err(format!(
                "`{op}` has no window; it needs at least one interval"
            ));
        }
        Ok(Self {
            intervals: below.intervals + points,
            multiple: common_multiple(below.multiple, multiple),
        })
    }

    /// The most intervals between the origin and the newest one.
    fn intervals_max(self) -> i64 {
        self.intervals.saturating_add(self.multiple - 1)
    }

    /// Where the evaluation of the interval that ends at a time starts.
    fn origin(self, time: Timestamp, interval: Step) -> Timestamp {
        let interval_ms = interval.as_millis();
        let first = time.0.div_euclid(interval_ms) - self.intervals;
        let past = first.rem_euclid(self.multiple);
        time.plus_millis(-(self.intervals + past) * interval_ms)
    }
}

/// The least common multiple of two positive numbers; the largest number where it is larger.
fn common_multiple(a: i64, b: i64) -> i64 {
    let (mut divisor, mut rest) = (a, b);
    while rest != 0 {
        (divisor, rest) = (rest, divisor % rest);
    }
    (a / divisor).saturating_mul(b)
}

impl Comparison {
    /// Whether the measured side stands on the right, behind a constant.
    fn is_flipped(&self) -> bool {
        is_constant(&self.left) && !is_constant(&self.right)
    }

    fn measured_and_threshold(&self) -> (&Arc<Expr>, &Arc<Expr>) {
        if self.is_flipped() {
            (&self.right, &self.left)
        } else {
            (&self.left, &self.right)
        }
    }

    /// Measured side first.
    fn sides(&self) -> impl Iterator<Item = &Arc<Expr>> + Clone {
        let (measured, threshold) = self.measured_and_threshold();
        [measured, threshold].into_iter()
    }
}

/// The newest values of one side of a comparison, by the values of its grouping keys.
struct Side {
    keys: Keys,
    values: BTreeMap<Vec<Arc<str>>, f64>,
}

impl Side {
    fn new(expr: &Expr, lines: &[Line]) -> Self {
        let keys = expr.final_grouping();
        let values = lines
            .iter()
            .filter_map(|line| Some((key_of(&keys, &line.tags)?, newest(line))))
            .collect();
        Self { keys, values }
    }

    /// The value that was joined with a line of the signal; NaN when there is none.
    fn value_for(&self, tags: &Tags) -> f64 {
        key_of(&self.keys, tags)
            .and_then(|key| self.values.get(&key).copied())
            .unwrap_or(f64::NAN)
    }
}

/// Level and value of one line of the signal. `sides` holds two per comparison, measured first.
fn judge(line: &Line, sides: &[Side], comparisons: &[Comparison]) -> Signal {
    let level = newest(line);
    if comparisons.is_empty() {
        return Signal {
            level,
            value: level,
        };
    }
    let has_both = |pair: &[Side]| pair.iter().all(|side| !side.value_for(&line.tags).is_nan());
    let is_missing = !sides.chunks(2).any(has_both);
    Signal {
        level: if is_missing { f64::NAN } else { level },
        value: sides
            .first()
            .map_or(f64::NAN, |measured| measured.value_for(&line.tags)),
    }
}

fn newest(line: &Line) -> f64 {
    line.values.last().copied().unwrap_or(f64::NAN)
}

fn key_of(keys: &[Arc<str>], tags: &Tags) -> Option<Vec<Arc<str>>> {
    keys.iter().map(|key| tags.get(key).cloned()).collect()
}

fn is_constant(expr: &Expr) -> bool {
    matches!(expr, Expr::Constant(_))
}

/// The comparisons that decide the signal, left to right. Looks through `:and`, `:or`, a count of
/// how often a comparison held, and words that only print; other operators make a number of it.
fn find_comparisons(expr: &Arc<Expr>, found: &mut Vec<Comparison>) {
    match &**expr {
        Expr::Binary { op, left, right } if op.is_comparison() => {
            let before = found.len();
            if let Expr::Stateful { input, .. } = &**left {
                find_comparisons(input, found);
            }
            if found.len() == before {
                found.push(Comparison {
                    op: *op,
                    left: Arc::clone(left),
                    right: Arc::clone(right),
                });
            }
        }
        Expr::Binary {
            op: BinaryOp::And | BinaryOp::Or,
            left,
            right,
        } => {
            find_comparisons(left, found);
            find_comparisons(right, found);
        }
        Expr::Stateful { input, .. } => find_comparisons(input, found),
        Expr::Rewrite(rewrite) => find_comparisons(&rewrite.eval, found),
        _ => {}
    }
}

/// The language's message without its Java class, and its hint.
fn from_language(text: &str, error: &lang::LangError) -> SignalError {
    let mut message = error.title();
    if let Some(nearest) = &error.help.nearest {
        message.push_str(&format!("; did you mean :{nearest}?"));
    }
    if let Some(hint) = &error.help.hint {
        message.push_str(&format!("; {hint}"));
    }
    let before = text.get(..error.span.start).unwrap_or(text);
    SignalError {
        at: before.chars().count(),
        message,
    }
}

fn refused(message: String) -> SignalError {
    SignalError { at: 0, message }
}

#[cfg(test)]
mod tests;

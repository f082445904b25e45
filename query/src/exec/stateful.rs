//! Operators with memory: what they remember of each line, and how time passes in pieces.
//!
//! Takes lines of one stretch of time after another; gives lines of the same points. Evaluating a
//! range in pieces gives the values of evaluating it at once: what is remembered depends on the inputs
//! seen, never on where a piece ended. A line that is missing from a piece counts as absent for as many
//! points as the piece has, and one that comes late as absent since the first piece.
//!
//! ```text
//!   piece 1          piece 2          piece 3
//!   ├─ a b ─────────►├─ a ───────────►├─ a b c ──►     b: absent throughout piece 2
//!   0                                  index of a point since the origin
//! ```
//!
//! The operators are those of the reference, with its start states and order of additions: `window`
//! holds the ones that look at the last points, `smooth` exponential smoothing.

mod smooth;
mod window;

use std::collections::BTreeMap;

use telamon_model::{ABSENT, Tags};

use super::EvalError;
use crate::context::EvalContext;
use crate::expr::{Rolling, StatefulOp, Window, add_present, max_present};
use crate::line::Line;
use smooth::{Des, Sdes};
use window::{Count, Delay, Extreme, FillLast, Sum, window_points};

/// What operators remember between two stretches of time, by the text of their expression.
#[derive(Clone, Debug, Default)]
pub struct EvalMemory {
    operators: BTreeMap<String, Operator>,
}

/// What one operator remembers.
#[derive(Clone, Debug, Default)]
struct Operator {
    /// Points it was fed since its origin.
    points: u64,
    /// Points since its origin that `:sdes` leaves out; decided by the first stretch.
    skipped: u64,
    lines: BTreeMap<LineId, Remembered>,
}

/// Lines are told apart by their tags, and lines of equal tags by their order.
type LineId = (Tags, usize);

/// What is remembered of one line.
#[derive(Clone, Debug)]
enum Remembered {
    Delay(Delay),
    Count(Count),
    Extreme(Extreme),
    Sum(Sum),
    FillLast(FillLast),
    Des(Des),
    Sdes(Sdes),
    /// The values of a window of one point are the inputs.
    Same,
    Integral(f64),
    CumulativeMax(f64),
    Derivative(f64),
}

impl EvalMemory {
    /// Nothing remembered.
    pub fn new() -> Self {
        Self::default()
    }

    /// Feeds the next values of all lines to an operator and gives its lines. `text` is the printed
    /// form of the whole expression.
    pub(super) fn feed(
        &mut self,
        text: String,
        op: &StatefulOp,
        lines: &[Line],
        context: &EvalContext,
    ) -> Result<Vec<Line>, EvalError> {
        let known = self.operators.entry(text).or_default();
        if known.points == 0 {
            known.skipped = smooth::unaligned_points(op, context)?;
        }
        let mut before = std::mem::take(&mut known.lines);
        let mut seen: BTreeMap<Tags, usize> = BTreeMap::new();
        let mut fed = Vec::with_capacity(lines.len());
        for line in lines {
            let count = seen.entry(line.tags.clone()).or_default();
            let id = (line.tags.clone(), *count);
            *count += 1;
            let mut remembered = match before.remove(&id) {
                Some(remembered) => remembered,
                None => Remembered::new(op, context.step_ms, known.skipped)?,
            };
            let points = (known.points..).zip(&line.values);
            fed.push(Line {
                tags: line.tags.clone(),
                label: format!("{}({})", op.word(), line.label),
                kind: line.kind,
                values: points
                    .map(|(index, &value)| remembered.next(value, index))
                    .collect(),
            });
            if !remembered.is_fresh() {
                known.lines.insert(id, remembered);
            }
        }
        let next = known.points + context.points() as u64;
        for (id, mut remembered) in before {
            for index in known.points..next {
                remembered.next(ABSENT, index);
            }
            if !remembered.is_fresh() {
                known.lines.insert(id, remembered);
            }
        }
        known.points = next;
        Ok(fed)
    }
}

impl Remembered {
    fn new(op: &StatefulOp, step_ms: i64, skipped: u64) -> Result<Self, EvalError> {
        Ok(match op {
            StatefulOp::Delay { by } => Self::Delay(Delay::new(window_points(by.points(step_ms))?)),
            StatefulOp::FillLast { within } => match within.points_within(step_ms) {
                0 if matches!(within, Window::Time { .. }) => Self::Same,
                points => Self::FillLast(FillLast::new(window_points(points)?)),
            },
            StatefulOp::Rolling { kind, window } => {
                let size = window_points(window.points(step_ms))?;
                match *kind {
                    Rolling::Count => Self::Count(Count::new(size)),
                    Rolling::Min => Self::Extreme(Extreme::smallest(size)),
                    Rolling::Max => Self::Extreme(Extreme::largest(size)),
                    Rolling::Sum => Self::Sum(Sum::total(size)),
                    Rolling::Mean { values_min } => {
                        let has_time = matches!(window, Window::Time { .. });
                        Self::Sum(Sum::mean(size, values_min, has_time)?)
                    }
                }
            }
            StatefulOp::Trend { window_ms } => match window_ms / step_ms {
                ..=1 => Self::Same,
                points => Self::Sum(Sum::trend(window_points(points)?)),
            },
            StatefulOp::Des(smoothing) => Self::Des(Des::new(*smoothing)),
            StatefulOp::Sdes(smoothing) => Self::Sdes(Sdes::new(*smoothing, skipped)),
            StatefulOp::Integral => Self::Integral(ABSENT),
            StatefulOp::CumulativeMax => Self::CumulativeMax(ABSENT),
            StatefulOp::Derivative => Self::Derivative(ABSENT),
        })
    }

    /// The value for the next input, which is `index` points from the origin.
    fn next(&mut self, value: f64, index: u64) -> f64 {
        match self {
            Self::Delay(delay) => delay.next(value),
            Self::Count(count) => count.next(value),
            Self::Extreme(extreme) => extreme.next(value),
            Self::Sum(sum) => sum.next(value, index),
            Self::FillLast(fill) => fill.next(value),
            Self::Des(des) => des.next(value),
            Self::Sdes(sdes) => sdes.next(value, index),
            Self::Same => value,
            Self::Integral(total) => {
                *total = add_present(*total, value);
                *total
            }
            Self::CumulativeMax(largest) => {
                *largest = max_present(*largest, value);
                *largest
            }
            Self::Derivative(before) => value - std::mem::replace(before, value),
        }
    }

    /// Whether forgetting it changes nothing: a line that never had a value would be the same.
    fn is_fresh(&self) -> bool {
        match self {
            Self::Delay(delay) => delay.is_fresh(),
            Self::Count(count) => count.is_fresh(),
            Self::Extreme(extreme) => extreme.is_fresh(),
            Self::Sum(sum) => sum.is_fresh(),
            Self::FillLast(fill) => fill.is_fresh(),
            Self::Des(des) => des.is_fresh(),
            Self::Sdes(sdes) => sdes.is_fresh(),
            Self::Same => true,
            Self::Integral(value) | Self::CumulativeMax(value) | Self::Derivative(value) => {
                value.is_nan()
            }
        }
    }
}

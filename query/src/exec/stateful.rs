//! Operators with memory: what they remember of each line, and how time passes in pieces.
//!
//! Takes lines of one stretch of time after another; gives lines of the same points. Evaluating a
//! range in pieces gives the values of evaluating it at once: what is remembered depends on the inputs
//! seen, never on where a piece ended, and a line that is missing from a piece counts as absent for as
//! many points as the piece has.
//!
//! ```text
//!   piece 1          piece 2          piece 3
//!   ├─ a b ─────────►├─ a ───────────►├─ a b ────►     b: absent throughout piece 2
//! ```

use std::collections::BTreeMap;

use telamon_model::{ABSENT, Tags};

use super::EvalError;
use crate::expr::{StatefulOp, is_true};
use crate::line::Line;

/// Largest window of an operator in points.
const WINDOW_MAX: i32 = 86_400;

/// What operators remember between two stretches of time, by the text of their expression.
#[derive(Clone, Debug, Default)]
pub struct EvalMemory {
    operators: BTreeMap<String, BTreeMap<LineId, Remembered>>,
}

/// Lines are told apart by their tags, and lines of equal tags by their order.
type LineId = (Tags, usize);

/// What is remembered of one line.
#[derive(Clone, Debug)]
enum Remembered {
    RollingCount(RollingCount),
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
        op: StatefulOp,
        lines: &[Line],
        points: usize,
    ) -> Result<Vec<Line>, EvalError> {
        let known = self.operators.entry(text).or_default();
        let mut before = std::mem::take(known);
        let mut seen: BTreeMap<Tags, usize> = BTreeMap::new();
        let mut fed = Vec::with_capacity(lines.len());
        for line in lines {
            let count = seen.entry(line.tags.clone()).or_default();
            let id = (line.tags.clone(), *count);
            *count += 1;
            let mut remembered = match before.remove(&id) {
                Some(remembered) => remembered,
                None => Remembered::new(op)?,
            };
            fed.push(Line {
                tags: line.tags.clone(),
                label: format!("{}({})", op.word(), line.label),
                kind: line.kind,
                values: line
                    .values
                    .iter()
                    .map(|&value| remembered.next(value))
                    .collect(),
            });
            if !remembered.is_fresh() {
                known.insert(id, remembered);
            }
        }
        for (id, mut remembered) in before {
            (0..points).for_each(|_point| {
                remembered.next(ABSENT);
            });
            if !remembered.is_fresh() {
                known.insert(id, remembered);
            }
        }
        Ok(fed)
    }
}

impl Remembered {
    fn new(op: StatefulOp) -> Result<Self, EvalError> {
        match op {
            StatefulOp::RollingCount { points } => {
                Ok(Self::RollingCount(RollingCount::new(window(points)?)))
            }
        }
    }

    fn next(&mut self, value: f64) -> f64 {
        match self {
            Self::RollingCount(count) => count.next(value),
        }
    }

    /// Whether forgetting it changes nothing.
    fn is_fresh(&self) -> bool {
        match self {
            Self::RollingCount(count) => count.count == 0,
        }
    }
}

fn window(points: i32) -> Result<usize, EvalError> {
    let allowed = (1..=WINDOW_MAX).contains(&points).then_some(points);
    allowed
        .and_then(|points| usize::try_from(points).ok())
        .ok_or(EvalError::WindowSize {
            points: i64::from(points),
        })
}

/// How many of the last inputs were true.
#[derive(Clone, Debug)]
struct RollingCount {
    /// A ring of the last inputs.
    window: Vec<bool>,
    next: usize,
    count: u32,
}

impl RollingCount {
    fn new(points: usize) -> Self {
        Self {
            window: vec![false; points],
            next: 0,
            count: 0,
        }
    }

    fn next(&mut self, value: f64) -> f64 {
        let now = is_true(value);
        let oldest = std::mem::replace(&mut self.window[self.next], now);
        self.next = (self.next + 1) % self.window.len();
        self.count = self.count + u32::from(now) - u32::from(oldest);
        f64::from(self.count)
    }
}

//! Values that stand for a longer step: `:consolidate`.
//!
//! Each point shows what becomes of all points of the longer step it lies in, later ones included:
//!
//! ```text
//!   points          ──┼──┼──┼──┼──┼──┼──┼──
//!   longer steps    ────┤        ├────────┤      each ends at a multiple of its length
//! ```

use telamon_model::ABSENT;

use super::EvalError;
use crate::context::EvalContext;
use crate::expr::{Consolidation, add_present, max_present, min_present};
use crate::line::{Line, LineKind};

/// How points lie in longer steps.
#[derive(Clone, Copy, Debug)]
pub(super) struct LongSteps {
    /// Points of a longer step.
    multiple: i64,
    /// Points from the start of the window back to the end of a longer step: 0 up to `multiple - 1`.
    past: i64,
}

/// Points around a window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Margin {
    /// Before its first point.
    pub(super) before: usize,
    /// After its last point.
    pub(super) after: usize,
}

impl Margin {
    /// Points of a window with this margin.
    pub(super) fn around(self, points: usize) -> usize {
        self.before
            .saturating_add(points)
            .saturating_add(self.after)
    }
}

impl LongSteps {
    /// A length that is no multiple of the step is rounded up; a shorter one has to divide it.
    pub(super) fn new(length_ms: i64, context: &EvalContext) -> Result<Self, EvalError> {
        let step_ms = context.step_ms;
        if length_ms < step_ms {
            let divides = length_ms > 0 && step_ms % length_ms == 0;
            return if divides {
                Ok(Self {
                    multiple: 1,
                    past: 0,
                })
            } else {
                Err(EvalError::ConsolidatedStep)
            };
        }
        let multiple = length_ms.saturating_add(step_ms - 1) / step_ms;
        let first = context.start.0.div_euclid(step_ms);
        Ok(Self {
            multiple,
            past: first.rem_euclid(multiple),
        })
    }

    /// The points around a window of some points with a margin that decide values in it.
    pub(super) fn margin(self, points: usize, margin: Margin) -> Margin {
        let (first, last) = (-as_i64(margin.before), as_i64(points + margin.after) - 1);
        let before = -(self.end_of(first) - self.multiple + 1);
        let after = self.end_of(last) + 1 - as_i64(points);
        Margin {
            before: usize::try_from(before).unwrap_or(0),
            after: usize::try_from(after).unwrap_or(0),
        }
    }

    /// The last point of the longer step that a point lies in; points count from the window's first.
    fn end_of(self, point: i64) -> i64 {
        let since_end = (point + self.past).rem_euclid(self.multiple);
        if since_end == 0 {
            point
        } else {
            point + self.multiple - since_end
        }
    }

    /// A line of a window with some margin, over that window with another one. What lies beyond the
    /// values of the line is absent.
    pub(super) fn consolidate(
        self,
        line: &Line,
        known: Margin,
        by: Consolidation,
        wanted: (usize, Margin),
    ) -> Line {
        let (points, margin) = wanted;
        let first = -as_i64(margin.before);
        let last = as_i64(points + margin.after);
        let mut values: Vec<f64> = Vec::with_capacity(margin.around(points));
        let mut point = first;
        while point < last {
            let end = self.end_of(point);
            let from = end - self.multiple + 1 + as_i64(known.before);
            let to = end + 1 + as_i64(known.before);
            let within = |at: i64| usize::try_from(at).unwrap_or(0).min(line.values.len());
            let value = self.combine(&line.values[within(from)..within(to)], by, line.kind);
            while point <= end && point < last {
                values.push(value);
                point += 1;
            }
        }
        Line {
            values,
            ..line.clone()
        }
    }

    /// A rate is spread over the whole step, a reading is the mean of the readings there are.
    fn combine(self, values: &[f64], by: Consolidation, kind: LineKind) -> f64 {
        let values = values.iter().copied();
        match by {
            Consolidation::Sum => values.fold(ABSENT, add_present),
            Consolidation::Min => values.fold(ABSENT, min_present),
            Consolidation::Max => values.fold(ABSENT, max_present),
            Consolidation::Avg => {
                let divisor = match kind {
                    LineKind::Rate => as_double(self.multiple),
                    LineKind::Gauge => values.clone().filter(|v| !v.is_nan()).map(|_| 1.0).sum(),
                };
                values.fold(ABSENT, add_present) / divisor
            }
        }
    }
}

fn as_i64(points: usize) -> i64 {
    i64::try_from(points).unwrap_or(i64::MAX / 4)
}

#[expect(
    clippy::cast_precision_loss,
    reason = "points of a step are far fewer than 2^53"
)]
fn as_double(points: i64) -> f64 {
    points as f64
}

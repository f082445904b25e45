//! Rates: a time-weighted average per step, and the rate between two points of a counter.
//!
//! Takes points; gives step values once a point reaches or crosses the end of a step. A value at time
//! t describes the time since the previous point, when that is no further away than the heartbeat.

use telamon_model::{ABSENT, Slot, Step, Timestamp};

use super::Verdict;

/// A value at an instant.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Point {
    pub(crate) time: Timestamp,
    pub(crate) value: f64,
}

impl Point {
    /// The rate per second from this reading of a counter to a later one; 0 for a reset and for a
    /// point that is not later.
    #[expect(
        clippy::cast_precision_loss,
        reason = "time between two points is far below 2^53 ms"
    )]
    pub(super) fn rate_to(self, later: Self) -> f64 {
        let seconds = later.time.millis_since(self.time) as f64 / 1000.0;
        let delta = later.value - self.value;
        if seconds <= 0.0 || delta <= 0.0 {
            0.0
        } else {
            delta / seconds
        }
    }

    #[expect(clippy::cast_sign_loss, reason = "the bits of a time, to be hashed")]
    pub(super) fn words(self) -> [u64; 2] {
        [self.time.0 as u64, bits(self.value)]
    }
}

/// The open step of a series: when its last point was, and what its points so far add to the value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Average {
    /// `i64::MIN` before the first point.
    last_ms: i64,
    /// Weighted part of the step that holds the last point.
    part: f64,
}

impl Average {
    pub(super) const NONE: Self = Self {
        last_ms: i64::MIN,
        part: 0.0,
    };

    /// Time of the last point.
    pub(super) fn last(&self) -> Option<Timestamp> {
        (self.last_ms != i64::MIN).then_some(Timestamp(self.last_ms))
    }

    #[expect(clippy::cast_sign_loss, reason = "the bits of a time, to be hashed")]
    pub(super) fn words(&self) -> [u64; 2] {
        [self.last_ms as u64, bits(self.part)]
    }

    pub(super) fn apply(
        &mut self,
        step: Step,
        heartbeat_ms: i64,
        point: Point,
        emit: &mut impl FnMut(Slot, f64),
    ) -> Verdict {
        let (now, value) = (point.time.0, point.value);
        if now <= self.last_ms {
            return Verdict::DuplicateOrOlder;
        }
        if self.last_ms != i64::MIN && now - self.last_ms > heartbeat_ms {
            *self = Self::NONE;
        }
        let step_ms = step.as_millis();
        let offset = now.rem_euclid(step_ms);
        let boundary = now - offset;
        if self.last_ms >= boundary {
            self.part += weighted(value, now - self.last_ms, step_ms);
            self.last_ms = now;
            return Verdict::Accepted;
        }
        let last_slot = Slot(boundary.div_euclid(step_ms));
        if let Some(last) = self.last() {
            let rest = step_ms - last.0.rem_euclid(step_ms);
            let mut slot = Slot((last.0 + rest).div_euclid(step_ms));
            emit(slot, self.part + weighted(value, rest, step_ms));
            while slot < last_slot {
                slot = slot.plus(1);
                emit(slot, value);
            }
        } else if offset == 0 {
            emit(last_slot, value);
        } else {
            emit(last_slot, weighted(value, step_ms - offset, step_ms));
        }
        *self = Self {
            last_ms: now,
            part: weighted(value, offset, step_ms),
        };
        Verdict::Accepted
    }
}

/// The bits of a value, to be hashed. Which of two NaN a sum passes on is the compiler's choice, so all
/// of them are one.
fn bits(value: f64) -> u64 {
    if value.is_nan() { ABSENT } else { value }.to_bits()
}

/// A value's share of a step when it covers `part_ms` of it. The order of the two operations is
/// Atlas'.
#[expect(
    clippy::cast_precision_loss,
    reason = "parts of a step are far below 2^53 ms"
)]
fn weighted(value: f64, part_ms: i64, step_ms: i64) -> f64 {
    value * (part_ms as f64 / step_ms as f64)
}

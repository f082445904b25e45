//! Time: instants in milliseconds, the fixed step of a store, and slots.
//!
//! A datapoint's timestamp is the *end* of its interval:
//!
//! ```text
//!   slot 41          slot 42            slot 43
//!   ├───────────────►├────────────────►├───────
//!   t-step           t = 42*step       t+step
//!                    the value at t covers (t-step, t]
//! ```

use std::fmt;

/// An instant in milliseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// Milliseconds since the epoch.
    pub fn as_millis(self) -> i64 {
        self.0
    }

    /// This instant moved by some milliseconds, kept inside the range of `i64`.
    #[must_use]
    pub fn plus_millis(self, millis: i64) -> Self {
        Self(self.0.saturating_add(millis))
    }

    /// Milliseconds from `earlier` to this instant, negative when it lies before, kept inside `i64`.
    pub fn millis_since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// The width of a slot in milliseconds; positive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Step(i64);

impl Step {
    /// `None` unless positive.
    pub fn from_millis(millis: i64) -> Option<Self> {
        (millis > 0).then_some(Self(millis))
    }

    /// Milliseconds.
    pub fn as_millis(self) -> i64 {
        self.0
    }

    /// Seconds, with fraction.
    #[expect(clippy::cast_precision_loss, reason = "steps are far below 2^53 ms")]
    pub fn as_seconds(self) -> f64 {
        self.0 as f64 / 1000.0
    }

    /// The slot whose interval `(t-step, t]` holds the instant: rounds up to the step.
    pub fn slot_holding(self, time: Timestamp) -> Slot {
        let floor = time.0.div_euclid(self.0);
        Slot(if time.0.rem_euclid(self.0) == 0 {
            floor
        } else {
            floor + 1
        })
    }

    /// The last slot that ended at or before the instant: rounds down to the step.
    pub fn slot_ended_by(self, time: Timestamp) -> Slot {
        Slot(time.0.div_euclid(self.0))
    }

    /// The end of a slot, which is the timestamp of its value.
    pub fn end_of(self, slot: Slot) -> Timestamp {
        Timestamp(slot.0.saturating_mul(self.0))
    }
}

/// A step interval counted from the epoch: slot `k` ends at `k * step`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Slot(pub i64);

impl Slot {
    /// The slot `count` later (earlier when negative).
    #[must_use]
    pub fn plus(self, count: i64) -> Self {
        Self(self.0 + count)
    }
}

/// Slots from `start` to before `end`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SlotRange {
    /// First slot.
    pub start: Slot,
    /// Slot after the last one; not before `start`.
    pub end: Slot,
}

impl SlotRange {
    /// Number of slots; zero when `end` is not after `start`.
    pub fn len(&self) -> usize {
        usize::try_from(self.end.0 - self.start.0).unwrap_or(0)
    }

    /// Whether there is no slot.
    pub fn is_empty(&self) -> bool {
        self.end <= self.start
    }

    /// Whether the slot lies inside.
    pub fn contains(&self, slot: Slot) -> bool {
        self.start <= slot && slot < self.end
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slot_ends_at_its_timestamp() {
        let step = Step::from_millis(10_000).unwrap();
        assert_eq!(step.slot_holding(Timestamp(10_000)), Slot(1));
        assert_eq!(step.slot_holding(Timestamp(10_001)), Slot(2));
        assert_eq!(step.slot_holding(Timestamp(-1)), Slot(0));
        assert_eq!(step.slot_ended_by(Timestamp(19_999)), Slot(1));
        assert_eq!(step.end_of(Slot(2)), Timestamp(20_000));
    }
}

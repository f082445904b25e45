//! Gauges and sums: the newest step and the one before it stay open to merging.
//!
//! Takes (slot, value); gives the merged value of that slot at once, so that a query sees it; a later
//! value of the same slot overwrites it.

use telamon_model::{ABSENT, Slot};

use super::Verdict;

/// The newest step of a series and the one before it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ring {
    /// The newest step; `i64::MIN` before the first value.
    slot: i64,
    newest: f64,
    /// Value of the step before; absent when that step had none.
    before: f64,
}

impl PartialEq for Ring {
    fn eq(&self, other: &Self) -> bool {
        self.words(0) == other.words(0)
    }
}

impl Ring {
    pub(super) const EMPTY: Self = Self {
        slot: i64::MIN,
        newest: ABSENT,
        before: ABSENT,
    };

    /// The newest step.
    pub(super) fn slot(&self) -> Option<Slot> {
        (self.slot != i64::MIN).then_some(Slot(self.slot))
    }

    #[expect(
        clippy::cast_sign_loss,
        reason = "the bits of a slot number, to be hashed"
    )]
    pub(super) fn words(&self, kind: u64) -> [u64; 5] {
        [
            kind,
            self.slot as u64,
            self.newest.to_bits(),
            self.before.to_bits(),
            0,
        ]
    }

    /// Merges a value that is not NaN into its step.
    pub(super) fn apply(
        &mut self,
        slot: Slot,
        value: f64,
        merge: fn(f64, f64) -> f64,
        emit: &mut impl FnMut(Slot, f64),
    ) -> Verdict {
        if slot.0 > self.slot {
            let is_next = self.slot != i64::MIN && slot.0 == self.slot + 1;
            *self = Self {
                slot: slot.0,
                newest: value,
                before: if is_next { self.newest } else { ABSENT },
            };
            emit(slot, value);
            return Verdict::Accepted;
        }
        let place = if slot.0 == self.slot {
            &mut self.newest
        } else if slot.0 == self.slot - 1 {
            &mut self.before
        } else {
            return Verdict::TooOldStep;
        };
        *place = if place.is_nan() {
            value
        } else {
            merge(*place, value)
        };
        if place.is_nan() {
            // The sum of both infinities; one bit pattern for every NaN.
            *place = ABSENT;
        }
        emit(slot, *place);
        Verdict::Accepted
    }
}

/// The greater value, where -0.0 is less than 0.0.
pub(super) fn maximum(a: f64, b: f64) -> f64 {
    if a.total_cmp(&b).is_lt() { b } else { a }
}

pub(super) fn total(a: f64, b: f64) -> f64 {
    a + b
}

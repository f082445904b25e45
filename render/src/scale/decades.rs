//! A log-linear axis that starts at the decade of the smallest value.
//!
//! ```text
//!   0 ── floor ── 2 ─ 3 ─ ... ─ 9 ── 10 ── 20 ─ ...      times the floor; each step as long as the next
//! ```
//!
//! The reference's axis starts at 1e-9 as soon as there is a zero, so that most of it is empty. Here
//! all between zero and the floor is one step, on either side of zero.

use crate::ticks::{bucket, bucket_index};

/// Buckets of a decade.
const DECADE: i32 = 9;
/// Decades that are shown between zero and the largest value at most.
const DECADES_MAX: i32 = 15;

/// Where the steps begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Decades {
    floor: i32,
}

impl Decades {
    /// The decades from the one of the smallest size on; both sizes are positive.
    pub(crate) fn new(smallest: f64, largest: f64) -> Self {
        let lowest = bucket_index(largest) - DECADE * DECADES_MAX;
        let floor = bucket_index(smallest).max(lowest).max(0);
        Self {
            floor: floor / DECADE * DECADE,
        }
    }

    /// Steps from zero to a value.
    pub(crate) fn position(self, value: f64) -> f64 {
        let size = value.abs();
        let first = bucket(self.floor);
        let steps = if size <= first {
            size / first
        } else {
            let index = bucket_index(size);
            let (from, to) = (bucket(index - 1), bucket(index));
            f64::from(index - self.floor) + ((size - from) / (to - from)).min(1.0)
        };
        steps.copysign(value)
    }

    /// The value so many steps from zero.
    pub(crate) fn value(self, position: f64) -> f64 {
        let steps = position.abs();
        let size = if steps <= 1.0 {
            steps * bucket(self.floor)
        } else {
            #[expect(clippy::cast_possible_truncation, reason = "a few thousand steps")]
            let whole = steps.ceil() as i32 - 1;
            let (from, to) = (bucket(self.floor + whole - 1), bucket(self.floor + whole));
            from + (steps - f64::from(whole)) * (to - from)
        };
        size.min(f64::MAX).copysign(position)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_decade_has_nine_steps_and_zero_is_next_to_the_floor() {
        let decades = Decades::new(0.003, 1000.0);
        for (value, steps) in [
            (0.0, 0.0),
            (0.001, 1.0),
            (0.002, 2.0),
            (0.01, 10.0),
            (-0.1, -19.0),
        ] {
            assert!((decades.position(value) - steps).abs() < 1e-9, "{value}");
        }
    }

    proptest! {
        #[test]
        fn values_and_positions_are_inverse_and_ascend(
            smallest in 1e-9..1e6_f64,
            a in -1e9..1e9_f64,
            b in -1e9..1e9_f64,
        ) {
            let decades = Decades::new(smallest, 1e9);
            let back = decades.value(decades.position(a));
            prop_assert!((back - a).abs() <= 1e-6 * a.abs(), "{a} {back}");
            prop_assert!(decades.position(a.max(b)) >= decades.position(a.min(b)));
        }
    }
}

//! The smallest or largest value of each slot, the same in any order.

use crate::sample::ABSENT;

/// Which end of the order is kept. -0.0 comes before +0.0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extreme {
    /// The smallest.
    Min,
    /// The largest.
    Max,
}

/// The smallest or largest value of each slot.
#[derive(Clone, Debug)]
pub struct ExtremeColumn {
    kind: Extreme,
    values: Vec<f64>,
}

impl ExtremeColumn {
    /// The extremes of nothing.
    pub fn new(kind: Extreme, slots: usize) -> Self {
        Self {
            kind,
            values: vec![ABSENT; slots],
        }
    }

    /// Which end is kept.
    pub fn kind(&self) -> Extreme {
        self.kind
    }

    /// The extreme of each slot, [`ABSENT`] where nothing was added.
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    /// Adds one value per slot; absent ones add nothing.
    pub fn add_row(&mut self, row: &[f64]) {
        assert_eq!(row.len(), self.values.len(), "a row has one value per slot");
        match self.kind {
            Extreme::Min => combine(&mut self.values, row, min),
            Extreme::Max => combine(&mut self.values, row, max),
        }
    }

    pub(super) fn from_values(kind: Extreme, values: Vec<f64>) -> Self {
        Self { kind, values }
    }
}

impl PartialEq for ExtremeColumn {
    /// Equal bits, all NaN being one.
    fn eq(&self, other: &Self) -> bool {
        let same = |(a, b): (&f64, &f64)| a.to_bits() == b.to_bits() || a.is_nan() && b.is_nan();
        self.kind == other.kind
            && self.values.len() == other.values.len()
            && self.values.iter().zip(&other.values).all(same)
    }
}

#[inline(always)]
fn combine(values: &mut [f64], row: &[f64], choose: impl Fn(f64, f64) -> f64) {
    for (value, &next) in values.iter_mut().zip(row) {
        *value = choose(*value, next);
    }
}

#[inline(always)]
fn min(a: f64, b: f64) -> f64 {
    // Equal values differ only when they are zeros: the sign bit of either makes it -0.0.
    let kept = if a == b {
        f64::from_bits(a.to_bits() | b.to_bits())
    } else {
        a
    };
    if b < a || a.is_nan() { b } else { kept }
}

#[inline(always)]
fn max(a: f64, b: f64) -> f64 {
    let kept = if a == b {
        f64::from_bits(a.to_bits() & b.to_bits())
    } else {
        a
    };
    if b > a || a.is_nan() { b } else { kept }
}

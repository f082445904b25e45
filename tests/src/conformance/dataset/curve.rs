//! Values as a function of time: the building blocks of the data set.
//!
//! Everything periodic is a table; a run of minutes walks through it with counters, so that filling
//! costs a few loads a value.

use std::f64::consts::TAU;
use std::sync::Arc;

use telamon_model::sample::ABSENT;

use super::STEP_MS;
use super::java::JavaRandom;
use super::sine::sine;

/// The seed of all noise.
const NOISE_SEED: i64 = 42;
/// How many factors a node has.
const FACTORS: usize = 41;

/// A value for every minute.
#[derive(Clone, Debug)]
pub(super) enum Curve {
    /// The same always.
    Constant(f64),
    /// A cycle of values, one a minute.
    Cycle(ByMinute),
    /// A cycle with noise added, not below zero.
    Noisy { cycle: ByMinute, noise: ByMilli },
    /// A cycle with noise, times a factor.
    Scaled {
        cycle: ByMinute,
        noise: ByMilli,
        factor: ByMilli,
    },
    /// The factor alone.
    Factor(ByMilli),
    /// One curve, and another inside an interval.
    Switched {
        outside: Box<Self>,
        inside: Box<Self>,
        /// First minute of the interval, counted from 1970.
        from: i64,
        /// The minute after its last.
        until: i64,
    },
}

/// A table that time indexes by minutes.
#[derive(Clone, Debug)]
pub(super) struct ByMinute(Arc<[f64]>);

/// A table that time indexes by **milliseconds**, at full minutes: with 31 entries all of them come
/// up in turn, with 111 every third, with 300 or 120 only the first.
#[derive(Clone, Debug)]
pub(super) struct ByMilli(Arc<[f64]>);

/// A place in a table that moves on from minute to minute.
struct Walk<'a> {
    table: &'a [f64],
    at: usize,
    stride: usize,
}

impl ByMinute {
    /// A sine between two values; its period in minutes, at most some thousands.
    pub(super) fn wave(min: f64, max: f64, period: u32) -> Self {
        let amplitude = (max - min) / 2.0;
        let middle = min + amplitude;
        // The reference multiplies time by the angle of a millisecond, in this order.
        let angle = TAU / (f64::from(period) * 60_000.0);
        let value = |minute: u32| amplitude * sine(f64::from(minute) * 60_000.0 * angle) + middle;
        Self((0..period).map(value).collect())
    }

    /// A cycle of one value.
    pub(super) fn level(value: f64) -> Self {
        Self(Arc::new([value]))
    }

    fn walk(&self, minute: i64) -> Walk<'_> {
        Walk::new(&self.0, minute, 1)
    }
}

impl ByMilli {
    /// `count` offsets between `-size` and `size`; always the same ones but for their size.
    pub(super) fn noise(count: usize, size: f64) -> Self {
        let mut random = JavaRandom::new(NOISE_SEED);
        let offset = |_| {
            let offset = size * random.double();
            if random.boolean() { offset } else { -offset }
        };
        Self((0..count).map(offset).collect())
    }

    /// The factors of a node, which its seed decides.
    pub(super) fn factors(seed: i64) -> Self {
        let mut random = JavaRandom::new(seed);
        Self(
            (0..FACTORS)
                .map(|_| 0.25 * random.gaussian().abs())
                .collect(),
        )
    }

    fn walk(&self, minute: i64) -> Walk<'_> {
        Walk::new(&self.0, minute, STEP_MS)
    }
}

impl<'a> Walk<'a> {
    /// Starts at a minute; a minute has `units` of the unit that indexes the table.
    fn new(table: &'a [f64], minute: i64, units: i64) -> Self {
        let len = i64::try_from(table.len()).expect("tables are short");
        let stride = units.rem_euclid(len);
        let at = minute.rem_euclid(len) * stride % len;
        let index = |value: i64| usize::try_from(value).expect("a remainder is not negative");
        Self {
            table,
            at: index(at),
            stride: index(stride),
        }
    }

    /// The value here; moves to the next minute.
    fn step(&mut self) -> f64 {
        let value = self.table[self.at];
        self.at += self.stride;
        if self.at >= self.table.len() {
            self.at -= self.table.len();
        }
        value
    }
}

impl Curve {
    /// One curve, and another from one minute to before a second.
    pub(super) fn switched(self, inside: Self, from: i64, until: i64) -> Self {
        Self::Switched {
            outside: Box::new(self),
            inside: Box::new(inside),
            from,
            until,
        }
    }

    /// The values of consecutive minutes from `first` on.
    pub(super) fn fill(&self, first: i64, out: &mut [f64]) {
        match self {
            Self::Constant(value) => out.fill(*value),
            Self::Switched {
                outside,
                inside,
                from,
                until,
            } => {
                outside.fill(first, out);
                let index =
                    |minute: i64| usize::try_from(minute - first).unwrap_or(0).min(out.len());
                let (start, end) = (index(*from), index(*until));
                inside.fill(first.max(*from), &mut out[start..end]);
            }
            Self::Cycle(_) | Self::Noisy { .. } | Self::Scaled { .. } | Self::Factor(_) => {
                let before_1970 = usize::try_from(-first).unwrap_or(0).min(out.len());
                let (before, out) = out.split_at_mut(before_1970);
                before.fill(ABSENT);
                self.fill_from_tables(first.max(0), out);
            }
        }
    }

    fn fill_from_tables(&self, first: i64, out: &mut [f64]) {
        match self {
            Self::Cycle(cycle) => {
                let mut cycle = cycle.walk(first);
                out.fill_with(|| cycle.step());
            }
            Self::Noisy { cycle, noise } => {
                let (mut cycle, mut noise) = (cycle.walk(first), noise.walk(first));
                out.fill_with(|| not_negative(cycle.step() + noise.step()));
            }
            Self::Scaled {
                cycle,
                noise,
                factor,
            } => {
                let (mut cycle, mut noise) = (cycle.walk(first), noise.walk(first));
                let mut factor = factor.walk(first);
                out.fill_with(|| not_negative(cycle.step() + noise.step()) * factor.step());
            }
            Self::Factor(factor) => {
                let mut factor = factor.walk(first);
                out.fill_with(|| factor.step());
            }
            Self::Constant(_) | Self::Switched { .. } => {
                unreachable!("these two have no table");
            }
        }
    }
}

/// `value` or zero; never the negative zero.
fn not_negative(value: f64) -> f64 {
    if value > 0.0 { value } else { 0.0 }
}

//! The data set that the reference was recorded with, as a function of series and time.
//!
//! Takes nothing; gives 4,843 series and the value of each at any minute, with the bits that the
//! reference's storage engine held. [`check`] compares with a folder of recorded values. Loading into
//! a store and asking questions are left to others.
//!
//! ```text
//!   series ──► curve ──► fill(first .. end) ──► one value a minute
//!              constant | cycle | cycle + noise | noise x factor | factor | one curve inside another
//! ```

mod check;
mod curve;
mod holes;
mod java;
mod logarithm;
mod series;
mod sine;

pub use check::{DatasetReport, check};
pub use holes::{Holes, read_holes};
pub use java::{JavaRandom, java_hash};

use telamon_model::{Series, SlotRange, Step};

use self::curve::Curve;

/// The step of the data set: a minute, in milliseconds.
pub const STEP_MS: i64 = 60_000;

/// The step of the data set.
pub fn step() -> Step {
    Step::from_millis(STEP_MS).expect("a minute is positive")
}

/// The static data set: what the reference calls `alert`.
///
/// The series have no `atlas.dstype` and are therefore rates, as the reference's storage engine held
/// them. They stand in the order of generation: `sps`, the timers node by node, `requestLatency`, the
/// four of the alert test.
#[derive(Debug)]
pub struct StaticData {
    series: Vec<Series>,
    curves: Vec<Curve>,
}

impl StaticData {
    /// Computes tables and ids; a few milliseconds.
    pub fn alert() -> Self {
        let (series, curves) = series::generate()
            .into_iter()
            .map(|(tags, curve)| (Series::new(tags), curve))
            .unzip();
        Self { series, curves }
    }

    /// All series, each once.
    pub fn series(&self) -> &[Series] {
        &self.series
    }

    /// The values of one series, one per slot of a minute: the value of slot `k` is that of its end,
    /// `k * 60,000` ms.
    ///
    /// Before 1970 only the constants have values, the rest is absent, as in the reference's storage
    /// engine.
    ///
    /// # Panics
    /// When `index` is not that of a series, or `out` has another length than `slots`.
    pub fn fill(&self, index: usize, slots: SlotRange, out: &mut [f64]) {
        assert_eq!(slots.len(), out.len(), "one value per slot");
        self.curves[index].fill(slots.start.0, out);
    }
}

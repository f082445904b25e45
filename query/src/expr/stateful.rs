//! Operators with memory: what each of them is, and how far back it looks.
//!
//! What they compute stands with the evaluation. Here is what planners need to know: how many earlier
//! points decide a value, or that all of them do.

use super::Number;

/// Operators with memory. Windows count points and are as written; whether they are allowed shows at
/// evaluation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum StatefulOp {
    /// The value some points ago.
    Delay {
        /// How many.
        points: i32,
    },
    /// What becomes of the last points.
    Rolling {
        /// What is computed of them.
        kind: Rolling,
        /// Points of the window.
        points: i32,
    },
    /// Double exponential smoothing.
    Des(Smoothing),
    /// Double exponential smoothing by two instances that take turns.
    Sdes(Smoothing),
    /// The mean of the values of a time.
    Trend {
        /// Length of the window in milliseconds.
        window_ms: i64,
    },
    /// The sum of all values so far.
    Integral,
    /// The largest of all values so far.
    CumulativeMax,
    /// The difference to the value before.
    Derivative,
}

/// What becomes of the values of a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rolling {
    /// How many are true.
    Count,
    /// The smallest.
    Min,
    /// The largest.
    Max,
    /// Their sum.
    Sum,
    /// Their mean.
    Mean {
        /// How many there must be.
        values_min: i32,
    },
}

/// Parameters of double exponential smoothing.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Smoothing {
    /// Values that are taken in before the first one is given.
    pub training: i32,
    /// Weight of a new value for the level.
    pub alpha: Number,
    /// Weight of a new difference for the trend.
    pub beta: Number,
}

/// The points before a value that decide it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LookBack {
    /// So many; evaluating over more of them changes nothing.
    Points(i64),
    /// All since the start of the evaluation.
    All,
}

impl StatefulOp {
    /// The word without its colon.
    pub fn word(self) -> &'static str {
        match self {
            Self::Delay { .. } => "delay",
            Self::Rolling { kind, .. } => match kind {
                Rolling::Count => "rolling-count",
                Rolling::Min => "rolling-min",
                Rolling::Max => "rolling-max",
                Rolling::Sum => "rolling-sum",
                Rolling::Mean { .. } => "rolling-mean",
            },
            Self::Des(_) => "des",
            Self::Sdes(_) => "sdes",
            Self::Trend { .. } => "trend",
            Self::Integral => "integral",
            Self::CumulativeMax => "cumulative-max",
            Self::Derivative => "derivative",
        }
    }

    /// How far back the operator looks when points are `step_ms` apart.
    pub fn look_back(self, step_ms: i64) -> LookBack {
        match self {
            Self::Delay { points } => LookBack::Points(i64::from(points)),
            Self::Rolling { points, .. } => LookBack::Points(i64::from(points) - 1),
            Self::Trend { window_ms } => {
                LookBack::Points(window_ms.checked_div(step_ms).unwrap_or(0).max(1) - 1)
            }
            Self::Derivative => LookBack::Points(1),
            Self::Des(_) | Self::Sdes(_) | Self::Integral | Self::CumulativeMax => LookBack::All,
        }
    }
}

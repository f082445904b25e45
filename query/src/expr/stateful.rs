//! Operators with memory: what each of them is, and how far back it looks.
//!
//! What they compute stands with the evaluation. Here is what planners need to know: how many earlier
//! points decide a value, or that all of them do.

use std::sync::Arc;

use super::Number;

/// Operators with memory. Windows are as written; whether they are allowed shows at evaluation.
#[derive(Clone, Debug, PartialEq)]
pub enum StatefulOp {
    /// The value some points ago.
    Delay {
        /// How many.
        by: Window,
    },
    /// What becomes of the last points.
    Rolling {
        /// What is computed of them.
        kind: Rolling,
        /// The points.
        window: Window,
    },
    /// The newest value, where there is none.
    FillLast {
        /// How old it may be.
        within: Window,
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

/// How far an operator looks back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Window {
    /// So many points.
    Points(i32),
    /// A time.
    Time {
        /// In milliseconds; positive.
        ms: i64,
        /// As written.
        text: Arc<str>,
    },
}

impl Window {
    /// How many points that are `step_ms` apart it takes to cover it; a time has at least one.
    pub fn points(&self, step_ms: i64) -> i64 {
        match self {
            Self::Points(points) => i64::from(*points),
            Self::Time { ms, .. } => ms.saturating_add(step_ms - 1) / step_ms,
        }
    }

    /// How many points after some point are no later than it allows; of a time less than `step_ms`
    /// there is none.
    pub fn points_within(&self, step_ms: i64) -> i64 {
        match self {
            Self::Points(points) => i64::from(*points),
            Self::Time { ms, .. } => ms / step_ms,
        }
    }
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
        /// How many there must be; of a time with fewer points, all of them.
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
    /// So many, if the evaluation starts at a multiple of some points since 1970; starting at an
    /// earlier one changes nothing.
    Aligned {
        /// How many.
        points: i64,
        /// What the number of the first point has to be a multiple of.
        multiple: i64,
    },
    /// All since the start of the evaluation.
    All,
}

impl StatefulOp {
    /// The word without its colon.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Delay { .. } => "delay",
            Self::Rolling { kind, .. } => match kind {
                Rolling::Count => "rolling-count",
                Rolling::Min => "rolling-min",
                Rolling::Max => "rolling-max",
                Rolling::Sum => "rolling-sum",
                Rolling::Mean { .. } => "rolling-mean",
            },
            Self::FillLast { .. } => "fill-last",
            Self::Des(_) => "des",
            Self::Sdes(_) => "sdes",
            Self::Trend { .. } => "trend",
            Self::Integral => "integral",
            Self::CumulativeMax => "cumulative-max",
            Self::Derivative => "derivative",
        }
    }

    /// How far back the operator looks when points are `step_ms` apart.
    pub fn look_back(&self, step_ms: i64) -> LookBack {
        match self {
            Self::Delay { by } => LookBack::Points(by.points(step_ms)),
            Self::Rolling { window, .. } => LookBack::Points(window.points(step_ms) - 1),
            Self::FillLast { within } => LookBack::Points(within.points_within(step_ms)),
            Self::Trend { window_ms } => {
                LookBack::Points(window_ms.checked_div(step_ms).unwrap_or(0).max(1) - 1)
            }
            Self::Derivative => LookBack::Points(1),
            // The instance that gives a value took over at most a training ago, and was fed for one.
            Self::Sdes(smoothing) => LookBack::Aligned {
                points: 2 * i64::from(smoothing.training) - 1,
                multiple: i64::from(smoothing.training),
            },
            Self::Des(_) | Self::Integral | Self::CumulativeMax => LookBack::All,
        }
    }
}

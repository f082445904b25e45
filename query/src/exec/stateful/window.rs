//! Operators that look at the last points: delay, what becomes of a rolling window, and the last
//! value.
//!
//! A window holds the inputs it has seen, the current one included, so it never holds more than was
//! fed. Inputs before the first one are absent.

use std::collections::VecDeque;

use telamon_model::ABSENT;

use crate::exec::EvalError;
use crate::expr::{add_present, is_true};

/// Largest window of an operator in points.
const WINDOW_MAX: i64 = 86_400;

/// A window size that is allowed.
pub(super) fn window_points(points: i64) -> Result<usize, EvalError> {
    let allowed = (1..=WINDOW_MAX).contains(&points).then_some(points);
    allowed
        .and_then(|points| usize::try_from(points).ok())
        .ok_or(EvalError::WindowSize { points })
}

/// The last inputs, and how many of them are present.
#[derive(Clone, Debug)]
struct Window {
    size: usize,
    values: VecDeque<f64>,
    present: usize,
}

impl Window {
    fn new(size: usize) -> Self {
        Self {
            size,
            values: VecDeque::new(),
            present: 0,
        }
    }

    /// Takes in a value and gives the one that leaves.
    fn push(&mut self, value: f64) -> f64 {
        let removed = if self.values.len() == self.size {
            self.values.pop_front().unwrap_or(ABSENT)
        } else {
            ABSENT
        };
        self.values.push_back(value);
        self.present += usize::from(!value.is_nan());
        self.present -= usize::from(!removed.is_nan());
        removed
    }

    /// The sum of the present values, in their order.
    fn sum(&self) -> f64 {
        self.values.iter().copied().fold(ABSENT, add_present)
    }

    fn is_fresh(&self) -> bool {
        self.present == 0
    }
}

/// The input some points ago.
#[derive(Clone, Debug)]
pub(super) struct Delay(Window);

impl Delay {
    pub(super) fn new(points: usize) -> Self {
        Self(Window::new(points))
    }

    pub(super) fn next(&mut self, value: f64) -> f64 {
        self.0.push(value)
    }

    pub(super) fn is_fresh(&self) -> bool {
        self.0.is_fresh()
    }
}

/// The newest input that is there, for some points after it.
#[derive(Clone, Debug)]
pub(super) struct FillLast {
    points: usize,
    last: f64,
    /// Points since the last value.
    age: usize,
}

impl FillLast {
    pub(super) fn new(points: usize) -> Self {
        Self {
            points,
            last: ABSENT,
            age: 0,
        }
    }

    pub(super) fn next(&mut self, value: f64) -> f64 {
        if !value.is_nan() {
            (self.last, self.age) = (value, 0);
        } else if self.age < self.points {
            self.age += 1;
        } else {
            self.last = ABSENT;
        }
        self.last
    }

    pub(super) fn is_fresh(&self) -> bool {
        self.last.is_nan()
    }
}

/// How many of the last inputs were true.
#[derive(Clone, Debug)]
pub(super) struct Count {
    size: u64,
    /// Inputs seen.
    seen: u64,
    /// Which of the last ones were true.
    hits: VecDeque<u64>,
}

impl Count {
    pub(super) fn new(size: usize) -> Self {
        Self {
            size: size as u64,
            seen: 0,
            hits: VecDeque::new(),
        }
    }

    pub(super) fn next(&mut self, value: f64) -> f64 {
        self.seen += 1;
        if self
            .hits
            .front()
            .is_some_and(|hit| hit + self.size <= self.seen)
        {
            self.hits.pop_front();
        }
        if is_true(value) {
            self.hits.push_back(self.seen);
        }
        as_double(self.hits.len())
    }

    pub(super) fn is_fresh(&self) -> bool {
        self.hits.is_empty()
    }
}

/// The smallest or largest of the last inputs.
#[derive(Clone, Debug)]
pub(super) struct Extreme {
    size: u64,
    is_largest: bool,
    /// Inputs seen.
    seen: u64,
    /// Inputs that no later one beats, with their number: the first is the extreme.
    candidates: VecDeque<(u64, f64)>,
}

impl Extreme {
    pub(super) fn smallest(size: usize) -> Self {
        Self::new(size, false)
    }

    pub(super) fn largest(size: usize) -> Self {
        Self::new(size, true)
    }

    fn new(size: usize, is_largest: bool) -> Self {
        Self {
            size: size as u64,
            is_largest,
            seen: 0,
            candidates: VecDeque::new(),
        }
    }

    pub(super) fn next(&mut self, value: f64) -> f64 {
        self.seen += 1;
        let oldest = self.candidates.front();
        if oldest.is_some_and(|(number, _)| number + self.size <= self.seen) {
            self.candidates.pop_front();
        }
        if !value.is_nan() {
            while self
                .candidates
                .back()
                .is_some_and(|&(_, last)| self.is_beaten(last, value))
            {
                self.candidates.pop_back();
            }
            self.candidates.push_back((self.seen, value));
        }
        self.candidates.front().map_or(ABSENT, |&(_, value)| value)
    }

    fn is_beaten(&self, earlier: f64, later: f64) -> bool {
        if self.is_largest {
            later >= earlier
        } else {
            later <= earlier
        }
    }

    pub(super) fn is_fresh(&self) -> bool {
        self.candidates.is_empty()
    }
}

/// The sum of the last inputs, or a mean of it.
#[derive(Clone, Debug)]
pub(super) struct Sum {
    window: Window,
    sum: f64,
    kind: SumKind,
}

#[derive(Clone, Copy, Debug)]
enum SumKind {
    Total,
    /// Of the present values, of which there must be some number.
    Mean {
        values_min: usize,
    },
    /// Missing values count as zero, and the window must be full.
    Trend,
}

impl Sum {
    pub(super) fn total(size: usize) -> Self {
        Self::new(size, SumKind::Total)
    }

    /// A window of a time has as many points as the step allows, so it may have fewer than wanted.
    pub(super) fn mean(size: usize, values_min: i32, has_time: bool) -> Result<Self, EvalError> {
        let wanted = usize::try_from(values_min).unwrap_or(0);
        let wanted = if has_time { wanted.min(size) } else { wanted };
        if wanted < 1 {
            return Err(EvalError::TooFewValuesWanted);
        }
        if wanted > size {
            return Err(EvalError::MoreValuesThanWindow);
        }
        Ok(Self::new(size, SumKind::Mean { values_min: wanted }))
    }

    pub(super) fn trend(size: usize) -> Self {
        Self::new(size, SumKind::Trend)
    }

    fn new(size: usize, kind: SumKind) -> Self {
        Self {
            window: Window::new(size),
            sum: if matches!(kind, SumKind::Trend) {
                0.0
            } else {
                ABSENT
            },
            kind,
        }
    }

    /// `index` counts all inputs of the operator, of this line or not.
    pub(super) fn next(&mut self, value: f64, index: u64) -> f64 {
        let removed = self.window.push(value);
        if matches!(self.kind, SumKind::Trend) {
            return self.next_trend(value, removed, index);
        }
        if self.window.present == 0 {
            self.sum = ABSENT;
            return ABSENT;
        }
        self.update(add_present(value, -removed));
        match self.kind {
            SumKind::Mean { values_min } if self.window.present < values_min => ABSENT,
            SumKind::Mean { .. } => self.sum / as_double(self.window.present),
            SumKind::Total | SumKind::Trend => self.sum,
        }
    }

    /// Adds the difference to the running sum. Digits that a large value pushed out do not come back
    /// when it leaves, so then all is summed up anew. Infinities that leave give what they give in the
    /// reference.
    fn update(&mut self, delta: f64) {
        let sum = add_present(self.sum, delta);
        let is_lost = exponent(sum).abs_diff(exponent(self.sum)) >= 15;
        self.sum = if is_lost { self.window.sum() } else { sum };
    }

    /// The running sum of a trend is never mended: once an infinity left, there is no value.
    fn next_trend(&mut self, value: f64, removed: f64, index: u64) -> f64 {
        for change in [-removed, value] {
            if !change.is_nan() {
                self.sum += change;
            }
        }
        if self.window.present == 0 || index + 1 < self.window.size as u64 {
            ABSENT
        } else {
            self.sum / as_double(self.window.size)
        }
    }

    pub(super) fn is_fresh(&self) -> bool {
        // What is left of a trend's sum by rounding stays.
        match self.kind {
            SumKind::Trend => self.window.is_fresh() && self.sum == 0.0,
            SumKind::Total | SumKind::Mean { .. } => self.window.is_fresh(),
        }
    }
}

/// The binary exponent; that of zero and of the smallest numbers is taken as 0.
fn exponent(value: f64) -> i64 {
    let biased = (value.to_bits() >> 52) & 0x7ff;
    match i64::try_from(biased).expect("eleven bits") {
        0 => 0,
        biased => biased - 1023,
    }
}

fn as_double(count: usize) -> f64 {
    f64::from(u32::try_from(count).expect("windows are far shorter"))
}

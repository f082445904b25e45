//! Evaluation contexts: which times and which step an expression is evaluated at.
//!
//! Takes what a request asked for; gives the step and the range that the reference would use. Parsing
//! of times and of the request is left to others; nothing here reads a clock.
//!
//! ```text
//!        start of the request                        end of the request
//!              │                                           │
//!   ──┼────────┴┼─────────┼─────────┼─────────┼─────────┼──┴─ steps since 1970
//!     fstart    shown start                             fend = last point shown
//!     └ first point of the context, primes operators with memory, is not shown
//! ```

use telamon_model::Timestamp;

use crate::exec::EvalError;

const SECOND: i64 = 1000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// When and how often an expression is evaluated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EvalContext {
    /// First time, a multiple of the step.
    pub start: Timestamp,
    /// Time after the last one, a multiple of the step.
    pub end: Timestamp,
    /// Distance of two points in milliseconds; positive.
    pub step_ms: i64,
}

/// What a graph asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GraphRequest {
    /// Begin of the range.
    pub start: Timestamp,
    /// End of the range.
    pub end: Timestamp,
    /// The step that was asked for in milliseconds.
    pub step_ms: Option<i64>,
    /// Width in pixels: there are no more points than that.
    pub width: u32,
}

/// What steps a store offers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StepRules {
    /// Step of the store in milliseconds; positive.
    pub primary_ms: i64,
    /// Slots of the store in one block; positive.
    pub block_slots: i64,
    /// Most points of a line, whatever the width.
    pub points_max: u32,
}

/// How a graph is evaluated and what of it is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GraphWindow {
    /// What is evaluated: one point more than is shown, at the start.
    pub context: EvalContext,
    /// The first point shown.
    pub shown_start: Timestamp,
    /// The time after the last point shown.
    pub shown_end: Timestamp,
}

impl EvalContext {
    /// A context whose ends are rounded up to the step.
    ///
    /// # Errors
    /// When the step is not positive or the end is not after the start.
    pub fn new(start: Timestamp, end: Timestamp, step_ms: i64) -> Result<Self, EvalError> {
        if start >= end {
            return Err(EvalError::EmptyRange { start, end });
        }
        if step_ms <= 0 {
            return Err(EvalError::StepNotPositive { step_ms });
        }
        let round_up = |time: Timestamp| {
            let floor = floor_to(time.0, step_ms);
            Timestamp(if floor == time.0 {
                floor
            } else {
                floor.saturating_add(step_ms)
            })
        };
        Ok(Self {
            start: round_up(start),
            end: round_up(end),
            step_ms,
        })
    }

    /// Number of points.
    pub fn points(&self) -> usize {
        // Two steps of the longest kind are more than a time can say.
        let millis = i128::from(self.end.0) - i128::from(self.start.0);
        usize::try_from(millis / i128::from(self.step_ms)).unwrap_or(0)
    }

    /// The same time in stretches of so many points, the last one as long as what is left.
    pub fn chunks(&self, points: usize) -> impl Iterator<Item = Self> + use<> {
        let Self {
            start,
            end,
            step_ms,
        } = *self;
        let chunk_ms = i64::try_from(points.max(1))
            .unwrap_or(i64::MAX)
            .saturating_mul(step_ms);
        std::iter::successors(Some(start), move |from| Some(from.plus_millis(chunk_ms)))
            .take_while(move |from| *from < end)
            .map(move |from| Self {
                start: from,
                end: from.plus_millis(chunk_ms).min(end),
                step_ms,
            })
    }

    /// The times of the points.
    pub fn times(&self) -> impl Iterator<Item = Timestamp> + use<> {
        let Self {
            start,
            end,
            step_ms,
        } = *self;
        std::iter::successors(Some(start), move |time| Some(time.plus_millis(step_ms)))
            .take_while(move |time| *time < end)
    }
}

impl StepRules {
    /// The smallest step on offer that is at least `step_ms` and at least the step of the store; whole
    /// days beyond the largest on offer.
    pub fn round(&self, step_ms: i64) -> i64 {
        let wanted = step_ms.max(self.primary_ms);
        let block_ms = self.primary_ms.saturating_mul(self.block_slots);
        let fits_block = |offer: &i64| {
            let (longer, shorter) = (block_ms.max(*offer), block_ms.min(*offer));
            longer % shorter == 0
        };
        offered_steps()
            .filter(fits_block)
            .find(|&offer| offer >= wanted)
            .unwrap_or_else(|| {
                let days = wanted.saturating_add(DAY - 1) / DAY;
                days.saturating_mul(DAY)
            })
    }

    /// Step and range of a graph.
    ///
    /// # Errors
    /// When the end is before the start.
    pub fn graph_window(&self, request: &GraphRequest) -> Result<GraphWindow, EvalError> {
        let asked_ms = self.asked_step(request)?;
        let points = request.end.millis_since(request.start) / asked_ms;
        let points_max = i64::from(self.points_max.min(request.width).max(1));
        let times = ((points + points_max - 1) / points_max).max(1);
        let step_ms = self.round(asked_ms.saturating_mul(times));
        let (first, last) = aligned(request, step_ms);
        let shown_end = Timestamp(last.saturating_add(step_ms));
        Ok(GraphWindow {
            context: EvalContext {
                start: Timestamp(first),
                end: shown_end,
                step_ms,
            },
            shown_start: Timestamp(first.saturating_add(step_ms)),
            shown_end,
        })
    }

    /// Step and range of a stream: the step does not depend on the width, the start belongs to the
    /// range and the end does not. What is shown is what a graph of that range and step shows, one step
    /// later than what is streamed: the reference announces it so.
    ///
    /// # Errors
    /// When the end is before the start.
    pub fn stream_window(&self, request: &GraphRequest) -> Result<GraphWindow, EvalError> {
        let step_ms = self.asked_step(request)?;
        let (first, last) = aligned(request, step_ms);
        Ok(GraphWindow {
            context: EvalContext {
                start: Timestamp(first),
                end: Timestamp(last),
                step_ms,
            },
            shown_start: Timestamp(first.saturating_add(step_ms)),
            shown_end: Timestamp(last.saturating_add(step_ms)),
        })
    }

    /// The step on offer for the one that was asked for.
    fn asked_step(&self, request: &GraphRequest) -> Result<i64, EvalError> {
        if request.end < request.start {
            return Err(EvalError::EndBeforeStart);
        }
        Ok(request
            .step_ms
            .map_or(self.primary_ms, |step_ms| self.round(step_ms)))
    }
}

/// Both ends of a range as multiples of the step; at least one step apart.
fn aligned(request: &GraphRequest, step_ms: i64) -> (i64, i64) {
    let last = floor_to(request.end.0, step_ms);
    let first = floor_to(request.start.0, step_ms);
    if first == last {
        (first.saturating_sub(step_ms), last)
    } else {
        (first, last)
    }
}

/// The last multiple of the step that is not after the time.
fn floor_to(millis: i64, step_ms: i64) -> i64 {
    millis.div_euclid(step_ms).saturating_mul(step_ms)
}

/// Ascending.
fn offered_steps() -> impl Iterator<Item = i64> {
    const MILLIS: [i64; 6] = [1, 5, 10, 50, 100, 500];
    const SIXTIETHS: [i64; 11] = [1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30];
    const HOURS: [i64; 7] = [1, 2, 3, 4, 6, 8, 12];
    MILLIS
        .into_iter()
        .chain(SIXTIETHS.map(|count| count * SECOND))
        .chain(SIXTIETHS.map(|count| count * MINUTE))
        .chain(HOURS.map(|count| count * HOUR))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const RULES: StepRules = StepRules {
        primary_ms: MINUTE,
        block_slots: 60,
        points_max: 1440,
    };

    /// The step and the shown range of a graph that ends at 2012-01-01T08:00:30Z.
    #[track_caller]
    fn check(range_ms: i64, width: u32, step_ms: i64) {
        let end = Timestamp(1_325_404_830_000);
        let request = GraphRequest {
            start: end.plus_millis(-range_ms),
            end,
            step_ms: None,
            width,
        };
        let window = RULES
            .graph_window(&request)
            .expect("the end is after the start");
        assert_eq!(window.context.step_ms, step_ms);
        assert_eq!(window.shown_end, window.context.end);
        assert_eq!(
            window.shown_start,
            window.context.start.plus_millis(step_ms)
        );
        assert_eq!(window.context.start.0 % step_ms, 0);
        let last = window.context.times().last().expect("at least two points");
        assert!(last <= end && end.millis_since(last) < step_ms);
    }

    #[test]
    fn steps_of_the_reference() {
        for (range, step) in [
            (3 * HOUR, MINUTE),
            (DAY, 3 * MINUTE),
            (2 * DAY, 5 * MINUTE),
            (7 * DAY, 15 * MINUTE),
            (14 * DAY, 30 * MINUTE),
            (30 * DAY, 2 * HOUR),
            (365 * DAY, DAY),
        ] {
            check(range, 700, step);
        }
        check(360 * DAY, 430, DAY);
        check(3 * 365 * DAY, 430, 3 * DAY);
        check(30 * 365 * DAY, 430, 26 * DAY);
    }

    #[test]
    fn a_step_that_is_asked_for_is_rounded_up() {
        assert_eq!(RULES.round(1), MINUTE);
        assert_eq!(RULES.round(-5), MINUTE);
        assert_eq!(RULES.round(7 * MINUTE), 10 * MINUTE);
        assert_eq!(RULES.round(13 * HOUR), DAY);
        assert_eq!(RULES.round(DAY + 1), 2 * DAY);
        let ten_seconds = StepRules {
            primary_ms: 10 * SECOND,
            block_slots: 360,
            ..RULES
        };
        assert_eq!(ten_seconds.round(11 * SECOND), 12 * SECOND);
    }

    #[test]
    fn a_range_within_one_step_moves_its_start_back() {
        let time = Timestamp(90 * SECOND);
        let request = GraphRequest {
            start: time,
            end: time,
            step_ms: None,
            width: 700,
        };
        let window = RULES
            .graph_window(&request)
            .expect("equal ends are allowed");
        assert_eq!(window.context.start, Timestamp(0));
        assert_eq!(
            (window.shown_start, window.shown_end),
            (Timestamp(MINUTE), Timestamp(2 * MINUTE))
        );
        let backwards = GraphRequest {
            end: Timestamp(0),
            ..request
        };
        assert!(RULES.graph_window(&backwards).is_err());
    }

    #[test]
    fn a_stream_has_its_start_and_not_its_end_and_ignores_the_width() {
        let request = GraphRequest {
            start: Timestamp(90 * SECOND),
            end: Timestamp(DAY + 90 * SECOND),
            step_ms: None,
            width: 5,
        };
        let window = RULES.stream_window(&request).unwrap();
        let of = |start: i64, end: i64| EvalContext {
            start: Timestamp(start),
            end: Timestamp(end),
            step_ms: MINUTE,
        };
        assert_eq!(window.context, of(MINUTE, DAY + MINUTE));
        assert_eq!(
            (window.shown_start, window.shown_end),
            (Timestamp(2 * MINUTE), Timestamp(DAY + 2 * MINUTE))
        );
        let moment = GraphRequest {
            end: request.start,
            ..request
        };
        let window = RULES.stream_window(&moment).unwrap();
        assert_eq!(window.context, of(0, MINUTE));
        let backwards = GraphRequest {
            end: Timestamp(0),
            ..request
        };
        assert!(RULES.stream_window(&backwards).is_err());
    }

    proptest! {
        #[test]
        fn chunks_are_the_whole_in_pieces(first in -500_i64..500, points in 0_i64..500, size in 1_usize..100) {
            let whole = EvalContext {
                start: Timestamp(first * MINUTE),
                end: Timestamp((first + points) * MINUTE),
                step_ms: MINUTE,
            };
            let chunks: Vec<EvalContext> = whole.chunks(size).collect();
            let times: Vec<Timestamp> = chunks.iter().flat_map(EvalContext::times).collect();
            prop_assert_eq!(times, whole.times().collect::<Vec<_>>());
            if let Some((last, full)) = chunks.split_last() {
                prop_assert!(full.iter().all(|chunk| chunk.points() == size));
                prop_assert!((1..=size).contains(&last.points()));
            }
        }

        #[test]
        fn shown_points_fit_the_width(
            start in 0_i64..4_000_000_000_000, range in 0_i64..3_000_000_000_000, width in 1_u32..3000,
        ) {
            let request = GraphRequest {
                start: Timestamp(start),
                end: Timestamp(start + range),
                step_ms: None,
                width,
            };
            let window = RULES.graph_window(&request).unwrap();
            let points = window.context.points();
            prop_assert_eq!(points, window.context.times().count());
            prop_assert!(points >= 2);
            prop_assert!(points <= usize::try_from(width.min(1440)).unwrap() + 2);
        }
    }
}

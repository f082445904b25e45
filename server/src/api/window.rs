//! From a range, a width and a step to the window that is evaluated and shown.
//!
//! ```text
//!   context  [start ............................ end + step)
//!              │ one sample that primes         │
//!   shown      (start, end]:  start+step ... end
//! ```

use telamon_model::Timestamp;

use super::time::Range;

const SECOND: i64 = 1000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// What a store offers and a picture asks for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct StepChoice {
    /// Step of the store.
    pub(crate) store_ms: i64,
    /// Length of a block of the store.
    pub(crate) block_ms: i64,
    /// `step` of the request.
    pub(crate) asked_ms: Option<i64>,
    /// Most values of a line; positive.
    pub(crate) values_max: i64,
}

/// A range aligned to a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Window {
    /// A multiple of the step; the shown range begins after it.
    pub(crate) start: Timestamp,
    /// A multiple of the step; the last shown instant.
    pub(crate) end: Timestamp,
    /// Milliseconds from value to value.
    pub(crate) step_ms: i64,
}

impl Window {
    /// Chooses the step and aligns the range to it.
    pub(crate) fn choose(range: Range, choice: StepChoice) -> Self {
        let asked = choice.asked_ms.map(|asked| choice.round(asked));
        let base = asked.unwrap_or(choice.store_ms);
        let values = range.end.millis_since(range.start) / base;
        let factor = (values + choice.values_max - 1) / choice.values_max;
        let step_ms = choice.round(base.saturating_mul(factor.max(1))).max(base);
        let floor = |time: Timestamp| Timestamp(time.0.div_euclid(step_ms).saturating_mul(step_ms));
        let end = floor(range.end);
        let mut start = floor(range.start);
        if start == end {
            start = start.plus_millis(-step_ms);
        }
        Self {
            start,
            end,
            step_ms,
        }
    }

    /// First instant shown.
    pub(crate) fn shown_start(&self) -> Timestamp {
        self.start.plus_millis(self.step_ms)
    }

    /// Instant after the last one shown.
    pub(crate) fn shown_end(&self) -> Timestamp {
        self.end.plus_millis(self.step_ms)
    }
}

impl StepChoice {
    /// The smallest step that people like, that fits blocks and is not below `millis` nor the
    /// store's; whole days beyond half a day.
    fn round(&self, millis: i64) -> i64 {
        let least = millis.max(self.store_ms);
        let kept = candidates().find(|&step| {
            let fits_block = if step <= self.block_ms {
                self.block_ms % step == 0
            } else {
                step % self.block_ms == 0
            };
            // The reference takes steps that its store then cannot consolidate.
            step >= least && fits_block && step % self.store_ms == 0
        });
        kept.unwrap_or_else(|| match least % DAY {
            0 => least,
            over => least.saturating_add(DAY - over),
        })
    }
}

fn candidates() -> impl Iterator<Item = i64> {
    const MILLIS: [i64; 6] = [1, 5, 10, 50, 100, 500];
    const SIXTIETHS: [i64; 11] = [1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30];
    const HOURS: [i64; 7] = [1, 2, 3, 4, 6, 8, 12];
    let seconds = SIXTIETHS.iter().map(|count| count * SECOND);
    let minutes = SIXTIETHS.iter().map(|count| count * MINUTE);
    let hours = HOURS.iter().map(|count| count * HOUR);
    MILLIS
        .iter()
        .copied()
        .chain(seconds)
        .chain(minutes)
        .chain(hours)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(range_ms: i64, asked_ms: Option<i64>, width: i64) -> i64 {
        let range = Range {
            start: Timestamp(1_325_376_000_000 - range_ms),
            end: Timestamp(1_325_376_000_000),
        };
        let choice = StepChoice {
            store_ms: MINUTE,
            block_ms: HOUR,
            asked_ms,
            values_max: width.min(1440),
        };
        Window::choose(range, choice).step_ms
    }

    #[test]
    fn steps_widen_with_the_range() {
        for (range, step) in [
            (3 * HOUR, MINUTE),
            (DAY, 3 * MINUTE),
            (2 * DAY, 5 * MINUTE),
            (7 * DAY, 15 * MINUTE),
            (14 * DAY, 30 * MINUTE),
            (30 * DAY, 2 * HOUR),
            (365 * DAY, DAY),
        ] {
            assert_eq!(check(range, None, 700), step, "{range}");
        }
        assert_eq!(check(360 * DAY, None, 430), DAY);
        assert_eq!(check(3 * 365 * DAY, None, 430), 3 * DAY);
        assert_eq!(check(10_957 * DAY, None, 430), 26 * DAY);
    }

    #[test]
    fn an_asked_step_is_rounded_up() {
        assert_eq!(check(HOUR, Some(61 * SECOND), 700), 2 * MINUTE);
        assert_eq!(check(HOUR, Some(-MINUTE), 700), MINUTE);
        assert_eq!(check(HOUR, Some(23 * HOUR), 700), DAY);
        assert_eq!(check(HOUR, Some(7 * HOUR), 700), 8 * HOUR);
    }

    #[test]
    fn a_window_is_never_empty() {
        let now = Timestamp(1_325_376_030_000);
        let range = Range {
            start: now,
            end: now,
        };
        let choice = StepChoice {
            store_ms: MINUTE,
            block_ms: HOUR,
            asked_ms: None,
            values_max: 700,
        };
        let window = Window::choose(range, choice);
        assert_eq!(window.shown_start(), window.end);
        assert_eq!(window.end, Timestamp(1_325_376_000_000));
    }
}

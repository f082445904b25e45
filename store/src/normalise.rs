//! Normalisation: from published points to the values of steps.
//!
//! Takes, per series and in order, points with any timestamp; gives zero or more (slot, value) pairs
//! that overwrite what the slot held. Pure: no clock, no store. When memory of a series may be
//! forgotten is the shard's business, by log time. The rules are Atlas' own, bit for bit, except that
//! the ring of gauge and sum knows which step each of its two places belongs to.
//!
//! ```text
//!  counter ──► delta / seconds ──► rate
//!  rate    ──► weighted average over (t-step, t], emitted when a point reaches or crosses t
//!  gauge   ──► ring of two steps, maximum      sum ──► ring of two steps, total
//! ```

mod rate;
mod ring;

use telamon_model::{DsType, Slot, Timestamp};

use crate::options::Calendar;

use rate::Average;
pub(crate) use rate::Point;
use ring::Ring;

/// What a normaliser remembers of one series.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum State {
    /// A weighted average over time.
    Rate(Average),
    /// The last point as published, and the average of the rates between points.
    Counter(Option<Point>, Average),
    /// Maximum per step.
    Gauge(Ring),
    /// Total per step.
    Sum(Ring),
}

/// What became of one point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It counts.
    Accepted,
    /// Its value is NaN. A gauge or sum ignores it; the average of a rate or counter is without a
    /// value for every step that the point covers.
    Nan,
    /// A rate or counter already has a point at or after this time.
    DuplicateOrOlder,
    /// A gauge or sum has moved on by more than one step.
    TooOldStep,
}

impl State {
    /// The state before the first point of a series.
    pub(crate) fn fresh(dstype: DsType) -> Self {
        match dstype {
            DsType::Counter => Self::Counter(None, Average::NONE),
            DsType::Rate => Self::Rate(Average::NONE),
            DsType::Gauge => Self::Gauge(Ring::EMPTY),
            DsType::Sum => Self::Sum(Ring::EMPTY),
        }
    }

    /// Forgets every point.
    pub(crate) fn reset(&mut self) {
        *self = match self {
            Self::Counter(..) => Self::fresh(DsType::Counter),
            Self::Rate(_) => Self::fresh(DsType::Rate),
            Self::Gauge(_) => Self::fresh(DsType::Gauge),
            Self::Sum(_) => Self::fresh(DsType::Sum),
        };
    }

    /// The newest instant that the state remembers anything of; `None` when fresh.
    pub(crate) fn newest(&self, calendar: &Calendar) -> Option<Timestamp> {
        match self {
            Self::Rate(average) => average.last(),
            Self::Counter(previous, average) => {
                average.last().max(previous.map(|point| point.time))
            }
            Self::Gauge(ring) | Self::Sum(ring) => {
                ring.slot().map(|slot| calendar.step.end_of(slot))
            }
        }
    }

    /// Takes one point and emits the values of steps that follow from it, in order. Emitted values
    /// may be NaN: those are to be ignored.
    pub(crate) fn apply(
        &mut self,
        calendar: &Calendar,
        point: Point,
        emit: &mut impl FnMut(Slot, f64),
    ) -> Verdict {
        let verdict = match self {
            Self::Rate(average) => {
                average.apply(calendar.step, calendar.step.as_millis(), point, emit)
            }
            Self::Counter(previous, average) => {
                // A late point becomes the previous one all the same: Atlas' rule.
                let Some(earlier) = previous.replace(point) else {
                    return nan_or(point, Verdict::Accepted);
                };
                let rate = Point {
                    time: point.time,
                    value: earlier.rate_to(point),
                };
                average.apply(calendar.step, calendar.counter_heartbeat_ms, rate, emit)
            }
            Self::Gauge(_) | Self::Sum(_) if point.value.is_nan() => Verdict::Nan,
            Self::Gauge(ring) => ring.apply(
                calendar.step.slot_holding(point.time),
                point.value,
                ring::maximum,
                emit,
            ),
            Self::Sum(ring) => ring.apply(
                calendar.step.slot_holding(point.time),
                point.value,
                ring::total,
                emit,
            ),
        };
        nan_or(point, verdict)
    }

    /// Bytes that two states share exactly when they are equal.
    pub(crate) fn digest_words(&self) -> [u64; 5] {
        match self {
            Self::Rate(average) => {
                let [last, value] = average.words();
                [1, last, value, 0, 0]
            }
            Self::Counter(previous, average) => {
                let [last, value] = average.words();
                let [time, count] = previous.map_or([u64::MAX, 0], Point::words);
                [2, last, value, time, count]
            }
            Self::Gauge(ring) => ring.words(3),
            Self::Sum(ring) => ring.words(4),
        }
    }
}

fn nan_or(point: Point, verdict: Verdict) -> Verdict {
    if point.value.is_nan() {
        Verdict::Nan
    } else {
        verdict
    }
}

#[cfg(test)]
pub(crate) mod tests;

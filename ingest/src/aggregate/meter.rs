//! What one meter keeps between the ends of steps, and what it says at each end.

use telamon_model::percentile::BucketIndex;
use telamon_model::{Tags, Timestamp};

use super::LineDrop;
use super::outputs::{OutputIndex, Outputs, Statistic};
use crate::line::{Line, LineKind, LineValue};

/// A name with tags and a type, with the state that its type needs.
#[derive(Debug)]
pub(super) struct Meter {
    kind: LineKind,
    tags: Tags,
    last_update: Timestamp,
    state: State,
}

#[derive(Debug)]
enum State {
    Counter {
        sum: f64,
        output: OutputIndex,
    },
    Monotonic {
        last: f64,
        /// What `last` was at the end of the last step; NaN in the first.
        previous: f64,
        output: OutputIndex,
    },
    Unsigned {
        last: u64,
        previous: Option<u64>,
        output: OutputIndex,
    },
    Sampled {
        last: Sample,
        previous: Option<Sample>,
        output: OutputIndex,
    },
    Summary(Box<Summary>),
    Gauge {
        value: f64,
        /// Milliseconds that the value holds; `None` where no line has said it.
        ttl_ms: Option<i64>,
        output: OutputIndex,
    },
    MaxGauge {
        /// NaN when there was no update since the end of the last step.
        max: f64,
        output: OutputIndex,
    },
    Age {
        /// Milliseconds since the epoch; NaN before the first valid line.
        success_ms: f64,
        output: OutputIndex,
    },
}

/// A reading with its own time.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Sample {
    value: f64,
    at_ms: i64,
}

/// Timers and distribution summaries; of timers the unit is the nanosecond.
#[derive(Debug)]
struct Summary {
    count: f64,
    total: f64,
    squares: f64,
    max: f64,
    /// Of count, total, squares and max.
    outputs: [OutputIndex; 4],
    /// The buckets that ever counted, ascending.
    buckets: Vec<Bucket>,
}

#[derive(Debug)]
struct Bucket {
    index: BucketIndex,
    count: f64,
    output: OutputIndex,
}

/// The shortest time to live of a gauge, in milliseconds; a shorter one is read as this.
const GAUGE_TTL_MIN_MS: i64 = 5000;

const NANOS: f64 = 1e9;

impl Meter {
    /// A meter without updates; `None` when its series do not fit in any more.
    pub(super) fn new(
        kind: LineKind,
        tags: Tags,
        now: Timestamp,
        outputs: &mut Outputs,
    ) -> Option<Self> {
        let state = State::new(kind, &tags, outputs)?;
        Some(Self {
            kind,
            tags,
            last_update: now,
            state,
        })
    }

    pub(super) fn kind(&self) -> LineKind {
        self.kind
    }

    pub(super) fn tags(&self) -> &Tags {
        &self.tags
    }

    /// Takes the value of a line of this meter's type and tags.
    pub(super) fn record(
        &mut self,
        line: &Line<'_>,
        now: Timestamp,
        outputs: &mut Outputs,
    ) -> Result<(), LineDrop> {
        let has_effect = match (&mut self.state, line.value) {
            (State::Unsigned { last, .. }, LineValue::Unsigned(value)) => {
                *last = value;
                true
            }
            (State::Summary(summary), LineValue::Double(value)) => {
                let letter = match self.kind {
                    LineKind::PercentileTimer => Some('T'),
                    LineKind::PercentileDistributionSummary => Some('D'),
                    _ => None,
                };
                let amount = amount(self.kind, value);
                if let Some(letter) = letter
                    && let Some(bucket) = bucket(self.kind, amount)
                {
                    summary.count_bucket(bucket, letter, &self.tags, outputs)?;
                }
                summary.record(amount) || letter == Some('T')
            }
            (state, LineValue::Double(value)) => state.record(value, line.extra, now),
            (_, LineValue::Unsigned(_)) => false,
        };
        if !has_effect {
            return Err(LineDrop::IgnoredValue);
        }
        self.last_update = now;
        Ok(())
    }

    /// Says what is to be said at the end of a step, and starts the next one. A gauge whose lines
    /// have not said how long it holds does so for `meter_ttl_ms`.
    pub(super) fn measure(&mut self, now: Timestamp, meter_ttl_ms: i64, outputs: &mut Outputs) {
        match &mut self.state {
            State::Counter { sum, output } => {
                outputs.say(*output, if *sum > 0.0 { *sum } else { f64::NAN });
                *sum = 0.0;
            }
            State::Monotonic {
                last,
                previous,
                output,
            } => {
                let delta = *last - *previous;
                outputs.say(*output, if delta > 0.0 { delta } else { f64::NAN });
                *previous = *last;
            }
            State::Unsigned {
                last,
                previous,
                output,
            } => {
                let delta = previous.map_or(0, |previous| last.wrapping_sub(previous));
                outputs.say(*output, unsigned_amount(delta));
                *previous = Some(*last);
            }
            State::Sampled {
                last,
                previous,
                output,
            } => {
                if let Some(previous) = previous {
                    outputs.say_rate(*output, last.rate_since(*previous));
                }
                *previous = Some(*last);
            }
            State::Summary(summary) => summary.measure(self.kind, outputs),
            State::Gauge {
                value,
                ttl_ms,
                output,
            } => {
                if now.millis_since(self.last_update) <= ttl_ms.unwrap_or(meter_ttl_ms) {
                    outputs.say(*output, *value);
                }
            }
            State::MaxGauge { max, output } => {
                outputs.say(*output, *max);
                *max = f64::NAN;
            }
            State::Age { success_ms, output } => {
                outputs.say(*output, (millis(now) - *success_ms) / 1000.0);
            }
        }
    }

    /// Whether nothing was heard for so long that the meter is to be forgotten.
    pub(super) fn is_expired(&self, now: Timestamp, meter_ttl_ms: i64) -> bool {
        let idle_ms = now.millis_since(self.last_update);
        match &self.state {
            State::Age { .. } => false,
            State::Gauge { ttl_ms, .. } => idle_ms > meter_ttl_ms.max(ttl_ms.unwrap_or(0)),
            _ => idle_ms > meter_ttl_ms,
        }
    }

    /// Gives back the series.
    pub(super) fn release(&self, outputs: &mut Outputs) {
        match &self.state {
            State::Summary(summary) => {
                summary
                    .outputs
                    .iter()
                    .for_each(|&output| outputs.release(output));
                summary
                    .buckets
                    .iter()
                    .for_each(|bucket| outputs.release(bucket.output));
            }
            State::Counter { output, .. }
            | State::Monotonic { output, .. }
            | State::Unsigned { output, .. }
            | State::Sampled { output, .. }
            | State::Gauge { output, .. }
            | State::MaxGauge { output, .. }
            | State::Age { output, .. } => outputs.release(*output),
        }
    }
}

impl State {
    fn new(kind: LineKind, tags: &Tags, outputs: &mut Outputs) -> Option<Self> {
        let statistic = match kind {
            LineKind::Age | LineKind::Gauge => Statistic::Default("gauge"),
            LineKind::MaxGauge => Statistic::Always("max"),
            _ => Statistic::Default("count"),
        };
        let total = match kind {
            LineKind::Timer | LineKind::PercentileTimer => "totalTime",
            _ => "totalAmount",
        };
        let mut output = || outputs.acquire(tags, statistic, None);
        Some(match kind {
            LineKind::Counter => Self::Counter {
                sum: 0.0,
                output: output()?,
            },
            LineKind::MonotonicCounter => Self::Monotonic {
                last: f64::NAN,
                previous: f64::NAN,
                output: output()?,
            },
            LineKind::MonotonicUnsigned => Self::Unsigned {
                last: 0,
                previous: None,
                output: output()?,
            },
            LineKind::MonotonicSampled => Self::Sampled {
                last: Sample {
                    value: f64::NAN,
                    at_ms: 0,
                },
                previous: None,
                output: output()?,
            },
            LineKind::Gauge => Self::Gauge {
                value: f64::NAN,
                ttl_ms: None,
                output: output()?,
            },
            LineKind::MaxGauge => Self::MaxGauge {
                max: f64::NAN,
                output: output()?,
            },
            LineKind::Age => Self::Age {
                success_ms: f64::NAN,
                output: output()?,
            },
            LineKind::DistributionSummary
            | LineKind::PercentileDistributionSummary
            | LineKind::Timer
            | LineKind::PercentileTimer => Self::Summary(Summary::new(total, tags, outputs)?),
        })
    }

    /// Takes a value of the types that keep one; says whether it means anything to the type.
    fn record(&mut self, value: f64, extra: Option<i64>, now: Timestamp) -> bool {
        match self {
            // A NaN goes in and silences the step, as in the reference agent.
            Self::Counter { .. } if value < 0.0 => false,
            Self::Counter { sum, .. } => {
                *sum += value;
                true
            }
            Self::Monotonic { last, .. } => {
                *last = value;
                true
            }
            Self::Sampled { last, .. } => match extra {
                Some(at_ms) if at_ms > last.at_ms => {
                    *last = Sample { value, at_ms };
                    true
                }
                Some(_) | None => false,
            },
            Self::Gauge {
                value: held,
                ttl_ms,
                ..
            } => {
                *held = value;
                if let Some(seconds) = extra {
                    *ttl_ms = Some(seconds.saturating_mul(1000).max(GAUGE_TTL_MIN_MS));
                }
                true
            }
            Self::MaxGauge { max, .. } => {
                *max = max.max(value);
                !value.is_nan()
            }
            Self::Age { success_ms, .. } if value.is_finite() => {
                *success_ms = if value == 0.0 {
                    millis(now)
                } else {
                    value * 1000.0
                };
                true
            }
            Self::Age { .. } | Self::Unsigned { .. } | Self::Summary(_) => false,
        }
    }
}

impl Sample {
    /// The rate per second since an earlier reading; NaN when nothing was gained or read since.
    #[expect(
        clippy::cast_precision_loss,
        reason = "milliseconds are far below 2^53"
    )]
    fn rate_since(self, previous: Self) -> f64 {
        let gained = self.value - previous.value;
        let elapsed_ms = self.at_ms - previous.at_ms;
        if gained > 0.0 && elapsed_ms > 0 {
            gained / (elapsed_ms as f64 / 1000.0)
        } else {
            f64::NAN
        }
    }
}

impl Summary {
    fn new(total: &'static str, tags: &Tags, outputs: &mut Outputs) -> Option<Box<Self>> {
        let mut acquired = Vec::with_capacity(4);
        for statistic in ["count", total, "totalOfSquares", "max"] {
            acquired.extend(outputs.acquire(tags, Statistic::Always(statistic), None));
        }
        let Ok(four) = <[OutputIndex; 4]>::try_from(acquired.as_slice()) else {
            acquired.iter().for_each(|&output| outputs.release(output));
            return None;
        };
        Some(Box::new(Self {
            count: 0.0,
            total: 0.0,
            squares: 0.0,
            max: 0.0,
            outputs: four,
            buckets: Vec::new(),
        }))
    }

    fn record(&mut self, amount: Option<f64>) -> bool {
        if let Some(amount) = amount {
            self.count += 1.0;
            self.total += amount;
            self.squares += amount * amount;
            self.max = self.max.max(amount);
        }
        amount.is_some()
    }

    fn count_bucket(
        &mut self,
        index: BucketIndex,
        letter: char,
        tags: &Tags,
        outputs: &mut Outputs,
    ) -> Result<(), LineDrop> {
        let place = match self
            .buckets
            .binary_search_by_key(&index, |bucket| bucket.index)
        {
            Ok(place) => place,
            Err(place) => {
                let percentile = index.tag(letter);
                let output =
                    outputs.acquire(tags, Statistic::Always("percentile"), Some(&percentile));
                let bucket = Bucket {
                    index,
                    count: 0.0,
                    output: output.ok_or(LineDrop::TooManySeries)?,
                };
                self.buckets.insert(place, bucket);
                place
            }
        };
        self.buckets[place].count += 1.0;
        Ok(())
    }

    fn measure(&mut self, kind: LineKind, outputs: &mut Outputs) {
        let unit = match kind {
            LineKind::Timer | LineKind::PercentileTimer => NANOS,
            _ => 1.0,
        };
        if self.count > 0.0 {
            let [count, total, squares, max] = self.outputs;
            outputs.say(count, self.count);
            outputs.say(total, self.total / unit);
            outputs.say(squares, self.squares / (unit * unit));
            outputs.say(max, self.max / unit);
        }
        for bucket in &mut self.buckets {
            if bucket.count > 0.0 {
                outputs.say(bucket.output, bucket.count);
            }
            bucket.count = 0.0;
        }
        (self.count, self.total, self.squares, self.max) = (0.0, 0.0, 0.0, 0.0);
    }
}

/// The amount that a summary keeps of a value: seconds as whole nanoseconds, amounts of percentile
/// summaries as whole numbers; `None` for what it ignores.
fn amount(kind: LineKind, value: f64) -> Option<f64> {
    let is_timer = matches!(kind, LineKind::Timer | LineKind::PercentileTimer);
    let whole = match kind {
        LineKind::DistributionSummary => return (value >= 0.0).then_some(value.abs()),
        _ if is_timer => (value * NANOS).trunc(),
        _ => value.trunc(),
    };
    // A number beyond 64 bits reads as the smallest one there, which is negative and ignored.
    (0.0..TWO_POW_63).contains(&whole).then_some(whole.abs())
}

/// The bucket of an amount. Of a percentile timer every value counts in one, even an ignored one:
/// times are brought into the range from a nanosecond to a day first.
fn bucket(kind: LineKind, amount: Option<f64>) -> Option<BucketIndex> {
    const DAY_NANOS: f64 = 86_400.0 * NANOS;
    let value = if kind == LineKind::PercentileTimer {
        amount.unwrap_or(0.0).clamp(1.0, DAY_NANOS)
    } else {
        amount?
    };
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a whole number from zero to below 2^63"
    )]
    let value = value as i64;
    Some(BucketIndex::of(value))
}

/// What a wrapping count gained; NaN for nothing. A gain beyond half of the range is a count that
/// started anew, which is said as zero.
fn unsigned_amount(delta: u64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "amounts are doubles")]
    match delta {
        0 => f64::NAN,
        1..=0x8000_0000_0000_0000 => delta as f64,
        _ => 0.0,
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "milliseconds are far below 2^53"
)]
fn millis(time: Timestamp) -> f64 {
    time.as_millis() as f64
}

const TWO_POW_63: f64 = 9_223_372_036_854_775_808.0;

//! Normalisation, rule by rule as `ingest.md` 3.3 words them.
//!
//! Takes the points of one series in the order of the log; gives the values of steps that follow.

use super::super::setting::Setting;
use super::super::universe::Kind;

/// What a series remembers.
#[derive(Clone, Debug)]
pub(super) enum Memory {
    Rate(Heartbeat),
    Counter {
        reading: Option<(i64, f64)>,
        rate: Heartbeat,
    },
    /// Gauge and sum: the merged values of steps.
    Merging {
        kind: Kind,
        steps: Vec<(i64, f64)>,
    },
}

/// The last update of a rate, and what the open step has gathered.
#[derive(Clone, Debug, Default)]
pub(super) struct Heartbeat {
    last_ms: Option<i64>,
    gathered: f64,
}

/// What became of a point that is not NaN.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    Counts,
    /// A rate or counter at or before its last time.
    NotLater,
    /// A gauge or sum older than the previous step.
    OlderStep,
}

impl Memory {
    pub(super) fn new(kind: Kind) -> Self {
        match kind {
            Kind::Rate => Self::Rate(Heartbeat::default()),
            Kind::Counter => Self::Counter {
                reading: None,
                rate: Heartbeat::default(),
            },
            Kind::Gauge | Kind::Sum => Self::Merging {
                kind,
                steps: Vec::new(),
            },
        }
    }

    /// The newest time that is remembered.
    pub(super) fn newest_ms(&self, step_ms: i64) -> Option<i64> {
        match self {
            Self::Rate(rate) => rate.last_ms,
            Self::Counter { reading, rate } => rate.last_ms.max(reading.map(|(time, _)| time)),
            Self::Merging { steps, .. } => steps.iter().map(|(slot, _)| slot * step_ms).max(),
        }
    }

    /// Takes one point; gives the values of steps in the order in which they overwrite.
    pub(super) fn point(
        &mut self,
        setting: &Setting,
        time_ms: i64,
        value: f64,
    ) -> (Fate, Vec<(i64, f64)>) {
        match self {
            Self::Rate(rate) => rate.update(setting.step_ms, setting.step_ms, time_ms, value),
            Self::Counter { reading, rate } => {
                let before = reading.replace((time_ms, value));
                let Some((before_ms, before)) = before else {
                    return (Fate::Counts, Vec::new());
                };
                let per_second = delta_per_second(time_ms - before_ms, value - before);
                let heartbeat_ms = setting.counter_heartbeat_ms();
                rate.update(setting.step_ms, heartbeat_ms, time_ms, per_second)
            }
            Self::Merging { .. } if value.is_nan() => (Fate::Counts, Vec::new()),
            Self::Merging { kind, steps } => {
                merge(*kind, steps, setting.slot_holding(time_ms), value)
            }
        }
    }
}

/// Zero when time or count did not go up: a reset yields 0.
#[expect(clippy::cast_precision_loss, reason = "minutes in milliseconds")]
fn delta_per_second(passed_ms: i64, delta: f64) -> f64 {
    if passed_ms <= 0 || delta <= 0.0 {
        0.0
    } else {
        delta / (passed_ms as f64 / 1000.0)
    }
}

impl Heartbeat {
    #[expect(
        clippy::cast_precision_loss,
        reason = "parts of a step in milliseconds"
    )]
    fn update(
        &mut self,
        step_ms: i64,
        heartbeat_ms: i64,
        time_ms: i64,
        value: f64,
    ) -> (Fate, Vec<(i64, f64)>) {
        if self.last_ms.is_some_and(|last| time_ms <= last) {
            return (Fate::NotLater, Vec::new());
        }
        if self
            .last_ms
            .is_some_and(|last| time_ms - last > heartbeat_ms)
        {
            *self = Self::default();
        }
        let part = |part_ms: i64| value * (part_ms as f64 / step_ms as f64);
        let offset = time_ms.rem_euclid(step_ms);
        let boundary = time_ms - offset;
        let mut values = Vec::new();
        match self.last_ms {
            Some(last) if last >= boundary => self.gathered += part(time_ms - last),
            Some(last) => {
                let open_end = last.div_euclid(step_ms) * step_ms + step_ms;
                values.push((open_end / step_ms, self.gathered + part(open_end - last)));
                let whole = open_end / step_ms + 1..=boundary / step_ms;
                values.extend(whole.map(|slot| (slot, value)));
                self.gathered = part(offset);
            }
            None => {
                let first = if offset == 0 {
                    value
                } else {
                    part(step_ms - offset)
                };
                values.push((boundary / step_ms, first));
                self.gathered = part(offset);
            }
        }
        self.last_ms = Some(time_ms);
        (Fate::Counts, values)
    }
}

/// The newest step and the one before it take further values; a step keeps its own number, so a
/// value never meets that of another step.
fn merge(
    kind: Kind,
    steps: &mut Vec<(i64, f64)>,
    slot: i64,
    value: f64,
) -> (Fate, Vec<(i64, f64)>) {
    let newest = steps.iter().map(|(slot, _)| *slot).max().unwrap_or(slot);
    if slot < newest - 1 {
        return (Fate::OlderStep, Vec::new());
    }
    let place = steps.iter().position(|(known, _)| *known == slot);
    let merged = match place.map(|place| steps[place].1) {
        // Infinities of both signs cancel to nothing; the next value begins anew.
        Some(old) if !old.is_nan() => combine(kind, old, value),
        Some(_) | None => value,
    };
    match place {
        Some(place) => steps[place].1 = merged,
        None => steps.push((slot, merged)),
    }
    let newest = newest.max(slot);
    steps.retain(|(slot, _)| *slot >= newest - 1);
    (Fate::Counts, vec![(slot, merged)])
}

fn combine(kind: Kind, old: f64, value: f64) -> f64 {
    if kind == Kind::Sum {
        return old + value;
    }
    // The larger one, zero above minus zero.
    let is_larger = value > old || (value == 0.0 && old == 0.0 && !value.is_sign_negative());
    if is_larger { value } else { old }
}

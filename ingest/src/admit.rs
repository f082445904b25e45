//! Admission: which datapoints become samples, and what the sender is told of the others.
//!
//! Takes a publish body or datapoints, the log time, and the owner's answer to "may this series be
//! created?"; gives one [`Batch`] and the refusals. A refused datapoint never costs its neighbours,
//! and equal input gives equal output: there is no clock here. What happens after the append
//! (normalisation by type, samples out of order) belongs to the store.

use telamon_model::{Batch, Row, Series, Timestamp};

use crate::datapoint::Datapoint;
use crate::json::{self, DecodeError};
use crate::rejected::{Reason, ReasonCounts, Rejected};
use crate::rules::message;
use crate::series_cache::{Outcome, SeriesCache, Slot, SlotIndex};

/// Most refusals of one request that are told in words; the rest is only counted, as the reference
/// does.
pub const MESSAGES_MAX: usize = 5;

/// The conditions that do not follow from the tags.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Admission {
    /// Furthest distance of a timestamp from the log time, in both directions, in milliseconds.
    pub age_max_ms: i64,
}

/// What admission made of one request.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Admitted {
    /// The samples to append; empty when everything was refused.
    pub batch: Batch,
    /// The first refusals in words, at most [`MESSAGES_MAX`].
    pub rejected: Vec<Rejected>,
    /// All refusals by reason.
    pub rejected_counts: ReasonCounts,
}

/// A limit on new series that is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Configuration key of the limit.
    pub limit: &'static str,
    /// Its value.
    pub max: u64,
}

/// A decoded datapoint whose tag set is known to the cache.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Point {
    pub(crate) slot: SlotIndex,
    pub(crate) timestamp: Timestamp,
    pub(crate) value: f64,
}

impl Admission {
    /// Decodes a publish body and admits its datapoints.
    ///
    /// `may_create` is asked once for each valid series that the cache has not yet seen admitted;
    /// the owner answers from its own list of known series.
    ///
    /// # Errors
    /// The body is no publish payload; then nothing of it is admitted.
    pub fn admit_json(
        &self,
        body: &[u8],
        now: Timestamp,
        cache: &mut SeriesCache,
        may_create: &mut dyn FnMut(&Series) -> Result<(), Refusal>,
    ) -> Result<Admitted, DecodeError> {
        let points = json::decode_points(body, cache)?;
        Ok(self.admit_points(&points, now, cache, may_create))
    }

    /// Admits datapoints; see [`Admission::admit_json`].
    pub fn admit(
        &self,
        datapoints: &[Datapoint],
        now: Timestamp,
        cache: &mut SeriesCache,
        may_create: &mut dyn FnMut(&Series) -> Result<(), Refusal>,
    ) -> Admitted {
        cache.begin();
        let points: Vec<Point> = datapoints
            .iter()
            .map(|datapoint| Point {
                slot: cache.slot_of(datapoint.tags.clone()),
                timestamp: datapoint.timestamp,
                value: datapoint.value,
            })
            .collect();
        self.admit_points(&points, now, cache, may_create)
    }

    fn admit_points(
        &self,
        points: &[Point],
        now: Timestamp,
        cache: &mut SeriesCache,
        may_create: &mut dyn FnMut(&Series) -> Result<(), Refusal>,
    ) -> Admitted {
        let mut admitted = Admitted::default();
        admitted.batch.rows.reserve_exact(points.len());
        let request = cache.request();
        for (index, point) in points.iter().enumerate() {
            let age_refusal = self.refuse_by_age(now, point.timestamp);
            let slot = cache.slot_mut(point.slot);
            if age_refusal.is_none() {
                if slot.request != request {
                    slot.request = request;
                    slot.series_index = enter(slot, &mut admitted.batch, may_create);
                }
                if slot.series_index != Slot::REFUSED {
                    admitted.batch.rows.push(Row {
                        series_index: slot.series_index,
                        timestamp: point.timestamp,
                        value: point.value,
                    });
                    continue;
                }
            }
            let needs_text = admitted.rejected.len() < MESSAGES_MAX;
            let (reason, message) = self.refusal(slot, age_refusal, (now, point), needs_text);
            admitted.rejected_counts.add(reason);
            if needs_text {
                admitted.rejected.push(Rejected {
                    reason,
                    index,
                    message,
                });
            }
        }
        admitted
    }

    fn refuse_by_age(&self, now: Timestamp, timestamp: Timestamp) -> Option<Reason> {
        // Wraps as the reference does: a timestamp near the smallest i64 reads as from the future.
        let age = now.as_millis().wrapping_sub(timestamp.as_millis());
        if age > self.age_max_ms {
            Some(Reason::TooOld)
        } else if age < -self.age_max_ms {
            Some(Reason::FromFuture)
        } else {
            None
        }
    }

    /// The reason why a point did not become a row, and the sentence for it when it is wanted.
    fn refusal(
        &self,
        slot: &Slot,
        age_refusal: Option<Reason>,
        (now, point): (Timestamp, &Point),
        needs_text: bool,
    ) -> (Reason, String) {
        let tags = slot.outcome.tags();
        let reason = match (&slot.outcome, age_refusal) {
            (_, Some(reason)) => reason,
            (Outcome::Invalid(refused), None) => refused.1.reason,
            (Outcome::Valid(_), None) => Reason::SeriesLimit,
        };
        if !needs_text {
            return (reason, String::new());
        }
        let text = match (&slot.outcome, age_refusal) {
            (_, Some(Reason::TooOld)) => format!(
                "data is too old: now = {now}, timestamp = {}, {} > {}",
                point.timestamp,
                now.as_millis().wrapping_sub(point.timestamp.as_millis()),
                self.age_max_ms
            ),
            (_, Some(_)) => {
                format!(
                    "data is from future: now = {now}, timestamp = {}",
                    point.timestamp
                )
            }
            (Outcome::Invalid(refused), None) => return (reason, refused.1.message(tags)),
            (Outcome::Valid(_), None) => slot.refusal.map_or_else(
                || "too many series".to_owned(),
                |refusal| format!("too many series: {} = {}", refusal.limit, refusal.max),
            ),
        };
        (reason, message(&text, tags))
    }
}

/// Puts the series of a slot into the batch and gives its index there, or [`Slot::REFUSED`].
fn enter(
    slot: &mut Slot,
    batch: &mut Batch,
    may_create: &mut dyn FnMut(&Series) -> Result<(), Refusal>,
) -> u32 {
    let Outcome::Valid(series) = &slot.outcome else {
        return Slot::REFUSED;
    };
    if !slot.is_admitted {
        slot.refusal = may_create(series).err();
        if slot.refusal.is_some() {
            return Slot::REFUSED;
        }
        slot.is_admitted = true;
    }
    let index = u32::try_from(batch.series.len()).expect("a request is far smaller than 2^32");
    batch.series.push(series.clone());
    index
}

#[cfg(test)]
mod tests;

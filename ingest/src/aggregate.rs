//! Agent lines of one step in, datapoints at its end out: what a metric agent and the Atlas
//! aggregator behind it do together.
//!
//! ```text
//!   step k          c:n:1  t:m:0.2  c:n:4        step k+1
//!   ├───────────────────────────────────────────►├──────────
//!                                                 advance(now) ─► n 5/step, m count, total, ...
//!                                                 stamped with the end of step k
//! ```
//!
//! Takes packets and the time, gives [`Datapoint`]s for [`admit`](crate::admit): amounts divided by
//! the seconds of the step, gauges and largest values as they are, each with `statistic` and
//! `atlas.dstype`, sorted by their canonical tags. What each type of line means is told in
//! `docs/formats/line-protocol.md`. No tag is dropped. There is no clock here: lines belong to the
//! step that is open, and only [`StepAggregator::advance`] closes it.
//!
//! Memory is bounded by [`AggregatorLimits`]; what exceeds them is dropped and counted. Sockets, the
//! timer and the checks of tags belong to others.

mod heads;
mod meter;
mod outputs;

use telamon_model::{Slot, Step, Tags, Timestamp};

use crate::datapoint::Datapoint;
use crate::line::{self, Line, LineKind, LineReason, LineReject};
use heads::Heads;
use meter::Meter;
use outputs::Outputs;

/// How long a meter lives without an update, as in the reference agent.
pub const METER_TTL_MS: i64 = 15 * 60 * 1000;

/// Most steps that one call closes. Readings of older steps would be refused for their age anyway.
pub const STEPS_CAUGHT_UP_MAX: i64 = 6;

/// What an aggregator is made with.
#[derive(Clone, Debug)]
pub struct AggregatorOptions {
    /// The step whose ends are the timestamps.
    pub step: Step,
    /// Tags of every datapoint; a tag of the line wins over them.
    pub common_tags: Tags,
    /// Milliseconds that a meter lives without an update; [`METER_TTL_MS`] as a rule.
    pub meter_ttl_ms: i64,
    /// Bounds of the memory.
    pub limits: AggregatorLimits,
}

/// Bounds of the memory of an aggregator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AggregatorLimits {
    /// Most meters, which are name, tags and type of lines.
    pub meters_max: usize,
    /// Most series that the meters make; a percentile timer alone may make 280.
    pub series_max: usize,
    /// Most age gauges, which never expire.
    pub age_gauges_max: usize,
    /// Longest name with tags of a line, in bytes.
    pub head_bytes_max: usize,
    /// Most bytes of names with tags, as sent, that are remembered to save the parsing of tags.
    pub memo_bytes_max: usize,
}

impl AggregatorLimits {
    /// Fit for one machine with many processes; age gauges as in the reference agent, and twice the
    /// longest line that a well-behaved client writes.
    pub const STANDARD: Self = Self {
        meters_max: 200_000,
        series_max: 1_000_000,
        age_gauges_max: 1000,
        head_bytes_max: 8192,
        memo_bytes_max: 64 << 20,
    };
}

/// Why a well-formed line had no effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LineDrop {
    /// The value means nothing to the type, as a negative amount.
    IgnoredValue,
    /// Name and tags are longer than [`AggregatorLimits::head_bytes_max`].
    HeadTooLong,
    /// The meter is new and [`AggregatorLimits::meters_max`] is reached.
    TooManyMeters,
    /// The line makes a new series and [`AggregatorLimits::series_max`] is reached.
    TooManySeries,
    /// The age gauge is new and [`AggregatorLimits::age_gauges_max`] is reached.
    TooManyAgeGauges,
}

impl LineDrop {
    /// Every reason.
    pub const ALL: [Self; 5] = [
        Self::IgnoredValue,
        Self::HeadTooLong,
        Self::TooManyMeters,
        Self::TooManySeries,
        Self::TooManyAgeGauges,
    ];

    /// The stable name that metrics and logs use.
    pub fn name(self) -> &'static str {
        match self {
            Self::IgnoredValue => "ignored_value",
            Self::HeadTooLong => "head_too_long",
            Self::TooManyMeters => "too_many_meters",
            Self::TooManySeries => "too_many_series",
            Self::TooManyAgeGauges => "too_many_age_gauges",
        }
    }
}

/// What happened since the aggregator was made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AggregatorCounts {
    /// Lines that had an effect.
    pub lines: u64,
    /// Of these, lines with text behind the number.
    pub trailing_text: u64,
    /// Meters that expired.
    pub expired_meters: u64,
    /// Steps that were skipped because time jumped by more than [`STEPS_CAUGHT_UP_MAX`].
    pub skipped_steps: u64,
    rejected: [u64; LineReason::ALL.len()],
    dropped: [u64; LineDrop::ALL.len()],
}

impl AggregatorCounts {
    /// Lines that could not be read, for one reason.
    pub fn rejected(&self, reason: LineReason) -> u64 {
        self.rejected[reason as usize]
    }

    /// Well-formed lines without effect, for one reason.
    pub fn dropped(&self, reason: LineDrop) -> u64 {
        self.dropped[reason as usize]
    }
}

/// Brings the lines of each step to datapoints; see the module.
#[derive(Debug)]
pub struct StepAggregator {
    options: AggregatorOptions,
    heads: Heads,
    meters: Meters,
    outputs: Outputs,
    /// The step that takes lines now; `None` before the first call.
    open: Option<Slot>,
    /// The latest time seen; an earlier one is read as this one.
    now: Timestamp,
    counts: AggregatorCounts,
}

impl StepAggregator {
    /// An aggregator without meters.
    pub fn new(options: AggregatorOptions) -> Self {
        Self {
            heads: Heads::new(options.limits.memo_bytes_max),
            meters: Meters::default(),
            outputs: Outputs::new(options.limits.series_max, options.step.as_seconds()),
            open: None,
            now: Timestamp(i64::MIN),
            counts: AggregatorCounts::default(),
            options,
        }
    }

    /// Takes the lines of a packet into the open step and gives the lines that could not be read.
    ///
    /// The owner calls [`StepAggregator::advance`] with the same time first; a line that comes
    /// after the end of the open step counts for the open step nevertheless, so none is lost.
    pub fn packet(&mut self, packet: &[u8], now: Timestamp) -> Vec<LineReject> {
        let mut rejected = Vec::new();
        for line in line::lines(packet) {
            match line {
                // What became of it is in the counts.
                Ok(line) => drop(self.line(&line, now)),
                Err(reject) => {
                    self.counts.rejected[reject.reason as usize] += 1;
                    rejected.push(reject);
                }
            }
        }
        rejected
    }

    /// Takes one line into the open step.
    ///
    /// # Errors
    /// The line has no effect.
    pub fn line(&mut self, line: &Line<'_>, now: Timestamp) -> Result<(), LineDrop> {
        let now = self.observe(now);
        let taken = self.record(line, now);
        match taken {
            Ok(()) => {
                self.counts.lines += 1;
                self.counts.trailing_text += u64::from(!line.trailing.is_empty());
            }
            Err(reason) => self.counts.dropped[reason as usize] += 1,
        }
        taken
    }

    /// Closes the steps that have ended by `now` and gives their datapoints, step by step and
    /// sorted by canonical tags in each. Cheap when no step has ended.
    pub fn advance(&mut self, now: Timestamp) -> Vec<Datapoint> {
        let now = self.observe(now);
        let step = self.options.step;
        let current = step.slot_ended_by(now).plus(1);
        let mut datapoints = Vec::new();
        let mut slot = self.open.unwrap_or(current);
        while slot < current {
            self.close(slot, step.end_of(slot), &mut datapoints);
            let next = slot.plus(1).max(current.plus(1 - STEPS_CAUGHT_UP_MAX));
            self.counts.skipped_steps += (next.0 - slot.0 - 1).unsigned_abs();
            slot = next;
        }
        self.open = Some(current);
        datapoints
    }

    /// Closes the open step before its end: for a process that is about to stop. The datapoints of
    /// the open step have its end as timestamp, which lies ahead by less than a step.
    pub fn flush(&mut self, now: Timestamp) -> Vec<Datapoint> {
        let mut datapoints = self.advance(now);
        if let Some(open) = self.open {
            self.close(open, self.now, &mut datapoints);
        }
        datapoints
    }

    /// What happened so far.
    pub fn counts(&self) -> &AggregatorCounts {
        &self.counts
    }

    /// Meters held.
    pub fn meter_count(&self) -> usize {
        self.meters.len()
    }

    /// Series that the meters held make.
    pub fn series_count(&self) -> usize {
        self.outputs.len()
    }

    fn observe(&mut self, now: Timestamp) -> Timestamp {
        self.now = self.now.max(now);
        if self.open.is_none() {
            self.open = Some(self.options.step.slot_ended_by(self.now).plus(1));
        }
        self.now
    }

    fn record(&mut self, line: &Line<'_>, now: Timestamp) -> Result<(), LineDrop> {
        if let Some(index) = self.heads.find(line.kind, line.head())
            && let Some(meter) = self.meters.at(index)
        {
            return meter.record(line, now, &mut self.outputs);
        }
        let index = self.find_or_create(line, now)?;
        let meter = self.meters.at(index);
        let meter = meter.expect("tags are forgotten together with their meter");
        meter.record(line, now, &mut self.outputs)
    }

    /// The way of a line whose bytes have not been seen lately.
    fn find_or_create(&mut self, line: &Line<'_>, now: Timestamp) -> Result<MeterIndex, LineDrop> {
        let limits = &self.options.limits;
        if line.head().len() > limits.head_bytes_max {
            return Err(LineDrop::HeadTooLong);
        }
        let tags = self.outputs.intern(&self.options.common_tags, &line.tags());
        if let Some(index) = self.heads.find_tags(line.kind, &tags) {
            self.heads.remember(line.kind, line.head(), index);
            return Ok(index);
        }
        if self.meters.len() >= limits.meters_max {
            return Err(LineDrop::TooManyMeters);
        }
        if line.kind == LineKind::Age && self.meters.age_gauges >= limits.age_gauges_max {
            return Err(LineDrop::TooManyAgeGauges);
        }
        let meter = Meter::new(line.kind, tags.clone(), now, &mut self.outputs);
        let index = self.meters.insert(meter.ok_or(LineDrop::TooManySeries)?);
        self.heads.remember(line.kind, line.head(), index);
        self.heads.remember_tags(line.kind, tags, index);
        Ok(index)
    }

    /// Gives the datapoints of a step, whose state is what it is at `now`, and forgets idle meters.
    fn close(&mut self, slot: Slot, now: Timestamp, datapoints: &mut Vec<Datapoint>) {
        let ttl_ms = self.options.meter_ttl_ms;
        for meter in self.meters.iter_mut() {
            meter.measure(now, ttl_ms, &mut self.outputs);
        }
        self.outputs
            .take(self.options.step.end_of(slot), datapoints);
        for meter in self.meters.take_expired(now, ttl_ms) {
            meter.release(&mut self.outputs);
            self.heads.forget_tags(meter.kind(), meter.tags());
            self.counts.expired_meters += 1;
        }
        self.outputs.sweep();
    }
}

/// The meters, at places that stay theirs while they live.
#[derive(Debug, Default)]
struct Meters {
    places: Vec<Place>,
    free: Vec<u32>,
    age_gauges: usize,
}

#[derive(Debug)]
struct Place {
    /// Tells the former owners of the place from the present one.
    generation: u32,
    meter: Option<Meter>,
}

/// A meter's place and its generation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct MeterIndex {
    place: u32,
    generation: u32,
}

impl Meters {
    fn len(&self) -> usize {
        self.places.len() - self.free.len()
    }

    fn insert(&mut self, meter: Meter) -> MeterIndex {
        self.age_gauges += usize::from(meter.kind() == LineKind::Age);
        if let Some(place) = self.free.pop() {
            let owner = &mut self.places[place as usize];
            owner.meter = Some(meter);
            let generation = owner.generation;
            return MeterIndex { place, generation };
        }
        let place = u32::try_from(self.places.len()).expect("2^32 meters do not fit into memory");
        self.places.push(Place {
            generation: 0,
            meter: Some(meter),
        });
        MeterIndex {
            place,
            generation: 0,
        }
    }

    /// The meter of an index; `None` when it has expired since.
    fn at(&mut self, index: MeterIndex) -> Option<&mut Meter> {
        let place = &mut self.places[index.place as usize];
        place
            .meter
            .as_mut()
            .filter(|_| place.generation == index.generation)
    }

    fn iter_mut(&mut self) -> impl Iterator<Item = &mut Meter> {
        self.places
            .iter_mut()
            .filter_map(|place| place.meter.as_mut())
    }

    fn take_expired(&mut self, now: Timestamp, ttl_ms: i64) -> Vec<Meter> {
        let mut expired = Vec::new();
        for (index, place) in (0..).zip(&mut self.places) {
            let is_expired = |meter: &mut Meter| meter.is_expired(now, ttl_ms);
            if let Some(meter) = place.meter.take_if(is_expired) {
                place.generation = place.generation.wrapping_add(1);
                self.age_gauges -= usize::from(meter.kind() == LineKind::Age);
                self.free.push(index);
                expired.push(meter);
            }
        }
        expired
    }
}

#[cfg(test)]
mod tests;

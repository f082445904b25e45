//! The naive store: a map from (series, slot) to value, with the rules of normalisation written down
//! a second time, in another way.

use std::collections::BTreeMap;

use telamon_model::{Batch, DsType, Series, SeriesId, Slot, SlotRange, Timestamp};

use crate::options::Options;

pub(super) struct Model {
    options: Options,
    clock: i64,
    series: BTreeMap<SeriesId, (Series, Memory)>,
    cells: BTreeMap<(SeriesId, i64), f64>,
}

#[derive(Default)]
struct Memory {
    /// Rates: time of the last point, and per slot what the points so far add up to.
    last: Option<i64>,
    parts: BTreeMap<i64, f64>,
    /// Counters: the previous reading.
    reading: Option<(i64, f64)>,
    /// Gauges and sums: all values ever merged, per slot.
    merged: BTreeMap<i64, f64>,
}

fn slot_of(time: i64, step: i64) -> i64 {
    time.div_euclid(step) + i64::from(time.rem_euclid(step) > 0)
}

impl Model {
    pub(super) fn new(options: Options) -> Self {
        Self {
            options,
            clock: i64::MIN,
            series: BTreeMap::new(),
            cells: BTreeMap::new(),
        }
    }

    fn seal_after(&self) -> i64 {
        self.options.age_max_ms + 120_000.max(2 * self.options.step.as_millis())
    }

    fn first_held(&self) -> i64 {
        let slots = i64::from(self.options.block_slots);
        let oldest = slot_of(
            self.clock - self.options.retention_ms,
            self.options.step.as_millis(),
        );
        (oldest - 1).div_euclid(slots) * slots + 1
    }

    pub(super) fn apply(&mut self, now: i64, batch: &Batch) {
        self.clock = self.clock.max(now);
        let step = self.options.step.as_millis();
        let heartbeat = if step < 60_000 { 120_000 } else { 2 * step };
        let forget =
            (i64::from(self.options.block_slots) * step).max(self.seal_after() + step + heartbeat);
        let sealed =
            |slot: i64| self.clock > slot * step + self.options.age_max_ms + 120_000.max(2 * step);
        for row in &batch.rows {
            let (time, value) = (row.timestamp.0, row.value);
            let slot = slot_of(time, step);
            if sealed(slot) || slot > slot_of(self.clock + self.options.age_max_ms, step) {
                continue;
            }
            let series = &batch.series[row.series_index as usize];
            let (_, memory) = self
                .series
                .entry(series.id())
                .or_insert_with(|| (series.clone(), Memory::default()));
            if memory
                .newest(step)
                .is_some_and(|newest| newest < self.clock - forget)
            {
                *memory = Memory::default();
            }
            for (slot, value) in memory.point(series.dstype(), (time, value), step, heartbeat) {
                if !value.is_nan() && !sealed(slot) {
                    self.cells.insert((series.id(), slot), value);
                }
            }
        }
    }

    /// Values that are still held, of all series that have any.
    pub(super) fn held(&self) -> BTreeMap<SeriesId, BTreeMap<i64, u64>> {
        let first_held = self.first_held();
        let mut held: BTreeMap<SeriesId, BTreeMap<i64, u64>> = BTreeMap::new();
        for (&(id, slot), value) in &self.cells {
            if slot >= first_held {
                held.entry(id).or_default().insert(slot, value.to_bits());
            }
        }
        held
    }

    /// A range that covers everything ever written and more.
    pub(super) fn all_slots(&self) -> SlotRange {
        let slots = self.cells.keys().map(|(_, slot)| *slot);
        let last = slots.clone().max().unwrap_or(0);
        SlotRange {
            start: Slot(slots.min().unwrap_or(0) - 30),
            end: Slot(last + 30),
        }
    }

    pub(super) fn clock(&self) -> Timestamp {
        Timestamp(self.clock)
    }
}

impl Memory {
    fn newest(&self, step: i64) -> Option<i64> {
        let merged = self.merged.keys().next_back().map(|slot| slot * step);
        self.last
            .max(self.reading.map(|(time, _)| time))
            .max(merged)
    }

    fn point(
        &mut self,
        dstype: DsType,
        (time, value): (i64, f64),
        step: i64,
        heartbeat: i64,
    ) -> Vec<(i64, f64)> {
        match dstype {
            DsType::Rate => self.rate(time, value, step, step),
            DsType::Counter => {
                let Some((before, reading)) = self.reading.replace((time, value)) else {
                    return Vec::new();
                };
                #[expect(clippy::cast_precision_loss, reason = "small numbers")]
                let seconds = (time - before) as f64 / 1000.0;
                let delta = value - reading;
                let rate = if time <= before || delta <= 0.0 {
                    0.0
                } else {
                    delta / seconds
                };
                self.rate(time, rate, step, heartbeat)
            }
            DsType::Gauge | DsType::Sum => {
                let slot = slot_of(time, step);
                let newest = self.merged.keys().next_back().copied();
                if value.is_nan() || newest.is_some_and(|newest| slot < newest - 1) {
                    return Vec::new();
                }
                let merged = match self.merged.get(&slot) {
                    None => value,
                    Some(&old) if dstype == DsType::Sum => old + value,
                    Some(&old) => old.max(value),
                };
                self.merged.insert(slot, merged);
                vec![(slot, merged)]
            }
        }
    }

    /// Every slot that the time since the last point overlaps gets its share; ended ones are emitted.
    #[expect(clippy::cast_precision_loss, reason = "small numbers")]
    fn rate(&mut self, time: i64, value: f64, step: i64, heartbeat: i64) -> Vec<(i64, f64)> {
        if self.last.is_some_and(|last| time <= last) {
            return Vec::new();
        }
        let first_slot = slot_of(time, step);
        let ended = time.div_euclid(step);
        let share = |ms: i64| value * (ms as f64 / step as f64);
        let known = self.last.filter(|last| time - last <= heartbeat);
        self.last = Some(time);
        let Some(last) = known else {
            self.parts.clear();
            let offset = time - ended * step;
            if offset > 0 {
                self.parts.insert(first_slot, share(offset));
                return vec![(ended, share(step - offset))];
            }
            self.parts.insert(ended + 1, share(0));
            return vec![(ended, value)];
        };
        let mut emitted = Vec::new();
        for slot in slot_of(last + 1, step)..=slot_of(time, step) {
            let overlap = time.min(slot * step) - last.max((slot - 1) * step);
            let before = self.parts.remove(&slot);
            let total = before.map_or(share(overlap), |before| before + share(overlap));
            if slot <= ended {
                emitted.push((slot, total));
            } else {
                self.parts.insert(slot, total);
            }
        }
        if ended * step == time {
            self.parts.insert(ended + 1, share(0));
        }
        emitted
    }
}

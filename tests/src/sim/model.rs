//! The naive store: for each series a map from slot to value, and the rules of `ingest.md` 3.3 and
//! of design point 4 written down a second time.
//!
//! Takes records one by one, as the log has them; gives what each dropped, which steps it closed and
//! what a reader may see. Nothing here is fast and nothing is shared with the rooms under test. A
//! cell keeps its older values together with the record that wrote them, so that a *cut* of the past,
//! one record number per partition, can still be read.

mod alerts;
mod closing;
mod normalise;

use std::collections::{BTreeMap, BTreeSet};

use telamon_store::ApplyDrops;

use super::question::Cells;
use super::setting::Setting;
use super::universe::{Kind, Universe};
pub(crate) use alerts::AlertModel;
pub(crate) use closing::Closed;
use closing::Closing;
use normalise::{Fate, Memory};

/// One sample on its way, by the place of its series in the universe.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Sample {
    pub(crate) series: usize,
    pub(crate) time_ms: i64,
    pub(crate) value: f64,
}

/// Up to which record a partition is seen, and its log time there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Cut {
    pub(crate) record: u64,
    pub(crate) clock_ms: i64,
}

/// The naive store.
#[derive(Clone, Debug)]
pub(crate) struct Model {
    setting: Setting,
    /// Per partition; `None` before its first record.
    clocks: Vec<Option<i64>>,
    /// Records applied so far.
    records: u64,
    series: BTreeMap<usize, Kept>,
    closing: Closing,
}

#[derive(Clone, Debug)]
struct Kept {
    memory: Memory,
    newest: Option<i64>,
    /// Per slot: the record that wrote it and the value, oldest first.
    cells: BTreeMap<i64, Vec<(u64, f64)>>,
}

/// What one record did.
#[derive(Clone, Debug)]
pub(crate) struct Effect {
    pub(crate) dropped: ApplyDrops,
    /// Steps that all partitions have closed with it.
    pub(crate) closed: Vec<Closed>,
}

impl Model {
    pub(crate) fn new(setting: &Setting) -> Self {
        let partitions = usize::from(setting.partitions);
        Self {
            setting: setting.clone(),
            clocks: vec![None; partitions],
            records: 0,
            series: BTreeMap::new(),
            closing: Closing::new(partitions),
        }
    }

    /// Log time of a partition's last record.
    pub(crate) fn clock(&self, partition: u16) -> Option<i64> {
        self.clocks[usize::from(partition)]
    }

    /// The newest log time of all partitions.
    pub(crate) fn newest_clock(&self) -> Option<i64> {
        self.clocks.iter().copied().max().flatten()
    }

    /// Applies one record of one partition.
    pub(crate) fn apply(
        &mut self,
        partition: u16,
        log_time_ms: i64,
        samples: &[Sample],
        universe: &Universe,
    ) -> Effect {
        let clock = &mut self.clocks[usize::from(partition)];
        let now = clock.map_or(log_time_ms, |clock| clock.max(log_time_ms));
        *clock = Some(now);
        // Before the record: its own cuts are read after it.
        self.prune();
        self.records += 1;
        let mut effect = Effect {
            dropped: ApplyDrops::default(),
            closed: Vec::new(),
        };
        for sample in samples {
            let kind = universe.known[sample.series].kind;
            self.sample((partition, now), sample, kind, &mut effect.dropped);
        }
        let cut = Cut {
            record: self.records,
            clock_ms: now,
        };
        let series = &self.series;
        let newest_of = |index: usize| series.get(&index).and_then(|kept| kept.newest);
        self.closing
            .advance(&self.setting, partition, cut, &newest_of);
        effect.closed = self.closing.leave(&self.setting);
        effect
    }

    fn sample(
        &mut self,
        (partition, now): (u16, i64),
        sample: &Sample,
        kind: Kind,
        dropped: &mut ApplyDrops,
    ) {
        let setting = &self.setting;
        let is_sealed = |slot: i64| now > slot * setting.step_ms + setting.seal_after_ms();
        let slot = setting.slot_holding(sample.time_ms);
        if is_sealed(slot) {
            dropped.sealed += 1;
            return;
        }
        if slot > setting.slot_holding(now + setting.age_max_ms) {
            dropped.future += 1;
            return;
        }
        let kept = self.series.entry(sample.series).or_insert_with(|| Kept {
            memory: Memory::new(kind),
            newest: None,
            cells: BTreeMap::new(),
        });
        let last = kept.memory.newest_ms(setting.step_ms);
        if last.is_some_and(|last| last < now - setting.forget_after_ms()) {
            kept.memory = Memory::new(kind);
        }
        let (fate, values) = kept.memory.point(setting, sample.time_ms, sample.value);
        let before = kept.newest;
        let mut met_sealed = false;
        for (slot, value) in values {
            if value.is_nan() {
                continue;
            }
            if is_sealed(slot) {
                met_sealed = true;
                continue;
            }
            let history = kept.cells.entry(slot).or_default();
            history.push((self.records, value));
            let needed = self.closing.oldest_record(partition, self.records);
            while history.len() > 1 && history[1].0 <= needed {
                history.remove(0);
            }
            kept.newest = kept.newest.max(Some(slot));
        }
        match fate {
            _ if sample.value.is_nan() => dropped.nan += 1,
            Fate::Counts => dropped.sealed += u64::from(met_sealed),
            Fate::NotLater => dropped.duplicate_or_older += 1,
            Fate::OlderStep => dropped.too_old_step += 1,
        }
        if kept.newest != before
            && let Some(newest) = kept.newest
        {
            self.closing.arrived(partition, sample.series, newest);
        }
    }

    /// Drops what no reader can see any more.
    fn prune(&mut self) {
        if !self.records.is_multiple_of(64) {
            return;
        }
        let Some(&oldest) = self.clocks.iter().flatten().min() else {
            return;
        };
        // A partition that waits for the others to close a step shows what it held then.
        let oldest = self
            .closing
            .oldest_clock()
            .map_or(oldest, |cut| cut.min(oldest));
        let before = self.setting.first_held(oldest) - 2 * self.setting.block_slots;
        let forget_before = oldest - self.setting.forget_after_ms();
        let step_ms = self.setting.step_ms;
        self.series.retain(|_, kept| {
            kept.cells = kept.cells.split_off(&before);
            let remembered = kept.memory.newest_ms(step_ms);
            !kept.cells.is_empty() || remembered >= Some(forget_before)
        });
    }

    /// What a reader sees of a partition now.
    pub(crate) fn cut(&self, partition: u16) -> Option<Cut> {
        self.clock(partition).map(|clock_ms| Cut {
            record: self.records,
            clock_ms,
        })
    }

    /// The store as of now.
    pub(crate) fn now<'a>(&'a self, universe: &'a Universe) -> View<'a> {
        let cuts = (0..self.setting.partitions).map(|partition| self.cut(partition));
        View {
            model: self,
            universe,
            cuts: cuts.collect(),
        }
    }

    /// The store as of some cuts, one per partition.
    pub(crate) fn at<'a>(&'a self, universe: &'a Universe, cuts: &[Cut]) -> View<'a> {
        View {
            model: self,
            universe,
            cuts: cuts.iter().copied().map(Some).collect(),
        }
    }

    /// The bits of all values that retention keeps, by series.
    pub(crate) fn held(&self, universe: &Universe) -> BTreeMap<usize, BTreeMap<i64, u64>> {
        let view = self.now(universe);
        let mut held = BTreeMap::new();
        for series in view.series() {
            let cells: BTreeMap<i64, u64> = view
                .slots(series)
                .map(|(slot, value)| (slot, value.to_bits()))
                .collect();
            if !cells.is_empty() {
                held.insert(series, cells);
            }
        }
        held
    }
}

/// The model as of one cut of each partition.
#[derive(Clone, Debug)]
pub(crate) struct View<'a> {
    model: &'a Model,
    universe: &'a Universe,
    cuts: Vec<Option<Cut>>,
}

impl View<'_> {
    /// Values of a series that this view shows.
    fn slots(&self, series: usize) -> impl Iterator<Item = (i64, f64)> + '_ {
        let partition = usize::from(self.universe.known[series].partition);
        let cut = self.cuts[partition];
        let cells = cut.and_then(|cut| {
            let first = self.model.setting.first_held(cut.clock_ms);
            let kept = self.model.series.get(&series)?;
            Some((cut, kept.cells.range(first..)))
        });
        cells.into_iter().flat_map(|(cut, cells)| {
            cells.filter_map(move |(&slot, history)| {
                let newest = history
                    .iter()
                    .rev()
                    .find(|(record, _)| *record <= cut.record);
                newest.map(|&(_, value)| (slot, value))
            })
        })
    }

    /// Keys and values of tags of everything that holds a value, with the number of series.
    pub(crate) fn tag_values(&self, key: &str) -> BTreeMap<String, u64> {
        let mut values = BTreeMap::new();
        for series in self.series() {
            if self.slots(series).next().is_some()
                && let Some(value) = self.universe.known[series].pairs.get(key)
            {
                *values.entry(value.clone()).or_default() += 1;
            }
        }
        values
    }
}

impl Cells for View<'_> {
    fn universe(&self) -> &Universe {
        self.universe
    }

    fn series(&self) -> BTreeSet<usize> {
        self.model.series.keys().copied().collect()
    }

    fn value(&self, series: usize, slot: i64) -> Option<f64> {
        let partition = usize::from(self.universe.known[series].partition);
        let cut = self.cuts[partition]?;
        if slot < self.model.setting.first_held(cut.clock_ms) {
            return None;
        }
        let history = self.model.series.get(&series)?.cells.get(&slot)?;
        let newest = history
            .iter()
            .rev()
            .find(|(record, _)| *record <= cut.record);
        newest.map(|&(_, value)| value)
    }
}

//! When steps close, by the words of the design: per partition at the record where all its series
//! that wrote slot T-1 have written T, or where its log time passes T + 0.9 step + 2 s; for all, in
//! order, once every partition has a cut.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::super::setting::Setting;
use super::Cut;

/// A step that every partition has closed, with the cut of each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Closed {
    pub(crate) slot: i64,
    pub(crate) cuts: Vec<Cut>,
}

/// How far every partition has closed.
#[derive(Clone, Debug)]
pub(super) struct Closing {
    partitions: Vec<Progress>,
    next: Option<i64>,
}

#[derive(Clone, Debug, Default)]
struct Progress {
    closed: Option<i64>,
    first: Option<i64>,
    /// Series that had a slot as their newest, by slot.
    wrote: BTreeMap<i64, BTreeSet<usize>>,
    cuts: VecDeque<(i64, Cut)>,
}

impl Closing {
    pub(super) fn new(partitions: usize) -> Self {
        Self {
            partitions: vec![Progress::default(); partitions],
            next: None,
        }
    }

    /// A series has a new newest slot.
    pub(super) fn arrived(&mut self, partition: u16, series: usize, newest: i64) {
        let wrote = &mut self.partitions[usize::from(partition)].wrote;
        wrote.entry(newest).or_default().insert(series);
    }

    /// Closes what a record of the partition closes, the record being applied.
    pub(super) fn advance(
        &mut self,
        setting: &Setting,
        partition: u16,
        cut: Cut,
        newest_of: &dyn Fn(usize) -> Option<i64>,
    ) {
        let progress = &mut self.partitions[usize::from(partition)];
        let due = (cut.clock_ms - setting.close_after_ms()).div_euclid(setting.step_ms);
        let ended = cut.clock_ms.div_euclid(setting.step_ms);
        let mut closed = progress.closed.map_or(due, |closed| closed.max(due));
        while closed < ended {
            let wrote = progress.wrote.get(&closed);
            let all_went_on = wrote.is_some_and(|series| {
                !series.is_empty() && series.iter().all(|&one| newest_of(one) > Some(closed))
            });
            if !all_went_on {
                break;
            }
            closed += 1;
        }
        progress.wrote = progress.wrote.split_off(&closed);
        if progress.closed != Some(closed) {
            progress.closed = Some(closed);
            progress.first.get_or_insert(closed);
            progress.cuts.push_back((closed, cut));
        }
    }

    /// The steps that leave now. Of a pause so long that retention dropped steps of it, those are
    /// left out.
    pub(super) fn leave(&mut self, setting: &Setting) -> Vec<Closed> {
        let mut left = Vec::new();
        loop {
            let firsts: Option<Vec<i64>> = self.partitions.iter().map(|one| one.first).collect();
            let Some(start) = firsts.and_then(|firsts| firsts.into_iter().min()) else {
                return left;
            };
            let slot = self.next.unwrap_or(start);
            let fronts: Option<Vec<(i64, Cut)>> = self
                .partitions
                .iter()
                .map(|one| {
                    one.cuts
                        .iter()
                        .find(|(through, _)| *through >= slot)
                        .copied()
                })
                .collect();
            let Some(fronts) = fronts else {
                return left;
            };
            let held = fronts
                .iter()
                .map(|(_, cut)| setting.first_held(cut.clock_ms));
            let through = fronts.iter().map(|(through, _)| *through).min();
            let slot = slot.max(held.min().min(through).unwrap_or(slot));
            left.push(Closed {
                slot,
                cuts: fronts.into_iter().map(|(_, cut)| cut).collect(),
            });
            self.next = Some(slot + 1);
            for one in &mut self.partitions {
                while one
                    .cuts
                    .front()
                    .is_some_and(|(through, _)| *through <= slot)
                {
                    one.cuts.pop_front();
                }
            }
        }
    }

    /// Log time of the oldest cut that waits.
    pub(super) fn oldest_clock(&self) -> Option<i64> {
        let cuts = self.partitions.iter().filter_map(|one| one.cuts.front());
        cuts.map(|(_, cut)| cut.clock_ms).min()
    }

    /// Cells of a partition as of records before this one are not asked for any more.
    pub(super) fn oldest_record(&self, partition: u16, newest: u64) -> u64 {
        let cuts = &self.partitions[usize::from(partition)].cuts;
        cuts.front().map_or(newest - 1, |(_, cut)| cut.record)
    }
}

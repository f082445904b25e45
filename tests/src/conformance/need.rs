//! What has to be loaded: which hours of which series the cases read.
//!
//! Asks a server without data what each request would read, so the rules of times, steps, offsets and
//! queries are those of the server itself. Answers that need no data need nothing here.

use std::collections::BTreeMap;

use telamon_model::{Series, Slot, SlotRange};
use telamon_server::Running;

use super::cases::Case;

/// Slots of an hour.
pub const HOUR_SLOTS: i64 = 60;

/// Samples that one case may need.
const CASE_SAMPLES_MAX: usize = 150_000_000;

/// Hours since 1970 and, for each, the series that are read in it.
#[derive(Debug, Default)]
pub struct Need {
    hours: BTreeMap<i64, Marks>,
    series_count: usize,
    /// Cases whose data are not loaded, with the reason.
    pub left_out: Vec<String>,
}

/// A set of series.
#[derive(Clone, Debug)]
struct Marks(Vec<u64>);

impl Marks {
    fn none(count: usize) -> Self {
        Self(vec![0; count.div_ceil(64)])
    }

    fn mark(&mut self, index: usize) {
        self.0[index / 64] |= 1 << (index % 64);
    }

    fn join(&mut self, other: &Self) {
        for (mine, theirs) in self.0.iter_mut().zip(&other.0) {
            *mine |= theirs;
        }
    }

    fn indexes(&self) -> impl Iterator<Item = usize> + '_ {
        let bits = |(word, bits): (usize, &u64)| {
            let bits = *bits;
            (0..64)
                .filter(move |bit| bits >> bit & 1 == 1)
                .map(move |bit| word * 64 + bit)
        };
        self.0.iter().enumerate().flat_map(bits)
    }

    fn len(&self) -> usize {
        self.0.iter().map(|bits| bits.count_ones() as usize).sum()
    }
}

impl Need {
    /// Nothing but one hour of all series, so that each of them exists.
    pub fn of_one_hour(series_count: usize, hour: i64) -> Self {
        let mut all = Marks::none(series_count);
        (0..series_count).for_each(|index| all.mark(index));
        Self {
            hours: BTreeMap::from([(hour, all)]),
            series_count,
            left_out: Vec::new(),
        }
    }

    /// Adds what a case reads.
    pub fn add(&mut self, case: &Case, series: &[Series], planner: &Running) {
        let plan = match case.path() {
            path if path.ends_with("/graph") => planner.plan_of_graph(case.parameters()),
            path if path.ends_with("/fetch") => planner.plan_of_fetch(case.parameters()),
            _ => None,
        };
        let Some(plan) = plan else {
            return;
        };
        for scan in &plan.scans {
            let mut marks = Marks::none(self.series_count);
            for (index, series) in series.iter().enumerate() {
                // A pattern that takes too long selects nothing that could be asked.
                if scan.query.matches(series.tags()) == Ok(true) {
                    marks.mark(index);
                }
            }
            if marks.len().saturating_mul(scan.slots.len()) > CASE_SAMPLES_MAX {
                self.left_out.push(format!(
                    "{} {}: needs {} slots of {} series",
                    case.id,
                    case.request(),
                    scan.slots.len(),
                    marks.len()
                ));
                continue;
            }
            self.mark(scan.slots, &marks);
        }
    }

    fn mark(&mut self, slots: SlotRange, marks: &Marks) {
        if slots.is_empty() || marks.len() == 0 {
            return;
        }
        let hour_of = |slot: Slot| (slot.0 - 1).div_euclid(HOUR_SLOTS);
        // The reference holds nothing before 1970.
        for hour in hour_of(slots.start).max(0)..=hour_of(slots.end.plus(-1)) {
            self.hours
                .entry(hour)
                .and_modify(|held| held.join(marks))
                .or_insert_with(|| marks.clone());
        }
    }

    /// Hours in order, each with the series that are read in it.
    pub fn hours(&self) -> impl Iterator<Item = (i64, Vec<usize>)> + '_ {
        self.hours
            .iter()
            .map(|(&hour, marks)| (hour, marks.indexes().collect()))
    }

    /// Samples in all.
    pub fn samples(&self) -> usize {
        let series: usize = self.hours.values().map(Marks::len).sum();
        series * usize::try_from(HOUR_SLOTS).expect("an hour has sixty slots")
    }
}

/// The slots of an hour.
pub fn slots_of_hour(hour: i64) -> SlotRange {
    let start = Slot(hour * HOUR_SLOTS + 1);
    SlotRange {
        start,
        end: start.plus(HOUR_SLOTS),
    }
}

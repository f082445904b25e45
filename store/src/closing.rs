//! Closing steps: when a partition has seen all of a step, and when all partitions have.
//!
//! Takes, per partition, which series wrote which slot and the log time of each record; gives each slot
//! once, in order, with a snapshot made of one cut per partition. A cut is the view of a partition at
//! the record where it closed the step, hence a function of the log alone: live and replay agree
//! whatever the threads do. What is done with a closed step is left to others.
//!
//! A partition closes step T at the first record after which
//! * all its series that wrote T-1 have gone on to T or later, and T has ended by log time, or
//! * the log time has reached T + 0.9 step + 2 s.
//!
//! ```text
//!  partition 0   ──r──r──r─┤T├──r────┤T+1├──       cut for T, cut for T+1
//!  partition 1   ──r────r────┤T, T+1├──────        one cut for both
//!                                  └─► step T, then T+1 leave the store
//! ```

use std::collections::VecDeque;
use std::sync::Arc;

use telamon_model::{Slot, Step, Timestamp};

use crate::options::Calendar;
use crate::view::{ShardView, Snapshot};

/// A step that all partitions have closed.
#[derive(Clone, Debug)]
pub struct ClosedStep {
    /// The slot of the step.
    pub slot: Slot,
    /// The cuts of all partitions for this slot. Later slots may hold values already.
    pub snapshot: Snapshot,
}

/// How far one partition has closed.
#[derive(Debug, Default)]
pub(crate) struct Progress {
    /// The last closed slot; `None` before the first record.
    closed: Option<Slot>,
    /// Arrivals of the slots from `first` on; none of a slot before `floor`.
    first: i64,
    floor: Option<Slot>,
    arrivals: VecDeque<Arrivals>,
}

/// Series that a slot was the newest of.
#[derive(Clone, Copy, Debug, Default)]
struct Arrivals {
    /// Series that ever had this slot as their newest.
    ever: u32,
    /// Series that still do.
    still: u32,
}

impl Progress {
    /// A series has a newest slot, later than the one before.
    pub(crate) fn moved(&mut self, from: Option<Slot>, to: Slot) {
        if let Some(arrivals) = from.and_then(|from| self.place(from)) {
            arrivals.still -= 1;
        }
        if self.floor.is_some_and(|floor| to < floor) {
            return;
        }
        if self.arrivals.is_empty() {
            self.first = to.0;
        }
        while to.0 < self.first {
            self.arrivals.push_front(Arrivals::default());
            self.first -= 1;
        }
        while to.0 >= self.first + i64::try_from(self.arrivals.len()).unwrap_or(i64::MAX) {
            self.arrivals.push_back(Arrivals::default());
        }
        if let Some(arrivals) = self.place(to) {
            arrivals.ever += 1;
            arrivals.still += 1;
        }
    }

    fn place(&mut self, slot: Slot) -> Option<&mut Arrivals> {
        let index = usize::try_from(slot.0 - self.first).ok()?;
        self.arrivals.get_mut(index)
    }

    /// Closes what the record just applied closes; answers the last closed slot when that is new.
    pub(crate) fn close(&mut self, calendar: &Calendar, log_time: Timestamp) -> Option<Slot> {
        let before = self.closed;
        let due = calendar.last_due(log_time);
        let ended = calendar.step.slot_ended_by(log_time);
        let mut closed = before.map_or(due, |closed| closed.max(due));
        while closed < ended && self.all_arrived(closed.plus(1)) {
            closed = closed.plus(1);
        }
        self.closed = Some(closed);
        self.forget_before(closed);
        (before != self.closed).then_some(closed)
    }

    /// Whether every series that wrote the slot before has moved on.
    fn all_arrived(&mut self, slot: Slot) -> bool {
        self.place(slot.plus(-1))
            .is_some_and(|before| before.ever > 0 && before.still == 0)
    }

    /// Arrivals of slots before one that is closed or due decide nothing any more.
    pub(crate) fn forget_before(&mut self, slot: Slot) {
        self.floor = self.floor.max(Some(slot));
        while self.first < slot.0 && self.arrivals.pop_front().is_some() {
            self.first += 1;
        }
    }
}

/// Joins the cuts of all partitions.
#[derive(Debug)]
pub(crate) struct Closer {
    step: Step,
    /// The next slot to leave; `None` until every partition has a cut.
    next: Option<Slot>,
    partitions: Vec<Cuts>,
}

#[derive(Debug, Default)]
struct Cuts {
    /// Last closed slot of the partition's first cut.
    first: Option<Slot>,
    /// Cuts in order: the view serves the slots after the previous cut up to this one.
    waiting: VecDeque<Cut>,
}

#[derive(Debug)]
struct Cut {
    through: Slot,
    view: Arc<ShardView>,
}

impl Closer {
    pub(crate) fn new(step: Step, partitions: usize) -> Self {
        Self {
            step,
            next: None,
            partitions: std::iter::repeat_with(Cuts::default)
                .take(partitions)
                .collect(),
        }
    }

    /// Takes a cut of one partition, gives the steps that are now closed everywhere, in order.
    ///
    /// The first step to leave is the first that any partition closed. After a pause every missed step
    /// leaves, except those whose values retention has dropped: at most as many as a store holds.
    pub(crate) fn cut(
        &mut self,
        through: Slot,
        view: &Arc<ShardView>,
        emit: &mut dyn FnMut(ClosedStep),
    ) {
        let cuts = &mut self.partitions[usize::from(view.partition.0)];
        cuts.first.get_or_insert(through);
        cuts.waiting.push_back(Cut {
            through,
            view: Arc::clone(view),
        });
        while let Some(step) = self.next_step() {
            emit(step);
        }
    }

    fn next_step(&mut self) -> Option<ClosedStep> {
        let firsts = self.partitions.iter().map(|cuts| cuts.first);
        let start = firsts.collect::<Option<Vec<Slot>>>()?.into_iter().min()?;
        let mut slot = self.next.unwrap_or(start);
        let views: Option<Vec<Arc<ShardView>>> = self
            .partitions
            .iter()
            .map(|cuts| cuts.serving(slot))
            .collect();
        let snapshot = Snapshot::new(self.step, views?);
        // Within a long pause, which one cut of each partition serves, dropped slots are skipped.
        let held = snapshot.shards().iter().map(|view| view.first_held());
        let last = self.partitions.iter().filter_map(Cuts::front_through).min();
        slot = slot.max(held.min()?.min(last?));
        self.next = Some(slot.plus(1));
        for cuts in &mut self.partitions {
            cuts.drop_through(slot);
        }
        Some(ClosedStep { slot, snapshot })
    }
}

impl Cuts {
    fn serving(&self, slot: Slot) -> Option<Arc<ShardView>> {
        let cut = self.waiting.iter().find(|cut| cut.through >= slot)?;
        Some(Arc::clone(&cut.view))
    }

    fn front_through(&self) -> Option<Slot> {
        self.waiting.front().map(|cut| cut.through)
    }

    fn drop_through(&mut self, slot: Slot) {
        while self.waiting.front().is_some_and(|cut| cut.through <= slot) {
            self.waiting.pop_front();
        }
    }
}

#[cfg(test)]
mod tests;

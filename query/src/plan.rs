//! Plans: what has to be read from the store to evaluate expressions.
//!
//! Takes expressions and a context; gives the distinct data expressions and the passes over the store
//! that serve them. Data expressions that read the same series and slots share a pass, whatever they
//! do with the values. Nothing is read here.

mod reading;

use std::sync::Arc;

use telamon_model::partial::{Combine, Fold, Shape};
use telamon_model::{Predicate, Slot, SlotRange};
use telamon_store::Snapshot;

use crate::context::EvalContext;
use crate::exec::EvalError;
use crate::expr::{Aggregate, Consolidation, DataExpr, Expr, Keys};
use reading::{Reading, readings};

/// What has to be read, and how it becomes the lines of data expressions.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Distinct data expressions.
    pub fetches: Vec<Fetch>,
    /// Passes over the store.
    pub scans: Vec<Scan>,
    /// Points of every line.
    pub points: usize,
}

/// One data expression.
#[derive(Clone, Debug)]
pub struct Fetch {
    /// The expression.
    pub data: DataExpr,
    /// Index of the pass that reads its series.
    pub scan: usize,
    /// Which target of the pass it is.
    pub target: usize,
    /// How many points values move forward after they were read: the offset in steps, rounded up,
    /// less the steps by which the pass reads earlier.
    pub shift: i64,
    /// Whether only choices of lines read it, so that most of its groups need not become lines.
    pub is_chosen: bool,
}

/// One pass over the store.
#[derive(Clone, Debug, PartialEq)]
pub struct Scan {
    /// Which series.
    pub query: Arc<Predicate>,
    /// How they are grouped.
    pub grouping: Grouping,
    /// The slots of the store that are read: `multiple` for each point that is read.
    pub slots: SlotRange,
    /// Slots of the store in one point.
    pub multiple: usize,
    /// Points before the first one that is read: the store holds nothing there.
    pub lead: usize,
    /// How values are combined: every way that some data expression needs.
    pub targets: Vec<(Combine, Fold)>,
    /// Whether only choices of lines read it, see [`Fetch::is_chosen`].
    pub is_chosen: bool,
}

/// How series are grouped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Grouping {
    /// All together.
    Together,
    /// By the values of keys; series that lack one are left out.
    By(Keys),
    /// Each by itself.
    Each,
}

impl Scan {
    /// Points that are read.
    pub fn points(&self) -> usize {
        self.slots.len() / self.multiple
    }

    /// The shape of the partial of a target.
    pub fn shape(&self, target: usize) -> Shape {
        let (combine, fold) = self.targets[target];
        Shape {
            combine,
            fold,
            slots: self.points(),
            multiple: self.multiple,
        }
    }
}

impl Plan {
    /// Plans the evaluation of expressions.
    ///
    /// # Errors
    /// When the step of the context is no multiple of the store's.
    pub fn new(
        exprs: &[&Arc<Expr>],
        snapshot: &Snapshot,
        context: &EvalContext,
    ) -> Result<Self, EvalError> {
        Self::within(exprs, snapshot, context, usize::MAX)
    }

    /// The same for no more than so many distinct data expressions.
    ///
    /// # Errors
    /// When there are more of them, and as [`Plan::new`].
    pub fn within(
        exprs: &[&Arc<Expr>],
        snapshot: &Snapshot,
        context: &EvalContext,
        data_exprs_max: usize,
    ) -> Result<Self, EvalError> {
        let window = Window::new(context, snapshot)?;
        let mut plan = Self {
            fetches: Vec::new(),
            scans: Vec::new(),
            points: context.points(),
        };
        for reading in readings(exprs) {
            let is_known = |fetch: &Fetch| fetch.data == *reading.data;
            match plan.fetches.iter().position(is_known) {
                Some(fetch) => plan.fetches[fetch].is_chosen &= reading.is_chosen,
                None if plan.fetches.len() == data_exprs_max => {
                    return Err(EvalError::TooManyDataExprs {
                        limit: data_exprs_max,
                    });
                }
                None => plan.add(reading, &window),
            }
        }
        for fetch in &plan.fetches {
            plan.scans[fetch.scan].is_chosen &= fetch.is_chosen;
        }
        Ok(plan)
    }

    fn add(&mut self, reading: Reading<'_>, window: &Window) {
        let data = reading.data;
        let offset_ms = data.offset_ms();
        // The window moves only by whole steps, and never forward.
        let moved = offset_ms.div_euclid(window.step_ms).max(0);
        let steps = -(-offset_ms).div_euclid(window.step_ms);
        let (slots, lead) = window.read_from(moved);
        let target = target_of(data);
        let wanted = Scan {
            query: Arc::clone(data.query()),
            grouping: match data {
                DataExpr::All { .. } => Grouping::Each,
                DataExpr::Aggregate(_) => Grouping::Together,
                DataExpr::GroupBy { keys, .. } => Grouping::By(Arc::clone(keys)),
            },
            slots,
            multiple: window.multiple,
            lead,
            targets: Vec::new(),
            is_chosen: true,
        };
        let scan = self.scan_like(wanted);
        let targets = &mut self.scans[scan].targets;
        let position = targets.iter().position(|known| *known == target);
        let target = position.unwrap_or_else(|| {
            targets.push(target);
            targets.len() - 1
        });
        self.fetches.push(Fetch {
            data: data.clone(),
            scan,
            target,
            shift: steps - moved,
            is_chosen: reading.is_chosen,
        });
    }

    /// The index of a pass over the same series and slots; a new one if there is none.
    fn scan_like(&mut self, wanted: Scan) -> usize {
        let is_same = |scan: &Scan| {
            (scan.slots, scan.lead) == (wanted.slots, wanted.lead)
                && scan.grouping == wanted.grouping
                && scan.query == wanted.query
        };
        self.scans.iter().position(is_same).unwrap_or_else(|| {
            self.scans.push(wanted);
            self.scans.len() - 1
        })
    }
}

/// The points of a context as slots of the store.
struct Window {
    /// First point and the one after the last, in steps since 1970.
    first: i64,
    end: i64,
    step_ms: i64,
    multiple: usize,
    held: SlotRange,
}

impl Window {
    fn new(context: &EvalContext, snapshot: &Snapshot) -> Result<Self, EvalError> {
        let primary_ms = snapshot.step().as_millis();
        let step_ms = context.step_ms;
        let not_multiple = EvalError::StepNotMultiple {
            step_ms,
            primary_ms,
        };
        if step_ms < primary_ms || step_ms % primary_ms != 0 {
            return Err(not_multiple);
        }
        Ok(Self {
            first: context.start.0.div_euclid(step_ms),
            end: context.end.0.div_euclid(step_ms),
            step_ms,
            multiple: usize::try_from(step_ms / primary_ms).map_err(|_too_long| not_multiple)?,
            held: snapshot.slots_held(),
        })
    }

    /// Slots of the points `moved` steps earlier, as far as the store may hold something there, and
    /// the number of points before them.
    fn read_from(&self, moved: i64) -> (SlotRange, usize) {
        let multiple = i64::try_from(self.multiple).expect("it came from an i64");
        // The point `k` has the slots after `(k - 1) * multiple` up to `k * multiple`.
        let point_of = |slot: Slot| (slot.0 - 1).div_euclid(multiple) + 1;
        let first = self.first.saturating_sub(moved);
        let end = self.end.saturating_sub(moved);
        let (start, stop) = if self.held.is_empty() {
            (first, first)
        } else {
            let start = first.max(point_of(self.held.start));
            (
                start,
                end.min(point_of(self.held.end.plus(-1)) + 1).max(start),
            )
        };
        let first_slot = |point: i64| Slot((point - 1) * multiple + 1);
        let is_empty = start >= stop;
        let slots = if is_empty {
            SlotRange {
                start: Slot(0),
                end: Slot(0),
            }
        } else {
            SlotRange {
                start: first_slot(start),
                end: first_slot(stop),
            }
        };
        let lead = if is_empty {
            0
        } else {
            start.saturating_sub(first)
        };
        (slots, usize::try_from(lead).unwrap_or(0))
    }
}

/// How the values of a data expression are combined.
fn target_of(data: &DataExpr) -> (Combine, Fold) {
    let combine = match data {
        DataExpr::All { .. } => Combine::Sum,
        DataExpr::Aggregate(aggregate) | DataExpr::GroupBy { aggregate, .. } => {
            match aggregate.aggregate {
                Aggregate::Sum => Combine::Sum,
                Aggregate::Count => Combine::Count,
                Aggregate::Min => Combine::Min,
                Aggregate::Max => Combine::Max,
            }
        }
    };
    let fold = match data.consolidation() {
        Consolidation::Avg => Fold::Avg,
        Consolidation::Sum => Fold::Sum,
        Consolidation::Min => Fold::Min,
        Consolidation::Max => Fold::Max,
    };
    (combine, fold)
}

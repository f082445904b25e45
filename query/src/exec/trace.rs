//! What an evaluation notes down for an explanation.
//!
//! Takes what each stage has at hand anyway; gives it to [`crate::explain`]. An evaluation without a
//! trace does nothing for it: operators leave their lines in the memory of shared parts, and only a
//! trace counts them there.

use rustc_hash::FxHashMap;

use super::fused::Fetched;
use super::select::Selection;
use crate::expr::Expr;
use crate::line::Line;
use crate::plan::Plan;

/// A part of answering a query. [`crate::explain::explain`] says when each is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// What is read is known: data expressions, passes over the store, series, cost.
    Plan,
    /// The store was read: every data expression has its lines.
    Fetch,
    /// Operators have run.
    Evaluate,
    /// Reasons for data without series were looked for.
    Empty,
}

/// Notes of one evaluation.
pub(crate) struct Trace<'a> {
    /// Told of each stage when it is done.
    pub(crate) done: &'a mut dyn FnMut(Stage),
    /// What was planned.
    pub(crate) plan: Option<Plan>,
    /// For each pass over the store.
    pub(crate) scans: Vec<Selected>,
    /// For each data expression of the plan.
    pub(crate) data: Vec<LineCount>,
    /// For each part of an expression that was evaluated, by its address.
    pub(crate) parts: FxHashMap<*const Expr, LineCount>,
}

/// What a pass selected.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Selected {
    pub(crate) series: u64,
    pub(crate) groups: u64,
    pub(crate) points: u64,
}

/// How much some lines hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LineCount {
    /// Number of lines.
    pub lines: u64,
    /// Points of all of them that have a value.
    pub values: u64,
}

impl<'a> Trace<'a> {
    pub(crate) fn new(done: &'a mut dyn FnMut(Stage)) -> Self {
        Self {
            done,
            plan: None,
            scans: Vec::new(),
            data: Vec::new(),
            parts: FxHashMap::default(),
        }
    }

    pub(super) fn planned(&mut self, plan: &Plan, selections: &[Selection]) {
        let selected = plan.scans.iter().zip(selections);
        let selected = selected.map(|(scan, selection)| Selected {
            series: selection.series_count(),
            groups: selection.keys.len() as u64,
            points: selection.cost(scan),
        });
        self.scans = selected.collect();
        self.plan = Some(plan.clone());
        (self.done)(Stage::Plan);
    }

    pub(super) fn fetched(&mut self, data: &[Fetched<'_>]) {
        let counts = data.iter().map(|fetched| match fetched {
            Fetched::Lines(lines) => LineCount::of(lines),
            Fetched::Groups(groups) => groups.count(),
        });
        self.data = counts.collect();
        (self.done)(Stage::Fetch);
    }

    pub(super) fn evaluated(&mut self, parts: FxHashMap<*const Expr, LineCount>) {
        self.parts = parts;
        (self.done)(Stage::Evaluate);
    }
}

impl LineCount {
    pub(super) fn of(lines: &[Line]) -> Self {
        let values = lines.iter().map(|line| {
            let present = line.values.iter().filter(|value| !value.is_nan());
            present.count() as u64
        });
        Self {
            lines: lines.len() as u64,
            values: values.sum(),
        }
    }
}

//! Accumulators of one thread: rows of series into columns of groups.
//!
//! Takes rows of cells, one per slot of the store; folds the cells of each point series by series as
//! the storage engine of the reference does, and adds the result to the group. Groups come together,
//! so only one is open at a time and its sums stay in the bins of the kernel.
//!
//! ```text
//!   fold    sum of an average or sum    none: every cell is added, exactly
//!           other                       cells of a point -> one value per series, then added
//! ```

use std::collections::BTreeMap;

use telamon_model::exact::{SlotBits, SumColumn, SumKernel, SumSession};
use telamon_model::partial::{Column, Combine, Fold, Group, GroupKey, Partial, Shape};
use telamon_model::{ABSENT, SeriesId};

use crate::expr::{max_present, min_present};
use crate::plan::Scan;

/// All that one thread has accumulated for a pass.
pub(super) struct Accumulators<'a> {
    keys: &'a [GroupKey],
    shapes: Vec<Shape>,
    /// Per target: the kernel, while no group is open.
    kernels: Vec<Option<SumKernel>>,
    open: Option<OpenGroup>,
    /// Finished groups, one column per target.
    done: BTreeMap<u32, Vec<Group>>,
    folded: Vec<f64>,
}

struct OpenGroup {
    group: u32,
    targets: Vec<OpenTarget>,
    present: SlotBits,
    first: (SeriesId, bool),
}

enum OpenTarget {
    /// No row or one, which is its own sum: the bins are not opened for it. Groups of one series are
    /// the commonest.
    Single(SumColumn, usize),
    Sum(SumSession),
    Other(Column),
}

impl<'a> Accumulators<'a> {
    pub(super) fn new(scan: &Scan, keys: &'a [GroupKey]) -> Self {
        let shapes: Vec<Shape> = (0..scan.targets.len())
            .map(|target| scan.shape(target))
            .collect();
        let kernel =
            |shape: &Shape| (shape.combine == Combine::Sum).then(|| SumKernel::new(shape.slots));
        Self {
            keys,
            kernels: shapes.iter().map(kernel).collect(),
            shapes,
            open: None,
            done: BTreeMap::new(),
            folded: Vec::new(),
        }
    }

    /// Adds rows of one group, at least one, each with at least one value: a series without any must
    /// not decide for its group. `first` is the smallest id among their series, and whether that is a
    /// gauge.
    pub(super) fn add(&mut self, group: u32, first: (SeriesId, bool), rows: &[&[f64]]) {
        if self.open.as_ref().is_none_or(|open| open.group != group) {
            self.close();
            self.open = Some(self.start(group, first));
        }
        let Some(open) = &mut self.open else {
            unreachable!("a group was opened above")
        };
        open.first = open.first.min(first);
        if self.shapes.iter().any(Shape::needs_presence) {
            rows.iter()
                .for_each(|row| note_present(row, &mut open.present));
        }
        let targets = open.targets.iter_mut().zip(&mut self.kernels);
        for ((target, kernel), shape) in targets.zip(&self.shapes) {
            target.make_ready(rows.len(), shape, kernel);
            match target {
                OpenTarget::Single(column, known) => {
                    column.add_row(rows[0]);
                    *known = 1;
                }
                OpenTarget::Sum(session) => add_sums(session, rows, shape, &mut self.folded),
                OpenTarget::Other(Column::Count(counts)) => add_counts(counts, rows, shape),
                OpenTarget::Other(Column::Extreme(column)) => {
                    for row in rows {
                        column.add_row(fold(row, shape, &mut self.folded));
                    }
                }
                OpenTarget::Other(Column::Sum(_)) => unreachable!("sums are in a session"),
            }
        }
    }

    /// How many groups have a value so far.
    pub(super) fn groups_with_values(&self) -> u64 {
        let open = self.open.as_ref();
        let is_new = |open: &OpenGroup| !self.done.contains_key(&open.group);
        self.done.len() as u64 + u64::from(open.is_some_and(is_new))
    }

    /// The partials of all targets, and how many rows took the wide way.
    pub(super) fn finish(mut self) -> (Vec<Partial>, u64) {
        self.close();
        let mut partials: Vec<Partial> = self
            .shapes
            .iter()
            .map(|&shape| Partial::new(shape))
            .collect();
        for (group, columns) in self.done {
            let key = &self.keys[group as usize];
            for (partial, column) in partials.iter_mut().zip(columns) {
                partial.add_group(key.clone(), column);
            }
        }
        let kernels = self.kernels.iter().flatten();
        (
            partials,
            kernels.map(|kernel| kernel.stats().rows_wide).sum(),
        )
    }

    fn start(&mut self, group: u32, first: (SeriesId, bool)) -> OpenGroup {
        let targets = self.shapes.iter().map(|shape| match shape.new_column() {
            Column::Sum(column) => OpenTarget::Single(column, 0),
            column => OpenTarget::Other(column),
        });
        OpenGroup {
            group,
            targets: targets.collect(),
            present: SlotBits::new(),
            first,
        }
    }

    /// Files the open group.
    fn close(&mut self) {
        let Some(open) = self.open.take() else {
            return;
        };
        let mut columns = Vec::with_capacity(open.targets.len());
        for (target, kernel) in open.targets.into_iter().zip(&mut self.kernels) {
            columns.push(match target {
                OpenTarget::Single(column, _) => Column::Sum(column),
                OpenTarget::Sum(session) => {
                    let (idle, column) = session.finish();
                    *kernel = Some(idle);
                    Column::Sum(column)
                }
                OpenTarget::Other(column) => column,
            });
        }
        let groups = columns
            .into_iter()
            .zip(&self.shapes)
            .map(|(column, shape)| Group {
                column,
                present: if shape.needs_presence() {
                    open.present.clone()
                } else {
                    SlotBits::new()
                },
                first: open.first,
            });
        match self.done.get_mut(&open.group) {
            None => {
                self.done.insert(open.group, groups.collect());
            }
            Some(known) => known.iter_mut().zip(groups).for_each(|(a, b)| a.merge(&b)),
        }
    }
}

impl OpenTarget {
    /// Opens the bins of a sum unless the only row so far comes now.
    fn make_ready(&mut self, rows: usize, shape: &Shape, kernel: &mut Option<SumKernel>) {
        let Self::Single(column, known) = self else {
            return;
        };
        if *known == 0 && rows == 1 && shape.multiple == 1 {
            return;
        }
        let column = std::mem::replace(column, SumColumn::new(0));
        let kernel = kernel.take().expect("no other group is open");
        *self = Self::Sum(kernel.open(column));
    }
}

fn note_present(cells: &[f64], present: &mut SlotBits) {
    for (slot, cell) in cells.iter().enumerate() {
        if !cell.is_nan() {
            present.insert(slot);
        }
    }
}

/// For an average or sum of several slots every cell counts by itself: the cells that stand at one
/// place within their points make a row.
fn add_sums(session: &mut SumSession, rows: &[&[f64]], shape: &Shape, folded: &mut Vec<f64>) {
    if shape.multiple == 1 {
        session.add_rows(rows);
        return;
    }
    for row in rows {
        folded.clear();
        if matches!(shape.fold, Fold::Avg | Fold::Sum) {
            for place in 0..shape.multiple {
                folded.extend(row[place..].iter().step_by(shape.multiple));
            }
            if row.iter().any(|cell| cell.is_infinite()) {
                drop_opposite_infinities(folded, shape.slots);
            }
        } else {
            let points = row.chunks_exact(shape.multiple);
            folded.extend(points.map(|point| fold_point(point, shape.fold)));
        }
        let parts: Vec<&[f64]> = folded.chunks_exact(shape.slots).collect();
        session.add_rows(&parts);
    }
}

/// A series with infinities of both signs in a point has no sum there, so it counts as absent in the
/// point and leaves the other series of its group alone, as in the reference.
fn drop_opposite_infinities(folded: &mut [f64], slots: usize) {
    for point in 0..slots {
        let has = |value: f64| {
            folded[point..]
                .iter()
                .step_by(slots)
                .any(|&cell| cell == value)
        };
        if has(f64::INFINITY) && has(f64::NEG_INFINITY) {
            folded[point..]
                .iter_mut()
                .step_by(slots)
                .for_each(|cell| *cell = ABSENT);
        }
    }
}

/// How many values: of slots of the store for an average or sum, else of series with a value in the
/// point.
fn add_counts(counts: &mut [u64], rows: &[&[f64]], shape: &Shape) {
    for row in rows {
        for (count, point) in counts.iter_mut().zip(row.chunks_exact(shape.multiple)) {
            let present = point.iter().filter(|cell| !cell.is_nan()).count() as u64;
            *count += match shape.fold {
                Fold::Avg | Fold::Sum => present,
                Fold::Min | Fold::Max => present.min(1),
            };
        }
    }
}

/// One value per point.
fn fold<'a>(row: &'a [f64], shape: &Shape, folded: &'a mut Vec<f64>) -> &'a [f64] {
    if shape.multiple == 1 {
        return row;
    }
    folded.clear();
    folded.extend(
        row.chunks_exact(shape.multiple)
            .map(|point| fold_point(point, shape.fold)),
    );
    folded
}

/// The cells of one series in one point: an average is a sum here and divided at the end.
fn fold_point(point: &[f64], fold: Fold) -> f64 {
    let present = point.iter().copied().filter(|cell| !cell.is_nan());
    let folded = match fold {
        Fold::Avg | Fold::Sum => present.reduce(|a, b| a + b),
        Fold::Min => present.reduce(min_present),
        Fold::Max => present.reduce(max_present),
    };
    folded.unwrap_or(ABSENT)
}

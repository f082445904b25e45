//! Partials: mergeable results of one data expression.
//!
//! A partial is what one shard, block, process or machine contributes to a data expression. Takes
//! columns that somebody accumulated, by group; gives one column per group. Merging is commutative
//! and associative to the last bit, so it does not matter who saw which series in which order. How
//! series are read, folded to longer steps and accumulated is left to the evaluator, and so are tags
//! and labels of the result.
//!
//! ```text
//!   series ──fold per series──► rows ──accumulate──► groups of a partial ──merge──► ... ──finish──► values
//! ```

mod bytes;
mod decode;
mod encode;
mod extreme;

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fmt;
use std::sync::Arc;

use crate::exact::{SlotBits, SumColumn};
use crate::sample::ABSENT;
use crate::series::SeriesId;
use crate::tags::Tags;

pub use decode::DecodeError;
pub use extreme::{Extreme, ExtremeColumn};

/// How values of different series become one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Combine {
    /// Their exact sum.
    Sum,
    /// How many have a value.
    Count,
    /// The smallest.
    Min,
    /// The largest.
    Max,
}

/// How the values of one series within a longer step become one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fold {
    /// Their sum, divided at the end: see [`Partial::finish`].
    Avg,
    /// Their sum.
    Sum,
    /// The smallest.
    Min,
    /// The largest.
    Max,
}

/// What partials must agree on to be merged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// How values of different series become one.
    pub combine: Combine,
    /// How values of one series within a step become one.
    pub fold: Fold,
    /// Number of slots of the result.
    pub slots: usize,
    /// Slots of the store in one slot of the result; at least one.
    pub multiple: usize,
}

/// What tells groups apart.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum GroupKey {
    /// One value per key of the grouping; empty when there is no grouping.
    Values(Vec<Arc<str>>),
    /// Every series its own group.
    Series(SeriesId, Tags),
}

/// What is known of one group.
#[derive(Clone, Debug, PartialEq)]
pub struct Group {
    /// The values.
    pub column: Column,
    /// Slots of the store in which any series of the group has a value. Kept for [`Fold::Avg`] over
    /// more than one slot, else empty.
    pub present: SlotBits,
    /// The series with the smallest id, and whether it is a gauge: it decides for the whole group.
    pub first: (SeriesId, bool),
}

/// One value per slot, in the form that merges.
#[derive(Clone, Debug, PartialEq)]
pub enum Column {
    /// Exact sums.
    Sum(SumColumn),
    /// Values counted, zero where there is none.
    Count(Vec<u64>),
    /// Smallest or largest values.
    Extreme(ExtremeColumn),
}

/// How much went into a partial.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PartialStats {
    /// Series that were selected.
    pub series: u64,
    /// Slots of the store that were read, present or not.
    pub points: u64,
}

/// The mergeable result of one data expression. Groups stand in the order of their keys.
#[derive(Clone, Debug, PartialEq)]
pub struct Partial {
    shape: Shape,
    groups: BTreeMap<GroupKey, Group>,
    stats: PartialStats,
}

/// The values of one group, ready to be a line.
#[derive(Clone, Debug)]
pub struct FinishedGroup<'a> {
    /// Which group.
    pub key: &'a GroupKey,
    /// Whether the group counts as a gauge.
    pub is_gauge: bool,
    /// One value per slot, [`ABSENT`] where no series had one.
    pub values: Vec<f64>,
}

/// Partials of different shapes were to be merged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShapeMismatch {
    /// The shape that was merged into.
    pub expected: Shape,
    /// The other shape.
    pub found: Shape,
}

impl fmt::Display for ShapeMismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "a partial of {:?} takes none of {:?}",
            self.expected, self.found
        )
    }
}

impl std::error::Error for ShapeMismatch {}

impl Shape {
    /// Whether slots with any value must be known to divide by their number.
    pub fn needs_presence(&self) -> bool {
        self.fold == Fold::Avg && self.multiple > 1
    }

    /// An empty column of the kind that combines values.
    pub fn new_column(&self) -> Column {
        match self.combine {
            Combine::Sum => Column::Sum(SumColumn::new(self.slots)),
            Combine::Count => Column::Count(vec![0; self.slots]),
            Combine::Min => Column::Extreme(ExtremeColumn::new(Extreme::Min, self.slots)),
            Combine::Max => Column::Extreme(ExtremeColumn::new(Extreme::Max, self.slots)),
        }
    }

    /// Whether a column belongs into a partial of this shape.
    fn fits(&self, column: &Column) -> bool {
        let is_kind = match (column, self.combine) {
            (Column::Sum(_), Combine::Sum) | (Column::Count(_), Combine::Count) => true,
            (Column::Extreme(column), Combine::Min) => column.kind() == Extreme::Min,
            (Column::Extreme(column), Combine::Max) => column.kind() == Extreme::Max,
            _ => false,
        };
        is_kind && column.slots() == self.slots
    }
}

impl Partial {
    /// A partial without groups.
    pub fn new(shape: Shape) -> Self {
        Self {
            shape,
            groups: BTreeMap::new(),
            stats: PartialStats::default(),
        }
    }

    /// What it can be merged with.
    pub fn shape(&self) -> Shape {
        self.shape
    }

    /// How much went into it.
    pub fn stats(&self) -> PartialStats {
        self.stats
    }

    /// Counts what was read.
    pub fn add_stats(&mut self, stats: PartialStats) {
        self.stats.series = self.stats.series.saturating_add(stats.series);
        self.stats.points = self.stats.points.saturating_add(stats.points);
    }

    /// The groups by key.
    pub fn groups(&self) -> impl ExactSizeIterator<Item = (&GroupKey, &Group)> {
        self.groups.iter()
    }

    /// Adds what was accumulated for a group. The column must come from [`Shape::new_column`].
    pub fn add_group(&mut self, key: GroupKey, group: Group) {
        assert!(
            self.shape.fits(&group.column),
            "a column of the partial's shape"
        );
        match self.groups.entry(key) {
            Entry::Vacant(entry) => {
                entry.insert(group);
            }
            Entry::Occupied(mut entry) => entry.get_mut().merge(&group),
        }
    }

    /// Adds everything another partial holds.
    ///
    /// # Errors
    /// When the shapes differ; then nothing changes.
    pub fn merge(&mut self, other: Self) -> Result<(), ShapeMismatch> {
        if self.shape != other.shape {
            return Err(ShapeMismatch {
                expected: self.shape,
                found: other.shape,
            });
        }
        for (key, group) in other.groups {
            self.add_group(key, group);
        }
        self.add_stats(other.stats);
        Ok(())
    }

    /// The values of every group that has one, in the order of their keys. Averages are divided here:
    /// by the slots of the store in a slot, or, for gauges, by those in which any series of the group
    /// has a value.
    pub fn finish(&self) -> Vec<FinishedGroup<'_>> {
        let groups = self.groups.iter();
        groups
            .filter_map(|(key, group)| self.finish_group(key, group))
            .collect()
    }

    /// The values of one group of the partial; `None` when it has none. See [`Partial::finish`].
    pub fn finish_group<'a>(&self, key: &'a GroupKey, group: &Group) -> Option<FinishedGroup<'a>> {
        let values = group.values(self.shape);
        let has_value = values.iter().any(|value| !value.is_nan());
        has_value.then_some(FinishedGroup {
            key,
            is_gauge: group.first.1,
            values,
        })
    }
}

impl Group {
    /// Adds everything another part of the same group holds. Both must have the same shape.
    pub fn merge(&mut self, other: &Self) {
        self.column.merge(&other.column);
        self.present.union_with(&other.present);
        self.first = self.first.min(other.first);
    }

    fn values(&self, shape: Shape) -> Vec<f64> {
        let mut values = self.column.values();
        if shape.needs_presence() {
            for (slot, value) in values.iter_mut().enumerate() {
                *value /= self.divisor(shape, slot);
            }
        }
        values
    }

    #[expect(clippy::cast_precision_loss, reason = "slots are far below 2^53")]
    fn divisor(&self, shape: Shape, slot: usize) -> f64 {
        let is_gauge = self.first.1;
        let slots = if is_gauge {
            let from = slot * shape.multiple;
            self.present.count_in(from..from + shape.multiple)
        } else {
            shape.multiple
        };
        slots as f64
    }
}

impl Column {
    /// Number of slots.
    pub fn slots(&self) -> usize {
        match self {
            Self::Sum(column) => column.slots(),
            Self::Count(counts) => counts.len(),
            Self::Extreme(column) => column.values().len(),
        }
    }

    fn merge(&mut self, other: &Self) {
        match (self, other) {
            (Self::Sum(column), Self::Sum(other)) => column.merge(other),
            (Self::Extreme(column), Self::Extreme(other)) => column.add_row(other.values()),
            (Self::Count(counts), Self::Count(other)) => {
                for (count, more) in counts.iter_mut().zip(other) {
                    *count += more;
                }
            }
            _ => unreachable!("columns of one partial are of one kind"),
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
    fn values(&self) -> Vec<f64> {
        match self {
            Self::Sum(column) => column.values(),
            Self::Extreme(column) => column.values().to_vec(),
            Self::Count(counts) => counts
                .iter()
                .map(|&count| if count == 0 { ABSENT } else { count as f64 })
                .collect(),
        }
    }
}

#[cfg(test)]
mod tests;

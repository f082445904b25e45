//! Choice among lines: statistics of each, filters, and the best of them.
//!
//! Takes lines in their order; says which of them stay. Which lines are the best, in which order they
//! come and which of equal ones stays is the reference's: it keeps them in a heap with the worst at
//! its root and lists the heap as it lies.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::sync::Arc;

use telamon_model::{ABSENT, Tags};

use super::EvalError;
use super::math::key_of;
use crate::expr::{Choice, Others, Statistic, add_present, is_true, max_present, min_present};
use crate::line::{Line, tag_label};

/// What stands for the key of a grouping in the line of all others.
const OTHERS: &str = "--others--";

/// A statistic of the values that are there. Without any the count is 0 and all else absent.
pub(super) fn summarize(statistic: Statistic, values: &[f64]) -> f64 {
    let present = values.iter().copied().filter(|value| !value.is_nan());
    // Not `sum`, which is a negative zero of no values.
    let count = || present.clone().fold(0.0, |count, _value| count + 1.0);
    let total = || present.clone().reduce(|a, b| a + b).unwrap_or(ABSENT);
    match statistic {
        Statistic::Avg => total() / count(),
        Statistic::Max => present.fold(ABSENT, max_present),
        Statistic::Min => present.fold(ABSENT, min_present),
        Statistic::Last => present.clone().next_back().unwrap_or(ABSENT),
        Statistic::Count => count(),
        Statistic::Total => total(),
    }
}

/// The statistic of a name.
pub(super) fn statistic(name: &Arc<str>) -> Result<Statistic, EvalError> {
    Statistic::of_name(name).ok_or_else(|| EvalError::UnknownStatistic {
        name: Arc::clone(name),
    })
}

/// The places of the lines for which some point of the condition is true: of its only line, or of the
/// one line with the same key.
pub(super) fn filter(
    lines: &[Line],
    condition: &[Line],
    keys: &[Arc<str>],
    is_condition_grouped: bool,
) -> Result<Vec<usize>, EvalError> {
    let holds = |line: &Line| line.values.iter().any(|&value| is_true(value));
    if !is_condition_grouped {
        let [condition] = condition else {
            return Err(EvalError::NoSingleCondition);
        };
        let kept = if holds(condition) { lines.len() } else { 0 };
        return Ok((0..kept).collect());
    }
    let mut conditions: BTreeMap<Option<Vec<&Arc<str>>>, Vec<&Line>> = BTreeMap::new();
    for line in condition {
        conditions.entry(key_of(line, keys)).or_default().push(line);
    }
    let is_kept = |line: &Line| match conditions.get(&key_of(line, keys)).map(Vec::as_slice) {
        Some([condition]) => holds(condition),
        Some(_) | None => false,
    };
    Ok((0..lines.len())
        .filter(|&index| is_kept(&lines[index]))
        .collect())
}

/// The places of the lines that are chosen, in the order of the reference, and of the others in the
/// order in which they lost.
#[derive(Debug, Default)]
pub(super) struct Chosen {
    pub(super) kept: Vec<usize>,
    pub(super) others: Vec<usize>,
}

/// Chooses the best lines. Of lines that are equally good the earlier one stays.
pub(super) fn choose(choice: &Choice, lines: &[Line]) -> Result<Chosen, EvalError> {
    if lines.is_empty() {
        return Ok(Chosen::default());
    }
    let statistic = statistic(&choice.stat)?;
    let size = usize::try_from(choice.count).unwrap_or(0);
    let mut heap = Heap {
        is_top: choice.is_top,
        items: Vec::with_capacity(size.min(lines.len())),
    };
    let mut others = Vec::new();
    for (index, line) in lines.iter().enumerate() {
        let item = (summarize(statistic, &line.values), index);
        match heap.items.first() {
            _ if heap.items.len() < size => heap.push(item),
            Some(worst) if heap.compare(item, *worst) == Ordering::Greater => {
                others.push(heap.replace_worst(item).1);
            }
            Some(_) | None => others.push(index),
        }
    }
    Ok(Chosen {
        kept: heap.items.into_iter().map(|(_, index)| index).collect(),
        others,
    })
}

/// A binary heap of scores and places as Java's `PriorityQueue` keeps it, the worst at the root.
struct Heap {
    is_top: bool,
    items: Vec<(f64, usize)>,
}

impl Heap {
    /// Which is better. The order is Java's `Double.compare`: NaN is above all, and zero above
    /// negative zero.
    fn compare(&self, a: (f64, usize), b: (f64, usize)) -> Ordering {
        let order = java_order(a.0, b.0);
        if self.is_top { order } else { order.reverse() }
    }

    fn push(&mut self, item: (f64, usize)) {
        self.items.push(item);
        let mut place = self.items.len() - 1;
        while place > 0 {
            let parent = (place - 1) / 2;
            if self.compare(item, self.items[parent]) != Ordering::Less {
                break;
            }
            self.items.swap(place, parent);
            place = parent;
        }
    }

    /// Takes the root out, moves the last item down from there, and puts the new one at the end: what
    /// `poll` and `offer` do, which is not what a replacement at the root would give.
    fn replace_worst(&mut self, item: (f64, usize)) -> (f64, usize) {
        let worst = self.items.swap_remove(0);
        let mut place = 0;
        while 2 * place + 1 < self.items.len() {
            let (left, right) = (2 * place + 1, 2 * place + 2);
            let is_right_worse = right < self.items.len()
                && self.compare(self.items[left], self.items[right]) == Ordering::Greater;
            let child = if is_right_worse { right } else { left };
            if self.compare(self.items[place], self.items[child]) != Ordering::Greater {
                break;
            }
            self.items.swap(place, child);
            place = child;
        }
        self.push(item);
        worst
    }
}

fn java_order(a: f64, b: f64) -> Ordering {
    match (a.is_nan(), b.is_nan()) {
        (false, false) => a.total_cmp(&b),
        (is_a_nan, is_b_nan) => is_a_nan.cmp(&is_b_nan),
    }
}

/// The line of the lines that were not chosen, of which there is at least one.
pub(super) fn combine_others(how: Others, others: &[&Line], keys: &[Arc<str>]) -> Line {
    let first = others[0];
    let replaced = keys.iter().map(|key| (Arc::clone(key), Arc::from(OTHERS)));
    let kept = first.tags.iter();
    let kept = kept.map(|(key, value)| (Arc::clone(key), Arc::clone(value)));
    // The last of equal keys wins.
    let tags = Tags::from_pairs(kept.chain(replaced));
    let points = first.values.len();
    let value_at = |point: usize| {
        let values = others.iter().map(|line| line.values[point]);
        match how {
            Others::Min => values.fold(ABSENT, min_present),
            Others::Max => values.fold(ABSENT, max_present),
            Others::Sum => values.fold(ABSENT, add_present),
            Others::Avg => {
                let present: f64 = values.clone().filter(|v| !v.is_nan()).map(|_| 1.0).sum();
                values.fold(ABSENT, add_present) / present
            }
        }
    };
    Line {
        label: tag_label(&tags),
        tags,
        kind: first.kind,
        values: (0..points).map(value_at).collect(),
    }
}

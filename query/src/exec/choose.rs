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
    let mut chooser = Chooser::new(choice);
    let mut others = Vec::new();
    for (index, line) in lines.iter().enumerate() {
        others.extend(chooser.offer(summarize(statistic, &line.values), index));
    }
    Ok(Chosen {
        kept: chooser.into_kept(),
        others,
    })
}

/// Keeps the best of what is offered.
pub(super) struct Chooser {
    size: usize,
    heap: Heap,
}

impl Chooser {
    pub(super) fn new(choice: &Choice) -> Self {
        Self {
            size: usize::try_from(choice.count).unwrap_or(0),
            heap: Heap {
                is_top: choice.is_top,
                items: Vec::new(),
            },
        }
    }

    /// Offers a place with its score; gives the place that is out of the choice now, if any.
    pub(super) fn offer(&mut self, score: f64, index: usize) -> Option<usize> {
        let (heap, item) = (&mut self.heap, (score, index));
        match heap.items.first() {
            _ if heap.items.len() < self.size => {
                heap.push(item);
                None
            }
            Some(worst) if heap.compare(item, *worst) == Ordering::Greater => {
                Some(heap.replace_worst(item).1)
            }
            Some(_) | None => Some(index),
        }
    }

    /// The places that are chosen.
    pub(super) fn into_kept(self) -> Vec<usize> {
        self.heap
            .items
            .into_iter()
            .map(|(_, index)| index)
            .collect()
    }
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

/// The line of the lines that were not chosen, which are added one after another.
pub(super) struct OtherLines {
    how: Others,
    line: Line,
    /// Of an average: values at each point.
    present: Vec<f64>,
}

impl OtherLines {
    /// The first of them, whose name the line has with the keys of the grouping replaced.
    pub(super) fn new(how: Others, first: &Line, keys: &[Arc<str>]) -> Self {
        let replaced = keys.iter().map(|key| (Arc::clone(key), Arc::from(OTHERS)));
        let kept = first.tags.iter();
        let kept = kept.map(|(key, value)| (Arc::clone(key), Arc::clone(value)));
        // The last of equal keys wins.
        let tags = Tags::from_pairs(kept.chain(replaced));
        let points = first.values.len();
        let line = Line {
            label: tag_label(&tags),
            tags,
            kind: first.kind,
            values: vec![ABSENT; points],
        };
        let mut others = Self {
            how,
            line,
            present: vec![0.0; points],
        };
        others.add(first);
        others
    }

    pub(super) fn add(&mut self, line: &Line) {
        let combine = match self.how {
            Others::Min => min_present,
            Others::Max => max_present,
            Others::Sum | Others::Avg => add_present,
        };
        let cells = self.line.values.iter_mut().zip(&mut self.present);
        for ((cell, present), &value) in cells.zip(&line.values) {
            *cell = combine(*cell, value);
            *present += f64::from(u8::from(!value.is_nan()));
        }
    }

    pub(super) fn into_line(mut self) -> Line {
        if self.how == Others::Avg {
            let cells = self.line.values.iter_mut().zip(&self.present);
            cells.for_each(|(sum, present)| *sum /= present);
        }
        self.line
    }
}

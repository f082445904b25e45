//! Ticks of a value axis in our own style: round values whose labels fit and never touch.
//!
//! Takes the ends of an axis, the rows they stand on and the cells a label may take. Steps are 1, 2
//! and 5 times a power of ten, powers of two, or round times. Labels have as many decimals as the
//! step needs; where that is more than fits, they tell their distance from a round value, which is
//! written once above the axis. Zero, where it is in sight, always has a tick.

mod label;
mod powers;
mod step;

use super::Tick;
use crate::graph::{Scale, TickLabels};
use crate::scale::RowScale;
use crate::text::cells;

use label::{Wish, labels, multiplied, relative};
use step::Step;

/// Rows from one label to the next: what is aimed at, and at least.
const LABEL_SPACING: i32 = 36;
const LABEL_SPACING_MIN: i32 = 14;
/// Minor ticks that are nearer than this only make the canvas grey.
const MINOR_SPACING_MIN: i32 = 5;
/// Majors from which an axis can be read.
const MAJORS_MIN: u32 = 3;
/// Rows of a bent scale for each label that it has at least.
const BENT_SPACING: u32 = 40;

/// The ticks of an axis.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ValueTicks {
    /// In ascending order; labels are final.
    pub(crate) ticks: Vec<Tick>,
    /// What all labels are relative to or multiplied by, where they are.
    pub(crate) base: Option<TickBase>,
}

/// What labels alone do not tell.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum TickBase {
    /// The value that is added to every label.
    Added(String),
    /// The power that every label is multiplied by.
    Times(String),
}

/// What the ticks of an axis have to fit into.
#[derive(Clone, Copy, Debug)]
pub(crate) struct AxisRoom<'r> {
    /// Where values stand.
    pub(crate) rows: &'r RowScale,
    /// Cells of a label at most.
    pub(crate) cells: i32,
}

impl AxisRoom<'_> {
    fn height(&self) -> i32 {
        (self.rows.bottom() - self.rows.top()).max(1)
    }

    fn fits(&self, labels: &[String]) -> bool {
        labels.iter().all(|label| cells(label) <= self.cells)
    }
}

/// Ticks between two finite values `low <= high`.
pub(crate) fn value_ticks(
    (low, high): (f64, f64),
    (scale, mode): (Scale, TickLabels),
    room: AxisRoom<'_>,
) -> ValueTicks {
    let by_powers = match scale {
        Scale::Logarithmic | Scale::LogLinear => powers::powers((low, high), scale, mode, room),
        Scale::Linear | Scale::Power2 | Scale::Sqrt => None,
    };
    // Where values crowd at one end, the other end has room for labels of a finer step.
    let majors_min = match scale {
        Scale::Power2 | Scale::Sqrt => MAJORS_MIN.max(room.height().unsigned_abs() / BENT_SPACING),
        Scale::Linear | Scale::Logarithmic | Scale::LogLinear => MAJORS_MIN,
    };
    by_powers.unwrap_or_else(|| even((low, high), mode, (room, majors_min)))
}

/// Round values between two finite ones, of even distance: about `count` of them.
pub(crate) fn round_values((low, high): (f64, f64), count: i32, mode: TickLabels) -> Vec<f64> {
    // Halves first: the distance of the largest doubles is none.
    let part = (high / 2.0 - low / 2.0) / f64::from(count.max(1)) * 2.0;
    Step::near(part, mode).multiples(low, high)
}

/// Ticks at the multiples of a step; on bent scales without those that would touch.
fn even(
    (low, high): (f64, f64),
    mode: TickLabels,
    (room, majors_min): (AxisRoom<'_>, u32),
) -> ValueTicks {
    // Halves first: the distance of the largest doubles is none.
    let span = (high / 2.0 - low / 2.0) * 2.0;
    let span = if span.is_finite() { span } else { f64::MAX };
    let wanted = LABEL_SPACING.min(room.height() / 3).max(LABEL_SPACING_MIN);
    let mut step = Step::at_least(span * f64::from(wanted) / f64::from(room.height()), mode);
    let pixels = |step: Step| f64::from(room.height()) * (step.size() / span);
    let mut majors = apart(&step.multiples(low, high), room.rows);
    loop {
        let finer = step.finer(mode);
        // On a bent scale even dense values may stand apart somewhere.
        let needed = match u32::try_from(majors.len()).unwrap_or(u32::MAX) {
            0 | 1 => LABEL_SPACING_MIN / 4,
            few if few < majors_min => LABEL_SPACING_MIN,
            _ => break,
        };
        if finer.size() >= step.size() || pixels(finer) < f64::from(needed) {
            break;
        }
        step = finer;
        majors = apart(&step.multiples(low, high), room.rows);
    }
    for _ in 0..12 {
        if majors.is_empty() {
            break;
        }
        if let Some((texts, base)) = readable(&majors, (low, span), (step, mode), room) {
            let minors = minors(step, (low, high), room);
            return ValueTicks {
                ticks: merged(majors, texts, minors),
                base,
            };
        }
        step = step.coarser(mode);
        majors = apart(&step.multiples(low, high), room.rows);
    }
    ends((low, high), mode, room)
}

/// Labels that fit and differ, plain or relative.
fn readable(
    majors: &[f64],
    (low, span): (f64, f64),
    (step, mode): (Step, TickLabels),
    room: AxisRoom<'_>,
) -> Option<(Vec<String>, Option<TickBase>)> {
    let is_good = |texts: &[String]| room.fits(texts) && are_distinct(texts);
    let plain = labels(majors, (step, mode), Wish::Plain);
    if let Some(texts) = plain.filter(|texts| is_good(texts)) {
        return Some((texts, None));
    }
    [
        relative(majors, (low, span), (step, mode), Wish::Plain),
        relative(majors, (low, span), (step, mode), Wish::Short),
        multiplied(majors, step),
    ]
    .into_iter()
    .flatten()
    .find(|(texts, _)| is_good(texts))
    .map(|(texts, base)| (texts, Some(base)))
}

/// Where no step can be labelled, the ends are, as far as that fits.
fn ends((low, high): (f64, f64), mode: TickLabels, room: AxisRoom<'_>) -> ValueTicks {
    let values = apart(&[low, high], room.rows);
    let mut texts: Vec<String> = values
        .iter()
        .map(|&value| label::short(value, mode))
        .collect();
    if !are_distinct(&texts) {
        texts[1].clear();
    }
    for text in texts.iter_mut().filter(|text| cells(text) > room.cells) {
        text.clear();
    }
    ValueTicks {
        ticks: merged(values, texts, Vec::new()),
        base: None,
    }
}

fn are_distinct(texts: &[String]) -> bool {
    let mut sorted: Vec<&String> = texts.iter().collect();
    sorted.sort_unstable();
    sorted.windows(2).all(|pair| pair[0] != pair[1])
}

/// The values whose labels do not touch: zero first, then outward.
fn apart(values: &[f64], rows: &RowScale) -> Vec<f64> {
    let mut placed = Placed::new(rows);
    let zero = values.iter().position(|&value| value == 0.0).unwrap_or(0);
    let (below, above) = values.split_at(zero);
    for &value in above.iter().chain(below.iter().rev()) {
        placed.add(&[value]);
    }
    placed.ascending()
}

/// Values with room for a label each.
struct Placed<'r> {
    rows: &'r RowScale,
    values: Vec<(i32, f64)>,
}

impl<'r> Placed<'r> {
    fn new(rows: &'r RowScale) -> Self {
        Self {
            rows,
            values: Vec::new(),
        }
    }

    /// Adds values unless one of them stands too near to another one, or beyond the ends.
    fn add(&mut self, values: &[f64]) {
        let found: Vec<(i32, f64)> = values
            .iter()
            .map(|&value| (self.rows.row(value), value))
            .collect();
        let is_free = |&(row, _): &(i32, f64)| {
            (self.rows.top()..=self.rows.bottom()).contains(&row)
                && (self.values)
                    .iter()
                    .all(|&(other, _)| (other - row).abs() >= LABEL_SPACING_MIN)
        };
        if found.iter().all(is_free) {
            self.values.extend(found);
        }
    }

    fn ascending(mut self) -> Vec<f64> {
        self.values.sort_by(|a, b| a.1.total_cmp(&b.1));
        self.values.into_iter().map(|(_, value)| value).collect()
    }
}

/// Minor ticks of a step, where they are not too dense.
fn minors(step: Step, (low, high): (f64, f64), room: AxisRoom<'_>) -> Vec<f64> {
    let values = step.minor().multiples(low, high);
    let rows: Vec<i32> = values.iter().map(|&value| room.rows.row(value)).collect();
    if rows
        .windows(2)
        .any(|pair| pair[0] - pair[1] < MINOR_SPACING_MIN)
    {
        // On a bent scale, or where there is little room, the values between are the majors left out.
        return apart(&step.multiples(low, high), room.rows);
    }
    values
}

/// Majors with their labels, and minors where no major is.
fn merged(majors: Vec<f64>, texts: Vec<String>, minors: Vec<f64>) -> Vec<Tick> {
    let tick = |value: f64, is_major: bool, label: String| Tick {
        value,
        is_major,
        offset: 0.0,
        label,
    };
    let near = |value: f64, other: f64| (value - other).abs() <= value.abs() * 1e-9;
    let mut ticks: Vec<Tick> = minors
        .into_iter()
        .filter(|&value| !majors.iter().any(|&major| near(value, major)))
        .map(|value| tick(value, false, String::new()))
        .collect();
    ticks.extend(
        majors
            .into_iter()
            .zip(texts)
            .map(|(value, label)| tick(value, true, label)),
    );
    ticks.sort_by(|a, b| a.value.total_cmp(&b.value));
    ticks
}

#[cfg(test)]
mod tests;

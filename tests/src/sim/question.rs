//! Questions: expressions in the stack language, and what they must answer by the letter of the
//! rules.
//!
//! Takes cells that can be asked one by one; gives lines. Every value is looked at alone and sums are
//! exact by [`BigSum`]. The rules are those of the reference's storage engine: fold each series within
//! a point, combine the series, divide last.

use std::collections::{BTreeMap, BTreeSet};

use super::bigsum::BigSum;
use super::chance::Chance;
use super::universe::{Kind, Universe};

/// Something that can be asked for single values.
pub(crate) trait Cells {
    fn universe(&self) -> &Universe;
    /// Series that may hold values.
    fn series(&self) -> BTreeSet<usize>;
    fn value(&self, series: usize, slot: i64) -> Option<f64>;
}

/// Times of an evaluation: points from `start_ms` to before `end_ms`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Window {
    pub(crate) start_ms: i64,
    pub(crate) end_ms: i64,
    pub(crate) step_ms: i64,
    /// Step of the store.
    pub(crate) slot_ms: i64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Aggregate {
    All,
    Sum,
    Count,
    Min,
    Max,
}

/// How the values of one series in a longer step become one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fold {
    Avg,
    Sum,
    Min,
    Max,
}

/// A data expression.
#[derive(Clone, Debug)]
pub(crate) struct Ask {
    /// Tags that a series must have.
    pub(crate) equal: Vec<(&'static str, String)>,
    pub(crate) aggregate: Aggregate,
    /// Keys of the grouping; `None` without one.
    pub(crate) by: Option<Vec<&'static str>>,
    /// Another fold than that of the aggregate.
    pub(crate) fold: Option<Fold>,
    /// In steps of the evaluation.
    pub(crate) offset_points: i64,
}

/// An expression.
#[derive(Clone, Debug)]
pub(crate) enum Question {
    Data(Ask),
    /// `:avg`, which is a sum through a count.
    Average(Ask),
    Scaled(Ask, f64),
    Total(Ask, Ask),
}

/// One line of an answer.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Answer {
    pub(crate) tags: BTreeMap<String, String>,
    pub(crate) values: Vec<f64>,
}

impl Ask {
    pub(crate) fn of(name: &str, aggregate: Aggregate) -> Self {
        Self {
            equal: vec![("name", name.to_owned())],
            aggregate,
            by: None,
            fold: None,
            offset_points: 0,
        }
    }

    pub(crate) fn by(mut self, keys: &[&'static str]) -> Self {
        self.by = Some(keys.to_vec());
        self
    }

    fn random(chance: &mut Chance, universe: &Universe) -> Self {
        let name = chance.pick(&["load", "req", "hits", "bytes", "plain", "odd", "nothing"]);
        let mut ask = Self::of(name, Aggregate::Sum);
        ask.aggregate = chance.pick(&[
            Aggregate::Sum,
            Aggregate::Sum,
            Aggregate::Count,
            Aggregate::Min,
            Aggregate::Max,
            Aggregate::All,
        ]);
        if chance.one_in(4) {
            ask.equal.clear();
        }
        if chance.one_in(4) && !universe.known.is_empty() {
            let known = &universe.known[chance.index(universe.known.len())];
            let key = chance.pick(&["nf.node", "nf.cluster", "host"]);
            if let Some(value) = known.pairs.get(key) {
                ask.equal.push((key, value.clone()));
            }
        }
        if ask.aggregate != Aggregate::All {
            ask.by = chance
                .pick(&[
                    None,
                    None,
                    Some(&["nf.cluster"] as &[_]),
                    Some(&["nf.node"]),
                    Some(&["name", "nf.cluster"]),
                ])
                .map(<[_]>::to_vec);
            ask.fold = chance.pick(&[
                None,
                None,
                None,
                Some(Fold::Avg),
                Some(Fold::Sum),
                Some(Fold::Min),
                Some(Fold::Max),
            ]);
        }
        ask.offset_points = chance.pick(&[0, 0, 0, 1, 5]);
        ask
    }

    fn text(&self, step_ms: i64) -> String {
        let mut words: Vec<String> = Vec::new();
        for (index, (key, value)) in self.equal.iter().enumerate() {
            words.push(format!("{key},{value},:eq"));
            if index > 0 {
                words.push(":and".to_owned());
            }
        }
        if self.equal.is_empty() {
            words.push(":true".to_owned());
        }
        words.push(
            match self.aggregate {
                Aggregate::All => ":all",
                Aggregate::Sum => ":sum",
                Aggregate::Count => ":count",
                Aggregate::Min => ":min",
                Aggregate::Max => ":max",
            }
            .to_owned(),
        );
        if let Some(fold) = self.fold {
            words.push(
                match fold {
                    Fold::Avg => ":cf-avg",
                    Fold::Sum => ":cf-sum",
                    Fold::Min => ":cf-min",
                    Fold::Max => ":cf-max",
                }
                .to_owned(),
            );
        }
        if let Some(keys) = &self.by {
            words.push(format!("(,{},),:by", keys.join(",")));
        }
        if self.offset_points > 0 {
            words.push(format!("{}s,:offset", self.offset_points * step_ms / 1000));
        }
        words.join(",")
    }

    fn folded(&self) -> Fold {
        let own = match self.aggregate {
            Aggregate::All => return Fold::Sum,
            Aggregate::Sum | Aggregate::Count => Fold::Avg,
            Aggregate::Min => Fold::Min,
            Aggregate::Max => Fold::Max,
        };
        self.fold.unwrap_or(own)
    }

    /// The lines, those without any value left out.
    pub(crate) fn lines(&self, cells: &dyn Cells, window: Window) -> Vec<Answer> {
        let mut groups: BTreeMap<BTreeMap<String, String>, Vec<usize>> = BTreeMap::new();
        for series in cells.series() {
            if let Some(tags) = self.group_of(series, cells.universe()) {
                groups.entry(tags).or_default().push(series);
            }
        }
        let lines = groups.into_iter().filter_map(|(tags, members)| {
            let values = self.values(&members, cells, window)?;
            Some(Answer { tags, values })
        });
        let mut lines: Vec<Answer> = lines.collect();
        if lines.is_empty() && self.by.is_none() && self.aggregate != Aggregate::All {
            lines.push(no_data(window));
        }
        lines
    }

    /// Tags of the line that a series goes into.
    fn group_of(&self, series: usize, universe: &Universe) -> Option<BTreeMap<String, String>> {
        let pairs = &universe.known[series].pairs;
        let has = |(key, value): &(&str, String)| pairs.get(*key) == Some(value);
        if !self.equal.iter().all(has) {
            return None;
        }
        if self.aggregate == Aggregate::All {
            return Some(pairs.clone());
        }
        let exact = self.equal.iter().map(|(key, value)| (*key, value));
        let mut tags: BTreeMap<String, String> = exact
            .map(|(key, value)| (key.to_owned(), value.clone()))
            .collect();
        for key in self.by.iter().flatten() {
            tags.insert((*key).to_owned(), pairs.get(*key)?.clone());
        }
        Some(tags)
    }

    /// One value per point; `None` when there is none at all.
    fn values(&self, members: &[usize], cells: &dyn Cells, window: Window) -> Option<Vec<f64>> {
        let moved_ms = self.offset_points * window.step_ms;
        let multiple = window.step_ms / window.slot_ms;
        let points = window
            .points()
            .map(|time| (time - moved_ms) / window.slot_ms);
        let points: Vec<i64> = points.collect();
        let has_value = |series: &usize| {
            let slots = points.iter().flat_map(|&slot| slot - multiple + 1..=slot);
            let mut values = slots.map(|slot| cells.value(*series, slot));
            values.any(|value| value.is_some())
        };
        let present: Vec<usize> = members.iter().copied().filter(has_value).collect();
        // The member with the smallest id decides the type of the group.
        let known = &cells.universe().known;
        let first = present.iter().min_by_key(|&&series| known[series].id)?;
        let is_gauge = known[*first].kind == Kind::Gauge;
        let values: Vec<f64> = points
            .iter()
            .map(|&slot| {
                let rows: Vec<Vec<f64>> = present
                    .iter()
                    .map(|&series| {
                        let slots = slot - multiple + 1..=slot;
                        slots
                            .map(|slot| cells.value(series, slot).unwrap_or(f64::NAN))
                            .collect()
                    })
                    .collect();
                self.point(&rows, is_gauge)
            })
            .collect();
        values.iter().any(|value| !value.is_nan()).then_some(values)
    }

    /// The value of one point: per series the cells in it, NaN where there is none.
    fn point(&self, rows: &[Vec<f64>], is_gauge: bool) -> f64 {
        let fold = self.folded();
        let present = |row: &[f64]| -> Vec<f64> {
            row.iter().copied().filter(|cell| !cell.is_nan()).collect()
        };
        let series: Vec<Vec<f64>> = rows
            .iter()
            .map(|row| present(row))
            .filter(|row| !row.is_empty())
            .collect();
        if series.is_empty() {
            return f64::NAN;
        }
        let folded = series.iter().map(|row| fold_series(row, fold));
        let is_summed = matches!(fold, Fold::Avg | Fold::Sum);
        let combined = match self.aggregate {
            // Every cell counts exactly; a series that cancels to nothing is left out.
            Aggregate::Sum | Aggregate::All if is_summed => {
                exact(series.iter().filter(|row| !cancels(row)).flatten().copied())
            }
            Aggregate::Sum | Aggregate::All => exact(folded),
            Aggregate::Count if is_summed => count(series.iter().map(Vec::len).sum()),
            Aggregate::Count => count(series.len()),
            Aggregate::Min => folded
                .filter(|value| !value.is_nan())
                .fold(f64::NAN, smaller),
            Aggregate::Max => folded
                .filter(|value| !value.is_nan())
                .fold(f64::NAN, |a, b| -smaller(-a, -b)),
        };
        let width = rows[0].len();
        if fold != Fold::Avg || width == 1 {
            return combined;
        }
        let occupied = (0..width).filter(|&place| rows.iter().any(|row| !row[place].is_nan()));
        combined / count(if is_gauge { occupied.count() } else { width })
    }
}

/// The cells of one series in one point, in the order of time; an average is a sum here.
fn fold_series(row: &[f64], fold: Fold) -> f64 {
    let cells = row.iter().copied();
    let folded = match fold {
        Fold::Avg | Fold::Sum => cells.reduce(|a, b| a + b),
        Fold::Min => cells.reduce(|a, b| if b < a { b } else { a }),
        Fold::Max => cells.reduce(|a, b| if b > a { b } else { a }),
    };
    folded.unwrap_or(f64::NAN)
}

fn cancels(row: &[f64]) -> bool {
    row.contains(&f64::INFINITY) && row.contains(&f64::NEG_INFINITY)
}

/// The smaller one; minus zero below zero, NaN is no value.
fn smaller(a: f64, b: f64) -> f64 {
    let is_smaller = b < a || (a == 0.0 && b == 0.0 && b.is_sign_negative());
    if a.is_nan() || is_smaller { b } else { a }
}

fn exact(values: impl Iterator<Item = f64>) -> f64 {
    let mut sum = BigSum::new();
    values
        .filter(|value| !value.is_nan())
        .for_each(|value| sum.add(value));
    sum.value()
}

#[expect(clippy::cast_precision_loss, reason = "counts of a few series")]
fn count(things: usize) -> f64 {
    things as f64
}

fn no_data(window: Window) -> Answer {
    Answer {
        tags: BTreeMap::from([("name".to_owned(), "NO_DATA".to_owned())]),
        values: window.points().map(|_| f64::NAN).collect(),
    }
}

impl Window {
    pub(crate) fn points(self) -> impl Iterator<Item = i64> {
        let Self {
            start_ms,
            end_ms,
            step_ms,
            ..
        } = self;
        (start_ms / step_ms..end_ms / step_ms).map(move |point| point * step_ms)
    }
}

impl Question {
    pub(crate) fn random(chance: &mut Chance, universe: &Universe) -> Self {
        let mut ask = Ask::random(chance, universe);
        match chance.below(6) {
            0 => {
                ask.fold = None;
                if ask.aggregate == Aggregate::All {
                    ask.aggregate = Aggregate::Sum;
                }
                Self::Average(ask)
            }
            1 => Self::Scaled(ask, chance.pick(&[2.0, 0.1, -3.0, 1e300])),
            2 => {
                let mut other = Ask::random(chance, universe);
                if ask.aggregate == Aggregate::All || other.aggregate == Aggregate::All {
                    return Self::Data(ask);
                }
                other.by.clone_from(&ask.by);
                Self::Total(ask, other)
            }
            _ => Self::Data(ask),
        }
    }

    /// The expression as a user writes it.
    pub(crate) fn text(&self, step_ms: i64) -> String {
        match self {
            Self::Data(ask) => ask.text(step_ms),
            Self::Average(ask) => ask
                .text(step_ms)
                .replace(":sum", ":avg")
                .replace(":count", ":avg")
                .replace(":min", ":avg")
                .replace(":max", ":avg"),
            Self::Scaled(ask, factor) => format!("{},{factor:?},:mul", ask.text(step_ms)),
            Self::Total(a, b) => format!("{},{},:add", a.text(step_ms), b.text(step_ms)),
        }
    }

    /// The lines, by tags.
    pub(crate) fn answer(&self, cells: &dyn Cells, window: Window) -> Vec<Answer> {
        let mut lines = match self {
            Self::Data(ask) => ask.lines(cells, window),
            Self::Average(ask) => {
                let of = |aggregate| {
                    Ask {
                        aggregate,
                        ..ask.clone()
                    }
                    .lines(cells, window)
                };
                let keys = ask.by.clone().unwrap_or_default();
                join(&of(Aggregate::Sum), &of(Aggregate::Count), &keys, divide)
            }
            Self::Scaled(ask, factor) => {
                let mut lines = ask.lines(cells, window);
                for value in lines.iter_mut().flat_map(|line| &mut line.values) {
                    *value *= factor;
                }
                lines
            }
            Self::Total(a, b) => {
                let keys = a.by.clone().unwrap_or_default();
                join(
                    &a.lines(cells, window),
                    &b.lines(cells, window),
                    &keys,
                    plus,
                )
            }
        };
        lines.sort_by(|a, b| a.tags.cmp(&b.tags));
        lines
    }
}

/// Lines of the left side with the line of the right side that has the same values of the keys.
fn join(left: &[Answer], right: &[Answer], keys: &[&str], op: fn(f64, f64) -> f64) -> Vec<Answer> {
    let key_of = |line: &Answer| -> Vec<Option<String>> {
        keys.iter()
            .map(|key| line.tags.get(*key).cloned())
            .collect()
    };
    let joined = left.iter().filter_map(|line| {
        let partner = right.iter().find(|other| key_of(other) == key_of(line))?;
        let pairs = line.values.iter().zip(&partner.values);
        Some(Answer {
            tags: line.tags.clone(),
            values: pairs.map(|(&a, &b)| op(a, b)).collect(),
        })
    });
    joined.collect()
}

/// Nothing and a value are the value.
fn plus(a: f64, b: f64) -> f64 {
    match (a.is_nan(), b.is_nan()) {
        (true, _) => b,
        (_, true) => a,
        (false, false) => a + b,
    }
}

/// Zero through zero is zero, anything else through zero is nothing.
fn divide(a: f64, b: f64) -> f64 {
    if b == 0.0 && a == 0.0 {
        0.0
    } else if b == 0.0 {
        f64::NAN
    } else {
        a / b
    }
}

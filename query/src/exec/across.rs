//! Lines to fewer lines: aggregates across all lines and regrouping.
//!
//! Takes lines in their order; adds them in that order and with the rounding of the reference.
//! Quantiles, which are ours, do not depend on the order.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use telamon_model::number::java_double;
use telamon_model::predicate::utf16_cmp;
use telamon_model::{ABSENT, Tags};

use super::finish::group_label;
use crate::expr::{Aggregate, DataExpr, Expr, Reduce, add_present, max_present, min_present};
use crate::line::{Line, tag_label};

/// All lines as one. A plain aggregate is one line already, of which its sum and the like are itself.
pub(super) fn across(reduce: Reduce, input: &Expr, lines: &[Line], points: usize) -> Vec<Line> {
    let is_plain = matches!(input, Expr::Data(DataExpr::Aggregate(_)));
    let is_itself = matches!(
        reduce,
        Reduce::Aggregate(Aggregate::Sum | Aggregate::Min | Aggregate::Max)
    );
    if is_plain && is_itself {
        return lines.to_vec();
    }
    let Some(first) = lines.first() else {
        return vec![Line::no_data(points)];
    };
    let tags = match input.data_exprs().first() {
        None => first.tags.clone(),
        Some(data) => {
            let exact = data.query().exact_tags();
            filter(&first.tags, |key| exact.contains_key(key))
        }
    };
    let label = match reduce {
        Reduce::Aggregate(aggregate) => format!("{}({})", aggregate.word(), tag_label(&tags)),
        Reduce::Quantile(q) => format!("quantile({}, {})", tag_label(&tags), java_double(q.0)),
    };
    vec![Line {
        label,
        tags,
        kind: first.kind,
        values: values_of(reduce, &lines.iter().collect::<Vec<_>>(), points),
    }]
}

/// One line per combination of values of the keys; lines that lack one are left out.
pub(super) fn regroup(
    reduce: Reduce,
    input: &Expr,
    keys: &[Arc<str>],
    lines: &[Line],
    points: usize,
) -> Vec<Line> {
    let mut kept: BTreeSet<Arc<str>> = exact_keys_of_all(input);
    kept.extend(keys.iter().cloned());
    let mut groups: BTreeMap<Vec<Arc<str>>, Vec<&Line>> = BTreeMap::new();
    for line in lines {
        let values: Option<Vec<Arc<str>>> =
            keys.iter().map(|key| line.tags.get(key).cloned()).collect();
        if let Some(values) = values {
            groups.entry(values).or_default().push(line);
        }
    }
    let mut regrouped: Vec<Line> = groups
        .into_iter()
        .map(|(values, members)| Line {
            tags: filter(&members[0].tags, |key| kept.contains(key)),
            label: group_label(keys.iter().zip(&values)),
            kind: members[0].kind,
            values: values_of(reduce, &members, points),
        })
        .collect();
    regrouped.sort_by(|a, b| utf16_cmp(&a.label, &b.label));
    regrouped
}

/// Keys that every query below pins to one value.
fn exact_keys_of_all(input: &Expr) -> BTreeSet<Arc<str>> {
    let mut common: Option<BTreeSet<Arc<str>>> = None;
    for data in input.data_exprs() {
        let exact: BTreeSet<Arc<str>> = data.query().exact_tags().into_keys().collect();
        common = Some(match common {
            None => exact,
            Some(common) => common.intersection(&exact).cloned().collect(),
        });
    }
    common.unwrap_or_default()
}

fn filter(tags: &Tags, keep: impl Fn(&Arc<str>) -> bool) -> Tags {
    let kept = tags.iter().filter(|(key, _)| keep(key));
    Tags::from_pairs(kept.map(|(key, value)| (Arc::clone(key), Arc::clone(value))))
}

fn values_of(reduce: Reduce, lines: &[&Line], points: usize) -> Vec<f64> {
    match reduce {
        Reduce::Aggregate(aggregate) => combine(aggregate, lines, points),
        Reduce::Quantile(q) => {
            let mut present = Vec::with_capacity(lines.len());
            let quantiles = (0..points).map(|point| {
                present.clear();
                let values = lines.iter().map(|line| line.values[point]);
                present.extend(values.filter(|value| !value.is_nan()));
                quantile(&mut present, q.0)
            });
            quantiles.collect()
        }
    }
}

/// The value of a rank between the lowest, 0, and the highest, 1: linear between the two nearest.
/// `values` are sorted on the way.
fn quantile(values: &mut [f64], q: f64) -> f64 {
    let Some(last) = values.len().checked_sub(1) else {
        return ABSENT;
    };
    values.sort_unstable_by(f64::total_cmp);
    #[expect(clippy::cast_precision_loss, reason = "lines are far fewer than 2^53")]
    let rank = q * last as f64;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "from 0 up to the last place"
    )]
    let below = rank.floor() as usize;
    let (low, high) = (values[below], values[last.min(below + 1)]);
    let share = rank.fract();
    if share == 0.0 || low.to_bits() == high.to_bits() {
        return low;
    }
    low * (1.0 - share) + high * share
}

fn combine(aggregate: Aggregate, lines: &[&Line], points: usize) -> Vec<f64> {
    let mut values = vec![ABSENT; points];
    for line in lines {
        for (value, &next) in values.iter_mut().zip(&line.values) {
            *value = match aggregate {
                Aggregate::Sum => add_present(*value, next),
                Aggregate::Min => min_present(*value, next),
                Aggregate::Max => max_present(*value, next),
                Aggregate::Count if next.is_nan() => *value,
                Aggregate::Count => add_present(*value, 1.0),
            };
        }
    }
    values
}

//! Lines to fewer lines: aggregates across all lines and regrouping.
//!
//! Takes lines in their order; adds them in that order and with the rounding of the reference.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use telamon_model::predicate::utf16_cmp;
use telamon_model::{ABSENT, Tags};

use super::finish::group_label;
use crate::expr::{Aggregate, DataExpr, Expr, add_present, max_present, min_present};
use crate::line::{Line, tag_label};

/// All lines as one. Over a plain aggregate only a count does anything.
pub(super) fn across(
    aggregate: Aggregate,
    input: &Expr,
    lines: &[Line],
    points: usize,
) -> Vec<Line> {
    let is_plain = matches!(input, Expr::Data(DataExpr::Aggregate(_)));
    if is_plain && aggregate != Aggregate::Count {
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
    vec![Line {
        label: format!("{}({})", aggregate.word(), tag_label(&tags)),
        tags,
        kind: first.kind,
        values: combine(aggregate, lines.iter(), points),
    }]
}

/// One line per combination of values of the keys; lines that lack one are left out.
pub(super) fn regroup(
    aggregate: Aggregate,
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
            values: combine(aggregate, members.iter().copied(), points),
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

fn combine<'a>(
    aggregate: Aggregate,
    lines: impl Iterator<Item = &'a Line>,
    points: usize,
) -> Vec<f64> {
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

//! Data expressions by the letter of the rules: plain maps, every value looked at alone.

use std::collections::BTreeMap;
use std::sync::Arc;

use telamon_model::exact::ExactSum;
use telamon_model::predicate::utf16_cmp;
use telamon_model::{Series, Tags, duration};

use super::world::{STEP_MS, Stored};
use crate::context::EvalContext;
use crate::expr::{Aggregate, Consolidation, DataExpr};
use crate::line::{Line, LineKind, tag_label};

type Members<'a> = Vec<&'a (Series, BTreeMap<i64, f64>)>;

pub(super) fn eval(expr: &DataExpr, stored: &Stored, context: &EvalContext) -> Vec<Line> {
    let mut groups: BTreeMap<Vec<Arc<str>>, Members<'_>> = BTreeMap::new();
    for member in stored {
        let tags = member.0.tags();
        if !expr.query().matches(tags).unwrap() {
            continue;
        }
        let key: Option<Vec<Arc<str>>> = match expr {
            DataExpr::All { .. } => Some(vec![member.0.id().to_string().into()]),
            _ => expr
                .keys()
                .iter()
                .map(|key| tags.get(key).cloned())
                .collect(),
        };
        if let Some(key) = key {
            groups.entry(key).or_default().push(member);
        }
    }
    let mut lines: Vec<(Line, Vec<Arc<str>>)> = groups
        .into_iter()
        .filter_map(|(key, members)| Some((line(expr, &key, &members, context)?, key)))
        .collect();
    lines.sort_by(|(a, a_key), (b, b_key)| utf16_cmp(&a.label, &b.label).then(a_key.cmp(b_key)));
    if lines.is_empty() && matches!(expr, DataExpr::Aggregate(_)) {
        return vec![Line::no_data(context.points())];
    }
    lines.into_iter().map(|(line, _)| line).collect()
}

fn line(
    expr: &DataExpr,
    key: &[Arc<str>],
    members: &Members<'_>,
    context: &EvalContext,
) -> Option<Line> {
    let offset_ms = expr.offset_ms();
    let step_ms = context.step_ms;
    let moved = if offset_ms < step_ms {
        0
    } else {
        offset_ms / step_ms * step_ms
    };
    let shift = offset_ms.div_euclid(step_ms) + i64::from(offset_ms.rem_euclid(step_ms) != 0);
    let (from, to) = (context.start.0 - moved, context.end.0 - moved);
    let read_slots = (from - step_ms) / STEP_MS + 1..=(to - step_ms) / STEP_MS;
    let in_window = |slot: &i64| read_slots.contains(slot);
    let with_values = members
        .iter()
        .filter(|member| member.1.keys().any(in_window));
    let first = with_values.min_by_key(|member| member.0.id())?;
    let is_gauge = first.0.dstype().is_gauge();
    let read: BTreeMap<i64, f64> = context
        .times()
        .map(|time| {
            (
                time.0 - moved,
                value_at(expr, members, time.0 - moved, is_gauge, step_ms),
            )
        })
        .collect();
    if read.values().all(|value| value.is_nan()) {
        return None;
    }
    let values = context.times().map(|time| {
        let at = time.0 - shift * step_ms;
        if (from..to).contains(&at) {
            read[&at]
        } else {
            f64::NAN
        }
    });
    let (tags, label) = name(expr, key, first.0.tags());
    let suffix = match offset_ms {
        0 => String::new(),
        _ => format!(" (offset={})", duration::format_millis(offset_ms)),
    };
    Some(Line {
        tags,
        label: label + &suffix,
        kind: if is_gauge {
            LineKind::Gauge
        } else {
            LineKind::Rate
        },
        values: values.collect(),
    })
}

fn name(expr: &DataExpr, key: &[Arc<str>], tags: &Tags) -> (Tags, String) {
    let mut pairs = expr.query().exact_tags();
    match expr {
        DataExpr::All { .. } => (tags.clone(), tag_label(tags)),
        DataExpr::Aggregate(aggregate) => {
            let text = match pairs.len() {
                0 => "true".to_owned(),
                1 => "name=cpu".to_owned(),
                _ => "(name=cpu) and (app=a0)".to_owned(),
            };
            let text = if format!("{:?}", expr.query()).contains("Has") {
                "has(app)"
            } else {
                &text
            };
            (
                Tags::from_pairs(pairs),
                format!("{}({text})", aggregate.aggregate.word()),
            )
        }
        DataExpr::GroupBy { keys, .. } => {
            let texts: Vec<String> = keys
                .iter()
                .zip(key)
                .map(|(key, value)| format!("{key}={value}"))
                .collect();
            pairs.extend(keys.iter().cloned().zip(key.iter().cloned()));
            let label = if keys.is_empty() {
                ")".to_owned()
            } else {
                format!("({})", texts.join(" "))
            };
            (Tags::from_pairs(pairs), label)
        }
    }
}

fn value_at(
    expr: &DataExpr,
    members: &Members<'_>,
    time: i64,
    is_gauge: bool,
    step_ms: i64,
) -> f64 {
    let slots: Vec<i64> = ((time - step_ms) / STEP_MS + 1..=time / STEP_MS).collect();
    let fold = expr.consolidation();
    let kind = match expr {
        DataExpr::All { .. } => Aggregate::Sum,
        DataExpr::Aggregate(aggregate) | DataExpr::GroupBy { aggregate, .. } => aggregate.aggregate,
    };
    let of = |member: &(Series, BTreeMap<i64, f64>)| -> Vec<f64> {
        slots
            .iter()
            .filter_map(|slot| member.1.get(slot).copied())
            .collect()
    };
    let present: Vec<Vec<f64>> = members
        .iter()
        .map(|member| of(member))
        .filter(|values| !values.is_empty())
        .collect();
    if present.is_empty() {
        return f64::NAN;
    }
    let is_summed = matches!(fold, Consolidation::Avg | Consolidation::Sum);
    let combined = match (kind, is_summed) {
        (Aggregate::Sum, true) => {
            // Infinities of both signs in one series make it absent here.
            let summed = present
                .iter()
                .filter(|values| !folded(values, fold).is_nan());
            sum(summed.flatten().copied())
        }
        (Aggregate::Sum, false) => sum(present.iter().map(|values| folded(values, fold))),
        (Aggregate::Count, true) => present.iter().flatten().map(|_| 1.0).sum(),
        (Aggregate::Count, false) => present.iter().map(|_| 1.0).sum(),
        // Infinities of both signs make a series absent here too.
        (Aggregate::Min, _) => extreme(&present, fold, f64::min),
        (Aggregate::Max, _) => extreme(&present, fold, f64::max),
    };
    if fold != Consolidation::Avg || slots.len() == 1 {
        return combined;
    }
    let occupied = slots
        .iter()
        .filter(|slot| members.iter().any(|m| m.1.contains_key(slot)));
    let divisor = if is_gauge {
        occupied.count()
    } else {
        slots.len()
    };
    combined / f64::from(u32::try_from(divisor).unwrap())
}

fn extreme(present: &[Vec<f64>], fold: Consolidation, pick: fn(f64, f64) -> f64) -> f64 {
    let values = present.iter().map(|values| folded(values, fold));
    let values = values.filter(|value| !value.is_nan());
    values.reduce(pick).unwrap_or(f64::NAN)
}

fn folded(values: &[f64], fold: Consolidation) -> f64 {
    let values = values.iter().copied();
    match fold {
        Consolidation::Avg | Consolidation::Sum => values.reduce(|a, b| a + b).unwrap(),
        Consolidation::Min => values.fold(f64::INFINITY, f64::min),
        Consolidation::Max => values.fold(f64::NEG_INFINITY, f64::max),
    }
}

fn sum(values: impl Iterator<Item = f64>) -> f64 {
    let mut sum = ExactSum::new();
    values.for_each(|value| sum.add(value));
    sum.value()
}

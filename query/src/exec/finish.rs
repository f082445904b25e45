//! Finishing: merged partials into lines with tags, labels and their place in time.
//!
//! Takes the partial of a data expression; gives its lines in the order of the reference. The limits
//! on lines and points are those of what leaves here.

use std::sync::Arc;

use telamon_model::partial::{FinishedGroup, GroupKey, Partial};
use telamon_model::predicate::utf16_cmp;
use telamon_model::{ABSENT, Predicate, SeriesId, Tags, duration};

use super::{EvalError, Limits};
use crate::expr::DataExpr;
use crate::line::{Line, LineKind, tag_label};
use crate::plan::{Fetch, Plan};

/// The lines of a data expression. An aggregate without values is one line without data.
pub(super) fn finish(
    fetch: &Fetch,
    plan: &Plan,
    partial: &Partial,
    limits: &Limits,
) -> Result<Vec<Line>, EvalError> {
    let groups = partial.finish();
    let is_aggregate = matches!(fetch.data, DataExpr::Aggregate(_));
    if is_aggregate && groups.is_empty() {
        return Ok(vec![Line::no_data(plan.points)]);
    }
    if !is_aggregate {
        check_limits(groups.len() as u64, plan.points as u64, limits)?;
    }
    let mut lines: Vec<(Line, Option<SeriesId>)> = groups
        .into_iter()
        .map(|group| {
            let id = match group.key {
                GroupKey::Series(id, _) => Some(*id),
                GroupKey::Values(_) => None,
            };
            (line_of(group, fetch, plan), id)
        })
        .collect();
    lines.sort_by(|(a, a_id), (b, b_id)| utf16_cmp(&a.label, &b.label).then(a_id.cmp(b_id)));
    Ok(lines.into_iter().map(|(line, _)| line).collect())
}

/// The reference checks line by line, lines before points, so it names the first number that is above
/// a limit.
pub(super) fn check_limits(lines: u64, points: u64, limits: &Limits) -> Result<(), EvalError> {
    let lines_allowed = limits.lines_max;
    let lines_by_points = limits
        .datapoints_max
        .checked_div(points)
        .unwrap_or(u64::MAX);
    if lines <= lines_allowed.min(lines_by_points) {
        return Ok(());
    }
    Err(if lines_allowed <= lines_by_points {
        EvalError::TooManyLines {
            lines: lines_allowed + 1,
            limit: limits.lines_max,
        }
    } else {
        EvalError::TooManyDatapoints {
            datapoints: (lines_by_points + 1).saturating_mul(points),
            limit: limits.datapoints_max,
        }
    })
}

/// What the label of a line from some time ago ends with.
pub(super) fn offset_suffix(data: &DataExpr) -> String {
    match data.offset_ms() {
        0 => String::new(),
        offset_ms => format!(" (offset={})", duration::format_millis(offset_ms)),
    }
}

/// The line of a group.
pub(super) fn line_of(group: FinishedGroup<'_>, fetch: &Fetch, plan: &Plan) -> Line {
    let (tags, label) = name_of(group.key, &fetch.data);
    let lead = plan.scans[fetch.scan].lead;
    Line {
        tags,
        label: label + &offset_suffix(&fetch.data),
        kind: if group.is_gauge {
            LineKind::Gauge
        } else {
            LineKind::Rate
        },
        values: place(group.values, lead, fetch.shift, plan.points),
    }
}

/// Values at their points: `lead` points after the first one, and `shift` points later.
fn place(mut values: Vec<f64>, lead: usize, shift: i64, points: usize) -> Vec<f64> {
    let first = i64::try_from(lead)
        .unwrap_or(i64::MAX)
        .saturating_add(shift);
    if first == 0 {
        values.resize(points, ABSENT);
        return values;
    }
    let mut placed = vec![ABSENT; points];
    let before = usize::try_from(first).unwrap_or(0).min(points);
    let too_early = usize::try_from(first.saturating_neg()).unwrap_or(0);
    let shown = &values[too_early.min(values.len())..];
    let count = shown.len().min(points - before);
    placed[before..before + count].copy_from_slice(&shown[..count]);
    placed
}

fn name_of(key: &GroupKey, data: &DataExpr) -> (Tags, String) {
    let exact = data.query().exact_tags();
    match (data, key) {
        (DataExpr::GroupBy { keys, .. }, GroupKey::Values(values)) => {
            let pairs = keys.iter().zip(values);
            let own = pairs
                .clone()
                .map(|(key, value)| (Arc::clone(key), Arc::clone(value)));
            let tags = Tags::from_pairs(exact.into_iter().chain(own));
            (tags, group_label(pairs))
        }
        (_, GroupKey::Series(_, tags)) => (tags.clone(), tag_label(tags)),
        (DataExpr::Aggregate(aggregate), GroupKey::Values(_)) => {
            let label = format!(
                "{}({})",
                aggregate.aggregate.word(),
                query_label(&aggregate.query)
            );
            (Tags::from_pairs(exact), label)
        }
        (DataExpr::All { .. }, GroupKey::Values(_)) => {
            unreachable!("each series is its own group")
        }
    }
}

/// The label of a group: `(k=v k2=v2)`; without keys `)`, as the reference builds it.
pub(super) fn group_label<'a>(pairs: impl Iterator<Item = (&'a Arc<str>, &'a Arc<str>)>) -> String {
    let texts: Vec<String> = pairs.map(|(key, value)| format!("{key}={value}")).collect();
    if texts.is_empty() {
        ")".to_owned()
    } else {
        format!("({})", texts.join(" "))
    }
}

/// A query as it reads in the label of an aggregate.
pub(super) fn query_label(query: &Predicate) -> String {
    match query {
        Predicate::True => "true".to_owned(),
        Predicate::False => "false".to_owned(),
        Predicate::Has(key) => format!("has({key})"),
        Predicate::Equal(key, value) => format!("{key}={value}"),
        Predicate::Less(key, value) => format!("{key}<{value}"),
        Predicate::LessEqual(key, value) => format!("{key}<={value}"),
        Predicate::Greater(key, value) => format!("{key}>{value}"),
        Predicate::GreaterEqual(key, value) => format!("{key}>={value}"),
        Predicate::Matches(key, pattern) => {
            let flags = if pattern.ignore_case { "i" } else { "" };
            format!("{key}~/^{}/{flags}", pattern.text)
        }
        Predicate::In(key, values) => format!("{key} in ({})", values.join(",")),
        Predicate::And(a, b) => format!("({}) and ({})", query_label(a), query_label(b)),
        Predicate::Or(a, b) => format!("({}) or ({})", query_label(a), query_label(b)),
        Predicate::Not(inner) => format!("not({})", query_label(inner)),
    }
}

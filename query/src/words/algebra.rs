//! Expressions rewritten as a whole: queries added, groupings pushed inside, consolidation changed.
//!
//! A named rewrite whose word is known is applied again to its changed display, so that what it
//! evaluates follows; others are changed on both sides.

use std::sync::Arc;

use telamon_model::Predicate;

use crate::expr::{Aggregate, AggregateExpr, Consolidation, DataExpr, Displayed, Expr, Keys};
use crate::expr::{CustomAverage, ListText, Reduce, Rewrite, StyledExpr};
use crate::lang::{Fault, Machine, ParseOptions, Value};

type Rebuilt = Result<Arc<Expr>, Fault>;

/// Adds a query to every query of a value; what holds none is given back unchanged.
pub(crate) fn and_query(value: &Value, query: &Arc<Predicate>) -> Result<Value, Fault> {
    let change = |old: &Predicate| Ok(old.clone().and((**query).clone()));
    Ok(match value {
        Value::Query(old) => Value::Query(Arc::new(change(old)?)),
        Value::Expr(expr) => Value::Expr(map_queries(expr, &change)?),
        Value::Styled(styled) => Value::Styled(Arc::new(StyledExpr {
            expr: map_queries(&styled.expr, &change)?,
            settings: styled.settings.clone(),
        })),
        Value::Text(_) | Value::List(_) => value.clone(),
    })
}

/// The same expression with every query replaced.
pub(crate) fn map_queries(
    expr: &Arc<Expr>,
    change: &dyn Fn(&Predicate) -> Result<Predicate, Fault>,
) -> Rebuilt {
    let mapped = |query: &Predicate| change(query).map(Arc::new);
    Ok(Arc::new(match &**expr {
        Expr::Data(data) => {
            let mut data = data.clone();
            match &mut data {
                DataExpr::All { query, .. } => *query = mapped(query)?,
                DataExpr::Aggregate(aggregate) | DataExpr::GroupBy { aggregate, .. } => {
                    aggregate.query = mapped(&aggregate.query)?;
                }
            }
            Expr::Data(data)
        }
        Expr::Rewrite(rewrite) => {
            let display = match &rewrite.display {
                Displayed::Query(query) => Displayed::Query(mapped(query)?),
                Displayed::Expr(display) => Displayed::Expr(map_queries(display, change)?),
            };
            return redisplayed(rewrite, display, |eval| map_queries(eval, change));
        }
        _ => return map_children(expr, |child| map_queries(child, change)),
    }))
}

/// The same expression without the operators that choose lines by a statistic, or show it; what they
/// look at stays.
pub(crate) fn without_choice(expr: &Arc<Expr>) -> Rebuilt {
    match &**expr {
        Expr::Filter { input, .. } | Expr::Stat { input, .. } | Expr::Choose { input, .. } => {
            without_choice(input)
        }
        Expr::Rewrite(rewrite) => {
            let display = match &rewrite.display {
                Displayed::Query(query) => Displayed::Query(Arc::clone(query)),
                Displayed::Expr(display) => Displayed::Expr(without_choice(display)?),
            };
            redisplayed(rewrite, display, without_choice)
        }
        _ => map_children(expr, without_choice),
    }
}

/// A rewrite of another display: its word applied to it, or where that is not possible, with what it
/// evaluates changed on its own.
fn redisplayed(
    rewrite: &Rewrite,
    display: Displayed,
    change: impl FnOnce(&Arc<Expr>) -> Rebuilt,
) -> Rebuilt {
    if let Some(reapplied) = reapply(rewrite, &display)? {
        return Ok(reapplied);
    }
    Ok(Arc::new(Expr::Rewrite(Arc::new(Rewrite {
        display,
        eval: change(&rewrite.eval)?,
        ..rewrite.clone()
    }))))
}

/// The name of the first rewrite that is no word: what it prints cannot be read back.
pub(crate) fn nameless_rewrite(expr: &Expr) -> Option<&Arc<str>> {
    let Expr::Rewrite(rewrite) = expr else {
        return expr.children().find_map(|child| nameless_rewrite(child));
    };
    let inside = match &rewrite.display {
        Displayed::Query(_) => None,
        Displayed::Expr(display) => nameless_rewrite(display),
    };
    inside.or_else(|| {
        let is_word = rewrite.average.is_some() || !super::overloads(&rewrite.name).is_empty();
        (!is_word).then_some(&rewrite.name)
    })
}

/// Runs the word of a rewrite on another display, then restores offset and grouping. `None` when the
/// name is no word, or a word that makes something else.
fn reapply(rewrite: &Rewrite, display: &Displayed) -> Result<Option<Arc<Expr>>, Fault> {
    if let Some(averaged) = average_again(rewrite, display) {
        return Ok(Some(averaged));
    }
    let Some(applied) = apply_word(rewrite, display) else {
        return Ok(None);
    };
    let keys = rewrite.eval.final_grouping();
    if applied.final_grouping() == keys {
        return Ok(Some(applied));
    }
    group(&applied, &keys).map(Some)
}

/// The average of an operator's own, of another query, with its grouping and offset.
fn average_again(rewrite: &Rewrite, display: &Displayed) -> Option<Arc<Expr>> {
    let (Some(average), Displayed::Query(query)) = (&rewrite.average, display) else {
        return None;
    };
    let keys = rewrite.eval.final_grouping();
    let keys = rewrite.eval.is_grouped().then_some(&keys);
    let averaged = CustomAverage::of(average, query, keys);
    Some(Arc::new(
        averaged.with_offset(rewrite.eval.shared_offset_ms()),
    ))
}

/// Runs the word of a rewrite on another display and restores the offset.
fn apply_word(rewrite: &Rewrite, display: &Displayed) -> Option<Arc<Expr>> {
    if super::overloads(&rewrite.name).is_empty() {
        return None;
    }
    let options = ParseOptions {
        unstable: true,
        ..ParseOptions::telamon()
    };
    let mut machine = Machine::new(&options);
    machine.stack.push(match display {
        Displayed::Query(query) => Value::Query(Arc::clone(query)),
        Displayed::Expr(display) => Value::Expr(Arc::clone(display)),
    });
    let params = rewrite.params.iter().cloned().map(Value::Text);
    machine.stack.extend(params);
    machine.call_word(&rewrite.name).ok()?;
    let [Value::Expr(applied)] = machine.stack.as_slice() else {
        return None;
    };
    if !matches!(&**applied, Expr::Rewrite(_)) {
        return None;
    }
    let offset_ms = rewrite.eval.shared_offset_ms();
    Some(if offset_ms == 0 {
        Arc::clone(applied)
    } else {
        Arc::new(applied.with_offset(offset_ms))
    })
}

/// The same operator over children that may fail to be rebuilt.
fn map_children(expr: &Expr, mut change: impl FnMut(&Arc<Expr>) -> Rebuilt) -> Rebuilt {
    let mut failed = None;
    let rebuilt = expr.with_children(|child| match change(child) {
        Ok(changed) => changed,
        Err(fault) => {
            failed = Some(fault);
            Arc::clone(child)
        }
    });
    failed.map_or_else(|| Ok(Arc::new(rebuilt)), Err)
}

/// Groups lines by keys: regroups what is grouped, else pushes the grouping inside.
pub(super) fn group(expr: &Arc<Expr>, keys: &Keys) -> Rebuilt {
    match &**expr {
        Expr::Across { reduce, input } if input.is_grouped() => regroup(*reduce, input, keys),
        _ if expr.is_grouped() => regroup(Aggregate::Sum.into(), expr, keys),
        _ => group_inside(expr, keys),
    }
}

fn group_inside(expr: &Arc<Expr>, keys: &Keys) -> Rebuilt {
    match &**expr {
        Expr::Data(DataExpr::Aggregate(aggregate)) => Ok(grouped(aggregate, keys)),
        Expr::Across { reduce, input } if input.is_grouped() => regroup(*reduce, input, keys),
        Expr::Rewrite(rewrite) => group_rewrite(rewrite, keys),
        _ => map_children(expr, |child| group_inside(child, keys)),
    }
}

fn group_rewrite(rewrite: &Rewrite, keys: &Keys) -> Rebuilt {
    if let (Some(average), Displayed::Query(query)) = (&rewrite.average, &rewrite.display) {
        let averaged = CustomAverage::of(average, query, Some(keys));
        return Ok(Arc::new(
            averaged.with_offset(rewrite.eval.shared_offset_ms()),
        ));
    }
    let display = match &rewrite.display {
        Displayed::Expr(display) if !display.is_grouped() => Displayed::Expr(group(display, keys)?),
        shown => shown.clone(),
    };
    Ok(Arc::new(Expr::Rewrite(Arc::new(Rewrite {
        display,
        eval: group_evaluated(&rewrite.eval, keys)?,
        ..rewrite.clone()
    }))))
}

/// Groups what a rewrite evaluates, where aggregates of lines must be over groups already.
fn group_evaluated(expr: &Arc<Expr>, keys: &Keys) -> Rebuilt {
    match &**expr {
        Expr::Data(DataExpr::Aggregate(aggregate)) => Ok(grouped(aggregate, keys)),
        Expr::Across { reduce, input } => {
            if !input.is_grouped() {
                return Err(Fault::argument(
                    "requirement failed: input expression must already be grouped with \
                     DataExpr.GroupBy",
                )
                .title("what becomes one line cannot be grouped")
                .hint("group the query first by these keys and at least one more"));
            }
            regroup(*reduce, input, keys)
        }
        Expr::Rewrite(rewrite) => group_rewrite(rewrite, keys),
        _ => map_children(expr, |child| group_evaluated(child, keys)),
    }
}

fn grouped(aggregate: &AggregateExpr, keys: &Keys) -> Arc<Expr> {
    Arc::new(Expr::Data(DataExpr::GroupBy {
        aggregate: aggregate.clone(),
        keys: Arc::clone(keys),
    }))
}

fn regroup(reduce: Reduce, input: &Arc<Expr>, keys: &Keys) -> Rebuilt {
    let known = input.final_grouping();
    if !keys.iter().all(|key| known.contains(key)) {
        return Err(Fault::argument(format!(
            "requirement failed: {} is not a subset of {}",
            ListText(keys),
            ListText(&known)
        ))
        .title(format!(
            "lines that are grouped by {} cannot be grouped by {}",
            known.join(", "),
            keys.join(", ")
        ))
        .hint("what is grouped can only be grouped again by some of the same keys"));
    }
    Ok(Arc::new(Expr::Regroup {
        reduce,
        input: Arc::clone(input),
        keys: Arc::clone(keys),
    }))
}

/// Adds keys to every grouping, grouping what is not.
pub(super) fn add_keys(expr: &Arc<Expr>, keys: &Keys) -> Rebuilt {
    match &**expr {
        Expr::Data(DataExpr::Aggregate(aggregate)) => Ok(grouped(aggregate, keys)),
        Expr::Data(DataExpr::GroupBy {
            aggregate,
            keys: known,
        }) => Ok(grouped(aggregate, &merged(known, keys))),
        Expr::Across { reduce, input } => {
            let input = add_keys(input, keys)?;
            if input.is_grouped() {
                regroup(*reduce, &input, keys)
            } else {
                Ok(Arc::clone(expr))
            }
        }
        Expr::Regroup {
            reduce,
            input,
            keys: known,
        } => regroup(*reduce, &add_keys(input, keys)?, &merged(known, keys)),
        Expr::Rewrite(rewrite) => add_keys_to_rewrite(rewrite, keys),
        _ => map_children(expr, |child| add_keys(child, keys)),
    }
}

fn add_keys_to_rewrite(rewrite: &Rewrite, keys: &Keys) -> Rebuilt {
    let display = match &rewrite.display {
        Displayed::Query(_) if !rewrite.eval.is_grouped() => return group_rewrite(rewrite, keys),
        Displayed::Query(query) => Displayed::Query(Arc::clone(query)),
        Displayed::Expr(display) => {
            let display = Displayed::Expr(add_keys(display, keys)?);
            if let Some(applied) = apply_word(rewrite, &display) {
                return Ok(applied);
            }
            display
        }
    };
    Ok(Arc::new(Expr::Rewrite(Arc::new(Rewrite {
        display,
        eval: add_keys(&rewrite.eval, keys)?,
        ..rewrite.clone()
    }))))
}

fn merged(known: &Keys, more: &Keys) -> Keys {
    let missing = more.iter().filter(|key| !known.contains(key));
    known.iter().chain(missing).cloned().collect()
}

/// Changes the consolidation of every aggregate. Rewrites give way to what they evaluate.
pub(super) fn consolidate(expr: &Arc<Expr>, consolidation: Consolidation) -> Expr {
    consolidate_data(&expanded(expr), consolidation)
}

/// Percentiles count in buckets that are sums whatever was asked for, so they stay.
fn consolidate_data(expr: &Expr, consolidation: Consolidation) -> Expr {
    if matches!(expr, Expr::Percentiles { .. }) {
        return expr.clone();
    }
    if !matches!(expr, Expr::Data(_)) {
        return expr.with_displays(|child| Arc::new(consolidate_data(child, consolidation)));
    }
    expr.map_data(&|data| {
        let mut data = data.clone();
        match &mut data {
            DataExpr::All { .. } => {}
            DataExpr::Aggregate(aggregate) | DataExpr::GroupBy { aggregate, .. } => {
                *aggregate = aggregate.with_consolidation(consolidation);
            }
        }
        data
    })
}

fn expanded(expr: &Arc<Expr>) -> Arc<Expr> {
    match &**expr {
        Expr::Rewrite(rewrite) => expanded(&rewrite.eval),
        Expr::Data(_) => Arc::clone(expr),
        _ => Arc::new(expr.with_children(expanded)),
    }
}

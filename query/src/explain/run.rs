//! What answering a query read and what each operator made of it.
//!
//! Takes expressions and what an evaluation takes; runs that evaluation with a trace and gives its notes
//! as a value: passes over the store, data expressions, operators, reasons for what found nothing.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::empty::{WhyEmpty, why_empty};
use crate::context::EvalContext;
use crate::exec::{EvalError, EvalStats, LineCount, Query, Stage, Trace};
use crate::expr::{Displayed, Expr, QueryText, StyledExpr};
use crate::plan::{Grouping, Plan};

/// Operators of one expression that are told.
const OPERATORS_MAX: usize = 500;

/// What a query did.
#[derive(Clone, Debug, PartialEq)]
pub struct Explanation {
    /// Times and step of the evaluation.
    pub context: EvalContext,
    /// Passes over the store. Data expressions over the same series and times share one.
    pub scans: Vec<ScanRead>,
    /// Distinct data expressions.
    pub data: Vec<DataRead>,
    /// The expressions in the order they are drawn.
    pub exprs: Vec<ExprRead>,
    /// What it cost; `None` when it failed.
    pub stats: Option<EvalStats>,
    /// Data expressions that select no series, and why.
    pub empty: Vec<WhyEmpty>,
    /// Why there is no answer. What was known until then is told all the same.
    pub error: Option<EvalError>,
}

/// A pass over the store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScanRead {
    /// Which series, as a query.
    pub query: String,
    /// How they are grouped.
    pub grouping: Grouping,
    /// Slots of the store that are read of each series.
    pub slots: u64,
    /// Slots in one point.
    pub slots_per_point: u64,
    /// Series that are read.
    pub series: u64,
    /// Groups they fall into, with a value or without.
    pub groups: u64,
    /// Points of the store that are read: the cost that limits compare.
    pub points: u64,
}

/// A data expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DataRead {
    /// Its text.
    pub text: String,
    /// Which of the passes reads for it.
    pub scan: usize,
    /// What it came to; `None` when the evaluation ended before.
    pub count: Option<LineCount>,
}

/// An expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExprRead {
    /// Its text.
    pub text: String,
    /// What a reader should know, such as how many lines passed its filter.
    pub message: Option<String>,
    /// The expression as a tree in depth-first order: an operator stands before what it works on.
    pub operators: Vec<Operator>,
    /// How many more operators there are.
    pub more: usize,
}

/// An operator of an expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operator {
    /// How many operators stand between it and the whole expression.
    pub depth: usize,
    /// Its own words without what it works on: `:sum`, `(,app,),:by`; of data the whole text.
    pub text: String,
    /// The lines after it; `None` when it was not evaluated for itself.
    pub count: Option<LineCount>,
}

/// Evaluates expressions and says what was done. `done` hears of each stage at its end, so that who has
/// a clock can measure them.
///
/// # Errors
/// [`EvalError::Cancelled`]. Every other error of the evaluation stands in [`Explanation::error`].
pub fn explain(
    exprs: &[StyledExpr],
    query: &Query<'_>,
    done: &mut dyn FnMut(Stage),
) -> Result<Explanation, EvalError> {
    let mut trace = Trace::new(done);
    let evaluated = query.eval_traced(exprs, &mut trace);
    let (stats, messages, error) = match evaluated {
        Ok(evaluation) => (Some(evaluation.stats), evaluation.messages, None),
        Err(EvalError::Cancelled) => return Err(EvalError::Cancelled),
        Err(error) => (None, Vec::new(), Some(error)),
    };
    let Trace {
        plan,
        scans,
        data,
        parts,
        ..
    } = trace;
    let scans = plan
        .iter()
        .flat_map(|plan| scans_of(plan, &scans))
        .collect();
    let data = plan.iter().flat_map(|plan| data_of(plan, &data)).collect();
    let mut messages = messages.into_iter();
    let exprs_read = exprs.iter().map(|styled| {
        let message = messages.next().flatten();
        expr_of(styled, message, &parts)
    });
    let exprs_read = exprs_read.collect();
    let empty = why_empty(exprs, query.snapshot, query.limits)?;
    done(Stage::Empty);
    Ok(Explanation {
        context: *query.context,
        scans,
        data,
        exprs: exprs_read,
        stats,
        empty,
        error,
    })
}

fn scans_of(plan: &Plan, selected: &[crate::exec::Selected]) -> Vec<ScanRead> {
    let scans = plan.scans.iter().zip(selected);
    let read = scans.map(|(scan, selected)| ScanRead {
        query: QueryText(&scan.query).to_string(),
        grouping: scan.grouping.clone(),
        slots: scan.slots.len() as u64,
        slots_per_point: scan.multiple as u64,
        series: selected.series,
        groups: selected.groups,
        points: selected.points,
    });
    read.collect()
}

fn data_of(plan: &Plan, counts: &[LineCount]) -> Vec<DataRead> {
    let data = plan.fetches.iter().enumerate();
    let read = data.map(|(index, fetch)| DataRead {
        text: fetch.data.to_string(),
        scan: fetch.scan,
        count: counts.get(index).copied(),
    });
    read.collect()
}

fn expr_of(
    styled: &StyledExpr,
    message: Option<String>,
    parts: &FxHashMap<*const Expr, LineCount>,
) -> ExprRead {
    let mut read = ExprRead {
        text: styled.to_string(),
        message,
        operators: Vec::new(),
        more: 0,
    };
    add_operators(&styled.expr, 0, parts, &mut read);
    read
}

fn add_operators(
    expr: &Arc<Expr>,
    depth: usize,
    parts: &FxHashMap<*const Expr, LineCount>,
    read: &mut ExprRead,
) {
    if read.operators.len() == OPERATORS_MAX {
        read.more += 1;
    } else {
        read.operators.push(Operator {
            depth,
            text: own_words(expr),
            count: parts.get(&Arc::as_ptr(expr)).copied(),
        });
    }
    for child in expr.children() {
        add_operators(child, depth + 1, parts, read);
    }
}

/// What an operator prints after what it works on. An expression prints as a program, so the operands
/// stand first.
fn own_words(expr: &Expr) -> String {
    let whole = expr.to_string();
    let operands: Vec<String> = match expr {
        Expr::Rewrite(rewrite) => vec![match &rewrite.display {
            Displayed::Query(query) => QueryText(query).to_string(),
            Displayed::Expr(expr) => expr.to_string(),
        }],
        _ => expr.children().map(|child| child.to_string()).collect(),
    };
    let mut rest = whole.as_str();
    for operand in &operands {
        let Some(after) = rest.strip_prefix(operand.as_str()) else {
            break;
        };
        rest = after.strip_prefix(',').unwrap_or(after);
    }
    rest.to_owned()
}

#[cfg(test)]
mod tests;

//! Where expressions read data, and whether a choice of lines stands right above.
//!
//! `:topk` and the like over a group-by keep few of many groups, and so does a filter whose condition
//! looks at nothing but statistics of what it filters. Groups that are not kept need no tags, no label
//! and no place in an answer.

use std::sync::Arc;

use rustc_hash::FxHashSet;

use crate::expr::{DataExpr, Expr};

/// A place where data is read.
#[derive(Clone, Copy)]
pub(super) struct Reading<'a> {
    pub(super) data: &'a DataExpr,
    /// Whether what reads it chooses among its groups.
    pub(super) is_chosen: bool,
}

/// Every place where data is read, left to right. What is shared is looked at once for each way of
/// reading it.
pub(super) fn readings<'a>(exprs: &[&'a Arc<Expr>]) -> Vec<Reading<'a>> {
    let mut walk = Walk::default();
    for expr in exprs {
        walk.visit(expr);
    }
    walk.found
}

#[derive(Default)]
struct Walk<'a> {
    found: Vec<Reading<'a>>,
    seen: FxHashSet<*const Expr>,
    seen_chosen: FxHashSet<*const Expr>,
}

impl<'a> Walk<'a> {
    fn visit(&mut self, expr: &'a Arc<Expr>) {
        if !self.seen.insert(Arc::as_ptr(expr)) {
            return;
        }
        match &**expr {
            Expr::Data(data) => self.found.push(Reading {
                data,
                is_chosen: false,
            }),
            Expr::Choose { input, .. } if is_grouped_data(input) => self.visit_chosen(input),
            Expr::Filter { input, condition }
                if is_grouped_data(input) && is_flat(condition, input) =>
            {
                self.visit_chosen(input);
            }
            // Its children are what it prints.
            Expr::ApproxDistinct { registers, .. } => self.visit(registers),
            other => other.children().for_each(|child| self.visit(child)),
        }
    }

    fn visit_chosen(&mut self, input: &'a Arc<Expr>) {
        if let Expr::Data(data) = &**input
            && self.seen_chosen.insert(Arc::as_ptr(input))
        {
            self.found.push(Reading {
                data,
                is_chosen: true,
            });
        }
    }
}

fn is_grouped_data(expr: &Expr) -> bool {
    matches!(expr, Expr::Data(DataExpr::GroupBy { .. }))
}

/// Whether the condition of a filter is one number for each group: arithmetic over constants and
/// statistics of what is filtered, at least one of them.
fn is_flat(condition: &Expr, filtered: &Arc<Expr>) -> bool {
    condition.is_grouped() && is_flat_part(condition, filtered)
}

fn is_flat_part(part: &Expr, filtered: &Arc<Expr>) -> bool {
    match part {
        Expr::Constant(_) => true,
        Expr::Stat { input, .. } => input == filtered,
        Expr::Unary { input, .. } | Expr::Clamp { input, .. } => is_flat_part(input, filtered),
        Expr::Binary { left, right, .. } => {
            is_flat_part(left, filtered) && is_flat_part(right, filtered)
        }
        _ => false,
    }
}

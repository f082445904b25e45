//! How large a value may grow.
//!
//! `:dup,:add` doubles an expression, so a short program could build one with more nodes than memory
//! can hold once it is printed or evaluated. Nodes are counted as if nothing were shared, and depth is
//! bounded because trees are walked by recursion.

use telamon_model::Predicate;

use super::Limits;
use super::error::Fault;
use super::value::Value;
use crate::expr::{DataExpr, Displayed, Expr};
use crate::limit::Limit;

/// Refuses a query, expression or list beyond the limits; gives the number of its parts, which is also what
/// looking at it cost.
pub(crate) fn check(value: &Value, limits: &Limits) -> Result<usize, Fault> {
    let mut count = Count {
        nodes: limits.expr_nodes,
        depth: limits.expr_depth,
    };
    if count.value(value, 0) {
        return Ok(limits.expr_nodes - count.nodes);
    }
    let (limit, max) = if count.nodes == 0 {
        (Limit::ExprParts, limits.expr_nodes)
    } else {
        (Limit::ExprDepth, limits.expr_depth)
    };
    Err(Fault::state(format!(
        "expression is too large: more than {} parts or nested deeper than {}",
        limits.expr_nodes, limits.expr_depth
    ))
    .hint("`:dup,:add` doubles an expression each time; :in takes the place of a long row of :or")
    .exceeds(limit, max))
}

struct Count {
    /// Nodes that may still come.
    nodes: usize,
    /// The deepest allowed.
    depth: usize,
}

impl Count {
    fn take(&mut self, depth: usize) -> bool {
        if self.nodes == 0 || depth > self.depth {
            return false;
        }
        self.nodes -= 1;
        true
    }

    fn value(&mut self, value: &Value, depth: usize) -> bool {
        match value {
            Value::Text(_) if depth == 0 => true,
            Value::Text(_) => self.take(depth),
            Value::List(list) => {
                let mut items = list.items().iter();
                self.take(depth) && items.all(|item| self.value(item, depth + 1))
            }
            Value::Query(query) => self.query(query, depth),
            Value::Expr(expr) => self.expr(expr, depth),
            Value::Styled(styled) => self.expr(&styled.expr, depth),
        }
    }

    fn query(&mut self, query: &Predicate, depth: usize) -> bool {
        self.take(depth)
            && match query {
                Predicate::And(a, b) | Predicate::Or(a, b) => {
                    self.query(a, depth + 1) && self.query(b, depth + 1)
                }
                Predicate::Not(inner) => self.query(inner, depth + 1),
                Predicate::In(_, values) => {
                    self.nodes = self.nodes.saturating_sub(values.len());
                    true
                }
                Predicate::True
                | Predicate::False
                | Predicate::Has(_)
                | Predicate::Equal(..)
                | Predicate::Less(..)
                | Predicate::LessEqual(..)
                | Predicate::Greater(..)
                | Predicate::GreaterEqual(..)
                | Predicate::Matches(..) => true,
            }
    }

    fn expr(&mut self, expr: &Expr, depth: usize) -> bool {
        if !self.take(depth) {
            return false;
        }
        match expr {
            Expr::Data(data) => self.query(DataExpr::query(data), depth + 1),
            Expr::Rewrite(rewrite) => {
                let displayed = match &rewrite.display {
                    Displayed::Query(query) => self.query(query, depth + 1),
                    Displayed::Expr(display) => self.expr(display, depth + 1),
                };
                displayed && self.expr(&rewrite.eval, depth + 1)
            }
            _ => expr.children().all(|child| self.expr(child, depth + 1)),
        }
    }
}

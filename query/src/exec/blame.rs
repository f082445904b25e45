//! Which part of expressions an error is about.
//!
//! An error says what is wrong, not where: the evaluation of many expressions would carry the place
//! along for the few that fail. Where several parts could be meant, they are tried one by one.

use std::sync::Arc;

use super::EvalError;
use crate::expr::{DataExpr, Expr, StatefulOp, StyledExpr, TimeField};

/// Parts that are tried at most: each may cost as much as the evaluation that failed.
const TRIED_MAX: usize = 4;
/// Parts that are looked at.
const PARTS_MAX: usize = 10_000;

/// The innermost part that the error is about; `None` where that is the request as a whole.
///
/// `None` also where it is not known. `fails` says whether a part fails in the same way when it is evaluated alone; it is asked
/// only where there is a choice.
pub fn blame(
    error: &EvalError,
    exprs: &[StyledExpr],
    fails: &dyn Fn(&Arc<Expr>) -> bool,
) -> Option<Arc<Expr>> {
    let mut search = Search {
        error,
        found: Vec::new(),
        left: PARTS_MAX,
    };
    for styled in exprs {
        search.visit(&styled.expr);
    }
    let found = search.found;
    match found.as_slice() {
        [] => None,
        [only] => Some(Arc::clone(only)),
        several => several
            .iter()
            .take(TRIED_MAX)
            .find(|part| fails(part))
            .map(Arc::clone),
    }
}

struct Search<'e> {
    error: &'e EvalError,
    /// Each once, inner ones first.
    found: Vec<Arc<Expr>>,
    left: usize,
}

impl Search<'_> {
    fn visit(&mut self, expr: &Arc<Expr>) {
        if self.left == 0 {
            return;
        }
        self.left -= 1;
        for child in expr.children() {
            self.visit(child);
        }
        if is_about(self.error, expr) && !self.found.contains(expr) {
            self.found.push(Arc::clone(expr));
        }
    }
}

/// Whether an expression of this kind can fail like that.
fn is_about(error: &EvalError, expr: &Expr) -> bool {
    match error {
        EvalError::TooManyLines { .. } | EvalError::TooManyDatapoints { .. } => {
            matches!(
                expr,
                Expr::Data(DataExpr::GroupBy { .. } | DataExpr::All { .. })
            )
        }
        EvalError::SlowPattern(_) => matches!(expr, Expr::Data(_)),
        EvalError::TooManyValuesForKey => matches!(expr, Expr::Binary { .. }),
        EvalError::WindowSize { .. } => matches!(
            expr,
            Expr::Stateful {
                op: StatefulOp::Rolling { .. } | StatefulOp::Delay { .. },
                ..
            } | Expr::Stateful {
                op: StatefulOp::Trend { .. },
                ..
            }
        ),
        EvalError::TooFewValuesWanted | EvalError::MoreValuesThanWindow => {
            matches!(
                expr,
                Expr::Stateful {
                    op: StatefulOp::Rolling { .. },
                    ..
                }
            )
        }
        EvalError::NoTraining => matches!(
            expr,
            Expr::Stateful {
                op: StatefulOp::Sdes(_),
                ..
            }
        ),
        EvalError::UnknownStatistic { name } => match expr {
            Expr::Choose { choice, .. } => choice.stat == *name,
            Expr::Stat { stat, .. } => stat == name,
            _ => false,
        },
        EvalError::NoSingleCondition => matches!(expr, Expr::Filter { .. }),
        EvalError::NoPercentiles => matches!(expr, Expr::Percentiles { .. }),
        EvalError::InvalidEncoding { .. } | EvalError::NotHexadecimal { .. } => {
            matches!(expr, Expr::Percentiles { .. } | Expr::ApproxDistinct { .. })
        }
        EvalError::ConsolidatedStep => matches!(expr, Expr::Consolidate { .. }),
        EvalError::Time(_) => matches!(expr, Expr::TimeSpan(_)),
        EvalError::FieldTooLarge { .. } => {
            matches!(
                expr,
                Expr::Time {
                    field: TimeField::TooLarge(_),
                    ..
                }
            )
        }
        _ => false,
    }
}

//! Expressions rebuilt with something changed in their data expressions.

use std::sync::Arc;

use super::{DataExpr, Displayed, Expr, Rewrite};

impl Expr {
    /// The same expression with every data expression replaced. The printed form of a rewrite keeps
    /// its display, whose own data expressions are replaced too.
    #[must_use]
    pub fn map_data(&self, change: &dyn Fn(&DataExpr) -> DataExpr) -> Self {
        match self {
            Self::Data(data) => Self::Data(change(data)),
            Self::Rewrite(rewrite) => Self::Rewrite(Arc::new(Rewrite {
                eval: Arc::new(rewrite.eval.map_data(change)),
                display: match &rewrite.display {
                    Displayed::Query(query) => Displayed::Query(Arc::clone(query)),
                    Displayed::Expr(display) => Displayed::Expr(Arc::new(display.map_data(change))),
                },
                ..(**rewrite).clone()
            })),
            _ => self.with_children(|child| Arc::new(child.map_data(change))),
        }
    }

    /// The same operator over other children. A rewrite changes what it evaluates; leaves stay.
    #[must_use]
    pub fn with_children(&self, mut change: impl FnMut(&Arc<Self>) -> Arc<Self>) -> Self {
        let mut copy = self.clone();
        match &mut copy {
            Self::Constant(_) | Self::Time { .. } | Self::Data(_) => {}
            Self::Unary { input, .. }
            | Self::Clamp { input, .. }
            | Self::Across { input, .. }
            | Self::Regroup { input, .. }
            | Self::As { input, .. }
            | Self::Stateful { input, .. } => *input = change(input),
            Self::Binary { left, right, .. } => {
                *left = change(left);
                *right = change(right);
            }
            Self::Rewrite(rewrite) => {
                *rewrite = Arc::new(Rewrite {
                    eval: change(&rewrite.eval),
                    ..(**rewrite).clone()
                });
            }
        }
        copy
    }

    /// The same expression reading data from `offset_ms` earlier, replacing earlier offsets.
    #[must_use]
    pub fn with_offset(&self, offset_ms: i64) -> Self {
        self.map_data(&|data| data.with_offset(offset_ms))
    }

    /// The offset that all data expressions share; zero when they differ or there is none.
    pub fn shared_offset_ms(&self) -> i64 {
        let mut offsets = self.data_exprs().into_iter().map(DataExpr::offset_ms);
        let first = offsets.next().unwrap_or(0);
        if offsets.all(|offset| offset == first) {
            first
        } else {
            0
        }
    }
}

impl DataExpr {
    /// The same selection read from `offset_ms` earlier.
    #[must_use]
    pub fn with_offset(&self, offset_ms: i64) -> Self {
        let mut copy = self.clone();
        match &mut copy {
            Self::All {
                offset_ms: offset, ..
            } => *offset = offset_ms,
            Self::Aggregate(aggregate) | Self::GroupBy { aggregate, .. } => {
                aggregate.offset_ms = offset_ms;
            }
        }
        copy
    }
}

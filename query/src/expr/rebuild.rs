//! Expressions rebuilt with something changed in their data expressions.

use std::sync::Arc;

use super::{Aggregate, AggregateExpr, DISTINCT, DataExpr, Displayed, Expr, Keys, Rewrite};

impl Expr {
    /// The same expression with every data expression replaced. The printed form of a rewrite keeps
    /// its display, whose own data expressions are replaced too.
    #[must_use]
    pub fn map_data(&self, change: &dyn Fn(&DataExpr) -> DataExpr) -> Self {
        match self {
            Self::Data(data) => Self::Data(change(data)),
            _ => self.with_displays(|child| Arc::new(child.map_data(change))),
        }
    }

    /// The same operator over other children. A rewrite changes what it evaluates, and what it
    /// displays unless that is a query.
    #[must_use]
    pub fn with_displays(&self, mut change: impl FnMut(&Arc<Self>) -> Arc<Self>) -> Self {
        let Self::Rewrite(rewrite) = self else {
            return self.with_children(change);
        };
        Self::Rewrite(Arc::new(Rewrite {
            display: match &rewrite.display {
                Displayed::Query(query) => Displayed::Query(Arc::clone(query)),
                Displayed::Expr(display) => Displayed::Expr(change(display)),
            },
            eval: change(&rewrite.eval),
            ..(**rewrite).clone()
        }))
    }

    /// The same operator over other children. A rewrite changes what it evaluates; leaves stay.
    #[must_use]
    pub fn with_children(&self, mut change: impl FnMut(&Arc<Self>) -> Arc<Self>) -> Self {
        let mut copy = self.clone();
        match &mut copy {
            Self::Constant(_)
            | Self::Time { .. }
            | Self::Random { .. }
            | Self::TimeSpan(_)
            | Self::StatOfInput(_)
            | Self::Data(_) => {}
            Self::Unary { input, .. }
            | Self::Clamp { input, .. }
            | Self::Fill { input, .. }
            | Self::Across { input, .. }
            | Self::Regroup { input, .. }
            | Self::Percentiles { input, .. }
            | Self::As { input, .. }
            | Self::Relabel { input, .. }
            | Self::Stateful { input, .. }
            | Self::Stat { input, .. }
            | Self::Choose { input, .. }
            | Self::Consolidate { input, .. } => *input = change(input),
            Self::ApproxDistinct { input, registers } => {
                *input = change(input);
                *registers = Arc::new(input.by_register());
            }
            Self::Filter { input, condition } => {
                *input = change(input);
                *condition = change(condition);
            }
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

    /// The registers of the sketches that this expression counts: the largest of each, by the tag
    /// `distinct` and what was grouped by before.
    #[must_use]
    pub fn by_register(&self) -> Self {
        match self {
            Self::Data(data) => Self::Data(data.by_register()),
            // Such a rewrite is made from its query alone and cannot be grouped from outside.
            Self::Rewrite(rewrite) if matches!(rewrite.display, Displayed::Query(_)) => {
                self.clone()
            }
            _ => self.with_displays(|child| Arc::new(child.by_register())),
        }
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
    fn by_register(&self) -> Self {
        let keys = self.keys().iter().filter(|key| &***key != DISTINCT);
        let keys: Keys = std::iter::once(Arc::from(DISTINCT))
            .chain(keys.cloned())
            .collect();
        let mut aggregate = AggregateExpr::new(Aggregate::Max, Arc::clone(self.query()));
        aggregate.offset_ms = self.offset_ms();
        Self::GroupBy { aggregate, keys }
    }

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

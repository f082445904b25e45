//! Expressions: what a program of the stack language means.
//!
//! The language builds these trees, the planner and the evaluator read them. They are plain values:
//! children are shared, equality is structural, and `Display` prints the canonical program, so that
//! parsing the printed text gives an equal expression. What an operator computes is left to the
//! evaluator; how a value is drawn is left to whoever reads the settings of a [`StyledExpr`].

mod choice;
mod custom;
mod operator;
mod print;
mod random;
mod rebuild;
mod relabel;
mod scalar;
mod stateful;
mod style;
mod time;

use std::sync::Arc;

use telamon_model::Predicate;

pub use choice::{Choice, Others, Statistic};
pub use custom::CustomAverage;
pub use operator::{BinaryOp, Bound, Reduce, UnaryOp};
pub(crate) use print::is_line_style;
pub use print::{ListText, QueryText};
pub use random::random_at;
pub use relabel::Relabel;
pub use scalar::{add_present, is_true, max_present, min_present};
pub use stateful::{LookBack, Rolling, Smoothing, StatefulOp, Window};
pub use style::{Setting, Settings, StyledExpr};
pub use time::TimeField;

/// Tag keys in the order given; duplicates are kept, as in the reference.
pub type Keys = Arc<[Arc<str>]>;

/// An expression over time series: evaluates to lines.
#[derive(Clone, Debug, PartialEq)]
pub enum Expr {
    /// The same value at every time.
    Constant(Number),
    /// A field of the time itself, in UTC.
    Time {
        /// The mode as written: it is also the label and the `name` tag.
        mode: Arc<str>,
        /// What the mode means.
        field: TimeField,
    },
    /// Numbers that look random and are the same for the same time.
    Random {
        /// What makes them differ from others.
        seed: Option<i32>,
    },
    /// 1 within a span of time, else 0.
    TimeSpan(Arc<TimeSpan>),
    /// Series from the store.
    Data(DataExpr),
    /// One value to one value.
    Unary {
        /// What is done to each value.
        op: UnaryOp,
        /// What it is done to.
        input: Arc<Self>,
    },
    /// Values kept on one side of a limit.
    Clamp {
        /// Which side.
        bound: Bound,
        /// The limit.
        limit: Number,
        /// What is clamped.
        input: Arc<Self>,
    },
    /// Two sides joined by their grouping, value by value.
    Binary {
        /// What is done to each pair of values.
        op: BinaryOp,
        /// Left side.
        left: Arc<Self>,
        /// Right side.
        right: Arc<Self>,
    },
    /// A value where there is none.
    Fill {
        /// The value.
        with: Number,
        /// What has gaps.
        input: Arc<Self>,
    },
    /// All lines of the input to one line.
    Across {
        /// How values are combined.
        reduce: Reduce,
        /// The lines.
        input: Arc<Self>,
    },
    /// Lines of a grouped input to one line per value of fewer keys.
    Regroup {
        /// How values are combined.
        reduce: Reduce,
        /// The grouped lines; not an [`Expr::Across`] of them.
        input: Arc<Self>,
        /// The keys that remain.
        keys: Keys,
    },
    /// Percentiles of what timers and summaries counted in buckets, a line each.
    Percentiles {
        /// A sum grouped by [`PERCENTILE`] first.
        input: Arc<Self>,
        /// Which percentiles, ascending.
        ranks: Arc<[Number]>,
    },
    /// How many distinct things were seen, estimated from sketches.
    ApproxDistinct {
        /// What was counted, as it prints.
        input: Arc<Self>,
        /// What is evaluated: [`Expr::by_register`] of the input.
        registers: Arc<Self>,
    },
    /// A tag key renamed in tags and grouping.
    As {
        /// The lines.
        input: Arc<Self>,
        /// The key to rename.
        from: Arc<str>,
        /// The new key.
        to: Arc<str>,
    },
    /// A tag made from another one.
    Relabel {
        /// Which tag, and from what.
        relabel: Arc<Relabel>,
        /// The lines.
        input: Arc<Self>,
    },
    /// An operator that remembers earlier values of each line.
    Stateful {
        /// What is remembered and computed.
        op: StatefulOp,
        /// The lines.
        input: Arc<Self>,
    },
    /// One statistic of each line, at every time.
    Stat {
        /// The name as written: whether there is such a statistic shows at evaluation.
        stat: Arc<str>,
        /// The lines.
        input: Arc<Self>,
        /// Whether it prints as [`Expr::StatOfInput`], in the condition of a filter of the input.
        is_of_filter: bool,
    },
    /// A statistic of what a filter is about; no lines anywhere else.
    StatOfInput(Statistic),
    /// The lines for which some point of the condition is true.
    Filter {
        /// The lines.
        input: Arc<Self>,
        /// One line for all, or lines of the same grouping.
        condition: Arc<Self>,
    },
    /// The lines that are best by a statistic.
    Choose {
        /// How they are chosen.
        choice: Choice,
        /// The lines.
        input: Arc<Self>,
    },
    /// Values that stand for all of a longer step.
    Consolidate {
        /// How the values of a step are combined.
        by: Consolidation,
        /// The longer step in milliseconds, as written.
        step_ms: i64,
        /// The lines.
        input: Arc<Self>,
    },
    /// Evaluates one expression and prints as another.
    Rewrite(Arc<Rewrite>),
}

/// The tag that names the bucket of a timer or summary.
pub const PERCENTILE: &str = "percentile";

/// The tag that names the register of a sketch.
pub const DISTINCT: &str = "distinct";

/// A span of time as it was written; [`crate::time::resolve_span`] says what it means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimeSpan {
    /// Its start.
    pub start: Arc<str>,
    /// Its end.
    pub end: Arc<str>,
    /// The zone of times without one.
    pub zone: Arc<str>,
}

/// A selection of series, with how they become lines.
#[derive(Clone, Debug, PartialEq)]
pub enum DataExpr {
    /// Each series a line.
    All {
        /// Which series.
        query: Arc<Predicate>,
        /// How far back in time to read, in milliseconds.
        offset_ms: i64,
    },
    /// All series one line.
    Aggregate(AggregateExpr),
    /// A line for each combination of values of the keys. Series that lack a key are left out.
    GroupBy {
        /// How the series of a group are combined.
        aggregate: AggregateExpr,
        /// The keys.
        keys: Keys,
    },
}

/// How selected series become one line.
#[derive(Clone, Debug, PartialEq)]
pub struct AggregateExpr {
    /// How values of different series are combined.
    pub aggregate: Aggregate,
    /// Which series.
    pub query: Arc<Predicate>,
    /// How far back in time to read, in milliseconds.
    pub offset_ms: i64,
    /// Consolidation of the aggregate itself: average or sum for a sum or count, the aggregate's own
    /// for a minimum or maximum.
    pub own: Consolidation,
    /// An explicit consolidation the aggregate cannot hold itself; it wraps it and wins.
    pub wrapper: Option<Consolidation>,
}

/// How values of several lines at one time become one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Aggregate {
    /// Their sum.
    Sum,
    /// How many have a value.
    Count,
    /// The smallest.
    Min,
    /// The largest.
    Max,
}

/// How values of one series within a longer step become one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Consolidation {
    /// Their average.
    Avg,
    /// Their sum.
    Sum,
    /// The smallest.
    Min,
    /// The largest.
    Max,
}

/// An expression with a short printed form.
#[derive(Clone, Debug, PartialEq)]
pub struct Rewrite {
    /// The word that prints.
    pub name: Arc<str>,
    /// What prints before the word.
    pub display: Displayed,
    /// What prints between the display and the word.
    pub params: Vec<Arc<str>>,
    /// What is evaluated; also decides data, grouping and offset.
    pub eval: Arc<Expr>,
    /// The average of an operator's own that it stands for.
    pub average: Option<Arc<CustomAverage>>,
}

/// What a [`Rewrite`] was applied to.
#[derive(Clone, Debug, PartialEq)]
pub enum Displayed {
    /// A query.
    Query(Arc<Predicate>),
    /// An expression.
    Expr(Arc<Expr>),
}

/// A double whose equality is that of its canonical text: every NaN is equal to every other, and
/// negative zero differs from zero.
#[derive(Clone, Copy, Debug)]
pub struct Number(pub f64);

impl PartialEq for Number {
    fn eq(&self, other: &Self) -> bool {
        self.0.to_bits() == other.0.to_bits() || (self.0.is_nan() && other.0.is_nan())
    }
}

impl Expr {
    /// The same value at every time.
    pub fn constant(value: f64) -> Self {
        Self::Constant(Number(value))
    }

    /// The expressions directly below this one: of a rewrite, the one that is evaluated.
    pub fn children(&self) -> impl Iterator<Item = &Arc<Self>> {
        let (first, second) = match self {
            Self::Constant(_)
            | Self::Time { .. }
            | Self::Random { .. }
            | Self::TimeSpan(_)
            | Self::StatOfInput(_)
            | Self::Data(_) => (None, None),
            Self::Unary { input, .. }
            | Self::Clamp { input, .. }
            | Self::Fill { input, .. }
            | Self::Across { input, .. }
            | Self::Regroup { input, .. }
            | Self::Percentiles { input, .. }
            | Self::ApproxDistinct { input, .. }
            | Self::As { input, .. }
            | Self::Relabel { input, .. }
            | Self::Stateful { input, .. }
            | Self::Stat { input, .. }
            | Self::Choose { input, .. }
            | Self::Consolidate { input, .. } => (Some(input), None),
            Self::Binary { left, right, .. } => (Some(left), Some(right)),
            Self::Filter { input, condition } => (Some(input), Some(condition)),
            Self::Rewrite(rewrite) => (Some(&rewrite.eval), None),
        };
        first.into_iter().chain(second)
    }

    /// Every data expression that is evaluated, left to right, repetitions included.
    pub fn data_exprs(&self) -> Vec<&DataExpr> {
        let mut found = Vec::new();
        self.visit_data(&mut |data| found.push(data));
        found
    }

    fn visit_data<'a>(&'a self, visit: &mut dyn FnMut(&'a DataExpr)) {
        match self {
            Self::Data(data) => visit(data),
            // Its children are what it prints.
            Self::ApproxDistinct { registers, .. } => return registers.visit_data(visit),
            _ => {}
        }
        for child in self.children() {
            child.visit_data(visit);
        }
    }

    /// Whether the result has a line for each combination of some keys.
    pub fn is_grouped(&self) -> bool {
        match self {
            Self::Data(data) => matches!(data, DataExpr::GroupBy { .. }),
            Self::Regroup { .. } | Self::Percentiles { .. } => true,
            Self::Across { .. } => false,
            // What was made a tag of tells single series apart.
            Self::Relabel { relabel, input } if !relabel.rule.is_always_empty() => {
                input.has_line_for_each()
            }
            // Of a grouped input the condition is grouped too; leaves have no children.
            _ => self.children().any(|child| child.is_grouped()),
        }
    }

    /// Whether the result has a line for each combination of some keys or for each series.
    fn has_line_for_each(&self) -> bool {
        match self {
            Self::Data(data) => !matches!(data, DataExpr::Aggregate(_)),
            Self::Across { .. } => false,
            Self::Regroup { .. } | Self::Percentiles { .. } => true,
            _ => self.children().any(|child| child.has_line_for_each()),
        }
    }

    /// The keys of the grouping of the result; empty when it is not grouped.
    pub fn final_grouping(&self) -> Keys {
        match self {
            Self::Data(DataExpr::GroupBy { keys, .. }) | Self::Regroup { keys, .. } => {
                Arc::clone(keys)
            }
            Self::Data(_)
            | Self::Constant(_)
            | Self::Time { .. }
            | Self::Random { .. }
            | Self::TimeSpan(_)
            | Self::StatOfInput(_)
            | Self::Across { .. } => Arc::from([]),
            Self::Unary { input, .. }
            | Self::Clamp { input, .. }
            | Self::Fill { input, .. }
            | Self::Stateful { input, .. }
            | Self::Percentiles { input, .. }
            | Self::Stat { input, .. }
            | Self::Filter { input, .. }
            | Self::Choose { input, .. }
            | Self::Consolidate { input, .. } => input.final_grouping(),
            Self::ApproxDistinct { input, .. } => {
                let keys = input.final_grouping();
                let kept = keys.iter().filter(|key| &***key != DISTINCT);
                kept.cloned().collect()
            }
            Self::As { input, from, to } => input
                .final_grouping()
                .iter()
                .map(|key| Arc::clone(if key == from { to } else { key }))
                .collect(),
            Self::Relabel { relabel, input } if self.is_grouped() => {
                relabel.grouping(&input.final_grouping())
            }
            Self::Relabel { input, .. } => input.final_grouping(),
            Self::Binary { left, right, .. } => {
                let (left, right) = (left.final_grouping(), right.final_grouping());
                if right.iter().all(|key| left.contains(key)) {
                    left
                } else {
                    right
                }
            }
            Self::Rewrite(rewrite) => rewrite.eval.final_grouping(),
        }
    }

    /// The smallest offset of its data expressions in milliseconds, zero when it has none: what a
    /// legend shows.
    pub fn offset_ms(&self) -> i64 {
        self.data_exprs()
            .iter()
            .map(|data| data.offset_ms())
            .min()
            .unwrap_or(0)
    }
}

impl DataExpr {
    /// Which series.
    pub fn query(&self) -> &Arc<Predicate> {
        match self {
            Self::All { query, .. } => query,
            Self::Aggregate(aggregate) | Self::GroupBy { aggregate, .. } => &aggregate.query,
        }
    }

    /// How far back in time to read, in milliseconds.
    pub fn offset_ms(&self) -> i64 {
        match self {
            Self::All { offset_ms, .. } => *offset_ms,
            Self::Aggregate(aggregate) | Self::GroupBy { aggregate, .. } => aggregate.offset_ms,
        }
    }

    /// How values of one series within a longer step become one.
    pub fn consolidation(&self) -> Consolidation {
        match self {
            Self::All { .. } => Consolidation::Sum,
            Self::Aggregate(aggregate) | Self::GroupBy { aggregate, .. } => {
                aggregate.consolidation()
            }
        }
    }

    /// The keys of the grouping; empty when it is not grouped.
    pub fn keys(&self) -> &[Arc<str>] {
        match self {
            Self::All { .. } | Self::Aggregate(_) => &[],
            Self::GroupBy { keys, .. } => keys,
        }
    }
}

impl AggregateExpr {
    /// An aggregate as its word makes it.
    pub fn new(aggregate: Aggregate, query: Arc<Predicate>) -> Self {
        Self {
            aggregate,
            query,
            offset_ms: 0,
            own: aggregate.default_consolidation(),
            wrapper: None,
        }
    }

    /// How values of one series within a longer step become one.
    pub fn consolidation(&self) -> Consolidation {
        self.wrapper.unwrap_or(self.own)
    }

    /// The aggregate with another consolidation, replacing any wrapper.
    #[must_use]
    pub fn with_consolidation(&self, consolidation: Consolidation) -> Self {
        let holds_itself = match self.aggregate {
            Aggregate::Sum | Aggregate::Count => {
                matches!(consolidation, Consolidation::Avg | Consolidation::Sum)
            }
            Aggregate::Min => consolidation == Consolidation::Min,
            Aggregate::Max => consolidation == Consolidation::Max,
        };
        let mut changed = self.clone();
        if holds_itself {
            changed.own = consolidation;
            changed.wrapper = None;
        } else {
            changed.wrapper = Some(consolidation);
        }
        changed
    }
}

impl Aggregate {
    /// The word without its colon.
    pub fn word(self) -> &'static str {
        match self {
            Self::Sum => "sum",
            Self::Count => "count",
            Self::Min => "min",
            Self::Max => "max",
        }
    }

    /// The consolidation of an aggregate that names none.
    pub fn default_consolidation(self) -> Consolidation {
        match self {
            Self::Sum | Self::Count => Consolidation::Avg,
            Self::Min => Consolidation::Min,
            Self::Max => Consolidation::Max,
        }
    }
}

impl Consolidation {
    /// The name as words take it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Avg => "avg",
            Self::Sum => "sum",
            Self::Min => "min",
            Self::Max => "max",
        }
    }

    /// The consolidation of a name.
    pub fn of_name(name: &str) -> Option<Self> {
        let all = [Self::Avg, Self::Sum, Self::Min, Self::Max];
        all.into_iter().find(|known| known.name() == name)
    }

    /// The word without its colon.
    pub fn word(self) -> &'static str {
        match self {
            Self::Avg => "cf-avg",
            Self::Sum => "cf-sum",
            Self::Min => "cf-min",
            Self::Max => "cf-max",
        }
    }
}

//! Choice among lines: by a statistic of each.

use std::sync::Arc;

use super::{Expr, LookBack};

/// A number that sums up the values of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Statistic {
    /// Their mean.
    Avg,
    /// The largest.
    Max,
    /// The smallest.
    Min,
    /// The newest.
    Last,
    /// How many there are.
    Count,
    /// Their sum.
    Total,
}

/// The best lines, and what becomes of the others.
#[derive(Clone, Debug, PartialEq)]
pub struct Choice {
    /// Whether the largest are the best.
    pub is_top: bool,
    /// What becomes of the others; without it they are left out.
    pub others: Option<Others>,
    /// The statistic that decides, as written: whether there is one shows at evaluation.
    pub stat: Arc<str>,
    /// How many lines are chosen; positive.
    pub count: i32,
}

/// How the values of the lines that were not chosen are combined into one line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Others {
    /// The smallest.
    Min,
    /// The largest.
    Max,
    /// Their sum.
    Sum,
    /// Their mean.
    Avg,
}

impl Statistic {
    /// All of them, in the order of their words.
    pub const ALL: [Self; 6] = [
        Self::Avg,
        Self::Max,
        Self::Min,
        Self::Last,
        Self::Count,
        Self::Total,
    ];

    /// The name as words take it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Avg => "avg",
            Self::Max => "max",
            Self::Min => "min",
            Self::Last => "last",
            Self::Count => "count",
            Self::Total => "total",
        }
    }

    /// The statistic of a name.
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|stat| stat.name() == name)
    }
}

impl Choice {
    /// The word without its colon.
    pub fn word(&self) -> &'static str {
        match (self.is_top, self.others) {
            (true, None) => "topk",
            (true, Some(Others::Min)) => "topk-others-min",
            (true, Some(Others::Max)) => "topk-others-max",
            (true, Some(Others::Sum)) => "topk-others-sum",
            (true, Some(Others::Avg)) => "topk-others-avg",
            (false, None) => "bottomk",
            (false, Some(Others::Min)) => "bottomk-others-min",
            (false, Some(Others::Max)) => "bottomk-others-max",
            (false, Some(Others::Sum)) => "bottomk-others-sum",
            (false, Some(Others::Avg)) => "bottomk-others-avg",
        }
    }
}

impl Expr {
    /// The word, without its colon, whose values depend on the whole window of an evaluation, its end
    /// or what comes before any fixed time: such a value cannot be given while time goes on. The
    /// outermost one; `None` where there is none.
    pub fn whole_window_word(&self) -> Option<&'static str> {
        let own = match self {
            Self::Stat { .. } | Self::StatOfInput(_) => Some("stat"),
            Self::Filter { .. } => Some("filter"),
            Self::Choose { choice, .. } => Some(choice.word()),
            Self::Consolidate { .. } => Some("consolidate"),
            Self::TimeSpan(_) => Some("time-span"),
            Self::Stateful { op, .. } if op.look_back(1) == LookBack::All => Some(op.word()),
            _ => None,
        };
        own.or_else(|| self.children().find_map(|child| child.whole_window_word()))
    }

    /// The same expression with statistics of an input where words stand for them: `:stat-max` in the
    /// condition of a filter.
    #[must_use]
    pub fn with_statistics_of(&self, input: &Arc<Self>) -> Self {
        match self {
            Self::StatOfInput(stat) => Self::Stat {
                stat: stat.name().into(),
                input: Arc::clone(input),
                is_of_filter: true,
            },
            _ => self.with_displays(|child| Arc::new(child.with_statistics_of(input))),
        }
    }
}

//! Values of the stack, and what each can be taken for.
//!
//! A string that spells a number can be a constant expression, a query can be the sum of what it
//! selects: each word coerces its own operands, the stack keeps what was pushed.

use std::fmt;
use std::sync::Arc;

use telamon_model::{Predicate, duration};

use super::escape;
use super::token::Span;
use crate::expr::{Aggregate, AggregateExpr, BinaryOp, Bound, Choice, Consolidation, DataExpr};
use crate::expr::{
    Expr, Keys, Others, QueryText, Reduce, Rolling, StatefulOp, Statistic, StyledExpr, UnaryOp,
};
use crate::number::{parse_java_double, parse_java_int};

/// A value of the stack.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// A string.
    Text(Arc<str>),
    /// A list, which may also be run as a program.
    List(List),
    /// A query.
    Query(Arc<Predicate>),
    /// An expression.
    Expr(Arc<Expr>),
    /// An expression with settings.
    Styled(Arc<StyledExpr>),
}

/// A list of values. Strings in it are as written: escapes are decoded when it is used.
#[derive(Clone, Debug)]
pub struct List {
    pub(crate) items: Arc<[Value]>,
    /// Where the items stand in the source, for a list that was written there.
    pub(crate) spans: Option<Arc<[Span]>>,
}

impl PartialEq for List {
    fn eq(&self, other: &Self) -> bool {
        self.items == other.items
    }
}

impl List {
    /// A list of values that stand nowhere in the source.
    pub fn new(items: impl IntoIterator<Item = Value>) -> Self {
        Self {
            items: items.into_iter().collect(),
            spans: None,
        }
    }

    /// The values.
    pub fn items(&self) -> &[Value] {
        &self.items
    }
}

/// What a word can take from the stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Type {
    /// Anything.
    Any,
    /// A string.
    Text,
    /// A string that spells an integer of 32 bits, or a constant.
    Int,
    /// A string that spells a number, or a constant.
    Double,
    /// A list.
    List,
    /// A list of strings.
    TextList,
    /// A string that spells a duration.
    Duration,
    /// A string that is a color: hex digits or a name.
    Color,
    /// A string or a list of strings.
    TextOrList,
    /// A list of numbers.
    DoubleList,
    /// The name of a consolidation: avg, sum, min or max.
    Consolidation,
    /// A query.
    Query,
    /// An ungrouped aggregate of a query, or a query to be summed.
    Aggregate,
    /// An aggregate of a query, grouped or not, or a query to be summed.
    Grouped,
    /// An expression over aggregates of queries and not over single series.
    Aggregated,
    /// An expression, or what can be one: a query, a number.
    Expr,
    /// An expression or what can be one; settings it has pass through to the result.
    Passing,
    /// An expression with settings, or what can be an expression.
    Styled,
    /// An expression with settings and nothing else.
    WithSettings,
}

impl Value {
    /// A string.
    pub fn text(text: impl Into<Arc<str>>) -> Self {
        Self::Text(text.into())
    }

    /// An expression.
    pub fn expr(expr: Expr) -> Self {
        Self::Expr(Arc::new(expr))
    }

    /// Whether the value can be taken for the type.
    pub(crate) fn fits(&self, kind: Type) -> bool {
        match kind {
            Type::Any => true,
            Type::Text => matches!(self, Self::Text(_)),
            Type::Int => self.to_int().is_some(),
            Type::Double => self.to_double().is_some(),
            Type::List => matches!(self, Self::List(_)),
            Type::TextList => match self {
                Self::List(list) => list.items.iter().all(|item| matches!(item, Self::Text(_))),
                _ => false,
            },
            Type::Duration => self.to_duration_ms().is_some(),
            Type::Color => matches!(self, Self::Text(text) if is_color(text)),
            Type::TextOrList => self.fits(Type::Text) || self.fits(Type::TextList),
            Type::DoubleList => match self {
                Self::List(list) => list.items.iter().all(|item| item.fits(Type::Double)),
                _ => false,
            },
            Type::Consolidation => {
                matches!(self, Self::Text(text) if Consolidation::of_name(text).is_some())
            }
            Type::Query => matches!(self, Self::Query(_)),
            Type::Aggregate => match self {
                Self::Query(_) => true,
                Self::Expr(expr) => matches!(**expr, Expr::Data(DataExpr::Aggregate(_))),
                _ => false,
            },
            Type::Grouped => match self {
                Self::Query(_) => true,
                Self::Expr(expr) => matches!(
                    **expr,
                    Expr::Data(DataExpr::Aggregate(_) | DataExpr::GroupBy { .. })
                ),
                _ => false,
            },
            Type::Aggregated => match self {
                Self::Query(_) => true,
                Self::Expr(expr) => {
                    let data = expr.data_exprs();
                    let is_all = |data: &&DataExpr| matches!(data, DataExpr::All { .. });
                    !data.is_empty() && !data.iter().any(is_all)
                }
                _ => false,
            },
            Type::Expr => match self {
                Self::Text(text) => parse_java_double(text).is_some(),
                Self::Query(_) | Self::Expr(_) => true,
                Self::List(_) | Self::Styled(_) => false,
            },
            Type::WithSettings => matches!(self, Self::Styled(_)),
            Type::Passing | Type::Styled => {
                matches!(self, Self::Styled(_)) || self.fits(Type::Expr)
            }
        }
    }

    pub(crate) fn to_int(&self) -> Option<i32> {
        match self {
            Self::Text(text) => parse_java_int(text),
            #[expect(
                clippy::cast_possible_truncation,
                reason = "Java truncates and saturates a double the same way"
            )]
            _ => self.constant().map(|value| value as i32),
        }
    }

    pub(crate) fn to_double(&self) -> Option<f64> {
        match self {
            Self::Text(text) => parse_java_double(text),
            _ => self.constant(),
        }
    }

    fn constant(&self) -> Option<f64> {
        match self {
            Self::Expr(expr) => match &**expr {
                Expr::Constant(value) => Some(value.0),
                _ => None,
            },
            _ => None,
        }
    }

    pub(crate) fn to_duration_ms(&self) -> Option<i64> {
        match self {
            Self::Text(text) => duration::parse_millis(text).ok(),
            _ => None,
        }
    }

    /// The expression the value can be taken for; of a styled one, the expression inside.
    pub fn to_expr(&self) -> Option<Arc<Expr>> {
        match self {
            Self::Text(text) => {
                parse_java_double(text).map(|value| Arc::new(Expr::constant(value)))
            }
            Self::Query(query) => Some(Arc::new(Expr::Data(DataExpr::Aggregate(
                AggregateExpr::new(Aggregate::Sum, Arc::clone(query)),
            )))),
            Self::Expr(expr) => Some(Arc::clone(expr)),
            Self::Styled(styled) => Some(Arc::clone(&styled.expr)),
            Self::List(_) => None,
        }
    }

    /// The styled expression the value can be taken for.
    pub fn to_styled(&self) -> Option<StyledExpr> {
        match self {
            Self::Styled(styled) => Some((**styled).clone()),
            _ => self.to_expr().map(StyledExpr::plain),
        }
    }

    /// The decoded strings of a list of strings.
    pub(crate) fn to_keys(&self) -> Option<Keys> {
        let Self::List(list) = self else { return None };
        list.items
            .iter()
            .map(|item| match item {
                Self::Text(text) => Some(match escape::decode(text) {
                    std::borrow::Cow::Borrowed(_) => Arc::clone(text),
                    std::borrow::Cow::Owned(decoded) => decoded.into(),
                }),
                _ => None,
            })
            .collect()
    }

    /// The short name of the value's class in the reference, which its messages show.
    pub fn class(&self) -> &'static str {
        match self {
            Self::Text(_) => "String",
            Self::List(_) => "List",
            Self::Query(query) => query_class(query),
            Self::Expr(expr) => expr_class(expr),
            Self::Styled(_) => "StyleExpr",
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => f.write_str(text),
            Self::List(list) => {
                f.write_str("List(")?;
                for (index, item) in list.items.iter().enumerate() {
                    let separator = if index > 0 { ", " } else { "" };
                    write!(f, "{separator}{item}")?;
                }
                f.write_str(")")
            }
            Self::Query(query) => QueryText(query).fmt(f),
            Self::Expr(expr) => expr.fmt(f),
            Self::Styled(styled) => styled.fmt(f),
        }
    }
}

/// Three, six or eight hex digits, or letters followed by digits.
fn is_color(text: &str) -> bool {
    let is_hex = matches!(text.len(), 3 | 6 | 8) && text.bytes().all(|b| b.is_ascii_hexdigit());
    let letters = text.bytes().take_while(u8::is_ascii_alphabetic).count();
    let is_name = letters > 0 && text.bytes().skip(letters).all(|b| b.is_ascii_digit());
    is_hex || is_name
}

fn query_class(query: &Predicate) -> &'static str {
    match query {
        Predicate::True => "True$",
        Predicate::False => "False$",
        Predicate::Has(_) => "HasKey",
        Predicate::Equal(..) => "Equal",
        Predicate::Less(..) => "LessThan",
        Predicate::LessEqual(..) => "LessThanEqual",
        Predicate::Greater(..) => "GreaterThan",
        Predicate::GreaterEqual(..) => "GreaterThanEqual",
        Predicate::Matches(_, pattern) if pattern.ignore_case => "RegexIgnoreCase",
        Predicate::Matches(..) => "Regex",
        Predicate::In(..) => "In",
        Predicate::And(..) => "And",
        Predicate::Or(..) => "Or",
        Predicate::Not(_) => "Not",
    }
}

fn expr_class(expr: &Expr) -> &'static str {
    match expr {
        Expr::Constant(_) => "Constant",
        Expr::Time { .. } => "Time",
        Expr::Random { seed: None } => "Random$",
        Expr::Random { seed: Some(_) } => "SeededRandom",
        Expr::TimeSpan(_) => "TimeSpan",
        Expr::Percentiles { .. } => "Percentiles",
        Expr::ApproxDistinct { .. } => "ApproxDistinct",
        Expr::Stat { .. } => "Stat",
        Expr::StatOfInput(stat) => match stat {
            Statistic::Avg => "StatAvg$",
            Statistic::Max => "StatMax$",
            Statistic::Min => "StatMin$",
            Statistic::Last => "StatLast$",
            Statistic::Count => "StatCount$",
            Statistic::Total => "StatTotal$",
        },
        Expr::Filter { .. } => "Filter",
        Expr::Choose { choice, .. } => choice_class(choice),
        Expr::Consolidate { .. } => "Consolidate",
        Expr::Data(DataExpr::All { .. }) => "All",
        Expr::Data(DataExpr::Aggregate(aggregate)) if aggregate.wrapper.is_some() => {
            "Consolidation"
        }
        Expr::Data(DataExpr::Aggregate(aggregate)) => aggregate_class(aggregate.aggregate),
        Expr::Across { reduce, .. } => match reduce {
            Reduce::Aggregate(aggregate) => aggregate_class(*aggregate),
            Reduce::Quantile(_) => "Quantile",
        },
        Expr::Data(DataExpr::GroupBy { .. }) | Expr::Regroup { .. } => "GroupBy",
        Expr::Unary { op, .. } => match op {
            UnaryOp::Abs => "Abs",
            UnaryOp::Neg => "Negate",
            UnaryOp::Sin => "Sine",
            UnaryOp::Sqrt => "Sqrt",
            UnaryOp::PerStep => "PerStep",
            UnaryOp::Log => "Log",
            UnaryOp::Log2 => "Log2",
            UnaryOp::Log10 => "Log10",
            UnaryOp::Exp => "Exp",
            UnaryOp::Floor => "Floor",
            UnaryOp::Ceil => "Ceil",
            UnaryOp::Round => "Round",
        },
        Expr::Clamp { bound, .. } => match bound {
            Bound::Min => "ClampMin",
            Bound::Max => "ClampMax",
        },
        Expr::Fill { .. } => "Fill",
        Expr::Binary { op, .. } => binary_class(*op),
        Expr::As { .. } => "As",
        Expr::Relabel { .. } => "Relabel",
        Expr::Stateful { op, .. } => stateful_class(op),
        Expr::Rewrite(_) => "NamedRewrite",
    }
}

fn choice_class(choice: &Choice) -> &'static str {
    match (choice.is_top, choice.others) {
        (true, None) => "TopK",
        (true, Some(Others::Min)) => "TopKOthersMin",
        (true, Some(Others::Max)) => "TopKOthersMax",
        (true, Some(Others::Sum)) => "TopKOthersSum",
        (true, Some(Others::Avg)) => "TopKOthersAvg",
        (false, None) => "BottomK",
        (false, Some(Others::Min)) => "BottomKOthersMin",
        (false, Some(Others::Max)) => "BottomKOthersMax",
        (false, Some(Others::Sum)) => "BottomKOthersSum",
        (false, Some(Others::Avg)) => "BottomKOthersAvg",
    }
}

fn aggregate_class(aggregate: Aggregate) -> &'static str {
    match aggregate {
        Aggregate::Sum => "Sum",
        Aggregate::Count => "Count",
        Aggregate::Min => "Min",
        Aggregate::Max => "Max",
    }
}

fn stateful_class(op: &StatefulOp) -> &'static str {
    match op {
        StatefulOp::Delay { .. } => "Delay",
        StatefulOp::Rolling { kind, .. } => match kind {
            Rolling::Count => "RollingCount",
            Rolling::Min => "RollingMin",
            Rolling::Max => "RollingMax",
            Rolling::Sum => "RollingSum",
            Rolling::Mean { .. } => "RollingMean",
        },
        StatefulOp::FillLast { .. } => "FillLast",
        StatefulOp::Des(_) => "Des",
        StatefulOp::Sdes(_) => "SlidingDes",
        StatefulOp::Trend { .. } => "Trend",
        StatefulOp::Integral => "Integral",
        StatefulOp::CumulativeMax => "CumulativeMax",
        StatefulOp::Derivative => "Derivative",
    }
}

fn binary_class(op: BinaryOp) -> &'static str {
    match op {
        BinaryOp::Add => "Add",
        BinaryOp::Sub => "Subtract",
        BinaryOp::Mul => "Multiply",
        BinaryOp::Div => "Divide",
        BinaryOp::Pow => "Power",
        BinaryOp::Gt => "GreaterThan",
        BinaryOp::Ge => "GreaterThanEqual",
        BinaryOp::Lt => "LessThan",
        BinaryOp::Le => "LessThanEqual",
        BinaryOp::FAdd => "FAdd",
        BinaryOp::FSub => "FSubtract",
        BinaryOp::FMul => "FMultiply",
        BinaryOp::FDiv => "FDivide",
        BinaryOp::FGt => "FGreaterThan",
        BinaryOp::FGe => "FGreaterThanEqual",
        BinaryOp::FLt => "FLessThan",
        BinaryOp::FLe => "FLessThanEqual",
        BinaryOp::And => "And",
        BinaryOp::Or => "Or",
    }
}

//! Operators from values to a value: their names in the language, and what kind they are.
//!
//! What they compute is left to the evaluator.

use super::{Aggregate, Number};

/// Operators on one value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum UnaryOp {
    /// Absolute value.
    Abs,
    /// Sign changed.
    Neg,
    /// Sine of radians.
    Sin,
    /// Square root.
    Sqrt,
    /// Multiplied by the seconds of the line's step.
    PerStep,
    /// Natural logarithm.
    Log,
    /// Logarithm to the base 2.
    Log2,
    /// Logarithm to the base 10.
    Log10,
    /// Euler's number to the power.
    Exp,
    /// The next whole number that is not above.
    Floor,
    /// The next whole number that is not below.
    Ceil,
    /// The nearest whole number, halves away from zero.
    Round,
}

/// The side a clamp keeps values on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Bound {
    /// Not below the limit.
    Min,
    /// Not above the limit.
    Max,
}

/// Operators on two values. The ones with a leading `F` are plain IEEE arithmetic; the others treat
/// an absent value of one side as the reference does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum BinaryOp {
    /// Sum; an absent side counts as nothing.
    Add,
    /// Difference; an absent side counts as nothing.
    Sub,
    /// Product.
    Mul,
    /// Quotient; anything by zero is absent, except zero by zero, which is zero.
    Div,
    /// Power.
    Pow,
    /// 1 where left is above right.
    Gt,
    /// 1 where left is not below right.
    Ge,
    /// 1 where left is below right.
    Lt,
    /// 1 where left is not above right.
    Le,
    /// IEEE sum.
    FAdd,
    /// IEEE difference.
    FSub,
    /// IEEE product.
    FMul,
    /// IEEE quotient.
    FDiv,
    /// 1 where left is above right, absent where either is.
    FGt,
    /// 1 where left is not below right, absent where either is.
    FGe,
    /// 1 where left is below right, absent where either is.
    FLt,
    /// 1 where left is not above right, absent where either is.
    FLe,
    /// 1 where both are true.
    And,
    /// 1 where one is true.
    Or,
}

/// How the values of several lines at one time become one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Reduce {
    /// As those of several series do.
    Aggregate(Aggregate),
    /// The value below which such a share of them lies, from 0 to 1: linear between two of them.
    Quantile(Number),
}

impl From<Aggregate> for Reduce {
    fn from(aggregate: Aggregate) -> Self {
        Self::Aggregate(aggregate)
    }
}

impl Reduce {
    /// The word without its colon.
    pub fn word(self) -> &'static str {
        match self {
            Self::Aggregate(aggregate) => aggregate.word(),
            Self::Quantile(_) => "quantile",
        }
    }
}

impl UnaryOp {
    /// Whether a line is named after the operator. The reference names lines of its own operators
    /// after their tags alone.
    pub(crate) fn is_named(self) -> bool {
        match self {
            Self::Abs | Self::Neg | Self::Sin | Self::Sqrt | Self::PerStep => false,
            Self::Log
            | Self::Log2
            | Self::Log10
            | Self::Exp
            | Self::Floor
            | Self::Ceil
            | Self::Round => true,
        }
    }

    /// The word without its colon.
    pub fn word(self) -> &'static str {
        match self {
            Self::Abs => "abs",
            Self::Neg => "neg",
            Self::Sin => "sin",
            Self::Sqrt => "sqrt",
            Self::PerStep => "per-step",
            Self::Log => "log",
            Self::Log2 => "log2",
            Self::Log10 => "log10",
            Self::Exp => "exp",
            Self::Floor => "floor",
            Self::Ceil => "ceil",
            Self::Round => "round",
        }
    }
}

impl Bound {
    /// The word without its colon.
    pub fn word(self) -> &'static str {
        match self {
            Self::Min => "clamp-min",
            Self::Max => "clamp-max",
        }
    }
}

impl BinaryOp {
    /// Whether the result says whether left and right are in some order.
    pub fn is_comparison(self) -> bool {
        self.asks_for_less() || matches!(self, Self::Gt | Self::Ge | Self::FGt | Self::FGe)
    }

    /// Whether it asks for left to be less than right, or not above it.
    pub fn asks_for_less(self) -> bool {
        matches!(self, Self::Lt | Self::Le | Self::FLt | Self::FLe)
    }

    /// The word without its colon.
    pub fn word(self) -> &'static str {
        match self {
            Self::Add => "add",
            Self::Sub => "sub",
            Self::Mul => "mul",
            Self::Div => "div",
            Self::Pow => "pow",
            Self::Gt => "gt",
            Self::Ge => "ge",
            Self::Lt => "lt",
            Self::Le => "le",
            Self::FAdd => "fadd",
            Self::FSub => "fsub",
            Self::FMul => "fmul",
            Self::FDiv => "fdiv",
            Self::FGt => "fgt",
            Self::FGe => "fge",
            Self::FLt => "flt",
            Self::FLe => "fle",
            Self::And => "and",
            Self::Or => "or",
        }
    }
}

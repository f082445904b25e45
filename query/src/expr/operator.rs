//! Operators from values to a value: their names in the language, and what kind they are.
//!
//! What they compute is left to the evaluator.

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
    /// 1 where both are true.
    And,
    /// 1 where one is true.
    Or,
}

impl UnaryOp {
    /// The word without its colon.
    pub fn word(self) -> &'static str {
        match self {
            Self::Abs => "abs",
            Self::Neg => "neg",
            Self::Sin => "sin",
            Self::Sqrt => "sqrt",
            Self::PerStep => "per-step",
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
            Self::And => "and",
            Self::Or => "or",
        }
    }
}

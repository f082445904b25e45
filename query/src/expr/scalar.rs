//! What each operator computes for single values: the rules the evaluator applies to every slot and
//! the language applies when it folds constants.

use super::{Aggregate, BinaryOp, Bound, UnaryOp};

/// Whether a value counts as true: present and not nearly zero.
pub fn is_true(value: f64) -> bool {
    // A comparison with NaN is false, so absence is not true.
    value.abs() >= 1e-12
}

/// The sum of two values; an absent one counts as nothing.
pub fn add_present(a: f64, b: f64) -> f64 {
    if a.is_nan() {
        b
    } else if b.is_nan() {
        a
    } else {
        a + b
    }
}

/// The smaller of two values; an absent one does not count.
pub fn min_present(a: f64, b: f64) -> f64 {
    if a.is_nan() || b < a { b } else { a }
}

/// The larger of two values; an absent one does not count.
pub fn max_present(a: f64, b: f64) -> f64 {
    if a.is_nan() || b > a { b } else { a }
}

fn flag(condition: bool) -> f64 {
    if condition { 1.0 } else { 0.0 }
}

/// Whether two values that are both there are in some order.
fn flag_of_present(left: f64, right: f64, condition: bool) -> f64 {
    if left.is_nan() || right.is_nan() {
        f64::NAN
    } else {
        flag(condition)
    }
}

/// Java's `Math.pow`: the C function, except that one to the power of NaN or infinity is NaN.
fn java_pow(base: f64, exponent: f64) -> f64 {
    if exponent.is_nan() || (exponent.is_infinite() && base.abs().to_bits() == 1.0_f64.to_bits()) {
        return f64::NAN;
    }
    libm::pow(base, exponent)
}

impl BinaryOp {
    /// The result for one pair of values.
    pub fn apply(self, left: f64, right: f64) -> f64 {
        match self {
            Self::Add => add_present(left, right),
            Self::Sub => add_present(left, -right),
            Self::Mul | Self::FMul => left * right,
            Self::Div => {
                if right == 0.0 {
                    if left == 0.0 { 0.0 } else { f64::NAN }
                } else {
                    left / right
                }
            }
            Self::Pow => java_pow(left, right),
            Self::Gt => flag(left > right),
            Self::Ge => flag(left >= right),
            Self::Lt => flag(left < right),
            Self::Le => flag(left <= right),
            Self::FAdd => left + right,
            Self::FSub => left - right,
            Self::FDiv => left / right,
            Self::FGt => flag_of_present(left, right, left > right),
            Self::FGe => flag_of_present(left, right, left >= right),
            Self::FLt => flag_of_present(left, right, left < right),
            Self::FLe => flag_of_present(left, right, left <= right),
            Self::And => flag(is_true(left) && is_true(right)),
            Self::Or => flag(is_true(left) || is_true(right)),
        }
    }
}

impl UnaryOp {
    /// The result for one value of a line whose step is that many seconds.
    pub fn apply(self, value: f64, step_seconds: f64) -> f64 {
        match self {
            Self::Abs => value.abs(),
            Self::Neg => -value,
            Self::Sin => libm::sin(value),
            Self::Sqrt => value.sqrt(),
            Self::PerStep => value * step_seconds,
            Self::Log => libm::log(value),
            Self::Log2 => libm::log2(value),
            Self::Log10 => libm::log10(value),
            Self::Exp => libm::exp(value),
            Self::Floor => value.floor(),
            Self::Ceil => value.ceil(),
            Self::Round => value.round(),
        }
    }
}

impl Bound {
    /// The value kept on this side of the limit; an absent value stays absent.
    pub fn apply(self, value: f64, limit: f64) -> f64 {
        match self {
            Self::Min if value < limit => limit,
            Self::Max if value > limit => limit,
            Self::Min | Self::Max => value,
        }
    }
}

impl Aggregate {
    /// Takes one more value into what was combined so far, both of which may be absent. A count
    /// takes in counts: of one line it is [`Aggregate::first`].
    pub fn combine(self, so_far: f64, value: f64) -> f64 {
        match self {
            Self::Sum | Self::Count => add_present(so_far, value),
            Self::Min => min_present(so_far, value),
            Self::Max => max_present(so_far, value),
        }
    }

    /// The combination of one value alone.
    pub fn first(self, value: f64) -> f64 {
        match self {
            Self::Count if !value.is_nan() => 1.0,
            Self::Sum | Self::Count | Self::Min | Self::Max => value,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Equal, or both absent.
    fn check(op: BinaryOp, left: f64, right: f64, expected: f64) {
        let found = op.apply(left, right);
        let equal = found.to_bits() == expected.to_bits() || (found.is_nan() && expected.is_nan());
        assert!(equal, "{left} {right} {op:?} gave {found}, not {expected}");
    }

    #[test]
    fn absence_and_zero() {
        const NAN: f64 = f64::NAN;
        check(BinaryOp::Add, NAN, 1.0, 1.0);
        check(BinaryOp::Add, NAN, NAN, NAN);
        check(BinaryOp::FAdd, NAN, 1.0, NAN);
        check(BinaryOp::Sub, NAN, 1.0, -1.0);
        check(BinaryOp::Sub, 1.0, NAN, 1.0);
        check(BinaryOp::Div, 0.0, 0.0, 0.0);
        check(BinaryOp::Div, 2.0, 0.0, NAN);
        check(BinaryOp::FDiv, 2.0, 0.0, f64::INFINITY);
        check(BinaryOp::Lt, NAN, NAN, 0.0);
        check(BinaryOp::Or, 1e-13, NAN, 0.0);
        check(BinaryOp::And, 1.0, -2.0, 1.0);
        check(BinaryOp::Pow, NAN, 0.0, 1.0);
        check(BinaryOp::Pow, 1.0, NAN, NAN);
        check(BinaryOp::Pow, -1.0, f64::INFINITY, NAN);
        check(BinaryOp::Pow, 2.0, 10.0, 1024.0);
        for op in [BinaryOp::FGt, BinaryOp::FGe, BinaryOp::FLt, BinaryOp::FLe] {
            check(op, NAN, 1.0, NAN);
            check(op, 1.0, NAN, NAN);
        }
        check(BinaryOp::FGt, 1.0, 1.0, 0.0);
        check(BinaryOp::FGe, 1.0, 1.0, 1.0);
        check(BinaryOp::FLt, 1.0, 1.0, 0.0);
        check(BinaryOp::FLe, 1.0, 1.0, 1.0);
    }

    #[test]
    fn logarithms_and_whole_numbers() {
        for (op, value, expected) in [
            (UnaryOp::Log, 1.0, 0.0),
            (UnaryOp::Log, 0.0, f64::NEG_INFINITY),
            (UnaryOp::Log, -1.0, f64::NAN),
            (UnaryOp::Log2, 1024.0, 10.0),
            (UnaryOp::Log10, 1000.0, 3.0),
            (UnaryOp::Exp, 0.0, 1.0),
            (UnaryOp::Exp, f64::NEG_INFINITY, 0.0),
            (UnaryOp::Floor, -2.5, -3.0),
            (UnaryOp::Ceil, -2.5, -2.0),
            (UnaryOp::Round, -2.5, -3.0),
            (UnaryOp::Round, 2.5, 3.0),
            (UnaryOp::Round, 2.4, 2.0),
            (UnaryOp::Round, f64::NAN, f64::NAN),
        ] {
            let found = op.apply(value, 1.0);
            let equal = found == expected || (found.is_nan() && expected.is_nan());
            assert!(equal, "{op:?} of {value} gave {found}, not {expected}");
        }
        for value in [1e-300, 0.1, 1.0, 2.5, 700.0] {
            let again = UnaryOp::Log.apply(UnaryOp::Exp.apply(value, 1.0), 1.0);
            assert!((again - value).abs() <= 1e-12, "{value} became {again}");
        }
    }

    #[test]
    fn combining_skips_absence() {
        assert!(Aggregate::Max.combine(f64::NAN, f64::NAN).is_nan());
        for (aggregate, expected) in [
            (Aggregate::Sum, 5.0),
            (Aggregate::Count, 2.0),
            (Aggregate::Min, 2.0),
            (Aggregate::Max, 3.0),
        ] {
            let found = [f64::NAN, 3.0, f64::NAN, 2.0]
                .into_iter()
                .fold(f64::NAN, |so_far, value| {
                    aggregate.combine(so_far, aggregate.first(value))
                });
            assert_eq!(found.to_bits(), f64::to_bits(expected), "{aggregate:?}");
        }
    }
}

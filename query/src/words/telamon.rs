//! Words beyond the reference: the vocabulary `telamon`.
//!
//! New names, and overloads for operands that the reference refuses. A program that uses them does not
//! run there.

use std::sync::Arc;

use telamon_model::number::java_double;

use crate::expr::{BinaryOp, Expr, Number, Reduce, Relabel, Rolling, StatefulOp, UnaryOp, Window};
use crate::lang::{Fault, Type, Value, Vocabulary};
use crate::pattern::{PatternError, Substitution};

use super::math::{ONE, TWO, binary, unary};
use super::stateful::remember;
use super::{Args, Body, Word};

const fn ours(
    name: &'static str,
    signature: &'static str,
    params: &'static [Type],
    compute: fn(&Args<'_>) -> Result<Value, Fault>,
) -> Word {
    Word::new(
        Vocabulary::Telamon,
        name,
        signature,
        params,
        Body::Pure(compute),
    )
}

const fn one(name: &'static str, compute: fn(&Args<'_>) -> Result<Value, Fault>) -> Word {
    ours(name, ONE, &[Type::Passing], compute)
}

const fn two(name: &'static str, compute: fn(&Args<'_>) -> Result<Value, Fault>) -> Word {
    ours(name, TWO, &[Type::Passing, Type::Passing], compute)
}

/// A word of the reference with a time instead of a number of points.
const fn timed(name: &'static str, compute: fn(&Args<'_>) -> Result<Value, Fault>) -> Word {
    ours(
        name,
        "TimeSeriesExpr window:Duration -- TimeSeriesExpr",
        &[Type::Passing, Type::Duration],
        compute,
    )
}

pub(super) const WORDS: &[Word] = &[
    one("log", |args| unary(args, UnaryOp::Log)).says(
        "The natural logarithm. That of zero is negative infinity; of a negative number there is none.",
        &["name,sps,:eq,:sum,:log"],
    ),
    one("log2", |args| unary(args, UnaryOp::Log2)).says(
        "The logarithm to the base 2.",
        &["name,sps,:eq,:sum,:log2", "8,:log2"],
    ),
    one("log10", |args| unary(args, UnaryOp::Log10)).says(
        "The logarithm to the base 10.",
        &["name,sps,:eq,:sum,:log10", "1000,:log10"],
    ),
    one("exp", |args| unary(args, UnaryOp::Exp)).says(
        "Euler's number to the power of the value: what `:log` undoes.",
        &["name,sps,:eq,:sum,:exp", "0,:exp"],
    ),
    one("floor", |args| unary(args, UnaryOp::Floor)).says(
        "The next whole number that is not above the value.",
        &["name,sps,:eq,:sum,:floor", "-2.5,:floor"],
    ),
    one("ceil", |args| unary(args, UnaryOp::Ceil)).says(
        "The next whole number that is not below the value.",
        &["name,sps,:eq,:sum,:ceil", "-2.5,:ceil"],
    ),
    one("round", |args| unary(args, UnaryOp::Round)).says(
        "The nearest whole number; of two that are equally near the one further from zero.",
        &["name,sps,:eq,:sum,:round", "-2.5,:round"],
    ),
    two("fgt", |args| binary(args, BinaryOp::FGt)).says(
        "1 where the first is greater than the second, else 0; absent where either side is.",
        &["name,sps,:eq,:sum,30e3,:fgt"],
    ),
    two("fge", |args| binary(args, BinaryOp::FGe)).says(
        "1 where the first is not below the second, else 0; absent where either side is.",
        &["name,sps,:eq,:sum,30e3,:fge"],
    ),
    two("flt", |args| binary(args, BinaryOp::FLt)).says(
        "1 where the first is below the second, else 0; absent where either side is.",
        &["name,sps,:eq,:sum,30e3,:flt"],
    ),
    two("fle", |args| binary(args, BinaryOp::FLe)).says(
        "1 where the first is not greater than the second, else 0; absent where either side is.",
        &["name,sps,:eq,:sum,30e3,:fle"],
    ),
    ours(
        "fill",
        "TimeSeriesExpr v:Double -- TimeSeriesExpr",
        &[Type::Passing, Type::Double],
        |args| {
            let with = Number(args.double(1)?);
            Ok(Value::expr(Expr::Fill { with, input: args.expr(0)? }))
        },
    )
    .says(
        "A value where there is none. A line that has no value at all in what is evaluated is not there \
         to be filled, unless it is the only one that could be.",
        &["name,sps,:eq,:sum,0,:fill", "name,sps,:eq,(,nf.cluster,),:by,0,:fill"],
    ),
    ours(
        "fill-last",
        "TimeSeriesExpr n:Int -- TimeSeriesExpr",
        &[Type::Passing, Type::Int],
        |args| {
            let within = Window::Points(args.int(1)?);
            remember(args, StatefulOp::FillLast { within })
        },
    )
    .says(
        "The last value where there is none, for at most n points after it.",
        &["name,sps,:eq,:sum,5,:fill-last"],
    ),
    ours(
        "fill-last",
        "TimeSeriesExpr time:Duration -- TimeSeriesExpr",
        &[Type::Passing, Type::Duration],
        |args| {
            let within = time(args, 1)?;
            remember(args, StatefulOp::FillLast { within })
        },
    )
    .says(
        "The last value where there is none, for at most some time after it. Where points are further \
         apart than that, nothing is filled.",
        &["name,sps,:eq,:sum,5m,:fill-last"],
    ),
    ours(
        "quantile",
        "TimeSeriesExpr q:Double -- TimeSeriesExpr",
        &[Type::Passing, Type::Double],
        quantile,
    )
    .says(
        "The value below which a share of all lines lies at each time, from 0 (the smallest) over 0.5 \
         (the median) to 1 (the largest): linear between the two nearest lines, absent values left out. \
         It needs lines to choose from, so it comes after `:by`; followed by a `:by` with some of the \
         keys it looks at each group. For percentiles of what a timer recorded see `:percentiles`.",
        &[
            "name,sps,:eq,(,nf.node,),:by,0.95,:quantile",
            "name,sps,:eq,(,nf.cluster,nf.node,),:by,0.95,:quantile,(,nf.cluster,),:by",
        ],
    ),
    ours(
        "relabel",
        "TimeSeriesExpr target:String replacement:String source:String regex:String -- TimeSeriesExpr",
        &[Type::Passing, Type::Text, Type::Text, Type::Text, Type::Text],
        relabel,
    )
    .says(
        "Makes the tag `target` from the tag `source`. Where the pattern matches its whole value, the \
         target becomes the replacement, in which `$1` and `${name}` stand for groups, `$0` for the whole \
         value, `$$` for a dollar and `${}` for nothing. A target that comes out empty is removed. A line \
         without `source` is matched as if it were empty. The result is grouped by `target` too, so lines \
         can be joined and grouped again by it. Patterns are written as in RE2.",
        &[
            "name,sps,:eq,(,nf.cluster,),:by,app,$1,nf.cluster,([^-]+)-.*,:relabel,(,app,),:by",
            "name,sps,:eq,:all,nf.node,${},nf.node,.*,:relabel",
        ],
    ),
    timed("delay", |args| {
        let by = time(args, 1)?;
        remember(args, StatefulOp::Delay { by })
    })
    .says(
        "The value some time ago: as many points as it takes to cover it, at least one.",
        &["name,sps,:eq,:sum,5m,:delay"],
    ),
    timed("rolling-count", |args| rolling(args, Rolling::Count)).says(
        "How many values of the last time are true, which is not zero. The window has as many points as \
         it takes to cover the time, at least one.",
        &["name,sps,:eq,:sum,200e3,:gt,5m,:rolling-count"],
    ),
    timed("rolling-min", |args| rolling(args, Rolling::Min)).says(
        "The smallest value of the last time.",
        &["name,sps,:eq,:sum,5m,:rolling-min"],
    ),
    timed("rolling-max", |args| rolling(args, Rolling::Max)).says(
        "The largest value of the last time.",
        &["name,sps,:eq,:sum,5m,:rolling-max"],
    ),
    timed("rolling-mean", |args| rolling(args, Rolling::Mean { values_min: 1 })).says(
        "The mean of the values of the last time.",
        &["name,sps,:eq,:sum,5m,:rolling-mean"],
    ),
    ours(
        "rolling-mean",
        "TimeSeriesExpr window:Duration minNumValues:Int -- TimeSeriesExpr",
        &[Type::Passing, Type::Duration, Type::Int],
        rolling_mean,
    )
    .says(
        "The mean of the values of the last time, where at least some number of them are there; all of \
         them, where the window has no more points.",
        &["name,sps,:eq,:sum,5m,3,:rolling-mean"],
    ),
    timed("rolling-sum", |args| rolling(args, Rolling::Sum)).says(
        "The sum of the values of the last time.",
        &["name,sps,:eq,:sum,5m,:rolling-sum"],
    ),
];

/// A window in time, as written.
fn time(args: &Args<'_>, index: usize) -> Result<Window, Fault> {
    let (ms, text) = (args.duration_ms(index)?, Arc::clone(args.text(index)?));
    if ms > 0 {
        return Ok(Window::Time { ms, text });
    }
    Err(Fault::argument(format!(
        "requirement failed: window size must be longer than no time: {text}"
    ))
    .hint("a duration is written like 90s, 5m, 1h or 7d")
    .operand(&text))
}

fn rolling(args: &Args<'_>, kind: Rolling) -> Result<Value, Fault> {
    let window = time(args, 1)?;
    remember(args, StatefulOp::Rolling { kind, window })
}

fn rolling_mean(args: &Args<'_>) -> Result<Value, Fault> {
    let values_min = args.int(2)?;
    if values_min < 1 {
        let fault = Fault::argument(format!(
            "requirement failed: minimum number of values must be >= 1: {values_min}"
        ));
        return Err(at_text(fault, args, 2));
    }
    rolling(args, Rolling::Mean { values_min })
}

fn quantile(args: &Args<'_>) -> Result<Value, Fault> {
    let q = args.double(1)?;
    if !(0.0..=1.0).contains(&q) {
        let fault = Fault::argument(format!(
            "requirement failed: a quantile is from 0 to 1: {}",
            java_double(q)
        ));
        let hint = if (1.0..=100.0).contains(&q) {
            format!("for percentile {q} write {}", q / 100.0)
        } else {
            "0.5 is the median, 0.95 the 95th percentile".to_owned()
        };
        let fault = fault.hint(hint);
        return Err(at_text(fault, args, 1));
    }
    // Not a negative zero.
    let reduce = Reduce::Quantile(Number(q.abs()));
    Ok(Value::expr(Expr::Across {
        reduce,
        input: args.expr(0)?,
    }))
}

fn relabel(args: &Args<'_>) -> Result<Value, Fault> {
    let (target, source, pattern) = (args.text(1)?, args.text(3)?, args.text(4)?);
    for (name, text) in [("target", target), ("source", source), ("regex", pattern)] {
        // No token is empty, but words can make such a string. It could not be written again.
        if text.is_empty() {
            return Err(Fault::argument(format!("the {name} of :relabel is empty")));
        }
    }
    let replacement = match args.text(2)? {
        empty if empty.is_empty() => &Arc::from("${}"),
        written => written,
    };
    let relabel = Relabel {
        target: Arc::clone(target),
        source: Arc::clone(source),
        rule: Substitution::new(pattern, replacement, args.limits().pattern.automaton_bytes)
            .map_err(|error| refused(error, pattern, replacement))?,
    };
    Ok(Value::expr(Expr::Relabel {
        relabel: Arc::new(relabel),
        input: args.expr(0)?,
    }))
}

/// The fault at the operand, where that was written.
fn at_text(fault: Fault, args: &Args<'_>, index: usize) -> Fault {
    match args.text(index) {
        Ok(text) => fault.operand(text),
        Err(_) => fault,
    }
}

/// The fault of a pattern, or of the replacement that does not go with it.
fn refused(error: PatternError, pattern: &str, replacement: &str) -> Fault {
    let title = error.text.lines().next().unwrap_or_default().to_owned();
    let is_about_replacement = title.contains('`');
    let mut fault = Fault::new(error.class, error.text);
    fault.help.limit = error.limit;
    fault.help.hint = error.hint;
    let operand = if is_about_replacement {
        replacement
    } else {
        pattern
    };
    fault.title(title).operand(operand)
}

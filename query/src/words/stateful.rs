//! Operators with memory: the vocabulary `stateful`.
//!
//! What an operator is belongs to the expression, what it computes to the evaluation; parameters that
//! make no sense are refused there, as in the reference.

use crate::expr::{Expr, Number, Rolling, Smoothing, StatefulOp, Window};
use crate::lang::{Fault, Type, Value, Vocabulary};

use super::{Args, Body, Word};

const fn stateful(
    name: &'static str,
    signature: &'static str,
    params: &'static [Type],
    compute: fn(&Args<'_>) -> Result<Value, Fault>,
) -> Word {
    Word::new(
        Vocabulary::Stateful,
        name,
        signature,
        params,
        Body::Pure(compute),
    )
}

const ONE: &str = "TimeSeriesExpr -- TimeSeriesExpr";

const fn windowed(name: &'static str, compute: fn(&Args<'_>) -> Result<Value, Fault>) -> Word {
    stateful(
        name,
        "TimeSeriesExpr n:Int -- TimeSeriesExpr",
        &[Type::Passing, Type::Int],
        compute,
    )
}

const fn smoothed(name: &'static str, compute: fn(&Args<'_>) -> Result<Value, Fault>) -> Word {
    stateful(
        name,
        "TimeSeriesExpr training:Int alpha:Double beta:Double -- TimeSeriesExpr",
        &[Type::Passing, Type::Int, Type::Double, Type::Double],
        compute,
    )
}

const fn one(name: &'static str, compute: fn(&Args<'_>) -> Result<Value, Fault>) -> Word {
    stateful(name, ONE, &[Type::Passing], compute)
}

const fn preset(name: &'static str, body: &'static str, example: &'static [&'static str]) -> Word {
    Word::new(
        Vocabulary::Stateful,
        name,
        ONE,
        &[Type::Styled],
        Body::Macro(body),
    )
    .says(
        "Double exponential smoothing with fixed parameters: how fast it follows says the name.",
        example,
    )
}

/// A word without declared operands: its body finds out whether they are there.
const fn free(vocabulary: Vocabulary, name: &'static str, body: &'static str) -> Word {
    Word::new(vocabulary, name, "? -- ?", &[], Body::Macro(body))
}

pub(super) const WORDS: &[Word] = &[
    windowed("delay", |args| {
        let by = Window::Points(args.int(1)?);
        remember(args, StatefulOp::Delay { by })
    })
    .says(
        "The value n points ago. Unlike :offset it moves whatever the expression gives, but the first n \
         points have no value.",
        &["name,sps,:eq,:sum,5,:delay"],
    ),
    windowed("rolling-count", |args| rolling(args, Rolling::Count)).says(
        "How many of the last n values are true, which is not zero. The window counts points of the \
         graph, so its length in time follows the step.",
        &["name,sps,:eq,:sum,200e3,:gt,5,:rolling-count"],
    ),
    windowed("rolling-min", |args| rolling(args, Rolling::Min)).says(
        "The smallest of the last n values. The window counts points of the graph.",
        &["name,sps,:eq,:sum,5,:rolling-min"],
    ),
    windowed("rolling-max", |args| rolling(args, Rolling::Max)).says(
        "The largest of the last n values. The window counts points of the graph.",
        &["name,sps,:eq,:sum,5,:rolling-max"],
    ),
    stateful(
        "rolling-mean",
        "TimeSeriesExpr n:Int minNumValues:Int -- TimeSeriesExpr",
        &[Type::Passing, Type::Int, Type::Int],
        |args| {
            let values_min = args.int(2)?;
            rolling(args, Rolling::Mean { values_min })
        },
    )
    .says(
        "The mean of the last n values, where at least some number of them are there.",
        &["name,sps,:eq,:sum,5,3,:rolling-mean"],
    ),
    windowed("rolling-sum", |args| rolling(args, Rolling::Sum)).says(
        "The sum of the last n values. The window counts points of the graph.",
        &["name,sps,:eq,:sum,5,:rolling-sum"],
    ),
    smoothed("des", |args| remember(args, StatefulOp::Des(smoothing(args)?))).says(
        "Double exponential smoothing: what the values so far let expect of the next one. It starts \
         after as many values as it is trained with, and depends on all since the start of the graph.",
        &["name,requestsPerSecond,:eq,:sum,5,0.1,0.5,:des"],
    ),
    smoothed("sdes", |args| remember(args, StatefulOp::Sdes(smoothing(args)?))).says(
        "Double exponential smoothing by two instances that take turns and forget, so that a value \
         depends on no more than twice the training before it, and on when the graph starts: the \
         instances take turns from there. In an alert rule they start at a multiple of the training.",
        &["name,requestsPerSecond,:eq,:sum,5,0.1,0.5,:sdes"],
    ),
    stateful(
        "trend",
        "TimeSeriesExpr window:Duration -- TimeSeriesExpr",
        &[Type::Passing, Type::Duration],
        |args| {
            let window_ms = args.duration_ms(1)?;
            remember(args, StatefulOp::Trend { window_ms })
        },
    )
    .says(
        "The mean over a time. A missing value counts as zero.",
        &["name,sps,:eq,:sum,5m,:trend"],
    )
    .instead("use :rolling-mean"),
    one("integral", |args| remember(args, StatefulOp::Integral)).says(
        "The sum of all values since the start of the graph.",
        &["name,requestsPerSecond,:eq,:sum,:integral", "1,:integral"],
    ),
    one("cumulative-max", |args| remember(args, StatefulOp::CumulativeMax)).says(
        "The largest of all values since the start of the graph.",
        &["name,requestsPerSecond,:eq,:sum,:cumulative-max"],
    ),
    one("derivative", |args| remember(args, StatefulOp::Derivative)).says(
        "The difference to the value before; no value where one of the two is missing.",
        &["name,requestsPerSecond,:eq,:sum,:derivative"],
    ),
    Word::new(
        Vocabulary::Stateful,
        "approx-distinct-cumulative",
        ONE,
        &[Type::Styled],
        Body::Macro(":dup,:cumulative-max,:approx-distinct,approx-distinct-cumulative,:named-rewrite"),
    )
    .says(
        "An estimate of how many distinct things were seen since the start of the graph.",
        &["name,users,:eq,:approx-distinct-cumulative"],
    ),
    preset(
        "des-simple",
        ":dup,10,0.1,0.5,:des,des-simple,:named-rewrite",
        &["name,requestsPerSecond,:eq,:sum,:des-simple"],
    ),
    preset(
        "des-fast",
        ":dup,10,0.1,0.02,:des,des-fast,:named-rewrite",
        &["name,requestsPerSecond,:eq,:sum,:des-fast"],
    ),
    preset(
        "des-slower",
        ":dup,10,0.05,0.03,:des,des-slower,:named-rewrite",
        &["name,requestsPerSecond,:eq,:sum,:des-slower"],
    ),
    preset(
        "des-slow",
        ":dup,10,0.03,0.04,:des,des-slow,:named-rewrite",
        &["name,requestsPerSecond,:eq,:sum,:des-slow"],
    ),
    preset(
        "sdes-simple",
        ":dup,10,0.1,0.5,:sdes,sdes-simple,:named-rewrite",
        &["name,requestsPerSecond,:eq,:sum,:sdes-simple"],
    ),
    preset(
        "sdes-fast",
        ":dup,10,0.1,0.02,:sdes,sdes-fast,:named-rewrite",
        &["name,requestsPerSecond,:eq,:sum,:sdes-fast"],
    ),
    preset(
        "sdes-slower",
        ":dup,10,0.05,0.03,:sdes,sdes-slower,:named-rewrite",
        &["name,requestsPerSecond,:eq,:sum,:sdes-slower"],
    ),
    preset(
        "sdes-slow",
        ":dup,10,0.03,0.04,:sdes,sdes-slow,:named-rewrite",
        &["name,requestsPerSecond,:eq,:sum,:sdes-slow"],
    ),
    free(Vocabulary::Stateful, "des-epic-signal", EPIC_SIGNAL).says(
        "1 where a line is further from what double exponential smoothing expects than both a \
         percentage and an amount allow. Takes line, training, alpha, beta, maxPercent, minPercent and \
         noise.",
        &["name,requestsPerSecond,:eq,:sum,10,0.1,0.5,0.2,0.2,4,:des-epic-signal"],
    ),
];

/// The signal and its bounds as styled lines; belongs to the vocabulary `style`.
pub(super) const EPIC_VIZ: Word = free(
    Vocabulary::Style,
    "des-epic-viz",
    ":des-epic-signal,:vspan,40,:alpha,triggered,:legend,\
     line,:get,line,:legend,\
     minPredNoiseBound,:get,minPredNoiseBound,:legend,\
     minPredPercentBound,:get,minPredPercentBound,:legend,\
     maxPredNoiseBound,:get,maxPredNoiseBound,:legend,\
     maxPredPercentBound,:get,maxPredPercentBound,:legend",
)
.says(
    "The line, the bounds that :des-epic-signal compares it with, and the signal as spans of time.",
    &["name,requestsPerSecond,:eq,:sum,10,0.1,0.5,0.2,0.2,4,:des-epic-viz"],
);

const EPIC_SIGNAL: &str = "noise,:sset,minPercent,:sset,maxPercent,:sset,beta,:sset,alpha,:sset,\
     trainingSize,:sset,line,:sset,\
     line,:get,trainingSize,:get,alpha,:get,beta,:get,:des,pred,:sset,\
     pred,:get,noise,:get,:sub,minPredNoiseBound,:sset,\
     pred,:get,1,minPercent,:get,:fsub,:fmul,minPredPercentBound,:sset,\
     pred,:get,noise,:get,:add,maxPredNoiseBound,:sset,\
     pred,:get,2,1,maxPercent,:get,:fsub,:fsub,:fmul,maxPredPercentBound,:sset,\
     line,:get,minPredNoiseBound,:get,:lt,line,:get,minPredPercentBound,:get,:lt,:and,\
     line,:get,maxPredNoiseBound,:get,:gt,line,:get,maxPredPercentBound,:get,:gt,:and,:or";

pub(super) fn remember(args: &Args<'_>, op: StatefulOp) -> Result<Value, Fault> {
    let input = args.expr(0)?;
    Ok(Value::expr(Expr::Stateful { op, input }))
}

fn rolling(args: &Args<'_>, kind: Rolling) -> Result<Value, Fault> {
    let window = Window::Points(args.int(1)?);
    remember(args, StatefulOp::Rolling { kind, window })
}

fn smoothing(args: &Args<'_>) -> Result<Smoothing, Fault> {
    Ok(Smoothing {
        training: args.int(1)?,
        alpha: Number(args.double(2)?),
        beta: Number(args.double(3)?),
    })
}

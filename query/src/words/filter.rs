//! Choice among lines: the vocabulary `filter`.

use std::sync::Arc;

use crate::expr::{Choice, Consolidation, Expr, Others, Statistic};
use crate::lang::{Fault, Type, Value, Vocabulary};

use super::{Args, Body, Word};

const fn filter(
    name: &'static str,
    signature: &'static str,
    params: &'static [Type],
    compute: fn(&Args<'_>) -> Result<Value, Fault>,
) -> Word {
    Word::new(
        Vocabulary::Filter,
        name,
        signature,
        params,
        Body::Pure(compute),
    )
}

const fn best(name: &'static str, compute: fn(&Args<'_>) -> Result<Value, Fault>) -> Word {
    filter(
        name,
        "TimeSeriesExpr stat:String k:Int -- TimeSeriesExpr",
        &[Type::Passing, Type::Text, Type::Int],
        compute,
    )
}

const fn of_input(
    name: &'static str,
    summary: &'static str,
    example: &'static [&'static str],
    compute: fn(&Args<'_>) -> Result<Value, Fault>,
) -> Word {
    filter(name, " -- TimeSeriesExpr", &[], compute).says(summary, example)
}

const fn legacy(name: &'static str, body: &'static str, example: &'static [&'static str]) -> Word {
    Word::new(
        Vocabulary::Filter,
        name,
        "TimeSeriesExpr -- TimeSeriesExpr",
        &[Type::Styled],
        Body::Macro(body),
    )
    .says("A statistic of each line at every time.", example)
    .instead("use :stat")
}

pub(super) const WORDS: &[Word] = &[
    filter(
        "consolidate",
        "TimeSeriesExpr cf:ConsolidationFunction newStep:Duration -- TimeSeriesExpr",
        &[Type::Passing, Type::Consolidation, Type::Duration],
        consolidate,
    )
    .says(
        "Shows at each point what becomes of all values of a longer step around it: their avg, sum, min \
         or max.",
        &["name,sps,:eq,:sum,avg,5m,:consolidate"],
    ),
    filter(
        "stat",
        "TimeSeriesExpr stat:String -- TimeSeriesExpr",
        &[Type::Passing, Type::Text],
        |args| {
            Ok(Value::expr(Expr::Stat {
                stat: Arc::clone(args.text(1)?),
                input: args.expr(0)?,
                is_of_filter: false,
            }))
        },
    )
    .says(
        "A statistic of each line at every time: avg, max, min, last, count or total.",
        &["name,sps,:eq,(,nf.cluster,),:by,max,:stat"],
    ),
    of_input(
        "stat-avg",
        "In the condition of a filter: the average of each line that is filtered.",
        &["name,sps,:eq,(,nf.cluster,),:by,:stat-avg,300,:lt,:filter"],
        |_| stat(Statistic::Avg),
    ),
    of_input(
        "stat-max",
        "In the condition of a filter: the largest value of each line that is filtered.",
        &["name,sps,:eq,(,nf.cluster,),:by,:stat-max,300,:lt,:filter"],
        |_| stat(Statistic::Max),
    ),
    of_input(
        "stat-min",
        "In the condition of a filter: the smallest value of each line that is filtered.",
        &["name,sps,:eq,(,nf.cluster,),:by,:stat-min,300,:lt,:filter"],
        |_| stat(Statistic::Min),
    ),
    of_input(
        "stat-last",
        "In the condition of a filter: the newest value of each line that is filtered.",
        &["name,sps,:eq,(,nf.cluster,),:by,:stat-last,300,:lt,:filter"],
        |_| stat(Statistic::Last),
    ),
    of_input(
        "stat-count",
        "In the condition of a filter: how many values each line has that is filtered.",
        &["name,sps,:eq,(,nf.cluster,),:by,:stat-count,10,:ge,:filter"],
        |_| stat(Statistic::Count),
    ),
    of_input(
        "stat-total",
        "In the condition of a filter: the sum of the values of each line that is filtered.",
        &["name,sps,:eq,(,nf.cluster,),:by,:stat-total,3000,:lt,:filter"],
        |_| stat(Statistic::Total),
    ),
    filter(
        "filter",
        "t1:TimeSeriesExpr t2:TimeSeriesExpr -- TimeSeriesExpr",
        &[Type::Expr, Type::Expr],
        |args| Ok(Value::expr(filtered(&args.expr(0)?, &args.expr(1)?)?)),
    )
    .says(
        "Keeps the lines for which the condition is true at some point of the window. :stat-max and the \
         like in the condition are statistics of the lines.",
        &["name,sps,:eq,(,nf.cluster,),:by,:stat-max,30e3,:gt,:filter"],
    ),
    legacy(
        "stat-min-mf",
        "min,:stat",
        &["name,sps,:eq,(,nf.cluster,),:by,:stat-min-mf"],
    ),
    legacy(
        "stat-max-mf",
        "max,:stat",
        &["name,sps,:eq,(,nf.cluster,),:by,:stat-max-mf"],
    ),
    legacy(
        "stat-avg-mf",
        "avg,:stat",
        &["name,sps,:eq,(,nf.cluster,),:by,:stat-avg-mf"],
    ),
    best("bottomk", |args| choose(args, false, None)).says(
        "The k lines that are smallest by a statistic. Lines without a value are the largest of all.",
        &["name,sps,:eq,(,nf.cluster,),:by,max,2,:bottomk"],
    ),
    best("bottomk-others-min", |args| choose(args, false, Some(Others::Min))).says(
        "The k lines that are smallest by a statistic, and one with the smallest values of the others.",
        &["name,sps,:eq,(,nf.cluster,),:by,max,2,:bottomk-others-min"],
    ),
    best("bottomk-others-max", |args| choose(args, false, Some(Others::Max))).says(
        "The k lines that are smallest by a statistic, and one with the largest values of the others.",
        &["name,sps,:eq,(,nf.cluster,),:by,max,2,:bottomk-others-max"],
    ),
    best("bottomk-others-sum", |args| choose(args, false, Some(Others::Sum))).says(
        "The k lines that are smallest by a statistic, and one with the sum of the others.",
        &["name,sps,:eq,(,nf.cluster,),:by,max,2,:bottomk-others-sum"],
    ),
    best("bottomk-others-avg", |args| choose(args, false, Some(Others::Avg))).says(
        "The k lines that are smallest by a statistic, and one with the average of the others.",
        &["name,sps,:eq,(,nf.cluster,),:by,max,2,:bottomk-others-avg"],
    ),
    best("topk", |args| choose(args, true, None)).says(
        "The k lines that are largest by a statistic. Lines without a value are the largest of all.",
        &["name,sps,:eq,(,nf.cluster,),:by,max,2,:topk"],
    ),
    best("topk-others-min", |args| choose(args, true, Some(Others::Min))).says(
        "The k lines that are largest by a statistic, and one with the smallest values of the others.",
        &["name,sps,:eq,(,nf.cluster,),:by,max,2,:topk-others-min"],
    ),
    best("topk-others-max", |args| choose(args, true, Some(Others::Max))).says(
        "The k lines that are largest by a statistic, and one with the largest values of the others.",
        &["name,sps,:eq,(,nf.cluster,),:by,max,2,:topk-others-max"],
    ),
    best("topk-others-sum", |args| choose(args, true, Some(Others::Sum))).says(
        "The k lines that are largest by a statistic, and one with the sum of the others.",
        &["name,sps,:eq,(,nf.cluster,),:by,max,2,:topk-others-sum"],
    ),
    best("topk-others-avg", |args| choose(args, true, Some(Others::Avg))).says(
        "The k lines that are largest by a statistic, and one with the average of the others.",
        &["name,sps,:eq,(,nf.cluster,),:by,max,2,:topk-others-avg"],
    ),
];

fn stat(statistic: Statistic) -> Result<Value, Fault> {
    Ok(Value::expr(Expr::StatOfInput(statistic)))
}

fn choose(args: &Args<'_>, is_top: bool, others: Option<Others>) -> Result<Value, Fault> {
    let count = args.int(2)?;
    if count <= 0 {
        return Err(Fault::argument(format!(
            "requirement failed: k must be positive ({count} <= 0)"
        ))
        .hint("say how many lines to keep: max,5,:topk"));
    }
    Ok(Value::expr(Expr::Choose {
        choice: Choice {
            is_top,
            others,
            stat: Arc::clone(args.text(1)?),
            count,
        },
        input: args.expr(0)?,
    }))
}

fn consolidate(args: &Args<'_>) -> Result<Value, Fault> {
    let name = args.text(1)?;
    let by = Consolidation::of_name(name)
        .ok_or_else(|| Fault::state(format!("{name} is no consolidation")))?;
    Ok(Value::expr(Expr::Consolidate {
        by,
        step_ms: args.duration_ms(2)?,
        input: args.expr(0)?,
    }))
}

/// An expression with a filter, in whose condition statistics of the input are filled in.
pub(super) fn filtered(input: &Arc<Expr>, condition: &Arc<Expr>) -> Result<Expr, Fault> {
    let condition = Arc::new(condition.with_statistics_of(input));
    if condition.is_grouped() && !input.is_grouped() {
        return Err(Fault::argument(
            "requirement failed: filter grouping must match expr grouping",
        )
        .title("the condition has several lines, what it filters has one")
        .hint("a condition with several lines needs an expression with several lines to filter"));
    }
    Ok(Expr::Filter {
        input: Arc::clone(input),
        condition,
    })
}

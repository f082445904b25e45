//! Words that turn series into lines: the vocabulary `data`.

use std::sync::Arc;

use crate::expr::{Aggregate, AggregateExpr, Consolidation, DataExpr, Expr};
use crate::lang::{Fault, Type, Value, Vocabulary};

use super::{Args, Body, Word, algebra};

const fn data(
    name: &'static str,
    signature: &'static str,
    params: &'static [Type],
    compute: fn(&Args<'_>) -> Result<Value, Fault>,
) -> Word {
    Word::new(
        Vocabulary::Data,
        name,
        signature,
        params,
        Body::Pure(compute),
    )
}

const OF_QUERY: &str = "q:Query -- DataExpr";
const OF_EXPR: &str = "expr:TimeSeriesExpr -- DataExpr";

pub(super) const WORDS: &[Word] = &[
    data("all", OF_QUERY, &[Type::Query], |args| {
        Ok(Value::expr(Expr::Data(DataExpr::All {
            query: Arc::clone(args.query(0)?),
            offset_ms: 0,
        })))
    })
    .says(
        "Every selected series as a line of its own.",
        &["name,sps,:eq,:all"],
    ),
    data("sum", OF_QUERY, &[Type::Query], |args| {
        combine(args, Aggregate::Sum)
    })
    .says("The sum of the selected series.", &["name,sps,:eq,:sum"]),
    data("count", OF_QUERY, &[Type::Query], |args| {
        combine(args, Aggregate::Count)
    })
    .says(
        "How many of the selected series have a value.",
        &["name,sps,:eq,:count"],
    ),
    data("min", OF_QUERY, &[Type::Query], |args| {
        combine(args, Aggregate::Min)
    })
    .says(
        "The smallest value of the selected series.",
        &["name,sps,:eq,:min"],
    ),
    data("max", OF_QUERY, &[Type::Query], |args| {
        combine(args, Aggregate::Max)
    })
    .says(
        "The largest value of the selected series.",
        &["name,sps,:eq,:max"],
    ),
    data(
        "by",
        "af:AggregateFunction keys:StringList -- DataExpr",
        &[Type::Aggregate, Type::TextList],
        |args| {
            let keys = args.keys(1)?;
            match &*args.expr(0)? {
                Expr::Data(DataExpr::Aggregate(aggregate)) => {
                    Ok(Value::expr(Expr::Data(DataExpr::GroupBy {
                        aggregate: aggregate.clone(),
                        keys,
                    })))
                }
                other => Err(Fault::state(format!("{other} is no aggregate of a query"))),
            }
        },
    )
    .says(
        "One line for each combination of values of the keys. Series that lack a key are left out.",
        &[
            "name,sps,:eq,:max,(,nf.cluster,),:by",
            "name,sps,:eq,(,nf.asg,nf.zone,),:by",
        ],
    ),
    data(
        "offset",
        "TimeSeriesExpr dur:Duration -- TimeSeriesExpr",
        &[Type::Passing, Type::Duration],
        |args| Ok(Value::expr(args.expr(0)?.with_offset(args.duration_ms(1)?))),
    )
    .says(
        "Reads the data from some time earlier, replacing an earlier offset.",
        &[
            "name,sps,:eq,:sum,1w,:offset",
            "name,sps,:eq,(,name,),:by,PT1H,:offset",
        ],
    ),
    data("cf-avg", OF_EXPR, &[Type::Expr], |args| {
        consolidate(args, Consolidation::Avg)
    })
    .says(
        "When the step is longer than that of the data, values of a series within it are averaged.",
        &["name,sps,:eq,:sum,:cf-avg"],
    ),
    data("cf-sum", OF_EXPR, &[Type::Expr], |args| {
        consolidate(args, Consolidation::Sum)
    })
    .says(
        "When the step is longer than that of the data, values of a series within it are added up.",
        &["name,sps,:eq,:sum,:cf-sum"],
    ),
    data("cf-min", OF_EXPR, &[Type::Expr], |args| {
        consolidate(args, Consolidation::Min)
    })
    .says(
        "When the step is longer than that of the data, the smallest value of a series within it \
         counts.",
        &["name,sps,:eq,:sum,:cf-min"],
    ),
    data("cf-max", OF_EXPR, &[Type::Expr], |args| {
        consolidate(args, Consolidation::Max)
    })
    .says(
        "When the step is longer than that of the data, the largest value of a series within it \
         counts.",
        &["name,sps,:eq,:sum,:cf-max"],
    ),
];

fn combine(args: &Args<'_>, aggregate: Aggregate) -> Result<Value, Fault> {
    let query = Arc::clone(args.query(0)?);
    Ok(Value::expr(Expr::Data(DataExpr::Aggregate(
        AggregateExpr::new(aggregate, query),
    ))))
}

fn consolidate(args: &Args<'_>, consolidation: Consolidation) -> Result<Value, Fault> {
    Ok(Value::expr(algebra::consolidate(
        &args.expr(0)?,
        consolidation,
    )))
}

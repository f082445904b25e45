//! Operators with memory: the vocabulary `stateful`.

use crate::expr::{Expr, StatefulOp};
use crate::lang::{Fault, Type, Value, Vocabulary};

use super::{Args, Body, Word};

const fn windowed(name: &'static str, compute: fn(&Args<'_>) -> Result<Value, Fault>) -> Word {
    Word::new(
        Vocabulary::Stateful,
        name,
        "TimeSeriesExpr n:Int -- TimeSeriesExpr",
        &[Type::Passing, Type::Int],
        Body::Pure(compute),
    )
}

pub(super) const WORDS: &[Word] = &[windowed("rolling-count", |args| {
    Ok(Value::expr(Expr::Stateful {
        op: StatefulOp::RollingCount {
            points: args.int(1)?,
        },
        input: args.expr(0)?,
    }))
})
.says(
    "How many of the last n values are true, which is not zero. The window counts points of the \
     graph, so its length in time follows the step.",
    &["name,sps,:eq,:sum,200e3,:gt,5,:rolling-count"],
)];

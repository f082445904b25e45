//! Arithmetic and aggregates of lines: the vocabulary `math`.
//!
//! Operators over constants are computed at once; everything else builds a tree.

use std::sync::Arc;

use telamon_model::Predicate;
use telamon_model::number::java_double;
use telamon_model::percentile::BucketIndex;

use crate::expr::{Aggregate, AggregateExpr, BinaryOp, Bound, DISTINCT, DataExpr, Displayed, Expr};
use crate::expr::{ListText, Number, PERCENTILE, Rewrite, TimeField, TimeSpan, UnaryOp};
use crate::lang::{ErrorClass, Fault, Machine, Type, Value, Vocabulary};

use super::{Args, Body, Word, algebra};

const fn math(
    name: &'static str,
    signature: &'static str,
    params: &'static [Type],
    compute: fn(&Args<'_>) -> Result<Value, Fault>,
) -> Word {
    Word::new(
        Vocabulary::Math,
        name,
        signature,
        params,
        Body::Pure(compute),
    )
}

pub(super) const ONE: &str = "TimeSeriesExpr -- TimeSeriesExpr";
pub(super) const TWO: &str = "t1:TimeSeriesExpr t2:TimeSeriesExpr -- TimeSeriesExpr";
const OF_QUERY: &str = "Query -- TimeSeriesExpr";

const fn one(name: &'static str, compute: fn(&Args<'_>) -> Result<Value, Fault>) -> Word {
    math(name, ONE, &[Type::Passing], compute)
}

const fn two(name: &'static str, compute: fn(&Args<'_>) -> Result<Value, Fault>) -> Word {
    math(name, TWO, &[Type::Passing, Type::Passing], compute)
}

const fn expands(
    name: &'static str,
    signature: &'static str,
    params: &'static [Type],
    body: &'static str,
) -> Word {
    Word::new(Vocabulary::Math, name, signature, params, Body::Macro(body))
}

const fn of_lines(name: &'static str, body: &'static str) -> Word {
    expands(name, ONE, &[Type::Styled], body)
}

pub(super) const WORDS: &[Word] = &[
    math(
        "as",
        "TimeSeriesExpr original:String replacement:String -- TimeSeriesExpr",
        &[Type::Expr, Type::Text, Type::Text],
        |args| {
            Ok(Value::expr(Expr::As {
                input: args.expr(0)?,
                from: Arc::clone(args.text(1)?),
                to: Arc::clone(args.text(2)?),
            }))
        },
    )
    .says(
        "Renames a tag key, so that expressions grouped by different keys can be joined.",
        &["name,sps,:eq,(,nf.cluster,),:by,nf.cluster,c,:as"],
    ),
    math(
        "by",
        "TimeSeriesExpr keys:List -- TimeSeriesExpr",
        &[Type::Expr, Type::TextList],
        |args| Ok(Value::Expr(algebra::group(&args.expr(0)?, &args.keys(1)?)?)),
    )
    .says(
        "Groups lines again by some of the keys they are grouped by, or groups the data inside.",
        &[
            "name,sps,:eq,(,nf.asg,nf.cluster,),:by,:count,(,nf.cluster,),:by",
            "name,sps,:eq,:avg,(,nf.cluster,),:by",
        ],
    ),
    math(
        "const",
        "v:Double -- TimeSeriesExpr",
        &[Type::Double],
        |args| constant(args.double(0)?),
    )
    .says("The same value at every time.", &["42,:const"]),
    math("pi", " -- TimeSeriesExpr", &[], |_| {
        constant(std::f64::consts::PI)
    })
    .says(
        "The ratio of a circle's circumference to its diameter.",
        &[":pi"],
    ),
    math("random", " -- TimeSeriesExpr", &[], |_| {
        Ok(Value::expr(Expr::Random { seed: None }))
    })
    .says(
        "Numbers from 0 to below 1 that look random. The same time always has the same number.",
        &[":random"],
    ),
    math(
        "srandom",
        "seed:Int -- TimeSeriesExpr",
        &[Type::Int],
        |args| {
            let seed = Some(args.int(0)?);
            Ok(Value::expr(Expr::Random { seed }))
        },
    )
    .says(
        "Numbers from 0 to below 1 that look random and differ by their seed.",
        &["42,:srandom"],
    ),
    math("time", "mode:String -- TimeSeriesExpr", &[Type::Text], time).says(
        "A field of the time in UTC, such as hourOfDay, minuteOfHour, dayOfWeek, days.",
        &["hourOfDay,:time", "HOUR_OF_DAY,:time", "days,:time"],
    ),
    Word::new(
        Vocabulary::Math,
        "time-span",
        "s:String e:String -- TimeSeriesExpr",
        &[Type::Text, Type::Text],
        Body::Stack(time_span),
    )
    .says(
        "1 from the start to the end of a span of time, both included, else 0. Times are written as in \
         a graph; gs and ge are the ends of the graph, s and e those of the span.",
        &[
            "e-30m,ge,:time-span",
            "gs+5m,s+10m,:time-span",
            "2014-02-20T13:00,s+30m,:time-span",
        ],
    ),
    math(
        "cg",
        "Expr keys:List -- Expr",
        &[Type::Passing, Type::TextList],
        |args| {
            Ok(Value::Expr(algebra::add_keys(
                &args.expr(0)?,
                &args.keys(1)?,
            )?))
        },
    )
    .says(
        "Adds keys to every grouping of an expression.",
        &["name,sps,:eq,(,nf.node,),:by,(,nf.region,),:cg"],
    ),
    math(
        "named-rewrite",
        "original:TimeSeriesExpr rewritten:TimeSeriesExpr name:String -- TimeSeriesExpr",
        &[Type::Styled, Type::Styled, Type::Text],
        named_rewrite,
    )
    .says(
        "Evaluates the second expression and prints as the first with a name.",
        &["name,sps,:eq,:dup,:dup,:sum,:swap,:count,:div,avg,:named-rewrite"],
    ),
    clamp(
        "clamp-min",
        "TimeSeriesExpr min:Double -- TimeSeriesExpr",
        |args| clamped(args, Bound::Min),
    )
    .says(
        "Raises values below a limit to it.",
        &["name,sps,:eq,:sum,200e3,:clamp-min"],
    ),
    clamp(
        "clamp-max",
        "TimeSeriesExpr max:Double -- TimeSeriesExpr",
        |args| clamped(args, Bound::Max),
    )
    .says(
        "Lowers values above a limit to it.",
        &["name,sps,:eq,:sum,200e3,:clamp-max"],
    ),
    one("abs", |args| unary(args, UnaryOp::Abs)).says("The absolute value.", &["-1,:abs"]),
    one("neg", |args| unary(args, UnaryOp::Neg))
        .says("The value with its sign changed.", &["1,:neg"]),
    one("sin", |args| unary(args, UnaryOp::Sin))
        .says("The sine, in radians.", &[":pi,2,:div,:sin"]),
    one("sqrt", |args| unary(args, UnaryOp::Sqrt)).says("The square root.", &["64,:sqrt"]),
    one("per-step", |args| unary(args, UnaryOp::PerStep)).says(
        "Turns a rate per second into an amount per step.",
        &["name,sps,:eq,:sum,:per-step"],
    ),
    two("add", |args| binary(args, BinaryOp::Add)).says(
        "The sum. An absent value counts as nothing.",
        &["30,2,:add"],
    ),
    two("sub", |args| binary(args, BinaryOp::Sub)).says(
        "The difference. An absent value counts as nothing.",
        &["30,2,:sub"],
    ),
    two("mul", |args| binary(args, BinaryOp::Mul)).says("The product.", &["30,2,:mul"]),
    two("div", |args| binary(args, BinaryOp::Div)).says(
        "The quotient. Division by zero gives no value, except zero by zero, which is zero.",
        &["30,2,:div", "0,0,:div"],
    ),
    two("pow", |args| binary(args, BinaryOp::Pow)).says("The power.", &["2,10,:pow"]),
    two("gt", |args| binary(args, BinaryOp::Gt)).says(
        "1 where the first is greater than the second, else 0. Two strings make a query instead.",
        &["name,sps,:eq,:sum,30e3,:gt"],
    ),
    two("ge", |args| binary(args, BinaryOp::Ge)).says(
        "1 where the first is not below the second, else 0.",
        &["name,sps,:eq,:sum,30e3,:ge"],
    ),
    two("lt", |args| binary(args, BinaryOp::Lt)).says(
        "1 where the first is below the second, else 0.",
        &["name,sps,:eq,:sum,30e3,:lt"],
    ),
    two("le", |args| binary(args, BinaryOp::Le)).says(
        "1 where the first is not greater than the second, else 0.",
        &["name,sps,:eq,:sum,30e3,:le"],
    ),
    two("fadd", |args| binary(args, BinaryOp::FAdd))
        .says("The sum; absent where either side is.", &["30,2,:fadd"]),
    two("fsub", |args| binary(args, BinaryOp::FSub)).says(
        "The difference; absent where either side is.",
        &["30,2,:fsub"],
    ),
    two("fmul", |args| binary(args, BinaryOp::FMul))
        .says("The product; absent where either side is.", &["30,2,:fmul"]),
    two("fdiv", |args| binary(args, BinaryOp::FDiv)).says(
        "The quotient as in IEEE arithmetic; by zero it is infinite.",
        &["30,2,:fdiv"],
    ),
    two("and", |args| binary(args, BinaryOp::And)).says(
        "1 where both are present and not zero, else 0.",
        &["name,sps,:eq,:sum,:dup,30e3,:gt,:swap,31e3,:lt,:and"],
    ),
    two("or", |args| binary(args, BinaryOp::Or)).says(
        "1 where one is present and not zero, else 0.",
        &["name,sps,:eq,:sum,:dup,30e3,:gt,:swap,5e3,:lt,:or"],
    ),
    one("sum", |args| across(args, Aggregate::Sum)).says(
        "The sum of all lines.",
        &["name,sps,:eq,(,nf.cluster,),:by,:sum"],
    ),
    one("count", |args| across(args, Aggregate::Count)).says(
        "How many lines have a value.",
        &["name,sps,:eq,(,nf.cluster,),:by,:count"],
    ),
    one("min", |args| across(args, Aggregate::Min)).says(
        "The smallest of all lines.",
        &["name,sps,:eq,(,nf.cluster,),:by,:min"],
    ),
    one("max", |args| across(args, Aggregate::Max)).says(
        "The largest of all lines.",
        &["name,sps,:eq,(,nf.cluster,),:by,:max"],
    ),
];

/// Words made of others, most of them written in the language itself.
pub(super) const DERIVED: &[Word] = &[
    math(
        "percentiles",
        "DataExpr percentiles:List -- Expr",
        &[Type::Grouped, Type::DoubleList],
        percentiles,
    )
    .says(
        "Percentiles of what timers (in seconds) or distribution summaries recorded, estimated from \
         their buckets; a line for each.",
        &[
            "name,requestLatency,:eq,(,25,50,90,),:percentiles",
            "name,requestLatency,:eq,(,nf.cluster,),:by,(,99,),:percentiles",
        ],
    ),
    math(
        "approx-distinct",
        "TimeSeriesExpr -- Expr",
        &[Type::Aggregated],
        approx_distinct,
    )
    .says(
        "An estimate of how many distinct things were seen, from what distinct counters recorded.",
        &["name,users,:eq,:approx-distinct", "name,users,:eq,(,nf.region,),:by,:approx-distinct"],
    ),
    math(
        "sample-count",
        "q:Query min:Double max:Double -- TimeSeriesExpr",
        &[Type::Query, Type::Double, Type::Double],
        sample_count,
    )
    .says(
        "How many samples per second of a percentile timer (in seconds) or summary lie in a range. \
         Whole buckets are counted, those of both ends included.",
        &["name,requestLatency,:eq,0.2,0.8,:sample-count"],
    ),
    expands(
        "sample-count",
        "q:Query -- TimeSeriesExpr",
        &[Type::Query],
        ":dup,0,Infinity,:sample-count,sample-count,:named-rewrite",
    )
    .says(
        "How many samples per second a percentile timer or summary recorded.",
        &["name,requestLatency,:eq,:sample-count"],
    ),
    of_lines("avg", ":dup,:dup,:sum,:swap,:count,:div,avg,:named-rewrite").says(
        "The average: the sum divided by the count.",
        &["name,sps,:eq,:avg", "name,sps,:eq,(,nf.cluster,),:by,:avg"],
    ),
    of_lines(
        "stddev",
        ":dup,0,:fadd,:dup,:count,:over,:dup,:mul,:sum,:mul,:over,:sum,:dup,:mul,:sub,:swap,:count,\
         :dup,:mul,:div,:sqrt,stddev,:named-rewrite",
    )
    .says(
        "The standard deviation of all lines, taken as the whole population.",
        &["name,sps,:eq,(,nf.cluster,),:by,:stddev"],
    ),
    of_lines("pct", ":dup,:dup,:sum,:div,100,:mul,pct,:named-rewrite").says(
        "Each line as a percentage of the sum of all.",
        &["name,sps,:eq,(,nf.cluster,),:by,:pct"],
    ),
    expands(
        "dist-avg",
        OF_QUERY,
        &[Type::Query],
        ":dup,statistic,(,totalTime,totalAmount,),:in,:sum,statistic,count,:eq,:sum,:div,:swap,:cq,\
         dist-avg,:named-rewrite",
    )
    .says(
        "The average of what a timer or distribution summary recorded.",
        &["name,playback.startLatency,:eq,:dist-avg"],
    ),
    expands(
        "dist-max",
        OF_QUERY,
        &[Type::Query],
        ":dup,statistic,max,:eq,:max,:swap,:cq,dist-max,:named-rewrite",
    )
    .says(
        "The largest value a timer or distribution summary recorded.",
        &["name,playback.startLatency,:eq,:dist-max"],
    ),
    expands(
        "dist-stddev",
        OF_QUERY,
        &[Type::Query],
        ":dup,statistic,count,:eq,:sum,statistic,totalOfSquares,:eq,:sum,:mul,\
         statistic,(,totalAmount,totalTime,),:in,:sum,:dup,:mul,:sub,\
         statistic,count,:eq,:sum,:dup,:mul,:div,:sqrt,:swap,:cq,dist-stddev,:named-rewrite",
    )
    .says(
        "The standard deviation of what a timer or distribution summary recorded.",
        &["name,playback.startLatency,:eq,:dist-stddev"],
    ),
    of_lines("median", "(,50,),:percentiles").says(
        "The middle of what a timer or distribution summary recorded, estimated from its buckets.",
        &["name,requestLatency,:eq,:median"],
    ),
    of_lines("cos", ":pi,2,:div,:swap,:sub,:sin").says("The cosine, in radians.", &[":pi,:cos"]),
    of_lines("tan", ":dup,:sin,:swap,:cos,:div").says("The tangent, in radians.", &["1,:tan"]),
    of_lines("cot", ":dup,:cos,:swap,:sin,:div").says("The cotangent, in radians.", &["1,:cot"]),
    of_lines("sec", "1,:swap,:cos,:div").says("The secant, in radians.", &["1,:sec"]),
    of_lines("csc", "1,:swap,:sin,:div").says("The cosecant, in radians.", &["1,:csc"]),
];

const fn clamp(
    name: &'static str,
    signature: &'static str,
    compute: fn(&Args<'_>) -> Result<Value, Fault>,
) -> Word {
    math(name, signature, &[Type::Passing, Type::Double], compute)
}

fn constant(value: f64) -> Result<Value, Fault> {
    Ok(Value::expr(Expr::constant(value)))
}

fn clamped(args: &Args<'_>, bound: Bound) -> Result<Value, Fault> {
    Ok(Value::expr(Expr::Clamp {
        bound,
        limit: Number(args.double(1)?),
        input: args.expr(0)?,
    }))
}

pub(super) fn unary(args: &Args<'_>, op: UnaryOp) -> Result<Value, Fault> {
    let input = args.expr(0)?;
    match (&*input, op) {
        // What a step is shows at evaluation.
        (Expr::Constant(value), op) if op != UnaryOp::PerStep => constant(op.apply(value.0, 1.0)),
        _ => Ok(Value::expr(Expr::Unary { op, input })),
    }
}

pub(super) fn binary(args: &Args<'_>, op: BinaryOp) -> Result<Value, Fault> {
    let (left, right) = (args.expr(0)?, args.expr(1)?);
    if let (Expr::Constant(left), Expr::Constant(right)) = (&*left, &*right) {
        return constant(op.apply(left.0, right.0));
    }
    if left.is_grouped() && right.is_grouped() {
        let (left, right) = (left.final_grouping(), right.final_grouping());
        let within = |a: &[Arc<str>], b: &[Arc<str>]| a.iter().all(|key| b.contains(key));
        if !within(&left, &right) && !within(&right, &left) {
            return Err(Fault::argument(format!(
                "both sides of binary operation must have the same grouping or one side must be a \
                 subset of the other [{} ⊈ {}]",
                ListText(&left),
                ListText(&right)
            ))
            .title(format!(
                "the sides are grouped by different keys: {} and {}",
                left.join(", "),
                right.join(", ")
            ))
            .hint("rename a key with :as, or group one side again"));
        }
    }
    Ok(Value::expr(Expr::Binary { op, left, right }))
}

/// All lines to one. One aggregate of a query is one line already, so only its count differs.
fn across(args: &Args<'_>, aggregate: Aggregate) -> Result<Value, Fault> {
    let input = args.expr(0)?;
    let is_single = matches!(&*input, Expr::Data(DataExpr::Aggregate(_)));
    if is_single && aggregate != Aggregate::Count {
        return Ok(Value::Expr(input));
    }
    let reduce = aggregate.into();
    Ok(Value::expr(Expr::Across { reduce, input }))
}

fn time(args: &Args<'_>) -> Result<Value, Fault> {
    let mode = args.text(0)?;
    if let Some(field) = TimeField::of_mode(mode) {
        return Ok(Value::expr(Expr::Time {
            mode: Arc::clone(mode),
            field,
        }));
    }
    Err(if &**mode == "INSTANT_SECONDS" {
        Fault::new(
            ErrorClass::Match,
            format!("{mode} (of class java.lang.String)"),
        )
        .title(format!("`{mode}` is no part of a time that can be drawn"))
        .operand(mode)
        .hint("use seconds,:time")
    } else {
        Fault::argument(format!(
            "No enum constant java.time.temporal.ChronoField.{mode}"
        ))
        .title(format!("`{mode}` is no part of a time"))
        .operand(mode)
        .hint("modes are hourOfDay, minuteOfHour, dayOfWeek, dayOfMonth, days and others")
    })
}

fn percentiles(args: &Args<'_>) -> Result<Value, Fault> {
    let input = args.expr(0)?;
    let Expr::Data(data) = &*input else {
        return Err(Fault::state(format!("{input} is no aggregate of a query")));
    };
    let mut ranks = args.doubles(1)?;
    if let Some(rank) = ranks.iter().find(|rank| !(0.0..=100.0).contains(*rank)) {
        return Err(Fault::argument(format!(
            "requirement failed: invalid percentile {}, value must be 0.0 <= p <= 100.0",
            java_double(*rank)
        ))
        .hint("percentiles go from 0 to 100: (,50,90,99,),:percentiles"));
    }
    ranks.sort_by(f64::total_cmp);
    ranks.dedup();
    let mut aggregate = AggregateExpr::new(Aggregate::Sum, Arc::clone(data.query()));
    aggregate.offset_ms = data.offset_ms();
    let keys = data.keys().iter().filter(|key| &***key != PERCENTILE);
    let buckets = Expr::Data(DataExpr::GroupBy {
        aggregate,
        keys: std::iter::once(Arc::from(PERCENTILE))
            .chain(keys.cloned())
            .collect(),
    });
    Ok(Value::expr(Expr::Percentiles {
        input: Arc::new(buckets),
        ranks: ranks.into_iter().map(Number).collect(),
    }))
}

fn approx_distinct(args: &Args<'_>) -> Result<Value, Fault> {
    let input = args.expr(0)?;
    let registers = Arc::new(input.by_register());
    if !registers
        .final_grouping()
        .iter()
        .any(|key| &**key == DISTINCT)
    {
        return Err(Fault::argument(
            "requirement failed: input must have an aggregate that can be grouped by 'distinct'",
        )
        .title("nothing is left here whose values could be counted")
        .hint("put :approx-distinct before words that make one line of many"));
    }
    Ok(Value::expr(Expr::ApproxDistinct { input, registers }))
}

/// Times without a zone are in that of the variable `tz`, as it is now.
fn time_span(machine: &mut Machine<'_>) -> Result<(), Fault> {
    let mut text = || match machine.pop()? {
        Value::Text(text) => Ok(text),
        _ => Err(Fault::state("a span has two strings")),
    };
    let (end, start) = (text()?, text()?);
    let zone = match machine.variables.get("tz") {
        Some(Value::Text(name)) => Arc::clone(name),
        _ => Arc::from("UTC"),
    };
    crate::time::zone(&zone).map_err(|error| {
        let class = if error.class == "ZoneRulesException" {
            ErrorClass::ZoneRules
        } else {
            ErrorClass::DateTime
        };
        Fault::new(class, error.text).hint("the variable tz holds a time zone such as US/Pacific")
    })?;
    machine
        .stack
        .push(Value::expr(Expr::TimeSpan(Arc::new(TimeSpan {
            start,
            end,
            zone,
        }))));
    Ok(())
}

/// The sum over the buckets from that of `min` to that of `max`, of summaries and of timers.
fn sample_count(args: &Args<'_>) -> Result<Value, Fault> {
    let query = args.query(0)?;
    let (min, max) = (args.double(1)?, args.double(2)?);
    let (min_text, max_text) = (java_double(min), java_double(max));
    if min.is_nan() || max.is_nan() || min >= max {
        return Err(Fault::argument(format!(
            "requirement failed: min >= max (min={min_text}, max={max_text})"
        ))
        .title("the lower end is not below the upper one")
        .hint("the lower end comes first: name,requestLatency,:eq,0.05,0.1,:sample-count"));
    }
    if min < 0.0 {
        return Err(
            Fault::argument(format!("requirement failed: min < 0 (min={min_text})"))
                .title("the lower end is negative")
                .hint("buckets start at 0"),
        );
    }
    let buckets = |letter: char, unit: f64| {
        let key: Arc<str> = Arc::from("percentile");
        let tag = |value: f64| -> Arc<str> { bucket_of(value * unit).tag(letter).into() };
        let from = Predicate::GreaterEqual(Arc::clone(&key), tag(min));
        from.and(Predicate::LessEqual(key, tag(max)))
    };
    let range = buckets('D', 1.0).or(buckets('T', 1e9));
    let counted = AggregateExpr::new(Aggregate::Sum, Arc::new((**query).clone().and(range)));
    Ok(Value::expr(Expr::Rewrite(Arc::new(Rewrite {
        name: Arc::from("sample-count"),
        display: Displayed::Query(Arc::clone(query)),
        params: vec![min_text.into(), max_text.into()],
        eval: Arc::new(Expr::Data(DataExpr::Aggregate(counted))),
        average: None,
    }))))
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "a double beyond the largest integer saturates, as in Java"
)]
fn bucket_of(value: f64) -> BucketIndex {
    BucketIndex::of(value as i64)
}

fn named_rewrite(args: &Args<'_>) -> Result<Value, Fault> {
    let display = match args.value(0)? {
        Value::Query(query) => Displayed::Query(Arc::clone(query)),
        _ => Displayed::Expr(args.expr(0)?),
    };
    let rewrite = Expr::Rewrite(Arc::new(Rewrite {
        name: Arc::clone(args.text(2)?),
        display,
        params: Vec::new(),
        eval: args.expr(1)?,
        average: None,
    }));
    Ok(match args.value(0)? {
        Value::Styled(styled) => {
            let mut styled = (**styled).clone();
            styled.expr = Arc::new(rewrite);
            Value::Styled(Arc::new(styled))
        }
        _ => Value::expr(rewrite),
    })
}

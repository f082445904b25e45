//! Operators over lines, with the answers of the reference.

use super::world::{Sample, World, context, limits};
use super::*;
use crate::expr::{Bound, Number, Rewrite, TimeField, UnaryOp};

/// Evaluates over eleven constant series `a0` or `a1`, `i-0..i-10`, of the values 0 to 10.
fn eval_eleven(expr: Expr) -> Result<Vec<Line>, EvalError> {
    let samples: Vec<Sample> = (0..11)
        .flat_map(|series| {
            let value = f64::from(series);
            (95..110).map(move |slot| Sample {
                series,
                slot,
                value,
            })
        })
        .collect();
    let world = World::new(2, &samples);
    let context = context(100, 4, 1);
    eval(
        &[styled(expr)],
        &world.store.snapshot(),
        &context,
        &limits(),
    )
    .map(|evaluation| evaluation.results[0].clone())
}

/// Lines as `label: v v v`.
#[track_caller]
fn check(expr: Expr, expected: &[&str]) {
    let lines = eval_eleven(expr).expect("the expression evaluates");
    let texts: Vec<String> = lines
        .iter()
        .map(|line| {
            let values: Vec<String> = line.values.iter().map(f64::to_string).collect();
            format!("{}: {}", line.label, values.join(" "))
        })
        .collect();
    assert_eq!(texts, expected);
}

fn sum_of(pairs: &[(&str, &str)]) -> Expr {
    Expr::Data(DataExpr::Aggregate(aggregate(
        Aggregate::Sum,
        &query(pairs),
    )))
}

fn by(keys: &[&str]) -> Expr {
    Expr::Data(DataExpr::GroupBy {
        aggregate: aggregate(Aggregate::Sum, &query(&[])),
        keys: keys.iter().copied().map(Arc::from).collect(),
    })
}

fn all() -> Expr {
    Expr::Data(DataExpr::All {
        query: query(&[]),
        offset_ms: 0,
    })
}

fn binary(left: Expr, op: BinaryOp, right: Expr) -> Expr {
    Expr::Binary {
        op,
        left: Arc::new(left),
        right: Arc::new(right),
    }
}

fn across(aggregate: Aggregate, input: Expr) -> Expr {
    Expr::Across {
        aggregate,
        input: Arc::new(input),
    }
}

fn unary(op: UnaryOp, input: Expr) -> Expr {
    Expr::Unary {
        op,
        input: Arc::new(input),
    }
}

#[test]
fn aggregates() {
    check(sum_of(&[]), &["sum(true): 55 55 55 55"]);
    check(
        sum_of(&[("name", "cpu"), ("nf.node", "i-3")]),
        &["sum((name=cpu) and (nf.node=i-3)): 3 3 3 3"],
    );
    let count = Expr::Data(DataExpr::Aggregate(aggregate(
        Aggregate::Count,
        &query(&[]),
    )));
    check(count.clone(), &["count(true): 11 11 11 11"]);
    let average = binary(sum_of(&[]), BinaryOp::Div, count);
    check(average.clone(), &["NO TAGS: 5 5 5 5"]);
    let rewrite = Rewrite {
        name: "avg".into(),
        display: crate::expr::Displayed::Query(query(&[])),
        params: Vec::new(),
        eval: Arc::new(average),
    };
    check(Expr::Rewrite(Arc::new(rewrite)), &["NO TAGS: 5 5 5 5"]);
}

#[test]
fn nothing_selected_is_no_data_only_where_one_line_is_expected() {
    check(sum_of(&[("issue", "283")]), &["NO DATA: NaN NaN NaN NaN"]);
    check(by(&["foo"]), &[]);
    let quarter = binary(by(&["foo"]), BinaryOp::Div, Expr::constant(4.0));
    check(
        across(Aggregate::Sum, quarter),
        &["NO DATA: NaN NaN NaN NaN"],
    );
    let lines = eval_eleven(sum_of(&[("issue", "283")])).unwrap();
    assert_eq!(lines[0].tags.canonical(), "name=NO_DATA");
}

#[test]
fn groups() {
    check(
        by(&["app"]),
        &["(app=a0): 20 20 20 20", "(app=a1): 20 20 20 20"],
    );
    check(
        by(&["app", "name"]),
        &[
            "(app=a0 name=cpu): 8 8 8 8",
            "(app=a0 name=disk): 12 12 12 12",
            "(app=a1 name=cpu): 20 20 20 20",
        ],
    );
    check(by(&[]), &["): 55 55 55 55"]);
}

#[test]
fn lines_to_one_line() {
    check(
        across(Aggregate::Count, sum_of(&[])),
        &["count(NO TAGS): 1 1 1 1"],
    );
    check(
        across(Aggregate::Max, sum_of(&[])),
        &["sum(true): 55 55 55 55"],
    );
    check(
        across(Aggregate::Max, by(&["app", "name"])),
        &["max(NO TAGS): 20 20 20 20"],
    );
    check(
        across(Aggregate::Min, by(&["app", "name"])),
        &["min(NO TAGS): 8 8 8 8"],
    );
    check(
        across(Aggregate::Count, all()),
        &["count(NO TAGS): 11 11 11 11"],
    );
    let regroup = Expr::Regroup {
        aggregate: Aggregate::Max,
        input: Arc::new(by(&["app", "name"])),
        keys: ["name"].map(Arc::from).into(),
    };
    check(
        regroup,
        &["(name=cpu): 20 20 20 20", "(name=disk): 12 12 12 12"],
    );
}

#[test]
fn joins() {
    let one = || Expr::constant(1.0);
    let plus_one = ["app=a0: 21 21 21 21", "app=a1: 21 21 21 21"];
    check(binary(by(&["app"]), BinaryOp::Add, one()), &plus_one);
    check(binary(one(), BinaryOp::Add, by(&["app"])), &plus_one);
    check(
        binary(by(&["app"]), BinaryOp::Sub, by(&["name", "app"])),
        &[
            "app=a0, name=cpu: 12 12 12 12",
            "app=a1, name=cpu: 0 0 0 0",
            "app=a0, name=disk: 8 8 8 8",
        ],
    );
    check(
        binary(by(&["app"]), BinaryOp::Mul, by(&["app"])),
        &["app=a0: 400 400 400 400", "app=a1: 400 400 400 400"],
    );
    // Lines without a partner are left out.
    check(
        binary(by(&["app"]), BinaryOp::Add, by(&["app", "none"])),
        &[],
    );
    let error = eval_eleven(binary(sum_of(&[]), BinaryOp::Add, all())).unwrap_err();
    assert_eq!(error.to_string(), "too many values for key");
    assert_eq!(error.class(), Some("IllegalStateException"));
}

#[test]
fn single_values() {
    check(
        binary(sum_of(&[]), BinaryOp::Div, Expr::constant(0.0)),
        &["NO TAGS: NaN NaN NaN NaN"],
    );
    check(
        unary(UnaryOp::Neg, sum_of(&[])),
        &["NO TAGS: -55 -55 -55 -55"],
    );
    check(
        unary(UnaryOp::PerStep, Expr::constant(2.0)),
        &["name=2.0: 20 20 20 20"],
    );
    let clamp = Expr::Clamp {
        bound: Bound::Max,
        limit: Number(9.0),
        input: Arc::new(by(&["app"])),
    };
    check(clamp, &["app=a0: 9 9 9 9", "app=a1: 9 9 9 9"]);
    check(Expr::constant(42.0), &["42.0: 42 42 42 42"]);
    let time = Expr::Time {
        mode: "secondOfMinute".into(),
        field: TimeField::SecondOfMinute,
    };
    check(time, &["secondOfMinute: 40 50 0 10"]);
}

#[test]
fn a_renamed_key_takes_the_label_along_only_if_the_label_came_from_tags() {
    let renamed = |input: Expr| Expr::As {
        input: Arc::new(input),
        from: "app".into(),
        to: "a".into(),
    };
    check(
        renamed(by(&["app"])),
        &["(app=a0): 20 20 20 20", "(app=a1): 20 20 20 20"],
    );
    let absolute = unary(UnaryOp::Abs, by(&["app"]));
    check(
        renamed(absolute),
        &["a=a0: 20 20 20 20", "a=a1: 20 20 20 20"],
    );
    let onto_name = Expr::As {
        input: Arc::new(unary(UnaryOp::Abs, by(&["name", "app"]))),
        from: "app".into(),
        to: "name".into(),
    };
    let lines = eval_eleven(onto_name).unwrap();
    assert_eq!(lines[0].tags.canonical(), "name=a0");
    // The renamed grouping joins.
    check(
        binary(renamed(by(&["app"])), BinaryOp::Add, renamed(by(&["app"]))),
        &["a=a0: 40 40 40 40", "a=a1: 40 40 40 40"],
    );
}

#[test]
fn rolling_count() {
    let count = |points| Expr::Stateful {
        op: StatefulOp::Rolling {
            kind: Rolling::Count,
            points,
        },
        input: Arc::new(Expr::constant(1.0)),
    };
    check(count(2), &["rolling-count(1.0): 1 2 2 2"]);
    for points in [0, -5, 86_401] {
        let error = eval_eleven(count(points)).unwrap_err();
        assert_eq!(
            error.to_string(),
            format!("requirement failed: window size must be between 1 and 86400: {points}")
        );
    }
}

/// Values 8 to 20 in slots 8 to 20 of a series, read from slot 10 to 14 with an offset.
#[track_caller]
fn check_offset(offset_ms: i64, expected: [f64; 5]) {
    let samples: Vec<Sample> = (1..=14_i32)
        .map(|slot| Sample {
            series: 1,
            slot: 1000 + i64::from(slot),
            value: f64::from(slot),
        })
        .collect();
    let world = World::new(1, &samples);
    let expr = DataExpr::All {
        query: query(&[]),
        offset_ms,
    };
    let context = context(1010, 5, 1);
    let found = eval(&[data(expr)], &world.store.snapshot(), &context, &limits()).unwrap();
    assert_eq!(
        format!("{:?}", found.results[0][0].values),
        format!("{expected:?}")
    );
}

/// The recorded offsets of the reference, a step being 10 s here and 60 s there.
#[test]
fn offsets_between_steps() {
    let nan = f64::NAN;
    check_offset(20_000, [8.0, 9.0, 10.0, 11.0, 12.0]);
    check_offset(15_000, [nan, 9.0, 10.0, 11.0, 12.0]);
    check_offset(5_000, [nan, 10.0, 11.0, 12.0, 13.0]);
    check_offset(-20_000, [12.0, 13.0, 14.0, nan, nan]);
}

/// Series `first..=last` hold `values` from slot 101 on; the sum over `multiple` slots.
#[track_caller]
fn check_consolidated(rows: &[(u32, &[f64])], multiple: i64, cf: Consolidation, expected: f64) {
    let samples: Vec<Sample> = rows
        .iter()
        .flat_map(|(series, values)| {
            (121..)
                .zip(values.iter().copied())
                .map(|(slot, value)| Sample {
                    series: *series,
                    slot,
                    value,
                })
        })
        .filter(|sample| !sample.value.is_nan())
        .collect();
    let world = World::new(2, &samples);
    let expr = aggregate(Aggregate::Sum, &query(&[])).with_consolidation(cf);
    let context = context(120 + multiple, 1, multiple);
    let expr = data(DataExpr::Aggregate(expr));
    let found = eval(&[expr], &world.store.snapshot(), &context, &limits()).unwrap();
    assert_eq!(found.results[0][0].values, [expected]);
}

/// Series 1 is a rate, series 3 a gauge.
#[test]
fn consolidation_of_rates_and_gauges() {
    let nan = f64::NAN;
    let rates: [(u32, &[f64]); 2] = [(1, &[1.0, 2.0, 3.0]), (2, &[3.0, 2.0, 1.0])];
    check_consolidated(&rates, 3, Consolidation::Avg, 4.0);
    check_consolidated(&rates, 3, Consolidation::Sum, 12.0);
    check_consolidated(&rates, 3, Consolidation::Max, 6.0);
    check_consolidated(&rates, 3, Consolidation::Min, 2.0);
    check_consolidated(&[(3, &[1.0, 2.0, 3.0, 4.0])], 4, Consolidation::Avg, 2.5);
    check_consolidated(&[(3, &[3.0, 1.0, nan, nan])], 4, Consolidation::Avg, 2.0);
    check_consolidated(&[(3, &[nan, 4.0, nan, nan])], 4, Consolidation::Avg, 4.0);
    check_consolidated(&[(1, &[nan, 4.0, nan, nan])], 4, Consolidation::Avg, 1.0);
}

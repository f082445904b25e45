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
        reduce: aggregate.into(),
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
        average: None,
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
        reduce: Aggregate::Max.into(),
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
            window: Window::Points(points),
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

/// Lines of a program over the eleven series, as `label: v v v`.
#[track_caller]
fn check_program(program: &str, expected: &[&str]) {
    let mut exprs = crate::lang::parse(program, &crate::lang::ParseOptions::telamon()).unwrap();
    let expr = exprs.pop().expect("the program leaves an expression");
    check((*expr.expr).clone(), expected);
}

#[track_caller]
fn check_failure(program: &str, expected: &str) {
    let mut exprs = crate::lang::parse(program, &crate::lang::ParseOptions::telamon()).unwrap();
    let expr = exprs.pop().expect("the program leaves an expression");
    let error = eval_eleven((*expr.expr).clone()).unwrap_err();
    assert_eq!(error.to_string(), expected, "{program}");
}

#[test]
fn statistics_of_lines() {
    check_program("3,max,:stat", &["stat-max(3.0): 3 3 3 3"]);
    check_program(
        "secondOfMinute,:time,total,:stat",
        &["stat-total(secondOfMinute): 100 100 100 100"],
    );
    check_program(
        "secondOfMinute,:time,avg,:stat",
        &["stat-avg(secondOfMinute): 25 25 25 25"],
    );
    check_program(
        "secondOfMinute,:time,last,:stat",
        &["stat-last(secondOfMinute): 10 10 10 10"],
    );
    check_program("NaN,:const,count,:stat", &["stat-count(NaN): 0 0 0 0"]);
    check_program("NaN,:const,avg,:stat", &["stat-avg(NaN): NaN NaN NaN NaN"]);
    check_program("foo,bar,:eq,(,k,),:by,foo,:stat", &[]);
    check_program(":stat-max", &[]);
    check_failure("1,foo,:stat", "unknown statistic: foo");
}

#[test]
fn filters_keep_lines_whose_condition_holds() {
    let by_app = ":true,(,app,),:by";
    let program = |condition: &str| format!("{by_app},{condition},:filter");
    check_program(&program(":stat-avg,22,:gt"), &[]);
    check_program(
        &program(":stat-avg,20,:ge"),
        &["(app=a0): 20 20 20 20", "(app=a1): 20 20 20 20"],
    );
    check_program(
        &program("1"),
        &["(app=a0): 20 20 20 20", "(app=a1): 20 20 20 20"],
    );
    check_program(&program("0"), &[]);
    check_program(
        &program("app,a1,:eq,(,app,),:by"),
        &["(app=a1): 20 20 20 20"],
    );
    check_program(&program("app,a0,:eq,(,app,name,),:by"), &[]);
    check_failure(
        &program("foo,:has,:all"),
        "requirement failed: empty result for filter expression",
    );
}

/// The heap of the reference, as recorded: which lines stay and in which order they come.
#[test]
fn the_best_lines_come_in_the_order_of_the_heap() {
    let order = |values: &[f64], program: &str| -> String {
        let lines: Vec<Line> = values
            .iter()
            .zip('a'..)
            .map(|(&value, name)| Line {
                tags: Tags::from_pairs([("name", name.to_string())]),
                label: name.to_string(),
                kind: LineKind::Rate,
                values: vec![value],
            })
            .collect();
        let (count, is_top) = match program.split_once(',') {
            Some((count, word)) => (count.parse().unwrap(), word == ":topk"),
            None => panic!("{program}"),
        };
        let choice = crate::expr::Choice {
            is_top,
            others: None,
            stat: "max".into(),
            count,
        };
        let chosen = choose::choose(&choice, &lines).unwrap();
        chosen
            .kept
            .iter()
            .map(|&index| lines[index].label.as_str())
            .collect()
    };
    let nan = f64::NAN;
    assert_eq!(order(&[5.0, 4.0, 3.0, 2.0, 1.0], "3,:topk"), "cab");
    assert_eq!(order(&[1.0, 2.0, 3.0, 4.0, 5.0], "3,:topk"), "cde");
    assert_eq!(order(&[3.0, 1.0, 5.0, 2.0, 4.0], "4,:topk"), "dace");
    assert_eq!(order(&[1.0, 2.0, 3.0, 4.0, 5.0], "3,:bottomk"), "cab");
    // Absent values are the largest, zero is above negative zero, and of equal lines the first stays.
    assert_eq!(order(&[1.0, nan, f64::INFINITY], "1,:topk"), "b");
    assert_eq!(order(&[nan, 1.0], "1,:bottomk"), "b");
    assert_eq!(order(&[0.0, -0.0], "1,:bottomk"), "b");
    assert_eq!(order(&[1.0, 1.0], "1,:topk"), "a");
    assert_eq!(order(&[1.0, 2.0], "5,:topk"), "ab");
}

#[test]
fn the_others_become_one_line_that_comes_first() {
    let program = |word: &str| format!(":true,(,name,),:by,max,1,:{word}");
    // cpu has 43 of 55, disk 12.
    check_program(&program("topk"), &["(name=cpu): 43 43 43 43"]);
    check_program(
        &program("topk-others-sum"),
        &["name=--others--: 12 12 12 12", "(name=cpu): 43 43 43 43"],
    );
    check_program(
        &program("bottomk-others-avg"),
        &["name=--others--: 43 43 43 43", "(name=disk): 12 12 12 12"],
    );
    let nodes = ":true,(,nf.node,),:by,max,2";
    check_program(
        &format!("{nodes},:topk-others-avg"),
        &[
            "nf.node=--others--: 4 4 4 4",
            "(nf.node=i-9): 9 9 9 9",
            "(nf.node=i-10): 10 10 10 10",
        ],
    );
    check_program(
        &format!("{nodes},:topk-others-max"),
        &[
            "nf.node=--others--: 8 8 8 8",
            "(nf.node=i-9): 9 9 9 9",
            "(nf.node=i-10): 10 10 10 10",
        ],
    );
    // There are no others.
    check_program(
        &program("topk-others-max").replace(",1,", ",3,"),
        &["(name=disk): 12 12 12 12", "(name=cpu): 43 43 43 43"],
    );
    check_failure(
        &format!("{nodes},:topk").replace("max", "foo"),
        "unknown statistic: foo",
    );
}

/// The window has the points 1000, 1010, 1020 and 1030 s.
#[test]
fn longer_steps_reach_around_the_window() {
    // 1000 ends a step of 40 s; the next one holds 1010 to 1040.
    check_program(
        "seconds,:time,max,40s,:consolidate",
        &["seconds: 1000 1040 1040 1040"],
    );
    check_program(
        "seconds,:time,min,40s,:consolidate",
        &["seconds: 970 1010 1010 1010"],
    );
    // A constant is a reading: the mean of what is there. A rate is spread over the whole step.
    check_program("3,avg,40s,:consolidate", &["3.0: 3 3 3 3"]);
    check_program(
        ":true,:sum,avg,40s,:consolidate",
        &["sum(true): 55 55 55 55"],
    );
    check_program(
        "name,cpu,:eq,nf.node,i-1,:eq,:and,:sum,avg,40s,:consolidate",
        &["sum((name=cpu) and (nf.node=i-1)): 0.25 0.75 0.75 0.75"],
    );
    check_program(
        ":true,:sum,sum,40s,:consolidate",
        &["sum(true): 55 165 165 165"],
    );
    // What only a window has is absent around it.
    check_program(
        "1,:integral,max,40s,:consolidate",
        &["integral(1.0): 1 4 4 4"],
    );
    check_program(
        "seconds,:time,max,:stat,sum,20s,:consolidate",
        &["stat-max(seconds): 2060 2060 2060 2060"],
    );
    check_program(
        "seconds,:time,sum,5s,:consolidate",
        &["seconds: 1000 1010 1020 1030"],
    );
    check_program(
        "seconds,:time,max,35s,:consolidate",
        &["seconds: 1000 1040 1040 1040"],
    );
    check_failure(
        "1,sum,3s,:consolidate",
        "requirement failed: consolidated step must be multiple of primary step",
    );
    check_program("foo,:has,(,foo,),:by,sum,3s,:consolidate", &[]);
    // Within each other.
    check_program(
        "seconds,:time,max,20s,:consolidate,min,40s,:consolidate",
        &["seconds: 980 1020 1020 1020"],
    );
}

#[test]
fn spans_of_time_and_random_numbers() {
    check_program("gs+10s,gs+20s,:time-span", &["gs+10s to gs+20s: 0 1 1 0"]);
    check_program("e-10s,ge,:time-span", &["e-10s to ge: 0 0 0 1"]);
    check_program(
        "tz,+00:00:10,:set,1970-01-01T00:17,s,:time-span",
        &["1970-01-01T00:17 to s: 0 1 0 0"],
    );
    check_program(
        "42,:srandom,42,:srandom,:sub",
        &["name=seeded-random(42): 0 0 0 0"],
    );
    check_failure("s,e,:time-span", "start time is relative to itself");
    check_failure(
        "NANO_OF_DAY,:time",
        "Invalid field 'NanoOfDay' for get() method, use getLong() instead",
    );
}

#[test]
fn percentiles_and_distinct_need_their_tags() {
    check_program(":true,(,50,),:percentiles", &[]);
    check_program(":true,:approx-distinct", &[]);
}

use std::collections::BTreeMap;

use proptest::prelude::*;
use telamon_model::{Predicate, Tags, Timestamp};

use super::*;
use crate::expr::{
    Aggregate, AggregateExpr, BinaryOp, Consolidation, DataExpr, Expr, Rolling, StatefulOp, Window,
};
use crate::limit::{Exceeded, Limit};
use crate::line::LineKind;

mod fused;
mod memory;
mod naive;
mod operators;
mod telamon;
mod world;

use world::{Sample, World, context, limits};

/// A predicate that some test series pass, and some do not.
fn query(pairs: &[(&str, &str)]) -> Arc<Predicate> {
    let equal = pairs
        .iter()
        .map(|(key, value)| Predicate::Equal((*key).into(), (*value).into()));
    Arc::new(equal.reduce(Predicate::and).unwrap_or(Predicate::True))
}

fn aggregate(aggregate: Aggregate, query: &Arc<Predicate>) -> AggregateExpr {
    AggregateExpr::new(aggregate, Arc::clone(query))
}

fn styled(expr: Expr) -> StyledExpr {
    StyledExpr::plain(Arc::new(expr))
}

fn data(data: DataExpr) -> StyledExpr {
    styled(Expr::Data(data))
}

/// What must be equal: everything of a line, values by their bits.
fn bits(lines: &[Line]) -> Vec<(Tags, String, LineKind, Vec<u64>)> {
    let bits = lines.iter().map(|line| {
        let values = line.values.iter().map(|value| {
            if value.is_nan() {
                f64::NAN.to_bits()
            } else {
                value.to_bits()
            }
        });
        (
            line.tags.clone(),
            line.label.clone(),
            line.kind,
            values.collect(),
        )
    });
    bits.collect()
}

fn on_threads<T: Send>(threads: usize, work: impl FnOnce() -> T + Send) -> T {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
    pool.expect("a small pool").install(work)
}

fn any_data_expr() -> impl Strategy<Value = DataExpr> {
    let queries = prop::sample::select(vec![
        query(&[]),
        query(&[("name", "cpu")]),
        query(&[("name", "cpu"), ("app", "a0")]),
        query(&[("name", "nothing")]),
        Arc::new(Predicate::Has("app".into())),
    ]);
    let aggregates = prop::sample::select(vec![
        Aggregate::Sum,
        Aggregate::Count,
        Aggregate::Min,
        Aggregate::Max,
    ]);
    let consolidations = prop::option::of(prop::sample::select(vec![
        Consolidation::Avg,
        Consolidation::Sum,
        Consolidation::Min,
        Consolidation::Max,
    ]));
    let offsets = prop::sample::select(vec![0, 0, 10_000, 25_000, 60_000, -20_000]);
    let groupings = prop::sample::select(vec![
        None,
        Some(vec!["app"]),
        Some(vec!["name", "app"]),
        Some(vec!["nf.node"]),
        Some(vec![]),
    ]);
    (
        queries,
        aggregates,
        consolidations,
        offsets,
        groupings,
        0..4,
    )
        .prop_map(|(query, kind, consolidation, offset_ms, grouping, all)| {
            if all == 0 {
                return DataExpr::All { query, offset_ms };
            }
            let mut expr = aggregate(kind, &query);
            expr.offset_ms = offset_ms;
            if let Some(consolidation) = consolidation {
                expr = expr.with_consolidation(consolidation);
            }
            match grouping {
                None => DataExpr::Aggregate(expr),
                Some(keys) => DataExpr::GroupBy {
                    aggregate: expr,
                    keys: keys.into_iter().map(Arc::from).collect(),
                },
            }
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    /// The heart of it: what leaves a data expression is what plain maps and exact sums give, to the
    /// bit, for any number of partitions and threads.
    #[test]
    fn data_expressions_equal_the_naive_evaluation(
        samples in world::samples(),
        exprs in prop::collection::vec(any_data_expr(), 1..4),
        start in 95_i64..130, points in 1_i64..12, multiple in prop::sample::select(vec![1, 2, 3, 6]),
    ) {
        let context = context(start, points, multiple);
        let styled: Vec<StyledExpr> = exprs.iter().cloned().map(data).collect();
        for (partitions, threads) in [(1, 1), (2, 3), (4, 2)] {
            let world = World::new(partitions, &samples);
            let stored = world.stored();
            let mut limits = limits();
            limits.parallel_points_min = 0;
            let snapshot = world.store.snapshot();
            let evaluation =
                on_threads(threads, || eval(&styled, &snapshot, &context, &limits)).unwrap();
            for (expr, lines) in exprs.iter().zip(&evaluation.results) {
                let expected = naive::eval(expr, &stored, &context);
                prop_assert_eq!(bits(lines), bits(&expected), "{} at P = {}", expr, partitions);
            }
        }
    }

    /// Evaluating piece by piece gives what one evaluation gives.
    #[test]
    fn operators_with_memory_do_not_see_where_a_piece_ends(
        samples in world::samples(),
        window in 1_i32..6, first in 1_i64..6, second in 1_i64..6, third in 1_i64..6,
    ) {
        let world = World::new(2, &samples);
        let snapshot = world.store.snapshot();
        let limits = limits();
        let group = Expr::Data(DataExpr::GroupBy {
            aggregate: aggregate(Aggregate::Sum, &query(&[])),
            keys: ["name", "app"].map(Arc::from).into(),
        });
        let one = Arc::new(Expr::constant(0.0));
        let positive = Expr::Binary { op: BinaryOp::Gt, left: Arc::new(group), right: one };
        let window = Window::Points(window);
        let op = StatefulOp::Rolling { kind: Rolling::Count, window };
        let count = Arc::new(Expr::Stateful { op, input: Arc::new(positive) });
        // The same operator twice must still see every point once.
        let both = styled(Expr::Binary {
            op: BinaryOp::Add, left: Arc::clone(&count), right: Arc::new((*count).clone()),
        });
        let whole = context(100, first + second + third, 1);
        let expected = eval(std::slice::from_ref(&both), &snapshot, &whole, &limits).unwrap();
        let mut memory = EvalMemory::new();
        let mut at = 0;
        for points in [first, second, third] {
            let piece = context(100 + at, points, 1);
            let asked = Query { snapshot: &snapshot, context: &piece, limits: &limits };
            let found = eval_next(std::slice::from_ref(&both), &asked, &mut memory).unwrap();
            for line in &found.results[0] {
                let all = expected.results[0].iter().find(|other| other.tags == line.tags).unwrap();
                let from = usize::try_from(at).unwrap();
                prop_assert_eq!(&all.values[from..from + line.values.len()], &line.values[..]);
            }
            at += points;
        }
    }
}

/// More series than one chunk, a sum that depends on the order when it is not exact.
#[test]
fn any_number_of_threads_gives_the_same_bits() {
    let samples: Vec<Sample> = (0..700)
        .map(|index| Sample {
            series: index,
            slot: 100 + i64::from(index % 3),
            value: 0.1 * f64::from(index) + 1e13 * f64::from(index % 7),
        })
        .collect();
    let exprs = [
        data(DataExpr::Aggregate(aggregate(Aggregate::Sum, &query(&[])))),
        data(DataExpr::GroupBy {
            aggregate: aggregate(Aggregate::Sum, &query(&[])),
            keys: ["app"].map(Arc::from).into(),
        }),
    ];
    let context = context(100, 3, 1);
    let mut limits = limits();
    limits.parallel_points_min = 0;
    let mut answers = BTreeMap::new();
    for partitions in [1, 2, 4] {
        let world = World::new(partitions, &samples);
        let snapshot = world.store.snapshot();
        for threads in 1..=4 {
            let found = on_threads(threads, || eval(&exprs, &snapshot, &context, &limits)).unwrap();
            assert_eq!(found.stats.scans, 2);
            // A fifth of the series has no app.
            assert_eq!(found.stats.input_lines, 700 + 560);
            let all: Vec<_> = found.results.iter().map(|lines| bits(lines)).collect();
            answers
                .entry(format!("{all:?}"))
                .or_insert((partitions, threads));
        }
    }
    assert_eq!(answers.len(), 1, "{answers:?}");
}

#[test]
fn expressions_over_the_same_series_share_a_pass() {
    let world = World::new(
        1,
        &[Sample {
            series: 1,
            slot: 100,
            value: 4.0,
        }],
    );
    let all = query(&[]);
    let exprs = [
        data(DataExpr::Aggregate(aggregate(Aggregate::Sum, &all))),
        data(DataExpr::Aggregate(aggregate(Aggregate::Max, &all))),
        data(DataExpr::Aggregate(aggregate(Aggregate::Sum, &all))),
        data(DataExpr::Aggregate(aggregate(Aggregate::Count, &all))),
    ];
    let context = context(100, 1, 1);
    let found = eval(&exprs, &world.store.snapshot(), &context, &limits()).unwrap();
    assert_eq!(found.stats.scans, 1);
    assert_eq!((found.stats.input_lines, found.stats.input_points), (1, 1));
    assert_eq!(
        (found.stats.output_lines, found.stats.output_points),
        (4, 4)
    );
    let values: Vec<f64> = found
        .results
        .iter()
        .map(|lines| lines[0].values[0])
        .collect();
    assert_eq!(values, [4.0, 4.0, 4.0, 1.0]);
}

/// The error of an expression that takes each of 30 series by itself over 10 points.
#[track_caller]
fn check_limit(limits: &Limits, expected: &str) {
    let samples: Vec<Sample> = (0..30)
        .map(|series| Sample {
            series,
            slot: 100,
            value: 1.0,
        })
        .collect();
    let world = World::new(2, &samples);
    let expr = data(DataExpr::All {
        query: query(&[]),
        offset_ms: 0,
    });
    let error = eval(
        &[expr],
        &world.store.snapshot(),
        &context(100, 10, 1),
        limits,
    )
    .unwrap_err();
    assert_eq!(error.to_string(), expected);
}

#[test]
fn limits_name_the_first_number_above_them() {
    let lines = Limits {
        lines_max: 20,
        ..limits()
    };
    check_limit(&lines, "requirement failed: too many lines: 21 > 20");
    let points = Limits {
        datapoints_max: 205,
        ..limits()
    };
    check_limit(
        &points,
        "requirement failed: too many datapoints: 210 > 205",
    );
    let input = Limits {
        input_points_max: 20,
        ..limits()
    };
    check_limit(&input, "the query would read 30 points, more than 20");
    let answer = Limits {
        answer_points_max: 20,
        ..limits()
    };
    check_limit(
        &answer,
        "the answer would have 300 points or more, 20 are allowed",
    );
    let groups = Limits {
        groups_max: 29,
        ..limits()
    };
    check_limit(&groups, "the query would make 30 groups, more than 29");
    let work = Limits {
        work_points_max: 1000,
        ..limits()
    };
    check_limit(
        &work,
        "the lines on the way to the answer would have 1260 points or more, 1000 are allowed",
    );
    let data = Limits {
        data_exprs_max: 0,
        ..limits()
    };
    check_limit(&data, "the query has more than 0 data expressions");
    let cancel = Some(Arc::new(AtomicBool::new(true)));
    check_limit(&Limits { cancel, ..limits() }, "the query was cancelled");
}

#[test]
fn an_aggregate_has_no_limit_on_lines() {
    let samples = [
        Sample {
            series: 1,
            slot: 100,
            value: 1.0,
        },
        Sample {
            series: 2,
            slot: 100,
            value: 1.0,
        },
    ];
    let world = World::new(1, &samples);
    let expr = data(DataExpr::Aggregate(aggregate(Aggregate::Sum, &query(&[]))));
    let limits = Limits {
        lines_max: 0,
        ..limits()
    };
    let found = eval(
        &[expr],
        &world.store.snapshot(),
        &context(100, 1, 1),
        &limits,
    )
    .unwrap();
    assert_eq!(found.results[0][0].values, [2.0]);
}

#[test]
fn a_step_must_be_a_multiple_of_the_stores() {
    let world = World::new(1, &[]);
    let context = EvalContext::new(Timestamp(0), Timestamp(60_000), 12_000).unwrap();
    let error = eval(&[], &world.store.snapshot(), &context, &limits()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "requirement failed: consolidated step must be multiple of db step"
    );
    assert_eq!(error.class(), Some("IllegalArgumentException"));
}

/// It is not known what such a pattern selects, so neither it nor its opposite selects anything.
#[test]
fn a_pattern_that_takes_too_many_steps_fails_the_query() {
    let samples = [Sample {
        series: 0,
        slot: 100,
        value: 1.0,
    }];
    let world = World::new(2, &samples);
    let mut options = crate::lang::ParseOptions::reference();
    options.limits.pattern.match_steps = 5;
    for program in [
        "name,(a*)*(?!b),:re,:sum",
        "name,(a*)*(?!b),:re,:not,:sum",
        "app,nothing,:eq,name,(a*)*(?!b),:re,:or,(,app,),:by",
    ] {
        let exprs = crate::lang::parse(program, &options).unwrap();
        let snapshot = world.store.snapshot();
        let error = eval(&exprs, &snapshot, &context(100, 4, 1), &limits()).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the pattern [(a*)*(?!b)] takes more than 5 steps to match a value"
        );
        let expected = Exceeded {
            limit: Limit::MatchSteps,
            max: 5,
        };
        assert_eq!(error.limit(), Some(expected), "{program}");
    }
}

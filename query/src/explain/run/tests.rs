//! Explanations against the evaluation they explain.

use std::sync::atomic::AtomicBool;

use proptest::prelude::*;
use telamon_model::Timestamp;

use super::*;
use crate::exec::{self, Limits};
use crate::explain::world::{SLOTS, STEP_MS, World, limits};
use crate::lang::{self, ParseOptions};

fn world() -> World {
    World::of(&[
        "name=cpu,app=www,node=i-1",
        "name=cpu,app=www,node=i-2",
        "name=cpu,app=api,node=i-3",
        "name=disk,app=api,node=i-3",
        "name=disk,node=i-4",
    ])
}

/// Four points with values in each.
fn context() -> EvalContext {
    let start = Timestamp(SLOTS.start * STEP_MS);
    EvalContext::new(start, start.plus_millis(4 * STEP_MS), STEP_MS).unwrap()
}

fn explained(program: &str, limits: &Limits) -> Result<(Explanation, Vec<Stage>), EvalError> {
    let exprs = lang::parse(program, &ParseOptions::reference()).unwrap();
    let (snapshot, context) = (world().snapshot(), context());
    let query = Query {
        snapshot: &snapshot,
        context: &context,
        limits,
    };
    let mut stages = Vec::new();
    let explanation = explain(&exprs, &query, &mut |stage| stages.push(stage))?;
    Ok((explanation, stages))
}

/// The operators as an indented tree with lines and values.
fn tree(read: &ExprRead) -> String {
    let lines = read.operators.iter().map(|operator| {
        let count = operator.count.map_or_else(
            || "-".to_owned(),
            |count| format!("{}/{}", count.lines, count.values),
        );
        format!("{}{} {count}", " ".repeat(operator.depth), operator.text)
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[track_caller]
fn check(program: &str, expected: &str) {
    let (explanation, _) = explained(program, &limits()).unwrap();
    let trees: Vec<String> = explanation.exprs.iter().map(tree).collect();
    assert_eq!(trees.join("\n"), expected, "{program}");
}

#[test]
fn operators_with_what_they_made() {
    check(
        "name,cpu,:eq,:sum,(,app,),:by,2,:mul,max,1,:topk",
        "max,1,:topk 1/4\n :mul 2/8\n  name,cpu,:eq,:sum,(,app,),:by 2/8\n  2.0,:const 1/4",
    );
    check(
        "name,cpu,:eq,:sum,(,node,),:by,:max,name,disk,:eq,:avg,:div",
        ":div 1/4\n :max 1/4\n  name,cpu,:eq,:sum,(,node,),:by 3/12\n :avg 1/4\n  :div 1/4\n   \
         name,disk,:eq,:sum 1/4\n   name,disk,:eq,:count 1/4",
    );
    check(
        "name,no,:eq,:sum,2,:mul",
        ":mul 1/0\n name,no,:eq,:sum 1/0\n 2.0,:const 1/4",
    );
}

#[test]
fn passes_with_what_they_read() {
    let program = "name,cpu,:eq,:sum,name,cpu,:eq,:max,:add,name,disk,:eq,:sum,(,app,),:by";
    let (explanation, stages) = explained(program, &limits()).unwrap();
    let scans: Vec<_> = explanation
        .scans
        .iter()
        .map(|scan| {
            (
                scan.query.as_str(),
                scan.series,
                scan.groups,
                scan.slots,
                scan.points,
            )
        })
        .collect();
    assert_eq!(
        scans,
        [("name,cpu,:eq", 3, 1, 4, 12), ("name,disk,:eq", 1, 1, 4, 4)]
    );
    let data: Vec<_> = explanation
        .data
        .iter()
        .map(|data| (data.text.as_str(), data.scan))
        .collect();
    assert_eq!(
        data,
        [
            ("name,cpu,:eq,:sum", 0),
            ("name,cpu,:eq,:max", 0),
            ("name,disk,:eq,:sum,(,app,),:by", 1)
        ]
    );
    assert_eq!(
        stages,
        [Stage::Plan, Stage::Fetch, Stage::Evaluate, Stage::Empty]
    );
    assert!(explanation.empty.is_empty());
}

#[test]
fn what_was_known_before_a_limit_is_told() {
    let narrow = Limits {
        lines_max: 2,
        ..limits()
    };
    let (explanation, stages) = explained("name,cpu,:eq,:sum,(,node,),:by", &narrow).unwrap();
    assert_eq!(
        explanation.error,
        Some(EvalError::TooManyLines { lines: 3, limit: 2 })
    );
    assert_eq!(explanation.scans[0].groups, 3);
    assert_eq!((explanation.data[0].count, explanation.stats), (None, None));
    assert_eq!(stages, [Stage::Plan, Stage::Empty]);
    let cheap = Limits {
        input_points_max: 11,
        ..limits()
    };
    let (explanation, _) = explained("name,cpu,:eq", &cheap).unwrap();
    assert_eq!(
        explanation.error,
        Some(EvalError::TooMuchInput {
            points: 12,
            series: 3,
            limit: 11
        })
    );
    assert_eq!(explanation.scans[0].points, 12);
}

#[test]
fn it_can_be_cancelled() {
    let limits = Limits {
        cancel: Some(Arc::new(AtomicBool::new(true))),
        ..limits()
    };
    let found = explained("name,cpu,:eq", &limits);
    assert_eq!(found.unwrap_err(), EvalError::Cancelled);
}

fn program() -> impl Strategy<Value = String> {
    let data = prop::sample::select(vec![
        "name,cpu,:eq,:sum",
        "name,disk,:eq,:max",
        "name,no,:eq,:sum",
        "app,:has,:sum,(,app,),:by",
        "name,cpu,:eq,:sum,(,node,),:by",
        "3",
    ]);
    let operators = prop::sample::select(vec![
        ":neg",
        ":max",
        "2,:mul",
        ":dup,:add",
        "max,1,:topk",
        "2,:rolling-max",
        ":stat-avg,0,:gt,:filter",
    ]);
    (data, prop::collection::vec(operators, 0..5))
        .prop_map(|(data, operators)| [vec![data], operators].concat().join(","))
}

proptest! {
    /// An explanation tells of the evaluation that an answer is made of: same cost, same lines.
    #[test]
    fn an_explanation_is_of_the_answer(program in program()) {
        let Ok(exprs) = lang::parse(&program, &ParseOptions::reference()) else { return Ok(()) };
        let (snapshot, context, limits) = (world().snapshot(), context(), limits());
        let (explanation, _) = explained(&program, &limits).unwrap();
        match exec::eval(&exprs, &snapshot, &context, &limits) {
            Err(error) => prop_assert_eq!(explanation.error, Some(error)),
            Ok(answer) => {
                prop_assert_eq!(explanation.stats, Some(answer.stats));
                for (read, lines) in explanation.exprs.iter().zip(&answer.results) {
                    let values = lines.iter().flat_map(|line| &line.values);
                    let count = LineCount {
                        lines: lines.len() as u64,
                        values: values.filter(|value| !value.is_nan()).count() as u64,
                    };
                    prop_assert_eq!(read.operators[0].count, Some(count));
                    // The words of all operators, operands first, are the program; the condition of
                    // a filter prints without what it is about.
                    if !program.contains(":filter") {
                        prop_assert_eq!(operands_first(&read.operators).join(","), read.text.clone());
                    }
                }
            }
        }
    }
}

/// The texts of a tree in the order of a program.
fn operands_first(operators: &[Operator]) -> Vec<String> {
    let Some((root, below)) = operators.split_first() else {
        return Vec::new();
    };
    let mut texts = Vec::new();
    let mut start = 0;
    for index in 1..=below.len() {
        if index == below.len() || below[index].depth == root.depth + 1 {
            texts.extend(operands_first(&below[start..index]));
            start = index;
        }
    }
    texts.push(root.text.clone());
    texts
}

//! Explanations as they are sent: the answer to `explain=1`, and what `telamon explain` prints.
//!
//! Takes what the query room knows; gives values that are written as JSON by the server and read again
//! by the command line, so that both show the same. `docs/api/graph.md` describes the fields.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use telamon_query::explain::{
    Among, EmptyCause, Existing, ExistingKind, Explanation, ExprRead, LineCount, Stage, WhyEmpty,
};
use telamon_query::expr::ListText;
use telamon_query::lang::{StackStep, Stacks};
use telamon_query::plan::Grouping;

/// What a query did.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Explained {
    /// The program.
    pub query: String,
    /// First time that is evaluated, in milliseconds since 1970, one step before the first one shown;
    /// `None` where nothing is.
    pub start: Option<i64>,
    /// Time after the last one, in milliseconds since 1970.
    pub end: Option<i64>,
    /// Distance of two points in milliseconds.
    pub step: Option<i64>,
    /// How long each stage took, in their order.
    pub stages: Vec<StageTime>,
    /// The stack after each token.
    pub stacks: Vec<Step>,
    /// Steps of the program that are not listed.
    pub stacks_more: usize,
    /// Passes over the store.
    pub scans: Vec<Scan>,
    /// Data expressions.
    pub data: Vec<Data>,
    /// Expressions in the order they are drawn.
    pub expressions: Vec<Expression>,
    /// Data expressions that select no series, and why.
    pub empty: Vec<Empty>,
    /// Why there is no answer; what was known until then stands here all the same.
    pub error: Option<String>,
}

/// A stage of answering.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StageTime {
    /// `parse`, `plan`, `fetch`, `eval` or `empty`.
    pub stage: String,
    /// How long it took, in milliseconds.
    pub ms: f64,
    /// What it counted, by name.
    pub counts: BTreeMap<String, u64>,
}

/// The stack after a token.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// The token, or a whole list.
    pub token: String,
    /// First byte of the program it comes from, and the byte after the last.
    pub span: [usize; 2],
    /// Items of the live stack, the top last.
    pub stack: Vec<Item>,
    /// Items below those listed.
    pub below: usize,
    /// Values that were frozen.
    pub frozen: usize,
}

/// An item of a stack.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Item {
    /// `string`, `list`, `query`, `expression` or `presentation`.
    pub kind: String,
    /// The program that leaves it, cut where it is long.
    pub text: String,
}

/// A pass over the store.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Scan {
    /// Which series.
    pub query: String,
    /// `together`, `each`, or the list of keys.
    pub grouping: String,
    /// Slots of the store that are read of each series.
    pub slots: u64,
    /// Slots in one point.
    pub slots_per_point: u64,
    /// Series that are read.
    pub series: u64,
    /// Groups they fall into.
    pub groups: u64,
    /// Points of the store that are read: the cost.
    pub points: u64,
}

/// A data expression.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Data {
    /// Its text.
    pub text: String,
    /// Place of its pass among the scans.
    pub scan: usize,
    /// Its lines; `None` when the evaluation ended before.
    pub lines: Option<u64>,
    /// Points of the lines that have a value.
    pub values: Option<u64>,
}

/// An expression.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Expression {
    /// Its text.
    pub text: String,
    /// What a reader should know.
    pub message: Option<String>,
    /// Its operators, each before what it works on.
    pub operators: Vec<Operator>,
    /// Operators that are not listed.
    pub operators_more: usize,
}

/// An operator.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Operator {
    /// How deep it stands in the expression, from 0.
    pub depth: usize,
    /// Its own words.
    pub text: String,
    /// The lines after it; `None` when it was not evaluated for itself.
    pub lines: Option<u64>,
    /// Points of the lines that have a value.
    pub values: Option<u64>,
}

/// Why a data expression selects no series.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Empty {
    /// Its text.
    pub data: String,
    /// The reason in a sentence.
    pub why: String,
    /// `no-series`, `never` or `test`.
    pub cause: String,
    /// How many series pass each test, in order.
    pub tests: Vec<Test>,
    /// The test that removed the last series, or the tests that exclude each other.
    pub removed_by: Vec<String>,
    /// Where `existing` was looked for: `rest`, `before` or `all`.
    pub among: Option<String>,
    /// What exists instead.
    pub existing: Vec<Instead>,
}

/// How many series pass a test.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Test {
    /// The test.
    pub test: String,
    /// Series that pass it.
    pub alone: u64,
    /// Series that pass it and all before it.
    pub left: u64,
}

/// What exists instead of what a test wants.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Instead {
    /// The key that is tested.
    pub key: String,
    /// `values` or `keys`.
    pub of: String,
    /// Whether they are written alike; otherwise they are those of most series.
    pub alike: bool,
    /// Names with their number of series, the nearest first.
    pub nearest: Vec<(String, u64)>,
    /// How many there are in all.
    pub count: u64,
}

impl Explained {
    /// What the text alone tells.
    pub fn of_program(query: &str, stacks: Stacks) -> Self {
        Self {
            query: query.to_owned(),
            stacks: stacks.steps.into_iter().map(Step::from).collect(),
            stacks_more: stacks.more,
            ..Self::default()
        }
    }

    /// Adds what an evaluation did.
    pub(crate) fn add_evaluation(&mut self, explanation: &Explanation) {
        let context = &explanation.context;
        self.start = Some(context.start.as_millis());
        self.end = Some(context.end.as_millis());
        self.step = Some(context.step_ms);
        let scans = explanation.scans.iter().map(|scan| Scan {
            query: scan.query.clone(),
            grouping: match &scan.grouping {
                Grouping::Together => "together".to_owned(),
                Grouping::Each => "each".to_owned(),
                Grouping::By(keys) => ListText(keys).to_string(),
            },
            slots: scan.slots,
            slots_per_point: scan.slots_per_point,
            series: scan.series,
            groups: scan.groups,
            points: scan.points,
        });
        self.scans = scans.collect();
        let data = explanation.data.iter().map(|data| Data {
            text: data.text.clone(),
            scan: data.scan,
            lines: data.count.map(|count| count.lines),
            values: data.count.map(|count| count.values),
        });
        self.data = data.collect();
        self.expressions = explanation.exprs.iter().map(Expression::from).collect();
        self.empty = explanation.empty.iter().map(Empty::from).collect();
        let error = explanation.error.as_ref();
        self.error = error.map(|error| match error.class() {
            Some(class) => format!("{class}: {error}"),
            None => error.to_string(),
        });
    }
}

impl StageTime {
    pub(crate) fn parse(ms: f64, expressions: usize) -> Self {
        Self::new("parse", ms, [("expressions", expressions as u64)])
    }

    pub(crate) fn of(stage: Stage, ms: f64, explanation: &Explanation) -> Self {
        let scans = &explanation.scans;
        match stage {
            Stage::Plan => Self::new(
                "plan",
                ms,
                [
                    ("data", explanation.data.len() as u64),
                    ("scans", scans.len() as u64),
                    ("series", scans.iter().map(|scan| scan.series).sum()),
                    ("points", scans.iter().map(|scan| scan.points).sum()),
                ],
            ),
            Stage::Fetch => {
                let counts = explanation.data.iter().filter_map(|data| data.count);
                Self::new("fetch", ms, totals(counts))
            }
            Stage::Evaluate => {
                let roots = explanation.exprs.iter();
                let counts = roots.filter_map(|expr| expr.operators.first()?.count);
                Self::new("eval", ms, totals(counts))
            }
            Stage::Empty => Self::new("empty", ms, [("data", explanation.empty.len() as u64)]),
        }
    }

    fn new<const N: usize>(stage: &str, ms: f64, counts: [(&str, u64); N]) -> Self {
        let counts = counts.map(|(name, count)| (name.to_owned(), count));
        Self {
            stage: stage.to_owned(),
            ms,
            counts: BTreeMap::from(counts),
        }
    }
}

fn totals(counts: impl Iterator<Item = LineCount>) -> [(&'static str, u64); 2] {
    let (lines, values) = counts.fold((0, 0), |(lines, values), count| {
        (lines + count.lines, values + count.values)
    });
    [("lines", lines), ("values", values)]
}

impl From<StackStep> for Step {
    fn from(step: StackStep) -> Self {
        let items = step.stack.into_iter().map(|item| Item {
            kind: item.kind.to_owned(),
            text: item.text,
        });
        Self {
            token: step.token,
            span: [step.span.start, step.span.end],
            stack: items.collect(),
            below: step.below,
            frozen: step.frozen,
        }
    }
}

impl From<&ExprRead> for Expression {
    fn from(read: &ExprRead) -> Self {
        let operators = read.operators.iter().map(|operator| Operator {
            depth: operator.depth,
            text: operator.text.clone(),
            lines: operator.count.map(|count| count.lines),
            values: operator.count.map(|count| count.values),
        });
        Self {
            text: read.text.clone(),
            message: read.message.clone(),
            operators: operators.collect(),
            operators_more: read.more,
        }
    }
}

impl From<&WhyEmpty> for Empty {
    fn from(empty: &WhyEmpty) -> Self {
        let tests = empty.tests.iter().map(|test| Test {
            test: test.text.clone(),
            alone: test.alone,
            left: test.left,
        });
        let mut shown = Self {
            data: empty.data.clone(),
            why: empty.to_string(),
            cause: "no-series".to_owned(),
            tests: tests.collect(),
            removed_by: Vec::new(),
            among: None,
            existing: Vec::new(),
        };
        match &empty.cause {
            EmptyCause::NoSeries => {}
            EmptyCause::Never { tests } => {
                shown.cause = "never".to_owned();
                shown.removed_by.clone_from(tests);
            }
            EmptyCause::Test {
                test,
                among,
                existing,
                ..
            } => {
                shown.cause = "test".to_owned();
                shown.removed_by = vec![empty.tests[*test].text.clone()];
                let among = match among {
                    Among::Rest => "rest",
                    Among::Before => "before",
                    Among::All => "all",
                };
                shown.among = Some(among.to_owned());
                shown.existing = existing.iter().map(Instead::from).collect();
            }
        }
        shown
    }
}

impl From<&Existing> for Instead {
    fn from(existing: &Existing) -> Self {
        let nearest = existing.nearest.iter();
        let of = match existing.kind {
            ExistingKind::Values => "values",
            ExistingKind::Keys => "keys",
        };
        Self {
            key: existing.key.clone(),
            of: of.to_owned(),
            alike: existing.are_alike,
            nearest: nearest
                .map(|near| (near.text.clone(), near.series))
                .collect(),
            count: existing.count,
        }
    }
}

//! Why a data expression selects no series.
//!
//! Takes expressions and a snapshot; gives for each data expression without series the test that
//! removed the last ones and what exists instead. Each test is selected once; what they leave together
//! follows from the sets. No value is read: that series exist but say nothing in the time asked for is
//! not seen here.

use std::fmt;
use std::sync::Arc;

use roaring::RoaringBitmap;
use telamon_model::{Predicate, SlowPattern};
use telamon_store::Snapshot;

use super::nearest::{Existing, ExistingKind, existing};
use crate::contradiction::{conjuncts, contradiction};
use crate::exec::{EvalError, Limits};
use crate::expr::{DataExpr, QueryText, StyledExpr};

/// Data expressions that are explained.
const DATA_MAX: usize = 16;

/// Different data expressions that are looked at.
const SEEN_MAX: usize = 1000;

/// Tests of a query that are told apart; those beyond count as one.
const TESTS_MAX: usize = 16;

/// Why a data expression selects no series. `Display` says it in one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WhyEmpty {
    /// The data expression as text.
    pub data: String,
    /// The tests that a series has to pass, in the order they are written, with the keys of a grouping
    /// at the end. Empty where nothing had to be counted.
    pub tests: Vec<TestCount>,
    /// What made it empty.
    pub cause: EmptyCause,
}

/// How many series pass a test.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TestCount {
    /// The test as a query, or `(,key,),:by`.
    pub text: String,
    /// Series that pass it.
    pub alone: u64,
    /// Series that pass it and every test before it.
    pub left: u64,
}

/// What made a data expression empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EmptyCause {
    /// The store holds no series at all.
    NoSeries,
    /// No series can pass these tests together, whatever the store holds.
    Never {
        /// The tests as queries; `:false` stands alone.
        tests: Vec<String>,
    },
    /// A test removed the last series.
    Test {
        /// Which of [`WhyEmpty::tests`]: the first one that no series passes, else the first one that
        /// left none.
        test: usize,
        /// Where `existing` was looked for.
        among: Among,
        /// How many series that are.
        series: u64,
        /// What exists there instead, for each key the test wants something of.
        existing: Vec<Existing>,
    },
}

/// Series that are looked among for what exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Among {
    /// Those that pass all other tests: with a value of theirs the query selects something.
    Rest,
    /// Those that pass the tests before it, because the others together leave none.
    Before,
    /// All.
    All,
}

/// Why data expressions of these expressions select no series, each once and in order; those that
/// select some are left out, and so are those beyond the sixteenth.
///
/// Costs a selection per data expression while none is empty, and one per test for each empty one.
/// An answer that is empty although this gives nothing has series without values in its time, or an
/// operator that chose none.
///
/// # Errors
/// [`EvalError::Cancelled`] when the limits say so; nothing else of them is looked at.
pub fn why_empty(
    exprs: &[StyledExpr],
    snapshot: &Snapshot,
    limits: &Limits,
) -> Result<Vec<WhyEmpty>, EvalError> {
    let mut seen: Vec<&DataExpr> = Vec::new();
    let mut empty = Vec::new();
    for data in exprs.iter().flat_map(|styled| styled.expr.data_exprs()) {
        if empty.len() == DATA_MAX || seen.len() == SEEN_MAX {
            break;
        }
        if seen.contains(&data) {
            continue;
        }
        seen.push(data);
        limits.check_cancelled()?;
        if !selects_any(data, snapshot)? {
            empty.push(explain(data, snapshot, limits)?);
        }
    }
    Ok(empty)
}

fn selects_any(data: &DataExpr, snapshot: &Snapshot) -> Result<bool, SlowPattern> {
    let query = with_keys(data);
    for view in snapshot.shards() {
        if !view.select(&query)?.is_empty() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// What a series has to pass to be part of a line: the query, and the keys of the grouping are there.
fn with_keys(data: &DataExpr) -> Predicate {
    let has_keys = data
        .keys()
        .iter()
        .map(|key| Predicate::Has(Arc::clone(key)));
    has_keys.fold((**data.query()).clone(), Predicate::and)
}

/// Explains a data expression that selects no series.
fn explain(data: &DataExpr, snapshot: &Snapshot, limits: &Limits) -> Result<WhyEmpty, EvalError> {
    let without_counts = |cause| WhyEmpty {
        data: data.to_string(),
        tests: Vec::new(),
        cause,
    };
    if snapshot.series_count() == 0 {
        return Ok(without_counts(EmptyCause::NoSeries));
    }
    if let Some(tests) = contradiction(&with_keys(data)) {
        return Ok(without_counts(EmptyCause::Never { tests }));
    }
    let tests = tests_of(data);
    let mut passing = Vec::with_capacity(tests.len());
    for test in &tests {
        limits.check_cancelled()?;
        passing.push(Passing::of(&test.query, snapshot)?);
    }
    let all = Passing::of(&Predicate::True, snapshot)?;
    let mut left = all.clone();
    let mut counts = Vec::with_capacity(tests.len());
    for (test, passing) in tests.iter().zip(&passing) {
        left = left.and(passing);
        counts.push(TestCount {
            text: test.text.clone(),
            alone: passing.count(),
            left: left.count(),
        });
    }
    let culprit = culprit(&counts);
    let before = together(&all, &passing[..culprit]);
    let rest = together(&before, &passing[culprit + 1..]);
    let (among, looked_at) = match (rest.count(), before.count()) {
        (1.., _) => (Among::Rest, rest),
        (0, 1..) if culprit > 0 => (Among::Before, before),
        (0, _) => (Among::All, all),
    };
    let existing = existing(&tests[culprit].query, snapshot, &looked_at.0);
    Ok(WhyEmpty {
        data: data.to_string(),
        tests: counts,
        cause: EmptyCause::Test {
            test: culprit,
            among,
            series: looked_at.count(),
            existing,
        },
    })
}

/// The first test that no series passes, else the first one that left none.
fn culprit(counts: &[TestCount]) -> usize {
    let alone = counts.iter().position(|test| test.alone == 0);
    alone
        .or_else(|| counts.iter().position(|test| test.left == 0))
        .expect("the data expression selects nothing, so some test left nothing")
}

/// A test of a query, or that the key of a grouping is there.
struct Test {
    text: String,
    query: Predicate,
}

fn tests_of(data: &DataExpr) -> Vec<Test> {
    let mut queries: Vec<Predicate> = conjuncts(data.query()).into_iter().cloned().collect();
    if queries.len() > TESTS_MAX {
        let beyond = queries.split_off(TESTS_MAX - 1);
        queries.extend(beyond.into_iter().reduce(Predicate::and));
    }
    let mut tests: Vec<Test> = queries
        .into_iter()
        .map(|query| Test {
            text: QueryText(&query).to_string(),
            query,
        })
        .collect();
    for key in data.keys() {
        let query = Predicate::Has(Arc::clone(key));
        if tests.iter().all(|test| test.query != query) {
            tests.push(Test {
                text: format!("(,{key},),:by"),
                query,
            });
        }
    }
    tests
}

/// Series that pass a test, shard by shard.
#[derive(Clone)]
struct Passing(Vec<RoaringBitmap>);

impl Passing {
    fn of(query: &Predicate, snapshot: &Snapshot) -> Result<Self, SlowPattern> {
        let views = snapshot.shards().iter();
        let selected: Result<_, _> = views.map(|view| view.select(query)).collect();
        selected.map(Self)
    }

    fn and(&self, other: &Self) -> Self {
        Self(self.0.iter().zip(&other.0).map(|(a, b)| a & b).collect())
    }

    fn count(&self) -> u64 {
        self.0.iter().map(RoaringBitmap::len).sum()
    }
}

fn together(start: &Passing, tests: &[Passing]) -> Passing {
    tests
        .iter()
        .fold(start.clone(), |left, test| left.and(test))
}

impl fmt::Display for WhyEmpty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.cause {
            EmptyCause::NoSeries => f.write_str("the store holds no series"),
            EmptyCause::Never { tests } => match tests.as_slice() {
                [test] => write!(f, "{test} selects nothing, whatever is stored"),
                tests => write!(f, "no series can pass {} together", tests.join(" and ")),
            },
            EmptyCause::Test {
                test,
                among,
                series,
                existing,
            } => {
                self.tests[*test].write_fault(f, (*among, *series))?;
                for existing in existing {
                    match (existing.kind, &existing.wanted) {
                        (ExistingKind::Keys, Some(_)) => {
                            write!(f, "; no key {}, {existing}", existing.key)?;
                        }
                        (ExistingKind::Keys, None) | (ExistingKind::Values, _) => {
                            write!(f, "; {existing}")?;
                        }
                    }
                }
                Ok(())
            }
        }
    }
}

impl TestCount {
    fn write_fault(
        &self,
        f: &mut fmt::Formatter<'_>,
        (among, series): (Among, u64),
    ) -> fmt::Result {
        let text = &self.text;
        match (self.alone, among) {
            (0, _) | (_, Among::All) => write!(f, "no series passes {text}"),
            (_, Among::Rest) => write!(
                f,
                "none of the {series} series that pass the other tests passes {text}"
            ),
            (_, Among::Before) => write!(
                f,
                "none of the {series} series that pass the tests before it passes {text}"
            ),
        }
    }
}

#[cfg(test)]
mod tests;

//! The recorded ingest cases, asked of servers whose clock is held: no case sleeps or depends on the
//! machine's time.
//!
//! Takes the folder of recordings; gives four suites. Each case has an empty server of its own, but
//! the sequences of one step, which have a series each. Whatever a case stored is read back over HTTP.
//!
//! ```text
//!   ingest/publish     body ──► POST ──► answer; tags and values held
//!   ingest/normalise   points ─► POST ──► values of every step, bit for bit
//!   ingest/lines       packets ─► UDP ──► end of the step ──► tags and values held
//!   publish            body ──► POST ──► answer
//! ```

mod held;
mod lines;
mod normalise;
mod plain;
mod publish;
mod request;

use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

use anyhow::Context;
use serde_json::Value;

use crate::conformance::report::{Difference, Mismatch, SuiteResult};

/// When the clock of the servers stands: the machine's clock at some time past a step's boundary.
const NOW_MS: i64 = 1_700_000_003_456;

/// Cases that are asked at a time; most of a case is waiting.
const WORKERS: usize = 8;

/// What became of a case.
enum Outcome {
    /// Fields that differ; none means that it passed.
    Compared(Vec<Mismatch>),
    /// What the case is about is not built yet.
    Planned(&'static str),
}

/// One file of cases and how one of them is asked.
struct Suite {
    name: &'static str,
    file: &'static str,
    /// The field that names a case.
    id: &'static str,
    ask: fn(&Value) -> anyhow::Result<Outcome>,
    /// The request on one line.
    request: fn(&Value) -> String,
}

const SUITES: [Suite; 4] = [
    Suite {
        name: "ingest/publish",
        file: "ingest/publish.jsonl",
        id: "key",
        ask: publish::ask,
        request: publish::request_line,
    },
    Suite {
        name: "ingest/normalise",
        file: "ingest/normalise.jsonl",
        id: "key",
        ask: normalise::ask,
        request: normalise::request_line,
    },
    Suite {
        name: "ingest/lines",
        file: "ingest/lines.jsonl",
        id: "key",
        ask: lines::ask,
        request: lines::request_line,
    },
    Suite {
        name: "publish",
        file: "publish/publish.jsonl",
        id: "id",
        ask: plain::ask,
        request: plain::request_line,
    },
];

/// Names of the suites.
pub fn suites() -> impl Iterator<Item = &'static str> {
    SUITES.iter().map(|suite| suite.name)
}

/// Asks all cases of the four suites whose records hold the text `filter`.
///
/// # Errors
/// When a record cannot be read or a server cannot be started or reached; a wrong answer is no error.
pub fn run(oracle: &Path, filter: Option<&str>) -> anyhow::Result<Vec<SuiteResult>> {
    SUITES
        .iter()
        .filter(|suite| oracle.join(suite.file).exists())
        .map(|suite| suite.run(oracle, filter.unwrap_or_default()))
        .collect()
}

impl Suite {
    fn run(&self, oracle: &Path, filter: &str) -> anyhow::Result<SuiteResult> {
        let path = oracle.join(self.file);
        let text = fs::read_to_string(&path).with_context(|| format!("read {}", path.display()))?;
        let cases: Vec<Value> = text
            .lines()
            .filter(|line| line.contains(filter))
            .map(serde_json::from_str)
            .collect::<Result<_, _>>()
            .with_context(|| format!("read {}", path.display()))?;
        let mut result = SuiteResult::new(self.name);
        result.total = cases.len();
        for (case, outcome) in cases.iter().zip(self.ask_all(&cases)) {
            let id = case[self.id].as_str().unwrap_or_default();
            let outcome = outcome.with_context(|| format!("{}, case {id}", self.name))?;
            match outcome {
                Outcome::Planned(reason) => {
                    *result.planned.entry(reason.to_owned()).or_default() += 1;
                }
                Outcome::Compared(mismatches) if mismatches.is_empty() => result.passed += 1,
                Outcome::Compared(mismatches) => result.differences.push(Difference {
                    id: id.to_owned(),
                    file: self.file.to_owned(),
                    request: (self.request)(case),
                    mismatches,
                }),
            }
        }
        Ok(result)
    }

    /// The outcomes of all cases, in their order.
    fn ask_all(&self, cases: &[Value]) -> Vec<anyhow::Result<Outcome>> {
        let next = AtomicUsize::new(0);
        let outcomes = Mutex::new(Vec::with_capacity(cases.len()));
        let work = || {
            while let Some((index, case)) = take(cases, &next) {
                let outcome = (self.ask)(case);
                let mut outcomes = outcomes.lock().unwrap_or_else(PoisonError::into_inner);
                outcomes.push((index, outcome));
            }
        };
        thread::scope(|scope| {
            for _worker in 0..WORKERS {
                scope.spawn(work);
            }
        });
        let mut outcomes = outcomes
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner);
        outcomes.sort_by_key(|(index, _)| *index);
        outcomes.into_iter().map(|(_, outcome)| outcome).collect()
    }
}

/// The next case that nobody has taken, with its index.
fn take<'a>(cases: &'a [Value], next: &AtomicUsize) -> Option<(usize, &'a Value)> {
    let index = next.fetch_add(1, Ordering::Relaxed);
    Some((index, cases.get(index)?))
}

/// The start of a text, for a report.
fn shortened(text: &str) -> String {
    text.chars().take(400).collect()
}

/// A text that a record must have.
fn text<'a>(value: &'a Value, what: &str) -> anyhow::Result<&'a str> {
    value.as_str().with_context(|| format!("{what} is no text"))
}

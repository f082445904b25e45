//! The conformance runner: recorded requests of a real Atlas server, asked again of ours.
//!
//! Takes a folder of recorded cases, gives counts by suite and every difference with its request.
//!
//! ```text
//!   cases ─► needed hours of needed series ─► log, store ─► servers, one a configuration
//!     └──────────────────── requests over loopback ────────────┘└─► compare ─► report
//! ```

pub mod cases;
pub mod compare;
pub mod dataset;
pub mod differences;
pub mod ingest;
mod load;
pub mod need;
pub mod picture;
pub mod planned;
pub mod report;
pub mod servers;
pub mod wire;

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use cases::{Case, SUITES};
use compare::Comparison;
use report::{Difference, Mismatch, SuiteResult};
use servers::Servers;
use wire::Connection;

/// Where the public records lie, from the folder of the project.
pub const PUBLIC_ORACLE: &str = "../shared/oracle";

/// What to run.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    /// One suite; all when `None`.
    pub suite: Option<String>,
    /// Only cases whose identifier, file or request holds this text.
    pub filter: Option<String>,
}

impl Selection {
    /// Whether a suite is run.
    pub fn has_suite(&self, suite: &str) -> bool {
        self.suite.as_ref().is_none_or(|wanted| wanted == suite)
    }

    fn has(&self, case: &Case) -> bool {
        self.filter.as_ref().is_none_or(|text| {
            case.id == *text || case.file.contains(text) || case.request().contains(text)
        })
    }
}

/// Reads the selected cases of the suites that are asked over data.
///
/// # Errors
/// When the records cannot be read.
pub fn read_cases(oracle: &Path, selection: &Selection) -> anyhow::Result<Vec<Case>> {
    let mut all = Vec::new();
    for suite in SUITES
        .into_iter()
        .filter(|suite| selection.has_suite(suite))
    {
        let cases = cases::read_suite(oracle, suite)?;
        all.extend(cases.into_iter().filter(|case| selection.has(case)));
    }
    Ok(all)
}

/// Asks the servers every case.
pub fn run(cases: &[Case], servers: &Servers, oracle: &Path) -> Vec<SuiteResult> {
    let answers = ask_all(cases, servers, oracle);
    let mut results: BTreeMap<&str, SuiteResult> = BTreeMap::new();
    for (case, verdict) in cases.iter().zip(answers) {
        let result = results
            .entry(&case.suite)
            .or_insert_with(|| SuiteResult::new(&case.suite));
        result.total += 1;
        let file = result.files.entry(case.file.clone()).or_default();
        file.1 += 1;
        let mismatches = match verdict {
            Verdict::Planned(reason) => {
                *result.planned.entry(reason.to_owned()).or_default() += 1;
                continue;
            }
            Verdict::Asked(comparison) => {
                if let Some(unclear) = comparison.unconfirmed {
                    *result.unconfirmed.entry(unclear.to_string()).or_default() += 1;
                }
                comparison.mismatches
            }
        };
        if mismatches.is_empty() {
            result.passed += 1;
            file.0 += 1;
        } else {
            result.differences.push(Difference {
                id: case.id.clone(),
                file: case.file.clone(),
                request: case.request(),
                mismatches,
            });
        }
    }
    results.into_values().collect()
}

enum Verdict {
    Planned(&'static str),
    Asked(Comparison),
}

/// Verdicts in the order of the cases; as many threads as cores ask.
fn ask_all(cases: &[Case], servers: &Servers, oracle: &Path) -> Vec<Verdict> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let next = AtomicUsize::new(0);
    let ask_some = || {
        let mut connections = BTreeMap::new();
        let mut verdicts = Vec::new();
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(case) = cases.get(index) else {
                return verdicts;
            };
            let verdict = match planned::reason(case) {
                Some(reason) => Verdict::Planned(reason),
                None => Verdict::Asked(ask(case, servers, &mut connections, oracle)),
            };
            verdicts.push((index, verdict));
        }
    };
    let mut all: Vec<(usize, Verdict)> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..threads).map(|_| scope.spawn(ask_some)).collect();
        let verdicts = threads.into_iter().map(|thread| {
            thread
                .join()
                .expect("a thread of the runner panics only when the records are no JSON")
        });
        verdicts.flatten().collect()
    });
    all.sort_by_key(|(index, _)| *index);
    all.into_iter().map(|(_, verdict)| verdict).collect()
}

fn ask<'a>(
    case: &'a Case,
    servers: &Servers,
    connections: &mut BTreeMap<&'a str, Connection>,
    oracle: &Path,
) -> Comparison {
    let failed = |field, expected, got: &dyn fmt::Display| Comparison {
        mismatches: vec![Mismatch::new(field, expected, got)],
        unconfirmed: None,
    };
    let Some(address) = servers.address(&case.config) else {
        return failed(
            "server",
            case.config.as_str(),
            &"the runner has no such server",
        );
    };
    let connection = connections
        .entry(&case.config)
        .or_insert_with(|| Connection::new(address));
    let headers: Vec<(String, String)> = case.headers.clone().into_iter().collect();
    let body = case.request_body.as_deref().map(str::as_bytes);
    match connection.send(&case.method, &sendable(&case.uri), &headers, body) {
        Ok(answer) => compare::compare(case, &answer, oracle),
        Err(error) => failed("answer", "an answer", &error),
    }
}

/// The target as our server takes it: what RFC 3986 allows nowhere is escaped, which the reference
/// lets pass in some places.
fn sendable(uri: &str) -> String {
    let mut text = String::with_capacity(uri.len());
    for character in uri.chars() {
        match character {
            '<' => text.push_str("%3C"),
            '>' => text.push_str("%3E"),
            '"' => text.push_str("%22"),
            other => text.push(other),
        }
    }
    text
}

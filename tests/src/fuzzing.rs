//! Programs by chance, for half a minute in all, and requests for graphs for as long, after every program that ever was of interest.
//!
//! Long runs are for the binary `fuzz`. A finding prints a program; put it into `tests/fuzz/seeds.txt`
//! with the change that mends it.

#![expect(
    clippy::disallowed_methods,
    reason = "a run ends after some seconds of real time"
)]

use std::time::{Duration, Instant};

use telamon_tests::fuzz::{self, Judge, Target};

/// Time for each target of the query room.
const TIME: Duration = Duration::from_secs(10);
/// Time for graphs, which are asked for over HTTP.
const GRAPH_TIME: Duration = Duration::from_secs(30);

#[test]
fn the_kept_programs_keep_the_laws() {
    for target in Target::ALL {
        let judge = Judge::new(target);
        for program in fuzz::seeds(target) {
            if let Err(what) = judge.check(&program) {
                panic!("{}: {what}\n  in {program:?}", target.name());
            }
        }
    }
}

#[track_caller]
fn check(target: Target, time: Duration) {
    let started = Instant::now();
    let seed = 1;
    let tally = fuzz::run(target, seed, &mut |_program, tally| {
        started.elapsed() < time && tally.findings.is_empty()
    });
    for finding in &tally.findings {
        println!("{finding}");
    }
    assert!(
        tally.findings.is_empty(),
        "{} findings",
        tally.findings.len()
    );
    let (all, valid) = (tally.executions, tally.valid);
    assert!(valid > 0 && valid < all, "{valid} of {all} programs ran");
}

#[test]
fn tokens_by_chance() {
    check(Target::Tokens, TIME);
}

#[test]
fn programs_by_chance() {
    check(Target::Programs, TIME);
}

#[test]
fn queries_by_chance() {
    check(Target::Queries, TIME);
}

#[test]
fn graphs_by_chance() {
    check(Target::Graphs, GRAPH_TIME);
}

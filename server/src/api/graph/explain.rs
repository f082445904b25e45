//! `explain=1`: what answering a graph request did, instead of the graph.
//!
//! Takes a question, runs the stages of its answer with the clock in hand, gives them as JSON
//! ([`crate::explained`]).

use telamon_query::exec::Query;
use telamon_query::explain::{self, Stage};
use telamon_query::lang;

use super::{Question, parse, program_options};
use crate::api::problem::Problem;
use crate::clock::Clock;
use crate::config::Config;
use crate::explained::{Explained, StageTime};
use crate::reply::{JSON, Reply};

/// Explains a request.
///
/// # Errors
/// For mistakes in the program, and when the evaluation is cancelled. A limit that ends the evaluation
/// is part of the explanation.
pub(super) fn answer(
    question: &Question,
    config: &Config,
    clock: &Clock,
) -> Result<Reply, Problem> {
    let asked = &question.asked;
    let mut lap = Lap::start(clock);
    let exprs = parse(asked, config)?;
    let parse_ms = lap.end_ms();
    let stacks = lang::stacks(&asked.query, &program_options(asked, config));
    let query = Query {
        snapshot: &question.snapshot,
        context: &asked.window.context,
        limits: &question.limits,
    };
    lap.end_ms();
    let mut times: Vec<(Stage, f64)> = Vec::new();
    let explanation = explain::explain(&exprs, &query, &mut |stage| {
        times.push((stage, lap.end_ms()));
    })?;
    let mut explained = Explained::of_program(&asked.query, stacks);
    explained.add_evaluation(&explanation);
    explained
        .stages
        .push(StageTime::parse(parse_ms, exprs.len()));
    let stages = times
        .into_iter()
        .map(|(stage, ms)| StageTime::of(stage, ms, &explanation));
    explained.stages.extend(stages);
    let body = serde_json::to_string(&explained).expect("texts and numbers are valid JSON");
    Ok(Reply::ok(JSON, body))
}

/// Time since the last stage ended.
struct Lap<'a> {
    clock: &'a Clock,
    from_us: i64,
}

impl<'a> Lap<'a> {
    fn start(clock: &'a Clock) -> Self {
        Self {
            clock,
            from_us: clock.elapsed_us(),
        }
    }

    /// Milliseconds since it began, and begins again.
    fn end_ms(&mut self) -> f64 {
        let now_us = self.clock.elapsed_us();
        let lap_us = now_us.saturating_sub(self.from_us).max(0);
        self.from_us = now_us;
        f64::from(u32::try_from(lap_us).unwrap_or(u32::MAX)) / 1000.0
    }
}

#[cfg(test)]
mod tests;

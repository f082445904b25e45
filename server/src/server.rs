//! What one running server has: handed to every task and every handler.

#[cfg(test)]
mod tests;

use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use telamon_model::Timestamp;
use telamon_query::exec::Limits;
use telamon_query::lang::ParseOptions;
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::alerting::Alerting;
use crate::api::problem::{Problem, Reached};
use crate::clock::{Clock, ClockJumped};
use crate::config::{Config, QueryConfig};
use crate::engine::Engine;
use crate::lines::Lines;
use crate::pool::{Pool, PoolError};
use crate::telemetry::Telemetry;
use crate::telemetry::names::Metric;

/// Below this many points a query runs on one thread: handing out work would cost more than it
/// saves.
const PARALLEL_POINTS_MIN: u64 = 1 << 20;

/// The parts of a running server.
#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) config: Config,
    pub(crate) clock: Arc<Clock>,
    pub(crate) telemetry: Arc<Telemetry>,
    pub(crate) engine: Arc<Engine>,
    pub(crate) alerting: Alerting,
    pub(crate) lines: Lines,
    /// Evaluates and draws.
    pub(crate) queries: Pool,
    /// Decodes, admits, appends and applies.
    pub(crate) writes: Pool,
    /// KiB of request bodies that may still be read.
    pub(crate) body_room: Semaphore,
    /// Places for event streams.
    pub(crate) streams: Arc<Semaphore>,
    /// Pictures of the page: title and query.
    pub(crate) pictures: Vec<(String, String)>,
    pub(crate) stopping: AtomicBool,
}

impl Server {
    /// The time to stamp records with.
    ///
    /// # Errors
    /// While the wall clock runs ahead.
    pub(crate) fn stamp(&self) -> Result<Timestamp, ClockJumped> {
        self.clock.stamp().inspect_err(|_jumped| {
            self.telemetry.count(Metric::ClockRefused, ["", ""], 1);
        })
    }

    /// Room for a body of so many bytes, as soon as there is some.
    pub(crate) async fn room_for_body(&self, bytes: usize) -> Option<SemaphorePermit<'_>> {
        let kib = u32::try_from(bytes / 1024 + 1).unwrap_or(u32::MAX);
        // Closed never, so there is always an answer.
        self.body_room.acquire_many(kib).await.ok()
    }

    /// Whether the server is about to end.
    pub(crate) fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::SeqCst)
    }

    /// Which parts work.
    pub(crate) fn health(&self) -> Vec<(&'static str, bool)> {
        vec![
            ("clock", self.clock.stamp().is_ok()),
            ("log", self.engine.is_writable()),
        ]
    }

    /// Reads what is only known when asked.
    pub(crate) fn refresh_gauges(&self) {
        let jobs = u32::try_from(self.queries.jobs()).unwrap_or(u32::MAX);
        self.telemetry.set(Metric::QueryWaiting, f64::from(jobs));
        let open = self.config.query.streams_max - self.streams.available_permits();
        let open = u32::try_from(open).unwrap_or(u32::MAX);
        self.telemetry.set(Metric::FetchStreams, f64::from(open));
        let steps_back = u32::try_from(self.clock.steps_back()).unwrap_or(u32::MAX);
        self.telemetry
            .set(Metric::ClockStepsBack, f64::from(steps_back));
        self.engine.refresh_gauges(self.clock.wall());
    }

    /// What a query may cost.
    pub(crate) fn query_limits(&self) -> Limits {
        query_limits(&self.config.query)
    }

    /// What programs may use, with all words that are stable.
    pub(crate) fn parse_options(&self) -> ParseOptions {
        parse_options(&self.config)
    }

    /// Counts a problem that is about a limit; every one that is answered comes by here.
    pub(crate) fn note(&self, problem: &Problem) {
        if let Some(key) = problem.limit_key() {
            self.telemetry.count(Metric::QueryLimits, [key, ""], 1);
        }
    }

    /// Runs a query on the pool: within the limits and the time of one, for as long as somebody waits
    /// for what it gives.
    ///
    /// # Errors
    /// As the query fails, when it takes too long, panics, or finds no place.
    pub(crate) async fn run_query<T: Send + 'static>(
        self: &Arc<Self>,
        id: &str,
        query: impl FnOnce(&Limits) -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, Problem> {
        let (watch, job) = self.cancellable(query);
        let ran = self.within_time("the query", self.queries.run(job)).await;
        drop(watch);
        ran?.unwrap_or_else(|error| Err(self.pool_problem(&error, id)))
    }

    /// A query as a job of the pool, which ends soon after what stands beside it is dropped.
    pub(crate) fn cancellable<T: Send + 'static>(
        self: &Arc<Self>,
        query: impl FnOnce(&Limits) -> Result<T, Problem> + Send + 'static,
    ) -> (
        CancelOnDrop,
        impl FnOnce() -> Result<T, Problem> + Send + 'static,
    ) {
        let watch = CancelOnDrop::new();
        let flag = watch.flag();
        let server = Arc::clone(self);
        let job = move || {
            let limits = Limits {
                cancel: Some(Arc::clone(&flag)),
                ..server.query_limits()
            };
            let answered = query(&limits);
            if flag.load(Ordering::Relaxed) {
                server.telemetry.count(Metric::QueryCancelled, ["", ""], 1);
            }
            answered
        };
        (watch, job)
    }

    /// What a future gives, if it does so in the time of a query.
    ///
    /// # Errors
    /// When it takes longer.
    pub(crate) async fn within_time<T>(
        &self,
        what: &str,
        work: impl Future<Output = T>,
    ) -> Result<T, Problem> {
        let limit_ms = self.config.query.time_max_ms.unsigned_abs();
        let ran = tokio::time::timeout(Duration::from_millis(limit_ms), work).await;
        ran.map_err(|_elapsed| {
            Problem::unavailable(format!("{what} took longer than {limit_ms} ms"))
                .with_hint("ask for fewer series or a shorter time")
                .with_limit(Reached {
                    key: "time_max",
                    value: limit_ms,
                })
        })
    }

    /// A round of a task that failed: counted and said.
    pub(crate) fn failed(&self, task: &'static str, error: &dyn Error) {
        self.telemetry.count(Metric::TaskFailures, [task, ""], 1);
        tracing::error!(task, "{}", chain(error));
    }

    /// A job that has no result, as an answer. The id leads from the answer to the log.
    pub(crate) fn pool_problem(&self, error: &PoolError, id: &str) -> Problem {
        match error {
            PoolError::Full => {
                self.telemetry.count(Metric::QueryRefused, ["full", ""], 1);
                Problem::unavailable(error)
                    .with_hint("try again in a moment")
                    .with_limit(Reached {
                        key: "waiting_max",
                        value: self.config.query.waiting_max as u64,
                    })
            }
            PoolError::Panicked(_) => {
                self.telemetry.count(Metric::QueryRefused, ["panic", ""], 1);
                tracing::error!(id, "{error}");
                Problem::fault(id)
            }
        }
    }
}

/// What a query may cost.
pub(crate) fn query_limits(config: &QueryConfig) -> Limits {
    let count = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
    Limits {
        lines_max: count(config.lines_max),
        datapoints_max: count(config.datapoints_max),
        input_points_max: count(config.input_points_max),
        answer_points_max: count(config.answer_points_max),
        groups_max: count(config.groups_max),
        work_points_max: count(config.work_points_max),
        data_exprs_max: config.data_exprs_max,
        parallel_points_min: PARALLEL_POINTS_MIN,
        cancel: None,
    }
}

/// What programs may use under a configuration, with all words that are stable.
pub(crate) fn parse_options(config: &Config) -> ParseOptions {
    ParseOptions {
        limits: config.query.language,
        own: config.language.clone(),
        ..ParseOptions::telamon()
    }
}

/// Ends an evaluation when its answer is no longer awaited.
#[derive(Debug)]
pub(crate) struct CancelOnDrop(Arc<AtomicBool>);

impl CancelOnDrop {
    /// Not cancelled yet.
    fn new() -> Self {
        Self(Arc::new(AtomicBool::new(false)))
    }

    /// What an evaluation looks at.
    fn flag(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.0)
    }
}

impl Drop for CancelOnDrop {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// An error with everything that caused it, on one line.
pub(crate) fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let said = error.to_string();
        // Transparent errors say what their source says.
        if !text.ends_with(&said) {
            text.push_str(": ");
            text.push_str(&said);
        }
        cause = error.source();
    }
    text
}

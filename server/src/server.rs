//! What one running server has: handed to every task and every handler.

use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use telamon_model::Timestamp;
use telamon_query::exec::Limits;
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::alerting::Alerting;
use crate::api::problem::Problem;
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
                Problem::unavailable(error).with_hint("try again in a moment")
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
        parallel_points_min: PARALLEL_POINTS_MIN,
        cancel: None,
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

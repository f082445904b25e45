//! What one running server has: handed to every task and every handler.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use telamon_model::Timestamp;

use crate::clock::Clock;
use crate::config::Config;
use crate::pool::Pool;
use crate::telemetry::Telemetry;
use crate::telemetry::names::Metric;

/// The parts of a running server.
#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) config: Config,
    pub(crate) clock: Arc<Clock>,
    pub(crate) telemetry: Arc<Telemetry>,
    /// Evaluates and draws.
    pub(crate) queries: Pool,
    /// Decodes, admits, appends and applies.
    pub(crate) writes: Pool,
    pub(crate) started: Timestamp,
    pub(crate) stopping: AtomicBool,
}

impl Server {
    /// Whether the server is about to end.
    pub(crate) fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::SeqCst)
    }

    /// Which parts work.
    pub(crate) fn health(&self) -> Vec<(&'static str, bool)> {
        vec![("clock", self.clock.stamp().is_ok())]
    }

    /// Reads what is only known when asked.
    pub(crate) fn refresh_gauges(&self) {
        let jobs = u32::try_from(self.queries.jobs()).unwrap_or(u32::MAX);
        self.telemetry.set(Metric::QueryWaiting, f64::from(jobs));
        let steps_back = u32::try_from(self.clock.steps_back()).unwrap_or(u32::MAX);
        self.telemetry
            .set(Metric::ClockStepsBack, f64::from(steps_back));
    }
}

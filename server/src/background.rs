//! What happens without a request: each task with its rhythm.
//!
//! ```text
//!   step boundary       ├─ flush agent lines, publish own metrics
//!   0.9 step + 2 s      ├─ heartbeat: idle partitions seal, expire, close steps   (mod step)
//!   each second         ├─ sync the log
//!   each minute         ├─ drop log files that retention no longer needs
//!   each closed step    └─ evaluate rules
//! ```
//!
//! Nothing here fails: a round that cannot do its work counts it, says so, and the next one tries
//! again.

use std::sync::Arc;
use std::time::Duration;

use telamon_ingest::Datapoint;
use telamon_model::Timestamp;

use crate::config::Fsync;
use crate::demo::history::DemoFleet;
use crate::engine::{Protocol, PublishError};
use crate::server::Server;
use crate::tasks::{Stop, Tasks};
use crate::telemetry::names::Metric;

/// The longest sleep of a rhythm: a wall clock that is set goes unnoticed no longer than this.
const NAP_MS: i64 = 250;
const TRIM_PERIOD_MS: i64 = 60_000;
/// How long a closed step waits at most for its evaluation to begin.
const CLOSED_NAP: Duration = Duration::from_millis(100);

/// Moments that come back: `phase` after each multiple of the period.
#[derive(Clone, Copy, Debug)]
struct Rhythm {
    period_ms: i64,
    phase_ms: i64,
}

impl Rhythm {
    /// Number of the last moment not after `now`.
    fn count(self, now: Timestamp) -> i64 {
        (now.as_millis() - self.phase_ms).div_euclid(self.period_ms)
    }

    /// Milliseconds until the next moment.
    fn until_next(self, now: Timestamp) -> i64 {
        (self.count(now) + 1) * self.period_ms + self.phase_ms - now.as_millis()
    }
}

/// Starts all of them.
pub(crate) fn start(server: &Arc<Server>, tasks: &Tasks, fleet: Option<DemoFleet>) {
    let step_ms = server.config.store.step.as_millis();
    let each_step = Rhythm {
        period_ms: step_ms,
        phase_ms: 0,
    };
    let heartbeat = Rhythm {
        period_ms: step_ms,
        phase_ms: (step_ms * 9 / 10 + 2000) % step_ms,
    };
    let every = |period_ms| Rhythm {
        period_ms,
        phase_ms: 0,
    };
    let rhythmic = |name, rhythm, round: fn(&Server)| {
        let (server, stop) = (Arc::clone(server), tasks.stop_signal());
        tasks.start(name, repeat(server, rhythm, stop, Task { name, round }));
    };
    rhythmic("flush-lines", each_step, flush_lines);
    rhythmic("own-metrics", each_step, publish_own_metrics);
    rhythmic("heartbeat", heartbeat, beat);
    rhythmic("trim", every(TRIM_PERIOD_MS), trim);
    if server.config.store.fsync == Fsync::Interval {
        rhythmic("sync", every(server.config.store.fsync_interval_ms), sync);
    }
    let (of_alerts, stop) = (Arc::clone(server), tasks.stop_signal());
    tasks.start("alerts", evaluate_rules(of_alerts, stop));
    if let Some(fleet) = fleet {
        let (of_fleet, stop) = (Arc::clone(server), tasks.stop_signal());
        tasks.start("fleet", publish_fleet(of_fleet, fleet, each_step, stop));
    }
}

/// Evaluates rules over each step that closed, in order, and tells what changed.
async fn evaluate_rules(server: Arc<Server>, mut stop: Stop) {
    while stop.sleep(CLOSED_NAP).await {
        let server_of_job = Arc::clone(&server);
        let ran = server.queries.run(move || {
            let clock = &server_of_job.clock;
            while let Some(step) = server_of_job.engine.next_closed(clock.elapsed_ms()) {
                let started_ms = clock.elapsed_ms();
                let telemetry = &server_of_job.telemetry;
                server_of_job.alerting.close(&step, telemetry);
                telemetry.time(Metric::AlertTime, "", clock.elapsed_ms() - started_ms);
            }
        });
        if let Err(error) = ran.await {
            server.failed("alerts", &error);
        }
    }
}

/// Publishes the samples of a made-up fleet as its steps end.
async fn publish_fleet(server: Arc<Server>, fleet: DemoFleet, rhythm: Rhythm, mut stop: Stop) {
    let fleet = Arc::new(fleet);
    let mut done = fleet.history().end.plus(-1);
    loop {
        let now = server.clock.wall();
        let ended = server.config.store.step.slot_ended_by(now);
        if ended <= done {
            let nap_ms = rhythm.until_next(now).clamp(1, NAP_MS);
            if !stop
                .sleep(Duration::from_millis(nap_ms.unsigned_abs()))
                .await
            {
                return;
            }
            continue;
        }
        // After a pause of the machine only what is still admissible is made up for.
        done = done.plus(1).max(ended.plus(-1));
        let (slot, fleet, of_job) = (done, Arc::clone(&fleet), Arc::clone(&server));
        let ran = server.writes.run(move || -> Result<(), PublishError> {
            let Ok(now) = of_job.stamp() else {
                return Ok(());
            };
            of_job
                .engine
                .append(now, fleet.batch_at(slot), Protocol::Demo)
        });
        match ran.await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => server.failed("fleet", &error),
            Err(error) => server.failed("fleet", &error),
        }
    }
}

#[derive(Clone, Copy)]
struct Task {
    name: &'static str,
    round: fn(&Server),
}

/// Runs a round at each moment of the rhythm, on the pool of writers.
async fn repeat(server: Arc<Server>, rhythm: Rhythm, mut stop: Stop, task: Task) {
    let mut done = rhythm.count(server.clock.wall());
    loop {
        let now = server.clock.wall();
        let count = rhythm.count(now);
        if count == done {
            let nap_ms = rhythm.until_next(now).clamp(1, NAP_MS);
            if !stop
                .sleep(Duration::from_millis(nap_ms.unsigned_abs()))
                .await
            {
                return;
            }
            continue;
        }
        done = count;
        let server_of_job = Arc::clone(&server);
        let ran = server
            .writes
            .run(move || (task.round)(&server_of_job))
            .await;
        if let Err(error) = ran {
            server
                .telemetry
                .count(Metric::TaskFailures, [task.name, ""], 1);
            tracing::warn!(task = task.name, "round skipped: {error}");
        }
    }
}

fn beat(server: &Server) {
    let Ok(now) = server.stamp() else { return };
    if let Err(error) = server.engine.heartbeat(now) {
        server.failed("heartbeat", &error);
    }
}

fn sync(server: &Server) {
    if let Err(error) = server.engine.sync() {
        server.failed("sync", &error);
    }
}

fn trim(server: &Server) {
    match server.engine.trim() {
        Ok(0) => {}
        Ok(files) => tracing::info!(files, "retention removed log files"),
        Err(error) => server.failed("trim", &error),
    }
}

fn flush_lines(server: &Server) {
    let Ok(now) = server.stamp() else { return };
    if let Err(error) = server.lines.flush(now, &server.engine, &server.telemetry) {
        server.failed("flush-lines", &error);
    }
}

fn publish_own_metrics(server: &Server) {
    let Ok(now) = server.stamp() else { return };
    server.refresh_gauges();
    let step = server.config.store.step;
    let timestamp = step.end_of(step.slot_ended_by(now));
    let points = server.telemetry.take_step(step);
    let datapoints: Vec<Datapoint> = points
        .into_iter()
        .map(|(tags, value)| Datapoint {
            tags,
            timestamp,
            value,
        })
        .collect();
    if let Err(error) = server.engine.take(now, &datapoints, Protocol::Own) {
        server.failed("own-metrics", &error);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heartbeats_come_a_little_after_most_of_a_step() {
        let rhythm = |step_ms: i64| Rhythm {
            period_ms: step_ms,
            phase_ms: (step_ms * 9 / 10 + 2000) % step_ms,
        };
        assert_eq!(rhythm(10_000).phase_ms, 1000);
        assert_eq!(rhythm(60_000).phase_ms, 56_000);
        let ten = rhythm(10_000);
        assert_eq!(ten.until_next(Timestamp(20_000)), 1000);
        assert_eq!(ten.until_next(Timestamp(21_000)), 10_000);
        assert_eq!(
            ten.count(Timestamp(20_999)) + 1,
            ten.count(Timestamp(21_000))
        );
    }
}

//! Agent lines: packets into the aggregator of the open step, its datapoints into the engine.
//!
//! The aggregator is the ingest room's; here are the lock around it, the clock it is driven by, and
//! the counts it keeps. Lines are not acknowledged: what is lost with a crash is the open step.

use std::sync::{Mutex, MutexGuard, PoisonError};

use telamon_ingest::aggregate::{
    AggregatorCounts, AggregatorLimits, AggregatorOptions, LineDrop, METER_TTL_MS, StepAggregator,
};
use telamon_ingest::{Datapoint, LineReason};
use telamon_model::{Step, Tags, Timestamp};

use crate::engine::{Engine, Protocol, PublishError};
use crate::telemetry::Telemetry;
use crate::telemetry::names::Metric;

/// The way of lines.
#[derive(Debug)]
pub(crate) struct Lines(Mutex<State>);

#[derive(Debug)]
struct State {
    aggregator: StepAggregator,
    /// Datapoints of steps that a packet found ended, until the next flush takes them.
    ended: Vec<Datapoint>,
    /// Counts that telemetry knows already.
    told: AggregatorCounts,
}

impl Lines {
    /// No line yet.
    pub(crate) fn new(step: Step) -> Self {
        let options = AggregatorOptions {
            step,
            common_tags: Tags::empty(),
            meter_ttl_ms: METER_TTL_MS,
            limits: AggregatorLimits::STANDARD,
        };
        Self(Mutex::new(State {
            aggregator: StepAggregator::new(options),
            ended: Vec::new(),
            told: AggregatorCounts::default(),
        }))
    }

    /// Takes a packet into the open step.
    pub(crate) fn packet(&self, packet: &[u8], now: Timestamp) {
        let mut state = self.state();
        let mut ended = state.aggregator.advance(now);
        state.ended.append(&mut ended);
        for reject in state.aggregator.packet(packet, now) {
            tracing::debug!(?reject, "a line was refused");
        }
    }

    /// Stores the steps that have ended.
    ///
    /// # Errors
    /// If the engine refuses.
    pub(crate) fn flush(
        &self,
        now: Timestamp,
        engine: &Engine,
        telemetry: &Telemetry,
    ) -> Result<(), PublishError> {
        self.store(now, engine, telemetry, StepAggregator::advance)
    }

    /// Stores the open step too: nothing comes after it.
    ///
    /// # Errors
    /// If the engine refuses.
    pub(crate) fn finish(
        &self,
        now: Timestamp,
        engine: &Engine,
        telemetry: &Telemetry,
    ) -> Result<(), PublishError> {
        self.store(now, engine, telemetry, StepAggregator::flush)
    }

    fn store(
        &self,
        now: Timestamp,
        engine: &Engine,
        telemetry: &Telemetry,
        close: fn(&mut StepAggregator, Timestamp) -> Vec<Datapoint>,
    ) -> Result<(), PublishError> {
        let datapoints = {
            let mut state = self.state();
            let mut datapoints = std::mem::take(&mut state.ended);
            datapoints.append(&mut close(&mut state.aggregator, now));
            state.tell(telemetry);
            datapoints
        };
        if !datapoints.is_empty() {
            engine.take(now, &datapoints, Protocol::Lines)?;
        }
        Ok(())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Counts what was refused since the last time.
    fn tell(&mut self, telemetry: &Telemetry) {
        let counts = *self.aggregator.counts();
        let refused = |reason: &'static str, now: u64, before: u64| {
            let tags = [Protocol::Lines.name(), reason];
            telemetry.count(Metric::IngestRejected, tags, now - before);
        };
        for reason in LineReason::ALL {
            refused(
                reason.name(),
                counts.rejected(reason),
                self.told.rejected(reason),
            );
        }
        for reason in LineDrop::ALL {
            refused(
                reason.name(),
                counts.dropped(reason),
                self.told.dropped(reason),
            );
        }
        self.told = counts;
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use telamon_model::Timestamp;

    use crate::testing::TestServer;

    const STEP: i64 = 10_000;

    #[tokio::test]
    async fn lines_become_datapoints_at_the_end_of_their_step() {
        let start = 1_700_000_001_000;
        let server = TestServer::held("", start).await;
        let socket = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
        let packet = b"c:hello,app=me:5\nc:hello,app=me:15\ng:level:3.5\nx:broken:1\nnonsense";
        socket
            .send_to(packet, server.running.udp_address().unwrap())
            .unwrap();
        server.wait_for("telamon_udp_packets_total 1").await;
        let hand = server.hand.as_ref().unwrap();
        let end = start / STEP * STEP + STEP;
        hand.set(Timestamp(end + 100));
        server
            .wait_for("telamon_ingest_accepted_total{protocol=\"lines\"} 2")
            .await;
        hand.set(Timestamp(end + STEP));
        let uri = "/api/v1/graph?q=name,hello,:eq,:sum,name,level,:eq,:max&s=e-20s&format=json";
        let graph = server.get(uri).await.json();
        assert_eq!(graph["legend"], serde_json::json!(["hello", "level"]));
        assert_eq!(graph["start"], end);
        // Twenty in ten seconds are two a second.
        assert_eq!(graph["values"][0], serde_json::json!([2.0, 3.5]));
        let metrics = server.get("/metrics").await.text();
        assert!(
            metrics.contains("telamon_ingest_rejected_total{protocol=\"lines\""),
            "{metrics}"
        );
        server.running.stop().await.unwrap();
    }

    impl TestServer {
        /// Polls the metrics until they hold a text.
        async fn wait_for(&self, text: &str) {
            for _ in 0..2000 {
                if self.get("/metrics").await.text().contains(text) {
                    return;
                }
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            panic!(
                "waited in vain for {text}: {}",
                self.get("/metrics").await.text()
            );
        }
    }
}

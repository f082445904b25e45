//! What a seed decides before anything happens: step, partitions, retention, policies, rules.

use telamon_model::{PartitionCount, Step};
use telamon_store::Options;
use telamon_store::log::FileLogOptions;

use super::chance::Chance;

/// When the log is made durable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fsync {
    /// Before each answer to a publisher.
    Always,
    /// Each so many milliseconds.
    Interval(i64),
    /// Only where the log itself needs it.
    Never,
}

/// The parameters of a run.
#[derive(Clone, Debug)]
pub(crate) struct Setting {
    pub(crate) step_ms: i64,
    pub(crate) partitions: u16,
    pub(crate) block_slots: i64,
    pub(crate) retention_ms: i64,
    pub(crate) age_max_ms: i64,
    pub(crate) fsync: Fsync,
    pub(crate) log: FileLogOptions,
    /// Mean time between two events that are no beats.
    pub(crate) gap_ms: i64,
    pub(crate) trim_ms: i64,
    /// Thresholds of the three rules.
    pub(crate) thresholds: [f64; 3],
}

impl Setting {
    pub(crate) fn new(chance: &mut Chance) -> Self {
        let step_ms = chance.pick(&[1_000, 5_000, 7_000, 10_000, 10_000, 10_000, 60_000]);
        let block_slots = chance.pick(&[1, 5, 8, 12, 20, 64, 72]);
        let age_max_ms = chance.pick(&[60_000, 60_000, 2 * step_ms, 20_000]);
        // The shortest that the options allow, and some more.
        let seal_after_ms = age_max_ms + 120_000.max(2 * step_ms);
        let least_ms = 2 * block_slots * step_ms + seal_after_ms;
        Self {
            step_ms,
            partitions: chance.pick(&[1, 2, 3, 4]),
            block_slots,
            retention_ms: least_ms + chance.pick(&[0, 1, step_ms, 200_000, 900_000]),
            age_max_ms,
            fsync: chance.pick(&[
                Fsync::Always,
                Fsync::Always,
                Fsync::Interval(step_ms),
                Fsync::Interval(3 * step_ms),
                Fsync::Never,
            ]),
            log: FileLogOptions {
                file_bytes_max: chance.pick(&[400, 3_000, 20_000, 60_000]),
                file_span_ms: chance.pick(&[2 * step_ms, 60_000, 600_000, 3_600_000]),
            },
            gap_ms: step_ms / chance.within(4..=12),
            trim_ms: 60_000.max(step_ms) * chance.pick(&[1, 1, 5, 1_000_000]),
            thresholds: [
                chance.pick(&[5.0, 20.0, 60.0]),
                chance.pick(&[5.0, 10.0, 15.0]),
                chance.pick(&[1.0, 8.0, 30.0]),
            ],
        }
    }

    pub(crate) fn step(&self) -> Step {
        Step::from_millis(self.step_ms).expect("a positive step")
    }

    pub(crate) fn options(&self, partitions: u16) -> Options {
        Options {
            step: self.step(),
            partitions: PartitionCount::new(partitions).expect("one at least"),
            block_slots: u32::try_from(self.block_slots).expect("small"),
            retention_ms: self.retention_ms,
            age_max_ms: self.age_max_ms,
        }
    }

    /// How far back a counter fills steps that it missed.
    pub(crate) fn counter_heartbeat_ms(&self) -> i64 {
        if self.step_ms < 60_000 {
            120_000
        } else {
            2 * self.step_ms
        }
    }

    /// A slot seals so long after its end.
    pub(crate) fn seal_after_ms(&self) -> i64 {
        self.age_max_ms + 120_000.max(2 * self.step_ms)
    }

    /// What a normaliser remembers is forgotten so long after the last point.
    pub(crate) fn forget_after_ms(&self) -> i64 {
        let least = self.seal_after_ms() + self.step_ms + self.counter_heartbeat_ms();
        least.max(self.block_slots * self.step_ms)
    }

    /// A step closes at the latest so long after its end.
    pub(crate) fn close_after_ms(&self) -> i64 {
        self.step_ms * 9 / 10 + 2_000
    }

    /// The slot that holds an instant: it is named by the step end that is not before it.
    pub(crate) fn slot_holding(&self, time_ms: i64) -> i64 {
        -(-time_ms).div_euclid(self.step_ms)
    }

    /// The first slot that retention keeps.
    pub(crate) fn first_held(&self, clock_ms: i64) -> i64 {
        let oldest = self.slot_holding(clock_ms - self.retention_ms);
        (oldest - 1).div_euclid(self.block_slots) * self.block_slots + 1
    }

    /// The rules as a file.
    pub(crate) fn rules(&self) -> String {
        let [grouped, dampened, alone] = self.thresholds;
        let step_s = self.step_ms / 1000;
        let (two, three) = (2 * step_s, 3 * step_s);
        format!(
            "groups:\n\
             - name: every-step\n\
             \x20 rules:\n\
             \x20 - alert: Grouped\n\
             \x20   expr: name,load,:eq,:sum,(,nf.cluster,),:by,{grouped},:gt\n\
             \x20   for: {two}s\n\
             \x20 - alert: Dampened\n\
             \x20   expr: name,load,:eq,:max,(,nf.node,),:by,{dampened},:gt,3,:rolling-count,2,:ge\n\
             \x20   keep_firing_for: {three}s\n\
             - name: every-third-step\n\
             \x20 interval: {three}s\n\
             \x20 rules:\n\
             \x20 - alert: Alone\n\
             \x20   expr: name,req,:eq,:sum,{alone},:lt\n\
             \x20   for: {three}s\n"
        )
    }
}

//! Time: the only reader of the wall clock and of the boot-time clock.
//!
//! Takes two clocks of the machine, gives [`Timestamp`]s to stamp records with. A wall clock that
//! runs away ahead would drag log time, the store's only clock, past every honest sample; so a
//! jump ahead of the boot-time clock stops the stamping until a person accepts it. A step back is
//! absorbed: time stands still until the wall clock has caught up.
//!
//! ```text
//!   wall - boot  ─────────┐ anchor        ┌──── jump: refuse to stamp
//!                         └───────────────┘
//! ```

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Mutex, PoisonError};

use telamon_model::Timestamp;
use telamon_model::duration::format_millis;

use crate::config::ClockConfig;

/// The clock of one server.
#[derive(Debug)]
pub struct Clock {
    source: Source,
    guard: Mutex<Guard>,
}

/// Moves a held clock.
#[derive(Clone, Debug)]
pub struct Hand(Arc<AtomicI64>);

#[derive(Debug)]
enum Source {
    System,
    Held(Arc<AtomicI64>),
}

/// Why nothing may be stamped now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the wall clock jumped {} ahead of the boot-time clock: nothing is stamped until it returns or \
     the jump is accepted (POST /-/accept-clock, or clock.accept_jumps)", format_millis(*ahead_ms)
)]
pub struct ClockJumped {
    /// How far ahead, in milliseconds.
    pub ahead_ms: i64,
}

/// The rules, apart from the machine.
#[derive(Debug)]
struct Guard {
    config: ClockConfig,
    /// Wall minus boot when the server started or a jump was accepted; `None` before the first
    /// reading.
    anchor_ms: Option<i64>,
    /// What the wall clock showed at the last reading.
    last_wall: Timestamp,
    /// The last answer.
    last: Timestamp,
    steps_back: u64,
    is_stopped: bool,
}

impl Clock {
    /// The machine's clocks.
    pub fn system(config: ClockConfig) -> Self {
        Self::new(Source::System, config)
    }

    /// A clock that stands where its hand was set, for tests and for loading history.
    pub fn held(at: Timestamp) -> (Self, Hand) {
        let time = Arc::new(AtomicI64::new(at.as_millis()));
        let config = ClockConfig {
            ahead_max_ms: i64::MAX,
            accept_jumps: true,
        };
        let clock = Self::new(Source::Held(Arc::clone(&time)), config);
        (clock, Hand(time))
    }

    fn new(source: Source, config: ClockConfig) -> Self {
        Self {
            source,
            guard: Mutex::new(Guard {
                config,
                anchor_ms: None,
                last_wall: Timestamp(i64::MIN),
                last: Timestamp(i64::MIN),
                steps_back: 0,
                is_stopped: false,
            }),
        }
    }

    /// The time to stamp records with; never before an earlier answer.
    ///
    /// # Errors
    /// While the wall clock runs ahead of the boot-time clock.
    pub fn stamp(&self) -> Result<Timestamp, ClockJumped> {
        let mut guard = self.guard.lock().unwrap_or_else(PoisonError::into_inner);
        // Read under the lock, so that two threads cannot look like a step back.
        let (wall, boot_ms) = self.read();
        guard.check(wall, boot_ms)
    }

    /// What the wall clock shows, for questions like "the last three hours".
    pub fn wall(&self) -> Timestamp {
        self.read().0
    }

    /// Milliseconds of the boot-time clock: for measuring, never for stamping.
    pub fn elapsed_ms(&self) -> i64 {
        self.read().1
    }

    /// Microseconds of a clock that only runs forward, for measuring parts of a request.
    pub fn elapsed_us(&self) -> i64 {
        match &self.source {
            Source::System => monotonic_us(),
            Source::Held(time) => time.load(Ordering::SeqCst).saturating_mul(1000),
        }
    }

    /// How often the wall clock stepped back.
    pub fn steps_back(&self) -> u64 {
        self.guard
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .steps_back
    }

    /// Takes the wall clock as it is now for right.
    pub fn accept(&self) {
        let mut guard = self.guard.lock().unwrap_or_else(PoisonError::into_inner);
        guard.anchor_ms = None;
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "this is the one place that reads the clock"
    )]
    fn read(&self) -> (Timestamp, i64) {
        match &self.source {
            Source::System => {
                let wall = std::time::SystemTime::now()
                    .duration_since(std::time::UNIX_EPOCH)
                    .map_or(0, |since| {
                        i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
                    });
                (Timestamp(wall), boot_ms())
            }
            Source::Held(time) => {
                let now = time.load(Ordering::SeqCst);
                (Timestamp(now), now)
            }
        }
    }
}

impl Hand {
    /// Sets the clock.
    pub fn set(&self, to: Timestamp) {
        self.0.store(to.as_millis(), Ordering::SeqCst);
    }
}

impl Guard {
    fn check(&mut self, wall: Timestamp, boot_ms: i64) -> Result<Timestamp, ClockJumped> {
        let offset_ms = wall.as_millis().saturating_sub(boot_ms);
        let anchor_ms = *self.anchor_ms.get_or_insert(offset_ms);
        let ahead_ms = offset_ms.saturating_sub(anchor_ms);
        if ahead_ms > self.config.ahead_max_ms && !self.config.accept_jumps {
            if !self.is_stopped {
                self.is_stopped = true;
                tracing::error!(ahead_ms, "{}", ClockJumped { ahead_ms });
            }
            return Err(ClockJumped { ahead_ms });
        }
        if self.is_stopped {
            self.is_stopped = false;
            tracing::info!("the clock is trusted again");
        }
        if wall < self.last_wall {
            self.steps_back += 1;
            let back_ms = self.last_wall.millis_since(wall);
            tracing::warn!(
                back_ms,
                "the wall clock stepped back; time stands still until it catches up"
            );
        }
        self.last_wall = wall;
        self.last = self.last.max(wall);
        Ok(self.last)
    }
}

/// Microseconds since some moment before the process began.
fn monotonic_us() -> i64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
    time.tv_sec
        .saturating_mul(1_000_000)
        .saturating_add(time.tv_nsec / 1000)
}

/// Milliseconds since boot, suspend included where the system counts it.
fn boot_ms() -> i64 {
    #[cfg(target_os = "linux")]
    let clock = rustix::time::ClockId::Boottime;
    #[cfg(not(target_os = "linux"))]
    let clock = rustix::time::ClockId::Monotonic;
    let time = rustix::time::clock_gettime(clock);
    time.tv_sec
        .saturating_mul(1000)
        .saturating_add(time.tv_nsec / 1_000_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads (wall, boot) pairs and lists the answers; `None` is a refusal.
    fn check(readings: &[(i64, i64)]) -> (Vec<Option<i64>>, u64) {
        let config = ClockConfig {
            ahead_max_ms: 60_000,
            accept_jumps: false,
        };
        let clock = Clock::new(Source::System, config);
        let mut guard = clock.guard.into_inner().unwrap();
        let answers = readings
            .iter()
            .map(|&(wall, boot)| guard.check(Timestamp(wall), boot).ok().map(|now| now.0))
            .collect();
        (answers, guard.steps_back)
    }

    #[test]
    fn time_follows_the_wall_clock() {
        let (answers, _) = check(&[(1_000_000, 5), (1_030_000, 30_000), (1_090_000, 31_000)]);
        assert_eq!(answers, [Some(1_000_000), Some(1_030_000), Some(1_090_000)]);
    }

    #[test]
    fn a_jump_ahead_stops_the_stamping_until_it_is_over() {
        let (answers, _) = check(&[(1_000_000, 0), (1_060_002, 1), (1_000_002, 2)]);
        assert_eq!(answers, [Some(1_000_000), None, Some(1_000_002)]);
    }

    #[test]
    fn a_suspended_machine_is_no_jump() {
        let (answers, _) = check(&[(1_000_000, 0), (9_000_000, 8_000_000)]);
        assert_eq!(answers, [Some(1_000_000), Some(9_000_000)]);
    }

    #[test]
    fn a_step_back_is_absorbed_and_counted_once() {
        let (answers, steps_back) = check(&[
            (1_000_000, 0),
            (900_000, 1),
            (900_001, 2),
            (1_000_005, 100_005),
        ]);
        assert_eq!(
            answers,
            [
                Some(1_000_000),
                Some(1_000_000),
                Some(1_000_000),
                Some(1_000_005)
            ]
        );
        assert_eq!(steps_back, 1);
    }

    #[test]
    fn the_system_clock_is_read() {
        let clock = Clock::system(ClockConfig {
            ahead_max_ms: 60_000,
            accept_jumps: false,
        });
        let first = clock.stamp().unwrap();
        assert!(first.as_millis() > 1_600_000_000_000);
        assert!(clock.stamp().unwrap() >= first);
    }

    #[test]
    fn an_accepted_jump_is_the_new_truth() {
        let config = ClockConfig {
            ahead_max_ms: 60_000,
            accept_jumps: false,
        };
        let clock = Clock::new(Source::System, config);
        clock.guard.lock().unwrap().check(Timestamp(0), 0).unwrap();
        clock
            .guard
            .lock()
            .unwrap()
            .check(Timestamp(100_000), 0)
            .unwrap_err();
        clock.accept();
        clock
            .guard
            .lock()
            .unwrap()
            .check(Timestamp(100_000), 0)
            .unwrap();
    }
}

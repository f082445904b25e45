//! The simulation: admission, log, store, query and alerts in one thread on a virtual clock.
//!
//! Takes a seed, gives a verdict. Publishers of all types send into a small house that is put
//! together as the server does it; the disk below it tears, forgets, lies and fills up, the process
//! and the machine crash; and a naive model says after every event what must be true. The same seed
//! is the same run, always. What is promised and what cannot be seen stands in
//! `docs/decisions/0018-simulation.md`.
//!
//! ```text
//!   seed ─► setting, fleet, events ─┬─► rooms: ingest ─► store (log on a faulty disk) ─► query, alert
//!                                   └─► model: maps, exact sums, closes, alerts        ═ compared
//! ```

mod aftermath;
mod ask;
mod bigsum;
pub(crate) mod chance;
mod fleet;
mod life;
mod model;
mod publish;
mod question;
mod restart;
mod run;
mod setting;
mod story;
mod tape;
mod told;
mod universe;

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};

use run::Run;

/// Steps of a run unless somebody asks for another number.
pub const STEPS: u64 = 1_000;

/// What happened in a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is a number of what its name says")]
pub struct Counts {
    pub steps: u64,
    pub beats: u64,
    pub publishes: u64,
    pub queries: u64,
    pub faults: u64,
    pub crashes: u64,
    pub clock_steps: u64,
    pub pauses: u64,
    /// Samples that were admitted.
    pub samples: u64,
    /// Appends and syncs that failed because of a fault.
    pub refused: u64,
    /// Lines of answers that were compared.
    pub lines: u64,
    pub closed: u64,
    pub transitions: u64,
    /// Restarts whose digest was compared with that of a twin.
    pub twins: u64,
}

impl Counts {
    /// Adds those of another run.
    pub fn add(&mut self, other: &Self) {
        self.steps += other.steps;
        self.beats += other.beats;
        self.publishes += other.publishes;
        self.queries += other.queries;
        self.faults += other.faults;
        self.crashes += other.crashes;
        self.clock_steps += other.clock_steps;
        self.pauses += other.pauses;
        self.samples += other.samples;
        self.refused += other.refused;
        self.lines += other.lines;
        self.closed += other.closed;
        self.transitions += other.transitions;
        self.twins += other.twins;
    }
}

/// Something that is not as it must be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Finding(String);

impl Finding {
    pub(crate) fn new(what: String) -> Self {
        Self(what)
    }
}

/// A seed that failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The seed.
    pub seed: u64,
    /// The first number of steps with which it fails.
    pub steps: u64,
    /// What is wrong.
    pub what: String,
    /// The last events.
    pub story: String,
}

impl fmt::Display for Failure {
    /// What is wrong, what led to it, and how to see it again.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            seed,
            steps,
            what,
            story,
        } = self;
        writeln!(f, "seed {seed} fails at step {steps}: {what}")?;
        writeln!(f, "{story}")?;
        write!(
            f,
            "again: cargo run --release -p telamon-tests --bin sim -- --seeds {seed}..{} --steps \
             {steps}",
            seed + 1
        )
    }
}

/// Runs one seed for so many steps.
///
/// # Errors
/// With the first finding; the seed was run a second time to tell its story. A panic is a finding.
pub fn run(seed: u64, steps: u64) -> Result<Counts, Box<Failure>> {
    let (what, failed_at) = match attempt(seed, steps, false) {
        Ok(counts) => return Ok(counts),
        Err(attempt) => (attempt.what, attempt.steps),
    };
    // Every run of fewer steps is a beginning of this one, so no shorter one fails.
    let told = attempt(seed, failed_at, true);
    let story = match told {
        Err(again) if again.what == what => again.story,
        Err(again) => format!(
            "another run of the seed found something else: {}",
            again.what
        ),
        Ok(_) => "another run of the seed found nothing".to_owned(),
    };
    Err(Box::new(Failure {
        seed,
        steps: failed_at,
        what,
        story,
    }))
}

struct Attempt {
    steps: u64,
    what: String,
    story: String,
}

fn attempt(seed: u64, steps: u64, is_told: bool) -> Result<Counts, Attempt> {
    let done = AtomicU64::new(0);
    let story = std::sync::Mutex::new(String::new());
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        let mut run = Run::new(seed, is_told)?;
        for step in 1..=steps {
            done.store(step, Ordering::Relaxed);
            let outcome = catch_unwind(AssertUnwindSafe(|| run.step()));
            let outcome = outcome.unwrap_or_else(|panic| Err(panicked(panic.as_ref())));
            if let Err(finding) = outcome {
                *story.lock().expect("nobody panics here") = run.story.into_text();
                return Err(finding);
            }
        }
        Ok(run.counts)
    }));
    match outcome {
        Ok(Ok(counts)) => Ok(counts),
        Ok(Err(Finding(what))) => Err(Attempt {
            steps: done.into_inner(),
            what,
            story: story.into_inner().unwrap_or_default(),
        }),
        Err(panic) => Err(Attempt {
            steps: done.into_inner(),
            what: panicked(panic.as_ref()).0,
            story: String::new(),
        }),
    }
}

fn panicked(panic: &(dyn std::any::Any + Send)) -> Finding {
    let text = panic
        .downcast_ref::<String>()
        .cloned()
        .or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
    Finding::new(format!("panic: {}", text.unwrap_or_default()))
}

/// The seeds of `tests/seeds.txt`: one a line with the steps to run, `#` begins a comment.
///
/// # Errors
/// With the first line that is no seed.
pub fn kept_seeds(text: &str) -> Result<Vec<(u64, u64)>, String> {
    let lines = text
        .lines()
        .map(|line| line.split('#').next().unwrap_or("").trim());
    let mut seeds = Vec::new();
    for line in lines.filter(|line| !line.is_empty()) {
        let mut words = line.split_whitespace().map(str::parse);
        match (words.next(), words.next(), words.next()) {
            (Some(Ok(seed)), Some(Ok(steps)), None) => seeds.push((seed, steps)),
            _ => return Err(format!("`{line}` is not a seed and a number of steps")),
        }
    }
    Ok(seeds)
}

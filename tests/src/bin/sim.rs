//! Runs seeds of the simulation on all cores, each in one thread.
//!
//! `sim --seeds 0..500` runs five hundred; a seed that fails tells its story and how to see it again.
#![expect(
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a program for people, which says how long it took"
)]

use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use clap::Parser;
use telamon_tests::sim::{self, Counts};

/// Simulates the house under faults and crashes.
#[derive(Debug, Parser)]
struct Arguments {
    /// Seeds to run, as in 0..500.
    #[arg(long, value_parser = range)]
    seeds: std::ops::Range<u64>,
    /// Steps of each seed.
    #[arg(long, default_value_t = sim::STEPS)]
    steps: u64,
    /// Threads; all cores when left out.
    #[arg(long)]
    threads: Option<usize>,
    /// Failing seeds after which no more are begun.
    #[arg(long, default_value_t = 3)]
    failures_max: u64,
}

/// Seeds on their way.
struct Round {
    arguments: Arguments,
    next: AtomicU64,
    failed: AtomicU64,
    /// What happened, and in how many seeds.
    total: Mutex<(Counts, u64)>,
}

impl Round {
    /// Runs the next seed; `false` when there is none left or enough have failed.
    fn run_next(&self) -> bool {
        let seed = self.next.fetch_add(1, Ordering::Relaxed);
        let has_failed = self.failed.load(Ordering::Relaxed) >= self.arguments.failures_max;
        if has_failed || seed >= self.arguments.seeds.end {
            return false;
        }
        match sim::run(seed, self.arguments.steps) {
            Ok(counts) => {
                let mut total = self.total.lock().unwrap_or_else(PoisonError::into_inner);
                total.0.add(&counts);
                total.1 += 1;
            }
            Err(failure) => {
                self.failed.fetch_add(1, Ordering::Relaxed);
                println!("{failure}\n");
            }
        }
        true
    }
}

fn range(text: &str) -> Result<std::ops::Range<u64>, String> {
    let bad = || format!("`{text}` is no range of seeds such as 0..500");
    let (start, end) = text.split_once("..").ok_or_else(bad)?;
    let (start, end) = (start.parse().ok(), end.parse().ok());
    start
        .zip(end)
        .map(|(start, end)| start..end)
        .ok_or_else(bad)
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let threads = arguments
        .threads
        .or_else(|| std::thread::available_parallelism().map(usize::from).ok())
        .unwrap_or(1);
    let started = Instant::now();
    let round = Round {
        next: AtomicU64::new(arguments.seeds.start),
        failed: AtomicU64::new(0),
        total: Mutex::default(),
        arguments,
    };
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| while round.run_next() {});
        }
    });
    let (counts, seeds) = round
        .total
        .into_inner()
        .unwrap_or_else(PoisonError::into_inner);
    let failed = round.failed.into_inner();
    let seconds = started.elapsed().as_secs_f64();
    println!("{}", summary(&counts, seeds, seconds));
    println!("sim: {failed} findings");
    if failed == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

#[expect(clippy::cast_precision_loss, reason = "for people")]
fn summary(counts: &Counts, seeds: u64, seconds: f64) -> String {
    let Counts {
        steps,
        beats,
        publishes,
        queries,
        faults,
        crashes,
        clock_steps,
        pauses,
        samples,
        refused,
        lines,
        closed,
        transitions,
        twins,
    } = counts;
    format!(
        "sim: {seeds} seeds, {steps} steps in {seconds:.1} s ({:.0} steps/s)\n\
         sim: {beats} beats, {publishes} publishes, {queries} queries, {faults} faults, {crashes} \
         crashes, {clock_steps} clock steps, {pauses} pauses\n\
         sim: {samples} samples admitted, {refused} appends or syncs refused by the disk, {lines} \
         lines compared, {closed} steps closed, {transitions} alert transitions, {twins} twins",
        *steps as f64 / seconds
    )
}

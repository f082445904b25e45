//! Tries programs for a while: `fuzz queries --minutes 10 --seed 7`.
//!
//! What is about to be run stands in `target/fuzz/TARGET-SEED.txt`, so that a program that kills the
//! process or never ends can be read there. A program that runs longer than the patience ends it.
#![expect(
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a program for people, which runs for so many minutes"
)]

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, anyhow};
use clap::Parser;
use telamon_tests::fuzz::{self, Tally, Target};

/// The stack of a thread of the query pool.
const STACK_BYTES: usize = 2 << 20;
/// Real time that one program may take, with all its laws, on a busy machine.
const PATIENCE: Duration = Duration::from_secs(120);
/// A line of progress so often.
const TOLD_EVERY: Duration = Duration::from_secs(60);

/// Runs programs by chance through the laws of a target.
#[derive(Debug, Parser)]
struct Arguments {
    /// tokens, programs, queries or graphs.
    #[arg(value_parser = target)]
    target: Target,
    /// How long.
    #[arg(long, default_value_t = 10.0)]
    minutes: f64,
    /// Where chance starts.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

fn target(name: &str) -> Result<Target, String> {
    let names = Target::ALL.map(Target::name).join(", ");
    Target::of_name(name).ok_or_else(|| format!("one of {names}"))
}

fn main() -> anyhow::Result<ExitCode> {
    let arguments = Arguments::parse();
    let folder = Path::new("target/fuzz");
    std::fs::create_dir_all(folder).context("making target/fuzz")?;
    let name = format!("{}-{}.txt", arguments.target.name(), arguments.seed);
    let current = File::create(folder.join(name)).context("making a file of target/fuzz")?;
    // The laws catch panics and tell them with their program.
    std::panic::set_hook(Box::new(|_panic| {}));
    let ran = std::thread::Builder::new()
        .stack_size(STACK_BYTES)
        .spawn(move || {
            let begun = Instant::now();
            let tally = watched(&arguments, &current);
            (tally, arguments, begun.elapsed())
        })?;
    let (tally, arguments, took) = ran.join().map_err(|_panic| anyhow!("the run panicked"))?;
    for finding in &tally.findings {
        println!("{finding}\n");
    }
    println!("{}", told(&arguments, &tally, took));
    Ok(match tally.findings.len() {
        0 => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    })
}

/// Runs while a second thread looks at how long each program takes.
fn watched(arguments: &Arguments, current: &File) -> Tally {
    let begun = Instant::now();
    let limit = Duration::from_secs_f64(arguments.minutes * 60.0);
    let number = AtomicU64::new(0);
    let mut told_at = begun;
    std::thread::scope(|scope| {
        let (stop, stopped) = std::sync::mpsc::channel::<()>();
        let seen = &number;
        scope.spawn(move || {
            let mut last = u64::MAX;
            while stopped
                .recv_timeout(PATIENCE)
                .is_err_and(|error| error == std::sync::mpsc::RecvTimeoutError::Timeout)
            {
                let now = seen.load(Ordering::Relaxed);
                if now == last {
                    println!("a program does not end: it stands in target/fuzz");
                    std::process::abort();
                }
                last = now;
            }
        });
        let tally = fuzz::run(arguments.target, arguments.seed, &mut |program, tally| {
            number.store(tally.executions, Ordering::Relaxed);
            if told_at.elapsed() > TOLD_EVERY {
                told_at = Instant::now();
                println!("{}", told(arguments, tally, begun.elapsed()));
            }
            // What was there before and is longer stays below.
            let shown = format!("{program}\n\n");
            if let Err(error) = current.write_all_at(shown.as_bytes(), 0) {
                println!("target/fuzz: {error}");
            }
            begun.elapsed() < limit
        });
        drop(stop);
        tally
    })
}

#[expect(clippy::cast_precision_loss, reason = "for people")]
fn told(arguments: &Arguments, tally: &Tally, took: Duration) -> String {
    let Tally {
        executions,
        valid,
        kept,
        slowest,
        findings,
    } = tally;
    let seconds = took.as_secs_f64();
    format!(
        "fuzz {} --seed {}: {executions} programs in {seconds:.0} s ({:.0}/s), {valid} ran to their \
         end, {kept} did something new, slowest {} ms, {} findings",
        arguments.target.name(),
        arguments.seed,
        *executions as f64 / seconds,
        slowest.as_millis(),
        findings.len()
    )
}

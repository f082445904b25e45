//! Asks a server what a real Atlas server was asked, and compares the answers.

#![expect(
    clippy::print_stdout,
    reason = "this program is for people and CI logs"
)]

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::ensure;
use clap::{Parser, Subcommand};
use telamon_tests::conformance::cases::SUITES;
use telamon_tests::conformance::differences::Differences;
use telamon_tests::conformance::report::{Floors, SuiteResult};
use telamon_tests::conformance::servers::Servers;
use telamon_tests::conformance::{PUBLIC_ORACLE, Selection, ingest, read_cases, run};

/// Recorded answers of a real Atlas server against ours.
#[derive(Parser)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Asks every case and compares.
    Run {
        /// Folder of the records.
        #[arg(long, default_value = PUBLIC_ORACLE)]
        oracle: PathBuf,
        /// Only this suite.
        #[arg(long)]
        suite: Option<String>,
        /// Only cases whose identifier, file or request holds this text.
        #[arg(long)]
        filter: Option<String>,
    },
    /// Starts the same server, loaded with what the cases of a folder read, for any client.
    Serve {
        /// Folder of the records.
        #[arg(long)]
        oracle: PathBuf,
        /// Address to listen on.
        #[arg(long)]
        listen: SocketAddr,
        /// Which configuration of the records.
        #[arg(long, default_value = "plain")]
        config: String,
    },
}

fn main() -> anyhow::Result<ExitCode> {
    match Arguments::parse().command {
        Command::Run {
            oracle,
            suite,
            filter,
        } => run_cases(&oracle, &Selection { suite, filter }),
        Command::Serve {
            oracle,
            listen,
            config,
        } => serve(&oracle, listen, &config),
    }
}

fn project() -> &'static Path {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    tests.parent().expect("tests/ lies in the project")
}

fn run_cases(oracle: &Path, selection: &Selection) -> anyhow::Result<ExitCode> {
    if !oracle.is_dir() {
        println!(
            "conformance: {} does not exist, nothing to compare with",
            oracle.display()
        );
        return Ok(ExitCode::SUCCESS);
    }
    if let Some(suite) = &selection.suite {
        let known: Vec<&str> = SUITES.into_iter().chain(ingest::suites()).collect();
        ensure!(
            known.contains(&suite.as_str()),
            "there is no suite {suite}; there are {}",
            known.join(", ")
        );
    }
    let mut table = Differences::read(&project().join("docs/differences.md"))?;
    let cases = read_cases(oracle, selection)?;
    let servers = Servers::start(oracle, &cases, None)?;
    print_loaded(&servers);
    let mut results = run(&cases, &servers, oracle);
    servers.stop()?;
    let of_ingest = ingest::run(oracle, selection.filter.as_deref())?;
    let wanted = |result: &SuiteResult| selection.has_suite(&result.name);
    results.extend(of_ingest.into_iter().filter(wanted));
    for result in &mut results {
        table.apply(result);
    }
    let folder = project().join("target/conformance");
    for result in &results {
        result.write(&folder)?;
        for (reason, count) in &result.planned {
            println!("  {}: {count} not asked: {reason}", result.name);
        }
        for (reason, count) in &result.unconfirmed {
            println!(
                "  {}: {count} pictures compared by size only: {reason}",
                result.name
            );
        }
    }
    for result in &results {
        println!("{result}");
    }
    let is_whole = selection.suite.is_none() && selection.filter.is_none();
    if is_whole && oracle == Path::new(PUBLIC_ORACLE) {
        return judge(&results, &table);
    }
    Ok(ExitCode::SUCCESS)
}

/// Fails where a suite fell below its floor or the table of differences has gone stale.
fn judge(results: &[SuiteResult], table: &Differences) -> anyhow::Result<ExitCode> {
    let floors = Floors::read(&project().join("tests/conformance.toml"))?;
    let mut problems = floors.check(results);
    problems.extend(table.check(results));
    for problem in &problems {
        println!("conformance: {problem}");
    }
    Ok(if problems.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn print_loaded(servers: &Servers) {
    let loaded = &servers.loaded;
    println!(
        "loaded {} series, {:.1} M samples in {:.1} s",
        loaded.series,
        loaded.samples as f64 / 1e6,
        loaded.time.as_secs_f64()
    );
    for case in &loaded.left_out {
        println!("  not loaded: {case}");
    }
}

fn serve(oracle: &Path, listen: SocketAddr, config: &str) -> anyhow::Result<ExitCode> {
    ensure!(
        oracle.is_dir(),
        "{} does not exist, so nobody knows which data to load",
        oracle.display()
    );
    let cases = read_cases(oracle, &Selection::default())?;
    let servers = Servers::start(oracle, &cases, Some((config, listen)))?;
    print_loaded(&servers);
    println!("{config} listens on http://{listen}");
    loop {
        std::thread::park();
    }
}

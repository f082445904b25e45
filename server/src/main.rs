//! The `telamon` binary: reads the command line, runs what it asks for, says why it failed.

mod command;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use command::ConfigArgs;
use command::demo::DemoArgs;
use command::explain::ExplainArgs;
use command::fmt::FmtArgs;
use command::lint::LintArgs;
use command::query::QueryArgs;

/// A time-series backend that speaks Atlas.
#[derive(Debug, Parser)]
#[command(name = "telamon", version, about)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the server.
    Serve(ConfigArgs),
    /// Run a server with a made-up fleet, to look around in.
    Demo(DemoArgs),
    Query(QueryArgs),
    Explain(ExplainArgs),
    Fmt(FmtArgs),
    Lint(LintArgs),
    /// Look at the configuration.
    Config {
        #[command(subcommand)]
        command: ConfigCommand,
    },
}

#[derive(Debug, Subcommand)]
enum ConfigCommand {
    /// Check the configuration and its rules, and print what it comes to.
    Check(ConfigArgs),
}

fn main() -> ExitCode {
    let succeeded = |()| ExitCode::SUCCESS;
    let done = match Cli::parse().command {
        Command::Serve(args) => command::serve::serve(&args).map(succeeded),
        Command::Demo(args) => command::demo::demo(&args).map(succeeded),
        Command::Query(args) => command::query::query(&args),
        Command::Explain(args) => command::explain::explain(&args),
        Command::Fmt(args) => command::fmt::fmt(&args),
        Command::Lint(args) => command::lint::lint(&args),
        Command::Config {
            command: ConfigCommand::Check(args),
        } => command::check::check(&args).map(succeeded),
    };
    done.unwrap_or_else(|error| {
        say_error(&error);
        ExitCode::FAILURE
    })
}

#[expect(
    clippy::print_stderr,
    reason = "the process ends and the log may not have started"
)]
fn say_error(error: &anyhow::Error) {
    eprintln!("telamon: {error:#}");
}

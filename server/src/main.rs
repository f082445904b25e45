//! The `telamon` binary: reads the command line, runs what it asks for, says why it failed.

mod command;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use command::ConfigArgs;
use command::demo::DemoArgs;

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
    let done = match Cli::parse().command {
        Command::Serve(args) => command::serve::serve(&args),
        Command::Demo(args) => command::demo::demo(&args),
        Command::Config {
            command: ConfigCommand::Check(args),
        } => command::check::check(&args),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say_error(&error);
            ExitCode::FAILURE
        }
    }
}

#[expect(
    clippy::print_stderr,
    reason = "the process ends and the log may not have started"
)]
fn say_error(error: &anyhow::Error) {
    eprintln!("telamon: {error:#}");
}

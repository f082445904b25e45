//! The `telamon` binary: reads the command line, runs what it asks for, says why it failed.
//!
//! The only place that prints and ends the process.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use clap::{Args, Parser, Subcommand};

use telamon_server::clock::Clock;
use telamon_server::config::{Config, Overrides};
use telamon_server::{Setup, Sockets, telemetry};

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
    Serve(ServeArgs),
    /// Look at the configuration.
    Config {
        #[command(subcommand)]
        command: ConfigCommand,
    },
}

#[derive(Debug, Args)]
struct ServeArgs {
    /// Configuration file (TOML).
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Address and port of the web listener.
    #[arg(long, value_name = "ADDR")]
    listen: Option<SocketAddr>,
    /// Folder of the data.
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
enum ConfigCommand {
    /// Check the configuration and print what it comes to.
    Check(ServeArgs),
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let done = match cli.command {
        Command::Serve(args) => serve(&args),
        Command::Config {
            command: ConfigCommand::Check(args),
        } => check(&args),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say_error(&error);
            ExitCode::FAILURE
        }
    }
}

fn serve(args: &ServeArgs) -> anyhow::Result<()> {
    let config = load(args)?;
    telemetry::log::start(&config.log);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("cannot start the runtime")?;
    runtime.block_on(async {
        let sockets = Sockets::bind(&config)?;
        let clock = Clock::system(config.clock);
        let until = telamon_server::termination().context("cannot wait for signals")?;
        let setup = Setup::new(config, sockets, clock);
        telamon_server::run(setup, until).await?;
        Ok(())
    })
}

fn check(args: &ServeArgs) -> anyhow::Result<()> {
    let config = load(args)?;
    say(&config.to_string());
    Ok(())
}

fn load(args: &ServeArgs) -> anyhow::Result<Config> {
    let (text, folder) = match &args.config {
        Some(file) => {
            let text = std::fs::read_to_string(file)
                .with_context(|| format!("cannot read the configuration {}", file.display()))?;
            (text, file.parent().unwrap_or(Path::new(".")))
        }
        None => (String::new(), Path::new(".")),
    };
    let overrides = Overrides {
        listen: args.listen,
        data: args.data.clone(),
    };
    let config = Config::parse(&text, folder, &overrides);
    let name = args.config.as_ref().map(|file| file.display().to_string());
    config.with_context(|| format!("bad configuration {}", name.unwrap_or_default()))
}

#[expect(
    clippy::print_stdout,
    reason = "this is what the command was asked for"
)]
fn say(text: &str) {
    print!("{text}");
}

#[expect(
    clippy::print_stderr,
    reason = "the process ends and the log may not have started"
)]
fn say_error(error: &anyhow::Error) {
    eprintln!("telamon: {error:#}");
}

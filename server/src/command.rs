//! The commands of the binary: the only code that prints, besides `main`.

pub(crate) mod check;
pub(crate) mod demo;
mod drawing;
pub(crate) mod explain;
mod figures;
pub(crate) mod fmt;
pub(crate) mod lint;
mod mistake;
mod plot;
mod program;
pub(crate) mod query;
pub(crate) mod serve;
mod source;
mod table;
mod terminal;

use std::io::Write as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Args;
use telamon_server::config::{Config, Overrides};

/// Where the configuration is, and what stands instead of parts of it.
#[derive(Debug, Args)]
pub(crate) struct ConfigArgs {
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

/// Reads and checks the configuration; without a file, every key has its default.
fn load(args: &ConfigArgs) -> anyhow::Result<Config> {
    let overrides = Overrides {
        listen: args.listen,
        data: args.data.clone(),
    };
    let Some(file) = &args.config else {
        return Ok(Config::parse("", Path::new("."), &overrides)?);
    };
    let name = file.display();
    let text = std::fs::read_to_string(file)
        .with_context(|| format!("cannot read the configuration {name}"))?;
    let folder = file.parent().unwrap_or(Path::new("."));
    Config::parse(&text, folder, &overrides)
        .map_err(|problems| anyhow::anyhow!("the configuration {name} is wrong:\n{problems}"))
}

fn runtime() -> anyhow::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("cannot start the runtime")
}

/// Prints a line. When nobody reads any more, as behind `| head`, the command goes on without.
fn say(text: &str) {
    let mut out = std::io::stdout().lock();
    drop(writeln!(out, "{text}").and_then(|()| out.flush()));
}

/// Writes bytes as they are, and a line end where they have none.
fn write_bytes(bytes: &[u8]) {
    let mut out = std::io::stdout().lock();
    let end: &[u8] = if bytes.ends_with(b"\n") { b"" } else { b"\n" };
    let written = out.write_all(bytes).and_then(|()| out.write_all(end));
    drop(written.and_then(|()| out.flush()));
}

/// Says something about the data, which is not data itself.
fn tell(text: &str) {
    let mut err = std::io::stderr().lock();
    drop(writeln!(err, "{text}"));
}

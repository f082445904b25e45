//! Logs: structured, to standard error, set up once by the binary.

use std::io::{IsTerminal, stderr};

use tracing_subscriber::EnvFilter;

use crate::config::{LogConfig, LogFormat};

/// Starts logging for the whole process. Does nothing when a logger is there already.
pub fn start(config: &LogConfig) {
    let filter = EnvFilter::builder().parse_lossy(&config.level);
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(stderr().is_terminal())
        .with_writer(stderr);
    let started = match config.format {
        LogFormat::Text => builder.with_target(false).try_init(),
        LogFormat::Json => builder.json().try_init(),
    };
    // The only failure is that a logger is there, which is what the caller wants.
    drop(started);
}

/// Whether a filter is well formed.
///
/// # Errors
/// With what is wrong.
pub fn check_filter(directives: &str) -> Result<(), String> {
    match EnvFilter::builder().parse(directives) {
        Ok(_filter) => Ok(()),
        Err(error) => Err(error.to_string()),
    }
}

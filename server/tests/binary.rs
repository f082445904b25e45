//! The real binary on bad days: killed, told to end, started twice, given a bad folder or file.
#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "helpers of tests fail by panicking, and wait by the clock"
)]

#[path = "binary/bad_days.rs"]
mod bad_days;
#[path = "binary/commands.rs"]
mod commands;
#[path = "binary/kill.rs"]
mod kill;
#[path = "binary/language.rs"]
mod language;
#[path = "binary/process.rs"]
mod process;

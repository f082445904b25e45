//! The shell of Telamon: sockets, clock, configuration, tasks and HTTP.
//!
//! Takes a [`config::Config`] and open sockets, runs a server until it is told to stop. Everything
//! that computes belongs to the crates below; this one translates between them. It is the only
//! crate that is asynchronous, reads a clock or opens a socket.

mod alerting;
mod api;
mod background;
pub mod clock;
pub mod config;
mod data;
pub mod demo;
mod edge;
pub mod engine;
pub mod explained;
pub mod folder;
mod fonts;
mod lines;
mod listen;
pub mod notify;
mod pool;
pub mod receiver;
mod reply;
mod router;
mod run;
mod server;
mod tasks;
pub mod telemetry;
#[cfg(test)]
mod testing;

pub use alerting::check_rules;
pub use run::{RunError, Running, Setup, Sockets, run, start_unless, termination};

//! The shell of Telamon: sockets, clock, configuration, tasks and HTTP.
//!
//! Takes a [`config::Config`] and open sockets, runs a server until it is told to stop. Everything
//! that computes belongs to the crates below; this one translates between them. It is the only
//! crate that is asynchronous, reads a clock or opens a socket.

mod api;
pub mod clock;
pub mod config;
pub mod demo;
mod edge;
mod listen;
pub mod notify;
mod pool;
mod reply;
mod router;
mod run;
mod server;
mod tasks;
pub mod telemetry;

pub use run::{RunError, Running, Sockets, run, termination};

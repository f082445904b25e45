//! End to end: whole servers in this process, real sockets, and mostly a clock that stands where
//! the test sets it.
//!
//! No test sleeps a fixed time, takes a fixed port or needs a network; what needs material that is
//! not part of the project says so and passes without it.

mod alerts;
mod chance;
mod crowd;
mod fetch;
mod gone;
mod harness;
mod lines;
mod rude;
mod spectator_live;
mod spectator_wire;
mod ugly;
mod walk;

//! The ordinary test binary: laws that cross rooms, end-to-end tests over loopback, and tidy.
//!
//! `tests/README.md` says how to run one and how to add one.

#![cfg(test)]

mod dataset;
mod drawings;
mod e2e;
mod fuzzing;
mod ingest_cases;
mod partitions;
mod pictures;
mod recordings;
mod simulation;
mod suite;
mod tidy;

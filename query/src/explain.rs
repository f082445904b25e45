//! Explanations: what a query did, from the values it ran on.
//!
//! Takes expressions and a snapshot; gives why their data expressions select no series ([`why_empty`]).
//! Nothing here reads a clock.

mod empty;
mod nearest;
#[cfg(test)]
mod world;

pub use empty::{Among, EmptyCause, TestCount, WhyEmpty, why_empty};
pub use nearest::{Existing, ExistingKind, Near};

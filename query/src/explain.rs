//! Explanations: what a query did, from the values it ran on.
//!
//! Takes expressions and what an evaluation takes; runs the same stages and gives what each of them knew
//! ([`explain`]). Why data expressions select no series ([`why_empty`]) a plain answer can ask for, too;
//! the stack after each token is [`crate::lang::stacks`]. Nothing here reads a clock.

mod empty;
mod nearest;
mod run;
#[cfg(test)]
mod world;

pub use crate::exec::{LineCount, Stage};
pub use empty::{Among, EmptyCause, TestCount, WhyEmpty, why_empty};
pub use nearest::{Existing, ExistingKind, Near};
pub use run::{DataRead, Explanation, ExprRead, Operator, ScanRead, explain};

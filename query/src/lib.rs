//! Queries: the stack language, the expressions it builds and how they are evaluated.
//!
//! Text comes in, becomes expressions ([`expr`]), is planned and run over an immutable snapshot of
//! the store, and leaves as lines. Drawing them is left to other rooms.

pub mod context;
pub mod contradiction;
pub mod exec;
pub mod explain;
pub mod expr;
pub mod label;
pub mod lang;
pub mod limit;
pub mod line;
pub mod lint;
pub mod number;
pub mod pattern;
pub mod plan;
pub mod time;
pub mod words;

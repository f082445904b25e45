//! Room of Telamon; see docs/ARCHITECTURE.md.

pub mod frame;
pub mod log;

//! The ordinary test binary.

mod e2e;

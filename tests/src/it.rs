//! The ordinary test binary.

//! The `telamon` binary.

fn main() {}

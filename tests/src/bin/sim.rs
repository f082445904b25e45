//! Runs seeds of the simulation.

fn main() {}

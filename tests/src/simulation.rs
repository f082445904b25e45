//! A few seeds of the simulation, and all that ever failed.
//!
//! Long runs are for the binary `sim`; these keep it honest, and every old finding found.

use std::path::Path;

use telamon_tests::sim;

/// Seeds that every test run tries, and the steps of each.
const SEEDS: std::ops::Range<u64> = 0..12;
const STEPS: u64 = 300;

#[track_caller]
fn check(seed: u64, steps: u64) {
    if let Err(failure) = sim::run(seed, steps) {
        panic!("{failure}");
    }
}

#[test]
fn a_few_seeds_find_nothing() {
    for seed in SEEDS {
        check(seed, STEPS);
    }
}

#[test]
fn seeds_that_once_failed_find_nothing() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("seeds.txt");
    let text = std::fs::read_to_string(path).unwrap();
    for (seed, steps) in sim::kept_seeds(&text).unwrap() {
        check(seed, steps);
    }
}

#[test]
fn a_seed_is_one_run() {
    let counts = sim::run(7, STEPS).unwrap();
    assert_eq!(sim::run(7, STEPS).unwrap(), counts);
    assert_ne!(sim::run(8, STEPS).unwrap(), counts);
    assert!(counts.beats * 3 <= counts.steps, "{counts:?}");
    assert_eq!(counts.steps, STEPS);
}

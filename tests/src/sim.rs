//! The simulation: admission, log, store, query and alerts in one thread on a virtual clock.
//!
//! Takes a seed, gives a verdict: everything acknowledged is there, nothing is invented.

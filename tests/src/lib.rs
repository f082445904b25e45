//! The judges: machines that tell the truth about everything else.
//!
//! [`conformance`] asks a server what a real Atlas server was asked and compares the answers; [`sim`]
//! runs the house in one thread on a virtual clock, breaks it on purpose and compares with a naive
//! model; [`fuzz`] throws programs by chance at the query room. The ordinary tests live in the test binary `it`; [`house`] starts servers for both.

pub mod conformance;
pub mod fuzz;
pub mod house;
pub mod sim;

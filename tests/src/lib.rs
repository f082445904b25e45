//! The judges: machines that tell the truth about everything else.
//!
//! [`conformance`] asks a server what a real Atlas server was asked and compares the answers; [`sim`]
//! runs the house in one thread on a virtual clock, breaks it on purpose and compares with a naive
//! model. The ordinary tests live in the test binary `it`; [`house`] starts servers for both.

pub mod conformance;
pub mod house;
pub mod sim;

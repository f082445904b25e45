//! The judges: machines that tell the truth about everything else.
//!
//! [`conformance`] asks a server what a real Atlas server was asked and compares the answers; [`sim`]
//! runs the house in one thread on a virtual clock, breaks it on purpose and compares with a naive
//! model; [`fuzz`] throws programs by chance at the query room. [`gallery`] draws what people look at.
//! The ordinary tests live in the test binary `it`; [`house`] starts servers for all, [`kept`] compares
//! with files that were drawn before.

pub mod conformance;
pub mod fuzz;
pub mod gallery;
pub mod house;
pub mod kept;
pub mod sim;

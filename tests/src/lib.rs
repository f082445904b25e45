//! The tests of Telamon.

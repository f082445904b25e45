//! The shell of Telamon.

//! Room of Telamon; see docs/ARCHITECTURE.md.

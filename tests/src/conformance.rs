//! The conformance runner: recorded requests of a real Atlas server, asked again of ours.
//!
//! Takes a folder of recorded cases, gives counts by suite and every difference with its request.
//!
//! ```text
//!   cases ─► needed hours of needed series ─► log, store ─► servers, one a configuration
//!     └──────────────────── requests over loopback ────────────┘└─► compare ─► report
//! ```

pub mod report;
pub mod wire;

pub mod dataset;
pub mod ingest;

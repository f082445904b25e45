//! From a graph definition to a picture or a data answer.
//!
//! ```text
//!   graph::GraphDef ─► layout ─► scene ─► raster ─► png        a picture
//!                  └─► encode::{json, stats, csv, v2}          the numbers
//! ```
//!
//! Everything is a pure function of its arguments: the same definition gives the same bytes on any
//! machine. Queries, sockets and clocks belong to others.

pub mod color;
pub mod graph;
pub mod stats;

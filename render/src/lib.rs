//! From a graph definition to a picture or a data answer.
//!
//! ```text
//!   graph::GraphDef ─► layout ─► scene ─► raster ─► png        a picture
//!                  └─► encode::{json, stats, csv, v2}          the numbers
//! ```
//!
//! Everything is a pure function of its arguments: the same definition gives the same bytes on any
//! machine. Queries, sockets and clocks belong to others.

pub mod graph;

pub mod color;
pub mod palette;
pub mod prefix;
pub mod stats;

mod bounds;
mod contrast;
mod font;
mod heatmap;
mod layout;

mod scale;
mod summary;
mod text;
mod theme;
mod ticks;
mod zone;

pub mod encode;
pub mod png;
pub mod raster;
pub mod scene;
pub mod svg;

pub use font::{FontError, Fonts};

#[cfg(test)]
mod oracle;
#[cfg(test)]
mod sample;

/// Why a graph could not be drawn or written.
#[derive(Debug, thiserror::Error)]
pub enum RenderError {
    /// A time zone that the bundled database does not know.
    #[error("unknown time zone: {0}")]
    UnknownZone(String),
    /// An explicit bound that is NaN or infinite.
    #[error("{which} bound must be finite")]
    InfiniteBound {
        /// `lower` or `upper`.
        which: &'static str,
    },
    /// Explicit bounds in the wrong order.
    #[error("lower bound must be less than upper bound ({lower:?} >= {upper:?})")]
    CrossedBounds {
        /// The lower bound given.
        lower: f64,
        /// The upper bound given.
        upper: f64,
    },
    /// Bounds of the colours of a heatmap in the wrong order, given or from the data.
    #[error("the lower bound of a heatmap must not exceed the upper ({low} > {high})")]
    CrossedCounts {
        /// Count of the palest colour.
        low: f64,
        /// Count of the strongest colour.
        high: f64,
    },
    /// A zoom that leaves no pixel.
    #[error("width ({width}) and height ({height}) cannot be <= 0")]
    NoPixels {
        /// Width after zoom.
        width: i64,
        /// Height after zoom.
        height: i64,
    },
    /// The container could not be written.
    #[error("cannot write the picture")]
    Encode(#[source] Box<dyn std::error::Error + Send + Sync>),
}

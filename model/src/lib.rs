//! The nouns of Telamon: tags, series, time, samples and predicates.
//!
//! Everything here is a plain value. This crate depends on no other crate of the workspace, does no
//! input or output, reads no clock and is not serializable: wire shapes belong to the crates at the
//! edge.

pub mod duration;
pub mod exact;
pub mod number;
pub mod partial;
pub mod percentile;
pub mod predicate;
pub mod sample;
pub mod series;
pub mod tags;
pub mod time;

pub use predicate::{OutOfSteps, Pattern, Predicate, SlowPattern, StringMatcher};
pub use sample::{ABSENT, Batch, Row};
pub use series::{DsType, PartitionCount, PartitionIndex, Series, SeriesId};
pub use tags::Tags;
pub use time::{Slot, SlotRange, Step, Timestamp};

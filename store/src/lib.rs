//! Batches in, columns kept; predicates in, series out.
//!
//! A store is a deterministic function of an ordered log: [`Store`] appends batches to a [`log::Log`]
//! and applies each record, one writer per partition, to a shard; readers take immutable snapshots and
//! never lock. Opening a store is reading the log again. Normalisation to steps, tiles and blocks, the
//! index, sealing and retention happen here; parsing, admission, evaluation and waiting do not.

mod block;
mod codec;
mod directory;
pub mod files;
pub mod frame;
mod index;
pub mod log;
mod normalise;
mod options;
mod tile;
mod view;

pub use options::{Options, OptionsError};
pub use view::{ShardView, Snapshot};

//! Batches in, columns kept; predicates in, series out.
//!
//! A store is a deterministic function of an ordered log: [`Store`] appends batches to a [`log::Log`]
//! and applies each record, one writer per partition, to a shard; readers take immutable snapshots and
//! never lock. Opening a store is reading the log again. Normalisation to steps, tiles and blocks, the
//! index, sealing and retention happen here; parsing, admission, evaluation and waiting do not.

mod block;
mod closing;
mod codec;
mod directory;
pub mod epoch;
pub mod files;
pub mod frame;
mod index;
pub mod log;
mod normalise;
mod options;
mod recovery;
mod shard;
mod store;
mod tile;
mod view;

pub use closing::ClosedStep;
pub use index::TagColumn;
pub use options::{Options, OptionsError};
pub use recovery::{OpenError, Quarantined, Recovery};
pub use shard::{ApplyDrops, BadRecord};
pub use store::{AppendError, Applied, Store};
pub use view::{ShardView, Snapshot};

//! The log: the ordered list of records that a store is a function of.
//!
//! Takes frames (opaque bytes, see [`crate::frame`]) with the partition they belong to, and gives
//! them back in the order in which they came. Each record gets an [`Offset`], the number of the
//! record within its partition, and a log time. What a frame means, when to call [`Log::sync`] and
//! when to trim is left to others.
//!
//! ```text
//!   append ──►  p0#0  p2#0  p0#1  p1#0  p0#2 ...      one order over all partitions
//!               t=5   t=5   t=9   t=9   t=12          log time never falls
//! ```

mod file;
mod memory;
mod record;
mod recover;
mod scan;

use std::io;
use std::ops::ControlFlow;

use telamon_model::{PartitionIndex, Timestamp};

pub use file::{FileLog, FileLogOptions, LogSize};
pub use memory::MemLog;
pub use record::FRAME_BYTES_MAX;
pub use recover::{LogRecovery, OpenError};

/// An ordered, durable list of records, shared by all partitions of a store.
///
/// All methods take `&self` and may be called from several threads; a visitor may append.
pub trait Log: Send + Sync {
    /// Adds one record. When it returns, a crash of the process no longer loses the record; a
    /// crash of the machine may until [`Log::sync`] has returned.
    ///
    /// The log time of the record is the larger of `now` and the log time of the record before it,
    /// of whatever partition. On an error nothing was added.
    fn append(
        &self,
        now: Timestamp,
        partition: PartitionIndex,
        frame: &[u8],
    ) -> Result<Appended, AppendError>;

    /// Makes every record whose append returned before this call survive a crash of the machine.
    fn sync(&self) -> Result<(), SyncError>;

    /// Visits the records of one partition from `from` on (or from the first that is still held),
    /// in order, until the visitor breaks. Records appended meanwhile may or may not be seen.
    fn read(
        &self,
        partition: PartitionIndex,
        from: Offset,
        visit: &mut dyn FnMut(Record<'_>) -> ControlFlow<()>,
    ) -> Result<ReadReport, ReadError>;

    /// Visits the records of all partitions in the order in which they were appended.
    fn read_all(
        &self,
        visit: &mut dyn FnMut(Record<'_>) -> ControlFlow<()>,
    ) -> Result<ReadReport, ReadError>;

    /// The offsets that the log holds of a partition.
    fn bounds(&self, partition: PartitionIndex) -> Bounds;

    /// Forgets records whose log time lies before `before`, as far as that is cheap: some of them
    /// may stay, none at or after `before` goes. Offsets of the others do not change.
    fn trim(&self, before: Timestamp) -> Result<Trimmed, TrimError>;

    /// Log time of the newest record ever appended, also when it has been trimmed since.
    fn log_time(&self) -> Option<Timestamp>;
}

/// Number of a record within its partition, counted from zero; stable for ever.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Offset(pub u64);

impl Offset {
    /// The offset of the next record of the same partition.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

/// What a record got when it was added.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Appended {
    /// Its number within its partition.
    pub offset: Offset,
    /// Its log time.
    pub log_time: Timestamp,
}

/// One record as it was appended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Record<'a> {
    /// The partition it belongs to.
    pub partition: PartitionIndex,
    /// Its number within the partition.
    pub offset: Offset,
    /// Its log time; never below that of the record before it.
    pub log_time: Timestamp,
    /// The bytes that were appended.
    pub frame: &'a [u8],
}

/// The offsets of a partition: those from `start` to before `end` were appended and not trimmed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bounds {
    /// Offset of the oldest record held.
    pub start: Offset,
    /// Offset that the next record will get.
    pub end: Offset,
}

impl Bounds {
    /// Whether no record is held.
    pub fn is_empty(&self) -> bool {
        self.start >= self.end
    }
}

/// What one pass over the log met.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReadReport {
    /// Records given to the visitor.
    pub records: u64,
    /// Stretches of bytes that held no readable record although readable ones follow.
    pub damages: Vec<Damage>,
}

/// A stretch of a log file that cannot be read, in front of records that can.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Damage {
    /// Name of the file within the folder of the log.
    pub file: String,
    /// Position of the first unreadable byte in the file.
    pub at: u64,
    /// Number of unreadable bytes.
    pub bytes: u64,
}

/// What a trim removed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Trimmed {
    /// Number of files (for a log in memory: of records).
    pub files: u64,
    /// Bytes of them.
    pub bytes: u64,
}

/// Why a record was not added.
#[derive(Debug, thiserror::Error)]
pub enum AppendError {
    /// The disk or a quota is full; later appends may work.
    #[error("the log cannot grow, no space left on the device (file {file})")]
    DiskFull {
        /// Name of the file within the folder of the log.
        file: String,
        /// What the system said.
        source: io::Error,
    },
    /// The file cannot be written for another reason; later appends may work.
    #[error("the log cannot be written (file {file})")]
    Unwritable {
        /// Name of the file within the folder of the log.
        file: String,
        /// What the system said.
        source: io::Error,
    },
    /// The frame is longer than a record can be.
    #[error("a frame of {bytes} bytes is longer than the limit of {limit_bytes}")]
    TooLarge {
        /// Length of the frame.
        bytes: u64,
        /// The most that one record can hold.
        limit_bytes: u64,
    },
    /// An earlier sync failed, so nobody knows what is on the disk; the log refuses until it is
    /// opened again.
    #[error("the log refuses records since syncing file {file} failed; restart to recover")]
    SyncFailed {
        /// Name of the file whose sync failed.
        file: String,
    },
}

/// Why a sync did not make records durable. The log refuses appends from then on.
#[derive(Debug, thiserror::Error)]
#[error("the log file {file} cannot be synced")]
pub struct SyncError {
    /// Name of the file within the folder of the log.
    pub file: String,
    /// What the system said.
    pub source: io::Error,
}

/// Why a pass over the log stopped.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The system could not read the file.
    #[error("the log file {file} cannot be read")]
    Io {
        /// Name of the file within the folder of the log.
        file: String,
        /// What the system said.
        source: io::Error,
    },
    /// The file holds a whole record of a format that this version does not know.
    #[error(
        "the log file {file} has a record of format {version} kind {kind} at byte {at}, which this version does not know"
    )]
    UnknownFormat {
        /// Name of the file within the folder of the log.
        file: String,
        /// Position of the record in the file.
        at: u64,
        /// Its format version.
        version: u8,
        /// Its kind.
        kind: u8,
    },
}

/// Why old records could not be removed.
#[derive(Debug, thiserror::Error)]
#[error("the log file {file} cannot be removed")]
pub struct TrimError {
    /// Name of the file within the folder of the log.
    pub file: String,
    /// What the system said.
    pub source: io::Error,
}

#[cfg(test)]
mod tests;

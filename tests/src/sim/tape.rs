//! A log that is listened to: every record that the store writes or reads is also noted here.
//!
//! Wraps the log on disk. It knows where each record came to lie and which bytes it has there, so that
//! after a crash the bytes alone say what has survived; and it can let the process die in the middle
//! of a batch, before or after a record reached the file.

use std::io;
use std::ops::ControlFlow;
use std::sync::{Mutex, MutexGuard, PoisonError};

use telamon_model::{PartitionIndex, Timestamp};
use telamon_store::files::{FaultyFiles, Files};
use telamon_store::log::{
    AppendError, Appended, Bounds, FileLog, Log, Offset, ReadError, ReadReport, Record, SyncError,
    TrimError, Trimmed,
};

/// Bytes of a record before its frame, by `docs/formats/log.md`.
const HEADER_BYTES: u64 = 34;

/// A record, and where it lies on the disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Written {
    pub(crate) partition: u16,
    pub(crate) offset: u64,
    pub(crate) log_time_ms: i64,
    pub(crate) frame: Vec<u8>,
    pub(crate) file: String,
    pub(crate) at: u64,
    /// Header and frame.
    pub(crate) bytes: Vec<u8>,
}

/// A record as a reader of the log was given it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Read {
    pub(crate) partition: u16,
    pub(crate) offset: u64,
    pub(crate) log_time_ms: i64,
    pub(crate) frame: Vec<u8>,
}

/// When the process dies: at the append after so many others.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Death {
    pub(crate) appends_before: u64,
    /// Whether the record still reaches the file.
    pub(crate) is_written: bool,
}

/// The log of one life of the process.
#[derive(Debug)]
pub(crate) struct Tape {
    log: FileLog,
    files: FaultyFiles,
    reel: Mutex<Reel>,
}

#[derive(Debug, Default)]
struct Reel {
    written: Vec<Written>,
    read: Vec<Read>,
    death: Option<Death>,
    is_dead: bool,
}

impl Tape {
    pub(crate) fn new(log: FileLog, files: FaultyFiles) -> Self {
        Self {
            log,
            files,
            reel: Mutex::default(),
        }
    }

    /// Records written since the last call.
    pub(crate) fn take_written(&self) -> Vec<Written> {
        std::mem::take(&mut self.reel().written)
    }

    /// Records read since the last call.
    pub(crate) fn take_read(&self) -> Vec<Read> {
        std::mem::take(&mut self.reel().read)
    }

    /// Lets the process die soon.
    pub(crate) fn doom(&self, death: Death) {
        self.reel().death = Some(death);
    }

    /// Whether it has died.
    pub(crate) fn is_dead(&self) -> bool {
        self.reel().is_dead
    }

    fn reel(&self) -> MutexGuard<'_, Reel> {
        self.reel.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether this append is the last thing the process does, and whether it is done.
    fn dies_now(&self) -> Option<bool> {
        let mut reel = self.reel();
        let death = reel.death.as_mut()?;
        if death.appends_before > 0 {
            death.appends_before -= 1;
            return None;
        }
        let is_written = death.is_written && !reel.is_dead;
        reel.is_dead = true;
        Some(is_written)
    }

    /// The record is the last thing in the newest file.
    fn note(&self, appended: Appended, partition: PartitionIndex, frame: &[u8]) -> io::Result<()> {
        let names = self.files.list()?;
        let file = names.last().cloned().unwrap_or_default();
        let handle = self.files.open_read(&file)?;
        let length = HEADER_BYTES + frame.len() as u64;
        let at = handle.len()?.saturating_sub(length);
        let mut bytes = vec![0; usize::try_from(length).expect("a record fits into memory")];
        let mut filled = 0;
        while filled < bytes.len() {
            match handle.read_at(at + filled as u64, &mut bytes[filled..])? {
                0 => break,
                count => filled += count,
            }
        }
        self.reel().written.push(Written {
            partition: partition.0,
            offset: appended.offset.0,
            log_time_ms: appended.log_time.0,
            frame: frame.to_vec(),
            file,
            at,
            bytes,
        });
        Ok(())
    }
}

fn died() -> AppendError {
    AppendError::Unwritable {
        file: String::new(),
        source: io::Error::other("the process has died"),
    }
}

impl Log for Tape {
    fn append(
        &self,
        now: Timestamp,
        partition: PartitionIndex,
        frame: &[u8],
    ) -> Result<Appended, AppendError> {
        let death = self.dies_now();
        if death == Some(false) {
            return Err(died());
        }
        let appended = self.log.append(now, partition, frame)?;
        self.note(appended, partition, frame)
            .map_err(|source| AppendError::Unwritable {
                file: "the tape".to_owned(),
                source,
            })?;
        match death {
            Some(_) => Err(died()),
            None => Ok(appended),
        }
    }

    fn sync(&self) -> Result<(), SyncError> {
        self.log.sync()
    }

    fn read(
        &self,
        partition: PartitionIndex,
        from: Offset,
        visit: &mut dyn FnMut(Record<'_>) -> ControlFlow<()>,
    ) -> Result<ReadReport, ReadError> {
        self.log.read(partition, from, visit)
    }

    fn read_all(
        &self,
        visit: &mut dyn FnMut(Record<'_>) -> ControlFlow<()>,
    ) -> Result<ReadReport, ReadError> {
        self.log.read_all(&mut |record| {
            self.reel().read.push(Read {
                partition: record.partition.0,
                offset: record.offset.0,
                log_time_ms: record.log_time.0,
                frame: record.frame.to_vec(),
            });
            visit(record)
        })
    }

    fn bounds(&self, partition: PartitionIndex) -> Bounds {
        self.log.bounds(partition)
    }

    fn trim(&self, before: Timestamp) -> Result<Trimmed, TrimError> {
        self.log.trim(before)
    }

    fn log_time(&self) -> Option<Timestamp> {
        self.log.log_time()
    }
}

//! The data folder: whose it is, and what was fixed when it was made.
//!
//! ```text
//!   DIR/lock         held by the process that serves the folder
//!   DIR/epoch.json   what was fixed when it was made, see telamon_store::epoch
//!   DIR/log/         the log
//! ```

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use telamon_store::epoch::{self, Epoch, EpochError, Settled};

/// A folder that is ours until this is dropped.
#[derive(Debug)]
pub(crate) struct DataFolder {
    path: PathBuf,
    /// Held for its lock.
    _lock: File,
}

/// Why a folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum DataError {
    /// It cannot be made or written.
    #[error("the data folder {} cannot be written", path.display())]
    Unwritable {
        /// The folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Another process serves it.
    #[error("the data folder {} is in use by another process", path.display())]
    InUse {
        /// The folder.
        path: PathBuf,
    },
    /// It has log files but nothing says what they were written with.
    #[error(
        "{} is missing, but there are log files in {}: restore it from a copy, or move the log away",
        epoch.display(),
        log.display()
    )]
    NoEpoch {
        /// The file that is missing.
        epoch: PathBuf,
        /// Folder of the log.
        log: PathBuf,
    },
    /// It was made with other parameters, or its description is damaged.
    #[error(transparent)]
    Epoch(#[from] EpochError),
}

impl DataFolder {
    /// Makes the folder if there is none, locks it, and compares what is fixed.
    ///
    /// # Errors
    /// See [`DataError`].
    pub(crate) fn open(path: &Path, epoch: &Epoch) -> Result<Self, DataError> {
        let unwritable = |source| DataError::Unwritable {
            path: path.to_owned(),
            source,
        };
        fs::create_dir_all(path).map_err(unwritable)?;
        let lock = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(path.join("lock"))
            .map_err(unwritable)?;
        lock.try_lock().map_err(|error| match error {
            TryLockError::WouldBlock => DataError::InUse {
                path: path.to_owned(),
            },
            TryLockError::Error(source) => unwritable(source),
        })?;
        let folder = Self {
            path: path.to_owned(),
            _lock: lock,
        };
        folder.settle(epoch)?;
        Ok(folder)
    }

    /// Compares what is fixed, or fixes it in a folder that is new. A folder with a log is never
    /// new: a log that is read with other parameters than it was written with gives wrong answers.
    fn settle(&self, epoch: &Epoch) -> Result<(), DataError> {
        let unwritable = |source| DataError::Unwritable {
            path: self.path.clone(),
            source,
        };
        let file = self.path.join(epoch::FILE_NAME);
        let log = self.log_path();
        let has_log = has_log_files(&log).map_err(unwritable)?;
        if has_log && !file.try_exists().map_err(unwritable)? {
            return Err(DataError::NoEpoch { epoch: file, log });
        }
        if epoch.settle(&self.path)? == Settled::Agrees && !has_log {
            tracing::warn!(
                "the log in {} is empty although the folder is not new",
                log.display()
            );
        }
        Ok(())
    }

    /// Folder of the log.
    pub(crate) fn log_path(&self) -> PathBuf {
        self.path.join("log")
    }
}

fn has_log_files(folder: &Path) -> io::Result<bool> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(error),
    };
    for entry in entries {
        if Path::new(&entry?.file_name()).extension() == Some("log".as_ref()) {
            return Ok(true);
        }
    }
    Ok(false)
}

#[cfg(test)]
mod tests {
    use super::*;
    use telamon_model::{PartitionCount, Step};
    use telamon_store::Options;

    fn epoch(step_ms: i64) -> Epoch {
        Epoch::of(&Options {
            step: Step::from_millis(step_ms).unwrap(),
            partitions: PartitionCount::new(4).unwrap(),
            block_slots: 360,
            retention_ms: 86_400_000,
            age_max_ms: 60_000,
        })
    }

    #[test]
    fn a_folder_is_of_one_process_and_keeps_what_was_fixed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("data");
        let first = DataFolder::open(&path, &epoch(10_000)).unwrap();
        let second = DataFolder::open(&path, &epoch(10_000)).unwrap_err();
        assert!(matches!(second, DataError::InUse { .. }), "{second}");
        drop(first);
        let other = DataFolder::open(&path, &epoch(60_000)).unwrap_err();
        assert!(matches!(other, DataError::Epoch(_)), "{other}");
        DataFolder::open(&path, &epoch(10_000)).unwrap();
    }

    #[test]
    fn a_log_without_its_epoch_is_refused_and_nothing_is_written() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path();
        let file = path.join(epoch::FILE_NAME);
        fs::create_dir(path.join("log")).unwrap();
        fs::write(path.join("log/notes"), "not a log file").unwrap();
        DataFolder::open(path, &epoch(10_000)).unwrap();
        fs::write(path.join("log/00000000000000000001.log"), "").unwrap();
        DataFolder::open(path, &epoch(10_000)).unwrap();
        fs::remove_file(&file).unwrap();
        let error = DataFolder::open(path, &epoch(10_000)).unwrap_err();
        assert!(matches!(error, DataError::NoEpoch { .. }), "{error}");
        let said = error.to_string();
        assert!(said.starts_with(&file.display().to_string()), "{said}");
        assert!(!file.exists(), "nothing was written");
    }

    #[test]
    fn a_folder_below_a_file_cannot_be_written() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("data");
        fs::write(&path, "").unwrap();
        let error = DataFolder::open(&path, &epoch(10_000)).unwrap_err();
        assert!(matches!(error, DataError::Unwritable { .. }), "{error}");
    }
}

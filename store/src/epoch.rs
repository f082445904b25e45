//! What is fixed when a data folder is created, and the file that remembers it.
//!
//! Takes the parameters of the configuration; writes `epoch.json` once, or compares it with them and
//! names everything that disagrees. The folder is expected to be locked against other processes by the
//! caller. The fields are described in `docs/formats/manifest.md`.

use std::fmt::{self, Display};
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::options::Options;

/// Name of the file in the data folder.
pub const FILE_NAME: &str = "epoch.json";

const FORMAT: u32 = 1;
/// See `model::Series::partition`.
const SHARD_RULE: u32 = 1;
/// The layout of log files and records.
const LOG_FORMAT: u32 = 1;

/// The fixed parameters of a data folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Epoch {
    format: u32,
    step_ms: i64,
    block_slots: u32,
    partitions: u16,
    shard_rule: u32,
    log_format: u32,
}

/// A parameter that the folder and the configuration disagree on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Disagreement {
    /// Name of the field in the file.
    pub field: &'static str,
    /// Its value in the file.
    pub folder: i64,
    /// Its value in the configuration.
    pub configured: i64,
}

/// Why a folder cannot be used with a configuration.
#[derive(Debug, thiserror::Error)]
pub enum EpochError {
    /// The file exists but cannot be read, or cannot be written.
    #[error("cannot read or write {path}")]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file is not what this version writes.
    #[error("{path} is not an epoch file of this version: {reason}")]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The configuration asks for other fixed parameters than the folder was created with.
    #[error("the data in {path} was created with other parameters: {}", list(.differences))]
    Disagrees {
        /// The file.
        path: PathBuf,
        /// Every field that differs.
        differences: Vec<Disagreement>,
    },
}

/// What [`Epoch::settle`] did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Settled {
    /// The folder had no epoch file; it has one now, on the disk.
    Created,
    /// The folder's file says the same.
    Agrees,
}

impl Epoch {
    /// The fixed parameters among the options.
    pub fn of(options: &Options) -> Self {
        Self {
            format: FORMAT,
            step_ms: options.step.as_millis(),
            block_slots: options.block_slots,
            partitions: options.partitions.as_u16(),
            shard_rule: SHARD_RULE,
            log_format: LOG_FORMAT,
        }
    }

    /// Writes the parameters into a new folder, or checks that the folder was created with them.
    ///
    /// # Errors
    /// When the file cannot be read or written, is no epoch file, or says otherwise.
    pub fn settle(&self, folder: &Path) -> Result<Settled, EpochError> {
        let path = folder.join(FILE_NAME);
        match fs::read(&path) {
            Ok(bytes) => {
                self.compare(&path, &bytes)?;
                Ok(Settled::Agrees)
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                match self.create(folder, &path) {
                    Ok(()) => Ok(Settled::Created),
                    Err(source) => Err(EpochError::Io { path, source }),
                }
            }
            Err(source) => Err(EpochError::Io { path, source }),
        }
    }

    fn compare(&self, path: &Path, bytes: &[u8]) -> Result<(), EpochError> {
        let found: Self = serde_json::from_slice(bytes).map_err(|error| EpochError::Malformed {
            path: path.to_owned(),
            reason: error.to_string(),
        })?;
        let differences: Vec<Disagreement> = found
            .fields()
            .into_iter()
            .zip(self.fields())
            .filter(|((_, folder), (_, configured))| folder != configured)
            .map(|((field, folder), (_, configured))| Disagreement {
                field,
                folder,
                configured,
            })
            .collect();
        if differences.is_empty() {
            return Ok(());
        }
        Err(EpochError::Disagrees {
            path: path.to_owned(),
            differences,
        })
    }

    fn fields(&self) -> [(&'static str, i64); 6] {
        [
            ("format", self.format.into()),
            ("step_ms", self.step_ms),
            ("block_slots", self.block_slots.into()),
            ("partitions", self.partitions.into()),
            ("shard_rule", self.shard_rule.into()),
            ("log_format", self.log_format.into()),
        ]
    }

    /// Whole or not at all: the file gets its name when its content is on the disk. A link fails where
    /// a rename would replace a file that somebody else has written meanwhile.
    fn create(&self, folder: &Path, path: &Path) -> io::Result<()> {
        let mut text = serde_json::to_string_pretty(self)?;
        text.push('\n');
        let draft = folder.join(format!("{FILE_NAME}.draft"));
        let mut file = File::create(&draft)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::hard_link(&draft, path)?;
        fs::remove_file(&draft)?;
        File::open(folder)?.sync_all()
    }
}

impl Display for Disagreement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            field,
            folder,
            configured,
        } = self;
        write!(
            f,
            "{field} is {folder} in the folder and {configured} in the configuration"
        )
    }
}

fn list(differences: &[Disagreement]) -> String {
    let texts: Vec<String> = differences.iter().map(ToString::to_string).collect();
    texts.join("; ")
}

#[cfg(test)]
mod tests {
    use telamon_model::{PartitionCount, Step};

    use super::*;

    fn epoch(partitions: u16, step_ms: i64) -> Epoch {
        Epoch::of(&Options {
            step: Step::from_millis(step_ms).unwrap(),
            partitions: PartitionCount::new(partitions).unwrap(),
            block_slots: 360,
            retention_ms: 86_400_000,
            age_max_ms: 60_000,
        })
    }

    #[test]
    fn a_folder_keeps_what_it_was_created_with() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(
            epoch(4, 10_000).settle(folder.path()).unwrap(),
            Settled::Created
        );
        assert_eq!(
            epoch(4, 10_000).settle(folder.path()).unwrap(),
            Settled::Agrees
        );
        let error = epoch(2, 60_000)
            .settle(folder.path())
            .unwrap_err()
            .to_string();
        for part in [
            "step_ms is 10000 in the folder and 60000 in the configuration",
            "partitions is 4 in the folder and 2 in the configuration",
        ] {
            assert!(error.contains(part), "{error}");
        }
        assert_eq!(
            epoch(4, 10_000).settle(folder.path()).unwrap(),
            Settled::Agrees
        );
        let names = fs::read_dir(folder.path()).unwrap();
        assert_eq!(names.count(), 1, "no draft is left");
    }

    #[test]
    fn a_file_that_is_something_else_is_refused_and_kept() {
        let folder = tempfile::tempdir().unwrap();
        for text in ["", "{}", "{\"format\":1,\"surprise\":true}"] {
            fs::write(folder.path().join(FILE_NAME), text).unwrap();
            let error = epoch(4, 10_000).settle(folder.path()).unwrap_err();
            assert!(matches!(error, EpochError::Malformed { .. }), "{error}");
            assert_eq!(
                fs::read_to_string(folder.path().join(FILE_NAME)).unwrap(),
                text
            );
        }
    }

    #[test]
    fn a_folder_that_is_not_there_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let error = epoch(4, 10_000)
            .settle(&folder.path().join("none"))
            .unwrap_err();
        assert!(matches!(error, EpochError::Io { .. }), "{error}");
    }
}

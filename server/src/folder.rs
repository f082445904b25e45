//! A data folder that no server serves, for questions from the command line.
//!
//! Takes the path of a folder that exists; reads its log as a server does at its start, and answers
//! graph requests from it. Nothing is published. The folder is locked meanwhile, and what a crash left
//! half-written at the end of the log is cut off, as the next server would.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::Deserialize;
use telamon_model::{PartitionCount, Step, Timestamp};
use telamon_store::epoch::FILE_NAME;

use crate::api::graph;
use crate::clock::Clock;
use crate::config::{Config, ConfigError, Overrides};
use crate::engine::{Engine, EngineError};
use crate::reply::Content;
use crate::telemetry::Telemetry;

/// A data folder, read.
#[derive(Debug)]
pub struct Folder {
    config: Config,
    engine: Engine,
    clock: Clock,
}

/// Why a folder cannot be asked.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// It is no data folder.
    #[error("{} is no data folder: {FILE_NAME} cannot be read", path.display())]
    NoFolder {
        /// The folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file that says how the data were made makes no sense.
    #[error("{FILE_NAME} in {} cannot be understood: {reason}", path.display())]
    BadEpoch {
        /// The folder.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The defaults do not go with the folder.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The store.
    #[error(transparent)]
    Engine(#[from] EngineError),
}

/// What was fixed when the folder was made, as far as it is needed here.
#[derive(Deserialize)]
struct Fixed {
    step_ms: i64,
    block_slots: u32,
    partitions: u16,
}

/// Retention is the server's business: whatever the log still holds can be asked for.
const RETENTION_MS: i64 = 100 * 366 * 86_400_000;

impl Folder {
    /// Reads a folder.
    ///
    /// # Errors
    /// See [`FolderError`]; a folder that a server uses is an [`EngineError`].
    pub fn open(path: &Path) -> Result<Self, FolderError> {
        let fixed = fixed(path)?;
        let overrides = Overrides {
            listen: None,
            data: Some(path.to_owned()),
        };
        let mut config = Config::parse("", Path::new("."), &overrides)?;
        let bad = |reason: &str| FolderError::BadEpoch {
            path: path.to_owned(),
            reason: reason.to_owned(),
        };
        let store = &mut config.store;
        store.step =
            Step::from_millis(fixed.step_ms).ok_or_else(|| bad("the step is not positive"))?;
        store.partitions =
            PartitionCount::new(fixed.partitions).ok_or_else(|| bad("there are no partitions"))?;
        store.block_slots = fixed.block_slots;
        store.retention_ms = RETENTION_MS;
        config.ingest.age_max_ms = config.ingest.age_max_ms.max(2 * fixed.step_ms);
        let engine = Engine::open(&config, Arc::new(Telemetry::default()), &mut |_closed| {})?;
        let clock = Clock::system(config.clock);
        Ok(Self {
            config,
            engine,
            clock,
        })
    }

    /// The newest time in the folder, which is what `now` means in a request; `None` where nothing was
    /// ever written.
    pub fn newest(&self) -> Option<Timestamp> {
        let snapshot = self.engine.snapshot();
        (snapshot.series_count() > 0).then(|| snapshot.log_time())
    }

    /// Answers what a server would answer to `/api/v1/graph?query`: status and body.
    pub fn graph(&self, query: &str) -> (u16, Vec<u8>) {
        let now = self.newest().unwrap_or_else(|| self.clock.wall());
        let at = (self.engine.snapshot(), now);
        let reply = graph::answer_alone(query, &self.config, &self.clock, at)
            .unwrap_or_else(crate::api::problem::Problem::into_reply);
        let body = match reply.content {
            Content::Whole(bytes) => bytes.to_vec(),
            Content::Events(_) => Vec::new(),
        };
        (reply.status.as_u16(), body)
    }
}

fn fixed(path: &Path) -> Result<Fixed, FolderError> {
    let bytes = fs::read(path.join(FILE_NAME)).map_err(|source| FolderError::NoFolder {
        path: path.to_owned(),
        source,
    })?;
    serde_json::from_slice(&bytes).map_err(|error| FolderError::BadEpoch {
        path: path.to_owned(),
        reason: error.to_string(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_data_folder_is_opened_and_nothing_is_made() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("absent");
        let error = Folder::open(&path).unwrap_err();
        assert!(matches!(error, FolderError::NoFolder { .. }), "{error}");
        assert!(!path.exists());
        fs::write(folder.path().join(FILE_NAME), "{\"step_ms\":0}").unwrap();
        let error = Folder::open(folder.path()).unwrap_err();
        assert!(matches!(error, FolderError::BadEpoch { .. }), "{error}");
    }
}

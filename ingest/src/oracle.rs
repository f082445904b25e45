//! Recorded answers of the reference, where they lie beside the repository.

use std::path::{Path, PathBuf};

use serde_json::Value;

/// A file or folder of the ingest recordings; `None`, with a printed reason, where there are none.
pub(crate) fn path(name: &str) -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let found = root
        .ancestors()
        .map(|folder| folder.join("shared/oracle/ingest").join(name))
        .find(|path| path.exists());
    if found.is_none() {
        println!("skipped: no recordings at ../shared/oracle/ingest/{name}");
    }
    found
}

/// The cases of a recording, one JSON value each.
pub(crate) fn cases(name: &str) -> Vec<Value> {
    let Some(path) = path(name) else {
        return Vec::new();
    };
    let text = std::fs::read_to_string(path).unwrap();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

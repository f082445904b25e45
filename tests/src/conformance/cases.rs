//! Recorded cases: one JSON object a line, in one folder a suite.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

use anyhow::Context;
use serde::Deserialize;
use serde_json::value::RawValue;

/// Folders whose cases are requests to a server with data.
pub const SUITES: [&str; 7] = [
    "dataset", "errors", "expr", "fetch", "graph", "tags", "values",
];

/// One request and its recorded answer.
#[derive(Debug, Deserialize)]
pub struct Case {
    /// Identifier; also the name of a picture.
    pub id: String,
    /// The folder.
    pub suite: String,
    /// The file without its ending.
    #[serde(skip)]
    pub file: String,
    /// Request method.
    pub method: String,
    /// Request target, byte for byte.
    pub uri: String,
    /// Name of the server that was asked.
    pub config: String,
    /// Headers beyond the usual ones.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// Request body.
    pub request_body: Option<String>,
    /// Status of the answer; absent where only values were kept.
    pub status: Option<u16>,
    /// Type of the answer; `None` = no header.
    pub content_type: Option<String>,
    /// Headers of the answer that are part of the case.
    pub response_headers: Option<BTreeMap<String, String>>,
    /// JSON answer.
    pub body: Option<Box<RawValue>>,
    /// Other text.
    pub body_text: Option<String>,
    /// First lines of a long text.
    pub body_head: Option<String>,
    /// Last lines of a long text.
    pub body_tail: Option<String>,
    /// Number of lines of a long text.
    pub body_lines: Option<usize>,
    /// Characters of a body of which only a digest was kept.
    pub body_chars: Option<usize>,
    /// SHA-1 of such a body.
    pub body_sha1: Option<String>,
    /// Events of a stream, heartbeats left out.
    pub events: Option<Vec<Box<RawValue>>>,
    /// Number of events where only a digest was kept.
    pub events_count: Option<usize>,
    /// Width of a picture in pixels.
    pub width: Option<u32>,
    /// Height of a picture in pixels.
    pub height: Option<u32>,
    /// File of a picture.
    pub picture: Option<String>,
    /// What is compared when it is not everything.
    pub compare: Option<Compare>,
    /// Whether the case counts.
    #[serde(default = "yes")]
    pub score: bool,
    /// First time of `values` in milliseconds.
    pub start: Option<i64>,
    /// Distance of `values` in milliseconds.
    pub every: Option<i64>,
    /// Some values of the only line.
    pub values: Option<Vec<serde_json::Value>>,
}

/// What is compared when it is not everything.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Compare {
    /// Only the status.
    Status,
    /// Length and digest of the body.
    Digest,
}

fn yes() -> bool {
    true
}

impl Case {
    /// Method and target on one line, for reports and filters.
    pub fn request(&self) -> String {
        match &self.request_body {
            Some(body) => format!("{} {} {body:?}", self.method, self.uri),
            None => format!("{} {}", self.method, self.uri),
        }
    }

    /// The target's path.
    pub fn path(&self) -> &str {
        self.uri.split_once('?').map_or(&self.uri, |(path, _)| path)
    }

    /// The target's parameters.
    pub fn parameters(&self) -> &str {
        self.uri.split_once('?').map_or("", |(_, query)| query)
    }
}

/// The cases of one suite, in the order of files and lines; those that do not count are left out.
///
/// # Errors
/// When a file cannot be read or a line is no case.
pub fn read_suite(oracle: &Path, suite: &str) -> anyhow::Result<Vec<Case>> {
    let mut cases = Vec::new();
    for path in files_of(&oracle.join(suite))? {
        let stem = path.file_stem().unwrap_or_default();
        let stem = stem.to_string_lossy().into_owned();
        let file = File::open(&path).with_context(|| format!("cannot open {}", path.display()))?;
        for (index, line) in BufReader::new(file).lines().enumerate() {
            let at = || format!("{}:{}", path.display(), index + 1);
            let line = line.with_context(at)?;
            let case: Case = serde_json::from_str(&line).with_context(at)?;
            if case.score {
                cases.push(Case {
                    file: stem.clone(),
                    ..case
                });
            }
        }
    }
    Ok(cases)
}

/// Files of cases in a folder, sorted by name; a folder that does not exist has none.
fn files_of(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    if !folder.exists() {
        return Ok(Vec::new());
    }
    let entries =
        fs::read_dir(folder).with_context(|| format!("cannot list {}", folder.display()))?;
    let mut paths = Vec::new();
    for entry in entries {
        let path = entry?.path();
        if path.extension().is_some_and(|ending| ending == "jsonl") {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths)
}

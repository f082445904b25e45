//! The configuration: typed, complete, checked.
//!
//! Takes the text of one TOML file and the overrides of the command line, gives a [`Config`] or
//! *all* problems with their key paths. Durations and sizes are text with units. Opening what the
//! configuration names is left to those who use it.

mod language;
mod query;
mod raw;
mod reader;
mod show;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use telamon_model::{PartitionCount, Step};
use telamon_query::words::own::OwnWords;
use telamon_render::graph::GraphStyle;

use raw::RawConfig;
use reader::Reader;

/// Everything the server was told.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// The data folder.
    pub store: StoreConfig,
    /// The web listener.
    pub http: HttpConfig,
    /// The listener of the agent line protocol.
    pub udp: UdpConfig,
    /// What is admitted.
    pub ingest: IngestConfig,
    /// What a query may cost.
    pub query: QueryConfig,
    /// Words of the operator's own.
    pub language: OwnWords,
    /// Defaults of pictures.
    pub graph: GraphConfig,
    /// Fonts beside the bundled ones.
    pub fonts: FontsConfig,
    /// Rules and receivers.
    pub alert: AlertConfig,
    /// Trust in the wall clock.
    pub clock: ClockConfig,
    /// What the server says.
    pub log: LogConfig,
}

/// `[store]`.
#[derive(Clone, Debug, PartialEq)]
pub struct StoreConfig {
    /// Folder of the data.
    pub data: PathBuf,
    /// Width of a step; fixed at creation.
    pub step: Step,
    /// Number of partitions; fixed at creation.
    pub partitions: PartitionCount,
    /// Slots in a block; fixed at creation.
    pub block_slots: u32,
    /// How long samples are kept, in milliseconds.
    pub retention_ms: i64,
    /// When the log is forced to disk.
    pub fsync: Fsync,
    /// Time between two syncs under [`Fsync::Interval`], in milliseconds.
    pub fsync_interval_ms: i64,
}

/// When the log is forced to disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fsync {
    /// By a timer: a machine crash loses at most one interval, a process crash nothing.
    Interval,
    /// Before each answer.
    Always,
    /// When the operating system likes.
    Never,
}

/// `[http]`.
#[derive(Clone, Debug, PartialEq)]
pub struct HttpConfig {
    /// Address and port; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Largest body, before and after inflating.
    pub body_bytes_max: usize,
    /// Most bytes of all bodies at a time; at least one of the largest fits.
    pub bodies_bytes_max: usize,
    /// Longest request target.
    pub uri_chars_max: usize,
    /// Most open connections.
    pub connections_max: usize,
    /// Time a request may take, in milliseconds.
    pub request_timeout_ms: i64,
    /// Hosts whose pages may read answers.
    pub cors_hosts: Vec<String>,
}

/// `[udp]`.
#[derive(Clone, Debug, PartialEq)]
pub struct UdpConfig {
    /// Address and port; `None` is off.
    pub listen: Option<SocketAddr>,
    /// Receive buffer asked of the kernel.
    pub receive_buffer_bytes: usize,
}

/// `[ingest]`.
#[derive(Clone, Debug, PartialEq)]
pub struct IngestConfig {
    /// Largest distance of a timestamp from now, in milliseconds.
    pub age_max_ms: i64,
    /// Most series at a time.
    pub series_max: usize,
}

/// `[query]`.
#[derive(Clone, Debug, PartialEq)]
pub struct QueryConfig {
    /// Most lines that leave a data expression.
    pub lines_max: usize,
    /// Most datapoints that leave a data expression.
    pub datapoints_max: usize,
    /// Threads that evaluate and draw; 0 = one per core.
    pub threads: usize,
    /// Queries that may wait for a thread.
    pub waiting_max: usize,
    /// Streams that may be open at a time.
    pub streams_max: usize,
    /// Most points of the store that one query may read.
    pub input_points_max: usize,
    /// Most points of all lines of an answer.
    pub answer_points_max: usize,
    /// Most groups that a query may make.
    pub groups_max: usize,
    /// Most points of all lines on the way to an answer.
    pub work_points_max: usize,
    /// Most distinct data expressions of a query.
    pub data_exprs_max: usize,
    /// Time that a query may take, in milliseconds.
    pub time_max_ms: i64,
    /// What a program may use.
    pub language: telamon_query::lang::Limits,
    /// Steps back that one search in a legend may take.
    pub edit_steps_max: usize,
}

/// `[graph]`.
#[derive(Clone, Debug, PartialEq)]
pub struct GraphConfig {
    /// Time zone where a request names none.
    pub timezone: String,
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// Most values of a line.
    pub line_values_max: u32,
    /// Name lines by what their queries say, where the expression has no legend.
    pub automatic_legends: bool,
    /// Style of pictures.
    pub style: GraphStyle,
    /// Whether PNG files say where they come from.
    pub png_metadata: bool,
}

/// `[fonts]`.
#[derive(Clone, Debug, PartialEq)]
pub struct FontsConfig {
    /// Folder of font files.
    pub dir: Option<PathBuf>,
}

/// `[alert]`.
#[derive(Clone, Debug, PartialEq)]
pub struct AlertConfig {
    /// Rule files.
    pub rules: Vec<PathBuf>,
    /// URL of the webhook of each receiver.
    pub webhooks: BTreeMap<String, String>,
    /// What links in notifications start with; `None` = the address of the web listener.
    pub public_url: Option<String>,
}

/// `[clock]`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ClockConfig {
    /// How far the wall clock may run ahead of the boot-time clock, in milliseconds.
    pub ahead_max_ms: i64,
    /// Accept any jump.
    pub accept_jumps: bool,
}

/// `[log]`.
#[derive(Clone, Debug, PartialEq)]
pub struct LogConfig {
    /// Filter directives.
    pub level: String,
    /// How a line is written.
    pub format: LogFormat,
    /// One line a request.
    pub access: bool,
}

/// How a log line is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One object a line.
    Json,
}

/// What the command line says instead of the file.
#[derive(Clone, Debug, Default)]
pub struct Overrides {
    /// `--listen`.
    pub listen: Option<SocketAddr>,
    /// `--data`.
    pub data: Option<PathBuf>,
}

/// One thing that is wrong with a configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Path of the key, as `store.step`; empty for the file as a whole.
    pub key: String,
    /// What is wrong.
    pub what: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.key.is_empty() {
            write!(f, "{}", self.what)
        } else {
            write!(f, "{}: {}", self.key, self.what)
        }
    }
}

/// All problems of a configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError {
    /// At least one.
    pub problems: Vec<Problem>,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.problems.iter().enumerate() {
            let separator = if index == 0 { "" } else { "\n" };
            write!(f, "{separator}{problem}")?;
        }
        Ok(())
    }
}

impl std::error::Error for ConfigError {}

impl Config {
    /// Reads a configuration. `folder` is where relative paths of rules and fonts begin.
    ///
    /// # Errors
    /// With every problem of the file, not just the first.
    pub fn parse(text: &str, folder: &Path, overrides: &Overrides) -> Result<Self, ConfigError> {
        let raw: RawConfig = toml::from_str(text).map_err(|error| ConfigError {
            problems: vec![Problem {
                key: String::new(),
                what: error.to_string().trim_end().to_owned(),
            }],
        })?;
        let mut reader = Reader::default();
        reader.refuse_unknown("", &raw.unknown);
        let store = reader.store(&raw.store, overrides);
        let http = reader.http(&raw.http, overrides);
        let config = Self {
            udp: reader.udp(&raw.udp),
            ingest: reader.ingest(&raw.ingest, store.step),
            query: reader.query(&raw.query, &http),
            language: reader.own_words(&raw.language),
            graph: reader.graph(&raw.graph),
            fonts: reader.fonts(&raw.fonts, folder),
            alert: reader.alert(&raw.alert, folder),
            clock: reader.clock(&raw.clock),
            log: reader.log(&raw.log),
            store,
            http,
        };
        reader.finish(config)
    }
}

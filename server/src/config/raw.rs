//! The configuration file as written: every key once, with its meaning.
//!
//! Takes TOML text, gives sections of raw values beside the keys that nobody knows, so that
//! [`super`] can report all problems of a file at once. Leaves types, units and defaults to it.

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::Value;

/// The whole file.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct RawConfig {
    pub(super) store: RawStore,
    pub(super) http: RawHttp,
    pub(super) udp: RawUdp,
    pub(super) ingest: RawIngest,
    pub(super) query: RawQuery,
    pub(super) language: RawLanguage,
    pub(super) graph: RawGraph,
    pub(super) fonts: RawFonts,
    pub(super) alert: RawAlert,
    pub(super) clock: RawClock,
    pub(super) log: RawLog,
    #[serde(flatten)]
    pub(super) unknown: Unknown,
}

/// Keys that a section does not have.
pub(super) type Unknown = BTreeMap<String, Value>;

/// `[store]`: the data folder and what is fixed when it is created.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct RawStore {
    /// Folder of the data. `--data` overrides it.
    pub(super) data: Option<Value>,
    /// Width of a step. Fixed when the folder is created.
    pub(super) step: Option<Value>,
    /// Number of partitions. Fixed when the folder is created.
    pub(super) partitions: Option<Value>,
    /// Length of a block. Fixed when the folder is created; a multiple of the step.
    pub(super) block: Option<Value>,
    /// How long samples are kept.
    pub(super) retention: Option<Value>,
    /// When the log is forced to disk: `interval`, `always` (before each answer) or `never`.
    pub(super) fsync: Option<Value>,
    /// Time between two syncs when `fsync` is `interval`.
    pub(super) fsync_interval: Option<Value>,
    #[serde(flatten)]
    pub(super) unknown: Unknown,
}

/// `[http]`: the web listener.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct RawHttp {
    /// Address and port. `--listen` overrides it.
    pub(super) listen: Option<Value>,
    /// Largest request body, before and after inflating.
    pub(super) body_max: Option<Value>,
    /// Most bytes of all request bodies that are read at a time; others wait.
    pub(super) bodies_max: Option<Value>,
    /// Longest request target in characters.
    pub(super) uri_chars_max: Option<Value>,
    /// Most open connections.
    pub(super) connections_max: Option<Value>,
    /// Time a request may take.
    pub(super) request_timeout: Option<Value>,
    /// Hosts whose pages may read answers: `*`, an exact host, or `.suffix`.
    pub(super) cors_hosts: Option<Value>,
    #[serde(flatten)]
    pub(super) unknown: Unknown,
}

/// `[udp]`: the listener of the agent line protocol.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct RawUdp {
    /// Address and port; empty text switches it off.
    pub(super) listen: Option<Value>,
    /// Receive buffer asked of the kernel.
    pub(super) receive_buffer: Option<Value>,
    #[serde(flatten)]
    pub(super) unknown: Unknown,
}

/// `[ingest]`: what is admitted.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct RawIngest {
    /// Largest distance of a timestamp from now, both ways. The longer of 60 s and two steps when
    /// not given.
    pub(super) age_max: Option<Value>,
    /// Most series that may exist at a time; a new one beyond that is refused.
    pub(super) series_max: Option<Value>,
    #[serde(flatten)]
    pub(super) unknown: Unknown,
}

/// `[query]`: what a query may cost.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct RawQuery {
    /// Most lines that leave a data expression.
    pub(super) lines_max: Option<Value>,
    /// Most datapoints that leave a data expression.
    pub(super) datapoints_max: Option<Value>,
    /// Threads that evaluate and draw; 0 = one per core.
    pub(super) threads: Option<Value>,
    /// Queries that may wait for a thread; further ones are answered 503.
    pub(super) waiting_max: Option<Value>,
    /// Event streams that may be open at a time; further ones are answered 503.
    pub(super) streams_max: Option<Value>,
    /// Most points of the store that one query may read.
    pub(super) input_points_max: Option<Value>,
    /// Most points of all lines of one answer together.
    pub(super) answer_points_max: Option<Value>,
    /// Most groups that one query may make; choices such as `:topk` over a group-by may choose from so many.
    pub(super) groups_max: Option<Value>,
    /// Most points of all lines that one query makes on the way to its answer; a line counts for 32 more.
    pub(super) work_points_max: Option<Value>,
    /// Most distinct data expressions of one query.
    pub(super) data_exprs_max: Option<Value>,
    /// Time that a query, or a chunk of an event stream, may take. That of `http.request_timeout` when not given.
    pub(super) time_max: Option<Value>,
    /// Largest program, and largest text that a program builds.
    pub(super) text_max: Option<Value>,
    /// Most values on the stack of a program.
    pub(super) stack_items_max: Option<Value>,
    /// Most items of a list in a program.
    pub(super) list_items_max: Option<Value>,
    /// Most programs within programs, the outermost included.
    pub(super) call_depth_max: Option<Value>,
    /// Most tokens that a program may run; one over a large expression counts for more.
    pub(super) steps_max: Option<Value>,
    /// Most parts of one expression, query or list, counted as printed.
    pub(super) expr_parts_max: Option<Value>,
    /// Most levels of one expression, query or list.
    pub(super) expr_depth_max: Option<Value>,
    /// Most bytes that `/api/v1/expr` tells about a program.
    pub(super) listing_max: Option<Value>,
    /// Largest compiled pattern of `:re` and `:reic` that is run in linear time.
    pub(super) pattern_max: Option<Value>,
    /// Most operations of a pattern that is not.
    pub(super) pattern_steps_max: Option<Value>,
    /// Most steps of a search with such a pattern in one value.
    pub(super) match_steps_max: Option<Value>,
    /// Most steps back of one search of `:s`, and most bytes of the legend that it makes.
    pub(super) edit_steps_max: Option<Value>,
    #[serde(flatten)]
    pub(super) unknown: Unknown,
}

/// `[language]`: words of your own beside those of the language. They belong to the vocabulary `custom` and are checked at the start.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct RawLanguage {
    /// Averages over a count of your own: `[language.averages.NAME]` with the `query` of the series that count and the `keys` they have. `node-avg` and `eureka-avg` can be defined anew.
    pub(super) averages: Option<Value>,
    /// Names for programs: `[language.words.NAME]` with `program`, `summary`, and `examples` that have to run.
    pub(super) words: Option<Value>,
    #[serde(flatten)]
    pub(super) unknown: Unknown,
}

/// `[graph]`: what a picture looks like where the request does not say.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct RawGraph {
    /// Time zone.
    pub(super) timezone: Option<Value>,
    /// Width in pixels.
    pub(super) width: Option<Value>,
    /// Height in pixels.
    pub(super) height: Option<Value>,
    /// Most values of a line: a wider picture has no finer step.
    pub(super) line_values_max: Option<Value>,
    /// Name lines by what their queries say, where the expression has no legend.
    pub(super) automatic_legends: Option<Value>,
    /// Whose room, ticks and legend pictures have: `atlas` or `telamon`.
    pub(super) style: Option<Value>,
    /// Write into PNG files where they come from, their time and what they show; the address may hold what not everybody shall read.
    pub(super) png_metadata: Option<Value>,
    #[serde(flatten)]
    pub(super) unknown: Unknown,
}

/// `[fonts]`: fonts of your own, asked for a character that the bundled ones lack.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct RawFonts {
    /// Folder of `.ttf`, `.otf` and `.ttc` files, relative to the configuration file; read once at the start, in the order of their names. Pictures that need them are the same only where these fonts are.
    pub(super) dir: Option<Value>,
    #[serde(flatten)]
    pub(super) unknown: Unknown,
}

/// `[alert]`: rules and where alerts go.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct RawAlert {
    /// Rule files, relative to the configuration file.
    pub(super) rules: Option<Value>,
    /// Names of receivers, each with the URL its webhook posts to.
    pub(super) webhooks: Option<Value>,
    /// Where people reach this server; links in notifications start with it.
    pub(super) public_url: Option<Value>,
    #[serde(flatten)]
    pub(super) unknown: Unknown,
}

/// `[clock]`: how far the wall clock is trusted.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct RawClock {
    /// How far the wall clock may run ahead of the boot-time clock before nothing is stamped.
    pub(super) ahead_max: Option<Value>,
    /// Accept any jump of the wall clock.
    pub(super) accept_jumps: Option<Value>,
    #[serde(flatten)]
    pub(super) unknown: Unknown,
}

/// `[log]`: what the server says.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct RawLog {
    /// Filter: `error`, `warn`, `info`, `debug`, or `target=level` parts with commas.
    pub(super) level: Option<Value>,
    /// `text` or `json`.
    pub(super) format: Option<Value>,
    /// One line a request.
    pub(super) access: Option<Value>,
    #[serde(flatten)]
    pub(super) unknown: Unknown,
}

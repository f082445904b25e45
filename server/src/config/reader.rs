//! From raw values to typed ones: defaults, units and limits of every key.
//!
//! Each reading method gives a value in any case, the default where the file is wrong, and notes
//! the problem; so one pass over the file finds them all.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

use axum::http::Uri;
use telamon_model::duration::{format_millis, parse_millis};
use telamon_model::{PartitionCount, Step};
use telamon_render::graph::GraphStyle;
use toml::Value;

use super::raw::{
    RawAlert, RawClock, RawFonts, RawGraph, RawHttp, RawIngest, RawLog, RawStore, RawUdp, Unknown,
};
use super::{
    AlertConfig, ClockConfig, Config, ConfigError, FontsConfig, Fsync, GraphConfig, HttpConfig,
    IngestConfig, LogConfig, LogFormat, Overrides, Problem, StoreConfig, UdpConfig,
};

const SECOND_MS: i64 = 1000;
pub(super) const DAY_MS: i64 = 86_400_000;
pub(super) const MIB: u64 = 1 << 20;

/// Collects problems while it reads.
#[derive(Default)]
pub(super) struct Reader {
    problems: Vec<Problem>,
}

impl Reader {
    /// The configuration, unless something was wrong.
    pub(super) fn finish(self, config: Config) -> Result<Config, ConfigError> {
        if self.problems.is_empty() {
            Ok(config)
        } else {
            Err(ConfigError {
                problems: self.problems,
            })
        }
    }

    /// Notes every key that the section does not have.
    pub(super) fn refuse_unknown(&mut self, section: &str, unknown: &Unknown) {
        for key in unknown.keys() {
            let path = if section.is_empty() {
                key.clone()
            } else {
                format!("{section}.{key}")
            };
            self.note(&path, "unknown key");
        }
    }

    pub(super) fn store(&mut self, raw: &RawStore, overrides: &Overrides) -> StoreConfig {
        self.refuse_unknown("store", &raw.unknown);
        let data = self.text("store.data", raw.data.as_ref(), "./data");
        let step_ms = self.millis(
            "store.step",
            raw.step.as_ref(),
            10 * SECOND_MS,
            SECOND_MS..=3_600_000,
        );
        let block_ms = self.millis(
            "store.block",
            raw.block.as_ref(),
            3_600_000,
            SECOND_MS..=DAY_MS,
        );
        let partitions = self.count("store.partitions", raw.partitions.as_ref(), 4, 1..=1024);
        if block_ms % step_ms != 0 {
            let what = format!(
                "{} is no multiple of store.step, {}",
                format_millis(block_ms),
                format_millis(step_ms)
            );
            self.note("store.block", &what);
        }
        let fsync = [
            ("interval", Fsync::Interval),
            ("always", Fsync::Always),
            ("never", Fsync::Never),
        ];
        StoreConfig {
            data: overrides
                .data
                .clone()
                .unwrap_or_else(|| PathBuf::from(data)),
            step: Step::from_millis(step_ms).expect("the range of the key is positive"),
            partitions: u16::try_from(partitions)
                .ok()
                .and_then(PartitionCount::new)
                .expect("the range of the key is positive and below 2^16"),
            block_slots: u32::try_from(block_ms / step_ms)
                .expect("a day has fewer than 2^32 seconds"),
            retention_ms: self.millis(
                "store.retention",
                raw.retention.as_ref(),
                DAY_MS,
                3_600_000..=3650 * DAY_MS,
            ),
            fsync: self.choice("store.fsync", raw.fsync.as_ref(), &fsync),
            fsync_interval_ms: self.millis(
                "store.fsync_interval",
                raw.fsync_interval.as_ref(),
                SECOND_MS,
                10..=60 * SECOND_MS,
            ),
        }
    }

    pub(super) fn http(&mut self, raw: &RawHttp, overrides: &Overrides) -> HttpConfig {
        self.refuse_unknown("http", &raw.unknown);
        let listen = self.address("http.listen", raw.listen.as_ref(), "127.0.0.1:7101");
        let body_bytes_max = self.bytes(
            "http.body_max",
            raw.body_max.as_ref(),
            8 * MIB,
            1024..=1024 * MIB,
        );
        let bodies = raw.bodies_max.as_ref();
        let bodies_bytes_max = self.bytes("http.bodies_max", bodies, 256 * MIB, MIB..=1 << 40);
        HttpConfig {
            listen: overrides
                .listen
                .or(listen)
                .unwrap_or_else(|| SocketAddr::from(([127, 0, 0, 1], 7101))),
            body_bytes_max,
            bodies_bytes_max: bodies_bytes_max.max(body_bytes_max),
            uri_chars_max: self.count(
                "http.uri_chars_max",
                raw.uri_chars_max.as_ref(),
                4096,
                256..=65_000,
            ),
            connections_max: self.count(
                "http.connections_max",
                raw.connections_max.as_ref(),
                1024,
                1..=1_000_000,
            ),
            request_timeout_ms: self.millis(
                "http.request_timeout",
                raw.request_timeout.as_ref(),
                10 * SECOND_MS,
                100..=DAY_MS,
            ),
            cors_hosts: self.texts("http.cors_hosts", raw.cors_hosts.as_ref(), &["*"]),
        }
    }

    pub(super) fn udp(&mut self, raw: &RawUdp) -> UdpConfig {
        self.refuse_unknown("udp", &raw.unknown);
        UdpConfig {
            listen: self.address("udp.listen", raw.listen.as_ref(), "127.0.0.1:1234"),
            receive_buffer_bytes: self.bytes(
                "udp.receive_buffer",
                raw.receive_buffer.as_ref(),
                16 * MIB,
                65_536..=1024 * MIB,
            ),
        }
    }

    pub(super) fn ingest(&mut self, raw: &RawIngest, step: Step) -> IngestConfig {
        self.refuse_unknown("ingest", &raw.unknown);
        let age_default = (2 * step.as_millis()).max(60 * SECOND_MS);
        IngestConfig {
            age_max_ms: self.millis(
                "ingest.age_max",
                raw.age_max.as_ref(),
                age_default,
                SECOND_MS..=3650 * DAY_MS,
            ),
            series_max: self.count(
                "ingest.series_max",
                raw.series_max.as_ref(),
                1_000_000,
                1..=1_000_000_000,
            ),
        }
    }

    pub(super) fn graph(&mut self, raw: &RawGraph) -> GraphConfig {
        self.refuse_unknown("graph", &raw.unknown);
        let timezone = self.text("graph.timezone", raw.timezone.as_ref(), "US/Pacific");
        if let Err(error) = telamon_query::time::zone(&timezone) {
            self.note("graph.timezone", error.text);
        }
        let pixels = 64..=100_000;
        let styles = [GraphStyle::Atlas, GraphStyle::Telamon].map(|style| (style.name(), style));
        GraphConfig {
            timezone,
            width: self.small("graph.width", raw.width.as_ref(), 700, pixels.clone()),
            height: self.small("graph.height", raw.height.as_ref(), 300, pixels),
            line_values_max: self.small(
                "graph.line_values_max",
                raw.line_values_max.as_ref(),
                1440,
                1..=1_000_000,
            ),
            automatic_legends: self.flag(
                "graph.automatic_legends",
                raw.automatic_legends.as_ref(),
                true,
            ),
            style: self.choice("graph.style", raw.style.as_ref(), &styles),
            png_metadata: self.flag("graph.png_metadata", raw.png_metadata.as_ref(), false),
        }
    }

    pub(super) fn fonts(&mut self, raw: &RawFonts, folder: &Path) -> FontsConfig {
        self.refuse_unknown("fonts", &raw.unknown);
        let dir = self.text("fonts.dir", raw.dir.as_ref(), "");
        FontsConfig {
            dir: (!dir.is_empty()).then(|| folder.join(dir)),
        }
    }

    pub(super) fn alert(&mut self, raw: &RawAlert, folder: &Path) -> AlertConfig {
        self.refuse_unknown("alert", &raw.unknown);
        let rules = self.texts("alert.rules", raw.rules.as_ref(), &[]);
        let public_url = self.text("alert.public_url", raw.public_url.as_ref(), "");
        AlertConfig {
            rules: rules.iter().map(|file| folder.join(file)).collect(),
            webhooks: self.named_urls("alert.webhooks", raw.webhooks.as_ref()),
            public_url: Some(public_url.trim_end_matches('/').to_owned())
                .filter(|url| !url.is_empty()),
        }
    }

    pub(super) fn clock(&mut self, raw: &RawClock) -> ClockConfig {
        self.refuse_unknown("clock", &raw.unknown);
        ClockConfig {
            ahead_max_ms: self.millis(
                "clock.ahead_max",
                raw.ahead_max.as_ref(),
                60 * SECOND_MS,
                SECOND_MS..=DAY_MS,
            ),
            accept_jumps: self.flag("clock.accept_jumps", raw.accept_jumps.as_ref(), false),
        }
    }

    pub(super) fn log(&mut self, raw: &RawLog) -> LogConfig {
        self.refuse_unknown("log", &raw.unknown);
        let formats = [("text", LogFormat::Text), ("json", LogFormat::Json)];
        let level = self.text("log.level", raw.level.as_ref(), "info");
        if let Err(error) = crate::telemetry::log::check_filter(&level) {
            self.note("log.level", error);
        }
        LogConfig {
            level,
            format: self.choice("log.format", raw.format.as_ref(), &formats),
            access: self.flag("log.access", raw.access.as_ref(), false),
        }
    }

    pub(super) fn note(&mut self, key: &str, what: impl Display) {
        self.problems.push(Problem {
            key: key.to_owned(),
            what: what.to_string(),
        });
    }

    pub(super) fn text(&mut self, key: &str, value: Option<&Value>, default: &str) -> String {
        match value {
            None => default.to_owned(),
            Some(Value::String(text)) => text.clone(),
            Some(other) => {
                self.note(key, format!("expected text, found {other}"));
                default.to_owned()
            }
        }
    }

    pub(super) fn texts(
        &mut self,
        key: &str,
        value: Option<&Value>,
        default: &[&str],
    ) -> Vec<String> {
        let Some(value) = value else {
            return default.iter().map(|&text| text.to_owned()).collect();
        };
        let Some(items) = value.as_array() else {
            self.note(key, format!("expected a list of texts, found {value}"));
            return Vec::new();
        };
        let mut texts = Vec::new();
        for item in items {
            texts.push(self.text(key, Some(item), ""));
        }
        texts
    }

    fn named_urls(&mut self, key: &str, value: Option<&Value>) -> BTreeMap<String, String> {
        let mut urls = BTreeMap::new();
        match value {
            None => {}
            Some(Value::Table(table)) => {
                for (name, item) in table {
                    match item.as_str().filter(|text| is_web_url(text)) {
                        Some(url) => drop(urls.insert(name.clone(), url.to_owned())),
                        None => self.note(
                            &format!("{key}.{name}"),
                            format!("expected a URL like \"https://host/path\", found {item}"),
                        ),
                    }
                }
            }
            Some(other) => self.note(key, format!("expected a table, found {other}")),
        }
        urls
    }

    fn flag(&mut self, key: &str, value: Option<&Value>, default: bool) -> bool {
        match value {
            None => default,
            Some(Value::Boolean(flag)) => *flag,
            Some(other) => {
                self.note(key, format!("expected true or false, found {other}"));
                default
            }
        }
    }

    fn choice<T: Copy>(&mut self, key: &str, value: Option<&Value>, options: &[(&str, T)]) -> T {
        let (_, default) = options[0];
        let Some(value) = value else {
            return default;
        };
        let found = options
            .iter()
            .find(|(name, _)| value.as_str() == Some(name));
        if let Some(&(_, option)) = found {
            return option;
        }
        let names: Vec<&str> = options.iter().map(|&(name, _)| name).collect();
        self.note(
            key,
            format!("expected one of {}, found {value}", names.join(", ")),
        );
        default
    }

    /// `None` for empty text.
    fn address(&mut self, key: &str, value: Option<&Value>, default: &str) -> Option<SocketAddr> {
        let text = self.text(key, value, default);
        if text.is_empty() {
            return None;
        }
        match text.parse() {
            Ok(address) => Some(address),
            Err(_no_reason_worth_telling) => {
                self.note(key, format!("expected address:port, found '{text}'"));
                None
            }
        }
    }

    pub(super) fn millis(
        &mut self,
        key: &str,
        value: Option<&Value>,
        default: i64,
        range: RangeInclusive<i64>,
    ) -> i64 {
        let Some(value) = value else {
            return default;
        };
        let Some(text) = value.as_str() else {
            self.note(
                key,
                format!("expected a duration like \"10s\", found {value}"),
            );
            return default;
        };
        match parse_millis(text) {
            Ok(millis) if range.contains(&millis) => millis,
            Ok(_) => {
                let (from, to) = (format_millis(*range.start()), format_millis(*range.end()));
                self.note(key, format!("'{text}' is not between {from} and {to}"));
                default
            }
            Err(error) => {
                self.note(key, error);
                default
            }
        }
    }

    pub(super) fn count(
        &mut self,
        key: &str,
        value: Option<&Value>,
        default: usize,
        range: RangeInclusive<usize>,
    ) -> usize {
        let Some(value) = value else {
            return default;
        };
        let count = value
            .as_integer()
            .and_then(|count| usize::try_from(count).ok());
        match count {
            Some(count) if range.contains(&count) => count,
            Some(_) | None => {
                let (from, to) = (range.start(), range.end());
                self.note(
                    key,
                    format!("expected a number from {from} to {to}, found {value}"),
                );
                default
            }
        }
    }

    fn small(
        &mut self,
        key: &str,
        value: Option<&Value>,
        default: u32,
        range: RangeInclusive<usize>,
    ) -> u32 {
        let default_count = usize::try_from(default).expect("usize holds a u32 here");
        let count = self.count(key, value, default_count, range);
        u32::try_from(count).unwrap_or(default)
    }

    pub(super) fn bytes(
        &mut self,
        key: &str,
        value: Option<&Value>,
        default: u64,
        range: RangeInclusive<u64>,
    ) -> usize {
        let mut bytes = default;
        if let Some(value) = value {
            match value.as_str().and_then(parse_bytes) {
                Some(given) if range.contains(&given) => bytes = given,
                Some(_) => self.note(
                    key,
                    format!(
                        "{value} is not between {} and {} bytes",
                        range.start(),
                        range.end()
                    ),
                ),
                None => {
                    self.note(key, format!("expected a size like \"8MiB\", found {value}"));
                }
            }
        }
        usize::try_from(bytes).unwrap_or(usize::MAX)
    }
}

/// Whether text is an absolute `http` or `https` URL that names a host and, if any, a real port.
fn is_web_url(text: &str) -> bool {
    let Ok(uri) = text.parse::<Uri>() else {
        return false;
    };
    let is_web = matches!(uri.scheme_str(), Some("http" | "https"));
    let names_host = uri.authority().is_some_and(|authority| {
        let host = authority.host();
        !host.is_empty() && (authority.as_str().ends_with(host) || authority.port_u16().is_some())
    });
    is_web && names_host
}

/// `<digits><unit>`, unit one of `B KB MB GB KiB MiB GiB`.
pub(super) fn parse_bytes(text: &str) -> Option<u64> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    let factor: u64 = match unit.trim_start() {
        "B" => 1,
        "KB" => 1000,
        "MB" => 1_000_000,
        "GB" => 1_000_000_000,
        "KiB" => 1 << 10,
        "MiB" => 1 << 20,
        "GiB" => 1 << 30,
        _ => return None,
    };
    number.parse::<u64>().ok()?.checked_mul(factor)
}

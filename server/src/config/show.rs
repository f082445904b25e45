//! The resolved configuration as TOML text: what `telamon config check` prints.
//!
//! Reading the text gives the same configuration again.

use std::fmt;

use telamon_model::duration::format_millis;
use toml::Value;

use super::{Config, Fsync, LogFormat};

impl fmt::Display for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.show_stored(f)?;
        self.show_listeners(f)?;
        self.show_work(f)?;
        self.show_rest(f)
    }
}

impl Config {
    fn show_stored(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let store = &self.store;
        let step_ms = store.step.as_millis();
        writeln!(f, "[store]")?;
        writeln!(f, "data = {}", text(&store.data.display().to_string()))?;
        writeln!(f, "step = {}", duration(step_ms))?;
        writeln!(f, "partitions = {}", store.partitions.as_u16())?;
        writeln!(
            f,
            "block = {}",
            duration(step_ms * i64::from(store.block_slots))
        )?;
        writeln!(f, "retention = {}", duration(store.retention_ms))?;
        let fsync = match store.fsync {
            Fsync::Interval => "interval",
            Fsync::Always => "always",
            Fsync::Never => "never",
        };
        writeln!(f, "fsync = {}", text(fsync))?;
        writeln!(f, "fsync_interval = {}", duration(store.fsync_interval_ms))
    }

    fn show_listeners(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let http = &self.http;
        writeln!(f, "\n[http]")?;
        writeln!(f, "listen = {}", text(&http.listen.to_string()))?;
        writeln!(f, "body_max = {}", bytes(http.body_bytes_max))?;
        writeln!(f, "bodies_max = {}", bytes(http.bodies_bytes_max))?;
        writeln!(f, "uri_chars_max = {}", http.uri_chars_max)?;
        writeln!(f, "connections_max = {}", http.connections_max)?;
        writeln!(f, "request_timeout = {}", duration(http.request_timeout_ms))?;
        writeln!(f, "cors_hosts = {}", texts(&http.cors_hosts))?;
        let udp = self.udp.listen.map(|address| address.to_string());
        writeln!(f, "\n[udp]")?;
        writeln!(f, "listen = {}", text(&udp.unwrap_or_default()))?;
        writeln!(
            f,
            "receive_buffer = {}",
            bytes(self.udp.receive_buffer_bytes)
        )
    }

    fn show_work(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "\n[ingest]")?;
        writeln!(f, "age_max = {}", duration(self.ingest.age_max_ms))?;
        writeln!(f, "series_max = {}", self.ingest.series_max)?;
        self.show_query(f)?;
        self.show_language(f)?;
        writeln!(f, "\n[graph]")?;
        writeln!(f, "timezone = {}", text(&self.graph.timezone))?;
        writeln!(f, "width = {}", self.graph.width)?;
        writeln!(f, "height = {}", self.graph.height)?;
        writeln!(f, "line_values_max = {}", self.graph.line_values_max)?;
        writeln!(f, "automatic_legends = {}", self.graph.automatic_legends)?;
        writeln!(f, "style = {}", text(self.graph.style.name()))?;
        writeln!(f, "png_metadata = {}", self.graph.png_metadata)?;
        let dir = self.fonts.dir.as_ref();
        let dir = dir.map_or_else(String::new, |dir| dir.display().to_string());
        writeln!(f, "\n[fonts]\ndir = {}", text(&dir))
    }

    fn show_query(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let query = &self.query;
        let language = &query.language;
        let pattern = &language.pattern;
        writeln!(f, "\n[query]")?;
        writeln!(f, "threads = {}", query.threads)?;
        writeln!(f, "time_max = {}", duration(query.time_max_ms))?;
        writeln!(f, "text_max = {}", bytes(language.text_bytes))?;
        writeln!(f, "listing_max = {}", bytes(language.listing_bytes))?;
        writeln!(f, "pattern_max = {}", bytes(pattern.automaton_bytes))?;
        for (key, count) in [
            ("waiting_max", query.waiting_max),
            ("streams_max", query.streams_max),
            ("lines_max", query.lines_max),
            ("datapoints_max", query.datapoints_max),
            ("groups_max", query.groups_max),
            ("input_points_max", query.input_points_max),
            ("work_points_max", query.work_points_max),
            ("answer_points_max", query.answer_points_max),
            ("data_exprs_max", query.data_exprs_max),
            ("stack_items_max", language.stack_items),
            ("list_items_max", language.list_items),
            ("call_depth_max", language.call_depth),
            ("steps_max", language.steps),
            ("expr_parts_max", language.expr_nodes),
            ("expr_depth_max", language.expr_depth),
            ("pattern_steps_max", pattern.steps),
            ("match_steps_max", pattern.match_steps),
            ("edit_steps_max", query.edit_steps_max),
        ] {
            writeln!(f, "{key} = {count}")?;
        }
        Ok(())
    }

    fn show_rest(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rules: Vec<String> = self
            .alert
            .rules
            .iter()
            .map(|file| file.display().to_string())
            .collect();
        writeln!(f, "\n[alert]")?;
        writeln!(f, "rules = {}", texts(&rules))?;
        let public_url = self.alert.public_url.as_deref().unwrap_or_default();
        writeln!(f, "public_url = {}", text(public_url))?;
        writeln!(f, "\n[alert.webhooks]")?;
        for (name, url) in &self.alert.webhooks {
            writeln!(f, "{} = {}", text(name), text(url))?;
        }
        writeln!(f, "\n[clock]")?;
        writeln!(f, "ahead_max = {}", duration(self.clock.ahead_max_ms))?;
        writeln!(f, "accept_jumps = {}", self.clock.accept_jumps)?;
        let format = match self.log.format {
            LogFormat::Text => "text",
            LogFormat::Json => "json",
        };
        writeln!(f, "\n[log]")?;
        writeln!(f, "level = {}", text(&self.log.level))?;
        writeln!(f, "format = {}", text(format))?;
        writeln!(f, "access = {}", self.log.access)
    }

    fn show_language(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "\n[language.averages]")?;
        for average in self.language.averages() {
            writeln!(f, "[language.averages.{}]", average.name)?;
            writeln!(f, "query = {}", text(&average.query))?;
            writeln!(f, "keys = {}", texts(&average.keys))?;
        }
        writeln!(f, "\n[language.words]")?;
        for word in self.language.macros() {
            writeln!(f, "[language.words.{}]", word.name)?;
            writeln!(f, "program = {}", text(&word.program))?;
            writeln!(f, "summary = {}", text(&word.summary))?;
            writeln!(f, "examples = {}", texts(&word.examples))?;
        }
        Ok(())
    }
}

fn text(value: &str) -> Value {
    Value::String(value.to_owned())
}

fn texts(values: &[String]) -> Value {
    Value::Array(values.iter().map(|value| text(value)).collect())
}

fn duration(millis: i64) -> Value {
    Value::String(format_millis(millis))
}

fn bytes(count: usize) -> Value {
    const UNITS: [(usize, &str); 3] = [(1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")];
    let unit = UNITS
        .into_iter()
        .find(|&(size, _)| count >= size && count.is_multiple_of(size));
    let (size, name) = unit.unwrap_or((1, "B"));
    Value::String(format!("{}{name}", count / size))
}

//! What a server holds, read back over HTTP: names, tags of a name, values of an expression.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, ensure};
use serde_json::Value;

use crate::conformance::wire::{Answer, Connection};
use crate::house::House;

/// Asks one server.
pub(super) struct Reader(Connection);

impl Reader {
    pub(super) fn new(house: &House) -> Self {
        Self(Connection::new(house.http_address()))
    }

    /// Sends a request.
    pub(super) fn send(
        &mut self,
        method: &str,
        target: &str,
        headers: &[(String, String)],
        body: Option<&[u8]>,
    ) -> anyhow::Result<Answer> {
        let sent = self.0.send(method, target, headers, body);
        sent.with_context(|| format!("{method} {target}"))
    }

    /// Publishes a JSON payload, which must be taken completely.
    pub(super) fn publish(&mut self, payload: &Value) -> anyhow::Result<()> {
        let headers = [("Content-Type".to_owned(), "application/json".to_owned())];
        let body = payload.to_string();
        let answer = self.send("POST", "/api/v1/publish", &headers, Some(body.as_bytes()))?;
        ensure!(answer.status == 200, "{} {}", answer.status, answer.text());
        Ok(())
    }

    /// The JSON of an answer with status 200.
    pub(super) fn json(&mut self, target: &str) -> anyhow::Result<Value> {
        let answer = self.send("GET", target, &[], None)?;
        ensure!(
            answer.status == 200,
            "{target}: {} {}",
            answer.status,
            answer.text()
        );
        serde_json::from_slice(&answer.body).with_context(|| format!("the answer to {target}"))
    }

    fn list(&mut self, target: &str) -> anyhow::Result<Vec<String>> {
        Ok(serde_json::from_value(self.json(target)?)?)
    }

    /// The names of all series but the server's own.
    pub(super) fn names(&mut self) -> anyhow::Result<Vec<String>> {
        let mut names = self.list("/api/v1/tags/name?limit=1000000")?;
        names.retain(|name| !name.starts_with("telamon."));
        Ok(names)
    }

    /// The tags of all series of a name together: each key with its values.
    pub(super) fn tags(
        &mut self,
        name: &str,
    ) -> anyhow::Result<BTreeMap<String, BTreeSet<String>>> {
        let query = format!("q=name,{},:eq&limit=1000000", escaped(name));
        let keys = self.list(&format!("/api/v1/tags?{query}"))?;
        let mut tags = BTreeMap::new();
        for key in keys {
            let values = self.list(&format!("/api/v1/tags/{}?{query}", escaped(&key)))?;
            tags.insert(key, values.into_iter().collect());
        }
        Ok(tags)
    }

    /// The lines of an expression over the steps that end after `after_ms` and not after
    /// `until_ms`.
    pub(super) fn graph(
        &mut self,
        expression: &str,
        after_ms: i64,
        until_ms: i64,
    ) -> anyhow::Result<Vec<Line>> {
        let target = format!(
            "/api/v1/graph?q={}&s={after_ms}&e={until_ms}&format=json",
            escaped(expression)
        );
        let graph = self.json(&target)?;
        lines(&graph).with_context(|| format!("the answer to {target}"))
    }
}

/// A line of a graph.
pub(super) struct Line {
    /// Its tags.
    pub(super) tags: BTreeMap<String, String>,
    /// Values that are there, with the end of their step in milliseconds since 1970.
    pub(super) points: Vec<(i64, f64)>,
}

fn lines(graph: &Value) -> anyhow::Result<Vec<Line>> {
    let start = graph["start"].as_i64().context("a start")?;
    let step = graph["step"].as_i64().context("a step")?;
    let metrics = graph["metrics"].as_array().context("metrics")?;
    let mut lines = Vec::with_capacity(metrics.len());
    for tags in metrics {
        lines.push(Line {
            tags: serde_json::from_value(tags.clone())?,
            points: Vec::new(),
        });
    }
    let rows = graph["values"].as_array().context("values")?;
    for (time, row) in (start..).step_by(usize::try_from(step)?).zip(rows) {
        let row = row.as_array().context("a row of values")?;
        ensure!(row.len() == lines.len(), "a value per line");
        for (line, cell) in lines.iter_mut().zip(row) {
            let value = number(cell)?;
            if !value.is_nan() {
                line.points.push((time, value));
            }
        }
    }
    Ok(lines)
}

/// A number as JSON has it, or as text where JSON has none.
pub(super) fn number(value: &Value) -> anyhow::Result<f64> {
    match value {
        Value::String(text) => Ok(text.parse()?),
        value => value
            .as_f64()
            .with_context(|| format!("{value} is no number")),
    }
}

/// A text as part of a target.
fn escaped(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b',' | b':' => {
                char::from(byte).to_string()
            }
            other => format!("%{other:02X}"),
        })
        .collect()
}

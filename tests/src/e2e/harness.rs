//! A server to test against: starts, answers, is stopped and started again on the same data.
//!
//! ```text
//!   clock.set ─► background tasks notice within 250 ms ─► wait_for(effect)
//! ```
//!
//! The clock stands still unless a test moves it. The rhythms of the server look at it every
//! 250 ms at the latest, so nothing but moving it is needed to let steps end; what a test waits for
//! is always the effect, never a time.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::time::Duration;

use serde_json::Value;

use telamon_server::Running;
use telamon_tests::house::{self, Time};

/// The step of most tests.
pub(super) const STEP_MS: i64 = 10_000;
/// The end of a step, of a minute and of nothing else.
pub(super) const T0: i64 = 1_700_000_040_000;

/// The longest wait for an effect.
const PATIENCE: Duration = Duration::from_secs(20);
const NAP: Duration = Duration::from_millis(5);

/// A server with a folder of its own, and a client.
pub(super) struct House {
    server: house::House,
    agent: ureq::Agent,
}

/// What came back.
#[derive(Debug, PartialEq)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) content_type: String,
    pub(super) body: Vec<u8>,
}

impl Answer {
    pub(super) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON.
    pub(super) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| {
            panic!("status {}, {error} in {:?}", self.status, self.text());
        })
    }

    /// The answer, if its status is the one.
    #[track_caller]
    pub(super) fn with_status(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", self.text());
        self
    }
}

/// One line of a graph, as the formats agree on it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Line {
    pub(super) label: String,
    pub(super) tags: Value,
    /// Values with their times, absent ones left out.
    pub(super) points: Vec<(i64, f64)>,
}

/// Starts in the configuration that a test gives; the listeners are added.
impl House {
    /// A server whose clock stands at a time.
    pub(super) fn held(config: &str, at_ms: i64) -> Self {
        Self::held_with(config, at_ms, &[])
    }

    /// The same with files, name and text, that the configuration names.
    pub(super) fn held_with(config: &str, at_ms: i64, files: &[(&str, &str)]) -> Self {
        Self::open(config, Time::held(at_ms), files)
    }

    /// A server that follows the machine's clock.
    pub(super) fn system(config: &str) -> Self {
        Self::open(config, Time::System, &[])
    }

    fn open(config: &str, time: Time, files: &[(&str, &str)]) -> Self {
        let agent = ureq::Agent::config_builder()
            .timeout_global(Some(PATIENCE))
            .http_status_as_error(false)
            .max_redirects(0)
            .build()
            .into();
        Self {
            server: house::House::open(config, time, files).unwrap(),
            agent,
        }
    }

    /// Stops the server.
    pub(super) fn stop(&mut self) {
        self.server.stop().unwrap();
    }

    /// Stops the server and starts it again on the same data, the clock where it stood.
    pub(super) fn restart(&mut self) {
        self.server.restart().unwrap();
    }

    /// The server.
    pub(super) fn running(&self) -> &Running {
        self.server.running()
    }

    pub(super) fn http_address(&self) -> SocketAddr {
        self.server.http_address()
    }

    pub(super) fn udp_address(&self) -> SocketAddr {
        self.server.udp_address()
    }

    /// Moves the clock and waits for nothing.
    pub(super) fn set_clock(&mut self, to_ms: i64) {
        self.server.set_clock(to_ms);
    }

    /// Lets a step end: to its boundary, where lines are flushed, then to the heartbeat a second
    /// later, where the step before it closes. Returns when both are in the log.
    pub(super) fn end_step(&mut self, boundary_ms: i64) {
        for moment in [boundary_ms, boundary_ms + 1000] {
            self.set_clock(moment);
            wait_for("a record of the background tasks", || {
                (self.running().engine().log_time().as_millis() >= moment).then_some(())
            });
        }
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.http_address())
    }

    /// GET of a path with query, escaped already.
    pub(super) fn get(&self, path: &str) -> Answer {
        answer(self.agent.get(self.url(path)).call().unwrap())
    }

    /// POST of a body with headers.
    pub(super) fn post(&self, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        let mut request = self.agent.post(self.url(path));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        answer(request.send(body).unwrap())
    }

    /// Publishes JSON.
    pub(super) fn publish(&self, payload: &Value) -> Answer {
        let headers = [("content-type", "application/json")];
        self.post("/api/v1/publish", &headers, payload.to_string().as_bytes())
    }

    /// A graph; `q` is escaped here.
    pub(super) fn graph(&self, q: &str, params: &str) -> Answer {
        self.get(&format!("/api/v1/graph?q={}&{params}", escape(q)))
    }

    /// The lines of a graph between two times, the first left out, in the format `json`.
    pub(super) fn lines(&self, q: &str, after_ms: i64, until_ms: i64) -> Vec<Line> {
        let params = format!("format=json&s={after_ms}&e={until_ms}");
        lines_of_json(&self.graph(q, &params).with_status(200).json())
    }

    /// The value of the only line at one time; `None` where there is none.
    pub(super) fn value_at(&self, q: &str, at_ms: i64) -> Option<f64> {
        let lines = self.lines(q, at_ms - 60_000, at_ms);
        assert_eq!(lines.len(), 1, "{q}: {lines:?}");
        let points = &lines[0].points;
        points
            .iter()
            .find(|(time, _)| *time == at_ms)
            .map(|&(_, value)| value)
    }

    /// A counter or gauge of `/metrics`, all its series added up.
    pub(super) fn metric(&self, start: &str) -> f64 {
        let text = self.get("/metrics").with_status(200).text();
        text.lines()
            .filter(|line| line.starts_with(start))
            .filter_map(|line| line.rsplit_once(' ')?.1.parse::<f64>().ok())
            .sum()
    }
}

fn answer(mut response: ureq::http::Response<ureq::Body>) -> Answer {
    let content_type = response.headers().get("content-type");
    Answer {
        status: response.status().as_u16(),
        content_type: content_type.map_or_else(String::new, |value| {
            value.to_str().unwrap_or_default().to_owned()
        }),
        body: response.body_mut().read_to_vec().unwrap(),
    }
}

/// The lines of the formats `json` and `std.json`.
pub(super) fn lines_of_json(graph: &Value) -> Vec<Line> {
    let start = graph["start"].as_i64().unwrap();
    let step = graph["step"].as_i64().unwrap();
    let labels = graph["legend"].as_array().unwrap();
    let mut lines: Vec<Line> = labels
        .iter()
        .zip(graph["metrics"].as_array().unwrap())
        .map(|(label, tags)| Line {
            label: label.as_str().unwrap().to_owned(),
            tags: tags.clone(),
            points: Vec::new(),
        })
        .collect();
    let mut time = start;
    for row in graph["values"].as_array().unwrap() {
        for (line, cell) in lines.iter_mut().zip(row.as_array().unwrap()) {
            line.points.extend(number(cell).map(|value| (time, value)));
        }
        time += step;
    }
    lines
}

/// A number of an answer; what JSON has no number for stands there as text. `None` is NaN.
pub(super) fn number(cell: &Value) -> Option<f64> {
    let value = match cell {
        Value::String(text) => text.parse().unwrap(),
        other => other.as_f64().unwrap(),
    };
    (!f64::is_nan(value)).then_some(value)
}

/// Asks until there is an answer.
#[track_caller]
pub(super) fn wait_for<T>(what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    let mut waited = Duration::ZERO;
    loop {
        if let Some(found) = ask() {
            return found;
        }
        assert!(waited < PATIENCE, "waited in vain for {what}");
        std::thread::sleep(NAP);
        waited += NAP;
    }
}

/// A text as part of a query string.
pub(super) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b',' | b':' => {
                out.push(char::from(byte));
            }
            other => write!(out, "%{other:02X}").expect("a string takes everything"),
        }
    }
    out
}

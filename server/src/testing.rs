//! A server without sockets, for tests: requests go straight to the edge.

use std::sync::Arc;

use axum::body::Body;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode};
use http_body_util::BodyExt;
use serde_json::Value;

use crate::clock::{Clock, Hand};
use crate::config::{Config, Overrides};
use crate::edge::{self, Incoming, Request};
use crate::run::{Running, Setup, Sockets};

/// A running server with a folder of its own.
pub(crate) struct TestServer {
    pub(crate) running: Running,
    pub(crate) hand: Option<Hand>,
    _folder: tempfile::TempDir,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

impl TestServer {
    /// Starts a server that follows the machine's clock.
    pub(crate) async fn start(config: &str) -> Self {
        Self::with_clock(config, |config| (Clock::system(config.clock), None)).await
    }

    /// Starts a server whose clock stands still.
    pub(crate) async fn held(config: &str, at_ms: i64) -> Self {
        let at = telamon_model::Timestamp(at_ms);
        Self::with_clock(config, |_| {
            let (clock, hand) = Clock::held(at);
            (clock, Some(hand))
        })
        .await
    }

    async fn with_clock(text: &str, clock: impl FnOnce(&Config) -> (Clock, Option<Hand>)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let overrides = Overrides {
            listen: Some(([127, 0, 0, 1], 0).into()),
            data: Some(folder.path().join("data")),
        };
        let text = format!("{text}\n[udp]\nlisten = \"127.0.0.1:0\"\n");
        let config = Config::parse(&text, folder.path(), &overrides).unwrap();
        let (clock, hand) = clock(&config);
        let sockets = Sockets::bind(&config).unwrap();
        let running = Running::start(Setup::new(config, sockets, clock))
            .await
            .unwrap();
        Self {
            running,
            hand,
            _folder: folder,
        }
    }

    /// Sends a request.
    pub(crate) async fn send(
        &self,
        method: &str,
        uri: &str,
        headers: &[(&str, &str)],
        body: impl Into<Body>,
    ) -> Answer {
        let response = self.ask(method, uri, headers, body).await;
        let (parts, body) = response.into_parts();
        Answer {
            status: parts.status,
            headers: parts.headers,
            body: body.collect().await.unwrap().to_bytes().to_vec(),
        }
    }

    /// Sends a request; the body of the answer is still to be read.
    pub(crate) async fn ask(
        &self,
        method: &str,
        uri: &str,
        headers: &[(&str, &str)],
        body: impl Into<Body>,
    ) -> Response<Body> {
        let (path, query) = uri.split_once('?').unwrap_or((uri, ""));
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
            map.insert(name, HeaderValue::from_str(value).unwrap());
        }
        let request = Request {
            method: Method::from_bytes(method.as_bytes()).unwrap(),
            path: path.to_owned(),
            query: query.to_owned(),
            headers: map,
            body: Incoming(body.into()),
            peer: ([127, 0, 0, 1], 9).into(),
            id: "test".to_owned(),
        };
        edge::answer(Arc::clone(self.running.server()), request).await
    }

    /// Sends a GET without headers.
    pub(crate) async fn get(&self, uri: &str) -> Answer {
        self.send("GET", uri, &[], Body::empty()).await
    }

    /// Publishes a JSON body.
    pub(crate) async fn publish(&self, body: impl Into<Body>) -> Answer {
        self.send("POST", "/api/v1/publish", &[], body).await
    }
}

/// The records of a file of recorded answers of the reference, where they lie beside the project;
/// `None`, with the reason printed, where they do not.
pub(crate) fn recorded(file: &str) -> Option<Vec<Value>> {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let found = root
        .ancestors()
        .map(|folder| folder.join("shared/oracle").join(file))
        .find(|path| path.is_file());
    let Some(path) = found else {
        println!("skipped: no recorded answers ({file}) beside the project");
        return None;
    };
    let text = std::fs::read_to_string(path).unwrap();
    Some(
        text.lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect(),
    )
}

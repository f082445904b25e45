//! The web listener: accepts connections and serves them until the server stops.
//!
//! Bounded: connections beyond the limit wait in the kernel's queue. On a stop, open requests are
//! finished, idle connections closed. The listener is there before the server is: until the log was
//! read, requests learn that instead of waiting.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use axum::body::Body;
use axum::http::header::CONNECTION;
use axum::http::{HeaderMap, HeaderValue, Version};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use telamon_model::Timestamp;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::edge::{self, Incoming, Request};
use crate::server::Server;
use crate::tasks::Stop;

/// Idle connections and slow headers are cut after this.
const HEADER_TIMEOUT: Duration = Duration::from_secs(30);
/// How long a stop waits for open requests.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(2);
/// Pause after an error of accept, such as too many open files.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// What stands behind the listener: nothing at first, the server once it has loaded.
#[derive(Debug)]
pub(crate) struct Door {
    server: OnceLock<Arc<Server>>,
    /// Part of the ids of requests.
    started: Timestamp,
    connections_max: usize,
}

impl Door {
    /// No server behind it yet.
    pub(crate) fn new(started: Timestamp, connections_max: usize) -> Self {
        Self {
            server: OnceLock::new(),
            started,
            connections_max,
        }
    }

    /// From now on the server answers.
    pub(crate) fn open(&self, server: Arc<Server>) {
        self.server.get_or_init(|| server);
    }
}

/// Serves connections until the server stops.
pub(crate) async fn serve(door: Arc<Door>, listener: TcpListener, mut stop: Stop) {
    let places = Arc::new(Semaphore::new(door.connections_max));
    let mut connections = JoinSet::new();
    loop {
        let next = async {
            let place = Arc::clone(&places).acquire_owned().await;
            (place, listener.accept().await)
        };
        // A stop is heard while all places are taken, too.
        let (place, accepted) = tokio::select! {
            (Ok(place), accepted) = next => (place, accepted),
            () = stop.requested() => break,
            else => break,
        };
        while connections.try_join_next().is_some() {}
        match accepted {
            Ok((stream, peer)) => {
                let (door, stop) = (Arc::clone(&door), stop.clone());
                connections.spawn(async move {
                    connection(door, stream, peer, stop).await;
                    drop(place);
                });
            }
            Err(error) => {
                tracing::warn!("cannot accept a connection: {error}");
                stop.sleep(ACCEPT_PAUSE).await;
            }
        }
    }
    drop(listener);
    let drained = tokio::time::timeout(DRAIN_TIMEOUT, async {
        while connections.join_next().await.is_some() {}
    });
    if drained.await.is_err() {
        tracing::warn!(
            connections = connections.len(),
            "requests were cut at shutdown"
        );
    }
}

async fn connection(door: Arc<Door>, stream: TcpStream, peer: SocketAddr, mut stop: Stop) {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%peer, "no TCP_NODELAY: {error}");
    }
    let service = service_fn(move |request| {
        let door = Arc::clone(&door);
        async move { Ok::<_, Infallible>(respond(&door, request, peer).await) }
    });
    let mut builder = Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_TIMEOUT);
    let connection = builder.serve_connection(TokioIo::new(stream), service);
    tokio::pin!(connection);
    let served = tokio::select! {
        served = connection.as_mut() => served,
        () = stop.requested() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = served {
        tracing::debug!(%peer, "connection ended: {error}");
    }
}

/// The server's name in every answer.
const SERVER_NAME: &str = concat!("telamon/", env!("CARGO_PKG_VERSION"));

async fn respond(
    door: &Door,
    request: hyper::Request<hyper::body::Incoming>,
    peer: SocketAddr,
) -> hyper::Response<Body> {
    static REQUESTS: AtomicU64 = AtomicU64::new(0);
    let number = REQUESTS.fetch_add(1, Ordering::Relaxed);
    let (parts, body) = request.into_parts();
    let is_head = parts.method == hyper::Method::HEAD;
    let is_last = parts.version == Version::HTTP_10 && !asks_to_stay(&parts.headers);
    let request = Request {
        method: parts.method,
        path: parts.uri.path().to_owned(),
        query: parts.uri.query().unwrap_or_default().to_owned(),
        headers: parts.headers,
        body: Incoming(Body::new(body)),
        peer,
        id: format!("{:x}-{number:x}", door.started.as_millis()),
    };
    let mut response = match door.server.get() {
        Some(server) => edge::answer(Arc::clone(server), request).await,
        None => edge::answer_while_loading(request).await,
    };
    let headers = response.headers_mut();
    headers.insert(hyper::header::SERVER, HeaderValue::from_static(SERVER_NAME));
    if is_last {
        headers.insert(CONNECTION, HeaderValue::from_static("close"));
    }
    if is_head {
        *response.body_mut() = Body::empty();
    }
    response
}

/// Whether a client of HTTP/1.0 wants to send more requests.
fn asks_to_stay(headers: &HeaderMap) -> bool {
    headers
        .get(CONNECTION)
        .is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"keep-alive"))
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;
    use crate::tasks::Tasks;

    #[tokio::test]
    async fn a_stop_is_heard_while_all_places_are_taken() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let tasks = Tasks::new();
        let door = Arc::new(Door::new(Timestamp(0), 1));
        tasks.start("http", serve(door, listener, tasks.stop_signal()));
        let mut stream = TcpStream::connect(address).await.unwrap();
        // A body that never comes: the request keeps the only place beyond the stop.
        let head = "POST /api/v1/publish HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\
                    Expect: 100-continue\r\n\r\n";
        stream.write_all(head.as_bytes()).await.unwrap();
        let mut interim = [0; 12];
        stream.read_exact(&mut interim).await.unwrap();
        assert_eq!(&interim, b"HTTP/1.1 100");
        assert!(tasks.join(Duration::from_secs(5)).await.is_empty());
    }

    #[tokio::test]
    async fn while_the_log_is_read_only_liveness_is_answered() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let tasks = Tasks::new();
        let door = Arc::new(Door::new(Timestamp(0), 4));
        tasks.start("http", serve(door, listener, tasks.stop_signal()));
        for (line, status) in [
            ("GET /ok", "200"),
            ("GET /-/ready", "503"),
            ("GET /healthcheck", "503"),
            ("POST /api/v1/publish", "503"),
        ] {
            let mut stream = TcpStream::connect(address).await.unwrap();
            let request = format!(
                "{line} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{{}}"
            );
            stream.write_all(request.as_bytes()).await.unwrap();
            let mut answer = String::new();
            stream.read_to_string(&mut answer).await.unwrap();
            assert!(
                answer.starts_with(&format!("HTTP/1.1 {status}")),
                "{line}: {answer}"
            );
            assert_eq!(
                answer.contains("\"message\":\"the log is being read\""),
                status == "503",
                "{line}: {answer}"
            );
        }
        assert!(tasks.join(Duration::from_secs(5)).await.is_empty());
    }
}

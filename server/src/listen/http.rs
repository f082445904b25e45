//! The web listener: accepts connections and serves them until the server stops.
//!
//! Bounded: connections beyond the limit wait in the kernel's queue. On a stop, open requests are
//! finished, idle connections closed.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::body::Body;
use axum::http::HeaderValue;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
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

/// Serves connections until the server stops.
pub(crate) async fn serve(server: Arc<Server>, listener: TcpListener, mut stop: Stop) {
    let places = Arc::new(Semaphore::new(server.config.http.connections_max));
    let mut connections = JoinSet::new();
    loop {
        let Ok(place) = Arc::clone(&places).acquire_owned().await else {
            break;
        };
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = stop.requested() => break,
        };
        while connections.try_join_next().is_some() {}
        match accepted {
            Ok((stream, peer)) => {
                let (server, stop) = (Arc::clone(&server), stop.clone());
                connections.spawn(async move {
                    connection(server, stream, peer, stop).await;
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

async fn connection(server: Arc<Server>, stream: TcpStream, peer: SocketAddr, mut stop: Stop) {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%peer, "no TCP_NODELAY: {error}");
    }
    let service = service_fn(move |request| {
        let server = Arc::clone(&server);
        async move { Ok::<_, Infallible>(respond(server, request, peer).await) }
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
    server: Arc<Server>,
    request: hyper::Request<hyper::body::Incoming>,
    peer: SocketAddr,
) -> hyper::Response<Body> {
    static REQUESTS: AtomicU64 = AtomicU64::new(0);
    let number = REQUESTS.fetch_add(1, Ordering::Relaxed);
    let (parts, body) = request.into_parts();
    let is_head = parts.method == hyper::Method::HEAD;
    let request = Request {
        method: parts.method,
        path: parts.uri.path().to_owned(),
        query: parts.uri.query().unwrap_or_default().to_owned(),
        headers: parts.headers,
        body: Incoming(Body::new(body)),
        peer,
        id: format!("{:x}-{number:x}", server.started.as_millis()),
    };
    let mut response = edge::answer(server, request).await;
    let headers = response.headers_mut();
    headers.insert(hyper::header::SERVER, HeaderValue::from_static(SERVER_NAME));
    if is_head {
        *response.body_mut() = Body::empty();
    }
    response
}

//! A receiver of webhooks, for the demo: every body that is posted goes into a channel.

use std::net::SocketAddr;

use axum::Router;
use axum::body::Bytes;
use axum::routing::post;
use tokio::net::TcpListener;
use tokio::sync::mpsc::Sender;

/// Listens on a free port of this machine. The future receives until it is dropped.
///
/// # Errors
/// If there is no port.
pub async fn receive(
    bodies: Sender<Bytes>,
) -> std::io::Result<(SocketAddr, impl Future<Output = std::io::Result<()>>)> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let address = listener.local_addr()?;
    let take = move |body: Bytes| {
        let bodies = bodies.clone();
        async move {
            // A full channel drops the body: whoever posts must not wait for a terminal.
            drop(bodies.try_send(body));
        }
    };
    let routes = Router::new().route("/", post(take));
    Ok((address, async move { axum::serve(listener, routes).await }))
}

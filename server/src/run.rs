//! A server from its first socket to its last task.
//!
//! Takes a configuration, open sockets and a clock; starts everything; stops it in the order that
//! loses nothing: first no new work, then what is open, then the log.

use std::io;
use std::net::{SocketAddr, TcpListener, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::clock::{Clock, ClockJumped};
use crate::config::Config;
use crate::listen;
use crate::pool::{OnPanic, Pool, PoolOptions};
use crate::server::Server;
use crate::tasks::Tasks;
use crate::telemetry::Telemetry;

/// How long a shutdown may take in all.
const STOP_TIMEOUT: Duration = Duration::from_secs(4);

/// Open sockets, handed in so that tests can take any free port.
#[derive(Debug)]
pub struct Sockets {
    /// The web listener.
    pub http: TcpListener,
    /// The listener of the agent line protocol.
    pub udp: Option<UdpSocket>,
}

/// A server that runs.
#[derive(Debug)]
pub struct Running {
    server: Arc<Server>,
    tasks: Tasks,
    http_address: SocketAddr,
    udp_address: Option<SocketAddr>,
}

/// Why a server does not start or ended badly.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// An address cannot be used.
    #[error("cannot listen on {what} {address}: {source}")]
    Listen {
        /// `tcp` or `udp`.
        what: &'static str,
        /// The address.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// The system gives no threads.
    #[error("cannot start threads: {0}")]
    Threads(#[from] rayon::ThreadPoolBuildError),
    /// The clock cannot be trusted.
    #[error(transparent)]
    Clock(#[from] ClockJumped),
}

impl Sockets {
    /// Opens the sockets that the configuration names.
    ///
    /// # Errors
    /// If an address is taken or not ours.
    pub fn bind(config: &Config) -> Result<Self, RunError> {
        let address = config.http.listen;
        let failed = |what, address| {
            move |source| RunError::Listen {
                what,
                address,
                source,
            }
        };
        let http = TcpListener::bind(address).map_err(failed("tcp", address))?;
        let udp = match config.udp.listen {
            Some(address) => Some(UdpSocket::bind(address).map_err(failed("udp", address))?),
            None => None,
        };
        Ok(Self { http, udp })
    }
}

impl Running {
    /// Starts everything.
    ///
    /// # Errors
    /// If a part cannot start.
    pub async fn start(config: Config, sockets: Sockets, clock: Clock) -> Result<Self, RunError> {
        let http = sockets.http;
        let listen_failed = |source| RunError::Listen {
            what: "tcp",
            address: config.http.listen,
            source,
        };
        http.set_nonblocking(true).map_err(listen_failed)?;
        let http = tokio::net::TcpListener::from_std(http).map_err(listen_failed)?;
        let http_address = http.local_addr().map_err(listen_failed)?;
        let udp_address = sockets
            .udp
            .as_ref()
            .and_then(|socket| socket.local_addr().ok());
        let server = Arc::new(Server {
            started: clock.stamp()?,
            clock: Arc::new(clock),
            telemetry: Arc::new(Telemetry::default()),
            queries: Pool::start(PoolOptions {
                name: "query",
                threads: config.query.threads,
                waiting_max: config.query.waiting_max,
                on_panic: OnPanic::FailJob,
            })?,
            writes: Pool::start(PoolOptions {
                name: "write",
                threads: 0,
                waiting_max: 1024,
                on_panic: OnPanic::EndProcess,
            })?,
            config,
            stopping: AtomicBool::new(false),
        });
        let tasks = Tasks::new();
        let serve = listen::http::serve(Arc::clone(&server), http, tasks.stop_signal());
        tasks.start("http", serve);
        Ok(Self {
            server,
            tasks,
            http_address,
            udp_address,
        })
    }

    /// Where the web listener is.
    pub fn http_address(&self) -> SocketAddr {
        self.http_address
    }

    /// Where the agent line protocol is received.
    pub fn udp_address(&self) -> Option<SocketAddr> {
        self.udp_address
    }

    /// Stops: no new work, open work finished.
    ///
    /// # Errors
    /// If something could not be made durable.
    pub async fn stop(self) -> Result<(), RunError> {
        self.server.stopping.store(true, Ordering::SeqCst);
        for task in self.tasks.join(STOP_TIMEOUT).await {
            tracing::warn!(task, "did not stop in time");
        }
        Ok(())
    }
}

/// Runs a server until `until` is ready.
///
/// # Errors
/// If the server does not start, or could not save everything at the end.
pub async fn run(
    config: Config,
    sockets: Sockets,
    clock: Clock,
    until: impl Future<Output = ()>,
) -> Result<(), RunError> {
    let running = Running::start(config, sockets, clock).await?;
    until.await;
    running.stop().await
}

/// Ready when the process is asked to end, by SIGTERM or SIGINT.
///
/// # Errors
/// If the system does not let us listen for signals.
pub fn termination() -> io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}

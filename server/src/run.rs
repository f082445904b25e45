//! A server from its first socket to its last task.
//!
//! Takes a configuration, open sockets and a clock; starts everything; stops it in the order that
//! loses nothing: first no new work, then what is open, then the log.

use std::io;
use std::net::{SocketAddr, TcpListener, UdpSocket};
use std::panic::resume_unwind;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use telamon_alert::{RuleError, RuleFile};
use telamon_model::Slot;
use telamon_query::plan::Plan;
use telamon_store::ClosedStep;
use telamon_store::log::SyncError;

use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::alerting::Alerting;
use crate::background;
use crate::clock::{Clock, ClockJumped};
use crate::config::{Config, FontsConfig, QueryConfig};
use crate::demo::history::DemoFleet;
use crate::engine::{Engine, EngineError, Protocol, PublishError};
use crate::fonts;
use crate::lines::Lines;
use crate::listen;
use crate::listen::http::Door;
use crate::pool::{OnPanic, Pool, PoolOptions};
use crate::server::Server;
use crate::tasks::{Stop, Tasks};
use crate::telemetry::Telemetry;
use crate::telemetry::names::Metric;

/// Decoding, appending and applying; a panic there may leave a partition half written.
const WRITE_POOL: PoolOptions = PoolOptions {
    name: "write",
    threads: 0,
    waiting_max: 1024,
    on_panic: OnPanic::EndProcess,
};

/// How long a shutdown may take in all.
const STOP_TIMEOUT: Duration = Duration::from_secs(3);

/// Open sockets, handed in so that tests can take any free port.
#[derive(Debug)]
pub struct Sockets {
    /// The web listener.
    pub http: TcpListener,
    /// The listener of the agent line protocol.
    pub udp: Option<UdpSocket>,
}

/// What a server is started with.
#[derive(Debug)]
pub struct Setup {
    /// What it was told.
    pub config: Config,
    /// Where it listens.
    pub sockets: Sockets,
    /// What tells it the time.
    pub clock: Clock,
    /// Rules beside the files that the configuration names.
    pub rules: Vec<RuleFile>,
    /// Pictures of the page: title and query.
    pub pictures: Vec<(String, String)>,
    /// A fleet whose samples are loaded into an empty store and then published step by step.
    pub fleet: Option<DemoFleet>,
    /// Data that is open already, which servers with different settings may share; `None` opens the
    /// folder that the configuration names.
    pub engine: Option<Arc<Engine>>,
}

impl Setup {
    /// A server of its own, without a demo.
    pub fn new(config: Config, sockets: Sockets, clock: Clock) -> Self {
        let pictures = OWN_PICTURES.iter();
        Self {
            config,
            sockets,
            clock,
            rules: Vec::new(),
            pictures: pictures
                .map(|&(title, query)| (title.to_owned(), query.to_owned()))
                .collect(),
            fleet: None,
            engine: None,
        }
    }
}

/// What the page shows where nobody says otherwise: the server itself.
const OWN_PICTURES: [(&str, &str); 4] = [
    (
        "Datapoints per second by protocol",
        "name,telamon.ingest.accepted,:eq,:sum,(,protocol,),:by,$protocol,:legend",
    ),
    (
        "Requests per second by route",
        "name,telamon.http.requests,:eq,:sum,(,route,),:by,$route,:legend",
    ),
    (
        "Series held",
        "name,telamon.store.series,:eq,:max,series,:legend",
    ),
    (
        "Seconds in requests per second by route",
        "name,telamon.http.time,:eq,statistic,totalTime,:eq,:and,:sum,(,route,),:by,$route,:legend",
    ),
];

/// A server that runs.
#[derive(Debug)]
pub struct Running {
    server: Arc<Server>,
    tasks: Tasks,
    http_address: SocketAddr,
    udp_address: Option<SocketAddr>,
    has_loaded: bool,
}

/// Why a server does not start or ended badly.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// An address cannot be used.
    #[error("cannot listen on {what} {address}")]
    Listen {
        /// `tcp` or `udp`.
        what: &'static str,
        /// The address.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// Rules are wrong or cannot be read.
    #[error("the rules are wrong:\n{}", lines(.0))]
    Rules(Vec<RuleError>),
    /// Notifications cannot be sent.
    #[error("cannot start the notifier")]
    Notifier(#[source] io::Error),
    /// History cannot be loaded.
    #[error("cannot load history")]
    History(#[from] PublishError),
    /// The system gives no threads.
    #[error("cannot start threads")]
    Threads(#[from] rayon::ThreadPoolBuildError),
    /// The folder of fonts cannot be listed.
    #[error("cannot read the fonts of {}", folder.display())]
    Fonts {
        /// The folder, `fonts.dir`.
        folder: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The data cannot be opened.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The log could not be made durable at the end.
    #[error("the log could not be saved")]
    Save(#[from] SyncError),
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
    /// Starts everything. When it returns, the log has been read and requests are served; before
    /// that, all but `/ok` are answered with 503.
    ///
    /// # Errors
    /// If a part cannot start.
    pub async fn start(setup: Setup) -> Result<Self, RunError> {
        let Setup {
            config,
            sockets,
            clock,
            rules,
            pictures,
            fleet,
            engine,
        } = setup;
        let (http, http_address) = listener(sockets.http, config.http.listen)?;
        let udp_address = sockets
            .udp
            .as_ref()
            .and_then(|socket| socket.local_addr().ok());
        load_fonts(&config.fonts)?;
        let telemetry = Arc::new(Telemetry::default());
        let clock = Arc::new(clock);
        let alerting = Alerting::new(&config, rules, http_address)?;
        let door = Arc::new(Door::new(clock.stamp()?, config.http.connections_max));
        let tasks = Tasks::new();
        let serve = listen::http::serve(Arc::clone(&door), http, tasks.stop_signal());
        tasks.start("http", serve);
        let writes = Pool::start(WRITE_POOL)?;
        let (of_load, counts) = (config.clone(), Arc::clone(&telemetry));
        let open = move |alerting: &mut Alerting| match engine {
            Some(engine) => Ok(engine),
            None => open_engine(&of_load, counts, alerting),
        };
        let load = writes.run(move || Loaded::load(open, alerting, fleet));
        let Loaded {
            engine,
            mut alerting,
            fleet,
            has_loaded,
        } = load
            .await
            .expect("the first job of a pool has a thread, and its panic ends the process")?;
        alerting.start_sending(&clock).map_err(RunError::Notifier)?;
        let server = Arc::new(Server {
            clock,
            telemetry,
            engine,
            alerting,
            lines: Lines::new(config.store.step),
            queries: Pool::start(query_pool(&config.query))?,
            writes,
            pictures,
            streams: Arc::new(Semaphore::new(config.query.streams_max)),
            body_room: Semaphore::new(config.http.bodies_bytes_max / 1024 + 1),
            config,
            stopping: AtomicBool::new(false),
        });
        door.open(Arc::clone(&server));
        background::start(&server, &tasks, fleet);
        if let Some(socket) = sockets.udp {
            let of_lines = Arc::clone(&server);
            tasks.start("udp", receive_lines(of_lines, socket, tasks.stop_signal()));
        }
        Ok(Self {
            server,
            tasks,
            http_address,
            udp_address,
            has_loaded,
        })
    }

    /// Where the web listener is.
    pub fn http_address(&self) -> SocketAddr {
        self.http_address
    }

    #[cfg(test)]
    pub(crate) fn server(&self) -> &Arc<Server> {
        &self.server
    }

    /// Whether the history of a fleet was loaded, which only an empty store takes.
    pub fn has_loaded(&self) -> bool {
        self.has_loaded
    }

    /// Milliseconds of the server's own clock, for measuring.
    pub fn elapsed_ms(&self) -> i64 {
        self.server.clock.elapsed_ms()
    }

    /// What holds the data.
    pub fn engine(&self) -> &Arc<Engine> {
        &self.server.engine
    }

    /// What a graph request would read, by its parameters as they stand in a URL; nothing is read.
    /// `None` where it would fail before it reads.
    pub fn plan_of_graph(&self, parameters: &str) -> Option<Plan> {
        crate::api::graph::plan(&self.server, parameters).ok()
    }

    /// The same for a stream of events.
    pub fn plan_of_fetch(&self, parameters: &str) -> Option<Plan> {
        crate::api::fetch::plan(&self.server, parameters).ok()
    }

    /// Where the agent line protocol is received.
    pub fn udp_address(&self) -> Option<SocketAddr> {
        self.udp_address
    }

    /// The open step of agent lines, whose senders wait for no answer.
    fn save_lines(&self) {
        let server = &self.server;
        let saved = server.stamp().map(|now| {
            let Server {
                engine, telemetry, ..
            } = &**server;
            server.lines.finish(now, engine, telemetry)
        });
        match saved {
            Ok(Ok(())) => {}
            Ok(Err(error)) => server.failed("flush-lines", &error),
            Err(jumped) => server.failed("flush-lines", &jumped),
        }
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
        self.save_lines();
        self.server.alerting.stop();
        self.server.engine.sync()?;
        tracing::info!("stopped, everything is saved");
        Ok(())
    }
}

/// Gives datagrams to the aggregator until the server stops.
async fn receive_lines(server: Arc<Server>, socket: UdpSocket, stop: Stop) {
    let asked = server.config.udp.receive_buffer_bytes;
    match listen::udp::enlarge_buffer(&socket, asked) {
        Ok(granted) if granted < asked => {
            tracing::info!(asked, granted, "the kernel grants a smaller receive buffer");
        }
        Ok(_) => {}
        Err(error) => tracing::warn!("the receive buffer stays as it is: {error}"),
    }
    let of_packets = Arc::clone(&server);
    let received = listen::udp::receive(socket, stop, move |packet| {
        // Counted after the lines were taken: whoever sees the count may rely on them.
        if let Ok(now) = of_packets.stamp() {
            of_packets.lines.packet(packet, now);
        }
        of_packets.telemetry.count(Metric::UdpPackets, ["", ""], 1);
    });
    if let Err(error) = received.await {
        server.failed("udp", &error);
    }
}

/// Runs a server until `until` is ready.
///
/// # Errors
/// If the server does not start, or could not save everything at the end.
pub async fn run(setup: Setup, until: impl Future<Output = ()>) -> Result<(), RunError> {
    let running = Running::start(setup).await?;
    until.await;
    running.stop().await
}

/// Lets pictures have the fonts that the configuration names; what is no font is told of.
fn load_fonts(config: &FontsConfig) -> Result<(), RunError> {
    let Some(folder) = &config.dir else {
        return Ok(());
    };
    let failed = |source| RunError::Fonts {
        folder: folder.clone(),
        source,
    };
    let loaded = fonts::load(folder).map_err(failed)?;
    for (path, reject) in &loaded.rejects {
        tracing::warn!("{} {reject}: left out", path.display());
    }
    if loaded.fonts.install() {
        tracing::info!(
            fonts = loaded.count,
            "fonts of {} are used",
            folder.display()
        );
    } else {
        tracing::warn!(
            "fonts are loaded once in a process: those of {} are not used",
            folder.display()
        );
    }
    Ok(())
}

fn listener(
    socket: TcpListener,
    asked: SocketAddr,
) -> Result<(tokio::net::TcpListener, SocketAddr), RunError> {
    let failed = |source| RunError::Listen {
        what: "tcp",
        address: asked,
        source,
    };
    socket.set_nonblocking(true).map_err(failed)?;
    let socket = tokio::net::TcpListener::from_std(socket).map_err(failed)?;
    let address = socket.local_addr().map_err(failed)?;
    Ok((socket, address))
}

/// What takes long to get: the data, with rules run over them.
struct Loaded {
    engine: Arc<Engine>,
    alerting: Alerting,
    fleet: Option<DemoFleet>,
    has_loaded: bool,
}

impl Loaded {
    fn load(
        open: impl FnOnce(&mut Alerting) -> Result<Arc<Engine>, EngineError>,
        mut alerting: Alerting,
        fleet: Option<DemoFleet>,
    ) -> Result<Self, RunError> {
        let engine = open(&mut alerting)?;
        let has_loaded = match &fleet {
            Some(fleet) => load_history(fleet, &engine, &mut alerting)?,
            None => false,
        };
        Ok(Self {
            engine,
            alerting,
            fleet,
            has_loaded,
        })
    }
}

/// Reads the log of the data folder, with rules run over it.
fn open_engine(
    config: &Config,
    telemetry: Arc<Telemetry>,
    alerting: &mut Alerting,
) -> Result<Arc<Engine>, EngineError> {
    let observe = &mut |step: ClosedStep| alerting.replay(&step);
    Engine::open(config, telemetry, observe).map(Arc::new)
}

/// Queries may fail, each for itself.
fn query_pool(config: &QueryConfig) -> PoolOptions {
    PoolOptions {
        name: "query",
        threads: config.threads,
        waiting_max: config.waiting_max,
        on_panic: OnPanic::FailJob,
    }
}

/// Loads the history of a fleet, unless the store has samples; rules run over it, nobody is told.
/// Whether it was loaded.
fn load_history(
    fleet: &DemoFleet,
    engine: &Engine,
    alerting: &mut Alerting,
) -> Result<bool, PublishError> {
    if engine.snapshot().series_count() > 0 {
        return Ok(false);
    }
    let step = engine.snapshot().step();
    let slots = fleet.history();
    for slot in (slots.start.0..slots.end.0).map(Slot) {
        engine.append(step.end_of(slot), fleet.batch_at(slot), Protocol::History)?;
        while let Some(closed) = engine.next_closed(0) {
            alerting.replay(&closed);
        }
    }
    Ok(true)
}

fn lines(errors: &[RuleError]) -> String {
    let texts: Vec<String> = errors.iter().map(ToString::to_string).collect();
    texts.join("\n")
}

/// Starts a server, unless `until` is ready first: reading a long log must not keep a process from
/// ending. Then the start goes on in the background, and only the end of the process stops it.
///
/// # Errors
/// If the server does not start.
pub async fn start_unless(
    setup: Setup,
    until: &mut (impl Future<Output = ()> + Unpin),
) -> Result<Option<Running>, RunError> {
    let mut starting = JoinSet::new();
    starting.spawn(Running::start(setup));
    tokio::select! {
        started = starting.join_next() => match started {
            Some(Ok(started)) => started.map(Some),
            Some(Err(failed)) if failed.is_panic() => resume_unwind(failed.into_panic()),
            Some(Err(_)) | None => Ok(None),
        },
        () = until => {
            starting.detach_all();
            Ok(None)
        }
    }
}

/// Number of SIGXFSZ on Linux, on every processor we know of but MIPS.
#[cfg(target_os = "linux")]
const SIGXFSZ: i32 = 25;

/// Ready when the process is asked to end, by SIGTERM or SIGINT.
///
/// From here on a file that grows beyond the limit of the process (`ulimit -f`) is an error of the
/// write, as a full disk is, where the system would end the process.
///
/// # Errors
/// If the system does not let us listen for signals.
pub fn termination() -> io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    // The handler stays when its listener is gone.
    #[cfg(target_os = "linux")]
    drop(signal(SignalKind::from_raw(SIGXFSZ))?);
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpStream;

    use super::*;
    use crate::config::Overrides;
    use crate::demo::history::DemoOptions;

    async fn ask(address: SocketAddr) -> TcpStream {
        let mut stream = TcpStream::connect(address).await.unwrap();
        let request = b"GET /-/ready HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
        stream.write_all(request).await.unwrap();
        stream
    }

    async fn answer(mut stream: TcpStream) -> String {
        let mut text = String::new();
        stream.read_to_string(&mut text).await.unwrap();
        text
    }

    #[tokio::test]
    async fn a_server_that_loads_says_so_until_it_is_ready() {
        let folder = tempfile::tempdir().unwrap();
        let overrides = Overrides {
            listen: Some(([127, 0, 0, 1], 0).into()),
            data: Some(folder.path().join("data")),
        };
        let config = Config::parse("[udp]\nlisten = \"\"\n", folder.path(), &overrides).unwrap();
        let sockets = Sockets::bind(&config).unwrap();
        let address = sockets.http.local_addr().unwrap();
        let clock = Clock::system(config.clock);
        let fleet = DemoFleet::new(DemoOptions {
            seed: 1,
            series_count: 600,
            step: config.store.step,
            start: clock.wall(),
        });
        let mut setup = Setup::new(config, sockets, clock);
        setup.fleet = Some(fleet);
        // Asked before the start, so it is the first thing that is answered.
        let early = ask(address).await;
        let (running, early) = tokio::join!(Running::start(setup), answer(early));
        let running = running.unwrap();
        assert!(early.starts_with("HTTP/1.1 503"), "{early}");
        assert!(early.contains("the log is being read"), "{early}");
        let later = answer(ask(address).await).await;
        assert!(later.starts_with("HTTP/1.1 200"), "{later}");
        running.stop().await.unwrap();
    }
}

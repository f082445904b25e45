//! A server with a folder of its own: starts, is stopped and started again on the same data.
//!
//! Takes a configuration as text and a clock; gives addresses to talk to. What is asked and what is
//! expected belongs to the judges and the tests.
//!
//! ```text
//!   clock.set ─► background tasks notice within 250 ms
//! ```

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::Context;
use telamon_model::{Batch, Timestamp};
use telamon_server::clock::{Clock, Hand};
use telamon_server::config::{Config, Overrides};
use telamon_server::engine::{Engine, Protocol};
use telamon_server::telemetry::Telemetry;
use telamon_server::{Running, Setup, Sockets};
use tokio::runtime::Runtime;

/// A server whose listeners take any free port of loopback, unless told otherwise. Dropping it stops
/// it.
#[derive(Debug)]
pub struct House {
    folder: tempfile::TempDir,
    config: String,
    listen: SocketAddr,
    time: Time,
    runtime: Runtime,
    running: Option<Running>,
}

/// What tells a server the time.
#[derive(Debug)]
pub enum Time {
    /// The machine's clock.
    System,
    /// A clock that stands where it is set, in milliseconds since 1970.
    Held(i64, Option<Hand>),
}

impl Time {
    /// A clock that stands at a time.
    pub fn held(at_ms: i64) -> Self {
        Self::Held(at_ms, None)
    }
}

impl House {
    /// Starts a server on an empty folder, in which these files lie (name and text).
    ///
    /// # Errors
    /// When the configuration is wrong or the server does not start.
    pub fn open(config: &str, time: Time, files: &[(&str, &str)]) -> anyhow::Result<Self> {
        let mut house = Self::closed(config, time, None)?;
        for (name, text) in files {
            std::fs::write(house.folder.path().join(name), text)?;
        }
        house.start(None)?;
        Ok(house)
    }

    /// Starts a server that holds these samples, each batch stored at its time, with a clock that
    /// stands at `at_ms`. `None` listens on a free port.
    ///
    /// # Errors
    /// When the configuration is wrong, a batch is refused or the server does not start.
    pub fn open_loaded(
        config: &str,
        at_ms: i64,
        listen: Option<SocketAddr>,
        batches: impl IntoIterator<Item = (Timestamp, Batch)>,
    ) -> anyhow::Result<Self> {
        let mut house = Self::closed(config, Time::held(at_ms), listen)?;
        let config = house.config()?;
        let engine = Engine::open(&config, Arc::new(Telemetry::default()), &mut |_step| {})?;
        for (now, batch) in batches {
            engine.append(now, batch, Protocol::History)?;
        }
        house.start(Some(Arc::new(engine)))?;
        Ok(house)
    }

    fn closed(config: &str, time: Time, listen: Option<SocketAddr>) -> anyhow::Result<Self> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()?;
        Ok(Self {
            folder: tempfile::tempdir()?,
            config: format!("{config}\n[udp]\nlisten = \"127.0.0.1:0\"\n"),
            listen: listen.unwrap_or_else(|| ([127, 0, 0, 1], 0).into()),
            time,
            runtime,
            running: None,
        })
    }

    fn config(&self) -> anyhow::Result<Config> {
        let overrides = Overrides {
            listen: Some(self.listen),
            data: Some(self.folder.path().join("data")),
        };
        Config::parse(&self.config, self.folder.path(), &overrides)
            .context("the configuration of a test server")
    }

    fn start(&mut self, engine: Option<Arc<Engine>>) -> anyhow::Result<()> {
        let config = self.config()?;
        let clock = match &mut self.time {
            Time::System => Clock::system(config.clock),
            Time::Held(at_ms, hand) => {
                let (clock, new_hand) = Clock::held(Timestamp(*at_ms));
                *hand = Some(new_hand);
                clock
            }
        };
        let sockets = Sockets::bind(&config)?;
        let mut setup = Setup::new(config, sockets, clock);
        setup.engine = engine;
        self.running = Some(self.runtime.block_on(Running::start(setup))?);
        Ok(())
    }

    /// Stops the server; the open step of agent lines is sent on.
    ///
    /// # Errors
    /// When the log cannot be saved.
    pub fn stop(&mut self) -> anyhow::Result<()> {
        if let Some(running) = self.running.take() {
            self.runtime.block_on(running.stop())?;
        }
        Ok(())
    }

    /// Stops the server and starts it again from what it logged, the clock where it stood.
    ///
    /// # Errors
    /// When one of the two fails.
    pub fn restart(&mut self) -> anyhow::Result<()> {
        self.stop()?;
        self.start(None)
    }

    /// The server.
    ///
    /// # Panics
    /// When it was stopped.
    pub fn running(&self) -> &Running {
        self.running.as_ref().expect("the server was not stopped")
    }

    /// Where it is reached.
    pub fn http_address(&self) -> SocketAddr {
        self.running().http_address()
    }

    /// Where it takes agent lines.
    pub fn udp_address(&self) -> SocketAddr {
        let address = self.running().udp_address();
        address.expect("a house switches UDP on")
    }

    /// Moves a held clock and waits for nothing.
    ///
    /// # Panics
    /// When the server follows the machine's clock.
    pub fn set_clock(&mut self, to_ms: i64) {
        let Time::Held(at_ms, hand) = &mut self.time else {
            panic!("this server follows the machine's clock");
        };
        *at_ms = to_ms;
        if let Some(hand) = hand {
            hand.set(Timestamp(to_ms));
        }
    }
}

impl Drop for House {
    fn drop(&mut self) {
        if !std::thread::panicking()
            && let Err(error) = self.stop()
        {
            panic!("a test server did not stop well: {error:#}");
        }
    }
}

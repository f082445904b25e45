//! A server with a folder of its own: starts, is stopped and started again on the same data.
//!
//! Takes a configuration as text and a clock; gives addresses to talk to. What is asked and what is
//! expected belongs to the judges and the tests.
//!
//! ```text
//!   clock.set ─► background tasks notice within 250 ms
//! ```

use std::net::SocketAddr;

use anyhow::Context;
use telamon_model::Timestamp;
use telamon_server::clock::{Clock, Hand};
use telamon_server::config::{Config, Overrides};
use telamon_server::{Running, Setup, Sockets};
use tokio::runtime::Runtime;

/// A server whose listeners take any free port of loopback. Dropping it stops it.
#[derive(Debug)]
pub struct House {
    folder: tempfile::TempDir,
    config: String,
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
        let folder = tempfile::tempdir()?;
        for (name, text) in files {
            std::fs::write(folder.path().join(name), text)?;
        }
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()?;
        let mut house = Self {
            folder,
            config: format!("{config}\n[udp]\nlisten = \"127.0.0.1:0\"\n"),
            time,
            runtime,
            running: None,
        };
        house.start()?;
        Ok(house)
    }

    fn start(&mut self) -> anyhow::Result<()> {
        let overrides = Overrides {
            listen: Some(([127, 0, 0, 1], 0).into()),
            data: Some(self.folder.path().join("data")),
        };
        let config = Config::parse(&self.config, self.folder.path(), &overrides)
            .context("the configuration of a test server")?;
        let clock = match &mut self.time {
            Time::System => Clock::system(config.clock),
            Time::Held(at_ms, hand) => {
                let (clock, new_hand) = Clock::held(Timestamp(*at_ms));
                *hand = Some(new_hand);
                clock
            }
        };
        let sockets = Sockets::bind(&config)?;
        let starting = Running::start(Setup::new(config, sockets, clock));
        self.running = Some(self.runtime.block_on(starting)?);
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
        self.start()
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

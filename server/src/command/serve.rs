//! `telamon serve`: the server until it is told to stop.

use anyhow::Context as _;
use telamon_server::clock::Clock;
use telamon_server::{Running, Setup, Sockets, telemetry, termination};

use super::{ConfigArgs, load, runtime};

pub(crate) fn serve(args: &ConfigArgs) -> anyhow::Result<()> {
    let config = load(args)?;
    telemetry::log::start(&config.log);
    runtime()?.block_on(async {
        let until = termination().context("cannot wait for signals")?;
        let sockets = Sockets::bind(&config)?;
        let clock = Clock::system(config.clock);
        let data = config.store.data.display().to_string();
        let running = Running::start(Setup::new(config, sockets, clock)).await?;
        let http = running.http_address();
        let udp = running.udp_address().map(|address| address.to_string());
        let udp = udp.unwrap_or_else(|| "off".to_owned());
        tracing::info!(data, udp, "serving http://{http}");
        until.await;
        running.stop().await?;
        Ok(())
    })
}

//! `telamon serve`: the server until it is told to stop.

use std::pin::pin;

use anyhow::Context as _;
use telamon_server::clock::Clock;
use telamon_server::{Setup, Sockets, start_unless, telemetry, termination};

use super::{ConfigArgs, load, runtime};

pub(crate) fn serve(args: &ConfigArgs) -> anyhow::Result<()> {
    let config = load(args)?;
    telemetry::log::start(&config.log);
    let runtime = runtime()?;
    let served = runtime.block_on(async {
        let mut until = pin!(termination().context("cannot wait for signals")?);
        let sockets = Sockets::bind(&config)?;
        let clock = Clock::system(config.clock);
        let data = config.store.data.display().to_string();
        let setup = Setup::new(config, sockets, clock);
        let Some(running) = start_unless(setup, &mut until).await? else {
            return Ok(());
        };
        let http = running.http_address();
        let udp = running.udp_address().map(|address| address.to_string());
        let udp = udp.unwrap_or_else(|| "off".to_owned());
        tracing::info!(data, udp, "serving http://{http}");
        until.await;
        running.stop().await?;
        Ok(())
    });
    // A start that goes on would be waited for otherwise.
    runtime.shutdown_background();
    served
}

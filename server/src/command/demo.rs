//! `telamon demo`: a server with a made-up fleet, to look around in.
//!
//! Six hours of history are loaded, rules run over them with sending off, then the fleet goes on
//! publishing each step. The receiver of the alerts is our own and prints a line for each.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context as _;
use axum::body::Bytes;
use clap::Args;
use telamon_alert::RuleFile;
use telamon_model::duration::parse_millis;
use telamon_server::clock::Clock;
use telamon_server::config::{Config, Overrides};
use telamon_server::demo::history::{DemoFleet, DemoOptions};
use telamon_server::demo::{QUERIES, RECEIVER, RULES, RULES_NAME, notification_line};
use telamon_server::{Running, Setup, Sockets, receiver, telemetry, termination};
use tokio::sync::mpsc;

use super::{runtime, say};

#[derive(Debug, Args)]
pub(crate) struct DemoArgs {
    /// Decides names of nodes and all noise.
    #[arg(long, default_value_t = 42)]
    seed: u64,
    /// Number of series, about.
    #[arg(long, default_value_t = 2000)]
    series: usize,
    /// Stop after this time, as 10m; without it the demo runs until Ctrl-C.
    #[arg(long, value_name = "TIME")]
    duration: Option<String>,
    /// Address and port of the web listener.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:7101")]
    listen: SocketAddr,
    /// Address and port of the agent line protocol.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:1234")]
    udp: SocketAddr,
    /// Keep the data in this folder; without it they live in a temporary one that is removed.
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
}

/// Notifications that may wait to be printed.
const LINES_MAX: usize = 64;

pub(crate) fn demo(args: &DemoArgs) -> anyhow::Result<()> {
    let duration = args.duration.as_deref().map(parse_millis).transpose();
    let duration_ms = duration.context("bad --duration")?;
    let temporary = match &args.data {
        Some(_) => None,
        None => {
            let folder = tempfile::Builder::new().prefix("telamon-demo-").tempdir();
            Some(folder.context("cannot make a temporary folder")?)
        }
    };
    let data = match (&args.data, &temporary) {
        (Some(folder), _) => folder.clone(),
        (None, Some(folder)) => folder.path().to_owned(),
        (None, None) => anyhow::bail!("no folder for the data"),
    };
    let ran = runtime()?.block_on(run(args, &data, duration_ms));
    if let Some(folder) = temporary {
        let path = folder.path().display().to_string();
        folder
            .close()
            .with_context(|| format!("cannot remove {path}"))?;
    }
    ran
}

async fn run(args: &DemoArgs, data: &Path, duration_ms: Option<i64>) -> anyhow::Result<()> {
    let until = termination().context("cannot wait for signals")?;
    let (sender, mut bodies) = mpsc::channel(LINES_MAX);
    let (receiver_address, receiving) = receiver::receive(sender)
        .await
        .context("cannot listen for notifications")?;
    let config = config(args, data, receiver_address)?;
    telemetry::log::start(&config.log);
    let sockets = Sockets::bind(&config)?;
    let clock = Clock::system(config.clock);
    let started_ms = clock.elapsed_ms();
    let fleet = DemoFleet::new(DemoOptions {
        seed: args.seed,
        series_count: args.series,
        step: config.store.step,
        start: clock.wall(),
    });
    let series = fleet.series().len();
    let mut setup = Setup::new(config, sockets, clock);
    setup.rules = vec![RuleFile {
        name: RULES_NAME.to_owned(),
        text: RULES.to_owned(),
    }];
    let pictures = QUERIES
        .iter()
        .map(|one| (one.title.to_owned(), one.query.to_owned()));
    setup.pictures = pictures.collect();
    setup.fleet = Some(fleet);
    // History is loaded in a few seconds; a Ctrl-C before that is heeded after it, so that the
    // temporary folder is not removed under a writer.
    let running = Running::start(setup).await?;
    let ready_ms = running.elapsed_ms() - started_ms;
    greet(&running, data, args.data.is_some(), (series, ready_ms));
    let printing = async {
        while let Some(body) = bodies.recv().await {
            say(&line(&body));
        }
    };
    let timer = async {
        match duration_ms {
            Some(millis) => tokio::time::sleep(Duration::from_millis(millis.unsigned_abs())).await,
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        () = until => {}
        () = timer => {}
        () = printing => {}
        received = receiving => received.context("cannot receive notifications")?,
    }
    running.stop().await?;
    Ok(())
}

fn config(args: &DemoArgs, data: &Path, receiver: SocketAddr) -> anyhow::Result<Config> {
    let udp = args.udp;
    let text = format!(
        "[alert.webhooks]\n{RECEIVER} = \"http://{receiver}/\"\n[log]\nlevel = \"warn\"\n\
         [udp]\nlisten = \"{udp}\"\n"
    );
    let overrides = Overrides {
        listen: Some(args.listen),
        data: Some(data.to_owned()),
    };
    Ok(Config::parse(&text, Path::new("."), &overrides)?)
}

fn line(body: &Bytes) -> String {
    match notification_line(body) {
        Ok(line) => line,
        Err(what) => format!("a notification that is none: {what}"),
    }
}

/// At most ten lines: where to look, what to try, how to send.
fn greet(running: &Running, data: &Path, is_kept: bool, (series, ready_ms): (usize, i64)) {
    let http = running.http_address();
    let version = env!("CARGO_PKG_VERSION");
    let kept = if is_kept {
        "kept"
    } else {
        "removed at the end"
    };
    let query = QUERIES[0].query;
    let history = if running.has_loaded() {
        "6 h of history"
    } else {
        "on top of the samples in the folder"
    };
    say(&format!(
        "telamon {version} demo: {series} series, {history}, ready after {ready_ms} ms"
    ));
    say(&format!("page    http://{http}/ui"));
    say(&format!(
        "graph   http://{http}/api/v1/graph?q={query}&s=e-6h&style=telamon"
    ));
    say(&format!("alerts  http://{http}/api/v1/alerts"));
    say(&format!("data    {} ({kept})", data.display()));
    say(&format!(
        "send    curl http://{http}/api/v1/publish -d '{{\"metrics\":[{{\"tags\":{{\"name\":\"hello\",\
         \"atlas.dstype\":\"gauge\"}},\"timestamp\":'$(date +%s000)',\"value\":42}}]}}'"
    ));
    if let Some(udp) = running.udp_address() {
        let (ip, port) = (udp.ip(), udp.port());
        say(&format!(
            "        echo -n 'c:hello.world,app=me:1' > /dev/udp/{ip}/{port}   (bash)"
        ));
    }
    say(&format!(
        "        http://{http}/api/v1/graph?q=name,hello.*,:re,(,name,),:by&s=e-5m&style=telamon"
    ));
    say("stop    Ctrl-C");
}

//! The servers that were asked, as ours: one a configuration of the records.
//!
//! `suite`, `plain` and `grapher` are three servers over one loaded store; `holes` has a data set of
//! its own. Their clocks stand still at the newest sample, so nothing runs in the background.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context;
use telamon_model::{Batch, Row, Timestamp};
use telamon_server::clock::Clock;
use telamon_server::config::{Config, Overrides};
use telamon_server::engine::{Engine, Protocol};
use telamon_server::telemetry::Telemetry;
use telamon_server::{Running, Setup, Sockets};
use tokio::runtime::Runtime;

use super::PUBLIC_ORACLE;
use super::cases::Case;
use super::dataset::{StaticData, read_holes};
use super::load::{load_holes, load_static};
use super::need::Need;

/// Configurations whose requests are asked over data, and what of ours is set for them.
///
/// The defaults of ours are those of the reference.
const CONFIGS: [(&str, &str); 5] = [
    ("plain", ""),
    ("suite", "[query]\nlines_max = 70\n"),
    ("grapher", "[graph]\nautomatic_legends = false\n"),
    ("holes", ""),
    ("publish", ""),
];

/// What all of them have. The age lets a frame hold an hour.
const EVERYWHERE: &str = "[store]\nstep = \"1m\"\nblock = \"1h\"\nfsync = \"never\"\n\
    [ingest]\nage_max = \"2h\"\n[udp]\nlisten = \"\"\n[http]\nrequest_timeout = \"2m\"\n";

/// Two centuries: the records reach from 1970 to the thirties.
const RETENTION_MS: i64 = 200 * 366 * 86_400_000;
/// How far from its clock the server of `publish` takes datapoints, as the recorded one did.
const PUBLISH_AGE_MS: i64 = 36_500 * 86_400_000;
/// The time of most published datapoints, 2012-01-01T08:00Z.
const PUBLISH_TIME: Timestamp = Timestamp(1_325_404_800_000);

/// A time after every case, and an hour that no case reads.
const PLANNING_TIME: Timestamp = Timestamp(2_000_000_040_000);
/// 2012-01-01T07:00Z to 08:00Z, where most cases end.
const HOUR_OF_ALL: i64 = 1_325_401_200 / 3600;

/// Running servers.
#[derive(Debug)]
pub struct Servers {
    runtime: Runtime,
    running: BTreeMap<&'static str, Running>,
    /// What was loaded.
    pub loaded: Loaded,
    _folder: tempfile::TempDir,
}

/// What was loaded.
#[derive(Clone, Debug, Default)]
pub struct Loaded {
    /// Series of the static data set.
    pub series: usize,
    /// Samples of all data sets.
    pub samples: u64,
    /// From the first series to the last sample.
    pub time: Duration,
    /// Cases whose data were too many, with the reason.
    pub left_out: Vec<String>,
}

impl Servers {
    /// Loads what the cases need and starts the servers. `listen` gives one of them, by the name of its
    /// configuration, an address; the others take free ports of loopback.
    ///
    /// # Errors
    /// When a data set is missing or a server does not start.
    pub fn start(
        oracle: &Path,
        cases: &[Case],
        listen: Option<(&str, SocketAddr)>,
    ) -> anyhow::Result<Self> {
        let started = clock_reading();
        let folder = tempfile::tempdir().context("cannot make a folder for the data")?;
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()
            .context("cannot start threads")?;
        let data = StaticData::alert();
        let need = plan(&runtime, folder.path(), cases, &data)?;
        let of_config = |name| config(name, folder.path(), listen);
        let engine = open(&of_config("plain")?)?;
        let mut loaded = Loaded {
            series: data.series().len(),
            samples: load_static(&engine, &data, &need)?,
            time: Duration::ZERO,
            left_out: need.left_out,
        };
        let mut running = BTreeMap::new();
        for (name, _) in CONFIGS {
            let config = of_config(name)?;
            let (engine, now) = match name {
                "holes" => {
                    let Some(folder) = folder_of_holes(oracle) else {
                        continue;
                    };
                    let engine = open(&config)?;
                    loaded.samples += load_holes(&engine, &read_holes(folder)?)?;
                    let now = engine.log_time();
                    (engine, now)
                }
                "publish" => (open(&config)?, PUBLISH_TIME),
                _ => (Arc::clone(&engine), engine.log_time()),
            };
            running.insert(name, start_over(&runtime, config, engine, now)?);
        }
        loaded.time = started.elapsed();
        Ok(Self {
            runtime,
            running,
            loaded,
            _folder: folder,
        })
    }

    /// Where the server of a configuration listens; `None` for a configuration that has none.
    pub fn address(&self, config: &str) -> Option<SocketAddr> {
        self.running.get(config).map(Running::http_address)
    }

    /// Stops all of them.
    ///
    /// # Errors
    /// When one could not save its log.
    pub fn stop(self) -> anyhow::Result<()> {
        for (name, running) in self.running {
            let stopped = self.runtime.block_on(running.stop());
            stopped.with_context(|| format!("the server {name} did not stop well"))?;
        }
        Ok(())
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the runner measures how long it takes, no answer depends on it"
)]
pub(super) fn clock_reading() -> Instant {
    Instant::now()
}

fn config(name: &str, folder: &Path, listen: Option<(&str, SocketAddr)>) -> anyhow::Result<Config> {
    let row = CONFIGS.iter().find(|(known, _)| *known == name);
    let (_, own) = row.with_context(|| format!("there is no configuration {name}"))?;
    let wanted = listen.filter(|(listening, _)| *listening == name);
    let overrides = Overrides {
        listen: Some(wanted.map_or_else(|| ([127, 0, 0, 1], 0).into(), |(_, address)| address)),
        data: Some(folder.join(name)),
    };
    let text = format!("{EVERYWHERE}{own}");
    let mut config = Config::parse(&text, folder, &overrides)
        .map_err(|problems| anyhow::anyhow!("the configuration {name}: {problems:?}"))?;
    config.store.retention_ms = RETENTION_MS;
    if name == "publish" {
        config.ingest.age_max_ms = PUBLISH_AGE_MS;
    }
    Ok(config)
}

/// Where the second data set lies: beside the records, or beside the public ones.
fn folder_of_holes(oracle: &Path) -> Option<&Path> {
    let folders = [oracle, Path::new(PUBLIC_ORACLE)];
    folders
        .into_iter()
        .find(|folder| folder.join("dataset/holes.jsonl.gz").exists())
}

fn open(config: &Config) -> anyhow::Result<Arc<Engine>> {
    let engine = Engine::open(config, Arc::new(Telemetry::default()), &mut |_step| {})?;
    Ok(Arc::new(engine))
}

fn start_over(
    runtime: &Runtime,
    config: Config,
    engine: Arc<Engine>,
    now: Timestamp,
) -> anyhow::Result<Running> {
    let sockets = Sockets::bind(&config)?;
    let (clock, _hand) = Clock::held(now);
    let mut setup = Setup::new(config, sockets, clock);
    setup.engine = Some(engine);
    Ok(runtime.block_on(Running::start(setup))?)
}

/// What the cases read, as a server says that holds one late sample and nothing else.
fn plan(
    runtime: &Runtime,
    folder: &Path,
    cases: &[Case],
    data: &StaticData,
) -> anyhow::Result<Need> {
    let mut config = config("plain", folder, None)?;
    config.store.data = folder.join("planner");
    let engine = open(&config)?;
    let sample = Batch {
        series: vec![data.series()[0].clone()],
        rows: vec![Row {
            series_index: 0,
            timestamp: PLANNING_TIME,
            value: 1.0,
        }],
    };
    engine.append(PLANNING_TIME, sample, Protocol::History)?;
    let planner = start_over(runtime, config, engine, PLANNING_TIME)?;
    let mut need = Need::of_one_hour(data.series().len(), HOUR_OF_ALL);
    for case in cases.iter().filter(|case| case.config != "holes") {
        need.add(case, data.series(), &planner);
    }
    runtime.block_on(planner.stop())?;
    Ok(need)
}

//! The engine: one log, one store and what feeds them.
//!
//! ```text
//!   body ─► decode, admit ─► append: log, apply ─► (sync) ─► ack
//!                                │
//!                                └─► closed steps, in order ─► alerts
//! ```
//!
//! Takes bodies, lines and datapoints with the time to stamp them with; gives snapshots and closed
//! steps. Threads, timers and sockets are left to others: every method here runs to its end.

mod closing;

use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use telamon_ingest::admit::{Admission, Admitted, Refusal};
use telamon_ingest::json::DecodeError;
use telamon_ingest::series_cache::{CacheLimits, SeriesCache};
use telamon_ingest::{Datapoint, Rejected, Rules};
use telamon_model::{Batch, Predicate, Series, Timestamp};
use telamon_store::epoch::Epoch;
use telamon_store::files::RealFiles;
use telamon_store::log::{FileLog, FileLogOptions, LogRecovery, SyncError};
use telamon_store::{
    AppendError, Applied, ClosedStep, OpenError, Options, Recovery, Snapshot, Store,
};

use crate::config::{Config, Fsync};
use crate::data::DataFolder;
use crate::telemetry::Telemetry;
use crate::telemetry::names::Metric;
use closing::ClosedQueue;

pub use crate::data::DataError;

/// One cache of tag sets per thread that admits: 200,000 sets and 64 MiB of text each.
const CACHE_LIMITS: CacheLimits = CacheLimits {
    series_max: 200_000,
    span_bytes_max: 64 << 20,
};

/// Everything that holds data.
#[derive(Debug)]
pub struct Engine {
    store: Store,
    log: Arc<FileLog>,
    admission: Admission,
    /// Caches that no thread uses now; as many as threads ever admitted at once.
    caches: Mutex<Vec<SeriesCache>>,
    closed: ClosedQueue,
    fsync: Fsync,
    series_max: u64,
    telemetry: Arc<Telemetry>,
    sync_failures: AtomicU64,
    /// Held for its lock.
    _folder: DataFolder,
}

/// Where datapoints come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// Publish over HTTP.
    Http,
    /// Agent lines.
    Lines,
    /// The server itself.
    Own,
    /// The made-up fleet of the demo.
    Demo,
    /// History that is loaded.
    History,
}

impl Protocol {
    /// Name in metrics.
    pub fn name(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Lines => "lines",
            Self::Own => "own",
            Self::Demo => "demo",
            Self::History => "history",
        }
    }
}

/// What became of datapoints.
#[derive(Clone, Debug, Default)]
pub struct Published {
    /// How many were admitted and logged.
    pub accepted: u64,
    /// The first refusals in words.
    pub rejected: Vec<Rejected>,
    /// How many were refused.
    pub rejected_count: u64,
}

/// Why an engine does not start.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The data folder.
    #[error(transparent)]
    Data(#[from] DataError),
    /// The files of the log.
    #[error("the log in {} cannot be opened", path.display())]
    Files {
        /// Its folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The log itself.
    #[error("the log in {} cannot be opened", path.display())]
    Log {
        /// Its folder.
        path: PathBuf,
        /// What is wrong.
        source: telamon_store::log::OpenError,
    },
    /// The store.
    #[error("the store cannot be opened")]
    Store(#[from] OpenError),
}

/// Why datapoints were not stored.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// The body is no payload.
    #[error(transparent)]
    Decode(#[from] DecodeError),
    /// The log or the store refused.
    #[error(transparent)]
    Append(#[from] AppendError),
    /// The log could not be made durable.
    #[error(transparent)]
    Sync(#[from] SyncError),
}

impl Engine {
    /// Opens the data folder and reads its log. `observe` gets every step that the log closes.
    ///
    /// # Errors
    /// See [`EngineError`].
    pub fn open(
        config: &Config,
        telemetry: Arc<Telemetry>,
        observe: &mut dyn FnMut(ClosedStep),
    ) -> Result<Self, EngineError> {
        let options = Options {
            step: config.store.step,
            partitions: config.store.partitions,
            block_slots: config.store.block_slots,
            retention_ms: config.store.retention_ms,
            age_max_ms: config.ingest.age_max_ms,
        };
        let folder = DataFolder::open(&config.store.data, &Epoch::of(&options))?;
        let path = folder.log_path();
        let files = RealFiles::open(&path).map_err(|source| EngineError::Files {
            path: path.clone(),
            source,
        })?;
        let opened = FileLog::open(Arc::new(files), FileLogOptions::STANDARD);
        let (log, log_recovery) = opened.map_err(|source| EngineError::Log { path, source })?;
        let log = Arc::new(log);
        let mut last_closed = None;
        let (store, recovery) = Store::open(options, Arc::clone(&log) as _, &mut |step| {
            last_closed = Some(step.slot);
            observe(step);
        })?;
        report(&log_recovery, &recovery, &telemetry);
        Ok(Self {
            store,
            log,
            admission: Admission {
                age_max_ms: config.ingest.age_max_ms,
            },
            caches: Mutex::default(),
            closed: ClosedQueue::after(last_closed),
            fsync: config.store.fsync,
            series_max: u64::try_from(config.ingest.series_max).unwrap_or(u64::MAX),
            telemetry,
            sync_failures: AtomicU64::new(0),
            _folder: folder,
        })
    }

    /// Admits and stores a publish body. When it returns, what it admitted is in the log and
    /// visible to the next snapshot.
    ///
    /// # Errors
    /// See [`PublishError`]. After an error of the log, parts of the body may be stored.
    pub fn publish(&self, now: Timestamp, body: &[u8]) -> Result<Published, PublishError> {
        let now = now.max(self.store.log_time());
        let admitted = self.with_cache(|cache| {
            self.admission
                .admit_json(body, now, cache, &mut self.series_gate())
        })?;
        self.append_admitted(now, admitted, Protocol::Http)
    }

    /// Admits and stores datapoints.
    ///
    /// # Errors
    /// See [`PublishError`].
    pub fn take(
        &self,
        now: Timestamp,
        datapoints: &[Datapoint],
        protocol: Protocol,
    ) -> Result<Published, PublishError> {
        let now = now.max(self.store.log_time());
        let admitted = self.with_cache(|cache| {
            self.admission
                .admit(datapoints, now, cache, &mut self.series_gate())
        });
        self.append_admitted(now, admitted, protocol)
    }

    fn append_admitted(
        &self,
        now: Timestamp,
        admitted: Admitted,
        protocol: Protocol,
    ) -> Result<Published, PublishError> {
        for (reason, count) in admitted.rejected_counts.iter() {
            let tags = [protocol.name(), reason.name()];
            self.telemetry.count(Metric::IngestRejected, tags, count);
        }
        let accepted = admitted.batch.rows.len() as u64;
        if accepted > 0 {
            self.append(now, admitted.batch, protocol)?;
        }
        Ok(Published {
            accepted,
            rejected_count: admitted.rejected_counts.total(),
            rejected: admitted.rejected,
        })
    }

    /// Stores a batch without asking admission: how history is loaded.
    ///
    /// # Errors
    /// If the log or the store refuses.
    pub fn append(
        &self,
        now: Timestamp,
        batch: Batch,
        protocol: Protocol,
    ) -> Result<(), PublishError> {
        let rows = batch.rows.len() as u64;
        let applied = self.store.append(now, batch).inspect_err(|_refused| {
            let tags = [protocol.name(), ""];
            self.telemetry.count(Metric::IngestFailed, tags, rows);
            self.telemetry.count(Metric::LogErrors, ["append", ""], 1);
        })?;
        self.telemetry
            .count(Metric::IngestAccepted, [protocol.name(), ""], rows);
        self.note(applied);
        if self.fsync == Fsync::Always {
            self.sync()?;
        }
        Ok(())
    }

    /// Lets time pass for every partition.
    ///
    /// # Errors
    /// If the log refuses.
    pub fn heartbeat(&self, now: Timestamp) -> Result<(), AppendError> {
        let applied = self.store.heartbeat(now).inspect_err(|_refused| {
            self.telemetry
                .count(Metric::LogErrors, ["heartbeat", ""], 1);
        })?;
        self.note(applied);
        Ok(())
    }

    /// Makes everything stored so far survive a crash of the machine.
    ///
    /// # Errors
    /// If the system cannot; the log refuses records from then on.
    pub fn sync(&self) -> Result<(), SyncError> {
        self.store.sync().inspect_err(|_failed| {
            self.sync_failures.fetch_add(1, Ordering::Relaxed);
            self.telemetry.count(Metric::LogErrors, ["sync", ""], 1);
        })
    }

    /// Removes what retention no longer needs from the log. How many files went.
    ///
    /// # Errors
    /// If a file cannot be removed.
    pub fn trim(&self) -> Result<u64, telamon_store::log::TrimError> {
        let trimmed = self.store.trim_log().inspect_err(|_failed| {
            self.telemetry.count(Metric::LogErrors, ["trim", ""], 1);
        })?;
        Ok(trimmed.files)
    }

    /// What queries see.
    pub fn snapshot(&self) -> Snapshot {
        self.store.snapshot()
    }

    /// The newest log time; 0 before the first record.
    pub fn log_time(&self) -> Timestamp {
        self.store.log_time()
    }

    /// A hash of the logical state.
    pub fn digest(&self) -> [u8; 20] {
        self.store.digest()
    }

    /// The next closed step, in order; `None` when none is ready.
    pub(crate) fn next_closed(&self, now_ms: i64) -> Option<ClosedStep> {
        self.closed.next(now_ms)
    }

    /// Drops the closed steps that wait: no rule is evaluated over them. For loading history that
    /// nobody watches.
    pub fn drop_closed(&self) {
        self.closed.clear();
    }

    /// Whether the log takes records, as far as is known.
    pub(crate) fn is_writable(&self) -> bool {
        self.sync_failures.load(Ordering::Relaxed) == 0
    }

    /// Reads what is only known when asked.
    pub(crate) fn refresh_gauges(&self, wall: Timestamp) {
        let set = |metric, count: u64| {
            #[expect(clippy::cast_precision_loss, reason = "sizes stay far below 2^53")]
            self.telemetry.set(metric, count as f64);
        };
        set(Metric::StoreSeries, self.snapshot().series_count());
        set(Metric::LogBytes, self.log.size().bytes);
        let log_time = self.log_time();
        if log_time.as_millis() > 0 {
            let lag_ms = wall.millis_since(log_time).max(0).unsigned_abs();
            set(Metric::LogLag, lag_ms / 1000);
        }
    }

    fn note(&self, applied: Applied) {
        let drops = applied.dropped;
        for (reason, count) in [
            ("nan", drops.nan),
            ("duplicate_or_older", drops.duplicate_or_older),
            ("too_old_step", drops.too_old_step),
            ("sealed", drops.sealed),
            ("future", drops.future),
        ] {
            self.telemetry
                .count(Metric::StoreDropped, [reason, ""], count);
        }
        self.telemetry
            .count(Metric::StoreNewSeries, ["", ""], applied.new_series);
        self.closed.put(applied.closed);
    }

    /// Whether a series may come to be: while there is room, or when it is there already.
    fn series_gate(&self) -> impl FnMut(&Series) -> Result<(), Refusal> {
        let snapshot = self.store.snapshot();
        let mut count = snapshot.series_count();
        let max = self.series_max;
        move |series| {
            if count < max {
                count += 1;
                return Ok(());
            }
            if is_known(&snapshot, series) {
                return Ok(());
            }
            Err(Refusal {
                limit: "ingest.series_max",
                max,
            })
        }
    }

    fn with_cache<T>(&self, admit: impl FnOnce(&mut SeriesCache) -> T) -> T {
        let free = self
            .caches
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .pop();
        let mut cache = free.unwrap_or_else(|| SeriesCache::new(Rules::ATLAS, CACHE_LIMITS));
        let result = admit(&mut cache);
        self.caches
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(cache);
        result
    }
}

/// Whether the store holds the series now.
fn is_known(snapshot: &Snapshot, series: &Series) -> bool {
    let tags = series.tags().iter();
    let predicate = tags.fold(Predicate::True, |all, (key, value)| {
        all.and(Predicate::Equal(Arc::clone(key), Arc::clone(value)))
    });
    snapshot.shards().iter().any(|shard| {
        let selected = shard.select(&predicate).expect("it has no pattern");
        selected
            .iter()
            .any(|ordinal| shard.series(ordinal) == series)
    })
}

/// Says what opening found.
fn report(log: &LogRecovery, recovery: &Recovery, telemetry: &Telemetry) {
    for torn in &log.torn {
        let (file, at, bytes) = (&torn.file, torn.at, torn.bytes);
        tracing::warn!("log file {file} ended in {bytes} half-written bytes at {at}: cut off");
    }
    for damage in &recovery.damages {
        let (file, at, bytes) = (&damage.file, damage.at, damage.bytes);
        tracing::error!("log file {file} has {bytes} unreadable bytes at {at}: skipped");
    }
    for record in &recovery.quarantined {
        let (partition, offset) = (record.partition.0, record.offset.0);
        let reason = &record.reason;
        tracing::error!("record {offset} of partition {partition} was set aside: {reason}");
    }
    let corrupt = recovery.damages.len() + recovery.quarantined.len();
    telemetry.count(Metric::StoreCorrupt, ["", ""], corrupt as u64);
    tracing::info!(
        records = recovery.records,
        rows = recovery.rows,
        "the log was read"
    );
}

//! One life of the process: what the server's engine holds, put together as it does.
//!
//! Takes a folder; opens the log, the store and the evaluator as a start of the server would, and
//! gives what the start found. Checking any of it is left to others.

use std::sync::Arc;

use telamon_alert::{Evaluator, ParseContext, RuleFile, rule};
use telamon_ingest::{Admission, CacheLimits, Rules, SeriesCache};
use telamon_store::files::FaultyFiles;
use telamon_store::log::{FileLog, LogRecovery};
use telamon_store::{ClosedStep, Recovery, Store};

use super::setting::Setting;
use super::tape::{Read, Tape};
use super::told::Told;

/// Small, so that tag sets leave the cache and come back.
const CACHE_LIMITS: CacheLimits = CacheLimits {
    series_max: 12,
    span_bytes_max: 4_000,
};

/// A running process.
#[derive(Debug)]
pub(crate) struct Life {
    pub(crate) store: Store,
    pub(crate) tape: Arc<Tape>,
    pub(crate) admission: Admission,
    pub(crate) cache: SeriesCache,
    pub(crate) evaluator: Evaluator,
    /// The last answer of its clock, which never falls.
    pub(crate) stamp_ms: i64,
}

/// What a start found.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) log: LogRecovery,
    pub(crate) recovery: Recovery,
    /// Records that the store was given.
    pub(crate) read: Vec<Read>,
    /// Steps that they closed.
    pub(crate) closed: Vec<i64>,
    /// Changes of alerts in them.
    pub(crate) told: Vec<Told>,
}

impl Life {
    /// Starts the process; the text of its error when it does not.
    pub(crate) fn start(setting: &Setting, files: &FaultyFiles) -> Result<(Self, Found), String> {
        let opened = FileLog::open(Arc::new(files.clone()), setting.log);
        let (log, log_recovery) = opened.map_err(|error| error.to_string())?;
        let tape = Arc::new(Tape::new(log, files.clone()));
        let mut evaluator = evaluator(setting);
        let (mut closed, mut told) = (Vec::new(), Vec::new());
        let options = setting.options(setting.partitions);
        let opened = Store::open(options, Arc::clone(&tape) as _, &mut |step| {
            closed.push(step.slot.0);
            told.extend(evaluate(&mut evaluator, &step));
        });
        let (store, recovery) = opened.map_err(|error| error.to_string())?;
        let read = tape.take_read();
        let life = Self {
            store,
            tape,
            admission: Admission {
                age_max_ms: setting.age_max_ms,
            },
            cache: SeriesCache::new(Rules::ATLAS, CACHE_LIMITS),
            evaluator,
            stamp_ms: i64::MIN,
        };
        let found = Found {
            log: log_recovery,
            recovery,
            read,
            closed,
            told,
        };
        Ok((life, found))
    }

    /// The time to stamp with while the wall clock shows this.
    pub(crate) fn stamp(&mut self, wall_ms: i64) -> i64 {
        self.stamp_ms = self.stamp_ms.max(wall_ms);
        self.stamp_ms
    }

    /// Evaluates a closed step.
    pub(crate) fn evaluate(&mut self, step: &ClosedStep) -> Vec<Told> {
        evaluate(&mut self.evaluator, step)
    }
}

fn evaluate(evaluator: &mut Evaluator, step: &ClosedStep) -> Vec<Told> {
    let transitions = evaluator.close(step.slot, &step.snapshot);
    transitions.iter().map(Told::of).collect()
}

fn evaluator(setting: &Setting) -> Evaluator {
    let context = ParseContext {
        step: setting.step(),
        receivers: std::collections::BTreeSet::new(),
        language: telamon_query::lang::ParseOptions::reference(),
    };
    let file = RuleFile {
        name: "rules.yaml".to_owned(),
        text: setting.rules(),
    };
    let groups = rule::parse(&[file], &context).expect("the rules are ours");
    Evaluator::new(groups, setting.step())
}

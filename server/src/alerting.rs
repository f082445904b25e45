//! Rules, evaluated as steps close, and who is told.
//!
//! Takes closed steps in order, gives the answers of `/api/v1/alerts` and `/api/v1/rules`. The rules
//! are the alert room's, sending is [`crate::notify`]'s; this joins them.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use telamon_alert::rule::parse;
use telamon_alert::{Evaluator, Group, ParseContext, RuleError, RuleFile};
use telamon_store::ClosedStep;

use crate::api::alerts::{RuleFilter, alerts, rules};
use crate::api::params::Params;
use crate::api::problem::Problem;
use crate::clock::Clock;
use crate::config::Config;
use crate::notify::outbox::OutboxOptions;
use crate::notify::{Notifier, NotifierOptions};
use crate::reply::Reply;
use crate::run::RunError;
use crate::server::parse_options;
use crate::telemetry::Telemetry;
use crate::telemetry::names::Metric;

/// Checks the rule files that a configuration names, as a start of the server would.
///
/// # Errors
/// With all problems of all files; a file that cannot be read is one.
pub fn check_rules(config: &Config) -> Result<(), RunError> {
    read_rules(config, Vec::new()).map(drop)
}

/// The rules of `files` and of those that the configuration names.
fn read_rules(config: &Config, mut files: Vec<RuleFile>) -> Result<Vec<Group>, RunError> {
    let mut problems = Vec::new();
    for path in &config.alert.rules {
        let name = path.display().to_string();
        match std::fs::read_to_string(path) {
            Ok(text) => files.push(RuleFile { name, text }),
            Err(error) => problems.push(RuleError {
                file: name,
                line: 0,
                column: 0,
                path: String::new(),
                message: format!("cannot read: {error}"),
            }),
        }
    }
    let context = ParseContext {
        step: config.store.step,
        receivers: config.alert.webhooks.keys().cloned().collect(),
        language: parse_options(config),
    };
    match parse(&files, &context) {
        Ok(groups) if problems.is_empty() => Ok(groups),
        Ok(_part_of_the_groups) => Err(RunError::Rules(problems)),
        Err(more) => {
            problems.extend(more);
            Err(RunError::Rules(problems))
        }
    }
}

/// The rules of a server.
#[derive(Debug)]
pub(crate) struct Alerting {
    evaluator: Mutex<Evaluator>,
    /// `None` until sending starts and after it stopped.
    notifier: Mutex<Option<Notifier>>,
    receivers: std::collections::BTreeMap<String, String>,
    public_url: String,
}

impl Alerting {
    /// Reads all rules.
    ///
    /// # Errors
    /// With everything that is wrong with the rules.
    pub(crate) fn new(
        config: &Config,
        files: Vec<RuleFile>,
        http_address: SocketAddr,
    ) -> Result<Self, RunError> {
        let groups = read_rules(config, files)?;
        let public_url = config.alert.public_url.clone();
        Ok(Self {
            evaluator: Mutex::new(Evaluator::new(groups, config.store.step)),
            notifier: Mutex::new(None),
            receivers: config.alert.webhooks.clone(),
            public_url: public_url.unwrap_or_else(|| format!("http://{http_address}")),
        })
    }

    /// Evaluates a step without telling anybody: what the log or history holds.
    pub(crate) fn replay(&mut self, step: &ClosedStep) {
        drop(self.evaluator().close(step.slot, &step.snapshot));
    }

    /// Starts to send. Alerts that fire already are told.
    ///
    /// # Errors
    /// If a thread cannot be started.
    pub(crate) fn start_sending(&mut self, clock: &Arc<Clock>) -> std::io::Result<()> {
        let options = NotifierOptions {
            receivers: self.receivers.clone(),
            public_url: self.public_url.clone(),
            outbox: OutboxOptions::STANDARD,
            seed: clock.wall().as_millis().unsigned_abs(),
        };
        let clock = Arc::clone(clock);
        let notifier = Notifier::start(options, Arc::new(move || clock.wall()))?;
        notifier.send_firing(&self.evaluator().alerts());
        *self.notifier() = Some(notifier);
        Ok(())
    }

    /// Evaluates a step and tells what changed.
    pub(crate) fn close(&self, step: &ClosedStep, telemetry: &Telemetry) {
        let transitions = self.evaluator().close(step.slot, &step.snapshot);
        telemetry.count(Metric::AlertSteps, ["", ""], 1);
        let count = u64::try_from(transitions.len()).unwrap_or(u64::MAX);
        telemetry.count(Metric::AlertTransitions, ["", ""], count);
        if transitions.is_empty() {
            return;
        }
        if let Some(notifier) = &*self.notifier() {
            notifier.send(&transitions);
        }
    }

    /// Tries once more what waits, then ends the sending.
    pub(crate) fn stop(&self) {
        let notifier = self.notifier().take();
        let unsent = notifier.map_or(0, Notifier::stop);
        if unsent > 0 {
            tracing::warn!(alerts = unsent, "notifications were not delivered");
        }
    }

    /// `/api/v1/alerts`.
    pub(crate) fn alerts_reply(&self) -> Reply {
        Reply::json(&alerts(&self.evaluator().alerts(), &self.public_url))
    }

    /// `/api/v1/rules`.
    ///
    /// # Errors
    /// If a filter is malformed.
    pub(crate) fn rules_reply(&self, query: &str) -> Result<Reply, Problem> {
        let params = Params::parse(query);
        let filter = RuleFilter::from_pairs(params.pairs())
            .map_err(|message| Problem::new(axum::http::StatusCode::BAD_REQUEST, message))?;
        let groups = self.evaluator().rules();
        Ok(Reply::json(&rules(&groups, &filter, &self.public_url)))
    }

    fn evaluator(&self) -> MutexGuard<'_, Evaluator> {
        self.evaluator
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn notifier(&self) -> MutexGuard<'_, Option<Notifier>> {
        self.notifier.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

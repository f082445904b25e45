//! Telling people: transitions in, webhook posts out.
//!
//! What is sent when is decided by [`outbox::Outbox`], a pure type that takes `now`; what a post
//! says is written by [`webhook`]. Here are only the threads that carry it out, one per receiver,
//! so that a receiver that hangs delays nobody else. Evaluating rules never waits for a post.

pub mod outbox;
pub mod webhook;

use std::collections::BTreeMap;
use std::io;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use telamon_alert::{Alert, Transition};
use telamon_model::Timestamp;

use outbox::{Lane, Next, Outbox, OutboxOptions, Outcome};

/// A post that takes longer has failed.
const POST_TIMEOUT: Duration = Duration::from_secs(10);

/// What is under way at a shutdown gets this long.
const STOP_TIMEOUT: Duration = Duration::from_millis(1500);

/// What the notifier needs to know.
#[derive(Debug)]
pub struct NotifierOptions {
    /// Receivers by name, with the URL to post to.
    pub receivers: BTreeMap<String, String>,
    /// Where people reach this server, such as `http://127.0.0.1:7101`; links begin with it.
    pub public_url: String,
    /// Limits and delays.
    pub outbox: OutboxOptions,
    /// Seed of the jitter.
    pub seed: u64,
}

/// The clock that decides when to try again.
pub type Now = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// Sends notifications on its own threads.
#[derive(Debug)]
pub struct Notifier {
    shared: Arc<Shared>,
    /// Disconnected when the last thread has ended.
    ended: Receiver<()>,
}

struct Shared {
    outbox: Mutex<State>,
    changed: Condvar,
    now: Now,
    public_url: String,
}

#[derive(Debug)]
struct State {
    outbox: Outbox,
    is_stopping: bool,
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shared")
            .field("outbox", &self.outbox)
            .field("public_url", &self.public_url)
            .finish_non_exhaustive()
    }
}

impl Notifier {
    /// Starts a thread per receiver.
    ///
    /// # Errors
    /// When a thread cannot be started.
    pub fn start(options: NotifierOptions, now: Now) -> io::Result<Self> {
        let names = options
            .receivers
            .keys()
            .map(|name| Arc::from(name.as_str()));
        let outbox = Outbox::new(options.outbox, names, options.seed);
        let shared = Arc::new(Shared {
            outbox: Mutex::new(State {
                outbox,
                is_stopping: false,
            }),
            changed: Condvar::new(),
            now,
            public_url: options.public_url,
        });
        let (alive, ended) = sync_channel(0);
        for (name, url) in options.receivers {
            let shared = Arc::clone(&shared);
            let alive = SyncSender::clone(&alive);
            std::thread::Builder::new()
                .name(format!("notify-{name}"))
                .spawn(move || {
                    shared.serve(&name, &url);
                    drop(alive);
                })?;
        }
        Ok(Self { shared, ended })
    }

    /// Queues what happened at one close; returns at once.
    pub fn send(&self, transitions: &[Transition]) {
        let now = (self.shared.now)();
        self.shared.lock().outbox.enqueue(now, transitions);
        self.shared.changed.notify_all();
    }

    /// Queues alerts that fire already: after a start, when a replay with sending off has rebuilt
    /// them. Receivers that were told before the restart are told again, under the same
    /// fingerprint.
    pub fn send_firing(&self, alerts: &[Alert]) {
        let now = (self.shared.now)();
        self.shared.lock().outbox.enqueue_firing(now, alerts);
        self.shared.changed.notify_all();
    }

    /// How each receiver does, for metrics.
    pub fn lanes(&self) -> Vec<Lane> {
        self.shared.lock().outbox.lanes()
    }

    /// Tries once more what is not waiting for a retry, for at most 1.5 s, and gives the number of
    /// alerts that were not delivered. A post that hangs is abandoned with its thread.
    pub fn stop(self) -> usize {
        self.shared.lock().is_stopping = true;
        self.shared.changed.notify_all();
        // Nobody sends: the wait ends when every thread has dropped its end, or with the time.
        match self.ended.recv_timeout(STOP_TIMEOUT) {
            Ok(()) | Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {}
        }
        let lanes = self.shared.lock().outbox.lanes();
        lanes.iter().map(|lane| lane.waiting_alerts).sum()
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.outbox.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The life of a receiver's thread.
    fn serve(&self, receiver: &str, url: &str) {
        let agent = agent();
        while let Some(message) = self.wait_for_message(receiver) {
            let body = webhook::body(&message, &self.public_url).to_string();
            let outcome = post(&agent, url, body);
            match &outcome {
                Outcome::Accepted => tracing::info!(
                    receiver,
                    rule = &*message.rule,
                    alert.count = message.alerts.len(),
                    "notification delivered"
                ),
                Outcome::Refused(reason) | Outcome::Failed(reason) => tracing::warn!(
                    receiver,
                    rule = &*message.rule,
                    reason,
                    is_final = matches!(outcome, Outcome::Refused(_)),
                    "notification not delivered"
                ),
            }
            let now = (self.now)();
            self.lock().outbox.settle(now, receiver, outcome);
        }
    }

    /// The next message to post; `None` when the thread should end.
    fn wait_for_message(&self, receiver: &str) -> Option<outbox::Message> {
        let mut state = self.lock();
        loop {
            let now = (self.now)();
            let wait = match state.outbox.take(now, receiver) {
                Next::Send(message) => return Some(message),
                Next::At(_) | Next::Idle if state.is_stopping => return None,
                Next::At(time) => Some(time.millis_since(now)),
                Next::Idle => None,
            };
            state = match wait.map(|millis| u64::try_from(millis).unwrap_or(0)) {
                Some(millis) => {
                    let limit = Duration::from_millis(millis.max(1));
                    let waited = self.changed.wait_timeout(state, limit);
                    waited.unwrap_or_else(PoisonError::into_inner).0
                }
                None => {
                    let waited = self.changed.wait(state);
                    waited.unwrap_or_else(PoisonError::into_inner)
                }
            };
        }
    }
}

/// Targets come from the configuration alone, so a redirect is not followed: it would choose
/// another one.
fn agent() -> ureq::Agent {
    ureq::Agent::config_builder()
        .timeout_global(Some(POST_TIMEOUT))
        .http_status_as_error(false)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .user_agent(concat!("telamon/", env!("CARGO_PKG_VERSION")))
        .build()
        .into()
}

/// One attempt. A receiver that says the request is wrong will not like it better later; everything
/// else may pass.
fn post(agent: &ureq::Agent, url: &str, body: String) -> Outcome {
    let request = agent.post(url).header("content-type", "application/json");
    let status = match request.send(body) {
        Ok(response) => response.status().as_u16(),
        Err(error) => return Outcome::Failed(error.to_string()),
    };
    match status {
        200..=299 => Outcome::Accepted,
        408 | 429 | 500..=599 => Outcome::Failed(format!("status {status}")),
        _ => Outcome::Refused(format!("status {status}")),
    }
}

#[cfg(test)]
mod tests;

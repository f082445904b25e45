//! What the evaluator tells others: alerts, how they change, and the state of rules.
//!
//! Plain values without behaviour beyond a few readings. How they become JSON or a message to a
//! person is left to the server.

use std::sync::Arc;

use telamon_model::{SeriesId, Slot, Step, Tags, Timestamp};

/// Where an alert stands. What is inactive is not held at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// The signal is active, but not for long enough.
    Pending,
    /// The alert fires.
    Firing,
    /// The alert has ended. Only seen in a [`Transition`], never in a list of alerts.
    Ended,
}

/// How an alert changed at the close of a slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Change {
    /// The signal became active; the rule waits (`for`).
    Pending,
    /// The alert fires from now on.
    Fired,
    /// A firing alert ended.
    Resolved,
    /// A pending alert ended without ever having fired.
    Cleared,
}

/// Why an alert changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    /// The signal line said so.
    Signal,
    /// The signal had no value for so many intervals that the alert is given up.
    Vanished,
    /// More alerts than the limit of the group allows.
    Storm,
}

/// An alert of a rule: one per line of the signal that is active.
#[derive(Clone, Debug, PartialEq)]
pub struct Alert {
    /// Name of the group.
    pub group: Arc<str>,
    /// Name of the rule (`alert:` in the file).
    pub rule: Arc<str>,
    /// Tags of the line, overlaid with the labels of group and rule and with `alertname`.
    pub labels: Tags,
    /// Texts for people, filled in. Sorted by key.
    pub annotations: Tags,
    /// Receivers that want to know.
    pub notify: Arc<[Arc<str>]>,
    /// Where the alert stands.
    pub phase: Phase,
    /// The newest value of what the rule compares, or of the signal where the rule compares nothing.
    pub value: f64,
    /// The value farthest beyond the threshold so far: the largest, or the smallest for `:lt`, `:le`.
    pub peak: f64,
    /// End of the first interval in which the signal was active.
    pub active_at: Timestamp,
    /// End of the interval at which it began to fire.
    pub fired_at: Option<Timestamp>,
    /// End of the interval at which it ended.
    pub ended_at: Option<Timestamp>,
    /// What to draw to see why.
    pub picture: Arc<Picture>,
}

impl Alert {
    /// The first 16 hex digits of the SHA-1 of the labels: the same for every state of an alert.
    pub fn fingerprint(&self) -> String {
        let mut id = SeriesId::of(&self.labels).to_string();
        id.truncate(16);
        id
    }
}

/// The graph that explains an alert.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    /// Expression in the stack language: what is compared and its threshold, else the signal.
    pub expression: String,
    /// How much time to show, in milliseconds: one hour, or three times `for` where that is longer.
    pub window_ms: i64,
}

/// A change of one alert at the close of one slot.
#[derive(Clone, Debug, PartialEq)]
pub struct Transition {
    /// The slot whose close brought the change.
    pub slot: Slot,
    /// What happened.
    pub change: Change,
    /// Why.
    pub reason: Reason,
    /// The alert after the change.
    pub alert: Alert,
}

/// A group of rules, for people and the API.
#[derive(Clone, Debug)]
pub struct GroupView {
    /// Name of the group.
    pub name: Arc<str>,
    /// File it stands in.
    pub file: Arc<str>,
    /// Time between two evaluations.
    pub interval: Step,
    /// Alerts a rule may have at once.
    pub limit: usize,
    /// Rules in the order of the file.
    pub rules: Vec<RuleView>,
}

/// A rule with its alerts, for people and the API.
#[derive(Clone, Debug)]
pub struct RuleView {
    /// Name of the rule.
    pub name: Arc<str>,
    /// The signal expression as written.
    pub expression: Arc<str>,
    /// How long the signal must be active, in milliseconds.
    pub for_ms: i64,
    /// How long an alert outlives its signal, in milliseconds.
    pub keep_firing_for_ms: i64,
    /// Labels as written, templates not filled in. Sorted by key.
    pub labels: Tags,
    /// Annotations as written, templates not filled in. Sorted by key.
    pub annotations: Tags,
    /// Pending and firing alerts, sorted by labels.
    pub alerts: Vec<Alert>,
    /// How the newest evaluation went.
    pub health: Health,
    /// End of the newest interval that was evaluated.
    pub evaluated_at: Option<Timestamp>,
    /// Lines of the signal at the newest evaluation.
    pub line_count: usize,
    /// Active lines that got no alert at the newest evaluation, because the limit was reached.
    pub over_limit_count: usize,
}

impl RuleView {
    /// The state that matters most among the alerts; `None` when the rule is inactive.
    pub fn phase(&self) -> Option<Phase> {
        self.alerts.iter().map(|alert| alert.phase).max()
    }
}

/// How the newest evaluation of a rule went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Health {
    /// Not evaluated yet.
    Unknown,
    /// It gave lines, or none.
    Ok,
    /// It failed; alerts are kept as they were.
    Failed(String),
}

//! What is sent to whom and when, as a pure function of calls that carry `now`.
//!
//! ```text
//!   close ── enqueue ──► waiting: [m1][m2][m3] ── take ──► in flight ── settle ──► delivered
//!                           ▲                                  │ failed
//!                           └──── back to the front, retry ────┘
//! ```
//!
//! * Instances of one rule that changed at the same close are one message to each receiver.
//! * Messages of a receiver leave in order, one at a time; a retry holds back the ones behind it.
//! * An alert waits at most once: a newer state replaces an older one that was not sent. An alert
//!   that fired and resolved meanwhile goes out as resolved, with both times, so that nobody misses
//!   it.
//! * A failed message is tried again after 1 s, 2 s, 4 s … 5 min, each delay shortened by up to a
//!   half at random; the newest state at that time is what is sent. After a day it is given up.
//! * A queue that is full drops its oldest message. Everything dropped is counted.
//!
//! Sockets and threads are left to [`super`], the text of a message to [`super::webhook`].

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use telamon_alert::{Alert, Change, Transition};
use telamon_model::{Tags, Timestamp};

/// Limits and delays of the outbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutboxOptions {
    /// Alerts that may wait for one receiver.
    pub alerts_max: usize,
    /// Delay before the first retry, in milliseconds.
    pub retry_first_ms: i64,
    /// Longest delay between retries, in milliseconds.
    pub retry_max_ms: i64,
    /// Age at which a message is given up, in milliseconds.
    pub age_max_ms: i64,
}

impl OutboxOptions {
    /// 10,000 alerts, retries after 1 s to 5 min, given up after a day.
    pub const STANDARD: Self = Self {
        alerts_max: 10_000,
        retry_first_ms: 1000,
        retry_max_ms: 300_000,
        age_max_ms: 86_400_000,
    };
}

/// Queues of all receivers.
#[derive(Debug)]
pub struct Outbox {
    options: OutboxOptions,
    queues: BTreeMap<Arc<str>, Queue>,
    random: u64,
}

/// What one post says.
#[derive(Clone, Debug, PartialEq)]
pub struct Message {
    /// Who gets it.
    pub receiver: Arc<str>,
    /// Group of the rule.
    pub group: Arc<str>,
    /// The rule.
    pub rule: Arc<str>,
    /// Alerts that changed, in the order of the evaluator.
    pub alerts: Vec<Alert>,
    /// When it was queued.
    pub queued_at: Timestamp,
}

/// What the thread of a receiver should do.
#[derive(Clone, Debug, PartialEq)]
pub enum Next {
    /// Post this, then call [`Outbox::settle`].
    Send(Message),
    /// Wait until then.
    At(Timestamp),
    /// Wait for something to be queued.
    Idle,
}

/// How an attempt went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The receiver took it.
    Accepted,
    /// The receiver will never take it, with the reason.
    Refused(String),
    /// It may work later, with the reason.
    Failed(String),
}

/// How one receiver does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lane {
    /// Name of the receiver.
    pub receiver: Arc<str>,
    /// Alerts that wait or are under way.
    pub waiting_alerts: usize,
    /// When the oldest message that waits or is under way was queued.
    pub oldest: Option<Timestamp>,
    /// Why the last attempt failed; `None` after a success.
    pub last_error: Option<String>,
    /// What happened so far.
    pub counts: Counts,
}

/// Counts of what happened to messages and alerts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Messages delivered.
    pub delivered: u64,
    /// Attempts that failed.
    pub failed_attempts: u64,
    /// Messages the receiver refused for good.
    pub refused: u64,
    /// Alerts replaced by a newer state before they were sent.
    pub replaced_alerts: u64,
    /// Alerts dropped because the queue was full.
    pub overflowed_alerts: u64,
    /// Alerts given up because of their age.
    pub expired_alerts: u64,
}

#[derive(Debug, Default)]
struct Queue {
    waiting: VecDeque<Message>,
    in_flight: Option<Message>,
    /// Attempts that failed since the last success.
    failures: u32,
    retry_at: Option<Timestamp>,
    last_error: Option<String>,
    counts: Counts,
}

impl Outbox {
    /// Empty queues for these receivers. The seed decides the jitter.
    pub fn new(
        options: OutboxOptions,
        receivers: impl IntoIterator<Item = Arc<str>>,
        seed: u64,
    ) -> Self {
        let queues = receivers.into_iter().map(|name| (name, Queue::default()));
        Self {
            options,
            queues: queues.collect(),
            random: seed,
        }
    }

    /// Queues what people want to know of one close: alerts that fired or resolved.
    pub fn enqueue(&mut self, now: Timestamp, transitions: &[Transition]) {
        let news = transitions.iter().filter_map(|transition| {
            let is_news = matches!(transition.change, Change::Fired | Change::Resolved);
            is_news.then_some(&transition.alert)
        });
        self.enqueue_alerts(now, news);
    }

    /// Queues alerts that fire already.
    pub fn enqueue_firing(&mut self, now: Timestamp, alerts: &[Alert]) {
        let firing = alerts.iter().filter(|alert| alert.fired_at.is_some());
        self.enqueue_alerts(now, firing);
    }

    /// One message per rule and receiver. Receivers that nobody configured cannot be in a checked
    /// rule; they get nothing.
    fn enqueue_alerts<'a>(&mut self, now: Timestamp, alerts: impl Iterator<Item = &'a Alert>) {
        let mut rules: Vec<Vec<&Alert>> = Vec::new();
        for alert in alerts {
            match rules.last_mut() {
                Some(rule) if is_same_rule(rule[0], alert) => rule.push(alert),
                Some(_) | None => rules.push(vec![alert]),
            }
        }
        for rule in rules {
            for receiver in rule[0].notify.iter() {
                if let Some(queue) = self.queues.get_mut(receiver) {
                    let message = Message {
                        receiver: Arc::clone(receiver),
                        group: Arc::clone(&rule[0].group),
                        rule: Arc::clone(&rule[0].rule),
                        alerts: rule.iter().map(|&alert| alert.clone()).collect(),
                        queued_at: now,
                    };
                    queue.push(message, self.options.alerts_max);
                }
            }
        }
    }

    /// The next message of a receiver. While one is under way there is no other.
    pub fn take(&mut self, now: Timestamp, receiver: &str) -> Next {
        let Some(queue) = self.queues.get_mut(receiver) else {
            return Next::Idle;
        };
        if queue.in_flight.is_some() {
            return Next::Idle;
        }
        queue.expire(now, self.options.age_max_ms);
        if queue.waiting.is_empty() {
            return Next::Idle;
        }
        if let Some(at) = queue.retry_at
            && now < at
        {
            return Next::At(at);
        }
        match queue.waiting.pop_front() {
            Some(message) => {
                queue.in_flight = Some(message.clone());
                Next::Send(message)
            }
            None => Next::Idle,
        }
    }

    /// Tells how the attempt to send what [`Outbox::take`] gave went.
    pub fn settle(&mut self, now: Timestamp, receiver: &str, outcome: Outcome) {
        let random = self.next_random();
        let Some(queue) = self.queues.get_mut(receiver) else {
            return;
        };
        let Some(message) = queue.in_flight.take() else {
            return;
        };
        match outcome {
            Outcome::Accepted => {
                queue.counts.delivered += 1;
                queue.recover(None);
            }
            Outcome::Refused(reason) => {
                queue.counts.refused += 1;
                queue.recover(Some(reason));
            }
            Outcome::Failed(reason) => {
                queue.counts.failed_attempts += 1;
                let delay = retry_delay_ms(&self.options, queue.failures, random);
                queue.failures = queue.failures.saturating_add(1);
                queue.retry_at = Some(now.plus_millis(delay));
                queue.last_error = Some(reason);
                queue.put_back(message, self.options.alerts_max);
            }
        }
    }

    /// How each receiver does, by name.
    pub fn lanes(&self) -> Vec<Lane> {
        let queues = self.queues.iter();
        queues
            .map(|(receiver, queue)| Lane {
                receiver: Arc::clone(receiver),
                waiting_alerts: queue.messages().map(|message| message.alerts.len()).sum(),
                oldest: queue.messages().map(|message| message.queued_at).min(),
                last_error: queue.last_error.clone(),
                counts: queue.counts,
            })
            .collect()
    }

    /// The splitmix64 sequence.
    fn next_random(&mut self) -> u64 {
        self.random = self.random.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.random;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }
}

impl Queue {
    fn messages(&self) -> impl Iterator<Item = &Message> {
        self.in_flight.iter().chain(&self.waiting)
    }

    fn push(&mut self, message: Message, alerts_max: usize) {
        for alert in &message.alerts {
            self.counts.replaced_alerts += remove(&mut self.waiting, &alert.labels);
        }
        self.waiting.push_back(message);
        self.shed(alerts_max);
    }

    /// A message that failed stands first again, without alerts that have changed since.
    fn put_back(&mut self, mut message: Message, alerts_max: usize) {
        let before = message.alerts.len();
        message.alerts.retain(|alert| {
            let mut newer = self.waiting.iter().flat_map(|message| &message.alerts);
            !newer.any(|newer| newer.labels == alert.labels)
        });
        self.counts.replaced_alerts += to_u64(before - message.alerts.len());
        if !message.alerts.is_empty() {
            self.waiting.push_front(message);
            self.shed(alerts_max);
        }
    }

    /// Drops the oldest messages until the rest is within the limit.
    fn shed(&mut self, alerts_max: usize) {
        let mut count: usize = self
            .waiting
            .iter()
            .map(|message| message.alerts.len())
            .sum();
        while count > alerts_max
            && let Some(oldest) = self.waiting.pop_front()
        {
            count -= oldest.alerts.len();
            self.counts.overflowed_alerts += to_u64(oldest.alerts.len());
        }
    }

    fn expire(&mut self, now: Timestamp, age_max_ms: i64) {
        while let Some(oldest) = self.waiting.front()
            && now.millis_since(oldest.queued_at) > age_max_ms
        {
            self.counts.expired_alerts += to_u64(oldest.alerts.len());
            self.waiting.pop_front();
        }
    }

    /// The receiver answers: the next message need not wait.
    fn recover(&mut self, error: Option<String>) {
        self.failures = 0;
        self.retry_at = None;
        self.last_error = error;
    }
}

/// Takes an alert out of the messages that wait; gives how often it was there.
fn remove(waiting: &mut VecDeque<Message>, labels: &Tags) -> u64 {
    let mut removed = 0;
    for message in &mut *waiting {
        let before = message.alerts.len();
        message.alerts.retain(|alert| alert.labels != *labels);
        removed += before - message.alerts.len();
    }
    waiting.retain(|message| !message.alerts.is_empty());
    to_u64(removed)
}

/// Doubles with each failure up to the limit, then loses up to a half, so that senders that failed
/// together do not come back together.
fn retry_delay_ms(options: &OutboxOptions, failures: u32, random: u64) -> i64 {
    let doubled = options
        .retry_first_ms
        .saturating_mul(1_i64.checked_shl(failures.min(40)).unwrap_or(i64::MAX));
    let full = doubled.min(options.retry_max_ms).max(1);
    let half = full / 2;
    let spread = u64::try_from(half).unwrap_or(0) + 1;
    full - i64::try_from(random % spread).unwrap_or(0)
}

fn is_same_rule(a: &Alert, b: &Alert) -> bool {
    a.rule == b.rule && a.group == b.group && a.notify == b.notify
}

fn to_u64(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}

#[cfg(test)]
pub(crate) mod tests;

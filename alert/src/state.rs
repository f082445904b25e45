//! The state machine of one rule: signal values in, transitions out.
//!
//! ```text
//!              active                held >= for
//!   inactive ─────────► pending ───────────────────► firing ──┐ keeps firing while the signal is
//!      ▲                   │ inactive (cleared)         │  ◄──┘ active or younger than
//!      └───────────────────┴──────────◄─────────────────┘       keep_firing_for
//!                                        (resolved)
//! ```
//!
//! Everything counts in intervals of the data, never in wall time, so the same closes give the
//! same transitions whenever they are computed:
//!
//! * *active* is a value that is neither NaN nor nearer to zero than 1e-12; other values are
//!   inactive.
//! * A *missing* value (no line, NaN, or an input without a value) neither counts nor resets: a
//!   pending alert goes on where it stood, a firing alert goes on firing. After
//!   [`RulePolicy::vanish_after`] missing intervals in a row the alert is given up with
//!   [`Reason::Vanished`].
//! * Intervals that closed late ([`Close::is_late`]) while nobody was listening never count as
//!   missing: downtime is a gap, not an answer.
//! * An evaluation that failed changes nothing.
//!
//! Finding out the values is left to [`crate::signal`], texts to [`crate::template`].

use std::collections::BTreeMap;

use telamon_model::{Slot, Tags};

use crate::transition::{Change, Phase, Reason};

/// A value of a signal nearer to zero than this is zero, as in every truth test of the language.
const NEARLY_ZERO: f64 = 1e-12;

/// The value of one line of a signal at one slot.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Signal {
    /// The signal: NaN is missing, zero is inactive, everything else is active.
    pub level: f64,
    /// What the rule compares, for people to read.
    pub value: f64,
}

/// The lines of a signal at one slot, by their tags.
pub type Lines = BTreeMap<Tags, Signal>;

/// The interval that closes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Close {
    /// The slot.
    pub slot: Slot,
    /// Whether it closed so late that nobody can have been listening.
    pub is_late: bool,
}

/// The numbers of a rule that its states depend on. Intervals are those of the rule's group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RulePolicy {
    /// Active intervals after the first one before the alert fires.
    pub for_intervals: i64,
    /// Slots that an alert outlives its last active interval.
    pub keep_firing_slots: i64,
    /// Missing intervals in a row after which an alert is given up; at least one.
    pub vanish_after: i64,
    /// Alerts a rule may hold at once.
    pub limit: usize,
    /// Whether smaller values are worse.
    pub is_worse_when_less: bool,
}

/// One held alert.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Instance {
    /// Pending or firing; ended in the event that removes it.
    pub phase: Phase,
    /// The newest value.
    pub value: f64,
    /// The worst value while active.
    pub peak: f64,
    /// First active interval.
    pub active_at: Slot,
    /// Interval at which it began to fire.
    pub fired_at: Option<Slot>,
    /// Newest active interval.
    last_active_at: Slot,
    /// Active intervals after the first.
    held: i64,
    /// Missing intervals in a row.
    missing: i64,
}

/// A change of one instance.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// Tags of the line; `None` for the storm notice of the rule.
    pub tags: Option<Tags>,
    /// What happened.
    pub change: Change,
    /// Why.
    pub reason: Reason,
    /// The instance after the change.
    pub instance: Instance,
}

/// All held alerts of a rule.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RuleState {
    instances: BTreeMap<Tags, Instance>,
    storm: Option<Instance>,
    over_limit_count: usize,
}

impl RuleState {
    /// Held alerts by the tags of their line.
    pub fn instances(&self) -> impl ExactSizeIterator<Item = (&Tags, &Instance)> {
        self.instances.iter()
    }

    /// The storm notice, while active lines go without an alert.
    pub fn storm(&self) -> Option<&Instance> {
        self.storm.as_ref()
    }

    /// Active lines that got no alert at the last close.
    pub fn over_limit_count(&self) -> usize {
        self.over_limit_count
    }

    /// Advances by one interval. Events come in the order of tags, the storm notice last.
    pub fn advance(&mut self, policy: &RulePolicy, close: Close, lines: &Lines) -> Vec<Event> {
        let mut events = Vec::new();
        self.instances.retain(|tags, instance| {
            let change = instance.advance(policy, close, lines.get(tags));
            if let Some((change, reason)) = change {
                events.push(Event {
                    tags: Some(tags.clone()),
                    change,
                    reason,
                    instance: *instance,
                });
            }
            instance.phase != Phase::Ended
        });
        // An instance that ended at this close does not begin again at the same close: its line was
        // missing or inactive, so it is not among the active ones.
        let over_limit = self.begin_new(policy, close.slot, lines, &mut events);
        events.sort_by(|a, b| a.tags.cmp(&b.tags));
        events.extend(self.advance_storm(close.slot, over_limit));
        events
    }

    /// Starts an instance for each active line without one; gives how many the limit kept out.
    fn begin_new(
        &mut self,
        policy: &RulePolicy,
        slot: Slot,
        lines: &Lines,
        events: &mut Vec<Event>,
    ) -> usize {
        let mut over_limit = 0;
        for (tags, signal) in lines {
            if !is_active(signal.level) || self.instances.contains_key(tags) {
                continue;
            }
            if self.instances.len() >= policy.limit {
                over_limit += 1;
                continue;
            }
            let (instance, change) = Instance::begin(policy, slot, signal.value);
            self.instances.insert(tags.clone(), instance);
            events.push(Event {
                tags: Some(tags.clone()),
                change,
                reason: Reason::Signal,
                instance,
            });
        }
        over_limit
    }

    /// One notice when the limit is first exceeded, one when it no longer is.
    fn advance_storm(&mut self, slot: Slot, over_limit: usize) -> Option<Event> {
        self.over_limit_count = over_limit;
        let count = f64::from(u32::try_from(over_limit).unwrap_or(u32::MAX));
        let (change, instance) = match (&mut self.storm, over_limit) {
            (None, 0) => return None,
            (None, _) => (
                Change::Fired,
                *self.storm.insert(Instance::firing(slot, count)),
            ),
            (Some(storm), 0) => {
                let ended = Instance {
                    phase: Phase::Ended,
                    ..*storm
                };
                self.storm = None;
                (Change::Resolved, ended)
            }
            (Some(storm), _) => {
                storm.value = count;
                storm.peak = storm.peak.max(count);
                return None;
            }
        };
        Some(Event {
            tags: None,
            change,
            reason: Reason::Storm,
            instance,
        })
    }
}

impl Instance {
    fn begin(policy: &RulePolicy, slot: Slot, value: f64) -> (Self, Change) {
        let firing = Self::firing(slot, value);
        if policy.for_intervals == 0 {
            return (firing, Change::Fired);
        }
        let pending = Self {
            phase: Phase::Pending,
            fired_at: None,
            ..firing
        };
        (pending, Change::Pending)
    }

    fn firing(slot: Slot, value: f64) -> Self {
        Self {
            phase: Phase::Firing,
            value,
            peak: value,
            active_at: slot,
            fired_at: Some(slot),
            last_active_at: slot,
            held: 0,
            missing: 0,
        }
    }

    fn advance(
        &mut self,
        policy: &RulePolicy,
        close: Close,
        signal: Option<&Signal>,
    ) -> Option<(Change, Reason)> {
        match signal {
            Some(signal) if is_active(signal.level) => self.advance_active(policy, close, signal),
            Some(signal) if !signal.level.is_nan() => {
                self.missing = 0;
                self.value = signal.value;
                let is_kept = self.phase == Phase::Firing
                    && close.slot.0 - self.last_active_at.0 < policy.keep_firing_slots;
                (!is_kept).then(|| self.end(Reason::Signal))
            }
            Some(_) | None => {
                self.missing += i64::from(!close.is_late);
                (self.missing >= policy.vanish_after).then(|| self.end(Reason::Vanished))
            }
        }
    }

    fn advance_active(
        &mut self,
        policy: &RulePolicy,
        close: Close,
        signal: &Signal,
    ) -> Option<(Change, Reason)> {
        self.missing = 0;
        self.held += 1;
        self.last_active_at = close.slot;
        self.value = signal.value;
        let is_worse = self.peak.is_nan()
            || if policy.is_worse_when_less {
                signal.value < self.peak
            } else {
                signal.value > self.peak
            };
        if is_worse {
            self.peak = signal.value;
        }
        (self.phase == Phase::Pending && self.held >= policy.for_intervals).then(|| {
            self.phase = Phase::Firing;
            self.fired_at = Some(close.slot);
            (Change::Fired, Reason::Signal)
        })
    }

    fn end(&mut self, reason: Reason) -> (Change, Reason) {
        let change = match self.phase {
            Phase::Pending => Change::Cleared,
            Phase::Firing | Phase::Ended => Change::Resolved,
        };
        self.phase = Phase::Ended;
        (change, reason)
    }
}

fn is_active(level: f64) -> bool {
    level.abs() >= NEARLY_ZERO
}

#[cfg(test)]
mod tests;

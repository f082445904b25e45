//! The three rules of a run, evaluated by hand, and the life of an alert by the words of `alert.md`
//! and of the glossary.
//!
//! Takes a closed step and the cells at its cuts; gives what changed.

use std::collections::{BTreeMap, BTreeSet};

use super::super::question::{Aggregate, Ask, Cells, Window};
use super::super::setting::Setting;
use super::super::told::Told;

type Tags = BTreeMap<String, String>;

/// Whether the rule holds, and the value that it compares; a level that is NaN is missing.
#[derive(Clone, Copy, Debug)]
struct Signal {
    level: f64,
    value: f64,
}

/// All alerts of the three rules.
#[derive(Clone, Debug)]
pub(crate) struct AlertModel {
    setting: Setting,
    rules: Vec<Rule>,
}

#[derive(Clone, Debug)]
struct Rule {
    name: &'static str,
    /// Steps between two evaluations.
    every: i64,
    /// Intervals an alert is pending, and steps it outlives its signal.
    pending_intervals: i64,
    keep_steps: i64,
    is_worse_when_less: bool,
    alerts: BTreeMap<Tags, Alert>,
}

#[derive(Clone, Copy, Debug)]
struct Alert {
    is_firing: bool,
    value: f64,
    peak: f64,
    active_slot: i64,
    fired_slot: Option<i64>,
    last_active_slot: i64,
    held: i64,
    missing: i64,
}

impl AlertModel {
    pub(crate) fn new(setting: &Setting) -> Self {
        let rule = |name, every, pending_intervals, keep_steps| Rule {
            name,
            every,
            pending_intervals,
            keep_steps,
            is_worse_when_less: name == "Alone",
            alerts: BTreeMap::new(),
        };
        Self {
            setting: setting.clone(),
            rules: vec![
                rule("Grouped", 1, 2, 0),
                rule("Dampened", 1, 0, 3),
                rule("Alone", 3, 1, 0),
            ],
        }
    }

    /// Evaluates the rules over a closed step; `clock_ms` is the newest log time of its cuts.
    pub(crate) fn close(&mut self, slot: i64, clock_ms: i64, cells: &dyn Cells) -> Vec<Told> {
        let setting = self.setting.clone();
        let late_ms = clock_ms - slot * setting.step_ms;
        let is_late = late_ms > 60_000.max(2 * setting.step_ms);
        let mut changes = Vec::new();
        for index in 0..self.rules.len() {
            let rule = &mut self.rules[index];
            if slot % rule.every != 0 {
                continue;
            }
            let interval_ms = rule.every * setting.step_ms;
            let signals = match index {
                0 => grouped(&setting, slot, cells),
                1 => dampened(&setting, slot, cells),
                _ => alone(&setting, slot, cells),
            };
            let vanish_after = 5.max(divided_up(300_000, interval_ms));
            rule.advance(slot, (is_late, vanish_after), &signals, &mut |change| {
                changes.push(change.told(&setting));
            });
        }
        changes
    }
}

/// One change of one alert.
pub(crate) struct Change<'a> {
    slot: i64,
    rule: &'a str,
    tags: &'a Tags,
    what: &'a str,
    why: &'a str,
    alert: Alert,
}

impl Change<'_> {
    fn told(&self, setting: &Setting) -> Told {
        let mut labels = self.tags.clone();
        labels.insert("alertname".to_owned(), self.rule.to_owned());
        let end = |slot: i64| slot * setting.step_ms;
        let alert = &self.alert;
        Told::new(
            (self.slot, self.rule, self.what),
            &labels,
            &format!(
                "{} value={:?} peak={:?} active={} fired={:?}",
                self.why,
                alert.value,
                alert.peak,
                end(alert.active_slot),
                alert.fired_slot.map(end)
            ),
        )
    }
}

impl Rule {
    /// One interval, with whether it closed late and after how many missing ones alerts vanish.
    fn advance(
        &mut self,
        slot: i64,
        (is_late, vanish_after): (bool, i64),
        signals: &BTreeMap<Tags, Signal>,
        tell: &mut dyn FnMut(Change<'_>),
    ) {
        let known: BTreeSet<Tags> = self.alerts.keys().chain(signals.keys()).cloned().collect();
        for tags in &known {
            let signal = signals.get(tags).filter(|signal| !signal.level.is_nan());
            let before = self.alerts.get(tags).copied();
            let (after, change) = match before {
                Some(alert) => self.next(alert, slot, signal, (is_late, vanish_after)),
                None => self.first(slot, signal),
            };
            if let Some((what, why)) = change {
                let alert = after.or(before).expect("a change is that of an alert");
                let alert = match (after, signal, before) {
                    // The value that ended it is the newest one.
                    (None, Some(signal), Some(before)) => Alert {
                        value: signal.value,
                        ..before
                    },
                    _ => alert,
                };
                tell(Change {
                    slot,
                    rule: self.name,
                    tags,
                    what,
                    why,
                    alert,
                });
            }
            match after {
                Some(alert) => self.alerts.insert(tags.clone(), alert),
                None => self.alerts.remove(tags),
            };
        }
    }

    /// An alert that begins, where the signal holds.
    fn first(&self, slot: i64, signal: Option<&Signal>) -> Next {
        let Some(signal) = signal.filter(|signal| signal.level != 0.0) else {
            return (None, None);
        };
        let is_firing = self.pending_intervals == 0;
        let alert = Alert {
            is_firing,
            value: signal.value,
            peak: signal.value,
            active_slot: slot,
            fired_slot: is_firing.then_some(slot),
            last_active_slot: slot,
            held: 0,
            missing: 0,
        };
        let what = if is_firing { "Fired" } else { "Pending" };
        (Some(alert), Some((what, "Signal")))
    }

    /// An alert one interval later.
    fn next(
        &self,
        mut alert: Alert,
        slot: i64,
        signal: Option<&Signal>,
        (is_late, vanish_after): (bool, i64),
    ) -> Next {
        let end = if alert.is_firing {
            "Resolved"
        } else {
            "Cleared"
        };
        let Some(signal) = signal else {
            // Downtime is a gap, not an answer.
            alert.missing += i64::from(!is_late);
            if alert.missing >= vanish_after {
                return (None, Some((end, "Vanished")));
            }
            return (Some(alert), None);
        };
        alert.missing = 0;
        alert.value = signal.value;
        if signal.level == 0.0 {
            let is_kept = alert.is_firing && slot - alert.last_active_slot < self.keep_steps;
            return if is_kept {
                (Some(alert), None)
            } else {
                (None, Some((end, "Signal")))
            };
        }
        alert.held += 1;
        alert.last_active_slot = slot;
        let is_worse = if self.is_worse_when_less {
            signal.value < alert.peak
        } else {
            signal.value > alert.peak
        };
        if is_worse || alert.peak.is_nan() {
            alert.peak = signal.value;
        }
        if !alert.is_firing && alert.held >= self.pending_intervals {
            alert.is_firing = true;
            alert.fired_slot = Some(slot);
            return (Some(alert), Some(("Fired", "Signal")));
        }
        (Some(alert), None)
    }
}

/// The alert afterwards, and what is told.
type Next = (Option<Alert>, Option<(&'static str, &'static str)>);

fn window(setting: &Setting, slot: i64, points: i64, every: i64) -> Window {
    let step_ms = every * setting.step_ms;
    let end_ms = slot * setting.step_ms + step_ms;
    Window {
        start_ms: end_ms - points * step_ms,
        end_ms,
        step_ms,
        slot_ms: setting.step_ms,
    }
}

fn flag(holds: bool) -> f64 {
    f64::from(u8::from(holds))
}

/// The sum of each cluster above a threshold.
fn grouped(setting: &Setting, slot: i64, cells: &dyn Cells) -> BTreeMap<Tags, Signal> {
    let ask = Ask::of("load", Aggregate::Sum).by(&["nf.cluster"]);
    let lines = ask.lines(cells, window(setting, slot, 1, 1));
    let signals = lines.into_iter().map(|line| {
        let value = line.values[0];
        let level = flag(value > setting.thresholds[0]);
        (line.tags, Signal { level, value })
    });
    signals.collect()
}

/// The maximum of each node above a threshold in two of three steps.
fn dampened(setting: &Setting, slot: i64, cells: &dyn Cells) -> BTreeMap<Tags, Signal> {
    let ask = Ask::of("load", Aggregate::Max).by(&["nf.node"]);
    let lines = ask.lines(cells, window(setting, slot, 3, 1));
    let signals = lines.into_iter().map(|line| {
        let above = line
            .values
            .iter()
            .filter(|&&value| value > setting.thresholds[1]);
        let value = line.values[2];
        let level = if value.is_nan() {
            f64::NAN
        } else {
            flag(above.count() >= 2)
        };
        (line.tags, Signal { level, value })
    });
    signals.collect()
}

/// The average of all requests over three steps below a threshold.
fn alone(setting: &Setting, slot: i64, cells: &dyn Cells) -> BTreeMap<Tags, Signal> {
    let ask = Ask::of("req", Aggregate::Sum);
    let lines = ask.lines(cells, window(setting, slot, 1, 3));
    let signals = lines.into_iter().map(|line| {
        let value = line.values[0];
        let level = if value.is_nan() {
            f64::NAN
        } else {
            flag(value < setting.thresholds[2])
        };
        (line.tags, Signal { level, value })
    });
    signals.collect()
}

fn divided_up(millis: i64, unit_ms: i64) -> i64 {
    (millis + unit_ms - 1) / unit_ms
}

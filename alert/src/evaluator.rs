//! The evaluator: closed slots in, transitions out; no clock, no input or output.
//!
//! The server gives every slot that the store closed, in order and each once. A group whose interval
//! is several steps is evaluated at the slots that its interval divides. What happened is a function
//! of the rules and the closes: replaying a log gives the same transitions, and a server that sends
//! nothing while it replays has the same alerts afterwards.

use std::any::Any;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use telamon_model::{Slot, Step, Tags, Timestamp};
use telamon_store::Snapshot;

use crate::rule::{Group, Rule};
use crate::state::{Close, Event, Instance, Lines, RulePolicy, RuleState};
use crate::template::{self, Template};
use crate::transition::{Alert, GroupView, Health, Phase, Picture, RuleView, Transition};

/// A firing alert without values is given up after this time, at the earliest.
const VANISH_MS: i64 = 300_000;

/// A firing alert without values is given up after this many intervals, at the earliest.
const VANISH_INTERVALS: i64 = 5;

/// A slot that closes so much later than it ended closed in hindsight: the server was down.
const LATE_MS: i64 = 60_000;

/// A picture shows at least this much time.
const PICTURE_WINDOW_MS: i64 = 3_600_000;

/// All groups with the state of their rules.
#[derive(Debug)]
pub struct Evaluator {
    step: Step,
    groups: Vec<RunningGroup>,
    newest: Option<Slot>,
}

#[derive(Debug)]
struct RunningGroup {
    group: Group,
    interval_slots: i64,
    rules: Vec<RunningRule>,
}

#[derive(Debug)]
struct RunningRule {
    policy: RulePolicy,
    picture: Arc<Picture>,
    state: RuleState,
    health: Health,
    evaluated_at: Option<Timestamp>,
    line_count: usize,
}

impl Evaluator {
    /// Starts every rule without alerts. Groups come from [`crate::rule::parse`] with this step.
    pub fn new(groups: Vec<Group>, step: Step) -> Self {
        let groups = groups
            .into_iter()
            .map(|group| RunningGroup::new(group, step))
            .collect();
        Self {
            step,
            groups,
            newest: None,
        }
    }

    /// Evaluates the groups whose interval ends with this slot, over the cuts that closed it. The
    /// changes come in the order of groups, rules and tags.
    ///
    /// A slot that is not after the newest one gives nothing: it has been evaluated.
    pub fn close(&mut self, slot: Slot, snapshot: &Snapshot) -> Vec<Transition> {
        let log_time = snapshot.log_time();
        self.close_with(slot, log_time, &mut |rule, interval| {
            rule.signal.evaluate(snapshot, slot, interval)
        })
    }

    /// [`Evaluator::close`] with the lines of each rule from somewhere else.
    fn close_with(
        &mut self,
        slot: Slot,
        log_time: Timestamp,
        lines_of: &mut dyn FnMut(&Rule, Step) -> Result<Lines, String>,
    ) -> Vec<Transition> {
        if self.newest.is_some_and(|newest| slot <= newest) {
            return Vec::new();
        }
        self.newest = Some(slot);
        let late_ms = LATE_MS.max(2 * self.step.as_millis());
        let close = Close {
            slot,
            is_late: log_time.millis_since(self.step.end_of(slot)) > late_ms,
        };
        let mut transitions = Vec::new();
        for running in &mut self.groups {
            if slot.0 % running.interval_slots != 0 {
                continue;
            }
            for (rule, state) in running.group.rules.iter().zip(&mut running.rules) {
                // A fault in the evaluation of one rule must not keep others from being evaluated. Nothing
                // is left half changed: only the rule and the snapshot are read.
                let lines =
                    catch_unwind(AssertUnwindSafe(|| lines_of(rule, running.group.interval)))
                        .unwrap_or_else(|panic| {
                            Err(format!("internal fault: {}", panic_text(&*panic)))
                        });
                let scribe = Scribe {
                    step: self.step,
                    group: &running.group,
                    rule,
                    picture: Arc::clone(&state.picture),
                };
                transitions.extend(state.advance(&scribe, close, lines));
            }
        }
        transitions
    }

    /// The newest slot that was closed.
    pub fn newest(&self) -> Option<Slot> {
        self.newest
    }

    /// All pending and firing alerts, in the order of groups, rules and tags.
    pub fn alerts(&self) -> Vec<Alert> {
        let rules = self.groups.iter().flat_map(|running| {
            let rules = running.group.rules.iter().zip(&running.rules);
            rules.map(move |(rule, state)| (&running.group, rule, state))
        });
        rules
            .flat_map(|(group, rule, state)| state.alerts(self.step, group, rule))
            .collect()
    }

    /// All groups with their rules and alerts, in the order of the files.
    pub fn rules(&self) -> Vec<GroupView> {
        self.groups
            .iter()
            .map(|running| running.view(self.step))
            .collect()
    }
}

fn panic_text(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("a panic without a message")
}

impl RunningGroup {
    fn new(group: Group, step: Step) -> Self {
        let rules = group
            .rules
            .iter()
            .map(|rule| RunningRule::new(&group, rule, step))
            .collect();
        Self {
            interval_slots: (group.interval.as_millis() / step.as_millis()).max(1),
            group,
            rules,
        }
    }

    fn view(&self, step: Step) -> GroupView {
        let rules = self.group.rules.iter().zip(&self.rules);
        GroupView {
            name: Arc::clone(&self.group.name),
            file: Arc::clone(&self.group.file),
            interval: self.group.interval,
            limit: self.group.limit,
            rules: rules
                .map(|(rule, state)| state.view(step, &self.group, rule))
                .collect(),
        }
    }
}

impl RunningRule {
    fn new(group: &Group, rule: &Rule, step: Step) -> Self {
        let interval_ms = group.interval.as_millis();
        let intervals = |millis: i64| divided_up(millis, interval_ms);
        let policy = RulePolicy {
            for_intervals: intervals(rule.for_ms),
            keep_firing_slots: divided_up(rule.keep_firing_for_ms, step.as_millis()),
            vanish_after: VANISH_INTERVALS
                .max(intervals(VANISH_MS))
                .max(intervals(rule.keep_firing_for_ms)),
            limit: group.limit,
            is_worse_when_less: rule.signal.is_worse_when_less(),
        };
        let picture = Picture {
            expression: rule.signal.picture(),
            window_ms: PICTURE_WINDOW_MS.max(rule.for_ms.saturating_mul(3)),
        };
        Self {
            policy,
            picture: Arc::new(picture),
            state: RuleState::default(),
            health: Health::Unknown,
            evaluated_at: None,
            line_count: 0,
        }
    }

    fn advance(
        &mut self,
        scribe: &Scribe<'_>,
        close: Close,
        lines: Result<Lines, String>,
    ) -> Vec<Transition> {
        self.evaluated_at = Some(scribe.step.end_of(close.slot));
        let lines = match lines {
            Ok(lines) => lines,
            Err(message) => {
                self.health = Health::Failed(message);
                return Vec::new();
            }
        };
        self.health = Health::Ok;
        self.line_count = lines.len();
        let events = self.state.advance(&self.policy, close, &lines);
        events
            .into_iter()
            .map(|event| scribe.transition(close.slot, &event))
            .collect()
    }

    fn alerts(&self, step: Step, group: &Group, rule: &Rule) -> Vec<Alert> {
        let scribe = Scribe {
            step,
            group,
            rule,
            picture: Arc::clone(&self.picture),
        };
        let instances = self.state.instances();
        let mut alerts: Vec<Alert> = instances
            .map(|(tags, instance)| scribe.alert(Some(tags), instance, None))
            .collect();
        alerts.extend(
            self.state
                .storm()
                .map(|storm| scribe.alert(None, storm, None)),
        );
        alerts
    }

    fn view(&self, step: Step, group: &Group, rule: &Rule) -> RuleView {
        RuleView {
            name: Arc::clone(&rule.name),
            expression: Arc::clone(rule.signal.text()),
            for_ms: rule.for_ms,
            keep_firing_for_ms: rule.keep_firing_for_ms,
            labels: sources(&rule.labels),
            annotations: sources(&rule.annotations),
            alerts: self.alerts(step, group, rule),
            health: self.health.clone(),
            evaluated_at: self.evaluated_at,
            line_count: self.line_count,
            over_limit_count: self.state.over_limit_count(),
        }
    }
}

/// Writes down what happened to instances of one rule.
struct Scribe<'a> {
    step: Step,
    group: &'a Group,
    rule: &'a Rule,
    picture: Arc<Picture>,
}

impl Scribe<'_> {
    fn transition(&self, slot: Slot, event: &Event) -> Transition {
        let ended_at = (event.instance.phase == Phase::Ended).then_some(slot);
        Transition {
            slot,
            change: event.change,
            reason: event.reason,
            alert: self.alert(event.tags.as_ref(), &event.instance, ended_at),
        }
    }

    /// An alert; without tags it is the storm notice of the rule.
    fn alert(&self, tags: Option<&Tags>, instance: &Instance, ended_at: Option<Slot>) -> Alert {
        let line_tags = tags.cloned().unwrap_or_else(Tags::empty);
        let labels = self.labels(&line_tags, tags.is_none());
        let annotations = match tags {
            Some(_) => self.annotations(&labels, instance.value),
            None => self.storm_annotations(instance.value),
        };
        Alert {
            group: Arc::clone(&self.group.name),
            rule: Arc::clone(&self.rule.name),
            labels,
            annotations,
            notify: Arc::clone(&self.rule.notify),
            phase: instance.phase,
            value: instance.value,
            peak: instance.peak,
            active_at: self.step.end_of(instance.active_at),
            fired_at: instance.fired_at.map(|slot| self.step.end_of(slot)),
            ended_at: ended_at.map(|slot| self.step.end_of(slot)),
            picture: Arc::clone(&self.picture),
        }
    }

    /// Templates of labels see the tags of the line alone, so that their order does not matter.
    fn labels(&self, line_tags: &Tags, is_storm: bool) -> Tags {
        let own = self.rule.labels.iter().map(|(key, template)| {
            let text = template.render(line_tags, f64::NAN);
            (Arc::clone(key), Arc::from(text))
        });
        let mut labels: BTreeMap<Arc<str>, Arc<str>> = line_tags
            .iter()
            .map(|(key, value)| (Arc::clone(key), Arc::clone(value)))
            .chain(own)
            .collect();
        labels.insert("alertname".into(), Arc::clone(&self.rule.name));
        if is_storm {
            labels.insert("storm".into(), "true".into());
        }
        Tags::from_pairs(labels)
    }

    fn annotations(&self, labels: &Tags, value: f64) -> Tags {
        let texts = self.rule.annotations.iter();
        Tags::from_pairs(texts.map(|(key, template)| {
            let text = template.render(labels, value);
            (Arc::clone(key), Arc::<str>::from(text))
        }))
    }

    fn storm_annotations(&self, over_limit: f64) -> Tags {
        let summary = format!(
            "{} more lines of {} are active than the {} alerts a rule may have; existing \
             alerts are kept",
            template::number(over_limit),
            self.rule.name,
            self.group.limit
        );
        Tags::from_pairs([("summary", summary)])
    }
}

fn divided_up(millis: i64, unit_ms: i64) -> i64 {
    millis.saturating_add(unit_ms - 1) / unit_ms
}

fn sources(templates: &[(Arc<str>, Template)]) -> Tags {
    let pairs = templates.iter();
    Tags::from_pairs(pairs.map(|(key, template)| (Arc::clone(key), template.source())))
}

#[cfg(test)]
mod tests;

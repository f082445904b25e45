//! What leaves, in which order, after which failures.

use std::collections::BTreeMap;

use proptest::prelude::*;
use telamon_alert::{Phase, Picture, Reason};
use telamon_model::Slot;

use super::*;

/// An alert of rule `rule` on node `node` for `ops`; firing unless it has an end.
pub(crate) fn alert(rule: &str, node: &str, fired_at: i64, ended_at: Option<i64>) -> Alert {
    Alert {
        group: "demo".into(),
        rule: rule.into(),
        labels: Tags::from_pairs([("alertname", rule), ("nf.node", node)]),
        annotations: Tags::from_pairs([("summary", format!("{node} is ill"))]),
        notify: Arc::from([Arc::from("ops")]),
        phase: match ended_at {
            Some(_) => Phase::Ended,
            None => Phase::Firing,
        },
        value: 12.5,
        peak: 20.0,
        active_at: Timestamp(fired_at - 20_000),
        fired_at: Some(Timestamp(fired_at)),
        ended_at: ended_at.map(Timestamp),
        picture: Arc::new(Picture {
            expression: "name,a b,:eq,:sum,5,:gt".to_owned(),
            window_ms: 3_600_000,
        }),
    }
}

fn transition(alert: Alert) -> Transition {
    Transition {
        slot: Slot(0),
        change: match alert.ended_at {
            Some(_) => Change::Resolved,
            None => Change::Fired,
        },
        reason: Reason::Signal,
        alert,
    }
}

fn outbox(options: OutboxOptions) -> Outbox {
    Outbox::new(options, [Arc::from("ops"), Arc::from("chat")], 7)
}

fn queue(outbox: &mut Outbox, now: i64, alerts: &[Alert]) {
    let transitions: Vec<Transition> = alerts.iter().cloned().map(transition).collect();
    outbox.enqueue(Timestamp(now), &transitions);
}

/// Nodes of the message that `ops` gets now, empty when there is none.
fn nodes(outbox: &mut Outbox, now: i64) -> Vec<String> {
    match outbox.take(Timestamp(now), "ops") {
        Next::Send(message) => {
            let nodes = message
                .alerts
                .iter()
                .map(|alert| alert.labels.get("nf.node"));
            nodes.map(|node| node.unwrap().to_string()).collect()
        }
        Next::At(_) | Next::Idle => Vec::new(),
    }
}

#[test]
fn alerts_of_one_rule_and_close_are_one_message() {
    let mut outbox = outbox(OutboxOptions::STANDARD);
    let fired = |rule: &str, node: &str| alert(rule, node, 1000, None);
    queue(
        &mut outbox,
        0,
        &[fired("A", "1"), fired("A", "2"), fired("B", "3")],
    );
    queue(&mut outbox, 5, &[fired("A", "4")]);
    for expected in [vec!["1", "2"], vec!["3"], vec!["4"], vec![]] {
        assert_eq!(nodes(&mut outbox, 10), expected);
        assert_eq!(
            nodes(&mut outbox, 10),
            Vec::<String>::new(),
            "one at a time"
        );
        outbox.settle(Timestamp(10), "ops", Outcome::Accepted);
    }
    assert_eq!(outbox.take(Timestamp(10), "chat"), Next::Idle);
    assert_eq!(outbox.lanes()[1].counts.delivered, 3);
}

#[test]
fn pending_alerts_and_cleared_ones_are_no_news() {
    let mut outbox = outbox(OutboxOptions::STANDARD);
    for change in [Change::Pending, Change::Cleared] {
        let quiet = Transition {
            change,
            ..transition(alert("A", "1", 0, None))
        };
        outbox.enqueue(Timestamp(0), &[quiet]);
    }
    let pending = Alert {
        fired_at: None,
        ..alert("A", "1", 0, None)
    };
    outbox.enqueue_firing(Timestamp(0), &[pending]);
    assert_eq!(outbox.take(Timestamp(0), "ops"), Next::Idle);
    outbox.enqueue_firing(Timestamp(0), &[alert("A", "1", 0, None)]);
    assert_eq!(nodes(&mut outbox, 0), ["1"]);
}

#[test]
fn retries_wait_longer_each_time_and_not_for_ever() {
    let mut outbox = outbox(OutboxOptions::STANDARD);
    queue(&mut outbox, 0, &[alert("A", "1", 0, None)]);
    let mut now = 0;
    for attempt in 0..20 {
        assert_eq!(nodes(&mut outbox, now), ["1"]);
        outbox.settle(
            Timestamp(now),
            "ops",
            Outcome::Failed("no route".to_owned()),
        );
        let full = (1000_i64 << attempt.min(20)).min(300_000);
        let Next::At(at) = outbox.take(Timestamp(now), "ops") else {
            panic!("a failed message waits");
        };
        let delay = at.millis_since(Timestamp(now));
        assert!((full / 2..=full).contains(&delay), "{delay} of {full}");
        now += delay;
    }
    assert_eq!(outbox.lanes()[1].last_error.as_deref(), Some("no route"));
    now += 86_400_001;
    assert_eq!(outbox.take(Timestamp(now), "ops"), Next::Idle);
    let counts = outbox.lanes()[1].counts;
    assert_eq!((counts.expired_alerts, counts.failed_attempts), (1, 20));
}

#[test]
fn a_refused_message_is_not_repeated() {
    let mut outbox = outbox(OutboxOptions::STANDARD);
    queue(&mut outbox, 0, &[alert("A", "1", 0, None)]);
    assert_eq!(nodes(&mut outbox, 0), ["1"]);
    outbox.settle(
        Timestamp(0),
        "ops",
        Outcome::Refused("status 400".to_owned()),
    );
    assert_eq!(outbox.take(Timestamp(0), "ops"), Next::Idle);
    assert_eq!(outbox.lanes()[1].counts.refused, 1);
}

#[test]
fn a_full_queue_drops_its_oldest_message_and_counts_it() {
    let mut outbox = outbox(OutboxOptions {
        alerts_max: 3,
        ..OutboxOptions::STANDARD
    });
    for node in ["1", "2", "3", "4"] {
        queue(&mut outbox, 0, &[alert("A", node, 0, None)]);
    }
    assert_eq!(outbox.lanes()[1].waiting_alerts, 3);
    assert_eq!(outbox.lanes()[1].counts.overflowed_alerts, 1);
    assert_eq!(nodes(&mut outbox, 0), ["2"]);
}

#[test]
fn what_changed_during_a_failed_attempt_is_sent_in_its_newest_state() {
    let mut outbox = outbox(OutboxOptions::STANDARD);
    let fired = |node: &str| alert("A", node, 1000, None);
    queue(&mut outbox, 0, &[fired("1"), fired("2")]);
    assert_eq!(nodes(&mut outbox, 0), ["1", "2"]);
    queue(&mut outbox, 1, &[alert("A", "1", 1000, Some(2000))]);
    outbox.settle(Timestamp(2), "ops", Outcome::Failed(String::new()));
    assert_eq!(nodes(&mut outbox, 2000), ["2"]);
    outbox.settle(Timestamp(2000), "ops", Outcome::Accepted);
    let Next::Send(message) = outbox.take(Timestamp(2000), "ops") else {
        panic!("the newest state waits");
    };
    assert_eq!(message.alerts, [alert("A", "1", 1000, Some(2000))]);
    assert_eq!(outbox.lanes()[1].counts.replaced_alerts, 1);
}

#[derive(Clone, Debug)]
enum Act {
    /// Nodes whose alert flips between firing and resolved.
    Flip(Vec<usize>),
    Attempt(bool),
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        2 => prop::collection::btree_set(0..4_usize, 1..4)
            .prop_map(|nodes| Act::Flip(nodes.into_iter().collect())),
        3 => any::<bool>().prop_map(Act::Attempt),
    ]
}

/// What a receiver knows of one alert: when it fired and when that episode ended.
type Known = (i64, Option<i64>);

fn known(alert: &Alert) -> Known {
    let millis = |time: Timestamp| time.as_millis();
    (
        alert.fired_at.map(millis).unwrap(),
        alert.ended_at.map(millis),
    )
}

proptest! {
    /// However attempts fail: states of an alert arrive in order, none twice but after a failure,
    /// and in the end the receiver knows the newest state of every alert.
    #[test]
    fn the_receiver_ends_up_knowing_the_newest_states(acts in prop::collection::vec(act(), 1..60)) {
        let mut outbox = outbox(OutboxOptions::STANDARD);
        let mut states: BTreeMap<usize, Alert> = BTreeMap::new();
        let mut told: BTreeMap<Tags, Vec<Known>> = BTreeMap::new();
        let mut now = 0;
        // At the end everything is accepted until nothing waits.
        let drain = std::iter::repeat_n(Act::Attempt(true), 200);
        for act in acts.into_iter().chain(drain) {
            now += 400_000;
            match act {
                Act::Flip(nodes) => {
                    let mut changed = Vec::new();
                    for node in nodes {
                        let next = match states.get(&node) {
                            Some(old) if old.ended_at.is_none() => {
                                alert("A", &node.to_string(), known(old).0, Some(now))
                            }
                            _ => alert("A", &node.to_string(), now, None),
                        };
                        changed.push(next.clone());
                        states.insert(node, next);
                    }
                    queue(&mut outbox, now, &changed);
                }
                Act::Attempt(works) => {
                    let Next::Send(message) = outbox.take(Timestamp(now), "ops") else { continue };
                    if works {
                        for alert in &message.alerts {
                            told.entry(alert.labels.clone()).or_default().push(known(alert));
                        }
                        outbox.settle(Timestamp(now), "ops", Outcome::Accepted);
                    } else {
                        outbox.settle(Timestamp(now), "ops", Outcome::Failed(String::new()));
                    }
                }
            }
        }
        for alert in states.values() {
            let told = &told[&alert.labels];
            prop_assert_eq!(told.last(), Some(&known(alert)));
            prop_assert!(told.is_sorted_by(|a, b| a.0 < b.0 || (a.0 == b.0 && a.1 < b.1)), "{:?}", told);
        }
        prop_assert_eq!(outbox.lanes()[1].waiting_alerts, 0);
    }
}

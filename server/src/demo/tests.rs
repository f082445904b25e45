//! The story as rules and queries tell it, and the line that the receiver prints.

use std::collections::BTreeSet;
use std::sync::Arc;

use telamon_alert::rule::{self, ParseContext, RuleFile};
use telamon_alert::{Change, Evaluator, Phase, Transition};
use telamon_model::{PartitionCount, Slot, SlotRange, Step, Timestamp};
use telamon_query::context::EvalContext;
use telamon_query::exec::{Limits, eval};
use telamon_query::lang;
use telamon_store::log::MemLog;
use telamon_store::{ApplyDrops, Options, Store};

use super::history::{DemoFleet, DemoOptions};
use super::*;

#[test]
fn a_notification_becomes_one_line() {
    let body = |status: &str, alerts: &str| {
        format!(
            r#"{{"version":"4","status":"{status}","groupLabels":{{"alertname":"CheckoutErrors"}},"alerts":[{alerts}]}}"#
        )
    };
    let alert = r#"{"startsAt":"2026-01-01T00:00:10Z","endsAt":"2026-01-01T00:02:00Z",
        "annotations":{"summary":"checkout fails\n40 requests/s"}}"#;
    for (body, line) in [
        (
            body("firing", alert),
            Ok("alert CheckoutErrors firing at 2026-01-01T00:00:10Z: checkout fails 40 requests/s"),
        ),
        (
            body("resolved", &format!("{alert},{alert}")),
            Ok(
                "alert CheckoutErrors resolved at 2026-01-01T00:02:00Z: checkout fails 40 requests/s \
                 (and 1 more)",
            ),
        ),
        (body("firing", ""), Err("no alert")),
        ("[]".to_owned(), Err("no status")),
    ] {
        let found = notification_line(body.as_bytes());
        assert_eq!(
            found.as_deref(),
            line.map_err(str::to_owned).as_ref().map(|line| *line)
        );
    }
    assert!(notification_line(b"no json").is_err());
}

/// The history of the demo in a store, and what its rules made of it.
fn history() -> (Store, Evaluator, Vec<Transition>, SlotRange) {
    let step = Step::from_millis(10_000).unwrap();
    let fleet = DemoFleet::new(DemoOptions {
        seed: 1,
        series_count: 2000,
        step,
        start: Timestamp(1_700_000_004_321),
    });
    let context = ParseContext {
        step,
        receivers: BTreeSet::from([RECEIVER.to_owned()]),
        language: lang::ParseOptions::reference(),
    };
    let file = RuleFile {
        name: RULES_NAME.to_owned(),
        text: RULES.to_owned(),
    };
    let mut evaluator = Evaluator::new(rule::parse(&[file], &context).unwrap(), step);
    let options = Options {
        step,
        partitions: PartitionCount::new(4).unwrap(),
        block_slots: 360,
        retention_ms: 86_400_000,
        age_max_ms: 60_000,
    };
    let (store, _) = Store::open(options, Arc::new(MemLog::new()), &mut |_| {}).unwrap();
    let mut transitions = Vec::new();
    let slots = fleet.history();
    for slot in (slots.start.0..slots.end.0).map(Slot) {
        let applied = store
            .append(step.end_of(slot), fleet.batch_at(slot))
            .unwrap();
        assert_eq!(applied.dropped, ApplyDrops::default());
        for closed in applied.closed {
            transitions.extend(evaluator.close(closed.slot, &closed.snapshot));
        }
    }
    (store, evaluator, transitions, slots)
}

/// Rule, the label that tells who, who, what and seconds since the start.
type Told<'a> = (&'a str, &'a str, &'a str, Change, i64);

fn expected_story() -> Vec<Told<'static>> {
    let slow = |change, age_s| ("SlowCluster", "nf.cluster", "playback-main", change, age_s);
    let mut story = vec![
        slow(Change::Pending, -8030),
        slow(Change::Fired, -7970),
        slow(Change::Resolved, -7190),
    ];
    let changes = [Change::Pending, Change::Fired, Change::Resolved];
    for begin in (-3690..0).step_by(600) {
        let ages = changes.into_iter().zip([begin, begin + 20, begin + 150]);
        let past = ages.filter(|&(_, age_s)| age_s <= 0);
        story.extend(
            past.map(|(change, age_s)| ("CheckoutErrors", "nf.app", "checkout", change, age_s)),
        );
    }
    story
}

#[test]
fn rules_and_queries_tell_the_story() {
    let (store, evaluator, transitions, slots) = history();
    let start = slots.end.plus(-1);
    let found: Vec<Told<'_>> = transitions
        .iter()
        .map(|transition| {
            let alert = &transition.alert;
            let key = match &*alert.rule {
                "SlowCluster" => "nf.cluster",
                _ => "nf.app",
            };
            let who = alert.labels.get(key).map_or("", |value| value);
            let age_s = (transition.slot.0 - start.0) * 10;
            (&*alert.rule, key, who, transition.change, age_s)
        })
        .collect();
    assert_eq!(found, expected_story());
    let firing = evaluator.alerts();
    assert_eq!(firing.len(), 1, "the burst that is under way at start");
    assert_eq!(firing[0].phase, Phase::Firing);
    check_queries(&store, start);
}

/// Every picture has its lines, without a gap in the last hour.
fn check_queries(store: &Store, start: Slot) {
    let time = store.options().step.end_of(start);
    let context = EvalContext::new(time.plus_millis(-3_600_000), time, 10_000).unwrap();
    let limits = Limits {
        lines_max: 1024,
        datapoints_max: 500_000,
        input_points_max: 10_000_000,
        answer_points_max: 10_000_000,
        groups_max: 1_000_000,
        work_points_max: 50_000_000,
        data_exprs_max: 1_000,
        parallel_points_min: u64::MAX,
        cancel: None,
    };
    for (query, lines) in QUERIES.iter().zip([5, 6, 16, 6]) {
        let exprs = lang::parse(query.query, &lang::ParseOptions::reference()).unwrap();
        let evaluation = eval(&exprs, &store.snapshot(), &context, &limits).unwrap();
        let drawn: Vec<_> = evaluation.results.iter().flatten().collect();
        assert_eq!(drawn.len(), lines, "{}", query.title);
        let mut values = drawn.iter().flat_map(|line| &line.values);
        assert!(values.all(|value| !value.is_nan()), "{}", query.title);
    }
}

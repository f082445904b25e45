//! Rules over a store: the same transitions for any cut of the data, any number of partitions, live
//! or replayed, and those of a model that reads the data as a table.

use std::collections::BTreeSet;

use expect_test::expect;
use proptest::prelude::*;
use telamon_model::{Batch, PartitionCount, Row, Series};
use telamon_store::log::{Log, MemLog};
use telamon_store::{ClosedStep, Options, Store};

use super::*;
use crate::rule::{ParseContext, RuleFile, parse};
use crate::state::Signal;
use crate::transition::{Change, Reason};

const STEP_MS: i64 = 10_000;
const FIRST: Slot = Slot(1_000_002);
const NODES: usize = 6;

const RULES: &str = r#"
groups:
  - name: every-step
    rules:
      - alert: Grouped
        expr: name,load,:eq,:sum,(,nf.cluster,),:by,10,:gt
        for: 20s
        labels: {severity: page, place: "{{ $labels.nf.cluster }}"}
        annotations: {summary: "{{ $labels.nf.cluster }} has {{ $value }}"}
      - alert: Dampened
        expr: name,load,:eq,:max,(,nf.node,),:by,7,:gt,3,:rolling-count,2,:ge
        keep_firing_for: 30s
  - name: every-third-step
    interval: 30s
    rules:
      - alert: Alone
        expr: name,load,:eq,:max,9,:gt
        for: 30s
"#;

fn step() -> Step {
    Step::from_millis(STEP_MS).unwrap()
}

fn evaluator(rules: &str) -> Evaluator {
    let context = ParseContext {
        step: step(),
        receivers: BTreeSet::new(),
        language: telamon_query::lang::ParseOptions::reference(),
    };
    let file = RuleFile {
        name: "rules.yaml".to_owned(),
        text: rules.to_owned(),
    };
    Evaluator::new(parse(&[file], &context).unwrap(), step())
}

fn options(partitions: u16) -> Options {
    Options {
        step: step(),
        partitions: PartitionCount::new(partitions).unwrap(),
        block_slots: 360,
        retention_ms: 86_400_000,
        age_max_ms: 60_000,
    }
}

/// Values by slot and node; `None` is a node that reported nothing.
type Table = Vec<[Option<u8>; NODES]>;

fn cluster(node: usize) -> String {
    format!("c{}", node % 2)
}

fn series(node: usize) -> Series {
    Series::new(Tags::from_pairs([
        ("name", "load".to_owned()),
        ("nf.node", format!("i-{node}")),
        ("nf.cluster", cluster(node)),
        ("atlas.dstype", "gauge".to_owned()),
    ]))
}

/// A step closes 0.9 steps and two seconds after its end at the latest.
const CLOSES_AFTER_MS: i64 = 11_000;

fn slot_of(index: usize) -> Slot {
    FIRST.plus(i64::try_from(index).unwrap())
}

/// The samples of one slot.
fn rows(index: usize, values: &[Option<u8>; NODES]) -> Vec<(Series, Timestamp, f64)> {
    let timestamp = step().end_of(slot_of(index));
    let present = values.iter().enumerate();
    present
        .filter_map(|(node, value)| Some((series(node), timestamp, f64::from((*value)?))))
        .collect()
}

fn batch(rows: &[(Series, Timestamp, f64)]) -> Batch {
    let mut batch = Batch::default();
    for (series, timestamp, value) in rows {
        batch.rows.push(Row {
            series_index: u32::try_from(batch.series.len()).unwrap(),
            timestamp: *timestamp,
            value: *value,
        });
        batch.series.push(series.clone());
    }
    batch
}

/// Appends a table, `cut` samples at a time, each slot just before it ends; then lets all of it
/// close. Gives what `observe` makes of the closes.
fn append(store: &Store, table: &Table, cut: usize, observe: &mut dyn FnMut(ClosedStep)) {
    for (index, values) in table.iter().enumerate() {
        let now = step().end_of(slot_of(index)).plus_millis(-1);
        for part in rows(index, values).chunks(cut) {
            store
                .append(now, batch(part))
                .unwrap()
                .closed
                .into_iter()
                .for_each(&mut *observe);
        }
        store
            .heartbeat(now)
            .unwrap()
            .closed
            .into_iter()
            .for_each(&mut *observe);
    }
    let end = step()
        .end_of(slot_of(table.len()))
        .plus_millis(CLOSES_AFTER_MS);
    store
        .heartbeat(end)
        .unwrap()
        .closed
        .into_iter()
        .for_each(&mut *observe);
}

/// What happened, without what follows from it.
type Told = (i64, String, Tags, Change, Reason, u64);

fn told(transition: &Transition) -> Told {
    (
        transition.slot.0 - FIRST.0,
        transition.alert.rule.to_string(),
        transition.alert.labels.clone(),
        transition.change,
        transition.reason,
        transition.alert.value.to_bits(),
    )
}

fn live(table: &Table, partitions: u16, cut: usize) -> (Vec<Transition>, Arc<MemLog>) {
    let log = Arc::new(MemLog::new());
    let shared: Arc<dyn Log> = Arc::clone(&log) as Arc<dyn Log>;
    let (store, _) = Store::open(options(partitions), shared, &mut |_| {}).unwrap();
    let mut evaluator = evaluator(RULES);
    let mut transitions = Vec::new();
    append(&store, table, cut, &mut |closed| {
        transitions.extend(evaluator.close(closed.slot, &closed.snapshot));
    });
    (transitions, log)
}

fn table() -> impl Strategy<Value = Table> {
    let value = prop_oneof![3 => (0..12_u8).prop_map(Some), 1 => Just(None)];
    // Values that stay for a while, so that alerts come to fire.
    let stretch = (prop::array::uniform6(value), 1..5_usize);
    prop::collection::vec(stretch, 1..12).prop_map(|list| {
        list.into_iter()
            .flat_map(|(row, times)| vec![row; times])
            .collect()
    })
}

/// The lines of a rule at one slot, read off the table.
fn lines_of(rule: &str, table: &Table, index: usize) -> Lines {
    let at = |index: usize, node: usize| table.get(index).and_then(|values| values[node]);
    let number = |value: u8| f64::from(value);
    let mut lines = Lines::new();
    match rule {
        "Grouped" => {
            for group in 0..2 {
                let members = (0..NODES).filter(|node| node % 2 == group);
                let present: Vec<f64> = members
                    .filter_map(|node| at(index, node).map(number))
                    .collect();
                if present.is_empty() {
                    continue;
                }
                let value: f64 = present.iter().sum();
                let level = f64::from(u8::from(value > 10.0));
                let tags = [("name", "load".to_owned()), ("nf.cluster", cluster(group))];
                lines.insert(Tags::from_pairs(tags), Signal { level, value });
            }
        }
        "Dampened" => {
            for node in 0..NODES {
                let Some(now) = at(index, node) else { continue };
                let window = (0..3).filter_map(|back| at(index.checked_sub(back)?, node));
                let level = f64::from(u8::from(window.filter(|&value| value > 7).count() >= 2));
                let tags = [
                    ("name", "load".to_owned()),
                    ("nf.node", format!("i-{node}")),
                ];
                lines.insert(
                    Tags::from_pairs(tags),
                    Signal {
                        level,
                        value: number(now),
                    },
                );
            }
        }
        _ => {
            // The largest of all values of the three slots of an interval.
            let slots = index.saturating_sub(2)..=index;
            let present: Vec<f64> = slots
                .flat_map(|slot| (0..NODES).filter_map(move |node| at(slot, node)))
                .map(number)
                .collect();
            if !present.is_empty() {
                let value = present.iter().copied().fold(0.0, f64::max);
                let level = f64::from(u8::from(value > 9.0));
                let tags = Tags::from_pairs([("name", "load")]);
                lines.insert(tags, Signal { level, value });
            }
        }
    }
    lines
}

/// The transitions of a table without store and query.
fn model(table: &Table) -> Vec<Told> {
    let mut evaluator = evaluator(RULES);
    let mut transitions = Vec::new();
    for index in 0..=table.len() {
        let slot = slot_of(index);
        let log_time = step().end_of(slot);
        transitions.extend(evaluator.close_with(slot, log_time, &mut |rule, _| {
            Ok(lines_of(&rule.name, table, index))
        }));
    }
    transitions.iter().map(told).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn any_cut_and_any_partitions_give_the_transitions_of_the_model(
        table in table(), cut in 1..8_usize,
    ) {
        let expected = model(&table);
        for partitions in [1, 2, 4] {
            let (transitions, _) = live(&table, partitions, cut);
            let found: Vec<Told> = transitions.iter().map(told).collect();
            prop_assert_eq!(&found, &expected, "{} partitions", partitions);
        }
    }

    #[test]
    fn a_replay_gives_the_same_transitions_and_alerts(table in table()) {
        let (transitions, log) = live(&table, 2, 100);
        let mut replayed = Vec::new();
        let mut evaluator = evaluator(RULES);
        Store::open(options(2), log, &mut |closed| {
            replayed.extend(evaluator.close(closed.slot, &closed.snapshot));
        }).unwrap();
        prop_assert_eq!(&replayed, &transitions);
        // The alerts that stand are those that began and have not ended.
        let mut open: BTreeMap<(Arc<str>, Tags), Phase> = BTreeMap::new();
        for transition in &transitions {
            let key = (Arc::clone(&transition.alert.rule), transition.alert.labels.clone());
            match transition.change {
                Change::Pending | Change::Fired => open.insert(key, transition.alert.phase),
                Change::Resolved | Change::Cleared => open.remove(&key),
            };
        }
        let standing: BTreeMap<_, _> = evaluator.alerts().into_iter()
            .map(|alert| ((alert.rule, alert.labels), alert.phase)).collect();
        prop_assert_eq!(standing, open);
    }
}

#[test]
fn an_alert_carries_labels_texts_times_and_a_picture() {
    let table: Table = vec![[Some(5), Some(1), Some(4), Some(1), Some(3), Some(1)]; 4];
    let (transitions, _) = live(&table, 2, 100);
    let fired = transitions
        .iter()
        .find(|transition| transition.change == Change::Fired)
        .unwrap();
    expect![[r#"
        Transition {
            slot: Slot(
                1000004,
            ),
            change: Fired,
            reason: Signal,
            alert: Alert {
                group: "every-step",
                rule: "Grouped",
                labels: {alertname=Grouped,name=load,nf.cluster=c0,place=c0,severity=page},
                annotations: {summary=c0 has 12},
                notify: [],
                phase: Firing,
                value: 12.0,
                peak: 12.0,
                active_at: Timestamp(
                    10000020000,
                ),
                fired_at: Some(
                    Timestamp(
                        10000040000,
                    ),
                ),
                ended_at: None,
                picture: Picture {
                    expression: "name,load,:eq,:sum,(,nf.cluster,),:by,10.0,:const,threshold,:legend,f00,:color",
                    window_ms: 3600000,
                },
            },
        }
    "#]].assert_debug_eq(fired);
    assert_eq!(fired.alert.fingerprint().len(), 16);
}

#[test]
fn an_evaluation_that_fails_changes_nothing() {
    let mut evaluator = evaluator(RULES);
    let active = Signal {
        level: 1.0,
        value: 1.0,
    };
    let line = Tags::from_pairs([("nf.node", "i-1")]);
    let close = |evaluator: &mut Evaluator, index: usize, lines: Result<Lines, String>| {
        let slot = slot_of(index);
        evaluator.close_with(slot, step().end_of(slot), &mut |_, _| lines.clone())
    };
    close(&mut evaluator, 0, Ok(Lines::from([(line, active)])));
    let before = evaluator.alerts();
    assert_eq!(before.len(), 3);
    for index in 1..100 {
        let failed = close(&mut evaluator, index, Err("too many lines".to_owned()));
        assert_eq!(failed, vec![]);
    }
    assert_eq!(evaluator.alerts(), before);
    let health = evaluator.rules()[0].rules[0].health.clone();
    assert_eq!(health, Health::Failed("too many lines".to_owned()));
    close(&mut evaluator, 100, Ok(Lines::new()));
    assert_eq!(evaluator.rules()[0].rules[0].health, Health::Ok);
}

/// What a fault in one rule does to the others: nothing.
#[test]
fn a_panic_in_one_rule_is_the_failure_of_that_rule() {
    let mut evaluator = evaluator(RULES);
    let names: Vec<Arc<str>> = evaluator.rules()[0]
        .rules
        .iter()
        .map(|rule| Arc::clone(&rule.name))
        .collect();
    assert!(names.len() > 1);
    let close = |evaluator: &mut Evaluator, index: usize, faulty: &str| {
        let slot = slot_of(index);
        evaluator.close_with(slot, step().end_of(slot), &mut |rule, _| {
            assert!(*rule.name != *faulty, "a fault made by a test");
            Ok(Lines::new())
        })
    };
    close(&mut evaluator, 0, &names[0]);
    for rule in &evaluator.rules()[0].rules {
        let expected = if rule.name == names[0] {
            Health::Failed("internal fault: a fault made by a test".to_owned())
        } else {
            Health::Ok
        };
        assert_eq!(rule.health, expected, "{}", rule.name);
    }
    close(&mut evaluator, 1, "");
    assert_eq!(evaluator.rules()[0].rules[0].health, Health::Ok);
}

#[test]
fn a_slot_is_evaluated_once() {
    let mut evaluator = evaluator(RULES);
    let mut evaluations = 0;
    for slot in [FIRST, FIRST, FIRST.plus(-3), FIRST.plus(1)] {
        evaluator.close_with(slot, step().end_of(slot), &mut |rule, _| {
            evaluations += usize::from(&*rule.name == "Grouped");
            Ok(Lines::new())
        });
    }
    assert_eq!(evaluations, 2);
    assert_eq!(evaluator.newest(), Some(FIRST.plus(1)));
}

#[test]
fn a_storm_is_told_by_an_alert_of_its_own() {
    let mut evaluator = evaluator(
        "groups: [{name: g, limit: 2, rules: [{alert: A, expr: 'name,x,:eq,:sum,(,k,),:by'}]}]",
    );
    let signal = Signal {
        level: 1.0,
        value: 1.0,
    };
    let lines: Lines = (0..5)
        .map(|index| (Tags::from_pairs([("k", index.to_string())]), signal))
        .collect();
    let transitions =
        evaluator.close_with(FIRST, step().end_of(FIRST), &mut |_, _| Ok(lines.clone()));
    assert_eq!(transitions.len(), 3);
    let storm = &transitions[2];
    assert_eq!(storm.reason, Reason::Storm);
    assert_eq!(storm.alert.labels.canonical(), "alertname=A,storm=true");
    assert_eq!(
        storm.alert.annotations.canonical(),
        "summary=3 more lines of A are active than the 2 alerts a rule may have; existing alerts \
         are kept"
    );
    assert_eq!(evaluator.rules()[0].rules[0].over_limit_count, 3);
    assert_eq!(evaluator.alerts().len(), 3);
}

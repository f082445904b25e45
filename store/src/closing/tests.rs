use telamon_model::{Batch, PartitionCount, PartitionIndex, Row, Series, Tags};

use super::*;
use crate::log::{Log, MemLog};
use crate::options::Options;
use crate::store::Store;

const STEP_MS: i64 = 10_000;
const FIRST: i64 = 100_000;

fn store(partitions: u16) -> (Store, Arc<MemLog>) {
    let log = Arc::new(MemLog::new());
    (open(partitions, &log).0, log)
}

fn open(partitions: u16, log: &Arc<MemLog>) -> (Store, Vec<i64>) {
    let options = Options {
        step: Step::from_millis(STEP_MS).unwrap(),
        partitions: PartitionCount::new(partitions).unwrap(),
        block_slots: 20,
        retention_ms: 600_000,
        age_max_ms: 60_000,
    };
    let mut slots = Vec::new();
    let log: Arc<dyn Log> = Arc::clone(log) as Arc<dyn Log>;
    let (store, _) =
        Store::open(options, log, &mut |step| slots.push(step.slot.0 - FIRST)).unwrap();
    (store, slots)
}

fn gauges(nodes: &[&str], slot: i64) -> Batch {
    let mut batch = Batch::default();
    for (index, node) in (0..).zip(nodes) {
        batch.series.push(Series::new(Tags::from_pairs([
            ("name", "cpu"),
            ("nf.node", node),
            ("atlas.dstype", "gauge"),
        ])));
        batch.rows.push(Row {
            series_index: index,
            timestamp: Timestamp((FIRST + slot) * STEP_MS),
            value: 1.0,
        });
    }
    batch
}

/// Milliseconds after the end of a slot.
fn at(slot: i64, after_ms: i64) -> Timestamp {
    Timestamp((FIRST + slot) * STEP_MS + after_ms)
}

fn slots(closed: &[ClosedStep]) -> Vec<i64> {
    closed.iter().map(|step| step.slot.0 - FIRST).collect()
}

#[test]
fn a_step_closes_with_its_last_series_or_with_time() {
    let (store, _) = store(1);
    let append =
        |now, nodes: &[&str], slot| slots(&store.append(now, gauges(nodes, slot)).unwrap().closed);
    assert_eq!(
        append(at(0, 0), &["a", "b"], 0),
        [-2],
        "the first step that is due"
    );
    assert_eq!(
        append(at(1, 100), &["a"], 1),
        [-1],
        "by time; b has not written step 1"
    );
    assert_eq!(
        append(at(1, 200), &["b"], 1),
        [0; 0],
        "no series wrote the step before 0"
    );
    let closed = store.heartbeat(at(1, 1_000)).unwrap().closed;
    assert_eq!(
        slots(&closed),
        [0, 1],
        "0 by time, and nothing is missing in 1"
    );
    assert_eq!(
        append(at(2, -500), &["a", "b"], 2),
        [0; 0],
        "step 2 has not ended"
    );
    assert_eq!(slots(&store.heartbeat(at(2, 0)).unwrap().closed), [2]);
    assert_eq!(append(at(3, 100), &["a"], 3), [0; 0]);
    assert_eq!(append(at(3, 200), &["b"], 3), [3], "b was the last one");
    assert_eq!(append(at(4, 100), &["a"], 4), [0; 0]);
    assert_eq!(
        slots(&store.heartbeat(at(4, 10_999)).unwrap().closed),
        [0; 0]
    );
    assert_eq!(
        slots(&store.heartbeat(at(4, 11_000)).unwrap().closed),
        [4],
        "b is late"
    );
}

#[test]
fn a_snapshot_of_a_closed_step_holds_what_closed_it_and_nothing_later() {
    let (store, _) = store(1);
    store.append(at(0, 0), gauges(&["a"], 0)).unwrap();
    store.heartbeat(at(0, 11_000)).unwrap();
    let closed = store
        .append(at(1, 1_100), gauges(&["a"], 1))
        .unwrap()
        .closed;
    store.append(at(2, 100), gauges(&["a", "b"], 2)).unwrap();
    let last = closed.last().unwrap();
    assert_eq!(last.slot, Slot(FIRST + 1));
    let shard = &last.snapshot.shards()[0];
    assert_eq!(shard.all().len(), 1);
    assert_eq!(shard.slots_held().end, Slot(FIRST + 2));
}

#[test]
fn every_partition_has_a_say_and_idle_ones_follow_the_log_time() {
    let (store, log) = store(4);
    let mut closed = Vec::new();
    for slot in 0..30 {
        // One node, hence one partition with data; no heartbeats.
        let applied = store.append(at(slot, 0), gauges(&["a"], slot)).unwrap();
        closed.extend(slots(&applied.closed));
    }
    let expected: Vec<i64> = (closed[0]..=*closed.last().unwrap()).collect();
    assert_eq!(closed, expected, "in order, each once, none left out");
    assert!(closed.len() > 25, "{closed:?}");
    assert!((0..4).all(|partition| !log.bounds(PartitionIndex(partition)).is_empty()));
    assert_eq!(open(4, &log).1, closed, "replay closes the same steps");
}

#[test]
fn after_a_pause_the_missed_steps_close_as_far_as_they_are_held() {
    let (store, _) = store(2);
    store.append(at(0, 0), gauges(&["a"], 0)).unwrap();
    store.heartbeat(at(0, 11_000)).unwrap();
    let closed = slots(&store.heartbeat(at(30, 11_000)).unwrap().closed);
    assert_eq!(closed, (1..=30).collect::<Vec<_>>());
    let closed = slots(&store.heartbeat(at(1000, 11_000)).unwrap().closed);
    let first_held = closed[0];
    assert_eq!(closed, (first_held..=1000).collect::<Vec<_>>());
    assert!((900..=945).contains(&first_held), "{first_held}");
}

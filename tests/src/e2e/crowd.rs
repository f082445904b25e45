//! Many senders and readers at once: nothing is lost, nothing is counted twice, nothing is seen to
//! shrink.

use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::{Value, json};

use super::harness::{House, STEP_MS, T0};

const WRITERS: u32 = 4;
const POSTS: u32 = 40;
const NODES: u32 = 5;
const Q: &str = "name,crowd,:eq,:sum";

/// One of everything: each node gets a one into each of two steps.
fn payload() -> Value {
    let metrics: Vec<Value> = (0..NODES)
        .flat_map(|node| [T0, T0 + STEP_MS].map(|timestamp| (node, timestamp)))
        .map(|(node, timestamp)| {
            let tags = json!({
                "name": "crowd", "nf.node": format!("i-{node}"), "atlas.dstype": "sum",
            });
            json!({"tags": tags, "timestamp": timestamp, "value": 1})
        })
        .collect();
    json!({"metrics": metrics})
}

/// Reads until told to stop; every reading is at least the one before. How many there were.
fn read(house: &House, is_done: &AtomicBool) -> u32 {
    let (mut last, mut readings) = ([0.0, 0.0], 0);
    while !is_done.load(Ordering::SeqCst) {
        let lines = house.lines(Q, T0 - STEP_MS, T0 + STEP_MS);
        for (last, at) in last.iter_mut().zip([T0, T0 + STEP_MS]) {
            let points = lines.iter().flat_map(|line| &line.points);
            let value = points
                .filter(|(time, _)| *time == at)
                .map(|(_, value)| *value)
                .sum();
            assert!(value >= *last, "{value} after {last}");
            *last = value;
        }
        readings += 1;
    }
    readings
}

#[test]
fn every_acknowledged_datapoint_counts_once() {
    let mut house = House::held(
        "[store]\nstep = \"10s\"\npartitions = 4\n",
        T0 + STEP_MS + 1,
    );
    let is_done = AtomicBool::new(false);
    let readings = std::thread::scope(|scope| {
        let reader = scope.spawn(|| read(&house, &is_done));
        let writers: Vec<_> = (0..WRITERS)
            .map(|_| {
                scope.spawn(|| {
                    for _ in 0..POSTS {
                        house.publish(&payload()).with_status(200);
                        // What was acknowledged is visible, to whoever asks.
                        assert!(house.value_at(Q, T0).is_some());
                    }
                })
            })
            .collect();
        for writer in writers {
            writer.join().unwrap();
        }
        is_done.store(true, Ordering::SeqCst);
        reader.join().unwrap()
    });
    assert!(readings > 0);
    let wanted = Some(f64::from(WRITERS * POSTS * NODES));
    for _ in 0..2 {
        assert_eq!(house.value_at(Q, T0), wanted);
        assert_eq!(house.value_at(Q, T0 + STEP_MS), wanted);
        house.restart();
    }
}

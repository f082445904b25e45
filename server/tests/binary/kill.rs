//! `kill -9` while clients publish: what was acknowledged is there, nothing else is.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use serde_json::Value;

use crate::process::{Server, datapoint, now_ms, request, serve, wait_until};

const LIMITS: &str =
    "[query]\nlines_max = 1000000\ndatapoints_max = 100000000\nanswer_points_max = 100000000\n";
const STEP_MS: i64 = 10_000;
const CLIENTS: usize = 3;

/// What clients sent, and what of it was acknowledged.
#[derive(Default)]
struct Ledger {
    /// Step of every gauge by its id, which is its value.
    sent: Mutex<BTreeMap<u64, i64>>,
    acknowledged: Mutex<Vec<u64>>,
    /// Amounts of the one sum by step.
    sum_sent: Mutex<BTreeMap<i64, u64>>,
    sum_acknowledged: Mutex<BTreeMap<i64, u64>>,
    next_id: AtomicU64,
    stop: AtomicBool,
}

impl Ledger {
    /// Publishes until told to stop: a gauge of its own, and one more on a shared sum.
    fn publish(&self, address: &str) {
        while !self.stop.load(Ordering::Relaxed) {
            let id = self.next_id.fetch_add(1, Ordering::Relaxed);
            let now = now_ms();
            let step = (now + STEP_MS - 1).div_euclid(STEP_MS) * STEP_MS;
            let node = id % 7;
            let tags = format!(
                "\"name\":\"kill.gauge\",\"id\":\"id{id}\",\"nf.node\":\"n{node}\",\"atlas.dstype\":\"gauge\""
            );
            self.sent.lock().unwrap().insert(id, step);
            if accepted(address, &datapoint(&tags, now, id)) {
                self.acknowledged.lock().unwrap().push(id);
            }
            *self.sum_sent.lock().unwrap().entry(step).or_default() += 1;
            let tags = "\"name\":\"kill.sum\",\"atlas.dstype\":\"sum\"";
            if accepted(address, &datapoint(tags, now, 1)) {
                *self
                    .sum_acknowledged
                    .lock()
                    .unwrap()
                    .entry(step)
                    .or_default() += 1;
            }
        }
    }
}

fn accepted(address: &str, body: &str) -> bool {
    let answer = request(address, "POST", "/api/v1/publish", body.as_bytes());
    answer.is_some_and(|answer| answer.status == 200)
}

/// All lines of a query by legend: values that are there, by time.
fn lines(server: &Server, query: &str) -> BTreeMap<String, BTreeMap<i64, u64>> {
    let uri = format!("/api/v1/graph?q={query}&s=e-5m&e=now%2B20s&w=1000&format=json");
    let answer = server.get(&uri);
    assert_eq!(answer.status, 200, "{}", answer.body);
    let json: Value = serde_json::from_str(&answer.body).unwrap();
    let (start, step) = (
        json["start"].as_i64().unwrap(),
        json["step"].as_i64().unwrap(),
    );
    assert_eq!(step, STEP_MS);
    let mut found = BTreeMap::new();
    for (index, legend) in json["legend"].as_array().unwrap().iter().enumerate() {
        let rows = json["values"].as_array().unwrap().iter();
        let times = (0..).map(|row| start + row * step);
        let values = times.zip(rows).filter_map(|(time, row)| {
            let value = row[index].as_f64()?;
            // All values that were sent are small whole numbers.
            Some((time, format!("{value}").parse().unwrap()))
        });
        found.insert(legend.as_str().unwrap().to_owned(), values.collect());
    }
    found
}

fn check(server: &Server, ledger: &Ledger) {
    let gauges = lines(server, "name,kill.gauge,:eq,(,id,),:by,$id,:legend");
    let sent = ledger.sent.lock().unwrap();
    let acknowledged = ledger.acknowledged.lock().unwrap();
    for id in acknowledged.iter() {
        let values = gauges.get(&format!("id{id}"));
        let expected = BTreeMap::from([(sent[id], *id)]);
        assert_eq!(values, Some(&expected), "acknowledged gauge {id}");
    }
    for (legend, values) in &gauges {
        let id: u64 = legend.trim_start_matches("id").parse().unwrap();
        assert_eq!(values, &BTreeMap::from([(sent[&id], id)]), "gauge {id}");
    }
    let sums = lines(server, "name,kill.sum,:eq,:sum,sum,:legend");
    let stored = sums.get("sum").cloned().unwrap_or_default();
    let sent = ledger.sum_sent.lock().unwrap();
    let acknowledged = ledger.sum_acknowledged.lock().unwrap();
    for (step, sent) in sent.iter() {
        let least = acknowledged.get(step).copied().unwrap_or_default();
        let stored = stored.get(step).copied().unwrap_or_default();
        assert!(
            (least..=*sent).contains(&stored),
            "step {step}: {least} <= {stored} <= {sent}"
        );
    }
    assert!(
        stored.keys().all(|step| sent.contains_key(step)),
        "{stored:?}"
    );
}

#[test]
fn every_acknowledged_sample_survives_and_none_is_invented() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = Ledger::default();
    for round in 1..=3 {
        let server = serve(folder.path(), LIMITS);
        check(&server, &ledger);
        ledger.stop.store(false, Ordering::Relaxed);
        let address = server.address.clone();
        std::thread::scope(|scope| {
            for _ in 0..CLIENTS {
                scope.spawn(|| ledger.publish(&address));
            }
            wait_until("samples are acknowledged", || {
                ledger.acknowledged.lock().unwrap().len() >= round * 150
            });
            server.kill();
            ledger.stop.store(true, Ordering::Relaxed);
        });
    }
    let server = serve(folder.path(), LIMITS);
    check(&server, &ledger);
}

#[test]
fn sigterm_ends_in_time_and_keeps_everything() {
    for signal in ["-TERM", "-INT"] {
        let folder = tempfile::tempdir().unwrap();
        let server = serve(folder.path(), LIMITS);
        let ledger = Ledger::default();
        let address = server.address.clone();
        std::thread::scope(|scope| {
            scope.spawn(|| ledger.publish(&address));
            wait_until("samples are acknowledged", || {
                ledger.acknowledged.lock().unwrap().len() >= 20
            });
            let (code, took) = server.terminate(signal);
            ledger.stop.store(true, Ordering::Relaxed);
            assert_eq!(code, Some(0), "{signal}");
            assert!(took < Duration::from_secs(5), "{signal} took {took:?}");
        });
        check(&serve(folder.path(), LIMITS), &ledger);
    }
}

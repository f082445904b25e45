//! The recorded datagrams of a real client, replayed inside one step.
//!
//! What the client meant was decoded independently and lies beside the recording; the query API must
//! say exactly that. The recordings are no part of the project: without them the tests say so and
//! pass.

use std::collections::{BTreeMap, BTreeSet};
use std::net::UdpSocket;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::harness::{House, STEP_MS, T0, number, wait_for};

const CONFIG: &str = "[store]\nstep = \"10s\"\n";
const STEP_SECONDS: f64 = 10.0;
/// Age gauges depend on the clock: their rows are checked apart.
const AGE_GAUGES: u32 = 2;

/// One recorded run.
struct Recording {
    datagrams: Vec<Vec<u8>>,
    /// Rows that an agent sends on after the first interval, amounts of the interval.
    rows: Vec<Row>,
}

struct Row {
    tags: BTreeMap<String, String>,
    value: f64,
}

impl Row {
    fn statistic(&self) -> &str {
        &self.tags["statistic"]
    }

    /// What the query API must say: amounts per second, readings as they are.
    fn wanted(&self) -> f64 {
        match self.statistic() {
            "gauge" | "max" => self.value,
            _ => self.value / STEP_SECONDS,
        }
    }

    /// A query that only this row matches: all its tags, and none of those that others have.
    fn query(&self, keys: &BTreeSet<String>) -> String {
        let mut query = String::new();
        for (key, value) in &self.tags {
            query += &format!("{key},{value},:eq,");
            if query.matches(":eq").count() > 1 {
                query += ":and,";
            }
        }
        for key in keys.iter().filter(|key| !self.tags.contains_key(*key)) {
            query += &format!("{key},:has,:not,:and,");
        }
        let aggregate = match self.statistic() {
            "gauge" | "max" => "max",
            _ => "sum",
        };
        format!("{query}:{aggregate}")
    }
}

/// Reads a recording; `None`, with the reason printed, where there is none.
fn recording(variant: &str) -> Option<Recording> {
    let part = Path::new("shared/oracle/ingest/wire/spectator-py").join(variant);
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder: Option<PathBuf> = root
        .ancestors()
        .map(|folder| folder.join(&part))
        .find(|folder| folder.is_dir());
    let Some(folder) = folder else {
        println!("skipped: no recorded datagrams ({variant}) beside the project");
        return None;
    };
    let text = std::fs::read_to_string(folder.join("expect.json")).unwrap();
    let expect: Value = serde_json::from_str(&text).unwrap();
    let count = expect["datagrams"].as_u64().unwrap();
    let datagrams = (1..=count)
        .map(|index| std::fs::read(folder.join(format!("{index:03}.bin"))).unwrap())
        .collect();
    let rows = expect["first_flush"].as_array().unwrap().iter().map(row);
    Some(Recording {
        datagrams,
        rows: rows.collect(),
    })
}

fn row(row: &Value) -> Row {
    let tags = row["tags"].as_object().unwrap().iter();
    let mut tags: BTreeMap<String, String> = tags
        .map(|(key, value)| (key.clone(), value.as_str().unwrap().to_owned()))
        .collect();
    tags.insert("name".to_owned(), row["name"].as_str().unwrap().to_owned());
    Row {
        tags,
        value: number(&row["value"]).unwrap(),
    }
}

/// Sends datagrams and returns when the server has taken them in.
fn send(house: &House, datagrams: &[Vec<u8>]) {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let count = || house.metric("telamon_udp_packets_total");
    let before = count();
    for datagram in datagrams {
        socket.send_to(datagram, house.udp_address()).unwrap();
    }
    let wanted = before + f64::from(u32::try_from(datagrams.len()).unwrap());
    wait_for("the datagrams", || (count() >= wanted).then_some(()));
}

/// Lets the step end and waits until its lines are stored.
fn flush(house: &mut House, end_ms: i64) {
    let accepted = "telamon_ingest_accepted_total{protocol=\"lines\"}";
    let before = house.metric(accepted);
    house.end_step(end_ms);
    wait_for("the lines of the step", || {
        (house.metric(accepted) > before).then_some(())
    });
}

fn check(variant: &str) {
    let Some(recording) = recording(variant) else {
        return;
    };
    let mut house = House::held(CONFIG, T0 + 2000);
    send(&house, &recording.datagrams);
    let end = T0 + STEP_MS;
    flush(&mut house, end);

    let keys: BTreeSet<String> = recording
        .rows
        .iter()
        .flat_map(|row| row.tags.keys().cloned())
        .collect();
    assert!(recording.rows.len() >= 30, "{}", recording.rows.len());
    for row in &recording.rows {
        let query = row.query(&keys);
        assert_eq!(house.value_at(&query, end), Some(row.wanted()), "{query}");
    }
    // Nothing but that.
    let rows = u32::try_from(recording.rows.len()).unwrap();
    let count = house.value_at("nf.app,demo,:eq,:count", end);
    assert_eq!(count, Some(f64::from(rows + AGE_GAUGES)));
    let all = house.lines("nf.app,demo,:eq,:count", T0 - 60_000, end + STEP_MS);
    assert_eq!(all[0].points.len(), 1, "all lies in one step: {all:?}");

    // The clock stood two seconds after the beginning of the step when "now" was said.
    let age = |name: &str, house: &House, at| house.value_at(&format!("name,{name},:eq,:max"), at);
    assert_eq!(age("py.age.now", &house, end), Some(8.0));
    assert_eq!(age("py.age.fixed", &house, end), Some(50.0));
    // Six lines of a type that is newer than the protocol we speak.
    let unknown = "telamon_ingest_rejected_total{protocol=\"lines\",reason=\"unknown_type\"}";
    assert_eq!(house.metric(unknown), 6.0);

    second_step(&mut house, end + STEP_MS);
}

/// Monotonic counters speak for the first time; gauges are repeated, amounts are not.
fn second_step(house: &mut House, end: i64) {
    let lines = [
        "C:py.mono,nf.app=demo,nf.node=i-1:165.5",
        "C:py.mono,nf.app=demo,nf.node=i-1:170.5",
        "U:py.mono.uint,nf.app=demo,nf.node=i-1:24",
    ];
    send(house, &lines.map(|line| line.as_bytes().to_vec()));
    flush(house, end);
    let at = |house: &House, q: &str, at| house.value_at(q, at);
    let mono = "name,py.mono,:eq,statistic,count,:eq,:and,:sum";
    let uint = "name,py.mono.uint,:eq,statistic,count,:eq,:and,:sum";
    assert_eq!(at(house, mono, end), Some(1.0), "from 160.5 to 170.5");
    assert_eq!(at(house, uint, end), Some(2.0), "from 4 to 24");
    assert_eq!(
        at(house, mono, end - STEP_MS),
        None,
        "the first is a baseline"
    );
    let gauge = "name,py.gauge.ttl,:eq,:max";
    assert_eq!(at(house, gauge, end), Some(3.0), "lives for 120 s");
    assert_eq!(at(house, "name,py.counter,:eq,:sum", end), None);
    assert_eq!(at(house, "name,py.max,:eq,:max", end), None);
    assert_eq!(at(house, "name,py.age.now,:eq,:max", end), Some(18.0));
    // The next recorded value of U wraps around 2^64; a C that falls says nothing.
    let lines = [
        "U:py.mono.uint,nf.app=demo,nf.node=i-1:18446744073709551610",
        "C:py.mono,nf.app=demo,nf.node=i-1:100",
    ];
    send(house, &lines.map(|line| line.as_bytes().to_vec()));
    flush(house, end + STEP_MS);
    assert_eq!(at(house, mono, end + STEP_MS), None);
    send(
        house,
        &[b"U:py.mono.uint,nf.app=demo,nf.node=i-1:4".to_vec()],
    );
    flush(house, end + 2 * STEP_MS);
    assert_eq!(at(house, uint, end + 2 * STEP_MS), Some(1.0));
}

#[test]
fn plain_datagrams_mean_what_the_client_meant() {
    check("udp");
}

#[test]
fn buffered_datagrams_mean_what_the_client_meant() {
    check("udp-buffered");
}

#[test]
fn what_the_client_sends_to_a_unix_socket_means_the_same() {
    check("unix");
}

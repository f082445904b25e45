//! The way of a datapoint: in over HTTP, out as numbers, picture and tags.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};

use super::harness::{Answer, House, Line, STEP_MS, T0, number};

const CONFIG: &str = "[store]\nstep = \"10s\"\n[graph]\ntimezone = \"UTC\"\n";

/// One datapoint of a payload.
fn metric(name: &str, node: &str, kind: &str, timestamp: i64, value: f64) -> Value {
    json!({
        "tags": {"name": name, "nf.node": node, "atlas.dstype": kind},
        "timestamp": timestamp,
        "value": value,
    })
}

/// Four nodes over three steps, of each type one name.
fn fleet() -> Value {
    let mut metrics = Vec::new();
    for step in 0..3_i32 {
        for node in 0..4_i32 {
            let name = format!("i-{node}");
            let time = T0 + i64::from(step) * STEP_MS;
            let value = f64::from(step * 10 + node) + 0.1;
            metrics.push(metric("walk.gauge", &name, "gauge", time, value));
            // Both halves of a sum lie in the same step.
            metrics.push(metric("walk.sum", &name, "sum", time - 7000, value));
            metrics.push(metric("walk.sum", &name, "sum", time - 1, 0.5));
            metrics.push(metric("walk.rate", &name, "rate", time, value));
        }
    }
    json!({"tags": {"nf.app": "walk"}, "metrics": metrics})
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// A server that took the fleet, its clock in the step after it.
fn with_fleet(config: &str) -> House {
    let mut house = House::held(config, T0 + 1000);
    let payload = fleet();
    house.set_clock(T0 + 2 * STEP_MS + 2000);
    let answer = house.publish(&payload).with_status(200);
    assert_eq!(answer.body, b"", "all accepted is an empty answer");
    house
}

/// What the fleet comes to: per step, the sum over its nodes.
fn expected(offset: f64) -> Vec<(i64, f64)> {
    (0..3_i32)
        .map(|step| {
            let nodes = (0..4).map(|node| f64::from(step * 10 + node) + 0.1 + offset);
            (T0 + i64::from(step) * STEP_MS, nodes.sum())
        })
        .collect()
}

fn assert_close(found: &[(i64, f64)], wanted: &[(i64, f64)]) {
    assert_eq!(found.len(), wanted.len(), "{found:?} {wanted:?}");
    for (found, wanted) in found.iter().zip(wanted) {
        assert_eq!(found.0, wanted.0, "{found:?} {wanted:?}");
        let error = (found.1 - wanted.1).abs();
        assert!(error <= 1e-9 * wanted.1.abs(), "{found:?} {wanted:?}");
    }
}

/// A window of the fleet, as parameters.
fn window() -> String {
    format!("s={}&e={}", T0 - 60_000, T0 + 2 * STEP_MS)
}

#[test]
fn what_was_published_is_seen_at_once() {
    let house = with_fleet(CONFIG);
    for (q, offset) in [
        ("name,walk.gauge,:eq,:sum", 0.0),
        ("name,walk.sum,:eq,:sum", 0.5),
        ("name,walk.rate,:eq,:sum", 0.0),
    ] {
        let lines = house.lines(q, T0 - 60_000, T0 + 2 * STEP_MS);
        assert_eq!(lines.len(), 1, "{q}");
        assert_close(&lines[0].points, &expected(offset));
    }
    let by_node = house.lines("name,walk.gauge,:eq,:sum,(,nf.node,),:by", T0, T0 + STEP_MS);
    let values: Vec<(&str, f64)> = by_node
        .iter()
        .map(|line| (line.tags["nf.node"].as_str().unwrap(), line.points[0].1))
        .collect();
    assert_eq!(
        values,
        [("i-0", 10.1), ("i-1", 11.1), ("i-2", 12.1), ("i-3", 13.1)]
    );
}

#[test]
fn a_gzip_body_is_taken_with_and_without_its_header() {
    let house = House::held(CONFIG, T0 + 2 * STEP_MS + 2000);
    let body = gzip(fleet().to_string().as_bytes());
    let headers = [("content-type", "application/json")];
    house
        .post("/api/v1/publish", &headers, &body)
        .with_status(200);
    let once = house.value_at("name,walk.sum,:eq,:sum", T0);
    let coded = [headers[0], ("content-encoding", "gzip")];
    house
        .post("/api/v1/publish", &coded, &body)
        .with_status(200);
    let twice = house.value_at("name,walk.sum,:eq,:sum", T0 + 2 * STEP_MS);
    assert_close(&[(T0, once.unwrap())], &expected(0.5)[..1]);
    let (at, sum) = expected(0.5)[2];
    assert_close(&[(at, twice.unwrap())], &[(at, 2.0 * sum)]);
}

/// Rows of a table: the time as it is written, and the values.
fn rows_of_csv(text: &str) -> Vec<(String, Vec<f64>)> {
    let rows = text.lines().skip(1);
    rows.map(|row| {
        let (time, cells) = row.split_once(',').unwrap();
        let values = cells.split(',').map(|cell| cell.parse().unwrap());
        (time.to_owned(), values.collect())
    })
    .collect()
}

fn lines_of_v2(objects: &Value) -> Vec<Line> {
    let objects = objects.as_array().unwrap();
    let graph = objects
        .iter()
        .find(|object| object["type"] == "graph-metadata")
        .unwrap();
    let step = graph["step"].as_i64().unwrap();
    let mut lines = Vec::new();
    for object in objects {
        if object["type"] != "timeseries" {
            continue;
        }
        let data = &object["data"];
        assert_eq!(data["type"], "array");
        let mut line = Line {
            label: object["label"].as_str().unwrap().to_owned(),
            tags: object["tags"].clone(),
            points: Vec::new(),
        };
        let mut time = graph["startTime"].as_i64().unwrap();
        for cell in data["values"].as_array().unwrap() {
            line.points.extend(number(cell).map(|value| (time, value)));
            time += step;
        }
        lines.push(line);
    }
    lines
}

#[test]
fn the_formats_agree() {
    let house = with_fleet(CONFIG);
    let q = "name,walk.gauge,:eq,:max,(,nf.node,),:by,name,walk.rate,:eq,:sum,2,:mul";
    let ask = |format: &str| {
        let params = format!("format={format}&{}", window());
        house.graph(q, &params).with_status(200)
    };
    let json = house.lines(q, T0 - 60_000, T0 + 2 * STEP_MS);
    assert_eq!(json.len(), 5);
    let v2 = lines_of_v2(&ask("v2.json").json());
    assert_eq!(json.len(), v2.len());
    for (a, b) in json.iter().zip(&v2) {
        assert_eq!((&a.label, &a.points), (&b.label, &b.points));
    }
    let csv = rows_of_csv(&ask("csv").text());
    let times = [
        ("2023-11-14T22:14:00Z", T0),
        ("2023-11-14T22:14:10Z", T0 + STEP_MS),
        ("2023-11-14T22:14:20Z", T0 + 2 * STEP_MS),
    ];
    for (text, time) in times {
        let (_, cells) = csv.iter().find(|(at, _)| at == text).unwrap();
        for (cell, line) in cells.iter().zip(&json) {
            let value = line.points.iter().find(|(at, _)| *at == time).unwrap().1;
            assert!((cell - value).abs() <= 5e-7, "{text}: {cell} {value}");
        }
    }
}

/// Width and height of a PNG.
pub(super) fn png_size(bytes: &[u8]) -> (u32, u32) {
    assert_eq!(&bytes[..8], b"\x89PNG\r\n\x1a\n", "no PNG");
    assert_eq!(&bytes[12..16], b"IHDR");
    let at = |from: usize| u32::from_be_bytes(bytes[from..from + 4].try_into().unwrap());
    (at(16), at(20))
}

#[test]
fn a_picture_has_the_size_that_was_asked_and_the_same_bytes_each_time() {
    let house = with_fleet(CONFIG);
    let q = "name,walk.gauge,:eq,:sum,(,nf.node,),:by,:area,:stack";
    let ask = |params: &str| {
        let answer = house.graph(q, &format!("{params}&{}", window()));
        let answer = answer.with_status(200);
        assert_eq!(answer.content_type, "image/png");
        answer
    };
    let first = ask("");
    // The plot is 700 wide; its axis and the margin stand beside it.
    assert_eq!(png_size(&first.body).0, 788);
    assert_eq!(first, ask(""));
    let small = ask("layout=image&w=320&h=200");
    assert_eq!(png_size(&small.body), (320, 200));
    let double = ask("layout=image&w=320&h=200&zoom=2");
    assert_eq!(png_size(&double.body), (640, 400));
    let other = house
        .graph("name,walk.rate,:eq,:sum", &window())
        .with_status(200);
    assert_ne!(first.body, other.body, "another query is another picture");
}

#[test]
fn tags_list_what_was_published() {
    let house = with_fleet(CONFIG);
    let list = |path: &str| house.get(path).with_status(200).json();
    let keys = list("/api/v1/tags?q=nf.app,walk,:eq");
    assert_eq!(keys, json!(["atlas.dstype", "name", "nf.app", "nf.node"]));
    let names = list("/api/v1/tags/name?q=nf.app,walk,:eq");
    assert_eq!(names, json!(["walk.gauge", "walk.rate", "walk.sum"]));
    let nodes = list("/api/v1/tags/nf.node?q=name,walk.sum,:eq");
    assert_eq!(nodes, json!(["i-0", "i-1", "i-2", "i-3"]));
}

#[test]
fn a_bad_datapoint_is_named_and_the_good_ones_are_kept() {
    let house = House::held(CONFIG, T0 + 2000);
    let payload = json!({"tags": {"nf.node": "i-1"}, "metrics": [
        metric("good", "i-1", "gauge", T0, 1.0),
        {"tags": {"no-name": "x"}, "timestamp": T0, "value": 2},
        metric("bad name", "i-1", "gauge", T0, 3.0),
        metric("old", "i-1", "gauge", T0 - 3_600_000, 4.0),
    ]});
    let body = house.publish(&payload).with_status(202).json();
    let fields: Vec<&String> = body.as_object().unwrap().keys().collect();
    assert_eq!(fields, ["errorCount", "message", "type"]);
    assert_eq!(body["type"], "partial");
    assert_eq!(body["errorCount"], 3);
    let messages: Vec<&str> = body["message"]
        .as_array()
        .unwrap()
        .iter()
        .map(|message| message.as_str().unwrap())
        .collect();
    assert_eq!(
        messages[0],
        r#"missing key 'name' (tags={"nf.node":"i-1","no-name":"x"})"#
    );
    assert!(messages[1].starts_with("invalid characters in value: name = [bad name]"));
    assert!(
        messages[1]
            .ends_with(r#" (tags={"atlas.dstype":"gauge","name":"bad name","nf.node":"i-1"})"#)
    );
    assert!(
        messages[2].starts_with("data is too old: now = "),
        "{messages:?}"
    );
    assert_eq!(house.value_at("name,good,:eq,:sum", T0), Some(1.0));
    let names = house.get("/api/v1/tags/name?q=nf.node,i-1,:eq").json();
    assert_eq!(names, json!(["good"]));
}

#[test]
fn payloads_without_good_datapoints_are_refused() {
    let house = House::held(CONFIG, T0 + 2000);
    for empty in [json!({}), json!({"metrics": []}), json!([])] {
        let body = house.publish(&empty).with_status(400).json();
        assert_eq!(body, json!({"type": "error", "message": "empty payload"}));
    }
    let bad = json!({"metrics": [{"tags": {"a": "b"}, "timestamp": T0, "value": 1}]});
    let body = house.publish(&bad).with_status(400).json();
    assert_eq!(body["type"], "error");
    assert_eq!(body["errorCount"], 1);
}

#[test]
fn an_error_says_what_clients_know_and_what_helps() {
    let house = House::held(CONFIG, T0 + 2000);
    let answer = house.graph("name,walk.gauge,:eq,:summ", "format=json");
    let body = answer.with_status(400).json();
    assert_eq!(body["type"], "error");
    assert_eq!(
        body["message"],
        "IllegalStateException: unknown word ':summ'"
    );
    let error = &body["error"];
    assert_eq!(error["span"], json!({"start": 20, "end": 25}));
    assert_eq!(error["nearest"], "sum");
    let mismatch = house.graph("name,walk.gauge,:eq,:rolling-count", "format=json");
    let body = mismatch.with_status(400).json();
    assert!(body["error"]["expected"].is_array(), "{body}");
    let format = house.graph("1", "format=gif").with_status(404).json();
    let hint = format["error"]["hint"].as_str().unwrap();
    assert!(hint.contains("v2.json"), "{hint}");
}

/// Every answer of a server with the fleet, for comparison.
fn answers(house: &House) -> Vec<Answer> {
    let window = window();
    let graphs = [
        ("name,walk.gauge,:eq,:sum", "format=json"),
        ("name,walk.sum,:eq,:avg,(,nf.node,),:by", "format=json"),
        ("nf.app,walk,:eq,:max,(,name,nf.node,),:by", "format=csv"),
        ("nf.app,walk,:eq,:sum,(,name,),:by", "format=v2.json"),
        ("name,walk.rate,:eq,:count,1,:gt", "format=png"),
        ("name,nothing,:eq,:sum", "format=json"),
    ];
    let mut answers: Vec<Answer> = graphs
        .iter()
        .map(|(q, format)| house.graph(q, &format!("{format}&{window}")))
        .collect();
    answers.push(house.get("/api/v1/tags?q=nf.app,walk,:eq"));
    answers.push(house.get("/api/v1/tags/nf.node?q=nf.app,walk,:eq&verbose=1"));
    for answer in &answers {
        assert_eq!(answer.status, 200, "{}", answer.text());
    }
    answers
}

#[test]
fn a_restart_changes_no_answer() {
    let mut house = with_fleet(CONFIG);
    let before = answers(&house);
    let digest = house.running().engine().digest();
    house.restart();
    assert_eq!(before, answers(&house));
    assert_eq!(digest, house.running().engine().digest());
    // And it goes on taking data.
    let more = json!({"metrics": [metric("more", "i-9", "gauge", T0 + 2 * STEP_MS, 5.0)]});
    house.publish(&more).with_status(200);
    house.restart();
    let at = T0 + 2 * STEP_MS;
    assert_eq!(house.value_at("name,more,:eq,:sum", at), Some(5.0));
}

#[test]
fn the_number_of_partitions_changes_no_answer() {
    let with = |partitions: u32, threads: u32| {
        let config = format!(
            "[store]\nstep = \"10s\"\npartitions = {partitions}\n[graph]\ntimezone = \"UTC\"\n\
             [query]\nthreads = {threads}\n"
        );
        answers(&with_fleet(&config))
    };
    let one = with(1, 1);
    for (partitions, threads) in [(2, 2), (4, 1), (4, 4)] {
        let many = with(partitions, threads);
        for (one, many) in one.iter().zip(&many) {
            assert_eq!(one, many, "P = {partitions}, {threads} threads");
        }
    }
}

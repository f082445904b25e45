//! The judge of ingest cases, given a right and a wrong record of each kind.

use std::path::Path;

use serde_json::{Value, json};
use telamon_tests::conformance::ingest;

/// Two records: what a server does, and something else at one place.
fn right_and_wrong(right: &Value, place: &str, wrong: Value) -> String {
    let mut other = right.clone();
    *other.pointer_mut(place).unwrap() = wrong;
    format!("{right}\n{other}\n")
}

fn write(folder: &Path, file: &str, records: &str) {
    let path = folder.join(file);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, records).unwrap();
}

/// A gauge of three letters, published in chunks after the server said that it wants them.
fn publish() -> Value {
    json!({
        "key": "one",
        "request": {
            "method": "POST",
            "path": "/api/v1/publish",
            "headers": [["Content-Type", "application/json"], ["Expect", "100-continue"]],
            "body": [
                "{\"metrics\":[",
                {
                    "repeat": 2,
                    "text": "{\"tags\":{\"name\":\"abc\",\"id\":\"n{{i}}\",\"atlas.dstype\":\"gauge\"},\
                             \"timestamp\":{{now_ms-20000}},\"value\":2.5}",
                    "join": ","
                },
                "]}"
            ],
            "encode": ["utf-16"],
            "chunked": [7, 90],
        },
        "response": {
            "status": 200,
            "headers": [["Netflix-Endpoint", "/api/v1/publish"]],
            "interim": "HTTP/1.1 100 Continue",
            "body": "",
            "compare": "exact",
            "stored": [{
                "tags": {"name": "abc", "id": ["n0", "n1"], "atlas.dstype": "gauge"},
                "values": [5.0],
            }],
        },
    })
}

/// A line of each kind that the rules of publishing let in, and one that they do not.
fn lines() -> Value {
    json!({
        "key": "three",
        "packet": "c:abc,id=x:5\nm:abcd:2\nc:q:1\nbad",
        "lines": [],
        "first_flush": [
            {"name": "abc", "tags": {"id": "x", "statistic": "count"}, "value": 5.0},
            {"name": "abcd", "tags": {"statistic": "max"}, "value": 2.0},
            {"name": "q", "tags": {"statistic": "count"}, "value": 1.0},
        ],
    })
}

#[test]
fn right_records_pass_and_wrong_ones_do_not() {
    let folder = tempfile::tempdir().unwrap();
    let normalise = json!({
        "key": "two", "step_ms": 10_000, "dstype": "rate", "window_steps": [-4, 29],
        "requests": [[[5000, 2.0]], [[15_000, 4.0]]], "values": [[0, 1.0], [1, 3.0]],
    });
    let plain = json!({
        "id": "four", "method": "POST", "uri": "/api/v1/publish", "headers": {}, "status": 400,
        "content_type": "application/json", "request_body": "{}",
        "body": {"type": "error", "message": "empty payload"},
    });
    for (file, records) in [
        (
            "ingest/publish.jsonl",
            right_and_wrong(&publish(), "/response/stored/0/values/0", json!(2.5)),
        ),
        (
            "ingest/normalise.jsonl",
            right_and_wrong(&normalise, "/values/1/1", json!(4.0)),
        ),
        (
            "ingest/lines.jsonl",
            right_and_wrong(&lines(), "/first_flush/0/value", json!(6.0)),
        ),
        (
            "publish/publish.jsonl",
            right_and_wrong(&plain, "/body/message", json!("no payload")),
        ),
    ] {
        write(folder.path(), file, &records);
    }
    let results = ingest::run(folder.path(), None).unwrap();
    let counts: Vec<String> = results.iter().map(ToString::to_string).collect();
    for result in &results {
        for difference in &result.differences {
            println!("{difference}");
        }
    }
    assert_eq!(
        counts,
        [
            "conformance: ingest/publish 1/2 (differences 0, planned 0)",
            "conformance: ingest/normalise 1/2 (differences 0, planned 0)",
            "conformance: ingest/lines 1/2 (differences 0, planned 0)",
            "conformance: publish 1/2 (differences 0, planned 0)",
        ]
    );
}

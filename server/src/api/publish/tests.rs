use std::io::Write;

use flate2::Compression;
use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};
use serde_json::Value;

use crate::testing::{Answer, TestServer, recorded};

/// When the recorded clock stood.
const NOW: i64 = 1_700_000_003_456;

/// Fills the placeholders of times.
fn fill(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("{{") {
        out.push_str(before);
        let (name, tail) = after.split_once("}}").unwrap();
        let value = match name {
            "now_s" => Some(NOW / 1000),
            "step_ms" => Some(NOW / 10_000 * 10_000),
            "now_ms" | "server_now" => Some(NOW),
            _ => name
                .strip_prefix("now_ms")
                .and_then(|shift| shift.parse::<i64>().ok())
                .map(|shift| NOW + shift),
        };
        match value {
            Some(value) => out.push_str(&value.to_string()),
            None => out.push_str(&format!("{{{{{name}}}}}")),
        }
        rest = tail;
    }
    out + rest
}

/// The body of a request; `None` where this test does not build it.
fn body(request: &Value) -> Option<Vec<u8>> {
    let text = match &request["body"] {
        Value::Null if request.get("body_hex").is_some() => return None,
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(parts) => parts.iter().map(part).collect(),
        _ => return None,
    };
    let mut bytes = fill(&text).into_bytes();
    for step in request["encode"].as_array().into_iter().flatten() {
        bytes = encode(bytes, step)?;
    }
    Some(bytes)
}

fn part(part: &Value) -> String {
    let Some(text) = part["text"].as_str() else {
        return part.as_str().unwrap().to_owned();
    };
    let count = part["repeat"].as_u64().unwrap();
    let join = part["join"].as_str().unwrap_or_default();
    let texts: Vec<String> = (0..count)
        .map(|i| text.replace("{{i}}", &i.to_string()))
        .collect();
    texts.join(join)
}

fn encode(bytes: Vec<u8>, step: &Value) -> Option<Vec<u8>> {
    let gzip = |bytes: &[u8]| {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    };
    if let Some(name) = step.as_str() {
        return Some(match name {
            "gzip" => gzip(&bytes),
            "gzip2" => [gzip(&bytes[..50]), gzip(&bytes[50..])].concat(),
            "zlib" => {
                let mut encoder = ZlibEncoder::new(Vec::new(), Compression::fast());
                encoder.write_all(&bytes).unwrap();
                encoder.finish().unwrap()
            }
            "deflate" => {
                let mut encoder = DeflateEncoder::new(Vec::new(), Compression::fast());
                encoder.write_all(&bytes).unwrap();
                encoder.finish().unwrap()
            }
            _ => return None,
        });
    }
    let mut bytes = bytes;
    if let Some(end) = step["truncate"].as_i64() {
        let length = i64::try_from(bytes.len()).unwrap();
        bytes.truncate(usize::try_from(if end < 0 { length + end } else { end }).unwrap());
        return Some(bytes);
    }
    if let Some(hex) = step["append"].as_str() {
        let pairs = hex.as_bytes().chunks(2);
        let digits = pairs.map(|pair| std::str::from_utf8(pair).unwrap());
        bytes.extend(digits.map(|pair| u8::from_str_radix(pair, 16).unwrap()));
        return Some(bytes);
    }
    None
}

/// Whether the answer is the recorded one; where the reference fails with 500, a 400 is right.
fn agrees(response: &Value, answer: &Answer) -> bool {
    let status = u64::from(answer.status.as_u16());
    if response["status"] == 500 {
        return status == 400;
    }
    if response["status"] != status {
        return false;
    }
    if response["compare"] == "shape" {
        let body = answer.json();
        return body["type"] == "error" && body["message"].is_string();
    }
    let endpoint = response["headers"]
        .as_array()
        .into_iter()
        .flatten()
        .find_map(|header| {
            (header[0] == "Netflix-Endpoint")
                .then(|| header[1].as_str())
                .flatten()
        });
    if endpoint != answer.header("netflix-endpoint") {
        return false;
    }
    let expected = fill(response["body"].as_str().unwrap_or_default());
    let ours = answer.text();
    // The age depends on the recorder's clock.
    if expected.contains("{{age}}") {
        return true;
    }
    match serde_json::from_str::<Value>(&expected) {
        Ok(mut expected) => {
            let mut ours = answer.json();
            // Beside plain errors stands what only we say.
            if expected.get("errorCount").is_none()
                && let Some(fields) = ours.as_object_mut()
            {
                fields.remove("error");
            }
            expected.as_object_mut().is_some() && expected == ours
        }
        Err(_no_json) => expected == ours,
    }
}

#[tokio::test]
async fn publish_answers_as_recorded() {
    let Some(cases) = recorded("ingest/publish.jsonl") else {
        return;
    };
    let server = TestServer::held("[store]\nstep = \"10s\"\n", NOW).await;
    let (mut agreeing, mut total) = (0, 0);
    for case in &cases {
        let request = &case["request"];
        let Some(body) = body(request) else { continue };
        total += 1;
        let headers: Vec<(&str, &str)> = request["headers"]
            .as_array()
            .unwrap()
            .iter()
            .map(|header| (header[0].as_str().unwrap(), header[1].as_str().unwrap()))
            .collect();
        let method = request["method"].as_str().unwrap();
        let answer = server
            .send(method, request["path"].as_str().unwrap(), &headers, body)
            .await;
        if agrees(&case["response"], &answer) {
            agreeing += 1;
        } else {
            let text: String = answer.text().chars().take(200).collect();
            let expected = case["response"].to_string();
            let expected: String = expected.chars().take(300).collect();
            println!(
                "{}: {} {text}\n    expected {expected}",
                case["key"], answer.status
            );
        }
    }
    println!("{agreeing} of {total} agree");
    assert!(agreeing * 100 >= total * 95, "{agreeing} of {total}");
    server.running.stop().await.unwrap();
}

#[tokio::test]
async fn what_was_published_is_in_the_graph_and_among_the_tags() {
    let server = TestServer::held("[store]\nstep = \"10s\"\n", NOW).await;
    let datapoint = |name: &str, dstype: &str, at: i64, value: f64| {
        format!(
            "{{\"tags\":{{\"name\":\"{name}\",\"atlas.dstype\":\"{dstype}\"}},\
             \"timestamp\":{at},\"value\":{value}}}"
        )
    };
    let points = [
        datapoint("level", "gauge", NOW - 30_000, 4.0),
        datapoint("level", "gauge", NOW - 20_000, 7.5),
        datapoint("amount", "sum", NOW - 20_000, 2.0),
        datapoint("amount", "sum", NOW - 20_001, 3.0),
    ];
    let body = format!("{{\"metrics\":[{}]}}", points.join(","));
    let answer = server.publish(body).await;
    assert_eq!((answer.status.as_u16(), answer.text().as_str()), (200, ""));
    let uri = "/api/v1/graph?q=name,level,:eq,:max,name,amount,:eq,:sum&s=e-30s&format=json";
    let graph = server.get(uri).await.json();
    assert_eq!(graph["legend"], serde_json::json!(["level", "amount"]));
    let end = NOW / 10_000 * 10_000;
    assert_eq!(graph["start"], end - 20_000);
    let rows = serde_json::json!([[4.0, "NaN"], [7.5, 5.0], ["NaN", "NaN"]]);
    assert_eq!(graph["values"], rows);
    assert_eq!(
        server.get("/api/v1/tags/name").await.json(),
        serde_json::json!(["amount", "level"])
    );
    let counted = server
        .get("/api/v1/tags/atlas.dstype?counts=1&limit=1")
        .await;
    let expected = r#"[{"key":"atlas.dstype","value":"gauge","count":1}]"#;
    assert_eq!(counted.text(), expected);
    assert_eq!(
        counted.header("x-nflx-atlas-next-offset"),
        Some("atlas.dstype,gauge")
    );
    server.running.stop().await.unwrap();
}

#[tokio::test]
async fn new_series_have_a_limit_and_known_ones_go_on() {
    let server = TestServer::held("[ingest]\nseries_max = 2\n", NOW).await;
    let mut statuses = Vec::new();
    for name in ["aa", "bb", "cc", "aa"] {
        let body = format!(
            "{{\"metrics\":[{{\"tags\":{{\"name\":\"{name}\"}},\"timestamp\":{NOW},\"value\":1}}]}}"
        );
        let answer = server.publish(body).await;
        statuses.push(answer.status.as_u16());
        if name == "cc" {
            assert!(
                answer.text().contains("ingest.series_max = 2"),
                "{}",
                answer.text()
            );
        }
    }
    assert_eq!(statuses, [200, 200, 400, 200]);
    server.running.stop().await.unwrap();
}

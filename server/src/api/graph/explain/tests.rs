use axum::body::Body;
use serde_json::{Value, json};

use crate::explained::Explained;
use crate::testing::{Answer, TestServer};

const NOW_MS: i64 = 1_700_000_040_000;
const CONFIG: &str =
    "[store]\nstep = \"60s\"\n[graph]\ntimezone = \"UTC\"\n[query]\nlines_max = 2\n";

/// A server with three nodes, one of them with a second name; its clock stands still.
async fn server() -> TestServer {
    let server = TestServer::held(CONFIG, NOW_MS).await;
    let metrics: Vec<Value> = [("cpu", "a"), ("cpu", "b"), ("cpu", "c"), ("mem", "a")]
        .iter()
        .map(|(name, node)| {
            json!({"tags": {"name": name, "node": node, "atlas.dstype": "gauge"},
                   "timestamp": NOW_MS, "value": 2})
        })
        .collect();
    let answer = server
        .publish(json!({"metrics": metrics}).to_string())
        .await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    server
}

/// Two points: the one that primes operators, and the one with values.
fn uri(program: &str) -> String {
    let (start, end) = (NOW_MS - 60_000, NOW_MS + 60_000);
    format!("/api/v1/graph?q={program}&s={start}&e={end}&explain=1")
}

async fn explain(program: &str) -> Value {
    let server = server().await;
    let answer = server.get(&uri(program)).await;
    server.running.stop().await.unwrap();
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.header("content-type"), Some("application/json"));
    // What is written can be read again.
    let read: Explained = serde_json::from_slice(&answer.body).unwrap();
    assert_eq!(serde_json::to_value(&read).unwrap(), answer.json());
    answer.json()
}

#[tokio::test]
async fn every_stage_is_told() {
    let told = explain("name,mem,:eq,:sum,2,:mul").await;
    assert_eq!(
        told["stages"],
        json!([
            {"stage": "parse", "ms": 0.0, "counts": {"expressions": 1}},
            {"stage": "plan", "ms": 0.0, "counts": {"data": 1, "scans": 1, "series": 1, "points": 2}},
            {"stage": "fetch", "ms": 0.0, "counts": {"lines": 1, "values": 1}},
            {"stage": "eval", "ms": 0.0, "counts": {"lines": 1, "values": 1}},
            {"stage": "empty", "ms": 0.0, "counts": {"data": 0}},
        ])
    );
    assert_eq!(
        told["stacks"][2],
        json!({"token": ":eq", "span": [9, 12], "below": 0, "frozen": 0,
               "stack": [{"kind": "query", "text": "name,mem,:eq"}]})
    );
    assert_eq!(
        told["scans"],
        json!([{"query": "name,mem,:eq", "grouping": "together", "slots": 2, "slots_per_point": 1,
                "series": 1, "groups": 1, "points": 2}])
    );
    assert_eq!(
        told["data"],
        json!([{"text": "name,mem,:eq,:sum", "scan": 0, "lines": 1, "values": 1}])
    );
    assert_eq!(told["expressions"][0]["operators"][0]["text"], ":mul");
    assert_eq!(told["empty"], json!([]));
    assert_eq!(told["step"], 60_000);
}

#[tokio::test]
async fn an_empty_result_says_which_test_and_what_exists() {
    let told = explain("name,cpu,:eq,node,d,:eq,:and,:sum").await;
    let empty = &told["empty"][0];
    assert_eq!(empty["cause"], "test");
    assert_eq!(empty["removed_by"], json!(["node,d,:eq"]));
    assert_eq!(
        empty["existing"][0]["nearest"],
        json!([["a", 1], ["b", 1], ["c", 1]])
    );
    assert_eq!(
        empty["tests"],
        json!([{"test": "name,cpu,:eq", "alone": 3, "left": 3},
               {"test": "node,d,:eq", "alone": 0, "left": 0}])
    );
}

#[tokio::test]
async fn a_limit_is_obeyed_and_explained() {
    let told = explain("name,cpu,:eq,:sum,(,node,),:by").await;
    assert_eq!(
        told["error"],
        "IllegalArgumentException: requirement failed: too many lines: 3 > 2"
    );
    assert_eq!(told["scans"][0]["groups"], 3);
    assert_eq!(told["data"][0]["lines"], Value::Null);
}

#[tokio::test]
async fn it_can_be_posted_and_mistakes_are_answered_as_always() {
    let server = server().await;
    let form = [("content-type", "application/x-www-form-urlencoded")];
    let post = async |body: &'static str| -> Answer {
        server
            .send("POST", "/api/v1/graph", &form, Body::from(body))
            .await
    };
    let answer = post("q=name,mem,:eq&explain=1").await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.json()["query"], "name,mem,:eq");
    let browser = [("user-agent", "Mozilla/5.0")];
    let uri = uri("name,mem,:eqq");
    let answer = server.send("GET", &uri, &browser, Body::empty()).await;
    assert_eq!(answer.status, 400, "an explanation is never a picture");
    assert_eq!(answer.json()["error"]["nearest"], "eq");
    server.running.stop().await.unwrap();
}

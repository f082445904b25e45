use axum::body::Body;
use axum::http::HeaderValue;
use http_body_util::BodyExt;
use serde_json::{Value, json};

use crate::api::graph::request::GraphRequest;
use crate::api::params::Params;
use crate::telemetry::names::Metric;
use crate::testing::{Answer, TestServer};

const HOUR_MS: i64 = 3_600_000;
const NOW_MS: i64 = 1_700_000_040_000;
/// Streams end after the step of the data.
const END_MS: i64 = NOW_MS + 60_000;
const CONFIG: &str = "[store]\nstep = \"60s\"\n[graph]\ntimezone = \"UTC\"\n[query]\nlines_max = 2\n\
                      datapoints_max = 120\nstreams_max = 1\n";

/// A server with two nodes, one of them with a second name.
async fn server() -> TestServer {
    let server = TestServer::held(CONFIG, NOW_MS).await;
    let metrics: Vec<Value> = [("cpu", "a"), ("cpu", "b"), ("mem", "a")]
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

/// The events of an answer.
fn events(answer: &Answer) -> Vec<Value> {
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.header("content-type"), Some("text/event-stream"));
    let text = answer.text();
    assert!(text.ends_with("\n\n"), "{text}");
    text.trim_end()
        .split("\n\n")
        .map(|event| serde_json::from_str(event.strip_prefix("data: ").unwrap()).unwrap())
        .collect()
}

fn uri(q: &str, more: &str) -> String {
    let start = END_MS - 2 * HOUR_MS;
    format!("/api/v2/fetch?q={q}&s={start}&e={END_MS}{more}")
}

fn types(events: &[Value]) -> Vec<&str> {
    events
        .iter()
        .map(|event| event["type"].as_str().unwrap())
        .collect()
}

#[tokio::test]
async fn a_stream_begins_with_a_heartbeat_and_has_a_line_for_each_chunk() {
    let server = server().await;
    let answer = server.get(&uri("1", "")).await;
    assert_eq!(answer.header("cache-control"), Some("no-cache"));
    let events = events(&answer);
    assert_eq!(
        events[0],
        json!({"type": "info", "message": "heartbeat"}),
        "at once"
    );
    assert_eq!(
        events[3],
        json!({"type": "close", "message": "operation complete"})
    );
    let start = END_MS - 2 * HOUR_MS;
    for (line, from) in events[1..3].iter().zip([start, start + HOUR_MS]) {
        assert_eq!(line["start"], from);
        assert_eq!(line["end"], from + HOUR_MS);
        assert_eq!(line["step"], 60_000);
        assert_eq!(line["label"], "1.0");
        assert_eq!(line["data"]["values"].as_array().unwrap().len(), 60);
        assert_eq!(line.get("color"), None);
    }
    server.running.stop().await.unwrap();
}

#[tokio::test]
async fn values_stand_in_their_chunk_and_lines_without_any_are_left_out() {
    let server = server().await;
    // The end of a range does not belong to it.
    let before = format!("/api/v2/fetch?q=name,cpu,:eq&s=e-2h&e={NOW_MS}");
    let none = events(&server.get(&before).await);
    assert_eq!(types(&none), ["info", "close"]);
    let answer = server.get(&uri("name,cpu,:eq,:sum,(,node,),:by", "")).await;
    let events = events(&answer);
    assert_eq!(
        types(&events),
        ["info", "timeseries", "timeseries", "close"]
    );
    for (line, node) in events[1..3].iter().zip(["a", "b"]) {
        assert_eq!(line["groupByKeys"], json!(["node"]));
        assert_eq!(line["label"], node);
        let tags = json!({"name": "cpu", "node": node, "atlas.offset": "0w"});
        assert_eq!(line["tags"], tags);
        assert_eq!(line["data"]["values"][59], 2.0);
        assert_eq!(line["id"].as_str().unwrap().len(), 40);
    }
    server.running.stop().await.unwrap();
}

#[tokio::test]
async fn mistakes_come_before_the_stream_and_failures_in_it() {
    let server = server().await;
    for (q, message) in [
        (":foo", "IllegalStateException: unknown word ':foo'"),
        (
            "1&w=0",
            "IllegalArgumentException: requirement failed: width must be positive (got 0)",
        ),
        (
            "1,7,:axis&hints=presentation-metadata",
            "IllegalArgumentException: invalid axis: 7",
        ),
    ] {
        let answer = server.get(&uri(q, "")).await;
        assert_eq!(answer.status, 400, "{q}");
        assert_eq!(answer.json()["message"], message);
    }
    for (q, message) in [
        (
            "1,99999,:delay",
            "IllegalArgumentException: requirement failed: window size must be between 1 and \
             86400: 99999",
        ),
        (
            ":true,:all",
            "IllegalArgumentException: requirement failed: too many lines: 3 > 2",
        ),
        (
            "NANO_OF_DAY,:time",
            "UnsupportedTemporalTypeException: Invalid field 'NanoOfDay' for get() method, use \
             getLong() instead",
        ),
        (
            "1,blue1,:color&hints=presentation-metadata",
            "IllegalArgumentException: requirement failed: color must be hex string [AA]RRGGBB",
        ),
    ] {
        let events = events(&server.get(&uri(q, "")).await);
        let [.., error, close] = events.as_slice() else {
            panic!("{events:?}");
        };
        assert_eq!(error["type"], "error", "{q}: {events:?}");
        assert_eq!(error["message"], message);
        assert_eq!(close["type"], "close");
    }
    server.running.stop().await.unwrap();
}

#[tokio::test]
async fn the_hint_tells_of_graph_axes_and_looks() {
    let server = server().await;
    let q = "1,f00,:color,2,1,:axis,:area,3,:lw&hints=presentation-metadata&ylabel.1=right&title=t";
    let events = events(&server.get(&uri(q, "")).await);
    let kinds = types(&events);
    assert_eq!(
        kinds[..5],
        [
            "graph-metadata",
            "plot-metadata",
            "plot-metadata",
            "info",
            "timeseries"
        ]
    );
    assert_eq!(events[0]["title"], "t");
    assert_eq!(events[0]["startTime"], END_MS - 2 * HOUR_MS + 60_000);
    assert_eq!(events[2]["id"], 1);
    assert_eq!(events[2]["ylabel"], "right");
    assert_eq!(events[4]["plot"], 0);
    assert_eq!(events[4]["color"], "ffff0000");
    assert_eq!(events[5]["plot"], 1);
    assert_eq!(events[5]["lineStyle"], "AREA");
    assert_eq!(events[5]["lineWidth"], 3.0);
    server.running.stop().await.unwrap();
}

#[tokio::test]
async fn the_limit_of_points_holds_for_a_chunk_and_not_for_the_stream() {
    let server = server().await;
    let graph = server
        .get(&format!("/api/v1/graph?q=1&s=e-2h&e={NOW_MS}&format=json"))
        .await;
    assert_eq!(graph.status, 400, "121 points are more than 120");
    let answer = server.get("/api/v2/fetch?q=1&s=e-7d").await;
    assert_eq!(events(&answer).len(), 2 + 7 * 24);
    server.running.stop().await.unwrap();
}

/// Opens a stream of the years since 1970 and reads its first piece.
async fn open(server: &TestServer) -> Body {
    let response = server.ask("GET", "/api/v2/fetch?q=1&s=0", &[], Body::empty());
    let response = response.await;
    assert_eq!(response.status(), 200);
    let mut body = response.into_body();
    let first = body.frame().await.unwrap().unwrap().into_data().unwrap();
    assert!(first.starts_with(b"data: {\"type\":\"info\""));
    body
}

#[tokio::test]
async fn nobody_who_reads_means_no_evaluation_and_whoever_leaves_frees_the_place() {
    let server = server().await;
    let telemetry = || &server.running.server().telemetry;
    let mut body = open(&server).await;
    assert!(telemetry().total(Metric::FetchChunks) < 3.0);
    for _ in 0..5 {
        body.frame().await.unwrap().unwrap();
    }
    assert!(telemetry().total(Metric::FetchChunks) < 8.0);
    let full = server.get("/api/v2/fetch?q=1&s=e-1h").await;
    assert_eq!(full.status, 503);
    assert_eq!(full.json()["message"], "too many streams are open");
    drop(body);
    drop(open(&server).await);
    server.running.stop().await.unwrap();
}

#[tokio::test]
async fn a_stop_ends_an_open_stream() {
    let server = server().await;
    let body = open(&server).await;
    let (stopped, rest) = tokio::join!(server.running.stop(), body.collect());
    stopped.unwrap();
    let rest = rest.unwrap().to_bytes();
    let text = String::from_utf8_lossy(&rest);
    assert!(text.contains("the server stops"), "{}", text.len());
    assert!(text.ends_with("\"operation complete\"}\n\n"));
}

#[tokio::test]
async fn a_plan_of_a_stream_ignores_the_width() {
    let server = server().await;
    let running = &server.running;
    let points = |parameters: &str| running.plan_of_fetch(parameters).unwrap().points;
    assert_eq!(points("q=name,cpu,:eq&s=e-1d&w=10"), 24 * 60);
    assert_eq!(points("q=name,cpu,:eq&s=e-1d&w=10&step=1h"), 24);
    let params = Params::parse("q=1&s=e-1d&w=10");
    let config = &running.server().config;
    let now = telamon_model::Timestamp(NOW_MS);
    let graph = GraphRequest::read(&params, config, now).unwrap();
    assert!(graph.window.context.points() <= 12);
    server.running.stop().await.unwrap();
}

#[tokio::test]
async fn events_are_not_compressed() {
    let server = server().await;
    let headers = [("accept-encoding", "gzip")];
    let answer = server
        .send("GET", &uri("1", ""), &headers, Body::empty())
        .await;
    assert_eq!(answer.headers.get("content-encoding"), None::<&HeaderValue>);
    assert_eq!(events(&answer).len(), 4);
    server.running.stop().await.unwrap();
}

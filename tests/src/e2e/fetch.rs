//! Streams of events: they come while they are made, a client that leaves ends them, and in pieces they
//! say what a graph says at once. Long queries in forms.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpStream;

use serde_json::{Value, json};

use super::harness::{Answer, House, Line, STEP_MS, T0, escape, number, wait_for};

const CONFIG: &str =
    "[store]\nstep = \"10s\"\n[graph]\ntimezone = \"UTC\"\n[ingest]\nage_max = \"1h\"\n";
/// Steps with data: two chunks and a half.
const STEPS: i32 = 150;
const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

/// The first time of the data.
fn start_ms() -> i64 {
    T0 - i64::from(STEPS) * STEP_MS
}

/// A server with three nodes: one all the time, one that begins in the second chunk, one with holes
/// that leaves there and comes back in the third.
fn with_nodes() -> House {
    let house = House::held(CONFIG, T0 + 1000);
    let mut metrics = Vec::new();
    for step in 0..STEPS {
        let mut add = |node: &str, value: f64| {
            metrics.push(json!({
                "tags": {"name": "wave", "node": node, "atlas.dstype": "gauge"},
                "timestamp": start_ms() + i64::from(step) * STEP_MS,
                "value": value,
            }));
        };
        add("all", f64::from(step % 7) + 0.1);
        if step >= 75 {
            add("late", f64::from(step * step % 11) - 3.3);
        }
        if !(55..125).contains(&step) && step % 5 != 0 {
            add("holes", f64::from(step % 4) * 1.7);
        }
    }
    house
        .publish(&json!({ "metrics": metrics }))
        .with_status(200);
    house
}

fn events(answer: &Answer) -> Vec<Value> {
    assert_eq!(answer.content_type, "text/event-stream");
    let text = answer.text();
    let events = text.split_terminator("\n\n");
    events
        .map(|event| serde_json::from_str(event.strip_prefix("data: ").unwrap()).unwrap())
        .collect()
}

/// Points by label, the pieces put together.
fn streamed(events: &[Value]) -> BTreeMap<String, Vec<(i64, f64)>> {
    let mut lines: BTreeMap<String, Vec<(i64, f64)>> = BTreeMap::new();
    for event in events {
        assert_ne!(event["type"], "error", "{event}");
        if event["type"] != "timeseries" {
            continue;
        }
        let label = event["label"].as_str().unwrap().to_owned();
        let points = lines.entry(label).or_default();
        let values = event["data"]["values"].as_array().unwrap();
        let start = event["start"].as_i64().unwrap();
        assert_eq!(event["step"], STEP_MS);
        let mut time = start;
        for cell in values {
            points.extend(number(cell).map(|value| (time, value)));
            time += STEP_MS;
        }
        assert_eq!(event["end"], time);
    }
    lines
}

#[test]
fn in_pieces_it_says_what_a_graph_says_at_once() {
    let house = with_nodes();
    let nodes = "name,wave,:eq,:sum,(,node,),:by";
    for word in [
        "",
        ",8,:rolling-count",
        ",8,:rolling-sum",
        ",8,3,:rolling-mean",
        ",8,:rolling-min",
        ",70,:rolling-max",
        ",7,:delay",
        ",90,:delay",
        ",3m,:trend",
        ",:integral",
        ",:derivative",
        ",10,0.1,0.5,:des",
        ",10,0.1,0.5,:sdes",
        ",5,:rolling-sum,:integral",
        ",:dup,5,:rolling-sum,:swap,5,:rolling-sum,:add",
    ] {
        let q = format!("{nodes}{word}");
        let (start, end) = (start_ms(), T0);
        let uri = format!("/api/v2/fetch?q={}&s={start}&e={end}", escape(&q));
        let mut lines = streamed(&events(&house.get(&uri).with_status(200)));
        // A graph of the range begins one step later, its end belongs to it.
        lines
            .values_mut()
            .for_each(|line| line.retain(|(time, _)| *time > start));
        lines.retain(|_, line| !line.is_empty());
        let params = format!("format=json&s={start}&e={}&w=2000", end - STEP_MS);
        let graph = house.graph(&q, &params).with_status(200).json();
        assert_eq!(graph["step"], STEP_MS);
        let graph = super::harness::lines_of_json(&graph).into_iter();
        let mut graph: BTreeMap<String, Vec<(i64, f64)>> = graph
            .filter(|line: &Line| !line.points.is_empty())
            .map(|line| (line.label, line.points))
            .collect();
        // A chunk without data of a node has no line of it, whatever a word remembers.
        let chunk_of = |time: i64| (time - start) / (60 * STEP_MS);
        for (node, empty) in [("late", 0), ("holes", 1)] {
            let is_told =
                |points: &Vec<(i64, f64)>| points.iter().any(|(time, _)| chunk_of(*time) == empty);
            if !lines.get(node).is_some_and(is_told)
                && let Some(points) = graph.get_mut(node)
            {
                points.retain(|(time, _)| chunk_of(*time) != empty);
            }
        }
        graph.retain(|_, line| !line.is_empty());
        assert!(!lines.is_empty(), "{q}");
        assert_eq!(lines, graph, "{q}");
    }
}

/// Reads events of an open answer, without the framing of its chunks.
fn next_event(stream: &mut BufReader<TcpStream>) -> Value {
    loop {
        let mut line = String::new();
        assert_ne!(stream.read_line(&mut line).unwrap(), 0, "the stream ended");
        if let Some(json) = line.strip_prefix("data: ") {
            return serde_json::from_str(json).unwrap();
        }
    }
}

#[test]
fn it_comes_while_it_is_made_and_ends_when_the_client_leaves() {
    let house = House::held(CONFIG, T0 + 1000);
    let mut stream = TcpStream::connect(house.http_address()).unwrap();
    // Decades in steps of ten seconds: nobody gets to the end of this.
    stream
        .write_all(b"GET /api/v2/fetch?q=1&s=0 HTTP/1.1\r\nHost: x\r\n\r\n")
        .unwrap();
    let mut stream = BufReader::new(stream);
    assert_eq!(next_event(&mut stream)["message"], "heartbeat");
    for chunk in 0..3 {
        let event = next_event(&mut stream);
        assert_eq!(event["start"], chunk * 60 * STEP_MS);
    }
    assert_eq!(house.metric("telamon_fetch_streams"), 1.0);
    drop(stream);
    wait_for("the end of the stream", || {
        // The chunk that was being evaluated may end a little later.
        let open = ["telamon_fetch_streams", "telamon_query_jobs"].map(|name| house.metric(name));
        (open == [0.0, 0.0]).then_some(())
    });
    let chunks = house.metric("telamon_fetch_chunks_total");
    assert!(chunks >= 3.0);
    assert_eq!(chunks, house.metric("telamon_fetch_chunks_total"));
}

#[test]
fn long_queries_come_in_forms() {
    let house = with_nodes();
    let ask = |path: &str, form: &str| house.post(path, &[FORM], form.as_bytes());
    let window = format!("s={}&e={T0}&format=json", T0 - 60_000);
    let q = "name,wave,:eq,:sum,(,node,),:by";
    let get = house.graph(q, &window).with_status(200);
    let form = format!("q={}&{window}", escape(q));
    assert_eq!(ask("/api/v1/graph", &form), get);
    assert_eq!(
        ask(&format!("/api/v1/graph?{window}"), &format!("q={q}&w=9")),
        { house.graph(q, &format!("{window}&w=9")) }
    );
    // Of both, the URL comes first.
    assert_eq!(ask(&format!("/api/v1/graph?{form}"), "q=:foo&s=x"), get);
    let long = format!("1{}", ",1,:add".repeat(1000));
    let get = house.get(&format!("/api/v1/graph?q={long}&{window}"));
    assert_eq!(get.status, 414);
    let graph = ask("/api/v1/graph", &format!("q={long}&{window}"));
    assert_eq!(graph.with_status(200).json()["values"][0][0], 1001.0);
    let stream = ask("/api/v2/fetch", &form).with_status(200);
    assert_eq!(streamed(&events(&stream)).len(), 3);
    let nodes = ask("/api/v1/tags/node", "q=name,wave,:eq").with_status(200);
    assert_eq!(nodes.json(), json!(["all", "holes", "late"]));
    let queries = ask("/api/v1/expr/queries", "q=a,b,:eq").with_status(200);
    assert_eq!(queries.json(), json!(["a,b,:eq"]));
    for (path, headers, body, status) in [
        ("/api/v1/graph", vec![FORM], "x".repeat(300_000), 413),
        ("/api/v1/graph", vec![FORM], "q=%zz".to_owned(), 400),
        ("/api/v1/graph", vec![], form.clone(), 405),
        (
            "/api/v1/graph",
            vec![("content-type", "text/plain")],
            form.clone(),
            405,
        ),
        ("/api/v1/rules", vec![FORM], form.clone(), 405),
    ] {
        let answer = house.post(path, &headers, body.as_bytes());
        assert_eq!(
            answer.status,
            status,
            "{path} {headers:?} {}",
            answer.text()
        );
        assert_eq!(answer.json()["type"], "error");
    }
}

use serde_json::Value;

use crate::testing::{Answer, TestServer, recorded};

/// Files of recorded requests and how many of their answers agree at least; the rest use words that
/// do not exist here yet.
const FLOORS: &[(&str, usize)] = &[
    ("bad_debug", 122),
    ("bad_normalize", 119),
    ("bad_std", 165),
    ("complete", 9),
    ("debug", 249),
    ("debug_std", 219),
    ("examples_debug", 66),
    ("examples_normalize", 72),
    ("examples_queries", 78),
    ("examples_std", 103),
    ("graphs_debug", 52),
    ("graphs_normalize", 196),
    ("graphs_queries", 194),
    ("graphs_rewrite", 49),
    ("graphs_strip", 241),
    ("limits", 14),
    ("normalize", 283),
    ("own_debug", 35),
    ("own_normalize", 32),
    ("own_queries", 34),
    ("own_rewrite", 36),
    ("own_strip", 234),
    ("queries", 138),
    ("requests", 33),
    ("rewrite", 87),
    ("strip", 248),
    ("vocab", 118),
];

/// The body without what only we say: the detail of errors, and texts about words.
fn comparable(body: &Value) -> Value {
    let mut body = body.clone();
    if let Some(fields) = body.as_object_mut() {
        fields.remove("error");
    }
    for candidate in body.as_array_mut().into_iter().flatten() {
        if let Some(fields) = candidate.as_object_mut() {
            fields.remove("signature");
            fields.remove("description");
        }
    }
    body
}

fn agrees(case: &Value, answer: &Answer) -> bool {
    case["status"] == u64::from(answer.status.as_u16())
        && (case["compare"] == "status"
            || case["body_text"].is_string()
            || comparable(&case["body"]) == comparable(&answer.json()))
}

#[tokio::test]
async fn answers_as_recorded() {
    let server = TestServer::start("").await;
    for &(file, floor) in FLOORS {
        let Some(cases) = recorded(&format!("expr/{file}.jsonl")) else {
            continue;
        };
        let mut agreeing = 0;
        for case in &cases {
            let uri = case["uri"].as_str().unwrap().replace('<', "%3C");
            let answer = server.get(&uri.replace('>', "%3E")).await;
            if agrees(case, &answer) {
                agreeing += 1;
                continue;
            }
            let ours = comparable(&answer.json());
            println!("{uri}\n  ours     {ours}\n  recorded {}", case["body"]);
        }
        println!("{file}: {agreeing} of {} agree", cases.len());
        assert!(agreeing >= floor, "{file}: {agreeing} < {floor}");
    }
    server.running.stop().await.unwrap();
}

#[tokio::test]
async fn answers_name_their_endpoint() {
    let server = TestServer::start("").await;
    for (method, uri, endpoint) in [
        ("GET", "/api/v1/expr?q=1", Some("/api/v1/expr")),
        ("GET", "/api/v1/expr", Some("/api/v1/expr")),
        ("GET", "/api/v1/expr?q=:foo", Some("/api/v1/expr")),
        ("GET", "/api/v1/expr/debug?q=1", Some("/api/v1/expr/debug")),
        (
            "GET",
            "/api/v1/expr/normalize?q=1",
            Some("/api/v1/expr/normalize"),
        ),
        ("GET", "/api/v1/expr/normalize", None),
        ("GET", "/api/v1/expr/foo?q=1", None),
        ("POST", "/api/v1/expr?q=1", None),
    ] {
        let answer = server.send(method, uri, &[], "").await;
        assert_eq!(
            answer.header("netflix-endpoint"),
            endpoint,
            "{method} {uri}"
        );
    }
    server.running.stop().await.unwrap();
}

/// Requests of a page with their answers: blocks that begin with `GET`.
fn documented(page: &str) -> Vec<(&str, Value)> {
    let blocks = page.split("```http\n").skip(1);
    let blocks = blocks.map(|block| block.split("```").next().unwrap());
    blocks
        .map(|block| {
            let (request, answer) = block.split_once('\n').unwrap();
            let uri = request.strip_prefix("GET ").unwrap();
            (uri, serde_json::from_str(answer).unwrap())
        })
        .collect()
}

#[tokio::test]
async fn answers_as_documented() {
    let server = TestServer::start("").await;
    let examples = documented(include_str!("../../../../docs/api/expr.md"));
    assert!(examples.len() >= 10, "{} examples", examples.len());
    for (uri, expected) in examples {
        assert_eq!(server.get(uri).await.json(), expected, "{uri}");
    }
    server.running.stop().await.unwrap();
}

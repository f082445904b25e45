use serde_json::Value;

use crate::testing::{Answer, TestServer, recorded};

/// Files of recorded requests.
const FILES: &str = "\
    bad_debug bad_normalize bad_std complete debug debug_std examples_debug \
    examples_normalize examples_queries examples_std graphs_debug graphs_normalize \
    graphs_queries graphs_rewrite graphs_strip limits normalize own_debug own_normalize \
    own_queries own_rewrite own_strip queries requests rewrite strip vocab";

/// How many answers agree at least; the others differ on purpose, see `docs/differences.md`.
const AGREEING_MIN: usize = 3889;

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
    let is_body = || match case["body_text"].as_str() {
        Some(text) => text == answer.text(),
        None => comparable(&case["body"]) == comparable(&answer.json()),
    };
    case["status"] == u64::from(answer.status.as_u16())
        && (case["compare"] == "status" || is_body())
}

#[tokio::test]
async fn answers_as_recorded() {
    let server = TestServer::start("").await;
    let (mut agreeing, mut total) = (0, 0);
    for file in FILES.split_whitespace() {
        for case in recorded(&format!("expr/{file}.jsonl")).unwrap_or_default() {
            let uri = case["uri"].as_str().unwrap();
            let answer = server
                .get(&uri.replace('<', "%3C").replace('>', "%3E"))
                .await;
            total += 1;
            if agrees(&case, &answer) {
                agreeing += 1;
            } else {
                let ours = comparable(&answer.json());
                println!("{uri}\n  ours     {ours}\n  recorded {}", case["body"]);
            }
        }
    }
    server.running.stop().await.unwrap();
    assert!(
        total == 0 || agreeing >= AGREEING_MIN,
        "{agreeing} of {total}"
    );
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

/// Clients of the reference are offered its words; ours run anyway, and are offered when asked for.
#[tokio::test]
async fn our_words_run_and_are_listed_on_request() {
    let server = TestServer::start("").await;
    let names = async |uri: &str| -> Vec<String> {
        let answer = server.get(uri).await.json();
        let names = answer.as_array().unwrap().iter();
        names
            .map(|word| word["name"].as_str().unwrap().to_owned())
            .collect()
    };
    let program = "name,sps,:eq,:sum,:log,5m";
    for vocabulary in ["", "&vocab=telamon"] {
        let uri = format!("/api/v1/expr/complete?q={program}{vocabulary}");
        let listed = names(&uri).await;
        assert!(listed.iter().any(|name| name == "trend"), "{uri}");
        let ours = listed.iter().filter(|name| *name == "rolling-sum").count();
        assert_eq!(ours, usize::from(!vocabulary.is_empty()), "{uri}");
    }
    for (path, expected) in [
        ("normalize?q=1,a,b,:eq,:log,:mul", "a,b,:eq,:sum,:log"),
        ("queries?q=a,b,:eq,5m,:delay", "a,b,:eq"),
        ("strip?q=a,b,:eq,0,:fill&r=style", "a,b,:eq,:sum,0.0,:fill"),
        (
            "rewrite?q=a,b,:eq,0.5,:quantile",
            "a,b,:eq,:sum,0.5,:quantile",
        ),
        ("debug?q=a,b,:eq,:round", "a,b,:eq,:sum,:round"),
    ] {
        let answer = server.get(&format!("/api/v1/expr/{path}")).await.text();
        assert!(answer.contains(expected), "{path}: {answer}");
    }
    let unknown = server
        .get("/api/v1/expr?q=1,:log&vocab=custom")
        .await
        .json();
    assert_eq!(
        unknown["message"],
        "IllegalStateException: unknown word ':log'"
    );
    let refused = server.get("/api/v1/expr?q=1,x,:rolling-sum").await.json();
    assert_eq!(
        refused["message"],
        "IllegalStateException: no matches for word ':rolling-sum' with stack [String,String], \
         candidates: [TimeSeriesExpr n:Int -- TimeSeriesExpr]"
    );
    assert_eq!(refused["error"]["expected"].as_array().unwrap().len(), 2);
    server.running.stop().await.unwrap();
}

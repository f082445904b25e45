//! What protects a server from a query: its limits, its time, and that it is alone when it panics.

use std::io::Write;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{Mutex, PoisonError};

use serde_json::json;
use telamon_query::exec::EvalError;
use telamon_query::limit::Limit;
use tracing_subscriber::fmt::MakeWriter;

use super::*;
use crate::testing::{Answer, TestServer};

const NOW: i64 = 1_700_000_041_000;

/// Three series with a value each.
async fn server(config: &str) -> TestServer {
    let server = TestServer::held(config, NOW).await;
    let metrics: Vec<serde_json::Value> = ["a", "b", "c"]
        .map(|app| {
            let tags = json!({"name": "demo", "app": app, "atlas.dstype": "gauge"});
            json!({"tags": tags, "timestamp": NOW - 11_000, "value": 1})
        })
        .into();
    let published = server
        .publish(json!({ "metrics": metrics }).to_string())
        .await;
    assert_eq!(published.status, 200);
    server
}

const BY: &str = "/api/v1/graph?s=e-1m&format=json&q=name,demo,:eq,:sum,(,app,),:by";
/// 77 bytes.
const LONG: &str = "name,aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa,:eq,:sum";

/// What is asked, and a value of the limit that does not allow it.
fn case(limit: Limit) -> (String, &'static str) {
    let graph = |q: &str| format!("/api/v1/graph?s=e-1m&format=json&q={q}");
    let grouped = || BY.to_owned();
    match limit {
        Limit::Text => (graph(LONG), "\"77B\""),
        Limit::StackItems => (graph("1,2,:add"), "1"),
        Limit::ListItems => (graph("(,1,2,),:call"), "1"),
        Limit::CallDepth => (graph("(,1,),:call"), "1"),
        Limit::Steps => (graph("1,2,:add"), "3"),
        Limit::ExprParts => (graph("name,demo,:eq,:sum"), "1"),
        Limit::ExprDepth => (graph("name,demo,:eq,:sum,1,:add"), "1"),
        Limit::Listing => (format!("/api/v1/expr/normalize?q={LONG}"), "\"77B\""),
        Limit::Pattern => (graph("app,([0-9]%7B9%7D-)%7B9%7Db,:re,:sum"), "\"64B\""),
        Limit::PatternSteps => (graph("app,a(?!b)c%7B9%7D,:re,:sum"), "9"),
        Limit::MatchSteps => (graph("name,demo,:eq,app,(a*)*(?!b),:re,:and,:sum"), "5"),
        Limit::EditSteps => (graph("1,1,abcdefghij,:s"), "11"),
        Limit::DataExprs => (graph("name,demo,:eq,:sum,name,demo,:eq,:max"), "1"),
        Limit::Lines | Limit::Groups | Limit::InputPoints => (grouped(), "2"),
        Limit::Datapoints | Limit::AnswerPoints => (grouped(), "20"),
        Limit::WorkPoints => (grouped(), "116"),
    }
}

fn reached(answer: &Answer) -> Option<String> {
    let limit = &answer.json()["error"]["limit"];
    limit["value"].as_u64()?;
    Some(limit["key"].as_str()?.to_owned())
}

#[tokio::test]
async fn every_limit_is_a_key_and_counted_when_it_is_reached() {
    let allowing = server("").await;
    for &limit in Limit::ALL {
        let key = limit.name();
        let (uri, too_little) = case(limit);
        let answer = allowing.get(&uri).await;
        assert_eq!(answer.status, 200, "{key}: {}", answer.text());
        let refusing = server(&format!("[query]\n{key} = {too_little}\n")).await;
        let answer = refusing.get(&uri).await;
        assert_eq!(answer.status, 400, "{key}: {}", answer.text());
        assert_eq!(reached(&answer).as_deref(), Some(key), "{}", answer.text());
        let error = answer.json();
        let hint = error["error"]["hint"].as_str().unwrap_or_default();
        assert!(hint.contains(&format!("query.{key} is ")), "{hint}");
        let counted = format!("telamon_query_limits_total{{limit=\"{key}\"}} 1\n");
        let metrics = refusing.get("/metrics").await.text();
        assert!(metrics.contains(&counted), "{key}: {metrics}");
    }
}

#[tokio::test]
async fn limits_are_counted_in_pictures_and_streams_too() {
    let server = server("[query]\nlines_max = 2\n").await;
    let agent = [("user-agent", "Mozilla/5.0")];
    let picture = BY.replace("format=json", "format=png");
    let answer = server.send("GET", &picture, &agent, "").await;
    assert_eq!(
        (answer.status.as_u16(), answer.header("content-type")),
        (200, Some("image/png"))
    );
    let stream = BY.replace("v1/graph", "v2/fetch");
    let answer = server.get(&stream).await.text();
    assert!(answer.contains("too many lines: 3 > 2"), "{answer}");
    let metrics = server.get("/metrics").await.text();
    let counted = "telamon_query_limits_total{limit=\"lines_max\"} 2\n";
    assert!(metrics.contains(counted), "{metrics}");
}

/// A query that never ends by itself, and tells when it begins.
fn endless(begun: SyncSender<()>) -> impl FnOnce(&Limits) -> Result<(), Problem> + Send + 'static {
    move |limits| {
        begun.send(()).unwrap();
        let flag = limits.cancel.clone().unwrap();
        while !flag.load(Ordering::Relaxed) {
            std::thread::yield_now();
        }
        Err(EvalError::Cancelled.into())
    }
}

async fn wait_until_idle(server: &TestServer) {
    while server.running.server().queries.jobs() > 0 {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    let metrics = server.get("/metrics").await.text();
    assert!(
        metrics.contains("telamon_query_cancelled_total 1\n"),
        "{metrics}"
    );
}

#[tokio::test]
async fn a_query_ends_with_its_time() {
    let test = server("[query]\ntime_max = \"20ms\"\n").await;
    let (begun, _begins) = sync_channel(1);
    let problem = test
        .running
        .server()
        .run_query("x", endless(begun))
        .await
        .unwrap_err();
    assert_eq!(problem.status, 503);
    assert_eq!(problem.limit_key(), Some("time_max"));
    wait_until_idle(&test).await;
}

#[tokio::test]
async fn a_query_ends_when_nobody_waits_for_it() {
    let test = server("").await;
    let (begun, begins) = sync_channel(1);
    let of_query = Arc::clone(test.running.server());
    let mut asked = tokio::task::JoinSet::new();
    asked.spawn(async move { of_query.run_query("x", endless(begun)).await });
    while begins.try_recv().is_err() {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    asked.shutdown().await;
    wait_until_idle(&test).await;
}

/// What is logged.
#[derive(Clone, Default)]
struct Book(Arc<Mutex<Vec<u8>>>);

impl Book {
    fn text(&self) -> String {
        let bytes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

impl Write for Book {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Book {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

#[tokio::test]
async fn a_panic_is_one_answer_with_an_id_that_the_log_knows() {
    let book = Book::default();
    let log = tracing_subscriber::fmt()
        .with_writer(book.clone())
        .with_ansi(false)
        .finish();
    let _logging = tracing::subscriber::set_default(log);
    let server = server("").await;
    let queries = &server.running.server().queries;
    for (index, uri) in [
        BY,
        "/api/v1/tags/app",
        "/api/v1/expr?q=1",
        "/api/v1/expr/normalize?q=1",
        "/api/v1/expr/complete?q=1",
        "/api/v2/fetch?q=1&s=e-1m",
    ]
    .into_iter()
    .enumerate()
    {
        queries.fault_after(0);
        let answer = server.get(uri).await;
        assert_eq!(answer.status, 500, "{uri}: {}", answer.text());
        assert_eq!(answer.json()["error"]["id"], "test", "{uri}");
        assert_eq!(answer.header("x-request-id"), Some("test"), "{uri}");
        let logged = book.text();
        let told = logged
            .lines()
            .filter(|line| line.contains("a fault made by a test"));
        assert!(
            told.clone().all(|line| line.contains("id=\"test\"")),
            "{logged}"
        );
        assert_eq!(told.count(), index + 1, "{uri}: {logged}");
        let answer = server.get(uri).await;
        assert_eq!(answer.status, 200, "{uri}: {}", answer.text());
    }
    // The second job of a stream is its first chunk: the answer has begun.
    queries.fault_after(1);
    let stream = server.get("/api/v2/fetch?q=1&s=e-1m").await;
    let text = stream.text();
    assert_eq!(stream.status, 200);
    assert!(text.contains("under the id test"), "{text}");
    assert!(
        text.ends_with("\"message\":\"operation complete\"}\n\n"),
        "{text}"
    );
    assert_eq!(
        server.get(BY).await.json()["legend"]
            .as_array()
            .unwrap()
            .len(),
        3
    );
    let metrics = server.get("/metrics").await.text();
    let counted = "telamon_query_refused_total{reason=\"panic\"} 7\n";
    assert!(metrics.contains(counted), "{metrics}");
}

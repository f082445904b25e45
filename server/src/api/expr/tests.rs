use crate::testing::{TestServer, recorded};

/// Asks recorded requests to one path and counts the answers that agree. Programs with words that
/// do not exist here yet cannot agree and are left out.
async fn check(path: &str, files: &[&str]) -> (usize, usize) {
    let server = TestServer::start("").await;
    let (mut agreeing, mut total) = (0, 0);
    for file in files {
        for case in recorded(file).unwrap_or_default() {
            let uri = case["uri"].as_str().unwrap();
            if uri.split('?').next() != Some(path) {
                continue;
            }
            let answer = server.get(uri).await;
            let mut ours = answer.json();
            let unknown = ours["message"]
                .as_str()
                .is_some_and(|text| text.contains("unknown word"));
            if unknown && case["status"] == 200 {
                continue;
            }
            if let Some(fields) = ours.as_object_mut() {
                fields.remove("error");
            }
            total += 1;
            if case["status"] == u64::from(answer.status.as_u16()) && case["body"] == ours {
                agreeing += 1;
            } else {
                println!("{uri}\n  ours     {ours}\n  recorded {}", case["body"]);
            }
        }
    }
    server.running.stop().await.unwrap();
    println!("{agreeing} of {total} agree");
    (agreeing, total)
}

#[tokio::test]
async fn debug_answers_as_recorded() {
    let files = [
        "expr/debug.jsonl",
        "expr/examples_debug.jsonl",
        "expr/bad_debug.jsonl",
        "expr/requests.jsonl",
        "expr/vocab.jsonl",
    ];
    let (agreeing, total) = check("/api/v1/expr/debug", &files).await;
    assert!(agreeing * 100 >= total * 90, "{agreeing} of {total}");
}

#[tokio::test]
async fn queries_answer_as_recorded() {
    let files = [
        "expr/queries.jsonl",
        "expr/examples_queries.jsonl",
        "expr/own_queries.jsonl",
    ];
    let (agreeing, total) = check("/api/v1/expr/queries", &files).await;
    assert!(agreeing * 100 >= total * 90, "{agreeing} of {total}");
}

use serde_json::{Value, json};

use crate::testing::{TestServer, recorded};

const MINUTES: &str = "[store]\nstep = \"60s\"\n[graph]\ntimezone = \"US/Pacific\"";

/// Asks every recorded request again and counts the answers that agree. Prints the others.
async fn check(
    files: &[&str],
    agree: fn(&Value, &crate::testing::Answer) -> bool,
) -> (usize, usize) {
    let server = TestServer::start(MINUTES).await;
    let (mut agreeing, mut total) = (0, 0);
    for file in files {
        for case in recorded(file).unwrap_or_default() {
            // Without the reference's series, only programs of constants can agree.
            let uri = case["uri"].as_str().unwrap();
            if uri.contains("name,") || uri.contains("/fetch") || uri.contains("/lwc/") {
                continue;
            }
            total += 1;
            let headers: Vec<(&str, &str)> = case["headers"]
                .as_object()
                .into_iter()
                .flatten()
                .map(|(name, value)| (name.as_str(), value.as_str().unwrap()))
                .collect();
            let method = case["method"].as_str().unwrap();
            let body = case["request_body"].as_str().unwrap_or_default().to_owned();
            let answer = server.send(method, uri, &headers, body).await;
            if agree(&case, &answer) {
                agreeing += 1;
            } else {
                let text: String = answer.text().chars().take(300).collect();
                println!(
                    "{file} {method} {uri} {headers:?}: {} {text}",
                    answer.status
                );
                let expected = case["body"].to_string();
                let expected: String = expected.chars().take(300).collect();
                println!("    expected {} {expected}", case["status"]);
            }
        }
    }
    server.running.stop().await.unwrap();
    (agreeing, total)
}

/// Status and type agree, and where the record holds JSON or text, that too; our `error` beside the
/// reference's fields does not count.
fn agrees(case: &Value, answer: &crate::testing::Answer) -> bool {
    if case["status"] != u64::from(answer.status.as_u16()) {
        return false;
    }
    if case["compare"] == "status" {
        return true;
    }
    if case["content_type"].as_str() != answer.header("content-type") {
        return false;
    }
    let mut ours = answer.json();
    if let Some(fields) = ours.as_object_mut() {
        fields.remove("error");
    }
    match (&case["body"], &case["body_text"]) {
        (Value::Null, Value::String(text)) => *text == answer.text(),
        (Value::Null, _) => true,
        (body, _) => same(body, &ours),
    }
}

/// Equal apart from pictures and the last digits of numbers.
fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Array(a), Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b))
        }
        (Value::Object(a), Value::Object(b)) if a.get("type") == Some(&json!("graph-image")) => {
            a.get("type") == b.get("type")
        }
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len()
                && a.iter()
                    .all(|(key, a)| b.get(key).is_some_and(|b| same(a, b)))
        }
        (Value::Number(a), Value::Number(b)) => {
            let (a, b) = (a.as_f64().unwrap(), b.as_f64().unwrap());
            (a - b).abs() <= 1e-9 * a.abs().max(b.abs())
        }
        (a, b) => a == b,
    }
}

#[tokio::test]
async fn parameters_times_zones_and_steps_answer_as_recorded() {
    let files = [
        "errors/parameters.jsonl",
        "errors/parameters_v2.jsonl",
        "errors/parameters_png.jsonl",
        "errors/parameters_browser.jsonl",
        "errors/times.jsonl",
        "errors/timezones.jsonl",
        "errors/steps.jsonl",
        "errors/format.jsonl",
    ];
    let (agreeing, total) = check(&files, agrees).await;
    println!("{agreeing} of {total} agree");
    assert!(agreeing * 100 >= total * 98, "{agreeing} of {total}");
}

#[tokio::test]
async fn headers_and_methods_answer_as_recorded() {
    fn agrees_with_headers(case: &Value, answer: &crate::testing::Answer) -> bool {
        let names = case["response_headers"].as_object().into_iter().flatten();
        agrees(case, answer)
            && names
                .into_iter()
                .all(|(name, value)| answer.header(name) == value.as_str())
    }
    let files = [
        "errors/headers.jsonl",
        "errors/methods.jsonl",
        "errors/requests.jsonl",
    ];
    let (agreeing, total) = check(&files, agrees_with_headers).await;
    println!("{agreeing} of {total} agree");
    assert!(agreeing * 100 >= total * 60, "{agreeing} of {total}");
}

/// Whatever zone is accepted can be drawn and written.
#[tokio::test]
async fn every_zone_is_drawn() {
    let server = TestServer::start(MINUTES).await;
    let regions: Vec<String> = telamon_query::time::regions()
        .iter()
        .map(|name| name.replace('+', "%2B"))
        .collect();
    assert!(regions.len() > 500, "{} regions", regions.len());
    let others = [
        "UT",
        "UTC",
        "GMT",
        "Z",
        "UTC%2B1",
        "GMT-03:30",
        "UT%2B0",
        "-7",
        "%2B053015",
    ];
    let names = regions.iter().map(String::as_str).chain(others);
    for name in names {
        let answer = server
            .get(&format!("/api/v1/graph?q=1&s=e-5m&format=csv&tz={name}"))
            .await;
        assert_eq!(answer.status, 200, "{name}: {}", answer.text());
    }
    for name in others {
        let answer = server
            .get(&format!("/api/v1/graph?q=1&s=e-5m&w=200&h=100&tz={name}"))
            .await;
        assert_eq!(answer.status, 200, "{name}: {}", answer.text());
    }
    server.running.stop().await.unwrap();
}

/// What a person reads about a request that fails, from the JSON of the answer.
async fn told(server: &TestServer, query: &str) -> String {
    let uri = format!("/api/v1/graph?{query}&s=e-5m&format=json");
    let body = server.get(&uri).await.json();
    let error = &body["error"];
    let mut told = format!("{query}\n  {}\n", error["title"].as_str().unwrap_or("?"));
    if let (Some(start), Some(end)) = (
        error["span"]["start"].as_u64(),
        error["span"]["end"].as_u64(),
    ) {
        let params = crate::api::params::Params::parse(query);
        let parameter = error["parameter"].as_str().unwrap_or("q");
        let program = params.first(parameter).unwrap();
        let (start, end) = (
            usize::try_from(start).unwrap(),
            usize::try_from(end).unwrap(),
        );
        told.push_str(&format!("  at {}\n", &program[start..end]));
    }
    for field in ["parameter", "nearest", "hint"] {
        if let Some(text) = error[field].as_str() {
            told.push_str(&format!("  {field}: {text}\n"));
        }
    }
    told
}

#[tokio::test]
async fn every_error_says_what_to_do() {
    let server = TestServer::held("[query]\nlines_max = 2\n[store]\nstep = \"60s\"", 600_000).await;
    let tags = |node: usize| format!(r#"{{"name":"cpu","node":"i-{node}","app":"a"}}"#);
    let metrics: Vec<String> = (0..5)
        .map(|node| {
            format!(
                r#"{{"tags":{},"timestamp":600000,"value":1.0}}"#,
                tags(node)
            )
        })
        .collect();
    let body = format!(r#"{{"tags":{{}},"metrics":[{}]}}"#, metrics.join(","));
    assert_eq!(server.publish(body).await.status, 200);
    let mut text = String::new();
    for query in [
        // Evaluation.
        "q=1,name,cpu,:eq,(,node,),:by,2,:add",
        "q=name,cpu,:eq,(,app,),:by,name,cpu,:eq,(,node,),:by,:add",
        "q=name,cpu,:eq,:all,3,:div",
        "q=name,cpu,:eq,:sum,name,cpu,:eq,0,:rolling-count,:add",
        "q=name,cpu,:eq,5,0,:rolling-mean",
        "q=name,cpu,:eq,5,7,:rolling-mean",
        "q=name,cpu,:eq,0,0.1,0.1,:sdes",
        "q=name,cpu,:eq,(,app,),:by,mean,2,:topk",
        "q=name,cpu,:eq,(,app,),:by,mean,:stat",
        "q=NANO_OF_DAY,:time",
        "q=name,cpu,:eq,(,app,),:by,name,no,:eq,:all,:filter",
        // Presentation.
        "q=1,nonsense,:palette",
        "q=1,ares,:ls",
        "q=1,9,:axis",
        "q=1,xyz,:alpha",
        "q=name,cpu,:eq,[,b,:s",
        "q=name,cpu,:eq,hexa,:decode",
        "q=2012-13-45,now,:time-span",
        // Parameters.
        "",
        "q=1&format=jsn",
        "q=1&layout=imag",
        "q=1&theme=drak",
        "q=1&vision=protanopy",
        "q=1&features=unstabel",
        "q=1&palette=armitage",
        "q=1&scale=logarithmic",
        "q=1&tick_labels=decmal",
        "q=1&tz=Berlin",
        "q=1&tz=US/Pacfic",
        "q=1&w=wide",
        "q=1&h=-1",
        "q=1&zoom=x",
        "q=1&step=1x",
        "q=1&e=yesterday1",
        "q=1&s=now&e=now-1h",
        "q=1&l=5&u=1",
        "q=1&cq=name,cpu",
        "q=1&cq=name,cpu,:equal",
    ] {
        text.push_str(&told(&server, query).await);
    }
    expect_test::expect_file!["told.txt"].assert_eq(&text);
    server.running.stop().await.unwrap();
}

#[tokio::test]
async fn people_with_a_browser_get_a_picture_of_the_size_they_asked_for() {
    let server = TestServer::start(MINUTES).await;
    let browser = [("User-Agent", "Mozilla/5.0")];
    for theme in ["light", "dark"] {
        for (width, height) in [(1, 1), (40, 20), (700, 300), (2000, 1000)] {
            let uri = format!("/api/v1/graph?q=1,:smu&theme={theme}&w={width}&h={height}");
            let answer = server.send("GET", &uri, &browser, String::new()).await;
            assert_eq!(answer.status, 200, "{uri}");
            assert_eq!(answer.header("content-type"), Some("image/png"));
            let side = |at: usize| u32::from_be_bytes(answer.body[at..at + 4].try_into().unwrap());
            assert_eq!((side(16), side(20)), (width, height), "{uri}");
        }
    }
    server.running.stop().await.unwrap();
}

#[tokio::test]
async fn a_style_changes_the_picture_and_not_the_data() {
    let server = TestServer::held(MINUTES, 1_200_000).await;
    let uri = "/api/v1/graph?q=minuteOfHour,:time,2,x,:legend&s=e-1h&w=300&h=100";
    let body = async |rest: &str| server.get(&format!("{uri}&{rest}")).await.body;
    assert_eq!(body("style=atlas").await, body("").await);
    assert_ne!(body("style=telamon").await, body("").await);
    for format in ["csv", "json", "stats.json"] {
        let plain = body(&format!("format={format}")).await;
        // Parameters of old clients that mean nothing any more are ignored.
        let rest = format!("format={format}&style=telamon&number_format=%25d&callback=f");
        assert_eq!(body(&rest).await, plain, "{format}");
    }
    let wrong = server.get(&format!("{uri}&style=tlamon&format=json")).await;
    assert_eq!(wrong.status, 400);
    let error = &wrong.json()["error"];
    assert_eq!(
        (&error["parameter"], &error["nearest"]),
        (&"style".into(), &"telamon".into())
    );
    server.running.stop().await.unwrap();
}

#[tokio::test]
async fn data_frames_get_what_json_says() {
    let server = TestServer::held(MINUTES, 1_200_000).await;
    let uri = "/api/v1/graph?q=minuteOfHour,:time,2,x,:legend&s=e-3m";
    let json = server.get(&format!("{uri}&format=json")).await.json();
    let answer = server.get(&format!("{uri}&format=arrow")).await;
    assert_eq!(
        answer.header("content-type"),
        Some("application/vnd.apache.arrow.stream")
    );
    let rows: usize = json["values"]
        .as_array()
        .unwrap()
        .iter()
        .map(|at| at.as_array().unwrap().len())
        .sum();
    assert!(rows > 0);
    let values = json["values"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|at| at[0].as_f64());
    let values: Vec<u8> = values.flat_map(f64::to_le_bytes).collect();
    let has_values = answer
        .body
        .windows(values.len())
        .any(|bytes| bytes == values);
    assert!(has_values, "the first line stands in one piece");
    let tags = server.get("/api/v1/tags?format=arrow").await;
    assert_eq!(
        tags.header("content-type"),
        Some("application/vnd.apache.arrow.stream")
    );
    server.running.stop().await.unwrap();
}

#[tokio::test]
async fn an_error_says_where_and_what_was_meant() {
    let server = TestServer::start(MINUTES).await;
    let answer = server
        .get("/api/v1/graph?q=name,sps,:eq,:smu&format=json")
        .await;
    assert_eq!(answer.status, 400);
    let body = answer.json();
    assert_eq!(
        body["message"],
        "IllegalStateException: unknown word ':smu'"
    );
    assert_eq!(body["error"]["span"], json!({"start": 13, "end": 17}));
    assert_eq!(body["error"]["nearest"], "sum");
    assert_eq!(
        body["error"]["expected"],
        json!([":sum q:Query -- DataExpr"])
    );
    assert!(
        body["error"]["stack"]
            .as_array()
            .is_some_and(|stack| !stack.is_empty())
    );
    server.running.stop().await.unwrap();
}

#[tokio::test]
async fn svg_is_the_picture_with_names() {
    let server = TestServer::start(MINUTES).await;
    let uri = "/api/v1/graph?q=2,:sqrt,%3Croot%3E,:legend&s=e-5m&format=svg&w=300&h=100";
    let answer = server.send("GET", uri, &[], String::new()).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("content-type"), Some("image/svg+xml"));
    let text = answer.text();
    assert!(
        text.starts_with("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"388\""),
        "{text}"
    );
    assert!(text.contains("<title>&lt;root&gt;: 1.4 to 1.4"), "{text}");
    server.running.stop().await.unwrap();
}

#[tokio::test]
async fn words_of_the_configuration_are_known_everywhere() {
    let server = TestServer::start(
        "[language.words.double]\nprogram = \":dup,:add\"\nexamples = [\"1,:double\"]\n",
    )
    .await;
    let graph = server
        .get("/api/v1/graph?q=21,:double&s=e-1m&format=json")
        .await;
    assert_eq!(graph.json()["values"][0][0], 42.0, "{}", graph.text());
    for path in ["debug", "normalize", "queries"] {
        let answer = server
            .get(&format!("/api/v1/expr/{path}?q=21,:double"))
            .await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
    }
    let offered = server.get("/api/v1/expr/complete?q=21").await;
    assert!(offered.text().contains("\"double\""), "{}", offered.text());
    let slip = server.get("/api/v1/graph?q=21,:duble&format=json").await;
    assert_eq!(slip.json()["error"]["nearest"], "double");
    server.running.stop().await.unwrap();
}

/// Keywords and texts of a PNG that are not deflated.
fn png_texts(bytes: &[u8]) -> Vec<String> {
    let mut rest = &bytes[8..];
    let mut texts = Vec::new();
    while rest.len() >= 12 {
        let length = u32::from_be_bytes(rest[..4].try_into().unwrap());
        let (chunk, after) = rest[4..].split_at(4 + usize::try_from(length).unwrap());
        if chunk.starts_with(b"tEXt") {
            texts.push(String::from_utf8_lossy(&chunk[4..]).replace('\0', ": "));
        }
        rest = &after[4..];
    }
    texts
}

#[tokio::test]
async fn pictures_say_where_they_come_from_when_told_to() {
    let target = "/api/v1/graph?q=1&s=e-1h&e=2012-01-01T00:00&tz=UTC";
    let ask = async |config: &str, target: &str| {
        let server = TestServer::start(config).await;
        let host = [("host", "metrics:7101")];
        let answer = server.send("GET", target, &host, String::new()).await;
        server.running.stop().await.unwrap();
        answer
    };
    let told = format!("{MINUTES}\npng_metadata = true\n");
    assert_eq!(png_texts(&ask(MINUTES, target).await.body), [""; 0]);
    let expected = [
        format!("Source: http://metrics:7101{target}"),
        "Description: start=2011-12-31T23:01:00Z, end=2012-01-01T00:01:00Z".to_owned(),
    ];
    assert_eq!(png_texts(&ask(&told, target).await.body), expected);
    // A picture inside JSON has no text, its neighbours say the same.
    let inner = format!("{target}&format=v2.json");
    assert_eq!(
        ask(&told, &inner).await.text(),
        ask(MINUTES, &inner).await.text()
    );
}

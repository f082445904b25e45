//! The ugliest bodies: whatever comes, an answer that blames the sender, never a fault of ours, and
//! the data is untouched. The ugliest requests around them are in [`super::rude`].

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};

use super::harness::{House, T0};

const BODY_MAX: usize = 1 << 20;
const CONFIG: &str = "[store]\nstep = \"10s\"\n[http]\nbody_max = \"1MiB\"\n";
/// No answer may take longer.
pub(super) const LIMIT: Duration = Duration::from_secs(10);

/// A server that holds one datapoint.
pub(super) fn house() -> House {
    let house = House::held(CONFIG, T0 + 2000);
    house.publish(&good("precious", 42.0)).with_status(200);
    house
}

fn good(name: &str, value: f64) -> Value {
    let tags = json!({"name": name, "atlas.dstype": "gauge"});
    json!({"metrics": [{"tags": tags, "timestamp": T0, "value": value}]})
}

/// The server answers, holds what it held and nothing else but what it is told now, and says the
/// same after a restart.
pub(super) fn assert_unharmed(house: &mut House, names: &[&str]) {
    assert_eq!(house.value_at("name,precious,:eq,:sum", T0), Some(42.0));
    house.publish(&good("after", 1.0)).with_status(200);
    assert_eq!(house.value_at("name,after,:eq,:sum", T0), Some(1.0));
    let mut wanted = vec!["after", "precious"];
    wanted.extend(names);
    wanted.sort_unstable();
    let listed = house.get("/api/v1/tags/name?q=name,telamon.,:re,:not");
    assert_eq!(listed.json(), json!(wanted));
    house.get("/healthcheck").with_status(200);
    let digest = house.running().engine().digest();
    house.restart();
    assert_eq!(house.running().engine().digest(), digest);
    assert_eq!(house.value_at("name,precious,:eq,:sum", T0), Some(42.0));
}

/// Sends bytes on a connection of its own, gives the status and the body; `None` if the connection
/// was closed without an answer.
pub(super) fn raw(house: &House, request: &[u8]) -> Option<(u16, String)> {
    let mut stream = TcpStream::connect(house.http_address()).unwrap();
    stream.set_read_timeout(Some(LIMIT)).unwrap();
    let mut writer = stream.try_clone().unwrap();
    let request = request.to_vec();
    let writing = std::thread::spawn(move || {
        // The server may refuse before it has read everything.
        drop(writer.write_all(&request));
    });
    let mut bytes = Vec::new();
    match stream.read_to_end(&mut bytes) {
        Ok(_) => {}
        Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => {}
        Err(error) => panic!("the server hangs: {error}"),
    }
    writing.join().unwrap();
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let (head, body) = text.split_once("\r\n\r\n")?;
    let status = head.split(' ').nth(1)?.parse().ok()?;
    Some((status, body.to_owned()))
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// Publishes bytes; the status must be the one, and errors must be JSON that says so.
#[track_caller]
fn publish(house: &House, what: &str, body: &[u8], status: u16) -> Value {
    let answer = house.post(
        "/api/v1/publish",
        &[("content-type", "application/json")],
        body,
    );
    assert_eq!(answer.status, status, "{what}: {}", answer.text());
    if status == 200 {
        return Value::Null;
    }
    let problem = answer.json();
    let kind = problem["type"].as_str().unwrap();
    assert!(["error", "partial"].contains(&kind), "{what}: {problem}");
    problem
}

#[test]
fn broken_compression_is_refused() {
    let mut house = house();
    let whole = gzip(good("zipped", 1.0).to_string().as_bytes());
    for length in [
        2,
        3,
        10,
        11,
        whole.len() / 2,
        whole.len() - 8,
        whole.len() - 1,
    ] {
        publish(&house, "truncated gzip", &whole[..length], 400);
    }
    let mut flipped = whole.clone();
    let last = flipped.len() - 6;
    flipped[last] ^= 0xff;
    publish(&house, "wrong checksum", &flipped, 400);
    let headers = [("content-encoding", "gzip")];
    let answer = house.post("/api/v1/publish", &headers, b"{\"metrics\":[]}");
    assert_eq!(answer.status, 400, "no gzip: {}", answer.text());
    let headers = [("content-encoding", "br")];
    let answer = house.post("/api/v1/publish", &headers, b"x");
    assert_eq!(answer.status, 400, "unknown coding: {}", answer.text());
    // A hundred times the limit, in less than the limit; and a bomb in a bomb.
    let bomb = gzip(&vec![b' '; 100 * BODY_MAX]);
    assert!(bomb.len() < BODY_MAX);
    publish(&house, "bomb", &bomb, 413);
    let headers = [("content-encoding", "gzip, gzip")];
    let answer = house.post("/api/v1/publish", &headers, &gzip(&bomb));
    assert_eq!(answer.status, 413, "{}", answer.text());
    publish(&house, "whole", &whole, 200);
    assert_unharmed(&mut house, &["zipped"]);
}

#[test]
fn a_body_beyond_the_limit_is_refused() {
    let mut house = house();
    let mut body = good("long", 1.0).to_string().into_bytes();
    body.resize(BODY_MAX, b' ');
    publish(&house, "as long as allowed", &body, 200);
    body.push(b' ');
    publish(&house, "one byte too long", &body, 413);
    let huge = vec![b' '; 10 * BODY_MAX];
    let mut request = format!(
        "POST /api/v1/publish HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {}\r\n\r\n",
        huge.len()
    )
    .into_bytes();
    request.extend_from_slice(&huge);
    // A sender that writes everything before it reads gets its answer too.
    assert_eq!(raw(&house, &request).map(|(status, _)| status), Some(413));
    let mut request =
        b"POST /api/v1/publish HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec();
    for _ in 0..20 {
        request.extend_from_slice(format!("{:x}\r\n", 1 << 17).as_bytes());
        request.extend_from_slice(&huge[..1 << 17]);
        request.extend_from_slice(b"\r\n");
    }
    assert_eq!(raw(&house, &request).map(|(status, _)| status), Some(413));
    assert_unharmed(&mut house, &["long"]);
}

#[test]
fn what_is_no_payload_is_refused() {
    let mut house = house();
    let tags = r#"{"metrics":[{"timestamp":1,"value":1,"tags":"#;
    let cases: Vec<(&str, Vec<u8>)> =
        vec![
        ("nothing", Vec::new()),
        ("invalid UTF-8", b"{\"metrics\":[{\"tags\":{\"name\":\"\xff\xfe\"}}]}".to_vec()),
        ("half a character", b"{\"metrics\":[{\"tags\":{\"name\":\"\xc3\"}}]}".to_vec()),
        ("half a surrogate", format!(r#"{tags}{{"name":"\ud800"}}}}]}}"#).into_bytes()),
        ("bad escape", format!(r#"{tags}{{"name":"\x"}}}}]}}"#).into_bytes()),
        ("open text", format!(r#"{tags}{{"name":"#).into_bytes()),
        ("open array", br#"{"metrics":["#.to_vec()),
        ("no JSON", b"\x00\x01\x02\x03".to_vec()),
        ("a number", b"1".to_vec()),
        ("arrays without end", vec![b'['; 500_000]),
        ("objects without end", br#"{"a":"#.repeat(100_000)),
        (
            "deep tags",
            [tags.as_bytes(), &br#"{"a":"#.repeat(100_000)].concat(),
        ),
        (
            "a deep field that is not ours",
            [&br#"{"metrics":[{"x":"#[..], &vec![b'['; 500_000]].concat(),
        ),
        ("another field", br#"{"metrics":[],"x":1}"#.to_vec()),
        (
            "a time beyond numbers",
            br#"{"metrics":[{"tags":{"name":"n"},"timestamp":99999999999999999999,"value":1}]}"#
                .to_vec(),
        ),
    ];
    for (what, body) in cases {
        publish(&house, what, &body, 400);
    }
    assert_unharmed(&mut house, &[]);
}

#[test]
fn what_is_no_datapoint_is_refused_by_name() {
    let mut house = house();
    let many: serde_json::Map<String, Value> = (0..40_000)
        .map(|index| (format!("k{index}"), json!("v")))
        .chain([("name".to_owned(), json!("crowded"))])
        .collect();
    let long = "x".repeat(40_000);
    for (what, tags) in [
        ("40,000 tags", json!(many)),
        ("no tags", json!({})),
        ("empty key and value", json!({"name": "empty", "": ""})),
        ("empty value", json!({"name": "empty", "key": ""})),
        ("empty name", json!({"name": ""})),
        (
            "no character is allowed",
            json!({"name": "\u{0}\u{202e}\u{1f4a9}"}),
        ),
        ("separators", json!({"name": "separated", "a,b": "c:d=e\n"})),
        ("long name", json!({"name": long})),
        ("long key", json!({"name": "name", long.as_str(): "v"})),
        ("reserved", json!({"name": "name", "atlas.evil": "v"})),
        ("null", json!({"name": null})),
    ] {
        let body = json!({"metrics": [{"tags": tags, "timestamp": T0, "value": 1}]}).to_string();
        let problem = publish(&house, what, body.as_bytes(), 400);
        assert_eq!(problem["errorCount"], 1, "{what}: {problem}");
        assert!(problem["message"][0].is_string(), "{what}: {problem}");
    }
    for timestamp in [i64::MIN, -1, 0, T0 / 1000, T0 + 86_400_000, i64::MAX] {
        let tags = json!({"name": "timed"});
        let body = json!({"metrics": [{"tags": tags, "timestamp": timestamp, "value": 1}]});
        publish(&house, "time", body.to_string().as_bytes(), 400);
    }
    assert_unharmed(&mut house, &[]);
}

#[test]
fn values_that_are_no_numbers_do_no_harm() {
    let mut house = house();
    for (value, status) in [
        ("NaN", 200),
        ("Infinity", 200),
        ("\"NaN\"", 200),
        ("\"Infinity\"", 200),
        ("\"-Infinity\"", 200),
        ("1e999", 200),
        ("-1e-999", 200),
        ("4.9e-324", 200),
        ("1.7976931348623157e308", 200),
        ("99999999999999999999999999999999999999", 200),
    ] {
        for kind in ["gauge", "sum", "rate", "counter"] {
            let body = format!(
                r#"{{"metrics":[{{"tags":{{"name":"odd","atlas.dstype":"{kind}"}},"timestamp":{T0},"value":{value}}}]}}"#
            );
            publish(&house, value, body.as_bytes(), status);
        }
    }
    for q in [
        "name,odd,:eq,:sum",
        "name,odd,:eq,:avg,:area",
        "name,odd,:eq,:max,2,:pow,:stack",
    ] {
        for format in ["json", "csv", "v2.json", "png"] {
            let answer = house.graph(q, &format!("format={format}&e={T0}"));
            assert!(answer.status < 500, "{q} {format}: {}", answer.text());
        }
    }
    assert_unharmed(&mut house, &["odd"]);
}

//! The ugliest input: whatever comes, an answer that blames the sender, never a fault of ours, and
//! the data is untouched.

use std::io::{Read as _, Write as _};
use std::net::{TcpStream, UdpSocket};
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};

use super::harness::{House, STEP_MS, T0, escape, wait_for};

const BODY_MAX: usize = 1 << 20;
const CONFIG: &str = "[store]\nstep = \"10s\"\n[http]\nbody_max = \"1MiB\"\n";
/// Answers with status 500 that are kept because clients of the reference know them.
const FAULTS_OF_THE_REFERENCE: [&str; 1] = ["UnsupportedOperationException: tail of empty list"];
/// No answer may take longer.
const LIMIT: Duration = Duration::from_secs(10);

/// A server that holds one datapoint.
fn house() -> House {
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
fn assert_unharmed(house: &mut House, names: &[&str]) {
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
fn raw(house: &House, request: &[u8]) -> Option<(u16, String)> {
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

fn raw_get(house: &House, target: &str) -> (u16, String) {
    let request = format!("GET {target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    raw(house, request.as_bytes()).unwrap_or_else(|| panic!("no answer to {target}"))
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
        "POST /api/v1/publish HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n\r\n",
        huge.len()
    )
    .into_bytes();
    request.extend_from_slice(&huge);
    // The answer may be lost when the server closes on a sender that goes on.
    if let Some((status, _)) = raw(&house, &request) {
        assert_eq!(status, 413);
    }
    let mut request =
        b"POST /api/v1/publish HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec();
    for _ in 0..20 {
        request.extend_from_slice(format!("{:x}\r\n", 1 << 17).as_bytes());
        request.extend_from_slice(&huge[..1 << 17]);
        request.extend_from_slice(b"\r\n");
    }
    if let Some((status, _)) = raw(&house, &request) {
        assert_eq!(status, 413);
    }
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

#[test]
fn no_target_brings_it_down() {
    let mut house = house();
    let (status, _) = raw_get(&house, "/api/v1/graph?q=%zz");
    assert_eq!(status, 400);
    let (status, _) = raw_get(&house, &format!("/api/v1/graph?q={}", "a".repeat(4090)));
    assert_eq!(status, 414);
    let (status, _) = raw_get(&house, "/api/v1/graph?q=1&format=exe");
    assert_eq!(status, 404);
    let (status, _) = raw_get(&house, "/api/v1/graph?q=1&tz=Nowhere/Else");
    assert_eq!(status, 400);
    let mut targets: Vec<String> = [
        "/%",
        "/%ff%fe",
        "/..%2f..%2fetc/passwd",
        "/api/v1/graph",
        "/api/v1/graph?",
        "/api/v1/graph?&&&===",
        "/api/v1/graph?q=%",
        "/api/v1/graph?q=%ff%00%fe&format=json",
        "/api/v1/tags/%00",
        "/api/v1/tags?limit=-1",
        "/api/v1/tags?limit=99999999999",
        "/api/v1/tags?q=:and",
        "/api/v1/rules?type=x",
        "/api/v1/publish",
        "*",
    ]
    .map(str::to_owned)
    .into();
    for (name, values) in [
        ("w", "0 -1 1 99999999 2147483647 2147483648 abc 1e9"),
        ("h", "0 -1 1 99999999 2147483647 2147483648 abc 1e9"),
        ("zoom", "0 -1 NaN Infinity 1e308 1e-308 99999"),
        (
            "step",
            "0s -1s 1ms 99999999999d P1000000Y 9999999999999999999999s x",
        ),
        (
            "s",
            "e-1000000y e-0s now epoch 0 -1 9223372036854775807 e+1h x 2023-13-45",
        ),
        (
            "e",
            "s-1h s+1000000d 0 9223372036854775807 99999999999999999999 x now-1ns",
        ),
        ("tz", "UTC%00 %2e%2e/%2e%2e/etc/passwd GMT+25 +99:99"),
        ("l", "NaN Infinity 1e308 x"),
        ("u", "NaN -Infinity -1e308 x"),
        ("scale", "log x"),
        ("palette", "x hash: colors: reds colors:zz"),
        ("layout", "x"),
        ("hints", ",,,"),
        ("title", "%00%01%ff"),
    ] {
        for value in values.split(' ') {
            for format in ["png", "json", "v2.json"] {
                targets.push(format!(
                    "/api/v1/graph?q=name,precious,:eq,:sum&format={format}&{name}={value}"
                ));
            }
        }
    }
    for target in &targets {
        let (status, body) = raw_get(&house, target);
        assert!(status < 500, "{target}: {status} {body}");
    }
    assert_unharmed(&mut house, &[]);
}

#[test]
fn no_program_brings_it_down() {
    let mut house = house();
    let programs = [
        ":".to_owned(),
        ",,,,".to_owned(),
        "(".repeat(1000),
        "(,".repeat(1000),
        format!("{}1", "(,".repeat(1000)),
        "),".repeat(1000),
        "name,precious,:eq,:not,".to_owned() + &":not,".repeat(700) + ":sum",
        "1,".to_owned() + &":dup,:add,".repeat(350),
        "1,".to_owned() + &":2over,".repeat(400),
        "1,".repeat(1500),
        "name,(,".to_owned() + &"x,".repeat(1500) + "),:in,:sum",
        "name,(a+)+$,:re,:sum".to_owned(),
        "name,((a{1000}){1000}){1000},:re,:sum".to_owned(),
        format!("name,{}x,:re,:sum", "(a|".repeat(1000)),
        "name,precious,:eq,:sum,(,name,),:by,:dup,:dup,:mul,0,:div,-1,:sqrt".to_owned(),
        "name,precious,:eq,99999999999d,:offset".to_owned(),
        "name,precious,:eq,:sum,999999999,:rolling-count".to_owned(),
        "name,precious,:eq,:sum,-1,:rolling-count".to_owned(),
        "(,:dup,:call,),:dup,:call".to_owned(),
        "a,(,a,:get,:call,),:set,a,:get,:call".to_owned(),
        "\u{1f4a9},:\u{1f4a9}".to_owned(),
        "1e999,-1e999,:add".to_owned(),
        "NaN".to_owned(),
        "1,$(name),:legend,zz,:color,-5,:lw".to_owned(),
        "1,s/((((/x/,:legend,99,:axis".to_owned(),
    ];
    for program in &programs {
        for format in ["json", "png"] {
            let target = format!("/api/v1/graph?format={format}&q={}", escape(program));
            let (status, body) = raw_get(&house, &target);
            let start: String = program.chars().take(60).collect();
            if !FAULTS_OF_THE_REFERENCE
                .iter()
                .any(|text| body.contains(text))
            {
                assert!(status < 500, "{start} as {format}: {status} {body}");
            }
        }
    }
    assert_unharmed(&mut house, &[]);
}

#[test]
fn what_is_no_request_is_not_answered_with_a_fault() {
    let mut house = house();
    let many_headers = (0..500).fold(String::from("GET /ok HTTP/1.1\r\n"), |text, index| {
        text + &format!("h{index}: x\r\n")
    }) + "\r\n";
    let long_header = format!("GET /ok HTTP/1.1\r\nHost: {}\r\n\r\n", "x".repeat(1 << 20));
    let long_target = format!("GET /{} HTTP/1.1\r\nHost: x\r\n\r\n", "x".repeat(1 << 20));
    for request in [
        "\r\n\r\n\r\n\r\n",
        "\u{0}\u{1}\u{2}garbage\r\n\r\n",
        "GET\r\n\r\n",
        "GET / HTTP/9.9\r\n\r\n",
        "POST /api/v1/publish HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        "POST /api/v1/publish HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999\r\n\r\n",
        "POST /api/v1/publish HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        many_headers.as_str(),
        long_header.as_str(),
        long_target.as_str(),
    ] {
        // Half-open: nothing more will come.
        let mut stream = TcpStream::connect(house.http_address()).unwrap();
        stream.set_read_timeout(Some(LIMIT)).unwrap();
        drop(stream.write_all(request.as_bytes()));
        drop(stream.shutdown(std::net::Shutdown::Write));
        let mut bytes = Vec::new();
        if let Err(error) = stream.read_to_end(&mut bytes) {
            let kind = error.kind();
            assert_eq!(
                kind,
                std::io::ErrorKind::ConnectionReset,
                "the server hangs"
            );
        }
        let text = String::from_utf8_lossy(&bytes);
        assert!(!text.starts_with("HTTP/1.1 5"), "{text}");
    }
    // A sender that leaves in the middle of its body.
    let half = b"POST /api/v1/publish HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{\"met";
    let mut stream = TcpStream::connect(house.http_address()).unwrap();
    stream.write_all(half).unwrap();
    drop(stream);
    assert_unharmed(&mut house, &[]);
}

/// Bytes without a pattern, the same each time.
fn noise(seed: u64, length: usize) -> Vec<u8> {
    let mut state = seed;
    let mut bytes = Vec::with_capacity(length);
    for _ in 0..length {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        bytes.push(state.to_le_bytes()[7]);
    }
    bytes
}

#[test]
fn no_datagram_brings_it_down() {
    let mut house = house();
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let mut packets: Vec<Vec<u8>> = [
        "\n\n\n",
        ":",
        "::",
        "c",
        "c:",
        "c::",
        "c:n",
        "c:n:",
        "c::1",
        "c,:n:1",
        "c:n,:1",
        "c:n,=:1",
        "c:n,a=:x",
        "c:n,a=b",
        "g,-1:n:1",
        "g,99999999999999999999:n:1",
        "X,0:n:1",
        "c:n:\u{0}1",
        "c:n:nan\nc:n:-inf",
        "U:n:-1",
        "U:n:99999999999999999999999",
        "T:n:1e300",
        "D:n:-1e300",
        "A:n:1e300",
        "t:n:1e300",
    ]
    .map(|text| text.as_bytes().to_vec())
    .into();
    packets.push(vec![b'c'; 60_000]);
    packets.push([b"c:", &vec![b'n'; 60_000][..], b":1"].concat());
    packets.push([b"c:n", &b",k=v".repeat(12_000)[..], b":1"].concat());
    packets.push(b"c:n:1\n".repeat(10_000));
    for seed in 0..50 {
        packets.push(noise(seed, 1 + 37 * usize::try_from(seed).unwrap()));
    }
    let sent = packets.len() + 1;
    packets.push(b"c:survivor:10".to_vec());
    for (index, packet) in packets.iter().enumerate() {
        socket.send_to(packet, house.udp_address()).unwrap();
        // One after the other: the buffer of the kernel may be small.
        wait_for("a datagram", || {
            let seen = house.metric("telamon_udp_packets_total");
            #[expect(clippy::cast_precision_loss, reason = "there are few packets")]
            let wanted = (index + 1) as f64;
            (seen >= wanted).then_some(())
        });
    }
    assert_eq!(packets.len(), sent);
    house.end_step(T0 + STEP_MS);
    let q = "name,survivor,:eq,:sum";
    let value = wait_for("the good line", || {
        let lines = house.lines(q, T0, T0 + STEP_MS);
        lines.first()?.points.first().copied()
    });
    assert_eq!(value, (T0 + STEP_MS, 1.0));
    assert_eq!(house.value_at("name,precious,:eq,:sum", T0), Some(42.0));
    house.get("/healthcheck").with_status(200);
}

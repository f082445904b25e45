//! The ugliest targets, programs, requests and datagrams: refused or ignored, never a fault of ours,
//! never a wait, and the data is untouched.

use std::io::{Read as _, Write as _};
use std::net::{TcpStream, UdpSocket};

use super::harness::{House, STEP_MS, T0, escape, wait_for};
use super::ugly::{LIMIT, assert_unharmed, house, raw};

/// Answers with status 500 that are kept because clients of the reference know them.
const FAULTS_OF_THE_REFERENCE: [&str; 1] = ["UnsupportedOperationException: tail of empty list"];

fn raw_get(house: &House, target: &str) -> (u16, String) {
    let request = format!("GET {target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    raw(house, request.as_bytes()).unwrap_or_else(|| panic!("no answer to {target}"))
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

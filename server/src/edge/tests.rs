use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};

use crate::clock::Clock;
use crate::config::{Config, Overrides};
use crate::run::{Running, Setup, Sockets};

/// What came back: status line and headers in lower case, and the body.
struct Answer {
    head: String,
    body: Vec<u8>,
}

impl Answer {
    fn text(&self) -> String {
        String::from_utf8(self.body.clone()).unwrap()
    }
}

fn exchange(address: SocketAddr, request: &[u8]) -> Answer {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(request).unwrap();
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).unwrap();
    let end = bytes
        .windows(4)
        .position(|four| four == b"\r\n\r\n")
        .unwrap();
    Answer {
        head: String::from_utf8(bytes[..end].to_vec())
            .unwrap()
            .to_lowercase(),
        body: bytes[end + 4..].to_vec(),
    }
}

/// Starts a server, sends the requests one after the other, stops it.
async fn check(requests: &[&str], judge: impl FnOnce(&[Answer]) + Send + 'static) {
    let folder = tempfile::tempdir().unwrap();
    let overrides = Overrides {
        listen: Some(([127, 0, 0, 1], 0).into()),
        data: Some(folder.path().to_owned()),
    };
    let config = Config::parse("[udp]\nlisten = \"\"", folder.path(), &overrides).unwrap();
    let sockets = Sockets::bind(&config).unwrap();
    let clock = Clock::system(config.clock);
    let running = Running::start(Setup::new(config, sockets, clock))
        .await
        .unwrap();
    let address = running.http_address();
    let requests: Vec<Vec<u8>> = requests
        .iter()
        .map(|lines| format!("{lines}\r\nHost: x\r\nConnection: close\r\n\r\n").into_bytes())
        .collect();
    let client = std::thread::spawn(move || {
        requests
            .iter()
            .map(|request| exchange(address, request))
            .collect::<Vec<_>>()
    });
    while !client.is_finished() {
        tokio::time::sleep(std::time::Duration::from_millis(2)).await;
    }
    judge(&client.join().unwrap());
    running.stop().await.unwrap();
}

#[tokio::test]
async fn routes_and_methods_fail_as_clients_know_it() {
    let requests = [
        "GET /foo/bar?x=1 HTTP/1.1",
        "PUT /foo HTTP/1.1",
        "POST /healthcheck HTTP/1.1",
        "HEAD /metrics HTTP/1.1",
        "PUT / HTTP/1.1",
        "OPTIONS /nowhere HTTP/1.1",
        "GET /ok?a=%zz HTTP/1.1",
    ];
    check(&requests, |answers| {
        let starts = [
            "http/1.1 404 ",
            "http/1.1 405 ",
            "http/1.1 405 ",
            "http/1.1 405 ",
            "http/1.1 301 ",
            "http/1.1 200 ",
            "http/1.1 400 ",
        ];
        for (answer, start) in answers.iter().zip(starts) {
            assert!(answer.head.starts_with(start), "{}", answer.head);
        }
        assert_eq!(
            answers[0].text(),
            r#"{"type":"error","message":"path not found: /foo/bar"}"#
        );
        assert_eq!(
            answers[1].text(),
            r#"{"type":"error","message":"method not allowed: GET"}"#
        );
        assert_eq!(answers[3].text(), "");
        assert!(answers[4].head.contains("location: /ui"));
        assert!(answers[5].head.contains("access-control-max-age: 600"));
        assert_eq!(answers[5].text(), "");
    })
    .await;
}

#[tokio::test]
async fn a_long_target_is_refused_with_a_text() {
    let long = format!("GET /ok?{} HTTP/1.1", "a".repeat(5000));
    check(&[&long], |answers| {
        assert!(
            answers[0].head.starts_with("http/1.1 414 "),
            "{}",
            answers[0].head
        );
        assert!(answers[0].head.contains("connection: close"));
        let text = answers[0].text();
        assert!(
            text.starts_with("URI length exceeds the configured limit of 4096 characters from")
        );
    })
    .await;
}

#[tokio::test]
async fn compressed_answers_inflate_to_the_plain_ones() {
    let requests = [
        "GET /nowhere HTTP/1.1",
        "GET /nowhere HTTP/1.1\r\nAccept-Encoding: br, deflate;q=0.5, gzip",
        "GET /nowhere HTTP/1.1\r\nAccept-Encoding: deflate",
        "GET /nowhere HTTP/1.1\r\nAccept-Encoding: br",
    ];
    check(&requests, |answers| {
        let plain = &answers[0].body;
        assert!(!answers[0].head.contains("content-encoding"));
        assert!(answers[1].head.contains("content-encoding: gzip"));
        assert!(answers[2].head.contains("content-encoding: deflate"));
        assert!(!answers[3].head.contains("content-encoding"));
        let mut inflated = Vec::new();
        flate2::read::GzDecoder::new(&*answers[1].body)
            .read_to_end(&mut inflated)
            .unwrap();
        assert_eq!(&inflated, plain);
        inflated.clear();
        flate2::read::ZlibDecoder::new(&*answers[2].body)
            .read_to_end(&mut inflated)
            .unwrap();
        assert_eq!(&inflated, plain);
    })
    .await;
}

#[tokio::test]
async fn pages_of_other_origins_are_answered() {
    let requests = [
        "GET /ok HTTP/1.1\r\nOrigin: http://www.example.com\r\nAccess-Control-Request-Headers: X-A",
        "GET /ok HTTP/1.1\r\nOrigin: foo",
        "GET /ok HTTP/1.1\r\nX-Request-Id: mine",
    ];
    check(&requests, |answers| {
        for header in [
            "access-control-allow-origin: http://www.example.com",
            "access-control-allow-methods: get, patch, post, put, delete",
            "access-control-allow-headers: x-a",
            "access-control-allow-credentials: true",
            "vary: origin",
        ] {
            assert!(answers[0].head.contains(header), "{}", answers[0].head);
        }
        assert!(answers[1].head.starts_with("http/1.1 500 "));
        assert!(!answers[1].head.contains("access-control"));
        assert!(answers[2].head.contains("x-request-id: mine"));
    })
    .await;
}

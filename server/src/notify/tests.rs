//! The threads against a real socket.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};

use telamon_alert::{Change, Reason};
use telamon_model::Slot;

use super::*;
use outbox::tests::alert;

/// Reads one request, answers with a status, gives the body.
fn answer(stream: TcpStream, status: &str) -> serde_json::Value {
    let mut reader = BufReader::new(stream);
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse().unwrap();
        }
        if line.trim().is_empty() {
            break;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    let head = format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
    reader.get_mut().write_all(head.as_bytes()).unwrap();
    serde_json::from_slice(&body).unwrap()
}

fn start(url: String) -> Notifier {
    let options = NotifierOptions {
        receivers: BTreeMap::from([("ops".to_owned(), url)]),
        public_url: "http://h".to_owned(),
        outbox: OutboxOptions {
            retry_first_ms: 1,
            ..OutboxOptions::STANDARD
        },
        seed: 1,
    };
    // A clock that moves on with each reading, so that a retry is soon due.
    let ticks = std::sync::atomic::AtomicI64::new(0);
    let now = move || Timestamp(ticks.fetch_add(1, std::sync::atomic::Ordering::Relaxed));
    Notifier::start(options, Arc::new(now)).unwrap()
}

fn fired(node: &str) -> Transition {
    Transition {
        slot: Slot(1),
        change: Change::Fired,
        reason: Reason::Signal,
        alert: alert("A", node, 1000, None),
    }
}

#[test]
fn a_notification_arrives_after_a_failure() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let notifier = start(format!("http://{}/hook", listener.local_addr().unwrap()));
    notifier.send(&[fired("i-1")]);
    let mut seen = Vec::new();
    for status in ["503 Service Unavailable", "200 OK"] {
        let (stream, _) = listener.accept().unwrap();
        seen.push(answer(stream, status));
    }
    assert_eq!(seen[0], seen[1]);
    assert_eq!(seen[0]["alerts"][0]["labels"]["nf.node"], "i-1");
    assert_eq!(notifier.stop(), 0);
}

#[test]
fn a_receiver_that_hangs_does_not_hold_up_the_shutdown() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let notifier = start(format!("http://{}/hook", listener.local_addr().unwrap()));
    notifier.send(&[fired("i-1")]);
    let (_held_open, _) = listener.accept().unwrap();
    assert_eq!(
        notifier.stop(),
        1,
        "the alert that was not delivered is counted"
    );
}

#[test]
fn a_redirect_is_not_followed() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let notifier = start(format!("http://{}/hook", listener.local_addr().unwrap()));
    notifier.send(&[fired("i-1")]);
    let (stream, _) = listener.accept().unwrap();
    answer(stream, "302 Found\r\nlocation: http://127.0.0.1:9/");
    // Following it would fail and leave the alert waiting for a retry.
    assert_eq!(notifier.stop(), 0);
}

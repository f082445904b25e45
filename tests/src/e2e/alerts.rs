//! An alert from the datapoint to the one who is told.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;

use serde_json::{Value, json};

use super::harness::{House, STEP_MS, T0, wait_for};
use super::walk::png_size;

const RULES: &str = r#"
groups:
  - name: nodes
    interval: 10s
    notify: pager
    rules:
      - alert: Overload
        expr: name,load,:eq,:max,(,nf.node,),:by,5,:gt
        for: 20s
        labels:
          severity: critical
        annotations:
          summary: "{{ $labels.nf.node }} is overloaded"
"#;

/// Takes webhooks and hands their bodies on. Asked to answer with a fault, it does so once.
struct Pager {
    address: SocketAddr,
    bodies: Receiver<Value>,
    thread: Option<JoinHandle<()>>,
}

impl Pager {
    fn start(faults: u32) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (sender, bodies) = sync_channel(100);
        let thread = std::thread::spawn(move || serve(&listener, &sender, faults));
        Self {
            address,
            bodies,
            thread: Some(thread),
        }
    }

    fn next(&self) -> Option<Value> {
        self.bodies.try_recv().ok()
    }
}

impl Drop for Pager {
    fn drop(&mut self) {
        // A connection without a request ends the thread.
        drop(TcpStream::connect(self.address));
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}

/// Answers posts, the first ones with 503, until a connection brings no request.
fn serve(listener: &TcpListener, bodies: &SyncSender<Value>, mut faults: u32) {
    for stream in listener.incoming() {
        let stream = stream.unwrap();
        let limit = Some(Duration::from_secs(10));
        stream.set_read_timeout(limit).unwrap();
        let mut reader = BufReader::new(stream);
        let Some(body) = read_post(&mut reader) else {
            return;
        };
        let status = if faults > 0 { "503 later" } else { "200 OK" };
        let answer = format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
        reader.get_mut().write_all(answer.as_bytes()).unwrap();
        if faults == 0 {
            bodies.send(body).unwrap();
        }
        faults = faults.saturating_sub(1);
    }
}

/// The JSON of one post; `None` if the connection brings nothing.
fn read_post(reader: &mut BufReader<TcpStream>) -> Option<Value> {
    let mut length = 0;
    let mut line = String::new();
    if reader.read_line(&mut line).ok()? == 0 {
        return None;
    }
    assert!(line.starts_with("POST /hook "), "{line}");
    loop {
        line.clear();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(':') else {
            break;
        };
        if name.eq_ignore_ascii_case("content-length") {
            length = value.trim().parse().unwrap();
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(serde_json::from_slice(&body).unwrap())
}

fn house(pager: &Pager) -> House {
    let config = format!(
        "[store]\nstep = \"10s\"\n[alert]\nrules = [\"rules.yml\"]\n\
         webhooks = {{ pager = \"http://{}/hook\" }}\n",
        pager.address
    );
    House::held_with(&config, T0 + 1000, &[("rules.yml", RULES)])
}

/// Publishes the load of two nodes for a step that has just ended, then moves the clock to the
/// heartbeat that closes it and waits until the rules have seen it.
fn step(house: &mut House, end_ms: i64, loads: [f64; 2]) {
    house.set_clock(end_ms + 2000);
    let metrics: Vec<Value> = loads
        .iter()
        .enumerate()
        .map(|(node, load)| {
            json!({
                "tags": {
                    "name": "load", "nf.node": format!("i-{node}"), "atlas.dstype": "gauge",
                },
                "timestamp": end_ms,
                "value": load,
            })
        })
        .collect();
    house.publish(&json!({"metrics": metrics})).with_status(200);
    let seen = house.metric("telamon_alert_steps_total");
    house.set_clock(end_ms + STEP_MS + 1000);
    wait_for("an evaluation of the rules", || {
        (house.metric("telamon_alert_steps_total") > seen).then_some(())
    });
}

fn states(house: &House) -> Vec<(String, String)> {
    let body = house.get("/api/v1/alerts").with_status(200).json();
    let alerts = body["data"]["alerts"].as_array().unwrap().iter();
    alerts
        .map(|alert| {
            (
                alert["labels"]["nf.node"].as_str().unwrap().to_owned(),
                alert["state"].as_str().unwrap().to_owned(),
            )
        })
        .collect()
}

fn of_node_1(state: &str) -> Vec<(String, String)> {
    vec![("i-1".to_owned(), state.to_owned())]
}

/// Takes a link of this server apart and asks it.
fn follow(house: &House, url: &Value) -> Vec<u8> {
    let url = url.as_str().unwrap();
    let base = format!("http://{}", house.http_address());
    let path = url.strip_prefix(&base);
    let path = path.unwrap_or_else(|| panic!("{url} does not lead to {base}"));
    let answer = house.get(path).with_status(200);
    assert_eq!(answer.content_type, "image/png");
    answer.body
}

#[test]
fn a_threshold_crossed_for_a_while_is_told_once_and_so_is_its_end() {
    let pager = Pager::start(0);
    let mut house = house(&pager);
    let mut end_ms = T0;
    let mut next = |house: &mut House, load: f64| {
        step(house, end_ms, [1.0, load]);
        end_ms += STEP_MS;
    };
    next(&mut house, 1.0);
    assert_eq!(states(&house), []);
    next(&mut house, 9.0);
    next(&mut house, 9.0);
    assert_eq!(states(&house), of_node_1("pending"));
    assert!(pager.next().is_none(), "told too early");
    next(&mut house, 9.5);
    assert_eq!(states(&house), of_node_1("firing"));
    let firing = wait_for("the webhook", || pager.next());
    for _ in 0..3 {
        next(&mut house, 9.0);
    }
    assert_eq!(states(&house), of_node_1("firing"));
    next(&mut house, 1.0);
    let resolved = wait_for("the webhook of the end", || pager.next());
    next(&mut house, 1.0);
    assert_eq!(states(&house), []);

    assert_eq!(firing["version"], "4");
    assert_eq!(firing["status"], "firing");
    assert_eq!(firing["receiver"], "pager");
    let alerts = firing["alerts"].as_array().unwrap();
    assert_eq!(alerts.len(), 1, "{firing}");
    let alert = &alerts[0];
    assert_eq!(
        alert["labels"],
        json!({
            "alertname": "Overload", "name": "load", "nf.node": "i-1", "severity": "critical",
        })
    );
    assert_eq!(alert["annotations"]["summary"], "i-1 is overloaded");
    assert_eq!(alert["status"], "firing");
    let (width, _) = png_size(&follow(&house, &alert["generatorURL"]));
    assert!(width >= 700);
    png_size(&follow(&house, &alert["annotations"]["graph"]));

    assert_eq!(resolved["status"], "resolved");
    let end = &resolved["alerts"][0];
    assert_eq!(end["status"], "resolved");
    assert_eq!(end["fingerprint"], alert["fingerprint"]);
    assert_eq!(end["startsAt"], alert["startsAt"]);
    // The step from whose value the end was seen: the eighth of this test.
    assert_eq!(end["endsAt"], "2023-11-14T22:15:10Z");
    assert_eq!(alert["startsAt"], "2023-11-14T22:14:30Z");
    house.stop();
    assert!(pager.next().is_none(), "told more than twice");
}

#[test]
fn a_receiver_that_fails_is_tried_again() {
    let pager = Pager::start(1);
    let mut house = house(&pager);
    for index in 0..4 {
        step(&mut house, T0 + index * STEP_MS, [1.0, 9.0]);
    }
    // The retry comes a second of the server's clock later; four steps are enough.
    let mut index = 4;
    let body = wait_for("the second attempt", || {
        if index < 8 {
            step(&mut house, T0 + index * STEP_MS, [1.0, 9.0]);
            index += 1;
        }
        pager.next()
    });
    assert_eq!(body["status"], "firing");
    assert_eq!(body["alerts"].as_array().unwrap().len(), 1);
}

#[test]
fn rules_are_listed_and_survive_a_restart() {
    let pager = Pager::start(0);
    let mut house = house(&pager);
    for index in 0..3 {
        step(&mut house, T0 + index * STEP_MS, [9.0, 1.0]);
    }
    wait_for("the webhook", || pager.next());
    let rules = house.get("/api/v1/rules").with_status(200).json();
    let rule = &rules["data"]["groups"][0]["rules"][0];
    assert_eq!(rule["name"], "Overload");
    assert_eq!(rule["state"], "firing");
    let before = house.get("/api/v1/alerts").json();
    house.restart();
    let state = |house: &House| states(house);
    assert_eq!(state(&house), [("i-0".to_owned(), "firing".to_owned())]);
    let after = house.get("/api/v1/alerts").json();
    assert_eq!(
        before["data"]["alerts"][0]["activeAt"],
        after["data"]["alerts"][0]["activeAt"]
    );
}

//! The body as receivers read it.

use std::sync::Arc;

use expect_test::{Expect, expect};

use super::*;
use crate::notify::outbox::tests::alert;

fn message(alerts: Vec<Alert>) -> Message {
    Message {
        receiver: "ops".into(),
        group: "demo".into(),
        rule: "A".into(),
        alerts,
        queued_at: Timestamp(0),
    }
}

fn check(alerts: Vec<Alert>, expected: &Expect) {
    let body = body(&message(alerts), "http://localhost:7101/");
    expected.assert_eq(&format!("{body:#}\n"));
}

#[test]
fn a_firing_and_a_resolved_alert() {
    let fired = 1_700_000_000_000;
    check(
        vec![
            alert("A", "i-1", fired, None),
            alert("A", "i-2", fired, Some(fired + 60_000)),
        ],
        &expect![[r#"
            {
              "alerts": [
                {
                  "annotations": {
                    "graph": "http://localhost:7101/api/v1/graph?q=name,a%20b,:eq,:sum,5,:gt&s=e-1h&e=1700000000000&style=telamon",
                    "summary": "i-1 is ill",
                    "value": "12.5"
                  },
                  "endsAt": "0001-01-01T00:00:00Z",
                  "fingerprint": "38bd4fe9623986ce",
                  "generatorURL": "http://localhost:7101/api/v1/graph?q=name,a%20b,:eq,:sum,5,:gt&s=e-1h&e=1700000000000&style=telamon",
                  "labels": {
                    "alertname": "A",
                    "nf.node": "i-1"
                  },
                  "startsAt": "2023-11-14T22:13:20Z",
                  "status": "firing"
                },
                {
                  "annotations": {
                    "graph": "http://localhost:7101/api/v1/graph?q=name,a%20b,:eq,:sum,5,:gt&s=e-1h&e=1700000060000&style=telamon",
                    "summary": "i-2 is ill",
                    "value": "12.5"
                  },
                  "endsAt": "2023-11-14T22:14:20Z",
                  "fingerprint": "7e36943d0e3e25f5",
                  "generatorURL": "http://localhost:7101/api/v1/graph?q=name,a%20b,:eq,:sum,5,:gt&s=e-1h&e=1700000060000&style=telamon",
                  "labels": {
                    "alertname": "A",
                    "nf.node": "i-2"
                  },
                  "startsAt": "2023-11-14T22:13:20Z",
                  "status": "resolved"
                }
              ],
              "commonAnnotations": {},
              "commonLabels": {
                "alertname": "A"
              },
              "externalURL": "http://localhost:7101",
              "groupKey": "demo/A",
              "groupLabels": {
                "alertname": "A"
              },
              "receiver": "ops",
              "status": "firing",
              "truncatedAlerts": 0,
              "version": "4"
            }
        "#]],
    );
}

#[test]
fn a_message_whose_alerts_all_ended_is_resolved() {
    let body = body(
        &message(vec![alert("A", "i-1", 0, Some(10_000))]),
        "http://h",
    );
    assert_eq!(body["status"], "resolved");
    assert_eq!(body["alerts"][0]["endsAt"], "1970-01-01T00:00:10Z");
}

#[test]
fn a_storm_lists_the_first_alerts_and_counts_the_others() {
    let alerts = (0..130)
        .map(|node| alert("A", &node.to_string(), 0, None))
        .collect();
    let body = body(&message(alerts), "http://h");
    assert_eq!(body["alerts"].as_array().unwrap().len(), 100);
    assert_eq!(body["truncatedAlerts"], 30);
}

#[test]
fn texts_of_the_rule_win_over_ours() {
    let mut alert = alert("A", "i-1", 0, None);
    alert.annotations = Tags::from_pairs([("value", "many"), ("graph", "none")]);
    let body = body(&message(vec![alert]), "http://h");
    assert_eq!(body["alerts"][0]["annotations"]["value"], "many");
    assert_eq!(body["alerts"][0]["annotations"]["graph"], "none");
}

#[test]
fn a_long_for_widens_the_picture() {
    let mut alert = alert("A", "i-1", 1000, None);
    alert.picture = Arc::new(telamon_alert::Picture {
        expression: "name,é&=+,:eq".to_owned(),
        window_ms: 3 * 7_200_000,
    });
    assert_eq!(
        graph_url(&alert, "http://h", Some(Timestamp(1000))),
        "http://h/api/v1/graph?q=name,%C3%A9%26%3D%2B,:eq&s=e-6h&e=1000&style=telamon"
    );
}

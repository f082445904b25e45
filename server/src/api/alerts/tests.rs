//! The shapes, field by field.

use std::sync::Arc;

use expect_test::expect;
use telamon_alert::Picture;
use telamon_model::Timestamp;

use super::*;

fn pending() -> Alert {
    Alert {
        group: "api".into(),
        rule: "Slow".into(),
        labels: Tags::from_pairs([("alertname", "Slow"), ("nf.app", "www")]),
        annotations: Tags::from_pairs([("summary", "www is slow")]),
        notify: Arc::from([]),
        phase: Phase::Pending,
        value: 0.25,
        peak: f64::NAN,
        active_at: Timestamp(1_700_000_000_000),
        fired_at: None,
        ended_at: None,
        picture: Arc::new(Picture {
            expression: "name,sps,:eq,:sum".to_owned(),
            window_ms: 3_600_000,
        }),
    }
}

fn firing() -> Alert {
    Alert {
        phase: Phase::Firing,
        fired_at: Some(Timestamp(1_700_000_060_000)),
        ..pending()
    }
}

fn rule_view(name: &str, alerts: Vec<Alert>, health: Health) -> RuleView {
    RuleView {
        name: name.into(),
        expression: "name,sps,:eq,:sum,5,:gt".into(),
        for_ms: 60_000,
        keep_firing_for_ms: 0,
        labels: Tags::from_pairs([("severity", "page")]),
        annotations: Tags::empty(),
        alerts,
        health,
        evaluated_at: Some(Timestamp(1_700_000_060_000)),
        line_count: 1,
        over_limit_count: 0,
    }
}

fn groups() -> Vec<GroupView> {
    let group = |name: &str, rules| GroupView {
        name: name.into(),
        file: "rules.yaml".into(),
        interval: Step::from_millis(10_000).unwrap(),
        limit: 1000,
        rules,
    };
    let broken = Health::Failed("too many lines".to_owned());
    vec![
        group(
            "api",
            vec![rule_view("Slow", vec![pending(), firing()], Health::Ok)],
        ),
        group("db", vec![rule_view("Full", vec![], broken)]),
    ]
}

#[test]
fn alerts_have_the_shape_of_prometheus() {
    let body = alerts(&[pending()], "http://h/");
    expect![[r#"
        {
          "data": {
            "alerts": [
              {
                "activeAt": "2023-11-14T22:13:20Z",
                "annotations": {
                  "summary": "www is slow"
                },
                "fingerprint": "490ad4f99d903cd0",
                "graph": "http://h/api/v1/graph?q=name,sps,:eq,:sum&s=e-1h&style=telamon",
                "labels": {
                  "alertname": "Slow",
                  "nf.app": "www"
                },
                "peak": "NaN",
                "state": "pending",
                "value": "2.5e-01"
              }
            ]
          },
          "status": "success"
        }
    "#]]
    .assert_eq(&format!("{body:#}\n"));
    assert_eq!(
        alerts(&[firing()], "http://h")["data"]["alerts"][0]["firedAt"],
        "2023-11-14T22:14:20Z"
    );
}

#[test]
fn rules_have_the_shape_of_prometheus() {
    let body = rules(
        &groups(),
        &RuleFilter {
            without_alerts: true,
            ..RuleFilter::default()
        },
        "http://h",
    );
    expect![[r#"
        {
          "data": {
            "groups": [
              {
                "file": "rules.yaml",
                "interval": 10.0,
                "lastEvaluation": "2023-11-14T22:14:20Z",
                "limit": 1000,
                "name": "api",
                "rules": [
                  {
                    "annotations": {},
                    "duration": 60.0,
                    "health": "ok",
                    "keepFiringFor": 0.0,
                    "labels": {
                      "severity": "page"
                    },
                    "lastEvaluation": "2023-11-14T22:14:20Z",
                    "lines": 1,
                    "name": "Slow",
                    "overLimit": 0,
                    "query": "name,sps,:eq,:sum,5,:gt",
                    "state": "firing",
                    "type": "alerting"
                  }
                ]
              },
              {
                "file": "rules.yaml",
                "interval": 10.0,
                "lastEvaluation": "2023-11-14T22:14:20Z",
                "limit": 1000,
                "name": "db",
                "rules": [
                  {
                    "annotations": {},
                    "duration": 60.0,
                    "health": "err",
                    "keepFiringFor": 0.0,
                    "labels": {
                      "severity": "page"
                    },
                    "lastError": "too many lines",
                    "lastEvaluation": "2023-11-14T22:14:20Z",
                    "lines": 1,
                    "name": "Full",
                    "overLimit": 0,
                    "query": "name,sps,:eq,:sum,5,:gt",
                    "state": "inactive",
                    "type": "alerting"
                  }
                ]
              }
            ]
          },
          "status": "success"
        }
    "#]]
    .assert_eq(&format!("{body:#}\n"));
}

#[test]
fn a_rule_lists_its_alerts_unless_told_otherwise() {
    let body = rules(&groups(), &RuleFilter::default(), "http://h");
    assert_eq!(
        body["data"]["groups"][0]["rules"][0]["alerts"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
}

#[test]
fn filters_select_groups_and_rules() {
    for (query, names) in [
        (vec![], vec!["api", "db"]),
        (vec![("rule_group[]", "db")], vec!["db"]),
        (
            vec![("rule_name[]", "Slow"), ("rule_name[]", "Full")],
            vec!["api", "db"],
        ),
        (vec![("rule_name[]", "Slow"), ("other", "x")], vec!["api"]),
        (vec![("file[]", "none.yaml")], vec![]),
        (vec![("type", "record")], vec![]),
        (vec![("type", "alert")], vec!["api", "db"]),
    ] {
        let filter = RuleFilter::from_pairs(query.iter().copied()).unwrap();
        let body = rules(&groups(), &filter, "");
        let found = body["data"]["groups"].as_array().unwrap().iter();
        let found: Vec<&str> = found.map(|group| group["name"].as_str().unwrap()).collect();
        assert_eq!(found, names, "{query:?}");
    }
    assert!(RuleFilter::from_pairs([("type", "rule")]).is_err());
    assert!(RuleFilter::from_pairs([("exclude_alerts", "maybe")]).is_err());
}

#[test]
fn values_are_written_as_prometheus_writes_them() {
    for (value, text) in [
        (0.0, "0e+00"),
        (1.0, "1e+00"),
        (-12.5, "-1.25e+01"),
        (0.001, "1e-03"),
        (1.5e120, "1.5e+120"),
        (f64::NAN, "NaN"),
        (f64::NEG_INFINITY, "-Inf"),
    ] {
        assert_eq!(text_of(value), text);
    }
}

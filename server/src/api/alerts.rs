//! Alerts and rules in the shapes of Prometheus' HTTP API, so that what reads those reads ours.
//!
//! Takes what the evaluator shows, gives the JSON of `/api/v1/alerts` and `/api/v1/rules`. Fields
//! that Prometheus does not have stand beside its own: `fingerprint`, `firedAt`, `peak` and `graph`
//! of an alert, `overLimit` of a rule. Routes and status codes are left to the router.

use serde_json::{Map, Value, json};
use telamon_alert::{Alert, GroupView, Health, Phase, RuleView};
use telamon_model::{Step, Tags};

use crate::notify::webhook::{graph_url, rfc3339};

/// Which rules an answer lists. Empty lists select everything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct RuleFilter {
    /// Names of rules (`rule_name[]`).
    pub(crate) rules: Vec<String>,
    /// Names of groups (`rule_group[]`).
    pub(crate) groups: Vec<String>,
    /// Names of files (`file[]`).
    pub(crate) files: Vec<String>,
    /// Whether only recording rules are wanted (`type=record`); there are none.
    pub(crate) is_record: bool,
    /// Whether alerts are left out (`exclude_alerts=true`).
    pub(crate) without_alerts: bool,
}

impl RuleFilter {
    /// Reads the filter from the pairs of a query string.
    ///
    /// # Errors
    /// A message for people when `type` or `exclude_alerts` has an unknown value.
    pub(crate) fn from_pairs<'a>(
        pairs: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<Self, String> {
        let mut filter = Self::default();
        for (key, value) in pairs {
            match key {
                "rule_name[]" => filter.rules.push(value.to_owned()),
                "rule_group[]" => filter.groups.push(value.to_owned()),
                "file[]" => filter.files.push(value.to_owned()),
                "type" => {
                    filter.is_record = match value {
                        "alert" | "" => false,
                        "record" => true,
                        _ => return Err(format!("type is `alert` or `record`, not `{value}`")),
                    }
                }
                "exclude_alerts" => {
                    filter.without_alerts = match value {
                        "true" | "1" => true,
                        "false" | "0" | "" => false,
                        _ => {
                            let message = format!("exclude_alerts is a boolean, not `{value}`");
                            return Err(message);
                        }
                    }
                }
                _ => {}
            }
        }
        Ok(filter)
    }

    fn wants_group(&self, group: &GroupView) -> bool {
        wants(&self.groups, &group.name) && wants(&self.files, &group.file)
    }

    fn wants_rule(&self, rule: &RuleView) -> bool {
        !self.is_record && wants(&self.rules, &rule.name)
    }
}

/// The body of `/api/v1/alerts`: pending and firing alerts. Links begin with `public_url`.
pub(crate) fn alerts(alerts: &[Alert], public_url: &str) -> Value {
    let public_url = public_url.trim_end_matches('/');
    let list: Vec<Value> = alerts.iter().map(|one| alert(one, public_url)).collect();
    json!({ "status": "success", "data": { "alerts": list } })
}

/// The body of `/api/v1/rules`. Groups none of whose rules is wanted are left out.
pub(crate) fn rules(groups: &[GroupView], filter: &RuleFilter, public_url: &str) -> Value {
    let public_url = public_url.trim_end_matches('/');
    let list: Vec<Value> = groups
        .iter()
        .filter(|one| filter.wants_group(one))
        .filter_map(|one| group(one, filter, public_url))
        .collect();
    json!({ "status": "success", "data": { "groups": list } })
}

fn group(group: &GroupView, filter: &RuleFilter, public_url: &str) -> Option<Value> {
    let wanted = group.rules.iter().filter(|one| filter.wants_rule(one));
    let rules: Vec<Value> = wanted
        .clone()
        .map(|one| rule(one, filter, public_url))
        .collect();
    if rules.is_empty() {
        return None;
    }
    let evaluated_at = wanted.filter_map(|one| one.evaluated_at).max();
    Some(json!({
        "name": &*group.name,
        "file": &*group.file,
        "interval": Step::as_seconds(group.interval),
        "limit": group.limit,
        "rules": rules,
        "lastEvaluation": evaluated_at.map(rfc3339),
    }))
}

fn rule(rule: &RuleView, filter: &RuleFilter, public_url: &str) -> Value {
    let state = match rule.phase() {
        Some(phase) => phase_name(phase),
        None => "inactive",
    };
    let (health, error) = match &rule.health {
        Health::Unknown => ("unknown", None),
        Health::Ok => ("ok", None),
        Health::Failed(message) => ("err", Some(message)),
    };
    let mut body = json!({
        "type": "alerting",
        "name": &*rule.name,
        "query": &*rule.expression,
        "state": state,
        "health": health,
        "duration": seconds(rule.for_ms),
        "keepFiringFor": seconds(rule.keep_firing_for_ms),
        "labels": pairs(&rule.labels),
        "annotations": pairs(&rule.annotations),
        "lines": rule.line_count,
        "overLimit": rule.over_limit_count,
    });
    if let Some(error) = error {
        body["lastError"] = error.as_str().into();
    }
    if let Some(time) = rule.evaluated_at {
        body["lastEvaluation"] = rfc3339(time).into();
    }
    if !filter.without_alerts {
        let list = rule.alerts.iter().map(|one| alert(one, public_url));
        body["alerts"] = list.collect();
    }
    body
}

fn alert(alert: &Alert, public_url: &str) -> Value {
    let mut body = json!({
        "labels": pairs(&alert.labels),
        "annotations": pairs(&alert.annotations),
        "state": phase_name(alert.phase),
        "activeAt": rfc3339(alert.active_at),
        "value": text_of(alert.value),
        "peak": text_of(alert.peak),
        "fingerprint": alert.fingerprint(),
        "graph": graph_url(alert, public_url, None),
    });
    if let Some(time) = alert.fired_at {
        body["firedAt"] = rfc3339(time).into();
    }
    body
}

fn phase_name(phase: Phase) -> &'static str {
    match phase {
        Phase::Pending => "pending",
        Phase::Firing => "firing",
        Phase::Ended => "inactive",
    }
}

/// Prometheus writes values as text in Go's `e` format: `1.5e+00`.
fn text_of(value: f64) -> String {
    if value.is_nan() {
        return "NaN".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { "+Inf" } else { "-Inf" }.to_owned();
    }
    let text = format!("{value:e}");
    let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let (sign, power) = match exponent.strip_prefix('-') {
        Some(power) => ('-', power),
        None => ('+', exponent),
    };
    format!("{digits}e{sign}{power:0>2}")
}

#[expect(
    clippy::cast_precision_loss,
    reason = "durations are far below 2^53 ms"
)]
fn seconds(millis: i64) -> f64 {
    millis as f64 / 1000.0
}

fn pairs(tags: &Tags) -> Map<String, Value> {
    tags.iter()
        .map(|(key, value)| (key.to_string(), (**value).into()))
        .collect()
}

fn wants(names: &[String], name: &str) -> bool {
    names.is_empty() || names.iter().any(|wanted| wanted == name)
}

#[cfg(test)]
mod tests;

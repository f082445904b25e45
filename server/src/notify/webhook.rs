//! The text of a notification: the body that Alertmanager posts to webhooks, version 4.
//!
//! Takes a message, gives JSON. Every receiver made for Alertmanager understands it. Each alert
//! carries a link to a picture of what was compared, as `generatorURL` and as the annotation
//! `graph`; the value stands in the annotation `value`, unless the rule writes its own.

use std::collections::BTreeMap;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value, json};
use telamon_alert::{Alert, Phase, template};
use telamon_model::{Tags, Timestamp, duration};

use super::outbox::Message;

/// Alerts that one body lists; further ones are only counted. A person reads fewer, a program can
/// ask `/api/v1/alerts`.
const ALERTS_MAX: usize = 100;

/// Alertmanager's way to say that something has not ended.
const NOT_ENDED: &str = "0001-01-01T00:00:00Z";

/// What stands as it is in a query string; the words of an expression stay readable.
const QUERY_VALUE: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b',')
    .remove(b':')
    .remove(b'(')
    .remove(b')');

/// The body of a post. `public_url` is where people reach this server.
pub fn body(message: &Message, public_url: &str) -> Value {
    let public_url = public_url.trim_end_matches('/');
    let listed = &message.alerts[..message.alerts.len().min(ALERTS_MAX)];
    let is_firing = message
        .alerts
        .iter()
        .any(|alert| alert.phase != Phase::Ended);
    let alerts: Vec<Value> = listed.iter().map(|alert| one(alert, public_url)).collect();
    json!({
        "version": "4",
        "groupKey": format!("{}/{}", message.group, message.rule),
        "truncatedAlerts": message.alerts.len() - listed.len(),
        "status": if is_firing { "firing" } else { "resolved" },
        "receiver": &*message.receiver,
        "groupLabels": { "alertname": &*message.rule },
        "commonLabels": shared(message.alerts.iter().map(|alert| &alert.labels)),
        "commonAnnotations": shared(message.alerts.iter().map(|alert| &alert.annotations)),
        "externalURL": public_url,
        "alerts": alerts,
    })
}

/// The graph that shows why an alert fires, as a link: up to an instant, or up to whenever it is
/// opened.
pub fn graph_url(alert: &Alert, public_url: &str, until: Option<Timestamp>) -> String {
    let expression = utf8_percent_encode(&alert.picture.expression, QUERY_VALUE);
    let window = duration::format_millis(alert.picture.window_ms);
    let until = until.map_or_else(String::new, |time| format!("&e={}", time.as_millis()));
    format!("{public_url}/api/v1/graph?q={expression}&s=e-{window}{until}&style=telamon")
}

/// An instant as RFC 3339 in UTC.
pub fn rfc3339(time: Timestamp) -> String {
    match jiff::Timestamp::from_millisecond(time.as_millis()) {
        Ok(time) => time.to_string(),
        Err(_) => NOT_ENDED.to_owned(),
    }
}

fn one(alert: &Alert, public_url: &str) -> Value {
    let changed_at = alert.ended_at.or(alert.fired_at);
    let graph = graph_url(alert, public_url, changed_at);
    let mut annotations = Map::new();
    annotations.insert("value".to_owned(), template::number(alert.value).into());
    annotations.insert("graph".to_owned(), graph.as_str().into());
    for (key, text) in alert.annotations.iter() {
        annotations.insert(key.to_string(), (**text).into());
    }
    let labels: Map<String, Value> = alert
        .labels
        .iter()
        .map(|(key, value)| (key.to_string(), (**value).into()))
        .collect();
    json!({
        "status": if alert.phase == Phase::Ended { "resolved" } else { "firing" },
        "labels": labels,
        "annotations": annotations,
        "startsAt": rfc3339(alert.fired_at.unwrap_or(alert.active_at)),
        "endsAt": alert.ended_at.map_or_else(|| NOT_ENDED.to_owned(), rfc3339),
        "generatorURL": graph,
        "fingerprint": alert.fingerprint(),
    })
}

/// The pairs that all sets have.
fn shared<'a>(mut sets: impl Iterator<Item = &'a Tags>) -> Value {
    let Some(first) = sets.next() else {
        return json!({});
    };
    let mut pairs: BTreeMap<&str, &str> = first.iter().map(|(k, v)| (&**k, &**v)).collect();
    for set in sets {
        pairs.retain(|key, value| set.get(key).is_some_and(|found| **found == **value));
    }
    json!(pairs)
}

#[cfg(test)]
mod tests;

//! What the demo shows: a made-up fleet, rules over it, queries to try.
//!
//! [`history`] makes the samples, [`RULES`] are the rules, [`QUERIES`] the pictures of the page, and
//! [`notification_line`] is what the demo's own receiver prints. Starting the server, appending the
//! samples and listening for the notification are left to the command.

pub mod history;

use serde_json::Value;

/// The rule file of the demo; its receiver is [`RECEIVER`].
pub const RULES: &str = include_str!("demo/rules.yaml");

/// Name of the rule file in errors and answers.
pub const RULES_NAME: &str = "demo/rules.yaml";

/// Name of the receiver that the rules notify.
pub const RECEIVER: &str = "demo";

/// A query with what it shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DemoQuery {
    /// Headline of the picture.
    pub title: &'static str,
    /// One sentence on what to see in it.
    pub text: &'static str,
    /// The query.
    pub query: &'static str,
}

/// The pictures of the page, in reading order. The first one is also printed at start.
pub const QUERIES: [DemoQuery; 4] = [
    DemoQuery {
        title: "Requests per second by app",
        text: "Each app has its own busy hours. The counts of a timer, summed.",
        query: "name,ipc.server.call,:eq,statistic,count,:eq,:and,:sum,(,nf.app,),:by,\
                $nf.app,:legend",
    },
    DemoQuery {
        title: "Average latency by cluster, in seconds",
        text: "Total time divided by count. One deploy went wrong and was rolled back.",
        query: "name,ipc.server.call,:eq,:dup,statistic,totalTime,:eq,:and,:sum,(,nf.cluster,),:by,\
                :swap,statistic,count,:eq,:and,:sum,(,nf.cluster,),:by,:div,$nf.cluster,:legend",
    },
    DemoQuery {
        title: "CPU of the nodes of gateway-main",
        text: "The nodes of one cluster share the work evenly, but one of them works much harder.",
        query: "name,cpu.usage,:eq,nf.cluster,gateway-main,:eq,:and,:max,(,nf.node,),:by,\
                $nf.node,:legend",
    },
    DemoQuery {
        title: "Failed requests by app, in percent, and the threshold of the alert",
        text: "A burst every ten minutes. The alert CheckoutErrors fires after 20 seconds of it.",
        query: "name,ipc.server.call,:eq,statistic,count,:eq,:and,:dup,status,failure,:eq,:and,\
                :sum,(,nf.app,),:by,:swap,:sum,(,nf.app,),:by,:div,100,:mul,$nf.app,:legend,\
                5,threshold,:legend,f00,:color",
    },
];

/// What the demo's receiver prints for the body of a webhook: one line.
///
/// # Errors
/// What is missing, when the body is not that of a notification.
pub fn notification_line(body: &[u8]) -> Result<String, String> {
    let body: Value = serde_json::from_slice(body).map_err(|error| error.to_string())?;
    let text = |value: &Value, key: &str| value[key].as_str().map(str::to_owned);
    let status = text(&body, "status").ok_or("no status")?;
    let name = text(&body["groupLabels"], "alertname").ok_or("no alertname")?;
    let alerts = body["alerts"].as_array().ok_or("no alerts")?;
    let first = alerts.first().ok_or("no alert")?;
    let summary = text(&first["annotations"], "summary").unwrap_or_default();
    let others = match alerts.len() - 1 {
        0 => String::new(),
        count => format!(" (and {count} more)"),
    };
    let when = match status.as_str() {
        "resolved" => text(first, "endsAt"),
        _ => text(first, "startsAt"),
    };
    let line = format!(
        "alert {name} {status} at {}: {summary}{others}",
        when.unwrap_or_default()
    );
    Ok(line.replace(['\n', '\r'], " "))
}

#[cfg(test)]
mod tests;

//! The line that the demo's receiver prints.

use super::*;

#[test]
fn a_notification_becomes_one_line() {
    let body = |status: &str, alerts: &str| {
        format!(
            r#"{{"version":"4","status":"{status}","groupLabels":{{"alertname":"CheckoutErrors"}},"alerts":[{alerts}]}}"#
        )
    };
    let alert = r#"{"startsAt":"2026-01-01T00:00:10Z","endsAt":"2026-01-01T00:02:00Z",
        "annotations":{"summary":"checkout fails\n40 requests/s"}}"#;
    for (body, line) in [
        (
            body("firing", alert),
            Ok("alert CheckoutErrors firing at 2026-01-01T00:00:10Z: checkout fails 40 requests/s"),
        ),
        (
            body("resolved", &format!("{alert},{alert}")),
            Ok(
                "alert CheckoutErrors resolved at 2026-01-01T00:02:00Z: checkout fails 40 requests/s \
                 (and 1 more)",
            ),
        ),
        (body("firing", ""), Err("no alert")),
        ("[]".to_owned(), Err("no status")),
    ] {
        let found = notification_line(body.as_bytes());
        assert_eq!(
            found.as_deref(),
            line.map_err(str::to_owned).as_ref().map(|line| *line)
        );
    }
    assert!(notification_line(b"no json").is_err());
}

//! Cases of the publish endpoint in the format of the other suites: answers only.

use serde_json::Value;

use super::held::Reader;
use super::{Outcome, shortened, text};
use crate::conformance::report::Mismatch;
use crate::conformance::wire::Answer;
use crate::house::{House, Time};

/// The recording server had no limit of age; some ten years is the longest here, counted from the time that
/// the cases publish for.
const NOW_MS: i64 = 1_325_404_800_000;
const CONFIG: &str = "[store]\nstep = \"60s\"\nfsync = \"never\"\nretention = \"3650d\"\n[ingest]\nage_max = \"3640d\"\n";

/// The request on one line.
pub(super) fn request_line(case: &Value) -> String {
    let field = |name: &str| case[name].as_str().unwrap_or_default().to_owned();
    shortened(&format!(
        "{} {} {} {}",
        field("method"),
        field("uri"),
        case["headers"],
        field("request_body")
    ))
}

/// Sends the request of a case to an empty server.
pub(super) fn ask(case: &Value) -> anyhow::Result<Outcome> {
    let mut headers = Vec::new();
    for (name, value) in case["headers"].as_object().into_iter().flatten() {
        headers.push((name.clone(), text(value, "header")?.to_owned()));
    }
    let smile = (
        "Content-Type".to_owned(),
        "application/x-jackson-smile".to_owned(),
    );
    if headers.contains(&smile) {
        return Ok(Outcome::Planned("Smile bodies"));
    }
    let house = House::open(CONFIG, Time::held(NOW_MS), &[])?;
    let body = case["request_body"].as_str().map(str::as_bytes);
    let (method, uri) = (text(&case["method"], "method")?, text(&case["uri"], "uri")?);
    let answer = Reader::new(&house).send(method, uri, &headers, body)?;
    Ok(Outcome::Compared(compare(case, &answer)))
}

fn compare(case: &Value, answer: &Answer) -> Vec<Mismatch> {
    let status = &case["status"];
    // Where the reference breaks, a refusal is the better answer.
    if *status == 500 && answer.status == 400 {
        return Vec::new();
    }
    if *status != answer.status {
        let got = format!("{} {}", answer.status, answer.text());
        return vec![Mismatch::new("status", status, got)];
    }
    if case["compare"] == "status" {
        return Vec::new();
    }
    let mut mismatches = Vec::new();
    let content_type = answer.header("content-type");
    if case["content_type"].as_str() != content_type {
        let got = content_type.unwrap_or("absent");
        mismatches.push(Mismatch::new("content-type", &case["content_type"], got));
    }
    let got = answer.text();
    let is_same = match case["body"].as_object() {
        None => case["body_text"].as_str().unwrap_or_default() == got,
        Some(expected) => {
            let got: Value = serde_json::from_str(&got).unwrap_or_default();
            // Plain errors may say more; the answers with a count may not.
            let may_say_more = !expected.contains_key("errorCount");
            let has = |(key, value): (&String, &Value)| got.get(key) == Some(value);
            let keys = got.as_object().map_or(0, serde_json::Map::len);
            // The words of its JSON library name its classes and streams.
            let is_of_library = case["body"]["message"]
                .as_str()
                .is_some_and(|message| message.contains("\n at [Source: "));
            if is_of_library {
                got["type"] == "error" && got["message"].is_string()
            } else {
                expected.iter().all(has) && (may_say_more || keys == expected.len())
            }
        }
    };
    if !is_same {
        let expected = if case["body"].is_null() {
            &case["body_text"]
        } else {
            &case["body"]
        };
        mismatches.push(Mismatch::new("body", expected, got));
    }
    mismatches
}

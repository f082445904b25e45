//! Recorded answer against ours.
//!
//! Takes a case and an answer, gives every field that differs, each once with its first example.
//! Texts, order, integers and status are exact. Numbers of data may differ by what another order of
//! the same sum can change; long texts of which only a digest was kept must have the same length,
//! beginning and end where their digest differs.

mod json;
mod text;

use std::path::Path;

use serde_json::Value;
use sha1::{Digest, Sha1};

use super::cases::{Case, Compare};
use super::picture::{self, PictureVerdict, Unclear};
use super::report::Mismatch;
use super::wire::Answer;

/// One part in so many may be the difference in length of a body of which only a digest was kept.
const LENGTH_PARTS: usize = 100_000;

/// What a comparison found.
#[derive(Debug, Default)]
pub struct Comparison {
    /// Fields that differ; none when the answer is right.
    pub mismatches: Vec<Mismatch>,
    /// Why the plot of a picture of the right size could not be compared.
    pub unconfirmed: Option<Unclear>,
}

impl Comparison {
    fn add(&mut self, mismatch: Mismatch) {
        self.mismatches.push(mismatch);
    }
}

/// Compares the answer to a case with the recorded one.
pub fn compare(case: &Case, answer: &Answer, oracle: &Path) -> Comparison {
    let mut comparison = Comparison::default();
    let found = &mut comparison.mismatches;
    if let Some(status) = case.status {
        if status != answer.status {
            let got = format!("{} {}", answer.status, answer.text());
            found.push(Mismatch::new("status", status, got));
        }
        if case.compare == Some(Compare::Status) {
            return comparison;
        }
        let got = answer.header("content-type");
        if case.content_type.as_deref() != got {
            let show = |name: Option<&str>| name.unwrap_or("none").to_owned();
            let expected = show(case.content_type.as_deref());
            found.push(Mismatch::new("content-type", expected, show(got)));
        }
    }
    headers(case, answer, found);
    if case.method == "HEAD" {
        return comparison;
    }
    if case.width.is_some() {
        compare_picture(case, answer, oracle, &mut comparison);
    } else {
        body(case, answer, found);
    }
    comparison
}

fn headers(case: &Case, answer: &Answer, found: &mut Vec<Mismatch>) {
    let Some(recorded) = &case.response_headers else {
        return;
    };
    for (name, expected) in recorded {
        let got = answer.header(&name.to_ascii_lowercase());
        if got != Some(expected) {
            let field = format!("header {name}");
            found.push(Mismatch::new(field, expected, got.unwrap_or("none")));
        }
    }
    // A header of these families that was recorded nowhere would be one too many.
    for (name, value) in &answer.headers {
        let is_told = name.starts_with("access-control-") || name == "x-nflx-atlas-next-offset";
        if is_told && recorded.keys().all(|key| !key.eq_ignore_ascii_case(name)) {
            found.push(Mismatch::new(format!("header {name}"), "none", value));
        }
    }
}

fn body(case: &Case, answer: &Answer, found: &mut Vec<Mismatch>) {
    if let Some(events) = &case.events {
        let expected: Vec<Value> = events.iter().map(|event| parse(event.get())).collect();
        let got: Vec<Value> = stream_events(&answer.text());
        match told_limit(&expected, &got) {
            Some(limit) => found.push(Mismatch::new("events.limit", "not told", limit)),
            None => json::compare(&Value::from(expected), &Value::from(got), found),
        }
    } else if let Some(expected) = &case.body {
        match serde_json::from_slice(&answer.body) {
            Ok(got) => {
                let mut expected = parse(expected.get());
                let mut got = got;
                if case.path().ends_with("/complete") {
                    keep_names(&mut expected);
                    keep_names(&mut got);
                }
                json::compare(&expected, &got, found);
            }
            Err(_) => found.push(Mismatch::new("body", expected.get(), answer.text())),
        }
    } else if let Some(expected) = &case.body_text {
        text::compare(expected, &answer.text(), found);
    } else if let Some(values) = &case.values {
        sampled(case, values, answer, found);
    } else if let Some(digest) = &case.body_sha1 {
        long_text(case, digest, answer, found);
    }
}

fn parse(text: &str) -> Value {
    serde_json::from_str(text).expect("the records are JSON")
}

/// Signatures and descriptions of a completion are documentation.
fn keep_names(words: &mut Value) {
    for word in words.as_array_mut().into_iter().flatten() {
        if let Value::Object(fields) = word {
            fields.retain(|key, _| key == "name");
        }
    }
}

/// The events of a stream, heartbeats left out.
fn stream_events(text: &str) -> Vec<Value> {
    let data = text.lines().filter_map(|line| line.strip_prefix("data: "));
    data.filter_map(|json| serde_json::from_str(json).ok())
        .filter(|event: &Value| event["message"] != "heartbeat")
        .collect()
}

/// The limit that ended our stream where the recorded one has nothing but its end.
fn told_limit<'a>(expected: &[Value], got: &'a [Value]) -> Option<&'a Value> {
    let [error, end] = got else {
        return None;
    };
    let message = error["message"].as_str().unwrap_or_default();
    let is_limit = error["type"] == "error" && message.contains("too many lines");
    (is_limit && expected == std::slice::from_ref(end)).then(|| &error["message"])
}

/// Some values of the only line of a graph.
fn sampled(case: &Case, values: &[Value], answer: &Answer, found: &mut Vec<Mismatch>) {
    let (Some(start), Some(every)) = (case.start, case.every) else {
        return;
    };
    let graph: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    let numbers = |key: &str| graph[key].as_i64();
    let (Some(first), Some(step)) = (numbers("start"), numbers("step")) else {
        found.push(Mismatch::new("body", "a graph", answer.text()));
        return;
    };
    let mut time = start;
    for expected in values {
        let row = usize::try_from((time - first).div_euclid(step.max(1))).unwrap_or(usize::MAX);
        let got = &graph["values"][row][0];
        if !json::numbers_agree(expected, got, 0.0) {
            found.push(Mismatch::new(
                format!("body.values at {time}"),
                expected,
                got,
            ));
            return;
        }
        time += every;
    }
}

/// Size and place of the plot of a picture.
fn compare_picture(case: &Case, answer: &Answer, oracle: &Path, found: &mut Comparison) {
    let size = (case.width.unwrap_or(0), case.height.unwrap_or(0));
    let recorded = case.picture.as_ref();
    let path = recorded.map(|name| oracle.join("pictures").join(name));
    match picture::compare(&answer.body, path.as_deref(), size) {
        Ok(PictureVerdict::Same) => {}
        Ok(PictureVerdict::Unconfirmed(unclear)) => found.unconfirmed = Some(unclear),
        Ok(PictureVerdict::Size { expected, got }) => {
            let show = |(width, height)| format!("{width} x {height}");
            found.add(Mismatch::new("picture size", show(expected), show(got)));
        }
        Ok(PictureVerdict::Rectangle { expected, got }) => {
            let got = got.map_or_else(|| "no plot found".to_owned(), |got| got.to_string());
            found.add(Mismatch::new("picture plot", expected, got));
        }
        Err(error) => {
            let got = format!("{error:#}: {}", answer.text());
            found.add(Mismatch::new("picture", "a picture", got));
        }
    }
}

/// A text of which a digest, the length, the beginning and the end were kept.
fn long_text(case: &Case, digest: &str, answer: &Answer, found: &mut Vec<Mismatch>) {
    let text = answer.text();
    let sha1: String = Sha1::digest(&answer.body)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    if sha1 == digest {
        return;
    }
    let before = found.len();
    if let Some(lines) = case.body_lines
        && lines != text.split('\n').count()
    {
        let got = text.split('\n').count();
        found.push(Mismatch::new("body lines", lines, got));
    }
    if let Some(head) = &case.body_head {
        text::compare(head, text.get(..head.len()).unwrap_or(&text), found);
    }
    if let Some(tail) = &case.body_tail {
        let from = text.len().saturating_sub(tail.len());
        text::compare(tail, text.get(from..).unwrap_or(&text), found);
    }
    // Digits of sums in another order are another text of nearly the same length; where its beginning
    // and end were kept they have been compared.
    let chars = text.chars().count();
    let recorded = case.body_chars.unwrap_or(0);
    let apart = recorded.abs_diff(chars);
    let is_near = if case.body_head.is_some() {
        apart == 0
    } else {
        apart * LENGTH_PARTS <= recorded
    };
    if found.len() == before && !is_near {
        let length = |chars: Option<usize>, sha1: &str| format!("{chars:?} characters, {sha1}");
        let expected = length(case.body_chars, digest);
        found.push(Mismatch::new(
            "body digest",
            expected,
            length(Some(chars), &sha1),
        ));
    }
}

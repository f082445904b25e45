use serde_json::Value;
use telamon_model::Tags;

use super::*;
use crate::oracle;
use crate::rules::Rules;
use crate::series_cache::CacheLimits;

const NOW: i64 = 1_700_000_003_000;
const ADMISSION: Admission = Admission { age_max_ms: 60_000 };

fn cache() -> SeriesCache {
    SeriesCache::new(
        Rules::ATLAS,
        CacheLimits {
            series_max: 1000,
            span_bytes_max: 100_000,
        },
    )
}

fn allow(_: &Series) -> Result<(), Refusal> {
    Ok(())
}

fn datapoint(name: &str, age_ms: i64) -> Datapoint {
    Datapoint {
        tags: Tags::from_pairs([("name", name)]),
        timestamp: Timestamp(NOW - age_ms),
        value: 1.0,
    }
}

#[test]
fn the_age_is_limited_in_both_directions() {
    let ages = [60_000, 60_001, -60_000, -60_001, i64::MAX];
    let points: Vec<Datapoint> = ages.map(|age| datapoint("cpu", age)).to_vec();
    let admitted = ADMISSION.admit(&points, Timestamp(NOW), &mut cache(), &mut allow);
    assert_eq!(
        admitted.batch.series.len(),
        1,
        "one series, however many rows"
    );
    assert_eq!(admitted.batch.rows.len(), 2);
    let said: Vec<&str> = admitted
        .rejected
        .iter()
        .map(|r| r.message.as_str())
        .collect();
    assert_eq!(
        said[..2],
        [
            "data is too old: now = 1700000003000, timestamp = 1699999942999, 60001 > 60000 \
             (tags={\"name\":\"cpu\"})",
            "data is from future: now = 1700000003000, timestamp = 1700000063001 \
             (tags={\"name\":\"cpu\"})",
        ]
    );
    let smallest = Datapoint {
        timestamp: Timestamp(i64::MIN),
        ..datapoint("cpu", 0)
    };
    let admitted = ADMISSION.admit(&[smallest], Timestamp(NOW), &mut cache(), &mut allow);
    assert_eq!(admitted.rejected_counts.of(Reason::FromFuture), 1);
}

#[test]
fn five_refusals_are_told_and_all_are_counted() {
    let points: Vec<Datapoint> = (0..9)
        .map(|index| datapoint(if index == 4 { "cpu" } else { "" }, 0))
        .collect();
    let admitted = ADMISSION.admit(&points, Timestamp(NOW), &mut cache(), &mut allow);
    let told: Vec<usize> = admitted
        .rejected
        .iter()
        .map(|rejected| rejected.index)
        .collect();
    assert_eq!(told, [0, 1, 2, 3, 5]);
    assert_eq!(admitted.rejected_counts.of(Reason::ValueTooShort), 8);
    assert_eq!(
        (admitted.rejected_counts.total(), admitted.batch.rows.len()),
        (8, 1)
    );
}

#[test]
fn a_limit_keeps_new_series_out_and_known_ones_in() {
    let mut cache = cache();
    let mut known = 0;
    let mut may_create = |_: &Series| {
        known += 1;
        if known > 2 {
            Err(Refusal {
                limit: "store.series_max",
                max: 2,
            })
        } else {
            Ok(())
        }
    };
    let names = ["aa", "bb", "cc", "aa", "cc"];
    let points = names.map(|name| datapoint(name, 0));
    let admitted = ADMISSION.admit(&points, Timestamp(NOW), &mut cache, &mut may_create);
    assert_eq!(admitted.batch.rows.len(), 3);
    assert_eq!(admitted.rejected_counts.of(Reason::SeriesLimit), 2);
    assert_eq!(
        admitted.rejected[0].message,
        "too many series: store.series_max = 2 (tags={\"name\":\"cc\"})"
    );
    // Series that are in are not asked for again; one that was refused is.
    let mut asked = Vec::new();
    let mut may_create = |series: &Series| {
        asked.push(series.tags().canonical());
        Ok(())
    };
    let admitted = ADMISSION.admit(&points, Timestamp(NOW), &mut cache, &mut may_create);
    assert_eq!(
        (admitted.batch.rows.len(), asked),
        (5, vec!["name=cc".to_owned()])
    );
}

#[test]
fn recorded_answers_of_the_reference() {
    let mut count = 0;
    let mut wrong = Vec::new();
    for case in oracle::cases("publish.jsonl") {
        let Some(body) = plain_body(&case) else {
            continue;
        };
        count += 1;
        let key = case["key"].as_str().unwrap();
        if let Err(difference) = agree(&body, &case["response"]) {
            wrong.push(format!("{key}: {difference}"));
        }
    }
    println!("{count} recorded answers compared");
    assert!(
        wrong.is_empty(),
        "{} of {count} differ:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

/// The body of a case that reaches the decoder as it is; `None` for cases about HTTP.
fn plain_body(case: &Value) -> Option<Vec<u8>> {
    let request = &case["request"];
    let is_publish = request["method"] == "POST"
        && matches!(
            request["path"].as_str(),
            Some("/api/v1/publish" | "/api/v1/publish-fast")
        );
    let headers = request["headers"].to_string().to_lowercase();
    let is_coded = headers.contains("smile") || headers.contains("content-encoding");
    if !is_publish || is_coded || case["response"]["status"] == 413 {
        return None;
    }
    let text = match &request["body"] {
        Value::String(text) => text.clone(),
        Value::Array(parts) => parts.iter().map(part_text).collect(),
        _ => return None,
    };
    let mut body = expand(&text).into_bytes();
    for step in request["encode"].as_array().unwrap_or(&Vec::new()) {
        body = match step {
            Value::String(name) => encode(&body, name)?,
            Value::Object(step) if step.contains_key("truncate") => {
                let end = step["truncate"].as_i64().unwrap();
                let length = i64::try_from(body.len()).unwrap();
                let end = if end < 0 {
                    length + end
                } else {
                    end.min(length)
                };
                body[..usize::try_from(end).unwrap()].to_vec()
            }
            Value::Object(step) if step.contains_key("append") => {
                let digits = step["append"].as_str().unwrap().as_bytes();
                let byte = |pair: &[u8]| {
                    u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap()
                };
                body.extend(digits.chunks(2).map(byte));
                body
            }
            _ => return None,
        };
    }
    Some(body)
}

fn encode(body: &[u8], name: &str) -> Option<Vec<u8>> {
    let text = std::str::from_utf8(body).unwrap();
    let (marked, name) = match name {
        "utf-16" => (format!("\u{feff}{text}"), "utf-16le"),
        "utf-32" => (format!("\u{feff}{text}"), "utf-32le"),
        "utf-8-sig" => (format!("\u{feff}{text}"), "utf-8"),
        name => (text.to_owned(), name),
    };
    Some(match name {
        "utf-8" => marked.into_bytes(),
        "utf-16le" => marked.encode_utf16().flat_map(u16::to_le_bytes).collect(),
        "utf-16be" => marked.encode_utf16().flat_map(u16::to_be_bytes).collect(),
        "utf-32le" => marked
            .chars()
            .map(u32::from)
            .flat_map(u32::to_le_bytes)
            .collect(),
        "utf-32be" => marked
            .chars()
            .map(u32::from)
            .flat_map(u32::to_be_bytes)
            .collect(),
        _ => return None,
    })
}

fn part_text(part: &Value) -> String {
    if let Value::String(text) = part {
        return text.clone();
    }
    let times = part["repeat"].as_u64().unwrap();
    let text = part["text"].as_str().unwrap();
    let texts: Vec<String> = (0..times)
        .map(|index| text.replace("{{i}}", &index.to_string()))
        .collect();
    texts.join(part["join"].as_str().unwrap_or(""))
}

/// Replaces the time placeholders of the recordings.
fn expand(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("{{") {
        let (name, after) = after.split_once("}}").unwrap();
        out.push_str(before);
        match name {
            "now_s" => out.push_str(&(NOW / 1000).to_string()),
            "server_now" | "now_ms" => out.push_str(&NOW.to_string()),
            "step_ms" => out.push_str(&(NOW / 10_000 * 10_000).to_string()),
            "age" => out.push_str("{{age}}"),
            _ => match name
                .strip_prefix("now_ms")
                .and_then(|offset| offset.parse::<i64>().ok())
            {
                Some(offset) => out.push_str(&(NOW + offset).to_string()),
                None => panic!("unknown placeholder {name}"),
            },
        }
        rest = after;
    }
    out + rest
}

fn agree(body: &[u8], response: &Value) -> Result<(), String> {
    let admitted = ADMISSION.admit_json(body, Timestamp(NOW), &mut cache(), &mut allow);
    let is_exact = response["compare"] == "exact";
    let status = response["status"].as_u64().unwrap();
    let expected: Value =
        serde_json::from_str(&expand(response["body"].as_str().unwrap_or(""))).unwrap_or_default();
    let admitted = match admitted {
        Err(error) => {
            let told = error.reference_text();
            let is_refused = status == 400 || status == 500;
            let is_same = !is_exact || expected["message"] == told;
            return if is_refused && is_same {
                Ok(())
            } else {
                Err(told)
            };
        }
        Ok(admitted) => admitted,
    };
    let rejected = admitted.rejected_counts.total();
    let our_status = match (rejected, admitted.batch.rows.len()) {
        (0, _) => 200,
        (_, 0) => 400,
        _ => 202,
    };
    let messages: Vec<&str> = admitted
        .rejected
        .iter()
        .map(|r| r.message.as_str())
        .collect();
    if our_status != status {
        return Err(format!("{our_status} instead of {status}, {messages:?}"));
    }
    if rejected > 0 {
        let told = expected["message"]
            .as_array()
            .ok_or("one message was expected")?;
        let is_same = told.len() == messages.len()
            && told
                .iter()
                .zip(&messages)
                .all(|(told, ours)| is_like(told.as_str().unwrap(), ours));
        if expected["errorCount"].as_u64() != Some(rejected) || !is_same {
            return Err(format!("{rejected} {messages:?} instead of {told:?}"));
        }
    }
    stored_series_are_there(response, &admitted)
}

fn is_like(pattern: &str, text: &str) -> bool {
    match pattern.split_once("{{age}}") {
        Some((start, end)) => text.strip_prefix(start).is_some_and(|rest| {
            rest.trim_start_matches(|digit: char| digit.is_ascii_digit()) == end
        }),
        None => pattern == text,
    }
}

/// Every series that the reference held is in our batch. A recorded value that is no string stands
/// for many series and says nothing of one.
fn stored_series_are_there(response: &Value, admitted: &Admitted) -> Result<(), String> {
    let has = |series: &Series, stored: &Value| {
        stored
            .as_object()
            .unwrap()
            .iter()
            .all(|(key, value)| match value {
                Value::String(value) => {
                    series.tags().get(key).is_some_and(|ours| **ours == **value)
                }
                _ => series.tags().get(key).is_some(),
            })
    };
    for stored in response["stored"].as_array().unwrap_or(&Vec::new()) {
        let sets = match &stored["tags"] {
            Value::Array(sets) => sets.clone(),
            set => vec![set.clone()],
        };
        for set in sets {
            if !admitted.batch.series.iter().any(|series| has(series, &set)) {
                return Err(format!("{set} is stored but not in the batch"));
            }
        }
    }
    Ok(())
}

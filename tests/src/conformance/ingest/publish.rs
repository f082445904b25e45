//! Cases of the publish endpoint: the answer to one request, and what is held afterwards.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use anyhow::Context;
use flate2::read::{GzDecoder, ZlibDecoder};
use serde_json::Value;

use super::held::{Reader, number};
use super::request::{Prepared, filled, prepare};
use super::{NOW_MS, Outcome, shortened, text};
use crate::conformance::report::Mismatch;
use crate::conformance::wire::{Answer, read_answer};
use crate::house::{House, Time};

const CONFIG: &str = "[store]\nstep = \"10s\"\nfsync = \"never\"\n[ingest]\nage_max = \"60s\"\n";

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// How far back and ahead values were read.
const BACK_MS: i64 = 12 * 60_000;
const AHEAD_MS: i64 = 60_000;

/// The request on one line.
pub(super) fn request_line(case: &Value) -> String {
    let request = &case["request"];
    let body = if request["body_hex"].is_null() {
        &request["body"]
    } else {
        &request["body_hex"]
    };
    let (method, path) = (&request["method"], &request["path"]);
    let (method, path) = (method.as_str(), path.as_str());
    let (method, path) = (method.unwrap_or_default(), path.unwrap_or_default());
    shortened(&format!("{method} {path} {} {body}", request["headers"]))
}

/// Sends the request of a case to a server of its own and reads back what is held.
pub(super) fn ask(case: &Value) -> anyhow::Result<Outcome> {
    let (request, response) = (&case["request"], &case["response"]);
    if is_smile(request) {
        return Ok(Outcome::Planned("Smile bodies"));
    }
    let house = House::open(CONFIG, Time::held(NOW_MS), &[])?;
    let (interim, answer) = exchange(&house, &prepare(request)?)?;
    let mut mismatches = compare_answer(response, interim.as_deref(), &answer)?;
    if let Some(stored) = response["stored"].as_array() {
        compare_held(stored, &mut Reader::new(&house), &mut mismatches)?;
    }
    Ok(Outcome::Compared(mismatches))
}

/// Whether the body is announced as Smile, the binary form of JSON.
fn is_smile(request: &Value) -> bool {
    let headers = request["headers"].as_array().into_iter().flatten();
    headers
        .filter_map(|header| Some((header[0].as_str()?, header[1].as_str()?)))
        .any(|(name, value)| {
            let media = value.split(';').next().unwrap_or_default().trim();
            name.eq_ignore_ascii_case("content-type")
                && media.eq_ignore_ascii_case("application/x-jackson-smile")
        })
}

/// Sends a request on a connection of its own; gives the interim line, if any, and the answer.
fn exchange(house: &House, request: &Prepared) -> anyhow::Result<(Option<String>, Answer)> {
    let mut stream = BufReader::new(TcpStream::connect(house.http_address())?);
    stream.get_ref().set_read_timeout(Some(PATIENCE))?;
    stream.get_ref().set_nodelay(true)?;
    stream.get_mut().write_all(&request.head)?;
    let mut interim = None;
    if request.expects_continue {
        let mut line = String::new();
        stream.read_line(&mut line)?;
        stream.read_line(&mut String::new())?;
        interim = Some(line.trim_end().to_owned());
    }
    // A server may refuse a body without reading it.
    let written = stream.get_mut().write_all(&request.body);
    let answer = read_answer(&mut stream, request.method == "HEAD");
    let answer = match (answer, written) {
        (Ok(answer), _) => answer,
        (Err(_), Err(error)) | (Err(error), Ok(())) => return Err(error.into()),
    };
    Ok((interim, answer))
}

fn compare_answer(
    response: &Value,
    interim: Option<&str>,
    answer: &Answer,
) -> anyhow::Result<Vec<Mismatch>> {
    let mut mismatches = Vec::new();
    let status = response["status"].as_u64().context("a status")?;
    // Where the reference breaks, a refusal is the better answer.
    let is_right = status == u64::from(answer.status) || status == 500 && answer.status == 400;
    if !is_right {
        let got = format!("{} {}", answer.status, answer.text());
        mismatches.push(Mismatch::new("status", status, got));
        return Ok(mismatches);
    }
    if response["interim"].as_str() != interim {
        let expected = &response["interim"];
        mismatches.push(Mismatch::new(
            "interim",
            expected,
            interim.unwrap_or("nothing"),
        ));
    }
    for header in response["headers"].as_array().into_iter().flatten() {
        let (name, value) = (text(&header[0], "header")?, text(&header[1], "header")?);
        // The length follows from the body, which may say more than the reference's.
        if name.eq_ignore_ascii_case("content-length") {
            continue;
        }
        let got = answer.header(&name.to_ascii_lowercase());
        if got != Some(value) {
            let field = format!("header {name}");
            mismatches.push(Mismatch::new(field, value, got.unwrap_or("absent")));
        }
    }
    let expected = filled(response["body"].as_str().unwrap_or_default())?;
    let got = decoded(answer)?;
    let is_right = match response["compare"].as_str() {
        Some("shape") => is_error(&got),
        _ => is_said(&expected, &got),
    };
    if !is_right {
        mismatches.push(Mismatch::new("body", expected, got));
    }
    Ok(mismatches)
}

/// The text of a body without its content coding, of which records say nothing.
fn decoded(answer: &Answer) -> anyhow::Result<String> {
    let mut text = String::new();
    match answer.header("content-encoding") {
        Some("gzip") => GzDecoder::new(&*answer.body).read_to_string(&mut text)?,
        Some("deflate") => ZlibDecoder::new(&*answer.body).read_to_string(&mut text)?,
        _ => return Ok(answer.text()),
    };
    Ok(text)
}

/// Whether a body is an error object with a message.
fn is_error(body: &str) -> bool {
    let body: Value = serde_json::from_str(body).unwrap_or_default();
    body["type"] == "error" && body["message"].is_string()
}

/// Whether a body says the expected: an error object without a count may say more, everything else is
/// compared as text.
fn is_said(expected: &str, got: &str) -> bool {
    if let (Ok(Value::Object(expected)), Ok(Value::Object(got))) =
        (serde_json::from_str(expected), serde_json::from_str(got))
        && !expected.contains_key("errorCount")
    {
        return expected
            .iter()
            .all(|(key, value)| got.get(key) == Some(value));
    }
    let mut rest = got;
    for (index, piece) in expected.split("{{age}}").enumerate() {
        if index > 0 {
            let digits = rest.trim_start_matches(|letter: char| letter.is_ascii_digit());
            if digits.len() == rest.len() {
                return false;
            }
            rest = digits;
        }
        let Some(after) = rest.strip_prefix(piece) else {
            return false;
        };
        rest = after;
    }
    rest.is_empty()
}

/// Compares what is held with what the reference held: tags, and values where they were recorded.
/// A series without any value may or may not be there.
fn compare_held(
    stored: &[Value],
    reader: &mut Reader,
    mismatches: &mut Vec<Mismatch>,
) -> anyhow::Result<()> {
    let mut names: BTreeSet<String> = reader.names()?.into_iter().collect();
    for series in stored {
        let name = text(&series["tags"]["name"], "the name of a series")?;
        if !names.remove(name) {
            mismatches.push(Mismatch::new("stored", series, "nothing of that name"));
            continue;
        }
        let tags = reader.tags(name)?;
        if !are_tags(&series["tags"], &tags) {
            let field = format!("stored {name} tags");
            mismatches.push(Mismatch::new(field, &series["tags"], format!("{tags:?}")));
        }
        if let Some(values) = series["values"].as_array() {
            let expected = values
                .iter()
                .map(number)
                .collect::<anyhow::Result<Vec<f64>>>()?;
            let got = values_of(reader, name)?;
            if expected != got {
                let field = format!("stored {name} values");
                let (expected, got) = (format!("{expected:?}"), format!("{got:?}"));
                mismatches.push(Mismatch::new(field, expected, got));
            }
        }
    }
    for name in names {
        let values = values_of(reader, &name)?;
        if !values.is_empty() {
            let field = format!("stored {name}");
            mismatches.push(Mismatch::new(field, "nothing", format!("{values:?}")));
        }
    }
    Ok(())
}

/// Values of all series of a name added up, in the order of time.
fn values_of(reader: &mut Reader, name: &str) -> anyhow::Result<Vec<f64>> {
    let expression = format!("name,{name},:eq,:sum");
    let lines = reader.graph(&expression, NOW_MS - BACK_MS, NOW_MS + AHEAD_MS)?;
    let points = lines.into_iter().flat_map(|line| line.points);
    Ok(points.map(|(_, value)| value).collect())
}

/// Whether keys and values are the recorded ones: a text, a list, or a number of distinct values. An
/// empty list was recorded where the value could not be asked for.
fn are_tags(expected: &Value, got: &BTreeMap<String, BTreeSet<String>>) -> bool {
    let Some(expected) = expected.as_object() else {
        return false;
    };
    let is_value = |expected: &Value, got: &BTreeSet<String>| match expected {
        Value::String(value) => got.len() == 1 && got.contains(value),
        Value::Array(values) if values.is_empty() => true,
        Value::Array(values) => {
            let texts = values.iter().filter_map(Value::as_str);
            texts.eq(got.iter().map(String::as_str))
        }
        other => other["distinct"] == got.len(),
    };
    let mut pairs = expected.iter();
    expected.len() == got.len()
        && pairs.all(|(key, value)| got.get(key).is_some_and(|got| is_value(value, got)))
}

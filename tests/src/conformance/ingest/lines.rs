//! Packets of agent lines, and what they amount to at the end of their steps.
//!
//! The server's step is a second, so that an amount is the value that is held. What the rules of
//! publishing refuse on the way to the store (names of one letter, above all) has no value to compare;
//! the server must have refused as many datapoints.

use std::collections::BTreeMap;
use std::net::UdpSocket;
use std::thread;
use std::time::Duration;

use anyhow::{Context, ensure};
use serde_json::Value;
use telamon_ingest::{LineDrop, LineReason, Rules};
use telamon_model::Tags;

use super::held::{Reader, number};
use super::request::unhex;
use super::{Outcome, shortened, text};
use crate::conformance::report::Mismatch;
use crate::house::{House, Time};

const CONFIG: &str = "[store]\nstep = \"1s\"\nfsync = \"never\"\n[query]\nlines_max = 100000\n";
const STEP_MS: i64 = 1000;
/// The end of a step.
const START_MS: i64 = 1_700_000_040_000;

/// Statistics whose values are amounts of a step; everything else is a gauge.
const AMOUNTS: [&str; 5] = [
    "count",
    "totalTime",
    "totalAmount",
    "totalOfSquares",
    "percentile",
];

const NAP: Duration = Duration::from_millis(8);
const NAPS_MAX: usize = 1000;

/// Values by the end of their step and the text of their tags.
type Measured = BTreeMap<(i64, String), f64>;

/// What was measured, by whether the rules of publishing let it in.
#[derive(Default)]
struct Expected {
    held: Measured,
    refused: Measured,
}

/// The packets on one line.
pub(super) fn request_line(case: &Value) -> String {
    let single = |of: &Value| {
        let packet = if of["packet"].is_null() {
            &of["packet_hex"]
        } else {
            &of["packet"]
        };
        packet.to_string()
    };
    let intervals = case["intervals"].as_array();
    let packets = intervals.map_or_else(
        || vec![single(case)],
        |intervals| intervals.iter().map(single).collect(),
    );
    shortened(&packets.join(" "))
}

/// Sends a packet in each step and reads what is held after the last.
pub(super) fn ask(case: &Value) -> anyhow::Result<Outcome> {
    if !is_spoken(case) {
        return Ok(Outcome::Planned(
            "lines of type S, sketches of distinct values",
        ));
    }
    let intervals = match case["intervals"].as_array() {
        Some(intervals) => intervals.as_slice(),
        None => std::slice::from_ref(case),
    };
    let mut house = House::open(CONFIG, Time::held(START_MS + 1), &[])?;
    let socket = UdpSocket::bind("127.0.0.1:0")?;
    for (index, interval) in (0_i64..).zip(intervals) {
        house.set_clock(START_MS + index * STEP_MS + 1);
        socket.send_to(&packet(interval)?, house.udp_address())?;
        wait_for_packets(&house, index + 1)?;
    }
    let expected = Expected::read(intervals)?;
    let mut mismatches = Vec::new();
    if !expected.refused.is_empty() {
        // The end of the last step, where what it holds is sent on.
        house.set_clock(START_MS + i64::try_from(intervals.len())? * STEP_MS + 1);
        compare_refused(&expected, &house, &mut mismatches)?;
    }
    // A stop sends on what is open.
    house.restart()?;
    compare_held(case, &expected, &house, &mut mismatches)?;
    Ok(Outcome::Compared(mismatches))
}

/// Whether all lines are of types that are built.
fn is_spoken(case: &Value) -> bool {
    let mut lines = case["lines"].as_array().into_iter().flatten();
    lines.all(|line| line["extension"] != true)
}

fn packet(interval: &Value) -> anyhow::Result<Vec<u8>> {
    match interval["packet_hex"].as_str() {
        Some(hex) => unhex(hex),
        None => Ok(text(&interval["packet"], "a packet")?.as_bytes().to_vec()),
    }
}

/// Returns when so many packets have come in.
fn wait_for_packets(house: &House, count: i64) -> anyhow::Result<()> {
    let received = |line: &str| {
        let value = line.strip_prefix("telamon_udp_packets_total ")?;
        value.parse::<u64>().ok()
    };
    let received = wait_for_count(house, count.unsigned_abs(), received)?;
    ensure!(
        received == count.unsigned_abs(),
        "the server counted {received} packets of {count}"
    );
    Ok(())
}

/// Asks for the metrics until the sum of some is high enough; gives the last sum.
fn wait_for_count(
    house: &House,
    least: u64,
    part: impl Fn(&str) -> Option<u64>,
) -> anyhow::Result<u64> {
    let mut reader = Reader::new(house);
    let mut sum = 0;
    for _nap in 0..NAPS_MAX {
        let metrics = reader.send("GET", "/metrics", &[], None)?.text();
        sum = metrics.lines().filter_map(&part).sum();
        if sum >= least {
            break;
        }
        thread::sleep(NAP);
    }
    Ok(sum)
}

fn compare_refused(
    expected: &Expected,
    house: &House,
    mismatches: &mut Vec<Mismatch>,
) -> anyhow::Result<()> {
    // Reasons of lines, which never became a datapoint.
    let of_lines: Vec<&str> = (LineReason::ALL.iter().map(|reason| reason.name()))
        .chain(LineDrop::ALL.iter().map(|reason| reason.name()))
        .collect();
    let refused = |line: &str| {
        let start = "telamon_ingest_rejected_total{protocol=\"lines\",reason=\"";
        let (reason, count) = line.strip_prefix(start)?.split_once("\"} ")?;
        if of_lines.contains(&reason) {
            return None;
        }
        count.parse::<u64>().ok()
    };
    let count = u64::try_from(expected.refused.len())?;
    let got = wait_for_count(house, count, refused)?;
    if got != count {
        mismatches.push(Mismatch::new("refused datapoints", count, got));
    }
    Ok(())
}

fn compare_held(
    case: &Value,
    expected: &Expected,
    house: &House,
    mismatches: &mut Vec<Mismatch>,
) -> anyhow::Result<()> {
    let intervals = case["intervals"].as_array().map_or(1, Vec::len);
    let until = START_MS + STEP_MS * i64::try_from(intervals)?;
    let mut got = Measured::new();
    for line in Reader::new(house).graph("name,telamon.,:re,:not,:all", START_MS, until)? {
        let mut tags = line.tags;
        tags.remove("atlas.offset");
        let tags = Tags::from_pairs(tags).canonical();
        got.extend(
            line.points
                .into_iter()
                .map(|(at, value)| ((at, tags.clone()), value)),
        );
    }
    for age in age_gauges(case)? {
        got.retain(|(_, tags), _| *tags != age);
    }
    // Of the largest packet only the first and the last line are recorded.
    if let Some(count) = case["line_count"].as_u64() {
        if got.len() != usize::try_from(count)? {
            mismatches.push(Mismatch::new("series", count, got.len()));
        }
        got.retain(|key, _| expected.held.contains_key(key));
    }
    let bits = |measured: &Measured| -> Vec<((i64, String), u64)> {
        let entries = measured.iter();
        entries
            .map(|(key, value)| (key.clone(), value.to_bits()))
            .collect()
    };
    if bits(&expected.held) != bits(&got) {
        let (expected, got) = (format!("{:?}", expected.held), format!("{got:?}"));
        mismatches.push(Mismatch::new("values", expected, got));
    }
    Ok(())
}

impl Expected {
    /// What the intervals of a case are recorded to send on, as the store is to hold it: several
    /// measurements of one series added up.
    fn read(intervals: &[Value]) -> anyhow::Result<Self> {
        let mut expected = Self::default();
        for (index, interval) in (1_i64..).zip(intervals) {
            let flush = interval.get("flush").unwrap_or(&interval["first_flush"]);
            for measurement in flush.as_array().context("a flush")? {
                let tags = stored_tags(measurement)?;
                let part = match Rules::ATLAS.check(&tags) {
                    Ok(()) => &mut expected.held,
                    Err(_refused) => &mut expected.refused,
                };
                let at_ms = START_MS + index * STEP_MS;
                *part.entry((at_ms, tags.canonical())).or_default() +=
                    number(&measurement["value"])?;
            }
        }
        Ok(expected)
    }
}

/// The tags of age gauges, which depend on the clock and were left out of the recordings.
fn age_gauges(case: &Value) -> anyhow::Result<Vec<String>> {
    let lines = case["lines"].as_array().into_iter().flatten();
    lines
        .filter(|line| line["type"] == "A")
        .map(|line| {
            let mut gauge = line.clone();
            if gauge["tags"]["statistic"].is_null() {
                gauge["tags"]["statistic"] = "gauge".into();
            }
            Ok(stored_tags(&gauge)?.canonical())
        })
        .collect()
}

/// The tags of a measurement in the store, where its statistic decides the type.
fn stored_tags(measurement: &Value) -> anyhow::Result<Tags> {
    let tags = measurement["tags"].as_object().context("tags")?;
    let name = text(&measurement["name"], "name")?;
    let mut pairs = vec![("name".to_owned(), name.to_owned())];
    for (key, value) in tags {
        pairs.push((key.clone(), text(value, "tag")?.to_owned()));
    }
    let statistic = measurement["tags"]["statistic"]
        .as_str()
        .unwrap_or_default();
    let dstype = if AMOUNTS.contains(&statistic) {
        "sum"
    } else {
        "gauge"
    };
    pairs.push(("atlas.dstype".to_owned(), dstype.to_owned()));
    Ok(Tags::from_pairs(pairs))
}

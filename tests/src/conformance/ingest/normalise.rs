//! Sequences of points of one series, and the value of every step afterwards, bit for bit.

use std::collections::BTreeMap;

use anyhow::Context;
use serde_json::{Value, json};

use super::held::{Reader, number};
use super::{Outcome, shortened, text};
use crate::conformance::report::Mismatch;
use crate::house::{House, Time};

/// The boundary of a step from which times are counted, in milliseconds.
const ORIGIN_MS: i64 = 1_700_000_040_000;

/// Sequences were published at once, this many steps after their origin.
const LATER_STEPS: i64 = 30;

/// The name of the series.
const NAME: &str = "sequence";

/// The request on one line.
pub(super) fn request_line(case: &Value) -> String {
    let (step, dstype) = (&case["step_ms"], &case["dstype"]);
    shortened(&format!("step {step} {dstype} {}", case["requests"]))
}

/// Publishes the points of a case and reads all steps of its window.
pub(super) fn ask(case: &Value) -> anyhow::Result<Outcome> {
    let step_ms = case["step_ms"].as_i64().context("a step")?;
    let config = format!(
        "[store]\nstep = \"{}s\"\nfsync = \"never\"\n[ingest]\nage_max = \"45m\"\n",
        step_ms / 1000
    );
    let now_ms = ORIGIN_MS + LATER_STEPS * step_ms;
    let house = House::open(&config, Time::held(now_ms), &[])?;
    let mut reader = Reader::new(&house);
    for request in case["requests"].as_array().context("requests")? {
        let points = request.as_array().context("a list of points")?;
        let metrics: Vec<Value> = points
            .iter()
            .map(|point| metric(point, &case["dstype"]))
            .collect::<anyhow::Result<_>>()?;
        reader.publish(&json!({ "metrics": metrics }))?;
    }
    let window = &case["window_steps"];
    let first = window[0].as_i64().context("a window")?;
    let last = window[1].as_i64().context("a window")?;
    let time = |steps: i64| ORIGIN_MS + steps * step_ms;
    let expression = format!("name,{NAME},:eq,:sum");
    let lines = reader.graph(&expression, time(first - 1), time(last))?;
    let points = lines.into_iter().flat_map(|line| line.points);
    let got: BTreeMap<i64, u64> = points
        .map(|(at, value)| ((at - ORIGIN_MS) / step_ms, value.to_bits()))
        .collect();
    let expected = recorded(case)?;
    if got == expected {
        return Ok(Outcome::Compared(Vec::new()));
    }
    let shown = |steps: &BTreeMap<i64, u64>| {
        let values = steps
            .iter()
            .map(|(step, bits)| (step, f64::from_bits(*bits)));
        format!("{:?}", values.collect::<Vec<_>>())
    };
    let mismatch = Mismatch::new("values", shown(&expected), shown(&got));
    Ok(Outcome::Compared(vec![mismatch]))
}

/// A point as the publish payload has it.
fn metric(point: &Value, dstype: &Value) -> anyhow::Result<Value> {
    let offset = point[0].as_i64().context("an offset")?;
    let dstype = point.get(2).unwrap_or(dstype);
    let mut tags = json!({ "name": NAME });
    if !dstype.is_null() {
        tags["atlas.dstype"] = json!(text(dstype, "a type")?);
    }
    Ok(json!({ "tags": tags, "timestamp": ORIGIN_MS + offset, "value": point[1] }))
}

/// The recorded values: of the two that the reference might have, those without its defect.
fn recorded(case: &Value) -> anyhow::Result<BTreeMap<i64, u64>> {
    let values = case
        .get("values_without_stale_slot")
        .unwrap_or(&case["values"]);
    let pair = |pair: &Value| {
        let step = pair[0].as_i64().context("a step")?;
        anyhow::Ok((step, number(&pair[1])?.to_bits()))
    };
    values.as_array().into_iter().flatten().map(pair).collect()
}

//! Compares the generated data set with recorded values.
//!
//! Takes the folder of recordings, gives counts and a line for every value that differs by more than
//! the last digit.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::path::Path;

use anyhow::{Context, bail};
use serde_json::Value;
use telamon_model::{ABSENT, SlotRange, Timestamp};

use super::holes::{lines_of_gzip, tags};
use super::{STEP_MS, StaticData, step};

/// What a comparison found.
#[derive(Debug, Default)]
pub struct DatasetReport {
    /// Series of the data set.
    pub series: usize,
    /// Recorded tag sets that are not generated, and generated ones that were not recorded.
    pub series_missing: usize,
    /// Values compared.
    pub values: usize,
    /// Values with the same bits.
    pub equal_bits: usize,
    /// Values that differ in the last place only.
    pub within_one_ulp: usize,
    /// One line for every other value, and for every series that is missing.
    pub wrong: Vec<String>,
}

impl fmt::Display for DatasetReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} series, {} missing; {} values, {} to the bit, {} within one unit in the last place, {} wrong",
            self.series,
            self.series_missing,
            self.values,
            self.equal_bits,
            self.within_one_ulp,
            self.wrong.len()
        )
    }
}

/// Compares every recorded tag set and value of `dataset/` in a folder of recordings.
///
/// # Errors
/// When a file cannot be read or has another form.
pub fn check(folder: &Path) -> anyhow::Result<DatasetReport> {
    let folder = folder.join("dataset");
    let data = StaticData::alert();
    let mut report = DatasetReport::default();
    let by_text = compare_series(&data, &folder, &mut report)?;
    for file in ["day", "edges", "hour", "hourly"] {
        let path = folder.join(file).with_extension("jsonl");
        let text = fs::read_to_string(&path).with_context(|| format!("read {}", path.display()))?;
        for line in text.lines() {
            let record: Value = serde_json::from_str(line)?;
            compare_values(&data, &by_text, &record, &mut report)
                .with_context(|| format!("case {} of {}", record["id"], path.display()))?;
        }
    }
    Ok(report)
}

/// Compares tag sets; gives the index of each series by the text of its tags.
fn compare_series(
    data: &StaticData,
    folder: &Path,
    report: &mut DatasetReport,
) -> anyhow::Result<BTreeMap<String, usize>> {
    let text = |series: &telamon_model::Series| series.tags().canonical();
    let by_text: BTreeMap<String, usize> = data.series().iter().map(text).zip(0..).collect();
    report.series = data.series().len();
    let mut unseen = by_text.clone();
    for line in lines_of_gzip(&folder.join("series.jsonl.gz"))? {
        let recorded = tags(&line)?.canonical();
        if unseen.remove(&recorded).is_none() {
            report.series_missing += 1;
            report
                .wrong
                .push(format!("series not generated: {recorded}"));
        }
    }
    report.series_missing += unseen.len() + (data.series().len() - by_text.len());
    let left = unseen
        .keys()
        .map(|text| format!("series not recorded: {text}"));
    report.wrong.extend(left);
    Ok(by_text)
}

/// The values of one record: when the first one is, how many minutes each covers, how far apart
/// they are.
struct Recorded {
    first_ms: i64,
    every_ms: i64,
    minutes: i64,
    values: Vec<f64>,
}

impl Recorded {
    fn read(record: &Value) -> anyhow::Result<Self> {
        let sampled = !record["every"].is_null();
        let (of, every) = if sampled {
            (record, "every")
        } else {
            (&record["body"], "step")
        };
        let every_ms = of[every].as_i64().context("a step")?;
        let values = of["values"].as_array().context("values")?;
        let single = |value: &Value| match value {
            Value::Array(row) if row.len() == 1 => number(&row[0]),
            Value::Array(row) => bail!("{} lines instead of one", row.len()),
            value => number(value),
        };
        Ok(Self {
            first_ms: of["start"].as_i64().context("a start")?,
            every_ms,
            minutes: if sampled { 1 } else { every_ms / STEP_MS },
            values: values.iter().map(single).collect::<anyhow::Result<_>>()?,
        })
    }
}

fn compare_values(
    data: &StaticData,
    by_text: &BTreeMap<String, usize>,
    record: &Value,
    report: &mut DatasetReport,
) -> anyhow::Result<()> {
    let recorded = Recorded::read(record)?;
    let name = tags(&record["tags"])?.canonical();
    let Some(&index) = by_text.get(&name) else {
        bail!("the series {name} is not generated");
    };
    let mut minutes = vec![0.0; usize::try_from(recorded.minutes)?];
    let mut end_ms = recorded.first_ms;
    for &expected in &recorded.values {
        let end = step().slot_ended_by(Timestamp(end_ms)).plus(1);
        let start = end.plus(-recorded.minutes);
        data.fill(index, SlotRange { start, end }, &mut minutes);
        // What the reference answers for a longer step of a single series is their sum.
        let value = minutes.iter().copied().reduce(|sum, value| sum + value);
        let value = value.unwrap_or(ABSENT);
        report.values += 1;
        match units_apart(value, expected) {
            Some(0) => report.equal_bits += 1,
            Some(1) => report.within_one_ulp += 1,
            _ => report
                .wrong
                .push(format!("{name} at {end_ms}: {value} instead of {expected}")),
        }
        end_ms += recorded.every_ms;
    }
    Ok(())
}

/// How many floating-point numbers apart two numbers of one sign are; `None` for two signs.
fn units_apart(a: f64, b: f64) -> Option<u64> {
    (a.is_sign_negative() == b.is_sign_negative()).then(|| a.to_bits().abs_diff(b.to_bits()))
}

/// A number of an answer; absence is null, infinities are text.
pub(super) fn number(value: &Value) -> anyhow::Result<f64> {
    match value {
        Value::Null => Ok(ABSENT),
        Value::String(text) => text.parse().with_context(|| format!("no number: {text}")),
        value => value
            .as_f64()
            .with_context(|| format!("no number: {value}")),
    }
}

//! The second data set of the reference: gauges and rates with missing values, read from its folder.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use anyhow::{Context, ensure};
use flate2::read::GzDecoder;
use serde_json::Value;
use telamon_model::{Series, Slot, Tags, Timestamp};

use super::{STEP_MS, check::number, step};

/// A small data set, complete.
#[derive(Debug)]
pub struct Holes {
    /// Each series with its first slot and the values from there on, as the reference held them:
    /// after normalisation, absent ones as NaN.
    pub series: Vec<(Series, Slot, Vec<f64>)>,
}

/// Reads `dataset/holes.jsonl.gz` of a folder of recordings.
///
/// # Errors
/// When the file cannot be read, or a line has another form or another step than a minute.
pub fn read_holes(folder: &Path) -> anyhow::Result<Holes> {
    let series = lines_of_gzip(&folder.join("dataset/holes.jsonl.gz"))?
        .iter()
        .map(held)
        .collect::<anyhow::Result<_>>()?;
    Ok(Holes { series })
}

fn held(line: &Value) -> anyhow::Result<(Series, Slot, Vec<f64>)> {
    ensure!(
        line["step"] == STEP_MS,
        "a step that is no minute: {}",
        line["step"]
    );
    let start = line["start"].as_i64().context("a start in milliseconds")?;
    let values = line["values"].as_array().context("a list of values")?;
    let values = values.iter().map(number).collect::<anyhow::Result<_>>()?;
    let slot = step().slot_ended_by(Timestamp(start));
    Ok((Series::new(tags(&line["tags"])?), slot, values))
}

/// Tags as a JSON object.
pub(super) fn tags(object: &Value) -> anyhow::Result<Tags> {
    let object = object.as_object().context("an object of tags")?;
    let pair = |(key, value): (&String, &Value)| {
        let value = value.as_str().context("a tag with text")?;
        anyhow::Ok((key.clone(), value.to_owned()))
    };
    let pairs: Vec<(String, String)> = object.iter().map(pair).collect::<anyhow::Result<_>>()?;
    Ok(Tags::from_pairs(pairs))
}

/// The JSON values of a compressed file, one a line.
pub(super) fn lines_of_gzip(path: &Path) -> anyhow::Result<Vec<Value>> {
    let file = File::open(path).with_context(|| format!("open {}", path.display()))?;
    BufReader::new(GzDecoder::new(file))
        .lines()
        .map(|line| Ok(serde_json::from_str(&line?)?))
        .collect::<anyhow::Result<_>>()
        .with_context(|| format!("read {}", path.display()))
}

//! Graphs and plain tables as streams of Arrow IPC, for data frames and SQL on them.
//!
//! ```text
//!   time                  line  label  value  name  nf.cluster
//!   2012-01-01T00:01:00Z     0  api    1.5    sps   nccp-api      a row for each line and time,
//!   2012-01-01T00:02:00Z     0  api    null   sps   nccp-api      line by line
//! ```
//!
//! The long form: rows can be filtered and grouped by tags without knowing the lines beforehand, and
//! `pivot` makes the wide form of it. Texts are dictionaries, so a row costs a few bytes. What belongs
//! to the whole graph stands in the metadata of the schema. See `docs/formats/arrow.md`.

use std::collections::{BTreeMap, BTreeSet};
use std::iter::{repeat, repeat_n};
use std::ops::Range;
use std::sync::Arc;

use arrow_array::types::Int32Type;
use arrow_array::{
    ArrayRef, DictionaryArray, Float64Array, Int32Array, Int64Array, RecordBatch, StringArray,
    TimestampMillisecondArray, UInt32Array,
};
use arrow_ipc::writer::StreamWriter;
use arrow_schema::{ArrowError, DataType, Field, Schema, SchemaRef, TimeUnit};
use serde_json::json;

use crate::RenderError;
use crate::graph::{GraphDef, LineDef};

/// The type of the answer.
pub const MEDIA_TYPE: &str = "application/vnd.apache.arrow.stream";

/// Columns that are not tags.
const OWN_COLUMNS: [&str; 4] = ["time", "line", "label", "value"];

/// Rows of a record batch, where a line has no more.
const BATCH_ROWS: usize = 65_536;

/// Writes a graph: a row for each line and time, in batches of whole lines.
///
/// # Errors
/// [`RenderError::Encode`] when there are more lines or distinct texts than 2^31.
pub fn write(graph: &GraphDef) -> Result<Vec<u8>, RenderError> {
    let lines: Vec<&LineDef> = graph.lines().collect();
    let points = graph.point_count();
    let keys: BTreeSet<&str> = lines
        .iter()
        .flat_map(|line| line.tags.iter().map(|(key, _)| &**key))
        .collect();
    let label = Column::of(
        "label".to_owned(),
        lines.iter().map(|line| Some(&*line.label)),
    );
    let tags = keys.into_iter().map(|key| {
        let of_lines = lines.iter().copied().map(|line| tag(line, key));
        Column::of(column_name(key), of_lines)
    });
    let columns = Columns {
        times: times(graph, points),
        label,
        tags: tags.collect(),
    };
    let schema = columns.schema(metadata(graph, &lines));
    let lines_per_batch = (BATCH_ROWS / points.max(1)).max(1);
    let batches = lines
        .chunks(lines_per_batch)
        .enumerate()
        .map(|(chunk, lines)| columns.batch(&schema, (chunk * lines_per_batch, lines), points));
    stream(&schema, batches)
}

/// A column of a plain table.
#[derive(Clone, Debug)]
pub enum TableColumn<'a> {
    /// Its name and texts.
    Texts(&'a str, Vec<&'a str>),
    /// Its name and whole numbers.
    Counts(&'a str, Vec<i64>),
}

/// Writes a table of columns of the same length, as one record batch.
///
/// # Errors
/// [`RenderError::Encode`] when columns are not of the same length, or texts are longer than 2^31
/// bytes together.
pub fn write_table(columns: Vec<TableColumn<'_>>) -> Result<Vec<u8>, RenderError> {
    let mut fields = Vec::with_capacity(columns.len());
    let mut arrays: Vec<ArrayRef> = Vec::with_capacity(columns.len());
    for column in columns {
        match column {
            TableColumn::Texts(name, texts) => {
                fields.push(Field::new(name, DataType::Utf8, false));
                arrays.push(Arc::new(StringArray::from(texts)));
            }
            TableColumn::Counts(name, counts) => {
                fields.push(Field::new(name, DataType::Int64, false));
                arrays.push(Arc::new(Int64Array::from(counts)));
            }
        }
    }
    let schema = Arc::new(Schema::new(fields));
    let batch = RecordBatch::try_new(Arc::clone(&schema), arrays);
    stream(&schema, std::iter::once(batch))
}

/// The value of a tag of a line.
fn tag<'l>(line: &'l LineDef, key: &str) -> Option<&'l str> {
    let found = line.tags.iter().find(|(known, _)| &**known == key);
    found.map(|(_, value)| &**value)
}

/// The column of a tag: its key, unless one of ours is called so.
fn column_name(key: &str) -> String {
    if OWN_COLUMNS.contains(&key) {
        format!("tag.{key}")
    } else {
        key.to_owned()
    }
}

/// A column of texts that are the same along a line.
struct Column {
    name: String,
    /// Distinct texts.
    texts: ArrayRef,
    /// Index of the text of each line.
    keys: Vec<Option<i32>>,
}

impl Column {
    fn of<'l>(name: String, values: impl Iterator<Item = Option<&'l str>>) -> Self {
        let mut known: BTreeMap<&str, i32> = BTreeMap::new();
        let mut texts: Vec<&str> = Vec::new();
        let mut key_of = |text: &'l str| {
            *known.entry(text).or_insert_with(|| {
                texts.push(text);
                i32::try_from(texts.len() - 1).expect("a graph has fewer than 2^31 lines")
            })
        };
        let keys = values.map(|value| value.map(&mut key_of)).collect();
        Self {
            name,
            texts: Arc::new(StringArray::from(texts)),
            keys,
        }
    }

    fn field(&self) -> Field {
        let kind = DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8));
        Field::new(&self.name, kind, true)
    }

    /// The texts of some lines in each of their rows.
    fn array(&self, lines: Range<usize>, points: usize) -> Result<ArrayRef, ArrowError> {
        let keys = self.keys[lines]
            .iter()
            .flat_map(|&key| repeat_n(key, points));
        let keys = Int32Array::from_iter(keys);
        let array = DictionaryArray::<Int32Type>::try_new(keys, Arc::clone(&self.texts))?;
        Ok(Arc::new(array))
    }
}

struct Columns {
    /// In milliseconds, those of every line.
    times: Vec<i64>,
    label: Column,
    tags: Vec<Column>,
}

impl Columns {
    fn schema(&self, metadata: [(&str, String); 5]) -> SchemaRef {
        let time = DataType::Timestamp(TimeUnit::Millisecond, Some(UTC.into()));
        let mut fields = vec![
            Field::new("time", time, false),
            Field::new("line", DataType::UInt32, false),
            self.label.field(),
            Field::new("value", DataType::Float64, true),
        ];
        fields.extend(self.tags.iter().map(Column::field));
        let metadata = metadata.map(|(name, value)| (name.to_owned(), value));
        Arc::new(Schema::new(fields).with_metadata(metadata.into_iter().collect()))
    }

    /// The rows of lines, of which the first has this index.
    fn batch(
        &self,
        schema: &SchemaRef,
        (first, lines): (usize, &[&LineDef]),
        points: usize,
    ) -> Result<RecordBatch, ArrowError> {
        let rows = points * lines.len();
        let range = first..first + lines.len();
        let mut times = Vec::with_capacity(rows);
        let mut numbers: Vec<u32> = Vec::with_capacity(rows);
        let mut values = Vec::with_capacity(rows);
        for (index, line) in range.clone().zip(lines) {
            let number = u32::try_from(index).expect("a graph has fewer than 2^31 lines");
            times.extend_from_slice(&self.times);
            numbers.extend(repeat_n(number, points));
            values.extend(
                line.values
                    .iter()
                    .copied()
                    .chain(repeat(f64::NAN))
                    .take(points),
            );
        }
        let present: Vec<bool> = values.iter().map(|value| !value.is_nan()).collect();
        let times = TimestampMillisecondArray::from(times).with_timezone(UTC);
        let mut arrays: Vec<ArrayRef> = vec![
            Arc::new(times),
            Arc::new(UInt32Array::from(numbers)),
            self.label.array(range.clone(), points)?,
            Arc::new(Float64Array::new(values.into(), Some(present.into()))),
        ];
        for tag in &self.tags {
            arrays.push(tag.array(range.clone(), points)?);
        }
        RecordBatch::try_new(Arc::clone(schema), arrays)
    }
}

const UTC: &str = "UTC";

/// The time of each value.
fn times(graph: &GraphDef, points: usize) -> Vec<i64> {
    let step_ms = graph.step.as_millis();
    let times = std::iter::successors(Some(graph.start.as_millis()), |time| {
        Some(time.saturating_add(step_ms))
    });
    times.take(points).collect()
}

/// What belongs to the whole graph.
fn metadata(graph: &GraphDef, lines: &[&LineDef]) -> [(&'static str, String); 5] {
    let labels: Vec<&str> = lines.iter().map(|line| line.label.as_str()).collect();
    [
        ("telamon.start_ms", graph.start.as_millis().to_string()),
        ("telamon.end_ms", graph.end.as_millis().to_string()),
        ("telamon.step_ms", graph.step.as_millis().to_string()),
        ("telamon.legend", json!(labels).to_string()),
        ("telamon.warnings", json!(graph.warnings).to_string()),
    ]
}

fn stream(
    schema: &SchemaRef,
    batches: impl Iterator<Item = Result<RecordBatch, ArrowError>>,
) -> Result<Vec<u8>, RenderError> {
    let failed = |error: ArrowError| RenderError::Encode(Box::new(error));
    let mut writer = StreamWriter::try_new(Vec::new(), schema).map_err(failed)?;
    for batch in batches {
        writer.write(&batch.map_err(failed)?).map_err(failed)?;
    }
    writer.into_inner().map_err(failed)
}

#[cfg(test)]
mod tests;

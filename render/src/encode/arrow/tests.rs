//! What the reader of the format makes of our streams.

use std::io::Cursor;

use arrow_array::Array as _;
use arrow_array::cast::AsArray as _;
use arrow_array::types::{Float64Type, Int64Type, TimestampMillisecondType, UInt32Type};
use arrow_ipc::reader::StreamReader;
use proptest::prelude::*;

use super::*;
use crate::graph::Item;
use crate::sample;

fn read(bytes: Vec<u8>) -> (SchemaRef, Vec<RecordBatch>) {
    let reader = StreamReader::try_new(Cursor::new(bytes), None).unwrap();
    (reader.schema(), reader.map(Result::unwrap).collect())
}

/// The text of a dictionary column in a row.
fn text(batch: &RecordBatch, column: &str, row: usize) -> Option<String> {
    let column = batch
        .column_by_name(column)
        .unwrap()
        .as_dictionary::<Int32Type>();
    let texts = column.values().as_string::<i32>();
    let key = column
        .keys()
        .is_valid(row)
        .then(|| column.keys().value(row));
    key.map(|key| texts.value(usize::try_from(key).unwrap()).to_owned())
}

/// Rows as text: time, line, label, value.
fn rows(batches: &[RecordBatch]) -> Vec<(i64, u32, String, Option<f64>)> {
    let mut rows = Vec::new();
    for batch in batches {
        let times = batch.column_by_name("time").unwrap();
        let times = times.as_primitive::<TimestampMillisecondType>();
        let lines = batch
            .column_by_name("line")
            .unwrap()
            .as_primitive::<UInt32Type>();
        let values = batch
            .column_by_name("value")
            .unwrap()
            .as_primitive::<Float64Type>();
        for row in 0..batch.num_rows() {
            let value = values.is_valid(row).then(|| values.value(row));
            let label = text(batch, "label", row).unwrap();
            rows.push((times.value(row), lines.value(row), label, value));
        }
    }
    rows
}

/// The rows a graph has, said again.
fn expected(graph: &GraphDef) -> Vec<(i64, u32, String, Option<f64>)> {
    let mut rows = Vec::new();
    for (number, line) in (0..).zip(graph.lines()) {
        let start = graph.start.as_millis();
        for (index, at) in (0..graph.point_count()).zip(0_i64..) {
            let value = line
                .values
                .get(index)
                .copied()
                .filter(|value| !value.is_nan());
            let time = start + at * graph.step.as_millis();
            rows.push((time, number, line.label.clone(), value));
        }
    }
    rows
}

#[test]
fn a_graph_reads_back_with_tags_and_metadata() {
    let mut graph = sample::graph(&[&[1.0, f64::NAN, f64::INFINITY], &[4.0]]);
    let tags: [&[(&str, &str)]; 2] = [&[("name", "a"), ("time", "x")], &[("name", "b")]];
    for (item, tags) in graph.plots[0].items.iter_mut().zip(tags) {
        if let Item::Line(line) = item {
            line.tags = tags
                .iter()
                .map(|&(key, value)| (key.into(), value.into()))
                .collect();
        }
    }
    let (schema, batches) = read(write(&graph).unwrap());
    assert_eq!(rows(&batches), expected(&graph));
    let names: Vec<&str> = schema
        .fields()
        .iter()
        .map(|field| field.name().as_str())
        .collect();
    assert_eq!(
        names,
        ["time", "line", "label", "value", "name", "tag.time"]
    );
    let points = graph.point_count();
    assert_eq!(text(&batches[0], "name", 0).as_deref(), Some("a"));
    assert_eq!(text(&batches[0], "name", points).as_deref(), Some("b"));
    assert_eq!(text(&batches[0], "tag.time", 0).as_deref(), Some("x"));
    assert_eq!(text(&batches[0], "tag.time", points), None);
    let metadata = |name: &str| schema.metadata().get(name).cloned();
    assert_eq!(
        metadata("telamon.step_ms"),
        Some(graph.step.as_millis().to_string())
    );
    assert_eq!(
        metadata("telamon.start_ms"),
        Some(graph.start.as_millis().to_string())
    );
    let legend: Vec<&str> = graph.lines().map(|line| line.label.as_str()).collect();
    assert_eq!(metadata("telamon.legend"), Some(json!(legend).to_string()));
}

#[test]
fn without_lines_there_is_a_schema() {
    let (schema, batches) = read(write(&sample::graph(&[])).unwrap());
    assert_eq!(schema.fields().len(), 4);
    assert!(batches.is_empty());
}

#[test]
fn the_same_graph_gives_the_same_bytes() {
    let graph = sample::graph(&[&[1.0, 2.0]]);
    assert_eq!(write(&graph).unwrap(), write(&graph).unwrap());
}

#[test]
fn many_lines_come_in_batches() {
    let values = vec![1.0; 10];
    let lines: Vec<&[f64]> = vec![&values; BATCH_ROWS / 4];
    let graph = sample::graph(&lines);
    let (_, batches) = read(write(&graph).unwrap());
    assert!(batches.len() > 1, "{}", batches.len());
    assert!(batches.iter().all(|batch| batch.num_rows() <= BATCH_ROWS));
    assert_eq!(rows(&batches), expected(&graph));
}

#[test]
fn a_table_reads_back() {
    let columns = vec![
        TableColumn::Texts("value", vec!["a", "é"]),
        TableColumn::Counts("count", vec![3, -1]),
    ];
    let (_, batches) = read(write_table(columns).unwrap());
    let texts = batches[0]
        .column_by_name("value")
        .unwrap()
        .as_string::<i32>();
    let counts = batches[0]
        .column_by_name("count")
        .unwrap()
        .as_primitive::<Int64Type>();
    assert_eq!((texts.value(0), texts.value(1)), ("a", "é"));
    assert_eq!(counts.values().as_ref(), [3, -1]);
    let uneven = vec![
        TableColumn::Texts("a", vec![]),
        TableColumn::Counts("b", vec![1]),
    ];
    assert!(write_table(uneven).is_err());
}

proptest! {
    #[test]
    fn any_values_read_back(
        values in prop::collection::vec(prop::collection::vec(prop::num::f64::ANY, 0..6), 0..5),
    ) {
        let lines: Vec<&[f64]> = values.iter().map(Vec::as_slice).collect();
        let graph = sample::graph(&lines);
        let (_, batches) = read(write(&graph).unwrap());
        prop_assert_eq!(rows(&batches), expected(&graph));
    }
}

//! The objects of an event stream: what `v2.json` lists at once, one by one while it is evaluated.
//!
//! Graph and plots are the objects of [`super::v2`]; a line has no axis unless its look was asked for,
//! and says itself which stretch of time its values cover.

use telamon_model::{Step, Timestamp};

use super::{push_double, push_integer, push_list, push_tags, push_text, v2};
use crate::graph::{GraphDef, LineDef, Plot};

/// A stretch of a line.
#[derive(Clone, Copy, Debug)]
pub struct LinePart<'a> {
    /// Name, tags, values and look.
    pub line: &'a LineDef,
    /// Number of the axis where the look is told too: axis, colour, style and width.
    pub axis: Option<usize>,
    /// Time of the first value.
    pub start: Timestamp,
    /// Time after the last value.
    pub end: Timestamp,
    /// Distance of two values.
    pub step: Step,
}

/// The object of the graph as a whole.
pub fn graph(def: &GraphDef) -> String {
    let mut out = String::new();
    v2::push_graph(&mut out, def);
    out
}

/// The object of an axis.
pub fn plot(axis: usize, plot: &Plot) -> String {
    let mut out = String::new();
    v2::push_plot(&mut out, axis, plot);
    out
}

/// Appends the object of a stretch of a line.
pub fn push_line(out: &mut String, part: &LinePart<'_>) {
    let line = part.line;
    out.push_str("{\"type\":\"timeseries\"");
    if let Some(id) = &line.id {
        v2::push_field_text(out, "id", id);
    }
    if let Some(query) = &line.query {
        v2::push_field_text(out, "query", query);
    }
    if !line.group_by_keys.is_empty() {
        out.push_str(",\"groupByKeys\":");
        push_list(out, &line.group_by_keys, |out, key| push_text(out, key));
    }
    v2::push_field_text(out, "label", &line.label);
    out.push_str(",\"tags\":");
    push_tags(out, line.tags.iter().map(|(key, value)| (&**key, &**value)));
    if let Some(axis) = part.axis {
        v2::push_look(out, axis, line);
    }
    out.push_str(",\"start\":");
    push_integer(out, part.start.as_millis());
    out.push_str(",\"end\":");
    push_integer(out, part.end.as_millis());
    out.push_str(",\"step\":");
    push_integer(out, part.step.as_millis());
    out.push_str(",\"data\":{\"type\":\"array\",\"values\":");
    push_list(out, &line.values, |out, &value| push_double(out, value));
    out.push_str("}}");
}

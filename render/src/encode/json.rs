//! The format `json`, also called `std.json`: one row of values per time.

use crate::graph::{GraphDef, LineDef};

use super::{push_double, push_integer, push_list, push_tags, push_text};

/// Writes the lines of all plots as one table; messages are left out.
pub fn write(graph: &GraphDef) -> String {
    let lines: Vec<&LineDef> = graph.lines().collect();
    let rows = graph.point_count();
    let mut out =
        String::with_capacity(256 + rows.saturating_mul(lines.len() * 20 + 3).min(1 << 24));
    out.push_str("{\"start\":");
    push_integer(&mut out, graph.start.as_millis());
    out.push_str(",\"step\":");
    push_integer(&mut out, graph.step.as_millis());
    push_legend_and_metrics(&mut out, &lines);
    out.push_str(",\"values\":");
    push_list(&mut out, 0..rows, |out, row| {
        push_list(out, &lines, |out, line| {
            push_double(out, line.values.get(row).copied().unwrap_or(f64::NAN));
        });
    });
    push_notices(&mut out, graph);
    out.push('}');
    out
}

/// Appends `,"legend":[...],"metrics":[...]`.
pub(super) fn push_legend_and_metrics(out: &mut String, lines: &[&LineDef]) {
    out.push_str(",\"legend\":");
    push_list(out, lines, |out, line| push_text(out, &line.label));
    out.push_str(",\"metrics\":");
    push_list(out, lines, |out, line| {
        let mut tags: Vec<(&str, &str)> = line
            .tags
            .iter()
            .map(|(key, value)| (&**key, &**value))
            .collect();
        tags.sort_unstable();
        push_tags(out, tags);
    });
}

/// Appends `,"notices":[...]`.
pub(super) fn push_notices(out: &mut String, graph: &GraphDef) {
    out.push_str(",\"notices\":");
    push_list(out, &graph.warnings, |out, warning| push_text(out, warning));
}

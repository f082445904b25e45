//! The format `stats.json`: statistics instead of values.

use crate::graph::{GraphDef, LineDef};

use super::{json, push_double, push_integer, push_list};

/// Writes the statistics of the lines of all plots.
pub fn write(graph: &GraphDef) -> String {
    let lines: Vec<&LineDef> = graph.lines().collect();
    let mut out = String::with_capacity(256 + lines.len() * 256);
    for (field, number) in [
        ("{\"start\":", graph.start.as_millis()),
        (",\"end\":", graph.end.as_millis()),
        (",\"step\":", graph.step.as_millis()),
    ] {
        out.push_str(field);
        push_integer(&mut out, number);
    }
    json::push_legend_and_metrics(&mut out, &lines);
    out.push_str(",\"stats\":");
    push_list(&mut out, &lines, |out, line| push_stats(out, line));
    json::push_notices(&mut out, graph);
    out.push('}');
    out
}

fn push_stats(out: &mut String, line: &LineDef) {
    let stats = line.stats();
    out.push_str("{\"count\":");
    push_integer(out, stats.count);
    for (field, value) in [
        (",\"avg\":", stats.avg),
        (",\"total\":", stats.total),
        (",\"max\":", stats.max),
        (",\"min\":", stats.min),
        (",\"last\":", stats.last),
    ] {
        out.push_str(field);
        push_double(out, value);
    }
    out.push('}');
}

//! The format `v2.json`: a list of typed objects from which a page can draw the graph itself.
//!
//! Order: picture, graph, plots, each with its heatmap, then lines and messages by plot. Width, height and zoom are the
//! requested ones. The hint `no-image` leaves the picture out.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use telamon_model::number::java_double;

use crate::RenderError;
use crate::bounds::axis_bounds;
use crate::color::Color;
use crate::graph::{
    Bound, GraphDef, Item, LayoutMode, LegendType, LineDef, LineStyle, Plot, Scale, TickLabels,
};
use crate::heatmap::Heatmap;
use crate::layout::axes::{value_ticks, values_of};
use crate::prefix::decimal_text;

use super::{push_double, push_integer, push_list, push_tags, push_text};

/// Writes the graph; draws it unless the hint `no-image` is given.
pub fn write(graph: &GraphDef) -> Result<String, RenderError> {
    let mut out = String::with_capacity(4096);
    out.push('[');
    if !graph.has_hint("no-image") {
        let picture = crate::png::encode(graph)?;
        out.push_str("{\"type\":\"graph-image\",\"data\":\"data:image/png;base64,");
        STANDARD.encode_string(&picture, &mut out);
        out.push_str("\"},");
    }
    push_graph(&mut out, graph);
    for (index, plot) in graph.plots.iter().enumerate() {
        out.push(',');
        push_plot(&mut out, index, plot);
        push_heatmap(&mut out, index, plot, graph)?;
    }
    let rows = graph.point_count();
    for (index, plot) in graph.plots.iter().enumerate() {
        for item in &plot.items {
            out.push(',');
            match item {
                Item::Line(line) => push_line(&mut out, index, line, rows),
                Item::Message(message) => {
                    out.push_str("{\"type\":\"message\"");
                    push_field_index(&mut out, "plot", index);
                    push_field_text(&mut out, "label", &message.label);
                    push_field_color(&mut out, "color", message.color);
                    out.push('}');
                }
            }
        }
    }
    out.push(']');
    Ok(out)
}

pub(super) fn push_graph(out: &mut String, graph: &GraphDef) {
    out.push_str("{\"type\":\"graph-metadata\",\"startTime\":");
    push_integer(out, graph.start.as_millis());
    out.push_str(",\"endTime\":");
    push_integer(out, graph.end.as_millis());
    out.push_str(",\"timezones\":");
    push_list(out, &graph.zones, |out, zone| push_text(out, zone));
    out.push_str(",\"step\":");
    push_integer(out, graph.step.as_millis());
    out.push_str(",\"width\":");
    push_integer(out, graph.width);
    out.push_str(",\"height\":");
    push_integer(out, graph.height);
    push_field_text(out, "layout", layout_name(graph.layout));
    out.push_str(",\"zoom\":");
    push_double(out, graph.zoom);
    if let Some(title) = &graph.title {
        push_field_text(out, "title", title);
    }
    push_field_text(out, "legendType", legend_name(graph.legend));
    out.push_str(",\"onlyGraph\":");
    out.push_str(if graph.only_graph { "true" } else { "false" });
    push_field_text(out, "theme", graph.theme.name());
    if let Some(load) = &graph.load {
        if load.load_time_ms > 0 {
            out.push_str(",\"loadTime\":");
            push_integer(out, load.load_time_ms);
        }
        for (field, count) in [
            (",\"stats\":{\"inputLines\":", load.input_lines),
            (",\"inputDatapoints\":", load.input_datapoints),
            (",\"outputLines\":", load.output_lines),
            (",\"outputDatapoints\":", load.output_datapoints),
        ] {
            out.push_str(field);
            push_integer(out, count);
        }
        out.push('}');
    }
    out.push_str(",\"warnings\":");
    push_list(out, &graph.warnings, |out, warning| push_text(out, warning));
    if !graph.hints.is_empty() {
        out.push_str(",\"renderingHints\":");
        push_list(out, &graph.hints, |out, hint| push_text(out, hint));
    }
    out.push('}');
}

pub(super) fn push_plot(out: &mut String, index: usize, plot: &Plot) {
    out.push_str("{\"type\":\"plot-metadata\"");
    push_field_index(out, "id", index);
    if let Some(label) = &plot.label {
        push_field_text(out, "ylabel", label);
    }
    if let Some(color) = plot.axis_color {
        push_field_color(out, "axisColor", color);
    }
    push_field_text(out, "scale", scale_name(plot.scale));
    push_field_text(out, "upper", &bound_text(plot.upper));
    push_field_text(out, "lower", &bound_text(plot.lower));
    push_field_text(out, "tickLabelMode", tick_labels_name(plot.tick_labels));
    out.push('}');
}

/// The heatmap of a plot, if it has one. Buckets are those of the height that was asked for.
fn push_heatmap(
    out: &mut String,
    index: usize,
    plot: &Plot,
    graph: &GraphDef,
) -> Result<(), RenderError> {
    if !plot.lines().any(|line| line.style == LineStyle::Heatmap) {
        return Ok(());
    }
    let points = graph.point_count();
    let bounds = axis_bounds(plot, points)?;
    let height = i32::try_from(graph.height).unwrap_or(i32::MAX);
    let ticks = value_ticks(plot, bounds, height);
    let Some(heatmap) = Heatmap::of(plot, bounds, &values_of(&ticks), points)? else {
        return Ok(());
    };
    out.push_str(",{\"type\":\"heatmap\"");
    push_field_index(out, "plot", index);
    push_field_text(out, "colorScale", scale_name(plot.heatmap.scale));
    push_field_text(out, "upper", &bound_text(plot.heatmap.upper));
    push_field_text(out, "lower", &bound_text(plot.heatmap.lower));
    if let Some(label) = &plot.heatmap.label {
        push_field_text(out, "label", label);
    }
    out.push_str(",\"yTicks\":");
    push_list(
        out,
        heatmap.edges.iter().zip(&ticks),
        |out, (&low, tick)| {
            out.push('{');
            push_span(out, (low, tick.value), &tick.label);
            out.push('}');
        },
    );
    out.push_str(",\"colorTicks\":");
    push_list(out, heatmap.color_ticks(), |out, tick| {
        out.push_str("{\"color\":");
        push_text(out, &tick.color.to_string());
        out.push(',');
        push_span(out, (tick.low, tick.high), &decimal_text(tick.high));
        out.push('}');
    });
    out.push_str(",\"data\":{\"type\":\"heatmap\",\"values\":");
    push_list(out, heatmap.times(), |out, counts| {
        push_list(out, counts, |out, &count| push_double(out, count));
    });
    out.push_str("}}");
    Ok(())
}

fn push_span(out: &mut String, (low, high): (f64, f64), label: &str) {
    out.push_str("\"min\":");
    push_double(out, low);
    out.push_str(",\"max\":");
    push_double(out, high);
    push_field_text(out, "label", label);
}

fn push_line(out: &mut String, plot: usize, line: &LineDef, rows: usize) {
    out.push_str("{\"type\":\"timeseries\"");
    if let Some(id) = &line.id {
        push_field_text(out, "id", id);
    }
    push_field_index(out, "plot", plot);
    push_field_text(out, "label", &line.label);
    push_style(out, line);
    if let Some(query) = &line.query {
        push_field_text(out, "query", query);
    }
    if !line.group_by_keys.is_empty() {
        out.push_str(",\"groupByKeys\":");
        push_list(out, &line.group_by_keys, |out, key| push_text(out, key));
    }
    out.push_str(",\"tags\":");
    push_tags(out, line.tags.iter().map(|(key, value)| (&**key, &**value)));
    out.push_str(",\"data\":{\"type\":\"array\",\"values\":");
    push_list(out, 0..rows, |out, row| {
        push_double(out, line.values.get(row).copied().unwrap_or(f64::NAN));
    });
    out.push_str("}}");
}

fn push_style(out: &mut String, line: &LineDef) {
    push_field_color(out, "color", line.color);
    push_field_text(out, "lineStyle", style_name(line.style));
    out.push_str(",\"lineWidth\":");
    push_double(out, line.width);
}

/// Axis, colour, style and width of a line.
pub(super) fn push_look(out: &mut String, plot: usize, line: &LineDef) {
    push_field_index(out, "plot", plot);
    push_style(out, line);
}

pub(super) fn push_field_text(out: &mut String, field: &str, value: &str) {
    out.push_str(",\"");
    out.push_str(field);
    out.push_str("\":");
    push_text(out, value);
}

fn push_field_color(out: &mut String, field: &str, color: Color) {
    push_field_text(out, field, &color.to_string());
}

fn push_field_index(out: &mut String, field: &str, index: usize) {
    out.push_str(",\"");
    out.push_str(field);
    out.push_str("\":");
    push_integer(out, i64::try_from(index).unwrap_or(i64::MAX));
}

fn bound_text(bound: Bound) -> String {
    match bound {
        Bound::AutoStyle => "auto-style".into(),
        Bound::AutoData => "auto-data".into(),
        Bound::Explicit(value) => java_double(value),
    }
}

fn layout_name(layout: LayoutMode) -> &'static str {
    match layout {
        LayoutMode::Canvas => "CANVAS",
        LayoutMode::Image => "IMAGE",
        LayoutMode::ImageWidth => "IMAGE_WIDTH",
        LayoutMode::ImageHeight => "IMAGE_HEIGHT",
    }
}

fn legend_name(legend: LegendType) -> &'static str {
    match legend {
        LegendType::Off => "OFF",
        LegendType::LabelsOnly => "LABELS_ONLY",
        LegendType::LabelsWithStats => "LABELS_WITH_STATS",
    }
}

fn scale_name(scale: Scale) -> &'static str {
    match scale {
        Scale::Linear => "LINEAR",
        Scale::Logarithmic => "LOGARITHMIC",
        Scale::LogLinear => "LOG_LINEAR",
        Scale::Power2 => "POWER_2",
        Scale::Sqrt => "SQRT",
    }
}

fn tick_labels_name(labels: TickLabels) -> &'static str {
    match labels {
        TickLabels::Off => "OFF",
        TickLabels::Decimal => "DECIMAL",
        TickLabels::Binary => "BINARY",
        TickLabels::Duration => "DURATION",
    }
}

fn style_name(style: LineStyle) -> &'static str {
    match style {
        LineStyle::Line => "LINE",
        LineStyle::Area => "AREA",
        LineStyle::Stack => "STACK",
        LineStyle::Vspan => "VSPAN",
        LineStyle::Heatmap => "HEATMAP",
    }
}

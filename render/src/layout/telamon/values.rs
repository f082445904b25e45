//! Value axes: their ends, ticks and the base of their labels.

use super::super::axes::{Base, ValueAxis};
use super::super::{AXIS_WIDTH, Canvas};
use crate::RenderError;
use crate::bounds::roomy::Ends;
use crate::graph::{Plot, TickLabels};
use crate::heatmap::Heatmap;
use crate::scale::RowScale;
use crate::text::{TextSize, cells, shorten};
use crate::ticks::telamon::{AxisRoom, value_ticks};

/// From the axis line to a label, and what the text along the axis takes at the outer edge.
const LABEL_DISTANCE: i32 = 9;
const SIDE_LABEL: i32 = 18;
/// Pixels of a row of a heatmap, and most rows.
const HEATMAP_ROW: i32 = 6;
const HEATMAP_ROWS_MAX: i32 = 60;

/// The axis of plot `index`, whose lines have so many values.
///
/// # Errors
/// When its bounds, or those of its heatmap's colours, make no sense.
pub(super) fn axis(
    plot: &Plot,
    index: usize,
    points: usize,
    canvas: Canvas,
) -> Result<ValueAxis, RenderError> {
    let bounds = Ends::of(plot, points)?;
    let rows = bounds.rows((canvas.top, canvas.bottom));
    let is_left = index == 0;
    let line_x = if is_left {
        canvas.left - 1
    } else {
        canvas.right + AXIS_WIDTH * i32::try_from(index - 1).unwrap_or(0)
    };
    let label = plot
        .label
        .as_deref()
        .map(|label| shorten(label, canvas.height() / TextSize::Normal.cell_width()))
        .filter(|label| !label.is_empty());
    let side = if label.is_some() { SIDE_LABEL } else { 1 };
    let cell = TextSize::Small.cell_width();
    let room = AxisRoom {
        rows: &rows,
        cells: (AXIS_WIDTH - LABEL_DISTANCE - side) / cell,
    };
    let found = value_ticks(bounds.ends, (plot.scale, plot.tick_labels), room);
    let heatmap = Heatmap::of(plot, bounds.ends, &heatmap_edges(&rows), points)?
        .map(Heatmap::with_more_shades);
    let base = found
        .base
        .filter(|_| plot.tick_labels != TickLabels::Off)
        .map(|text| place_base(&text, canvas, (line_x, is_left)));
    let ticks = (found.ticks.into_iter())
        .map(|tick| (rows.row(tick.value), tick))
        .filter(|(row, _)| (canvas.top..=canvas.bottom).contains(row))
        .collect();
    Ok(ValueAxis {
        line_x,
        is_left,
        label,
        color: plot.axis_color,
        tick_labels: plot.tick_labels,
        ticks,
        rows,
        heatmap,
        base,
    })
}

/// Where the rows of a heatmap meet: all of one height, however ticks stand, so that narrow ranges of
/// values are told apart.
fn heatmap_edges(rows: &RowScale) -> Vec<f64> {
    let count = ((rows.bottom() - rows.top()) / HEATMAP_ROW).clamp(1, HEATMAP_ROWS_MAX);
    let edges = (1..count).map(|row| rows.value_at(f64::from(row) / f64::from(count)));
    let mut edges: Vec<f64> = edges.collect();
    // At the limits of doubles neighbours may be one.
    edges.dedup();
    edges
}

/// The base above its axis: it ends at the line of the left axis, if it is not too long for that, and
/// begins at the line of a right one.
fn place_base(text: &str, canvas: Canvas, (line_x, is_left): (i32, bool)) -> Base {
    let cell = TextSize::Small.cell_width();
    let room = if is_left {
        canvas.right - 8
    } else {
        AXIS_WIDTH - 4
    };
    let text = shorten(text, room / cell);
    let left = if is_left {
        (line_x + 1 - cells(&text) * cell).max(2)
    } else {
        line_x
    };
    Base {
        left,
        top: canvas.top - 8 - TextSize::Small.line_height(),
        text,
    }
}

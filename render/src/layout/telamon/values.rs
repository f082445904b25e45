//! Value axes: their ends, ticks and the base of their labels.

use super::super::axes::{Base, ValueAxis};
use super::super::{AXIS_WIDTH, Canvas};
use crate::RenderError;
use crate::bounds::roomy::Ends;
use crate::color::Color;
use crate::graph::{LineStyle, Plot, Scale, TickLabels};
use crate::heatmap::{Heatmap, percentile_range};
use crate::scale::RowScale;
use crate::text::{TextSize, cells, shorten};
use crate::ticks::telamon::{AxisRoom, TickBase, round_values, value_ticks};

/// From the axis line to a label, and what the text along the axis takes at the outer edge.
const LABEL_DISTANCE: i32 = 9;
const SIDE_LABEL: i32 = 18;
/// Pixels of a row of a heatmap of many lines and of few, and most rows.
const HEATMAP_ROW: i32 = 6;
const HEATMAP_ROW_MAX: i32 = 20;
/// Pixels from which a row is seen as a range of values.
const HEATMAP_ROW_THICK: i32 = 9;
const HEATMAP_ROWS_MAX: i32 = 60;
/// Rows of a heatmap beside one for each line.
const HEATMAP_ROWS_FREE: i32 = 6;

/// The axis of plot `index`, whose lines have so many values, beside a canvas of a colour.
///
/// # Errors
/// When its bounds, or those of its heatmap's colours, make no sense.
pub(super) fn axis(
    plot: &Plot,
    index: usize,
    points: usize,
    (canvas, ground): (Canvas, Color),
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
    let edges = heatmap_edges(plot, bounds.ends, &rows);
    let heatmap = Heatmap::of(plot, bounds.ends, &edges, points)?
        .map(|heatmap| heatmap.without_traces(plot).with_more_shades(ground));
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

/// How many values a time of a heatmap has at most; none where it is counted otherwise.
fn samples(plot: &Plot) -> Option<i32> {
    let mut lines = plot
        .lines()
        .filter(|line| line.style == LineStyle::Heatmap)
        .peekable();
    let is_spread = lines.peek().copied().and_then(percentile_range).is_some();
    (!is_spread).then(|| i32::try_from(lines.count()).unwrap_or(i32::MAX))
}

/// Where the rows of a heatmap meet: all of one height, however ticks stand, so that narrow ranges of
/// values are told apart. Few samples have thick rows, thin ones would be strewn; where rows are thick
/// they meet at round values, and what is left at the ends belongs to the row beside it if it is thin.
fn heatmap_edges(plot: &Plot, (low, high): (f64, f64), rows: &RowScale) -> Vec<f64> {
    let height = rows.bottom() - rows.top();
    let (least, most) = (height / HEATMAP_ROW_MAX, height / HEATMAP_ROW);
    let wanted = samples(plot).map_or(most, |samples| samples.saturating_add(HEATMAP_ROWS_FREE));
    let count = wanted.max(least).min(most).clamp(1, HEATMAP_ROWS_MAX);
    if plot.scale == Scale::Linear && height / count >= HEATMAP_ROW_THICK {
        let mut found = round_values((low, high), count, plot.tick_labels);
        let thick = match found.as_slice() {
            [first, second, ..] => rows.row(*first) - rows.row(*second),
            _ => HEATMAP_ROW_THICK,
        };
        let is_thin = |from: f64, to: f64| (rows.row(from) - rows.row(to)) * 3 < thick * 2;
        found.pop_if(|last| is_thin(*last, high));
        if found.first().is_some_and(|&first| is_thin(low, first)) {
            found.remove(0);
        }
        return found
            .into_iter()
            .filter(|&edge| low < edge && edge < high)
            .collect();
    }
    let edges = (1..count).map(|row| rows.value_at(f64::from(row) / f64::from(count)));
    let mut edges: Vec<f64> = edges.collect();
    // At the limits of doubles neighbours may be one.
    edges.dedup();
    edges
}

/// The base above its axis: it ends at the line of the left axis, if it is not too long for that, and
/// begins at the line of a right one.
fn place_base(base: &TickBase, canvas: Canvas, (line_x, is_left): (i32, bool)) -> Base {
    let cell = TextSize::Small.cell_width();
    let room = if is_left {
        canvas.right - 8
    } else {
        AXIS_WIDTH - 4
    };
    let text = match base {
        TickBase::Times(power) => shorten(power, room / cell),
        TickBase::Added(value) => {
            let worded = format!("base {value}");
            if cells(&worded) <= room / cell {
                worded
            } else {
                shorten(value, room / cell)
            }
        }
    };
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::{Bound, Item};
    use crate::sample;
    use proptest::prelude::*;

    proptest! {
        /// However far round values lie from the ends of the axis, no row is a sliver.
        #[test]
        fn thick_rows_of_heatmaps_are_about_as_high_as_each_other(
            low in -100.0..100.0_f64,
            range in 1.0..1000.0_f64,
        ) {
            let mut graph = sample::graph(&[&[low, low + range], &[low + range / 2.0, low]]);
            let plot = &mut graph.plots[0];
            (plot.lower, plot.upper) = (Bound::Explicit(low), Bound::Explicit(low + range));
            for item in &mut plot.items {
                if let Item::Line(line) = item {
                    line.style = LineStyle::Heatmap;
                }
            }
            let ends = Ends::of(plot, 2).unwrap();
            let rows = ends.rows((0, 300));
            let edges = heatmap_edges(plot, ends.ends, &rows);
            let all: Vec<f64> = [low].into_iter().chain(edges).chain([low + range]).collect();
            let heights: Vec<i32> = (all.windows(2))
                .map(|pair| rows.row(pair[0]) - rows.row(pair[1]))
                .collect();
            let thickest = heights.iter().max().unwrap();
            // Two thirds of a row, which may itself have taken in less than that.
            let least = thickest * 2 / 5 - 1;
            prop_assert!(heights.iter().all(|height| *height >= least), "{:?} {:?}", heights, all);
        }
    }
}

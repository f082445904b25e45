//! Value axes and time axes: their place, their ticks, and how data maps to pixels.

use telamon_model::Timestamp;

use super::{AXIS_WIDTH, Canvas, PIXELS_PER_MAJOR};
use crate::RenderError;
use crate::bounds::axis_bounds;
use crate::color::Color;
use crate::graph::{GraphDef, Plot, TickLabels};
use crate::heatmap::Heatmap;
use crate::scale::RowScale;
use crate::text::{TextSize, truncate};
use crate::ticks::time::{TimeTick, time_ticks};
use crate::ticks::{Tick, ticks};
use crate::zone::Zone;

/// A value axis beside the canvas.
#[derive(Clone, Debug)]
pub(crate) struct ValueAxis {
    /// Column of its line.
    pub(crate) line_x: i32,
    /// Whether it stands on the left of the canvas.
    pub(crate) is_left: bool,
    /// Text along it, already shortened.
    pub(crate) label: Option<String>,
    /// Its colour, where not the theme's.
    pub(crate) color: Option<Color>,
    /// How ticks are labelled.
    pub(crate) tick_labels: TickLabels,
    /// Ticks with their rows, ascending by value.
    pub(crate) ticks: Vec<(i32, Tick)>,
    /// From values to rows.
    pub(crate) rows: RowScale,
    /// Counts of the plot's heatmap, by its ticks.
    pub(crate) heatmap: Option<Heatmap>,
    /// What the labels of our own style are relative to, above the axis.
    pub(crate) base: Option<Base>,
}

/// What all labels of an axis are relative to, or multiplied by.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Base {
    /// Column of the pen.
    pub(crate) left: i32,
    /// First row of the line.
    pub(crate) top: i32,
    /// What is written.
    pub(crate) text: String,
}

impl ValueAxis {
    /// The axis of plot `index`, whose lines have so many values.
    ///
    /// # Errors
    /// When its bounds, or those of its heatmap's colours, make no sense.
    pub(super) fn lay_out(
        plot: &Plot,
        index: usize,
        points: usize,
        canvas: Canvas,
    ) -> Result<Self, RenderError> {
        let bounds = axis_bounds(plot, points)?;
        let is_left = index == 0;
        let line_x = if is_left {
            canvas.left - 1
        } else {
            canvas.right + AXIS_WIDTH * i32::try_from(index - 1).unwrap_or(0)
        };
        let rows = RowScale::new(plot.scale, bounds, (canvas.top, canvas.bottom));
        let all_ticks = value_ticks(plot, bounds, canvas.height());
        let heatmap = Heatmap::of(plot, bounds, &values_of(&all_ticks), points)?;
        let ticks = all_ticks
            .into_iter()
            .map(|tick| (rows.row(tick.value), tick))
            .filter(|(row, _)| (canvas.top..=canvas.bottom).contains(row))
            .collect();
        let label = plot
            .label
            .as_ref()
            .map(|label| truncate(label, canvas.height(), TextSize::Normal))
            .filter(|label| !label.is_empty());
        Ok(Self {
            line_x,
            is_left,
            label,
            color: plot.axis_color,
            tick_labels: plot.tick_labels,
            ticks,
            rows,
            heatmap,
            base: None,
        })
    }
}

/// Where the ticks stand.
pub(crate) fn values_of(ticks: &[Tick]) -> Vec<f64> {
    ticks.iter().map(|tick| tick.value).collect()
}

/// The ticks of a value axis of so many pixels.
pub(crate) fn value_ticks(plot: &Plot, bounds: (f64, f64), height: i32) -> Vec<Tick> {
    let count = usize::try_from(height / PIXELS_PER_MAJOR).unwrap_or(0);
    ticks(bounds.0, bounds.1, count, (plot.scale, plot.tick_labels))
}

/// A time axis below the canvas.
#[derive(Clone, Debug)]
pub(crate) struct TimeAxis {
    /// Row of its line.
    pub(crate) row: i32,
    /// Name of the zone.
    pub(crate) zone_name: String,
    /// Ticks with their columns, ascending.
    pub(crate) ticks: Vec<(i32, TimeTick)>,
}

impl TimeAxis {
    /// The axis of a zone.
    pub(super) fn lay_out(graph: &GraphDef, zone: &Zone, canvas: Canvas, row: i32) -> Self {
        let start = graph.start.plus_millis(-graph.step.as_millis());
        let columns = ColumnScale::new(graph, canvas);
        let count = usize::try_from(canvas.width() / PIXELS_PER_MAJOR).unwrap_or(1);
        let ticks = time_ticks(zone, start, graph.end, count)
            .into_iter()
            .map(|tick| (columns.column_of(tick.time), tick))
            .filter(|(column, _)| (canvas.left..=canvas.right).contains(column))
            .collect();
        Self {
            row,
            zone_name: zone.short_name().to_owned(),
            ticks,
        }
    }
}

/// Maps times to columns: the value at `t` covers the columns of `(t - step, t]`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ColumnScale {
    left: i32,
    start: Timestamp,
    step_millis: f64,
    columns_per_step: f64,
}

impl ColumnScale {
    /// The scale of a graph on a canvas.
    pub(crate) fn new(graph: &GraphDef, canvas: Canvas) -> Self {
        #[expect(
            clippy::cast_precision_loss,
            reason = "a pixel is far coarser than 2^53"
        )]
        let (points, step_millis) = (
            graph.point_count().max(1) as f64,
            graph.step.as_millis() as f64,
        );
        Self {
            left: canvas.left,
            start: graph.start.plus_millis(-graph.step.as_millis()),
            step_millis,
            columns_per_step: f64::from(canvas.width()) / points,
        }
    }

    /// The same scale with so many columns to a pixel.
    pub(crate) fn finer(self, columns: i32) -> Self {
        Self {
            left: self.left * columns,
            columns_per_step: self.columns_per_step * f64::from(columns),
            ..self
        }
    }

    /// The column where the interval of value `index` begins; that of `index + 1` is its end.
    pub(crate) fn column(&self, index: usize) -> i32 {
        #[expect(
            clippy::cast_precision_loss,
            reason = "indexes of points are far below 2^53"
        )]
        let steps = index as f64;
        self.at(steps)
    }

    /// The column of a time.
    pub(crate) fn column_of(&self, time: Timestamp) -> i32 {
        #[expect(
            clippy::cast_precision_loss,
            reason = "a pixel is far coarser than 2^53"
        )]
        let millis = time.millis_since(self.start) as f64;
        self.at(millis / self.step_millis)
    }

    fn at(&self, steps: f64) -> i32 {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "clamped; columns are truncated"
        )]
        let columns = (steps * self.columns_per_step).clamp(-100_000.0, 100_000.0) as i32;
        self.left + columns
    }
}

//! Where everything stands: sizes, the canvas, axes with their ticks, legend rows.
//!
//! Takes a [`GraphDef`], gives integer pixels before zoom; draws nothing. Sizes follow the
//! reference exactly, so that pictures placed side by side keep their canvases aligned:
//!
//! ```text
//!   title (20)                               only with a title
//!   padding (5)
//!   ┌ value axis ┬ canvas ─────────┬ 24 px, or one axis of 64 px each ┐
//!   │   64 px    │                 │                                  │
//!   └────────────┴ time axis (24) per zone ───────────────────────────┘
//!   legend, footer, warnings                 grow the picture downwards
//! ```

pub(crate) mod axes;
pub(crate) mod legend;
pub(crate) mod telamon;

use crate::RenderError;
use crate::graph::{GraphDef, GraphStyle, LegendType, Plot};
use crate::text::{TextSize, truncate};
use crate::zone::Zone;

use axes::{TimeAxis, ValueAxis};
use legend::{Footer, LegendRow, Room, Warnings};
use telamon::table::Table;
use telamon::time::CalendarAxis;

const WIDTH_MAX: u32 = 2000;
const HEIGHT_MAX: u32 = 1000;
const ZOOM_MAX: f64 = 2.0;
/// Smallest width and height of a canvas or picture.
const SIDE_MIN: i32 = 64;
/// Below this width nothing is written.
const TEXT_WIDTH_MIN: u32 = 96;
/// Below this width of the picture the legend has no statistics.
const STATS_WIDTH_MIN: i32 = 270;
const PADDING: i32 = 5;
const AXIS_WIDTH: i32 = 64;
const RIGHT_PADDING: i32 = 24;
const TIME_AXIS_HEIGHT: i32 = 24;
const BLANK_TIME_AXIS_HEIGHT: i32 = 10;
/// One major tick per so many pixels, both ways.
const PIXELS_PER_MAJOR: i32 = 42;
/// Axes and zones beyond these are left out, with a warning.
const PLOTS_MAX: usize = 16;
const ZONES_MAX: usize = 8;

/// The part of the picture where data is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Canvas {
    /// First column.
    pub(crate) left: i32,
    /// Column after the last one.
    pub(crate) right: i32,
    /// First row.
    pub(crate) top: i32,
    /// Last row, which is painted too.
    pub(crate) bottom: i32,
}

impl Canvas {
    /// Columns between both edges.
    pub(crate) fn width(self) -> i32 {
        self.right - self.left
    }

    /// Rows between first and last row.
    pub(crate) fn height(self) -> i32 {
        self.bottom - self.top
    }
}

/// A laid out graph, in pixels before zoom.
#[derive(Clone, Debug)]
pub(crate) struct Layout {
    /// Width of the picture.
    pub(crate) width: i32,
    /// Height of the picture.
    pub(crate) height: i32,
    /// Magnification when drawn; at most 2, and finite.
    pub(crate) zoom: f64,
    /// Headline, already shortened.
    pub(crate) title: Option<String>,
    /// Where data is drawn.
    pub(crate) canvas: Canvas,
    /// Whether value axes are drawn beside the canvas.
    pub(crate) has_axes: bool,
    /// Value axes, by plot; at least one.
    pub(crate) value_axes: Vec<ValueAxis>,
    /// Time axes from top to bottom; empty when only the canvas is wanted.
    pub(crate) time_axes: Vec<TimeAxis>,
    /// Time axes of our own style, from top to bottom.
    pub(crate) calendars: Vec<CalendarAxis>,
    /// Ticks of the primary zone, for the grid.
    pub(crate) time_grid: TimeAxis,
    /// Legend from top to bottom.
    pub(crate) legend: Vec<LegendRow>,
    /// The legend of our own style.
    pub(crate) table: Option<Table>,
    /// Lines under the legend.
    pub(crate) footer: Option<Footer>,
    /// The block of warnings.
    pub(crate) warnings: Option<Warnings>,
    /// Warnings that could not be written: the whole picture shows their colour.
    pub(crate) is_flagged: bool,
}

/// Lays out a graph.
pub(crate) fn lay_out(graph: &GraphDef) -> Result<Layout, RenderError> {
    let zones = graph
        .zones
        .iter()
        .take(ZONES_MAX)
        .map(|zone| Zone::of(zone))
        .collect::<Result<Vec<_>, _>>()?;
    let zones = if zones.is_empty() {
        vec![Zone::of("UTC")?]
    } else {
        zones
    };
    let plots = plots_of(graph);
    match graph.style {
        GraphStyle::Atlas => lay_out_reference(graph, &plots, &zones),
        GraphStyle::Telamon => telamon::lay_out(graph, &plots, &zones),
    }
}

/// Sizes, ticks and texts of the reference.
fn lay_out_reference(
    graph: &GraphDef,
    plots: &[Plot],
    zones: &[Zone],
) -> Result<Layout, RenderError> {
    let (frame, warnings) = Frame::measure(graph, plots.len(), zones.len());
    let canvas = frame.canvas;
    let points = graph.point_count();

    let mut value_axes = Vec::with_capacity(plots.len());
    for (index, plot) in plots.iter().enumerate() {
        value_axes.push(ValueAxis::lay_out(plot, index, points, canvas)?);
    }
    let time_grid = TimeAxis::lay_out(graph, &zones[0], canvas, canvas.bottom + 1);
    let time_axes = if graph.only_graph {
        Vec::new()
    } else {
        (0..)
            .zip(zones)
            .map(|(index, zone)| {
                let row = canvas.bottom + 1 + TIME_AXIS_HEIGHT * index;
                TimeAxis::lay_out(graph, zone, canvas, row)
            })
            .collect()
    };
    let has_text = frame.has_text;
    let mut layout = Layout::bare(frame, value_axes, time_axes, time_grid);
    if Layout::has_legend(graph, has_text) {
        layout.add_legend(graph, plots, &zones[0]);
    }
    layout.add_warnings(graph, &warnings, has_text);
    Ok(layout)
}

impl Layout {
    /// A layout without legend, footer and warnings.
    fn bare(
        frame: Frame,
        value_axes: Vec<ValueAxis>,
        time_axes: Vec<TimeAxis>,
        time_grid: TimeAxis,
    ) -> Self {
        Self {
            width: frame.width,
            height: frame.bottom,
            zoom: frame.zoom,
            title: frame.title,
            canvas: frame.canvas,
            has_axes: frame.has_axes,
            value_axes,
            time_axes,
            calendars: Vec::new(),
            time_grid,
            legend: Vec::new(),
            table: None,
            footer: None,
            warnings: None,
            is_flagged: false,
        }
    }

    fn has_legend(graph: &GraphDef, has_text: bool) -> bool {
        has_text
            && !graph.only_graph
            && !graph.layout.is_height_fixed()
            && graph.legend != LegendType::Off
    }

    /// The block of warnings, or a flag where they cannot be written.
    fn add_warnings(&mut self, graph: &GraphDef, warnings: &[String], has_text: bool) {
        if warnings.is_empty() {
            return;
        }
        if has_text && !graph.layout.is_height_fixed() {
            let block = Warnings::lay_out(warnings, self.width, self.height + 15);
            self.height = block.bottom;
            self.warnings = Some(block);
        } else {
            self.is_flagged = true;
        }
    }

    fn add_legend(&mut self, graph: &GraphDef, plots: &[Plot], zone: &Zone) {
        let has_stats =
            graph.legend == LegendType::LabelsWithStats && self.width >= STATS_WIDTH_MIN;
        let heatmaps: Vec<_> = self
            .value_axes
            .iter()
            .map(|axis| axis.heatmap.as_ref())
            .collect();
        let room = Room {
            has_stats,
            width: self.width,
            top: self.height + PADDING,
        };
        let (rows, bottom) = legend::lay_out(plots, &heatmaps, room);
        self.legend = rows;
        let footer = Footer::lay_out(&Footer::texts(graph, zone), self.width, bottom + 15);
        self.height = footer.bottom;
        self.footer = Some(footer);
    }

    /// Width and height of the drawn picture, or the error that there is none.
    pub(crate) fn device_size(&self) -> Result<(u32, u32), RenderError> {
        let scaled = |side: i32| {
            #[expect(
                clippy::cast_possible_truncation,
                reason = "pictures are at most 40,000 pixels"
            )]
            let pixels = (f64::from(side) * self.zoom) as i64;
            pixels
        };
        let (width, height) = (scaled(self.width), scaled(self.height));
        match (u32::try_from(width), u32::try_from(height)) {
            (Ok(columns), Ok(rows)) if columns > 0 && rows > 0 => Ok((columns, rows)),
            _ => Err(RenderError::NoPixels { width, height }),
        }
    }
}

/// The plots to draw; one without lines where there is none, so that an empty graph has axes.
fn plots_of(graph: &GraphDef) -> Vec<Plot> {
    if graph.plots.is_empty() {
        return vec![Plot::empty()];
    }
    graph.plots.iter().take(PLOTS_MAX).cloned().collect()
}

/// Sizes that do not depend on the data.
struct Frame {
    width: i32,
    /// Row after the graph block.
    bottom: i32,
    zoom: f64,
    title: Option<String>,
    has_text: bool,
    has_axes: bool,
    canvas: Canvas,
}

impl Frame {
    /// The frame, and all warnings including those about restricted sizes.
    fn measure(graph: &GraphDef, plots: usize, zones: usize) -> (Self, Vec<String>) {
        let (zoom, warnings) = restricted(graph);
        let count = |number: usize| i32::try_from(number).unwrap_or(1);
        let side = |length: u32, most: u32| {
            i32::try_from(length.min(most))
                .unwrap_or(SIDE_MIN)
                .max(SIDE_MIN)
        };
        let (width, height) = (side(graph.width, WIDTH_MAX), side(graph.height, HEIGHT_MAX));
        let has_text = graph.width >= TEXT_WIDTH_MIN;
        let requested = i32::try_from(graph.width).unwrap_or(i32::MAX);
        let title = graph
            .title
            .as_ref()
            .filter(|title| has_text && !title.is_empty())
            .map(|title| truncate(title, requested, TextSize::Large));
        let top = PADDING
            + if title.is_some() {
                TextSize::Large.line_height()
            } else {
                0
            };

        let right = if plots > 1 {
            AXIS_WIDTH * (count(plots) - 1)
        } else {
            RIGHT_PADDING
        };
        let block_width = if graph.only_graph || graph.layout.is_width_fixed() {
            width
        } else {
            width + AXIS_WIDTH + right
        };
        let strip = if graph.only_graph {
            BLANK_TIME_AXIS_HEIGHT
        } else {
            TIME_AXIS_HEIGHT
        } * count(zones);
        let block_height = if graph.layout.is_height_fixed() {
            (height - top).max(SIDE_MIN)
        } else if graph.only_graph {
            height
        } else {
            height + strip
        };
        let has_axes = !graph.only_graph && block_width - AXIS_WIDTH - right >= SIDE_MIN;
        let (left, right) = if has_axes {
            (AXIS_WIDTH, right)
        } else {
            (RIGHT_PADDING, RIGHT_PADDING)
        };
        let canvas = Canvas {
            left,
            right: (block_width - right).max(left + 1),
            top,
            bottom: (top + block_height - strip).max(top + 1),
        };
        let frame = Self {
            width: block_width,
            bottom: top + block_height,
            zoom,
            title,
            has_text,
            has_axes,
            canvas,
        };
        (frame, warnings)
    }
}

/// The zoom to draw with, and the caller's warnings followed by ours.
fn restricted(graph: &GraphDef) -> (f64, Vec<String>) {
    let mut warnings = graph.warnings.clone();
    if graph.height > HEIGHT_MAX {
        warnings.push(format!("Restricted graph height to {HEIGHT_MAX}."));
    }
    if graph.width > WIDTH_MAX {
        warnings.push(format!("Restricted graph width to {WIDTH_MAX}."));
    }
    if graph.zoom > ZOOM_MAX {
        warnings.push(format!("Restricted zoom to {ZOOM_MAX:.1}."));
    }
    if graph.plots.len() > PLOTS_MAX {
        warnings.push(format!(
            "Only {PLOTS_MAX} of {} axes are drawn.",
            graph.plots.len()
        ));
    }
    let zoom = if graph.zoom.is_nan() {
        0.0
    } else {
        graph.zoom.min(ZOOM_MAX)
    };
    (zoom, warnings)
}

#[cfg(test)]
mod tests;

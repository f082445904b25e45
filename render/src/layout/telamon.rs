//! Our own style: where everything stands.
//!
//! Takes what the reference's layout takes and gives the same [`Layout`]; what only our style has
//! stands in fields of its own, and the reference's fields for it are empty.
//!
//! ```text
//!            title                            left-aligned with the canvas
//!            base of the ticks                only where labels are relative to one
//!            room for half a label
//!   ┌ value axis ┬ canvas ──────────────┬ 24 px, or one axis of 64 px each ┐
//!   │   64 px    │                      │                                  │
//!   └────────────┴ time and date, a pair of rows per zone ─────────────────┘
//!   legend as a table, footer, warnings      grow the picture downwards
//! ```
//!
//! A picture whose height is given never grows: what does not fit is left out, the title first, then
//! the rows of the time axis.

mod footer;
mod number;
pub(crate) mod table;
pub(crate) mod time;
mod values;

use super::{
    AXIS_WIDTH, Canvas, Frame, HEIGHT_MAX, Layout, PADDING, RIGHT_PADDING, SIDE_MIN,
    TEXT_WIDTH_MIN, WIDTH_MAX, restricted,
};
use crate::RenderError;
use crate::graph::{GraphDef, LegendType, Plot};
use crate::text::{TextSize, shorten};
use crate::theme::ThemeColors;
use crate::zone::Zone;

use super::axes::ValueAxis;
use super::legend::{Footer, Room};

/// Above the canvas, so that half a label of the topmost tick has room.
const HALF_LABEL: i32 = 8;
const TITLE_HEIGHT: i32 = 24;
/// Beside a canvas without value axes, so that half a time label has room.
const BARE_MARGIN: i32 = 18;
/// Around a canvas alone.
const ONLY_MARGIN: i32 = 4;
/// A canvas of a picture of given height is worth more than title and dates below this.
const CANVAS_HEIGHT_GOOD: i32 = 48;
/// And more than times below this.
const CANVAS_HEIGHT_MIN: i32 = 28;

/// Lays out a graph.
pub(super) fn lay_out(
    graph: &GraphDef,
    plots: &[Plot],
    zones: &[Zone],
) -> Result<Layout, RenderError> {
    let (zoom, warnings) = restricted(graph);
    let counts = (plots.len(), zones.len());
    let mut sizes = Sizes::measure(graph, counts, false);
    let mut value_axes = value_axes(graph, plots, sizes.canvas)?;
    if value_axes.iter().any(|axis| axis.base.is_some()) && sizes.has_axes {
        // The row of bases takes its height from the canvas where the picture's height is given.
        sizes = Sizes::measure(graph, counts, true);
        value_axes = self::value_axes(graph, plots, sizes.canvas)?;
    }
    let (time_grid, calendars) = time::axes(graph, zones, &sizes.time_room());
    let has_text = sizes.has_text;
    let frame = Frame {
        width: sizes.width,
        bottom: sizes.bottom,
        zoom,
        title: sizes.title,
        has_text,
        has_axes: sizes.has_axes,
        canvas: sizes.canvas,
    };
    let mut layout = Layout::bare(frame, value_axes, Vec::new(), time_grid);
    layout.calendars = calendars;
    if Layout::has_legend(graph, has_text) {
        add_legend(&mut layout, graph, plots, &zones[0]);
    }
    layout.add_warnings(graph, &warnings, has_text);
    Ok(layout)
}

/// The table and the footer below the graph.
fn add_legend(layout: &mut Layout, graph: &GraphDef, plots: &[Plot], zone: &Zone) {
    let heatmaps: Vec<_> = layout
        .value_axes
        .iter()
        .map(|axis| axis.heatmap.as_ref())
        .collect();
    let room = Room {
        has_stats: graph.legend == LegendType::LabelsWithStats,
        width: layout.width,
        top: layout.height,
    };
    let (table, bottom) = table::lay_out(plots, &heatmaps, room);
    layout.table = Some(table);
    let texts = footer::texts(graph, zone);
    let footer = Footer::lay_out(&texts, layout.width - 2 * PADDING, bottom + PADDING);
    layout.height = footer.bottom + PADDING;
    layout.footer = Some(footer);
}

fn value_axes(
    graph: &GraphDef,
    plots: &[Plot],
    canvas: Canvas,
) -> Result<Vec<ValueAxis>, RenderError> {
    let points = graph.point_count();
    let ground = ThemeColors::of(graph.theme, graph.style).canvas;
    plots
        .iter()
        .enumerate()
        .map(|(index, plot)| values::axis(plot, index, points, (canvas, ground)))
        .collect()
}

/// How many rows of text the time axes have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TimeRows {
    None,
    Times,
    TimesAndDates,
}

impl TimeRows {
    fn height(self) -> i32 {
        match self {
            Self::None => 6,
            Self::Times => 22,
            Self::TimesAndDates => 36,
        }
    }
}

fn count(number: usize) -> i32 {
    i32::try_from(number).unwrap_or(1)
}

/// A length that was asked for, within what is drawn.
fn side(length: u32, most: u32) -> i32 {
    i32::try_from(length.min(most))
        .unwrap_or(SIDE_MIN)
        .max(SIDE_MIN)
}

/// Columns.
struct Across {
    width: i32,
    has_axes: bool,
    /// First column of the canvas, and the one after its last.
    canvas: (i32, i32),
}

impl Across {
    fn measure(graph: &GraphDef, plots: i32) -> Self {
        let width = side(graph.width, WIDTH_MAX);
        let right = if plots > 1 {
            AXIS_WIDTH * (plots - 1)
        } else {
            RIGHT_PADDING
        };
        let is_alone = graph.only_graph;
        let width = if is_alone || graph.layout.is_width_fixed() {
            width
        } else {
            width + AXIS_WIDTH + right
        };
        let has_axes = !is_alone && width - AXIS_WIDTH - right >= SIDE_MIN;
        let (left, right) = match (has_axes, is_alone) {
            (true, _) => (AXIS_WIDTH, right),
            (false, true) => (ONLY_MARGIN, ONLY_MARGIN),
            (false, false) => (BARE_MARGIN, BARE_MARGIN),
        };
        Self {
            width,
            has_axes,
            canvas: (left, (width - right).max(left + 1)),
        }
    }
}

/// Sizes that do not depend on the data.
struct Sizes {
    width: i32,
    /// Row after the graph block.
    bottom: i32,
    title: Option<String>,
    has_text: bool,
    has_axes: bool,
    canvas: Canvas,
    time_rows: Option<TimeRows>,
}

impl Sizes {
    fn measure(graph: &GraphDef, (plots, zones): (usize, usize), has_base: bool) -> Self {
        let across = Across::measure(graph, count(plots));
        let height = side(graph.height, HEIGHT_MAX);
        let has_text = graph.width >= TEXT_WIDTH_MIN;
        let is_alone = graph.only_graph;
        let (left, right) = across.canvas;
        let title = graph
            .title
            .as_deref()
            .filter(|title| has_text && !title.is_empty() && !is_alone)
            .map(|title| {
                let room = across.width - left - ONLY_MARGIN;
                shorten(title, room / TextSize::Large.cell_width())
            })
            .filter(|title| !title.is_empty());
        let top = |has_title: bool| {
            let title = if has_title { TITLE_HEIGHT } else { 0 };
            let base = if has_base {
                TextSize::Small.line_height()
            } else {
                0
            };
            if is_alone {
                ONLY_MARGIN
            } else {
                HALF_LABEL + title + base
            }
        };
        let below = |rows: Option<TimeRows>| {
            1 + rows.map_or(ONLY_MARGIN, |rows| rows.height() * count(zones))
        };
        let is_fixed = graph.layout.is_height_fixed() || is_alone;
        let (has_title, time_rows) = if is_alone {
            (false, None)
        } else {
            let (has_title, rows) = Self::vertical(title.is_some(), |has_title, rows| {
                let needed = if has_title || rows == TimeRows::TimesAndDates {
                    CANVAS_HEIGHT_GOOD
                } else {
                    CANVAS_HEIGHT_MIN
                };
                !is_fixed || height - top(has_title) - below(Some(rows)) >= needed
            });
            (has_title, Some(rows))
        };
        let (top, below) = (top(has_title), below(time_rows));
        let canvas_height = if is_fixed {
            (height - top - below).max(1)
        } else {
            height
        };
        let canvas = Canvas {
            left,
            right,
            top,
            bottom: top + canvas_height,
        };
        Self {
            width: across.width,
            bottom: canvas.bottom + below,
            title: title.filter(|_| has_title),
            has_text,
            has_axes: across.has_axes,
            canvas,
            time_rows,
        }
    }

    /// Whether there is a title, and what the time axes show: all of it, unless that leaves the canvas
    /// too little of a given height.
    fn vertical(has_title: bool, fits: impl Fn(bool, TimeRows) -> bool) -> (bool, TimeRows) {
        [
            (has_title, TimeRows::TimesAndDates),
            (has_title, TimeRows::Times),
            (false, TimeRows::TimesAndDates),
            (false, TimeRows::Times),
        ]
        .into_iter()
        .find(|&(has_title, rows)| fits(has_title, rows))
        .unwrap_or((false, TimeRows::None))
    }

    fn time_room(&self) -> time::TimeRoom {
        time::TimeRoom {
            canvas: self.canvas,
            width: self.width,
            rows: self.time_rows,
            height: self.time_rows.map_or(0, TimeRows::height),
        }
    }
}

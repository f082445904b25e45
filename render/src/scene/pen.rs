//! From the values of a line to shapes.
//!
//! A value covers the columns of its step, so lines are stairs. Whatever the number of points, each
//! column of a line becomes one upright run from its lowest to its highest row: dense lines keep
//! every extreme, and nothing is painted twice under a transparent colour.
//!
//! ```text
//!   grain      columns to a pixel    rows to a pixel
//!   fills      1, zoomed 2           as many
//!   strokes    1, zoomed 2           as many; in our style four to each: level parts of a stroke
//!                                    lie between pixels, with the edges in paler colours
//! ```

use super::{HALVES, Rect, Shape};
use crate::color::Color;
use crate::contrast;
use crate::graph::{GraphStyle, LineStyle};
use crate::layout::Canvas;
use crate::layout::axes::ColumnScale;
use crate::scale::RowScale;

/// Rows of our style between two columns' height.
const SHADES: i32 = 4;
/// Sums of shares fall short of the whole by their last bits; they reach its row all the same.
const NUDGE: f64 = 1e-6;
/// Contrast with the canvas below which a line gets an outline.
const CONTRAST_MIN: f64 = 3.0;
/// Contrast with a fill below which a line over it gets a rim: less, for hues differ, too.
const LOST_BELOW: f64 = 2.2;
/// Steps narrower than so many pixels have no outline at their sides: it would hide them.
const OUTLINED_STEP: i32 = 3;
/// Pixels of a dash.
const DASH: i32 = 8;

/// What is painted on.
pub(super) struct Ground<'a> {
    pub(super) canvas: Canvas,
    pub(super) columns: ColumnScale,
    pub(super) rows: &'a RowScale,
    pub(super) is_zoomed: bool,
    pub(super) style: GraphStyle,
    /// Colour of the canvas.
    pub(super) color: Color,
    /// What is most unlike the canvas.
    pub(super) ink: Color,
    /// Opaque colours of fills that strokes lie over.
    pub(super) fills: &'a [Color],
}

/// Whose turn it is among strokes that lie on each other.
#[derive(Clone, Copy, Debug)]
pub(super) struct Dash {
    pub(super) turn: i32,
    /// How many there are.
    pub(super) count: i32,
}

impl Default for Dash {
    /// Alone.
    fn default() -> Self {
        Self { turn: 0, count: 1 }
    }
}

/// What stacked lines of a plot have added up to, per point.
#[derive(Default)]
pub(super) struct Stack {
    positive: Vec<f64>,
    negative: Vec<f64>,
}

/// How finely a line is painted, and where.
#[derive(Clone, Copy, Debug)]
struct Grain {
    /// Columns to a pixel.
    columns: i32,
    /// Rows to a pixel.
    rows: i32,
    /// The canvas: columns from the first to after the last, rows from the first to the last.
    left: i32,
    right: i32,
    top: i32,
    bottom: i32,
}

impl Grain {
    fn new(canvas: Canvas, columns: i32, rows: i32) -> Self {
        Self {
            columns,
            rows,
            left: canvas.left * columns,
            right: canvas.right * columns,
            top: canvas.top * rows,
            bottom: (canvas.bottom + 1) * rows - 1,
        }
    }

    /// Rows as high as a column is wide.
    fn rows_per_column(&self) -> i32 {
        self.rows / self.columns
    }
}

/// How far a stroke reaches around its middle, in columns and rows.
#[derive(Clone, Copy, Debug)]
struct Brush {
    left: i32,
    right: i32,
    up: i32,
    down: i32,
}

/// Rows that a point fills, and the row of its value.
struct Span {
    index: usize,
    top: i32,
    bottom: i32,
    value: i32,
}

/// Paints one line.
pub(super) struct Pen<'a> {
    grain: Grain,
    columns: ColumnScale,
    rows: RowScale,
    color: Color,
    /// Around strokes and along the values of fills.
    edge: Option<Color>,
    /// Whether the edge separates a stroke from fills, and so lies on all sides of it.
    is_cased: bool,
    shapes: &'a mut Vec<Shape>,
}

impl<'a> Pen<'a> {
    pub(super) fn new(
        ground: &Ground<'_>,
        (style, color): (LineStyle, Color),
        shapes: &'a mut Vec<Shape>,
    ) -> Self {
        let columns = if ground.is_zoomed { HALVES } else { 1 };
        let is_stroke = style == LineStyle::Line;
        let rows = match ground.style {
            GraphStyle::Telamon if is_stroke => SHADES * columns,
            GraphStyle::Atlas | GraphStyle::Telamon => columns,
        };
        let nudge = match ground.style {
            GraphStyle::Atlas => 0.0,
            GraphStyle::Telamon => NUDGE,
        };
        let seen = color.over(ground.color);
        let is_poor = color.alpha > 0 && contrast::ratio(seen, ground.color) < CONTRAST_MIN;
        // What can be told from the canvas needs some of it around where fills are too similar.
        let is_lost = |fill: &Color| contrast::ratio(seen, *fill) < LOST_BELOW;
        let is_cased = is_stroke && !is_poor && color.alpha > 0 && ground.fills.iter().any(is_lost);
        let edge = match (style, ground.style) {
            (LineStyle::Vspan | LineStyle::Heatmap, _) => None,
            _ if is_poor => {
                let edge = contrast::readable(seen, ground.color, CONTRAST_MIN);
                Some(match ground.style {
                    GraphStyle::Telamon if is_stroke => edge.with_alpha(SHADOW_ALPHA),
                    GraphStyle::Atlas | GraphStyle::Telamon => edge,
                })
            }
            _ if is_cased => Some(ground.color.with_alpha(CASING_ALPHA)),
            (LineStyle::Area | LineStyle::Stack, GraphStyle::Telamon) => {
                Some(ground.ink.with_alpha(EDGE_ALPHA).over(seen))
            }
            _ => None,
        };
        Self {
            grain: Grain::new(ground.canvas, columns, rows),
            columns: ground.columns.finer(columns),
            rows: ground.rows.finer(rows, nudge),
            color,
            // Who chose a pale colour for its transparency wants a pale edge, too.
            edge: edge.map(|edge| edge.with_alpha(edge.alpha.min(color.alpha.max(EDGE_ALPHA_MIN)))),
            is_cased,
            shapes,
        }
    }

    /// Paints a stroke of so many pixels.
    pub(super) fn line(&mut self, values: &[f64], width: f64, dash: Dash) {
        let brush = self.brush(width);
        let color = self.color;
        self.stroke(values, (brush, brush), color, dash);
    }

    /// Paints what is seen around a stroke of so many pixels, where its colour alone is hard to see.
    pub(super) fn outline(&mut self, values: &[f64], width: f64) {
        let Some(edge) = self.edge else { return };
        let brush = self.brush(width);
        let is_wide = self.has_wide_steps();
        let sides = if is_wide { self.grain.columns } else { 0 };
        // Of a dark edge a shadow is enough: on both sides it would make two lines of one.
        let (before, above) = match self.is_cased {
            true => (sides, self.grain.rows),
            false => (0, 0),
        };
        let outline = Brush {
            left: brush.left + before,
            right: brush.right + sides,
            up: brush.up + above,
            down: brush.down + self.grain.rows,
        };
        self.stroke(values, (brush, outline), edge, Dash::default());
    }

    /// Leads `brush` along the values where `within` has room on the canvas.
    fn stroke(
        &mut self,
        values: &[f64],
        (within, brush): (Brush, Brush),
        color: Color,
        dash: Dash,
    ) {
        let (top, bottom) = (self.grain.top, self.grain.bottom);
        let mut run: Option<Run> = None;
        let mut to = self.columns.column(0);
        for (index, &value) in values.iter().enumerate() {
            let from = to;
            to = self.columns.column(index + 1);
            if value.is_nan() {
                if let Some(done) = run.take() {
                    self.along(&done, brush).paint(color, dash, self.shapes);
                }
                continue;
            }
            let mut row = self.rows.row(value);
            if (top..=bottom).contains(&row) {
                // At the edge of the canvas a stroke is as thick as elsewhere.
                row = row.min(bottom - within.down).max(top + within.up);
            }
            run.get_or_insert_with(|| Run::new(from, row))
                .extend(from, to, row);
        }
        if let Some(done) = run {
            self.along(&done, brush).paint(color, dash, self.shapes);
        }
    }

    fn brush(&self, width: f64) -> Brush {
        let columns = stroke_width(width) * self.grain.columns;
        let mut rows = stroke_width(width) * self.grain.rows;
        if self.grain.rows_per_column() > 1 {
            // What lies between pixels looks thinner than what fills them.
            rows += self.grain.rows / 2;
        }
        Brush {
            left: columns / 2,
            right: (columns - 1) / 2,
            up: rows / 2,
            down: (rows - 1) / 2,
        }
    }

    fn has_wide_steps(&self) -> bool {
        self.columns.column(1) - self.columns.column(0) >= OUTLINED_STEP * self.grain.columns
    }

    /// What a brush covers that is drawn along a run.
    fn along(&self, run: &Run, brush: Brush) -> Columns {
        let first = run.first - brush.left;
        let reach = brush.left + brush.right;
        let count = i32::try_from(run.spans.len()).unwrap_or(0) + reach;
        let mut area = Columns::new(self.grain);
        for offset in 0..count {
            // The columns whose pen reaches this one are neighbours, so their spans touch.
            let from = (offset - reach).max(0);
            let to = (offset + 1).min(count - reach);
            let (Ok(from), Ok(to)) = (usize::try_from(from), usize::try_from(to)) else {
                continue;
            };
            let reached = &run.spans[from..to];
            let top = reached.iter().map(|span| span.0).min().unwrap_or(0);
            let bottom = reached.iter().map(|span| span.1).max().unwrap_or(0);
            area.add(first + offset, (top - brush.up, bottom + brush.down));
        }
        area
    }

    /// Fills between zero and the values.
    pub(super) fn area(&mut self, values: &[f64]) {
        let zero = self.rows.row(0.0);
        let present = values.iter().enumerate();
        let present = present.filter(|(_, value)| !value.is_nan());
        let spans = present.map(|(index, &value)| {
            let row = self.rows.row(value);
            Span {
                index,
                top: row.min(zero),
                bottom: row.max(zero),
                value: row,
            }
        });
        self.fill(&spans.collect::<Vec<_>>());
    }

    /// Fills from what was stacked before, and stacks.
    pub(super) fn stack(&mut self, values: &[f64], stack: &mut Stack) {
        let length = stack.positive.len().max(values.len());
        stack.positive.resize(length, 0.0);
        stack.negative.resize(length, 0.0);
        let mut spans = Vec::with_capacity(values.len());
        for (index, &value) in values.iter().enumerate() {
            let is_on_zero = stack.positive[index] == 0.0 && stack.negative[index] == 0.0;
            if value.is_nan() || (value == 0.0 && !is_on_zero) {
                continue;
            }
            let total = if value >= 0.0 {
                &mut stack.positive[index]
            } else {
                &mut stack.negative[index]
            };
            let from = self.rows.row(*total);
            *total += value;
            let to = self.rows.row(*total);
            spans.push(Span {
                index,
                top: from.min(to),
                bottom: from.max(to),
                value: to,
            });
        }
        self.fill(&spans);
    }

    /// Fills the whole height wherever there is a value but zero.
    pub(super) fn vspan(&mut self, values: &[f64]) {
        let (top, bottom) = (self.rows.top(), self.rows.bottom() - self.grain.rows);
        let is_on = |value: f64| !value.is_nan() && value.abs() >= 1e-12;
        let on = values
            .iter()
            .enumerate()
            .filter(|(_, value)| is_on(**value));
        let spans = on.map(|(index, _)| Span {
            index,
            top,
            bottom,
            value: top,
        });
        self.fill(&spans.collect::<Vec<_>>());
    }

    /// Fills the columns of points; every point has at least one column.
    fn fill(&mut self, spans: &[Span]) {
        let mut area = Columns::new(self.grain);
        for span in spans {
            let (from, to) = self.columns_of(span);
            for column in from..to {
                area.add(column, (span.top, span.bottom));
            }
        }
        area.paint(self.color, Dash::default(), self.shapes);
        if let Some(edge) = self.edge {
            self.edge_of(spans)
                .paint(edge, Dash::default(), self.shapes);
        }
    }

    fn columns_of(&self, span: &Span) -> (i32, i32) {
        let from = self.columns.column(span.index);
        (from, self.columns.column(span.index + 1).max(from + 1))
    }

    /// A pixel along the values, inside of what they fill; where steps are wide, also up and down.
    fn edge_of(&self, spans: &[Span]) -> Columns {
        let pixel = self.grain.rows - 1;
        let mut area = Columns::new(self.grain);
        let is_joined = self.has_wide_steps();
        let mut last: Option<&Span> = None;
        for span in spans {
            let (from, to) = self.columns_of(span);
            let (top, bottom) = if span.value > span.top {
                (span.value - pixel, span.value)
            } else {
                (span.value, span.value + pixel)
            };
            for column in from..to {
                area.add(column, (top, bottom));
            }
            let before = last.filter(|last| is_joined && last.index + 1 == span.index);
            if let Some(before) = before {
                let rise = (before.value.min(top), before.value.max(bottom));
                for column in from..from + self.grain.columns {
                    area.add(column, rise);
                }
            }
            last = Some(span);
        }
        area
    }
}

/// How strongly the edge of a fill differs from it.
const EDGE_ALPHA: u8 = 90;
/// Of the canvas around a stroke over a fill: enough to part them, without a second line.
const CASING_ALPHA: u8 = 200;
/// Of a shadow in our style, whose strokes are thicker than a pixel by themselves.
const SHADOW_ALPHA: u8 = 150;
/// The palest edge.
const EDGE_ALPHA_MIN: u8 = 120;

/// Whole pixels; the thinnest line has one.
fn stroke_width(width: f64) -> i32 {
    #[expect(clippy::cast_possible_truncation, reason = "clamped")]
    let pixels = width.round().clamp(1.0, 64.0) as i32;
    pixels
}

/// Consecutive columns of a line without a gap, each with its first and last row.
struct Run {
    first: i32,
    spans: Vec<(i32, i32)>,
    last_row: i32,
}

impl Run {
    fn new(first: i32, row: i32) -> Self {
        Self {
            first,
            spans: Vec::new(),
            last_row: row,
        }
    }

    /// Goes up or down to `row` in column `from`, then along the row to column `to`.
    fn extend(&mut self, from: i32, to: i32, row: i32) {
        self.reach(from, (row.min(self.last_row), row.max(self.last_row)));
        for column in from + 1..=to {
            self.reach(column, (row, row));
        }
        self.last_row = row;
    }

    fn reach(&mut self, column: i32, span: (i32, i32)) {
        let Ok(index) = usize::try_from(column - self.first) else {
            return;
        };
        match self.spans.get_mut(index) {
            Some(known) => *known = (known.0.min(span.0), known.1.max(span.1)),
            None => self.spans.push(span),
        }
    }
}

/// Spans of rows by column, clipped to the canvas, painted as few rectangles.
struct Columns {
    grain: Grain,
    spans: Vec<Option<(i32, i32)>>,
}

impl Columns {
    fn new(grain: Grain) -> Self {
        let width = usize::try_from(grain.right - grain.left).unwrap_or(0);
        Self {
            grain,
            spans: vec![None; width],
        }
    }

    fn add(&mut self, column: i32, (top, bottom): (i32, i32)) {
        let (top, bottom) = (top.max(self.grain.top), bottom.min(self.grain.bottom));
        let Ok(index) = usize::try_from(column - self.grain.left) else {
            return;
        };
        if top > bottom {
            return;
        }
        if let Some(slot) = self.spans.get_mut(index) {
            *slot = Some(slot.map_or((top, bottom), |known| {
                (known.0.min(top), known.1.max(bottom))
            }));
        }
    }

    fn paint(mut self, color: Color, dash: Dash, shapes: &mut Vec<Shape>) {
        if dash.count > 1 {
            let length = DASH * self.grain.columns;
            for (slot, column) in self.spans.iter_mut().zip(0..) {
                if column / length % dash.count != dash.turn {
                    *slot = None;
                }
            }
        }
        let mut left = self.grain.left;
        for group in self.spans.chunk_by(|a, b| a == b) {
            let right = left + i32::try_from(group.len()).unwrap_or(0);
            if let Some(span) = group[0] {
                self.paint_group((left, right), span, color, shapes);
            }
            left = right;
        }
    }

    fn paint_group(
        &self,
        (left, right): (i32, i32),
        (top, bottom): (i32, i32),
        color: Color,
        shapes: &mut Vec<Shape>,
    ) {
        let halves = HALVES / self.grain.columns;
        let mut rect = |rows: (i32, i32), color: Color| {
            let rect = Rect {
                left: left * halves,
                top: rows.0 * halves,
                right: right * halves,
                bottom: rows.1 * halves,
            };
            if rows.0 < rows.1 && color.alpha > 0 {
                shapes.push(Shape::Rect(rect, color));
            }
        };
        let shades = self.grain.rows_per_column();
        let end = bottom + 1;
        if shades == 1 || right - left < LEVEL * self.grain.columns {
            let whole = |row: i32| (row + shades / 2).div_euclid(shades);
            let first = whole(top);
            rect((first, whole(end).max(first + 1)), color);
            return;
        }
        // Rows that are wholly covered, and how much of the rows beside them is.
        let (first, last) = (-(-top).div_euclid(shades), end.div_euclid(shades));
        let part = |rows: i32| {
            let alpha = i32::from(color.alpha) * rows / shades;
            color.with_alpha(u8::try_from(alpha).unwrap_or(u8::MAX))
        };
        if first > last {
            rect((last, first), part(end - top));
            return;
        }
        rect((first - 1, first), part(first * shades - top));
        rect((first, last), color);
        rect((last, last + 1), part(end - last * shades));
    }
}

/// Only parts of so many pixels are level; what goes up and down has sharp ends.
const LEVEL: i32 = 3;

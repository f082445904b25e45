//! Canvas, grid and data.
//!
//! A value covers the columns of its step, so lines are stairs of whole pixels. Whatever the number
//! of points, each column of a line becomes one upright run from its lowest to its highest row:
//! dense lines keep every extreme, and nothing is painted twice under a transparent colour.

use super::{DrawnLine, Painter, Rect, Shape, Text, Turn};
use crate::color::Color;
use crate::graph::{LineDef, LineStyle};
use crate::heatmap::Heatmap;
use crate::layout::Canvas;
use crate::layout::axes::ColumnScale;
use crate::scale::RowScale;
use crate::text::{PADDING, TextSize, ink_width, wrap};

impl Painter<'_> {
    /// Paints the canvas: background, fills, grid, lines.
    pub(super) fn canvas(&mut self) {
        let canvas = self.layout.canvas;
        let background = self.colors.canvas;
        self.rect(
            (canvas.left, canvas.top),
            (canvas.right, canvas.bottom + 1),
            background,
        );
        // The grid lies over fills, so that it can be read there, but never over a line that
        // follows the last fill.
        let mut fills_left = self.graph.lines().filter(|line| is_fill(line)).count();
        if fills_left == 0 {
            self.grid();
        }
        let mut index = 0;
        for (plot, axis) in self.graph.plots.iter().zip(&self.layout.value_axes) {
            let mut stack = Stack::new();
            if let Some(heatmap) = &axis.heatmap {
                self.heatmap(heatmap, &axis.rows);
            }
            for line in plot.lines() {
                let first = self.shapes.len();
                self.line(line, &axis.rows, &mut stack);
                let shapes = first..self.shapes.len();
                self.lines.push(DrawnLine { shapes, index });
                index += 1;
                fills_left -= usize::from(is_fill(line) && fills_left > 0);
                if is_fill(line) && fills_left == 0 {
                    self.grid();
                }
            }
        }
        if fills_left > 0 {
            // Fills of plots that are not drawn: the grid is still wanted.
            self.grid();
        }
        self.note_missing_data();
    }

    /// An empty canvas says why it is empty.
    fn note_missing_data(&mut self) {
        let points = self.graph.point_count();
        let mut has_infinite = false;
        for value in self
            .graph
            .lines()
            .flat_map(|line| line.values.iter().take(points))
        {
            if value.is_finite() {
                return;
            }
            has_infinite |= value.is_infinite();
        }
        let text = if has_infinite {
            "No finite values"
        } else {
            "No data"
        };
        let canvas = self.layout.canvas;
        let room = canvas.width() - 2 * PADDING;
        let mut rows = vec![(TextSize::Normal, text.to_owned())];
        for reason in &self.graph.blank_reasons {
            let lines = wrap(reason, room, TextSize::Small);
            rows.extend(lines.into_iter().map(|line| (TextSize::Small, line)));
        }
        // Half a reason would be none.
        let height = |rows: &[(TextSize, String)]| -> i32 {
            rows.iter().map(|(size, _)| size.line_height()).sum()
        };
        if height(&rows) > canvas.height() {
            rows.truncate(1);
        }
        let fits = |(size, line): &(TextSize, String)| ink_width(line, *size) <= f64::from(room);
        if height(&rows) > canvas.height() || !rows.iter().all(fits) {
            return;
        }
        let mut top = (canvas.top + canvas.bottom - height(&rows)) / 2;
        for (size, line) in rows {
            let ink = ink_width(&line, size);
            let middle = f64::from(canvas.left + canvas.right) / 2.0;
            self.text(Text {
                pen: (middle - ink / 2.0, f64::from(top) + size.ascent()),
                text: line,
                size,
                is_bold: false,
                color: self.colors.faint_text,
                turn: Turn::None,
            });
            top += size.line_height();
        }
    }

    fn line(&mut self, line: &LineDef, rows: &RowScale, stack: &mut Stack) {
        let canvas = self.layout.canvas;
        let values = &line.values[..line.values.len().min(self.graph.point_count())];
        let mut pen = Pen {
            canvas,
            columns: ColumnScale::new(self.graph, canvas),
            rows,
            color: line.color,
            shapes: &mut self.shapes,
        };
        match line.style {
            LineStyle::Line => pen.line(values, line.width),
            LineStyle::Area => pen.area(values),
            LineStyle::Stack => pen.stack(values, stack),
            LineStyle::Vspan => pen.vspan(values),
            LineStyle::Heatmap => {}
        }
    }

    /// Cells row by row, neighbours of one colour together. Their colours lie on white in every theme.
    fn heatmap(&mut self, heatmap: &Heatmap, rows: &RowScale) {
        let canvas = self.layout.canvas;
        let columns = ColumnScale::new(self.graph, canvas);
        let colors = heatmap.color_scale();
        let opaque = |count: f64| Some(colors.color(count)?.over(Color::WHITE));
        for bucket in 0..heatmap.buckets() {
            let top = rows.row(heatmap.edges[bucket + 1]).max(canvas.top);
            // Where a tick stands on the upper end, what equals it still has a row.
            let bottom = rows
                .row(heatmap.edges[bucket])
                .clamp(top + 1, canvas.bottom + 1);
            let mut left = canvas.left;
            let mut color = None;
            let mut paint = |color: Option<Color>, left: i32, right: i32| {
                if let Some(color) = color.filter(|_| left < right) {
                    self.rect((left, top), (right, bottom), color);
                }
            };
            for (time, counts) in heatmap.times().enumerate() {
                let next = opaque(counts[bucket]);
                if next != color {
                    let column = columns.column(time);
                    paint(color, left, column);
                    (left, color) = (column, next);
                }
            }
            paint(color, left, canvas.right);
        }
    }

    fn grid(&mut self) {
        let canvas = self.layout.canvas;
        let colors = [self.colors.minor_grid, self.colors.major_grid];
        let layout = self.layout;
        for (column, tick) in &layout.time_grid.ticks {
            if *column > canvas.left && *column < canvas.right {
                let color = colors[usize::from(tick.is_major)];
                self.rect(
                    (*column, canvas.top),
                    (*column + 1, canvas.bottom + 1),
                    color,
                );
            }
        }
        let Some(axis) = layout.value_axes.first() else {
            return;
        };
        for (row, tick) in &axis.ticks {
            if *row > canvas.top && *row < canvas.bottom {
                let color = colors[usize::from(tick.is_major)];
                self.rect((canvas.left, *row), (canvas.right, *row + 1), color);
            }
        }
    }
}

/// What stacked lines of a plot have added up to, per point.
struct Stack {
    positive: Vec<f64>,
    negative: Vec<f64>,
}

impl Stack {
    fn new() -> Self {
        Self {
            positive: Vec::new(),
            negative: Vec::new(),
        }
    }
}

fn is_fill(line: &LineDef) -> bool {
    line.style != LineStyle::Line
}

/// Paints one line.
struct Pen<'a> {
    canvas: Canvas,
    columns: ColumnScale,
    rows: &'a RowScale,
    color: Color,
    shapes: &'a mut Vec<Shape>,
}

impl Pen<'_> {
    fn line(&mut self, values: &[f64], width: f64) {
        let mut run: Option<Run> = None;
        let width = stroke_width(width);
        for (index, &value) in values.iter().enumerate() {
            if value.is_nan() {
                if let Some(done) = run.take() {
                    self.flush(&done, width);
                }
                continue;
            }
            let row = self.rows.row(value);
            let (from, to) = (self.columns.column(index), self.columns.column(index + 1));
            run.get_or_insert_with(|| Run::new(from, row))
                .extend(from, to, row);
        }
        if let Some(done) = run {
            self.flush(&done, width);
        }
    }

    /// Paints a run with a square pen of so many pixels.
    fn flush(&mut self, run: &Run, width: i32) {
        let (before, after) = (width / 2, (width - 1) / 2);
        let first = run.first - before;
        let count = i32::try_from(run.spans.len()).unwrap_or(0) + before + after;
        let mut area = Columns::new(self.canvas);
        for offset in 0..count {
            // The columns whose pen reaches this one are neighbours, so their spans touch.
            let from = (offset - before - after).max(0);
            let to = (offset + 1).min(count - before - after);
            let (Ok(from), Ok(to)) = (usize::try_from(from), usize::try_from(to)) else {
                continue;
            };
            let reached = &run.spans[from..to];
            let top = reached.iter().map(|span| span.0).min().unwrap_or(0);
            let bottom = reached.iter().map(|span| span.1).max().unwrap_or(0);
            area.add(first + offset, (top - before, bottom + after));
        }
        area.paint(self.color, self.shapes);
    }

    fn area(&mut self, values: &[f64]) {
        let zero = self.rows.row(0.0);
        self.fill(
            values
                .iter()
                .enumerate()
                .filter(|(_, value)| !value.is_nan())
                .map(|(index, &value)| {
                    let row = self.rows.row(value);
                    (index, (row.min(zero), row.max(zero)))
                }),
        );
    }

    fn stack(&mut self, values: &[f64], stack: &mut Stack) {
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
            spans.push((index, (from.min(to), from.max(to))));
        }
        self.fill(spans.into_iter());
    }

    fn vspan(&mut self, values: &[f64]) {
        let rows = (self.rows.top(), self.rows.bottom() - 1);
        let is_on = |value: f64| !value.is_nan() && value.abs() >= 1e-12;
        self.fill(
            values
                .iter()
                .enumerate()
                .filter(|(_, value)| is_on(**value))
                .map(|(index, _)| (index, rows)),
        );
    }

    /// Fills spans of rows over the columns of their points; every point has at least one column.
    fn fill(&mut self, spans: impl Iterator<Item = (usize, (i32, i32))>) {
        let mut area = Columns::new(self.canvas);
        for (index, span) in spans {
            let (from, to) = (self.columns.column(index), self.columns.column(index + 1));
            for column in from..to.max(from + 1) {
                area.add(column, span);
            }
        }
        area.paint(self.color, self.shapes);
    }
}

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
    canvas: Canvas,
    spans: Vec<Option<(i32, i32)>>,
}

impl Columns {
    fn new(canvas: Canvas) -> Self {
        let width = usize::try_from(canvas.width()).unwrap_or(0);
        Self {
            canvas,
            spans: vec![None; width],
        }
    }

    fn add(&mut self, column: i32, (top, bottom): (i32, i32)) {
        let (top, bottom) = (top.max(self.canvas.top), bottom.min(self.canvas.bottom));
        let Ok(index) = usize::try_from(column - self.canvas.left) else {
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

    fn paint(self, color: Color, shapes: &mut Vec<Shape>) {
        let mut left = self.canvas.left;
        for group in self.spans.chunk_by(|a, b| a == b) {
            let right = left + i32::try_from(group.len()).unwrap_or(0);
            if let Some((top, bottom)) = group[0] {
                let rect = Rect {
                    left,
                    top,
                    right,
                    bottom: bottom + 1,
                };
                shapes.push(Shape::Rect(rect, color));
            }
            left = right;
        }
    }
}

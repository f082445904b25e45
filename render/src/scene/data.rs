//! Canvas, grid and what is painted where: heatmaps, lines, and a word where there is nothing.
//!
//! How a line becomes shapes belongs to [`super::pen`].

use rustc_hash::FxHashMap;

use super::pen::{Dash, Ground, Pen, Stack};
use super::{DrawnLine, HALVES, Painter, Rect, Shape, Text, Turn};
use crate::color::Color;
use crate::graph::{GraphStyle, LineDef, LineStyle, Plot};
use crate::heatmap::Heatmap;
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
        // follows the last fill. Its finer lines would be noise there.
        let mut fills_left = self.graph.lines().filter(|line| is_fill(line)).count();
        let over_fills = match self.graph.style {
            GraphStyle::Atlas => GridPart::All,
            GraphStyle::Telamon => GridPart::Majors,
        };
        if fills_left == 0 {
            self.grid(GridPart::All);
        } else if over_fills == GridPart::Majors {
            self.grid(GridPart::Minors);
        }
        let mut lines_before = 0;
        let mut fills = Vec::new();
        for (plot, axis) in self.graph.plots.iter().zip(&self.layout.value_axes) {
            let mut stack = Stack::default();
            if let Some(heatmap) = &axis.heatmap {
                self.heatmap(heatmap, &axis.rows);
                let shades = heatmap.color_ticks().into_iter();
                fills.extend(shades.map(|tick| tick.color.over(self.colors.canvas)));
            }
            fills.extend(self.filled(plot));
            let dashes = match self.graph.style {
                GraphStyle::Atlas => FxHashMap::default(),
                GraphStyle::Telamon => dashes(plot),
            };
            let order = in_order(plot, self.graph.style);
            // Strokes that a fill may cover have no outline.
            let last_fill = order.iter().rposition(|(_, line)| is_fill(line));
            let first_stroke = last_fill.map_or(0, |last| last + 1);
            for (place, &(number, line)) in order.iter().enumerate() {
                if place == first_stroke {
                    self.outlines(&order[place..], &axis.rows, &fills);
                }
                let dash = dashes.get(&number).copied().unwrap_or_default();
                let first = self.shapes.len();
                self.line((line, dash), &axis.rows, &mut stack);
                let shapes = first..self.shapes.len();
                let index = lines_before + number;
                self.lines.push(DrawnLine { shapes, index });
                fills_left -= usize::from(is_fill(line) && fills_left > 0);
                if is_fill(line) && fills_left == 0 {
                    self.grid(over_fills);
                }
            }
            lines_before += plot.lines().count();
        }
        if fills_left > 0 {
            // Fills of plots that are not drawn: the grid is still wanted.
            self.grid(over_fills);
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
        let reasons = &self.graph.blank_reasons;
        for (index, reason) in reasons.iter().enumerate() {
            // Expressions may lack the same thing.
            if reasons[..index].contains(reason) {
                continue;
            }
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

    fn line(&mut self, (line, dash): (&LineDef, Dash), rows: &RowScale, stack: &mut Stack) {
        let values = self.values(line);
        let ground = self.ground(rows, &[]);
        let mut pen = Pen::new(&ground, (line.style, line.color), &mut self.shapes);
        match line.style {
            LineStyle::Line => pen.line(values, line.width, dash),
            LineStyle::Area => pen.area(values),
            LineStyle::Stack => pen.stack(values, stack),
            LineStyle::Vspan => pen.vspan(values),
            LineStyle::Heatmap => {}
        }
    }

    /// What areas and stacks of a plot look like.
    fn filled<'p>(&self, plot: &'p Plot) -> impl Iterator<Item = Color> + use<'p> {
        let below = self.colors.canvas;
        let lines = plot.lines();
        let fills = lines.filter(|line| matches!(line.style, LineStyle::Area | LineStyle::Stack));
        fills.map(move |line| line.color.over(below))
    }

    /// Outlines lie below all strokes of a plot, so that none covers another line.
    fn outlines(&mut self, strokes: &[(usize, &LineDef)], rows: &RowScale, fills: &[Color]) {
        let ground = self.ground(rows, fills);
        for (_, line) in strokes {
            let values = self.values(line);
            let mut pen = Pen::new(&ground, (line.style, line.color), &mut self.shapes);
            pen.outline(values, line.width);
        }
    }

    fn values<'l>(&self, line: &'l LineDef) -> &'l [f64] {
        &line.values[..line.values.len().min(self.graph.point_count())]
    }

    fn ground<'r>(&self, rows: &'r RowScale, fills: &'r [Color]) -> Ground<'r> {
        let canvas = self.layout.canvas;
        Ground {
            canvas,
            columns: ColumnScale::new(self.graph, canvas),
            rows,
            is_zoomed: self.layout.zoom > 1.0,
            style: self.graph.style,
            color: self.colors.canvas,
            ink: self.colors.text,
            fills,
        }
    }

    /// Cells row by row, neighbours of one colour together. In the style of the reference their
    /// colours lie on white in every theme.
    fn heatmap(&mut self, heatmap: &Heatmap, rows: &RowScale) {
        let canvas = self.layout.canvas;
        let halves = if self.layout.zoom > 1.0 { HALVES } else { 1 };
        let columns = ColumnScale::new(self.graph, canvas).finer(halves);
        let colors = heatmap.color_scale();
        let below = match self.graph.style {
            GraphStyle::Atlas => Color::WHITE,
            GraphStyle::Telamon => self.colors.canvas,
        };
        let opaque = |count: f64| Some(colors.color(count)?.over(below));
        for bucket in 0..heatmap.buckets() {
            let top = rows.row(heatmap.edges[bucket + 1]).max(canvas.top);
            // Where a tick stands on the upper end, what equals it still has a row.
            let bottom = rows
                .row(heatmap.edges[bucket])
                .clamp(top + 1, canvas.bottom + 1);
            let mut left = canvas.left * halves;
            let mut color = None;
            let mut paint = |color: Option<Color>, left: i32, right: i32| {
                if let Some(color) = color.filter(|_| left < right) {
                    let rect = Rect {
                        left: left * HALVES / halves,
                        top: top * HALVES,
                        right: right * HALVES / halves,
                        bottom: bottom * HALVES,
                    };
                    self.shapes.push(Shape::Rect(rect, color));
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
            paint(color, left, canvas.right * halves);
        }
    }

    fn grid(&mut self, part: GridPart) {
        let canvas = self.layout.canvas;
        let colors = [self.colors.minor_grid, self.colors.major_grid];
        let zero = self.colors.zero_line;
        let layout = self.layout;
        for (column, tick) in &layout.time_grid.ticks {
            if *column > canvas.left && *column < canvas.right && part.has(tick.is_major) {
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
            let is_zero = tick.value == 0.0;
            let is_inside = *row > canvas.top && *row < canvas.bottom;
            if is_inside && part.has(tick.is_major || is_zero) {
                let color = if is_zero {
                    zero
                } else {
                    colors[usize::from(tick.is_major)]
                };
                self.rect((canvas.left, *row), (canvas.right, *row + 1), color);
            }
        }
    }
}

/// Lines of the grid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum GridPart {
    All,
    Minors,
    /// With zero.
    Majors,
}

impl GridPart {
    fn has(self, is_major: bool) -> bool {
        match self {
            Self::All => true,
            Self::Minors => !is_major,
            Self::Majors => is_major,
        }
    }
}

fn is_fill(line: &LineDef) -> bool {
    line.style != LineStyle::Line
}

/// The lines with their numbers, as they are painted: in our style bands come before what they would
/// hide, and fills before strokes.
fn in_order(plot: &Plot, style: GraphStyle) -> Vec<(usize, &LineDef)> {
    let mut lines: Vec<(usize, &LineDef)> = plot.lines().enumerate().collect();
    if style == GraphStyle::Telamon {
        lines.sort_by_key(|(_, line)| match line.style {
            LineStyle::Vspan => 0,
            LineStyle::Area | LineStyle::Stack | LineStyle::Heatmap => 1,
            LineStyle::Line => 2,
        });
    }
    lines
}

/// Strokes with the same values and width take turns along the way, so that none hides another. Who
/// draws one wider wants it to stand out.
fn dashes(plot: &Plot) -> FxHashMap<usize, Dash> {
    let mut seen: FxHashMap<Vec<u64>, Vec<usize>> = FxHashMap::default();
    for (number, line) in plot.lines().enumerate() {
        if !is_fill(line) {
            let values = line.values.iter().chain([&line.width]);
            let bits = values.map(|value| value.to_bits()).collect();
            seen.entry(bits).or_default().push(number);
        }
    }
    let mut dashes = FxHashMap::default();
    for twins in seen.into_values() {
        let count = i32::try_from(twins.len()).unwrap_or(i32::MAX);
        dashes.extend(
            twins
                .into_iter()
                .zip((0..count).map(|turn| Dash { turn, count })),
        );
    }
    dashes
}

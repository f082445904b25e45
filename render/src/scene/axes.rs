//! Title, time axes and value axes.

use telamon_model::number::fixed;

use super::{Painter, Text, Turn};
use crate::color::Color;
use crate::contrast::readable;
use crate::graph::{GraphStyle, TickLabels};
use crate::layout::axes::ValueAxis;
use crate::layout::telamon::time::TimeTextKind;
use crate::prefix::Prefix;
use crate::text::{PADDING, TextSize, cells, ink_width};

/// Length of the mark at a labelled tick.
const MARK: i32 = 4;
/// What text needs to be read, by WCAG 2.1.
pub(super) const TEXT_CONTRAST: f64 = 4.5;

impl Painter<'_> {
    pub(super) fn title(&mut self) {
        let Some(title) = self.layout.title.clone() else {
            return;
        };
        let ink = ink_width(&title, TextSize::Large);
        let pen = match self.graph.style {
            GraphStyle::Atlas => {
                let left = (f64::from(self.layout.width) - ink) / 2.0;
                (left, TextSize::Large.ascent())
            }
            GraphStyle::Telamon => {
                let left = f64::from(self.layout.canvas.left);
                (left, 3.0 + TextSize::Large.ascent())
            }
        };
        self.text(Text {
            pen,
            text: title,
            size: TextSize::Large,
            is_bold: self.graph.style == GraphStyle::Telamon,
            color: self.colors.text,
            turn: Turn::None,
        });
    }

    pub(super) fn time_axes(&mut self) {
        let canvas = self.layout.canvas;
        let (line, text) = (self.colors.line, self.colors.text);
        let layout = self.layout;
        for (index, axis) in layout.time_axes.iter().enumerate() {
            // The first axis touches the canvas, where a full line would look like data.
            let color = if index == 0 {
                line.with_alpha(40)
            } else {
                line
            };
            self.rect(
                (canvas.left, axis.row),
                (canvas.right + 1, axis.row + 1),
                color,
            );
            for (column, tick) in axis.ticks.iter().filter(|(_, tick)| tick.is_major) {
                self.rect(
                    (*column, axis.row),
                    (*column + 1, axis.row + MARK + 1),
                    line,
                );
                let color = if tick.is_offset_change {
                    self.colors.alert_text
                } else {
                    text
                };
                let ink = ink_width(&tick.label, TextSize::Small);
                let left = f64::from(*column) - ink / 2.0;
                self.small_text(&tick.label, (left, axis.row + 7), color);
            }
            let right = f64::from(canvas.left - 23 - PADDING);
            let left = right - ink_width(&axis.zone_name, TextSize::Small);
            if left >= 0.0 {
                self.small_text(&axis.zone_name, (left, axis.row + 7), text);
            }
        }
    }

    /// Time axes of our own style, whose texts are in place.
    pub(super) fn calendars(&mut self) {
        let canvas = self.layout.canvas;
        let (line, alert) = (self.colors.line, self.colors.alert_text);
        let layout = self.layout;
        for axis in &layout.calendars {
            let (from, to) = (canvas.left - 1, canvas.right + 1);
            self.rect((from, axis.row), (to, axis.row + 1), line);
            for &(column, is_alert) in &axis.marks {
                let color = if is_alert { alert } else { line };
                let bottom = axis.row + MARK + 1;
                self.rect((column, axis.row), (column + 1, bottom), color);
            }
            for text in &axis.texts {
                let color = match text.kind {
                    TimeTextKind::Plain => self.colors.text,
                    TimeTextKind::Context => self.faint(),
                    TimeTextKind::Alert => readable(alert, self.colors.background, TEXT_CONTRAST),
                };
                self.small_text(&text.text, (f64::from(text.left), text.top), color);
            }
        }
    }

    /// The colour of texts that explain others.
    pub(super) fn faint(&self) -> Color {
        readable(
            self.colors.faint_text,
            self.colors.background,
            TEXT_CONTRAST,
        )
    }

    pub(super) fn value_axes(&mut self) {
        if !self.layout.has_axes {
            return;
        }
        let canvas = self.layout.canvas;
        let layout = self.layout;
        for axis in &layout.value_axes {
            let color = axis.color.unwrap_or(self.colors.line);
            let text_color = self.axis_text_color(axis.color);
            self.rect(
                (axis.line_x, canvas.top),
                (axis.line_x + 1, canvas.bottom + 1),
                color,
            );
            if axis.ticks.iter().any(|(_, tick)| tick.offset != 0.0)
                && axis.tick_labels != TickLabels::Off
            {
                self.offset_ticks(axis, color);
            } else {
                self.plain_ticks(axis, (color, text_color));
            }
            self.axis_label(axis, text_color);
            if let Some(base) = &axis.base {
                self.small_text(&base.text, (f64::from(base.left), base.top), text_color);
            }
        }
    }

    /// The colour of the texts of an axis: that of its line, in our style as it can be read.
    pub(super) fn axis_text_color(&self, color: Option<Color>) -> Color {
        let color = color.unwrap_or(self.colors.text);
        match self.graph.style {
            GraphStyle::Atlas => color,
            GraphStyle::Telamon => readable(color, self.colors.background, TEXT_CONTRAST),
        }
    }

    fn plain_ticks(&mut self, axis: &ValueAxis, (line, text): (Color, Color)) {
        for (row, tick) in axis.ticks.iter().filter(|(_, tick)| tick.is_major) {
            self.mark(axis, *row, MARK, line);
            if axis.tick_labels != TickLabels::Off {
                self.tick_label(axis, *row, &tick.label, text);
            }
        }
    }

    /// Ticks of a narrow range far from zero: the base along the axis, the others relative to it.
    fn offset_ticks(&mut self, axis: &ValueAxis, color: Color) {
        let majors: Vec<(i32, f64)> = axis
            .ticks
            .iter()
            .filter(|(_, tick)| tick.is_major)
            .map(|(row, tick)| (*row, tick.value))
            .collect();
        let (Some(&(base_row, base)), Some(&(_, last))) = (majors.first(), majors.last()) else {
            return;
        };
        let (prefix, decimals) = match axis.tick_labels {
            TickLabels::Binary => (Prefix::binary_below(last - base), 0),
            TickLabels::Duration => (Prefix::duration_below(last - base), 1),
            TickLabels::Off | TickLabels::Decimal => (Prefix::below(last - base), 1),
        };
        let text = |value: f64| fixed(value / prefix.factor, decimals) + prefix.text;
        let base_text = text(base);
        let length = TextSize::Small.cell_width() * (cells(&base_text) + 3);
        let box_top = base_row - length - 4;
        self.mark(
            axis,
            base_row,
            2 * TextSize::Small.line_height() + MARK,
            color,
        );
        let outward = if axis.is_left { -1.0 } else { 1.0 };
        let center_x = f64::from(axis.line_x) + outward * f64::from(MARK + 14);
        let center_y = f64::from(base_row - 4) - f64::from(length) / 2.0;
        self.turned_text(
            axis.is_left,
            (center_x, center_y),
            &base_text,
            (TextSize::Small, color),
        );
        for (row, value) in majors.into_iter().skip(1) {
            self.mark(axis, row, MARK, color);
            if row + 7 < box_top {
                self.tick_label(axis, row, &format!("+{}", text(value - base)), color);
            }
        }
    }

    /// A mark of so many pixels outward from the axis line.
    fn mark(&mut self, axis: &ValueAxis, row: i32, length: i32, color: Color) {
        let (from, to) = if axis.is_left {
            (axis.line_x - length, axis.line_x + 1)
        } else {
            (axis.line_x, axis.line_x + length + 1)
        };
        self.rect((from, row), (to, row + 1), color);
    }

    fn tick_label(&mut self, axis: &ValueAxis, row: i32, label: &str, color: Color) {
        let left = if axis.is_left {
            f64::from(axis.line_x - MARK - PADDING) - ink_width(label, TextSize::Small)
        } else {
            f64::from(axis.line_x + MARK + 1 + PADDING)
        };
        self.small_text(label, (left, row - 7), color);
    }

    fn axis_label(&mut self, axis: &ValueAxis, color: Color) {
        let Some(label) = &axis.label else { return };
        let canvas = self.layout.canvas;
        let half_line = f64::from(TextSize::Normal.line_height()) / 2.0;
        // A left axis has its label at its left edge, a right axis at its right edge.
        let center_x = if axis.is_left {
            f64::from(axis.line_x - 63) + half_line
        } else {
            f64::from(axis.line_x + 64) - half_line
        };
        let center_y = f64::from(canvas.top + canvas.bottom) / 2.0;
        self.turned_text(
            axis.is_left,
            (center_x, center_y),
            label,
            (TextSize::Normal, color),
        );
    }

    /// A text along the axis around a centre: upwards on the left, downwards on the right.
    fn turned_text(
        &mut self,
        is_up: bool,
        (center_x, center_y): (f64, f64),
        text: &str,
        (size, color): (TextSize, Color),
    ) {
        let half = ink_width(text, size) / 2.0;
        let down = size.ascent() - f64::from(size.line_height()) / 2.0;
        let (pen, turn) = if is_up {
            ((center_x + down, center_y + half), Turn::Up)
        } else {
            ((center_x - down, center_y - half), Turn::Down)
        };
        self.text(Text {
            pen,
            text: text.to_owned(),
            size,
            is_bold: false,
            color,
            turn,
        });
    }

    /// A small text whose line box starts at a row.
    fn small_text(&mut self, text: &str, (left, top): (f64, i32), color: Color) {
        self.text(Text {
            pen: (left, f64::from(top) + TextSize::Small.ascent()),
            text: text.to_owned(),
            size: TextSize::Small,
            is_bold: false,
            color,
            turn: Turn::None,
        });
    }
}

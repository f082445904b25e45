//! Legend, footer and warnings.

use super::{Painter, Shape, Text, Turn};
use crate::color::Color;
use crate::graph::GraphStyle;
use crate::layout::legend::{LABEL_INDENT, LegendKind};
use crate::text::{PADDING, TextSize, ink_width};
use crate::theme::{WARNING_BACKGROUND, WARNING_TEXT};

/// Where the strip of a heatmap's colours begins, and its size at most.
const STRIP_LEFT: i32 = 41;
const STRIP_WIDTH: i32 = 228;
const STRIP_HEIGHT: i32 = 13;
/// Boxes narrower than this are labelled at both ends only.
const STRIP_LABEL_WIDTH: i32 = 42;

impl Painter<'_> {
    pub(super) fn legend(&mut self) {
        let layout = self.layout;
        let text_color = self.colors.text;
        for row in &layout.legend {
            match &row.kind {
                LegendKind::Heading { lines, color } => {
                    let color = self.axis_text_color(*color);
                    self.block(lines, (0, row.top), TextSize::Normal, (color, true));
                }
                LegendKind::Line {
                    color,
                    label,
                    stats,
                } => {
                    self.swatch(row.top, *color);
                    let label = std::slice::from_ref(label);
                    self.block(
                        label,
                        (LABEL_INDENT, row.top),
                        TextSize::Normal,
                        (text_color, false),
                    );
                    for (offset, text) in [17, 31, 45].into_iter().zip(stats.iter().flatten()) {
                        let place = (LABEL_INDENT, row.top + offset);
                        let text = std::slice::from_ref(text);
                        self.block(text, place, TextSize::Small, (text_color, false));
                    }
                }
                LegendKind::Heatmap { label, strip } => {
                    let label = std::slice::from_ref(label);
                    self.block(label, (0, row.top), TextSize::Normal, (text_color, false));
                    if let Some((colors, last)) = strip {
                        self.strip(row.top + TextSize::Normal.line_height(), colors, last);
                    }
                }
                LegendKind::Message { label, color } => {
                    let label = std::slice::from_ref(label);
                    self.block(label, (0, row.top), TextSize::Normal, (*color, false));
                }
                LegendKind::Suppressed(count) => {
                    let text = [format!("... {count} suppressed ...")];
                    self.block(&text, (0, row.top), TextSize::Normal, (text_color, false));
                }
            }
        }
        if let Some(footer) = &layout.footer {
            let mut top = footer.top;
            let (left, color) = match self.graph.style {
                GraphStyle::Atlas => (0, text_color),
                GraphStyle::Telamon => (PADDING, self.faint()),
            };
            for lines in &footer.blocks {
                self.block(lines, (left, top), TextSize::Small, (color, false));
                top += TextSize::Small.block_height(lines.len());
            }
        }
        self.warnings();
    }

    /// A framed sample of a colour on the canvas' colour, so that transparency shows.
    fn swatch(&mut self, top: i32, color: Color) {
        let (left, top) = (2, top + 2);
        let outline = self.colors.line;
        self.rect((left, top), (left + 14, top + 14), outline);
        let filled = color.over(self.colors.canvas);
        self.rect((left + 1, top + 1), (left + 13, top + 13), filled);
    }

    /// The colours of a heatmap side by side with the counts where they begin.
    fn strip(&mut self, top: i32, colors: &[(Color, String)], last: &str) {
        let boxes = i32::try_from(colors.len()).unwrap_or(1).max(1);
        let width = (STRIP_WIDTH / boxes).max(1);
        let (line, text) = (self.colors.line, self.colors.text);
        let axis = top + STRIP_HEIGHT;
        let mut left = STRIP_LEFT;
        let has_all_labels = width >= STRIP_LABEL_WIDTH;
        for (index, (color, label)) in colors.iter().enumerate() {
            let filled = color.over(Color::WHITE);
            self.rect((left, top), (left + width, axis), filled);
            self.rect((left, axis), (left + 1, axis + 5), line);
            if has_all_labels || index == 0 {
                self.centred(label, left, axis + 6, text);
            }
            left += width;
        }
        self.rect((STRIP_LEFT, axis), (left + 1, axis + 1), line);
        self.rect((left, axis), (left + 1, axis + 5), line);
        self.centred(last, left, axis + 6, text);
    }

    /// A small text around a column.
    fn centred(&mut self, text: &str, column: i32, top: i32, color: Color) {
        let size = TextSize::Small;
        self.text(Text {
            pen: (
                f64::from(column) - ink_width(text, size) / 2.0,
                f64::from(top) + size.baseline(0),
            ),
            text: text.to_owned(),
            size,
            is_bold: false,
            color,
            turn: Turn::None,
        });
    }

    fn warnings(&mut self) {
        let layout = self.layout;
        let Some(warnings) = &layout.warnings else {
            return;
        };
        self.rect(
            (0, warnings.top),
            (layout.width, warnings.bottom),
            WARNING_BACKGROUND,
        );
        let heading = ["Warnings".to_owned()];
        self.block(
            &heading,
            (0, warnings.top),
            TextSize::Normal,
            (WARNING_TEXT, true),
        );
        for (top, lines) in &warnings.entries {
            let center = (3.5, f64::from(*top) + 8.5);
            self.shapes.push(Shape::Disc(center, 2.5, WARNING_TEXT));
            self.block(lines, (7, *top), TextSize::Normal, (WARNING_TEXT, false));
        }
    }

    /// Lines of text from the top left corner of their box.
    fn block(
        &mut self,
        lines: &[String],
        (left, top): (i32, i32),
        size: TextSize,
        (color, is_bold): (Color, bool),
    ) {
        for (index, line) in lines.iter().enumerate() {
            self.text(Text {
                pen: (
                    f64::from(left + PADDING),
                    f64::from(top) + size.baseline(index),
                ),
                text: line.clone(),
                size,
                is_bold,
                color,
                turn: Turn::None,
            });
        }
    }
}

//! The legend of our own style, whose texts are in place.

use super::{Painter, Text, Turn};
use crate::color::Color;
use crate::contrast::readable;
use crate::layout::telamon::table::{Ink, SWATCH, Strip};

use super::axes::TEXT_CONTRAST;

impl Painter<'_> {
    pub(super) fn table(&mut self) {
        let layout = self.layout;
        let Some(table) = &layout.table else {
            return;
        };
        for &(left, top, color) in &table.swatches {
            self.sample(left, top, color);
        }
        for strip in &table.strips {
            self.count_colors(strip);
        }
        for text in &table.texts {
            let (color, is_bold) = match text.ink {
                Ink::Plain => (self.colors.text, false),
                Ink::Faint => (self.faint(), false),
                Ink::Heading(color) => (self.axis_text_color(color), true),
                Ink::Own(color) => {
                    let color = readable(color, self.colors.background, TEXT_CONTRAST);
                    (color, false)
                }
            };
            self.text(Text {
                pen: (
                    f64::from(text.left),
                    f64::from(text.top) + text.size.baseline(0),
                ),
                text: text.text.clone(),
                size: text.size,
                is_bold,
                color,
                turn: Turn::None,
            });
        }
    }

    /// A sample of a line's colour on the canvas' colour, so that transparency shows; framed where it
    /// would not stand out.
    fn sample(&mut self, left: i32, top: i32, color: Color) {
        let filled = color.over(self.colors.canvas);
        let frame = readable(filled, self.colors.background, SHAPE_CONTRAST);
        self.rect((left, top), (left + SWATCH, top + SWATCH), frame);
        let (right, bottom) = (left + SWATCH - 1, top + SWATCH - 1);
        self.rect((left + 1, top + 1), (right, bottom), filled);
    }

    /// The colours of a heatmap side by side, with a mark where each begins.
    fn count_colors(&mut self, strip: &Strip) {
        let (top, bottom) = strip.rows;
        let ends = strip.colors.iter().skip(1).map(|&(left, _)| left);
        let ends: Vec<i32> = ends.chain([strip.right]).collect();
        let line = self.colors.line;
        for (&(left, color), right) in strip.colors.iter().zip(ends) {
            let filled = color.over(self.colors.canvas);
            self.rect((left, top), (right, bottom), filled);
            self.rect((left, bottom), (left + 1, bottom + 4), line);
        }
        self.rect((strip.right, bottom), (strip.right + 1, bottom + 4), line);
        if let Some(&(left, _)) = strip.colors.first() {
            self.rect((left, bottom), (strip.right + 1, bottom + 1), line);
        }
    }
}

/// What shapes need to be told from their ground, by WCAG 2.1.
const SHAPE_CONTRAST: f64 = 3.0;

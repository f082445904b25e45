//! Shapes of a scene as plotters elements.

use std::convert::Infallible;
use std::iter;

use plotters::element::{Drawable, PointCollection};
use plotters_backend::{
    BackendColor, BackendCoord, BackendStyle, BackendTextStyle, DrawingBackend, DrawingErrorKind,
    FontFamily, FontStyle, FontTransform,
};

use super::UNITS;
use crate::color::Color;
use crate::scene::{HALVES, Rect, Shape, Text, Turn};
use crate::text::cells;

/// A shape at a zoom.
#[derive(Debug)]
pub(super) struct Element<'a> {
    shape: &'a Shape,
    zoom: f64,
}

impl<'a> Element<'a> {
    pub(super) fn new(shape: &'a Shape, zoom: f64) -> Self {
        Self { shape, zoom }
    }

    /// Whole device pixels: edges that touch before zoom touch after it.
    fn snapped(&self, halves: i32) -> i32 {
        if self.zoom == 1.0 {
            return (halves + 1).div_euclid(HALVES) * UNITS;
        }
        #[expect(
            clippy::cast_possible_truncation,
            reason = "places of shapes are below 2^17"
        )]
        let device = (f64::from(halves) / f64::from(HALVES) * self.zoom).round() as i32;
        device * UNITS
    }

    fn units(&self, pixel: f64) -> i32 {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "places of shapes are below 2^17"
        )]
        let units = (pixel * self.zoom * f64::from(UNITS)).round() as i32;
        units
    }

    fn corners(&self, rect: &Rect, color: Color) -> (BackendCoord, BackendCoord) {
        let (left, top) = (self.snapped(rect.left), self.snapped(rect.top));
        let (mut right, mut bottom) = (self.snapped(rect.right), self.snapped(rect.bottom));
        if color.alpha == 255 {
            // However small the zoom, no line vanishes; transparent neighbours must not overlap.
            right = right.max(left + UNITS);
            bottom = bottom.max(top + UNITS);
        }
        ((left, top), (right, bottom))
    }
}

impl<'a> PointCollection<'a, BackendCoord> for &'a Element<'a> {
    type Point = BackendCoord;
    type IntoIter = iter::Chain<iter::Once<BackendCoord>, std::option::IntoIter<BackendCoord>>;

    #[inline]
    fn point_iter(self) -> Self::IntoIter {
        let (first, second) = match self.shape {
            Shape::Rect(rect, color) => {
                let (from, to) = self.corners(rect, *color);
                (from, Some(to))
            }
            Shape::Text(text) => ((self.units(text.pen.0), self.units(text.pen.1)), None),
            Shape::Disc(center, _, _) => ((self.units(center.0), self.units(center.1)), None),
        };
        iter::once(first).chain(second)
    }
}

impl<DB: DrawingBackend> Drawable<DB> for Element<'_> {
    fn draw<I: Iterator<Item = BackendCoord>>(
        &self,
        mut points: I,
        backend: &mut DB,
        _parent: (u32, u32),
    ) -> Result<(), DrawingErrorKind<DB::ErrorType>> {
        let Some(first) = points.next() else {
            return Ok(());
        };
        match self.shape {
            Shape::Rect(_, color) => {
                let Some(second) = points.next() else {
                    return Ok(());
                };
                backend.draw_rect(first, second, &FillStyle(*color), true)
            }
            Shape::Text(text) => backend.draw_text(
                &text.text,
                &LabelStyle {
                    text,
                    zoom: self.zoom,
                },
                first,
            ),
            Shape::Disc(_, radius, color) => {
                let radius = u32::try_from(self.units(*radius)).unwrap_or(0);
                backend.draw_circle(first, radius, &FillStyle(*color), true)
            }
        }
    }
}

/// A plain fill.
struct FillStyle(Color);

impl BackendStyle for FillStyle {
    fn color(&self) -> BackendColor {
        backend_color(self.0)
    }
}

/// A text style: the size is the em square in backend units.
struct LabelStyle<'a> {
    text: &'a Text,
    zoom: f64,
}

impl BackendTextStyle for LabelStyle<'_> {
    type FontError = Infallible;

    fn color(&self) -> BackendColor {
        backend_color(self.text.color)
    }

    fn size(&self) -> f64 {
        self.text.size.pixels() * self.zoom * f64::from(UNITS)
    }

    fn transform(&self) -> FontTransform {
        match self.text.turn {
            Turn::None => FontTransform::None,
            Turn::Up => FontTransform::Rotate270,
            Turn::Down => FontTransform::Rotate90,
        }
    }

    fn style(&self) -> FontStyle {
        if self.text.is_bold {
            FontStyle::Bold
        } else {
            FontStyle::Normal
        }
    }

    fn family(&self) -> FontFamily<'_> {
        FontFamily::Monospace
    }

    /// From the pen, with the baseline at zero; the width also tells backends the cell.
    fn layout_box(&self, text: &str) -> Result<((i32, i32), (i32, i32)), Infallible> {
        #[expect(clippy::cast_possible_truncation, reason = "sizes of text are small")]
        let units = |pixels: f64| (pixels * self.zoom * f64::from(UNITS)).round() as i32;
        let size = self.text.size;
        let width = units(f64::from(size.cell_width())).saturating_mul(cells(text));
        let ascent = units(size.ascent());
        Ok((
            (0, -ascent),
            (width, units(f64::from(size.line_height())) - ascent),
        ))
    }

    fn draw<E, F: FnMut(i32, i32, BackendColor) -> Result<(), E>>(
        &self,
        _text: &str,
        _pos: BackendCoord,
        _draw: F,
    ) -> Result<Result<(), E>, Infallible> {
        // Backends draw glyphs themselves; those that cannot show no text.
        Ok(Ok(()))
    }
}

fn backend_color(color: Color) -> BackendColor {
    BackendColor {
        alpha: f64::from(color.alpha) / 255.0,
        rgb: (color.red, color.green, color.blue),
    }
}

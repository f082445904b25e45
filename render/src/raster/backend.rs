//! The plotters backend: opaque pixels, whole-pixel rectangles, and anti-aliased masks for all else.

use std::convert::Infallible;
use std::ops::Range;

use plotters_backend::{
    BackendColor, BackendCoord, BackendStyle, BackendTextStyle, DrawingBackend, DrawingErrorKind,
    FontStyle, FontTransform,
};
use tiny_skia::{FillRule, Mask, PathBuilder, Transform};

use super::UNITS;
use super::pixels::{Ink, Pixels};
use crate::font::Look;
use crate::text::draw;

/// Paints into [`Pixels`]; coordinates are in [`UNITS`].
pub(super) struct SkiaBackend<'a> {
    pixels: &'a mut Pixels,
}

type Painted = Result<(), DrawingErrorKind<Infallible>>;

impl<'a> SkiaBackend<'a> {
    pub(super) fn new(pixels: &'a mut Pixels) -> Self {
        Self { pixels }
    }

    /// Fills rows and columns as far as they lie inside the picture.
    fn fill(&mut self, rows: (i32, i32), columns: (i32, i32), color: BackendColor) {
        let rows = within(rows, self.pixels.height);
        let columns = within(columns, self.pixels.width);
        if !rows.is_empty() && !columns.is_empty() {
            self.pixels.fill(rows, columns, Ink::of(color));
        }
    }

    /// Lays a colour through a mask whose first pixel stands at `place`.
    fn blend(&mut self, place: (i32, i32), width: usize, coverage: &[u8], ink: Ink) {
        let right = i32::try_from(width).map_or(i32::MAX, |width| place.0.saturating_add(width));
        let columns = within((place.0, right), self.pixels.width);
        if columns.is_empty() {
            return;
        }
        // Columns of the mask that lie left of the picture.
        let cut = usize::try_from(place.0.saturating_neg()).unwrap_or(0);
        for (row, line) in (place.1..).zip(coverage.chunks_exact(width)) {
            for row in within((row, row.saturating_add(1)), self.pixels.height) {
                let start = row * self.pixels.columns() + columns.start;
                let line = line[cut..cut + columns.len()].iter().copied();
                self.pixels.lay(start, line, ink);
            }
        }
    }
}

/// What of a side's pixels lies inside the picture.
fn within((from, to): (i32, i32), length: u32) -> Range<usize> {
    let inside = |place: i32| {
        let length = usize::try_from(length).unwrap_or(0);
        usize::try_from(place).unwrap_or(0).min(length)
    };
    inside(from)..inside(to)
}

impl DrawingBackend for SkiaBackend<'_> {
    type ErrorType = Infallible;

    fn get_size(&self) -> (u32, u32) {
        let units = UNITS.unsigned_abs();
        (
            self.pixels.width.saturating_mul(units),
            self.pixels.height.saturating_mul(units),
        )
    }

    fn ensure_prepared(&mut self) -> Painted {
        Ok(())
    }

    fn present(&mut self) -> Painted {
        Ok(())
    }

    /// Paints the device pixel that holds the point.
    fn draw_pixel(&mut self, point: BackendCoord, color: BackendColor) -> Painted {
        let (column, row) = (point.0.div_euclid(UNITS), point.1.div_euclid(UNITS));
        self.fill((row, row + 1), (column, column + 1), color);
        Ok(())
    }

    /// Fills from one corner to before the other, on whole device pixels.
    fn draw_rect<S: BackendStyle>(
        &mut self,
        from: BackendCoord,
        to: BackendCoord,
        style: &S,
        is_filled: bool,
    ) -> Painted {
        let pixel = |unit: i32| unit.div_euclid(UNITS);
        let (rows, columns) = ((pixel(from.1), pixel(to.1)), (pixel(from.0), pixel(to.0)));
        let color = style.color();
        if is_filled {
            self.fill(rows, columns, color);
            return Ok(());
        }
        self.fill((rows.0, rows.0 + 1), columns, color);
        self.fill((rows.1 - 1, rows.1), columns, color);
        self.fill((rows.0 + 1, rows.1 - 1), (columns.0, columns.0 + 1), color);
        self.fill((rows.0 + 1, rows.1 - 1), (columns.1 - 1, columns.1), color);
        Ok(())
    }

    fn draw_circle<S: BackendStyle>(
        &mut self,
        center: BackendCoord,
        radius: u32,
        style: &S,
        _is_filled: bool,
    ) -> Painted {
        let device = |units: i32| f32::from(i16::try_from(units).unwrap_or(i16::MAX)) / 16.0;
        let radius = device(i32::try_from(radius).unwrap_or(0)).min(256.0);
        let (column, row) = (center.0.div_euclid(UNITS), center.1.div_euclid(UNITS));
        #[expect(clippy::cast_possible_truncation, reason = "at most 256")]
        let reach = radius.ceil() as i32 + 1;
        // The mask's middle pixel is the one that holds the centre.
        let inside = |unit: i32| device(unit.rem_euclid(UNITS) + reach * UNITS);
        let side = u32::try_from(2 * reach + 1).unwrap_or(1);
        let path = PathBuilder::from_circle(inside(center.0), inside(center.1), radius);
        if let (Some(path), Some(mut mask)) = (path, Mask::new(side, side)) {
            mask.fill_path(&path, FillRule::Winding, true, Transform::identity());
            let width = usize::try_from(side).unwrap_or(0);
            let place = (column - reach, row - reach);
            self.blend(place, width, mask.data(), Ink::of(style.color()));
        }
        Ok(())
    }

    fn draw_text<S: BackendTextStyle>(
        &mut self,
        text: &str,
        style: &S,
        pen: BackendCoord,
    ) -> Painted {
        let ink = Ink::of(style.color());
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "sizes of text are positive and small"
        )]
        let size_16ths = style.size().clamp(0.0, 16_000.0).round() as u32;
        // One cell: the box of a blank.
        let cell = style
            .layout_box(" ")
            .map_or(0, |(low, high)| high.0 - low.0);
        let look = Look {
            size_16ths,
            cell_16ths: u32::try_from(cell).unwrap_or(0),
            is_bold: matches!(style.style(), FontStyle::Bold),
        };
        let snap = |unit: i32| (unit + UNITS / 2).div_euclid(UNITS);
        draw(text, look, |cells, mask| {
            let advance = cell.saturating_mul(cells);
            let width = usize::try_from(mask.width).unwrap_or(0);
            let height = usize::try_from(mask.height).unwrap_or(0);
            match style.transform() {
                FontTransform::Rotate270 => {
                    let place = (
                        snap(pen.0) - mask.top,
                        snap(pen.1 - advance) - mask.left - mask.width,
                    );
                    let turned = turned(&mask.coverage, width, true);
                    self.blend(place, height, &turned, ink);
                }
                FontTransform::Rotate90 => {
                    let place = (
                        snap(pen.0) + mask.top - mask.height,
                        snap(pen.1 + advance) + mask.left,
                    );
                    let turned = turned(&mask.coverage, width, false);
                    self.blend(place, height, &turned, ink);
                }
                FontTransform::None | FontTransform::Rotate180 => {
                    let place = (snap(pen.0 + advance) + mask.left, snap(pen.1) - mask.top);
                    self.blend(place, width, &mask.coverage, ink);
                }
            }
        });
        Ok(())
    }

    fn estimate_text_size<S: BackendTextStyle>(
        &self,
        text: &str,
        style: &S,
    ) -> Result<(u32, u32), DrawingErrorKind<Infallible>> {
        let size = style.layout_box(text).map_or((0, 0), |(low, high)| {
            (high.0.saturating_sub(low.0), high.1.saturating_sub(low.1))
        });
        Ok((
            u32::try_from(size.0).unwrap_or(0),
            u32::try_from(size.1).unwrap_or(0),
        ))
    }
}

/// A mask turned by a quarter: to the left (reading upwards) or to the right.
fn turned(coverage: &[u8], width: usize, is_left: bool) -> Vec<u8> {
    if width == 0 {
        return Vec::new();
    }
    let height = coverage.len() / width;
    let mut out = Vec::with_capacity(coverage.len());
    for row in 0..width {
        for column in 0..height {
            let (x, y) = if is_left {
                (width - 1 - row, column)
            } else {
                (row, height - 1 - column)
            };
            out.push(coverage[y * width + x]);
        }
    }
    out
}

impl Ink {
    fn of(color: BackendColor) -> Self {
        let (red, green, blue) = color.rgb;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "rounded, and what is no byte becomes the nearest one"
        )]
        let alpha = (color.alpha * 255.0 + 0.5) as u8;
        Self {
            rgb: u32::from_be_bytes([0, red, green, blue]),
            alpha,
        }
    }
}

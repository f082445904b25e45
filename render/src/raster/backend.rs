//! The plotters backend: opaque pixels, whole-pixel rectangles, and anti-aliased masks for all else.

use std::convert::Infallible;

use plotters_backend::{
    BackendColor, BackendCoord, BackendStyle, BackendTextStyle, DrawingBackend, DrawingErrorKind,
    FontStyle, FontTransform,
};
use tiny_skia::{FillRule, Mask, PathBuilder, Transform};

use super::{Pixels, UNITS};
use crate::font::{GlyphKey, cells_of, mask};
use crate::text::visible;

/// Paints into [`Pixels`]; coordinates are in [`UNITS`].
pub(super) struct SkiaBackend<'a> {
    pixels: &'a mut Pixels,
}

type Painted = Result<(), DrawingErrorKind<Infallible>>;

impl<'a> SkiaBackend<'a> {
    pub(super) fn new(pixels: &'a mut Pixels) -> Self {
        Self { pixels }
    }

    /// Columns of a row that lie inside the picture.
    fn row_mut(&mut self, row: i32, from: i32, to: i32) -> &mut [u32] {
        let width = i32::try_from(self.pixels.width).unwrap_or(i32::MAX);
        let height = i32::try_from(self.pixels.height).unwrap_or(i32::MAX);
        let (from, to) = (from.clamp(0, width), to.clamp(0, width));
        if row < 0 || row >= height || from >= to {
            return &mut [];
        }
        let index = |column: i32| {
            let place = i64::from(row) * i64::from(width) + i64::from(column);
            usize::try_from(place).expect("clamped to the picture")
        };
        let (start, end) = (index(from), index(to));
        &mut self.pixels.colors[start..end]
    }

    fn fill(&mut self, rows: (i32, i32), columns: (i32, i32), color: BackendColor) {
        let ink = Ink::of(color);
        let within = |side: i32, length: u32| {
            let length = usize::try_from(length).unwrap_or(0);
            usize::try_from(side).unwrap_or(0).min(length)
        };
        let (width, height) = (self.pixels.width, self.pixels.height);
        let (top, bottom) = (within(rows.0, height), within(rows.1, height));
        let (left, right) = (within(columns.0, width), within(columns.1, width));
        if top >= bottom || left >= right {
            return;
        }
        let width = within(i32::MAX, width);
        let painted = &mut self.pixels.colors[top * width..bottom * width];
        for row in painted.chunks_exact_mut(width) {
            let pixels = &mut row[left..right];
            if ink.alpha == 255 {
                pixels.fill(ink.rgb);
            } else {
                pixels
                    .iter_mut()
                    .for_each(|pixel| *pixel = ink.over(*pixel, 255));
            }
        }
    }

    /// Lays a colour through a mask whose first pixel stands at `place`.
    fn blend(&mut self, place: (i32, i32), width: usize, coverage: &[u8], ink: Ink) {
        if width == 0 {
            return;
        }
        for (row, line) in (place.1..).zip(coverage.chunks(width)) {
            for (column, &cover) in (place.0..).zip(line).filter(|(_, cover)| **cover > 0) {
                if let [pixel] = self.row_mut(row, column, column + 1) {
                    *pixel = ink.over(*pixel, cover);
                }
            }
        }
    }
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
        let unit_box = |mark: char| style.layout_box(mark.encode_utf8(&mut [0; 4]));
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "sizes of text are positive and small"
        )]
        let size_16ths = style.size().clamp(0.0, 16_000.0).round() as u32;
        let is_bold = matches!(style.style(), FontStyle::Bold);
        // One cell: the box of a blank.
        let cell = unit_box(' ').map_or(0, |(low, high)| high.0 - low.0);
        let snap = |unit: i32| (unit + UNITS / 2).div_euclid(UNITS);
        let mut advance = 0_i32;
        for glyph in visible(text) {
            let key = GlyphKey {
                mark: glyph,
                size_16ths,
                cell_16ths: u32::try_from(cell).unwrap_or(0),
                is_bold,
            };
            let mask = mask(key);
            let width = usize::try_from(mask.width).unwrap_or(0);
            match style.transform() {
                FontTransform::Rotate270 => {
                    let place = (
                        snap(pen.0) - mask.top,
                        snap(pen.1 - advance) - mask.left - mask.width,
                    );
                    let turned = turned(&mask.coverage, width, true);
                    self.blend(
                        place,
                        usize::try_from(mask.height).unwrap_or(0),
                        &turned,
                        ink,
                    );
                }
                FontTransform::Rotate90 => {
                    let place = (
                        snap(pen.0) + mask.top - mask.height,
                        snap(pen.1 + advance) + mask.left,
                    );
                    let turned = turned(&mask.coverage, width, false);
                    self.blend(
                        place,
                        usize::try_from(mask.height).unwrap_or(0),
                        &turned,
                        ink,
                    );
                }
                FontTransform::None | FontTransform::Rotate180 => {
                    let place = (snap(pen.0 + advance) + mask.left, snap(pen.1) - mask.top);
                    self.blend(place, width, &mask.coverage, ink);
                }
            }
            advance = advance.saturating_add(cell.saturating_mul(cells_of(glyph)));
        }
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

/// A colour ready to be laid over pixels.
#[derive(Clone, Copy, Debug)]
struct Ink {
    rgb: u32,
    alpha: u32,
}

impl Ink {
    fn of(color: BackendColor) -> Self {
        let (red, green, blue) = color.rgb;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "clamped to a byte"
        )]
        let alpha = (color.alpha * 255.0).round().clamp(0.0, 255.0) as u32;
        Self {
            rgb: u32::from_be_bytes([0, red, green, blue]),
            alpha,
        }
    }

    /// This ink with some coverage over an opaque pixel.
    fn over(self, pixel: u32, coverage: u8) -> u32 {
        let alpha = self.alpha * u32::from(coverage) / 255;
        let mix = |shift: u32| {
            let top = (self.rgb >> shift) & 0xFF;
            let below = (pixel >> shift) & 0xFF;
            ((top * alpha + below * (255 - alpha) + 127) / 255) << shift
        };
        mix(16) | mix(8) | mix(0)
    }
}

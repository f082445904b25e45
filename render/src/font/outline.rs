//! From outlines to coverage, fitted to the pixel grid.

use harfrust::GlyphId;
use harfrust::font::glyph::outline::{DrawMemory, DrawOptions, PathSink};
use tiny_skia::{FillRule, Mask, Path, PathBuilder, Transform};

use super::face::Face;
use super::{GlyphMask, Look};

/// Height of `x` and of capitals and digits of the primary font, in units of 1/1000 em.
const X_HEIGHT: f32 = 536.0;
const CAP_HEIGHT: f32 = 714.0;
/// Round letters reach this far beyond flat ones; at small sizes that only blurs.
const OVERSHOOT: f32 = 16.0;

/// Samples per pixel in each direction.
const SAMPLES: usize = 8;
/// Coverage is rounded to this many steps, so that pictures have few colours.
const LEVELS: usize = 12;
/// The longest side of a mask in pixels: 24 cells of the largest text at the largest zoom.
const SIDE_MAX: f32 = 512.0;

/// How samples become coverage.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stroke {
    /// What coverage is multiplied with, in quarters: thin stems of small text are made a little
    /// stronger.
    pub(super) quarters: usize,
    /// Samples by which stems grow to the right: bold text of a face that has no bold.
    pub(super) thicker: usize,
    /// Whether rows are fitted as columns are: signs that share no baseline.
    pub(super) fits_rows: bool,
}

/// Outlines in samples, y down.
pub(super) struct Outlines {
    builder: PathBuilder,
    /// Pixels per unit.
    x_scale: f32,
    rows: Rows,
    /// Where the pen stands: units, y up.
    pen: (f32, f32),
}

impl Outlines {
    /// Those of the primary font, whose heights fall on rows.
    pub(super) fn snapped(look: Look) -> Self {
        let y_scale = look.size() / 1000.0;
        let rows = Rows::Snapped {
            scale: y_scale,
            x_height: (X_HEIGHT * y_scale + 0.1).round().max(1.0),
            cap_height: (CAP_HEIGHT * y_scale).round().max(1.0),
        };
        Self::new(look.cell() / 600.0, rows)
    }

    /// Those of any font at so many pixels per unit.
    pub(super) fn scaled(x_scale: f32, y_scale: f32) -> Self {
        Self::new(x_scale, Rows::Plain { scale: y_scale })
    }

    fn new(x_scale: f32, rows: Rows) -> Self {
        Self {
            builder: PathBuilder::new(),
            x_scale,
            rows,
            pen: (0.0, 0.0),
        }
    }

    /// Adds a glyph with its origin at the pen, in units.
    pub(super) fn add(&mut self, face: &Face, glyph: GlyphId, pen: (f32, f32)) {
        self.pen = pen;
        let outlines = face.font().outline_glyphs();
        if let Some(outline) = outlines.get(glyph) {
            // A broken outline of a font from outside leaves what was drawn of it.
            outline
                .draw(&DrawOptions::new(), DrawMemory::Scratch, self)
                .ok();
        }
    }

    /// The coverage of what was added, with column 0 and row 0 so many pixels right of and below the
    /// place of the mask.
    pub(super) fn mask(self, (left, stroke): (f32, Stroke)) -> GlyphMask {
        let Some(path) = self.builder.finish() else {
            return GlyphMask::empty();
        };
        drawn(&path, left, stroke).unwrap_or_else(GlyphMask::empty)
    }

    fn point(&self, x: f32, y: f32) -> (f32, f32) {
        let samples = 8.0;
        (
            (x + self.pen.0) * self.x_scale * samples,
            -self.rows.of(y + self.pen.1) * samples,
        )
    }
}

impl PathSink for Outlines {
    fn move_to(&mut self, x: f32, y: f32) {
        let (x, y) = self.point(x, y);
        self.builder.move_to(x, y);
    }

    fn line_to(&mut self, x: f32, y: f32) {
        let (x, y) = self.point(x, y);
        self.builder.line_to(x, y);
    }

    fn quad_to(&mut self, x1: f32, y1: f32, x: f32, y: f32) {
        let (x1, y1) = self.point(x1, y1);
        let (x, y) = self.point(x, y);
        self.builder.quad_to(x1, y1, x, y);
    }

    fn curve_to(&mut self, x1: f32, y1: f32, x2: f32, y2: f32, x: f32, y: f32) {
        let (x1, y1) = self.point(x1, y1);
        let (x2, y2) = self.point(x2, y2);
        let (x, y) = self.point(x, y);
        self.builder.cubic_to(x1, y1, x2, y2, x, y);
    }

    fn close(&mut self) {
        self.builder.close();
    }
}

/// Where heights above the baseline lie, in pixels.
enum Rows {
    Snapped {
        scale: f32,
        x_height: f32,
        cap_height: f32,
    },
    Plain {
        scale: f32,
    },
}

impl Rows {
    fn of(&self, y: f32) -> f32 {
        let (scale, x_height, cap_height) = match *self {
            Self::Snapped {
                scale,
                x_height,
                cap_height,
            } => (scale, x_height, cap_height),
            Self::Plain { scale } => return y * scale,
        };
        let flat = if (-OVERSHOOT..0.0).contains(&y) {
            0.0
        } else if (X_HEIGHT..X_HEIGHT + OVERSHOOT).contains(&y) {
            X_HEIGHT
        } else if (CAP_HEIGHT..CAP_HEIGHT + OVERSHOOT).contains(&y) {
            CAP_HEIGHT
        } else {
            y
        };
        if flat <= 0.0 {
            flat * scale
        } else if flat <= X_HEIGHT {
            flat / X_HEIGHT * x_height
        } else if flat <= CAP_HEIGHT {
            let part = (flat - X_HEIGHT) / (CAP_HEIGHT - X_HEIGHT);
            x_height + part * (cap_height - x_height)
        } else {
            cap_height + (flat - CAP_HEIGHT) * scale
        }
    }
}

fn drawn(path: &Path, shift: f32, stroke: Stroke) -> Option<GlyphMask> {
    let bounds = path.bounds();
    let samples = 8.0_f32;
    let shift = shift * samples;
    // Room for a shift of half a pixel either way.
    let spare = if stroke.fits_rows { 1.0 } else { 0.0 };
    let left = ((bounds.left() + shift) / samples).floor() - 1.0;
    let top = (bounds.top() / samples).floor() - spare;
    let width = ((bounds.right() + shift) / samples).ceil() + 1.0 - left;
    let height = (bounds.bottom() / samples).ceil() + spare - top;
    let columns = small(width)?;
    let rows = small(height)?;
    let mut fine = fine_mask(columns, rows)?;
    let moved = Transform::from_translate(shift - left * samples, -top * samples);
    fine.fill_path(path, FillRule::Winding, false, moved);
    let mut fine = Fine {
        data: fine.data().to_vec(),
        columns,
        rows,
    };
    fine.thicken(stroke.thicker);
    let coverage = fine.fitted(stroke);
    #[expect(
        clippy::cast_possible_truncation,
        reason = "bounds of a glyph are small"
    )]
    let (left, top) = (left as i32, -top as i32);
    Some(GlyphMask {
        left,
        top,
        width: i32::try_from(columns).unwrap_or(0),
        height: i32::try_from(rows).unwrap_or(0),
        coverage,
    })
}

fn small(length: f32) -> Option<usize> {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "checked to be between 1 and 512"
    )]
    let whole = (1.0..=SIDE_MAX)
        .contains(&length)
        .then_some(length as usize);
    whole
}

fn fine_mask(columns: usize, rows: usize) -> Option<Mask> {
    let width = u32::try_from(columns * SAMPLES).ok()?;
    let height = u32::try_from(rows * SAMPLES).ok()?;
    Mask::new(width, height)
}

/// Samples of a mask of so many columns and rows of pixels.
struct Fine {
    data: Vec<u8>,
    columns: usize,
    rows: usize,
}

/// Shifts in samples, the first of equals wins.
const SHIFTS: [isize; 7] = [0, 1, -1, 2, -2, 3, -3];

impl Fine {
    fn width(&self) -> usize {
        self.columns * SAMPLES
    }

    /// Lets stems grow to the right.
    fn thicken(&mut self, by: usize) {
        let width = self.width();
        if by == 0 {
            return;
        }
        for row in self.data.chunks_exact_mut(width) {
            for x in (0..width).rev() {
                row[x] = row[x.saturating_sub(by)..=x]
                    .iter()
                    .copied()
                    .max()
                    .unwrap_or(0);
            }
        }
    }

    /// Sums samples into pixels at the shift where most ink falls into full columns.
    fn fitted(&self, stroke: Stroke) -> Vec<u8> {
        let width = self.width();
        let count =
            |line: &mut dyn Iterator<Item = &u8>| line.filter(|&&sample| sample != 0).count();
        let column_ink: Vec<usize> = (0..width)
            .map(|x| count(&mut self.data.iter().skip(x).step_by(width)))
            .collect();
        let across = sharpest(&column_ink, self.columns);
        let down = if stroke.fits_rows {
            let rows = self.data.chunks_exact(width);
            let row_ink: Vec<usize> = rows.map(|row| count(&mut row.iter())).collect();
            sharpest(&row_ink, self.rows)
        } else {
            0
        };
        let mut coverage = Vec::with_capacity(self.columns * self.rows);
        for row in 0..self.rows {
            for column in 0..self.columns {
                coverage.push(level(
                    self.count((column, row), (across, down)),
                    stroke.quarters,
                ));
            }
        }
        coverage
    }

    /// Samples with ink in a pixel.
    fn count(&self, (column, row): (usize, usize), (across, down): (isize, isize)) -> usize {
        let width = self.width();
        let lines = (0..SAMPLES)
            .filter_map(|sub| shifted(row * SAMPLES + sub, down, self.rows * SAMPLES))
            .map(|y| y * width);
        lines
            .flat_map(|line| {
                (0..SAMPLES)
                    .filter_map(move |sub| shifted(column * SAMPLES + sub, across, width))
                    .map(move |x| line + x)
            })
            .filter(|&index| self.data[index] != 0)
            .count()
    }
}

/// The shift at which most ink falls into full pixels.
fn sharpest(ink: &[usize], pixels: usize) -> isize {
    let sharpness = |shift: isize| -> usize {
        (0..pixels)
            .map(|pixel| {
                let ink: usize = (0..SAMPLES)
                    .filter_map(|sub| shifted(pixel * SAMPLES + sub, shift, ink.len()))
                    .map(|at| ink[at])
                    .sum();
                ink * ink
            })
            .sum()
    };
    SHIFTS
        .into_iter()
        .rev()
        .max_by_key(|&shift| sharpness(shift))
        .unwrap_or(0)
}

fn shifted(at: usize, shift: isize, length: usize) -> Option<usize> {
    at.checked_add_signed(shift).filter(|&at| at < length)
}

/// Samples to coverage.
fn level(count: usize, quarters: usize) -> u8 {
    let full = SAMPLES * SAMPLES;
    let strengthened = (count * quarters / 4).min(full);
    let step = (strengthened * LEVELS + full / 2) / full;
    u8::try_from(step * 255 / LEVELS).unwrap_or(u8::MAX)
}

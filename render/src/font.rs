//! The bundled font: which glyphs it has, and their masks at a size.
//!
//! Masks are fitted to the pixel grid so that small text is crisp: heights are snapped so that
//! baseline, x-height and cap height fall on rows, and each glyph is shifted by a fraction of a
//! pixel to where its stems cover whole columns. Everything is computed from the font's outlines
//! with fixed rules, so masks are the same on any machine.

use std::sync::{Arc, Mutex, OnceLock};

use rustc_hash::FxHashMap;
use tiny_skia::{FillRule, Mask, PathBuilder, Transform};
use ttf_parser::{Face, GlyphId, OutlineBuilder};

/// Advance of every glyph in units of 1/1000 em.
pub(crate) const ADVANCE: f64 = 600.0;

const REGULAR: &[u8] = include_bytes!("../assets/NotoSansMono-Regular.ttf");
const BOLD: &[u8] = include_bytes!("../assets/NotoSansMono-Bold.ttf");

/// Height of `x` and of capitals and digits, in units of 1/1000 em.
const X_HEIGHT: f32 = 536.0;
const CAP_HEIGHT: f32 = 714.0;
/// Round letters reach this far beyond flat ones; at small sizes that only blurs.
const OVERSHOOT: f32 = 16.0;

/// Samples per pixel in each direction.
const SAMPLES: usize = 8;
/// Coverage is rounded to this many steps, so that pictures have few colours.
const LEVELS: usize = 12;
/// More masks than a server's pictures need; beyond it the cache starts anew.
const CACHE_MAX: usize = 4096;

/// The coverage of a glyph, row by row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct GlyphMask {
    /// Columns from the pen to the first column.
    pub(crate) left: i32,
    /// Rows from the baseline up to the top of the first row.
    pub(crate) top: i32,
    /// Columns.
    pub(crate) width: i32,
    /// Rows.
    pub(crate) height: i32,
    /// 255 is full.
    pub(crate) coverage: Vec<u8>,
}

/// Which mask: a character at a size in device pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct GlyphKey {
    /// The character.
    pub(crate) mark: char,
    /// Height of the em square in 1/16 pixel.
    pub(crate) size_16ths: u32,
    /// Advance of a cell in 1/16 pixel.
    pub(crate) cell_16ths: u32,
    /// Whether the bold face draws it.
    pub(crate) is_bold: bool,
}

/// Cells that a character takes: one, or as many as its code point needs in a box.
pub(crate) fn cells_of(mark: char) -> i32 {
    if mark.is_ascii() || glyph_of(faces().regular(), mark).is_some() {
        1
    } else if u32::from(mark) <= 0xFFFF {
        2
    } else {
        3
    }
}

/// Free units left and right of a glyph's ink.
pub(crate) fn bearings(mark: char) -> (f64, f64) {
    let face = faces().regular();
    let bounds = glyph_of(face, mark).and_then(|glyph| face.glyph_bounding_box(glyph));
    bounds.map_or((0.0, 0.0), |bounds| {
        (f64::from(bounds.x_min), ADVANCE - f64::from(bounds.x_max))
    })
}

/// The mask of a glyph, from the cache where it was drawn before.
pub(crate) fn mask(key: GlyphKey) -> Arc<GlyphMask> {
    static CACHE: OnceLock<Mutex<FxHashMap<GlyphKey, Arc<GlyphMask>>>> = OnceLock::new();
    let cache = CACHE.get_or_init(Mutex::default);
    // A poisoned cache holds complete masks all the same: nothing is left half inserted.
    let lock = || {
        cache
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    };
    if let Some(found) = lock().get(&key) {
        return Arc::clone(found);
    }
    let drawn = Arc::new(draw(key));
    let mut cache = lock();
    if cache.len() >= CACHE_MAX {
        cache.clear();
    }
    cache.insert(key, Arc::clone(&drawn));
    drawn
}

struct Faces {
    regular: Face<'static>,
    bold: Face<'static>,
}

impl Faces {
    fn regular(&self) -> &Face<'static> {
        &self.regular
    }
}

fn faces() -> &'static Faces {
    static FACES: OnceLock<Faces> = OnceLock::new();
    FACES.get_or_init(|| Faces {
        regular: Face::parse(REGULAR, 0).expect("the bundled font is sound"),
        bold: Face::parse(BOLD, 0).expect("the bundled font is sound"),
    })
}

fn glyph_of(face: &Face<'_>, mark: char) -> Option<GlyphId> {
    face.glyph_index(mark).filter(|glyph| glyph.0 != 0)
}

fn draw(key: GlyphKey) -> GlyphMask {
    let face = if key.is_bold {
        &faces().bold
    } else {
        &faces().regular
    };
    let Some(glyph) = glyph_of(face, key.mark) else {
        return missing(key);
    };
    let mut outline = Outline::new(key);
    if face.outline_glyph(glyph, &mut outline).is_none() {
        return empty();
    }
    let Some(path) = outline.builder.finish() else {
        return empty();
    };
    let bounds = path.bounds();
    let samples = 8.0_f32;
    // Room for a shift of half a pixel either way.
    let left = (bounds.left() / samples).floor() - 1.0;
    let top = (bounds.top() / samples).floor();
    let width = (bounds.right() / samples).ceil() + 1.0 - left;
    let height = (bounds.bottom() / samples).ceil() - top;
    let (Some(columns), Some(rows)) = (small(width), small(height)) else {
        return empty();
    };
    let Some(mut fine) = fine_mask(columns, rows) else {
        return empty();
    };
    let moved = Transform::from_translate(-left * samples, -top * samples);
    fine.fill_path(&path, FillRule::Winding, false, moved);
    let coverage = fitted(fine.data(), columns, rows, key.is_bold);
    #[expect(
        clippy::cast_possible_truncation,
        reason = "bounds of a glyph are small"
    )]
    let (left, top) = (left as i32, -top as i32);
    GlyphMask {
        left,
        top,
        width: i32::try_from(columns).unwrap_or(0),
        height: i32::try_from(rows).unwrap_or(0),
        coverage,
    }
}

fn small(length: f32) -> Option<usize> {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "checked to be between 1 and 512"
    )]
    let whole = (1.0..=512.0).contains(&length).then_some(length as usize);
    whole
}

fn fine_mask(columns: usize, rows: usize) -> Option<Mask> {
    let width = u32::try_from(columns * SAMPLES).ok()?;
    let height = u32::try_from(rows * SAMPLES).ok()?;
    Mask::new(width, height)
}

fn empty() -> GlyphMask {
    GlyphMask {
        left: 0,
        top: 0,
        width: 0,
        height: 0,
        coverage: Vec::new(),
    }
}

/// Sums samples into pixels at the shift where most ink falls into full columns.
fn fitted(fine: &[u8], columns: usize, rows: usize, is_bold: bool) -> Vec<u8> {
    let fine_width = columns * SAMPLES;
    let column_ink: Vec<usize> = (0..fine_width)
        .map(|x| {
            fine.iter()
                .skip(x)
                .step_by(fine_width)
                .filter(|&&sample| sample != 0)
                .count()
        })
        .collect();
    let sharpness = |shift: isize| -> usize {
        (0..columns)
            .map(|column| {
                let ink: usize = (0..SAMPLES)
                    .filter_map(|sub| shifted(column * SAMPLES + sub, shift, fine_width))
                    .map(|x| column_ink[x])
                    .sum();
                ink * ink
            })
            .sum()
    };
    let shifts = [0, 1, -1, 2, -2, 3, -3_isize];
    let best = shifts
        .into_iter()
        .rev()
        .max_by_key(|&shift| sharpness(shift))
        .unwrap_or(0);
    let mut coverage = Vec::with_capacity(columns * rows);
    for row in 0..rows {
        for column in 0..columns {
            let count = (0..SAMPLES)
                .flat_map(|sub_row| {
                    let line = (row * SAMPLES + sub_row) * fine_width;
                    (0..SAMPLES)
                        .filter_map(move |sub| shifted(column * SAMPLES + sub, best, fine_width))
                        .map(move |x| line + x)
                })
                .filter(|&index| fine[index] != 0)
                .count();
            coverage.push(level(count, is_bold));
        }
    }
    coverage
}

fn shifted(x: usize, shift: isize, width: usize) -> Option<usize> {
    x.checked_add_signed(shift).filter(|&x| x < width)
}

/// Samples to coverage: thin stems of small text are made a little stronger.
fn level(count: usize, is_bold: bool) -> u8 {
    let full = SAMPLES * SAMPLES;
    let strengthened = if is_bold {
        count
    } else {
        (count * 5 / 4).min(full)
    };
    let step = (strengthened * LEVELS + full / 2) / full;
    u8::try_from(step * 255 / LEVELS).unwrap_or(u8::MAX)
}

/// A path in samples, y down, with heights snapped to rows.
struct Outline {
    builder: PathBuilder,
    /// Pixels per unit.
    x_scale: f32,
    y_scale: f32,
    x_height: f32,
    cap_height: f32,
}

impl Outline {
    fn new(key: GlyphKey) -> Self {
        let sixteenths = |count: u32| f32::from(u16::try_from(count).unwrap_or(u16::MAX)) / 16.0;
        let y_scale = sixteenths(key.size_16ths) / 1000.0;
        let x_scale = sixteenths(key.cell_16ths) / 600.0;
        Self {
            builder: PathBuilder::new(),
            x_scale,
            y_scale,
            x_height: (X_HEIGHT * y_scale + 0.1).round().max(1.0),
            cap_height: (CAP_HEIGHT * y_scale).round().max(1.0),
        }
    }

    fn point(&self, x: f32, y: f32) -> (f32, f32) {
        let samples = 8.0;
        (x * self.x_scale * samples, -self.snapped(y) * samples)
    }

    fn snapped(&self, y: f32) -> f32 {
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
            flat * self.y_scale
        } else if flat <= X_HEIGHT {
            flat / X_HEIGHT * self.x_height
        } else if flat <= CAP_HEIGHT {
            let part = (flat - X_HEIGHT) / (CAP_HEIGHT - X_HEIGHT);
            self.x_height + part * (self.cap_height - self.x_height)
        } else {
            self.cap_height + (flat - CAP_HEIGHT) * self.y_scale
        }
    }
}

impl OutlineBuilder for Outline {
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

/// A box with the code point in two rows of hex digits, for characters the font lacks.
fn missing(key: GlyphKey) -> GlyphMask {
    let digits = format!("{:04X}", u32::from(key.mark));
    let per_row = digits.len().div_ceil(2);
    let dot = usize::try_from((key.size_16ths / 160).clamp(1, 8)).unwrap_or(1);
    let (width, height) = (per_row * 4 + 3, 15);
    let mut dots = vec![false; width * height];
    for x in 0..width - 1 {
        dots[x] = true;
        dots[(height - 1) * width + x] = true;
    }
    for y in 0..height {
        dots[y * width] = true;
        dots[y * width + width - 2] = true;
    }
    for (index, digit) in digits.bytes().enumerate() {
        let (left, top) = (2 + index % per_row * 4, 2 + index / per_row * 6);
        let pattern = TINY_DIGITS[usize::from(hex_value(digit))];
        for y in 0..5 {
            for x in 0..3 {
                if pattern >> (14 - y * 3 - x) & 1 == 1 {
                    dots[(top + y) * width + left + x] = true;
                }
            }
        }
    }
    let coverage = (0..height * dot)
        .flat_map(|y| (0..width * dot).map(move |x| (y / dot) * width + x / dot))
        .map(|index| if dots[index] { 255 } else { 0 })
        .collect();
    let count = |length: usize| i32::try_from(length).unwrap_or(0);
    GlyphMask {
        left: 0,
        top: count(12 * dot),
        width: count(width * dot),
        height: count(height * dot),
        coverage,
    }
}

fn hex_value(digit: u8) -> u8 {
    if digit.is_ascii_digit() {
        digit - b'0'
    } else {
        (digit - b'A' + 10) & 15
    }
}

/// Hex digits of 3 by 5 dots, top row in the highest bits.
const TINY_DIGITS: [u16; 16] = [
    0b111_101_101_101_111,
    0b010_110_010_010_111,
    0b111_001_111_100_111,
    0b111_001_111_001_111,
    0b101_101_111_001_001,
    0b111_100_111_001_111,
    0b111_100_111_101_111,
    0b111_001_010_010_010,
    0b111_101_111_101_111,
    0b111_101_111_001_111,
    0b111_101_111_101_101,
    0b110_101_110_101_110,
    0b111_100_100_100_111,
    0b110_101_101_101_110,
    0b111_100_111_100_111,
    0b111_100_111_100_100,
];

#[cfg(test)]
mod tests {
    use super::*;

    fn key(mark: char) -> GlyphKey {
        GlyphKey {
            mark,
            size_16ths: 160,
            cell_16ths: 96,
            is_bold: false,
        }
    }

    fn picture(mark: char) -> String {
        let mask = mask(key(mark));
        let width = usize::try_from(mask.width).unwrap();
        let shade = |&value: &u8| match value {
            0..64 => ' ',
            64..160 => '.',
            _ => '#',
        };
        mask.coverage
            .chunks(width)
            .map(|row| {
                let row: String = row.iter().map(shade).collect();
                format!("|{}\n", row.trim_end())
            })
            .collect()
    }

    #[test]
    fn small_glyphs_are_crisp() {
        expect_test::expect![[r#"
            |  ####
            |  #
            |  #
            |  ####
            |  #
            |  #
            |  ####
        "#]]
        .assert_eq(&picture('E'));
    }

    #[test]
    fn an_unknown_character_is_a_box_with_its_code_point() {
        assert_eq!(
            (cells_of('a'), cells_of('μ'), cells_of('漢'), cells_of('🙂')),
            (1, 1, 2, 3)
        );
        let mask = mask(key('漢'));
        assert_eq!((mask.width, mask.height), (11, 15));
        expect_test::expect![[r#"
            |##########
            |#        #
            |# ### ####
            |# #   #  #
            |# ### ####
            |# # # #  #
            |# ### #  #
            |#        #
            |# ### ####
            |#   #   ##
            |# ### ####
            |# #   #  #
            |# ### ####
            |#        #
            |##########
        "#]]
        .assert_eq(&picture('漢'));
    }

    #[test]
    fn a_blank_has_no_ink() {
        assert!(mask(key(' ')).coverage.is_empty());
    }
}

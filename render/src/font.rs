//! Fonts: which face draws what, and the masks of text at a size.
//!
//! ```text
//!   a character of the primary font   ─► its glyph               one cell
//!   anything else                     ─► shaped by its face      the cells it was measured with
//!   a character that no face has      ─► missing                 a box with its code point
//! ```
//!
//! Masks are fitted to the pixel grid so that small text is crisp: heights of the primary font are
//! snapped so that baseline, x-height and cap height fall on rows, and each glyph is shifted by a
//! fraction of a pixel to where its stems cover whole columns. Everything is computed from outlines
//! with fixed rules, so masks are the same on any machine. Order, widths and lines belong to `text`.

mod added;
mod face;
mod missing;
mod outline;
mod shaped;

use std::sync::{Arc, Mutex, MutexGuard, OnceLock};

use rustc_hash::FxHashMap;
use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

use outline::Outlines;

pub use added::{FontError, Fonts};

/// Advance of every glyph of the primary font in units of 1/1000 em.
pub(crate) const ADVANCE: f64 = 600.0;

/// Bytes of more masks than a server's pictures need; beyond it the cache starts anew.
const CACHE_BYTES_MAX: usize = 8 << 20;
/// Sizes, cells and weights at a time; zooms make more.
const LOOKS_MAX: usize = 64;
/// The widest that a character may be to a reader, in cells.
pub(crate) const CLUSTER_CELLS_MAX: i32 = 4;
/// More marks than this on a letter are not drawn.
const CLUSTER_MARKS_MAX: usize = 8;

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

impl GlyphMask {
    fn empty() -> Self {
        Self {
            left: 0,
            top: 0,
            width: 0,
            height: 0,
            coverage: Vec::new(),
        }
    }

    /// Takes away what lies outside of columns, and of rows above and below the baseline.
    fn clip(&mut self, (from, to): (i32, i32), (above, below): (i32, i32)) {
        let count = |length: i32| usize::try_from(length).unwrap_or(0);
        let (left, right) = (self.left.max(from), (self.left + self.width).min(to));
        let (top, bottom) = (self.top.min(above), (self.top - self.height).max(-below));
        if left >= right || top <= bottom {
            *self = Self::empty();
            return;
        }
        let columns = count(left - self.left)..count(right - self.left);
        let rows = self.coverage.chunks(count(self.width).max(1));
        self.coverage = rows
            .skip(count(self.top - top))
            .take(count(top - bottom))
            .flat_map(|row| row[columns.clone()].iter().copied())
            .collect();
        (self.left, self.top) = (left, top);
        (self.width, self.height) = (right - left, top - bottom);
    }
}

/// How text is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Look {
    /// Height of the em square in 1/16 pixel.
    pub(crate) size_16ths: u32,
    /// Advance of a cell in 1/16 pixel.
    pub(crate) cell_16ths: u32,
    /// Whether the bold face draws it.
    pub(crate) is_bold: bool,
}

impl Look {
    fn size(self) -> f32 {
        sixteenths(self.size_16ths)
    }

    fn cell(self) -> f32 {
        sixteenths(self.cell_16ths)
    }
}

fn sixteenths(count: u32) -> f32 {
    f32::from(u16::try_from(count).unwrap_or(u16::MAX)) / 16.0
}

/// What is drawn at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sign<'t> {
    /// A character of the primary font.
    Plain(char),
    /// A character that no font has.
    Missing(char),
    /// Text of one face and direction.
    Shaped(Shaped<'t>),
}

/// Text of one face and direction, in its cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Shaped<'t> {
    /// A character as readers see it, or letters that join.
    pub(crate) text: &'t str,
    /// Which face.
    pub(crate) face: usize,
    /// Cells it takes.
    pub(crate) cells: i32,
    /// Whether it is read from right to left.
    pub(crate) is_rtl: bool,
    /// The letters before and after it that may join it.
    pub(crate) joins: (Option<char>, Option<char>),
}

/// What draws a character as readers see it, and its cells. `None` where nothing is to be seen.
pub(crate) fn sign_of(cluster: &str) -> Option<(Sign<'_>, i32)> {
    let mut marks = cluster.chars();
    if let (Some(only), None) = (marks.next(), marks.next())
        && is_plain(only)
    {
        return Some((Sign::Plain(only), 1));
    }
    let first = cluster.chars().find(|&mark| !is_ignorable(mark))?;
    let width = i32::try_from(cluster.width()).unwrap_or(CLUSTER_CELLS_MAX);
    let is_emoji = width == 2 && !is_east_asian(first);
    let Some(face) = face::of(cluster, is_emoji) else {
        return Some((Sign::Missing(first), missing::cells(first)));
    };
    let cells = width.clamp(1, CLUSTER_CELLS_MAX);
    let shaped = Shaped {
        text: cluster,
        face,
        cells,
        is_rtl: false,
        joins: (None, None),
    };
    Some((Sign::Shaped(shaped), cells))
}

/// A sign of a cluster that is read from right to left: brackets and arrows point the other way.
pub(crate) fn turned_around<'t>(sign: Sign<'t>, cluster: &'t str) -> Sign<'t> {
    match sign {
        Sign::Plain(' ') | Sign::Missing(_) => sign,
        Sign::Plain(_) => Sign::Shaped(Shaped {
            text: cluster,
            face: 0,
            cells: 1,
            is_rtl: true,
            joins: (None, None),
        }),
        Sign::Shaped(text) => Sign::Shaped(Shaped {
            is_rtl: true,
            ..text
        }),
    }
}

/// Whether the primary font draws a character in one cell, alone.
pub(crate) fn is_plain(mark: char) -> bool {
    if mark.is_ascii() {
        return true;
    }
    let primary = face::primary();
    // Some symbols are a little wider.
    let is_one = |glyph| (600.0..640.0).contains(&primary.font().glyph_metrics().h_advance(glyph));
    mark.width() != Some(2) && primary.glyph(mark).is_some_and(is_one)
}

/// Characters that are not seen themselves: joiners, marks of direction, variation selectors, tags.
/// Overrides of direction are none of them: a text that does not say what is shown is marked.
pub(crate) fn is_ignorable(mark: char) -> bool {
    matches!(u32::from(mark),
        0x034f | 0x061c | 0x115f..=0x1160 | 0x17b4..=0x17b5 | 0x180b..=0x180f | 0x200b..=0x200f
        | 0x202a..=0x202c | 0x2060..=0x206f | 0xfe00..=0xfe0f | 0xfeff | 0xe0000..=0xe0fff)
}

/// Characters that sit on others.
pub(crate) fn is_mark(mark: char) -> bool {
    !is_ignorable(mark) && mark.width() == Some(0)
}

/// Wide characters that are no emoji.
fn is_east_asian(mark: char) -> bool {
    matches!(u32::from(mark), 0x1100..=0x11ff | 0x2e80..=0xa4cf | 0xa960..=0xa97f | 0xac00..=0xd7ff
        | 0xf900..=0xfaff | 0xfe30..=0xfe4f | 0xff00..=0xffef | 0x20000..=0x3ffff)
}

/// Free units left and right of the ink of a character of the primary font.
pub(crate) fn bearings(mark: char) -> (f64, f64) {
    let face = face::primary();
    let glyph = face.glyph(mark).filter(|_| is_plain(mark));
    let bounds = glyph.and_then(|glyph| face.font().glyph_metrics().extents(glyph));
    let inked = bounds.filter(|bounds| bounds.width > 0.0);
    inked.map_or((0.0, 0.0), |bounds| {
        let left = f64::from(bounds.x_bearing);
        (left, ADVANCE - left - f64::from(bounds.width))
    })
}

/// The masks of visible ASCII, from the cache where they were drawn before.
pub(crate) fn ascii_masks(text: &str, look: Look) -> Vec<Arc<GlyphMask>> {
    let mut cache = cache();
    if cache.ascii.len() >= LOOKS_MAX && !cache.ascii.contains_key(&look) {
        cache.ascii.clear();
    }
    let table = (cache.ascii.entry(look)).or_insert_with(|| std::array::from_fn(|_| None));
    let mask = |byte: u8| {
        let known = &mut table[usize::from(byte & 0x7f)];
        let mask = known.get_or_insert_with(|| Arc::new(plain(char::from(byte), look)));
        Arc::clone(mask)
    };
    text.bytes().map(mask).collect()
}

/// The masks of signs, from the cache where they were drawn before.
pub(crate) fn masks<'t>(signs: impl Iterator<Item = Sign<'t>>, look: Look) -> Vec<Arc<GlyphMask>> {
    // One lock for a text, and none while something is drawn.
    let found: Vec<Result<Arc<GlyphMask>, (Key, Sign<'t>)>> = {
        let cache = cache();
        let known = |sign| {
            let key = Key::of(sign, look);
            cache.masks.get(&key).cloned().ok_or((key, sign))
        };
        signs.map(known).collect()
    };
    let drawn = |(key, sign)| {
        let mask = Arc::new(draw(sign, look));
        cache().keep(key, Arc::clone(&mask));
        mask
    };
    found
        .into_iter()
        .map(|mask| mask.unwrap_or_else(drawn))
        .collect()
}

fn draw(sign: Sign<'_>, look: Look) -> GlyphMask {
    match sign {
        Sign::Plain(mark) => plain(mark, look),
        Sign::Missing(mark) => missing::draw(mark, look),
        Sign::Shaped(text) => shaped::draw(text, look),
    }
}

fn plain(mark: char, look: Look) -> GlyphMask {
    let face = if look.is_bold {
        face::bold()
    } else {
        face::primary()
    };
    let Some(glyph) = face.glyph(mark) else {
        return missing::draw(mark, look);
    };
    let mut outlines = Outlines::snapped(look);
    outlines.add(face, glyph, (0.0, 0.0));
    outlines.mask((0.0, face.stroke(face::Fit::Grid)))
}

/// A sign and how it is drawn.
#[derive(Debug, PartialEq, Eq, Hash)]
enum Key {
    Plain(char, Look),
    Missing(char, Look),
    Shaped(
        Box<str>,
        (usize, i32, bool),
        (Option<char>, Option<char>),
        Look,
    ),
}

impl Key {
    fn of(sign: Sign<'_>, look: Look) -> Self {
        match sign {
            Sign::Plain(mark) => Self::Plain(mark, look),
            Sign::Missing(mark) => Self::Missing(mark, look),
            Sign::Shaped(text) => {
                let how = (text.face, text.cells, text.is_rtl);
                Self::Shaped(text.text.into(), how, text.joins, look)
            }
        }
    }
}

#[derive(Default)]
struct Cache {
    /// What nearly all text is made of: one look-up a text.
    ascii: FxHashMap<Look, [Option<Arc<GlyphMask>>; 128]>,
    masks: FxHashMap<Key, Arc<GlyphMask>>,
    bytes: usize,
}

impl Cache {
    fn keep(&mut self, key: Key, mask: Arc<GlyphMask>) {
        if self.bytes >= CACHE_BYTES_MAX {
            self.masks.clear();
            self.bytes = 0;
        }
        // What the map needs for an entry, roughly.
        self.bytes += mask.coverage.len() + 200;
        self.masks.insert(key, mask);
    }
}

fn cache() -> MutexGuard<'static, Cache> {
    static CACHE: OnceLock<Mutex<Cache>> = OnceLock::new();
    let cache = CACHE.get_or_init(Mutex::default);
    // A poisoned cache holds complete masks all the same: nothing is left half inserted.
    cache
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOOK: Look = Look {
        size_16ths: 160,
        cell_16ths: 96,
        is_bold: false,
    };

    fn picture(text: &str) -> String {
        let (sign, _) = sign_of(text).unwrap();
        let mask = draw(sign, LOOK);
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
        .assert_eq(&picture("E"));
    }

    #[test]
    fn an_unknown_character_is_a_box_with_its_code_point() {
        let cells = |text: &str| sign_of(text).unwrap().1;
        let found = ["a", "μ", "\u{e0a0}", "\u{10ffff}"].map(cells);
        assert_eq!(found, [1, 1, 2, 3]);
        expect_test::expect![[r#"
            |##########
            |#        #
            |# ### ####
            |# #   # ##
            |# ### # ##
            |# #   # ##
            |# ### ####
            |#        #
            |# ### ####
            |# # # # ##
            |# ### # ##
            |# # # # ##
            |# # # ####
            |#        #
            |##########
        "#]]
        .assert_eq(&picture("\u{e0a0}"));
    }

    #[test]
    fn a_blank_has_no_ink() {
        assert!(draw(Sign::Plain(' '), LOOK).coverage.is_empty());
        assert_eq!(bearings(' '), (0.0, 0.0));
    }
}

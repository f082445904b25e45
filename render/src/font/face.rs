//! The faces, in the order in which they are asked for a character.

use std::sync::OnceLock;

use harfrust::font::Source;
use harfrust::{Font, GlyphId};
use unicode_width::UnicodeWidthChar as _;

use super::is_ignorable;
use super::outline::Stroke;

/// How the glyphs of a face come into cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fit {
    /// Every glyph takes one cell, or sits on one that does.
    Grid,
    /// At the height of the text; narrower where they would not fit.
    Letters,
    /// Words whose letters join: as letters, but a little wider where there is room.
    Words,
    /// Smaller where they would not fit.
    Symbols,
    /// As large as their cells let.
    Wide,
    /// Wide or letters, as it comes.
    Any,
}

/// A font.
pub(super) struct Face {
    font: Font,
    fit: Fit,
    /// See [`Stroke::quarters`].
    quarters: usize,
    /// How large it is beside the primary font; letters of some fonts are small for their em.
    percent: u8,
    /// Hundredths of an em by which it stands lower, so that its signs are in the middle of capitals.
    lower: u8,
}

impl Face {
    /// `None` where the source is no font.
    pub(super) fn new(source: impl Into<Source>, index: u32, fit: Fit) -> Option<Self> {
        let font = Font::new(source, index)?;
        Some(Self {
            font,
            fit,
            quarters: 5,
            percent: 100,
            lower: 0,
        })
    }

    fn bundled(data: &'static [u8], fit: Fit, (quarters, percent, lower): (usize, u8, u8)) -> Self {
        let face = Self::new(data, 0, fit).expect("the bundled fonts are sound");
        Self {
            quarters,
            percent,
            lower,
            ..face
        }
    }

    /// Pixels per unit where the em of the primary font has so many.
    pub(super) fn scale(&self, em_pixels: f32) -> f32 {
        let units = f32::from(self.font.units_per_em().max(16));
        em_pixels * f32::from(self.percent) / 100.0 / units
    }

    pub(super) fn font(&self) -> &Font {
        &self.font
    }

    /// Units from the baseline of the text down to that of the face.
    pub(super) fn lower(&self) -> f32 {
        f32::from(self.font.units_per_em()) * f32::from(self.lower) / 100.0
    }

    /// How a text that begins with a character comes into cells.
    pub(super) fn fit(&self, first: char) -> Fit {
        match self.fit {
            Fit::Any if first.width() == Some(2) => Fit::Wide,
            Fit::Any => Fit::Letters,
            fit => fit,
        }
    }

    pub(super) fn stroke(&self, fit: Fit) -> Stroke {
        Stroke {
            quarters: self.quarters,
            thicker: 0,
            fits_rows: fit == Fit::Wide,
        }
    }

    /// Whether there is anything to draw with it.
    pub(super) fn is_drawn(&self) -> bool {
        let outlines = self.font.outline_glyphs();
        self.font.charmap().has_unicode() && !outlines.is_empty()
    }

    /// The glyph of a character.
    pub(super) fn glyph(&self, mark: char) -> Option<GlyphId> {
        self.font.charmap().map_unicode(mark)
    }
}

/// The primary font.
pub(super) fn primary() -> &'static Face {
    &bundled()[0]
}

/// The bold face of the primary font, the only one there is.
pub(super) fn bold() -> &'static Face {
    static BOLD: OnceLock<Face> = OnceLock::new();
    BOLD.get_or_init(|| {
        let data = include_bytes!("../../assets/NotoSansMono-Bold.ttf");
        Face::bundled(data, Fit::Grid, (4, 100, 0))
    })
}

/// A face by its place in the order.
pub(super) fn nth(index: usize) -> &'static Face {
    let face = faces().nth(index);
    face.expect("faces are never taken away")
}

/// The place of the face that draws a cluster: the first that has all of its characters, else the
/// first that has the one it begins with.
pub(super) fn of(cluster: &str, is_emoji: bool) -> Option<usize> {
    let mut needed = cluster.chars().filter(|&mark| !is_ignorable(mark));
    let first = needed.next()?;
    // More marks than this on a letter are not drawn.
    let has_all = |face: &Face| {
        needed
            .clone()
            .take(8)
            .all(|mark| face.glyph(mark).is_some())
    };
    let has_first = |face: &Face| face.glyph(first).is_some();
    if is_emoji && has_first(nth(EMOJI)) {
        return Some(EMOJI);
    }
    let whole = faces().position(|face| has_first(face) && has_all(face));
    whole.or_else(|| faces().position(has_first))
}

/// Adds faces behind the bundled ones, once. Says whether it was the first time.
pub(super) fn add(faces: Vec<Face>) -> bool {
    ADDED.set(faces).is_ok()
}

static ADDED: OnceLock<Vec<Face>> = OnceLock::new();

fn faces() -> impl Iterator<Item = &'static Face> {
    bundled().iter().chain(ADDED.get().into_iter().flatten())
}

/// The place of the emoji.
const EMOJI: usize = 4;

/// The reference's chain first, then what it lacks.
fn bundled() -> &'static [Face; 13] {
    static FACES: OnceLock<[Face; 13]> = OnceLock::new();
    macro_rules! face {
        ($name:literal, $fit:ident, $quarters:literal, $percent:literal) => {
            face!($name, $fit, $quarters, $percent, 0)
        };
        ($name:literal, $fit:ident, $quarters:literal, $percent:literal, $lower:literal) => {
            Face::bundled(
                include_bytes!(concat!("../../assets/", $name)),
                Fit::$fit,
                ($quarters, $percent, $lower),
            )
        };
    }
    FACES.get_or_init(|| {
        [
            face!("NotoSansMono-Regular.ttf", Grid, 5, 100),
            face!("NotoSansMath.ttf", Symbols, 5, 100),
            face!("NotoSansSymbols.ttf", Symbols, 5, 100),
            face!("NotoSansSymbols2.ttf", Symbols, 5, 100),
            face!("NotoEmoji.ttf", Wide, 5, 100),
            face!("NotoSansHebrew.ttf", Letters, 5, 110),
            face!("NotoSansArabic.ttf", Words, 5, 120),
            face!("NotoSansDevanagari.ttf", Words, 5, 120),
            face!("NotoSansThai.ttf", Letters, 5, 115),
            face!("NotoSansArmenian.ttf", Letters, 5, 100),
            face!("NotoSansGeorgian.ttf", Letters, 5, 100),
            face!("NotoSansCJK.otf", Wide, 6, 100, 5),
            face!("DroidSansFallback.ttf", Wide, 5, 100, 5),
        ]
    })
}

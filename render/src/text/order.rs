//! From a text as it is read to signs as they stand, from left to right.
//!
//! The line itself always reads from left to right, so that columns stay; what reads from right to
//! left is turned around within it, by the Unicode bidirectional algorithm. Letters that join are one
//! sign together.

use std::ops::Range;

use unicode_bidi::{Level, ParagraphBidiInfo};

use super::cluster::{Cluster, clusters};
use super::visible;
use crate::font::{self, GlyphMask, Look, Sign};

/// The longest sign: long words are drawn in parts, whose letters join.
const JOINED_CELLS_MAX: i32 = 24;

/// Hands out the masks of a text, each with the cell it begins at.
pub(crate) fn draw(text: &str, look: Look, mut paint: impl FnMut(i32, &GlyphMask)) {
    if is_ascii(text) {
        let masks = font::ascii_masks(text, look);
        (0..).zip(&masks).for_each(|(cell, mask)| paint(cell, mask));
        return;
    }
    let text = visible(text);
    let pieces = pieces(&text);
    let masks = font::masks(pieces.iter().map(|piece| piece.sign), look);
    let mut cell = 0;
    for (piece, mask) in pieces.iter().zip(&masks) {
        paint(cell, mask);
        cell += piece.cells;
    }
}

fn is_ascii(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, b' '..=b'~'))
}

/// Whether every character of a text is a visible one of the primary font, and takes one cell.
pub(super) fn is_plain(text: &str) -> bool {
    is_ascii(text) || (text.chars()).all(|mark| !mark.is_control() && font::is_plain(mark))
}

/// What is drawn at once.
#[derive(Clone, Debug)]
struct Piece<'t> {
    sign: Sign<'t>,
    cells: i32,
    level: Level,
    /// Where it stands in the text.
    range: Range<usize>,
}

/// The pieces of a text of visible characters, from left to right.
fn pieces(text: &str) -> Vec<Piece<'_>> {
    let levels = levels(text);
    let mut pieces: Vec<Piece<'_>> = Vec::new();
    let mut start = 0;
    for cluster in clusters(text) {
        let level = levels
            .as_ref()
            .map_or_else(Level::ltr, |levels| levels[start]);
        let range = start..start + cluster.text.len();
        start = range.end;
        let Some(mut piece) = Piece::of(cluster, level, range) else {
            continue;
        };
        let last = pieces.last_mut();
        if !last.is_some_and(|last| last.join(&mut piece, text)) {
            pieces.push(piece);
        }
    }
    let Some(_) = levels else {
        return pieces;
    };
    let levels: Vec<Level> = pieces.iter().map(|piece| piece.level).collect();
    let order = ParagraphBidiInfo::reorder_visual(&levels);
    order
        .into_iter()
        .map(|index| pieces[index].clone())
        .collect()
}

impl<'t> Piece<'t> {
    /// `None` for what is not seen.
    fn of(cluster: Cluster<'t>, level: Level, range: Range<usize>) -> Option<Self> {
        let mut sign = cluster.sign?;
        if level.is_rtl() {
            sign = font::turned_around(sign, cluster.text);
        }
        Some(Self {
            sign,
            cells: cluster.cells,
            level,
            range,
        })
    }

    /// Takes in the next piece where their letters join. Where the sign would be too long they are
    /// only told of each other.
    fn join(&mut self, next: &mut Self, text: &'t str) -> bool {
        let (Sign::Shaped(mut word), Sign::Shaped(mut more)) = (self.sign, next.sign) else {
            return false;
        };
        let is_one = word.face == more.face
            && self.level == next.level
            && self.range.end == next.range.start
            && joins(word.text)
            && joins(more.text);
        if !is_one {
            return false;
        }
        if self.cells + next.cells > JOINED_CELLS_MAX {
            word.joins.1 = more.text.chars().next();
            more.joins.0 = word.text.chars().next_back();
            (self.sign, next.sign) = (Sign::Shaped(word), Sign::Shaped(more));
            return false;
        }
        self.range.end = next.range.end;
        self.cells += next.cells;
        word.text = &text[self.range.clone()];
        word.cells = self.cells;
        self.sign = Sign::Shaped(word);
        true
    }
}

/// Whether a letter is of a script whose letters join: Arabic and its neighbours, and the scripts of
/// India, whose letters hang on one line.
fn joins(letter: &str) -> bool {
    letter.chars().next().is_some_and(|mark| {
        matches!(u32::from(mark),
            0x0600..=0x08ff | 0x0900..=0x0dff | 0x1800..=0x18af | 0xfb50..=0xfdff | 0xfe70..=0xfefc)
    })
}

/// The bidirectional level of every byte, where anything reads from right to left.
fn levels(text: &str) -> Option<Vec<Level>> {
    let has_rtl = text.chars().any(|mark| {
        matches!(u32::from(mark),
            0x0590..=0x08ff | 0x200f | 0x202a..=0x202e | 0x2066..=0x2069 | 0xfb1d..=0xfdff
            | 0xfe70..=0xfefc | 0x10800..=0x10fff | 0x1e800..=0x1efff)
    });
    if !has_rtl {
        return None;
    }
    // Overrides are shown, not followed; in their stand they are an object of as many bytes.
    let text = text.replace(['\u{202d}', '\u{202e}'], "\u{fffc}");
    let info = ParagraphBidiInfo::new(&text, Some(Level::ltr()));
    Some(info.reordered_levels(0..text.len()))
}

#[cfg(test)]
mod tests;

//! Text in cells: sizes, widths, wrapping and truncation, before any glyph is drawn.
//!
//! Text stands in a grid, so a text's width is its number of cells times the cell width of its size.
//! Shapes of glyphs belong to `font`.

mod cluster;
mod order;
mod shorten;

use std::borrow::Cow;

use crate::font;
use cluster::clusters;
use order::is_plain;

pub(crate) use order::draw;
pub(crate) use shorten::shorten;

/// The four sizes of text in a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum TextSize {
    /// Tick labels, statistics, footer.
    Small,
    /// Axis and legend labels, warnings.
    Normal,
    /// Error pictures.
    Error,
    /// Title.
    Large,
}

impl TextSize {
    /// Height of the em square in pixels.
    pub(crate) fn pixels(self) -> f64 {
        match self {
            Self::Small => 10.0,
            Self::Normal => 12.0,
            Self::Error => 13.0,
            Self::Large => 14.0,
        }
    }

    /// Advance of one cell in pixels.
    pub(crate) fn cell_width(self) -> i32 {
        match self {
            Self::Small => 6,
            Self::Normal => 7,
            Self::Error | Self::Large => 8,
        }
    }

    /// Height of one line in pixels.
    pub(crate) fn line_height(self) -> i32 {
        match self {
            Self::Small => 14,
            Self::Normal => 17,
            Self::Error => 18,
            Self::Large => 20,
        }
    }

    /// Rows from the top of a line to its baseline: the font's ascent of 1069 per 1000.
    pub(crate) fn ascent(self) -> f64 {
        1.069 * self.pixels()
    }

    /// Height of a block of so many lines.
    pub(crate) fn block_height(self, lines: usize) -> i32 {
        let lines = i32::try_from(lines).unwrap_or(i32::MAX / 64).min(10_000);
        if lines == 1 {
            return self.line_height();
        }
        #[expect(
            clippy::cast_possible_truncation,
            reason = "at most 10,000 lines of 20 pixels"
        )]
        let height = (f64::from(lines) * 1.362 * self.pixels()).ceil() as i32;
        height
    }

    /// Rows from the top of a block to the baseline of line `index`.
    pub(crate) fn baseline(self, index: usize) -> f64 {
        let index = u32::try_from(index).unwrap_or(u32::MAX);
        self.ascent() + f64::from(index) * 1.362 * self.pixels()
    }
}

/// Free pixels at either side of a text.
pub(crate) const PADDING: i32 = 4;

/// What is shown of a text: a blank for every control character and end of line.
pub(crate) fn visible(text: &str) -> Cow<'_, str> {
    let is_hidden = |mark: char| mark.is_control() || matches!(mark, '\u{2028}' | '\u{2029}');
    if text.contains(is_hidden) {
        Cow::Owned(text.replace(is_hidden, " "))
    } else {
        Cow::Borrowed(text)
    }
}

/// Cells that a text takes.
pub(crate) fn cells(text: &str) -> i32 {
    if is_plain(text) {
        return i32::try_from(text.chars().count()).unwrap_or(i32::MAX);
    }
    clusters(&visible(text))
        .map(|cluster| cluster.cells)
        .fold(0, i32::saturating_add)
}

/// What a reader takes for one character: its bytes, and its cells.
pub(crate) fn cluster_sizes(text: &str) -> Vec<(usize, usize)> {
    let count = |cells| usize::try_from(cells).unwrap_or(0);
    clusters(text)
        .map(|cluster| (cluster.text.len(), count(cells(cluster.text))))
        .collect()
}

/// The parts of a row of a program that may be turned around each for itself, with the cells before
/// them: what reads from right to left must not change places across commas, so that marks below a
/// word stay below it. A row of which nothing does is one part.
pub(crate) fn tokens(row: &str) -> Vec<(i32, &str)> {
    if is_plain(row) {
        return vec![(0, row)];
    }
    let mut tokens = Vec::new();
    let mut used = 0;
    let (mut start, mut end) = (0, 0);
    let mut before = 0;
    for cluster in clusters(row) {
        end += cluster.text.len();
        used += cluster.cells;
        if cluster.text.starts_with([',', '(', ')']) {
            tokens.push((before, &row[start..end]));
            (start, before) = (end, used);
        }
    }
    tokens.push((before, &row[start..]));
    tokens.retain(|(_, token)| !token.is_empty());
    tokens
}

/// Pixels from the first ink to the last, for aligning at the right and in the middle.
pub(crate) fn ink_width(text: &str, size: TextSize) -> f64 {
    let advance = f64::from(cells(text)) * f64::from(size.cell_width());
    let (Some(first), Some(last)) = (text.chars().next(), text.chars().next_back()) else {
        return 0.0;
    };
    if !is_plain(text) {
        return advance;
    }
    let scale = f64::from(size.cell_width()) / font::ADVANCE;
    let (left, _) = font::bearings(first);
    let (_, right) = font::bearings(last);
    (advance - (left + right) * scale).max(0.0)
}

/// Shortens a text that does not fit into so many pixels, as the reference does: whole while
/// strictly shorter than the room, else five cells less and three dots.
pub(crate) fn truncate(text: &str, width: i32, size: TextSize) -> String {
    let text = visible(text);
    let room = (width - 2 * PADDING) / size.cell_width();
    if cells(&text) < room {
        return text.into_owned();
    }
    if room < 5 {
        return String::new();
    }
    let end = end_of_cells(&text, room - 5);
    format!("{}...", &text[..end])
}

/// Breaks a text into lines of so many pixels: after blanks, after hyphens and slashes that no digit
/// follows, and around ideographs, else between characters.
pub(crate) fn wrap(text: &str, width: i32, size: TextSize) -> Vec<String> {
    let text = visible(text);
    let room = ((width - 2 * PADDING) / size.cell_width()).max(1);
    let mut lines = Vec::new();
    let mut line = String::new();
    let mut line_cells = 0;
    for word in words(&text) {
        let mut word = word;
        let mut word_cells = cells(word.trim_end());
        if line_cells + word_cells > room && !line.is_empty() {
            lines.push(std::mem::take(&mut line));
            line_cells = 0;
        }
        while word_cells > room {
            let first = clusters(word).next().map_or(0, |first| first.text.len());
            let split = end_of_cells(word, room).max(first);
            lines.push(word[..split].to_owned());
            word = &word[split..];
            word_cells = cells(word.trim_end());
        }
        line.push_str(word);
        line_cells += cells(word);
    }
    if !line.is_empty() || lines.is_empty() {
        lines.push(line);
    }
    for line in &mut lines {
        line.truncate(line.trim_end().len());
    }
    lines
}

/// Parts of a text after which a line may end.
fn words(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let is_end = |(index, mark): &(usize, char)| {
            let next = rest[index + mark.len_utf8()..].chars().next();
            match mark {
                ' ' => true,
                '-' | '/' => !next.is_some_and(|next| next.is_ascii_digit()),
                _ => is_ideograph(*mark) && !next.is_some_and(is_closing),
            }
        };
        let end = rest
            .char_indices()
            .find(is_end)
            .map_or(rest.len(), |(index, mark)| index + mark.len_utf8());
        let (word, after) = rest.split_at(end);
        rest = after;
        (!word.is_empty()).then_some(word)
    })
}

/// Ideographs and kana, which need no blanks between words.
fn is_ideograph(mark: char) -> bool {
    matches!(u32::from(mark), 0x3041..=0x30ff | 0x3400..=0x9fff | 0xf900..=0xfaff | 0x20000..=0x3ffff)
}

/// What no line begins with: marks, ends of sentences and brackets, small kana.
fn is_closing(mark: char) -> bool {
    font::is_mark(mark)
        || font::is_ignorable(mark)
        || ".,:;!?)]}\u{3001}\u{3002}\u{3009}\u{300b}\u{300d}\u{300f}\u{3011}\u{ff01}\u{ff09}\u{ff0c}\u{ff0e}\u{ff1a}\u{ff1b}\u{ff1f}\u{30fc}\u{3063}\u{30c3}\u{3083}\u{3085}\u{3087}\u{30e3}\u{30e5}\u{30e7}".contains(mark)
}

/// The byte index after the last character that still fits.
fn end_of_cells(text: &str, room: i32) -> usize {
    let mut used = 0;
    let mut end = 0;
    for cluster in clusters(text) {
        used += cluster.cells;
        if used > room {
            break;
        }
        end += cluster.text.len();
    }
    end
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn blocks_are_as_high_as_in_the_reference() {
        for (size, heights) in [
            (TextSize::Small, [14, 28, 41]),
            (TextSize::Normal, [17, 33, 50]),
        ] {
            for (lines, height) in (1..).zip(heights) {
                assert_eq!(size.block_height(lines), height);
            }
        }
    }

    #[test]
    fn long_texts_lose_their_tail() {
        assert_eq!(
            truncate("0123456789", 8 + 11 * 7, TextSize::Normal),
            "0123456789"
        );
        assert_eq!(
            truncate("0123456789", 8 + 10 * 7, TextSize::Normal),
            "01234..."
        );
        assert_eq!(truncate("0123456789", 8 + 4 * 7, TextSize::Normal), "");
    }

    #[test]
    fn lines_break_after_blanks_and_slashes() {
        let text = "Frame: 3h, End: 2012-01-01T00:01-08:00[US/Pacific], Step: 1m";
        let lines = wrap(text, 100, TextSize::Small);
        let expected = [
            "Frame: 3h, End:",
            "2012-01-01T00:0",
            "1-08:00[US/",
            "Pacific], Step:",
            "1m",
        ];
        assert_eq!(lines, expected);
        assert_eq!(
            wrap("aaaaaaaaaa b", 8 + 4 * 6, TextSize::Small),
            ["aaaa", "aaaa", "aa b"]
        );
        assert_eq!(wrap("", 100, TextSize::Small), [""]);
    }

    #[test]
    fn lines_break_around_ideographs_but_not_before_what_ends_a_sentence() {
        let lines = |text: &str| wrap(text, 8 + 8 * 6, TextSize::Small);
        assert_eq!(lines("abc 漢字漢字"), ["abc 漢字", "漢字"]);
        assert_eq!(lines("漢字仮名。"), ["漢字仮", "名。"]);
    }

    proptest! {
        #[test]
        fn wrapping_keeps_every_mark_and_fits(text in "\\PC{0,60}", width in 8..200) {
            let lines = wrap(&text, width, TextSize::Small);
            let joined: String = lines.concat().split(' ').collect();
            let wanted: String =
                visible(&text).chars().filter(|mark| !mark.is_whitespace()).collect();
            let joined: String = joined.chars().filter(|mark| !mark.is_whitespace()).collect();
            prop_assert_eq!(joined, wanted);
            let room = ((width - 8) / 6).max(1);
            prop_assert!(lines.iter().all(|line| cells(line) <= room.max(4)));
        }
    }
}

//! Shortening in the middle: what tells a text apart from its neighbours mostly stands at its end.

use super::visible;
use crate::font;

/// A text that takes at most so many cells: itself, or its start and its end around an ellipsis. What
/// is one character to a reader is never cut. Empty where not even the ellipsis has room.
pub(crate) fn shorten(text: &str, room: i32) -> String {
    let clusters = clusters(text);
    let total: i32 = clusters.iter().map(|cluster| cluster.cells).sum();
    if total <= room {
        return visible(text).collect();
    }
    if room < 1 {
        return String::new();
    }
    let free = room - 1;
    // Names grow more specific to the right, so the end has the larger part.
    let (mut head, mut tail) = (0, 0);
    let (mut used_head, mut used_tail) = (0, 0);
    let head_room = free * 2 / 5;
    for cluster in clusters.iter().rev() {
        if used_tail + cluster.cells > free - head_room {
            break;
        }
        used_tail += cluster.cells;
        tail += 1;
    }
    for cluster in &clusters {
        if used_head + cluster.cells > free - used_tail {
            break;
        }
        used_head += cluster.cells;
        head += 1;
    }
    let end = clusters.len() - tail;
    let head = clusters[..head.min(end)].iter();
    let mut out: String = head.flat_map(|cluster| visible(cluster.text)).collect();
    out.truncate(out.trim_end().len());
    out.push(ELLIPSIS);
    let tail: String = (clusters[end..].iter())
        .flat_map(|cluster| visible(cluster.text))
        .collect();
    out + tail.trim_start()
}

/// What a reader takes for one character, with the cells it fills.
struct Cluster<'a> {
    text: &'a str,
    cells: i32,
}

fn clusters(text: &str) -> Vec<Cluster<'_>> {
    let mut starts = Vec::new();
    let mut is_joined = false;
    let mut flags = 0;
    for (index, mark) in text.char_indices() {
        let is_flag = is_regional(mark);
        let is_second_flag = is_flag && flags % 2 == 1;
        flags = if is_flag { flags + 1 } else { 0 };
        if !(is_joined || is_second_flag || is_attached(mark)) || starts.is_empty() {
            starts.push(index);
        }
        is_joined = mark == ZERO_WIDTH_JOINER;
    }
    let ends = starts.iter().skip(1).copied().chain([text.len()]);
    starts
        .iter()
        .zip(ends)
        .map(|(&start, end)| {
            let text = &text[start..end];
            Cluster {
                text,
                cells: visible(text).map(font::cells_of).sum(),
            }
        })
        .collect()
}

const ZERO_WIDTH_JOINER: char = '\u{200d}';

/// Stands for what is left out.
const ELLIPSIS: char = '\u{2026}';

/// Letters of flags come in pairs.
fn is_regional(mark: char) -> bool {
    ('\u{1f1e6}'..='\u{1f1ff}').contains(&mark)
}

/// Marks that belong to the character before them: accents, points of Hebrew and Arabic, signs of
/// Indic and Thai vowels, variation selectors, skin tones, tags.
fn is_attached(mark: char) -> bool {
    matches!(u32::from(mark),
        0x0300..=0x036f | 0x0483..=0x0489 | 0x0591..=0x05bd | 0x05bf | 0x05c1..=0x05c2
        | 0x05c4..=0x05c5 | 0x05c7 | 0x0610..=0x061a | 0x064b..=0x065f | 0x0670
        | 0x06d6..=0x06dc | 0x06df..=0x06e4 | 0x06e7..=0x06e8 | 0x06ea..=0x06ed
        | 0x0711 | 0x0730..=0x074a | 0x0900..=0x0903 | 0x093a..=0x093c | 0x093e..=0x094f
        | 0x0951..=0x0957 | 0x0962..=0x0963 | 0x0981..=0x0983 | 0x09bc | 0x09be..=0x09cd
        | 0x0e31 | 0x0e34..=0x0e3a | 0x0e47..=0x0e4e | 0x1ab0..=0x1aff | 0x1dc0..=0x1dff
        | 0x200b..=0x200f | 0x2060 | 0x20d0..=0x20ff | 0x3099..=0x309a | 0xfe00..=0xfe0f
        | 0xfe20..=0xfe2f | 0xfeff | 0x1f3fb..=0x1f3ff | 0xe0020..=0xe007f | 0xe0100..=0xe01ef)
}

#[cfg(test)]
mod tests {
    use super::super::cells;
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_end_stays() {
        for (room, expected) in [
            (40, "com.example.http.server.latency.p99"),
            (35, "com.example.http.server.latency.p99"),
            (20, "com.exa\u{2026}.latency.p99"),
            (2, "\u{2026}9"),
            (1, "\u{2026}"),
            (0, ""),
        ] {
            let text = shorten("com.example.http.server.latency.p99", room);
            assert_eq!(text, expected);
        }
        assert_eq!(shorten("requests per second", 12), "requ\u{2026}second");
        assert_eq!(cells("\u{2026}"), 1);
    }

    #[test]
    fn what_is_one_character_to_a_reader_is_not_cut() {
        // A family, a flag, an accent apart from its letter, a Hebrew letter with its point.
        for whole in ["👨\u{200d}👩\u{200d}👧", "🇩🇪", "e\u{301}", "ש\u{5c1}"] {
            let found = clusters(whole);
            assert_eq!(found.len(), 1, "{whole}");
        }
        assert_eq!(clusters("🇩🇪🇫🇷a").len(), 3);
    }

    proptest! {
        #[test]
        fn a_shortened_text_fits_and_says_that_it_is_one(text in "\\PC{0,40}", room in 0..50_i32) {
            let found = shorten(&text, room);
            prop_assert!(cells(&found) <= room);
            let whole: String = visible(&text).collect();
            let is_marked = found.contains(ELLIPSIS);
            prop_assert!(found == whole || found.is_empty() || is_marked);
            prop_assert_eq!(found == whole, cells(&whole) <= room || whole == found);
        }
    }
}

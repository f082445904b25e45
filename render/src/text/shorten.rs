//! Shortening in the middle: what tells a text apart from its neighbours mostly stands at its end.

use super::cluster::{Cluster, clusters};
use super::{cells, visible};

/// A text that takes at most so many cells: itself, or its start and its end around an ellipsis. What
/// is one character to a reader is never cut. Empty where not even the ellipsis has room.
pub(crate) fn shorten(text: &str, room: i32) -> String {
    let text = visible(text);
    if cells(&text) <= room {
        return text.into_owned();
    }
    if room < 1 {
        return String::new();
    }
    let clusters: Vec<Cluster<'_>> = clusters(&text).collect();
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
    let mut out: String = head.map(|cluster| cluster.text).collect();
    out.truncate(out.trim_end().len());
    out.push(ELLIPSIS);
    let tail: String = clusters[end..].iter().map(|cluster| cluster.text).collect();
    out + tail.trim_start()
}

/// Stands for what is left out.
const ELLIPSIS: char = '\u{2026}';

#[cfg(test)]
mod tests {
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
            assert_eq!(clusters(whole).count(), 1, "{whole}");
        }
        assert_eq!(clusters("🇩🇪🇫🇷a").count(), 3);
    }

    proptest! {
        #[test]
        fn a_shortened_text_fits_and_says_that_it_is_one(text in "\\PC{0,40}", room in 0..50_i32) {
            let found = shorten(&text, room);
            prop_assert!(cells(&found) <= room);
            let whole = visible(&text).into_owned();
            let is_marked = found.contains(ELLIPSIS);
            prop_assert!(found == whole || found.is_empty() || is_marked);
            prop_assert_eq!(found == whole, cells(&whole) <= room || whole == found);
        }
    }
}

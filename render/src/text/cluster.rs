//! Characters as readers see them, with the cells they take.

use unicode_segmentation::UnicodeSegmentation as _;
use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

use crate::font::{self, CLUSTER_CELLS_MAX, Sign};

const WIDTH_MAX: usize = CLUSTER_CELLS_MAX as usize;

/// What a reader takes for one character.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cluster<'t> {
    pub(super) text: &'t str,
    pub(super) cells: i32,
    /// What draws it, where it is seen.
    pub(super) sign: Option<Sign<'t>>,
}

impl<'t> Cluster<'t> {
    fn of(text: &'t str) -> Self {
        let drawn = font::sign_of(text);
        Self {
            text,
            cells: drawn.map_or(0, |(_, cells)| cells),
            sign: drawn.map(|(sign, _)| sign),
        }
    }
}

/// The clusters of a text of visible characters.
pub(super) fn clusters(text: &str) -> impl Iterator<Item = Cluster<'_>> {
    text.graphemes(true).flat_map(parts).map(Cluster::of)
}

/// A cluster whole, or in pieces where it would be too wide: Indic syllables have no longest one.
fn parts(cluster: &str) -> impl Iterator<Item = &str> {
    let is_narrow = cluster.width() <= WIDTH_MAX;
    let mut rest = cluster;
    std::iter::from_fn(move || {
        if is_narrow {
            return Some(std::mem::take(&mut rest)).filter(|whole| !whole.is_empty());
        }
        let mut used = 0;
        let too_wide = |(index, mark): &(usize, char)| {
            used += mark.width().unwrap_or(0);
            let is_first = *index == 0;
            !is_first && used > WIDTH_MAX
        };
        let end = rest.char_indices().find(too_wide);
        let (part, after) = rest.split_at(end.map_or(rest.len(), |(index, _)| index));
        rest = after;
        (!part.is_empty()).then_some(part)
    })
}

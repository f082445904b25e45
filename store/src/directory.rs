//! The series of a shard by ordinal.
//!
//! Takes series with their ordinals; gives them back by ordinal. A published directory never changes:
//! adding copies the list of pages (pointers) and the pages it touches, nothing else. Finding an
//! ordinal by id is the writer's business ([`Names`]), readers never need it.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};
use telamon_model::{Series, SeriesId, Tags};

/// Series on a page; the open page is copied by a record that brings new series.
const PAGE_SERIES: usize = 256;

/// Ordinal to series.
#[derive(Clone, Debug, Default)]
pub(crate) struct Directory {
    pages: Vec<Arc<Vec<Series>>>,
    len: usize,
}

impl Directory {
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// The series with this ordinal, which must have been given out.
    pub(crate) fn series(&self, ordinal: u32) -> &Series {
        let ordinal = ordinal as usize;
        &self.pages[ordinal / PAGE_SERIES][ordinal % PAGE_SERIES]
    }

    /// Puts series at their ordinals, each either the next one or one whose series has gone.
    pub(crate) fn put(&mut self, series: impl IntoIterator<Item = (u32, Series)>) {
        for (ordinal, series) in series {
            let ordinal = ordinal as usize;
            if ordinal == self.pages.len() * PAGE_SERIES {
                self.pages.push(Arc::new(Vec::with_capacity(PAGE_SERIES)));
            }
            let page = Arc::make_mut(&mut self.pages[ordinal / PAGE_SERIES]);
            match page.get_mut(ordinal % PAGE_SERIES) {
                Some(gone) => *gone = series,
                None => {
                    page.push(series);
                    self.len += 1;
                }
            }
        }
    }
}

/// An id whose first eight bytes are its hash: SHA-1 has spread them already.
#[derive(Clone, Copy, PartialEq, Eq)]
struct IdKey([u8; 20]);

impl Hash for IdKey {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let head = self.0.first_chunk().expect("an id has twenty bytes");
        state.write_u64(u64::from_le_bytes(*head));
    }
}

/// What the writer of a shard needs to know names: id to ordinal, and every string once.
#[derive(Default)]
pub(crate) struct Names {
    ordinals: FxHashMap<IdKey, u32>,
    strings: FxHashSet<Arc<str>>,
}

impl Names {
    /// The ordinal of a known id. One probe, no string is looked at.
    pub(crate) fn ordinal(&self, id: SeriesId) -> Option<u32> {
        self.ordinals.get(&IdKey(*id.as_bytes())).copied()
    }

    /// Forgets a series.
    pub(crate) fn remove(&mut self, id: SeriesId) {
        self.ordinals.remove(&IdKey(*id.as_bytes()));
    }

    /// Forgets strings that no series uses any more.
    pub(crate) fn forget_unused_strings(&mut self) {
        self.strings.retain(|text| Arc::strong_count(text) > 1);
    }

    /// Gives an ordinal to a new series; answers the series with its strings shared.
    pub(crate) fn insert(&mut self, series: &Series, ordinal: u32) -> Series {
        self.ordinals
            .insert(IdKey(*series.id().as_bytes()), ordinal);
        let strings = &mut self.strings;
        let tags = Tags::from_pairs(
            series
                .tags()
                .iter()
                .map(|(key, value)| (shared(strings, key), shared(strings, value)))
                .collect::<Vec<_>>(),
        );
        Series::new(tags)
    }
}

/// The one copy of a string.
fn shared(strings: &mut FxHashSet<Arc<str>>, text: &Arc<str>) -> Arc<str> {
    if let Some(known) = strings.get(text) {
        return Arc::clone(known);
    }
    strings.insert(Arc::clone(text));
    Arc::clone(text)
}

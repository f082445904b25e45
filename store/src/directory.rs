//! The series of a shard by ordinal.
//!
//! Takes series in order of arrival; gives them back by ordinal. A published directory never changes:
//! appending copies the list of full pages (pointers) and the open page, nothing else. Finding an
//! ordinal by id is the writer's business ([`Names`]), readers never need it.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};
use telamon_model::{Series, SeriesId, Tags};

/// Series on a page; the open page is copied by a record that brings new series.
const PAGE_SERIES: usize = 256;

/// Ordinal to series, append-only.
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

    pub(crate) fn append(&mut self, series: impl IntoIterator<Item = Series>) {
        for series in series {
            if self.len.is_multiple_of(PAGE_SERIES) {
                self.pages.push(Arc::new(Vec::with_capacity(PAGE_SERIES)));
            }
            let page = self
                .pages
                .last_mut()
                .expect("a page was pushed when none had room");
            Arc::make_mut(page).push(series);
            self.len += 1;
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

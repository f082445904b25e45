//! Series met before, by their tag set.
//!
//! Takes strings and tag sets as frames have them and gives numbers and series. A set is looked up
//! by the numbers of its strings, so a known set costs neither a hash of its text nor its id. The
//! frames of one publisher repeat the same strings and sets in the same order, so what followed
//! last time is tried first.

use std::hash::{BuildHasher, BuildHasherDefault};
use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHasher};
use telamon_model::{Series, Tags};

/// Series met in earlier frames, so that decoding the same tag set again costs a look-up and no
/// SHA-1. Bounded; what it holds never changes what is decoded.
#[derive(Debug)]
pub struct SeriesCache {
    series_max: usize,
    /// By symbol.
    strings: Vec<Arc<str>>,
    symbol_of: FxHashMap<Arc<str>, u32>,
    /// The string asked for last.
    last_symbol: usize,
    /// Symbols of keys, by shape.
    shapes: Vec<Box<[u32]>>,
    shape_of: FxHashMap<Box<[u32]>, u32>,
    /// In the order in which they were met first.
    sets: Vec<Set>,
    /// Shape and symbols of values of all sets, in their order.
    symbols: Vec<u32>,
    /// The newest set of a hash.
    newest_of: FxHashMap<u64, usize>,
    /// The set asked for last.
    last_set: usize,
    /// Number of the frame that is read.
    frame: u64,
}

#[derive(Debug)]
struct Set {
    /// Where its symbols start; they end where those of the next set start.
    start: usize,
    /// An older set of the same hash.
    older: Option<usize>,
    /// The last frame that has it.
    frame: u64,
    series: Series,
}

/// Strings are dropped together with the series once there are so many per series: more only come
/// from sets that are gone.
const STRINGS_PER_SERIES: usize = 8;

impl SeriesCache {
    /// An empty cache that keeps about `series_max` series: it starts anew at the first frame after
    /// it has reached as many. One series takes about 150 bytes beside its tags.
    pub fn new(series_max: usize) -> Self {
        Self {
            series_max,
            strings: Vec::new(),
            symbol_of: FxHashMap::default(),
            last_symbol: 0,
            shapes: Vec::new(),
            shape_of: FxHashMap::default(),
            sets: Vec::new(),
            symbols: Vec::new(),
            newest_of: FxHashMap::default(),
            last_set: 0,
            frame: 0,
        }
    }

    /// Number of series held.
    pub fn len(&self) -> usize {
        self.sets.len()
    }

    /// Whether no series is held.
    pub fn is_empty(&self) -> bool {
        self.sets.is_empty()
    }

    /// Called before each frame; symbols are good until the next call.
    pub(super) fn begin_frame(&mut self) {
        let strings_max = self.series_max.saturating_mul(STRINGS_PER_SERIES);
        if self.sets.len() >= self.series_max || self.strings.len() > strings_max {
            *self = Self::new(self.series_max);
        }
        self.frame += 1;
    }

    /// The number of a string.
    pub(super) fn symbol(&mut self, text: &str) -> u32 {
        let following = self.last_symbol + 1;
        if self
            .strings
            .get(following)
            .is_some_and(|next| **next == *text)
        {
            self.last_symbol = following;
            return number(following);
        }
        if let Some(&symbol) = self.symbol_of.get(text) {
            self.last_symbol = symbol as usize;
            return symbol;
        }
        self.last_symbol = self.strings.len();
        let symbol = number(self.strings.len());
        let text: Arc<str> = text.into();
        self.strings.push(Arc::clone(&text));
        self.symbol_of.insert(text, symbol);
        symbol
    }

    /// The number of a list of keys.
    pub(super) fn shape(&mut self, keys: &[u32]) -> u32 {
        if let Some(&shape) = self.shape_of.get(keys) {
            return shape;
        }
        let shape = number(self.shapes.len());
        self.shapes.push(keys.into());
        self.shape_of.insert(keys.into(), shape);
        shape
    }

    /// The series with a shape, which stands first, and the values of its keys; `None` if the frame
    /// has had it already.
    pub(super) fn series(&mut self, set: &[u32]) -> Option<Series> {
        let following = self.last_set + 1;
        if following < self.sets.len() && self.symbols_of(following) == set {
            return self.take(following);
        }
        let hash = BuildHasherDefault::<FxHasher>::default().hash_one(set);
        let newest = self.newest_of.get(&hash).copied();
        let mut candidate = newest;
        while let Some(index) = candidate {
            if self.symbols_of(index) == set {
                return self.take(index);
            }
            candidate = self.sets[index].older;
        }
        let series = self.build(set);
        self.last_set = self.sets.len();
        self.newest_of.insert(hash, self.last_set);
        self.sets.push(Set {
            start: self.symbols.len(),
            older: newest,
            frame: self.frame,
            series: series.clone(),
        });
        self.symbols.extend_from_slice(set);
        Some(series)
    }

    fn take(&mut self, index: usize) -> Option<Series> {
        self.last_set = index;
        let set = &mut self.sets[index];
        let is_first = std::mem::replace(&mut set.frame, self.frame) != self.frame;
        is_first.then(|| set.series.clone())
    }

    fn symbols_of(&self, set: usize) -> &[u32] {
        let end = self
            .sets
            .get(set + 1)
            .map_or(self.symbols.len(), |next| next.start);
        &self.symbols[self.sets[set].start..end]
    }

    fn build(&self, set: &[u32]) -> Series {
        let (shape, values) = set.split_first().expect("a set starts with its shape");
        let text = |symbol: &u32| Arc::clone(&self.strings[*symbol as usize]);
        let pairs = self.shapes[*shape as usize].iter().zip(values);
        Series::new(Tags::from_pairs(
            pairs.map(|(key, value)| (text(key), text(value))),
        ))
    }
}

fn number(count: usize) -> u32 {
    u32::try_from(count).expect("a frame has fewer strings than bytes, and the cache starts anew")
}

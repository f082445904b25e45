//! Series met before, by their tag set.
//!
//! Takes strings and tag sets as frames have them and gives numbers and series. A set is looked up
//! by the numbers of its strings, so a known set costs neither a hash of its text nor its id.

use std::sync::Arc;

use rustc_hash::FxHashMap;
use telamon_model::{Series, Tags};

/// Series met in earlier frames, so that decoding the same tag set again costs a look-up and no
/// SHA-1. Bounded; what it holds never changes what is decoded.
#[derive(Debug)]
pub struct SeriesCache {
    series_max: usize,
    /// By symbol.
    strings: Vec<Arc<str>>,
    symbol_of: FxHashMap<Arc<str>, u32>,
    /// Symbols of keys, by shape.
    shapes: Vec<Box<[u32]>>,
    shape_of: FxHashMap<Box<[u32]>, u32>,
    /// By shape and symbols of values.
    series: FxHashMap<Box<[u32]>, Series>,
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
            shapes: Vec::new(),
            shape_of: FxHashMap::default(),
            series: FxHashMap::default(),
        }
    }

    /// Number of series held.
    pub fn len(&self) -> usize {
        self.series.len()
    }

    /// Whether no series is held.
    pub fn is_empty(&self) -> bool {
        self.series.is_empty()
    }

    /// Called before each frame; symbols are good until the next call.
    pub(super) fn begin_frame(&mut self) {
        let strings_max = self.series_max.saturating_mul(STRINGS_PER_SERIES);
        if self.series.len() >= self.series_max || self.strings.len() > strings_max {
            *self = Self::new(self.series_max);
        }
    }

    /// The number of a string.
    pub(super) fn symbol(&mut self, text: &str) -> u32 {
        if let Some(&symbol) = self.symbol_of.get(text) {
            return symbol;
        }
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

    /// The series with a shape, which stands first, and the values of its keys.
    pub(super) fn series(&mut self, set: &[u32]) -> Series {
        if let Some(series) = self.series.get(set) {
            return series.clone();
        }
        let keys = &self.shapes[set[0] as usize];
        let text = |symbol: &u32| Arc::clone(&self.strings[*symbol as usize]);
        let pairs = keys.iter().zip(&set[1..]);
        let tags = Tags::from_pairs(pairs.map(|(key, value)| (text(key), text(value))));
        let series = Series::new(tags);
        self.series.insert(set.into(), series.clone());
        series
    }
}

fn number(count: usize) -> u32 {
    u32::try_from(count).expect("a frame has fewer strings than bytes, and the cache starts anew")
}

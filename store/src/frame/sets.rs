//! The tag sets of a frame: one column per key, and for each set which keys it has.
//!
//! Takes series in order and gives bytes, and back. A *shape* is the list of keys of a set; most
//! batches have few. A column holds the values of one key over all sets that have it, in order.
//!
//! ```text
//!            name  nf.node  statistic           keys    name nf.node statistic
//!   set 0    cpu   i-1      gauge               shapes  (0 1 2) (0 1)
//!   set 1    mem   i-1                  ──►     shape of each set  0 1 0
//!   set 2    cpu   i-1      max                 name: cpu mem, 0 1 0   nf.node: i-1   statistic: ...
//! ```

use std::sync::Arc;

use rustc_hash::FxHashMap;
use telamon_model::{Series, Tags};

use super::FrameError;
use super::bytes::{Reader, put_count};
use super::cache::SeriesCache;
use super::codes::{self, Codes};
use super::strings;

/// Writes series; their number is written by the caller.
pub(super) fn write(out: &mut Vec<u8>, series: &[Series]) {
    if series.is_empty() {
        return;
    }
    let mut writer = SetWriter::new(series.len());
    for series in series {
        writer.push(series.tags());
    }
    writer.finish(out);
}

/// A dictionary that is filled in the order of first use.
#[derive(Default)]
struct Column<'a> {
    last: Option<(&'a Arc<str>, u32)>,
    /// In order of first use.
    entries: Vec<&'a str>,
    /// Empty while there is one entry.
    code_of: FxHashMap<&'a str, u32>,
    /// Empty while there is one entry.
    codes: Vec<u32>,
    members: usize,
}

impl<'a> Column<'a> {
    fn push(&mut self, value: &'a Arc<str>) {
        let code = match self.last {
            Some((last, code)) if is_same(last, value) => code,
            Some(_) => self.code_after_first(value),
            None => {
                self.entries.push(value);
                0
            }
        };
        self.last = Some((value, code));
        if self.entries.len() > 1 {
            self.codes.push(code);
        }
        self.members += 1;
    }

    fn code_after_first(&mut self, value: &'a Arc<str>) -> u32 {
        if self.code_of.is_empty() {
            self.code_of.insert(self.entries[0], 0);
            self.codes = vec![0; self.members];
        }
        let new = code(self.entries.len());
        let found = *self.code_of.entry(value).or_insert(new);
        if found == new {
            self.entries.push(value);
        }
        found
    }
}

struct SetWriter<'a> {
    /// By column; in order of first use.
    keys: Vec<&'a str>,
    column_of: FxHashMap<&'a str, u32>,
    columns: Vec<Column<'a>>,
    /// Lists of columns; in order of first use.
    shapes: Vec<Vec<u32>>,
    shape_of: FxHashMap<Vec<u32>, u32>,
    shape_codes: Vec<u32>,
    /// The set before, and the index of its shape.
    last: Option<(&'a Tags, u32)>,
}

impl<'a> SetWriter<'a> {
    fn new(count: usize) -> Self {
        Self {
            keys: Vec::new(),
            column_of: FxHashMap::default(),
            columns: Vec::new(),
            shapes: Vec::new(),
            shape_of: FxHashMap::default(),
            shape_codes: Vec::with_capacity(count),
            last: None,
        }
    }

    fn push(&mut self, tags: &'a Tags) {
        let shape = match self.last {
            Some((last, shape)) if have_same_keys(last, tags) => shape,
            _ => self.shape(tags),
        };
        self.last = Some((tags, shape));
        self.shape_codes.push(shape);
        let columns = &self.shapes[shape as usize];
        for (&column, (_, value)) in columns.iter().zip(tags.iter()) {
            self.columns[column as usize].push(value);
        }
    }

    fn shape(&mut self, tags: &'a Tags) -> u32 {
        let mut shape = Vec::with_capacity(tags.len());
        for (key, _) in tags.iter() {
            let new = code(self.keys.len());
            let column = *self.column_of.entry(key).or_insert(new);
            if column == new {
                self.keys.push(key);
                self.columns.push(Column::default());
            }
            shape.push(column);
        }
        if let Some(&known) = self.shape_of.get(&shape) {
            return known;
        }
        let new = code(self.shapes.len());
        self.shapes.push(shape.clone());
        self.shape_of.insert(shape, new);
        new
    }

    fn finish(self, out: &mut Vec<u8>) {
        let mut order: Vec<usize> = (0..self.keys.len()).collect();
        order.sort_unstable_by_key(|&column| self.keys[column]);
        let mut rank = vec![0; order.len()];
        for (index, &column) in order.iter().enumerate() {
            rank[column] = index;
        }
        let sorted: Vec<&str> = order.iter().map(|&column| self.keys[column]).collect();
        put_count(out, sorted.len());
        strings::write(out, &sorted);

        put_count(out, self.shapes.len());
        for shape in &self.shapes {
            put_count(out, shape.len());
            let mut expected = 0;
            for &column in shape {
                let rank = rank[column as usize];
                put_count(out, rank - expected);
                expected = rank + 1;
            }
        }
        codes::write(out, &self.shape_codes, self.shapes.len());

        for column in order {
            let column = &self.columns[column];
            put_count(out, column.entries.len());
            strings::write(out, &column.entries);
            codes::write(out, &column.codes, column.entries.len());
        }
    }
}

fn is_same(a: &Arc<str>, b: &Arc<str>) -> bool {
    Arc::ptr_eq(a, b) || **a == **b
}

fn have_same_keys(a: &Tags, b: &Tags) -> bool {
    a.len() == b.len() && a.iter().zip(b.iter()).all(|((a, _), (b, _))| is_same(a, b))
}

fn code(count: usize) -> u32 {
    u32::try_from(count).expect("rows refer to series with 32 bits, so no dictionary is larger")
}

/// The most pairs of key and value that a frame may unfold to per byte of its body. A set takes at
/// least two bytes, so sets of up to 64 tags always fit.
const PAIRS_PER_BYTE_MAX: usize = 32;

/// So many pairs a frame may unfold to however short it is.
const PAIRS_FREE: usize = 1 << 20;

/// Reads `count` series, taking those that are known from the cache.
pub(super) fn read(
    reader: &mut Reader<'_>,
    count: usize,
    cache: &mut SeriesCache,
) -> Result<Vec<Series>, FrameError> {
    if count == 0 {
        return Ok(Vec::new());
    }
    let body_bytes = reader.0.len();
    let keys = read_keys(reader, cache)?;
    let shapes = read_shapes(reader, keys.len())?;
    let shape_codes = match Codes::read(reader, shapes.len(), count)? {
        Codes::Constant => vec![0; count],
        Codes::Listed(codes) => codes,
    };

    let mut members = vec![0_usize; keys.len()];
    let mut pairs = 0_usize;
    let pairs_max = PAIRS_FREE.max(body_bytes.saturating_mul(PAIRS_PER_BYTE_MAX));
    let mut uses = vec![0_usize; shapes.len()];
    for &shape in &shape_codes {
        uses[shape as usize] += 1;
    }
    for (shape, uses) in shapes.iter().zip(uses) {
        pairs = pairs.saturating_add(shape.len().saturating_mul(uses));
        for &key in shape {
            members[key] += uses;
        }
    }
    if pairs > pairs_max {
        return Err(FrameError::Count);
    }
    let columns = members
        .into_iter()
        .map(|members| Values::read(reader, members, cache))
        .collect::<Result<Vec<Values>, FrameError>>()?;
    assemble(&keys, &shapes, &shape_codes, columns, cache).ok_or(FrameError::Duplicate)
}

/// Keys as symbols of the cache, ascending as text.
fn read_keys(reader: &mut Reader<'_>, cache: &mut SeriesCache) -> Result<Vec<u32>, FrameError> {
    let count = reader.backed_count()?;
    let mut keys = Vec::with_capacity(count);
    let mut previous: Option<String> = None;
    strings::read(reader, count, |key| {
        if previous.as_deref().is_some_and(|previous| previous >= key) {
            return Err(FrameError::Order);
        }
        previous = Some(key.to_owned());
        keys.push(cache.symbol(key));
        Ok(())
    })?;
    Ok(keys)
}

/// Shapes as ascending indexes into the keys.
fn read_shapes(reader: &mut Reader<'_>, keys: usize) -> Result<Vec<Vec<usize>>, FrameError> {
    let count = reader.backed_count()?;
    let mut shapes = Vec::with_capacity(count);
    for _ in 0..count {
        let length = reader.backed_count()?;
        let mut shape = Vec::with_capacity(length);
        let mut expected = 0;
        for _ in 0..length {
            let key = expected + reader.count(keys)?;
            if key >= keys {
                return Err(FrameError::Code);
            }
            shape.push(key);
            expected = key + 1;
        }
        shapes.push(shape);
    }
    Ok(shapes)
}

/// The values of one key as symbols of the cache.
#[derive(Debug)]
enum Values {
    Constant(u32),
    /// With the index of the next one to take.
    Listed(Vec<u32>, usize),
}

impl Values {
    fn read(
        reader: &mut Reader<'_>,
        members: usize,
        cache: &mut SeriesCache,
    ) -> Result<Self, FrameError> {
        let count = reader.backed_count()?;
        let mut symbols = Vec::with_capacity(count);
        strings::read(reader, count, |value| {
            symbols.push(cache.symbol(value));
            Ok(())
        })?;
        match Codes::read(reader, count, members)? {
            Codes::Constant => symbols
                .first()
                .map(|&symbol| Self::Constant(symbol))
                .ok_or(FrameError::Count),
            Codes::Listed(mut codes) => {
                for code in &mut codes {
                    *code = symbols[*code as usize];
                }
                Ok(Self::Listed(codes, 0))
            }
        }
    }
}

/// Puts the columns together set by set; `None` if two sets are the same.
fn assemble(
    keys: &[u32],
    shapes: &[Vec<usize>],
    shape_codes: &[u32],
    mut columns: Vec<Values>,
    cache: &mut SeriesCache,
) -> Option<Vec<Series>> {
    /// A set of a shape: the symbol of the shape, then one symbol per key. What is the same in all
    /// sets is written once.
    struct Template {
        symbols: Vec<u32>,
        /// Positions in `symbols` and keys of what changes.
        varying: Vec<(usize, usize)>,
    }
    let mut templates: Vec<Template> = shapes
        .iter()
        .map(|shape| {
            let key_symbols: Vec<u32> = shape.iter().map(|&key| keys[key]).collect();
            let mut symbols = vec![cache.shape(&key_symbols)];
            let mut varying = Vec::new();
            for &key in shape {
                match &columns[key] {
                    Values::Constant(symbol) => symbols.push(*symbol),
                    Values::Listed(..) => {
                        varying.push((symbols.len(), key));
                        symbols.push(0);
                    }
                }
            }
            Template { symbols, varying }
        })
        .collect();
    shape_codes
        .iter()
        .map(|&shape| {
            let template = &mut templates[shape as usize];
            for &(position, key) in &template.varying {
                if let Values::Listed(values, next) = &mut columns[key] {
                    template.symbols[position] = values[*next];
                    *next += 1;
                }
            }
            cache.series(&template.symbols)
        })
        .collect()
}

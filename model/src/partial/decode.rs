//! Bytes back into a partial: nothing is believed, nothing panics. The layout stands in `encode.rs`.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use super::Extreme;
use super::bytes::Reader;
use super::encode::{MAGIC, VERSION, combine_code, fold_code};
use super::{Column, Combine, ExtremeColumn, Fold, Group, GroupKey, Partial, PartialStats, Shape};
use crate::exact::ColumnParts;
use crate::exact::{SlotBits, SumColumn};
use crate::series::SeriesId;
use crate::tags::Tags;

/// Why bytes are no partial.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DecodeError {
    /// They do not start as one.
    NotAPartial,
    /// They are one of a version this program does not know.
    UnknownVersion(u8),
    /// They are damaged at about this byte.
    Malformed {
        /// Bytes from the start.
        at: usize,
    },
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAPartial => f.write_str("these bytes are no partial"),
            Self::UnknownVersion(version) => write!(f, "unknown version {version} of a partial"),
            Self::Malformed { at } => write!(f, "partial is damaged at byte {at}"),
        }
    }
}

impl std::error::Error for DecodeError {}

impl Partial {
    /// The partial that was encoded as these bytes.
    ///
    /// # Errors
    /// When the bytes are not what [`Partial::encode`] gives, or of another version.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let rest = bytes.strip_prefix(MAGIC).ok_or(DecodeError::NotAPartial)?;
        let (&version, rest) = rest.split_first().ok_or(DecodeError::NotAPartial)?;
        if version != VERSION {
            return Err(DecodeError::UnknownVersion(version));
        }
        let mut reader = Reader(rest);
        let partial = read_partial(&mut reader).filter(|_partial| reader.0.is_empty());
        partial.ok_or(DecodeError::Malformed {
            at: bytes.len() - reader.0.len(),
        })
    }
}

fn read_partial(reader: &mut Reader<'_>) -> Option<Partial> {
    let combine_byte = reader.byte()?;
    let fold_byte = reader.byte()?;
    let combines = [Combine::Sum, Combine::Count, Combine::Min, Combine::Max];
    let folds = [Fold::Avg, Fold::Sum, Fold::Min, Fold::Max];
    let shape = Shape {
        combine: combines
            .into_iter()
            .find(|&c| combine_code(c) == combine_byte)?,
        fold: folds.into_iter().find(|&f| fold_code(f) == fold_byte)?,
        slots: usize::try_from(reader.varint()?).ok()?,
        multiple: usize::try_from(reader.varint()?).ok().filter(|&m| m > 0)?,
    };
    shape.slots.checked_mul(shape.multiple)?;
    let stats = PartialStats {
        series: reader.varint()?,
        points: reader.varint()?,
    };
    let mut groups = BTreeMap::new();
    for _group in 0..reader.count(1)? {
        let key = read_key(reader)?;
        if groups
            .last_key_value()
            .is_some_and(|(last, _)| *last >= key)
        {
            return None;
        }
        groups.insert(key, read_group(reader, shape)?);
    }
    Some(Partial {
        shape,
        groups,
        stats,
    })
}

fn read_key(reader: &mut Reader<'_>) -> Option<GroupKey> {
    match reader.byte()? {
        0 => {
            let count = reader.count(1)?;
            let values: Option<Vec<Arc<str>>> =
                (0..count).map(|_| reader.text().map(Arc::from)).collect();
            Some(GroupKey::Values(values?))
        }
        1 => {
            let id = read_id(reader)?;
            let count = reader.count(2)?;
            let pairs: Option<Vec<(&str, &str)>> = (0..count)
                .map(|_| Some((reader.text()?, reader.text()?)))
                .collect();
            let pairs = pairs?;
            let ascends = pairs.windows(2).all(|pair| pair[0].0 < pair[1].0);
            ascends.then(|| GroupKey::Series(id, Tags::from_pairs(pairs)))
        }
        _ => None,
    }
}

fn read_id(reader: &mut Reader<'_>) -> Option<SeriesId> {
    let bytes = reader.bytes(20)?;
    Some(SeriesId::from_bytes(bytes.try_into().ok()?))
}

fn read_group(reader: &mut Reader<'_>, shape: Shape) -> Option<Group> {
    let id = read_id(reader)?;
    let is_gauge = match reader.byte()? {
        0 => false,
        1 => true,
        _ => return None,
    };
    let present = read_bits(reader)?;
    let column = read_column(reader, shape.slots, shape.combine)?;
    Some(Group {
        column,
        present,
        first: (id, is_gauge),
    })
}

fn read_column(reader: &mut Reader<'_>, slots: usize, combine: Combine) -> Option<Column> {
    match (reader.byte()?, combine) {
        (0, Combine::Sum) => {
            let plain = read_words(reader, slots)?;
            let is_present = |bits: &u64| u64::from(!f64::from_bits(*bits).is_nan());
            let parts = ColumnParts {
                counts: plain.iter().map(is_present).collect(),
                plain: Some(plain),
                low: 0,
                planes: Vec::new(),
                specials: Default::default(),
            };
            SumColumn::from_parts(parts).ok().map(Column::Sum)
        }
        (1, Combine::Sum) => {
            let counts = read_counts(reader, slots)?;
            let low = usize::try_from(reader.varint()?)
                .ok()
                .filter(|&low| low < 64)?;
            let plane_count = reader.count(slots.max(1))?;
            let plane = |reader: &mut Reader<'_>| (0..slots).map(|_| reader.signed()).collect();
            let planes: Option<Vec<Vec<i64>>> = (0..plane_count).map(|_| plane(reader)).collect();
            let parts = ColumnParts {
                counts,
                plain: None,
                low,
                planes: planes?,
                specials: [read_bits(reader)?, read_bits(reader)?, read_bits(reader)?],
            };
            SumColumn::from_parts(parts).ok().map(Column::Sum)
        }
        (2, Combine::Count) => Some(Column::Count(read_counts(reader, slots)?)),
        (3, Combine::Min | Combine::Max) => {
            let kind = if combine == Combine::Min {
                Extreme::Min
            } else {
                Extreme::Max
            };
            let words = read_words(reader, slots)?;
            let values = words.into_iter().map(f64::from_bits).collect();
            Some(Column::Extreme(ExtremeColumn::from_values(kind, values)))
        }
        _ => None,
    }
}

/// Counts stay below 2^48, so that sums of them stay in range.
fn read_counts(reader: &mut Reader<'_>, slots: usize) -> Option<Vec<u64>> {
    if slots > reader.0.len() {
        return None;
    }
    let count = |_slot| reader.varint().filter(|&count| count < 1 << 48);
    (0..slots).map(count).collect()
}

fn read_words(reader: &mut Reader<'_>, count: usize) -> Option<Vec<u64>> {
    if count.checked_mul(8)? > reader.0.len() {
        return None;
    }
    (0..count).map(|_word| reader.word()).collect()
}

fn read_bits(reader: &mut Reader<'_>) -> Option<SlotBits> {
    let words = reader.words()?;
    (words.last() != Some(&0)).then(|| SlotBits::from_words(words))
}

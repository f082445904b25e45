//! A partial as bytes. Equal partials give equal bytes.
//!
//! ```text
//!   "tpar" version=1
//!   combine fold (one byte each)  slots  multiple  series  points  groups        (varints)
//!   per group, ascending by key:
//!     0 count text...            key of values      | 1 id(20) count (text text)...   key of a series
//!     id(20) gauge(0|1)          the first series
//!     count word...              present, 64 slots a word, little endian
//!     column:  0 word...                        one f64 a slot: at most one contributor each
//!              1 count... low planes digit...   contributors, number of the lowest digit, digits
//!                3 x (count word...)            slots with +infinity, -infinity, -0.0
//!              2 count...                       counts
//!              3 word...                        extremes
//!   text = length and UTF-8; counts are varints, digits zigzag varints
//! ```

use super::bytes::{put_signed, put_text, put_varint};
use super::{Column, Combine, Fold, Group, GroupKey, Partial};
use crate::exact::{SlotBits, SumColumn};

pub(super) const MAGIC: &[u8; 4] = b"tpar";
pub(super) const VERSION: u8 = 1;

impl Partial {
    /// The partial as bytes.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = MAGIC.to_vec();
        out.push(VERSION);
        out.push(combine_code(self.shape.combine));
        out.push(fold_code(self.shape.fold));
        put_varint(&mut out, self.shape.slots as u64);
        put_varint(&mut out, self.shape.multiple as u64);
        put_varint(&mut out, self.stats.series);
        put_varint(&mut out, self.stats.points);
        put_varint(&mut out, self.groups.len() as u64);
        for (key, group) in &self.groups {
            put_key(&mut out, key);
            put_group(&mut out, group);
        }
        out
    }
}

pub(super) fn combine_code(combine: Combine) -> u8 {
    match combine {
        Combine::Sum => 0,
        Combine::Count => 1,
        Combine::Min => 2,
        Combine::Max => 3,
    }
}

pub(super) fn fold_code(fold: Fold) -> u8 {
    match fold {
        Fold::Avg => 0,
        Fold::Sum => 1,
        Fold::Min => 2,
        Fold::Max => 3,
    }
}

fn put_key(out: &mut Vec<u8>, key: &GroupKey) {
    match key {
        GroupKey::Values(values) => {
            out.push(0);
            put_varint(out, values.len() as u64);
            values.iter().for_each(|value| put_text(out, value));
        }
        GroupKey::Series(id, tags) => {
            out.push(1);
            out.extend_from_slice(id.as_bytes());
            put_varint(out, tags.len() as u64);
            for (key, value) in tags.iter() {
                put_text(out, key);
                put_text(out, value);
            }
        }
    }
}

fn put_group(out: &mut Vec<u8>, group: &Group) {
    let (id, is_gauge) = group.first;
    out.extend_from_slice(id.as_bytes());
    out.push(u8::from(is_gauge));
    put_bits(out, &group.present);
    match &group.column {
        Column::Sum(column) => put_sums(out, column),
        Column::Count(counts) => {
            out.push(2);
            counts.iter().for_each(|&count| put_varint(out, count));
        }
        Column::Extreme(column) => {
            out.push(3);
            put_words(
                out,
                column.values().iter().map(|value| canonical_bits(*value)),
            );
        }
    }
}

fn put_sums(out: &mut Vec<u8>, column: &SumColumn) {
    let parts = column.parts();
    if let Some(plain) = parts.plain {
        out.push(0);
        put_words(
            out,
            plain
                .into_iter()
                .map(|bits| canonical_bits(f64::from_bits(bits))),
        );
        return;
    }
    out.push(1);
    parts
        .counts
        .iter()
        .for_each(|&count| put_varint(out, count));
    put_varint(out, parts.low as u64);
    put_varint(out, parts.planes.len() as u64);
    for digit in parts.planes.iter().flatten() {
        put_signed(out, *digit);
    }
    parts.specials.iter().for_each(|bits| put_bits(out, bits));
}

fn put_bits(out: &mut Vec<u8>, bits: &SlotBits) {
    put_varint(out, bits.words().len() as u64);
    put_words(out, bits.words().iter().copied());
}

fn put_words(out: &mut Vec<u8>, words: impl Iterator<Item = u64>) {
    words.for_each(|word| out.extend_from_slice(&word.to_le_bytes()));
}

/// One NaN stands for all.
fn canonical_bits(value: f64) -> u64 {
    if value.is_nan() {
        crate::sample::ABSENT.to_bits()
    } else {
        value.to_bits()
    }
}

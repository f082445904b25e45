//! Codec 1: one value. Word 0 holds its bits, word 1 the presence bits.

use telamon_model::ABSENT;

/// Encodes the row when all its values have the same bits.
pub(super) fn encode(row: &[f64], present: u64, out: &mut Vec<u64>) -> bool {
    let value = row[present.trailing_zeros() as usize];
    let is_constant = row
        .iter()
        .all(|other| other.is_nan() || other.to_bits() == value.to_bits());
    if is_constant {
        out.extend([value.to_bits(), present]);
    }
    is_constant
}

pub(super) fn decode(body: &[u64], row: &mut [f64]) {
    let value = f64::from_bits(body[0]);
    let present = body[1];
    if present.count_ones() as usize == row.len() {
        row.fill(value);
        return;
    }
    for (k, out) in row.iter_mut().enumerate() {
        *out = if present >> k & 1 == 1 { value } else { ABSENT };
    }
}

//! Codec 4: one word per slot, the bits of the value.

pub(super) fn encode(row: &[f64], out: &mut Vec<u64>) {
    out.extend(row.iter().map(|value| value.to_bits()));
}

pub(super) fn decode(body: &[u64], row: &mut [f64]) {
    for (out, &bits) in row.iter_mut().zip(body) {
        *out = f64::from_bits(bits);
    }
}

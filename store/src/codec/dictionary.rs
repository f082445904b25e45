//! Codec 2: at most 16 different values, absence being one of them.
//!
//! ```text
//!  n/16 words of codes, 4 bits a slot, lowest first │ one word per distinct value, in order of first use
//! ```

/// The distinct values of a row.
pub(super) struct Dictionary {
    values: [u64; 16],
    len: usize,
}

impl Dictionary {
    /// `None` when there are more than 16.
    pub(super) fn of(row: &[f64]) -> Option<Self> {
        let mut dictionary = Self {
            values: [0; 16],
            len: 0,
        };
        for value in row {
            let bits = value.to_bits();
            if dictionary.values[..dictionary.len].contains(&bits) {
                continue;
            }
            *dictionary.values.get_mut(dictionary.len)? = bits;
            dictionary.len += 1;
        }
        Some(dictionary)
    }

    pub(super) fn words(&self, slots: usize) -> usize {
        slots.div_ceil(16) + self.len
    }

    pub(super) fn encode(&self, row: &[f64], out: &mut Vec<u64>) {
        let values = &self.values[..self.len];
        for group in row.chunks(16) {
            let mut word = 0_u64;
            for (k, value) in group.iter().enumerate() {
                let bits = value.to_bits();
                let code = values
                    .iter()
                    .position(|&known| known == bits)
                    .expect("the dictionary was made of this row");
                word |= (code as u64) << (4 * k);
            }
            out.push(word);
        }
        out.extend(values);
    }
}

pub(super) fn decode(body: &[u64], row: &mut [f64]) {
    let (codes, values) = body.split_at(row.len().div_ceil(16));
    let mut table = [0.0; 16];
    for (out, &bits) in table.iter_mut().zip(values) {
        *out = f64::from_bits(bits);
    }
    for (&word, group) in codes.iter().zip(row.chunks_mut(16)) {
        for (k, out) in group.iter_mut().enumerate() {
            *out = table[(word >> (4 * k) & 15) as usize];
        }
    }
}

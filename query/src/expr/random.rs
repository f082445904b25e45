//! Numbers that look random but depend on the time alone, bit by bit as in the reference.

use telamon_model::Timestamp;

/// The number of a time: three decimals, at least 0 and below 1.
pub fn random_at(time: Timestamp, seed: Option<i32>) -> f64 {
    let mixed = time.as_millis() ^ i64::from(seed.unwrap_or(0));
    let bytes = mixed.to_be_bytes();
    let half = |from: usize| {
        u32::from_be_bytes([
            bytes[from],
            bytes[from + 1],
            bytes[from + 2],
            bytes[from + 3],
        ])
    };
    let hash = (lowbias32(half(0)) ^ lowbias32(half(4))).cast_signed();
    // Of the smallest integer the reference takes no absolute value, so that one hash is negative.
    f64::from(hash.wrapping_abs() % 1000) / 1000.0
}

/// Chris Wellons' integer hash `lowbias32`.
fn lowbias32(value: u32) -> u32 {
    let mut hash = value;
    hash ^= hash >> 16;
    hash = hash.wrapping_mul(0x7feb_352d);
    hash ^= hash >> 15;
    hash = hash.wrapping_mul(0x846c_a68b);
    hash ^ (hash >> 16)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_the_reference() {
        for (millis, seed, expected) in [
            (0, None, 0.0),
            (1, None, 0.952),
            (60_000, None, 0.686),
            (120_000, None, 0.651),
            (1_325_376_000_000, None, 0.564),
            (1_700_000_040_000, None, 0.1),
            (0, Some(42), 0.122),
            (60_000, Some(42), 0.077),
            (1_700_000_040_000, Some(42), 0.181),
            (60_000, Some(-1), 0.694),
            (-43_740_000, None, 0.645),
            (-43_740_000, Some(42), 0.735),
        ] {
            let found = random_at(Timestamp(millis), seed);
            assert_eq!(found.to_bits(), f64::to_bits(expected), "{millis} {seed:?}");
        }
    }
}

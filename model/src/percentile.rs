//! Percentile buckets: the fixed boundaries into which timers and summaries count values.
//!
//! 276 buckets cover the whole range of a signed 64-bit integer. Inside each power of four the
//! buckets are equally wide, nine to a power, so that a bucket is at most a third of its value wide:
//!
//! ```text
//!   1 2 3 │ 4 5 6 ... 14 │ 16 21 26 ... 56 │ 64 85 106 ... 232 │ 256 341 ...
//!         └ 4^1          └ 4^2             └ 4^3               └ 4^4
//! ```
//!
//! The index of a value is *arithmetic*, not a search in the boundaries: the integer divisions leave
//! remainders (15 falls into the bucket of 16..20, and 61..63 into that of 64..84), and agents in
//! many languages share exactly these remainders.

/// Number of buckets.
pub const BUCKET_COUNT: usize = 276;

/// A percentile bucket, `0..BUCKET_COUNT`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BucketIndex(u16);

impl BucketIndex {
    /// The bucket that counts a value: nanoseconds of a timer, or the amount of a summary.
    pub fn of(value: i64) -> Self {
        let Ok(value) = u64::try_from(value) else {
            return Self(0);
        };
        if value <= 4 {
            return Self(u16::try_from(value).expect("at most 4"));
        }
        let power = (63 - value.leading_zeros()) / 2;
        let start = 1u64 << (2 * power);
        let within = (value - start) / (start / 3);
        let first = if power == 1 {
            3
        } else {
            14 + 9 * (u64::from(power) - 2)
        };
        let index = (first + within + 1).min(BUCKET_COUNT as u64 - 1);
        Self(u16::try_from(index).expect("capped at the last bucket"))
    }

    /// The bucket of a number, `None` from [`BUCKET_COUNT`] on.
    pub fn new(index: u16) -> Option<Self> {
        (usize::from(index) < BUCKET_COUNT).then_some(Self(index))
    }

    /// The bucket that the value of a `percentile` tag names: a letter and four hexadecimal digits.
    pub fn from_tag(text: &str) -> Option<Self> {
        let digits = text.strip_prefix(['T', 'D'])?;
        let is_plain = digits.len() == 4 && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        let index = is_plain
            .then(|| u16::from_str_radix(digits, 16).ok())
            .flatten()?;
        Self::new(index)
    }

    /// The number of the bucket.
    pub fn as_u16(self) -> u16 {
        self.0
    }

    /// The value of the `percentile` tag: `T` for timers, `D` for summaries, and the number as four
    /// upper-case hexadecimal digits.
    pub fn tag(self, letter: char) -> String {
        format!("{letter}{:04X}", self.0)
    }
}

/// The upper bounds of all buckets, ascending; bucket `i` holds values in `[bound(i-1), bound(i))`,
/// save for the remainders that the module tells of. The last one is [`i64::MAX`].
pub fn bounds() -> [i64; BUCKET_COUNT] {
    let mut bounds = [i64::MAX; BUCKET_COUNT];
    bounds[..3].copy_from_slice(&[1, 2, 3]);
    let mut index = 3;
    for power in 1..=30 {
        let start = 1i64 << (2 * power);
        let width = start / 3;
        // Of the powers only the first has more than nine: its width of one leaves no remainder.
        let end = start * 3 + (start - width);
        let mut bound = start;
        while bound < end {
            bounds[index] = bound;
            index += 1;
            bound += width;
        }
    }
    bounds
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn index_vectors() {
        let ms = 1_000_000;
        for (value, index) in [
            (i64::MIN, 0),
            (-1, 0),
            (0, 0),
            (1, 1),
            (4, 4),
            (5, 5),
            (14, 14),
            (15, 15),
            (16, 15),
            (20, 15),
            (21, 16),
            (60, 23),
            (61, 24),
            (63, 24),
            (64, 24),
            (253, 0x21),
            (256, 0x21),
            (4093, 0x33),
            (4096, 0x33),
            (ms, 0x56),
            (10 * ms, 0x64),
            (42 * ms, 0x6d),
            (1000 * ms, 0x83),
            (60_000 * ms, 0x9d),
            (86_400_000 * ms, 0xcc),
            (1 << 62, 0x113),
            (i64::MAX, 0x113),
        ] {
            assert_eq!(BucketIndex::of(value).as_u16(), index, "{value}");
        }
    }

    #[test]
    fn bounds_are_the_published_table() {
        let bounds = bounds();
        assert!(bounds.windows(2).all(|pair| pair[0] < pair[1]));
        assert_eq!(
            bounds[..34],
            [
                1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 16, 21, 26, 31, 36, 41, 46, 51, 56,
                64, 85, 106, 127, 148, 169, 190, 211, 232, 256, 341
            ]
        );
        assert_eq!(bounds[274], 4_227_378_850_225_105_576);
        assert_eq!(bounds[275], i64::MAX);
    }

    #[test]
    fn a_tag_names_its_bucket() {
        for index in 0..276 {
            let bucket = BucketIndex::new(index).unwrap();
            assert_eq!(BucketIndex::from_tag(&bucket.tag('T')), Some(bucket));
        }
        assert_eq!(BucketIndex::new(0x56).unwrap().tag('T'), "T0056");
        for text in ["", "T", "X0001", "T+001", "T0114", "0.5", "T00001"] {
            assert_eq!(BucketIndex::from_tag(text), None, "{text}");
        }
    }

    proptest! {
        /// The arithmetic agrees with a search in the bounds, but for the remainders just below a
        /// power of four, which count one bucket higher.
        #[test]
        fn the_index_is_near_the_bound_above(value in 1i64..i64::MAX, shift in 0u32..62) {
            let value = (value >> shift).max(1);
            let searched = bounds().partition_point(|&bound| bound <= value).min(275);
            let index = usize::from(BucketIndex::of(value).as_u16());
            let next_power = 1u128 << (2 * ((63 - value.leading_zeros()) / 2 + 1));
            let is_remainder = next_power - u128::from(value.unsigned_abs()) <= 3 && value > 14;
            prop_assert_eq!(index, searched + usize::from(is_remainder && index != searched));
            prop_assert!(index == searched || is_remainder);
        }
    }
}

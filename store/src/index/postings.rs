//! The ordinals that share one tag: a bitmap, or a single number without any allocation, because most
//! values of a key such as a node's request id occur once.

use roaring::RoaringBitmap;

/// A set of ordinals, never empty.
#[derive(Clone, Debug)]
pub(super) enum Postings {
    /// Exactly one.
    One(u32),
    /// Any number.
    Many(RoaringBitmap),
}

impl Postings {
    pub(super) fn len(&self) -> u64 {
        match self {
            Self::One(_) => 1,
            Self::Many(bitmap) => bitmap.len(),
        }
    }

    pub(super) fn for_each(&self, mut visit: impl FnMut(u32)) {
        match self {
            Self::One(ordinal) => visit(*ordinal),
            Self::Many(bitmap) => bitmap.iter().for_each(visit),
        }
    }

    /// Adds an ordinal that is greater than all in the set.
    pub(super) fn push(&mut self, ordinal: u32) {
        match self {
            Self::One(first) => *self = Self::Many([*first, ordinal].into_iter().collect()),
            Self::Many(bitmap) => {
                bitmap.insert(ordinal);
            }
        }
    }

    pub(super) fn union(&self, other: &Self) -> Self {
        let mut bitmap = self.to_bitmap();
        other.add_to(&mut bitmap);
        Self::Many(bitmap)
    }

    /// The set without some ordinals; `None` when nothing is left.
    pub(super) fn without(&self, gone: &RoaringBitmap) -> Option<Self> {
        match self {
            Self::One(ordinal) => (!gone.contains(*ordinal)).then_some(Self::One(*ordinal)),
            Self::Many(bitmap) => {
                let left = bitmap - gone;
                match left.len() {
                    0 => None,
                    1 => left.min().map(Self::One),
                    _ => Some(Self::Many(left)),
                }
            }
        }
    }

    pub(super) fn to_bitmap(&self) -> RoaringBitmap {
        match self {
            Self::One(ordinal) => [*ordinal].into_iter().collect(),
            Self::Many(bitmap) => bitmap.clone(),
        }
    }

    pub(super) fn add_to(&self, target: &mut RoaringBitmap) {
        match self {
            Self::One(ordinal) => {
                target.insert(*ordinal);
            }
            Self::Many(bitmap) => *target |= bitmap,
        }
    }

    /// Keeps in `target` only what is in this set.
    pub(super) fn restrict(&self, target: &mut RoaringBitmap) {
        match self {
            Self::One(ordinal) => {
                let kept = target.contains(*ordinal);
                target.clear();
                if kept {
                    target.insert(*ordinal);
                }
            }
            Self::Many(bitmap) => *target &= bitmap,
        }
    }

    pub(super) fn count_within(&self, within: &RoaringBitmap) -> u64 {
        match self {
            Self::One(ordinal) => u64::from(within.contains(*ordinal)),
            Self::Many(bitmap) => bitmap.intersection_len(within),
        }
    }
}

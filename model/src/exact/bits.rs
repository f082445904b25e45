//! One bit per slot.

/// A set of slots, as one bit each. Slots are counted from zero.
///
/// A set in which nothing was ever put needs no memory.
#[derive(Clone, Debug, Default, Eq)]
pub struct SlotBits(Vec<u64>);

impl SlotBits {
    /// The empty set.
    pub fn new() -> Self {
        Self::default()
    }

    /// Puts a slot into the set.
    pub fn insert(&mut self, slot: usize) {
        let word = slot / 64;
        if self.0.len() <= word {
            self.0.resize(word + 1, 0);
        }
        self.0[word] |= 1 << (slot % 64);
    }

    /// Whether the slot is in the set.
    pub fn contains(&self, slot: usize) -> bool {
        self.0
            .get(slot / 64)
            .is_some_and(|word| word >> (slot % 64) & 1 == 1)
    }

    /// Puts all slots of another set into this one.
    pub fn union_with(&mut self, other: &Self) {
        if self.0.len() < other.0.len() {
            self.0.resize(other.0.len(), 0);
        }
        for (word, more) in self.0.iter_mut().zip(&other.0) {
            *word |= more;
        }
    }

    /// How many of the slots in the range are in the set.
    pub fn count_in(&self, range: std::ops::Range<usize>) -> usize {
        range.filter(|&slot| self.contains(slot)).count()
    }

    /// Whether no slot is in the set.
    pub fn is_empty(&self) -> bool {
        self.0.iter().all(|&word| word == 0)
    }

    /// The words without zeros at the end: equal sets give equal words.
    pub fn words(&self) -> &[u64] {
        let used = self.0.iter().rposition(|&word| word != 0);
        &self.0[..used.map_or(0, |last| last + 1)]
    }

    /// A set from words that [`SlotBits::words`] gave.
    pub fn from_words(words: Vec<u64>) -> Self {
        Self(words)
    }
}

impl PartialEq for SlotBits {
    fn eq(&self, other: &Self) -> bool {
        self.words() == other.words()
    }
}

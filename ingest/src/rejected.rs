//! Why a datapoint was refused: a closed list of reasons, and the sentence for the sender.

/// Why admission refused a datapoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    /// The timestamp lies further back than the accepted age.
    TooOld,
    /// The timestamp lies further ahead than the accepted age.
    FromFuture,
    /// There is no tag `name`.
    MissingName,
    /// A key has too few characters.
    KeyTooShort,
    /// A key has too many characters.
    KeyTooLong,
    /// A value has too few characters.
    ValueTooShort,
    /// A value has too many characters.
    ValueTooLong,
    /// A key holds a character outside the permitted set.
    InvalidKeyCharacters,
    /// A value holds a character outside the permitted set.
    InvalidValueCharacters,
    /// There are too many tags that are not reserved ones.
    TooManyUserTags,
    /// A key under `atlas.` or `nf.` is none of the known ones.
    ReservedPrefix,
    /// The series is new and a limit on new series is reached.
    SeriesLimit,
}

impl Reason {
    /// Every reason, in the order in which the checks are made.
    pub const ALL: [Self; 12] = [
        Self::TooOld,
        Self::FromFuture,
        Self::MissingName,
        Self::KeyTooShort,
        Self::KeyTooLong,
        Self::ValueTooShort,
        Self::ValueTooLong,
        Self::InvalidKeyCharacters,
        Self::InvalidValueCharacters,
        Self::TooManyUserTags,
        Self::ReservedPrefix,
        Self::SeriesLimit,
    ];

    /// The stable name that metrics and logs use.
    pub fn name(self) -> &'static str {
        match self {
            Self::TooOld => "too_old",
            Self::FromFuture => "from_future",
            Self::MissingName => "missing_name",
            Self::KeyTooShort => "key_too_short",
            Self::KeyTooLong => "key_too_long",
            Self::ValueTooShort => "value_too_short",
            Self::ValueTooLong => "value_too_long",
            Self::InvalidKeyCharacters => "invalid_key_characters",
            Self::InvalidValueCharacters => "invalid_value_characters",
            Self::TooManyUserTags => "too_many_user_tags",
            Self::ReservedPrefix => "reserved_prefix",
            Self::SeriesLimit => "series_limit",
        }
    }
}

/// One refused datapoint, told to its sender.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejected {
    /// Why.
    pub reason: Reason,
    /// Position of the datapoint in what was sent, counted from zero.
    pub index: usize,
    /// The reference's sentence, ending in ` (tags={...})` with the tags as JSON.
    pub message: String,
}

/// How many datapoints were refused for which reason.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReasonCounts([u64; Reason::ALL.len()]);

impl ReasonCounts {
    /// Counts one.
    pub fn add(&mut self, reason: Reason) {
        self.0[reason as usize] += 1;
    }

    /// The count of one reason.
    pub fn of(&self, reason: Reason) -> u64 {
        self.0[reason as usize]
    }

    /// The count over all reasons.
    pub fn total(&self) -> u64 {
        self.0.iter().sum()
    }

    /// Reasons that occurred, with their counts, in the order of [`Reason::ALL`].
    pub fn iter(&self) -> impl Iterator<Item = (Reason, u64)> + '_ {
        Reason::ALL
            .into_iter()
            .map(|reason| (reason, self.of(reason)))
            .filter(|&(_, count)| count > 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_has_its_own_counter_and_name() {
        let mut counts = ReasonCounts::default();
        for (times, reason) in Reason::ALL.into_iter().enumerate() {
            (0..=times).for_each(|_| counts.add(reason));
        }
        let listed: Vec<u64> = counts.iter().map(|(_, count)| count).collect();
        assert_eq!(listed, (1..=12).collect::<Vec<u64>>());
        let mut names: Vec<&str> = Reason::ALL.iter().map(|reason| reason.name()).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), Reason::ALL.len());
    }
}

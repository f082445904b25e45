//! Predicates over tag sets: which series a query selects.
//!
//! The tree is what the stack language builds. How a pattern matches is the language's business, so
//! a compiled pattern arrives here behind [`StringMatcher`].

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use crate::tags::Tags;

/// A compiled pattern over one tag value.
pub trait StringMatcher: Send + Sync {
    /// Whether the value matches.
    ///
    /// # Errors
    /// When finding out takes more steps than the pattern may take.
    fn is_match(&self, value: &str) -> Result<bool, OutOfSteps>;

    /// Literal text that every matching value starts with; empty when nothing is known. An index
    /// needs to look only at values with this prefix.
    fn prefix(&self) -> &str;
}

/// Whether a value matches was not found out in so many steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutOfSteps {
    /// Steps that a search in one value may take.
    pub steps_max: u64,
}

/// A pattern took too many steps for some value, so that it is not known what it selects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SlowPattern {
    /// The pattern as written.
    pub pattern: Arc<str>,
    /// Steps that a search in one value may take.
    pub steps_max: u64,
}

impl fmt::Display for SlowPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { pattern, steps_max } = self;
        write!(
            f,
            "the pattern [{pattern}] takes more than {steps_max} steps to match a value"
        )
    }
}

impl std::error::Error for SlowPattern {}

/// The pattern of `:re` or `:reic` with its compiled form. Equality and order follow the text.
#[derive(Clone)]
pub struct Pattern {
    /// The pattern as written.
    pub text: Arc<str>,
    /// Whether case is ignored (`:reic`).
    pub ignore_case: bool,
    /// What decides.
    pub matcher: Arc<dyn StringMatcher>,
}

impl Pattern {
    /// Whether the value matches.
    ///
    /// # Errors
    /// When finding out takes too many steps.
    pub fn is_match(&self, value: &str) -> Result<bool, SlowPattern> {
        let found = self.matcher.is_match(value);
        found.map_err(|OutOfSteps { steps_max }| SlowPattern {
            pattern: Arc::clone(&self.text),
            steps_max,
        })
    }
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text && self.ignore_case == other.ignore_case
    }
}

impl Eq for Pattern {}

impl fmt::Debug for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "/{}/{}",
            self.text,
            if self.ignore_case { "i" } else { "" }
        )
    }
}

/// Which series a query selects. A test of a key is false for a series without that key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Predicate {
    /// Every series.
    True,
    /// No series.
    False,
    /// The key is present.
    Has(Arc<str>),
    /// The value equals the text.
    Equal(Arc<str>, Arc<str>),
    /// The value comes before the text (UTF-16 code unit order, as Java's `compareTo`).
    Less(Arc<str>, Arc<str>),
    /// The value equals the text or comes before it.
    LessEqual(Arc<str>, Arc<str>),
    /// The value comes after the text.
    Greater(Arc<str>, Arc<str>),
    /// The value equals the text or comes after it.
    GreaterEqual(Arc<str>, Arc<str>),
    /// The value matches the pattern.
    Matches(Arc<str>, Pattern),
    /// The value is one of the texts.
    In(Arc<str>, Arc<[Arc<str>]>),
    /// Both hold.
    And(Arc<Self>, Arc<Self>),
    /// At least one holds.
    Or(Arc<Self>, Arc<Self>),
    /// It does not hold.
    Not(Arc<Self>),
}

impl Predicate {
    /// Both predicates, with true and false folded away as the language's `:and` does.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::True, other) => other,
            (this, Self::True) => this,
            (Self::False, _) | (_, Self::False) => Self::False,
            (this, other) => Self::And(Arc::new(this), Arc::new(other)),
        }
    }

    /// Either predicate, with true and false folded away as the language's `:or` does.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        match (self, other) {
            (Self::False, other) => other,
            (this, Self::False) => this,
            (Self::True, _) | (_, Self::True) => Self::True,
            (this, other) => Self::Or(Arc::new(this), Arc::new(other)),
        }
    }

    /// The opposite. True and false swap; nothing else is simplified.
    #[must_use]
    pub fn negate(self) -> Self {
        match self {
            Self::True => Self::False,
            Self::False => Self::True,
            other => Self::Not(Arc::new(other)),
        }
    }

    /// Whether a series with these tags is selected.
    ///
    /// # Errors
    /// When a pattern takes too many steps.
    pub fn matches(&self, tags: &Tags) -> Result<bool, SlowPattern> {
        Ok(match self {
            Self::True => true,
            Self::False => false,
            Self::Has(key) => tags.get(key).is_some(),
            Self::And(a, b) => a.matches(tags)? && b.matches(tags)?,
            Self::Or(a, b) => a.matches(tags)? || b.matches(tags)?,
            Self::Not(inner) => !inner.matches(tags)?,
            Self::Equal(key, _)
            | Self::Less(key, _)
            | Self::LessEqual(key, _)
            | Self::Greater(key, _)
            | Self::GreaterEqual(key, _)
            | Self::Matches(key, _)
            | Self::In(key, _) => match tags.get(key) {
                Some(value) => self.matches_value(value)?,
                None => false,
            },
        })
    }

    /// Whether a value passes a test of one key. Boolean nodes and [`Predicate::Has`] look at no
    /// value: they answer whether *any* value passes.
    ///
    /// # Errors
    /// When a pattern takes too many steps.
    pub fn matches_value(&self, value: &str) -> Result<bool, SlowPattern> {
        Ok(match self {
            Self::Equal(_, text) => value == &**text,
            Self::Less(_, text) => utf16_cmp(value, text).is_lt(),
            Self::LessEqual(_, text) => utf16_cmp(value, text).is_le(),
            Self::Greater(_, text) => utf16_cmp(value, text).is_gt(),
            Self::GreaterEqual(_, text) => utf16_cmp(value, text).is_ge(),
            Self::Matches(_, pattern) => pattern.is_match(value)?,
            Self::In(_, texts) => texts.iter().any(|text| value == &**text),
            Self::True | Self::Has(_) => true,
            Self::False => false,
            Self::And(a, b) => a.matches_value(value)? && b.matches_value(value)?,
            Self::Or(a, b) => a.matches_value(value)? || b.matches_value(value)?,
            Self::Not(inner) => !inner.matches_value(value)?,
        })
    }

    /// Key and value of every equality that must hold for any selected series: reachable through
    /// `And` only. The right side wins where a key repeats. These are the tags of an aggregate.
    pub fn exact_tags(&self) -> BTreeMap<Arc<str>, Arc<str>> {
        match self {
            Self::Equal(key, value) => BTreeMap::from([(Arc::clone(key), Arc::clone(value))]),
            Self::And(a, b) => {
                let mut tags = a.exact_tags();
                tags.extend(b.exact_tags());
                tags
            }
            Self::True
            | Self::False
            | Self::Has(_)
            | Self::Less(..)
            | Self::LessEqual(..)
            | Self::Greater(..)
            | Self::GreaterEqual(..)
            | Self::Matches(..)
            | Self::In(..)
            | Self::Or(..)
            | Self::Not(_) => BTreeMap::new(),
        }
    }
}

/// Order by UTF-16 code units: byte order, except that characters beyond U+FFFF come before
/// U+E000..U+FFFF.
pub fn utf16_cmp(a: &str, b: &str) -> std::cmp::Ordering {
    if a.is_ascii() && b.is_ascii() {
        a.cmp(b)
    } else {
        a.encode_utf16().cmp(b.encode_utf16())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn equal(key: &str, value: &str) -> Predicate {
        Predicate::Equal(key.into(), value.into())
    }

    #[test]
    fn a_missing_key_fails_every_test_of_it() {
        let tags = Tags::from_pairs([("name", "cpu")]);
        assert_eq!(equal("name", "cpu").matches(&tags), Ok(true));
        assert_eq!(equal("node", "a").matches(&tags), Ok(false));
        assert_eq!(equal("node", "a").negate().matches(&tags), Ok(true));
        let less = Predicate::Less("node".into(), "z".into());
        assert_eq!(less.matches(&tags), Ok(false));
    }

    #[test]
    fn exact_tags_come_through_and_only() {
        let both = equal("a", "1").and(equal("b", "2")).and(equal("a", "3"));
        let text: Vec<String> = both
            .exact_tags()
            .iter()
            .map(|(k, v)| format!("{k}={v}"))
            .collect();
        assert_eq!(text, ["a=3", "b=2"]);
        assert!(equal("a", "1").or(equal("b", "2")).exact_tags().is_empty());
    }

    #[test]
    fn supplementary_characters_sort_before_the_private_use_area() {
        assert!(utf16_cmp("\u{1F600}", "\u{E000}").is_lt());
        assert!(utf16_cmp("a", "b").is_lt());
    }
}

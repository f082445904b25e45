//! How much may still be told of a program.
//!
//! Values share what they have in common; their texts do not, so a short program can have texts that
//! no memory holds.

use super::ParseOptions;
use super::error::Fault;
use crate::limit::Limit;

/// Bytes that may still be told.
pub(super) struct Room {
    left: Option<usize>,
    max: usize,
}

impl Room {
    pub(super) fn of(options: &ParseOptions) -> Self {
        let max = options.limits.listing_bytes;
        Self {
            left: Some(max),
            max,
        }
    }

    /// Whether more may be told.
    pub(super) fn is_left(&self) -> bool {
        self.left.is_some()
    }

    pub(super) fn take(&mut self, bytes: usize) {
        self.left = self.left.and_then(|left| left.checked_sub(bytes));
    }

    /// Refuses to tell more than is allowed.
    pub(super) fn check(&self) -> Result<(), Fault> {
        if self.is_left() {
            return Ok(());
        }
        let text = format!("there is too much to tell: more than {} bytes", self.max);
        Err(Fault::state(text).exceeds(Limit::Listing, self.max))
    }

    /// A text, if it may still be told.
    pub(super) fn tell(&mut self, text: String) -> Result<String, Fault> {
        self.take(text.len());
        self.check().map(|()| text)
    }
}

//! A datapoint before admission: what one publisher said about one series at one time.

use telamon_model::{Tags, Timestamp};

/// One value of one tag set, neither checked nor aligned.
#[derive(Clone, Debug, PartialEq)]
pub struct Datapoint {
    /// The tags as published, common tags merged in.
    pub tags: Tags,
    /// When the value was taken; `-1` where the publisher gave no time, as in the reference.
    pub timestamp: Timestamp,
    /// The value; NaN where the publisher gave none.
    pub value: f64,
}

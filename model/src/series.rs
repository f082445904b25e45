//! Series: a tag set, the id that hashes it, its type, and the partition that owns it.

use std::fmt;
use std::sync::Arc;

use sha1::{Digest, Sha1};

use crate::tags::Tags;

/// Key of the tag that carries the type of a series.
pub const DSTYPE_KEY: &str = "atlas.dstype";

/// SHA-1 of the canonical text of a tag set, as Atlas defines it (`k=v` pairs joined by commas).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SeriesId([u8; 20]);

impl SeriesId {
    /// The id of a tag set.
    pub fn of(tags: &Tags) -> Self {
        Self(Sha1::digest(tags.canonical().as_bytes()).into())
    }

    /// An id read back from bytes that [`SeriesId::as_bytes`] gave.
    pub fn from_bytes(bytes: [u8; 20]) -> Self {
        Self(bytes)
    }

    /// The 20 bytes of the hash.
    pub fn as_bytes(&self) -> &[u8; 20] {
        &self.0
    }
}

impl fmt::Display for SeriesId {
    /// 40 lower-case hex digits.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for SeriesId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// How values of a series are normalised to the step (`spec` term of Atlas: `atlas.dstype`).
///
/// The tag alone decides; a missing or unknown value means [`DsType::Rate`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DsType {
    /// A monotonic count; stored as its rate per second.
    Counter,
    /// A rate per second since the previous value; spread over step boundaries by time.
    Rate,
    /// A reading; the maximum of a step is stored.
    Gauge,
    /// An amount; the total of a step is stored.
    Sum,
}

impl DsType {
    /// The type that the tags of a series ask for.
    pub fn of(tags: &Tags) -> Self {
        match tags.get(DSTYPE_KEY).map(|value| &**value) {
            Some("counter") => Self::Counter,
            Some("gauge") => Self::Gauge,
            Some("sum") => Self::Sum,
            Some(_) | None => Self::Rate,
        }
    }

    /// Whether a query treats the series as a gauge; everything else is a rate to it.
    pub fn is_gauge(self) -> bool {
        self == Self::Gauge
    }
}

/// A named series with what follows from its tags, computed once and shared.
#[derive(Clone, Debug)]
pub struct Series(Arc<SeriesFields>);

#[derive(Debug)]
struct SeriesFields {
    tags: Tags,
    id: SeriesId,
    dstype: DsType,
    shard_hash: u32,
}

impl Series {
    /// Computes id, type and shard hash of a tag set.
    pub fn new(tags: Tags) -> Self {
        let id = SeriesId::of(&tags);
        let dstype = DsType::of(&tags);
        let shard_hash = shard_hash(&tags, id);
        Self(Arc::new(SeriesFields {
            tags,
            id,
            dstype,
            shard_hash,
        }))
    }

    /// The tag set.
    pub fn tags(&self) -> &Tags {
        &self.0.tags
    }

    /// The id of the tag set.
    pub fn id(&self) -> SeriesId {
        self.0.id
    }

    /// The type that the tags ask for.
    pub fn dstype(&self) -> DsType {
        self.0.dstype
    }

    /// The partition that owns this series.
    pub fn partition(&self, count: PartitionCount) -> PartitionIndex {
        let scaled = (u64::from(self.0.shard_hash) * u64::from(count.0)) >> 31;
        PartitionIndex(
            u16::try_from(scaled).expect("a 31-bit hash times a u16 fits after the shift"),
        )
    }
}

impl PartialEq for Series {
    fn eq(&self, other: &Self) -> bool {
        self.0.id == other.0.id
    }
}

impl Eq for Series {}

/// Number of partitions of a store; fixed when the data folder is created. At least one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PartitionCount(u16);

impl PartitionCount {
    /// `None` for zero.
    pub fn new(count: u16) -> Option<Self> {
        (count > 0).then_some(Self(count))
    }

    /// The number.
    pub fn as_u16(self) -> u16 {
        self.0
    }

    /// All partitions in order.
    pub fn indexes(self) -> impl ExactSizeIterator<Item = PartitionIndex> {
        (0..self.0).map(PartitionIndex)
    }
}

/// One partition of a store, counted from zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PartitionIndex(pub u16);

/// 31 bits that decide the partition: all series of a node live together, so that one publisher's
/// batch becomes one log record.
fn shard_hash(tags: &Tags, id: SeriesId) -> u32 {
    let digest: [u8; 20] = match tags.get("nf.node") {
        Some(node) => {
            let mut hasher = Sha1::new();
            hasher.update(b"nf.node=");
            hasher.update(node.as_bytes());
            hasher.finalize().into()
        }
        None => *id.as_bytes(),
    };
    u32::from_be_bytes([digest[16], digest[17], digest[18], digest[19]]) & 0x7fff_ffff
}

#[cfg(test)]
mod tests {
    use super::*;

    fn series(pairs: &[(&str, &str)]) -> Series {
        Series::new(Tags::from_pairs(pairs.iter().copied()))
    }

    #[test]
    fn shard_hash_vectors() {
        let sixteen = PartitionCount::new(16).unwrap();
        for (pairs, hash, partition) in [
            ([("name", "a"), ("nf.node", "i-1")], 780_635_509, 5),
            (
                [("name", "b"), ("nf.node", "silverlight-0000")],
                2_088_207_240,
                15,
            ),
            ([("name", "c"), ("nf.node", "i-00")], 847_604_902, 6),
        ] {
            let series = series(&pairs);
            assert_eq!(series.0.shard_hash, hash);
            assert_eq!(series.partition(sixteen), PartitionIndex(partition));
        }
        let without_node = series(&[("name", "cpu")]);
        assert_eq!(without_node.0.shard_hash, 1_620_205_883);
        assert_eq!(without_node.partition(sixteen), PartitionIndex(12));
    }

    #[test]
    fn id_is_the_sha1_of_the_canonical_text() {
        assert_eq!(
            SeriesId::of(&Tags::empty()).to_string(),
            "da39a3ee5e6b4b0d3255bfef95601890afd80709"
        );
        let tags = [
            ("name", "1.0"),
            ("atlas.query", "1.0,:const"),
            ("atlas.offset", "0w"),
        ];
        assert_eq!(
            SeriesId::of(&Tags::from_pairs(tags)).to_string(),
            "5fdc0a806dcc7ba3f602442b9cdca16399ac9a9e"
        );
    }

    #[test]
    fn the_tag_alone_decides_the_type() {
        assert_eq!(series(&[("name", "a")]).dstype(), DsType::Rate);
        assert_eq!(
            series(&[("name", "a"), ("atlas.dstype", "gauge")]).dstype(),
            DsType::Gauge
        );
        assert_eq!(
            series(&[("name", "a"), ("atlas.dstype", "nonsense")]).dstype(),
            DsType::Rate
        );
    }
}

//! The series of a run, and what kind each is.
//!
//! A fleet of nodes comes and goes; each node has a few series of different types. Series are known
//! by their place in this list, which only grows. Which partition owns a series is computed here a
//! second time, from `docs/formats` and not from `model`.

use std::collections::BTreeMap;

use sha1::{Digest, Sha1};
use telamon_model::{Series, SeriesId, Tags};

/// How values are normalised, as the tag of the series says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Gauge,
    Rate,
    Counter,
    Sum,
}

/// Names and the type tag that series of this name carry; one has none, one an unknown one.
const NAMES: [(&str, Option<&str>, Kind); 6] = [
    ("load", Some("gauge"), Kind::Gauge),
    ("req", Some("rate"), Kind::Rate),
    ("hits", Some("counter"), Kind::Counter),
    ("bytes", Some("sum"), Kind::Sum),
    ("plain", None, Kind::Rate),
    ("odd", Some("nonsense"), Kind::Rate),
];

/// One series.
#[derive(Clone, Debug)]
pub(crate) struct Known {
    pub(crate) id: SeriesId,
    pub(crate) kind: Kind,
    pub(crate) tags: Tags,
    pub(crate) pairs: BTreeMap<String, String>,
    pub(crate) partition: u16,
}

/// All series that were ever spoken of.
#[derive(Clone, Debug)]
pub(crate) struct Universe {
    partitions: u16,
    pub(crate) known: Vec<Known>,
    by_name: BTreeMap<(u64, usize), usize>,
    by_id: BTreeMap<SeriesId, usize>,
}

impl Universe {
    pub(crate) fn new(partitions: u16) -> Self {
        Self {
            partitions,
            known: Vec::new(),
            by_name: BTreeMap::new(),
            by_id: BTreeMap::new(),
        }
    }

    /// Number of different series that a node can have.
    pub(crate) fn names() -> usize {
        NAMES.len()
    }

    /// The series of a node with one of the names.
    pub(crate) fn series(&mut self, node: u64, name: usize) -> usize {
        if let Some(&index) = self.by_name.get(&(node, name)) {
            return index;
        }
        let index = self.known.len();
        let known = self.make(node, name);
        self.by_id.insert(known.id, index);
        self.known.push(known);
        self.by_name.insert((node, name), index);
        index
    }

    fn make(&self, node: u64, name: usize) -> Known {
        let (text, dstype, kind) = NAMES[name];
        let mut pairs = BTreeMap::from([("name".to_owned(), text.to_owned())]);
        // Every fifth node publishes nothing that names it: its series spread over the partitions.
        let key = if node % 5 == 4 { "host" } else { "nf.node" };
        pairs.insert(key.to_owned(), format!("i-{node:03}"));
        if node % 3 != 2 {
            pairs.insert("nf.cluster".to_owned(), format!("c{}", node % 2));
        }
        if let Some(dstype) = dstype {
            pairs.insert("atlas.dstype".to_owned(), dstype.to_owned());
        }
        let tags = Tags::from_pairs(pairs.clone());
        Known {
            id: Series::new(tags.clone()).id(),
            kind,
            partition: partition_of(&pairs, self.partitions),
            tags,
            pairs,
        }
    }

    /// The series with an id, if it was ever spoken of.
    pub(crate) fn with_id(&self, id: SeriesId) -> Option<usize> {
        self.by_id.get(&id).copied()
    }
}

/// The last four bytes of the SHA-1 of the node, or of all tags, spread over the partitions.
fn partition_of(pairs: &BTreeMap<String, String>, partitions: u16) -> u16 {
    let text = pairs.get("nf.node").map_or_else(
        || {
            let all: Vec<String> = pairs.iter().map(|(k, v)| format!("{k}={v}")).collect();
            all.join(",")
        },
        |node| format!("nf.node={node}"),
    );
    let digest = Sha1::digest(text.as_bytes());
    let last: [u8; 4] = digest[16..20].try_into().expect("four bytes");
    let hash = u64::from(u32::from_be_bytes(last) & 0x7fff_ffff);
    u16::try_from((hash * u64::from(partitions)) >> 31).expect("below the number of partitions")
}

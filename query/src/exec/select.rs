//! Selection: which series a pass reads and which group each belongs to.
//!
//! Takes a pass and a snapshot; gives ordinals per shard in the order of groups, and the keys of the
//! groups. No value is read, so the cost of the pass is known before it starts.

use std::sync::Arc;

use rayon::iter::{IntoParallelRefIterator, ParallelIterator};
use roaring::RoaringBitmap;
use rustc_hash::FxHashMap;
use telamon_model::Series;
use telamon_model::partial::GroupKey;
use telamon_store::{ShardView, Snapshot};

use super::Limits;
use crate::plan::{Grouping, Scan};

/// The series of a pass.
pub(super) struct Selection {
    /// Per shard.
    pub(super) shards: Vec<SelectedShard>,
    /// The key of every group; members name groups by their place here.
    pub(super) keys: Vec<GroupKey>,
}

/// The series of a pass in one shard.
pub(super) struct SelectedShard {
    pub(super) view: Arc<ShardView>,
    /// A group stands together and its ordinals ascend.
    pub(super) members: Vec<Member>,
}

/// A series and its group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Member {
    pub(super) group: u32,
    pub(super) ordinal: u32,
}

impl Selection {
    pub(super) fn series_count(&self) -> u64 {
        self.shards
            .iter()
            .map(|shard| shard.members.len() as u64)
            .sum()
    }

    /// Points of the store that the pass reads.
    pub(super) fn cost(&self, scan: &Scan) -> u64 {
        self.series_count().saturating_mul(scan.slots.len() as u64)
    }
}

/// Selects the series of a pass. A pass that is worth several threads is grouped by several.
pub(super) fn select(scan: &Scan, snapshot: &Snapshot, limits: &Limits) -> Selection {
    let views = snapshot.shards().iter();
    let selected: Vec<(&Arc<ShardView>, RoaringBitmap)> =
        views.map(|view| (view, view.select(&scan.query))).collect();
    let group = |(view, ordinals): &(&Arc<ShardView>, RoaringBitmap)| {
        group_shard(&scan.grouping, view, ordinals)
    };
    let series: u64 = selected.iter().map(|(_, ordinals)| ordinals.len()).sum();
    let grouped: Vec<(SelectedShard, Vec<GroupKey>)> =
        if series.saturating_mul(scan.slots.len() as u64) < limits.parallel_points_min {
            selected.iter().map(group).collect()
        } else {
            selected.par_iter().map(group).collect()
        };
    join(grouped)
}

/// The members of one shard, with groups counted in this shard.
fn group_shard(
    grouping: &Grouping,
    view: &Arc<ShardView>,
    ordinals: &RoaringBitmap,
) -> (SelectedShard, Vec<GroupKey>) {
    let mut groups = Groups::new(grouping);
    let mut members = Vec::with_capacity(usize::try_from(ordinals.len()).unwrap_or(0));
    for ordinal in ordinals {
        if let Some(group) = groups.group_of(view, ordinal) {
            members.push(Member { group, ordinal });
        }
    }
    if matches!(grouping, Grouping::By(_)) {
        members.sort_unstable();
    }
    let view = Arc::clone(view);
    (SelectedShard { view, members }, groups.keys)
}

/// Gives the groups of all shards common numbers. The order within a shard stays one in which groups
/// stand together, which is all that is asked of it.
fn join(grouped: Vec<(SelectedShard, Vec<GroupKey>)>) -> Selection {
    let mut selection = Selection {
        shards: Vec::with_capacity(grouped.len()),
        keys: Vec::new(),
    };
    let mut numbers: FxHashMap<GroupKey, u32> = FxHashMap::default();
    for (mut shard, keys) in grouped {
        let own: Vec<u32> = keys
            .into_iter()
            .map(|key| {
                *numbers.entry(key).or_insert_with_key(|key| {
                    selection.keys.push(key.clone());
                    number(selection.keys.len() - 1)
                })
            })
            .collect();
        for member in &mut shard.members {
            member.group = own[member.group as usize];
        }
        selection.shards.push(shard);
    }
    selection
}

fn number(index: usize) -> u32 {
    u32::try_from(index).expect("a store holds fewer than 2^32 series")
}

/// Groups in the order in which they were met.
struct Groups<'a> {
    grouping: &'a Grouping,
    keys: Vec<GroupKey>,
    by_values: FxHashMap<Vec<Arc<str>>, u32>,
    values: Vec<Arc<str>>,
}

impl<'a> Groups<'a> {
    fn new(grouping: &'a Grouping) -> Self {
        let keys = match grouping {
            Grouping::Together => vec![GroupKey::Values(Vec::new())],
            Grouping::By(_) | Grouping::Each => Vec::new(),
        };
        Self {
            grouping,
            keys,
            by_values: FxHashMap::default(),
            values: Vec::new(),
        }
    }

    /// The group of a series; `None` when it lacks a key.
    fn group_of(&mut self, view: &ShardView, ordinal: u32) -> Option<u32> {
        match self.grouping {
            Grouping::Together => Some(0),
            Grouping::By(keys) => self.group_by(keys, view.series(ordinal)),
            Grouping::Each => {
                let series = view.series(ordinal);
                Some(self.push(GroupKey::Series(series.id(), series.tags().clone())))
            }
        }
    }

    fn group_by(&mut self, keys: &[Arc<str>], series: &Series) -> Option<u32> {
        self.values.clear();
        for key in keys {
            self.values.push(Arc::clone(series.tags().get(key)?));
        }
        if let Some(&group) = self.by_values.get(&self.values) {
            return Some(group);
        }
        let group = self.push(GroupKey::Values(self.values.clone()));
        self.by_values.insert(self.values.clone(), group);
        Some(group)
    }

    fn push(&mut self, key: GroupKey) -> u32 {
        self.keys.push(key);
        number(self.keys.len() - 1)
    }
}

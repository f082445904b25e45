//! Selection: which series a pass reads and which group each belongs to.
//!
//! Takes a pass and a snapshot; gives ordinals per shard in the order of groups, and the keys of the
//! groups. No value is read, so the cost of the pass is known before it starts.

use std::sync::Arc;

use rayon::iter::{IntoParallelRefIterator, ParallelIterator};
use roaring::RoaringBitmap;
use rustc_hash::FxHashMap;
use telamon_model::partial::GroupKey;
use telamon_store::{ShardView, Snapshot, TagColumn};

use super::{EvalError, Limits};
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
///
/// # Errors
/// When a pattern of the query takes too many steps, or the evaluation was cancelled.
pub(super) fn select(
    scan: &Scan,
    snapshot: &Snapshot,
    limits: &Limits,
) -> Result<Selection, EvalError> {
    let mut selected: Vec<(&Arc<ShardView>, RoaringBitmap)> = Vec::new();
    for view in snapshot.shards() {
        limits.check_cancelled()?;
        selected.push((view, view.select(&scan.query)?));
    }
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
    Ok(join(grouped))
}

/// The members of one shard, with groups counted in this shard.
fn group_shard(
    grouping: &Grouping,
    view: &Arc<ShardView>,
    ordinals: &RoaringBitmap,
) -> (SelectedShard, Vec<GroupKey>) {
    let (members, keys) = match grouping {
        Grouping::Together => {
            let members = ordinals.iter().map(|ordinal| Member { group: 0, ordinal });
            (members.collect(), vec![GroupKey::Values(Vec::new())])
        }
        Grouping::By(keys) => {
            let columns: Vec<TagColumn> = keys
                .iter()
                .map(|key| view.tag_column(key, ordinals))
                .collect();
            group_by(&columns, ordinals)
        }
        Grouping::Each => (0..)
            .zip(ordinals)
            .map(|(group, ordinal)| {
                let series = view.series(ordinal);
                let key = GroupKey::Series(series.id(), series.tags().clone());
                (Member { group, ordinal }, key)
            })
            .unzip(),
    };
    let view = Arc::clone(view);
    (SelectedShard { view, members }, keys)
}

/// Groups the series of a shard by the values of some keys, and puts them in the order of groups.
fn group_by(columns: &[TagColumn], ordinals: &RoaringBitmap) -> (Vec<Member>, Vec<GroupKey>) {
    let ordinals: Vec<u32> = ordinals.iter().collect();
    let (groups, count) = split(columns, ordinals.len());
    let grouped = || {
        let groups = groups.iter().enumerate();
        groups.filter(|&(_, &group)| group != TagColumn::NONE)
    };
    let mut starts = vec![0; count + 1];
    grouped().for_each(|(_, &group)| starts[group as usize + 1] += 1);
    for group in 0..count {
        starts[group + 1] += starts[group];
    }
    let nobody = Member {
        group: 0,
        ordinal: 0,
    };
    let mut members = vec![nobody; starts[count]];
    let mut ends = starts.clone();
    let mut last_places = vec![0; count];
    for (place, &group) in grouped() {
        let ordinal = ordinals[place];
        members[ends[group as usize]] = Member { group, ordinal };
        ends[group as usize] += 1;
        last_places[group as usize] = place;
    }
    let keys = last_places.into_iter().map(|place| {
        let values = columns.iter().map(|column| {
            let code = column.codes[place];
            Arc::clone(&column.values[code as usize])
        });
        GroupKey::Values(values.collect())
    });
    (members, keys.collect())
}

/// The group of each series, or [`TagColumn::NONE`], and how many groups there are, none of them empty.
/// With each key, the groups so far fall apart.
fn split(columns: &[TagColumn], series: usize) -> (Vec<u32>, usize) {
    let Some((first, others)) = columns.split_first() else {
        return (vec![0; series], series.min(1));
    };
    let mut groups = first.codes.clone();
    let mut count = first.values.len();
    for column in others {
        let mut parts: FxHashMap<(u32, u32), u32> = FxHashMap::default();
        for (group, &code) in groups.iter_mut().zip(&column.codes) {
            if *group == TagColumn::NONE || code == TagColumn::NONE {
                *group = TagColumn::NONE;
                continue;
            }
            let new = number(parts.len());
            *group = *parts.entry((*group, code)).or_insert(new);
        }
        count = parts.len();
    }
    (groups, count)
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

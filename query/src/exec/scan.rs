//! The scan: rows of the selected series into partials.
//!
//! Takes a pass and its selection; gives one partial per target of the pass. Members are cut into
//! chunks that threads take one after another; each thread keeps its own accumulators and a partial is
//! built only at the end, so that nothing is shared but a counter. A small pass stays on the calling
//! thread: handing work over costs more than it does.

use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};

use rayon::iter::{IntoParallelIterator, ParallelIterator};
use telamon_model::partial::{Partial, PartialStats};

use super::accumulate::Accumulators;
use super::select::{Member, SelectedShard, Selection};
use super::{EvalError, Limits};
use crate::plan::{Grouping, Scan};

/// Members of a chunk. The largest is what fits into the bins of an exact sum without emptying them.
const CHUNK_MEMBERS: Range<usize> = 64..4096;

/// Cells of a slab of rows, so that it stays in the cache, and rows at most.
const SLAB_CELLS: usize = 1 << 16;
const SLAB_ROWS: usize = 64;

/// What a scan gives.
pub(super) struct Scanned {
    /// One per target.
    pub(super) partials: Vec<Partial>,
    /// Rows that took the wide way of exact sums.
    pub(super) rows_wide: u64,
}

/// Reads the series of a pass.
pub(super) fn scan(
    scan: &Scan,
    selection: &Selection,
    limits: &Limits,
) -> Result<Scanned, EvalError> {
    let threads = if selection.cost(scan) < limits.parallel_points_min {
        1
    } else {
        rayon::current_num_threads()
    };
    let chunks = cut(selection, threads);
    let next = AtomicUsize::new(0);
    let work = |_thread| {
        let mut worker = Worker::new(scan, selection, limits);
        while let Some(chunk) = chunks.get(next.fetch_add(1, Ordering::Relaxed)) {
            worker.read(chunk)?;
        }
        Ok::<_, EvalError>(worker.finish())
    };
    let parts: Vec<Scanned> = if threads == 1 {
        vec![work(0)?]
    } else {
        (0..threads)
            .into_par_iter()
            .map(work)
            .collect::<Result<_, _>>()?
    };
    Ok(merge(parts, scan, selection))
}

fn merge(parts: Vec<Scanned>, scan: &Scan, selection: &Selection) -> Scanned {
    let partial = |target| {
        let mut partial = Partial::new(scan.shape(target));
        partial.add_stats(PartialStats {
            series: selection.series_count(),
            points: selection.cost(scan),
        });
        partial
    };
    let mut merged = Scanned {
        partials: (0..scan.targets.len()).map(partial).collect(),
        rows_wide: 0,
    };
    for part in parts {
        merged.rows_wide += part.rows_wide;
        for (partial, other) in merged.partials.iter_mut().zip(part.partials) {
            partial
                .merge(other)
                .expect("targets of one pass have one shape");
        }
    }
    merged
}

/// Some members of one shard.
struct Chunk<'a> {
    shard: &'a SelectedShard,
    members: &'a [Member],
}

fn cut(selection: &Selection, threads: usize) -> Vec<Chunk<'_>> {
    let series = selection.shards.iter().map(|shard| shard.members.len());
    // Several chunks for each thread even out their speed.
    let size =
        (series.sum::<usize>() / (threads * 4)).clamp(CHUNK_MEMBERS.start, CHUNK_MEMBERS.end);
    let chunks = selection.shards.iter().flat_map(|shard| {
        let members = shard.members.chunks(size);
        members.map(move |members| Chunk { shard, members })
    });
    chunks.collect()
}

/// One thread's accumulators and working memory.
struct Worker<'a> {
    scan: &'a Scan,
    limits: &'a Limits,
    /// Groups with a value that this thread may meet before there are certainly too many lines.
    groups_max: u64,
    accumulators: Accumulators<'a>,
    cells: Vec<f64>,
    ordinals: Vec<u32>,
}

impl<'a> Worker<'a> {
    fn new(scan: &'a Scan, selection: &'a Selection, limits: &'a Limits) -> Self {
        let groups_max = match scan.grouping {
            Grouping::Together => u64::MAX,
            // The selection was allowed to have so many.
            Grouping::By(_) if scan.is_chosen => u64::MAX,
            Grouping::By(_) | Grouping::Each => limits.lines_max,
        };
        Self {
            scan,
            limits,
            groups_max,
            accumulators: Accumulators::new(scan, &selection.keys),
            cells: Vec::new(),
            ordinals: Vec::new(),
        }
    }

    fn read(&mut self, chunk: &Chunk<'_>) -> Result<(), EvalError> {
        let width = self.scan.slots.len();
        if width == 0 {
            return Ok(());
        }
        let rows = (SLAB_CELLS / width).clamp(1, SLAB_ROWS);
        for slab in chunk.members.chunks(rows) {
            self.limits.check_cancelled()?;
            self.read_slab(chunk.shard, slab);
            if self.accumulators.groups_with_values() > self.groups_max {
                return Err(EvalError::TooManyLines {
                    lines: self.limits.lines_max + 1,
                    limit: self.limits.lines_max,
                });
            }
        }
        Ok(())
    }

    /// Reads a slab and adds it group by group.
    fn read_slab(&mut self, shard: &SelectedShard, slab: &[Member]) {
        let width = self.scan.slots.len();
        self.ordinals.clear();
        self.ordinals
            .extend(slab.iter().map(|member| member.ordinal));
        self.cells.resize(slab.len() * width, 0.0);
        shard
            .view
            .read_rows(&self.ordinals, self.scan.slots, &mut self.cells);
        let mut rows: Vec<&[f64]> = Vec::with_capacity(slab.len());
        let mut members: Vec<Member> = Vec::with_capacity(slab.len());
        for (&member, row) in slab.iter().zip(self.cells.chunks_exact(width)) {
            if row.iter().any(|cell| !cell.is_nan()) {
                rows.push(row);
                members.push(member);
            }
        }
        let mut rows = rows.as_slice();
        for run in members.chunk_by(|a, b| a.group == b.group) {
            let (own, others) = rows.split_at(run.len());
            rows = others;
            let series = run.iter().map(|member| shard.view.series(member.ordinal));
            let kinds = series.map(|series| (series.id(), series.dstype().is_gauge()));
            let first = kinds.min().expect("a run has a member");
            self.accumulators.add(run[0].group, first, own);
        }
    }

    fn finish(self) -> Scanned {
        let (partials, rows_wide) = self.accumulators.finish();
        Scanned {
            partials,
            rows_wide,
        }
    }
}

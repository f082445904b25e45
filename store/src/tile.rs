//! Hot tiles: the slots that can still change, eight slots wide, one cache line per series.
//!
//! Takes cells (ordinal, slot, value); gives lines back to readers and to sealing. Copy-on-write: a
//! published tile never changes, a writer copies only the chunks of 512 lines that it touches. When a
//! tile seals and goes is the shard's business.
//!
//! ```text
//!  tile ─► chunk 0: series 0..512  ─► line: 8 x f64 (64 B), NaN where absent
//!          chunk 1: series 512..1024     ... 32 KiB a chunk; chunks without a value do not exist
//! ```

use std::collections::BTreeMap;
use std::sync::Arc;

use telamon_model::{ABSENT, SlotRange};

use crate::options::{Calendar, MiniIndex, TILE_SLOTS, TileIndex};
use crate::view::RowsOut;

/// Series in a chunk.
pub(crate) const CHUNK_SERIES: usize = 512;

/// The values of one series in one tile.
#[derive(Clone, Copy, Debug)]
#[repr(align(64))]
pub(crate) struct Line(pub(crate) [f64; TILE_SLOTS]);

const _: () = assert!(size_of::<Line>() == 64, "a line is a cache line");

/// A cell to be written.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Write {
    pub(crate) ordinal: u32,
    pub(crate) lane: usize,
    pub(crate) tile: TileIndex,
    pub(crate) value: f64,
}

impl Write {
    fn place(&self) -> (TileIndex, usize) {
        (self.tile, self.ordinal as usize / CHUNK_SERIES)
    }
}

type Chunk = Arc<[Line]>;

/// One tile of a shard: lines of all its series, in chunks.
#[derive(Clone, Debug, Default)]
struct Tile {
    chunks: Vec<Option<Chunk>>,
}

/// All hot tiles of a shard.
#[derive(Clone, Debug, Default)]
pub(crate) struct Hot {
    tiles: BTreeMap<TileIndex, Arc<Tile>>,
}

impl Hot {
    /// Writes cells in order; a later cell overwrites an earlier one.
    pub(crate) fn write(&mut self, writes: &[Write]) {
        for run in writes.chunk_by(|a, b| a.place() == b.place()) {
            let (tile, chunk) = run[0].place();
            let tile = Arc::make_mut(self.tiles.entry(tile).or_default());
            let lines = tile.chunk_mut(chunk);
            for write in run {
                let line = &mut lines[write.ordinal as usize % CHUNK_SERIES];
                line.0[write.lane] = write.value;
            }
        }
    }

    /// The mini-block of the oldest tile.
    pub(crate) fn oldest_mini(&self, calendar: &Calendar) -> Option<MiniIndex> {
        let (&oldest, _) = self.tiles.first_key_value()?;
        Some(calendar.mini_of_tile(oldest))
    }

    /// Number of chunks that the tiles of a mini-block have.
    pub(crate) fn chunks_of(&self, calendar: &Calendar, mini: MiniIndex) -> usize {
        self.tiles_of(calendar, mini)
            .map(|(_, tile)| tile.chunks.len())
            .max()
            .unwrap_or(0)
    }

    /// Copies the rows of one chunk of a mini-block: 512 rows of the mini-block's width.
    pub(crate) fn gather(
        &self,
        calendar: &Calendar,
        mini: MiniIndex,
        chunk: usize,
        rows: &mut Vec<f64>,
    ) {
        let slots = calendar.mini_range(mini);
        let width = slots.len();
        rows.clear();
        rows.resize(CHUNK_SERIES * width, ABSENT);
        for (&index, tile) in self.tiles_of(calendar, mini) {
            let Some(lines) = tile.chunk(chunk) else {
                continue;
            };
            let range = calendar.tile_range(index);
            let column = SlotRange {
                start: slots.start,
                end: range.start,
            }
            .len();
            let lanes = range.len();
            for (row, line) in rows.chunks_exact_mut(width).zip(lines.iter()) {
                row[column..column + lanes].copy_from_slice(&line.0[..lanes]);
            }
        }
    }

    /// Drops the tiles of a mini-block.
    pub(crate) fn drop_mini(&mut self, calendar: &Calendar, mini: MiniIndex) {
        self.tiles
            .retain(|&tile, _| calendar.mini_of_tile(tile) != mini);
    }

    fn tiles_of(
        &self,
        calendar: &Calendar,
        mini: MiniIndex,
    ) -> impl Iterator<Item = (&TileIndex, &Arc<Tile>)> {
        let slots = calendar.mini_range(mini);
        let (first, _) = calendar.tile_of(slots.start);
        let (last, _) = calendar.tile_of(slots.end.plus(-1));
        self.tiles.range(first..=last)
    }

    /// Writes every cell of the wanted columns, which lie in one mini-block.
    pub(crate) fn read(&self, calendar: &Calendar, slots: SlotRange, rows: &mut RowsOut<'_>) {
        let mut start = slots.start;
        while start < slots.end {
            let (tile, lane) = calendar.tile_of(start);
            let end = calendar.tile_range(tile).end.min(slots.end);
            let columns = SlotRange { start, end };
            match self.tiles.get(&tile) {
                Some(tile) => tile.read(lane, columns, rows),
                None => rows.fill_absent(columns),
            }
            start = end;
        }
    }
}

impl Tile {
    fn chunk(&self, chunk: usize) -> Option<&[Line]> {
        self.chunks.get(chunk)?.as_deref()
    }

    fn chunk_mut(&mut self, chunk: usize) -> &mut [Line] {
        if self.chunks.len() <= chunk {
            self.chunks.resize(chunk + 1, None);
        }
        let lines = self.chunks[chunk]
            .get_or_insert_with(|| vec![Line([ABSENT; TILE_SLOTS]); CHUNK_SERIES].into());
        Arc::make_mut(lines)
    }

    fn read(&self, lane: usize, columns: SlotRange, rows: &mut RowsOut<'_>) {
        let width = columns.len();
        rows.each(columns, |ordinal, out| {
            match self.chunk(ordinal as usize / CHUNK_SERIES) {
                Some(lines) => {
                    let line = &lines[ordinal as usize % CHUNK_SERIES].0;
                    if width == TILE_SLOTS {
                        out.copy_from_slice(line);
                    } else {
                        out.copy_from_slice(&line[lane..lane + width]);
                    }
                }
                None => out.fill(ABSENT),
            }
        });
    }
}

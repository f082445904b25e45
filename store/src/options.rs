//! What a store is told when it opens, and the calendar that follows from it.
//!
//! Takes the numbers the server's configuration decided on; gives the one place that turns slots into
//! tiles, mini-blocks and blocks and log time into "sealed", "held" and "closed". Leaves reading and
//! comparing the data folder's fixed parameters to [`crate::epoch`].
//!
//! ```text
//!  block b: block_slots slots, (b * block_slots, (b + 1) * block_slots]
//!  ├── mini-block: 64 slots ──┼── 64 ──┼── 64 ──┼── 64 ──┼── 64 ──┼─ 40 ─┤   (360 slots, 1 h at 10 s)
//!  ├tile┼tile┼  8 slots each  ┼ ...                               ┼tile..┤   (the last may be short)
//! ```

use telamon_model::{PartitionCount, Slot, SlotRange, Step, Timestamp};

/// Slots in a tile: one cache line of `f64`.
pub(crate) const TILE_SLOTS: usize = 8;
/// Slots in a mini-block: one presence word.
pub(crate) const MINI_SLOTS: usize = 64;

/// The parameters of a store. Step, partitions and block length are fixed when a data folder is
/// created; retention and age may change from one start to the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// Width of a slot.
    pub step: Step,
    /// Number of partitions.
    pub partitions: PartitionCount,
    /// Slots in a block; what retention drops at once. 360 at a step of 10 s is an hour.
    pub block_slots: u32,
    /// How long samples are kept, in milliseconds of log time; whole blocks are dropped.
    pub retention_ms: i64,
    /// Greatest distance, in milliseconds and in both directions, between an admitted sample and the
    /// log time. It decides when a slot seals.
    pub age_max_ms: i64,
}

/// An option that makes no working store.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OptionsError {
    /// A block has no slots.
    #[error("block_slots is 0, a block needs at least one slot")]
    EmptyBlock,
    /// The accepted age is negative.
    #[error("age_max is {0} ms, it must not be negative")]
    NegativeAge(i64),
    /// Samples would be dropped before their slots seal.
    #[error(
        "retention is {retention_ms} ms, it must be at least {least_ms} ms, which is two blocks and the time until a slot seals"
    )]
    RetentionTooShort {
        /// The configured retention.
        retention_ms: i64,
        /// The shortest retention that works with the other options.
        least_ms: i64,
    },
    /// The step or a length is beyond what timestamps can hold.
    #[error("step, block, age or retention exceed ten thousand years")]
    TooLong,
}

/// Lengths above this are refused so that arithmetic on admitted timestamps cannot overflow.
const LENGTH_MAX_MS: i64 = 10_000 * 366 * 86_400_000;
/// A counter fills gaps of up to this length (or two steps when that is longer).
const COUNTER_FILL_MS: i64 = 120_000;

impl Options {
    /// Checks the options against each other.
    ///
    /// # Errors
    /// The first option that makes no working store.
    pub fn check(&self) -> Result<(), OptionsError> {
        if self.block_slots == 0 {
            return Err(OptionsError::EmptyBlock);
        }
        if self.age_max_ms < 0 {
            return Err(OptionsError::NegativeAge(self.age_max_ms));
        }
        let block_ms = i128::from(self.step.as_millis()) * i128::from(self.block_slots);
        let longest = block_ms
            .max(i128::from(self.age_max_ms))
            .max(i128::from(self.retention_ms));
        if longest > i128::from(LENGTH_MAX_MS) {
            return Err(OptionsError::TooLong);
        }
        let calendar = Calendar::new(self);
        let least_ms = 2 * calendar.block_slots * calendar.step_ms + calendar.seal_after_ms;
        if self.retention_ms < least_ms {
            return Err(OptionsError::RetentionTooShort {
                retention_ms: self.retention_ms,
                least_ms,
            });
        }
        Ok(())
    }
}

/// Index of a tile, counted from the epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct TileIndex(pub(crate) i64);

/// Index of a mini-block, counted from the epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct MiniIndex(pub(crate) i64);

/// Index of a block, counted from the epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct BlockIndex(pub(crate) i64);

/// Where slots lie and what log time means for them. Pure numbers, copied freely.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Calendar {
    pub(crate) step: Step,
    step_ms: i64,
    block_slots: i64,
    block_tiles: i64,
    block_minis: i64,
    age_max_ms: i64,
    retention_ms: i64,
    seal_after_ms: i64,
    close_after_ms: i64,
    /// How far back a counter fills missing steps; its heartbeat.
    pub(crate) counter_heartbeat_ms: i64,
    /// A normaliser's memory of a series is forgotten this long after its last point.
    pub(crate) forget_after_ms: i64,
}

impl Calendar {
    pub(crate) fn new(options: &Options) -> Self {
        let step_ms = options.step.as_millis();
        let block_slots = i64::from(options.block_slots);
        let seal_after_ms = options.age_max_ms + COUNTER_FILL_MS.max(2 * step_ms);
        let counter_heartbeat_ms = if step_ms < 60_000 {
            COUNTER_FILL_MS
        } else {
            2 * step_ms
        };
        Self {
            step: options.step,
            step_ms,
            block_slots,
            block_tiles: groups(block_slots, 8),
            block_minis: groups(block_slots, 64),
            age_max_ms: options.age_max_ms,
            retention_ms: options.retention_ms,
            seal_after_ms,
            close_after_ms: step_ms / 10 * 9 + step_ms % 10 * 9 / 10 + 2000,
            counter_heartbeat_ms,
            // Not less than the time after which no admissible point could still meet the memory of a
            // rate, gauge or sum: for those, forgetting cannot be seen. For a counter it decides whether
            // a point after a long pause has a previous point, hence as long as a block.
            forget_after_ms: (block_slots * step_ms)
                .max(seal_after_ms + step_ms + counter_heartbeat_ms),
        }
    }

    /// The first slot that is not sealed at this log time.
    pub(crate) fn first_open(&self, log_time: Timestamp) -> Slot {
        self.step
            .slot_holding(log_time.plus_millis(-self.seal_after_ms))
    }

    /// The last slot that an admitted sample may fall into at this log time.
    pub(crate) fn last_admitted(&self, log_time: Timestamp) -> Slot {
        self.step
            .slot_holding(log_time.plus_millis(self.age_max_ms))
    }

    /// The first slot that retention keeps at this log time: the start of a block.
    pub(crate) fn first_held(&self, log_time: Timestamp) -> Slot {
        let oldest = self
            .step
            .slot_holding(log_time.plus_millis(-self.retention_ms));
        self.block_range(self.block_of(oldest)).start
    }

    /// Log time of the oldest record that a shard at this log time depends on: those before it hold
    /// no sample that is still held and none that a normaliser remembers together with one.
    ///
    /// ```text
    ///   trimmed │                                             │ held
    ///   ────────┴─ age ─► a ── not forgotten, age ─► b ── heartbeat ─► c
    /// ```
    /// A counter's point b gives other values without its predecessor a, and so does the point after
    /// it, which fills the steps up to c. All of that must lie before what is held, and b must be
    /// forgotten by now if nothing has followed it.
    pub(crate) fn needed_from(&self, log_time: Timestamp) -> Timestamp {
        let reach_ms = 2 * self.age_max_ms + self.forget_after_ms + self.counter_heartbeat_ms;
        let held = self.step.end_of(self.first_held(log_time));
        let remembered = log_time.plus_millis(-self.forget_after_ms);
        held.min(remembered).plus_millis(-self.step_ms - reach_ms)
    }

    /// The last slot whose closing time has come at this log time.
    pub(crate) fn last_due(&self, log_time: Timestamp) -> Slot {
        self.step
            .slot_ended_by(log_time.plus_millis(-self.close_after_ms))
    }

    pub(crate) fn block_of(&self, slot: Slot) -> BlockIndex {
        BlockIndex((slot.0 - 1).div_euclid(self.block_slots))
    }

    pub(crate) fn block_range(&self, block: BlockIndex) -> SlotRange {
        let start = Slot(block.0 * self.block_slots + 1);
        SlotRange {
            start,
            end: start.plus(self.block_slots),
        }
    }

    /// The block a mini-block belongs to, and its place in it.
    pub(crate) fn block_of_mini(&self, mini: MiniIndex) -> (BlockIndex, usize) {
        let place = usize::try_from(mini.0.rem_euclid(self.block_minis))
            .expect("a remainder of a positive divisor is not negative");
        (BlockIndex(mini.0.div_euclid(self.block_minis)), place)
    }

    /// Number of mini-blocks in a block.
    pub(crate) fn minis_in_block(&self) -> usize {
        usize::try_from(self.block_minis).expect("a block has a positive number of mini-blocks")
    }

    pub(crate) fn mini_of(&self, slot: Slot) -> MiniIndex {
        let block = self.block_of(slot);
        let within = slot.0 - self.block_range(block).start.0;
        MiniIndex(block.0 * self.block_minis + within / 64)
    }

    /// The mini-block that a tile becomes part of.
    pub(crate) fn mini_of_tile(&self, tile: TileIndex) -> MiniIndex {
        self.mini_of(self.tile_range(tile).start)
    }

    pub(crate) fn mini_range(&self, mini: MiniIndex) -> SlotRange {
        let (block, place) = self.block_of_mini(mini);
        self.range_in_block(block, place, 64)
    }

    /// The tile of a slot and the slot's place in it.
    pub(crate) fn tile_of(&self, slot: Slot) -> (TileIndex, usize) {
        let block = (slot.0 - 1).div_euclid(self.block_slots);
        let within = slot.0 - 1 - block * self.block_slots;
        let lane = usize::try_from(within % 8).expect("a remainder below eight");
        (TileIndex(block * self.block_tiles + within / 8), lane)
    }

    pub(crate) fn tile_range(&self, tile: TileIndex) -> SlotRange {
        let place = usize::try_from(tile.0.rem_euclid(self.block_tiles))
            .expect("a remainder of a positive divisor is not negative");
        let block = BlockIndex(tile.0.div_euclid(self.block_tiles));
        self.range_in_block(block, place, 8)
    }

    /// The `place`-th group of `width` slots of a block; the last group may be short.
    fn range_in_block(&self, block: BlockIndex, place: usize, width: i64) -> SlotRange {
        let whole = self.block_range(block);
        let place = i64::try_from(place).expect("a block has fewer than 2^63 groups");
        let start = whole.start.plus(place * width);
        SlotRange {
            start,
            end: whole.end.min(start.plus(width)),
        }
    }
}

/// Groups of `width` that hold `count` things.
fn groups(count: i64, width: i64) -> i64 {
    count / width + i64::from(count % width > 0)
}

#[cfg(test)]
mod tests;

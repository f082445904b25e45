//! The fast way into a [`SumColumn`]: rows of f64 split on a fixed grid into bins that add exactly.
//!
//! Takes rows in any order; gives the same sums as the wide way, several times faster, because its
//! loops (`lanes`) run over slots without branches and need nothing but f64 additions:
//!
//! ```text
//!   value v        s eeeeeee mmmmmmmmmmmmmmmmmmmmmmmmmmm
//!   grid                2^g            2^(g-40)       2^(g-80)      the window
//!   bins           │ q0 = (v+M)-M │ q1 = rest's q │ what remains │
//! ```
//!
//! Adding and subtracting `M = 1.5 * 2^(52+g)` rounds a value to a multiple of `2^g` without error
//! in the rest. A bin holds multiples of its grid unit below 2^41 units each, so 4096 of them add up
//! below 2^53 units: exactly. Whether all values of a slab fit the window is seen from two words
//! that the loop gathers; a slab that does not fit leaves no trace and is done again with a better
//! window, and rows that fit no window take the wide way and are counted.

use super::column::SumColumn;
use super::lanes::{BAND_BITS, BINS_MAX, Bins, Lanes};

/// Rows that may enter the bins before they must be emptied.
const ROWS_MAX: usize = 4096;

/// Distance of two grids in bits.
const GRID_BITS: i32 = 40;

/// A window covers values of up to this many bits above the top grid.
const TOP_BITS: i32 = 40;

const _: () = assert!(
    TOP_BITS < BAND_BITS,
    "values of one bit more than a window covers still pass"
);

/// How rows were added.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct KernelStats {
    /// Rows that went through the bins.
    pub rows_fast: u64,
    /// Rows that took the wide way.
    pub rows_wide: u64,
    /// How often a window was chosen.
    pub windows: u64,
}

/// Working memory of one thread that adds rows to columns of `slots` slots.
#[derive(Clone, Debug)]
pub struct SumKernel {
    slots: usize,
    window: Option<Window>,
    /// Bins and counts, and their values before the slab at work.
    now: Gathered,
    before: Gathered,
    rows: usize,
    lanes: Lanes,
    stats: KernelStats,
}

/// Rows on their way into one column. Nothing is in the column before [`SumSession::finish`].
#[derive(Debug)]
#[must_use = "the column comes out of `finish`"]
pub struct SumSession {
    kernel: SumKernel,
    column: SumColumn,
}

#[derive(Clone, Debug, Default)]
struct Gathered {
    counts: Vec<u64>,
    bins: Vec<Vec<f64>>,
}

/// Powers of two between which values lie: all below `2^top`, all multiples of `2^low`.
#[derive(Clone, Copy, Debug)]
struct Extent {
    top: i32,
    low: i32,
}

#[derive(Clone, Copy, Debug)]
struct Window {
    extent: Extent,
    bins: usize,
    /// Rounding constant of each bin.
    rounders: [f64; BINS_MAX],
}

impl SumKernel {
    /// Memory for columns of `slots` slots.
    pub fn new(slots: usize) -> Self {
        Self {
            slots,
            window: None,
            now: Gathered::default(),
            before: Gathered::default(),
            rows: 0,
            lanes: Lanes::widest(),
            stats: KernelStats::default(),
        }
    }

    /// Starts adding rows to a column.
    pub fn open(self, column: SumColumn) -> SumSession {
        assert_eq!(self.slots, column.slots(), "a column of the kernel's slots");
        SumSession {
            kernel: self,
            column,
        }
    }

    /// What was done so far.
    pub fn stats(&self) -> KernelStats {
        self.stats
    }

    /// Adds a slab to the bins if all its values fit the window; changes nothing if not.
    fn try_add(&mut self, rows: &[&[f64]]) -> bool {
        let Some(window) = self.window else {
            return false;
        };
        if self.rows > 0 {
            self.before.copy_from(&self.now);
        }
        let fits = self.now.add_rows(rows, &window, self.lanes);
        if fits {
            self.rows += rows.len();
            self.stats.rows_fast += rows.len() as u64;
        } else if self.rows > 0 {
            std::mem::swap(&mut self.before, &mut self.now);
        } else {
            self.now.clear();
        }
        fits
    }

    fn flush_into(&mut self, column: &mut SumColumn) {
        if self.rows > 0 {
            column.take_bins(&mut self.now.counts, &mut self.now.bins);
            self.rows = 0;
        }
    }

    /// Chooses the window for a slab; it also covers what the last one had to if that is possible.
    fn choose_window(&mut self, rows: &[&[f64]]) {
        let extent = Extent::of(rows).unwrap_or(Extent::USUAL);
        let both = self.window.map(|window| window.extent.union(extent));
        let window = both
            .and_then(Window::covering)
            .or_else(|| Window::covering(extent))
            .unwrap_or_else(|| Window::below(extent.top));
        self.now.resize(self.slots, window.bins);
        self.before.resize(self.slots, window.bins);
        self.window = Some(window);
        self.stats.windows += 1;
    }
}

impl SumSession {
    /// Adds rows of one value per slot; absent values add nothing. At most 4096 rows at once, best
    /// some dozens, so that they stay in the cache.
    pub fn add_rows(&mut self, rows: &[&[f64]]) {
        let slots = self.kernel.slots;
        assert!(
            rows.iter().all(|row| row.len() == slots),
            "a row has one value per slot"
        );
        for slab in rows.chunks(ROWS_MAX) {
            if self.kernel.rows + slab.len() > ROWS_MAX {
                self.kernel.flush_into(&mut self.column);
            }
            if self.kernel.try_add(slab) {
                continue;
            }
            self.kernel.flush_into(&mut self.column);
            self.kernel.choose_window(slab);
            if !self.kernel.try_add(slab) {
                self.add_one_by_one(slab);
            }
        }
    }

    /// For a slab in which some rows fit no window.
    fn add_one_by_one(&mut self, slab: &[&[f64]]) {
        for row in slab {
            if !self.kernel.try_add(std::slice::from_ref(row)) {
                self.column.add_row(row);
                self.kernel.stats.rows_wide += 1;
            }
        }
    }

    /// The kernel for the next column, and the column with everything in it.
    pub fn finish(mut self) -> (SumKernel, SumColumn) {
        self.kernel.flush_into(&mut self.column);
        (self.kernel, self.column)
    }
}

impl Extent {
    /// Where nothing is known yet: rates of something up to a million a second.
    const USUAL: Self = Self { top: 20, low: -58 };

    /// Of all values that are neither absent, zero nor infinite; `None` if there are none.
    fn of(rows: &[&[f64]]) -> Option<Self> {
        rows.iter()
            .flat_map(|row| row.iter())
            .filter(|value| value.is_finite() && **value != 0.0)
            .map(|&value| Self::of_value(value))
            .reduce(Self::union)
    }

    fn of_value(value: f64) -> Self {
        let bits = value.to_bits();
        let exponent = (bits >> 52) as i32 & 0x7ff;
        // The leading one of normal values; for subnormal ones it does no harm to `low`.
        let mantissa = bits & ((1 << 52) - 1) | 1 << 52;
        let unit = exponent.max(1) - 1075;
        Self {
            top: unit + 53,
            low: unit + mantissa.trailing_zeros() as i32,
        }
    }

    fn union(self, other: Self) -> Self {
        Self {
            top: self.top.max(other.top),
            low: self.low.min(other.low),
        }
    }
}

impl Window {
    /// The narrowest window over an extent, with the extent in its middle; `None` if it is too wide.
    fn covering(extent: Extent) -> Option<Self> {
        let bits = extent.top - extent.low;
        let bins = (2..=BINS_MAX).find(|&bins| bits <= bits_of(bins))?;
        let slack = bits_of(bins) - bits;
        Some(Self::new(extent, extent.top + slack / 2, bins))
    }

    /// The widest window below a power of two: for extents that none covers.
    fn below(top: i32) -> Self {
        let low = top - bits_of(BINS_MAX);
        Self::new(Extent { top, low }, top, BINS_MAX)
    }

    fn new(extent: Extent, top: i32, bins: usize) -> Self {
        // Grids from 2^-1074 up, where f64 ends, to where the rounding constant is still finite.
        let lowest = -1074 + (bits_of(bins) - TOP_BITS);
        let mut grid = (top - TOP_BITS).clamp(lowest, 960);
        let rounders = std::array::from_fn(|_bin| {
            let rounder = 1.5 * power_of_two(52 + grid);
            grid = (grid - GRID_BITS).max(-1074);
            rounder
        });
        Self {
            extent,
            bins,
            rounders,
        }
    }
}

/// Bits from the top of a window to its lowest grid.
fn bits_of(bins: usize) -> i32 {
    TOP_BITS + GRID_BITS * i32::try_from(bins - 1).expect("a window has at most four bins")
}

/// `2^exponent` for normal exponents.
#[expect(clippy::cast_sign_loss, reason = "the biased exponent is positive")]
fn power_of_two(exponent: i32) -> f64 {
    debug_assert!((-1022..=1023).contains(&exponent));
    f64::from_bits(((exponent + 1023) as u64) << 52)
}

impl Gathered {
    fn resize(&mut self, slots: usize, bins: usize) {
        self.counts.resize(slots, 0);
        self.bins.resize(bins, Vec::new());
        self.bins.iter_mut().for_each(|bin| bin.resize(slots, 0.0));
    }

    fn clear(&mut self) {
        self.counts.fill(0);
        self.bins.iter_mut().for_each(|bin| bin.fill(0.0));
    }

    fn copy_from(&mut self, other: &Self) {
        self.counts.copy_from_slice(&other.counts);
        for (bin, from) in self.bins.iter_mut().zip(&other.bins) {
            bin.copy_from_slice(from);
        }
    }

    /// Adds rows; whether all values fitted the window.
    fn add_rows(&mut self, rows: &[&[f64]], window: &Window, lanes: Lanes) -> bool {
        let mut bins = Bins {
            counts: &mut self.counts,
            sums: &mut self.bins,
        };
        bins.add(rows, &window.rounders, lanes)
    }
}

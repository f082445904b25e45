//! The loop that adds rows to bins, compiled for the vectors that the machine has.
//!
//! Takes rows, bins and the rounding constants of a window; gives the bins with the rows in them, and
//! whether every value fitted. Choosing windows, and what is done when a value does not fit, is left to
//! [`SumKernel`](super::SumKernel).
//!
//! ```text
//!                      ┌─ eight lanes (AVX-512) ─┐
//!   rows, window ──────┼─ four lanes (AVX2) ─────┼──► one loop, the same operations in the same order
//!                      └─ what every machine has ┘    for every slot, so the same bits
//! ```

/// The widest window in bins.
pub(super) const BINS_MAX: usize = 4;

/// A value of fewer bits above the top grid fits: the band around a rounder reaches so far either way.
pub(super) const BAND_BITS: i32 = 41;

/// Rows that one pass over the slots takes together.
const TOGETHER: usize = 4;

/// Vectors that a loop may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lanes {
    /// Eight values.
    Eight,
    /// Four values.
    Four,
    /// What every machine of the target has.
    Plain,
}

impl Lanes {
    #[cfg(test)]
    pub(super) const ALL: [Self; 3] = [Self::Eight, Self::Four, Self::Plain];

    /// The widest that this machine has.
    pub(super) fn widest() -> Self {
        if Self::Eight.exist() {
            Self::Eight
        } else if Self::Four.exist() {
            Self::Four
        } else {
            Self::Plain
        }
    }

    /// Whether this machine has them.
    #[cfg(target_arch = "x86_64")]
    pub(super) fn exist(self) -> bool {
        match self {
            Self::Eight => {
                is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("avx512dq")
            }
            Self::Four => is_x86_feature_detected!("avx2"),
            Self::Plain => true,
        }
    }

    /// Whether this machine has them.
    #[cfg(not(target_arch = "x86_64"))]
    pub(super) fn exist(self) -> bool {
        self == Self::Plain
    }
}

/// Bins of one value per slot, and how many values each slot has.
pub(super) struct Bins<'a> {
    pub(super) counts: &'a mut [u64],
    pub(super) sums: &'a mut [Vec<f64>],
}

impl Bins<'_> {
    /// Adds rows; whether all values fitted the window. If not, the bins hold nonsense.
    ///
    /// `rounders` holds the constant of each bin, see [`super::kernel`]; every slice has one value per
    /// slot.
    pub(super) fn add(
        &mut self,
        rows: &[&[f64]],
        rounders: &[f64; BINS_MAX],
        lanes: Lanes,
    ) -> bool {
        let misfit = match self.sums.len() {
            2 => self.add_to::<2>(rows, rounders, lanes),
            3 => self.add_to::<3>(rows, rounders, lanes),
            _ => self.add_to::<BINS_MAX>(rows, rounders, lanes),
        };
        misfit.is_none()
    }

    #[cfg(target_arch = "x86_64")]
    #[expect(unsafe_code, reason = "the features of the callee were detected")]
    fn add_to<const BINS: usize>(
        &mut self,
        rows: &[&[f64]],
        rounders: &[f64; BINS_MAX],
        lanes: Lanes,
    ) -> Misfit {
        assert!(lanes.exist(), "lanes that this machine has");
        match lanes {
            // SAFETY: the only demand is that the machine has AVX-512 F and DQ, which was asserted.
            Lanes::Eight => unsafe { self.add_eight::<BINS>(rows, rounders) },
            // SAFETY: the only demand is that the machine has AVX2, which was asserted.
            Lanes::Four => unsafe { self.add_four::<BINS>(rows, rounders) },
            Lanes::Plain => self.add_plain::<BINS>(rows, rounders),
        }
    }

    #[cfg(not(target_arch = "x86_64"))]
    fn add_to<const BINS: usize>(
        &mut self,
        rows: &[&[f64]],
        rounders: &[f64; BINS_MAX],
        _lanes: Lanes,
    ) -> Misfit {
        self.add_plain::<BINS>(rows, rounders)
    }

    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx512f,avx512dq")]
    fn add_eight<const BINS: usize>(
        &mut self,
        rows: &[&[f64]],
        rounders: &[f64; BINS_MAX],
    ) -> Misfit {
        self.add_plain::<BINS>(rows, rounders)
    }

    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx2")]
    fn add_four<const BINS: usize>(
        &mut self,
        rows: &[&[f64]],
        rounders: &[f64; BINS_MAX],
    ) -> Misfit {
        self.add_plain::<BINS>(rows, rounders)
    }

    /// The loop, which takes on the vectors of the function it is inlined into.
    #[inline(always)]
    fn add_plain<const BINS: usize>(
        &mut self,
        rows: &[&[f64]],
        rounders: &[f64; BINS_MAX],
    ) -> Misfit {
        let slots = self.counts.len();
        let mut own_rounders = [0.0; BINS];
        own_rounders.copy_from_slice(&rounders[..BINS]);
        let mut sums = self.sums.iter_mut();
        let mut sums: [&mut [f64]; BINS] = std::array::from_fn(|_bin| match sums.next() {
            Some(bin) => &mut bin[..slots],
            None => &mut [],
        });
        let mut misfit = Misfit::default();
        let mut quads = rows.chunks_exact(TOGETHER);
        for quad in &mut quads {
            let quad: [&[f64]; TOGETHER] = std::array::from_fn(|row| &quad[row][..slots]);
            misfit = misfit.or(add_together(quad, self.counts, &mut sums, own_rounders));
        }
        for row in quads.remainder() {
            misfit = misfit.or(add_together(
                [&row[..slots]],
                self.counts,
                &mut sums,
                own_rounders,
            ));
        }
        misfit
    }
}

/// What shows that a value did not fit: any bit of `rest`, any bit of `top` beyond the 42 lowest.
#[derive(Clone, Copy, Default)]
struct Misfit {
    top: u64,
    rest: u64,
}

impl Misfit {
    #[inline(always)]
    fn or(self, other: Self) -> Self {
        Self {
            top: self.top | other.top,
            rest: self.rest | other.rest,
        }
    }

    fn is_none(self) -> bool {
        self.rest == 0 && self.top >> (BAND_BITS + 1) == 0
    }
}

/// Adds some rows to the bins, slot by slot: the loop that the compiler turns into vectors.
///
/// A value of fewer than 41 bits above the grid moves `rounder` by less than 2^41 units of its last
/// place, so the bits of the sum lie within 2^41 of those of the rounder; infinities and larger
/// values leave that band. What the last bin does not take shows a value that is no multiple of the
/// lowest grid; so does -0.0, which would lose its sign in a bin.
#[inline(always)]
fn add_together<const ROWS: usize, const BINS: usize>(
    rows: [&[f64]; ROWS],
    counts: &mut [u64],
    bins: &mut [&mut [f64]; BINS],
    rounders: [f64; BINS],
) -> Misfit {
    let slots = counts.len();
    assert!(rows.iter().all(|row| row.len() == slots));
    assert!(bins.iter().all(|bin| bin.len() == slots));
    let band = rounders[0].to_bits() - (1 << BAND_BITS);
    let mut misfit = Misfit::default();
    for slot in 0..slots {
        let mut count = counts[slot];
        let mut sums: [f64; BINS] = std::array::from_fn(|bin| bins[bin][slot]);
        for row in rows {
            let value = row[slot];
            let is_present = !value.is_nan();
            count += u64::from(is_present);
            let mut rest = if is_present { value } else { 0.0 };
            for bin in 0..BINS {
                let moved = rest + rounders[bin];
                let part = moved - rounders[bin];
                if bin == 0 {
                    misfit.top |= moved.to_bits().wrapping_sub(band);
                }
                sums[bin] += part;
                if bin + 1 < BINS {
                    rest -= part;
                } else {
                    misfit.rest |= rest.to_bits() ^ part.to_bits();
                }
            }
        }
        counts[slot] = count;
        for bin in 0..BINS {
            bins[bin][slot] = sums[bin];
        }
    }
    misfit
}

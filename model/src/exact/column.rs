//! One exact sum per slot, stored by digit so that loops run over slots.
//!
//! Takes rows (one value per slot) and other columns; gives the rounded sums. While no slot has more
//! than one contributor the column is just those values, and what a kernel gathered in two bins stays
//! in them: the sum of two f64 is rounded by adding them. Digits come with whatever is added then.
//! The fast way in is a [`SumKernel`](super::SumKernel); this file has the wide way, which takes any
//! value, and the merge.

use std::mem;

use super::bits::SlotBits;
use super::digits::{self, ADDS_MAX, DIGITS};
use crate::sample::ABSENT;

/// Contributors of a slot in parts from elsewhere; leaves room to add such counts.
const COUNT_MAX: u64 = 1 << 48;

/// Parts that make no column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ColumnError;

/// One exact sum per slot. See [`ExactSum`](super::ExactSum) for the rules of a slot.
#[derive(Clone, Debug)]
pub struct SumColumn {
    counts: Vec<u64>,
    body: Body,
    plus_infinity: SlotBits,
    minus_infinity: SlotBits,
    negative_zero: SlotBits,
}

#[derive(Clone, Debug)]
enum Body {
    /// At most one contributor per slot: its value, or [`ABSENT`].
    Plain(Vec<f64>),
    /// The exact sum of each slot is that of two finite values, none of which is -0.0.
    Pairs([Vec<f64>; 2]),
    /// Digit `low + k` of every slot in `planes[k]`.
    Digits(Planes),
}

/// Digits of all slots. `adds` counts additions since carries moved last.
#[derive(Clone, Debug)]
struct Planes {
    slots: usize,
    low: usize,
    planes: Vec<Vec<i64>>,
    adds: u32,
}

/// What a column is made of, the same for equal columns whatever their history.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ColumnParts {
    /// Contributors per slot.
    pub(crate) counts: Vec<u64>,
    /// The values where no slot has more than one contributor; then there are no planes.
    pub(crate) plain: Option<Vec<u64>>,
    /// Number of the lowest digit.
    pub(crate) low: usize,
    /// Digits below 2^40 in size, all digits of a slot with the sign of its sum; first and last
    /// plane are not all zero.
    pub(crate) planes: Vec<Vec<i64>>,
    /// Slots with +infinity among their contributors, with -infinity, with -0.0.
    pub(crate) specials: [SlotBits; 3],
}

impl SumColumn {
    /// The sums of nothing.
    pub fn new(slots: usize) -> Self {
        Self {
            counts: vec![0; slots],
            body: Body::Plain(vec![ABSENT; slots]),
            plus_infinity: SlotBits::new(),
            minus_infinity: SlotBits::new(),
            negative_zero: SlotBits::new(),
        }
    }

    /// Number of slots.
    pub fn slots(&self) -> usize {
        self.counts.len()
    }

    /// How many values were added to each slot, absent ones not counted.
    pub fn counts(&self) -> &[u64] {
        &self.counts
    }

    /// Adds one value per slot by the wide way.
    pub fn add_row(&mut self, row: &[f64]) {
        assert_eq!(row.len(), self.slots(), "a row has one value per slot");
        let is_empty = self.is_empty();
        if let Body::Plain(values) = &mut self.body
            && is_empty
        {
            values.copy_from_slice(row);
            for (count, value) in self.counts.iter_mut().zip(row) {
                *count = u64::from(!value.is_nan());
            }
            return;
        }
        self.use_digits();
        for (slot, &value) in row.iter().enumerate() {
            if !value.is_nan() {
                self.counts[slot] += 1;
                self.add_digits(slot, value);
            }
        }
        self.count_adds(1);
    }

    /// Whether nothing was added yet.
    fn is_empty(&self) -> bool {
        self.counts.iter().all(|&count| count == 0)
    }

    /// Takes the sums that a kernel gathered and leaves zeros: the values of a slot in all `bins`, none
    /// of which is -0.0, add up to its exact sum of `counts` values.
    pub(super) fn take_bins(&mut self, counts: &mut Vec<u64>, bins: &mut [Vec<f64>]) {
        if let [high, low] = bins
            && self.is_empty()
        {
            let mut idle = match &mut self.body {
                Body::Plain(values) => mem::take(values),
                Body::Pairs(_) | Body::Digits(_) => vec![0.0; counts.len()],
            };
            idle.fill(0.0);
            let low = mem::replace(low, vec![0.0; counts.len()]);
            self.body = Body::Pairs([mem::replace(high, idle), low]);
            mem::swap(&mut self.counts, counts);
            return;
        }
        self.add_bins(counts, bins);
        counts.fill(0);
        bins.iter_mut().for_each(|bin| bin.fill(0.0));
    }

    fn add_bins(&mut self, counts: &[u64], bins: &[Vec<f64>]) {
        self.use_digits();
        for (count, more) in self.counts.iter_mut().zip(counts) {
            *count += more;
        }
        for bin in bins {
            for (slot, &value) in bin.iter().enumerate() {
                if value != 0.0 {
                    self.add_digits(slot, value);
                }
            }
            self.count_adds(1);
        }
    }

    /// Adds everything another column of the same slots holds.
    pub fn merge(&mut self, other: &Self) {
        assert_eq!(self.slots(), other.slots(), "columns of the same slots");
        match &other.body {
            Body::Plain(values) => self.add_row(values),
            Body::Pairs(pair) => self.add_bins(&other.counts, pair),
            Body::Digits(planes) => {
                self.use_digits();
                for (count, more) in self.counts.iter_mut().zip(&other.counts) {
                    *count += more;
                }
                self.plus_infinity.union_with(&other.plus_infinity);
                self.minus_infinity.union_with(&other.minus_infinity);
                self.negative_zero.union_with(&other.negative_zero);
                let mut more = planes.clone();
                more.carry();
                self.planes_mut().add(&more);
            }
        }
    }

    /// The rounded sum of every slot.
    pub fn values(&self) -> Vec<f64> {
        match &self.body {
            Body::Plain(values) => values.clone(),
            Body::Pairs([high, low]) => {
                let sums = high.iter().zip(low).map(|(high, low)| high + low);
                let counted = self.counts.iter().zip(sums);
                counted
                    .map(|(&count, sum)| if count == 0 { ABSENT } else { sum })
                    .collect()
            }
            Body::Digits(planes) => (0..self.slots())
                .map(|slot| self.value_at(planes, slot))
                .collect(),
        }
    }

    fn value_at(&self, planes: &Planes, slot: usize) -> f64 {
        if self.counts[slot] == 0 {
            return ABSENT;
        }
        let plus = self.plus_infinity.contains(slot);
        let minus = self.minus_infinity.contains(slot);
        match (plus, minus) {
            (true, true) => ABSENT,
            (true, false) => f64::INFINITY,
            (false, true) => f64::NEG_INFINITY,
            (false, false) if self.counts[slot] == 1 && self.negative_zero.contains(slot) => -0.0,
            (false, false) => {
                let (mut digits, used) = planes.digits_of(slot);
                digits::round(&mut digits[..used], planes.low)
            }
        }
    }

    /// Puts a value into the digits or flags of its slot; the caller counts it.
    #[inline]
    fn add_digits(&mut self, slot: usize, value: f64) {
        if value.is_infinite() {
            let flags = if value > 0.0 {
                &mut self.plus_infinity
            } else {
                &mut self.minus_infinity
            };
            flags.insert(slot);
        } else if value == 0.0 {
            if value.is_sign_negative() {
                self.negative_zero.insert(slot);
            }
        } else {
            self.planes_mut().add_value(slot, value);
        }
    }

    fn planes_mut(&mut self) -> &mut Planes {
        match &mut self.body {
            Body::Digits(planes) => planes,
            Body::Plain(_) | Body::Pairs(_) => {
                unreachable!("digits are used before anything is added to them")
            }
        }
    }

    fn use_digits(&mut self) {
        let terms = match &mut self.body {
            Body::Plain(values) => vec![mem::take(values)],
            Body::Pairs(pair) => mem::take(pair).into(),
            Body::Digits(_) => return,
        };
        self.body = Body::Digits(Planes {
            slots: self.slots(),
            low: 0,
            planes: Vec::new(),
            adds: u32::try_from(terms.len()).expect("one or two terms"),
        });
        for values in terms {
            for (slot, value) in values.into_iter().enumerate() {
                if !value.is_nan() {
                    self.add_digits(slot, value);
                }
            }
        }
    }

    fn count_adds(&mut self, adds: u32) {
        let planes = self.planes_mut();
        planes.adds += adds;
        if planes.adds >= ADDS_MAX {
            planes.carry();
        }
    }

    /// The canonical parts: equal for columns that hold the same sums of as many values.
    pub(crate) fn parts(&self) -> ColumnParts {
        let specials = || {
            [
                self.plus_infinity.clone(),
                self.minus_infinity.clone(),
                self.negative_zero.clone(),
            ]
        };
        if self.counts.iter().all(|&count| count <= 1) {
            let bits = self.values().into_iter().map(f64::to_bits).collect();
            return ColumnParts {
                counts: self.counts.clone(),
                plain: Some(bits),
                low: 0,
                planes: Vec::new(),
                specials: Default::default(),
            };
        }
        let mut copy = self.clone();
        copy.use_digits();
        let mut planes = match copy.body {
            Body::Digits(planes) => planes,
            Body::Plain(_) | Body::Pairs(_) => unreachable!("digits are used from now on"),
        };
        planes.make_canonical();
        ColumnParts {
            counts: self.counts.clone(),
            plain: None,
            low: planes.low,
            planes: planes.planes,
            specials: specials(),
        }
    }

    /// A column from parts.
    ///
    /// # Errors
    /// When lengths differ or a digit is out of its range.
    pub(crate) fn from_parts(parts: ColumnParts) -> Result<Self, ColumnError> {
        let slots = parts.counts.len();
        let digits_fit = parts.planes.iter().all(|plane| {
            plane.len() == slots && plane.iter().all(|digit| digit.unsigned_abs() < 1 << 40)
        });
        if !digits_fit || parts.low + parts.planes.len() > DIGITS {
            return Err(ColumnError);
        }
        if parts.counts.iter().any(|&count| count > COUNT_MAX) {
            return Err(ColumnError);
        }
        let body = match parts.plain {
            Some(bits) => {
                let values: Vec<f64> = bits.into_iter().map(f64::from_bits).collect();
                let counts = values.iter().map(|value| u64::from(!value.is_nan()));
                if !counts.eq(parts.counts.iter().copied()) {
                    return Err(ColumnError);
                }
                Body::Plain(values)
            }
            None => Body::Digits(Planes {
                slots,
                low: parts.low,
                planes: parts.planes,
                adds: 1,
            }),
        };
        let [plus_infinity, minus_infinity, negative_zero] = parts.specials;
        Ok(Self {
            counts: parts.counts,
            body,
            plus_infinity,
            minus_infinity,
            negative_zero,
        })
    }
}

impl PartialEq for SumColumn {
    /// Whether both hold the same sums of as many values.
    fn eq(&self, other: &Self) -> bool {
        self.parts() == other.parts()
    }
}

impl Planes {
    #[inline]
    fn add_value(&mut self, slot: usize, value: f64) {
        let part = digits::split(value);
        if part.index < self.low || part.index + 3 > self.low + self.planes.len() {
            self.cover(part.index, part.index + 3);
        }
        let from = part.index - self.low;
        for (plane, digit) in self.planes[from..from + 3].iter_mut().zip(part.digits) {
            plane[slot] += digit;
        }
    }

    /// Makes room for the digits from `start` to before `end`.
    #[cold]
    fn cover(&mut self, start: usize, end: usize) {
        let slots = self.slots;
        if self.planes.is_empty() {
            self.low = start;
        }
        while self.low > start {
            self.planes.insert(0, vec![0; slots]);
            self.low -= 1;
        }
        while self.low + self.planes.len() < end {
            self.planes.push(vec![0; slots]);
        }
    }

    fn add(&mut self, other: &Self) {
        if other.planes.is_empty() {
            return;
        }
        self.cover(other.low, other.low + other.planes.len());
        let from = other.low - self.low;
        for (plane, more) in self.planes[from..].iter_mut().zip(&other.planes) {
            for (digit, add) in plane.iter_mut().zip(more) {
                *digit += add;
            }
        }
        self.adds += 1;
        if self.adds >= ADDS_MAX {
            self.carry();
        }
    }

    /// Moves carries; the highest digits stay below 2^40 in size because a plane is put on top.
    fn carry(&mut self) {
        let Some(top) = self.planes.last() else {
            return;
        };
        let is_full = top.iter().any(|digit| digit.unsigned_abs() >> 39 != 0);
        if is_full && self.low + self.planes.len() < DIGITS {
            self.planes.push(vec![0; self.slots]);
        }
        for index in 1..self.planes.len() {
            let (below, above) = self.planes.split_at_mut(index);
            for (digit, next) in below[index - 1].iter_mut().zip(&mut above[0]) {
                let mut pair = [*digit, *next];
                digits::carry(&mut pair);
                [*digit, *next] = pair;
            }
        }
        self.adds = 1;
    }

    /// The digits of a slot with carries moved, and how many there are.
    fn digits_of(&self, slot: usize) -> ([i64; DIGITS + 1], usize) {
        let mut digits = [0; DIGITS + 1];
        for (digit, plane) in digits.iter_mut().zip(&self.planes) {
            *digit = plane[slot];
        }
        // One more than there are planes takes what the highest digit has gathered.
        let used = self.planes.len() + 1;
        digits::carry(&mut digits[..used]);
        (digits, used)
    }

    /// Brings every slot to its one form: digits below 2^40, all with the sign of the sum, no plane
    /// of zeros at either end.
    fn make_canonical(&mut self) {
        let mut planes = vec![vec![0; self.slots]; self.planes.len() + 1];
        for slot in 0..self.slots {
            let (mut digits, used) = self.digits_of(slot);
            let is_negative = digits[used - 1] < 0;
            if is_negative {
                digits.iter_mut().for_each(|digit| *digit = -*digit);
                digits::carry(&mut digits[..used]);
                digits.iter_mut().for_each(|digit| *digit = -*digit);
            }
            for (plane, digit) in planes.iter_mut().zip(digits) {
                plane[slot] = digit;
            }
        }
        let is_zero = |plane: &Vec<i64>| plane.iter().all(|&digit| digit == 0);
        let zeros_below = planes.iter().take_while(|plane| is_zero(plane)).count();
        let zeros_above = planes[zeros_below..]
            .iter()
            .rev()
            .take_while(|plane| is_zero(plane))
            .count();
        planes.truncate(planes.len() - zeros_above);
        planes.drain(..zeros_below);
        self.low = if planes.is_empty() {
            0
        } else {
            self.low + zeros_below
        };
        self.planes = planes;
    }
}

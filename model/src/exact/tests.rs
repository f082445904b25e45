use super::lanes::{BINS_MAX, Bins, Lanes};
use super::*;
use proptest::prelude::*;

/// The sum by the school method: an integer of as many bits as f64 spans, least bit 2^-1074.
fn naive_sum(values: &[f64]) -> f64 {
    let present: Vec<f64> = values.iter().copied().filter(|v| !v.is_nan()).collect();
    let plus = present.contains(&f64::INFINITY);
    let minus = present.contains(&f64::NEG_INFINITY);
    match (present.len(), plus, minus) {
        (0, _, _) | (_, true, true) => return f64::NAN,
        (_, true, false) => return f64::INFINITY,
        (_, false, true) => return f64::NEG_INFINITY,
        (1, false, false) => return present[0],
        _ => {}
    }
    let (mut positive, mut negative) = (Naive::new(), Naive::new());
    for value in present {
        if value >= 0.0 {
            positive.add(value.abs());
        } else {
            negative.add(-value);
        }
    }
    if positive.less_than(&negative) {
        -negative.minus(&positive).round()
    } else {
        positive.minus(&negative).round()
    }
}

/// Bits, one per byte, least first.
struct Naive(Vec<i8>);

impl Naive {
    fn new() -> Self {
        Self(vec![0; 2300])
    }

    fn add(&mut self, value: f64) {
        let bits = value.to_bits();
        let exponent = usize::try_from(bits >> 52).unwrap();
        let (mantissa, mut at) = match exponent {
            0 => (bits, 0),
            _ => (bits & ((1 << 52) - 1) | (1 << 52), exponent - 1),
        };
        let mut left = mantissa;
        let mut carry = 0;
        while left > 0 || carry > 0 {
            let sum = self.0[at] + i8::from(left & 1 == 1) + carry;
            self.0[at] = sum & 1;
            carry = sum >> 1;
            left >>= 1;
            at += 1;
        }
    }

    fn less_than(&self, other: &Self) -> bool {
        self.0.iter().rev().lt(other.0.iter().rev())
    }

    fn minus(&self, other: &Self) -> Self {
        let mut borrow = 0;
        let bits = self.0.iter().zip(&other.0).map(|(a, b)| {
            let difference = a - b - borrow;
            borrow = i8::from(difference < 0);
            difference & 1
        });
        Self(bits.collect())
    }

    /// Through decimal-free text: Rust parses no binary, so round by hand on the bits.
    fn round(&self) -> f64 {
        let Some(top) = self.0.iter().rposition(|&bit| bit == 1) else {
            return 0.0;
        };
        let cut = top.saturating_sub(52);
        let kept = self.0[cut..=top]
            .iter()
            .rev()
            .fold(0_u64, |all, &bit| all << 1 | u64::from(bit == 1));
        let below = &self.0[..cut];
        let half = below.last() == Some(&1);
        let rest = below.iter().rev().skip(1).any(|&bit| bit == 1);
        let rounded = kept + u64::from(half && (rest || kept & 1 == 1));
        let mut value = rounded as f64;
        for _ in 0..cut {
            value *= 2.0;
        }
        // 2^-1074 in two exact steps for what is not subnormal, in one for what is.
        if cut == 0 {
            f64::from_bits(rounded)
        } else {
            scale_down(rounded, cut).unwrap_or(value)
        }
    }
}

/// `rounded * 2^(cut - 1074)` without leaving the range of f64 on the way.
fn scale_down(rounded: u64, cut: usize) -> Option<f64> {
    let mut value = rounded as f64;
    let exponent = i32::try_from(cut).ok()? - 1074;
    let step: f64 = if exponent < 0 { 0.5 } else { 2.0 };
    for _ in 0..exponent.abs() {
        value *= step;
    }
    Some(value)
}

fn any_value() -> impl Strategy<Value = f64> {
    prop_oneof![
        4 => -1e6..1e6,
        2 => (any::<i32>(), 1_u8..61).prop_map(|(n, d)| f64::from(n % 1000) / f64::from(d)),
        2 => any::<f64>(),
        1 => Just(f64::NAN),
        1 => prop_oneof![Just(0.0), Just(-0.0), Just(1e300), Just(-1e300), Just(f64::MAX)],
        1 => (0_u64..1 << 53).prop_map(f64::from_bits),
        1 => Just(1.0), 1 => Just(-1.0),
    ]
}

fn maybe_infinite() -> impl Strategy<Value = f64> {
    prop_oneof![
        30 => any_value(),
        1 => Just(f64::INFINITY),
        1 => Just(f64::NEG_INFINITY),
    ]
}

fn exact(values: &[f64]) -> ExactSum {
    let mut sum = ExactSum::new();
    values.iter().for_each(|&value| sum.add(value));
    sum
}

/// Equal bits; all NaN are one.
#[track_caller]
fn check(found: f64, expected: f64) {
    assert!(
        found.to_bits() == expected.to_bits() || found.is_nan() && expected.is_nan(),
        "{found:e} instead of {expected:e}"
    );
}

#[test]
fn rounds_to_even_at_a_tie() {
    let unit = 2_f64.powi(53);
    check(exact(&[unit, 1.0]).value(), unit);
    check(exact(&[unit, 2.0, 1.0]).value(), unit + 4.0);
    check(exact(&[unit, 1.0, 1e-300]).value(), unit + 2.0);
    check(exact(&[-unit, -1.0, -1e-300]).value(), -unit - 2.0);
    check(exact(&[1.0, 2_f64.powi(-53), -5e-324]).value(), 1.0);
}

#[test]
fn the_range_of_f64_ends_where_rounding_says() {
    check(exact(&[f64::MAX, f64::MAX]).value(), f64::INFINITY);
    check(exact(&[f64::MAX, f64::MAX, -f64::MAX]).value(), f64::MAX);
    let half_ulp = 2_f64.powi(970);
    check(exact(&[f64::MAX, half_ulp]).value(), f64::INFINITY);
    check(exact(&[f64::MAX, half_ulp, -5e-324]).value(), f64::MAX);
    check(exact(&[5e-324, 5e-324]).value(), 1e-323);
}

#[test]
fn what_a_sum_of_one_or_none_is() {
    check(exact(&[]).value(), f64::NAN);
    check(exact(&[f64::NAN]).value(), f64::NAN);
    check(exact(&[-0.0]).value(), -0.0);
    check(exact(&[-0.0, -0.0]).value(), 0.0);
    check(exact(&[1e300, -1e300]).value(), 0.0);
    check(exact(&[f64::INFINITY, f64::NEG_INFINITY]).value(), f64::NAN);
}

proptest! {
    #[test]
    fn equals_the_school_method(values in prop::collection::vec(maybe_infinite(), 0..40)) {
        check(exact(&values).value(), naive_sum(&values));
    }

    #[test]
    fn any_order_and_any_parts_give_the_same_bits(
        values in prop::collection::vec(any_value(), 1..60).prop_shuffle(),
        cut in 0_usize..60,
    ) {
        let expected = exact(&values).value();
        let mut reversed = values.clone();
        reversed.reverse();
        check(exact(&reversed).value(), expected);
        let (left, right) = values.split_at(cut.min(values.len()));
        let (mut a, b) = (exact(left), exact(right));
        a.merge(&b);
        check(a.value(), expected);
        let mut b = b;
        b.merge(&exact(left));
        check(b.value(), expected);
    }

    #[test]
    fn a_column_is_a_sum_per_slot(
        (slots, rows) in (1_usize..6).prop_flat_map(|slots| {
            let row = prop::collection::vec(maybe_infinite(), slots);
            (Just(slots), prop::collection::vec(row, 0..30))
        }),
        cuts in prop::collection::vec(0_usize..30, 2),
    ) {
        check_column(slots, &rows, cuts);
    }

    /// Nothing but values of usual sizes, so that sums stay in the bins of the kernel.
    #[test]
    fn a_column_of_usual_values_is_a_sum_per_slot(
        (slots, rows) in (1_usize..6).prop_flat_map(|slots| {
            let row = prop::collection::vec(usual_value(), slots);
            (Just(slots), prop::collection::vec(row, 0..30))
        }),
        cuts in prop::collection::vec(0_usize..30, 2),
    ) {
        check_column(slots, &rows, cuts);
    }

    /// Whatever vectors a machine has, it finds the same bits.
    #[test]
    fn all_lanes_fill_the_same_bins(
        (slots, rows) in (1_usize..40).prop_flat_map(|slots| {
            let value = prop_oneof![40 => usual_value(), 1 => maybe_infinite()];
            let row = prop::collection::vec(value, slots);
            (Just(slots), prop::collection::vec(row, 0..12))
        }),
        bins in 2..=BINS_MAX, grid in -60_i32..0,
    ) {
        let rows: Vec<&[f64]> = rows.iter().map(Vec::as_slice).collect();
        let mut rounder = 1.5 * 2_f64.powi(52 + grid);
        let rounders = std::array::from_fn(|_bin| {
            rounder *= 2_f64.powi(-40);
            rounder * 2_f64.powi(40)
        });
        let fill = |lanes| {
            let mut counts = vec![0; slots];
            let mut sums = vec![vec![0.0_f64; slots]; bins];
            let mut bins = Bins { counts: &mut counts, sums: &mut sums };
            let fits = bins.add(&rows, &rounders, lanes);
            let bits = sums.into_iter().flatten().map(|sum| if sum.is_nan() { 0 } else { sum.to_bits() });
            (fits, counts, bits.collect::<Vec<u64>>())
        };
        let plain = fill(Lanes::Plain);
        for lanes in Lanes::ALL.into_iter().filter(|lanes| lanes.exist()) {
            prop_assert_eq!(fill(lanes), plain.clone(), "{:?}", lanes);
        }
    }
}

/// What a store mostly holds.
fn usual_value() -> impl Strategy<Value = f64> {
    prop_oneof![
        6 => (-100_000_i32..100_000, 1_u8..61).prop_map(|(n, d)| f64::from(n) / f64::from(d)),
        2 => (0_i32..1000).prop_map(f64::from),
        1 => Just(f64::NAN),
        1 => Just(0.0),
    ]
}

/// Sums of columns in parts and by either way are the sums of their slots.
#[track_caller]
fn check_column(slots: usize, rows: &[Vec<f64>], mut cuts: Vec<usize>) {
    let expected: Vec<f64> = (0..slots)
        .map(|slot| exact(&rows.iter().map(|row| row[slot]).collect::<Vec<_>>()).value())
        .collect();
    let wide = wide_column(slots, rows);
    let fast = fast_column(slots, rows);
    assert_eq!(wide, fast);
    cuts.iter_mut().for_each(|cut| *cut = rows.len().min(*cut));
    cuts.sort_unstable();
    let mut merged = fast_column(slots, &rows[cuts[1]..]);
    merged.merge(&wide_column(slots, &rows[cuts[0]..cuts[1]]));
    merged.merge(&fast_column(slots, &rows[..cuts[0]]));
    assert_eq!(merged, wide);
    let restored = SumColumn::from_parts(merged.parts()).expect("parts of a column");
    assert_eq!(restored, merged);
    for column in [wide, fast, merged, restored] {
        let found = column.values().into_iter();
        found.zip(&expected).for_each(|(v, &e)| check(v, e));
    }
}

fn wide_column(slots: usize, rows: &[Vec<f64>]) -> SumColumn {
    let mut column = SumColumn::new(slots);
    rows.iter().for_each(|row| column.add_row(row));
    column
}

/// In slabs of seven rows, so that windows change between slabs.
fn fast_column(slots: usize, rows: &[Vec<f64>]) -> SumColumn {
    let mut session = SumKernel::new(slots).open(SumColumn::new(slots));
    let rows: Vec<&[f64]> = rows.iter().map(Vec::as_slice).collect();
    rows.chunks(7).for_each(|slab| session.add_rows(slab));
    session.finish().1
}

/// The worst rows that stay in one window: the bins must not round.
#[test]
fn bins_stay_exact_when_full() {
    let largest = 2_f64.powi(40) - 2_f64.powi(-13);
    let rows: Vec<Vec<f64>> = (0..10_000)
        .map(|_| vec![largest, -largest, 2_f64.powi(-40)])
        .collect();
    let mut session = SumKernel::new(3).open(SumColumn::new(3));
    let slices: Vec<&[f64]> = rows.iter().map(Vec::as_slice).collect();
    slices.chunks(64).for_each(|slab| session.add_rows(slab));
    let (kernel, column) = session.finish();
    assert_eq!(kernel.stats().rows_fast, 10_000);
    assert_eq!(kernel.stats().rows_wide, 0);
    let expected = 1e4 * 2_f64.powi(40) - 1e4 * 2_f64.powi(-13);
    assert_eq!(
        column.values(),
        [expected, -expected, 1e4 * 2_f64.powi(-40)]
    );
}

#[test]
fn usual_values_take_the_fast_way() {
    let mut session = SumKernel::new(4).open(SumColumn::new(4));
    for k in 0..1000_i32 {
        let rate = f64::from(k % 97) / 60.0;
        session.add_rows(&[&[rate, f64::NAN, rate * 1e6, 0.25]]);
    }
    let (kernel, column) = session.finish();
    assert_eq!(
        kernel.stats(),
        KernelStats {
            rows_fast: 1000,
            rows_wide: 0,
            windows: kernel.stats().windows
        }
    );
    assert_eq!(column.counts(), [1000, 0, 1000, 1000]);
    assert!(kernel.stats().windows < 10, "{:?}", kernel.stats());
}

#[test]
fn rows_beyond_any_window_are_counted() {
    let mut session = SumKernel::new(2).open(SumColumn::new(2));
    session.add_rows(&[&[1e300, 1.0], &[1.0, 1e-300], &[2.0, 3.0]]);
    let (kernel, column) = session.finish();
    assert_eq!(column.values(), [1e300, 4.0]);
    assert!(kernel.stats().rows_wide >= 1);
}

/// More additions than digits have room for: carries must move in between.
#[test]
fn millions_of_values_do_not_overflow_a_digit() {
    let count = 3 * ADDS_MAX;
    let value = 2_f64.powi(80) - 2_f64.powi(28);
    let mut sum = ExactSum::new();
    let mut column = SumColumn::new(1);
    for _ in 0..count {
        sum.add(-value);
        column.add_row(&[value]);
    }
    let expected = f64::from(count) * value;
    check(sum.value(), -expected);
    check(column.values()[0], expected);
}

//! Exact sums in memory: 4,096 rows (series) of 360 slots that stay in the L2 cache in slabs of 64.
//!
//! Run with `cargo bench -p telamon-benches --bench exact`.

use std::hint::black_box;

use divan::Bencher;
use divan::counter::ItemsCount;
use telamon_benches::add_plain;
use telamon_model::exact::{SumColumn, SumKernel};

const SLOTS: usize = 360;
const SLAB: usize = 64;
const SLABS: usize = 64;

fn main() {
    divan::main();
}

/// Rates as a store holds them: counts divided by a step.
fn slab(scale: f64) -> Vec<f64> {
    let mut state = 42_u64;
    (0..SLAB * SLOTS)
        .map(|_| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            let count = u32::try_from(state >> 48).expect("16 bits");
            f64::from(count) / 10.0 * scale
        })
        .collect()
}

/// The kernel on values that need two bins.
#[divan::bench]
fn sum_rates(bencher: Bencher<'_, '_>) {
    run(bencher, &slab(1.0));
}

/// A slab with values of very different size, which need three bins.
#[divan::bench]
fn sum_wide_range(bencher: Bencher<'_, '_>) {
    let mut slab = slab(1.0);
    slab.iter_mut().step_by(3).for_each(|value| *value *= 1e-9);
    run(bencher, &slab);
}

/// The order-dependent sum, to compare with.
#[divan::bench]
fn plain_f64_sum(bencher: Bencher<'_, '_>) {
    let slab = slab(1.0);
    let mut sums = vec![0.0; SLOTS];
    bencher
        .counter(ItemsCount::new(SLAB * SLABS * SLOTS))
        .bench_local(|| {
            for _ in 0..SLABS {
                let rows = black_box(&slab).chunks_exact(SLOTS);
                rows.for_each(|row| add_plain(&mut sums, row));
            }
        });
}

fn run(bencher: Bencher<'_, '_>, slab: &[f64]) {
    let rows: Vec<&[f64]> = slab.chunks_exact(SLOTS).collect();
    let mut idle = Some(SumKernel::new(SLOTS));
    bencher
        .counter(ItemsCount::new(SLAB * SLABS * SLOTS))
        .bench_local(|| {
            let kernel = idle.take().expect("the kernel comes back after each run");
            let mut session = kernel.open(SumColumn::new(SLOTS));
            for _ in 0..SLABS {
                session.add_rows(black_box(&rows));
            }
            let (kernel, column) = session.finish();
            idle = Some(kernel);
            column
        });
    let kernel = idle.expect("the kernel comes back after each run");
    assert_eq!(kernel.stats().rows_wide, 0);
}

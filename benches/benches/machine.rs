//! The machine's own limits, to quote beside every other figure of the same run.
//!
//! What: memory read, memory copy, appending to a file, forcing it to disk. On what: this process and
//! the temporary folder. How: `cargo bench -p telamon-benches --bench machine`.

use std::hint::black_box;
use std::io::Write as _;

use divan::Bencher;
use divan::counter::{BytesCount, ItemsCount};

fn main() {
    divan::main();
}

/// Larger than any cache of the machines we quote.
const MEMORY_BYTES: usize = 1 << 30;
const APPEND_BYTES: usize = 64 << 20;

#[divan::bench(sample_count = 5, sample_size = 1)]
fn memory_read(bencher: Bencher<'_, '_>) {
    let words = vec![1_u64; MEMORY_BYTES / 8];
    bencher
        .counter(BytesCount::new(MEMORY_BYTES))
        .bench_local(|| {
            black_box(&words)
                .iter()
                .fold(0_u64, |sum, &word| sum.wrapping_add(word))
        });
}

#[divan::bench(sample_count = 5, sample_size = 1)]
fn memory_copy(bencher: Bencher<'_, '_>) {
    let from = vec![1_u8; MEMORY_BYTES / 2];
    let mut to = vec![0_u8; MEMORY_BYTES / 2];
    bencher
        .counter(BytesCount::new(MEMORY_BYTES / 2))
        .bench_local(|| black_box(&mut to).copy_from_slice(black_box(&from)));
}

#[divan::bench(sample_count = 5, sample_size = 1)]
fn file_append(bencher: Bencher<'_, '_>) {
    let block = vec![7_u8; 1 << 20];
    bencher
        .counter(BytesCount::new(APPEND_BYTES))
        .bench_local(|| {
            let mut file = tempfile::tempfile().expect("the temporary folder is writable");
            for _ in 0..APPEND_BYTES / block.len() {
                file.write_all(&block).expect("the disk takes 64 MiB");
            }
        });
}

#[divan::bench(sample_count = 20, sample_size = 1)]
fn file_sync_4_kib(bencher: Bencher<'_, '_>) {
    let mut file = tempfile::tempfile().expect("the temporary folder is writable");
    bencher.counter(ItemsCount::new(1_usize)).bench_local(|| {
        file.write_all(&[7; 4096]).expect("the disk takes 4 KiB");
        file.sync_data().expect("the disk can be synced");
    });
}

//! Seeded data of the benchmark workload.

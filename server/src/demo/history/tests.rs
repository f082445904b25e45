//! The story holds, in any order of slots and for any seed.

use std::collections::BTreeSet;

use super::*;

const STEP_MS: i64 = 10_000;

fn fleet(seed: u64, series_count: usize) -> DemoFleet {
    DemoFleet::new(DemoOptions {
        seed,
        series_count,
        step: Step::from_millis(STEP_MS).unwrap(),
        start: Timestamp(1_700_000_004_321),
    })
}

/// The sum over series with all of these tags, at a slot relative to the start.
fn sum(fleet: &DemoFleet, tags: &[(&str, &str)], age_s: i64) -> f64 {
    let slot = fleet.history().end.plus(-1 + age_s * 1000 / STEP_MS);
    let values = fleet.values_at(slot);
    let has_all = |series: &Series| {
        let found = |&(key, value): &(&str, &str)| {
            series.tags().get(key).is_some_and(|text| **text == *value)
        };
        tags.iter().all(found)
    };
    let selected = fleet
        .series()
        .iter()
        .zip(values)
        .filter(|(series, _)| has_all(series));
    selected.map(|(_, value)| value).sum()
}

#[test]
fn the_usual_fleet_has_two_thousand_series_once_each() {
    let fleet = fleet(1, 2000);
    assert_eq!(fleet.series().len(), 2000);
    let ids: BTreeSet<_> = fleet.series().iter().map(Series::id).collect();
    assert_eq!(ids.len(), 2000);
    assert_eq!(fleet.history().len(), 2172);
    for (wanted, made) in [(0, 150), (100, 150), (5000, 5000), (20_000, 20_000)] {
        assert_eq!(self::fleet(1, wanted).series().len(), made, "{wanted}");
    }
}

#[test]
fn tags_keep_the_rules_of_atlas() {
    let is_allowed = |c: char| c.is_ascii_alphanumeric() || "-._^~".contains(c);
    for series in fleet(7, 2000).series() {
        assert!(series.tags().get("name").is_some());
        for (key, value) in series.tags().iter() {
            assert!(
                key.chars().chain(value.chars()).all(is_allowed),
                "{key}={value}"
            );
            assert!((2..=60).contains(&key.len()) && (1..=120).contains(&value.len()));
        }
    }
}

#[test]
fn values_are_a_function_of_seed_and_slot() {
    let (one, two) = (fleet(3, 500), fleet(3, 500));
    let slots: Vec<Slot> = (0..20)
        .map(|index| one.history().start.plus(index))
        .collect();
    let forwards: Vec<Vec<f64>> = slots.iter().map(|&slot| one.values_at(slot)).collect();
    let backwards = slots.iter().rev().map(|&slot| two.values_at(slot));
    for (a, b) in forwards.iter().rev().zip(backwards) {
        assert_eq!(*a, b);
        assert!(a.iter().all(|value| value.is_finite() && *value >= 0.0));
        assert_eq!(a.len(), one.series().len());
    }
    assert_ne!(fleet(4, 500).values_at(slots[0]), forwards[0]);
}

#[test]
fn a_batch_has_one_row_per_series_at_the_end_of_the_slot() {
    let fleet = fleet(3, 500);
    let slot = fleet.history().start;
    let batch = fleet.batch_at(slot);
    let values: Vec<f64> = batch.rows.iter().map(|row| row.value).collect();
    assert_eq!(values, fleet.values_at(slot));
    for (index, row) in batch.rows.iter().enumerate() {
        assert_eq!(usize::try_from(row.series_index).unwrap(), index);
        assert_eq!(row.timestamp, Timestamp(slot.0 * STEP_MS));
    }
}

#[test]
fn counters_never_fall() {
    let fleet = fleet(5, 2000);
    let mut before = vec![0.0; fleet.series().len()];
    for age in 0..500 {
        let values = fleet.values_at(fleet.history().start.plus(age));
        for ((series, value), before) in fleet.series().iter().zip(values).zip(&mut before) {
            if series
                .tags()
                .get("atlas.dstype")
                .is_some_and(|text| &**text == "counter")
            {
                assert!(
                    value > *before,
                    "{:?} {value} after {before}",
                    series.tags()
                );
                *before = value;
            }
        }
    }
}

#[test]
fn the_error_burst_runs_at_start_and_comes_back_every_ten_minutes() {
    let failing = |fleet: &DemoFleet, app: &'static str, age: i64| {
        let all = [
            ("name", "ipc.server.call"),
            ("statistic", "count"),
            ("nf.app", app),
        ];
        let failed = [all[0], all[1], all[2], ("status", "failure")];
        100.0 * sum(fleet, &failed, age) / sum(fleet, &all, age)
    };
    for (seed, series_count) in [(1, 2000), (2, 2000), (42, 150)] {
        let fleet = fleet(seed, series_count);
        for age in (-3690..3600).step_by(10) {
            let is_burst = (age + 90_i64).rem_euclid(600) < 150;
            let percent = failing(&fleet, "checkout", age);
            assert_eq!(percent > 5.0, is_burst, "{percent} % at {age}");
        }
        assert!(failing(&fleet, "checkout", -3700) < 5.0, "before the first");
        for app in ["gateway", "playback", "search", "profile"] {
            for age in (-21_000..600).step_by(110) {
                assert!(failing(&fleet, app, age) < 5.0, "{app} at {age}");
            }
        }
    }
}

#[test]
fn one_cluster_is_slow_for_a_quarter_of_an_hour() {
    let fleet = fleet(1, 2000);
    let average = |cluster: &str, age: i64| {
        let of = |statistic: &str| {
            let tags = [
                ("name", "ipc.server.call"),
                ("statistic", statistic),
                ("nf.cluster", cluster),
            ];
            sum(&fleet, &tags, age)
        };
        of("totalTime") / of("count")
    };
    for age in [-8400, -7190, -3600, 0, 600] {
        for cluster in [
            "gateway-main",
            "playback-main",
            "search-main",
            "checkout-main",
        ] {
            assert!(average(cluster, age) < 0.25, "{cluster} at {age}");
        }
    }
    for age in [-8000, -7800, -7600] {
        assert!(average("playback-main", age) > 0.4, "at {age}");
    }
}

#[test]
fn one_node_stands_out() {
    let fleet = fleet(1, 2000);
    let slot = fleet.history().end;
    let values = fleet.values_at(slot);
    let mut cpu: Vec<f64> = fleet
        .series()
        .iter()
        .zip(values)
        .filter(|(series, _)| {
            let tag = |key: &str| series.tags().get(key).map(|text| &**text);
            tag("name") == Some("cpu.usage") && tag("nf.cluster") == Some("gateway-main")
        })
        .map(|(_, value)| value)
        .collect();
    cpu.sort_by(f64::total_cmp);
    let (highest, others) = cpu.split_last().unwrap();
    assert_eq!(others.len(), 15);
    assert!(*highest > others[14] + 20.0, "{cpu:?}");
}

/// Each node counts every request in one bucket, and no bucket is named twice.
#[test]
fn percentile_buckets_are_distinct_and_add_up() {
    for cluster in &CLUSTERS {
        let indexes: BTreeSet<_> = (0..BUCKETS)
            .map(|bucket| BucketIndex::of(i64::from(bucket_nanos(cluster, bucket))))
            .collect();
        assert_eq!(indexes.len(), BUCKETS);
    }
    let fleet = fleet(1, 2000);
    for app in ["gateway", "playback"] {
        let of = |statistic| {
            let tags = [
                ("name", "ipc.server.call"),
                ("status", "success"),
                ("statistic", statistic),
                ("nf.app", app),
            ];
            sum(&fleet, &tags, 0)
        };
        let (counted, in_buckets) = (of("count"), of("percentile"));
        assert!(
            (counted / in_buckets - 1.0).abs() < 0.02,
            "{counted} {in_buckets}"
        );
    }
}

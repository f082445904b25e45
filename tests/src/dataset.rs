//! The data set of the conformance runner: its random numbers, its values and the recorded ones.

use proptest::prelude::*;
use telamon_model::{Slot, SlotRange};
use telamon_tests::conformance::dataset::{JavaRandom, StaticData, check, java_hash, read_holes};

use crate::recordings;

/// 2012-01-01T00:00Z in minutes since 1970.
const YEAR_2012: i64 = 22_089_600;

/// The index of the only series with these values of tags.
fn index_of(data: &StaticData, pairs: &[(&str, &str)]) -> usize {
    let fits = |index: &usize| {
        let tags = data.series()[*index].tags();
        pairs
            .iter()
            .all(|(key, value)| tags.get(key).is_some_and(|held| &**held == *value))
    };
    let found: Vec<usize> = (0..data.series().len()).filter(fits).collect();
    assert_eq!(found.len(), 1, "{pairs:?}");
    found[0]
}

fn slots(first: i64, count: i64) -> SlotRange {
    SlotRange {
        start: Slot(first),
        end: Slot(first + count),
    }
}

fn values(data: &StaticData, index: usize, slots: SlotRange) -> Vec<f64> {
    let mut out = vec![0.0; slots.len()];
    data.fill(index, slots, &mut out);
    out
}

#[test]
fn random_numbers_of_java() {
    // What Java's documentation and every JDK agree on for the seed 42.
    let mut random = JavaRandom::new(42);
    assert_eq!(random.double(), 0.727_563_680_032_868_1);
    assert!(random.boolean());
    let hash = java_hash("silverlight-0000");
    assert_eq!(hash, -1_323_672_284);
    let mut random = JavaRandom::new(i64::from(hash));
    let normal: Vec<f64> = (0..3).map(|_| random.gaussian()).collect();
    assert_eq!(
        normal,
        [
            -1.114_828_473_667_574_6,
            -1.240_754_797_744_868_5,
            -0.799_952_248_425_702_3
        ]
    );
    assert_eq!(java_hash(""), 0);
}

#[test]
fn values_at_known_times() {
    let data = StaticData::alert();
    let starts = |node: &str, kind: &str| {
        let index = index_of(&data, &[("name", "sps"), ("nf.node", node), ("type", kind)]);
        values(&data, index, slots(YEAR_2012, 3))
    };
    let node = "silverlight-0000";
    assert_eq!(
        starts(node, "ideal"),
        [175.0, 175.545_413_660_593_3, 176.090_816_937_296_75]
    );
    assert_eq!(
        starts(node, "low-noise"),
        [
            173.156_085_432_943_48,
            175.948_685_776_286_28,
            175.634_193_882_004_67
        ]
    );
    assert_eq!(
        starts(node, "high-noise"),
        [
            167.624_341_731_773_88,
            177.158_502_123_365_17,
            174.264_324_716_128_39
        ]
    );
    assert_eq!(
        starts("psvita-0000", "high-noise")[..2],
        [0.0, 0.895_752_270_174_994_9]
    );

    let alert = |name: &str, minute: i64| {
        let index = index_of(&data, &[("name", name), ("nf.node", "alert1")]);
        values(&data, index, slots(YEAR_2012 + minute, 1))[0]
    };
    assert_eq!(alert("requestsPerSecond", 0), 165.780_427_164_717_37);
    assert_eq!(alert("requestsPerSecond", 6 * 60 + 37), 0.0);
    assert_eq!(
        alert("requestsPerSecond", 6 * 60 + 38),
        318.797_995_776_812_57
    );
    assert_eq!(
        alert("requestsPerSecond", 28 * 60 + 22),
        266.306_935_489_222_4
    );
    assert_eq!(alert("ssCpuUser", 0), 18.524_868_346_354_78);
    assert_eq!(alert("ssCpuUser", 5 * 60), 64.034_267_611_092_79);
    let latency = index_of(
        &data,
        &[("name", "requestLatency"), ("nf.node", "silverlight-node")],
    );
    let latency = values(&data, latency, slots(YEAR_2012, 100));
    assert!(latency.iter().all(|&value| value == 603.637_818_400_164_3));
}

#[test]
fn counts_and_sums() {
    let data = StaticData::alert();
    let named = |name: &str| {
        let of_name = |index: &usize| {
            data.series()[*index]
                .tags()
                .get("name")
                .is_some_and(|held| &**held == name)
        };
        (0..data.series().len())
            .filter(of_name)
            .collect::<Vec<usize>>()
    };
    let sum = |indexes: &[usize], minute: i64| -> f64 {
        let at = slots(YEAR_2012 + minute, 1);
        indexes
            .iter()
            .map(|&index| values(&data, index, at)[0])
            .sum()
    };
    for (name, count) in [
        ("sps", 249),
        ("playback.startLatency", 3056),
        ("poller.asg.instance", 764),
        ("DiscoveryStatus_nccp_UP", 764),
        ("requestLatency", 6),
    ] {
        assert_eq!(named(name).len(), count, "{name}");
    }
    assert_eq!(data.series().len(), 4843);
    assert_eq!(sum(&named("DiscoveryStatus_nccp_UP"), 480), 383.0);
    let starts = named("sps");
    assert!((sum(&starts, 0) - 33_741.959_978_467_97).abs() < 1e-8);
    assert!((sum(&starts, 480) - 57_736.585_439_906_31).abs() < 1e-8);
}

proptest! {
    /// A value depends on its series and minute alone, not on the range it is asked in.
    #[test]
    fn any_cut_of_a_range_gives_the_same_values(
        kind in 0_usize..4843,
        first in prop_oneof![-50_i64..50, YEAR_2012 - 100..YEAR_2012 + 50_000],
        count in 0_i64..300,
        cut in 0.0..1.0_f64,
    ) {
        let data = DATA.get_or_init(StaticData::alert);
        // Every other time one of the four with intervals.
        let index = if kind % 2 == 0 { kind } else { data.series().len() - 1 - kind % 4 };
        #[expect(clippy::cast_possible_truncation, reason = "below 300")]
        let middle = (count as f64 * cut) as i64;
        let mut joined = values(data, index, slots(first, middle));
        joined.extend(values(data, index, slots(first + middle, count - middle)));
        let whole = values(data, index, slots(first, count));
        let bits = |values: &[f64]| values.iter().map(|value| value.to_bits()).collect::<Vec<_>>();
        prop_assert_eq!(bits(&whole), bits(&joined));
    }
}

static DATA: std::sync::OnceLock<StaticData> = std::sync::OnceLock::new();

#[test]
fn recorded_series_and_values() {
    let Some(folder) = recordings::folder() else {
        return;
    };
    let report = check(&folder).unwrap();
    println!("{report}");
    assert_eq!(report.wrong, Vec::<String>::new());
    assert_eq!((report.series, report.series_missing), (4843, 0));
    assert!(report.values > 9_000, "{report}");
    assert_eq!(report.equal_bits, report.values, "{report}");
}

#[test]
fn recorded_holes() {
    let Some(folder) = recordings::folder() else {
        return;
    };
    let holes = read_holes(&folder).unwrap();
    assert_eq!(holes.series.len(), 27);
    for (series, first, values) in &holes.series {
        assert_eq!(
            (*first, values.len()),
            (Slot(YEAR_2012 + 1), 360),
            "{:?}",
            series.tags()
        );
    }
    let with_holes = holes
        .series
        .iter()
        .filter(|held| held.2.iter().any(|value| value.is_nan()));
    assert!(with_holes.count() > 10);
}

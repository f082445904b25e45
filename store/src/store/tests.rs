use std::collections::BTreeMap;
use std::sync::Barrier;

use proptest::prelude::*;
use telamon_model::{DsType, PartitionCount, Row, Series, SeriesId, Slot, SlotRange, Step, Tags};

use super::*;
use crate::log::{MemLog, Offset};

mod model;
mod refusal;

use model::Model;

const START_MS: i64 = 1_000_000_000;

fn options(partitions: u16) -> Options {
    Options {
        step: Step::from_millis(10_000).unwrap(),
        partitions: PartitionCount::new(partitions).unwrap(),
        block_slots: 20,
        retention_ms: 900_000,
        age_max_ms: 60_000,
    }
}

fn open(options: Options, log: &Arc<MemLog>) -> (Store, Recovery, Vec<ClosedStep>) {
    let mut closed = Vec::new();
    let log: Arc<dyn Log> = Arc::clone(log) as Arc<dyn Log>;
    let (store, recovery) = Store::open(options, log, &mut |step| closed.push(step)).unwrap();
    (store, recovery, closed)
}

fn fresh(options: Options) -> Store {
    open(options, &Arc::new(MemLog::new())).0
}

/// A series of each type in turn, spread over nodes, hence over partitions.
fn series(index: usize) -> Series {
    let dstype = ["rate", "gauge", "counter", "sum"][index % 4];
    Series::new(Tags::from_pairs([
        ("name", format!("metric-{index}")),
        ("nf.node", format!("i-{}", index / 4)),
        ("atlas.dstype", dstype.to_owned()),
    ]))
}

fn batch(rows: &[(usize, i64, f64)]) -> Batch {
    let mut batch = Batch::default();
    for &(index, time, value) in rows {
        let series = series(index);
        let found = batch.series.iter().position(|other| *other == series);
        let series_index = found.unwrap_or_else(|| {
            batch.series.push(series);
            batch.series.len() - 1
        });
        batch.rows.push(Row {
            series_index: u32::try_from(series_index).unwrap(),
            timestamp: Timestamp(time),
            value,
        });
    }
    batch
}

/// Every held value, by reading rows of all slots.
fn contents(snapshot: &Snapshot, slots: SlotRange) -> BTreeMap<SeriesId, BTreeMap<i64, u64>> {
    let mut contents = BTreeMap::new();
    for shard in snapshot.shards() {
        let ordinals: Vec<u32> = shard.all().iter().collect();
        for some in ordinals.chunks(64) {
            let mut out = vec![1.0; some.len() * slots.len()];
            shard.read_rows(some, slots, &mut out);
            for (&ordinal, row) in some.iter().zip(out.chunks(slots.len())) {
                let cells = (slots.start.0..)
                    .zip(row)
                    .filter(|(_, value)| !value.is_nan())
                    .map(|(slot, value)| (slot, value.to_bits()))
                    .collect();
                contents.insert(shard.series(ordinal).id(), cells);
            }
        }
    }
    contents
}

/// One publish: how much time has passed, and samples relative to then.
type Publish = (i64, Vec<(usize, i64, f64)>);

fn publishes() -> impl Strategy<Value = Vec<Publish>> {
    let pause = prop_oneof![
        4 => Just(0_i64),
        20 => 1_000_i64..12_000,
        3 => 10_000_i64..100_000,
        1 => 100_000_i64..1_500_000,
    ];
    let age = prop_oneof![
        8 => Just(0_i64),
        8 => -20_000_i64..20_000,
        2 => -250_000_i64..70_000,
        4 => (-3_i64..3).prop_map(|steps| steps * 10_000),
    ];
    let value = prop_oneof![
        10 => (0_i32..50).prop_map(f64::from),
        4 => (-1000_i32..1000).prop_map(|n| f64::from(n) / 7.0),
        1 => Just(f64::NAN),
    ];
    let row = (0_usize..24, age, value);
    prop::collection::vec((pause, prop::collection::vec(row, 1..12)), 1..90)
}

/// The batches with their times.
fn timed(publishes: &[Publish]) -> Vec<(i64, Batch)> {
    let mut now = START_MS;
    publishes
        .iter()
        .map(|(pause, rows)| {
            now += pause;
            let rows: Vec<_> = rows
                .iter()
                .map(|&(i, age, value)| (i, now + age, value))
                .collect();
            (now, batch(&rows))
        })
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn rows_read_are_those_of_a_naive_map(publishes in publishes(), partitions in 1_u16..5) {
        let store = fresh(options(partitions));
        let mut model = Model::new(options(partitions));
        let mut early = None;
        for (place, (now, batch)) in timed(&publishes).into_iter().enumerate() {
            model.apply(now, &batch);
            store.append(Timestamp(now), batch).unwrap();
            if place == publishes.len() / 2 {
                store.heartbeat(Timestamp(now)).unwrap();
                early = Some((store.snapshot(), model.held(), model.all_slots()));
            }
        }
        store.heartbeat(model.clock()).unwrap();
        prop_assert_eq!(contents(&store.snapshot(), model.all_slots()), model.held());
        // What happened since has not changed the earlier snapshot.
        let (snapshot, held, slots) = early.unwrap();
        prop_assert_eq!(contents(&snapshot, slots), held);
    }

    #[test]
    fn partitions_and_cuts_between_records_change_nothing(
        publishes in publishes(),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..20),
    ) {
        let mut digests = Vec::new();
        for partitions in [1, 2, 4] {
            let store = fresh(options(partitions));
            for (now, batch) in timed(&publishes) {
                store.append(Timestamp(now), batch).unwrap();
            }
            digests.push(store.digest());
        }
        let split = fresh(options(2));
        for (place, (now, batch)) in timed(&publishes).into_iter().enumerate() {
            let cut = cuts.get(place).map_or(0, |cut| cut.index(batch.rows.len()));
            let (mut first, mut second) = (batch.clone(), batch);
            second.rows.drain(..cut);
            first.rows.truncate(cut);
            for part in [first, second] {
                split.append(Timestamp(now), part).unwrap();
            }
        }
        digests.push(split.digest());
        prop_assert!(digests.windows(2).all(|pair| pair[0] == pair[1]), "{:?}", digests);
    }

    #[test]
    fn replay_gives_the_same_state_answers_and_closed_steps(
        publishes in publishes(),
        partitions in 1_u16..5,
    ) {
        let log = Arc::new(MemLog::new());
        let (store, ..) = open(options(partitions), &log);
        let mut closed = Vec::new();
        let mut dropped = ApplyDrops::default();
        for (now, batch) in timed(&publishes) {
            let applied = store.append(Timestamp(now), batch).unwrap();
            dropped.add(&applied.dropped);
            closed.extend(applied.closed);
            closed.extend(store.heartbeat(Timestamp(now)).unwrap().closed);
        }
        let (again, recovery, closed_again) = open(options(partitions), &log);
        prop_assert_eq!(again.digest(), store.digest());
        prop_assert_eq!(again.log_time(), store.log_time());
        prop_assert_eq!(recovery.dropped, dropped);
        let slots = SlotRange { start: Slot(99_900), end: Slot(100_500) };
        prop_assert_eq!(contents(&again.snapshot(), slots), contents(&store.snapshot(), slots));
        let summary = |closed: &[ClosedStep]| -> Vec<_> {
            closed.iter().map(|step| (step.slot, contents(&step.snapshot, slots))).collect()
        };
        prop_assert_eq!(summary(&closed_again), summary(&closed));
    }
}

#[test]
fn threads_change_nothing() {
    let mut digests = Vec::new();
    for (partitions, threads) in [(1, 1), (1, 3), (2, 2), (4, 1), (4, 4)] {
        let store = fresh(options(partitions));
        let barrier = Barrier::new(threads);
        std::thread::scope(|scope| {
            for thread in 0..threads {
                let (store, barrier) = (&store, &barrier);
                scope.spawn(move || publish_share(store, barrier, thread, threads));
            }
        });
        digests.push(store.digest());
    }
    assert!(digests.windows(2).all(|pair| pair[0] == pair[1]));
}

/// Publishes each `threads`-th series, step by step together with the other threads.
fn publish_share(store: &Store, barrier: &Barrier, thread: usize, threads: usize) {
    for step in 0..60 {
        let now = START_MS + step * 10_000;
        let rows: Vec<_> = (0..40)
            .filter(|index| index % threads == thread)
            .map(|index| (index, now - 700 * (step % 3), some_value(index, step)))
            .collect();
        barrier.wait();
        store.append(Timestamp(now), batch(&rows)).unwrap();
    }
}

/// Some value that differs from series to series and step to step.
#[expect(clippy::cast_precision_loss, reason = "small numbers")]
fn some_value(index: usize, step: i64) -> f64 {
    (index * 31) as f64 + (step * step % 97) as f64 / 3.0
}

#[test]
fn many_series_stay_readable_through_sealing() {
    let store = fresh(options(2));
    let count = 1500;
    for step in 0..50 {
        let now = START_MS + step * 10_000;
        let rows: Vec<_> = (0..count)
            .filter(|index| index % 4 == 1)
            .map(|index| (index, now, some_value(index, step)))
            .collect();
        store.append(Timestamp(now), batch(&rows)).unwrap();
    }
    assert!(store.sealed_bytes() > 0, "nothing was sealed");
    let slots = SlotRange {
        start: Slot(START_MS / 10_000),
        end: Slot(START_MS / 10_000 + 50),
    };
    let contents = contents(&store.snapshot(), slots);
    assert_eq!(contents.len(), count / 4);
    for index in (0..count).filter(|index| index % 4 == 1) {
        let cells = &contents[&series(index).id()];
        for (step, (_, bits)) in (0..50).zip(cells) {
            assert_eq!(*bits, some_value(index, step).to_bits(), "{index} {step}");
        }
        assert_eq!(cells.len(), 50);
    }
}

#[test]
fn a_series_is_listed_while_it_holds_a_value() {
    let store = fresh(options(1));
    let listed = |store: &Store| -> Vec<String> {
        let snapshot = store.snapshot();
        let shard = &snapshot.shards()[0];
        assert_eq!(shard.all().len(), shard.series_count());
        let mut names: Vec<String> = shard
            .tag_values("name", None)
            .keys()
            .map(|v| v.to_string())
            .collect();
        names.sort();
        names
    };
    let counter = 2;
    assert_eq!(series(counter).dstype(), DsType::Counter);
    let append = |now: i64, rows: &[(usize, i64, f64)]| {
        store
            .append(Timestamp(now), batch(rows))
            .unwrap()
            .new_series
    };
    assert_eq!(append(START_MS, &[(counter, START_MS, 5.0)]), 1);
    assert!(
        listed(&store).is_empty(),
        "one reading of a counter is no rate"
    );
    assert!(store.snapshot().shards()[0].tag_keys(None).is_empty());
    let later = START_MS + 10_000;
    assert_eq!(append(later, &[(counter, later, 6.0), (1, later, 1.0)]), 1);
    assert_eq!(listed(&store), ["metric-1", "metric-2"]);
    let much_later = later + 1_200_000;
    append(much_later, &[(1, much_later, 1.0)]);
    assert_eq!(listed(&store), ["metric-1"]);
    append(much_later, &[(counter, much_later, 6.0)]);
    append(much_later + 5_000, &[(counter, much_later + 5_000, 6.0)]);
    assert_eq!(listed(&store), ["metric-1", "metric-2"]);
}

#[test]
fn series_that_have_gone_give_their_place_to_others() {
    let store = fresh(options(1));
    let mut held = Vec::new();
    for generation in 0..12 {
        let now = START_MS + generation * 1_500_000;
        let indexes: Vec<usize> = (0..40)
            .map(|i| 4 * (i + 1000 * usize::try_from(generation).unwrap()) + 1)
            .collect();
        let rows: Vec<_> = indexes
            .iter()
            .map(|&i| (i, now, some_value(i, 1)))
            .collect();
        store.append(Timestamp(now), batch(&rows)).unwrap();
        held.push((now, indexes));
        let shard = Arc::clone(&store.snapshot().shards()[0]);
        assert!(
            shard.directory.len() <= 80,
            "{} ordinals",
            shard.directory.len()
        );
        assert_eq!(shard.tag_values("name", None).len(), 40);
    }
    let (now, indexes) = held.last().unwrap();
    let slot = Slot(now / 10_000);
    let slots = SlotRange {
        start: slot,
        end: slot.plus(1),
    };
    let contents = contents(&store.snapshot(), slots);
    let expected = indexes.iter().map(|&i| {
        (
            series(i).id(),
            BTreeMap::from([(slot.0, some_value(i, 1).to_bits())]),
        )
    });
    assert_eq!(contents, expected.collect());
}

#[test]
fn drops_are_counted_by_reason() {
    let store = fresh(options(1));
    let now = START_MS;
    let rows = [
        (0, now, 1.0),
        (0, now, 1.0),
        (1, now, f64::NAN),
        (1, now, 1.0),
        (1, now - 20_000, 1.0),
        (1, now - 300_000, 1.0),
        (1, now + 80_000, 1.0),
    ];
    let applied = store.append(Timestamp(now), batch(&rows)).unwrap();
    let expected = ApplyDrops {
        nan: 1,
        duplicate_or_older: 1,
        too_old_step: 1,
        sealed: 1,
        future: 1,
    };
    assert_eq!(applied.dropped, expected);
    assert_eq!((applied.rows, applied.dropped.total()), (7, 5));
}

#[test]
fn a_record_that_cannot_be_applied_is_set_aside_and_named() {
    let log = Arc::new(MemLog::new());
    let (store, ..) = open(options(1), &log);
    store
        .append(Timestamp(START_MS), batch(&[(1, START_MS, 1.0)]))
        .unwrap();
    let digest = store.digest();
    log.append(Timestamp(START_MS), PartitionIndex(0), b"no frame")
        .unwrap();
    log.append(
        Timestamp(START_MS),
        PartitionIndex(7),
        &frame::encode(&Batch::default()),
    )
    .unwrap();
    let (again, recovery, _) = open(options(1), &log);
    assert_eq!(again.digest(), digest);
    let named: Vec<_> = recovery
        .quarantined
        .iter()
        .map(|bad| (bad.partition.0, bad.offset.0))
        .collect();
    assert_eq!(named, [(0, 1), (7, 0)]);
}

#[test]
fn a_batch_that_contradicts_itself_is_refused_before_the_log() {
    let log = Arc::new(MemLog::new());
    let (store, ..) = open(options(2), &log);
    let mut bad = batch(&[(1, START_MS, 1.0)]);
    bad.rows[0].series_index = 9;
    let error = store.append(Timestamp(START_MS), bad).unwrap_err();
    assert!(matches!(
        error,
        AppendError::Batch(BadRecord::SeriesIndex { index: 9, count: 1 })
    ));
    assert_eq!(log.log_time(), None);
}

#[test]
fn a_trimmed_log_still_gives_everything_held() {
    let log = Arc::new(MemLog::new());
    let (store, ..) = open(options(2), &log);
    for step in 0..400 {
        let now = START_MS + step * 10_000;
        let rows: Vec<_> = (0..8)
            .map(|index| (index, now - 300, some_value(index, step)))
            .collect();
        store.append(Timestamp(now), batch(&rows)).unwrap();
    }
    let before = log.bounds(PartitionIndex(0));
    store.trim_log().unwrap();
    assert!(
        log.bounds(PartitionIndex(0)).start > before.start,
        "nothing was trimmed"
    );
    let (again, ..) = open(options(2), &log);
    assert_eq!(again.digest(), store.digest());
}

/// Found by the simulation: a counter that sends rarely. Its point at 305 s has a value because of
/// the one at 0 s, and the point at 400 s fills the steps since then because 305 s had one.
#[test]
fn a_trimmed_log_keeps_what_a_slow_counter_fills_from() {
    let options = Options {
        block_slots: 1,
        retention_ms: 200_000,
        ..options(1)
    };
    let log = Arc::new(MemLog::new());
    let (store, ..) = open(options, &log);
    let counter = 2;
    for (seconds, index, value) in [
        (-2000, 1, 1.0),
        (-10, counter, 0.0),
        (0, counter, 100.0),
        (305, counter, 200.0),
        (400, counter, 300.0),
    ] {
        let now = START_MS + seconds * 1000;
        let batch = batch(&[(index, now, value)]);
        store.append(Timestamp(now), batch).unwrap();
    }
    // From here on the step that ends at 390 s is the oldest held.
    store.heartbeat(Timestamp(START_MS + 590_000)).unwrap();
    store.trim_log().unwrap();
    assert!(log.bounds(PartitionIndex(0)).start > Offset(0), "trimmed");
    let (again, ..) = open(options, &log);
    let held = SlotRange {
        start: Slot(START_MS / 10_000 + 39),
        end: Slot(START_MS / 10_000 + 41),
    };
    let before = contents(&store.snapshot(), held);
    assert_eq!(before[&series(counter).id()].len(), 2, "both steps");
    assert_eq!(contents(&again.snapshot(), held), before);
    assert_eq!(again.digest(), store.digest());
}

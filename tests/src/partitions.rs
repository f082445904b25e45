//! The central law: partitions and threads cannot be seen.
//!
//! The same admitted batches go through stores of one, two and four partitions, appended by one to
//! four threads; the digest of the logical state and every bit of the answers to queries are equal.

use std::fmt::Write as _;
use std::sync::{Arc, Barrier};

use proptest::prelude::*;
use telamon_model::{Batch, PartitionCount, Row, Series, Slot, SlotRange, Step, Tags, Timestamp};
use telamon_query::context::EvalContext;
use telamon_query::exec::{self, Limits};
use telamon_query::lang::{self, ParseOptions};
use telamon_store::log::MemLog;
use telamon_store::{Options, Store};

const STEP_MS: i64 = 10_000;
const FIRST_SLOT: i64 = 170_000_000;
const STEPS: i64 = 90;
const NODES: usize = 12;

/// Expressions of every kind of aggregate, over data whose sums round differently in other orders.
const QUERIES: [&str; 8] = [
    "name,requests,:eq,:sum",
    "name,requests,:eq,:sum,(,nf.node,),:by",
    "name,latency,:eq,:avg,(,nf.zone,),:by",
    "name,latency,:eq,:max",
    "name,latency,:eq,:min,(,nf.zone,),:by",
    "nf.node,i-00,:re,:count",
    "name,errors,:eq,:sum,name,requests,:eq,:sum,:div,100,:mul",
    "name,amount,:eq,:sum,3,:rolling-count",
];

/// What one node publishes in one step: the value of each of its metrics, and how late it comes.
#[derive(Clone, Debug)]
struct Publish {
    values: [f64; 4],
    late_ms: i64,
}

fn publish() -> impl Strategy<Value = Publish> {
    let value = prop_oneof![
        4 => (0_u32..100_000).prop_map(|n| f64::from(n) / 60.0),
        1 => -1e12..1e12,
        1 => Just(1e-9),
        1 => Just(f64::NAN),
    ];
    let late = prop_oneof![6 => Just(0), 1 => 0_i64..25_000, 1 => Just(STEP_MS)];
    (prop::array::uniform4(value), late).prop_map(|(values, late_ms)| Publish { values, late_ms })
}

fn series_of(node: usize) -> Vec<Series> {
    let kinds = [
        ("requests", "rate"),
        ("latency", "gauge"),
        ("errors", "counter"),
        ("amount", "sum"),
    ];
    kinds
        .into_iter()
        .map(|(name, dstype)| {
            Series::new(Tags::from_pairs([
                ("name", name.to_owned()),
                ("nf.node", format!("i-{node:04}")),
                ("nf.zone", format!("zone-{}", node % 3)),
                ("atlas.dstype", dstype.to_owned()),
            ]))
        })
        .collect()
}

fn batch(node: usize, step: i64, publish: &Publish) -> Batch {
    let sent = Timestamp((FIRST_SLOT + step) * STEP_MS - publish.late_ms);
    let rows = (0..).zip(publish.values).map(|(series_index, value)| Row {
        series_index,
        timestamp: sent,
        value,
    });
    Batch {
        series: series_of(node),
        rows: rows.collect(),
    }
}

fn open(partitions: u16) -> Store {
    let options = Options {
        step: Step::from_millis(STEP_MS).unwrap(),
        partitions: PartitionCount::new(partitions).unwrap(),
        block_slots: 360,
        retention_ms: 86_400_000,
        age_max_ms: 60_000,
    };
    Store::open(options, Arc::new(MemLog::default()), &mut |_| {})
        .unwrap()
        .0
}

/// Appends every step's batches by several threads at once; a node always by the same one.
fn fill(store: &Store, history: &[Vec<Publish>], threads: usize) {
    let barrier = Barrier::new(threads);
    std::thread::scope(|scope| {
        for thread in 0..threads {
            let barrier = &barrier;
            let is_mine = move |node: usize| node % threads == thread;
            scope.spawn(move || feed(store, history, barrier, is_mine));
        }
    });
}

/// One thread of several: the batches of its nodes, step by step with the others.
fn feed(
    store: &Store,
    history: &[Vec<Publish>],
    barrier: &Barrier,
    is_mine: impl Fn(usize) -> bool,
) {
    for (step, publishes) in (0..).zip(history) {
        barrier.wait();
        let now = Timestamp((FIRST_SLOT + step) * STEP_MS + 1500);
        for (node, publish) in publishes.iter().enumerate() {
            if is_mine(node) {
                store.append(now, batch(node, step, publish)).unwrap();
            }
        }
        if barrier.wait().is_leader() {
            let now = Timestamp((FIRST_SLOT + step) * STEP_MS + 2000);
            store.heartbeat(now).unwrap();
        }
    }
}

/// Every line of every query: label, tags and the bits of its values.
fn answers(store: &Store) -> String {
    let snapshot = store.snapshot();
    let held = SlotRange {
        start: Slot(FIRST_SLOT),
        end: Slot(FIRST_SLOT + STEPS),
    };
    let (start, end) = (
        Timestamp(held.start.0 * STEP_MS),
        Timestamp(held.end.0 * STEP_MS),
    );
    let context = EvalContext::new(start, end, STEP_MS).unwrap();
    let limits = Limits {
        lines_max: 1024,
        datapoints_max: 500_000,
        input_points_max: 1 << 30,
        answer_points_max: 1 << 30,
        groups_max: 1_000_000,
        work_points_max: 50_000_000,
        data_exprs_max: 1_000,
        parallel_points_min: 1,
        cancel: None,
    };
    let mut text = String::new();
    for query in QUERIES {
        let exprs = lang::parse(query, &ParseOptions::reference()).unwrap();
        let evaluation = exec::eval(&exprs, &snapshot, &context, &limits).unwrap();
        for line in evaluation.results.iter().flatten() {
            write!(text, "{query} {} {:?}", line.label, line.tags).unwrap();
            for value in &line.values {
                // All NaNs are absence; their bits mean nothing.
                let bits = if value.is_nan() { 0 } else { value.to_bits() };
                write!(text, " {bits:x}").unwrap();
            }
            text.push('\n');
        }
    }
    text
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(6))]

    #[test]
    fn partitions_and_threads_cannot_be_seen(
        history in prop::collection::vec(
            prop::collection::vec(publish(), NODES),
            usize::try_from(STEPS).unwrap(),
        ),
    ) {
        let reference = open(1);
        fill(&reference, &history, 1);
        let (digest, expected) = (reference.digest(), answers(&reference));
        prop_assert!(expected.lines().count() > NODES, "the queries have answers");
        for (partitions, threads) in [(1, 4), (2, 1), (2, 3), (4, 1), (4, 2), (4, 4)] {
            let store = open(partitions);
            fill(&store, &history, threads);
            let case = format!("{partitions} partitions, {threads} threads");
            prop_assert_eq!(store.digest(), digest, "{}", &case);
            prop_assert!(answers(&store) == expected, "answers differ with {}", &case);
        }
    }
}

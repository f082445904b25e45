//! Queries over a store of 100,000 series and 360 steps of the base workload, four partitions.
//!
//! Rows are read from the store, so the figures hold decoding as well as adding. Filling the store
//! takes some seconds before the first figure. Run with
//! `cargo bench -p telamon-benches --bench query`; the pool has as many threads as the machine.

use std::hint::black_box;
use std::sync::{Arc, LazyLock};

use divan::Bencher;
use divan::counter::ItemsCount;
use telamon_benches::{Corpus, KEYS, STEP_MS, value};
use telamon_model::{Batch, PartitionCount, Predicate, Row, Series, SlotRange, Step};
use telamon_query::context::EvalContext;
use telamon_query::exec::{Evaluation, Limits, eval};
use telamon_query::expr::{Aggregate, AggregateExpr, Choice, DataExpr, Expr, StyledExpr, UnaryOp};
use telamon_query::lang::{self, ParseOptions};
use telamon_store::log::{Log, MemLog};
use telamon_store::{Options, Store};

const SERIES: u64 = 100_000;
const STEPS: u64 = 360;
const BATCH: usize = 10_000;

fn main() {
    divan::main();
}

static CORPUS: LazyLock<Corpus> = LazyLock::new(|| Corpus::base(1_700_000_400));

static STORE: LazyLock<Store> = LazyLock::new(|| {
    let options = Options {
        step: Step::from_millis(STEP_MS).expect("a positive step"),
        partitions: PartitionCount::new(4).expect("four partitions"),
        block_slots: 360,
        retention_ms: 24 * 3_600_000,
        age_max_ms: 60_000,
    };
    let log = Arc::new(MemLog::new()) as Arc<dyn Log>;
    let (store, _) = Store::open(options, log, &mut |_step| {}).expect("a new store opens");
    let series: Vec<Series> = (0..SERIES).map(|i| CORPUS.series(i, 0)).collect();
    for k in 0..STEPS {
        for (number, some) in series.chunks(BATCH).enumerate() {
            let batch = batch(some, number * BATCH, k);
            store
                .append(CORPUS.timestamp(k), batch)
                .expect("memory takes it");
        }
    }
    store
});

fn batch(series: &[Series], first: usize, k: u64) -> Batch {
    let mut batch = Batch::default();
    for (index, one) in series.iter().enumerate() {
        let Some(value) = value((first + index) as u64, k) else {
            continue;
        };
        let series_index = u32::try_from(batch.series.len()).expect("a batch is small");
        batch.series.push(one.clone());
        batch.rows.push(Row {
            series_index,
            timestamp: CORPUS.timestamp(k),
            value,
        });
    }
    batch
}

fn run(bencher: Bencher<'_, '_>, data: DataExpr, points: u64) {
    run_expr(bencher, Expr::Data(data), points, 1 << 20);
}

fn run_expr(bencher: Bencher<'_, '_>, expr: Expr, points: u64, parallel_points_min: u64) {
    let step_ms = STEP_MS * i64::try_from(STEPS / points).expect("few points");
    let end = CORPUS.timestamp(STEPS - 1).plus_millis(1);
    let start = CORPUS.timestamp(0);
    let context = EvalContext::new(start, end, step_ms).expect("a range");
    let limits = Limits {
        lines_max: 100_000,
        datapoints_max: 100_000_000,
        input_points_max: u64::MAX,
        answer_points_max: u64::MAX,
        groups_max: 1_000_000,
        work_points_max: 1_000_000_000,
        data_exprs_max: 1_000,
        parallel_points_min,
        cancel: None,
    };
    let exprs = [StyledExpr::plain(Arc::new(expr))];
    let snapshot = STORE.snapshot();
    let once = || -> Evaluation {
        eval(&exprs, &snapshot, &context, &limits).expect("the query is within its limits")
    };
    let stats = once().stats;
    assert_eq!(stats.rows_wide, 0);
    bencher
        .counter(ItemsCount::new(stats.input_points))
        .bench(once);
}

fn sum(query: Predicate) -> AggregateExpr {
    AggregateExpr::new(Aggregate::Sum, Arc::new(query))
}

fn equal(key: &str, value: &str) -> Predicate {
    Predicate::Equal(key.into(), value.into())
}

#[divan::bench]
fn sum_100k(bencher: Bencher<'_, '_>) {
    run(bencher, DataExpr::Aggregate(sum(Predicate::True)), STEPS);
}

#[divan::bench]
fn max_100k(bencher: Bencher<'_, '_>) {
    let max = AggregateExpr::new(Aggregate::Max, Arc::new(Predicate::True));
    run(bencher, DataExpr::Aggregate(max), STEPS);
}

/// Ten slots of the store in a point.
#[divan::bench]
fn sum_100k_consolidated(bencher: Bencher<'_, '_>) {
    run(
        bencher,
        DataExpr::Aggregate(sum(Predicate::True)),
        STEPS / 10,
    );
}

#[divan::bench(args = ["nf.cluster", "nf.node"])]
fn sum_100k_by(bencher: Bencher<'_, '_>, key: &str) {
    let group_by = DataExpr::GroupBy {
        aggregate: sum(Predicate::True),
        keys: Arc::from([key.into()]),
    };
    run(bencher, group_by, STEPS);
}

/// What is read for the group-by below, by one thread and without adding anything up.
#[divan::bench]
fn scan_100k_one_thread(bencher: Bencher<'_, '_>) {
    let snapshot = STORE.snapshot();
    let step = Step::from_millis(STEP_MS).expect("a positive step");
    let end = step.slot_ended_by(CORPUS.timestamp(STEPS - 1)).plus(1);
    let width = usize::try_from(STEPS).expect("a few steps");
    let slots = SlotRange {
        start: end.plus(-i64::try_from(STEPS).expect("a few steps")),
        end,
    };
    let mut cells = vec![0.0; SLAB_ROWS * width];
    bencher
        .counter(ItemsCount::new(SERIES * STEPS))
        .bench_local(|| {
            for shard in snapshot.shards() {
                let ordinals: Vec<u32> = shard.all().iter().collect();
                for slab in ordinals.chunks(SLAB_ROWS) {
                    let cells = &mut cells[..slab.len() * width];
                    shard.read_rows(slab, slots, cells);
                    black_box(&cells);
                }
            }
        });
}

/// Rows that an evaluation reads at a time.
const SLAB_ROWS: usize = 64;

/// The same added up as one group, by one thread: reading and exact adding, no grouping.
#[divan::bench]
fn sum_100k_one_thread(bencher: Bencher<'_, '_>) {
    let sum = DataExpr::Aggregate(sum(Predicate::True));
    run_expr(bencher, Expr::Data(sum), STEPS, u64::MAX);
}

/// A thousand groups, by one thread.
#[divan::bench]
fn sum_100k_by_node_one_thread(bencher: Bencher<'_, '_>) {
    run_expr(bencher, Expr::Data(by(&["nf.node"])), STEPS, u64::MAX);
}

fn by(keys: &[&str]) -> DataExpr {
    DataExpr::GroupBy {
        aggregate: sum(Predicate::True),
        keys: keys.iter().map(|&key| key.into()).collect(),
    }
}

/// Ten of 100,000 groups, which are all keys but the type; and the same after every group was made a
/// line.
#[divan::bench(args = [false, true], sample_count = 7, sample_size = 1)]
fn top_10_of_100k(bencher: Bencher<'_, '_>, as_lines: bool) {
    let groups = Arc::new(Expr::Data(by(&KEYS[..12])));
    let input = match as_lines {
        false => groups,
        true => Arc::new(Expr::Unary {
            op: UnaryOp::Abs,
            input: groups,
        }),
    };
    let choice = Choice {
        is_top: true,
        others: None,
        stat: "max".into(),
        count: 10,
    };
    run_expr(bencher, Expr::Choose { choice, input }, STEPS, 1 << 20);
}

/// Thirty words: queries, groups, arithmetic, memory, choice and presentation.
const PROGRAM: &str = "name,requests,:eq,nf.app,www,:eq,:and,status,(,2xx,3xx,),:in,:and,:sum,\
    (,nf.cluster,),:by,:dup,1w,:offset,:swap,:over,:sub,:abs,5,2,:rolling-mean,100,:mul,\
    max,10,:topk,$nf.cluster,:legend,2,:lw,1,:axis,40,:alpha,f00,:color,:area,\
    name,errors,:eq,:sum,:per-step,name,cpu,:eq,:max,:stack,42,:const,:vspan";

#[divan::bench]
fn parse_30_words(bencher: Bencher<'_, '_>) {
    let options = ParseOptions::reference();
    let words = PROGRAM.split(',').filter(|token| token.starts_with(':'));
    assert_eq!(words.count(), 30);
    bencher.bench(|| lang::parse(black_box(PROGRAM), &options).expect("the program is right"));
}

/// One of ten statistics of one node: ten series.
#[divan::bench]
fn point_query(bencher: Bencher<'_, '_>) {
    let series = CORPUS.series(4242, 0);
    let node = series
        .tags()
        .get("nf.node")
        .expect("every series has a node");
    let query = equal("nf.node", node).and(equal("statistic", "gauge"));
    let data = DataExpr::Aggregate(sum(query));
    run(bencher, data, STEPS);
}

//! Laws of whole queries, over a small store.
//!
//! ```text
//!   program ─► expressions ─┬─► one partition, one thread ─► lines ─┬─ equal bits
//!                           ├─► four partitions ───────────► lines ─┤
//!                           ├─► printed, read again ───────► lines ─┤
//!                           └─► in chunks, if streamable ──► lines ─┘   and no limit exceeded
//! ```
//!
//! Every series has a value at the start of each chunk: a line that is missing from a chunk is not the
//! line without values that a whole evaluation has, and programs can tell them apart.

use std::sync::Arc;

use telamon_model::{Batch, PartitionCount, Row, Series, Step, Tags, Timestamp};
use telamon_query::context::EvalContext;
use telamon_query::exec::{self, EvalError, EvalMemory, Evaluation, Limits, Query};
use telamon_query::expr::StyledExpr;
use telamon_query::lang::{self, Vocabulary};
use telamon_query::line::{Line, LineKind};
use telamon_store::log::MemLog;
use telamon_store::{Options, Snapshot, Store};

use super::Did;
use super::laws::{check_fault, options, shape_marks};

const STEP_MS: i64 = 10_000;
/// The first slot with data; a multiple of every step used here.
const FIRST: i64 = 1_200;
/// Slots with data.
const SLOTS: i64 = 96;
/// Points of a chunk; the window has four.
const CHUNK: usize = 6;
/// Slots between two that every series has a value in.
const DENSE_EVERY: i64 = 6;

/// Stores of the same data.
#[derive(Debug)]
pub(super) struct Field {
    one: Snapshot,
    four: Snapshot,
}

impl Field {
    pub(super) fn new() -> Self {
        Self {
            one: store(1).snapshot(),
            four: store(4).snapshot(),
        }
    }

    /// Evaluates a program in every way there is.
    pub(super) fn queries(&self, text: &str) -> Result<Did, String> {
        let options = options(Vocabulary::Telamon);
        let exprs = match lang::parse(text, &options) {
            Ok(exprs) => exprs,
            Err(error) => {
                check_fault(text, &error)?;
                let marks = shape_marks(text, &Err(error));
                return Ok(Did {
                    is_valid: false,
                    marks,
                });
            }
        };
        let mut marks = shape_marks(text, &lang::run(text, &options));
        for multiple in [1, 2] {
            let context = context(multiple);
            let whole = evaluate(&exprs, &self.one, &context);
            match &whole {
                Ok(whole) => check_size(whole, &exprs, &context)?,
                Err(error) => marks.push(format!("{error:.30}")),
            }
            let cut = evaluate(&exprs, &self.four, &context);
            same("four partitions", &whole, &cut)?;
            // A rewrite may have the name of a word that means something else.
            if !text.contains(":named-rewrite") {
                self.reads_back(&exprs, &context, &whole)?;
            }
            if let Ok(whole) = &whole {
                self.in_chunks(&exprs, &context, whole)?;
            }
        }
        Ok(Did {
            is_valid: true,
            marks,
        })
    }

    /// What is printed means the same.
    fn reads_back(
        &self,
        exprs: &[StyledExpr],
        context: &EvalContext,
        whole: &Result<Evaluation, EvalError>,
    ) -> Result<(), String> {
        let printed: Vec<String> = exprs.iter().map(StyledExpr::to_string).collect();
        // What is written out shares nothing, so it may be too much work.
        let is_limit = |found: &Result<Evaluation, EvalError>| matches!(found, Err(error) if error.limit().is_some());
        if is_limit(whole) {
            return Ok(());
        }
        let again = lang::parse(&printed.join(","), &options(Vocabulary::Telamon));
        match again {
            // Whether what is printed is the same expression is a law of programs.
            Ok(again) if again == exprs => {
                let again = evaluate(&again, &self.one, context);
                if is_limit(&again) {
                    return Ok(());
                }
                same("read back", whole, &again)
            }
            Ok(_) | Err(_) => Ok(()),
        }
    }

    fn in_chunks(
        &self,
        exprs: &[StyledExpr],
        context: &EvalContext,
        whole: &Evaluation,
    ) -> Result<(), String> {
        let is_dense = |styled: &StyledExpr| {
            let data = styled.expr.data_exprs();
            data.iter().all(|data| data.offset_ms() == 0)
                && styled.expr.whole_window_word().is_none()
        };
        if !exprs.iter().all(is_dense) {
            return Ok(());
        }
        let mut memory = EvalMemory::new();
        let mut joined: Vec<Vec<Line>> = Vec::new();
        for context in context.chunks(CHUNK) {
            let limits = limits();
            let query = Query {
                snapshot: &self.one,
                context: &context,
                limits: &limits,
            };
            let piece = exec::eval_next(exprs, &query, &mut memory)
                .map_err(|error| format!("a chunk fails where the whole does not: `{error}"))?;
            if joined.is_empty() {
                joined = piece.results;
                continue;
            }
            for (lines, more) in joined.iter_mut().zip(piece.results) {
                join(lines, more)?;
            }
        }
        let expected: Vec<Vec<Bits>> = whole.results.iter().map(|lines| bits(lines)).collect();
        let found: Vec<Vec<Bits>> = joined.iter().map(|lines| bits(lines)).collect();
        if found == expected {
            Ok(())
        } else {
            Err(format!("chunks differ: `{found:?}\nfrom {expected:?}"))
        }
    }
}

fn join(lines: &mut [Line], more: Vec<Line>) -> Result<(), String> {
    if lines.len() != more.len() {
        return Err("a chunk has more or fewer lines than the one before".to_owned());
    }
    for (line, next) in lines.iter_mut().zip(more) {
        if line.tags != next.tags || line.label != next.label {
            return Err(format!(
                "a chunk has other lines: `{} {}",
                line.label, next.label
            ));
        }
        line.values.extend(next.values);
    }
    Ok(())
}

fn check_size(
    whole: &Evaluation,
    exprs: &[StyledExpr],
    context: &EvalContext,
) -> Result<(), String> {
    let limits = limits();
    let lines = || whole.results.iter().flatten();
    let points: usize = lines().map(|line| line.values.len()).sum();
    let holds = whole.results.len() == exprs.len()
        && lines().all(|line| line.values.len() == context.points())
        && points as u64 <= limits.answer_points_max
        && whole.stats.output_points == points as u64
        && whole.stats.input_points <= limits.input_points_max;
    if holds {
        Ok(())
    } else {
        Err(format!("an answer beyond its limits: `{:?}", whole.stats))
    }
}

fn same(
    how: &str,
    a: &Result<Evaluation, EvalError>,
    b: &Result<Evaluation, EvalError>,
) -> Result<(), String> {
    let shown = |evaluation: &Result<Evaluation, EvalError>| -> Result<Vec<Vec<Bits>>, String> {
        match evaluation {
            Ok(evaluation) => Ok(evaluation.results.iter().map(|lines| bits(lines)).collect()),
            Err(error) => Err(error.to_string()),
        }
    };
    let (a, b) = (shown(a), shown(b));
    if a == b {
        Ok(())
    } else {
        Err(format!("{how}: `{b:?}\nfrom {a:?}"))
    }
}

/// What must be equal of a line; all absent values are one.
type Bits = (Tags, String, LineKind, Vec<u64>);

fn bits(lines: &[Line]) -> Vec<Bits> {
    let bits_of = |value: &f64| match value.is_nan() {
        true => f64::NAN.to_bits(),
        false => value.to_bits(),
    };
    let shown = lines.iter().map(|line| {
        let values = line.values.iter().map(bits_of).collect();
        (line.tags.clone(), line.label.clone(), line.kind, values)
    });
    shown.collect()
}

fn evaluate(
    exprs: &[StyledExpr],
    snapshot: &Snapshot,
    context: &EvalContext,
) -> Result<Evaluation, EvalError> {
    exec::eval(exprs, snapshot, context, &limits())
}

/// Small enough that some programs exceed each.
fn limits() -> Limits {
    Limits {
        lines_max: 20,
        datapoints_max: 2_000,
        input_points_max: 20_000,
        answer_points_max: 4_000,
        groups_max: 40,
        work_points_max: 20_000,
        data_exprs_max: 6,
        parallel_points_min: u64::MAX,
        cancel: None,
    }
}

fn context(multiple: i64) -> EvalContext {
    let points = i64::try_from(4 * CHUNK).expect("a small window");
    let start = Timestamp(FIRST * STEP_MS);
    let step_ms = STEP_MS * multiple;
    EvalContext::new(start, start.plus_millis(points * step_ms), step_ms).expect("a range")
}

fn store(partitions: u16) -> Store {
    let options = Options {
        step: Step::from_millis(STEP_MS).expect("a positive step"),
        partitions: PartitionCount::new(partitions).expect("some partitions"),
        block_slots: 20,
        retention_ms: 3_600_000,
        age_max_ms: 60_000,
    };
    let opened = Store::open(options, Arc::new(MemLog::new()), &mut |_step| {});
    let (store, _) = opened.expect("a new store opens");
    let series = all_series();
    for slot in FIRST - 12..FIRST + SLOTS {
        let timestamp = Timestamp(slot * STEP_MS);
        let mut batch = Batch::default();
        for (index, series) in (0..).zip(&series) {
            let Some(value) = value(index, slot) else {
                continue;
            };
            let series_index = u32::try_from(batch.series.len()).expect("a few series");
            batch.series.push(series.clone());
            batch.rows.push(Row {
                series_index,
                timestamp,
                value,
            });
        }
        store.append(timestamp, batch).expect("memory takes it");
    }
    store
}

/// Two dozen ordinary series, and some of buckets and registers.
fn all_series() -> Vec<Series> {
    let mut series = Vec::new();
    for index in 0..24_u32 {
        let mut tags = vec![
            (
                "name",
                if index % 4 == 0 { "disk" } else { "cpu" }.to_owned(),
            ),
            ("nf.node", format!("i-{}", index / 2)),
            ("id", format!("\u{e9}, {}", index % 3)),
            (
                "atlas.dstype",
                if index % 3 == 0 { "gauge" } else { "sum" }.to_owned(),
            ),
        ];
        if index % 5 != 0 {
            tags.push(("app", format!("a{}", index % 2)));
        }
        series.push(tags);
    }
    for (name, key, values) in [
        (
            "latency",
            "percentile",
            ["T0040", "T0041", "T0042", "D0010"],
        ),
        ("users", "distinct", ["01", "0a", "3f", "20"]),
    ] {
        for value in values {
            series.push(vec![
                ("name", name.to_owned()),
                (key, value.to_owned()),
                ("atlas.dstype", "gauge".to_owned()),
            ]);
        }
    }
    series
        .into_iter()
        .map(|tags| Series::new(Tags::from_pairs(tags)))
        .collect()
}

/// Awkward values with gaps, but never a gap where a chunk begins.
fn value(series: i64, slot: i64) -> Option<f64> {
    let mixed = (series * 7 + slot * 13).rem_euclid(31);
    let is_dense = slot.rem_euclid(DENSE_EVERY) == 1 || slot.rem_euclid(DENSE_EVERY) == 0;
    #[expect(clippy::cast_precision_loss, reason = "small numbers")]
    let plain = (mixed * (series + 1)) as f64 / 7.0;
    match mixed {
        _ if is_dense => Some(plain + 0.1),
        0..=3 => None,
        4 => Some(0.0),
        5 => Some(-plain),
        6 if series == 5 => Some(f64::INFINITY),
        7 if series == 6 => Some(1e300),
        8 => Some(1e-300),
        _ => Some(plain),
    }
}

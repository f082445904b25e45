//! What a signal compares, how far it looks back, and what it is worth where inputs are missing.

use std::sync::Arc;

use telamon_model::{Batch, PartitionCount, Row, Series};
use telamon_store::log::MemLog;
use telamon_store::{Options, Store};

use super::*;

const STEP_MS: i64 = 10_000;
const NOW: Slot = Slot(100_000);

fn step() -> Step {
    Step::from_millis(STEP_MS).unwrap()
}

fn language() -> ParseOptions {
    ParseOptions::telamon()
}

fn signal(text: &str) -> SignalExpr {
    SignalExpr::parse(text, step(), &language()).unwrap_or_else(|error| panic!("{text}: {error}"))
}

/// A store with gauges `x` of nodes 1 and 2 over the last slots; the newest value stands last.
fn snapshot(columns: &[(&str, &str, &[f64])]) -> Snapshot {
    let options = Options {
        step: step(),
        partitions: PartitionCount::new(2).unwrap(),
        block_slots: 360,
        retention_ms: 86_400_000,
        age_max_ms: 60_000,
    };
    let (store, _) = Store::open(options, Arc::new(MemLog::new()), &mut |_| {}).unwrap();
    let longest = columns
        .iter()
        .map(|column| column.2.len())
        .max()
        .unwrap_or(0);
    for back in (0..longest).rev() {
        let time = step().end_of(NOW.plus(-i64::try_from(back).unwrap()));
        let mut batch = Batch::default();
        for (name, node, values) in columns {
            let value = values
                .len()
                .checked_sub(back + 1)
                .map(|index| values[index]);
            let Some(value) = value.filter(|value| !value.is_nan()) else {
                continue;
            };
            let tags = [
                ("name", *name),
                ("nf.node", *node),
                ("atlas.dstype", "gauge"),
            ];
            batch.rows.push(Row {
                series_index: u32::try_from(batch.series.len()).unwrap(),
                timestamp: time,
                value,
            });
            batch.series.push(Series::new(Tags::from_pairs(tags)));
        }
        store.append(time, batch).unwrap();
    }
    store.snapshot()
}

/// Level and value of each line as text, by node (or the name for a line without a node).
fn evaluate(text: &str, snapshot: &Snapshot) -> Vec<String> {
    let lines = signal(text).evaluate(snapshot, NOW, step()).unwrap();
    lines
        .iter()
        .map(|(tags, signal)| {
            let name = tags.get("nf.node").or(tags.get("name")).unwrap();
            format!("{name}: {} ({})", signal.level, signal.value)
        })
        .collect()
}

#[test]
fn the_picture_shows_what_is_compared() {
    for (text, picture) in [
        (
            "name,x,:eq,:sum,5,:gt",
            "name,x,:eq,:sum,5.0,:const,threshold,:legend,f00,:color",
        ),
        (
            "name,x,:eq,:sum,(,nf.node,),:by,5,:gt,3,:rolling-count,2,:ge",
            "name,x,:eq,:sum,(,nf.node,),:by,5.0,:const,threshold,:legend,f00,:color",
        ),
        (
            "name,x,:eq,:sum,name,y,:eq,:sum,:gt,name,z,:eq,:sum,1,:lt,:and",
            "name,x,:eq,:sum,name,y,:eq,:sum",
        ),
        (
            "5,name,x,:eq,:sum,:lt",
            "name,x,:eq,:sum,5.0,:const,threshold,:legend,f00,:color",
        ),
        ("name,x,:eq,:sum", "name,x,:eq,:sum"),
        (
            "name,x,:eq,:sum,1m,:rolling-mean,5,:fgt",
            "name,x,:eq,:sum,1m,:rolling-mean,5.0,:const,threshold,:legend,f00,:color",
        ),
    ] {
        assert_eq!(signal(text).picture(), picture, "{text}");
        lang::parse(picture, &ParseOptions::telamon()).unwrap();
    }
}

#[test]
fn the_worse_side_follows_the_comparison() {
    for (text, is_worse_when_less) in [
        ("name,x,:eq,:sum,5,:gt", false),
        ("name,x,:eq,:sum,5,:le", true),
        ("5,name,x,:eq,:sum,:lt", false),
        ("5,name,x,:eq,:sum,:ge", true),
        ("name,x,:eq,:sum,5,:lt,3,:rolling-count,2,:gt", true),
        ("name,x,:eq,:sum,5,:flt", true),
        ("5,name,x,:eq,:sum,:flt", false),
        ("name,x,:eq,:sum", false),
    ] {
        assert_eq!(
            signal(text).is_worse_when_less(),
            is_worse_when_less,
            "{text}"
        );
    }
}

#[test]
fn a_signal_looks_back_as_far_as_its_words_remember() {
    for (text, intervals) in [
        ("name,x,:eq,:sum,5,:gt", 0),
        ("name,x,:eq,:sum,5,:gt,3,:rolling-count,1,:gt", 2),
        (
            "name,x,:eq,:sum,5,:gt,3,:rolling-count,1,:gt,4,:rolling-count,1,:gt",
            5,
        ),
        (
            "name,x,:eq,:sum,9,:rolling-count,3,:gt,name,y,:eq,:sum,3,:rolling-count,1,:gt,:and",
            8,
        ),
        ("name,x,:eq,:sum,3,:delay,4,2,:rolling-mean,:derivative", 7),
        ("name,x,:eq,:sum,50s,:trend,3,:gt", 4),
        ("name,x,:eq,:sum,50s,:rolling-max,3,:gt", 4),
        ("name,x,:eq,:sum,51s,:rolling-max,3,:gt", 5),
        ("name,x,:eq,:sum,1s,:rolling-max,3,:gt", 0),
        ("name,x,:eq,:sum,50s,:delay,2,:delay,3,:gt", 7),
        ("name,x,:eq,:sum,55s,:fill-last,3,:gt", 5),
        ("name,x,:eq,:sum,0,:fill,3,:gt", 0),
        ("name,x,:eq,:sum,10,0.1,0.5,:sdes,3,:gt", 19),
        ("name,x,:eq,:sum,:sdes-simple,3,:delay,3,:gt", 22),
    ] {
        assert_eq!(signal(text).reach.intervals, intervals, "{text}");
    }
}

#[test]
fn what_depends_on_a_whole_window_is_no_signal() {
    let interval = Step::from_millis(60_000).unwrap();
    for (text, word) in [
        ("name,x,:eq,(,node,),:by,max,2,:topk,5,:gt", ":topk"),
        ("name,x,:eq,(,node,),:by,:stat-max,5,:gt,:filter", ":filter"),
        ("name,x,:eq,10,0.1,0.5,:des,5,:gt", ":des"),
        ("name,x,:eq,:integral,5,:gt", ":integral"),
        ("name,x,:eq,:sum,gs,ge,:time-span,:mul", ":time-span"),
        ("name,x,:eq,:sum,avg,5m,:consolidate", ":consolidate"),
    ] {
        let error = SignalExpr::parse(text, interval, &language()).unwrap_err();
        let reason = format!("{word} depends on all values of the window of a graph");
        assert!(
            error.message.starts_with(&reason),
            "{text}: {}",
            error.message
        );
    }
    let no_window =
        SignalExpr::parse("name,x,:eq,0,:rolling-max", interval, &language()).unwrap_err();
    assert!(
        no_window
            .message
            .starts_with("`0,:rolling-max` has no window"),
        "{no_window}"
    );
}

/// Two instances take turns from the origin on, so it is one at which both can start.
#[test]
fn smoothing_starts_at_a_multiple_of_its_training() {
    let origin = |text: &str, slot: i64| {
        let time = step().end_of(Slot(slot));
        let origin = signal(text).reach.origin(time, step());
        origin.0 / STEP_MS
    };
    let sdes = |training: i32| format!("name,x,:eq,:sum,{training},0.1,0.5,:sdes");
    for (slot, expected) in [(1000, 980), (1008, 980), (1009, 990), (1010, 990)] {
        assert_eq!(origin(&sdes(10), slot), expected, "{slot}");
    }
    let both = format!("{},{},:add", sdes(10), sdes(4));
    assert_eq!(origin(&both, 1000), 980);
    assert_eq!(origin(&both, 1018), 980);
    assert_eq!(origin(&both, 1019), 1000);
    for (text, reason) in [
        (
            format!("{},{},:add", sdes(499), sdes(500)),
            "the signal looks back 250498 intervals",
        ),
        (sdes(0), "`0,0.1,0.5,:sdes` has no window"),
        (sdes(-3), "`-3,0.1,0.5,:sdes` has no window"),
    ] {
        let error = SignalExpr::parse(&text, step(), &language()).unwrap_err();
        assert!(error.message.starts_with(reason), "{error}");
    }
}

/// A longer window does not change the newest value.
#[test]
fn every_earlier_origin_gives_the_same_value() {
    for text in [
        "name,x,:eq,:sum,5,:gt,4,:rolling-count,2,:ge,3,:rolling-count,1,:gt",
        "name,x,:eq,:sum,3,0.5,0.25,:sdes,4,:fgt",
        "name,x,:eq,:sum,3,0.5,0.25,:sdes,2,0.5,0.25,:sdes,4,:fgt",
        "name,x,:eq,:sum,3,0.5,0.25,:sdes,name,x,:eq,:sum,2,0.5,0.5,:sdes,:fgt,2,:rolling-count",
        "name,x,:eq,:sum,45s,:rolling-mean,4,:fgt",
        "name,x,:eq,:sum,:floor,20s,:fill-last,15s,:delay,4,:fge,40s,:rolling-count",
        "name,x,:eq,:sum,0,:fill,1,:flt",
        "name,x,:eq,(,nf.node,),:by,0.5,:quantile,1,:fgt",
        "name,x,:eq,(,nf.node,),:by,n,$1,nf.node,i-(.*),:relabel,1,:fgt,2,:rolling-count",
    ] {
        check_origins(text);
    }
}

#[track_caller]
fn check_origins(text: &str) {
    let values: Vec<f64> = (0..40)
        .map(|k| {
            if k % 7 == 3 {
                f64::NAN
            } else {
                f64::from(k * 5 % 11)
            }
        })
        .collect();
    let snapshot = snapshot(&[("x", "i-1", &values)]);
    let short = signal(text);
    for more in 1..20 {
        let mut long = short.clone();
        long.reach.intervals += more;
        for back in 0..10 {
            let slot = NOW.plus(-back);
            // As text, in which NaN equals NaN. A line that decides nothing may as well be missing.
            let [short, long] = [&short, &long].map(|signal| {
                let mut lines = signal.evaluate(&snapshot, slot, step()).unwrap();
                lines.retain(|_, signal| !signal.level.is_nan());
                lines
            });
            assert_eq!(
                format!("{short:?}"),
                format!("{long:?}"),
                "{text}: {more} more at {back}"
            );
        }
    }
}

#[test]
fn lines_carry_the_value_that_is_compared() {
    let none = f64::NAN;
    let snapshot = snapshot(&[
        ("x", "i-1", &[9.0, 9.0, 9.0]),
        ("x", "i-2", &[1.0, 1.0, 1.0]),
        ("x", "i-3", &[9.0, 9.0, none]),
        ("y", "i-1", &[3.0, 3.0, 3.0]),
        ("y", "i-2", &[3.0, 3.0, none]),
    ]);
    let by_node = |name: &str| format!("name,{name},:eq,:sum,(,nf.node,),:by");
    for (text, expected) in [
        (
            format!("{},5,:gt", by_node("x")),
            vec!["i-1: 1 (9)", "i-2: 0 (1)"],
        ),
        // A count remembers i-3, whose input is missing now.
        (
            format!("{},5,:gt,3,:rolling-count,2,:ge", by_node("x")),
            vec!["i-1: 1 (9)", "i-2: 0 (1)", "i-3: NaN (NaN)"],
        ),
        // The threshold of i-2 has no line at the newest slot, so there is nothing to compare.
        (
            format!("{},{},:gt", by_node("x"), by_node("y")),
            vec!["i-1: 1 (9)"],
        ),
        // One threshold for all nodes.
        (
            format!("{},name,y,:eq,:max,:gt", by_node("x")),
            vec!["i-1: 1 (9)", "i-2: 0 (1)"],
        ),
        // One of two comparisons can be decided.
        (
            format!("{},5,:gt,name,none,:eq,:sum,5,:gt,:or", by_node("x")),
            vec!["i-1: 1 (9)", "i-2: 0 (1)"],
        ),
        (
            "name,none,:eq,:sum,5,:lt".to_owned(),
            vec!["NO_DATA: NaN (NaN)"],
        ),
        ("name,x,:eq,:sum".to_owned(), vec!["x: 10 (10)"]),
        // What is filled is there, under the name of what was asked for.
        (
            "name,none,:eq,:sum,0,:fill,5,:lt".to_owned(),
            vec!["none: 1 (0)"],
        ),
        // Without a value there is nothing to compare, so nothing is decided.
        (
            format!("{},{},:fgt", by_node("x"), by_node("y")),
            vec!["i-1: 1 (9)"],
        ),
        (
            format!("{},:all,c,$1,nf.node,i-(.),:relabel,5,:fgt", "name,x,:eq"),
            vec!["i-1: 1 (9)", "i-2: 0 (1)"],
        ),
    ] {
        assert_eq!(evaluate(&text, &snapshot), expected, "{text}");
    }
}

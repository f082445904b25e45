//! Choices over groups that are no lines yet: what they give is what choices of lines give.

use super::*;
use crate::lang::{self, ParseOptions};

fn parsed(program: &str) -> StyledExpr {
    let mut exprs = lang::parse(program, &ParseOptions::reference()).unwrap();
    exprs.pop().unwrap()
}

/// Few values, so that many lines are as good as others.
fn tied_samples() -> impl Strategy<Value = Vec<Sample>> {
    let value = prop::sample::select(vec![0.0, -0.0, 1.0, 2.0, f64::INFINITY, f64::NEG_INFINITY]);
    let sample = (0_u32..24, 98_i64..112, value).prop_map(|(series, slot, value)| Sample {
        series,
        slot,
        value,
    });
    prop::collection::vec(sample, 0..80)
}

fn any_choice() -> impl Strategy<Value = String> {
    let statistics = prop::sample::select(vec!["avg", "max", "min", "last", "count", "total"]);
    let words = prop::sample::select(vec!["topk", "bottomk"]);
    let others = prop::sample::select(vec![
        "",
        "-others-min",
        "-others-max",
        "-others-sum",
        "-others-avg",
    ]);
    let choice =
        (statistics.clone(), 1..6, words, others).prop_map(|(statistic, count, word, others)| {
            format!("{statistic},{count},:{word}{others}")
        });
    let filter = (statistics.clone(), statistics, 0..4).prop_map(|(one, other, form)| match form {
        0 => format!(":stat-{one},1,:gt,:filter"),
        1 => format!("1,:stat-{one},:lt,:filter"),
        2 => format!(":stat-{one},:stat-{other},:sub,:abs,0,:gt,:filter"),
        _ => format!(":stat-{one},1,:clamp-max,:per-step,10,:ge,:filter"),
    });
    prop_oneof![2 => choice, 1 => filter]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    /// The same group-by that is drawn too is made lines first.
    #[test]
    fn a_choice_of_groups_is_a_choice_of_lines(
        samples in tied_samples(),
        aggregate in prop::sample::select(vec!["sum", "max", "count", "avg"]),
        keys in prop::sample::select(vec!["nf.node", "app", "name,app", "app,nf.node", "app,app"]),
        offset in prop::sample::select(vec!["", ",15s,:offset", ",1m,:offset"]),
        choices in prop::collection::vec(any_choice(), 1..3),
        points in 1_i64..8, multiple in 1_i64..4,
    ) {
        let context = context(100, points, multiple);
        let group = format!("name,nothing,:eq,:not,:{aggregate},(,{keys},),:by{offset}");
        let limits = limits();
        let drawn = parsed(&group);
        let chosen: Vec<StyledExpr> =
            choices.iter().map(|choice| parsed(&format!("{group},{choice}"))).collect();
        let mut with_lines = chosen.clone();
        with_lines.push(drawn);
        for partitions in [1, 3] {
            let world = World::new(partitions, &samples);
            let snapshot = world.store.snapshot();
            let fused = eval(&chosen, &snapshot, &context, &limits).unwrap();
            let unfused = eval(&with_lines, &snapshot, &context, &limits).unwrap();
            for (index, choice) in choices.iter().enumerate() {
                let expected = bits(&unfused.results[index]);
                prop_assert_eq!(bits(&fused.results[index]), expected, "{},{}", group, choice);
                prop_assert_eq!(&fused.messages[index], &unfused.messages[index]);
            }
        }
    }
}

fn plan_of(programs: &[&str]) -> Plan {
    let world = World::new(1, &[]);
    let exprs: Vec<StyledExpr> = programs.iter().map(|program| parsed(program)).collect();
    let roots: Vec<&Arc<Expr>> = exprs.iter().map(|styled| &styled.expr).collect();
    Plan::new(&roots, &world.store.snapshot(), &context(100, 2, 1)).unwrap()
}

#[test]
fn only_what_choices_alone_read_is_not_made_lines() {
    const GROUP: &str = "name,cpu,:eq,:sum,(,nf.node,),:by";
    for (more, is_chosen) in [
        ("max,2,:topk", true),
        ("max,2,:topk-others-sum,:sum", true),
        ("2,:mul,max,2,:topk", false),
        (":stat-max,5,:gt,:filter", true),
        (":stat-max,5,:gt,:filter,max,2,:topk", true),
        (":dup,max,:stat,5,:gt,:filter", true),
        (":dup,5,:gt,:filter", false),
        ("5,:const,:filter", false),
        (":stat-max,minuteOfDay,:time,:gt,:filter", false),
        (":dup,max,2,:topk,:add", false),
    ] {
        let plan = plan_of(&[&format!("{GROUP},{more}")]);
        assert_eq!(plan.fetches.len(), 1, "{more}");
        assert_eq!(plan.fetches[0].is_chosen, is_chosen, "{more}");
        assert_eq!(plan.scans[0].is_chosen, is_chosen, "{more}");
    }
    // The other data of the pass is made lines, so the limit on lines holds for the pass.
    let plan = plan_of(&[
        &format!("{GROUP},max,2,:topk"),
        "name,cpu,:eq,:max,(,nf.node,),:by",
    ]);
    assert_eq!((plan.fetches[0].is_chosen, plan.scans.len()), (true, 1));
    assert!(!plan.scans[0].is_chosen);
}

#[test]
fn more_groups_than_lines_are_allowed_can_be_chosen_from() {
    let samples: Vec<Sample> = (0..200)
        .map(|series| Sample {
            series,
            slot: 100,
            value: f64::from(series),
        })
        .collect();
    let world = World::new(2, &samples);
    let limits = Limits {
        lines_max: 20,
        groups_max: 150,
        ..limits()
    };
    let count = |more: &str, limits: &Limits| {
        let expr = parsed(&format!("name,cpu,:eq,:sum,(,nf.node,),:by{more}"));
        let found = eval(
            &[expr],
            &world.store.snapshot(),
            &context(100, 1, 1),
            limits,
        );
        found
            .map(|found| found.results[0].len())
            .map_err(|error| error.to_string())
    };
    let too_many = "requirement failed: too many lines: 21 > 20";
    for (more, expected) in [
        ("", Err(too_many)),
        (",max,20,:topk", Ok(20)),
        (",max,20,:topk-others-sum", Ok(21)),
        (",max,21,:topk", Err(too_many)),
        (",:stat-max,180,:ge,:filter", Ok(15)),
        (",:stat-max,1,:ge,:filter", Err(too_many)),
    ] {
        let expected = expected.map_err(str::to_owned);
        assert_eq!(count(more, &limits), expected, "{more}");
    }
    let fewer = Limits {
        groups_max: 149,
        ..limits
    };
    let refused = Err("the query would make 150 groups, more than 149".to_owned());
    assert_eq!(count(",max,2,:topk", &fewer), refused);
}

//! Laws of the reasons for an empty selection, against testing every tag set.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use proptest::prelude::*;
use telamon_model::Tags;

use super::*;
use crate::explain::world::{World, limits};
use crate::lang::{self, ParseOptions};

fn exprs(query: &str) -> Vec<StyledExpr> {
    lang::parse(query, &ParseOptions::reference()).unwrap()
}

fn why(query: &str, world: &World) -> Vec<WhyEmpty> {
    why_empty(&exprs(query), &world.snapshot(), &limits()).unwrap()
}

/// Two applications with a few series each; none has a stack.
fn fleet() -> World {
    World::of(&[
        "name=cpu.user,app=www,node=i-1",
        "name=cpu.user,app=www,node=i-2",
        "name=cpu.system,app=www,node=i-1",
        "name=requests,app=api,node=i-3,status=200",
        "name=requests,app=api,node=i-3,status=500",
        "name=sps,app=api,node=i-4",
    ])
}

#[track_caller]
fn check(query: &str, expected: &[&str]) {
    let said: Vec<String> = why(query, &fleet())
        .iter()
        .map(WhyEmpty::to_string)
        .collect();
    assert_eq!(said, expected, "{query}");
}

#[test]
fn a_value_that_nobody_has() {
    check(
        "name,cpu.usr,:eq,:sum",
        &["no series passes name,cpu.usr,:eq; nearest values of name: cpu.user (2 series)"],
    );
    check(
        "app,api,:eq,name,request,:eq,:and,:sum",
        &["no series passes name,request,:eq; nearest values of name: requests (2 series)"],
    );
    check(
        "name,xyz,:eq,:sum",
        &[
            "no series passes name,xyz,:eq; values of name: cpu.user (2 series), requests (2 series), \
             cpu.system (1 series), sps (1 series)",
        ],
    );
    check(
        "name,^CPU.usr$,:re,:sum",
        &["no series passes name,^CPU.usr$,:re; nearest values of name: cpu.user (2 series)"],
    );
}

#[test]
fn values_that_exist_but_not_together() {
    check(
        "name,requests,:eq,app,www,:eq,:and,:sum",
        &[
            "none of the 2 series that pass the other tests passes app,www,:eq; values of app: api (2 \
             series)",
        ],
    );
    check(
        "name,sps,:eq,status,:has,:and,:sum",
        &[
            "none of the 1 series that pass the other tests passes status,:has; keys: app (1 series), \
             name (1 series), node (1 series)",
        ],
    );
}

#[test]
fn a_key_that_nobody_has() {
    check(
        "name,sps,:eq,ap,api,:eq,:and,:sum",
        &["no series passes ap,api,:eq; no key ap, nearest keys: app (1 series)"],
    );
    check(
        "name,requests,:eq,:sum,(,statsu,),:by",
        &["no series passes (,statsu,),:by; nearest keys: status (2 series)"],
    );
}

#[test]
fn what_can_never_be() {
    check(
        "name,a,:eq,name,b,:eq,:and,:sum",
        &["no series can pass name,a,:eq and name,b,:eq together"],
    );
    check(
        ":false,:sum",
        &[":false selects nothing, whatever is stored"],
    );
    check(
        "status,:has,:not,:sum,(,status,),:by",
        &["no series can pass status,:has,:not and status,:has together"],
    );
}

#[test]
fn only_what_is_empty_is_explained_and_each_once() {
    check("name,sps,:eq,:sum,:dup,:add", &[]);
    let said = why(
        "name,sps,:eq,:sum,name,no,:eq,:max,:add,name,no,:eq,:max",
        &fleet(),
    );
    let data: Vec<&str> = said.iter().map(|why| why.data.as_str()).collect();
    assert_eq!(data, ["name,no,:eq,:max"]);
    let nothing = World::of(&[]);
    let said = why("name,sps,:eq,:sum", &nothing);
    assert_eq!(said[0].cause, EmptyCause::NoSeries);
}

#[test]
fn it_can_be_cancelled() {
    let limits = Limits {
        cancel: Some(Arc::new(AtomicBool::new(true))),
        ..limits()
    };
    let found = why_empty(&exprs("name,no,:eq"), &fleet().snapshot(), &limits);
    assert_eq!(found, Err(EvalError::Cancelled));
}

#[test]
fn many_tests_count_as_one_beyond_a_bound() {
    let parts: Vec<String> = (0..40).map(|n| format!("name,no{n},:eq,:not")).collect();
    let ands = ",:and".repeat(40);
    let found = why(
        &format!("{},name,zz,:eq{ands},:sum", parts.join(",")),
        &fleet(),
    );
    assert_eq!(found[0].tests.len(), TESTS_MAX);
    let EmptyCause::Test { test, .. } = found[0].cause else {
        panic!("{found:?}")
    };
    assert_eq!(test, TESTS_MAX - 1);
}

fn query() -> impl Strategy<Value = String> {
    let test = prop_oneof![
        4 => ("[ab]", "[123]").prop_map(|(key, value)| format!("{key},{value},:eq")),
        1 => ("[abc]", "[123]").prop_map(|(key, value)| format!("{key},{value}.*,:re")),
        1 => ("[ab]", "[123]").prop_map(|(key, value)| format!("{key},{value},:eq,:not")),
        1 => "[abc]".prop_map(|key| format!("{key},:has")),
    ];
    prop::collection::vec(test, 1..4).prop_map(|tests| {
        let ands = ",:and".repeat(tests.len() - 1);
        format!("{}{ands}", tests.join(","))
    })
}

fn series() -> impl Strategy<Value = Vec<String>> {
    let one = ("[0123]", "[0123]", "[0-9]{4}");
    let one = one.prop_map(|(a, b, node)| {
        let tags = [("a", a), ("b", b)]
            .into_iter()
            .filter(|(_, value)| value != "0");
        let tags: Vec<String> = tags.map(|(key, value)| format!("{key}={value}")).collect();
        format!("node=n{node},{}", tags.join(","))
    });
    prop::collection::vec(
        one.prop_map(|text| text.trim_end_matches(',').to_owned()),
        1..8,
    )
}

fn count(tags: &[Tags], tests: &[Predicate]) -> u64 {
    let pass = |tags: &&Tags| tests.iter().all(|test| test.matches(tags).unwrap());
    tags.iter().filter(pass).count() as u64
}

proptest! {
    #[test]
    fn counts_are_those_of_testing_every_tag_set(query in query(), series in series(), by in 0..3_usize) {
        let series: Vec<&str> = series.iter().map(String::as_str).collect();
        let world = World::of(&series);
        let by = ["", ",(,a,),:by", ",(,c,),:by"][by];
        let found = why(&format!("{query},:sum{by}"), &world);
        let predicate = lang::parse_query(&query, &ParseOptions::reference()).unwrap();
        let mut tests: Vec<Predicate> = conjuncts(&predicate).into_iter().cloned().collect();
        match by {
            ",(,a,),:by" => tests.push(Predicate::Has("a".into())),
            ",(,c,),:by" => tests.push(Predicate::Has("c".into())),
            _ => {}
        }
        let tags = world.tags();
        prop_assert_eq!(found.is_empty(), count(&tags, &tests) > 0);
        let Some(WhyEmpty { tests: counted, cause: EmptyCause::Test { test, among, series, existing }, .. }) = found.first()
        else { return Ok(()) };
        // A test of the key that the grouping wants stands once.
        tests.truncate(counted.len());
        for (index, one) in counted.iter().enumerate() {
            prop_assert_eq!(one.alone, count(&tags, &tests[index..=index]));
            prop_assert_eq!(one.left, count(&tags, &tests[..=index]));
        }
        let culprit = tests.remove(*test);
        if *among == Among::Rest {
            prop_assert_eq!(*series, count(&tags, &tests));
        }
        // What is named instead exists, and with it the query selects that many series.
        for existing in existing {
            for near in &existing.nearest {
                let instead = match existing.kind {
                    ExistingKind::Values => Predicate::Equal(existing.key.as_str().into(), near.text.as_str().into()),
                    ExistingKind::Keys => Predicate::Has(near.text.as_str().into()),
                };
                prop_assert!(near.series > 0);
                if *among == Among::Rest {
                    let mut changed = tests.clone();
                    changed.push(instead.clone());
                    prop_assert_eq!(near.series, count(&tags, &changed));
                }
                if matches!(culprit, Predicate::Equal(..)) {
                    prop_assert_ne!(&instead, &culprit);
                }
            }
        }
    }
}

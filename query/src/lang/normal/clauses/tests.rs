use proptest::prelude::*;
use telamon_model::Tags;

use super::*;
use crate::lang::{ParseOptions, parse_query};

fn normal(query: &Predicate) -> Predicate {
    normal_form(query, &Budget::new(10_000)).unwrap()
}

fn text(query: &str) -> String {
    let query = parse_query(query, &ParseOptions::reference()).unwrap();
    QueryText(&normal(&query)).to_string()
}

#[test]
fn clauses_stand_in_the_order_of_their_keys() {
    for (query, expected) in [
        (
            "statistic,count,:eq,z,1,:eq,:and,nf.node,n,:eq,:and,name,x,:eq,:and",
            "name,x,:eq,nf.node,n,:eq,:and,z,1,:eq,:and,statistic,count,:eq,:and",
        ),
        ("a,:has,a,1,:eq,:and", "a,1,:eq,a,:has,:and"),
        ("a,(,3,1,3,2,),:in", "a,(,1,2,3,),:in"),
        ("a,(,3,3,),:in,:not", "a,3,:eq,:not"),
        (
            "k,v,:eq,j,w,:eq,:or,:not,name,a,:eq,:and",
            "name,a,:eq,j,w,:eq,:not,:and,k,v,:eq,:not,:and",
        ),
        ("a,1,:eq,:not,:not", "a,1,:eq"),
    ] {
        assert_eq!(text(query), expected, "{query}");
    }
}

#[test]
fn alternatives_are_sorted_and_none_demands_all_of_every_other() {
    for (query, expected) in [
        ("b,2,:eq,a,1,:eq,:or", "a,1,:eq,b,2,:eq,:or"),
        ("a,1,:eq,a,1,:eq,b,2,:eq,:and,:or", "a,1,:eq"),
        // The alternative with three keys is the only one that demands all of the others.
        (
            "a,1,:eq,b,2,:eq,:or,a,1,:eq,b,2,:eq,:and,c,3,:eq,:and,:or",
            "a,1,:eq,b,2,:eq,:or",
        ),
        (
            "a,1,:eq,a,1,:eq,b,2,:eq,:and,:or,c,3,:eq,:or",
            "a,1,:eq,a,1,:eq,b,2,:eq,:and,:or,c,3,:eq,:or",
        ),
    ] {
        assert_eq!(text(query), expected, "{query}");
    }
}

#[test]
fn alternatives_cost_clauses() {
    let either = |index: usize| {
        let test = |value: &str| Predicate::Equal(format!("k{index}").into(), value.into());
        test("a").or(test("b"))
    };
    let query = (0..20).map(either).reduce(Predicate::and).unwrap();
    let fault = normal_form(&query, &Budget::new(1000)).unwrap_err();
    assert_eq!(
        fault.text,
        "the normal form of the queries has more than 1000 clauses"
    );
}

fn query() -> impl Strategy<Value = Predicate> {
    let key = prop::sample::select(vec!["name", "a", "b", "statistic"]);
    let value = prop::sample::select(vec!["1", "2", "3"]);
    let test = (key, value, 0..6).prop_map(|(key, value, kind)| {
        let (key, value): (Arc<str>, Arc<str>) = (key.into(), value.into());
        match kind {
            0 => Predicate::Has(key),
            1 => Predicate::Less(key, value),
            2 => Predicate::In(key, Arc::from([value, "2".into()])),
            3 => Predicate::True,
            _ => Predicate::Equal(key, value),
        }
    });
    test.prop_recursive(4, 12, 2, |inner| {
        prop_oneof![
            (inner.clone(), inner.clone())
                .prop_map(|(a, b)| Predicate::And(Arc::new(a), Arc::new(b))),
            (inner.clone(), inner.clone())
                .prop_map(|(a, b)| Predicate::Or(Arc::new(a), Arc::new(b))),
            inner.prop_map(|a| Predicate::Not(Arc::new(a))),
        ]
    })
}

/// The same query with both sides of each pair swapped.
fn mirrored(query: &Predicate) -> Predicate {
    match query {
        Predicate::And(a, b) => Predicate::And(Arc::new(mirrored(b)), Arc::new(mirrored(a))),
        Predicate::Or(a, b) => Predicate::Or(Arc::new(mirrored(b)), Arc::new(mirrored(a))),
        Predicate::Not(inner) => Predicate::Not(Arc::new(mirrored(inner))),
        _ => query.clone(),
    }
}

/// Every tag set over two keys and three values, with keys left out.
fn tag_sets() -> Vec<Tags> {
    let values = [None, Some("1"), Some("2"), Some("3")];
    let mut sets = Vec::new();
    for name in values {
        for a in values {
            for b in values {
                let pairs = [("name", name), ("a", a), ("b", b)];
                let present = pairs
                    .iter()
                    .filter_map(|(key, value)| Some((*key, (*value)?)));
                sets.push(Tags::from_pairs(present));
            }
        }
    }
    sets
}

proptest! {
    #[test]
    fn the_normal_form_selects_the_same(query in query()) {
        let normal = normal(&query);
        for tags in tag_sets() {
            prop_assert_eq!(normal.matches(&tags), query.matches(&tags), "{:?}", tags);
        }
    }

    #[test]
    fn a_query_and_its_mirror_have_one_normal_form(query in query()) {
        prop_assert_eq!(normal(&mirrored(&query)), normal(&query));
    }
}

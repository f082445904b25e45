//! Queries that select nothing whatever the store holds.
//!
//! Takes a query; gives the tests in it that exclude each other. Only what follows from the text is
//! found: tests of one key against each other, and alternatives of which each is impossible. A query
//! that is not found here may still select nothing.

use std::sync::Arc;

use telamon_model::Predicate;
use telamon_model::predicate::utf16_cmp;

use crate::expr::QueryText;

/// The tests of a query that no series passes together, as text; `None` if none are found.
///
/// `:false` gives itself alone.
pub fn contradiction(query: &Predicate) -> Option<Vec<String>> {
    let tests = conjuncts(query);
    for test in &tests {
        let found = match test {
            Predicate::False => Some(vec![text(test)]),
            Predicate::Not(inner) if **inner == Predicate::True => Some(vec![text(test)]),
            Predicate::Or(a, b) => match (contradiction(a), contradiction(b)) {
                (Some(_), Some(_)) => Some(vec![text(test)]),
                _ => None,
            },
            _ => None,
        };
        if found.is_some() {
            return found;
        }
    }
    excluding_pair(&tests).or_else(|| no_value_left(&tests))
}

/// The tests that all have to hold, in the order they were written.
pub(crate) fn conjuncts(query: &Predicate) -> Vec<&Predicate> {
    let mut tests = Vec::new();
    collect(query, &mut tests);
    tests
}

fn collect<'a>(query: &'a Predicate, tests: &mut Vec<&'a Predicate>) {
    match query {
        Predicate::And(a, b) => {
            collect(a, tests);
            collect(b, tests);
        }
        test => tests.push(test),
    }
}

fn excluding_pair(tests: &[&Predicate]) -> Option<Vec<String>> {
    tests.iter().enumerate().find_map(|(index, later)| {
        let earlier = tests[..index].iter().find(|earlier| {
            is_opposite(earlier, later)
                || misses_key(earlier, later)
                || is_empty_range(earlier, later)
        })?;
        Some(vec![text(earlier), text(later)])
    })
}

fn is_opposite(a: &Predicate, b: &Predicate) -> bool {
    let denies = |a: &Predicate, b: &Predicate| matches!(a, Predicate::Not(inner) if **inner == *b);
    denies(a, b) || denies(b, a)
}

/// Whether one test wants a key to be absent and the other one wants it to be there.
fn misses_key(a: &Predicate, b: &Predicate) -> bool {
    let denies = |a: &Predicate, b: &Predicate| match a {
        Predicate::Not(inner) => match &**inner {
            Predicate::Has(key) => key_of(b) == Some(key) && wants_key(b),
            _ => false,
        },
        _ => false,
    };
    denies(a, b) || denies(b, a)
}

/// Whether only series with the key pass a test of one key.
fn wants_key(test: &Predicate) -> bool {
    match test {
        Predicate::And(a, b) => wants_key(a) || wants_key(b),
        Predicate::Or(a, b) => wants_key(a) && wants_key(b),
        Predicate::Not(_) | Predicate::True | Predicate::False => false,
        _ => true,
    }
}

/// Whether no text lies above the one and below the other.
fn is_empty_range(a: &Predicate, b: &Predicate) -> bool {
    let crossed = |low: &Predicate, high: &Predicate| {
        let (low_key, low, low_itself) = match low {
            Predicate::Greater(key, low) => (key, low, false),
            Predicate::GreaterEqual(key, low) => (key, low, true),
            _ => return false,
        };
        let (high_key, high, high_itself) = match high {
            Predicate::Less(key, high) => (key, high, false),
            Predicate::LessEqual(key, high) => (key, high, true),
            _ => return false,
        };
        let order = utf16_cmp(low, high);
        low_key == high_key && (order.is_gt() || (order.is_eq() && !(low_itself && high_itself)))
    };
    crossed(a, b) || crossed(b, a)
}

/// The first list of values of which the other tests of the same key leave none, with these tests.
fn no_value_left(tests: &[&Predicate]) -> Option<Vec<String>> {
    tests.iter().find_map(|list| {
        let (key, values): (&Arc<str>, &[Arc<str>]) = match list {
            Predicate::Equal(key, value) => (key, std::slice::from_ref(value)),
            Predicate::In(key, values) => (key, values),
            _ => return None,
        };
        let mut left: Vec<&Arc<str>> = values.iter().collect();
        let mut involved = vec![text(list)];
        for test in tests {
            if std::ptr::eq(*test, *list) || key_of(test) != Some(key) {
                continue;
            }
            let before = left.len();
            // What is not known is no contradiction.
            left.retain(|value| test.matches_value(value).unwrap_or(true));
            if left.len() < before {
                involved.push(text(test));
            }
        }
        left.is_empty().then_some(involved)
    })
}

/// The key of a query that looks at one key only.
fn key_of(query: &Predicate) -> Option<&Arc<str>> {
    match query {
        Predicate::Has(key)
        | Predicate::Equal(key, _)
        | Predicate::Less(key, _)
        | Predicate::LessEqual(key, _)
        | Predicate::Greater(key, _)
        | Predicate::GreaterEqual(key, _)
        | Predicate::Matches(key, _)
        | Predicate::In(key, _) => Some(key),
        Predicate::And(a, b) | Predicate::Or(a, b) => {
            key_of(a).filter(|key| key_of(b) == Some(key))
        }
        Predicate::Not(inner) => key_of(inner),
        Predicate::True | Predicate::False => None,
    }
}

fn text(test: &Predicate) -> String {
    QueryText(test).to_string()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use telamon_model::Tags;

    use super::*;
    use crate::lang::{self, ParseOptions};

    #[track_caller]
    fn check(query: &str, expected: Option<&[&str]>) {
        let parsed = lang::parse_query(query, &ParseOptions::reference()).unwrap();
        let found = contradiction(&parsed);
        let expected = expected.map(|tests| tests.iter().map(|&test| test.to_owned()).collect());
        assert_eq!(found, expected, "{query}");
    }

    #[test]
    fn tests_that_exclude_each_other() {
        check(
            "name,a,:eq,name,b,:eq,:and",
            Some(&["name,a,:eq", "name,b,:eq"]),
        );
        check("name,a,:eq,app,b,:eq,:and", None);
        check(":false", Some(&[":false"]));
    }

    #[test]
    fn of_a_list_every_value_has_to_be_excluded() {
        check(
            "name,(,a,b,),:in,name,a,:eq,:not,:and,name,b.*,:re,:not,:and",
            Some(&["name,(,a,b,),:in", "name,a,:eq,:not", "name,b.*,:re,:not"]),
        );
        check("name,(,a,b,),:in,name,a,:eq,:not,:and", None);
        check(
            "name,cpu,:eq,name,disk.*,:re,:and,app,x,:eq,:and",
            Some(&["name,cpu,:eq", "name,disk.*,:re"]),
        );
    }

    #[test]
    fn ranges_opposites_and_missing_keys() {
        check("a,m,:gt,a,m,:le,:and", Some(&["a,m,:gt", "a,m,:le"]));
        check("a,m,:ge,a,m,:le,:and", None);
        check(
            "a,x.*,:re,a,x.*,:re,:not,:and",
            Some(&["a,x.*,:re", "a,x.*,:re,:not"]),
        );
        check(
            "a,:has,:not,a,x.*,:re,:and",
            Some(&["a,:has,:not", "a,x.*,:re"]),
        );
        check("a,:has,:not,b,x.*,:re,:and", None);
    }

    #[test]
    fn alternatives_are_impossible_together() {
        let impossible = "a,1,:eq,a,2,:eq,:and";
        check(
            &format!("{impossible},b,1,:eq,b,2,:eq,:and,:or"),
            Some(&["a,1,:eq,a,2,:eq,:and,b,1,:eq,b,2,:eq,:and,:or"]),
        );
        check(&format!("{impossible},b,1,:eq,:or"), None);
    }

    fn predicates() -> impl Strategy<Value = Predicate> {
        let key = || prop::sample::select(vec!["a", "b"]);
        let value = || prop::sample::select(vec!["1", "2", "3"]);
        let leaf = (key(), value(), 0..7).prop_map(|(key, value, kind)| {
            let (key, value): (Arc<str>, Arc<str>) = (key.into(), value.into());
            match kind {
                0 => Predicate::Has(key),
                1 => Predicate::Less(key, value),
                2 => Predicate::LessEqual(key, value),
                3 => Predicate::Greater(key, value),
                4 => Predicate::GreaterEqual(key, value),
                5 => Predicate::In(key, Arc::from([value, "1".into()])),
                _ => Predicate::Equal(key, value),
            }
        });
        leaf.prop_recursive(4, 12, 2, |inner| {
            (inner.clone(), inner, 0..4).prop_map(|(a, b, kind)| match kind {
                0 => a.or(b),
                1 => a.negate(),
                _ => a.and(b),
            })
        })
    }

    proptest! {
        /// What is called impossible selects none of all tag sets over these keys and values.
        #[test]
        fn nothing_passes_a_contradiction(query in predicates()) {
            if contradiction(&query).is_some() {
                for a in ["", "0", "1", "11", "2", "22", "3", "33"] {
                    for b in ["", "0", "1", "11", "2", "22", "3", "33"] {
                        let pairs = [("a", a), ("b", b)].into_iter().filter(|(_, value)| !value.is_empty());
                        let tags = Tags::from_pairs(pairs);
                        prop_assert!(!query.matches(&tags).unwrap(), "{} {tags:?}", QueryText(&query));
                    }
                }
            }
        }
    }
}

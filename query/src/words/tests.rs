//! Laws of the word table.

use std::collections::BTreeSet;

use super::*;
use crate::lang::{self, ParseOptions};

fn unstable() -> ParseOptions {
    ParseOptions {
        unstable: true,
        ..ParseOptions::telamon()
    }
}

#[test]
fn every_word_is_documented_and_its_examples_run() {
    for word in all() {
        assert!(!word.summary.is_empty(), ":{} has no summary", word.name);
        assert!(!word.examples.is_empty(), ":{} has no example", word.name);
        for example in word.examples {
            let last = format!(":{}", word.name);
            assert!(
                example.split(',').any(|token| token == last),
                "{example} does not show {last}"
            );
            if let Err(error) = lang::run(example, &unstable()) {
                panic!("{example}: {error}");
            }
        }
    }
}

#[test]
fn every_overload_is_reached_by_an_example() {
    for word in all() {
        let reached = word.examples.iter().any(|example| {
            let last = format!(":{}", word.name);
            let tokens: Vec<&str> = example.split(',').collect();
            let at = tokens.iter().rposition(|token| *token == last);
            let before = at.map(|at| tokens[..at].join(","));
            let stack = before.and_then(|text| lang::run(&text, &unstable()).ok());
            let first = stack.and_then(|stack| {
                overloads(word.name)
                    .iter()
                    .find(|candidate| candidate.matches(&stack))
            });
            first.is_some_and(|first| first.signature == word.signature)
        });
        assert!(reached, "no example of :{} {}", word.name, word.signature);
    }
}

#[test]
fn printed_results_of_examples_parse_to_the_same() {
    for word in all() {
        for example in word.examples {
            for value in lang::run(example, &unstable()).unwrap() {
                if matches!(value, Value::Text(_) | Value::List(_)) {
                    continue;
                }
                let printed = value.to_string();
                let again = lang::run(&printed, &unstable()).unwrap();
                assert_eq!(again, [value], "{example} printed as {printed}");
            }
        }
    }
}

#[test]
fn names_and_signatures_are_unique() {
    let mut seen = BTreeSet::new();
    for word in all() {
        assert!(seen.insert((word.name, word.signature)), ":{}", word.name);
        assert_eq!(
            overloads(word.name)
                .iter()
                .filter(|found| std::ptr::eq(**found, word))
                .count(),
            1
        );
    }
    assert!(overloads("no-such-word").is_empty());
}

#[test]
fn vocabularies_come_in_order() {
    let order: Vec<Vocabulary> = all().map(|word| word.vocabulary).collect();
    assert!(order.is_sorted());
}

#[test]
fn signatures_agree_with_the_reference() {
    let Some(table) = lang::tests::shared_file("data/word_signatures.tsv") else {
        println!("skipped: the reference's signatures are not here");
        return;
    };
    let mut known = table.lines().skip(1).filter_map(|line| {
        let mut fields = line.splitn(3, '\t').skip(1);
        Some((fields.next()?, fields.next()?))
    });
    // The words are a subset in the same order, so one pass over the table finds them all.
    for word in all().filter(|word| word.vocabulary != Vocabulary::Telamon) {
        assert!(
            known.any(|row| row == (word.name, word.signature)),
            ":{} `{}` is not there, or in another order",
            word.name,
            word.signature
        );
    }
}

#[test]
fn the_page_of_words_is_in_step() {
    expect_test::expect_file!["../../../docs/language/words.md"].assert_eq(&reference::page());
}

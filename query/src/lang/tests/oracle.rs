//! Agreement with recorded answers of the reference, where they lie beside the project.
//!
//! Counts the cases whose words we all have, and how many give the same final stack or the same
//! message. The floors may rise, never fall.

use super::super::*;
use super::shared_file;
use crate::words;

/// A recorded question and answer, as far as this test needs them.
struct Case {
    program: String,
    vocabulary: Vocabulary,
    answer: serde_json::Value,
    status: u64,
}

fn cases(name: &str) -> Option<Vec<Case>> {
    let text = shared_file(&format!("oracle/expr/{name}.jsonl"))?;
    let mut cases = Vec::new();
    for line in text.lines() {
        let record: serde_json::Value = serde_json::from_str(line).unwrap();
        let uri = record["uri"].as_str().unwrap_or_default();
        let vocabulary = uri
            .split(['?', '&'])
            .find_map(|pair| pair.strip_prefix("vocab="))
            .unwrap_or("custom");
        cases.push(Case {
            program: record["q"].as_str().unwrap_or_default().to_owned(),
            vocabulary: Vocabulary::from_name(vocabulary).unwrap_or(Vocabulary::Custom),
            answer: record["body"].clone(),
            status: record["status"].as_u64().unwrap_or(0),
        });
    }
    Some(cases)
}

/// Whether every word of the program is either known here or known nowhere.
fn uses_only_our_words(program: &str, known_elsewhere: &[String]) -> bool {
    program.split(',').map(str::trim).all(|token| {
        token.strip_prefix(':').is_none_or(|name| {
            !words::overloads(name).is_empty() || !known_elsewhere.iter().any(|known| known == name)
        })
    })
}

fn ours(case: &Case) -> String {
    let options = ParseOptions {
        vocabulary: case.vocabulary,
        unstable: true,
        ..ParseOptions::reference()
    };
    match trace(&case.program, &options) {
        Ok(steps) => {
            let steps: Vec<String> = steps
                .iter()
                .map(|step| {
                    format!(
                        "{} <- {} {:?}",
                        step.stack.join(" | "),
                        step.program.join(","),
                        step.variables
                    )
                })
                .collect();
            steps.join("\n")
        }
        Err(error) => error.message(),
    }
}

fn theirs(case: &Case) -> String {
    let text = |value: &serde_json::Value| -> Vec<String> {
        let items = value.as_array().into_iter().flatten();
        items
            .map(|item| item.as_str().unwrap_or_default().to_owned())
            .collect()
    };
    if case.status != 200 {
        return case.answer["message"]
            .as_str()
            .unwrap_or_default()
            .to_owned();
    }
    let steps = case.answer.as_array().into_iter().flatten();
    let steps: Vec<String> = steps
        .map(|step| {
            let variables: Vec<(String, String)> = step["context"]["variables"]
                .as_object()
                .into_iter()
                .flatten()
                .map(|(name, value)| (name.clone(), value.as_str().unwrap_or_default().to_owned()))
                .collect();
            format!(
                "{} <- {} {:?}",
                text(&step["context"]["stack"]).join(" | "),
                text(&step["program"]).join(","),
                variables
            )
        })
        .collect();
    steps.join("\n")
}

/// Cases of a file that concern us, and those that agree.
fn agreement(name: &str) -> Option<(usize, usize)> {
    let signatures = shared_file("data/word_signatures.tsv")?;
    let known: Vec<String> = signatures
        .lines()
        .filter_map(|line| line.split('\t').nth(1).map(str::to_owned))
        .collect();
    let mut concerned = 0;
    let mut agreeing = 0;
    for case in cases(name)? {
        let is_std = case.vocabulary == Vocabulary::Std;
        if !is_std && !uses_only_our_words(&case.program, &known) {
            continue;
        }
        concerned += 1;
        let (found, expected) = (ours(&case), theirs(&case));
        if found == expected {
            agreeing += 1;
        } else {
            println!(
                "{name}: {}\n  expected {expected}\n  found    {found}",
                case.program
            );
        }
    }
    println!("{name}: {agreeing} of {concerned} cases agree");
    Some((concerned, agreeing))
}

#[test]
fn recorded_traces_agree() {
    for (name, floor) in [
        ("debug", 237),
        ("bad_debug", 121),
        ("debug_std", 219),
        ("bad_std", 165),
        ("examples_debug", 64),
        ("examples_std", 103),
        ("graphs_debug", 50),
        ("own_debug", 33),
    ] {
        match agreement(name) {
            Some((_, agreeing)) => assert!(agreeing >= floor, "{name}: {agreeing} < {floor}"),
            None => println!("skipped: recorded answers are not here"),
        }
    }
}

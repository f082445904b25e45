//! Each lint by what it finds and what it lets pass.

use super::*;

/// Each finding as `lint: the bytes it is about`.
#[track_caller]
fn check(program: &str, expected: &[&str]) {
    let findings = lint(program, &ParseOptions::telamon(), true).unwrap();
    let found: Vec<String> = findings
        .iter()
        .map(|finding| format!("{}: {}", finding.lint, &program[finding.span.clone()]))
        .collect();
    assert_eq!(found, expected, "{program}");
    for finding in findings {
        assert!(LINTS.iter().any(|(name, _)| *name == finding.lint));
        assert!(!finding.why.contains('\n') && !finding.advice.is_empty());
    }
}

#[test]
fn queries_that_never_match() {
    check("name,a,:eq,name,b,:eq,:and,:sum", &["never-matches: :and"]);
    check("name,a,:eq,name,b,:eq,:or,:sum", &[]);
    check(":false,:sum,:dup,:add", &["never-matches: :false"]);
    check("name,a,:eq,:sum,name,b,:eq,:cq", &["never-matches: :cq"]);
}

#[test]
fn deprecated_words() {
    check("name,a,:eq,:sum,5m,:trend", &["deprecated-word: :trend"]);
    check(
        "name,a,:eq,:sum,(,node,),:by,2,:head",
        &["deprecated-word: :head"],
    );
    check("name,a,:eq,:sum,1h,:offset", &[]);
    check(
        "name,a,:eq,:sum,(,1h,),:offset",
        &["deprecated-word: :offset"],
    );
}

#[test]
fn words_that_only_telamon_has() {
    check("name,a,:eq,:sum,:log", &["not-on-reference: :log"]);
    check(
        "name,a,:eq,:sum,5m,:rolling-max",
        &["not-on-reference: :rolling-max"],
    );
    check("name,a,:eq,:sum,5,:rolling-max", &[]);
    let options = ParseOptions::telamon();
    assert_eq!(
        lint("name,a,:eq,:sum,:log", &options, false),
        Ok(Vec::new())
    );
}

#[test]
fn divisors_that_may_be_absent() {
    let found = ["absent-divisor: :div"];
    check("name,errors,:eq,name,requests,:eq,:div", &found);
    check("name,r,:eq,s,500,:eq,:and,:sum,name,r,:eq,:sum,:div", &[]);
    check(
        "name,r,:eq,:sum,name,r,:eq,s,500,:eq,:and,:sum,:div",
        &found,
    );
    check("name,r,:eq,:sum,(,node,),:by,name,r,:eq,:sum,:div", &[]);
    check("name,r,:eq,:sum,name,r,:eq,:sum,1h,:offset,:div", &found);
    check("name,r,:eq,:sum,100,:div", &[]);
    check("name,errors,:eq,name,requests,:eq,:fdiv", &[]);
    check("name,r,:eq,:avg", &[]);
    check(
        "name,r,:eq,statistic,totalTime,:eq,:and,name,r,:eq,statistic,count,:eq,:and,:div",
        &[],
    );
}

#[test]
fn a_comment_turns_a_lint_off() {
    check("/* lint: allow never-matches */:false", &[]);
    check("/* lint: allow absent-divisor, never-matches */:false", &[]);
    check("/* lint: allow other */:false", &["never-matches: :false"]);
}

#[test]
fn a_program_that_does_not_run_is_an_error() {
    assert!(lint("a,:eqq", &ParseOptions::reference(), false).is_err());
}

#[test]
fn what_a_store_holds_is_told_where_the_data_stands() {
    let program = "name,a,:eq,:sum,(,node,),:by,name,b,:eq,:max,:mul";
    let observed = [
        Observed {
            data: "name,a,:eq,:sum,(,node,),:by".to_owned(),
            groups: 2000,
            empty: None,
        },
        Observed {
            data: "name,b,:eq,:max".to_owned(),
            groups: 1,
            empty: Some("no series passes name,b,:eq".to_owned()),
        },
    ];
    let options = ParseOptions::reference();
    let findings = lint_observed(program, &options, &observed, 1024).unwrap();
    let found: Vec<_> = findings
        .iter()
        .map(|finding| {
            (
                finding.lint,
                &program[finding.span.clone()],
                finding.why.as_str(),
            )
        })
        .collect();
    assert_eq!(
        found,
        [
            (
                TOO_MANY_GROUPS,
                ":by",
                "2000 groups, 1024 lines are allowed"
            ),
            (NO_SERIES, ":max", "no series passes name,b,:eq"),
        ]
    );
    assert_eq!(
        lint_observed(program, &options, &observed, 2000)
            .unwrap()
            .len(),
        1
    );
}

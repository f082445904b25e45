//! Our own words: how they print, what they group by, and what is said when they cannot run.

use super::*;

/// What a program leaves with our words.
#[track_caller]
fn check(program: &str, expected: &str) {
    check_with(program, &ParseOptions::telamon(), expected);
}

#[test]
fn windows_print_as_they_were_written() {
    for program in [
        "a,b,:eq,:sum,5m,:rolling-sum",
        "a,b,:eq,:sum,300s,:rolling-sum",
        "a,b,:eq,:sum,PT5M,:rolling-max",
        "a,b,:eq,:sum,5min,:delay",
        "a,b,:eq,:sum,5m,:rolling-mean",
        "a,b,:eq,:sum,5m,3,:rolling-mean",
        "a,b,:eq,:sum,5,3,:rolling-mean",
        "a,b,:eq,:sum,1h,:fill-last",
        "a,b,:eq,:sum,5,:fill-last",
    ] {
        check(program, program);
    }
    check(
        "a,b,:eq,5m,1,:rolling-mean",
        "a,b,:eq,:sum,5m,:rolling-mean",
    );
}

#[test]
fn constants_are_computed_by_our_words_too() {
    check("8,:log2", "3.0,:const");
    check("-1,:log", "NaN,:const");
    check("1,2,:flt", "1.0,:const");
    check("1,NaN,:flt", "NaN,:const");
    check("1,0.5,:quantile", "1.0,:const,0.5,:quantile");
}

#[test]
fn a_quantile_is_grouped_again_as_a_maximum_is() {
    for word in [":max", "0.5,:quantile"] {
        check(
            &format!("a,b,:eq,(,c,d,),:by,{word},(,c,),:by"),
            &format!("a,b,:eq,:sum,(,c,d,),:by,{word},(,c,),:by"),
        );
        check(
            &format!("a,b,:eq,(,c,),:by,{word},(,e,),:cg"),
            &format!("a,b,:eq,:sum,(,c,e,),:by,{word},(,e,),:by"),
        );
    }
    check(
        "a,b,:eq,0.5,:quantile,(,c,),:by",
        "a,b,:eq,:sum,(,c,),:by,0.5,:quantile",
    );
    check("a,b,:eq,-0.0,:quantile", "a,b,:eq,:sum,0.0,:quantile");
}

#[test]
fn a_tag_that_is_made_can_be_grouped_by() {
    let keys = |program: &str| -> Vec<String> {
        let exprs = parse(program, &ParseOptions::telamon()).unwrap();
        let keys = exprs[0].expr.final_grouping();
        keys.iter().map(|key| key.to_string()).collect()
    };
    let made = |input: &str, replacement: &str| format!("{input},t,{replacement},c,(.*),:relabel");
    assert_eq!(keys(&made("a,b,:eq,(,c,),:by", "$1")), ["c", "t"]);
    assert_eq!(keys(&made("a,b,:eq,(,t,c,),:by", "$1")), ["t", "c"]);
    assert_eq!(keys(&made("a,b,:eq,(,t,c,),:by", "${}")), ["c"]);
    assert_eq!(keys(&made("a,b,:eq,:all", "$1")), ["t"]);
    assert!(keys(&made("a,b,:eq,:all", "${}")).is_empty());
    // One line joins with any; there is nothing to tell apart.
    assert!(keys(&made("a,b,:eq,:sum", "$1")).is_empty());

    let by_team = made("a,b,:eq,(,c,),:by", "$1");
    check(
        &format!("{by_team},(,t,),:by"),
        "a,b,:eq,:sum,(,c,),:by,t,$1,c,(.*),:relabel,:sum,(,t,),:by",
    );
    check(
        &format!("a,b,:eq,(,t,),:by,{by_team},:div"),
        "a,b,:eq,:sum,(,t,),:by,a,b,:eq,:sum,(,c,),:by,t,$1,c,(.*),:relabel,:div",
    );
    check(
        "a,b,:eq,(,c,),:by,t,x\\u002cy,c,a{1\\u002c2}\\u003a,:relabel",
        "a,b,:eq,:sum,(,c,),:by,t,x\\u002cy,c,a{1\\u002c2}\\u003a,:relabel",
    );
}

/// The source that a fault points at, what is wrong in plain words, and the hint.
#[track_caller]
fn check_fault(program: &str, at: &str, title: &str, hint: &str) {
    let (found, error) = fault(program);
    let said = (found.as_str(), error.title(), error.help.hint.as_deref());
    assert_eq!(said, (at, title.to_owned(), Some(hint)), "{program}");
}

#[test]
fn what_is_wrong_is_said_in_words() {
    let number_or_time = "a whole number is needed, or a duration like 90s, 5m, 1h, 7d or PT1H30M";
    for (program, at, title, hint) in [
        (
            "1,5x,:rolling-sum",
            "5x",
            ":rolling-sum cannot use the text `5x`",
            number_or_time,
        ),
        (
            "1,5 minutes,:rolling-sum",
            "5 minutes",
            ":rolling-sum cannot use the text `5 minutes`",
            "a duration is written 5m, without blanks and long names",
        ),
        (
            "1,2.5,:rolling-sum",
            "2.5",
            ":rolling-sum cannot use the number 2.5",
            "a whole number is needed, not 2.5",
        ),
        (
            "1,5,:rolling-mean",
            "5",
            ":rolling-mean cannot use the number 5",
            "5 has no unit; a duration is written like 90s, 5m, 1h, 7d or PT1H30M",
        ),
        (
            "a,:fill",
            ":fill",
            ":fill takes 2 values, but the stack holds 1",
            "for example name,sps,:eq,:sum,0,:fill",
        ),
        (
            "a,b,:eq,x,:fill",
            "x",
            ":fill cannot use the text `x`",
            "a number is needed, for example name,sps,:eq,:sum,0,:fill",
        ),
        (
            "a,b,:eq,:dup,:fill",
            ":fill",
            ":fill cannot use the query a,b,:eq",
            "a number is needed, for example name,sps,:eq,:sum,0,:fill",
        ),
        (
            "(,),:quantile",
            ":quantile",
            ":quantile takes 2 values, but the stack holds 1",
            "for example name,sps,:eq,(,nf.node,),:by,0.95,:quantile",
        ),
        (
            "1,(,),:quantile",
            ":quantile",
            ":quantile cannot use a list of 0",
            "a number is needed, for example name,sps,:eq,(,nf.node,),:by,0.95,:quantile",
        ),
    ] {
        check_fault(program, at, title, hint);
    }
}

#[test]
fn values_that_are_not_allowed() {
    let as_in_re2 = "patterns of :relabel are written as in RE2: no lookaround, no references back";
    for (program, at, title, hint) in [
        (
            "1,95,:quantile",
            "95",
            "a quantile is from 0 to 1: 95.0",
            "for percentile 95 write 0.95",
        ),
        (
            "1,-0.1,:quantile",
            "-0.1",
            "a quantile is from 0 to 1: -0.1",
            "0.5 is the median, 0.95 the 95th percentile",
        ),
        (
            "1,0s,:delay",
            "0s",
            "window size must be longer than no time: 0s",
            "a duration is written like 90s, 5m, 1h or 7d",
        ),
        ("1,a,$1,b,(x,:relabel", "(x", "unclosed group", as_in_re2),
        (
            "1,a,$1,b,x)(y,:relabel",
            "x)(y",
            "unopened group",
            as_in_re2,
        ),
        (
            "1,a,$1,b,(?=x),:relabel",
            "(?=x)",
            "look-around, including look-ahead and look-behind, is not supported",
            as_in_re2,
        ),
        (
            "1,a,$1,b,x,:relabel",
            "$1",
            "unknown group `1`",
            "the pattern has no groups; a group stands between ( and )",
        ),
        (
            "1,a,${z},b,(x)(?<y>y),:relabel",
            "${z}",
            "unknown group `z`",
            "the groups of the pattern are 1, y",
        ),
        (
            "1,a,$(1),b,(x),:relabel",
            "$(1)",
            "a $ without a group in `$(1)`",
            "a group is $1, ${1} or ${name}; a dollar is $$, nothing is ${}",
        ),
    ] {
        check_fault(program, at, title, hint);
    }
    let (at, error) = fault("1,a,x,b,((((a{99}){99}){99}){99}),:relabel");
    assert_eq!(at, "((((a{99}){99}){99}){99})");
    assert_eq!(
        error.title(),
        "pattern is too large: more than 1048576 bytes"
    );
    assert!(error.help.limit.is_some());
    let (_, error) = fault("1,a,$1,b,y(x,:relabel");
    assert_eq!(error.text, "unclosed group\ny(x\n ^");
    let (at, error) = fault("1,5m,0,:rolling-mean");
    assert_eq!(at, "0");
    assert_eq!(
        error.text,
        "requirement failed: minimum number of values must be >= 1: 0"
    );
}

/// Clients of the reference read its own words in the text; ours stand beside it.
#[test]
fn the_text_lists_the_reference_and_help_lists_all() {
    let (_, error) = fault("a,5m,:rolling-sum");
    assert!(
        error
            .text
            .ends_with("candidates: [TimeSeriesExpr n:Int -- TimeSeriesExpr]")
    );
    assert_eq!(
        error.help.expected,
        [
            "TimeSeriesExpr n:Int -- TimeSeriesExpr",
            "TimeSeriesExpr window:Duration -- TimeSeriesExpr"
        ]
    );
}

#[test]
fn where_our_words_are_not_in_use_they_are_named() {
    let error = run("1,:log", &ParseOptions::reference()).unwrap_err();
    assert_eq!(error.text, "unknown word ':log'");
    assert_eq!(
        error.help.hint.unwrap(),
        ":log is of the vocabulary telamon, which is not in use here"
    );
    let error = run("1,5m,:delay", &ParseOptions::reference()).unwrap_err();
    assert!(
        error
            .text
            .ends_with("candidates: [TimeSeriesExpr n:Int -- TimeSeriesExpr]")
    );
    assert!(
        error
            .help
            .hint
            .unwrap()
            .starts_with("with these values :delay is of")
    );
}

//! Good files become groups; bad ones tell everything that is wrong, with places.

use expect_test::{Expect, expect};

use super::*;

fn context() -> ParseContext {
    ParseContext {
        step: Step::from_millis(10_000).unwrap(),
        receivers: BTreeSet::from(["chat".to_owned(), "pager".to_owned()]),
        language: ParseOptions::reference(),
    }
}

fn file(name: &str, text: &str) -> RuleFile {
    RuleFile {
        name: name.to_owned(),
        text: text.to_owned(),
    }
}

fn parse_one(text: &str) -> Result<Vec<Group>, Vec<RuleError>> {
    parse(&[file("rules.yaml", text)], &context())
}

/// The problems of one file, a line each.
fn check(text: &str, expected: &Expect) {
    let problems = parse_one(text).expect_err("the file has problems");
    let lines: Vec<String> = problems
        .iter()
        .map(|problem| format!("{problem}\n"))
        .collect();
    expected.assert_eq(&lines.concat());
}

#[test]
fn a_full_file_is_read() {
    let groups = parse_one(
        r#"
groups:
  - name: api
    interval: 1m
    limit: 20
    labels: {team: edge, severity: warning}
    notify: pager
    rules:
      - alert: HighErrorRate
        expr: |
          name,errors,:eq,:sum,
          (,nf.cluster,),:by,
          5,:gt
        for: 5m
        keep_firing_for: 10m
        labels: {severity: critical, cluster: "{{ $labels.nf.cluster }}"}
        annotations:
          summary: "{{ $value }} errors/s"
      - alert: Quiet
        expr: name,errors,:eq,:sum,5,:gt
        notify: [chat, pager, chat]
  - name: empty
    rules: []
"#,
    )
    .unwrap();
    assert_eq!(groups.len(), 2);
    let api = &groups[0];
    assert_eq!((api.interval.as_millis(), api.limit), (60_000, 20));
    assert_eq!(groups[1].interval.as_millis(), 10_000);
    let [first, second] = &api.rules[..] else {
        panic!("two rules")
    };
    assert_eq!((first.for_ms, first.keep_firing_for_ms), (300_000, 600_000));
    let labels: Vec<(&str, &str)> = first
        .labels
        .iter()
        .map(|(key, template)| (&**key, template.source()))
        .collect();
    assert_eq!(
        labels,
        [
            ("cluster", "{{ $labels.nf.cluster }}"),
            ("severity", "critical"),
            ("team", "edge"),
        ]
    );
    assert_eq!(*first.notify, [Arc::from("pager")]);
    assert_eq!(*second.notify, [Arc::from("chat"), Arc::from("pager")]);
    assert_eq!(&**second.signal.text(), "name,errors,:eq,:sum,5,:gt");
}

#[test]
fn all_problems_are_told_at_once() {
    check(
        r#"groups:
  - name: api
    intervall: 10s
    interval: 15s
    limit: 0
    notify: nobody
    rules:
      - alert: A
        expr: name,errors,:eq,:sum,5,:gtt
        for: 5 minutes
        labels: {alertname: B, "a b": c, build: 7, value: "{{ $value }}"}
        annotations: {summary: "{{ $labels.x", other: "{{ .Labels.x }}"}
      - expr: name,errors,:eq
      - alert: C
      - text
  - name: api
    rules: {}
"#,
        &expect![[r#"
            rules.yaml:3:5: groups[0].intervall: unknown key; known are name, interval, limit, labels, notify, rules
            rules.yaml:4:15: groups[0].interval: the interval must be a multiple of the step of the store, 10s
            rules.yaml:5:12: groups[0].limit: expected a whole number above zero
            rules.yaml:6:13: groups[0].notify: no receiver `nobody`; the configuration names chat, pager
            rules.yaml:9:38: groups[0].rules[0].expr: unknown word ':gtt'; did you mean :gt?; for example name,sps,:gt
            rules.yaml:10:14: groups[0].rules[0].for: invalid period 5 minutes; write a duration as 30s, 5m or 1h
            rules.yaml:11:18: groups[0].rules[0].labels.alertname: `alertname` is the name of the alert and cannot be set
            rules.yaml:11:32: groups[0].rules[0].labels.a b: a label key consists of letters, digits and - . _ ^ ~
            rules.yaml:11:49: groups[0].rules[0].labels.build: expected a text, found a number; put it in quotes
            rules.yaml:11:59: groups[0].rules[0].labels.value: a label must not hold `$value`: each new value would be a new alert
            rules.yaml:12:32: groups[0].rules[0].annotations.summary: `{{` at character 1 is never closed
            rules.yaml:12:55: groups[0].rules[0].annotations.other: `{{ .Labels.x }}` is not understood: only `$value` and `$labels.<key>` can be filled in
            rules.yaml:13:9: groups[0].rules[1]: the key `alert` is missing
            rules.yaml:14:9: groups[0].rules[2]: the key `expr` is missing
            rules.yaml:15:9: groups[0].rules[3]: expected a map, found a text
            rules.yaml:16:11: groups[1].name: a group named `api` stands already in the rules
            rules.yaml:17:12: groups[1].rules: expected a list, found a map
        "#]],
    );
}

#[test]
fn signals_that_are_none_are_refused_with_the_reason() {
    let rule = |expr: &str| {
        format!("groups:\n  - name: g\n    rules:\n      - alert: A\n        expr: {expr}\n")
    };
    for (expr, expected) in [
        (
            "''",
            expect![[r#"
            rules.yaml:5:16: groups[0].rules[0].expr: a rule has one signal, this leaves 0 expressions on the stack
        "#]],
        ),
        (
            "name,a,:eq,:sum,name,b,:eq,:sum",
            expect![[r#"
            rules.yaml:5:15: groups[0].rules[0].expr: a rule has one signal, this leaves 2 expressions on the stack
        "#]],
        ),
        (
            "\"name,a,:eq,:sum,(,\"",
            expect![[r#"
                rules.yaml:5:32: groups[0].rules[0].expr: a list is not closed; a list ends with `)` by itself between commas: (,nf.cluster,)
            "#]],
        ),
        (
            "'name,a,:eq,:sum,0,:rolling-count,0,:gt'",
            expect![[r#"
            rules.yaml:5:16: groups[0].rules[0].expr: `0,:rolling-count` has no window; it needs at least one interval
        "#]],
        ),
        (
            "'name,a,:eq,:sum,1,:gt,5000,:rolling-count,0,:gt'",
            expect![[r#"
                rules.yaml:5:16: groups[0].rules[0].expr: the signal looks back 4999 intervals of 10s; a rule may look back 1440
            "#]],
        ),
        (
            "'name,a,:eq,:sum,PT-1H,:offset,1,:gt'",
            expect![[r#"
            rules.yaml:5:16: groups[0].rules[0].expr: a negative offset reads data that does not exist yet when the rule is evaluated
        "#]],
        ),
        (
            "|\n          name,a,:eq,\n          :sum,:nothing",
            expect![[r#"
                rules.yaml:7:16: groups[0].rules[0].expr: unknown word ':nothing'; a colon starts a word; in a value write it as \u003a
            "#]],
        ),
    ] {
        check(&rule(expr), &expected);
    }
}

#[test]
fn what_is_no_rule_file_is_refused() {
    for (text, expected) in [
        (
            "",
            expect![[r#"
            rules.yaml:1:1: expected a map, found nothing
        "#]],
        ),
        (
            "- a\n",
            expect![[r#"
            rules.yaml:1:1: expected a map, found a list
        "#]],
        ),
        (
            "groups: []\ngroups: []\n",
            expect![[r#"
            rules.yaml:2:1: not valid YAML: duplicate mapping key: groups, set DuplicateKeyPolicy in Options if acceptable
        "#]],
        ),
        (
            "groups:\n  - name: [a\n",
            expect![[r#"
            rules.yaml:2:11: not valid YAML: unclosed bracket '['
        "#]],
        ),
        (
            "group: []\n",
            expect![[r#"
            rules.yaml:1:1: the key `groups` is missing
            rules.yaml:1:1: group: unknown key; known are groups
        "#]],
        ),
    ] {
        check(text, &expected);
    }
    assert_eq!(parse_one("groups: []").unwrap().len(), 0);
}

#[test]
fn two_rules_of_one_name_need_different_labels() {
    let rules = |second: &str| {
        format!(
            "groups:\n  - name: g\n    rules:\n      - {{alert: A, expr: 'name,a,:eq,:sum'}}\n      - {{alert: A, expr: 'name,b,:eq,:sum'{second}}}\n"
        )
    };
    assert!(parse_one(&rules(", labels: {severity: page}")).is_ok());
    check(
        &rules(""),
        &expect![[r#"
        rules.yaml:5:9: groups[0].rules[1]: another rule of this group is also named `A` and has the same labels
    "#]],
    );
}

#[test]
fn groups_of_different_files_need_different_names() {
    let text = "groups: [{name: g, rules: []}]";
    let files = [
        file("b.yaml", text),
        file("a.yaml", text),
        file("c.yaml", "x: 1"),
    ];
    let problems = parse(&files, &context()).unwrap_err();
    let places: Vec<(&str, &str)> = problems
        .iter()
        .map(|problem| (&*problem.file, &*problem.path))
        .collect();
    assert_eq!(
        places,
        [
            ("a.yaml", "groups[0].name"),
            ("c.yaml", ""),
            ("c.yaml", "x")
        ]
    );
}

//! The page of limits: every key of them with its default, and what nobody can change.

use telamon_query::limit::Limit;

use super::*;

const PREFACE: &str = "\
# Limits of queries

This page is written by a test from what the server reads; do not edit it.

Everything that a stranger can make large has a limit with a name, a default and a count.
A query that reaches one is refused; the answer names the key and its value in `error.limit`, and `error.hint` says what makes the query cheaper.
How often that happens is counted in `telamon.query.limits` by the key.
The defaults are those of the reference where it has any.

What a query would read is known before it reads: the limits up to `input_points_max` are checked after the index was asked and before a value is read.
A query whose client goes away, or whose time is over, ends soon; `telamon.query.cancelled` counts those that were at work.

| key of `[query]` | default | what there may be so many of | when there are more |
|---|---|---|---|
";

const OTHERS: &str = "\
| `time_max` | as `http.request_timeout` | time of a query, and of a chunk of 60 steps of an event stream | ask for fewer series or a shorter time |
| `waiting_max` | `64` | queries that wait for a thread | try again in a moment |
| `streams_max` | `64` | event streams that are open | try again when one of them has ended |

`graph.line_values_max` is no refusal: a longer range gets a longer step.

## What cannot be changed
Clients of the reference, or the stack of a thread, count on these.

| what | limit |
|---|---|
| points of a rolling window | 86400 |
| axes of a graph | 5; a line for a higher one is refused, and `axis_per_line` falls back |
| size of a picture | 2000 by 1000 pixels, zoom 2; a larger one is drawn at that size |
| width and precision in a pattern of `:format` | those of the reference |
| groups within groups of a pattern | 100 |
| rules | 50000 lines, 5 million points of an expression and 500 million points read for each evaluation |
";

fn page() -> String {
    let printed = parse("").unwrap().to_string();
    let defaults: toml::Table = toml::from_str(&printed).unwrap();
    let rows = Limit::ALL.iter().map(|limit| {
        let key = limit.name();
        let default = &defaults["query"][key];
        let (meaning, advice) = (limit.meaning(), limit.advice());
        format!("| `{key}` | `{default}` | {meaning} | {advice} |\n")
    });
    PREFACE.to_owned() + &rows.collect::<String>() + OTHERS
}

#[test]
fn the_page_of_limits_is_in_step() {
    expect_test::expect_file!["../../../../docs/operating/limits.md"].assert_eq(&page());
}

/// Every key that ends like a limit is one that is explained.
#[test]
fn the_page_of_limits_names_every_key() {
    let page = page();
    let printed = parse("").unwrap().to_string();
    let defaults: toml::Table = toml::from_str(&printed).unwrap();
    for key in defaults["query"].as_table().unwrap().keys() {
        let is_named = page.contains(&format!("| `{key}` |"));
        assert_eq!(is_named, key.ends_with("_max"), "{key}");
    }
}

use std::collections::BTreeSet;

use super::*;

#[test]
fn names_are_unique_and_admissible() {
    let names: BTreeSet<&str> = Metric::ALL.iter().map(|metric| metric.name()).collect();
    assert_eq!(names.len(), Metric::ALL.len());
    for metric in Metric::ALL {
        assert!(metric.name().starts_with("telamon."));
        assert!(metric.tag_keys().len() <= 2);
        assert!(
            metric
                .name()
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b"._".contains(&b))
        );
    }
}

const PREFACE: &str = "\
# What the server measures about itself

This page is written from the table of metrics by a test; do not edit it.

Each metric is shown twice: at `/metrics` in the Prometheus text format, since the start of the process, and as series in the server's own store, once a step.
A metric appears with its first event.

| kind | at `/metrics` | in the store |
|---|---|---|
| counter | `NAME_total` | `statistic=count`: amount per second over the step |
| gauge | `NAME` | `statistic=gauge`: the reading |
| timer | `NAME_seconds_sum`, `NAME_seconds_count` | `statistic=totalTime` and `count`: amount per second; `max`: the longest of the step |

At `/metrics` the dots of a name are underscores: `telamon.http.requests` is `telamon_http_requests_total`.
In the store the name stands in the tag `name`:

```
/api/v1/graph?q=name,telamon.http.requests,:eq,:sum,(,route,),:by
```

| name | kind | tags | unit | meaning |
|---|---|---|---|---|
";

fn page() -> String {
    let rows = Metric::ALL.iter().map(|metric| {
        let kind = match metric.kind() {
            Kind::Counter => "counter",
            Kind::Gauge => "gauge",
            Kind::Timer => "timer",
        };
        let tags: Vec<String> = metric
            .tag_keys()
            .iter()
            .map(|key| format!("`{key}`"))
            .collect();
        format!(
            "| `{}` | {kind} | {} | {} | {} |\n",
            metric.name(),
            tags.join(" "),
            metric.unit(),
            metric.meaning()
        )
    });
    PREFACE.to_owned() + &rows.collect::<String>()
}

#[test]
fn the_page_of_metrics_is_in_step() {
    expect_test::expect_file!["../../../../docs/operating/metrics.md"].assert_eq(&page());
}

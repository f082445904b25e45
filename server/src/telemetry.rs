//! What the server says about itself: counts, readings and timings under closed names.
//!
//! Takes events from every part of the server, gives the text of `/metrics` and, once a step, the
//! datapoints that go into the server's own store. Logs are set up in [`log`].

pub mod log;
pub mod names;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::{Mutex, PoisonError};

use telamon_model::{Step, Tags};

use names::{Kind, Metric};

/// Counts and readings since the server started.
#[derive(Debug, Default)]
pub struct Telemetry {
    cells: Mutex<BTreeMap<Key, Cell>>,
}

/// A metric and the value of its one tag, empty where it has none.
type Key = (Metric, &'static str, &'static str);

#[derive(Clone, Copy, Debug, Default)]
struct Cell {
    /// Sum of all amounts; for a gauge the newest reading.
    total: f64,
    /// What of `total` was published into the store.
    published: f64,
    count: f64,
    published_count: f64,
    /// Largest timing of the step.
    max: f64,
}

impl Telemetry {
    /// Counts events. The tag values are those of [`Metric::tag_keys`], in order.
    pub fn count(&self, metric: Metric, tags: [&'static str; 2], amount: u64) {
        debug_assert_eq!(metric.kind(), Kind::Counter);
        if amount > 0 {
            self.with(metric, tags, |cell| cell.total += to_f64(amount));
        }
    }

    /// Notes a reading.
    pub fn set(&self, metric: Metric, value: f64) {
        debug_assert_eq!(metric.kind(), Kind::Gauge);
        self.with(metric, ["", ""], |cell| cell.total = value);
    }

    /// Notes how long something took.
    pub fn time(&self, metric: Metric, tag: &'static str, millis: i64) {
        debug_assert_eq!(metric.kind(), Kind::Timer);
        let seconds = to_f64(millis.max(0).unsigned_abs()) / 1000.0;
        self.with(metric, [tag, ""], |cell| {
            cell.total += seconds;
            cell.count += 1.0;
            cell.max = cell.max.max(seconds);
        });
    }

    /// The sum of a counter over all tag values.
    pub fn total(&self, metric: Metric) -> f64 {
        let cells = self.cells.lock().unwrap_or_else(PoisonError::into_inner);
        cells
            .iter()
            .filter(|((known, ..), _)| *known == metric)
            .map(|(_, cell)| cell.total)
            .sum()
    }

    /// Everything in the Prometheus text format.
    pub fn prometheus(&self) -> String {
        let cells = self.cells.lock().unwrap_or_else(PoisonError::into_inner);
        let mut text = String::new();
        let mut last = None;
        for ((metric, first, second), cell) in cells.iter() {
            let name = metric.name().replace('.', "_");
            let labels = labels(*metric, [first, second]);
            let is_new = last != Some(*metric);
            last = Some(*metric);
            write_cell(&mut text, *metric, is_new, &Shown { name, labels, cell });
        }
        text
    }

    /// The datapoints of the step that ends now, as an aggregator would send them: counts as
    /// amount per second, readings as they are. What was counted since the last call goes into
    /// this step.
    pub fn take_step(&self, step: Step) -> Vec<(Tags, f64)> {
        let mut cells = self.cells.lock().unwrap_or_else(PoisonError::into_inner);
        let mut points = Vec::new();
        for ((metric, first, second), cell) in cells.iter_mut() {
            let tags = [*first, *second];
            let per_second = |amount: f64| amount / step.as_seconds();
            match metric.kind() {
                Kind::Gauge => points.push((own_tags(*metric, tags, "gauge", "gauge"), cell.total)),
                Kind::Counter => {
                    let rate = per_second(cell.total - cell.published);
                    points.push((own_tags(*metric, tags, "count", "sum"), rate));
                }
                Kind::Timer => {
                    let time = per_second(cell.total - cell.published);
                    let count = per_second(cell.count - cell.published_count);
                    points.push((own_tags(*metric, tags, "totalTime", "sum"), time));
                    points.push((own_tags(*metric, tags, "count", "sum"), count));
                    points.push((own_tags(*metric, tags, "max", "gauge"), cell.max));
                }
            }
            cell.published = cell.total;
            cell.published_count = cell.count;
            cell.max = 0.0;
        }
        points
    }

    fn with(&self, metric: Metric, tags: [&'static str; 2], change: impl FnOnce(&mut Cell)) {
        let mut cells = self.cells.lock().unwrap_or_else(PoisonError::into_inner);
        change(cells.entry((metric, tags[0], tags[1])).or_default());
    }
}

struct Shown<'a> {
    name: String,
    labels: String,
    cell: &'a Cell,
}

fn write_cell(text: &mut String, metric: Metric, is_new: bool, shown: &Shown<'_>) {
    let Shown { name, labels, cell } = shown;
    let (suffix, kind) = match metric.kind() {
        Kind::Counter => ("_total", "counter"),
        Kind::Gauge => ("", "gauge"),
        Kind::Timer => ("_seconds", "summary"),
    };
    let mut write = |line: std::fmt::Arguments<'_>| {
        text.write_fmt(line)
            .expect("writing to a string cannot fail");
    };
    if is_new {
        write(format_args!("# HELP {name}{suffix} {}\n", metric.meaning()));
        write(format_args!("# TYPE {name}{suffix} {kind}\n"));
    }
    if metric.kind() == Kind::Timer {
        write(format_args!("{name}_seconds_sum{labels} {}\n", cell.total));
        write(format_args!(
            "{name}_seconds_count{labels} {}\n",
            cell.count
        ));
    } else {
        write(format_args!("{name}{suffix}{labels} {}\n", cell.total));
    }
}

fn labels(metric: Metric, values: [&str; 2]) -> String {
    let pairs: Vec<String> = metric
        .tag_keys()
        .iter()
        .zip(values)
        .map(|(key, value)| format!("{key}=\"{value}\""))
        .collect();
    if pairs.is_empty() {
        String::new()
    } else {
        format!("{{{}}}", pairs.join(","))
    }
}

fn own_tags(metric: Metric, values: [&'static str; 2], statistic: &str, dstype: &str) -> Tags {
    let mut pairs = vec![
        ("name", metric.name()),
        ("statistic", statistic),
        ("atlas.dstype", dstype),
    ];
    pairs.extend(metric.tag_keys().iter().copied().zip(values));
    Tags::from_pairs(pairs)
}

#[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
fn to_f64(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_shown_whole_and_published_as_rates_of_the_step() {
        let telemetry = Telemetry::default();
        telemetry.count(Metric::HttpRequests, ["graph", "2xx"], 30);
        telemetry.set(Metric::StoreSeries, 7.0);
        telemetry.time(Metric::HttpTime, "graph", 1500);
        let text = telemetry.prometheus();
        assert!(
            text.contains("telamon_http_requests_total{route=\"graph\",status=\"2xx\"} 30\n"),
            "{text}"
        );
        assert!(
            text.contains("telamon_http_time_seconds_sum{route=\"graph\"} 1.5\n"),
            "{text}"
        );
        let step = Step::from_millis(10_000).unwrap();
        let points = |telemetry: &Telemetry| -> Vec<String> {
            let step_points = telemetry.take_step(step);
            step_points
                .iter()
                .map(|(tags, value)| format!("{} {value}", tags.canonical()))
                .collect()
        };
        let first = points(&telemetry);
        let requests =
            "atlas.dstype=sum,name=telamon.http.requests,route=graph,statistic=count,status=2xx";
        assert!(first.contains(&format!("{requests} 3")), "{first:?}");
        let series = "atlas.dstype=gauge,name=telamon.store.series,statistic=gauge 7";
        assert!(first.contains(&series.to_owned()), "{first:?}");
        let second = points(&telemetry);
        assert!(second.contains(&format!("{requests} 0")), "{second:?}");
        assert!(second.contains(&series.to_owned()), "{second:?}");
    }
}

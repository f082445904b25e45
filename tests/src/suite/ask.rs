//! Runs one case and writes what came out as text.

use std::fmt::Write as _;

use serde_json::Value as Json;
use telamon_model::{ABSENT, Tags, Timestamp};
use telamon_query::context::EvalContext;
use telamon_query::exec::{self, Evaluation, Limits};
use telamon_query::lang::{self, ParseOptions, render_caret};
use telamon_query::line::{Line, LineKind};
use telamon_store::Store;
use telamon_tests::conformance::wire::Connection;
use telamon_tests::house::House;

use super::data::{Loaded, ORIGIN_MS};
use super::file::{Case, Command, duration_ms};

/// What the cases of a file ask: the data of the last `load`.
#[derive(Default)]
pub(super) struct World {
    loaded: Option<Loaded>,
    /// The same data in stores of one and of four partitions.
    stores: Vec<Store>,
    house: Option<House>,
}

impl World {
    /// What a case gives, line by line.
    pub(super) fn answer(&mut self, case: &Case) -> Vec<String> {
        let text = match case.command {
            Command::Load => return self.load(case),
            Command::Stack => stack(&case.program),
            Command::Print => print(&case.program),
            Command::Select => self.select(&case.program),
            Command::Error => self.error(case),
            Command::Eval | Command::Tags => match self.evaluate(case) {
                Ok(evaluation) => lines_text(&evaluation, case.command),
                Err(problem) => problem,
            },
            Command::Graph => self.graph(case),
        };
        text.lines()
            .map(|line| line.trim_end().to_owned())
            .collect()
    }

    fn load(&mut self, case: &Case) -> Vec<String> {
        let step_ms = duration_ms(&case.program);
        let loaded = Loaded {
            step_ms: step_ms.unwrap_or_else(|| panic!("line {}: no step", case.line)),
            rows: case.rows.clone(),
        };
        self.stores = [1, 4].map(|partitions| loaded.store(partitions)).into();
        self.loaded = Some(loaded);
        self.house = None;
        case.expected.clone()
    }

    fn loaded(&self) -> &Loaded {
        self.loaded.as_ref().expect("a load before this case")
    }

    /// Everything that was loaded, or what the case says.
    fn context(&self, case: &Case) -> EvalContext {
        let loaded = self.loaded();
        let (first, last, step) = match case.window {
            Some(window) => (window.first_ms, window.last_ms, window.step_ms),
            None => (loaded.step_ms, loaded.steps() * loaded.step_ms, None),
        };
        let step_ms = step.unwrap_or(loaded.step_ms);
        EvalContext {
            start: Timestamp(ORIGIN_MS + first),
            end: Timestamp(ORIGIN_MS + last + step_ms),
            step_ms,
        }
    }

    fn evaluate(&self, case: &Case) -> Result<Evaluation, String> {
        let source = &case.program;
        let exprs =
            lang::parse(source, &options()).map_err(|error| render_caret(&error, source))?;
        let context = self.context(case);
        let mut answers = self.stores.iter().map(|store| {
            exec::eval(&exprs, &store.snapshot(), &context, &limits())
                .map_err(|error| error.to_string())
        });
        let first = answers.next().expect("a load before this case");
        for other in answers {
            let texts = [&first, &other].map(|answer| {
                let evaluation = answer.as_ref().ok()?;
                Some(lines_text(evaluation, Command::Eval))
            });
            assert_eq!(texts[0], texts[1], "line {}: partitions show", case.line);
        }
        first
    }

    fn error(&self, case: &Case) -> String {
        let source = &case.program;
        if let Err(error) = lang::parse(source, &options()) {
            return render_caret(&error, source);
        }
        let evaluated = self.loaded.is_some().then(|| self.evaluate(case));
        match evaluated {
            Some(Err(problem)) => problem,
            Some(Ok(_)) | None => "nothing is wrong".to_owned(),
        }
    }

    /// The series of a query, by their tags without type.
    fn select(&self, program: &str) -> String {
        let query = match lang::parse_query(program, &options()) {
            Ok(query) => query,
            Err(error) => return render_caret(&error, program),
        };
        let snapshot = self.stores[0].snapshot();
        let mut found = Vec::new();
        for shard in snapshot.shards() {
            let selected = match shard.select(&query) {
                Ok(selected) => selected,
                Err(slow) => return slow.to_string(),
            };
            let series = selected.into_iter().map(|at| shard.series(at));
            found.extend(series.map(|series| tags_text(series.tags(), "atlas.dstype")));
        }
        found.sort();
        if found.is_empty() {
            found.push("nothing".to_owned());
        }
        found.join("\n")
    }

    /// What a server draws of the case.
    fn graph(&mut self, case: &Case) -> String {
        let context = self.context(case);
        let loaded = self.loaded.as_ref().expect("a load before this case");
        let house = self.house.get_or_insert_with(|| loaded.house());
        let (program, parameters) = case
            .program
            .split_once(" & ")
            .unwrap_or((&case.program, ""));
        let mut query = form_urlencoded::Serializer::new(String::new());
        query
            .append_pair("q", program)
            .append_pair("s", &(context.start.0 - context.step_ms).to_string())
            .append_pair("e", &(context.end.0 - context.step_ms).to_string())
            .append_pair("step", &format!("{}s", context.step_ms / 1000))
            .append_pair("format", "v2.json")
            .append_pair("hints", "no-image");
        let target = format!("/api/v1/graph?{}&{parameters}", query.finish());
        let mut connection = Connection::new(house.http_address());
        let answer = connection
            .send("GET", &target, &[], None)
            .expect("an answer");
        let json: Json = serde_json::from_slice(&answer.body).expect("JSON");
        drawn_text(&json)
    }
}

fn options() -> ParseOptions {
    ParseOptions::telamon()
}

fn limits() -> Limits {
    Limits {
        lines_max: 20,
        datapoints_max: 5000,
        input_points_max: 1 << 40,
        answer_points_max: 1 << 40,
        groups_max: 1_000_000,
        work_points_max: 50_000_000,
        data_exprs_max: 1_000,
        parallel_points_min: 1 << 20,
        cancel: None,
    }
}

/// The stack after a program, the top first.
fn stack(program: &str) -> String {
    match lang::run(program, &options()) {
        Ok(values) if values.is_empty() => "empty".to_owned(),
        Ok(values) => {
            let items = values.iter().rev();
            let items = items.map(|value| format!("{} {value}", value.class()));
            items.collect::<Vec<_>>().join("\n")
        }
        Err(error) => render_caret(&error, program),
    }
}

fn print(program: &str) -> String {
    match lang::parse(program, &options()) {
        Ok(exprs) => exprs.iter().map(|expr| format!("{expr}\n")).collect(),
        Err(error) => render_caret(&error, program),
    }
}

/// One row a line: label, then values, tags or both.
fn lines_text(evaluation: &Evaluation, command: Command) -> String {
    let mut text = String::new();
    for (lines, message) in evaluation.results.iter().zip(&evaluation.messages) {
        if lines.is_empty() {
            text.push_str("no lines\n");
        }
        for line in lines {
            let what = match command {
                Command::Tags => kind_text(line),
                _ => values_text(&line.values),
            };
            writeln!(text, "{} | {what}", line.label).expect("a text grows");
        }
        if let Some(message) = message {
            writeln!(text, "-- {message}").expect("a text grows");
        }
    }
    text
}

fn kind_text(line: &Line) -> String {
    let kind = match line.kind {
        LineKind::Gauge => "gauge",
        LineKind::Rate => "rate",
    };
    format!("{kind} {}", tags_text(&line.tags, ""))
}

fn tags_text(tags: &Tags, without: &str) -> String {
    let pairs = tags.iter().filter(|(key, _)| key.as_ref() != without);
    let pairs: Vec<String> = pairs.map(|(key, value)| format!("{key}={value}")).collect();
    format!("{{{}}}", pairs.join(","))
}

fn values_text(values: &[f64]) -> String {
    let values: Vec<String> = values.iter().map(|&value| value_text(value)).collect();
    values.join(" ")
}

/// Up to ten digits: cases are read by people, and bits are compared elsewhere.
fn value_text(value: f64) -> String {
    if value.is_nan() {
        return "_".to_owned();
    }
    let rounded: f64 = format!("{value:.9e}").parse().unwrap_or(value);
    if rounded != 0.0 && !(1e-5..1e15).contains(&rounded.abs()) {
        format!("{rounded:e}")
    } else {
        rounded.to_string()
    }
}

/// What a v2.json says of a graph: its lines, then what it warns of.
fn drawn_text(json: &Json) -> String {
    let Some(entries) = json.as_array() else {
        return json["message"].as_str().unwrap_or("no message").to_owned();
    };
    let mut text = String::new();
    for entry in entries {
        match entry["type"].as_str() {
            Some("timeseries") => text.push_str(&line_drawn(entry)),
            Some("message") => {
                let label = entry["label"].as_str().unwrap_or_default();
                writeln!(text, "-- {label}").expect("a text grows");
            }
            Some("graph-metadata") => {
                let warnings = entry["warnings"].as_array().into_iter().flatten();
                for warning in warnings.filter_map(Json::as_str) {
                    writeln!(text, "-- {warning}").expect("a text grows");
                }
            }
            _ => {}
        }
    }
    text
}

fn line_drawn(entry: &Json) -> String {
    let text_of = |key: &str| entry[key].as_str().unwrap_or_default().to_owned();
    let values = entry["data"]["values"].as_array();
    let values = values.into_iter().flatten();
    let values: Vec<f64> = values
        .map(|value| value.as_f64().unwrap_or(ABSENT))
        .collect();
    let mut text = format!(
        "{} | {} | {}",
        text_of("label"),
        text_of("color"),
        text_of("lineStyle")
    );
    let width = entry["lineWidth"].as_f64().unwrap_or(1.0);
    if width != 1.0 {
        write!(text, " width {width}").expect("a text grows");
    }
    let axis = entry["plot"].as_u64().unwrap_or(0);
    if axis != 0 {
        write!(text, " axis {axis}").expect("a text grows");
    }
    writeln!(text, " | {}", values_text(&values)).expect("a text grows");
    text
}

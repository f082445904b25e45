//! Data answers against recorded ones, byte for byte, and against small graphs by hand.

use telamon_model::{Step, Timestamp};

use super::csv::Separator;
use super::{csv, json, stats, v2};
use crate::graph::{
    GraphDef, GraphStyle, Item, LayoutMode, LegendType, LineStyle, MessageDef, Scale, Theme,
};
use crate::oracle::{Json, graph_of, graphs};
use crate::sample;

/// Runs over all recorded graphs that have a body in this format.
fn compare(format: &str, mut check: impl FnMut(&GraphDef, &Json) -> Result<(), String>) {
    let (mut count, mut failures) = (0, Vec::new());
    for recorded in graphs() {
        let Some(graph) = graph_of(&recorded.bodies["v2"]) else {
            continue;
        };
        let Some(body) = recorded.bodies.get(format) else {
            continue;
        };
        count += 1;
        if let Err(reason) = check(&graph, body) {
            failures.push(format!("{}: {reason}", recorded.request));
        }
    }
    println!("{count} recorded answers in {format}");
    assert!(
        failures.is_empty(),
        "{} of {count}:\n{}",
        failures.len(),
        failures.join("\n")
    );
}

#[test]
fn answers_of_data_do_not_depend_on_the_style() {
    let mut atlas = sample::graph(&[&[1.0, 12.5, f64::NAN], &[0.0, 3e6, 7.0]]);
    atlas.hints = vec!["no-image".into()];
    let mut counted = atlas.plots[0].clone();
    counted.scale = Scale::LogLinear;
    for item in &mut counted.items {
        if let Item::Line(line) = item {
            line.style = LineStyle::Heatmap;
        }
    }
    atlas.plots.push(counted);
    let mut telamon = atlas.clone();
    telamon.style = GraphStyle::Telamon;
    let answers = |graph: &GraphDef| {
        let table = csv::write(graph, Separator::Comma).unwrap();
        (
            v2::write(graph).unwrap(),
            json::write(graph),
            stats::write(graph),
            table,
        )
    };
    let (before, after) = (answers(&atlas), answers(&telamon));
    assert!(before.0.contains("\"yTicks\""));
    assert_eq!(before, after);
}

fn first_difference(actual: &str, expected: &str) -> Result<(), String> {
    if actual == expected {
        return Ok(());
    }
    let at = actual
        .bytes()
        .zip(expected.bytes())
        .take_while(|(a, b)| a == b)
        .count();
    let around = |text: &str| {
        let bytes =
            &text.as_bytes()[at.saturating_sub(40).min(text.len())..text.len().min(at + 40)];
        String::from_utf8_lossy(bytes).into_owned()
    };
    Err(format!(
        "at {at}: {} instead of {}",
        around(actual),
        around(expected)
    ))
}

/// What a list of objects was read from.
fn raw(body: &Json) -> String {
    match body {
        Json::Object(_, text) => text.clone(),
        Json::List(items) => {
            let parts: Vec<String> = items.iter().map(raw).collect();
            format!("[{}]", parts.join(","))
        }
        Json::Plain(text) | Json::Text(text) => text.clone(),
    }
}

#[test]
fn v2_equals_recorded_answers() {
    compare("v2", |graph, body| {
        first_difference(&v2::write(graph).unwrap(), &raw(body))
    });
}

#[test]
fn json_equals_recorded_answers() {
    compare("json", |graph, body| {
        first_difference(&json::write(graph), &raw(body))
    });
}

#[test]
fn stats_equal_recorded_answers() {
    compare("stats", |graph, body| {
        first_difference(&stats::write(graph), &raw(body))
    });
}

#[test]
fn tables_equal_recorded_answers() {
    for (format, separator) in [("csv", Separator::Comma), ("txt", Separator::Tab)] {
        compare(format, |graph, body| {
            let text = csv::write(graph, separator).unwrap();
            if !matches!(body, Json::Object(..)) {
                return first_difference(&text, body.text());
            }
            if body.find("body_head").is_none() {
                return Ok(()); // Only a digest was kept.
            }
            let (head, tail) = (body.at("body_head").text(), body.at("body_tail").text());
            if text.chars().count().to_string() != body.at("body_chars").text() {
                return Err(format!("{} characters", text.chars().count()));
            }
            first_difference(&text[..head.len()], head)?;
            first_difference(&text[text.len() - tail.len()..], tail)
        });
    }
}

fn small() -> GraphDef {
    let mut graph = sample::graph(&[&[1.0, f64::NAN, 1e10], &[0.5, f64::INFINITY]]);
    graph.start = Timestamp(1_325_376_000_000);
    graph.step = Step::from_millis(60_000).unwrap();
    graph.end = Timestamp(1_325_376_180_000);
    graph.layout = LayoutMode::Canvas;
    graph.legend = LegendType::LabelsOnly;
    graph.theme = Theme::Dark;
    graph.hints = vec!["no-image".into()];
    graph.warnings = vec!["say \"hi\"\n".into()];
    let message = MessageDef {
        label: "... 1 of 2 ...".into(),
        color: crate::color::Color::BLACK,
    };
    graph.plots[0].items.push(Item::Message(message));
    graph
}

#[test]
fn absent_and_infinite_values_are_strings_in_json() {
    expect_test::expect![[r#"{"start":1325376000000,"step":60000,"legend":["line-0","line-1"],"metrics":[{"a":"b","name":"line-0"},{"a":"b","name":"line-1"}],"values":[[1.0,0.5],["NaN","Infinity"],[1.0E10,"NaN"]],"notices":["say \"hi\"\n"]}"#]].assert_eq(&json::write(&small()));
    expect_test::expect![[r#"{"start":1325376000000,"end":1325376180000,"step":60000,"legend":["line-0","line-1"],"metrics":[{"a":"b","name":"line-0"},{"a":"b","name":"line-1"}],"stats":[{"count":2,"avg":5.0000000005E9,"total":1.0000000001E10,"max":1.0E10,"min":1.0,"last":1.0E10},{"count":2,"avg":"Infinity","total":"Infinity","max":"Infinity","min":0.5,"last":"Infinity"}],"notices":["say \"hi\"\n"]}"#]].assert_eq(&stats::write(&small()));
}

#[test]
fn v2_lists_plots_then_items() {
    expect_test::expect![[r#"[{"type":"graph-metadata","startTime":1325376000000,"endTime":1325376180000,"timezones":["UTC"],"step":60000,"width":400,"height":200,"layout":"CANVAS","zoom":1.0,"legendType":"LABELS_ONLY","onlyGraph":false,"theme":"dark","warnings":["say \"hi\"\n"],"renderingHints":["no-image"]},{"type":"plot-metadata","id":0,"scale":"LINEAR","upper":"auto-style","lower":"auto-style","tickLabelMode":"DECIMAL"},{"type":"timeseries","plot":0,"label":"line-0","color":"ff0075dc","lineStyle":"LINE","lineWidth":1.0,"query":"0,:const","tags":{"name":"line-0","a":"b"},"data":{"type":"array","values":[1.0,"NaN",1.0E10]}},{"type":"timeseries","plot":0,"label":"line-1","color":"ff993f00","lineStyle":"LINE","lineWidth":1.0,"query":"1,:const","tags":{"name":"line-1","a":"b"},"data":{"type":"array","values":[0.5,"Infinity","NaN"]}},{"type":"message","plot":0,"label":"... 1 of 2 ...","color":"ff000000"}]"#]].assert_eq(&v2::write(&small()).unwrap());
}

#[test]
fn v2_carries_the_picture_unless_told_otherwise() {
    let mut graph = small();
    graph.hints.clear();
    let text = v2::write(&graph).unwrap();
    assert!(
        text.starts_with(r#"[{"type":"graph-image","data":"data:image/png;base64,iVBORw0KGgo"#)
    );
    assert!(!text.contains("renderingHints"));
}

#[test]
fn tables_have_six_decimals() {
    expect_test::expect![[r#"
        "timestamp","line-0","line-1"
        2012-01-01T00:00:00Z,1.000000,0.500000
        2012-01-01T00:01:00Z,NaN,Infinity
        2012-01-01T00:02:00Z,10000000000.000000,NaN
    "#]]
    .assert_eq(&csv::write(&small(), Separator::Comma).unwrap());
}

//! Lines as numbers: the answer `v2.json` of a graph, read for a terminal.

use serde_json::Value;

/// What a graph shows.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Drawing {
    /// Time of the first value, in milliseconds since 1970.
    pub(crate) start_ms: i64,
    /// Distance of two values in milliseconds.
    pub(crate) step_ms: i64,
    /// Zone that times are shown in.
    pub(crate) zone: String,
    /// The lines of all axes.
    pub(crate) lines: Vec<Line>,
    /// What the graph says below its lines, and warnings.
    pub(crate) messages: Vec<String>,
}

/// A line.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Line {
    /// Its name in the legend.
    pub(crate) label: String,
    /// The axis it belongs to.
    pub(crate) axis: u64,
    /// A value per step, NaN where there is none.
    pub(crate) values: Vec<f64>,
}

impl Drawing {
    /// Reads an answer; `None` when it is something else.
    pub(crate) fn read(body: &[u8]) -> Option<Self> {
        let objects: Vec<Value> = serde_json::from_slice(body).ok()?;
        let mut drawing = Self::default();
        for object in &objects {
            match object["type"].as_str()? {
                "graph-metadata" => {
                    drawing.start_ms = object["startTime"].as_i64()?;
                    drawing.step_ms = object["step"].as_i64()?;
                    drawing.zone = object["timezones"][0].as_str().unwrap_or("UTC").to_owned();
                    let warnings = object["warnings"].as_array().into_iter().flatten();
                    let warnings = warnings.filter_map(|warning| warning.as_str());
                    drawing.messages.extend(warnings.map(str::to_owned));
                }
                "timeseries" => {
                    let values = object["data"]["values"].as_array()?;
                    drawing.lines.push(Line {
                        label: object["label"].as_str()?.to_owned(),
                        axis: object["plot"].as_u64().unwrap_or(0),
                        values: values.iter().map(number).collect(),
                    });
                }
                "message" => {
                    let label = object["label"].as_str().unwrap_or_default();
                    drawing.messages.push(label.to_owned());
                }
                _ => {}
            }
        }
        (drawing.step_ms > 0).then_some(drawing)
    }

    /// Points of a line.
    pub(crate) fn points(&self) -> usize {
        self.lines
            .iter()
            .map(|line| line.values.len())
            .max()
            .unwrap_or(0)
    }

    /// The time of a point, in milliseconds since 1970.
    pub(crate) fn time_ms(&self, point: usize) -> i64 {
        let steps = i64::try_from(point).unwrap_or(i64::MAX);
        self.start_ms
            .saturating_add(self.step_ms.saturating_mul(steps))
    }

    /// Whether some line has no value at all.
    pub(crate) fn has_empty_line(&self) -> bool {
        self.lines.is_empty() || self.lines.iter().any(Line::is_empty)
    }

    /// Whether there is no value at all.
    pub(crate) fn is_empty(&self) -> bool {
        self.lines.iter().all(Line::is_empty)
    }
}

impl Line {
    /// Whether there is no value.
    pub(crate) fn is_empty(&self) -> bool {
        self.values.iter().all(|value| value.is_nan())
    }
}

/// Numbers that JSON does not have stand as text.
fn number(value: &Value) -> f64 {
    match value.as_str() {
        Some("Infinity") => f64::INFINITY,
        Some("-Infinity") => f64::NEG_INFINITY,
        _ => value.as_f64().unwrap_or(f64::NAN),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_values_and_messages_are_read() {
        let body = r#"[{"type":"graph-metadata","startTime":60000,"step":60000,"timezones":["US/Pacific"],
            "warnings":["careful"]},{"type":"plot-metadata","id":0},
            {"type":"timeseries","plot":1,"label":"a","data":{"type":"array","values":[1,"NaN","-Infinity"]}},
            {"type":"message","plot":0,"label":"1 of 2"}]"#;
        let drawing = Drawing::read(body.as_bytes()).unwrap();
        assert_eq!((drawing.time_ms(2), drawing.points()), (180_000, 3));
        assert_eq!(drawing.zone, "US/Pacific");
        assert_eq!(drawing.messages, ["careful", "1 of 2"]);
        let [line] = drawing.lines.as_slice() else {
            panic!("{drawing:?}")
        };
        assert_eq!((line.label.as_str(), line.axis), ("a", 1));
        assert!(line.values[1].is_nan() && line.values[2] == f64::NEG_INFINITY);
        assert!(!drawing.has_empty_line());
        assert_eq!(Drawing::read(b"{\"type\":\"error\"}"), None);
    }
}

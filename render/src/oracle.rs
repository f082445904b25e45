//! Recorded answers of the reference, for tests: read when they lie beside the workspace.
//!
//! Gives the graph that a recorded `v2.json` describes, and the other formats of the same request.
//! JSON is read here by hand, because order of fields and text of numbers matter.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use telamon_model::{Step, Timestamp};

use crate::color::Color;
use crate::graph::{
    Bound, GraphDef, GraphStyle, Item, LayoutMode, LegendType, LineDef, LineStyle, MessageDef,
    Plot, Scale, Theme, TickLabels,
};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/oracle");

/// One recorded request in all formats.
#[derive(Debug, Default)]
pub(crate) struct Recorded {
    /// The request without its format.
    pub(crate) request: String,
    /// Body by format: `v2`, `json`, `stats`, `csv`, `txt`; of large texts only what was kept.
    pub(crate) bodies: BTreeMap<String, Json>,
    /// Path of the picture.
    pub(crate) picture: Option<PathBuf>,
}

/// A JSON value that keeps the order of fields and the text of numbers.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Json {
    /// A number, a word, or raw text.
    Plain(String),
    /// A string, unescaped.
    Text(String),
    /// A list.
    List(Vec<Self>),
    /// Fields in order, and the bytes they were read from.
    Object(Vec<(String, Self)>, String),
}

impl Json {
    /// Reads a value.
    pub(crate) fn read(text: &str) -> Self {
        let mut reader = Reader { text, at: 0 };
        reader.value()
    }

    /// A field; panics where it is missing.
    pub(crate) fn at(&self, field: &str) -> &Self {
        self.find(field)
            .unwrap_or_else(|| panic!("no field {field} in {self:?}"))
    }

    /// A field.
    pub(crate) fn find(&self, field: &str) -> Option<&Self> {
        let Self::Object(fields, _) = self else {
            return None;
        };
        fields
            .iter()
            .find(|(name, _)| name == field)
            .map(|(_, value)| value)
    }

    /// The text of a string, number or word.
    pub(crate) fn text(&self) -> &str {
        match self {
            Self::Plain(text) | Self::Text(text) => text,
            Self::List(_) | Self::Object(..) => panic!("no text: {self:?}"),
        }
    }

    /// The items of a list.
    pub(crate) fn items(&self) -> &[Self] {
        match self {
            Self::List(items) => items,
            _ => &[],
        }
    }

    fn number<T: std::str::FromStr>(&self) -> T {
        let text = self.text().replace("Infinity", "inf");
        text.parse()
            .unwrap_or_else(|_| panic!("no number: {self:?}"))
    }

    fn texts(&self) -> Vec<String> {
        self.items()
            .iter()
            .map(|item| item.text().to_owned())
            .collect()
    }
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl Reader<'_> {
    fn peek(&self) -> u8 {
        self.text.as_bytes().get(self.at).copied().unwrap_or(0)
    }

    fn value(&mut self) -> Json {
        match self.peek() {
            b'{' => {
                let start = self.at;
                let mut fields = Vec::new();
                self.at += 1;
                while self.peek() != b'}' {
                    let name = self.string();
                    self.at += 1;
                    fields.push((name, self.value()));
                    self.at += usize::from(self.peek() == b',');
                }
                self.at += 1;
                Json::Object(fields, self.text[start..self.at].to_owned())
            }
            b'[' => {
                let mut items = Vec::new();
                self.at += 1;
                while self.peek() != b']' {
                    items.push(self.value());
                    self.at += usize::from(self.peek() == b',');
                }
                self.at += 1;
                Json::List(items)
            }
            b'"' => Json::Text(self.string()),
            _ => {
                let rest = &self.text[self.at..];
                let end = rest.find([',', ']', '}']).unwrap_or(rest.len());
                self.at += end;
                Json::Plain(rest[..end].to_owned())
            }
        }
    }

    fn string(&mut self) -> String {
        let start = self.at;
        self.at += 1;
        while self.peek() != b'"' {
            self.at += if self.peek() == b'\\' { 2 } else { 1 };
        }
        self.at += 1;
        serde_json::from_str(&self.text[start..self.at]).unwrap()
    }
}

/// All recorded graphs; empty, with a reason printed, where there are none.
pub(crate) fn graphs() -> Vec<Recorded> {
    let mut found: BTreeMap<(String, String), Recorded> = BTreeMap::new();
    for suite in ["api", "docs", "grapher"] {
        for format in ["v2", "json", "stats", "csv", "txt", "png"] {
            let path = format!("{FOLDER}/graph/{suite}_{format}.jsonl");
            let Ok(lines) = std::fs::read_to_string(path) else {
                println!("skipped: no recorded answers beside the workspace");
                return Vec::new();
            };
            for line in lines.lines() {
                let record = Json::read(line);
                if record.at("status").text() == "200" {
                    add(&mut found, suite, format, &record);
                }
            }
        }
    }
    found
        .into_values()
        .filter(|recorded| recorded.bodies.contains_key("v2"))
        .collect()
}

fn add(found: &mut BTreeMap<(String, String), Recorded>, suite: &str, format: &str, record: &Json) {
    let uri = record.at("uri").text();
    let (path, query) = uri.split_once('?').unwrap();
    let kept: Vec<&str> = query
        .split('&')
        .filter(|part| !part.starts_with("format=") && *part != "hints=no-image")
        .collect();
    let request = format!("{path}?{}", kept.join("&"));
    let slot = found
        .entry((suite.to_owned(), request.clone()))
        .or_default();
    slot.request = request;
    if let Some(picture) = record.find("picture") {
        let name = picture.text().rsplit('/').next().unwrap().to_owned();
        slot.picture = Some(PathBuf::from(format!("{FOLDER}/pictures/{name}")));
    } else if let Some(body) = record.find("body").or_else(|| record.find("body_text")) {
        slot.bodies.insert(format.to_owned(), body.clone());
    } else {
        slot.bodies.insert(format.to_owned(), record.clone());
    }
}

/// The graph that a `v2.json` body describes; `None` for heatmaps, which are not drawn yet.
pub(crate) fn graph_of(body: &Json) -> Option<GraphDef> {
    let mut items = body.items().iter();
    let head = items.next()?;
    let mut graph = graph_without_plots(head);
    for item in items {
        match item.at("type").text() {
            "plot-metadata" => graph.plots.push(plot_of(item)),
            "timeseries" => {
                let line = line_of(item)?;
                graph.plots[item.at("plot").number::<usize>()]
                    .items
                    .push(Item::Line(line));
            }
            "message" => {
                let message = MessageDef {
                    label: item.at("label").text().to_owned(),
                    color: color_of(item.at("color")),
                };
                graph.plots[item.at("plot").number::<usize>()]
                    .items
                    .push(Item::Message(message));
            }
            _ => return None,
        }
    }
    Some(graph)
}

fn graph_without_plots(head: &Json) -> GraphDef {
    let layout = match head.at("layout").text() {
        "IMAGE" => LayoutMode::Image,
        "IMAGE_WIDTH" => LayoutMode::ImageWidth,
        "IMAGE_HEIGHT" => LayoutMode::ImageHeight,
        _ => LayoutMode::Canvas,
    };
    let legend = match head.at("legendType").text() {
        "OFF" => LegendType::Off,
        "LABELS_ONLY" => LegendType::LabelsOnly,
        _ => LegendType::LabelsWithStats,
    };
    GraphDef {
        plots: Vec::new(),
        start: Timestamp(head.at("startTime").number()),
        end: Timestamp(head.at("endTime").number()),
        step: Step::from_millis(head.at("step").number()).unwrap(),
        zones: head.at("timezones").texts(),
        width: head.at("width").number(),
        height: head.at("height").number(),
        zoom: head.at("zoom").number(),
        layout,
        title: head.find("title").map(|title| title.text().to_owned()),
        legend,
        only_graph: head.at("onlyGraph").text() == "true",
        theme: Theme::parse(head.at("theme").text()).unwrap(),
        style: GraphStyle::Atlas,
        load: None,
        warnings: head.at("warnings").texts(),
        blank_reasons: Vec::new(),
        hints: head
            .find("renderingHints")
            .map(Json::texts)
            .unwrap_or_default(),
    }
}

fn plot_of(item: &Json) -> Plot {
    let bound = |field: &str| match item.at(field).text() {
        "auto-style" => Bound::AutoStyle,
        "auto-data" => Bound::AutoData,
        _ => Bound::Explicit(item.at(field).number()),
    };
    let scale = match item.at("scale").text() {
        "LOGARITHMIC" => Scale::Logarithmic,
        "LOG_LINEAR" => Scale::LogLinear,
        "POWER_2" => Scale::Power2,
        "SQRT" => Scale::Sqrt,
        _ => Scale::Linear,
    };
    Plot {
        label: item.find("ylabel").map(|label| label.text().to_owned()),
        axis_color: item.find("axisColor").map(color_of),
        scale,
        upper: bound("upper"),
        lower: bound("lower"),
        tick_labels: TickLabels::parse(item.at("tickLabelMode").text()).unwrap(),
        ..Plot::empty()
    }
}

fn line_of(item: &Json) -> Option<LineDef> {
    let style = match item.at("lineStyle").text() {
        "LINE" => LineStyle::Line,
        "AREA" => LineStyle::Area,
        "STACK" => LineStyle::Stack,
        "VSPAN" => LineStyle::Vspan,
        _ => return None,
    };
    let Json::Object(tags, _) = item.at("tags") else {
        return None;
    };
    let tag = |(key, value): &(String, Json)| (Arc::from(key.as_str()), Arc::from(value.text()));
    Some(LineDef {
        id: item.find("id").map(|id| id.text().to_owned()),
        label: item.at("label").text().to_owned(),
        query: item.find("query").map(|query| query.text().to_owned()),
        group_by_keys: item
            .find("groupByKeys")
            .map(Json::texts)
            .unwrap_or_default(),
        tags: tags.iter().map(tag).collect(),
        values: item
            .at("data")
            .at("values")
            .items()
            .iter()
            .map(Json::number)
            .collect(),
        color: color_of(item.at("color")),
        style,
        width: item.at("lineWidth").number(),
    })
}

fn color_of(value: &Json) -> Color {
    Color::parse_hex(value.text()).unwrap()
}

//! The parameters of a graph that hold for all of it.
//!
//! What is wrong here is found before anything is evaluated and is always answered as JSON. What
//! belongs to one axis is read later, by [`super::axis`], and only for axes that are used.

use std::sync::Arc;

use axum::http::StatusCode;
use jiff::tz::TimeZone;
use telamon_model::{Predicate, Step, Timestamp};
use telamon_query::context::{GraphRequest as WindowRequest, GraphWindow, StepRules};
use telamon_query::exec::EvalError;
use telamon_query::lang::{self, ParseOptions, Vocabulary};
use telamon_query::time::{TimeError, Zone, parse_duration, regions, resolve_range, zone};
use telamon_render::color::Vision;
use telamon_render::graph::{GraphDef, GraphStyle, LayoutMode, LegendType, Theme, TickLabels};

use super::axis::AXES_MAX;
use crate::api::params::{Params, parse_double};
use crate::api::problem::Problem;
use crate::config::Config;
use crate::server::parse_options;

/// What a graph was asked to be.
#[derive(Clone, Debug)]
pub(crate) struct GraphRequest {
    pub(crate) query: String,
    /// Narrows every query of every expression.
    pub(crate) common_query: Option<Arc<Predicate>>,
    /// At least one; the first is that of texts.
    pub(crate) zones: Vec<Zone>,
    pub(crate) window: GraphWindow,
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) zoom: f64,
    pub(crate) layout: LayoutMode,
    pub(crate) theme: Theme,
    pub(crate) style: GraphStyle,
    pub(crate) vision: Vision,
    /// Text of the palette of the graph; checked when it is used.
    pub(crate) palette: Option<String>,
    pub(crate) title: Option<String>,
    pub(crate) legend: LegendType,
    pub(crate) only_graph: bool,
    pub(crate) axis_per_line: bool,
    pub(crate) hints: Vec<String>,
    pub(crate) format: Format,
    /// Whether unstable words are allowed.
    pub(crate) unstable: bool,
    /// Steps back that one search in a legend may take.
    pub(crate) edit_steps_max: usize,
}

/// Formats of answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    Png,
    Svg,
    Csv,
    Txt,
    Json,
    StatsJson,
    V2Json,
    Arrow,
}

/// Step and range of what was asked for.
type WindowOf = fn(&StepRules, &WindowRequest) -> Result<GraphWindow, EvalError>;

const FORMATS: [&str; 9] = [
    "png",
    "svg",
    "csv",
    "txt",
    "json",
    "std.json",
    "stats.json",
    "v2.json",
    "arrow",
];

const HINTS: [&str; 3] = ["no-image", "ambiguous-multi-y", "presentation-metadata"];

impl GraphRequest {
    /// Reads the parameters.
    ///
    /// # Errors
    /// In the words of the reference.
    pub(crate) fn read(params: &Params, config: &Config, now: Timestamp) -> Result<Self, Problem> {
        let format = format(params.first("format"));
        Self::read_as(format, StepRules::graph_window, params, (config, now))
    }

    /// Reads the parameters of a stream: the same ones, over the range of a stream, and whatever the
    /// format.
    ///
    /// # Errors
    /// In the words of the reference.
    pub(crate) fn read_stream(
        params: &Params,
        config: &Config,
        now: Timestamp,
    ) -> Result<Self, Problem> {
        let format = Ok(Format::V2Json);
        Self::read_as(format, StepRules::stream_window, params, (config, now))
    }

    fn read_as(
        format: Result<Format, Problem>,
        window_of: WindowOf,
        params: &Params,
        (config, now): (&Config, Timestamp),
    ) -> Result<Self, Problem> {
        let query = params.first("q").ok_or_else(missing_query)?;
        let format = format?;
        let zones = zones(params, config)?;
        let width = positive(params, "w", "width", config.graph.width)?;
        let height = positive(params, "h", "height", config.graph.height)?;
        let zoom = params.first("zoom").map_or(Ok(1.0), parse_double);
        let zoom = zoom.map_err(|problem| problem.of("zoom"))?;
        let layout = layout(params)?;
        let theme = choice(params, "theme", Theme::Light, Theme::parse, bad_theme)?;
        let style = choice(
            params,
            "style",
            config.graph.style,
            GraphStyle::parse,
            bad_style,
        )?;
        let vision = vision(params)?;
        let unstable = choice(params, "features", false, features, |name| {
            no_constant("core.util.Features", &name.to_uppercase())
                .titled(format!("unknown features: {name}"))
                .of("features")
                .one_of(name, ["stable", "unstable"])
        })?;
        for axis in 0..AXES_MAX {
            super::axis::tick_labels(params, axis)?;
        }
        let common_query = params
            .first("cq")
            .map(|text| common_query(text, config))
            .transpose()?;
        let request = window_request(params, &zones[0], now, width)?;
        let rules = StepRules {
            primary_ms: config.store.step.as_millis(),
            block_slots: i64::from(config.store.block_slots),
            points_max: config.graph.line_values_max,
        };
        let window = window_of(&rules, &request)?;
        Ok(Self {
            query: query.to_owned(),
            common_query,
            zones,
            window,
            width,
            height,
            zoom,
            layout,
            theme,
            style,
            vision,
            palette: params.first("palette").map(str::to_owned),
            title: params
                .first("title")
                .filter(|text| !text.is_empty())
                .map(str::to_owned),
            legend: legend(params),
            only_graph: params.flag("only_graph"),
            axis_per_line: params.flag("axis_per_line"),
            hints: hints(params),
            format,
            unstable,
            edit_steps_max: config.query.edit_steps_max,
        })
    }

    /// The graph without title, lines and warnings.
    pub(crate) fn empty_graph(&self) -> GraphDef {
        let window = &self.window;
        GraphDef {
            title: None,
            plots: Vec::new(),
            start: window.shown_start,
            end: window.shown_end,
            step: self.step(),
            zones: self.zones.iter().map(|zone| zone.name.clone()).collect(),
            width: self.width,
            height: self.height,
            zoom: self.zoom,
            layout: self.layout,
            legend: self.legend,
            only_graph: self.only_graph,
            theme: self.theme,
            style: self.style,
            load: None,
            warnings: Vec::new(),
            hints: self.hints.clone(),
            blank_reasons: Vec::new(),
        }
    }

    /// Distance of two values.
    pub(crate) fn step(&self) -> Step {
        Step::from_millis(self.window.context.step_ms).expect("a window has a positive step")
    }

    /// Whether a hint was given.
    pub(crate) fn has_hint(&self, hint: &str) -> bool {
        self.hints.iter().any(|given| given == hint)
    }

    /// Whether the answer holds a picture.
    pub(crate) fn draws_picture(&self) -> bool {
        match self.format {
            Format::Png | Format::Svg => true,
            Format::V2Json => !self.has_hint("no-image"),
            Format::Csv | Format::Txt | Format::Json | Format::StatsJson | Format::Arrow => false,
        }
    }
}

fn layout(params: &Params) -> Result<LayoutMode, Problem> {
    let (default, parse) = (LayoutMode::Canvas, LayoutMode::parse);
    choice(params, "layout", default, parse, |name| {
        Problem::illegal_argument(format!("unknown layout: {name}"))
            .of("layout")
            .one_of(name, ["canvas", "image", "iw", "ih"])
    })
}

fn vision(params: &Params) -> Result<Vision, Problem> {
    choice(params, "vision", Vision::Normal, Vision::parse, |name| {
        no_constant("chart.model.VisionType", name)
            .titled(format!("unknown vision: {name}"))
            .of("vision")
            .one_of(name, VISIONS)
    })
}

fn format(name: Option<&str>) -> Result<Format, Problem> {
    Ok(match name {
        None | Some("png") => Format::Png,
        Some("svg") => Format::Svg,
        Some("csv") => Format::Csv,
        Some("txt") => Format::Txt,
        Some("json" | "std.json") => Format::Json,
        Some("stats.json") => Format::StatsJson,
        Some("v2.json") => Format::V2Json,
        Some("arrow") => Format::Arrow,
        Some(other) => {
            let message = format!("NoSuchElementException: key not found: {other}");
            return Err(Problem::new(StatusCode::NOT_FOUND, message)
                .titled(format!("unknown format: {other}"))
                .of("format")
                .one_of(other, FORMATS)
                .with_hint(format!("formats are {}", FORMATS.join(", "))));
        }
    })
}

fn zones(params: &Params, config: &Config) -> Result<Vec<Zone>, Problem> {
    let zones = params
        .all("tz")
        .map(|name| zone(name).map_err(|error| bad_zone(name, error)));
    let zones: Vec<Zone> = zones.collect::<Result<_, _>>()?;
    if zones.is_empty() {
        return Ok(vec![zone(&config.graph.timezone)?]);
    }
    Ok(zones)
}

fn missing_query() -> Problem {
    Problem::illegal_argument("missing required parameter 'q'")
        .titled("the program is missing")
        .of("q")
        .with_hint("the parameter q holds the program, such as q=name,sps,:eq,:sum")
}

fn bad_zone(name: &str, error: TimeError) -> Problem {
    let regions = regions();
    let regions = regions.iter().map(String::as_str);
    // The last part of a name is what people remember of it: Berlin, Pacific.
    let by_end = regions.clone().find(|region| {
        let end = region.rsplit('/').next().unwrap_or(region);
        end.eq_ignore_ascii_case(name.trim()) && region.contains('/')
    });
    let problem = Problem::from(error)
        .titled(format!("there is no time zone `{name}`"))
        .of("tz")
        .one_of(name, regions);
    match by_end {
        Some(region) => problem.nearest(region),
        None => problem,
    }
}

fn window_request(
    params: &Params,
    zone: &Zone,
    now: Timestamp,
    width: u32,
) -> Result<WindowRequest, Problem> {
    let start = params.first("s").unwrap_or("e-3h");
    let end = params.first("e").unwrap_or("now");
    let range = resolve_range(start, end, &zone.rules, now)
        .map_err(|error| Problem::from(error).of(wrong_end((start, end), &zone.rules, now)))?;
    let step_ms = params.first("step").map(parse_duration).transpose();
    Ok(WindowRequest {
        start: range.start,
        end: range.end,
        step_ms: step_ms.map_err(|error| Problem::from(error).of("step"))?,
        width,
    })
}

/// The end of a range that cannot be read: the end where it is wrong beside a start that is right.
fn wrong_end((start, end): (&str, &str), zone: &TimeZone, now: Timestamp) -> &'static str {
    let is_end_wrong = resolve_range("epoch", end, zone, now).is_err() && start != "e";
    if is_end_wrong { "e" } else { "s" }
}

fn common_query(text: &str, config: &Config) -> Result<Arc<Predicate>, Problem> {
    let options = ParseOptions {
        vocabulary: Vocabulary::Query,
        ..parse_options(config)
    };
    let values = lang::run(text, &options).map_err(|error| Problem::from(error).of("cq"))?;
    match values.as_slice() {
        [lang::Value::Query(query)] => Ok(Arc::clone(query)),
        _ => Err(Problem::bad_request(
            "IllegalStateException",
            format!("invalid cq parameter: {text}"),
        )
        .titled("cq is not one query")
        .of("cq")
        .with_hint("the parameter cq holds a query, such as cq=nf.app,api,:eq")),
    }
}

fn positive(params: &Params, key: &'static str, what: &str, default: u32) -> Result<u32, Problem> {
    let Some(given) = params.int(key)? else {
        return Ok(default);
    };
    u32::try_from(given)
        .ok()
        .filter(|&value| value > 0)
        .ok_or_else(|| {
            let text = format!("requirement failed: {what} must be positive (got {given})");
            Problem::illegal_argument(text).of(key)
        })
}

fn choice<T>(
    params: &Params,
    key: &str,
    default: T,
    parse: impl FnOnce(&str) -> Option<T>,
    problem: impl FnOnce(&str) -> Problem,
) -> Result<T, Problem> {
    match params.first(key) {
        None => Ok(default),
        Some(name) => parse(name).ok_or_else(|| problem(name)),
    }
}

fn features(name: &str) -> Option<bool> {
    match name.to_ascii_lowercase().as_str() {
        "stable" => Some(false),
        "unstable" => Some(true),
        _ => None,
    }
}

const VISIONS: [&str; 9] = [
    "normal",
    "protanopia",
    "protanomaly",
    "deuteranopia",
    "deuteranomaly",
    "tritanopia",
    "tritanomaly",
    "achromatopsia",
    "achromatomaly",
];

const THEMES: [&str; 2] = ["light", "dark"];

fn bad_theme(name: &str) -> Problem {
    if name.is_empty() {
        let message = "BadPath: path parameter: Invalid path '': path has a leading, trailing, or \
                       two adjacent period '.' (use quoted \"\" empty string if you want an empty \
                       element)";
        return Problem::new(StatusCode::INTERNAL_SERVER_ERROR, message)
            .titled("the theme is empty")
            .of("theme")
            .one_of(name, THEMES);
    }
    Problem::illegal_argument(format!("invalid theme: {name}"))
        .of("theme")
        .one_of(name, THEMES)
}

fn bad_style(name: &str) -> Problem {
    Problem::illegal_argument(format!("unknown style: {name}"))
        .of("style")
        .one_of(name, ["atlas", "telamon"])
}

fn no_constant(class: &str, name: &str) -> Problem {
    Problem::illegal_argument(format!("No enum constant com.netflix.atlas.{class}.{name}"))
}

/// Tick labels of an axis, in the reference's words where they are none.
pub(super) fn parse_tick_labels(name: &str) -> Result<TickLabels, Problem> {
    TickLabels::parse(name).ok_or_else(|| {
        Problem::illegal_argument(format!(
            "tick_labels: unknown value '{name}', acceptable values are off, decimal, and binary"
        ))
        .of("tick_labels")
        .one_of(name, ["off", "decimal", "binary", "duration"])
    })
}

fn legend(params: &Params) -> LegendType {
    if params.flag("no_legend") {
        LegendType::Off
    } else if params.flag("no_legend_stats") {
        LegendType::LabelsOnly
    } else {
        LegendType::LabelsWithStats
    }
}

/// Known hints, each once.
fn hints(params: &Params) -> Vec<String> {
    let mut hints: Vec<String> = Vec::new();
    let given = params.first("hints").unwrap_or_default();
    for hint in given.split(',').map(str::trim) {
        if HINTS.contains(&hint) && !hints.iter().any(|known| known == hint) {
            hints.push(hint.to_owned());
        }
    }
    hints
}

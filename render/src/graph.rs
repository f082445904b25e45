//! The definition of a graph: everything a picture or a data answer is made of, as plain values.
//!
//! The caller evaluates queries, chooses labels and colours, sorts and limits lines; this crate
//! only lays out, draws and writes what stands here. Nothing refers to a clock, a query or a store.
//!
//! ```text
//!   start          start+step                end-step      end
//!   ├ values[0]    ├ values[1]   ...         ├ values[n-1] │ exclusive
//!   values[i] covers (start + (i-1)*step, start + i*step]
//! ```

use std::sync::Arc;

use telamon_model::{Step, Timestamp};

use crate::color::Color;
use crate::palette::Palette;

pub use crate::stats::LineStats;

/// A complete graph.
#[derive(Clone, Debug, PartialEq)]
pub struct GraphDef {
    /// Axes with their lines; the first axis stands on the left, all others on the right.
    pub plots: Vec<Plot>,
    /// Time of the first value.
    pub start: Timestamp,
    /// One step after the time of the last value.
    pub end: Timestamp,
    /// Distance of two values.
    pub step: Step,
    /// Time zones of the time axes (IANA names, `Z` or offsets like `+02:00`); the first one is the
    /// primary zone, also used for text. An empty list means `UTC`.
    pub zones: Vec<String>,
    /// Requested width in pixels before zoom; pictures keep it within 64..=2000.
    pub width: u32,
    /// Requested height in pixels before zoom; pictures keep it within 64..=1000.
    pub height: u32,
    /// Magnification of the picture; at most 2.
    pub zoom: f64,
    /// What width and height measure.
    pub layout: LayoutMode,
    /// Headline, already substituted.
    pub title: Option<String>,
    /// How much the legend shows.
    pub legend: LegendType,
    /// Only the canvas: no axes, no legend.
    pub only_graph: bool,
    /// Colours of everything that is not data.
    pub theme: Theme,
    /// Whose room, ticks and legend the picture has.
    pub style: GraphStyle,
    /// What it took to fetch the data, for the footer and `v2.json`.
    pub load: Option<LoadStats>,
    /// Texts the reader must not miss; shown below the legend and listed in data answers.
    pub warnings: Vec<String>,
    /// Rendering hints of the request, in the order to print them.
    pub hints: Vec<String>,
    /// Why there are no values; drawn on the empty canvas where there is room.
    pub blank_reasons: Vec<String>,
}

impl GraphDef {
    /// Number of values each line should have: zero unless `end` is after `start`, and at most ten
    /// million, which is more than any answer holds.
    pub fn point_count(&self) -> usize {
        let span = self.end.millis_since(self.start).max(0);
        usize::try_from(span / self.step.as_millis())
            .unwrap_or(usize::MAX)
            .min(10_000_000)
    }

    /// All lines of all plots, in order.
    pub fn lines(&self) -> impl Iterator<Item = &LineDef> {
        self.plots.iter().flat_map(Plot::lines)
    }

    /// Whether no line has a value that could be drawn.
    pub fn is_blank(&self) -> bool {
        let points = self.point_count();
        let mut values = self
            .lines()
            .flat_map(|line| line.values.iter().take(points));
        !values.any(|value| value.is_finite())
    }

    /// The primary time zone.
    pub fn primary_zone(&self) -> &str {
        self.zones.first().map_or("UTC", String::as_str)
    }

    /// Whether the hint was given.
    pub fn has_hint(&self, hint: &str) -> bool {
        self.hints.iter().any(|given| given == hint)
    }
}

/// One value axis and what is drawn against it.
#[derive(Clone, Debug, PartialEq)]
pub struct Plot {
    /// Text along the axis, already substituted.
    pub label: Option<String>,
    /// Colour of axis, ticks and label; the theme's when absent.
    pub axis_color: Option<Color>,
    /// How values map to rows.
    pub scale: Scale,
    /// Upper end of the axis.
    pub upper: Bound,
    /// Lower end of the axis.
    pub lower: Bound,
    /// How ticks and statistics are written.
    pub tick_labels: TickLabels,
    /// How the heatmap of the plot looks, if lines of it make one.
    pub heatmap: HeatmapDef,
    /// Lines and messages in drawing and legend order.
    pub items: Vec<Item>,
}

impl Plot {
    /// An axis from the data, without lines.
    pub fn empty() -> Self {
        Self {
            label: None,
            axis_color: None,
            scale: Scale::Linear,
            upper: Bound::AutoStyle,
            lower: Bound::AutoStyle,
            tick_labels: TickLabels::Decimal,
            heatmap: HeatmapDef::default(),
            items: Vec::new(),
        }
    }

    /// The lines among the items, in order.
    pub fn lines(&self) -> impl Iterator<Item = &LineDef> {
        self.items.iter().filter_map(|item| match item {
            Item::Line(line) => Some(line),
            Item::Message(_) => None,
        })
    }
}

/// How the counts of a plot's heatmap are coloured and named.
#[derive(Clone, Debug, PartialEq)]
pub struct HeatmapDef {
    /// How counts map to colours.
    pub scale: Scale,
    /// Count of the strongest colour; the largest one where not explicit.
    pub upper: Bound,
    /// Count of the palest colour; the smallest one above zero where not explicit.
    pub lower: Bound,
    /// Colours, that of the smallest count first; shades of the lines' colour where absent.
    pub palette: Option<Palette>,
    /// What the legend calls it; `Heatmap` where absent.
    pub label: Option<String>,
}

impl Default for HeatmapDef {
    /// Linear, from the data, without colours or name of its own.
    fn default() -> Self {
        Self {
            scale: Scale::Linear,
            upper: Bound::AutoStyle,
            lower: Bound::AutoStyle,
            palette: None,
            label: None,
        }
    }
}

/// Something that belongs to a plot.
#[derive(Clone, Debug, PartialEq)]
pub enum Item {
    /// A line with values.
    Line(LineDef),
    /// A coloured text in the legend without a line.
    Message(MessageDef),
}

/// A text shown in the legend only.
#[derive(Clone, Debug, PartialEq)]
pub struct MessageDef {
    /// The text.
    pub label: String,
    /// Its colour.
    pub color: Color,
}

/// A line: values with their name and look.
#[derive(Clone, Debug, PartialEq)]
pub struct LineDef {
    /// Id of the line's tags and query (40 hex digits), where known.
    pub id: Option<String>,
    /// Legend text, substituted and edited.
    pub label: String,
    /// The printed style expression the line came from.
    pub query: Option<String>,
    /// Keys of the expression's group-by; empty when there is none.
    pub group_by_keys: Vec<String>,
    /// Tags in the order in which `v2.json` lists them; `json` sorts them itself.
    pub tags: Vec<(Arc<str>, Arc<str>)>,
    /// One value per step from `start`; NaN is absence. Missing ones at the end count as absent.
    pub values: Vec<f64>,
    /// Colour with its alpha applied.
    pub color: Color,
    /// How the line is drawn.
    pub style: LineStyle,
    /// Stroke width in pixels; only [`LineStyle::Line`] heeds it.
    pub width: f64,
}

impl LineDef {
    /// Statistics of the values.
    pub fn stats(&self) -> LineStats {
        LineStats::of(&self.values)
    }
}

/// How a line is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineStyle {
    /// A stroke in steps.
    Line,
    /// Filled between zero and the value.
    Area,
    /// Filled on top of the stacked lines before it.
    Stack,
    /// A band over the full height wherever the value is neither zero nor absent.
    Vspan,
    /// Counted with others of its kind by time and value.
    Heatmap,
}

/// What the requested width and height measure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LayoutMode {
    /// Both measure the canvas; the picture grows around it.
    Canvas,
    /// Both measure the picture; legend and warnings are left out.
    Image,
    /// The width measures the picture, the height the canvas.
    ImageWidth,
    /// The width measures the canvas, the height the picture; no legend and warnings.
    ImageHeight,
}

impl LayoutMode {
    /// The value of the request parameter: `canvas`, `image`, `iw`, `ih`.
    pub fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "canvas" => Self::Canvas,
            "image" => Self::Image,
            "iw" => Self::ImageWidth,
            "ih" => Self::ImageHeight,
            _ => return None,
        })
    }

    /// Whether the picture's width is given.
    pub fn is_width_fixed(self) -> bool {
        matches!(self, Self::Image | Self::ImageWidth)
    }

    /// Whether the picture's height is given.
    pub fn is_height_fixed(self) -> bool {
        matches!(self, Self::Image | Self::ImageHeight)
    }
}

/// How much the legend shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LegendType {
    /// No legend and no footer.
    Off,
    /// Swatch and label of each line.
    LabelsOnly,
    /// Also three rows of statistics per line.
    LabelsWithStats,
}

/// Colours of everything that is not data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Theme {
    /// Black on white.
    Light,
    /// White on black.
    Dark,
}

impl Theme {
    /// The value of the request parameter: `light`, `dark`.
    pub fn parse(name: &str) -> Option<Self> {
        match name {
            "light" => Some(Self::Light),
            "dark" => Some(Self::Dark),
            _ => None,
        }
    }

    /// The name of the request parameter.
    pub fn name(self) -> &'static str {
        match self {
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }
}

/// Whose room, ticks and legend a picture has; answers of data do not depend on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GraphStyle {
    /// Size, canvas, bounds, ticks and texts of the reference.
    Atlas,
    /// Our own: head room, ticks on the calendar, a table for a legend.
    Telamon,
}

impl GraphStyle {
    /// The value of the request parameter: `atlas`, `telamon`.
    pub fn parse(name: &str) -> Option<Self> {
        match name {
            "atlas" => Some(Self::Atlas),
            "telamon" => Some(Self::Telamon),
            _ => None,
        }
    }

    /// The name of the request parameter.
    pub fn name(self) -> &'static str {
        match self {
            Self::Atlas => "atlas",
            Self::Telamon => "telamon",
        }
    }
}

/// How values map to rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scale {
    /// Equal differences, equal distances.
    Linear,
    /// Symmetric logarithm: log10(v + 1), mirrored for negative values.
    Logarithmic,
    /// Linear within each nine-part decade.
    LogLinear,
    /// Squares.
    Power2,
    /// Square roots.
    Sqrt,
}

impl Scale {
    /// The value of the request parameter: `linear`, `log`, `log-linear`, `pow2`, `sqrt`.
    pub fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "linear" => Self::Linear,
            "log" => Self::Logarithmic,
            "log-linear" => Self::LogLinear,
            "pow2" => Self::Power2,
            "sqrt" => Self::Sqrt,
            _ => return None,
        })
    }
}

/// One end of a value axis.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Bound {
    /// From the data, widened to zero when something is filled.
    AutoStyle,
    /// From the data.
    AutoData,
    /// This value; pictures refuse what is not finite.
    Explicit(f64),
}

/// How ticks and statistics are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TickLabels {
    /// Ticks without labels.
    Off,
    /// Prefixes of 1000.
    Decimal,
    /// Prefixes of 1024.
    Binary,
    /// Values are seconds, written with units of time.
    Duration,
}

impl TickLabels {
    /// The value of the request parameter, in any case: `off`, `decimal`, `binary`, `duration`.
    pub fn parse(name: &str) -> Option<Self> {
        Some(match name.to_ascii_lowercase().as_str() {
            "off" => Self::Off,
            "decimal" => Self::Decimal,
            "binary" => Self::Binary,
            "duration" => Self::Duration,
            _ => return None,
        })
    }
}

/// What it took to fetch the data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LoadStats {
    /// Milliseconds spent on fetching.
    pub load_time_ms: u64,
    /// Lines read from the store.
    pub input_lines: u64,
    /// Values read from the store.
    pub input_datapoints: u64,
    /// Lines that data expressions gave.
    pub output_lines: u64,
    /// Values that data expressions gave.
    pub output_datapoints: u64,
}

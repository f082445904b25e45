//! The parameters of one axis: `name.N`, or `name` for every axis that has none of its own.

use telamon_render::graph::{Bound, HeatmapDef, LineStyle, Plot, Scale, TickLabels};
use telamon_render::palette::Palette;

use super::assemble::parse_palette;
use super::request::parse_tick_labels;
use crate::api::params::{Params, parse_double};
use crate::api::problem::Problem;

/// Most axes of a graph.
pub(super) const AXES_MAX: usize = 5;

/// What an axis was asked to be.
#[derive(Clone, Debug)]
pub(in crate::api) struct Axis {
    pub(super) label: Option<String>,
    pub(super) scale: Scale,
    pub(super) upper: Bound,
    pub(super) lower: Bound,
    pub(super) tick_labels: TickLabels,
    /// Style of lines that have none of their own.
    pub(super) style: LineStyle,
    /// Colours of this axis alone.
    pub(super) palette: Option<Palette>,
    pub(super) sort: Option<String>,
    pub(super) descending: bool,
    /// What its heatmap was asked to be, as written: only a heatmap makes it wrong.
    heatmap: HeatmapText,
}

/// Parameters of the heatmap of an axis.
#[derive(Clone, Debug)]
struct HeatmapText {
    scale: Option<String>,
    upper: Option<String>,
    lower: Option<String>,
    palette: Option<String>,
    label: Option<String>,
}

impl Axis {
    /// Reads the parameters of an axis.
    pub(in crate::api) fn read(params: &Params, axis: usize) -> Result<Self, Problem> {
        let of = |name: &str| params.axis(name, axis);
        let lower = bound(of("l")).map_err(|problem| problem.of("l"))?;
        let upper = bound(of("u")).map_err(|problem| problem.of("u"))?;
        if let (Bound::Explicit(low), Bound::Explicit(high)) = (lower, upper)
            && low >= high
        {
            let (low, high) = (java(low), java(high));
            return Err(Problem::illegal_argument(format!(
                "requirement failed: lower bound must be less than upper bound ({low} >= {high})"
            ))
            .of("l")
            .with_hint("l is the lower end of the axis and u the upper one"));
        }
        let own_palette = params.first(&format!("palette.{axis}"));
        Ok(Self {
            label: of("ylabel")
                .filter(|text| !text.is_empty())
                .map(str::to_owned),
            scale: scale(of("scale"), of("o"))?,
            upper,
            lower,
            tick_labels: tick_labels(params, axis)?,
            style: if of("stack") == Some("1") {
                LineStyle::Stack
            } else {
                LineStyle::Line
            },
            palette: own_palette
                .map(parse_palette)
                .transpose()
                .map_err(|problem| problem.of("palette"))?,
            sort: of("sort").map(str::to_owned),
            descending: of("order") == Some("desc"),
            heatmap: {
                let of = |name: &str| of(name).map(str::to_owned);
                HeatmapText {
                    scale: of("heatmap_scale"),
                    upper: of("heatmap_u"),
                    lower: of("heatmap_l"),
                    palette: of("heatmap_palette"),
                    label: of("heatmap_label"),
                }
            },
        })
    }

    /// How the heatmap of the axis looks.
    ///
    /// # Errors
    /// For parameters that make no sense.
    pub(super) fn heatmap(&self) -> Result<HeatmapDef, Problem> {
        let text = &self.heatmap;
        let palette = text.palette.as_deref().map(parse_palette).transpose()?;
        Ok(HeatmapDef {
            scale: scale(text.scale.as_deref(), None)?,
            upper: bound(text.upper.as_deref())?,
            lower: bound(text.lower.as_deref())?,
            palette,
            label: text.label.clone().filter(|label| !label.is_empty()),
        })
    }

    /// A plot of this axis without lines.
    pub(in crate::api) fn to_plot(&self) -> Plot {
        Plot {
            label: self.label.clone(),
            scale: self.scale,
            upper: self.upper,
            lower: self.lower,
            tick_labels: self.tick_labels,
            ..Plot::empty()
        }
    }
}

/// Tick labels of an axis.
pub(super) fn tick_labels(params: &Params, axis: usize) -> Result<TickLabels, Problem> {
    params
        .axis("tick_labels", axis)
        .map_or(Ok(TickLabels::Decimal), parse_tick_labels)
}

fn bound(text: Option<&str>) -> Result<Bound, Problem> {
    match text {
        None | Some("auto-style") => Ok(Bound::AutoStyle),
        Some("auto-data") => Ok(Bound::AutoData),
        Some(number) => parse_double(number).map(Bound::Explicit),
    }
}

fn scale(name: Option<&str>, old: Option<&str>) -> Result<Scale, Problem> {
    match name {
        None if old == Some("1") => Ok(Scale::Logarithmic),
        None => Ok(Scale::Linear),
        Some(name) => Scale::parse(name).ok_or_else(|| {
            Problem::illegal_argument(format!(
                "unknown scale type '{name}', should be linear, log, log-linear, pow2, or sqrt"
            ))
            .of("scale")
            .one_of(name, ["linear", "log", "log-linear", "pow2", "sqrt"])
        }),
    }
}

fn java(value: f64) -> String {
    telamon_model::number::java_double(value)
}

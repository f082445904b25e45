//! From evaluated lines to a graph: labels, colours, order, limits, axes.

use std::collections::BTreeMap;
use std::sync::Arc;

use telamon_model::predicate::utf16_cmp;
use telamon_query::exec::Evaluation;
use telamon_query::expr::{Setting, StyledExpr};
use telamon_query::label::substitute;
use telamon_query::line::Line;
use telamon_render::color::Color;
use telamon_render::graph::{
    GraphDef, HeatmapDef, Item, LineDef, LineStyle, MessageDef, Plot, TickLabels,
};
use telamon_render::palette::{Palette, PaletteColors, PaletteError, parse_color};
use telamon_render::prefix::{binary_text, decimal_text};

use super::axis::{AXES_MAX, Axis};
use super::request::{Format, GraphRequest};
use super::source::{Source, value};
use crate::api::params::{Params, parse_double, parse_int};
use crate::api::problem::Problem;

/// Makes the graph of the lines of each expression.
///
/// # Errors
/// For settings and parameters of axes that are not allowed, in the words of the reference.
pub(super) fn assemble(
    asked: &GraphRequest,
    params: &Params,
    exprs: &[StyledExpr],
    evaluation: Evaluation,
) -> Result<GraphDef, Problem> {
    let mut by_axis: BTreeMap<usize, Vec<_>> = BTreeMap::new();
    let messages = evaluation.messages.into_iter();
    for ((styled, lines), message) in exprs.iter().zip(evaluation.results).zip(messages) {
        let of_axis = by_axis.entry(axis_of(styled)?).or_default();
        of_axis.push((styled, lines, message));
    }
    // Axis by axis, because colours are taken in this order.
    let mut assembly = Assembly::new(asked, params)?;
    for (axis, exprs) in by_axis {
        for (styled, lines, message) in exprs {
            assembly.add(axis, styled, (lines, message))?;
        }
    }
    assembly.finish()
}

struct Assembly<'a> {
    asked: &'a GraphRequest,
    params: &'a Params,
    /// Colours of all axes that have none of their own.
    graph_colors: PaletteColors,
    /// Colours of expressions that look back in time.
    offset_colors: PaletteColors,
    axes: BTreeMap<usize, DrawnAxis>,
    warnings: Vec<String>,
}

struct DrawnAxis {
    axis: Axis,
    colors: Option<PaletteColors>,
    lines: Vec<LineDef>,
    /// Shown below the lines.
    messages: Vec<String>,
    /// The colour of its heatmap, once a line is part of one.
    heatmap_color: Option<Color>,
}

/// How the lines of one expression look.
struct Look {
    axis: usize,
    /// How legends write statistics.
    tick_labels: TickLabels,
    style: LineStyle,
    width: f64,
    color: Option<Color>,
    palette: Option<Palette>,
    alpha: Option<u8>,
    offset_ms: i64,
}

impl<'a> Assembly<'a> {
    fn new(asked: &'a GraphRequest, params: &'a Params) -> Result<Self, Problem> {
        let palette = match &asked.palette {
            Some(text) => parse_palette(text).map_err(|problem| problem.of("palette"))?,
            None => Palette::primary(asked.theme, asked.style),
        };
        Ok(Self {
            asked,
            params,
            graph_colors: palette.colors(),
            offset_colors: Palette::offset(asked.theme).colors(),
            axes: BTreeMap::new(),
            warnings: Vec::new(),
        })
    }

    fn add(
        &mut self,
        axis: usize,
        styled: &StyledExpr,
        (lines, message): (Vec<Line>, Option<String>),
    ) -> Result<(), Problem> {
        if !self.axes.contains_key(&axis) {
            let read = Axis::read(self.params, axis)?;
            let drawn = DrawnAxis {
                colors: read.palette.as_ref().map(Palette::colors),
                axis: read,
                lines: Vec::new(),
                messages: Vec::new(),
                heatmap_color: None,
            };
            self.axes.insert(axis, drawn);
        }
        let look = self.look(styled, axis)?;
        let limit = styled.setting(Setting::Limit).map(parse_int).transpose()?;
        let has_ids = self.asked.format == Format::V2Json;
        let source = Source::of(styled, has_ids, self.asked.edit_steps_max);
        let mut defs = source.name(lines.into_iter().map(without_first), &|line, key| {
            variable(line, look.tick_labels, key)
        })?;
        for def in &mut defs {
            def.style = look.style;
            def.width = look.width;
        }
        defs.sort_by(|a, b| utf16_cmp(&a.label, &b.label));
        if look.style == LineStyle::Heatmap {
            self.color_heatmap(&mut defs, &look)?;
        } else {
            self.color(&mut defs, &look);
        }
        let descending = styled.setting(Setting::Order) == Some("desc");
        self.sort(&mut defs, styled.setting(Setting::Sort), descending);
        if let Some(limit) = limit {
            defs.truncate(usize::try_from(limit).unwrap_or(0));
        }
        if let Some(drawn) = self.axes.get_mut(&axis) {
            drawn.lines.append(&mut defs);
            // The newest comes first, and none twice.
            if let Some(message) = message {
                drawn.messages.retain(|known| *known != message);
                drawn.messages.insert(0, message);
            }
        }
        Ok(())
    }

    fn look(&self, styled: &StyledExpr, axis: usize) -> Result<Look, Problem> {
        let axis_style = self
            .axes
            .get(&axis)
            .map_or(LineStyle::Line, |drawn| drawn.axis.style);
        let color = styled
            .setting(Setting::Color)
            .map(|text| parse_color(self.asked.theme, text).ok_or_else(|| bad_color(text)));
        let tick_labels = self
            .axes
            .get(&axis)
            .map_or(TickLabels::Decimal, |drawn| drawn.axis.tick_labels);
        Ok(Look {
            axis,
            tick_labels,
            style: styled
                .setting(Setting::Ls)
                .map_or(Ok(axis_style), line_style)?,
            width: styled.setting(Setting::Lw).map_or(Ok(1.0), parse_double)?,
            color: color.transpose()?,
            palette: styled
                .setting(Setting::Palette)
                .map(parse_palette)
                .transpose()?,
            alpha: styled
                .setting(Setting::Alpha)
                .map(parse_alpha)
                .transpose()?,
            offset_ms: styled.expr.offset_ms(),
        })
    }

    fn color(&mut self, defs: &mut [LineDef], look: &Look) {
        let mut own = look.palette.as_ref().map(Palette::colors);
        for def in defs {
            def.color = self.next_color(look, &mut own, &def.label);
        }
    }

    /// The colour of the next line, from its expression, its axis or the graph.
    fn next_color(&mut self, look: &Look, own: &mut Option<PaletteColors>, label: &str) -> Color {
        let axis_colors = self
            .axes
            .get_mut(&look.axis)
            .and_then(|drawn| drawn.colors.as_mut());
        let palette = match (own, axis_colors) {
            (Some(own), _) => own,
            (None, _) if look.offset_ms > 0 => &mut self.offset_colors,
            (None, Some(axis)) => axis,
            (None, None) => &mut self.graph_colors,
        };
        let color = look.color.unwrap_or_else(|| palette.take(label));
        let color = look.alpha.map_or(color, |alpha| color.with_alpha(alpha));
        self.asked.vision.see(color)
    }

    /// All heatmap lines of an axis have one colour, that of the first; with colours of its own for
    /// counts they take none.
    fn color_heatmap(&mut self, defs: &mut [LineDef], look: &Look) -> Result<(), Problem> {
        let known = self
            .axes
            .get(&look.axis)
            .and_then(|drawn| drawn.heatmap_color);
        let color = known.map_or_else(|| self.heatmap_color(look), Ok)?;
        if let Some(drawn) = self.axes.get_mut(&look.axis) {
            drawn.heatmap_color = Some(color);
        }
        for def in defs {
            def.color = color;
        }
        Ok(())
    }

    fn heatmap_color(&mut self, look: &Look) -> Result<Color, Problem> {
        let axis = self.axes.get(&look.axis).map(|drawn| &drawn.axis);
        let def = axis.map_or_else(|| Ok(HeatmapDef::default()), Axis::heatmap)?;
        if def.palette.is_some() {
            return Ok(Color::BLACK);
        }
        let mut own = look.palette.as_ref().map(Palette::colors);
        Ok(self.next_color(look, &mut own, &format!("heatmap{}", look.axis)))
    }

    /// Sorts where a mode or a descending order is asked for.
    fn sort(&mut self, defs: &mut [LineDef], mode: Option<&str>, descending: bool) {
        if mode.is_none() && !descending {
            return;
        }
        let mode = mode.unwrap_or("legend");
        let key = match SortKey::parse(mode) {
            Some(key) => key,
            None => {
                let warning = format!("Invalid sort mode '{mode}'. Using default of 'legend'.");
                self.warnings.push(warning);
                SortKey::Legend
            }
        };
        key.sort(defs, descending);
    }

    fn finish(mut self) -> Result<GraphDef, Problem> {
        let mut drawn = std::mem::take(&mut self.axes);
        for drawn in drawn.values_mut() {
            let mode = drawn.axis.sort.clone();
            self.sort(&mut drawn.lines, mode.as_deref(), drawn.axis.descending);
        }
        let plots = self.plots(drawn)?;
        let asked = self.asked;
        let all_tags = common_tags(plots.iter().flat_map(Plot::lines));
        let title = asked.title.as_ref();
        Ok(GraphDef {
            title: title.map(|title| substitute(title, &|key| value(&all_tags, key))),
            plots,
            warnings: self.warnings,
            ..asked.empty_graph()
        })
    }

    fn plots(&mut self, drawn: BTreeMap<usize, DrawnAxis>) -> Result<Vec<Plot>, Problem> {
        let lines_count: usize = drawn.values().map(|drawn| drawn.lines.len()).sum();
        let mut is_per_line = self.asked.axis_per_line;
        if is_per_line && drawn.len() > 1 {
            is_per_line = false;
            let warning = "axisPerLine cannot be used with explicit multi axis";
            self.warnings.push(warning.to_owned());
        } else if is_per_line && lines_count > AXES_MAX {
            is_per_line = false;
            self.warnings.push(format!(
                "Too many Y-axes, {lines_count} > {AXES_MAX}, axis per line disabled."
            ));
        }
        let mut plots = Vec::new();
        for drawn in drawn.into_values() {
            if is_per_line {
                for (index, line) in drawn.lines.into_iter().enumerate() {
                    let axis = Axis::read(self.params, index)?;
                    plots.push(plot(&axis, vec![line])?);
                }
            } else {
                let mut plot = plot(&drawn.axis, drawn.lines)?;
                let messages = drawn.messages.into_iter().map(|text| MessageDef {
                    label: format!("... {text} ..."),
                    color: Color::BLACK,
                });
                plot.items.extend(messages.map(Item::Message));
                plots.push(plot);
            }
        }
        let is_plain = self.asked.has_hint("ambiguous-multi-y");
        if plots.len() > 1 && !is_plain {
            for plot in &mut plots {
                let color = plot.lines().next().map(|line| line.color);
                plot.axis_color = color;
            }
        }
        Ok(plots)
    }
}

/// The line as it is shown: its first value only primed the operators.
fn without_first(mut line: Line) -> Line {
    line.values.drain(..line.values.len().min(1));
    line
}

/// A variable of a legend: a tag, or a statistic of what is shown.
fn variable(line: &LineDef, tick_labels: TickLabels, key: &str) -> Option<String> {
    let Some(statistic) = key.strip_prefix("atlas.") else {
        return value(&line.tags, key);
    };
    let stats = line.stats();
    let number = match statistic {
        "avg" => stats.avg,
        "max" => stats.max,
        "min" => stats.min,
        "last" => stats.last,
        "total" => stats.total,
        _ => return value(&line.tags, key),
    };
    Some(match tick_labels {
        TickLabels::Binary => binary_text(number),
        TickLabels::Off | TickLabels::Decimal | TickLabels::Duration => decimal_text(number),
    })
}

fn common_tags<'l>(mut lines: impl Iterator<Item = &'l LineDef>) -> Vec<(Arc<str>, Arc<str>)> {
    let Some(first) = lines.next() else {
        return Vec::new();
    };
    let mut common = first.tags.clone();
    for line in lines {
        common.retain(|pair| line.tags.contains(pair));
    }
    common
}

fn plot(axis: &Axis, lines: Vec<LineDef>) -> Result<Plot, Problem> {
    let mut plot = axis.to_plot();
    if lines.iter().any(|line| line.style == LineStyle::Heatmap) {
        plot.heatmap = axis.heatmap()?;
    }
    let tags = common_tags(lines.iter());
    plot.label = plot
        .label
        .map(|label| substitute(&label, &|key| value(&tags, key)));
    plot.items = lines.into_iter().map(Item::Line).collect();
    Ok(plot)
}

/// What lines are sorted by.
#[derive(Clone, Copy)]
enum SortKey {
    Legend,
    Min,
    Max,
    Avg,
    Count,
    Total,
    Last,
}

impl SortKey {
    fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "legend" => Self::Legend,
            "min" => Self::Min,
            "max" => Self::Max,
            "avg" => Self::Avg,
            "count" => Self::Count,
            "total" => Self::Total,
            "last" => Self::Last,
            _ => return None,
        })
    }

    fn sort(self, defs: &mut [LineDef], descending: bool) {
        if matches!(self, Self::Legend) {
            defs.sort_by(|a, b| {
                let order = utf16_cmp(&a.label, &b.label);
                if descending { order.reverse() } else { order }
            });
            return;
        }
        defs.sort_by_cached_key(|def| {
            let number = self.number(def);
            // Absent values stand last in either direction.
            let key = total_order(if descending { -number } else { number });
            (number.is_nan(), key)
        });
    }

    fn number(self, def: &LineDef) -> f64 {
        let stats = def.stats();
        match self {
            Self::Legend => 0.0,
            Self::Min => stats.min,
            Self::Max => stats.max,
            Self::Avg => stats.avg,
            #[expect(
                clippy::cast_precision_loss,
                reason = "a line has far fewer values than 2^53"
            )]
            Self::Count => stats.count as f64,
            Self::Total => stats.total,
            Self::Last => stats.last,
        }
    }
}

/// An integer in the order of the number; both zeros alike.
fn total_order(number: f64) -> i64 {
    let bits = (number + 0.0).to_bits().cast_signed();
    bits ^ i64::MAX & (bits >> 63)
}

/// The axis of an expression.
pub(in crate::api) fn axis_of(styled: &StyledExpr) -> Result<usize, Problem> {
    let Some(text) = styled.setting(Setting::Axis) else {
        return Ok(0);
    };
    let axis = parse_int(text).map_err(|problem| problem.operand(text))?;
    usize::try_from(axis)
        .ok()
        .filter(|&axis| axis < AXES_MAX)
        .ok_or_else(|| {
            Problem::illegal_argument(format!("invalid axis: {axis}"))
                .operand(text)
                .with_hint("axes go from 0 to 4: 1,:axis")
        })
}

/// A line style by its name in any case.
pub(in crate::api) fn line_style(given: &str) -> Result<LineStyle, Problem> {
    let name = given.to_uppercase();
    match name.as_str() {
        "LINE" => Ok(LineStyle::Line),
        "AREA" => Ok(LineStyle::Area),
        "STACK" => Ok(LineStyle::Stack),
        "VSPAN" => Ok(LineStyle::Vspan),
        "HEATMAP" => Ok(LineStyle::Heatmap),
        _ => Err(Problem::illegal_argument(format!(
            "No enum constant com.netflix.atlas.chart.model.LineStyle.{name}"
        ))
        .titled(format!("unknown line style: {given}"))
        .operand(given)
        .one_of(given, ["line", "area", "stack", "vspan", "heatmap"])
        .with_hint("styles are line, area, stack, vspan and heatmap")),
    }
}

fn parse_alpha(text: &str) -> Result<u8, Problem> {
    if text.chars().count() != 2 {
        return Err(Problem::illegal_argument(
            "requirement failed: value should be 2 digit hex string",
        )
        .titled(format!("`{text}` is no opacity"))
        .operand(text)
        .with_hint("alpha has two hex digits, from 00, invisible, to ff, opaque"));
    }
    u8::from_str_radix(text, 16).map_err(|_no_hex| bad_hex(text).operand(text))
}

/// A palette, in the reference's words where it is none.
pub(in crate::api) fn parse_palette(text: &str) -> Result<Palette, Problem> {
    let hint = "a palette is a name such as armytage, a list (,f00,0f0,), or either after hash:";
    Palette::parse(text).map_err(|error| {
        let problem = match &error {
            PaletteError::UnknownName(name) => {
                let problem = Problem::illegal_argument(&error);
                problem
                    .titled(format!("unknown palette: {name}"))
                    .one_of(name, Palette::names())
            }
            PaletteError::BadColor(color) => bad_color(color),
            PaletteError::Empty => {
                Problem::illegal_argument(format!("requirement failed: {error}"))
            }
        };
        problem.operand(text).with_hint(hint)
    })
}

/// Why a text is no colour.
pub(in crate::api) fn bad_color(text: &str) -> Problem {
    match text.chars().count() {
        3 => bad_hex(&text.chars().flat_map(|c| [c, c]).collect::<String>()),
        6 | 8 => bad_hex(text),
        _ => Problem::illegal_argument("requirement failed: color must be hex string [AA]RRGGBB"),
    }
    .titled(format!("`{text}` is no color"))
    .operand(text)
    .with_hint("a color has 3, 6 or 8 hex digits, or is a name such as blue1")
}

fn bad_hex(text: &str) -> Problem {
    let message = format!("For input string: \"{text}\" under radix 16");
    Problem::bad_request("NumberFormatException", message)
}

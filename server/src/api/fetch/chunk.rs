//! A chunk of time: evaluated, and written as events.
//!
//! Everything here runs on the query pool.

use std::sync::Arc;

use axum::body::Bytes;
use telamon_model::Step;
use telamon_query::context::EvalContext;
use telamon_query::exec::{EvalMemory, Limits, Query, eval_next};
use telamon_query::expr::{Setting, StyledExpr};
use telamon_query::line::Line;
use telamon_render::color::Color;
use telamon_render::encode::events::{self, LinePart};
use telamon_render::graph::{GraphStyle, LineDef, LineStyle, Theme};
use telamon_render::palette::Palette;

use crate::api::graph;
use crate::api::graph::assemble::{axis_of, bad_color, line_style, parse_palette};
use crate::api::graph::axis::Axis;
use crate::api::graph::request::GraphRequest;
use crate::api::graph::source::{Source, value};
use crate::api::params::{Params, parse_double};
use crate::api::problem::Problem;
use crate::server::Server;
use crate::telemetry::names::Metric;

/// Events are sent in pieces of about this size.
const PIECE_BYTES: usize = 64 * 1024;
const PRESENTATION: &str = "presentation-metadata";

/// What a stream was asked for.
pub(super) struct Work {
    server: Arc<Server>,
    asked: GraphRequest,
    exprs: Vec<StyledExpr>,
    sources: Vec<Source>,
    step: Step,
    theme: Theme,
    style: GraphStyle,
    /// Whether the look of lines is told.
    has_looks: bool,
}

/// An evaluated chunk.
pub(super) struct Evaluated {
    /// What operators remember.
    pub(super) memory: EvalMemory,
    /// The events.
    pub(super) pieces: Vec<Bytes>,
}

impl Work {
    /// Parses the program. Beside the work stand the events that come before all others.
    ///
    /// # Errors
    /// For mistakes in the program, and for settings of axes where these are told.
    pub(super) fn prepare(
        server: Arc<Server>,
        asked: &GraphRequest,
        params: &Params,
    ) -> Result<(Self, String), Problem> {
        let clock = &server.clock;
        let started_ms = clock.elapsed_ms();
        let exprs = graph::parse(asked, &server.config)?;
        let parse_ms = clock.elapsed_ms() - started_ms;
        server.telemetry.time(Metric::QueryTime, "parse", parse_ms);
        let has_looks = asked.has_hint(PRESENTATION);
        let metadata = if has_looks {
            metadata(asked, params, &exprs)?
        } else {
            String::new()
        };
        let work = Self {
            sources: exprs
                .iter()
                .map(|styled| Source::of(styled, true, asked.edit_steps_max))
                .collect(),
            exprs,
            step: asked.step(),
            theme: asked.theme,
            style: asked.style,
            has_looks,
            asked: asked.clone(),
            server,
        };
        Ok((work, metadata))
    }

    /// Whether there is nothing to evaluate.
    pub(super) fn is_empty(&self) -> bool {
        self.exprs.is_empty()
    }

    /// Evaluates and writes a chunk.
    ///
    /// # Errors
    /// As an evaluation fails, and for the look of a line that is to be shown.
    pub(super) fn evaluate(
        &self,
        context: EvalContext,
        mut memory: EvalMemory,
        limits: &Limits,
    ) -> Result<Evaluated, Problem> {
        let (clock, telemetry) = (&self.server.clock, &self.server.telemetry);
        let started_ms = clock.elapsed_ms();
        let query = Query {
            snapshot: &self.server.engine.snapshot(),
            context: &context,
            limits,
        };
        let evaluation = eval_next(&self.exprs, &query, &mut memory)
            .map_err(|error| graph::blamed(&self.asked, &self.exprs, &query, error))?;
        let evaluated_ms = clock.elapsed_ms();
        telemetry.time(Metric::QueryTime, "evaluate", evaluated_ms - started_ms);
        telemetry.count(Metric::FetchChunks, ["", ""], 1);
        let mut pieces = Pieces::default();
        let sources = self.sources.iter().zip(&self.exprs);
        for ((source, styled), lines) in sources.zip(evaluation.results) {
            self.write(source, styled, (lines, &context), &mut pieces)?;
        }
        let write_ms = clock.elapsed_ms() - evaluated_ms;
        telemetry.time(Metric::QueryTime, "write", write_ms);
        Ok(Evaluated {
            memory,
            pieces: pieces.finish(),
        })
    }

    /// Writes the lines of an expression that have a value in the chunk.
    fn write(
        &self,
        source: &Source,
        styled: &StyledExpr,
        (lines, context): (Vec<Line>, &EvalContext),
        pieces: &mut Pieces,
    ) -> Result<(), Problem> {
        let has_value = |line: &Line| line.values.iter().any(|value| !value.is_nan());
        let shown = lines.into_iter().filter(has_value);
        let defs = source.name(shown, &variable)?;
        let look = if self.has_looks && !defs.is_empty() {
            Some(Look::of(styled, self.theme, self.style)?)
        } else {
            None
        };
        for mut def in defs {
            if let Some(look) = &look {
                look.put_on(&mut def);
            }
            pieces.begin_event();
            let part = LinePart {
                line: &def,
                axis: look.as_ref().map(|look| look.axis),
                start: context.start,
                end: context.end,
                step: self.step,
            };
            events::push_line(&mut pieces.open, &part);
            pieces.end_event();
        }
        Ok(())
    }
}

/// The events of the graph and of each axis that is used.
fn metadata(
    asked: &GraphRequest,
    params: &Params,
    exprs: &[StyledExpr],
) -> Result<String, Problem> {
    let mut axes: Vec<usize> = exprs.iter().map(axis_of).collect::<Result<_, _>>()?;
    axes.sort_unstable();
    axes.dedup();
    let mut graph = asked.empty_graph();
    graph.title.clone_from(&asked.title);
    let mut text = format!("data: {}\n\n", events::graph(&graph));
    for axis in axes {
        let plot = Axis::read(params, axis)?.to_plot();
        text.push_str(&format!("data: {}\n\n", events::plot(axis, &plot)));
    }
    Ok(text)
}

/// A variable of a legend. Statistics are not among them, for the line goes on; nor is the offset, which
/// the reference lets print as its own name here.
fn variable(line: &LineDef, key: &str) -> Option<String> {
    (key != "atlas.offset")
        .then(|| value(&line.tags, key))
        .flatten()
}

/// How the lines of an expression look.
struct Look {
    axis: usize,
    style: LineStyle,
    width: f64,
    color: Option<Color>,
    /// Gives the colour by the label, so that it is the same in every chunk.
    palette: Palette,
}

impl Look {
    /// As the expression says. Parameters of the URL do not count, nor do the names of colours.
    fn of(styled: &StyledExpr, theme: Theme, style: GraphStyle) -> Result<Self, Problem> {
        let color = styled
            .setting(Setting::Color)
            .map(|text| Color::parse_hex(text).ok_or_else(|| bad_color(text)));
        Ok(Self {
            axis: axis_of(styled)?,
            style: styled
                .setting(Setting::Ls)
                .map_or(Ok(LineStyle::Line), line_style)?,
            width: styled.setting(Setting::Lw).map_or(Ok(1.0), parse_double)?,
            color: color.transpose()?,
            palette: styled
                .setting(Setting::Palette)
                .map_or_else(|| Ok(Palette::primary(theme, style)), parse_palette)?,
        })
    }

    fn put_on(&self, line: &mut LineDef) {
        line.color = self
            .color
            .unwrap_or_else(|| self.palette.color_of(&line.label));
        line.style = self.style;
        line.width = self.width;
    }
}

/// Events in pieces.
#[derive(Default)]
struct Pieces {
    full: Vec<Bytes>,
    open: String,
}

impl Pieces {
    fn begin_event(&mut self) {
        self.open.push_str("data: ");
    }

    fn end_event(&mut self) {
        self.open.push_str("\n\n");
        if self.open.len() >= PIECE_BYTES {
            let piece = std::mem::take(&mut self.open);
            self.full.push(piece.into());
        }
    }

    fn finish(mut self) -> Vec<Bytes> {
        if !self.open.is_empty() {
            self.full.push(self.open.into());
        }
        self.full
    }
}

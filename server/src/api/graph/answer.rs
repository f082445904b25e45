//! A graph in the format that was asked for, and errors as pictures.

use telamon_render::encode::csv::{self, Separator};
use telamon_render::encode::{json, stats, v2};
use telamon_render::graph::GraphDef;
use telamon_render::png::{self, ErrorKind};
use telamon_render::svg;

use super::request::Format;
use crate::api::problem::Problem;
use crate::reply::{JSON, Reply};

const PNG: &str = "image/png";

/// Draws or writes a graph.
pub(super) fn write(graph: &GraphDef, format: Format) -> Result<Reply, Problem> {
    Ok(match format {
        Format::Png => Reply::ok(PNG, png::encode(graph)?),
        Format::Svg => Reply::ok("image/svg+xml", svg::encode(graph)?),
        Format::Csv => Reply::ok("text/csv", csv::write(graph, Separator::Comma)?),
        Format::Txt => Reply::ok("text/plain", csv::write(graph, Separator::Tab)?),
        Format::Json => Reply::ok(JSON, json::write(graph)),
        Format::StatsJson => Reply::ok(JSON, stats::write(graph)),
        Format::V2Json => Reply::ok(JSON, v2::write(graph)?),
    })
}

/// An error as a picture of the size that was asked for: people see it where the graph would be.
pub(super) fn picture_of(problem: &Problem, (width, height): (u32, u32)) -> Result<Reply, Problem> {
    let kind = if problem.status.is_server_error() {
        ErrorKind::System
    } else {
        ErrorKind::User
    };
    let picture = png::error_image(width, height, kind, &problem.message)?;
    Ok(Reply::ok(PNG, picture))
}

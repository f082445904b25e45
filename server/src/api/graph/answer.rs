//! A graph in the format that was asked for, and errors as pictures.

use telamon_query::lang::{PROGRAM_ROWS, Part};
use telamon_render::encode::csv::{self, Separator};
use telamon_render::encode::{arrow, json, stats, v2};
use telamon_render::graph::{GraphDef, GraphStyle, Theme};
use telamon_render::png::{self, ErrorKind, ErrorPicture, ErrorRole, cluster_sizes};
use telamon_render::svg;

use super::request::Format;
use crate::api::problem::Problem;
use crate::reply::{JSON, Reply};

const PNG: &str = "image/png";

/// Draws or writes a graph. With a `source`, the address it was asked at, a PNG says what it is.
pub(super) fn write(
    graph: &GraphDef,
    format: Format,
    source: Option<&str>,
) -> Result<Reply, Problem> {
    Ok(match format {
        Format::Png => Reply::ok(
            PNG,
            match source {
                Some(source) => png::encode_with_words(graph, source)?,
                None => png::encode(graph)?,
            },
        ),
        Format::Svg => Reply::ok("image/svg+xml", svg::encode(graph)?),
        Format::Csv => Reply::ok("text/csv", csv::write(graph, Separator::Comma)?),
        Format::Txt => Reply::ok("text/plain", csv::write(graph, Separator::Tab)?),
        Format::Json => Reply::ok(JSON, json::write(graph)),
        Format::StatsJson => Reply::ok(JSON, stats::write(graph)),
        Format::V2Json => Reply::ok(JSON, v2::write(graph)?),
        Format::Arrow => Reply::ok(arrow::MEDIA_TYPE, arrow::write(graph)?),
    })
}

/// What an error is drawn on instead of the graph.
pub(super) struct Canvas {
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) theme: Theme,
    pub(super) style: GraphStyle,
    /// The program of the request.
    pub(super) program: String,
}

/// An error as a picture of the size that was asked for: people see it where the graph would be.
pub(super) fn picture_of(problem: &Problem, canvas: &Canvas) -> Result<Reply, Problem> {
    let report = problem.report(&canvas.program);
    let lines = |columns: usize, is_short: bool| {
        let rows = if is_short { 1 } else { PROGRAM_ROWS };
        let lines = report.lines(columns, rows, &cluster_sizes).into_iter();
        lines.map(|line| (role(line.part), line.text)).collect()
    };
    let picture = png::error_image(&ErrorPicture {
        width: canvas.width,
        height: canvas.height,
        kind: if problem.status.is_server_error() {
            ErrorKind::System
        } else {
            ErrorKind::User
        },
        theme: canvas.theme,
        style: canvas.style,
        lines: &lines,
    })?;
    Ok(Reply::ok(PNG, picture))
}

fn role(part: Part) -> ErrorRole {
    match part {
        Part::Title => ErrorRole::Title,
        Part::Program | Part::Omission => ErrorRole::Program,
        Part::Caret => ErrorRole::Caret,
        Part::Advice => ErrorRole::Advice,
        Part::Note => ErrorRole::Note,
    }
}

#[cfg(test)]
mod tests {
    use telamon_query::lang::Report;

    use super::*;

    #[test]
    fn marks_stand_below_words_of_any_script() {
        let source = "שלום,e\u{301}te\u{301},服务,👩\u{200d}💻,:smu";
        // The word, blanks before its marks, and how many they are.
        for (word, before, marks) in [
            ("שלום", 0, 4),
            ("e\u{301}te\u{301}", 5, 3),
            ("服务", 9, 4),
            ("👩\u{200d}💻", 14, 2),
            (":smu", 17, 4),
        ] {
            let start = source.find(word).unwrap();
            let report = Report {
                source: Some((source, start..start + word.len())),
                ..Report::default()
            };
            let lines = report.lines(60, PROGRAM_ROWS, &cluster_sizes);
            let caret = lines.iter().find(|line| line.part == Part::Caret);
            let expected = " ".repeat(before) + &"^".repeat(marks);
            assert_eq!(caret.unwrap().text, expected, "{word}");
        }
    }
}

//! A graph in a sentence or two, for those who hear it instead of seeing it.
//!
//! Takes a graph, gives text: what it shows, when, and what the lines came to. Used where a picture
//! needs words: names and hover titles of an SVG.

use std::fmt::Write as _;

use telamon_model::duration::format_millis;

use crate::RenderError;
use crate::graph::{GraphDef, LineDef, TickLabels};
use crate::prefix::{binary_text, decimal_text};
use crate::zone::Zone;

/// Lines a summary tells of; the others are counted.
const LINES_TOLD: usize = 5;

/// What a graph is called: its title, or the labels of its lines.
pub(crate) fn name(graph: &GraphDef) -> String {
    if let Some(title) = graph.title.as_ref().filter(|title| !title.is_empty()) {
        return title.clone();
    }
    let mut labels = graph.lines().map(|line| line.label.as_str());
    let told: Vec<&str> = labels.by_ref().take(3).collect();
    match (told.as_slice(), labels.count()) {
        ([], _) => "Graph without lines".to_owned(),
        (told, 0) => format!("Graph of {}", told.join(", ")),
        (told, more) => format!("Graph of {} and {more} more", told.join(", ")),
    }
}

/// How many lines, from when to when, and the range and last value of the first few.
///
/// # Errors
/// When the primary time zone is unknown.
pub(crate) fn sentence(graph: &GraphDef) -> Result<String, RenderError> {
    let zone = Zone::of(graph.primary_zone())?;
    let step_ms = graph.step.as_millis();
    let (first, last) = (graph.start, graph.end.plus_millis(-step_ms));
    let count = graph.lines().count();
    let lines = if count == 1 { "line" } else { "lines" };
    let mut text = format!(
        "{count} {lines} from {} to {}, one value every {}.",
        zone.zoned_text(first),
        zone.zoned_text(last),
        format_millis(step_ms)
    );
    let with_labels = graph
        .plots
        .iter()
        .flat_map(|plot| plot.lines().map(|line| (line, plot.tick_labels)));
    for (line, labels) in with_labels.take(LINES_TOLD) {
        write!(text, " {}.", of_line(line, labels)).expect("a string takes everything");
    }
    if count > LINES_TOLD {
        write!(text, " And {} more.", count - LINES_TOLD).expect("a string takes everything");
    }
    Ok(text)
}

/// A line with its range, mean and last value.
pub(crate) fn of_line(line: &LineDef, labels: TickLabels) -> String {
    let stats = line.stats();
    if stats.count == 0 {
        return format!("{}: no data", line.label);
    }
    let text = |value: f64| match labels {
        TickLabels::Binary => binary_text(value),
        TickLabels::Off | TickLabels::Decimal | TickLabels::Duration => decimal_text(value),
    };
    format!(
        "{}: {} to {}, average {}, last {}",
        line.label,
        text(stats.min),
        text(stats.max),
        text(stats.avg),
        text(stats.last)
    )
}

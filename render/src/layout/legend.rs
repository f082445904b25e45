//! Legend rows, footer and warnings: everything below the graph.

use telamon_model::duration::format_millis;

use crate::color::Color;
use crate::graph::{GraphDef, Item, LineDef, LineStyle, Plot, TickLabels};
use crate::heatmap::Heatmap;
use crate::prefix::{count_text, decimal_text, stat_text};
use crate::stats::LineStats;
use crate::text::{TextSize, truncate, wrap};
use crate::zone::Zone;

/// Entries in the whole legend, beyond which the rest is only counted.
const ENTRIES_MAX: usize = 50;
/// Warnings and lines per warning, beyond which the rest is left out.
const WARNINGS_MAX: usize = 20;
const WARNING_LINES_MAX: usize = 20;
const ENTRY_PADDING: i32 = 2;
/// Label, strip of colours, ticks and their labels.
const HEATMAP_HEIGHT: i32 = 51;
/// From the left edge of an entry to its label's box.
pub(crate) const LABEL_INDENT: i32 = 17;

/// One row of the legend.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct LegendRow {
    /// Its first row of pixels.
    pub(crate) top: i32,
    /// What it shows.
    pub(crate) kind: LegendKind,
}

/// What a row of the legend shows.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum LegendKind {
    /// The heading of an axis, in its colour.
    Heading {
        /// Wrapped lines.
        lines: Vec<String>,
        /// The axis' colour, where not the theme's.
        color: Option<Color>,
    },
    /// A line with its swatch.
    Line {
        /// Colour of the swatch.
        color: Color,
        /// Shortened label.
        label: String,
        /// Three rows of statistics, where there is room.
        stats: Option<[String; 3]>,
    },
    /// A heatmap with its colours.
    Heatmap {
        /// Shortened label.
        label: String,
        /// Colours with the counts where they begin, and the count where the last one ends, where
        /// there is room.
        strip: Option<(Vec<(Color, String)>, String)>,
    },
    /// A coloured text.
    Message {
        /// Shortened text.
        label: String,
        /// Its colour.
        color: Color,
    },
    /// How many entries are left out.
    Suppressed(usize),
}

/// Where the legend goes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Room {
    /// Whether lines have statistics and heatmaps their colours.
    pub(super) has_stats: bool,
    /// Width of the picture.
    pub(super) width: i32,
    /// The first row.
    pub(super) top: i32,
}

/// How many entries of each plot are shown, in either style.
pub(super) fn entries_max(plots: &[Plot]) -> usize {
    let total: usize = plots.iter().map(|plot| entries(plot).count()).sum();
    if total <= ENTRIES_MAX {
        ENTRIES_MAX
    } else {
        ENTRIES_MAX / plots.len()
    }
}

/// Rows of all plots and their heatmaps, and the row after them.
pub(super) fn lay_out(
    plots: &[Plot],
    heatmaps: &[Option<&Heatmap>],
    room: Room,
) -> (Vec<LegendRow>, i32) {
    let Room {
        has_stats,
        width,
        top,
    } = room;
    let limit = entries_max(plots);
    let mut rows = Vec::new();
    let mut row = top;
    let mut add = |row: &mut i32, kind: LegendKind, height: i32| {
        rows.push(LegendRow { top: *row, kind });
        *row += height;
    };
    for (index, plot) in plots.iter().enumerate() {
        row += 5;
        if plots.len() > 1 {
            let text = match &plot.label {
                Some(label) => format!("Axis {index}: {label}"),
                None => format!("Axis {index}"),
            };
            let lines = wrap(&text, width, TextSize::Normal);
            let height = TextSize::Normal.block_height(lines.len());
            let color = plot.axis_color;
            add(&mut row, LegendKind::Heading { lines, color }, height);
        }
        if let Some(heatmap) = heatmaps.get(index).copied().flatten() {
            row += ENTRY_PADDING;
            let (kind, height) = heatmap_entry(heatmap, has_stats, width);
            add(&mut row, kind, height);
        }
        for item in entries(plot).take(limit) {
            row += ENTRY_PADDING;
            let (kind, height) = entry(item, plot.tick_labels, has_stats, width);
            add(&mut row, kind, height);
        }
        let rest = entries(plot).count().saturating_sub(limit);
        if rest > 0 {
            row += ENTRY_PADDING;
            add(
                &mut row,
                LegendKind::Suppressed(rest),
                TextSize::Normal.line_height(),
            );
        }
    }
    (rows, row)
}

/// What has an entry of its own: lines of a heatmap have one together.
pub(super) fn entries(plot: &Plot) -> impl Iterator<Item = &Item> {
    plot.items
        .iter()
        .filter(|item| !matches!(item, Item::Line(line) if line.style == LineStyle::Heatmap))
}

fn heatmap_entry(heatmap: &Heatmap, has_stats: bool, width: i32) -> (LegendKind, i32) {
    let label = heatmap.label.as_deref().unwrap_or("Heatmap");
    let ticks = heatmap.color_ticks();
    let strip = has_stats.then(|| {
        let last = ticks
            .last()
            .map_or_else(String::new, |tick| decimal_text(tick.high));
        let colors = ticks
            .iter()
            .map(|tick| (tick.color, decimal_text(tick.low)));
        (colors.collect(), last)
    });
    let kind = LegendKind::Heatmap {
        label: truncate(label, width, TextSize::Normal),
        strip,
    };
    let height = if has_stats { HEATMAP_HEIGHT } else { 0 };
    (kind, height.max(TextSize::Normal.line_height()))
}

fn entry(item: &Item, labels: TickLabels, has_stats: bool, width: i32) -> (LegendKind, i32) {
    let line_height = TextSize::Normal.line_height();
    match item {
        Item::Line(line) => {
            let stats = has_stats.then(|| stat_rows(&line.stats(), labels));
            let height = line_height
                + if has_stats {
                    3 * TextSize::Small.line_height()
                } else {
                    0
                };
            (line_entry(line, stats, width), height)
        }
        Item::Message(message) => {
            let label = truncate(&message.label, width, TextSize::Normal);
            let color = message.color;
            (LegendKind::Message { label, color }, line_height)
        }
    }
}

fn line_entry(line: &LineDef, stats: Option<[String; 3]>, width: i32) -> LegendKind {
    LegendKind::Line {
        color: line.color,
        label: truncate(&line.label, width - LABEL_INDENT, TextSize::Normal),
        stats,
    }
}

/// The three rows below a label, in fixed columns.
fn stat_rows(stats: &LineStats, labels: TickLabels) -> [String; 3] {
    #[expect(
        clippy::cast_precision_loss,
        reason = "counts of points stay below 2^53"
    )]
    let count = count_text(stats.count as f64, labels);
    let text = |value: f64| stat_text(value, labels);
    let pair = |left: &str, a: &str, right: &str, b: &str| {
        format!("    {left} : {a:<11}   {right} : {b:<11}")
    };
    [
        pair("Max", &text(stats.max), "Min ", &text(stats.min)),
        pair("Avg", &text(stats.avg), "Last", &text(stats.last)),
        pair("Tot", &text(stats.total), "Cnt ", &count),
    ]
}

/// The lines that make a picture understandable on its own.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Footer {
    /// First row of pixels.
    pub(crate) top: i32,
    /// Row after the last line.
    pub(crate) bottom: i32,
    /// Blocks of wrapped lines.
    pub(crate) blocks: Vec<Vec<String>>,
}

impl Footer {
    /// The reference's texts.
    pub(super) fn texts(graph: &GraphDef, zone: &Zone) -> Vec<String> {
        let frame = graph.end.millis_since(graph.start).max(0);
        let mut texts = vec![format!(
            "Frame: {}, End: {}, Step: {}",
            format_millis(frame),
            zone.zoned_text(graph.end),
            format_millis(graph.step.as_millis())
        )];
        texts.extend(Self::fetch_text(graph));
        texts
    }

    /// What the fetch took, where that is known.
    pub(super) fn fetch_text(graph: &GraphDef) -> Option<String> {
        let load = graph.load.filter(|load| load.load_time_ms > 0)?;
        #[expect(clippy::cast_precision_loss, reason = "shown with one decimal")]
        let text = |count: u64| decimal_text(count as f64);
        let shown_lines = graph.lines().count() as u64;
        let shown_points = shown_lines.saturating_mul(graph.point_count() as u64);
        Some(format!(
            "Fetch: {}ms (L: {}, {}, {}; D: {}, {}, {})",
            load.load_time_ms,
            text(load.input_lines),
            text(load.output_lines),
            text(shown_lines),
            text(load.input_datapoints),
            text(load.output_datapoints),
            text(shown_points),
        ))
    }

    /// Texts below each other, wrapped.
    pub(super) fn lay_out(texts: &[String], width: i32, top: i32) -> Self {
        let blocks: Vec<Vec<String>> = texts
            .iter()
            .map(|text| wrap(text, width, TextSize::Small))
            .collect();
        let height: i32 = blocks
            .iter()
            .map(|lines| TextSize::Small.block_height(lines.len()))
            .sum();
        Self {
            top,
            bottom: top + height,
            blocks,
        }
    }
}

/// The block of warnings.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Warnings {
    /// First row of pixels.
    pub(crate) top: i32,
    /// Row after the block.
    pub(crate) bottom: i32,
    /// Wrapped warnings with their first rows.
    pub(crate) entries: Vec<(i32, Vec<String>)>,
}

impl Warnings {
    pub(super) fn lay_out(warnings: &[String], width: i32, top: i32) -> Self {
        let mut row = top + TextSize::Normal.line_height();
        let mut entries = Vec::new();
        let rest = warnings.len().saturating_sub(WARNINGS_MAX);
        let more = (rest > 0).then(|| format!("... {rest} more"));
        for warning in warnings.iter().take(WARNINGS_MAX).chain(&more) {
            row += ENTRY_PADDING;
            let room = width - TextSize::Normal.cell_width();
            let mut lines = wrap(warning, room, TextSize::Normal);
            lines.truncate(WARNING_LINES_MAX);
            let height = TextSize::Normal.block_height(lines.len());
            entries.push((row, lines));
            row += height;
        }
        Self {
            top,
            bottom: row,
            entries,
        }
    }
}

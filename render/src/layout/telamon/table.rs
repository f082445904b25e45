//! The legend as a table: a line a row, statistics in columns.
//!
//! ```text
//!              max     min     avg    last   total  count
//!   ■ node-0  1.23k   0.98k   1.10k  1.05k    198k    180
//! ```
//!
//! Where there is little room columns are left out in a fixed order; without any, labels flow side by
//! side. Long labels lose their middle. As many lines are listed as in the reference's legend.

use super::super::legend::{Room, entries, entries_max};
use super::number::column;
use crate::color::Color;
use crate::graph::{Item, LineDef, Plot, TickLabels};
use crate::heatmap::Heatmap;
use crate::stats::LineStats;
use crate::text::{TextSize, cells, shorten};

/// Free pixels at both sides of the picture.
const MARGIN: i32 = 8;
const ROW: i32 = 17;
const HEADER: i32 = 15;
/// From the left edge of an entry to its label.
const INDENT: i32 = 18;
/// Before each column, and between labels side by side.
const COLUMN_GAP: i32 = 18;
/// Cells of a label that are worth more than another column.
const LABEL_MIN: i32 = 26;
/// Cells of labels that stand side by side at most.
const FLOW_LABEL_MAX: i32 = 40;
/// Movements below this part of a value are told with all their digits.
const FINE: f64 = 0.005;
/// Between the blocks of two axes.
const BLOCK_GAP: i32 = 6;
/// Size of the sample of a line's colour.
pub(crate) const SWATCH: i32 = 11;
/// The strip of a heatmap's colours.
const STRIP_WIDTH: i32 = 240;
const STRIP_HEIGHT: i32 = 13;
const STRIP_LABELS: i32 = 20;

/// Everything of a legend, in place.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Table {
    /// Texts with the left end of their pen and the top of their line.
    pub(crate) texts: Vec<TableText>,
    /// Samples of colours: left, top, and the colour.
    pub(crate) swatches: Vec<(i32, i32, Color)>,
    /// Colours of heatmaps.
    pub(crate) strips: Vec<Strip>,
}

/// A text of the legend.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct TableText {
    pub(crate) left: i32,
    pub(crate) top: i32,
    pub(crate) text: String,
    pub(crate) size: TextSize,
    pub(crate) ink: Ink,
}

/// The colour of a text.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Ink {
    Plain,
    /// What explains other texts.
    Faint,
    /// The heading of an axis.
    Heading(Option<Color>),
    /// A message with a colour of its own.
    Own(Color),
}

/// The colours of a heatmap side by side.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Strip {
    /// First row, and the one after the last.
    pub(crate) rows: (i32, i32),
    /// First columns of colours.
    pub(crate) colors: Vec<(i32, Color)>,
    /// Column after the last.
    pub(crate) right: i32,
}

/// The legend of all plots and their heatmaps, and the row after it.
pub(super) fn lay_out(plots: &[Plot], heatmaps: &[Option<&Heatmap>], room: Room) -> (Table, i32) {
    let limit = entries_max(plots);
    let shown: Vec<Vec<&Item>> = plots
        .iter()
        .map(|plot| entries(plot).take(limit).collect())
        .collect();
    let columns = if room.has_stats {
        Columns::fit(plots, &shown, room.width)
    } else {
        None
    };
    let mut writer = Writer {
        table: Table::default(),
        row: room.top + BLOCK_GAP,
        width: room.width,
    };
    if let Some(columns) = &columns {
        writer.header(columns);
    }
    for (index, plot) in plots.iter().enumerate() {
        if plots.len() > 1 {
            writer.heading(plot, index);
        }
        if let Some(heatmap) = heatmaps.get(index).copied().flatten() {
            writer.heatmap(heatmap, room.has_stats);
        }
        match &columns {
            Some(columns) => writer.rows(&shown[index], columns, index),
            None => writer.flow(&shown[index]),
        }
        let rest = entries(plot).count().saturating_sub(limit);
        if rest > 0 {
            let lines = if rest == 1 { "line" } else { "lines" };
            writer.text_row(&format!("\u{2026} {rest} more {lines}"), Ink::Faint);
        }
        writer.row += BLOCK_GAP;
    }
    (writer.table, writer.row)
}

/// A statistic that has a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Statistic {
    Max,
    Min,
    Avg,
    Last,
    Total,
    Count,
}

impl Statistic {
    /// From left to right.
    const ALL: [Self; 6] = [
        Self::Max,
        Self::Min,
        Self::Avg,
        Self::Last,
        Self::Total,
        Self::Count,
    ];
    /// What is left out first where there is little room.
    const LEAST: [Self; 6] = [
        Self::Count,
        Self::Total,
        Self::Min,
        Self::Avg,
        Self::Max,
        Self::Last,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::Max => "max",
            Self::Min => "min",
            Self::Avg => "avg",
            Self::Last => "last",
            Self::Total => "total",
            Self::Count => "count",
        }
    }

    #[expect(
        clippy::cast_precision_loss,
        reason = "counts of points stay below 2^53"
    )]
    fn of(self, stats: &LineStats) -> f64 {
        match self {
            Self::Max => stats.max,
            Self::Min => stats.min,
            Self::Avg => stats.avg,
            Self::Last => stats.last,
            Self::Total => stats.total,
            Self::Count => stats.count as f64,
        }
    }

    /// Whether it is a value of the line, not a sum or a number of them.
    fn is_a_value(self) -> bool {
        !matches!(self, Self::Total | Self::Count)
    }

    /// How its numbers are written on an axis.
    fn mode(self, labels: TickLabels) -> TickLabels {
        match self {
            Self::Count => TickLabels::Decimal,
            _ => labels,
        }
    }
}

/// The columns for which there is room.
struct Columns {
    /// Right ends of columns, and texts by plot and line.
    columns: Vec<Column>,
    /// Cells of the longest label that is written.
    label_cells: i32,
}

struct Column {
    name: &'static str,
    right: i32,
    texts: Vec<Vec<String>>,
}

impl Columns {
    /// As many columns as fit beside the labels; none where there is no line or no room.
    fn fit(plots: &[Plot], shown: &[Vec<&Item>], width: i32) -> Option<Self> {
        let longest = lines(shown).map(|line| cells(&line.label)).max()?;
        let stats: Vec<Vec<LineStats>> = shown
            .iter()
            .map(|items| lines_of(items).map(LineDef::stats).collect())
            .collect();
        let all: Vec<(Statistic, Vec<Vec<String>>, i32)> = Statistic::ALL
            .into_iter()
            .map(|statistic| {
                let texts = texts_of(statistic, plots, &stats);
                let widest = texts.iter().flatten().map(|text| cells(text)).max();
                let cells = widest.unwrap_or(0).max(cells(statistic.name()));
                let width = COLUMN_GAP + cells * TextSize::Small.cell_width();
                (statistic, texts, width)
            })
            .collect();
        let cell = TextSize::Normal.cell_width();
        let room = width - 2 * MARGIN - INDENT;
        let needed = longest.min(LABEL_MIN) * cell;
        let dropped = (0..Statistic::LEAST.len()).find(|&count| {
            let taken: i32 = (all.iter())
                .filter(|(statistic, ..)| !Statistic::LEAST[..count].contains(statistic))
                .map(|(.., width)| width)
                .sum();
            room - taken >= needed
        })?;
        let kept = all
            .into_iter()
            .filter(|(statistic, ..)| !Statistic::LEAST[..dropped].contains(statistic));
        let kept: Vec<_> = kept.collect();
        let taken: i32 = kept.iter().map(|(.., width)| width).sum();
        let label_cells = longest.min((room - taken) / cell);
        let mut right = MARGIN + INDENT + label_cells * cell;
        let columns = kept
            .into_iter()
            .map(|(statistic, texts, width)| {
                right += width;
                Column {
                    name: statistic.name(),
                    right,
                    texts,
                }
            })
            .collect();
        Some(Self {
            columns,
            label_cells,
        })
    }
}

/// The texts of a statistic, by plot and line; each plot has its unit.
fn texts_of(statistic: Statistic, plots: &[Plot], stats: &[Vec<LineStats>]) -> Vec<Vec<String>> {
    plots
        .iter()
        .zip(stats)
        .map(|(plot, stats)| {
            let values: Vec<f64> = stats.iter().map(|stats| statistic.of(stats)).collect();
            let fine = fine_movement(stats).filter(|_| statistic.is_a_value());
            column(&values, statistic.mode(plot.tick_labels), fine)
        })
        .collect()
}

/// By how much lines move, where that is less than three digits show: the least of them.
fn fine_movement(stats: &[LineStats]) -> Option<f64> {
    let moves = stats.iter().filter_map(|stats| {
        let (by, size) = (stats.max - stats.min, stats.max.abs().max(stats.min.abs()));
        (by > size * 1e-14 && by < size * FINE).then_some(by)
    });
    moves.min_by(f64::total_cmp)
}

fn lines<'a>(shown: &'a [Vec<&'a Item>]) -> impl Iterator<Item = &'a LineDef> {
    shown.iter().flat_map(|items| lines_of(items))
}

fn lines_of<'a>(items: &'a [&'a Item]) -> impl Iterator<Item = &'a LineDef> {
    items.iter().filter_map(|item| match item {
        Item::Line(line) => Some(line),
        Item::Message(_) => None,
    })
}

/// Writes from top to bottom.
struct Writer {
    table: Table,
    row: i32,
    width: i32,
}

impl Writer {
    fn text(&mut self, (left, top): (i32, i32), text: String, size: TextSize, ink: Ink) {
        if !text.trim().is_empty() {
            self.table.texts.push(TableText {
                left,
                top,
                text,
                size,
                ink,
            });
        }
    }

    /// A row of its own over the whole width.
    fn text_row(&mut self, text: &str, ink: Ink) {
        let room = (self.width - 2 * MARGIN) / TextSize::Normal.cell_width();
        self.text(
            (MARGIN, self.row),
            shorten(text, room),
            TextSize::Normal,
            ink,
        );
        self.row += ROW;
    }

    fn header(&mut self, columns: &Columns) {
        for column in &columns.columns {
            let width = cells(column.name) * TextSize::Small.cell_width();
            let place = (column.right - width, self.row);
            self.text(place, column.name.into(), TextSize::Small, Ink::Faint);
        }
        self.row += HEADER;
    }

    /// Which axis the lines below belong to.
    fn heading(&mut self, plot: &Plot, index: usize) {
        let side = match index {
            0 => "Left axis".to_owned(),
            1 => "Right axis".to_owned(),
            more => format!("Right axis {more}"),
        };
        let text = match &plot.label {
            Some(label) => format!("{side}: {label}"),
            None => side,
        };
        self.text_row(&text, Ink::Heading(plot.axis_color));
    }

    fn entry(&mut self, (left, top): (i32, i32), line: &LineDef, room: i32) {
        let swatch = (left, top + (ROW - SWATCH) / 2 + 1, line.color);
        self.table.swatches.push(swatch);
        let label = shorten(&line.label, room);
        self.text((left + INDENT, top), label, TextSize::Normal, Ink::Plain);
    }

    /// A line a row, with its numbers.
    fn rows(&mut self, items: &[&Item], columns: &Columns, plot: usize) {
        let mut index = 0;
        for item in items {
            match item {
                Item::Line(line) => {
                    self.entry((MARGIN, self.row), line, columns.label_cells);
                    self.numbers(columns, (plot, index));
                    index += 1;
                    self.row += ROW;
                }
                Item::Message(message) => self.text_row(&message.label, Ink::Own(message.color)),
            }
        }
    }

    fn numbers(&mut self, columns: &Columns, (plot, index): (usize, usize)) {
        for column in &columns.columns {
            let text = &column.texts[plot][index];
            let width = cells(text) * TextSize::Small.cell_width();
            let place = (column.right - width, self.row + 2);
            self.text(place, text.clone(), TextSize::Small, Ink::Plain);
        }
    }

    /// Labels side by side, as many as the longest one lets.
    fn flow(&mut self, items: &[&Item]) {
        let cell = TextSize::Normal.cell_width();
        let room = self.width - 2 * MARGIN;
        let longest = lines_of(items)
            .map(|line| cells(&line.label))
            .max()
            .unwrap_or(0);
        let label_cells = longest
            .clamp(1, FLOW_LABEL_MAX)
            .min(((room - INDENT) / cell).max(1));
        let step = INDENT + label_cells * cell + COLUMN_GAP;
        let across = ((room + COLUMN_GAP) / step).max(1);
        let label_cells = if across == 1 {
            ((room - INDENT) / cell).max(1)
        } else {
            label_cells
        };
        let mut place = 0;
        for line in lines_of(items) {
            let left = MARGIN + place % across * step;
            self.entry((left, self.row), line, label_cells);
            place += 1;
            if place % across == 0 {
                self.row += ROW;
            }
        }
        if place % across != 0 {
            self.row += ROW;
        }
        for item in items {
            if let Item::Message(message) = item {
                self.text_row(&message.label, Ink::Own(message.color));
            }
        }
    }

    /// The name of a heatmap, and what its colours mean.
    fn heatmap(&mut self, heatmap: &Heatmap, has_strip: bool) {
        self.text_row(heatmap.label.as_deref().unwrap_or("Heatmap"), Ink::Plain);
        let ticks = heatmap.color_ticks();
        if !has_strip {
            return;
        }
        let count = i32::try_from(ticks.len()).unwrap_or(i32::MAX).max(1);
        let width = STRIP_WIDTH.min(self.width - 4 * MARGIN);
        let place = |index: i32| 2 * MARGIN + width * index / count;
        let rows = (self.row, self.row + STRIP_HEIGHT);
        self.strip_labels(&heatmap.color_counts(), place);
        self.table.strips.push(Strip {
            rows,
            colors: (0..)
                .map(place)
                .zip(ticks.iter().map(|tick| tick.color))
                .collect(),
            right: place(count),
        });
        self.row += STRIP_HEIGHT + STRIP_LABELS;
    }

    /// Counts where colours begin and end: both ends, and what has room between them.
    fn strip_labels(&mut self, counts: &[f64], place: impl Fn(i32) -> i32) {
        let cell = TextSize::Small.cell_width();
        let texts = column(counts, TickLabels::Decimal, None);
        let mut taken: Vec<(i32, i32)> = Vec::new();
        let mut told: Vec<String> = Vec::new();
        let last = counts.len().saturating_sub(1);
        let order = [0, last].into_iter().chain(1..last);
        for index in order {
            let text = texts[index].trim().to_owned();
            let width = cells(&text) * cell;
            let center = place(i32::try_from(index).unwrap_or(0));
            let left = (center - width / 2).clamp(2, (self.width - 2 - width).max(2));
            let is_free =
                (taken.iter()).all(|&(from, to)| left >= to + cell || left + width + cell <= from);
            // Colours of a log-linear scale may share a count.
            if is_free && !told.contains(&text) {
                taken.push((left, left + width));
                told.push(text.clone());
                let place = (left, self.row + STRIP_HEIGHT + 4);
                self.text(place, text, TextSize::Small, Ink::Plain);
            }
        }
    }
}

#[cfg(test)]
mod tests;

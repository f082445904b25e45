//! The legend as a table: a line a row, statistics in columns.
//!
//! ```text
//!              max     min     avg    last   total  count
//!   ■ node-0  1.23k   0.98k   1.10k  1.05k    198k    180
//! ```
//!
//! Where there is little room the numbers stand below the label, in one row or in several; without any,
//! labels flow side by side. Long labels lose their middle. As many lines are listed as in the
//! reference's legend.

mod columns;

use super::super::legend::{Room, entries, entries_max};
use super::number::column;
use crate::color::Color;
use crate::graph::{Item, LineDef, Plot, TickLabels};
use crate::heatmap::Heatmap;
use crate::text::{TextSize, cells, shorten};

use columns::Columns;

/// Free pixels at both sides of the picture.
const MARGIN: i32 = 8;
const ROW: i32 = 17;
const HEADER: i32 = 15;
/// From the left edge of an entry to its label.
const INDENT: i32 = 18;
/// Before each column, and between labels side by side.
const COLUMN_GAP: i32 = 18;
/// Numbers below their label: a row of them, and what is free below the last.
const NUMBERS_ROW: i32 = 13;
const BELOW_GAP: i32 = 3;
/// Cells of labels that stand side by side at most.
const FLOW_LABEL_MAX: i32 = 40;
/// Between the blocks of two axes.
const BLOCK_GAP: i32 = 6;
/// Size of the sample of a line's colour.
pub(crate) const SWATCH: i32 = 11;
/// The strip of a heatmap's colours.
const STRIP_WIDTH: i32 = 240;
const SHADE_WIDTH_MAX: i32 = 48;
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
    // Names of columns stand above all, but never above a heatmap, whose colours they do not explain.
    let is_heatmap_first = heatmaps.first().copied().flatten().is_some();
    if let Some(columns) = columns.as_ref().filter(|_| !is_heatmap_first) {
        writer.header(columns);
    }
    for (index, plot) in plots.iter().enumerate() {
        if plots.len() > 1 {
            writer.heading(plot, index);
        }
        if let Some(heatmap) = heatmaps.get(index).copied().flatten() {
            writer.heatmap(heatmap, room.has_stats);
        }
        if let Some(columns) = columns.as_ref().filter(|_| is_heatmap_first && index == 0) {
            writer.header(columns);
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
        if columns
            .columns
            .iter()
            .any(|column| column.name_left.is_some())
        {
            return;
        }
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
                    self.row += columns.row_height();
                }
                Item::Message(message) => self.text_row(&message.label, Ink::Own(message.color)),
            }
        }
    }

    fn numbers(&mut self, columns: &Columns, (plot, index): (usize, usize)) {
        for column in &columns.columns {
            let text = &column.texts[plot][index];
            let width = cells(text) * TextSize::Small.cell_width();
            let top = match columns.rows_below {
                0 => self.row + 2,
                _ => self.row + ROW - 1 + column.row * NUMBERS_ROW,
            };
            if let Some(left) = column.name_left {
                let name = column.name.to_owned();
                self.text((left, top), name, TextSize::Small, Ink::Faint);
            }
            let place = (column.right - width, top);
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
        let width = count.saturating_mul(SHADE_WIDTH_MAX);
        let width = width.min(STRIP_WIDTH).min(self.width - 4 * MARGIN);
        let place = |index: i32| 2 * MARGIN + width * index / count;
        let rows = (self.row, self.row + STRIP_HEIGHT);
        if heatmap.is_counted {
            let texts = column(&heatmap.single_counts(), TickLabels::Decimal, None);
            self.strip_labels(&texts, |index| (place(index) + place(index + 1)) / 2);
        } else {
            let mut texts = column(&heatmap.color_counts(), TickLabels::Decimal, None);
            if let Some(first) = texts.first_mut().filter(|_| heatmap.has_traces) {
                *first = format!("<{}", first.trim());
            }
            self.strip_labels(&texts, place);
        }
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
    fn strip_labels(&mut self, texts: &[String], place: impl Fn(i32) -> i32) {
        let cell = TextSize::Small.cell_width();
        let mut taken: Vec<(i32, i32)> = Vec::new();
        let mut told: Vec<String> = Vec::new();
        let last = texts.len().saturating_sub(1);
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

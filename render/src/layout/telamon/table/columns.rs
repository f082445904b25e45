//! The columns of a legend: which statistics stand where, and how their numbers are written.
//!
//! Takes plots with the items that are shown and the width of the picture; the rows of the legend
//! belong to the parent.

use super::super::number::column;
use super::{BELOW_GAP, COLUMN_GAP, INDENT, MARGIN, NUMBERS_ROW, ROW, lines, lines_of};
use crate::graph::{Item, LineDef, Plot, TickLabels};
use crate::stats::LineStats;
use crate::text::{TextSize, cells};

/// Before a column where there is little room.
const COLUMN_GAP_MIN: i32 = 7;
/// Cells of a label that are worth more than numbers beside it.
const LABEL_MIN: i32 = 26;
/// Movements below this part of a value are told with all their digits.
const FINE: f64 = 0.005;

/// A statistic that has a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Statistic {
    Max,
    Min,
    Avg,
    Last,
    Total,
    Count,
}

impl Statistic {
    /// From left to right.
    pub(super) const ALL: [Self; 6] = [
        Self::Max,
        Self::Min,
        Self::Avg,
        Self::Last,
        Self::Total,
        Self::Count,
    ];
    pub(super) fn name(self) -> &'static str {
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

/// Where the statistics of a line stand.
pub(super) struct Columns {
    pub(super) columns: Vec<Column>,
    /// Cells of the longest label that is written.
    pub(super) label_cells: i32,
    /// Rows of numbers below the label; none where they stand beside it.
    pub(super) rows_below: i32,
}

pub(super) struct Column {
    pub(super) name: &'static str,
    /// Where the name stands before each number; none where it stands above all of them.
    pub(super) name_left: Option<i32>,
    pub(super) right: i32,
    /// Row of numbers below the label.
    pub(super) row: i32,
    /// By plot and line.
    pub(super) texts: Vec<Vec<String>>,
}

impl Columns {
    /// All statistics: beside the labels, below them, or below each other with names of their own;
    /// none where there is no line or no room.
    pub(super) fn fit(plots: &[Plot], shown: &[Vec<&Item>], width: i32) -> Option<Self> {
        let longest = lines(shown).map(|line| cells(&line.label)).max()?;
        let stats: Vec<Vec<LineStats>> = shown
            .iter()
            .map(|items| lines_of(items).map(LineDef::stats).collect())
            .collect();
        let all: Vec<Numbers> = Statistic::ALL
            .into_iter()
            .map(|statistic| Numbers::new(statistic.name(), texts_of(statistic, plots, &stats)))
            .collect();
        let cell = TextSize::Normal.cell_width();
        let small = TextSize::Small.cell_width();
        let room = width - 2 * MARGIN - INDENT;
        let taken = |all: &[Numbers]| all.iter().map(Numbers::cells).sum::<i32>() * small;
        let count = i32::try_from(all.len()).unwrap_or(1);
        let needed = longest.min(LABEL_MIN) * cell;
        // A row for each line is worth more than points below each other.
        let trimmed: Vec<Numbers> = all.iter().map(Numbers::trimmed).collect();
        for numbers in [&all, &trimmed] {
            let taken = taken(numbers);
            let gap = ((room - taken - needed) / count).min(COLUMN_GAP);
            if gap >= COLUMN_GAP_MIN {
                let label_cells = longest.min((room - taken - count * gap) / cell);
                let left = MARGIN + INDENT + label_cells * cell;
                return Some(Self::headed(numbers, (left, gap), (label_cells, 0)));
            }
        }
        let taken = taken(&all);
        let label_cells = room / cell;
        let gap = ((room - taken) / (count - 1)).min(COLUMN_GAP);
        if gap >= COLUMN_GAP_MIN {
            let left = MARGIN + INDENT - gap;
            return Some(Self::headed(&all, (left, gap), (label_cells, 1)));
        }
        Self::named(all, room, label_cells)
    }

    /// Numbers below their names.
    fn headed(
        all: &[Numbers],
        (left, gap): (i32, i32),
        (label_cells, rows_below): (i32, i32),
    ) -> Self {
        let mut right = left;
        let columns = all.iter().map(|numbers| {
            right += gap + numbers.cells() * TextSize::Small.cell_width();
            Column {
                name: numbers.name,
                name_left: None,
                right,
                row: 0,
                texts: numbers.texts.clone(),
            }
        });
        Self {
            columns: columns.collect(),
            label_cells,
            rows_below,
        }
    }

    /// Numbers behind their names, in as few rows as they fit in.
    fn named(all: Vec<Numbers>, room: i32, label_cells: i32) -> Option<Self> {
        let small = TextSize::Small.cell_width();
        // Cells of names and of numbers, by column.
        let widths = |across: usize| -> Vec<(i32, i32)> {
            let widest = |column: usize, of: fn(&Numbers) -> i32| {
                all.iter().skip(column).step_by(across).map(of).max()
            };
            let width = |column: usize| {
                let names = widest(column, |numbers| cells(numbers.name));
                let numbers = widest(column, |numbers| numbers.cells);
                (names.unwrap_or(0), numbers.unwrap_or(0))
            };
            (0..across).map(width).collect()
        };
        let (across, widths, gap) = [3, 2].into_iter().find_map(|across| {
            let widths = widths(across);
            let taken: i32 = widths.iter().map(|(name, number)| name + 1 + number).sum();
            let gaps = i32::try_from(across - 1).unwrap_or(1);
            let gap = ((room - taken * small) / gaps).min(COLUMN_GAP);
            (gap >= COLUMN_GAP_MIN).then_some((across, widths, gap))
        })?;
        let lefts: Vec<i32> = (widths.iter())
            .scan(MARGIN + INDENT, |left, (name, number)| {
                let this = *left;
                *left += (name + 1 + number) * small + gap;
                Some(this)
            })
            .collect();
        let columns = all.into_iter().enumerate().map(|(index, numbers)| {
            let (left, (name, number)) = (lefts[index % across], widths[index % across]);
            Column {
                name: numbers.name,
                name_left: Some(left),
                right: left + (name + 1 + number) * small,
                row: i32::try_from(index / across).unwrap_or(0),
                texts: numbers.texts,
            }
        });
        let columns: Vec<Column> = columns.collect();
        Some(Self {
            rows_below: columns.last().map_or(0, |column| column.row + 1),
            columns,
            label_cells,
        })
    }

    /// Pixels of a line with its numbers.
    pub(super) fn row_height(&self) -> i32 {
        match self.rows_below {
            0 => ROW,
            rows => ROW + rows * NUMBERS_ROW + BELOW_GAP,
        }
    }
}

/// A statistic of all lines.
struct Numbers {
    name: &'static str,
    /// By plot and line.
    texts: Vec<Vec<String>>,
    /// Of the widest text.
    cells: i32,
}

impl Numbers {
    fn new(name: &'static str, texts: Vec<Vec<String>>) -> Self {
        let widest = texts.iter().flatten().map(|text| cells(text)).max();
        Self {
            name,
            cells: widest.unwrap_or(0),
            texts,
        }
    }

    /// The same without the blanks that align points.
    fn trimmed(&self) -> Self {
        let trim = |texts: &Vec<String>| texts.iter().map(|text| text.trim().to_owned()).collect();
        Self::new(self.name, self.texts.iter().map(trim).collect())
    }

    /// Cells of a column with its name above.
    fn cells(&self) -> i32 {
        self.cells.max(cells(self.name))
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

//! Time axes: a row of times and a row of what they belong to, without any overlap.

use super::super::Canvas;
use super::super::axes::{ColumnScale, TimeAxis};
use super::TimeRows;
use crate::graph::GraphDef;
use crate::text::{TextSize, cells, shorten};
use crate::ticks::calendar::{Calendar, CalendarTick, calendar};
use crate::ticks::time::TimeTick;
use crate::zone::Zone;

/// From the line of an axis to its rows of text.
const TIMES_TOP: i32 = 7;
const DATES_TOP: i32 = 20;
/// Free pixels between two texts of a row, between two dates, and at the edges of the picture.
const GAP: i32 = 6;
const DATE_GAP: i32 = 16;
const EDGE: i32 = 2;
/// What half a time takes beside the canvas.
const HALF_TIME: i32 = 15;
/// Cells that every zone can be told in.
const ZONE_CELLS_MIN: i32 = 6;

/// A time axis with its texts in place.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct CalendarAxis {
    /// Row of its line.
    pub(crate) row: i32,
    /// Columns of marks, and whether they mark a change of the zone's offset.
    pub(crate) marks: Vec<(i32, bool)>,
    /// Texts below.
    pub(crate) texts: Vec<TimeText>,
}

/// A small text of a time axis.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct TimeText {
    /// Column of the pen.
    pub(crate) left: i32,
    /// First row of the line.
    pub(crate) top: i32,
    /// What is written.
    pub(crate) text: String,
    /// How it looks.
    pub(crate) kind: TimeTextKind,
}

/// What a text of a time axis tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TimeTextKind {
    /// A time, or the name of the zone.
    Plain,
    /// What times belong to.
    Context,
    /// A change of the zone's offset.
    Alert,
}

/// Where time axes go.
#[derive(Clone, Copy, Debug)]
pub(super) struct TimeRoom {
    pub(super) canvas: Canvas,
    /// Width of the picture.
    pub(super) width: i32,
    /// Rows of text; none where there are no axes at all.
    pub(super) rows: Option<TimeRows>,
    /// Height of an axis.
    pub(super) height: i32,
}

/// The grid of the primary zone, and an axis for each zone.
pub(super) fn axes(
    graph: &GraphDef,
    zones: &[Zone],
    room: &TimeRoom,
) -> (TimeAxis, Vec<CalendarAxis>) {
    let columns = ColumnScale::new(graph, room.canvas);
    let step = graph.step.as_millis();
    let (start, end) = (graph.start.plus_millis(-step), graph.end.plus_millis(-step));
    let mut grid = TimeAxis {
        row: room.canvas.bottom + 1,
        zone_name: String::new(),
        ticks: Vec::new(),
    };
    let mut axes = Vec::new();
    for (index, zone) in (0..).zip(zones) {
        let found = calendar(zone, start, end, room.canvas.width());
        if index == 0 {
            grid.ticks = grid_ticks(&found, columns, room.canvas);
        }
        if let Some(rows) = room.rows {
            let row = room.canvas.bottom + 1 + room.height * index;
            axes.push(axis(
                &found,
                zone_text(zone, graph),
                (row, rows),
                (columns, room),
            ));
        }
    }
    (grid, axes)
}

fn grid_ticks(found: &Calendar, columns: ColumnScale, canvas: Canvas) -> Vec<(i32, TimeTick)> {
    found
        .ticks
        .iter()
        .map(|tick| {
            let plain = TimeTick {
                time: tick.time,
                is_major: tick.is_major,
                label: String::new(),
                is_offset_change: false,
            };
            (columns.column_of(tick.time), plain)
        })
        .filter(|(column, _)| (canvas.left..=canvas.right).contains(column))
        .collect()
}

/// The name of a zone, and its offset for where the name is too long.
fn zone_text(zone: &Zone, graph: &GraphDef) -> [String; 2] {
    [
        zone.short_name().to_owned(),
        zone.offset_text_at(graph.start),
    ]
}

fn axis(
    found: &Calendar,
    zone: [String; 2],
    (row, rows): (i32, TimeRows),
    (columns, room): (ColumnScale, &TimeRoom),
) -> CalendarAxis {
    let canvas = room.canvas;
    let column = |tick: &CalendarTick| columns.column_of(tick.time);
    let is_inside = |column: &i32| (canvas.left..=canvas.right).contains(column);
    let majors: Vec<(i32, &CalendarTick)> = found
        .ticks
        .iter()
        .filter(|tick| tick.is_major)
        .map(|tick| (column(tick), tick))
        .filter(|(column, _)| is_inside(column))
        .collect();
    let changes: Vec<(i32, &str)> = found
        .changes
        .iter()
        .map(|(time, text)| (columns.column_of(*time), text.as_str()))
        .filter(|(column, _)| is_inside(column))
        .collect();
    let marks = majors.iter().map(|(column, _)| (*column, false));
    let marks = marks
        .chain(changes.iter().map(|(column, _)| (*column, true)))
        .collect();
    let mut texts = Vec::new();
    let mut times = Line::new(row + TIMES_TOP, room.width);
    let mut dates = Line::new(row + DATES_TOP, room.width);
    match rows {
        TimeRows::None => {}
        TimeRows::Times => {
            times.zone(zone, canvas.left - GAP - HALF_TIME);
            times.labels(&majors);
        }
        TimeRows::TimesAndDates => {
            times.labels(&majors);
            dates.zone(zone, canvas.left - GAP);
            dates.changes(&changes);
            dates.contexts((canvas.left, &found.start), &majors);
        }
    }
    texts.append(&mut times.texts);
    texts.append(&mut dates.texts);
    CalendarAxis { row, marks, texts }
}

/// A line of texts that never touch each other or the edges of the picture.
struct Line {
    top: i32,
    width: i32,
    texts: Vec<TimeText>,
}

impl Line {
    fn new(top: i32, width: i32) -> Self {
        Self {
            top,
            width,
            texts: Vec::new(),
        }
    }

    /// The name of the zone left of the canvas, so far from it; at the left edge where there is no
    /// room for that.
    fn zone(&mut self, [name, offset]: [String; 2], right: i32) {
        let cell = TextSize::Small.cell_width();
        let beside = (right - EDGE) / cell;
        let room = if beside < ZONE_CELLS_MIN {
            self.width / 3 / cell
        } else {
            beside
        };
        let text = if cells(&name) <= room { name } else { offset };
        let text = shorten(&text, room);
        let width = cells(&text) * cell;
        self.put((right - width).max(EDGE), text, TimeTextKind::Plain);
    }

    /// Labels around their columns; one without room is left out.
    fn labels(&mut self, majors: &[(i32, &CalendarTick)]) {
        for (column, tick) in majors {
            self.place(*column, &tick.label, TimeTextKind::Plain);
        }
    }

    /// Changes of the offset.
    fn changes(&mut self, changes: &[(i32, &str)]) {
        for (column, text) in changes {
            self.place(*column, text, TimeTextKind::Alert);
        }
    }

    /// What the left end of the canvas belongs to, and what ticks do where that changes.
    fn contexts(&mut self, start: (i32, &[String]), majors: &[(i32, &CalendarTick)]) {
        let told = majors.iter();
        let mut told = told.filter(|(_, tick)| !tick.context.is_empty()).peekable();
        // The year is told once, by the first one for which there is room.
        let has_first = self.place_start(start, told.peek().copied())
            || told
                .by_ref()
                .any(|(column, tick)| self.place_first(*column, &tick.full_context));
        if has_first {
            for (column, tick) in told {
                self.place_first(*column, &tick.context);
            }
        }
    }

    /// What the left end belongs to, beside the name of the zone. A date just before midnight gives way
    /// to the one after it.
    fn place_start(
        &mut self,
        (edge, texts): (i32, &[String]),
        next: Option<&(i32, &CalendarTick)>,
    ) -> bool {
        let ends = self.texts.iter().filter(|text| text.left < edge);
        let ends = ends.map(|text| text.left + width_of(Some(&text.text)) + GAP);
        let left = ends.fold(edge, i32::max);
        // With the year, which is worth more than the weekday of the next one; else the next one has it.
        let texts = match texts {
            [with_year @ .., _] if next.is_some() && !with_year.is_empty() => with_year,
            all => all,
        };
        let right = next.map_or(self.width - EDGE, |(column, tick)| {
            column - width_of(tick.context.last()) / 2 - DATE_GAP
        });
        let found = texts.iter().find(|text| {
            let width = width_of(Some(text));
            left + width <= right && self.is_free((left, width), TimeTextKind::Context)
        });
        if let Some(text) = found {
            self.put(left, text.clone(), TimeTextKind::Context);
        }
        found.is_some()
    }

    /// The longest of several texts that has room around a column, or beside what is there.
    fn place_first(&mut self, column: i32, texts: &[String]) -> bool {
        texts
            .iter()
            .any(|text| self.place(column, text, TimeTextKind::Context))
            || texts
                .iter()
                .any(|text| self.place_beside(column, text, TimeTextKind::Context))
    }

    fn place(&mut self, column: i32, text: &str, kind: TimeTextKind) -> bool {
        let width = width_of(Some(text));
        let last = self.width - EDGE - width;
        if text.is_empty() || last < EDGE {
            return false;
        }
        let left = (column - width / 2).clamp(EDGE, last);
        let is_free = self.is_free((left, width), kind);
        if is_free {
            self.put(left, text.to_owned(), kind);
        }
        is_free
    }

    /// Right or left of the text that stands in the way.
    fn place_beside(&mut self, column: i32, text: &str, kind: TimeTextKind) -> bool {
        let width = width_of(Some(text));
        let left = (column - width / 2).max(EDGE);
        let is_in_the_way = |other: &&TimeText| {
            let gap = gap(other.kind, kind);
            left < other.left + width_of(Some(&other.text)) + gap && other.left < left + width + gap
        };
        let Some(other) = self.texts.iter().find(is_in_the_way) else {
            return false;
        };
        let gap = gap(other.kind, kind);
        let after = other.left + width_of(Some(&other.text)) + gap;
        let before = other.left - gap - width;
        let found = [after, before].into_iter().find(|&left| {
            // No further away than that the tick is still below or above an end of the text.
            let is_near = left - GAP <= column + width / 2 && column <= left + width + width / 2;
            let is_inside = left >= EDGE && left + width <= self.width - EDGE;
            is_near && is_inside && self.is_free((left, width), kind)
        });
        if let Some(left) = found {
            self.put(left, text.to_owned(), kind);
        }
        found.is_some()
    }

    fn is_free(&self, (left, width): (i32, i32), kind: TimeTextKind) -> bool {
        self.texts.iter().all(|other| {
            let gap = gap(other.kind, kind);
            left >= other.left + width_of(Some(&other.text)) + gap
                || left + width + gap <= other.left
        })
    }

    fn put(&mut self, left: i32, text: String, kind: TimeTextKind) {
        self.texts.push(TimeText {
            left,
            top: self.top,
            text,
            kind,
        });
    }
}

/// Dates that nearly touch read as one.
fn gap(a: TimeTextKind, b: TimeTextKind) -> i32 {
    match (a, b) {
        (TimeTextKind::Context, TimeTextKind::Context) => DATE_GAP,
        _ => GAP,
    }
}

fn width_of<T: AsRef<str>>(text: Option<T>) -> i32 {
    text.map_or(0, |text| cells(text.as_ref())) * TextSize::Small.cell_width()
}

//! A graph of Braille patterns: two dots to a column and four to a row.
//!
//! Takes lines and a size in characters; gives rows of text with an axis on the left and times below.
//!
//! ```text
//!    40 ┤⠀⠀⡠⠒⢄⠀       dots of a character    1 4
//!       │⡠⠊⠀⠀⠈⢢                              2 5
//!     0 ┤⠀⠀⠀⠀⠀⠀                              3 6
//!        10:00  10:05                         7 8
//! ```

use super::drawing::{Drawing, Line};
use super::figures;
use super::terminal::Terminal;

/// Colours that can be told apart on light and dark ground, as terminals number them.
pub(crate) const COLORS: [u8; 6] = [36, 33, 35, 32, 34, 31];

/// Rows of a graph.
const ROWS: std::ops::RangeInclusive<usize> = 4..=16;

/// Bits of the dots of a character, by column and row.
const DOTS: [[u8; 4]; 2] = [[0x01, 0x02, 0x04, 0x40], [0x08, 0x10, 0x20, 0x80]];

/// Ticks of an axis; more of them only come from rounding that has gone astray.
const TICKS_MAX: f64 = 20.0;

/// Ranges beyond it show dates.
const DAY_MS: i64 = 86_400_000;

/// Draws the lines of the first axis that has values; `None` where there is nothing to draw.
pub(crate) fn draw(drawing: &Drawing, terminal: Terminal) -> Option<String> {
    let has_values = |line: &&Line| line.values.iter().any(|value| value.is_finite());
    let axis = drawing
        .lines
        .iter()
        .filter(has_values)
        .map(|line| line.axis)
        .min()?;
    let lines = drawing.lines.iter().enumerate();
    let lines: Vec<(usize, &Line)> = lines.filter(|(_, line)| line.axis == axis).collect();
    let rows = (terminal.rows / 2).clamp(*ROWS.start(), *ROWS.end());
    let scale = Scale::of(&lines, rows)?;
    let labels = scale.labels(rows);
    let margin = labels
        .iter()
        .map(|label| label.chars().count())
        .max()
        .unwrap_or(0)
        + 1;
    let columns = terminal.columns.saturating_sub(margin + 1).max(10);
    let mut canvas = Canvas::new(columns, rows);
    for (index, line) in lines {
        canvas.add(&line.values, &scale, index);
    }
    let mut text = String::new();
    for (row, label) in labels.iter().enumerate() {
        let tick = if label.is_empty() { '│' } else { '┤' };
        let pad = margin - 1 - label.chars().count();
        text.push_str(&format!("{}{label}{tick}", " ".repeat(pad)));
        canvas.write_row(row, terminal.has_color, &mut text);
        text.push('\n');
    }
    text.push_str(&" ".repeat(margin));
    text.push_str(&times(drawing, columns));
    Some(text)
}

/// The time of the first and the last point below the ends of the graph, and one between.
fn times(drawing: &Drawing, columns: usize) -> String {
    let last = drawing.points().saturating_sub(1);
    let (start_ms, end_ms) = (drawing.time_ms(0), drawing.time_ms(last));
    let has_date = end_ms.saturating_sub(start_ms) > DAY_MS;
    let of = |point| figures::time(drawing.time_ms(point), &drawing.zone, has_date);
    let (first, middle, end) = (of(0), of(last / 2), of(last));
    let zone = &drawing.zone;
    let used = first.len() + middle.len() + end.len() + zone.len();
    let Some(room) = columns.checked_sub(used + 4) else {
        return format!("{first} {zone}");
    };
    let left = room / 2;
    format!(
        "{first}  {}{middle}{}  {end} {zone}",
        " ".repeat(left.saturating_sub(1)),
        " ".repeat(room - left)
    )
}

/// The values that the lowest and the highest dot stand for, both round numbers.
struct Scale {
    low: f64,
    high: f64,
    tick: f64,
}

impl Scale {
    fn of(lines: &[(usize, &Line)], rows: usize) -> Option<Self> {
        let values = lines.iter().flat_map(|(_, line)| &line.values);
        let finite = values.copied().filter(|value| value.is_finite());
        let (mut low, mut high) = finite
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| {
                (low.min(value), high.max(value))
            });
        if low > high {
            return None;
        }
        // Half of the room for nothing is too much, but a line near zero shows better with it.
        if low > 0.0 && low <= high / 2.0 {
            low = 0.0;
        }
        if low == high {
            let around = if low == 0.0 { 1.0 } else { low.abs() / 10.0 };
            (low, high) = (low - around, high + around);
        }
        #[expect(clippy::cast_precision_loss, reason = "a terminal has few rows")]
        let ticks = (rows / 3).max(2) as f64;
        let tick = round_up((high - low) / ticks);
        let scale = Self {
            low: (low / tick).floor() * tick,
            high: (high / tick).ceil() * tick,
            tick,
        };
        scale.is_sane().then_some(scale)
    }

    /// Values may be too large or too close together for any axis.
    fn is_sane(&self) -> bool {
        let height = self.high - self.low;
        height.is_finite() && height > 0.0 && self.tick > 0.0 && height / self.tick <= TICKS_MAX
    }

    /// Where a value stands, from 0 at the top to 1 at the bottom.
    fn depth(&self, value: f64) -> f64 {
        (self.high - value) / (self.high - self.low)
    }

    /// The label of each row; empty where no tick is nearest to it.
    fn labels(&self, rows: usize) -> Vec<String> {
        let mut labels = vec![String::new(); rows];
        let count = ((self.high - self.low) / self.tick).round();
        let mut number = 0.0;
        while number <= count {
            let value = self.low + number * self.tick;
            // What rounding leaves of zero is zero.
            let value = if value.abs() < self.tick / 1000.0 {
                0.0
            } else {
                value
            };
            labels[place(self.depth(value), rows)] = figures::short(value);
            number += 1.0;
        }
        labels
    }
}

/// The next of 1, 2 and 5 times a power of ten.
fn round_up(value: f64) -> f64 {
    let power = libm::pow(10.0, libm::floor(libm::log10(value)));
    let factors = [1.0, 2.0, 5.0, 10.0].into_iter();
    let mut steps = factors.map(|factor| factor * power);
    steps.find(|&step| step >= value).unwrap_or(10.0 * power)
}

/// Which of so many places a share of the whole falls on.
fn place(share: f64, places: usize) -> usize {
    let last = places.saturating_sub(1);
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a terminal has few places, and shares outside of it are brought back"
    )]
    let place = (share * last as f64).round().max(0.0) as usize;
    place.min(last)
}

/// Characters with their dots and the line that wrote last.
struct Canvas {
    columns: usize,
    rows: usize,
    cells: Vec<(u8, usize)>,
}

impl Canvas {
    fn new(columns: usize, rows: usize) -> Self {
        Self {
            columns,
            rows,
            cells: vec![(0, 0); columns * rows],
        }
    }

    /// Draws the values of a line: a dot for each, and the way from one to the next.
    fn add(&mut self, values: &[f64], scale: &Scale, line: usize) {
        let (width, height) = (self.columns * 2, self.rows * 4);
        let mut before: Option<(usize, usize)> = None;
        for (index, &value) in values.iter().enumerate() {
            if !value.is_finite() {
                before = None;
                continue;
            }
            #[expect(
                clippy::cast_precision_loss,
                reason = "there are far fewer than 2^53 points"
            )]
            let share = index as f64 / (values.len() - 1).max(1) as f64;
            let here = (place(share, width), place(scale.depth(value), height));
            for (x, y) in way(before.unwrap_or(here), here) {
                self.dot(x, y, line);
            }
            before = Some(here);
        }
    }

    fn dot(&mut self, x: usize, y: usize, line: usize) {
        let cell = &mut self.cells[(y / 4) * self.columns + x / 2];
        *cell = (cell.0 | DOTS[x % 2][y % 4], line);
    }

    fn write_row(&self, row: usize, has_color: bool, text: &mut String) {
        let cells = &self.cells[row * self.columns..(row + 1) * self.columns];
        let end = cells
            .iter()
            .rposition(|(dots, _)| *dots != 0)
            .map_or(0, |last| last + 1);
        for run in cells[..end].chunk_by(|a, b| b.0 == 0 || (a.0 != 0 && a.1 == b.1)) {
            // A row may begin with nothing.
            let has_color = has_color && run[0].0 != 0;
            if has_color {
                text.push_str(&format!("\u{1b}[{}m", COLORS[run[0].1 % COLORS.len()]));
            }
            text.extend(run.iter().map(|(dots, _)| braille(*dots)));
            if has_color {
                text.push_str("\u{1b}[0m");
            }
        }
    }
}

/// The character of some dots; a space for none, which copies better.
fn braille(dots: u8) -> char {
    match dots {
        0 => ' ',
        _ => char::from_u32(0x2800 + u32::from(dots)).unwrap_or(' '),
    }
}

/// The dots from one to another, in whole steps of the longer side.
fn way(from: (usize, usize), to: (usize, usize)) -> impl Iterator<Item = (usize, usize)> {
    let steps = from.0.abs_diff(to.0).max(from.1.abs_diff(to.1));
    (0..=steps).map(move |step| {
        let between = |a: usize, b: usize| {
            let moved = (a.abs_diff(b) * step + steps / 2)
                .checked_div(steps)
                .unwrap_or(0);
            if a <= b { a + moved } else { a - moved }
        };
        (between(from.0, to.0), between(from.1, to.1))
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn drawing(lines: &[&[f64]]) -> Drawing {
        let lines = lines.iter().map(|values| Line {
            label: "x".to_owned(),
            axis: 0,
            values: values.to_vec(),
        });
        Drawing {
            start_ms: 0,
            step_ms: 60_000,
            zone: "UTC".to_owned(),
            lines: lines.collect(),
            messages: Vec::new(),
        }
    }

    fn terminal(columns: usize, rows: usize, has_color: bool) -> Terminal {
        Terminal {
            columns,
            rows,
            has_color,
        }
    }

    #[test]
    fn a_slope_rises_from_corner_to_corner() {
        let values: Vec<f64> = (0..=20).map(f64::from).collect();
        let drawn = draw(&drawing(&[&values]), terminal(44, 8, false)).unwrap();
        expect_test::expect![[r#"
            20┤                              ⢀⣀⡠⠤⠤⠤⠔⠒⠊⠉
              │                     ⣀⡠⠤⠔⠒⠒⠒⠊⠉⠁
            10┤         ⣀⣀⣀⣀⠤⠤⠒⠒⠉⠉⠉⠉
             0┤⣀⠤⠤⠤⠤⠒⠒⠉⠉
               00:00:00     00:10:00       00:20:00 UTC"#]]
        .assert_eq(&drawn);
    }

    #[test]
    fn nothing_is_drawn_of_nothing() {
        let size = terminal(80, 20, false);
        assert_eq!(draw(&drawing(&[]), size), None);
        assert_eq!(draw(&drawing(&[&[f64::NAN, f64::INFINITY]]), size), None);
    }

    #[test]
    fn each_line_has_its_colour_and_no_color_has_none() {
        let lines = drawing(&[&[1.0, 1.0], &[5.0, 5.0]]);
        let drawn = draw(&lines, terminal(40, 8, true)).unwrap();
        assert!(
            drawn.contains("\u{1b}[36m") && drawn.contains("\u{1b}[33m"),
            "{drawn}"
        );
        let drawn = draw(&lines, terminal(40, 8, false)).unwrap();
        assert!(!drawn.contains('\u{1b}'), "{drawn}");
    }

    proptest! {
        /// Whatever the values, the graph keeps to its size and has a dot where there is a value.
        #[test]
        fn a_graph_keeps_to_its_size(
            values in prop::collection::vec(prop_oneof![
                8 => any::<f64>(), 8 => -1e6..1e6, 2 => Just(0.0), 1 => Just(f64::NAN)], 1..200),
            columns in 5_usize..200,
            rows in 1_usize..60,
        ) {
            let Some(drawn) = draw(&drawing(&[&values]), terminal(columns, rows, false)) else {
                return Ok(());
            };
            let lines: Vec<&str> = drawn.lines().collect();
            prop_assert!(ROWS.contains(&(lines.len() - 1)));
            for line in &lines[..lines.len() - 1] {
                prop_assert!(line.chars().count() <= columns.max(40), "{}", line);
            }
            let has_dots = drawn.contains(|c: char| ('\u{2801}'..='\u{28ff}').contains(&c));
            prop_assert!(has_dots, "{}", drawn);
            prop_assert!(lines[0].contains('┤') && lines[lines.len() - 2].contains('┤'), "{}", drawn);
        }
    }
}

//! Lines as a table: least, largest, average and last value, and a sparkline.

use super::drawing::{Drawing, Line};
use super::figures::short;
use super::plot::COLORS;
use super::terminal::Terminal;

/// Heights of a character, from low to high.
const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// Characters of a sparkline.
const SPARK_CHARS: usize = 32;

/// Characters of a label on a terminal, at least and at most.
const LABEL_CHARS: std::ops::RangeInclusive<usize> = 12..=60;

/// Writes a table. On a terminal long labels are cut to fit, and with colours each line has the bullet
/// that its graph has.
pub(crate) fn write(drawing: &Drawing, terminal: Option<Terminal>) -> String {
    let figures: Vec<[String; 4]> = drawing.lines.iter().map(figures).collect();
    let heads = ["min", "max", "avg", "last"];
    let widths: [usize; 4] = std::array::from_fn(|column| {
        let cells = figures.iter().map(|row| chars(&row[column]));
        cells.max().unwrap_or(0).max(heads[column].len())
    });
    let bullet = terminal.is_some_and(|terminal| terminal.has_color);
    let others = widths.iter().map(|width| width + 2).sum::<usize>() + SPARK_CHARS + 2;
    let others = others + if bullet { 2 } else { 0 };
    let longest = drawing
        .lines
        .iter()
        .map(|line| chars(&line.label))
        .max()
        .unwrap_or(0);
    let label = match terminal {
        Some(terminal) => {
            let room = terminal.columns.saturating_sub(others);
            longest.min(room.clamp(*LABEL_CHARS.start(), *LABEL_CHARS.end()))
        }
        None => longest,
    };
    let label = label.max("line".len());
    let mut text = String::new();
    let mut row = |bullet: &str, name: &str, cells: [&str; 4], spark: &str| {
        let name = cut(name, label);
        let pad = " ".repeat(label - chars(&name));
        let mut line = format!("{bullet}{name}{pad}");
        for (cell, width) in cells.iter().zip(widths) {
            line.push_str(&" ".repeat(2 + width - chars(cell)));
            line.push_str(cell);
        }
        line.push_str("  ");
        line.push_str(spark);
        text.push_str(line.trim_end());
        text.push('\n');
    };
    row(if bullet { "  " } else { "" }, "line", heads, "");
    for (index, (line, cells)) in drawing.lines.iter().zip(&figures).enumerate() {
        let dot = match bullet {
            true => format!("\u{1b}[{}m●\u{1b}[0m ", COLORS[index % COLORS.len()]),
            false => String::new(),
        };
        let cells = cells.each_ref().map(String::as_str);
        row(&dot, &line.label, cells, &spark(&line.values));
    }
    text.truncate(text.trim_end().len());
    text
}

/// Least, largest, average and last value.
fn figures(line: &Line) -> [String; 4] {
    let present = line.values.iter().copied().filter(|value| !value.is_nan());
    let (mut min, mut max, mut sum, mut count) = (f64::NAN, f64::NAN, 0.0, 0.0);
    let mut last = f64::NAN;
    for value in present {
        // A comparison with NaN is false, so the first value is always taken.
        min = if value >= min { min } else { value };
        max = if value <= max { max } else { value };
        sum += value;
        count += 1.0;
        last = value;
    }
    [min, max, sum / count, last].map(short)
}

/// The averages of as many stretches of the values as there is room for; a space where none is.
fn spark(values: &[f64]) -> String {
    let cells = values.len().min(SPARK_CHARS);
    let averages: Vec<f64> = (0..cells)
        .map(|cell| {
            let from = cell * values.len() / cells;
            let to = (cell + 1) * values.len() / cells;
            let present = values[from..to].iter().filter(|value| value.is_finite());
            let (sum, count) =
                present.fold((0.0, 0.0), |(sum, count), value| (sum + value, count + 1.0));
            sum / count
        })
        .collect();
    let present = averages.iter().copied().filter(|value| value.is_finite());
    let (low, high) = present.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| {
        (low.min(value), high.max(value))
    });
    let bar = |value: &f64| {
        if !value.is_finite() {
            return ' ';
        }
        let share = (value - low) / (high - low);
        let bars = BARS.iter().enumerate();
        let mut reached = bars.filter(|(index, _)| {
            #[expect(clippy::cast_precision_loss, reason = "there are eight bars")]
            let from = *index as f64 / BARS.len() as f64;
            share >= from
        });
        // Of equal values the share is none, and the bar the lowest.
        reached.next_back().map_or(BARS[0], |(_, bar)| *bar)
    };
    averages.iter().map(bar).collect()
}

fn chars(text: &str) -> usize {
    text.chars().count()
}

/// A text that is too long ends with an ellipsis.
pub(crate) fn cut(text: &str, most: usize) -> String {
    if chars(text) <= most {
        return text.to_owned();
    }
    let kept: String = text.chars().take(most.saturating_sub(1)).collect();
    kept + "…"
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawing(lines: &[(&str, &[f64])]) -> Drawing {
        Drawing {
            step_ms: 1,
            lines: lines
                .iter()
                .map(|(label, values)| Line {
                    label: (*label).to_owned(),
                    axis: 0,
                    values: values.to_vec(),
                })
                .collect(),
            ..Drawing::default()
        }
    }

    #[test]
    fn a_row_for_each_line() {
        let nan = f64::NAN;
        let table = write(
            &drawing(&[
                ("www", &[nan, 1.0, 2.0, 3.0, nan]),
                ("a long name", &[1000.0, 1000.0]),
                ("nothing", &[nan]),
            ]),
            None,
        );
        expect_test::expect![[r"
            line         min  max  avg  last
            www            1    3    2     3   ▁▅█
            a long name   1k   1k   1k    1k  ▁▁
            nothing        -    -    -     -"]]
        .assert_eq(&table);
    }

    #[test]
    fn a_terminal_cuts_labels_and_shows_colours() {
        let name = "x".repeat(100);
        let lines = drawing(&[(&name, &[1.0])]);
        let mut terminal = Terminal {
            columns: 80,
            rows: 20,
            has_color: false,
        };
        for line in write(&lines, Some(terminal)).lines() {
            assert!(chars(line) <= 80, "{line}");
        }
        terminal.has_color = true;
        assert!(write(&lines, Some(terminal)).contains("\u{1b}[36m●\u{1b}[0m xxx"));
    }

    #[test]
    fn a_long_line_has_a_short_spark() {
        let values: Vec<f64> = (0..1000).map(f64::from).collect();
        let spark = spark(&values);
        assert_eq!(chars(&spark), SPARK_CHARS);
        assert!(
            spark.starts_with("▁▁▁▁▂") && spark.ends_with("▇████"),
            "{spark}"
        );
    }
}

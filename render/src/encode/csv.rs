//! The formats `csv` and `txt`: a table with six decimals, separated by commas or tabs.
//!
//! Labels are wrapped in quotes and, as in the reference, quotes inside them are not escaped.

use telamon_model::number::write_fixed;

use crate::RenderError;
use crate::graph::{GraphDef, LineDef};
use crate::zone::Zone;

/// What stands between two columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Separator {
    /// `csv`.
    Comma,
    /// `txt`.
    Tab,
}

/// Writes a header and one row per time, the time in the primary zone.
pub fn write(graph: &GraphDef, separator: Separator) -> Result<String, RenderError> {
    let zone = Zone::of(graph.primary_zone())?;
    let mark = match separator {
        Separator::Comma => ',',
        Separator::Tab => '\t',
    };
    let lines: Vec<&LineDef> = graph.lines().collect();
    let rows = graph.point_count();
    let mut out =
        String::with_capacity(256 + rows.saturating_mul(lines.len() * 14 + 26).min(1 << 24));
    out.push_str("\"timestamp\"");
    for line in &lines {
        out.push(mark);
        out.push('"');
        out.push_str(&line.label);
        out.push('"');
    }
    out.push('\n');
    let mut time = graph.start;
    for row in 0..rows {
        zone.write_offset_time(&mut out, time);
        for line in &lines {
            out.push(mark);
            write_fixed(
                &mut out,
                line.values.get(row).copied().unwrap_or(f64::NAN),
                6,
            );
        }
        out.push('\n');
        time = time.plus_millis(graph.step.as_millis());
    }
    Ok(out)
}

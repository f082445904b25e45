//! Pictures as SVG: the same scene as the PNG, with names for people who hover or listen.
//!
//! Takes a graph, gives one element that stands on its own or inline in a page, without scripts,
//! styles, ids or links. Text is left to the fonts of whoever looks at it, at the width of its cells,
//! and read from left to right whatever page it stands in. Rectangles of one colour become a path; the
//! shapes of a line are a group with its label and statistics as title.

mod path;

use std::fmt::Write as _;

use crate::RenderError;
use crate::color::Color;
use crate::graph::GraphDef;
use crate::scene::{Rect, Scene, Shape, Text, Turn};
use crate::summary;
use crate::text::{cells, visible};

use path::paths;

/// Pixels around a line where hovering finds it: lines are a pixel thin.
const REACH: i32 = 7;

/// Draws a graph.
///
/// # Errors
/// As a PNG of it: for bounds and time zones that make no sense, and sizes without pixels.
pub fn encode(graph: &GraphDef) -> Result<String, RenderError> {
    let scene = Scene::build(graph)?;
    let mut out = String::with_capacity(16 * 1024);
    open(&mut out, &scene, &summary::name(graph));
    push_element(&mut out, "title", &summary::name(graph));
    push_element(&mut out, "desc", &summary::sentence(graph)?);
    let (width, height) = scene.size_before_zoom();
    let ground = paint_of(scene.background);
    write!(out, "<path {ground} d=\"M0 0h{width}v{height}H0z\"/>").expect(GROWS);
    let titles: Vec<String> = graph
        .plots
        .iter()
        .flat_map(|plot| {
            let labels = plot.tick_labels;
            plot.lines().map(move |line| summary::of_line(line, labels))
        })
        .collect();
    let mut drawn = 0;
    for line in &scene.lines {
        push_shapes(&mut out, &scene.shapes[drawn..line.shapes.start]);
        let shapes = &scene.shapes[line.shapes.clone()];
        if let (Some(title), false) = (titles.get(line.index), shapes.is_empty()) {
            out.push_str("<g role=\"graphics-object\" aria-label=\"");
            push_escaped(&mut out, title);
            write!(out, "\"{HOVERED} stroke-width=\"{REACH}\">").expect(GROWS);
            push_element(&mut out, "title", title);
            push_shapes(&mut out, shapes);
            out.push_str("</g>");
        }
        drawn = line.shapes.end;
    }
    push_shapes(&mut out, &scene.shapes[drawn..]);
    out.push_str("</svg>\n");
    Ok(out)
}

const GROWS: &str = "a string takes everything";

/// A stroke that nobody sees and every pointer finds.
const HOVERED: &str = " stroke=\"#000\" stroke-opacity=\"0\" pointer-events=\"all\"";

fn open(out: &mut String, scene: &Scene, name: &str) {
    let (width, height) = scene.size_before_zoom();
    let (pixels_wide, pixels_high) = scene.size;
    write!(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{pixels_wide}\" \
         height=\"{pixels_high}\" viewBox=\"0 0 {width} {height}\" \
         role=\"graphics-document\" aria-label=\""
    )
    .expect(GROWS);
    push_escaped(out, name);
    out.push_str(
        "\" shape-rendering=\"crispEdges\" direction=\"ltr\" \
         font-family=\"'Noto Sans Mono','DejaVu Sans Mono',monospace,\
         'Noto Sans CJK SC','Noto Emoji','Noto Color Emoji',sans-serif\">",
    );
}

/// Rectangles between texts become paths, one for each colour if they do not overlap.
fn push_shapes(out: &mut String, shapes: &[Shape]) {
    let rect_of = |shape: &Shape| match shape {
        Shape::Rect(rect, color) => Some((*rect, *color)),
        Shape::Text(_) | Shape::Disc(..) => None,
    };
    let are_rects = |a: &Shape, b: &Shape| rect_of(a).is_some() && rect_of(b).is_some();
    for run in shapes.chunk_by(are_rects) {
        match &run[0] {
            Shape::Rect(..) => {
                let rects: Vec<(Rect, Color)> = run.iter().filter_map(rect_of).collect();
                for path in paths(&rects) {
                    let paint = paint_of(path.color);
                    write!(out, "<path {paint} d=\"{}\"/>", path.into_data()).expect(GROWS);
                }
            }
            Shape::Text(text) => push_text(out, text),
            Shape::Disc((x, y), radius, color) => {
                let paint = paint_of(*color);
                write!(
                    out,
                    "<circle {paint} cx=\"{x}\" cy=\"{y}\" r=\"{radius}\"/>"
                )
                .expect(GROWS);
            }
        }
    }
}

/// The advance of every cell is written down, so that other fonts keep the columns.
fn push_text(out: &mut String, text: &Text) {
    let width = cells(&text.text) * text.size.cell_width();
    let (x, y) = text.pen;
    write!(
        out,
        "<text x=\"{x:.1}\" y=\"{y:.1}\" font-size=\"{}\" textLength=\"{width}\" \
         lengthAdjust=\"spacingAndGlyphs\" {}",
        text.size.pixels(),
        paint_of(text.color)
    )
    .expect(GROWS);
    if text.is_bold {
        out.push_str(" font-weight=\"bold\"");
    }
    let turn = match text.turn {
        Turn::None => None,
        Turn::Up => Some(-90),
        Turn::Down => Some(90),
    };
    if let Some(degrees) = turn {
        write!(out, " transform=\"rotate({degrees} {x:.1} {y:.1})\"").expect(GROWS);
    }
    out.push('>');
    // Columns are made of blanks, which markup would put together.
    push_escaped(out, &text.text.replace(' ', "\u{a0}"));
    out.push_str("</text>");
}

fn push_element(out: &mut String, name: &str, text: &str) {
    write!(out, "<{name}>").expect(GROWS);
    push_escaped(out, text);
    write!(out, "</{name}>").expect(GROWS);
}

/// Text without what markup or XML itself would stumble over.
fn push_escaped(out: &mut String, text: &str) {
    for mark in visible(text).chars() {
        match mark {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '"' => out.push_str("&quot;"),
            // Overrides of direction are shown and not followed, as in pixels.
            '\u{202d}' | '\u{202e}' | '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            other => out.push(other),
        }
    }
}

/// The attributes that fill with a colour.
fn paint_of(color: Color) -> String {
    let [alpha, red, green, blue] = color.to_argb().to_be_bytes();
    let mut paint = format!("fill=\"#{red:02x}{green:02x}{blue:02x}\"");
    if alpha != u8::MAX {
        write!(paint, " fill-opacity=\"{:.3}\"", f64::from(alpha) / 255.0).expect(GROWS);
    }
    paint
}

#[cfg(test)]
mod tests;

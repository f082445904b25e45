//! The scene: a flat list of what to paint, from back to front, in pixels before zoom.
//!
//! Takes a graph and its layout, gives shapes that any backend can paint. [`Scene::dump`] writes
//! them as text, which tests compare instead of pixels.

mod axes;
mod data;
pub(crate) mod error;
mod legend;
mod pen;
mod table;

use std::fmt::Write as _;
use std::ops::Range;

use crate::RenderError;
use crate::color::Color;
use crate::graph::{GraphDef, GraphStyle};
use crate::layout::{Layout, lay_out};
use crate::text::TextSize;
use crate::theme::{ThemeColors, WARNING_BACKGROUND};

/// A picture before it is painted.
#[derive(Clone, Debug)]
pub struct Scene {
    /// Width and height in device pixels.
    pub(crate) size: (u32, u32),
    /// Device pixels per pixel of the shapes.
    pub(crate) zoom: f64,
    /// What lies behind everything; opaque.
    pub(crate) background: Color,
    /// From back to front.
    pub(crate) shapes: Vec<Shape>,
    /// Which shapes belong to a line of data, in order.
    pub(crate) lines: Vec<DrawnLine>,
}

/// The shapes of a line of data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct DrawnLine {
    /// Where they stand among all shapes.
    pub(crate) shapes: Range<usize>,
    /// Which of [`GraphDef::lines`] it is.
    pub(crate) index: usize,
}

/// Sides of rectangles count so many to a pixel, so that data is as fine as a zoomed picture.
pub(crate) const HALVES: i32 = 2;

/// A rectangle of half pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Rect {
    /// Where its first column begins.
    pub(crate) left: i32,
    /// Where its first row begins.
    pub(crate) top: i32,
    /// Where its last column ends.
    pub(crate) right: i32,
    /// Where its last row ends.
    pub(crate) bottom: i32,
}

impl Rect {
    /// Left and top, then width and height, in pixels.
    pub(crate) fn in_pixels(self) -> ((f64, f64), (f64, f64)) {
        let pixels = |halves: i32| f64::from(halves) / f64::from(HALVES);
        (
            (pixels(self.left), pixels(self.top)),
            (
                pixels(self.right - self.left),
                pixels(self.bottom - self.top),
            ),
        )
    }
}

/// How a text is turned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Turn {
    /// Left to right.
    None,
    /// Bottom to top.
    Up,
    /// Top to bottom.
    Down,
}

/// A line of text.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Text {
    /// Where the pen starts: on the baseline, left of the first glyph.
    pub(crate) pen: (f64, f64),
    /// What is written.
    pub(crate) text: String,
    /// How large.
    pub(crate) size: TextSize,
    /// Whether in the bold face.
    pub(crate) is_bold: bool,
    /// Its colour.
    pub(crate) color: Color,
    /// Its direction.
    pub(crate) turn: Turn,
}

/// Something to paint.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Shape {
    /// A filled rectangle.
    Rect(Rect, Color),
    /// A line of text; there are few of them, and thousands of rectangles shall stay small.
    Text(Box<Text>),
    /// A filled circle: centre, radius.
    Disc((f64, f64), f64, Color),
}

impl Shape {
    /// A rectangle of whole pixels, unless it is empty.
    fn rect((left, top): (i32, i32), (right, bottom): (i32, i32), color: Color) -> Option<Self> {
        let rect = Rect {
            left: left * HALVES,
            top: top * HALVES,
            right: right * HALVES,
            bottom: bottom * HALVES,
        };
        (left < right && top < bottom).then_some(Self::Rect(rect, color))
    }
}

impl Scene {
    /// Lays out a graph and lists what to paint.
    pub fn build(graph: &GraphDef) -> Result<Self, RenderError> {
        let layout = lay_out(graph)?;
        let size = layout.device_size()?;
        let colors = ThemeColors::of(graph.theme, graph.style);
        let background = match (layout.is_flagged, graph.style) {
            (true, GraphStyle::Atlas) => WARNING_BACKGROUND,
            _ => colors.background,
        };
        let mut painter = Painter {
            graph,
            layout: &layout,
            colors,
            shapes: Vec::with_capacity(1024),
            lines: Vec::new(),
        };
        painter.title();
        painter.canvas();
        painter.time_axes();
        painter.calendars();
        painter.value_axes();
        painter.legend();
        painter.table();
        if layout.is_flagged && graph.style == GraphStyle::Telamon {
            painter.flag();
        }
        let Painter { shapes, lines, .. } = painter;
        Ok(Self {
            size,
            zoom: layout.zoom,
            background,
            shapes,
            lines,
        })
    }

    /// Width and height in the pixels of the shapes.
    pub(crate) fn size_before_zoom(&self) -> (f64, f64) {
        (
            f64::from(self.size.0) / self.zoom,
            f64::from(self.size.1) / self.zoom,
        )
    }

    /// The scene as text, one shape a line: for tests and for people.
    pub fn dump(&self) -> String {
        let mut out = format!(
            "scene {}x{} zoom {} background {}\n",
            self.size.0, self.size.1, self.zoom, self.background
        );
        for shape in &self.shapes {
            match shape {
                Shape::Rect(rect, color) => {
                    let ((left, top), (width, height)) = rect.in_pixels();
                    writeln!(out, "rect {left},{top} {width}x{height} {color}")
                }
                Shape::Text(text) => writeln!(
                    out,
                    "text {:.1},{:.1} {:?}{}{} {} {:?}",
                    text.pen.0,
                    text.pen.1,
                    text.size,
                    if text.is_bold { " bold" } else { "" },
                    match text.turn {
                        Turn::None => "",
                        Turn::Up => " up",
                        Turn::Down => " down",
                    },
                    text.color,
                    text.text
                ),
                Shape::Disc(center, radius, color) => {
                    writeln!(
                        out,
                        "disc {:.1},{:.1} {radius:.1} {color}",
                        center.0, center.1
                    )
                }
            }
            .expect("a string takes everything");
        }
        out
    }
}

/// Width of the frame that stands for warnings.
const FLAG: i32 = 3;

/// Collects the shapes of one graph.
struct Painter<'a> {
    graph: &'a GraphDef,
    layout: &'a Layout,
    colors: ThemeColors,
    shapes: Vec<Shape>,
    lines: Vec<DrawnLine>,
}

impl Painter<'_> {
    /// Adds a rectangle unless it is empty.
    fn rect(&mut self, (left, top): (i32, i32), (right, bottom): (i32, i32), color: Color) {
        self.shapes
            .extend(Shape::rect((left, top), (right, bottom), color));
    }

    /// A frame in the colour of warnings, which have no room to be written.
    fn flag(&mut self) {
        let (width, height) = (self.layout.width, self.layout.height);
        for (from, to) in [
            ((0, 0), (width, FLAG)),
            ((0, height - FLAG), (width, height)),
            ((0, FLAG), (FLAG, height - FLAG)),
            ((width - FLAG, FLAG), (width, height - FLAG)),
        ] {
            self.rect(from, to, WARNING_BACKGROUND);
        }
    }

    /// Adds a text unless it is empty.
    fn text(&mut self, text: Text) {
        if !text.text.is_empty() {
            self.shapes.push(Shape::Text(Box::new(text)));
        }
    }
}

#[cfg(test)]
mod tests;

//! Rectangles as paths: one for each colour where the order of colours does not matter.
//!
//! Takes rectangles from back to front, gives outlines in short relative moves. Neighbours side by
//! side are one outline, whatever their heights:
//!
//! ```text
//!      ┌──┐
//!   ┌──┘  │┌──┐    along the upper ends, and back along the lower ones; where two do not
//!   │  ┌──┘│  │    touch, the outline goes to and fro and encloses nothing
//!   └──┘   └──┘
//! ```

use std::fmt::Write as _;

use super::GROWS;
use crate::color::Color;
use crate::scene::{HALVES, Rect};

/// Outlines of one colour.
pub(super) struct Path {
    pub(super) color: Color,
    /// Rectangles side by side that are not in the data yet.
    chain: Vec<Rect>,
    /// Where the last outline began, in half pixels.
    start: Option<(i32, i32)>,
    data: String,
}

/// The paths of rectangles, in an order that looks the same.
pub(super) fn paths(rects: &[(Rect, Color)]) -> Vec<Path> {
    let mut paths: Vec<Path> = Vec::new();
    // Where the last rectangles stand in the same columns, and the first path of all that do not overlap.
    let (mut stack, mut first) = (None, 0);
    for &(rect, color) in rects {
        stack = stack.and_then(|stack| beside(stack, rect));
        if stack.is_none() {
            stack = Some(rect);
            // An opaque colour over itself is no more than once.
            let is_more = |path: &Path| path.color == color && color.alpha == u8::MAX;
            first = paths.len() - usize::from(paths.last().is_some_and(is_more));
        }
        match paths[first..].iter_mut().find(|path| path.color == color) {
            Some(path) => path.add(rect),
            None => paths.push(Path::new(rect, color)),
        }
    }
    paths
}

/// What a stack of rectangles is with one more, or one right of it. As long as there is such, no
/// rectangle overlaps another.
fn beside(stack: Rect, next: Rect) -> Option<Rect> {
    if next.left >= stack.right {
        return Some(next);
    }
    let is_same = (stack.left, stack.right) == (next.left, next.right);
    let is_apart = next.top >= stack.bottom || next.bottom <= stack.top;
    (is_same && is_apart).then_some(Rect {
        top: stack.top.min(next.top),
        bottom: stack.bottom.max(next.bottom),
        ..stack
    })
}

impl Path {
    fn new(rect: Rect, color: Color) -> Self {
        Self {
            color,
            chain: vec![rect],
            start: None,
            data: String::new(),
        }
    }

    fn add(&mut self, rect: Rect) {
        if self
            .chain
            .last()
            .is_some_and(|last| last.right != rect.left)
        {
            self.close();
        }
        self.chain.push(rect);
    }

    /// The `d` of a path.
    pub(super) fn into_data(mut self) -> String {
        self.close();
        self.data
    }

    /// Writes the outline of what is side by side.
    fn close(&mut self) {
        let (Some(first), Some(last)) = (self.chain.first(), self.chain.last()) else {
            return;
        };
        let start = (first.left, first.top);
        // At the end of an outline the pen is where it began.
        let (letter, from) = match self.start {
            None => ('M', (0, 0)),
            Some(from) => ('m', from),
        };
        self.data.push(letter);
        push_halves(&mut self.data, start.0 - from.0);
        if start.1 >= from.1 {
            self.data.push(' ');
        }
        push_halves(&mut self.data, start.1 - from.1);
        self.start = Some(start);
        let mut pen = Pen {
            place: start,
            to: start,
            data: &mut self.data,
        };
        for rect in &self.chain {
            pen.go((pen.to.0, rect.top));
            pen.go((rect.right, rect.top));
        }
        pen.go((last.right, last.bottom));
        for rect in self.chain.iter().rev() {
            pen.go((pen.to.0, rect.bottom));
            pen.go((rect.left, rect.bottom));
        }
        pen.stop();
        self.data.push('z');
        self.chain.clear();
    }
}

/// Draws lines along rows and columns, one for steps in the same direction.
struct Pen<'d> {
    place: (i32, i32),
    to: (i32, i32),
    data: &'d mut String,
}

impl Pen<'_> {
    fn go(&mut self, to: (i32, i32)) {
        let is_straight = (self.place.0 == self.to.0 && self.to.0 == to.0)
            || (self.place.1 == self.to.1 && self.to.1 == to.1);
        if !is_straight {
            self.stop();
        }
        self.to = to;
    }

    /// Writes the line that was gone last.
    fn stop(&mut self) {
        let (right, down) = (self.to.0 - self.place.0, self.to.1 - self.place.1);
        let (letter, length) = if down == 0 { ('h', right) } else { ('v', down) };
        if length != 0 {
            self.data.push(letter);
            push_halves(self.data, length);
        }
        self.place = self.to;
    }
}

/// A number of half pixels in pixels.
fn push_halves(out: &mut String, halves: i32) {
    if halves < 0 {
        out.push('-');
    }
    let (whole, half) = (halves.abs() / HALVES, halves.abs() % HALVES);
    if whole > 0 || half == 0 {
        write!(out, "{whole}").expect(GROWS);
    }
    if half > 0 {
        out.push_str(".5");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SIDE: i32 = 24;

    /// Rectangles side by side as lines of data are, with paler parts above, and gaps.
    fn any_rects() -> impl Strategy<Value = Vec<(Rect, Color)>> {
        let column = (1..4_i32, 0..SIDE, 1..9_i32, 0..3_u8);
        let row = (0..SIDE, prop::collection::vec(column, 1..8));
        prop::collection::vec(row, 1..5).prop_map(|rows| {
            let mut rects = Vec::new();
            for (mut left, columns) in rows {
                for (width, top, height, shade) in columns {
                    let rect = rect((left, top), (left + width, top + height));
                    let pale = Rect {
                        top: top - 1,
                        bottom: top,
                        ..rect
                    };
                    rects.push((pale, Color::BLACK.with_alpha(100 + shade)));
                    rects.push((rect, Color::BLACK.with_alpha(253 + shade)));
                    left += width + i32::from(shade == 2);
                }
            }
            rects
        })
    }

    fn rect((left, top): (i32, i32), (right, bottom): (i32, i32)) -> Rect {
        Rect {
            left,
            top,
            right,
            bottom,
        }
    }

    /// The colours that lie over each other at a place, from back to front.
    type Layers = Vec<Vec<Color>>;

    fn paint(layers: &mut Layers, color: Color, is_inside: impl Fn(i32, i32) -> bool) {
        for (place, layer) in (0..).zip(layers) {
            let (row, column) = (place / (4 * SIDE), place % (4 * SIDE));
            // What is opaque over itself looks like once.
            let is_more = color.alpha < u8::MAX || layer.last() != Some(&color);
            if is_inside(column, row) && is_more {
                layer.push(color);
            }
        }
    }

    /// The upright lines of a path: column, and rows from and to.
    fn upright(data: &str) -> Vec<(i32, i32, i32)> {
        let (mut x, mut y, mut start) = (0, 0, (0, 0));
        let mut lines = Vec::new();
        let letters = data.match_indices(|mark: char| mark.is_ascii_alphabetic());
        for (at, letter) in letters {
            let rest = &data[at + 1..];
            let end = rest.find(|mark: char| mark.is_ascii_alphabetic());
            let numbers = rest[..end.unwrap_or(rest.len())].replace('-', " -");
            let halves = |number: &str| -> i32 {
                let doubled = number.parse::<f64>().unwrap() * 2.0;
                format!("{doubled}").parse().unwrap()
            };
            let numbers: Vec<i32> = numbers.split_whitespace().map(halves).collect();
            let from = y;
            match letter {
                "M" | "m" => {
                    (x, y) = (x + numbers[0], y + numbers[1]);
                    start = (x, y);
                    continue;
                }
                "h" => x += numbers[0],
                "v" => y += numbers[0],
                _ => {
                    assert_eq!(x, start.0, "the last line goes up");
                    y = start.1;
                }
            }
            lines.push((x, from, y));
        }
        lines
    }

    proptest! {
        #[test]
        fn paths_look_like_their_rectangles(rects in any_rects()) {
            let place = usize::try_from(16 * SIDE * SIDE).unwrap();
            let (mut expected, mut found) = (vec![Vec::new(); place], vec![Vec::new(); place]);
            for (rect, color) in &rects {
                paint(&mut expected, *color, |column, row| {
                    (rect.left..rect.right).contains(&column) && (rect.top..rect.bottom).contains(&row)
                });
            }
            for path in paths(&rects) {
                let color = path.color;
                let lines = upright(&path.into_data());
                // The rule of SVG: inside is what lines go around, however often.
                paint(&mut found, color, |column, row| {
                    let left = lines.iter().filter(|(x, _, _)| *x <= column);
                    let turns = left.map(|&(_, from, to)| {
                        i32::from((from..to).contains(&row)) - i32::from((to..from).contains(&row))
                    });
                    turns.sum::<i32>() != 0
                });
            }
            prop_assert_eq!(found, expected);
        }
    }

    #[test]
    fn a_colour_is_one_path_where_none_overlaps() {
        let rect = |left, top| rect((left, top), (left + 2, top + 4));
        let (red, blue) = (Color::BLACK.with_alpha(1), Color::BLACK.with_alpha(2));
        let told = |rects: &[(Rect, Color)]| -> Vec<String> {
            paths(rects).into_iter().map(Path::into_data).collect()
        };
        let beside = [(rect(0, 0), red), (rect(2, 1), blue), (rect(4, 2), red)];
        assert_eq!(told(&beside), ["M0 0h1v2h-1zm2 1h1v2h-1z", "M1 .5h1v2h-1z"]);
        let over = [(rect(0, 0), red), (rect(1, 1), blue), (rect(2, 2), red)];
        assert_eq!(told(&over).len(), 3);
    }
}

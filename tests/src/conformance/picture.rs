//! Geometry of pictures: the size of the image and the rectangle of the plot.
//!
//! Takes our picture and a recorded one, gives a verdict. Pixels are not compared: text is drawn with
//! other glyphs. The rectangle is found in the picture itself, by what surrounds a canvas:
//!
//! ```text
//!        background
//!          │┌──────────────┐
//!   ticks ─┤│    canvas    │ background, or the line of the next axis
//!          │└──────────────┘
//!           ─── time line ──
//! ```
//!
//! Where a picture shows no such thing (errors, no axes) or more than one, nothing is said about it.

use std::fmt;
use std::fs;
use std::io::Cursor;
use std::path::Path;

use anyhow::Context;

/// Least width and height of a canvas, in pixels.
const SIDE_MIN: usize = 64;
/// Opacity of the line between canvas and time axis, of 255.
const TIME_LINE_ALPHA: i32 = 40;

/// What a comparison says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PictureVerdict {
    /// Size and rectangle are equal.
    Same,
    /// Width and height in pixels differ.
    Size {
        /// As recorded.
        expected: (u32, u32),
        /// Ours.
        got: (u32, u32),
    },
    /// The rectangle of the plot differs.
    Rectangle {
        /// As recorded.
        expected: Rectangle,
        /// Ours; `None` where ours shows none.
        got: Option<Rectangle>,
    },
    /// The size is equal; the recorded picture does not show where the plot is.
    Unconfirmed(Unclear),
}

/// A canvas, in pixels of the picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rectangle {
    /// First column.
    pub left: usize,
    /// First row.
    pub top: usize,
    /// Column after the last.
    pub right: usize,
    /// Row after the last.
    pub bottom: usize,
}

/// Why a picture does not show its plot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Unclear {
    /// There is no recorded picture to look at.
    NotRecorded,
    /// No rectangle has the surroundings of a canvas.
    None,
    /// More than one has.
    Several,
}

impl fmt::Display for Unclear {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotRecorded => "no picture recorded",
            Self::None => "no plot found",
            Self::Several => "more than one plot found",
        })
    }
}

impl fmt::Display for Rectangle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            left,
            top,
            right,
            bottom,
        } = self;
        write!(f, "columns {left}..{right}, rows {top}..{bottom}")
    }
}

/// Compares our picture with a recorded one, of which at least width and height are known.
///
/// # Errors
/// When one of the two is no PNG.
pub fn compare(
    ours: &[u8],
    recorded: Option<&Path>,
    size: (u32, u32),
) -> anyhow::Result<PictureVerdict> {
    let ours = Picture::decode(ours).context("our picture")?;
    let got = ours.size()?;
    if size != got {
        return Ok(PictureVerdict::Size {
            expected: size,
            got,
        });
    }
    let Some(path) = recorded else {
        return Ok(PictureVerdict::Unconfirmed(Unclear::NotRecorded));
    };
    let bytes = fs::read(path).with_context(|| format!("read {}", path.display()))?;
    let recorded = Picture::decode(&bytes).with_context(|| path.display().to_string())?;
    Ok(match recorded.plot() {
        Err(unclear) => PictureVerdict::Unconfirmed(unclear),
        Ok(expected) => match ours.plot() {
            Ok(got) if got == expected => PictureVerdict::Same,
            got => PictureVerdict::Rectangle {
                expected,
                got: got.ok(),
            },
        },
    })
}

/// The rectangle of the plot of a PNG.
///
/// # Errors
/// When it is no PNG; the inner result says why a picture shows no plot.
pub fn plot_of(png: &[u8]) -> anyhow::Result<Result<Rectangle, Unclear>> {
    Ok(Picture::decode(png)?.plot())
}

/// Red, green, blue.
pub(crate) type Color = [u8; 3];

/// Pixels without their opacity.
pub(crate) struct Picture {
    pub(crate) width: usize,
    pub(crate) height: usize,
    pixels: Vec<Color>,
}

impl Picture {
    /// Reads a PNG.
    ///
    /// # Errors
    /// When it is none.
    pub(crate) fn decode(bytes: &[u8]) -> anyhow::Result<Self> {
        let mut decoder = png::Decoder::new(Cursor::new(bytes));
        decoder.set_transformations(
            png::Transformations::normalize_to_color8() | png::Transformations::ALPHA,
        );
        let mut reader = decoder.read_info()?;
        let size = reader
            .output_buffer_size()
            .context("a picture that fits in memory")?;
        let mut buffer = vec![0; size];
        let info = reader.next_frame(&mut buffer)?;
        let samples = info.color_type.samples();
        let color = |pixel: &[u8]| match *pixel {
            [red, green, blue, _] => [red, green, blue],
            [gray, ..] => [gray; 3],
            [] => [0; 3],
        };
        Ok(Self {
            width: usize::try_from(info.width)?,
            height: usize::try_from(info.height)?,
            pixels: buffer[..info.buffer_size()]
                .chunks(samples)
                .map(color)
                .collect(),
        })
    }

    fn size(&self) -> anyhow::Result<(u32, u32)> {
        Ok((u32::try_from(self.width)?, u32::try_from(self.height)?))
    }

    pub(crate) fn at(&self, x: usize, y: usize) -> Color {
        self.pixels[y * self.width + x]
    }

    /// The color around everything: that of the row above the plot and of the corners.
    fn background(&self) -> Color {
        self.at(self.width - 1, 0)
    }

    /// The only rectangle that has the surroundings of a canvas.
    fn plot(&self) -> Result<Rectangle, Unclear> {
        let mut found = Vec::new();
        for column in 1..self.width.saturating_sub(1) {
            for (top, bottom) in self.axis_lines(column) {
                let left = column + 1;
                let right = self.right_edge(column, top, bottom);
                found.extend(right.map(|right| Rectangle {
                    left,
                    top,
                    right,
                    bottom,
                }));
            }
        }
        match found[..] {
            [only] => Ok(only),
            [] => Err(Unclear::None),
            _ => Err(Unclear::Several),
        }
    }

    /// Runs of rows where a column may be the line of the left axis: one color, the background
    /// (but for ticks) to its left, a canvas to its right, the time line below.
    fn axis_lines(&self, column: usize) -> Vec<(usize, usize)> {
        let background = self.background();
        let mut lines = Vec::new();
        let mut top = 0;
        while top < self.height {
            let color = self.at(column, top);
            let run = (top..self.height).take_while(|&row| self.at(column, row) == color);
            let bottom = top + run.count();
            let rows = top..bottom;
            if color != background
                && bottom - top >= SIDE_MIN
                && bottom < self.height
                && rows
                    .clone()
                    .all(|row| self.at(column + 1, row) != background)
                && self.is_mostly_background(column - 1, top, bottom)
                && self.is_time_line(self.at(column + 1, bottom))
            {
                lines.push((top, bottom));
            }
            top = bottom;
        }
        lines
    }

    /// Whether at least half of the rows of a column are background.
    fn is_mostly_background(&self, column: usize, top: usize, bottom: usize) -> bool {
        let background = self.background();
        let empty = (top..bottom).filter(|&row| self.at(column, row) == background);
        empty.count() * 2 >= bottom - top
    }

    /// Whether a color is that of the time line, black on light or white on dark, or of a tick on it.
    fn is_time_line(&self, color: Color) -> bool {
        let background = self.background();
        let is_dark = background.iter().all(|&channel| channel < 128);
        let line = if is_dark { 255 } else { 0 };
        let mixed = |channel: u8| {
            let under = i32::from(channel);
            under + (line - under) * TIME_LINE_ALPHA / 255
        };
        let is_near = |(over, under): (&u8, &u8)| (i32::from(*over) - mixed(*under)).abs() <= 2;
        color.iter().zip(&background).all(is_near)
            || color.iter().all(|&channel| i32::from(channel) == line)
    }

    /// The column after a canvas that begins after the column `axis`: the last one of the time line,
    /// which is one longer than the canvas.
    fn right_edge(&self, axis: usize, top: usize, bottom: usize) -> Option<usize> {
        let background = self.background();
        let line = (axis + 1..self.width).take_while(|&x| self.at(x, bottom) != background);
        let right = axis + line.count();
        let is_canvas = right > axis + SIDE_MIN
            && right + 1 < self.width
            && (top..bottom).all(|row| self.at(right - 1, row) != background)
            && self.is_beyond(right, top, bottom);
        is_canvas.then_some(right)
    }

    /// Whether a column may be the first after a canvas: background, or the line of another axis,
    /// which one color fills but for ticks and grid lines.
    fn is_beyond(&self, column: usize, top: usize, bottom: usize) -> bool {
        let background = self.background();
        let mut colors: Vec<Color> = (top..bottom).map(|row| self.at(column, row)).collect();
        colors.sort_unstable();
        let longest = colors
            .chunk_by(|a, b| a == b)
            .max_by_key(|chunk| chunk.len());
        let Some(longest) = longest else {
            return false;
        };
        if longest[0] == background {
            return longest.len() == colors.len();
        }
        longest.len() * 4 >= colors.len() * 3
            && colors.binary_search(&background).is_err()
            && self.is_mostly_background(column + 1, top, bottom)
    }
}

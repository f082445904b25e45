//! The picture that says what went wrong, for browsers that only show pictures.

use super::{Scene, Shape, Text, Turn};
use crate::color::Color;
use crate::png::ErrorKind;
use crate::text::{PADDING, TextSize, wrap};

impl Scene {
    /// A message on a coloured ground.
    pub(crate) fn of_error(width: u32, height: u32, kind: ErrorKind, message: &str) -> Self {
        let (background, color, head) = match kind {
            ErrorKind::User => (Color::from_argb(0xFFFF_CF00), Color::BLACK, "USER ERROR: "),
            ErrorKind::System => (
                Color::from_argb(0xFFF8_2000),
                Color::WHITE,
                "SYSTEM ERROR: ",
            ),
        };
        let size = (width.clamp(1, 2000), height.clamp(1, 1000));
        let room = i32::try_from(size.0).unwrap_or(2000);
        let rows_max = usize::try_from(size.1 / 16 + 2).unwrap_or(64);
        let text: String = head.chars().chain(message.chars()).take(TEXT_MAX).collect();
        let shapes = wrap(&text, room, TextSize::Error)
            .into_iter()
            .take(rows_max)
            .enumerate()
            .map(|(index, line)| {
                Shape::Text(Text {
                    pen: (f64::from(PADDING), TextSize::Error.baseline(index)),
                    text: line,
                    size: TextSize::Error,
                    is_bold: false,
                    color,
                    turn: Turn::None,
                })
            })
            .collect();
        Self {
            size,
            zoom: 1.0,
            background,
            shapes,
            lines: Vec::new(),
        }
    }
}

/// Characters of a message that are shown at most: the largest picture holds no more.
const TEXT_MAX: usize = 16_000;

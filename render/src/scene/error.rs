//! The picture that says what went wrong, for browsers that only show pictures.
//!
//! ```text
//!   ┃ This graph cannot be drawn
//!   ┃ unknown word ':smu'                       bold
//!   ┃ ┌──────────────────────┐
//!   ┃ │ name,sps,:eq,:smu    │                  the wrong part on a ground of its own
//!   ┃ │              ^^^^    │
//!   ┃ └──────────────────────┘
//!   ┃ did you mean :sum?
//! ```
//!
//! Takes the size, and lines from whoever knows what is wrong, who is told how many cells a row has.
//! The largest text with which everything fits is taken; where nothing does, the last row says how
//! many lines are missing.

use super::{Scene, Shape, Text, Turn};
use crate::color::Color;
use crate::graph::{GraphStyle, Theme};
use crate::text::{self, TextSize, cells, visible};
use crate::theme::ThemeColors;

/// Whose fault an error picture shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// The request is wrong: an amber bar.
    User,
    /// The server failed: a red bar.
    System,
}

/// What a line of an error picture is there for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorRole {
    /// What is wrong.
    Title,
    /// A row of the program.
    Program,
    /// Marks under the row before it: blanks and `^`.
    Caret,
    /// What to do.
    Advice,
    /// What else is known.
    Note,
}

/// Lines for rows of so many cells, the most useful first. Those of the program stand together; `true`
/// asks for only the row of it that is wrong.
pub type ErrorLines<'a> = dyn Fn(usize, bool) -> Vec<(ErrorRole, String)> + 'a;

/// An error picture of at most 2000 by 1000 pixels.
#[expect(missing_debug_implementations, reason = "holds a function")]
pub struct ErrorPicture<'a> {
    /// Width in pixels; at least 1.
    pub width: u32,
    /// Height in pixels; at least 1.
    pub height: u32,
    /// Whose fault it is.
    pub kind: ErrorKind,
    /// Light or dark.
    pub theme: Theme,
    /// Whose surfaces it has.
    pub style: GraphStyle,
    /// Its text.
    pub lines: &'a ErrorLines<'a>,
}

/// The characters of a text as readers see them in a picture: the bytes of each, and its cells.
pub fn cluster_sizes(text: &str) -> Vec<(usize, usize)> {
    text::cluster_sizes(text)
}

/// From the most readable to the smallest.
const SIZES: [TextSize; 3] = [TextSize::Error, TextSize::Normal, TextSize::Small];
const HEADING: &str = "This graph cannot be drawn";
/// The bar at the left.
const BAR: i32 = 4;
/// Free pixels around a text and within the ground of the program.
const MARGIN: i32 = 8;

impl Scene {
    /// Lays out an error.
    pub(crate) fn of_error(picture: &ErrorPicture<'_>) -> Self {
        let size = (picture.width.clamp(1, 2000), picture.height.clamp(1, 1000));
        let pixels = |length: u32| i32::try_from(length).unwrap_or(2000);
        let (width, height) = (pixels(size.0), pixels(size.1));
        let colors = ThemeColors::of(picture.theme, picture.style);
        let background = colors.background;
        let pages = SIZES.map(|text| (text, false)).into_iter();
        let mut page = None;
        for (text, is_short) in pages.chain([(TextSize::Small, true)]) {
            let next = Page::new(picture, (text, is_short), width);
            let fits = next.height() <= height;
            page = Some(next);
            if fits {
                break;
            }
        }
        let mut page = page.expect("there is a size");
        page.cut((width, height));
        let bar = match picture.kind {
            ErrorKind::User => Color::from_argb(0xFFE8_9B00),
            ErrorKind::System => Color::from_argb(0xFFD4_2A1A),
        };
        let mut painter = ErrorPainter {
            page: &page,
            colors,
            width,
            shapes: Vec::new(),
        };
        painter.rect((0, 0), (BAR.min(width), height), bar);
        painter.rows();
        Self {
            size,
            zoom: 1.0,
            background,
            shapes: painter.shapes,
            lines: Vec::new(),
        }
    }
}

/// Lines in one size.
struct Page {
    text: TextSize,
    /// At most [`LINES_MAX`].
    lines: Vec<(Role, String)>,
    /// How many there would be.
    total: usize,
}

/// More lines than the highest picture has rows.
const LINES_MAX: usize = 80;

/// A line of the picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    /// Ours: the heading, and how much is missing.
    Own,
    Given(ErrorRole),
}

impl Page {
    fn new(picture: &ErrorPicture<'_>, (text, is_short): (TextSize, bool), width: i32) -> Self {
        let cell = text.cell_width();
        let room = (width - BAR - 4 * MARGIN) / cell;
        let columns = usize::try_from(room.max(1)).unwrap_or(1);
        // A heading that needs several rows says less than what would stand there.
        let heading = Some((Role::Own, HEADING.to_owned()));
        let heading = heading.filter(|_| cells(HEADING) <= room && !is_short);
        let given = (picture.lines)(columns, is_short).into_iter();
        let given = given.map(|(role, line)| (Role::Given(role), visible(&line).into_owned()));
        let mut lines: Vec<(Role, String)> = heading.into_iter().chain(given).collect();
        let total = lines.len();
        lines.truncate(LINES_MAX);
        Self { text, lines, total }
    }

    /// The row of a line below the top, in pixels, where all lines are drawn.
    fn top_of(&self, index: usize) -> i32 {
        let line_height = self.text.line_height();
        let mut top = MARGIN / 2;
        for at in 0..index {
            top += line_height + self.gap_after(at);
        }
        top
    }

    /// Free pixels between a line and the next: around the program there is some ground.
    fn gap_after(&self, index: usize) -> i32 {
        let (role, _) = self.lines[index];
        let next = self.lines.get(index + 1).map(|(role, _)| *role);
        let is_program = |role| matches!(role, Role::Given(ErrorRole::Program | ErrorRole::Caret));
        match (is_program(role), next.is_some_and(is_program)) {
            (false, true) | (true, false) => MARGIN,
            (false, false) | (true, true) => 0,
        }
    }

    fn height(&self) -> i32 {
        self.top_of(self.lines.len()) + MARGIN / 2
    }

    /// Takes away lines that do not fit, and says how many.
    fn cut(&mut self, (width, height): (i32, i32)) {
        if self.height() <= height {
            return;
        }
        while self.lines.len() > 1 && self.height() > height - self.text.line_height() {
            self.lines.pop();
        }
        let missing = self.total - self.lines.len();
        if missing > 0 && self.height() + self.text.line_height() <= height {
            let room = (width - BAR - 2 * MARGIN) / self.text.cell_width();
            let texts = [
                format!("... {missing} more, see format=json"),
                format!("... {missing} more"),
            ];
            let fitting = texts.into_iter().find(|text| cells(text) <= room);
            let more = fitting.unwrap_or_else(|| "...".to_owned());
            self.lines.push((Role::Own, more));
        }
    }
}

struct ErrorPainter<'p> {
    page: &'p Page,
    colors: ThemeColors,
    width: i32,
    shapes: Vec<Shape>,
}

impl ErrorPainter<'_> {
    fn rect(&mut self, (left, top): (i32, i32), (right, bottom): (i32, i32), color: Color) {
        self.shapes
            .extend(Shape::rect((left, top), (right, bottom), color));
    }

    fn rows(&mut self) {
        self.ground();
        for (index, (role, line)) in self.page.lines.iter().enumerate() {
            self.wrong_part(index);
            let color = match role {
                Role::Given(ErrorRole::Caret) => self.colors.alert_text,
                Role::Given(ErrorRole::Note) | Role::Own => self.colors.faint_text,
                Role::Given(ErrorRole::Title | ErrorRole::Program | ErrorRole::Advice) => {
                    self.colors.text
                }
            };
            let is_bold = matches!(role, Role::Given(ErrorRole::Title));
            let top = self.page.top_of(index);
            let left = self.left_of(*role);
            let tokens = match role {
                Role::Given(ErrorRole::Program) => text::tokens(line),
                Role::Given(_) | Role::Own => vec![(0, line.as_str())],
            };
            for (before, token) in tokens {
                let text = Text {
                    pen: (
                        f64::from(left + before * self.page.text.cell_width()),
                        f64::from(top) + self.page.text.ascent(),
                    ),
                    text: token.to_owned(),
                    size: self.page.text,
                    is_bold,
                    color,
                    turn: Turn::None,
                };
                self.shapes.push(Shape::Text(Box::new(text)));
            }
        }
    }

    fn left_of(&self, role: Role) -> i32 {
        match role {
            Role::Given(ErrorRole::Program | ErrorRole::Caret) => BAR + 2 * MARGIN,
            Role::Given(_) | Role::Own => BAR + MARGIN,
        }
    }

    /// The ground of the program.
    fn ground(&mut self) {
        let page = self.page;
        let is_program =
            |role: &Role| matches!(role, Role::Given(ErrorRole::Program | ErrorRole::Caret));
        let first = page.lines.iter().position(|(role, _)| is_program(role));
        let last = page.lines.iter().rposition(|(role, _)| is_program(role));
        if let (Some(first), Some(last)) = (first, last) {
            let top = page.top_of(first) - MARGIN / 2;
            let bottom = page.top_of(last) + page.text.line_height() + MARGIN / 2;
            let color = self.colors.canvas;
            self.rect((BAR + MARGIN, top), (self.width - MARGIN, bottom), color);
        }
    }

    /// The ground of the part of a row that the next row marks.
    fn wrong_part(&mut self, index: usize) {
        let page = self.page;
        let Some((Role::Given(ErrorRole::Caret), marks)) = page.lines.get(index + 1) else {
            return;
        };
        let cell = page.text.cell_width();
        let blanks = marks.bytes().take_while(|&byte| byte == b' ').count();
        let pixels = |count: usize| i32::try_from(count).unwrap_or(0).saturating_mul(cell);
        let left = self.left_of(Role::Given(ErrorRole::Program)) + pixels(blanks);
        let right = left + pixels(marks.len() - blanks);
        let top = page.top_of(index);
        let color = self.colors.alert_text.with_alpha(48);
        self.rect((left, top), (right, top + page.text.line_height()), color);
    }
}

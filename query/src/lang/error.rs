//! What is wrong with a program, and where.
//!
//! `class` and `text` are the reference's own message in two parts; everything under `help` is for
//! people: the stack before the word, what it could have taken, the nearest word, a hint.

use std::fmt;

use super::token::Span;

/// A program that cannot be run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LangError {
    /// The kind of fault, as the reference names it.
    pub class: ErrorClass,
    /// The reference's text, without the class.
    pub text: String,
    /// Bytes of the source the fault is about.
    pub span: Span,
    /// What helps to mend it.
    pub help: Box<Help>,
}

/// What helps a person to mend a program.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Help {
    /// The word that failed, without its colon.
    pub word: Option<String>,
    /// The stack before it, the top last.
    pub stack: Vec<String>,
    /// Signatures of what the word accepts; of an unknown word, the words spelled almost alike that
    /// take this stack, each with its signature.
    pub expected: Vec<String>,
    /// A known word spelled almost alike, without its colon.
    pub nearest: Option<String>,
    /// One line on what was probably meant.
    pub hint: Option<String>,
}

/// The kind of fault. The reference answers most with status 400, `NoSuchElement` with 404, and
/// `IndexOutOfBounds` and `Match` with 500.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ErrorClass {
    /// A value that is not allowed.
    IllegalArgument,
    /// A program that cannot be run at all.
    IllegalState,
    /// Digits that are no number.
    NumberFormat,
    /// A name without a value.
    NoSuchElement,
    /// A position beyond the stack.
    IndexOutOfBounds,
    /// A case the reference does not know.
    Match,
    /// A time zone that makes no sense.
    DateTime,
    /// A time zone that does not exist.
    ZoneRules,
}

impl ErrorClass {
    /// The name the reference puts before the text.
    pub fn name(self) -> &'static str {
        match self {
            Self::IllegalArgument => "IllegalArgumentException",
            Self::IllegalState => "IllegalStateException",
            Self::NumberFormat => "NumberFormatException",
            Self::NoSuchElement => "NoSuchElementException",
            Self::IndexOutOfBounds => "IndexOutOfBoundsException",
            Self::Match => "MatchError",
            Self::DateTime => "DateTimeException",
            Self::ZoneRules => "ZoneRulesException",
        }
    }
}

impl LangError {
    /// The message as the reference sends it: class, colon, text.
    pub fn message(&self) -> String {
        self.to_string()
    }
}

impl fmt::Display for LangError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.class.name(), self.text)
    }
}

impl std::error::Error for LangError {}

/// A fault inside a word, before its place in the source is known.
#[derive(Debug)]
pub(crate) struct Fault {
    pub(crate) class: ErrorClass,
    pub(crate) text: String,
    pub(crate) help: Box<Help>,
}

impl Fault {
    pub(crate) fn new(class: ErrorClass, text: impl Into<String>) -> Self {
        Self {
            class,
            text: text.into(),
            help: Box::default(),
        }
    }

    pub(crate) fn argument(text: impl Into<String>) -> Self {
        Self::new(ErrorClass::IllegalArgument, text)
    }

    pub(crate) fn state(text: impl Into<String>) -> Self {
        Self::new(ErrorClass::IllegalState, text)
    }

    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.help.hint = Some(hint.into());
        self
    }

    /// The fault at its place.
    pub(crate) fn at(self, span: Span) -> LangError {
        LangError {
            class: self.class,
            text: self.text,
            span,
            help: self.help,
        }
    }
}

/// Draws the fault under the line of the source it is in, for a terminal.
///
/// ```text
///   name,sps,:eq,:smu
///                ^^^^ unknown word ':smu'
///   did you mean :sum?
/// ```
pub fn render_caret(error: &LangError, source: &str) -> String {
    let start = floor_boundary(source, error.span.start);
    let end = floor_boundary(source, error.span.end).max(start);
    let line_start = source[..start].rfind('\n').map_or(0, |index| index + 1);
    let line_end = source[start..]
        .find('\n')
        .map_or(source.len(), |index| start + index);
    let mut before = source[line_start..start].chars().count();
    let mut width = source[start..end.min(line_end)].chars().count().max(1);
    let mut line = source[line_start..line_end].to_owned();
    if line.chars().count() > LINE_CHARS {
        let from = before.saturating_sub(LINE_CHARS / 2);
        line = line.chars().skip(from).take(LINE_CHARS).collect();
        before -= from;
        width = width.min(LINE_CHARS - before);
    }
    let line = line.replace(|c: char| c.is_control(), " ");
    let mut lines = error.text.lines();
    let text = lines.next().unwrap_or_default();
    // Stack and signatures have lines of their own below.
    let text = match error.help.expected.is_empty() {
        true => text,
        false => text.split(" with stack ").next().unwrap_or(text),
    };
    let mut drawing = format!(
        "  {line}\n  {}{} {text}\n",
        " ".repeat(before),
        "^".repeat(width)
    );
    for more in lines {
        drawing.push_str(&format!("  {more}\n"));
    }
    let help = &error.help;
    if !help.stack.is_empty() {
        drawing.push_str(&format!("  stack: {}\n", help.stack.join("  |  ")));
    }
    let verb = if help.nearest.is_some() {
        "fits"
    } else {
        "takes"
    };
    for signature in &help.expected {
        drawing.push_str(&format!("  {verb}: {}\n", signature.trim()));
    }
    if let Some(nearest) = &help.nearest {
        drawing.push_str(&format!("  did you mean :{nearest}?\n"));
    }
    if let Some(hint) = &help.hint {
        drawing.push_str(&format!("  hint: {hint}\n"));
    }
    drawing
}

/// Characters of a long line that are shown around the fault.
const LINE_CHARS: usize = 100;

/// The largest offset not above `offset` where a character of the text starts.
fn floor_boundary(text: &str, offset: usize) -> usize {
    let mut offset = offset.min(text.len());
    while !text.is_char_boundary(offset) {
        offset -= 1;
    }
    offset
}

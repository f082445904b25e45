//! What is wrong with a program, and where.
//!
//! `class` and `text` are the reference's own message in two parts; everything under `help` is for
//! people: the stack before the word, what it could have taken, the nearest word, a hint.

use std::fmt;
use std::sync::Arc;

use super::report::{Report, plain_words};
use super::token::Span;
use crate::limit::{Exceeded, Limit};

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
    /// What is wrong in plain words, where the reference's text does not say it well.
    pub title: Option<String>,
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
    /// The limit that was reached, if the fault is about one.
    pub limit: Option<Exceeded>,
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

    /// What is wrong, in plain words.
    pub fn title(&self) -> String {
        let title = self.help.title.clone();
        title.unwrap_or_else(|| plain_words(&self.text))
    }

    /// What people read about it; `source` is the program it is in.
    pub fn report<'a>(&'a self, source: &'a str) -> Report<'a> {
        let help = &*self.help;
        Report {
            title: self.title(),
            source: Some((source, self.span.clone())),
            nearest: help.nearest.as_ref().map(|word| format!(":{word}")),
            hint: help.hint.as_deref(),
            are_others: help.nearest.is_some(),
            expected: &help.expected,
            stack: &help.stack,
        }
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
    /// The text of the operand that is wrong, where the mistake is not in the word itself.
    pub(crate) operand: Option<Arc<str>>,
}

impl Fault {
    pub(crate) fn new(class: ErrorClass, text: impl Into<String>) -> Self {
        Self {
            class,
            text: text.into(),
            help: Box::default(),
            operand: None,
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

    pub(crate) fn title(mut self, title: impl Into<String>) -> Self {
        self.help.title = Some(title.into());
        self
    }

    pub(crate) fn operand(mut self, text: &str) -> Self {
        self.operand = Some(Arc::from(text));
        self
    }

    /// The fault of a limit that was reached, with what to do about it unless that is said already.
    pub(crate) fn exceeds(mut self, limit: Limit, max: usize) -> Self {
        self.help.limit = Some(Exceeded {
            limit,
            max: u64::try_from(max).unwrap_or(u64::MAX),
        });
        self.help
            .hint
            .get_or_insert_with(|| limit.advice().to_owned());
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

/// Draws the fault for a terminal: what is wrong, the program with a mark under the mistake, and what
/// helps.
///
/// ```text
///   unknown word ':smu'
///     name,sps,:eq,:smu
///                  ^^^^
///   did you mean :sum?
/// ```
pub fn render_caret(error: &LangError, source: &str) -> String {
    error.report(source).to_text()
}

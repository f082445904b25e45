//! The stack language: text in, expressions out.
//!
//! A program is a list of tokens: strings are pushed, words (`:sum`) take values from the stack and
//! push their result. What is left on the stack is drawn. [`crate::words`] says what each word means;
//! this module reads text, runs words, keeps limits and explains faults.

pub mod escape;
pub mod hint;

mod complete;
mod error;
mod layout;
mod locate;
mod machine;
mod normal;
mod offsets;
mod promql;
mod report;
mod room;
mod slip;
mod strip;
mod token;
mod value;
mod walk;
mod weight;

#[cfg(test)]
pub(crate) mod tests;

use std::sync::Arc;

use telamon_model::Predicate;
use telamon_model::predicate::utf16_cmp;

pub use complete::complete;
pub use error::{ErrorClass, Help, LangError, render_caret};
pub use layout::{comments, layout, one_line};
pub use locate::{Place, locate, locate_text};
pub use machine::Variables;
pub use normal::normalize;
pub use offsets::spell_out_offsets;
pub use report::{Cells, PROGRAM_ROWS, Part, Report, ReportLine, plain_words};
pub use strip::{Strip, strip};
pub use token::Span;
pub use value::{List, Type, Value};
pub use walk::{StackItem, StackStep, Stacks, stacks};

pub(crate) use error::Fault;
pub(crate) use machine::Machine;
use machine::last_token;
pub(crate) use walk::{Step, walk};

use crate::expr::{Expr, QueryText, StyledExpr};
use crate::limit::Limit;
use crate::pattern::PatternLimits;
use crate::words;
use crate::words::own::OwnWords;
use room::Room;
use token::{Source, Token};

/// What a program may use.
#[derive(Clone, Debug)]
pub struct ParseOptions {
    /// The words it may use: those of this vocabulary and the ones before it.
    pub vocabulary: Vocabulary,
    /// Whether words marked unstable may be used.
    pub unstable: bool,
    /// Variables that are set at the start and after each `:freeze`.
    pub variables: Variables,
    /// How large a program may become.
    pub limits: Limits,
    /// Words that an operator defined; they belong to the vocabulary `custom`.
    pub own: OwnWords,
}

impl ParseOptions {
    /// The reference's options for a graph: every word, nothing unstable, no variables.
    pub fn reference() -> Self {
        Self {
            vocabulary: Vocabulary::Custom,
            unstable: false,
            variables: Variables::new(),
            limits: Limits::reference(),
            own: OwnWords::default(),
        }
    }

    /// The reference's options with our words as well.
    pub fn telamon() -> Self {
        Self {
            vocabulary: Vocabulary::Telamon,
            ..Self::reference()
        }
    }
}

/// How large a program may become.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Values of the live stack.
    pub stack_items: usize,
    /// Items of a list written in the program, inner parentheses included.
    pub list_items: usize,
    /// Programs within programs, the outermost included.
    pub call_depth: usize,
    /// Tokens run, those of lists and macros included; one over a large expression counts for more.
    pub steps: usize,
    /// Parts of one expression, query or list, counted as printed.
    pub expr_nodes: usize,
    /// Levels of one expression, query or list; trees are walked by recursion, so more than
    /// [`EXPR_DEPTH_CEILING`] could exhaust the stack of a thread.
    pub expr_depth: usize,
    /// Bytes of a program, and of each text that it builds.
    pub text_bytes: usize,
    /// Bytes that are told about a program: its trace, normal form and so on.
    pub listing_bytes: usize,
    /// How large a pattern may become.
    pub pattern: PatternLimits,
}

/// The most levels that may be allowed.
pub const EXPR_DEPTH_CEILING: usize = 1000;

impl Limits {
    /// Refuses a text that is too long.
    pub(crate) fn check_text(&self, bytes: usize) -> Result<(), Fault> {
        if bytes <= self.text_bytes {
            return Ok(());
        }
        let fault = Fault::state(format!("text is too long: {bytes} bytes"));
        Err(fault.exceeds(Limit::Text, self.text_bytes))
    }

    /// The reference's limits of stack, list and depth, with our own where it has none.
    pub fn reference() -> Self {
        Self {
            stack_items: 1024,
            list_items: 1024,
            call_depth: 10,
            steps: 200_000,
            expr_nodes: 20_000,
            expr_depth: EXPR_DEPTH_CEILING,
            text_bytes: 256 << 10,
            listing_bytes: 16 << 20,
            pattern: PatternLimits::STANDARD,
        }
    }
}

/// Groups of words; each vocabulary includes the ones before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Vocabulary {
    /// Stack, lists, variables.
    Std,
    /// Which series.
    Query,
    /// How series become lines.
    Data,
    /// Arithmetic and aggregates of lines.
    Math,
    /// Operators with memory.
    Stateful,
    /// Choice of lines.
    Filter,
    /// Presentation.
    Style,
    /// Words an operator may define.
    Custom,
    /// Words the reference does not have.
    Telamon,
}

impl Vocabulary {
    /// All of them, in order.
    pub const ALL: [Self; 9] = [
        Self::Std,
        Self::Query,
        Self::Data,
        Self::Math,
        Self::Stateful,
        Self::Filter,
        Self::Style,
        Self::Custom,
        Self::Telamon,
    ];

    /// The name in URLs and documents.
    pub fn name(self) -> &'static str {
        match self {
            Self::Std => "std",
            Self::Query => "query",
            Self::Data => "data",
            Self::Math => "math",
            Self::Stateful => "stateful",
            Self::Filter => "filter",
            Self::Style => "style",
            Self::Custom => "custom",
            Self::Telamon => "telamon",
        }
    }

    /// The vocabulary of a name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.name() == name)
    }
}

/// The machine before one step of a program, as text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TraceStep {
    /// Tokens still to run, as written.
    pub program: Vec<String>,
    /// Values, the top first.
    pub stack: Vec<String>,
    /// Variables in order of their names.
    pub variables: Vec<(String, String)>,
}

impl TraceStep {
    /// Bytes of its texts.
    fn bytes(&self) -> usize {
        let texts = self.program.iter().chain(&self.stack).map(String::len);
        let variables = self.variables.iter();
        texts
            .chain(variables.map(|(name, value)| name.len() + value.len()))
            .sum()
    }
}

/// Reads a program that leaves expressions, in the order they are drawn: the bottom of the stack
/// first. An expression with a list of offsets is given once for each.
///
/// # Errors
/// When the program cannot be run, or leaves something that is no expression.
pub fn parse(text: &str, options: &ParseOptions) -> Result<Vec<StyledExpr>, LangError> {
    let values = run(text, options)?;
    let mut exprs = Vec::with_capacity(values.len());
    for value in &values {
        let Some(styled) = value.to_styled() else {
            return Err(not_an_expression(text, value, &values));
        };
        offsets::shifted(styled, &mut exprs).map_err(|fault| at_operand(text, fault))?;
    }
    Ok(exprs)
}

/// Reads a program that leaves exactly one query.
///
/// # Errors
/// When the program cannot be run, or leaves something else.
pub fn parse_query(text: &str, options: &ParseOptions) -> Result<Arc<Predicate>, LangError> {
    let values = run(text, options)?;
    match values.as_slice() {
        [Value::Query(query)] => Ok(Arc::clone(query)),
        _ => Err(hint::not_one_query(&values).at(0..text.len())),
    }
}

/// Runs a program and gives what is left: frozen values first, the top last.
///
/// # Errors
/// When the program cannot be run.
pub fn run(text: &str, options: &ParseOptions) -> Result<Vec<Value>, LangError> {
    let source = source_of(text, options)?;
    let mut machine = Machine::new(options);
    let ran = machine.run_source(&source.tokens(), &mut |_, _| {});
    ran.map_err(|error| hint::in_other_language(text, error))?;
    Ok(machine.into_values())
}

/// Runs a program and gives the machine before each step and at the end. What is left must be
/// expressions, unless only words of the stack or of queries are allowed.
///
/// # Errors
/// When the program cannot be run, or leaves something else.
pub fn trace(text: &str, options: &ParseOptions) -> Result<Vec<TraceStep>, LangError> {
    let source = source_of(text, options)?;
    let tokens = source.tokens();
    let mut machine = Machine::new(options);
    let mut steps = Vec::with_capacity(tokens.len() + 1);
    let mut room = Room::of(options);
    let ran = machine.run_source(&tokens, &mut |machine, done| {
        if room.is_left() {
            let step = step_text(machine, &tokens[done..], false);
            room.take(step.bytes());
            steps.push(step);
        }
    });
    ran.map_err(|error| hint::in_other_language(text, error))?;
    if room.is_left() {
        let end = step_text(&machine, &[], true);
        room.take(end.bytes());
        steps.push(end);
    }
    room.check().map_err(|fault| fault.at(0..text.len()))?;
    let values = machine.into_values();
    let whole = 0..text.len();
    match options.vocabulary {
        Vocabulary::Std => Ok(steps),
        Vocabulary::Query if values.len() == 1 => Ok(steps),
        Vocabulary::Query => Err(hint::not_one_query(&values).at(whole)),
        _ => match values.iter().rev().find(|value| !value.fits(Type::Styled)) {
            Some(value) => {
                let mut error = not_an_expression(text, value, &values);
                error.text = format!("expected an expression, found [{}]", value.class());
                Err(error)
            }
            None if values.is_empty() => {
                Err(Fault::argument("expected an expression, stack is empty")
                    .title("there is nothing to draw")
                    .hint("an expression is missing, such as name,sps,:eq,:sum")
                    .at(whole))
            }
            None => Ok(steps),
        },
    }
}

/// The distinct queries of all data that the expressions of a program read, as text and in order.
/// What is no expression is left out.
///
/// # Errors
/// When the program cannot be run.
pub fn queries(text: &str, options: &ParseOptions) -> Result<Vec<String>, LangError> {
    let values = run(text, options)?;
    let mut room = Room::of(options);
    let mut queries = Vec::new();
    for styled in styled_of(&values) {
        for data in styled.expr.data_exprs() {
            let query = QueryText(data.query()).to_string();
            room.take(query.len());
            room.check().map_err(|fault| fault.at(0..text.len()))?;
            queries.push(query);
        }
    }
    queries.sort_by(|a, b| utf16_cmp(a, b));
    queries.dedup();
    Ok(queries)
}

/// Adds a query to every query of an expression, as `:cq` does: the `cq` parameter of a request.
///
/// # Errors
/// When a word inside refuses the changed expression.
pub fn restrict(styled: &StyledExpr, query: &Arc<Predicate>) -> Result<StyledExpr, LangError> {
    let value = Value::Styled(Arc::new(styled.clone()));
    let restricted = words::and_query(&value, query).map_err(|fault| fault.at(0..0))?;
    Ok(restricted.to_styled().unwrap_or_else(|| styled.clone()))
}

/// The values that are expressions or can be taken for one.
fn styled_of(values: &[Value]) -> impl DoubleEndedIterator<Item = StyledExpr> {
    values.iter().filter_map(Value::to_styled)
}

fn step_text(machine: &Machine<'_>, left: &[Token<'_>], at_end: bool) -> TraceStep {
    let mut stack: Vec<String> = machine.top_first().map(traced).collect();
    if at_end {
        stack.extend(machine.frozen_top_first().map(traced));
    }
    TraceStep {
        program: left.iter().map(|token| token.text.to_owned()).collect(),
        stack,
        variables: machine
            .variables
            .iter()
            .map(|(name, value)| (name.to_string(), traced(value)))
            .collect(),
    }
}

/// The text of a value in a trace. Data that stands alone is shown without its own offset, as the
/// reference does; inside an expression, or with settings, it has it.
fn traced(value: &Value) -> String {
    match value {
        Value::Expr(expr) => {
            let text = expr.to_string();
            let own_offset = match &**expr {
                Expr::Data(data) => offsets::suffix(data.offset_ms()),
                _ => String::new(),
            };
            text.strip_suffix(&own_offset).unwrap_or(&text).to_owned()
        }
        Value::List(list) => {
            let items: Vec<String> = list.items().iter().map(traced).collect();
            format!("List({})", items.join(", "))
        }
        _ => value.to_string(),
    }
}

/// The text of a program of allowed length without comments.
fn source_of<'t>(text: &'t str, options: &ParseOptions) -> Result<Source<'t>, LangError> {
    let max = options.limits.text_bytes;
    if text.len() > max {
        let fault = Fault::state(format!("program is too long: {} bytes", text.len()));
        return Err(fault.exceeds(Limit::Text, max).at(0..text.len()));
    }
    without_comments(text)
}

fn without_comments(text: &str) -> Result<Source<'_>, LangError> {
    Source::new(text).map_err(|unclosed| {
        Fault::state("unclosed comment")
            .title("a comment has only one end")
            .hint("comments stand between `/*` and `*/`; in a value write the slash as \\u002f")
            .at(unclosed.span)
    })
}

/// The error for one of the values left on the stack, which cannot be drawn, at the last token that
/// spells it.
fn not_an_expression(text: &str, value: &Value, values: &[Value]) -> LangError {
    let class = match value {
        Value::List(list) if list.items().is_empty() => "Nil$",
        Value::List(_) => "$colon$colon",
        _ => value.class(),
    };
    let fault = Fault::argument(format!(
        "expecting time series expr, found {class} '{value}'"
    ));
    hint::in_other_language(text, at_operand(text, hint::leftover(fault, value, values)))
}

/// The fault at the last token that spells its operand, or over the whole program.
fn at_operand(text: &str, fault: Fault) -> LangError {
    let mut span = 0..text.len();
    if let (Some(operand), Ok(source)) = (&fault.operand, Source::new(text)) {
        span = last_token(&source.tokens(), operand, text.len()).unwrap_or(span);
    }
    fault.at(span)
}

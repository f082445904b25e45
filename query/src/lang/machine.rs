//! The interpreter: runs tokens and lists over a stack.
//!
//! ```text
//!   tokens ──► string: decode, push      frozen   │ live      top
//!          ──► (  ): collect a list      a   b    │ c   d     e
//!          ──► :word: first overload that fits the top of the live stack
//! ```
//!
//! It decides nothing about what words mean; that is the word table's business.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::error::{ErrorClass, Fault, LangError};
use super::token::{Span, Token};
use super::value::{List, Type, Value};
use super::{Limits, ParseOptions, Vocabulary, escape, hint, weight};
use crate::expr::{CustomAverage, Expr, is_line_style};
use crate::limit::Limit;
use crate::words::{self, Args, Body, Stability, Word};

/// Variables by name; there are no scopes.
pub type Variables = BTreeMap<Arc<str>, Value>;

/// The state of a running program.
#[derive(Debug)]
pub(crate) struct Machine<'o> {
    options: &'o ParseOptions,
    pub(crate) stack: Vec<Value>,
    frozen: Vec<Value>,
    pub(crate) variables: Variables,
    depth: usize,
    /// Tokens run, and work that costs as much.
    steps: usize,
    /// The expression that was weighed last, and its parts.
    weighed: Option<(Arc<Expr>, usize)>,
    /// The token being run, or the one whose macro is.
    span: Span,
}

/// What is run: tokens of the source, of a macro, or the values of a list.
#[derive(Clone, Copy)]
enum Program<'p> {
    Source(&'p [Token<'p>]),
    Macro(&'p [Token<'p>]),
    List(&'p List),
}

enum Item<'p> {
    Raw(&'p str),
    Value(&'p Value),
}

impl<'p> Program<'p> {
    fn len(self) -> usize {
        match self {
            Self::Source(tokens) | Self::Macro(tokens) => tokens.len(),
            Self::List(list) => list.items.len(),
        }
    }

    fn item(self, index: usize) -> Item<'p> {
        match self {
            Self::Source(tokens) | Self::Macro(tokens) => Item::Raw(tokens[index].text),
            Self::List(list) => match &list.items[index] {
                Value::Text(text) => Item::Raw(text),
                value => Item::Value(value),
            },
        }
    }

    fn span(self, index: usize) -> Option<Span> {
        match self {
            Self::Source(tokens) => Some(tokens[index].span.clone()),
            Self::Macro(_) => None,
            Self::List(list) => Some(list.spans.as_ref()?[index].clone()),
        }
    }

    /// The items as a list, its strings as written.
    fn slice(self, from: usize, to: usize) -> List {
        let items = (from..to).map(|index| match self.item(index) {
            Item::Raw(text) => Value::text(text),
            Item::Value(value) => value.clone(),
        });
        List {
            items: items.collect(),
            spans: (from..to).map(|index| self.span(index)).collect(),
        }
    }
}

impl<'o> Machine<'o> {
    pub(crate) fn new(options: &'o ParseOptions) -> Self {
        Self {
            options,
            stack: Vec::with_capacity(16),
            frozen: Vec::new(),
            variables: options.variables.clone(),
            depth: 0,
            steps: 0,
            weighed: None,
            span: 0..0,
        }
    }

    /// Runs the tokens of a source; `watch` sees the machine before each step with the number of
    /// tokens already run.
    pub(crate) fn run_source(
        &mut self,
        tokens: &[Token<'_>],
        watch: &mut dyn FnMut(&Self, usize),
    ) -> Result<(), LangError> {
        let ran = self.run(Program::Source(tokens), watch);
        ran.map_err(|fault| {
            let operand = fault.operand.clone();
            let mut error = self.place(fault);
            if let Some(span) = operand.and_then(|text| last_token(tokens, &text, error.span.end)) {
                error.span = span;
            }
            error
        })
    }

    /// All values, frozen ones first, the top last.
    pub(crate) fn into_values(mut self) -> Vec<Value> {
        self.frozen.append(&mut self.stack);
        self.frozen
    }

    /// Whether a word would run on this stack. What it takes says only what kind of value fits, so it
    /// is tried on a copy.
    pub(crate) fn would_run(&self, name: &str) -> bool {
        let mut copy = Self::new(self.options);
        copy.steps = self
            .steps
            .max(self.options.limits.steps.saturating_sub(TRIAL_STEPS));
        copy.stack.clone_from(&self.stack);
        copy.variables.clone_from(&self.variables);
        copy.call_word(name).is_ok()
    }

    /// Values of the live stack, the top first.
    pub(crate) fn top_first(&self) -> impl Iterator<Item = &Value> {
        self.stack.iter().rev()
    }

    /// Frozen values, newest first.
    pub(crate) fn frozen_top_first(&self) -> impl Iterator<Item = &Value> {
        self.frozen.iter().rev()
    }

    /// Adds to a fault where it happened and what the stack was.
    pub(crate) fn place(&self, mut fault: Fault) -> LangError {
        if fault.help.stack.is_empty() {
            fault.help.stack = shown(&self.stack);
        }
        fault.at(self.span.clone())
    }

    fn run(
        &mut self,
        program: Program<'_>,
        watch: &mut dyn FnMut(&Self, usize),
    ) -> Result<(), Fault> {
        self.depth += 1;
        if self.depth > self.options.limits.call_depth {
            let max = self.options.limits.call_depth;
            return Err(Fault::state("looping detected")
                .title("a program calls itself, or programs are nested too deeply")
                .hint(format!("at most {max} programs stand within each other"))
                .exceeds(Limit::CallDepth, max));
        }
        let mut index = 0;
        while index < program.len() {
            watch(self, index);
            self.check_limits()?;
            if let Some(span) = program.span(index) {
                self.span = span;
            }
            index = self.step(program, index)?;
        }
        self.check_limits()?;
        self.depth -= 1;
        Ok(())
    }

    /// Runs the item and gives the index of the next one.
    fn step(&mut self, program: Program<'_>, index: usize) -> Result<usize, Fault> {
        match program.item(index) {
            Item::Value(value) => self.stack.push(value.clone()),
            Item::Raw("(") => {
                let end = self.list_end(program, index)?;
                let list = program.slice(index + 1, end);
                match program {
                    Program::List(_) => self.push_list(list)?,
                    // Tokens are no larger than the source.
                    Program::Source(_) | Program::Macro(_) => self.stack.push(Value::List(list)),
                }
                return Ok(end + 1);
            }
            Item::Raw(")") => {
                return Err(Fault::state("unmatched closing parenthesis")
                    .title("this closes a list that was not opened")
                    .hint("a list stands between `(` and `)`, each by itself between commas"));
            }
            Item::Raw(text) => match text.strip_prefix(':') {
                Some(name) => self.call_word(name)?,
                None => self.stack.push(Value::text(escape::decode(text))),
            },
        }
        Ok(index + 1)
    }

    /// The index of the parenthesis that closes the list opened at `open`.
    fn list_end(&self, program: Program<'_>, open: usize) -> Result<usize, Fault> {
        let mut depth = 0_usize;
        for index in open + 1..program.len() {
            match program.item(index) {
                Item::Raw(")") if depth == 0 => return Ok(index),
                Item::Raw(")") => depth -= 1,
                Item::Raw("(") => depth += 1,
                Item::Raw(_) | Item::Value(_) => {}
            }
            let limit = self.options.limits.list_items;
            if index - open > limit {
                return Err(Fault::state(format!(
                    "stack overflow: list size exceeds limit of {limit}"
                ))
                .title(format!(
                    "a list has more than {limit} items, or is not closed"
                ))
                .hint("a long choice of values is shorter as a pattern of :re")
                .exceeds(Limit::ListItems, limit));
            }
        }
        let fault = Fault::state("unmatched opening parenthesis").title("a list is not closed");
        Err(
            fault.hint(hint::unclosed_list((open + 1..program.len()).filter_map(
                |index| match program.item(index) {
                    Item::Raw(text) => Some(text),
                    Item::Value(_) => None,
                },
            ))),
        )
    }

    fn check_limits(&mut self) -> Result<(), Fault> {
        let limits = &self.options.limits;
        if self.stack.len() > limits.stack_items {
            let max = limits.stack_items;
            let text = format!("stack overflow: stack size exceeds limit of {max}");
            return Err(Fault::state(text)
                .title(format!("more than {max} values are on the stack"))
                .hint("each value should be taken by a word, or be an expression to draw")
                .exceeds(Limit::StackItems, max));
        }
        self.steps += 1;
        if self.steps > limits.steps {
            let max = limits.steps;
            let text = format!("program is too long: more than {max} steps");
            return Err(Fault::state(text)
                .hint("repeat fewer times with :each and :map, and over smaller expressions")
                .exceeds(Limit::Steps, max));
        }
        Ok(())
    }

    /// Runs the first overload of the word that fits the stack.
    pub(crate) fn call_word(&mut self, name: &str) -> Result<(), Fault> {
        let vocabulary = self.options.vocabulary;
        let own = self.options.own.named(name);
        let is_known = |word: &&Word| {
            let is_replaced = own.is_some() && word.vocabulary == Vocabulary::Custom;
            word.vocabulary <= vocabulary && !is_replaced
        };
        let shipped = words::overloads(name).iter().copied().filter(is_known);
        let mut known = shipped.chain(own.filter(|word| word.vocabulary <= vocabulary));
        let candidates = known.clone();
        let Some(word) = known.find(|word| word.matches(&self.stack)) else {
            let candidates: Vec<&Word> = candidates.collect();
            if !candidates.is_empty() {
                return Err(hint::no_match(name, &candidates, &self.stack));
            }
            if is_line_style(name) && vocabulary >= Vocabulary::Style {
                self.stack.push(Value::text(name));
                return self.call_word("ls");
            }
            let fault = hint::unknown_word(name, vocabulary, &self.stack);
            return Err(hint::or_own_word(fault, name, self.options));
        };
        if word.stability == Stability::Unstable && !self.options.unstable {
            return Err(
                Fault::state(format!("to use :{name} enable unstable features"))
                    .hint("ask with features=unstable"),
            );
        }
        self.apply(word).map_err(|mut fault| {
            fault.help.word.get_or_insert_with(|| name.to_owned());
            fault
        })
    }

    fn apply(&mut self, word: &'static Word) -> Result<(), Fault> {
        match word.body {
            Body::Stack(run) => run(self),
            Body::Macro(body) => {
                let tokens: Vec<Token<'_>> = body
                    .split(',')
                    .map(|text| Token { text, span: 0..0 })
                    .collect();
                self.run(Program::Macro(&tokens), &mut |_, _| {})
            }
            Body::Pure(compute) => self.compute(word, compute),
            Body::Average(average) => self.compute(word, |args| {
                let averaged = CustomAverage::of(average, args.query(0)?, None);
                Ok(Value::expr(averaged))
            }),
        }
    }

    /// Puts what is made of the operands of a word in their place.
    fn compute(
        &mut self,
        word: &Word,
        compute: impl Fn(&Args<'_>) -> Result<Value, Fault>,
    ) -> Result<(), Fault> {
        let first = self.stack.len() - word.params.len();
        let operands = &self.stack[first..];
        let value = compute(&Args::new(operands, &self.options.limits))?;
        let value = restyle(value, word, operands);
        // A large expression makes each step over it dear, so steps are charged by its parts.
        let parts = self.weigh(&value)?;
        self.steps += parts / PARTS_PER_STEP;
        self.stack.truncate(first);
        self.stack.push(value);
        Ok(())
    }

    /// The parts of a value that is not too large. Words that set how an expression is shown leave it
    /// as it is, so that it was often weighed just before.
    fn weigh(&mut self, value: &Value) -> Result<usize, Fault> {
        let expr = match value {
            Value::Expr(expr) => expr,
            Value::Styled(styled) => &styled.expr,
            Value::Text(_) | Value::List(_) | Value::Query(_) => {
                return weight::check(value, &self.options.limits);
            }
        };
        match &self.weighed {
            Some((known, parts)) if Arc::ptr_eq(known, expr) => Ok(*parts),
            _ => {
                let parts = weight::check(value, &self.options.limits)?;
                self.weighed = Some((Arc::clone(expr), parts));
                Ok(parts)
            }
        }
    }

    /// Runs a list as a program over the same stack and variables.
    pub(crate) fn run_list(&mut self, list: &List) -> Result<(), Fault> {
        self.run(Program::List(list), &mut |_, _| {})
    }

    /// Pushes a list that is not too large: lists in lists in lists double with every step.
    pub(crate) fn push_list(&mut self, list: List) -> Result<(), Fault> {
        let list = Value::List(list);
        self.steps += weight::check(&list, &self.options.limits)? / PARTS_PER_STEP;
        self.stack.push(list);
        Ok(())
    }

    /// What the program may use.
    pub(crate) fn limits(&self) -> &'o Limits {
        &self.options.limits
    }

    /// Takes the top of the stack, which the match of the word has seen.
    pub(crate) fn pop(&mut self) -> Result<Value, Fault> {
        self.stack.pop().ok_or_else(|| {
            Fault::new(ErrorClass::NoSuchElement, "head of empty list")
                .title("a value is missing: the stack is empty")
                .hint("what a word takes stands before it")
        })
    }

    /// Moves the live stack under everything that is pushed later, and forgets variables.
    pub(crate) fn freeze(&mut self) {
        self.frozen.append(&mut self.stack);
        self.variables.clone_from(&self.options.variables);
    }
}

/// Parts of an expression that cost as much to build and look at as a step.
const PARTS_PER_STEP: usize = 16;

/// Steps that a word may take to show whether it would run.
const TRIAL_STEPS: usize = 20_000;

/// Values of the stack an error shows.
const STACK_SHOWN: usize = 8;
/// Characters of each: programs double in length with every `:dup`.
const STACK_ITEM_CHARS_MAX: usize = 200;

/// The upper part of a stack as an error shows it, the top last.
pub(super) fn shown(stack: &[Value]) -> Vec<String> {
    let from = stack.len().saturating_sub(STACK_SHOWN);
    stack[from..].iter().map(stack_item).collect()
}

/// A value as an error shows it, lists as they are written.
fn stack_item(value: &Value) -> String {
    let mut text = match value {
        Value::List(list) => {
            let items = list.items().iter().map(|item| format!("{item},"));
            format!("(,{})", items.collect::<String>())
        }
        _ => value.to_string(),
    };
    if let Some((end, _)) = text.char_indices().nth(STACK_ITEM_CHARS_MAX) {
        text.truncate(end);
        text.push_str("...");
    }
    text
}

/// Where a text stands as a token, the last time before an end.
pub(super) fn last_token(tokens: &[Token<'_>], text: &str, end: usize) -> Option<Span> {
    let found = tokens.iter().rfind(|token| {
        token.span.end <= end && (token.text == text || escape::decode(token.text) == text)
    });
    found.map(|token| token.span.clone())
}

/// Puts the settings of the only styled operand around the result of a word that lets them pass.
fn restyle(value: Value, word: &Word, operands: &[Value]) -> Value {
    let mut styles =
        word.params
            .iter()
            .zip(operands)
            .filter_map(|(param, operand)| match operand {
                Value::Styled(styled) if *param == Type::Passing => Some(styled),
                _ => None,
            });
    match (styles.next(), styles.next(), &value) {
        (Some(style), None, Value::Expr(expr)) => {
            let mut styled = (**style).clone();
            styled.expr = Arc::clone(expr);
            Value::Styled(Arc::new(styled))
        }
        _ => value,
    }
}

//! The word table: one row per word and overload.
//!
//! A row holds all there is to know about a word: name, signature as the reference writes it, what
//! it takes from the stack, a summary, examples that run, and the implementation. Documents,
//! completion, errors and the interpreter all read these rows.

mod algebra;
mod custom;
mod data;
mod filter;
mod format;
mod math;
pub mod own;
mod predicate;
pub mod reference;
mod stack;
mod stateful;
mod style;
mod telamon;

#[cfg(test)]
mod tests;

use std::sync::{Arc, LazyLock};

use rustc_hash::FxHashMap;
use telamon_model::Predicate;

use crate::expr::{CustomAverage, Expr, Keys, StyledExpr};
use crate::lang::{Fault, Limits, Machine, Type, Value, Vocabulary};

pub(crate) use algebra::{and_query, map_queries, nameless_rewrite, without_choice};

/// One word, or one overload of it.
#[derive(Clone, Copy, Debug)]
pub struct Word {
    /// The name without the colon.
    pub name: &'static str,
    /// Stack before and after, as the reference writes it.
    pub signature: &'static str,
    /// The group the word belongs to.
    pub vocabulary: Vocabulary,
    /// What it takes, the top of the stack last.
    pub params: &'static [Type],
    /// What it does, in a sentence or two.
    pub summary: &'static str,
    /// Programs that end with the word and run; what a string stands for does not matter.
    pub examples: &'static [&'static str],
    /// Whether it may change.
    pub stability: Stability,
    /// What to use instead of a deprecated word.
    pub deprecated: Option<&'static str>,
    pub(crate) body: Body,
}

/// Whether a word may still change its meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stability {
    /// It will not.
    Stable,
    /// It may, and has to be asked for.
    Unstable,
}

/// What a word does.
#[derive(Clone, Copy)]
pub(crate) enum Body {
    /// Computes one value from its operands.
    Pure(fn(&Args<'_>) -> Result<Value, Fault>),
    /// Changes stack, variables or program.
    Stack(fn(&mut Machine<'_>) -> Result<(), Fault>),
    /// Runs a program.
    Macro(&'static str),
    /// Averages the query it takes.
    Average(&'static Arc<CustomAverage>),
}

impl std::fmt::Debug for Body {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Pure(_) => f.write_str("Pure"),
            Self::Stack(_) => f.write_str("Stack"),
            Self::Macro(body) => write!(f, "Macro({body})"),
            Self::Average(average) => write!(f, "Average({})", average.name),
        }
    }
}

impl Word {
    const fn new(
        vocabulary: Vocabulary,
        name: &'static str,
        signature: &'static str,
        params: &'static [Type],
        body: Body,
    ) -> Self {
        Self {
            name,
            signature,
            vocabulary,
            params,
            summary: "",
            examples: &[],
            stability: Stability::Stable,
            deprecated: None,
            body,
        }
    }

    const fn says(mut self, summary: &'static str, examples: &'static [&'static str]) -> Self {
        self.summary = summary;
        self.examples = examples;
        self
    }

    const fn instead(mut self, advice: &'static str) -> Self {
        self.deprecated = Some(advice);
        self
    }

    /// Whether the top of the stack can be taken for what the word takes.
    pub(crate) fn matches(&self, stack: &[Value]) -> bool {
        stack.len() >= self.params.len()
            && self
                .params
                .iter()
                .rev()
                .zip(stack.iter().rev())
                .all(|(kind, value)| value.fits(*kind))
    }

    /// The program a macro runs.
    pub fn macro_body(&self) -> Option<&'static str> {
        match self.body {
            Body::Macro(body) => Some(body),
            Body::Pure(_) | Body::Stack(_) | Body::Average(_) => None,
        }
    }
}

/// Every word in the reference's order, then ours: where names repeat, the first that fits is run.
pub fn all() -> impl Iterator<Item = &'static Word> {
    TABLE.words.iter().copied()
}

/// The overloads of a name, in order; none when the name is not known.
pub(crate) fn overloads(name: &str) -> &'static [&'static Word] {
    TABLE.overloads.get(name).map_or(&[], Vec::as_slice)
}

struct Table {
    /// In the order of vocabularies.
    words: Vec<&'static Word>,
    /// By name, in the same order.
    overloads: FxHashMap<&'static str, Vec<&'static Word>>,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    let groups = [
        stack::WORDS,
        predicate::WORDS,
        data::WORDS,
        math::WORDS,
        math::DERIVED,
        stateful::WORDS,
        filter::WORDS,
        style::WORDS,
        custom::WORDS,
        telamon::WORDS,
    ];
    let words: Vec<&'static Word> = groups.into_iter().flatten().collect();
    let mut overloads: FxHashMap<&str, Vec<&Word>> = FxHashMap::default();
    for word in &words {
        overloads.entry(word.name).or_default().push(word);
    }
    Table { words, overloads }
});

/// The operands of a word, which fit its parameters.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Args<'a> {
    values: &'a [Value],
    limits: &'a Limits,
}

impl<'a> Args<'a> {
    pub(crate) fn new(values: &'a [Value], limits: &'a Limits) -> Self {
        Self { values, limits }
    }

    /// What the program may use.
    pub(crate) fn limits(&self) -> &'a Limits {
        self.limits
    }

    pub(crate) fn value(&self, index: usize) -> Result<&'a Value, Fault> {
        self.values.get(index).ok_or_else(|| misdeclared(index))
    }

    pub(crate) fn text(&self, index: usize) -> Result<&'a Arc<str>, Fault> {
        match self.value(index)? {
            Value::Text(text) => Ok(text),
            _ => Err(misdeclared(index)),
        }
    }

    pub(crate) fn query(&self, index: usize) -> Result<&'a Arc<Predicate>, Fault> {
        match self.value(index)? {
            Value::Query(query) => Ok(query),
            _ => Err(misdeclared(index)),
        }
    }

    pub(crate) fn int(&self, index: usize) -> Result<i32, Fault> {
        self.value(index)?
            .to_int()
            .ok_or_else(|| misdeclared(index))
    }

    pub(crate) fn double(&self, index: usize) -> Result<f64, Fault> {
        self.value(index)?
            .to_double()
            .ok_or_else(|| misdeclared(index))
    }

    pub(crate) fn doubles(&self, index: usize) -> Result<Vec<f64>, Fault> {
        let doubles = match self.value(index)? {
            Value::List(list) => list.items().iter().map(Value::to_double).collect(),
            _ => None,
        };
        doubles.ok_or_else(|| misdeclared(index))
    }

    pub(crate) fn duration_ms(&self, index: usize) -> Result<i64, Fault> {
        self.value(index)?
            .to_duration_ms()
            .ok_or_else(|| misdeclared(index))
    }

    pub(crate) fn keys(&self, index: usize) -> Result<Keys, Fault> {
        self.value(index)?
            .to_keys()
            .ok_or_else(|| misdeclared(index))
    }

    pub(crate) fn expr(&self, index: usize) -> Result<Arc<Expr>, Fault> {
        self.value(index)?
            .to_expr()
            .ok_or_else(|| misdeclared(index))
    }

    pub(crate) fn styled(&self, index: usize) -> Result<StyledExpr, Fault> {
        self.value(index)?
            .to_styled()
            .ok_or_else(|| misdeclared(index))
    }
}

/// A word asks for an operand its parameters do not declare: a fault of the table, which the test
/// that runs every example would show.
fn misdeclared(index: usize) -> Fault {
    Fault::state(format!("operand {index} does not fit its declaration"))
}

//! A program token by token: what each one found on the stack and what it left there.
//!
//! Takes a program; gives every step to a visitor, and as text ([`stacks`]) what a person wants to see.
//! A step is a token or a whole list, as in [`super::trace`].

use std::fmt::{self, Write as _};

use super::error::LangError;
use super::machine::Machine;
use super::token::{Span, Token};
use super::value::Value;
use super::{ParseOptions, source_of};

/// Steps that are kept as text.
const STEPS_MAX: usize = 500;

/// Items of a stack that are kept as text, from the top.
const ITEMS_MAX: usize = 16;

/// Characters of an item that are kept.
const ITEM_CHARS_MAX: usize = 160;

/// A step of a program.
#[derive(Debug)]
pub(crate) struct Step<'a> {
    /// The token, or the tokens of a list.
    pub(crate) tokens: &'a [Token<'a>],
    /// The live stack before it, the top last.
    pub(crate) before: &'a [Value],
    /// The live stack after it.
    pub(crate) after: &'a [Value],
    /// How many values are frozen after it.
    pub(crate) frozen: usize,
}

impl Step<'_> {
    /// Bytes of the source.
    pub(crate) fn span(&self) -> Span {
        let ends = self.tokens.first().zip(self.tokens.last());
        ends.map_or(0..0, |(first, last)| first.span.start..last.span.end)
    }

    /// The tokens without what stands between them in the source.
    pub(crate) fn text(&self) -> String {
        let texts: Vec<&str> = self.tokens.iter().map(|token| token.text).collect();
        texts.join(",")
    }
}

/// Runs a program and shows each step that succeeds.
///
/// # Errors
/// When the program cannot be run; the steps before the fault were shown.
pub(crate) fn walk(
    text: &str,
    options: &ParseOptions,
    visit: &mut dyn FnMut(&Step<'_>),
) -> Result<(), LangError> {
    let source = source_of(text, options)?;
    let tokens = source.tokens();
    let mut machine = Machine::new(options);
    let mut before: Option<(usize, Vec<Value>)> = None;
    let mut show = |machine: &Machine<'_>, done: usize| {
        if let Some((from, stack)) = &before {
            visit(&Step {
                tokens: &tokens[*from..done],
                before: stack,
                after: &machine.stack,
                frozen: machine.frozen_top_first().count(),
            });
        }
        before = Some((done, machine.stack.clone()));
    };
    machine.run_source(&tokens, &mut show)?;
    show(&machine, tokens.len());
    Ok(())
}

/// The stack after a step, as text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StackStep {
    /// The token, or a whole list.
    pub token: String,
    /// Bytes of the source it comes from.
    pub span: Span,
    /// The live stack after it, the top last; long texts are cut, and of a deep stack the top is shown.
    pub stack: Vec<StackItem>,
    /// Items of the live stack below those shown.
    pub below: usize,
    /// Values that were frozen.
    pub frozen: usize,
}

/// An item of a stack, as text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StackItem {
    /// What it is: `string`, `list`, `query`, `expression`, or `presentation` for an expression with
    /// settings.
    pub kind: &'static str,
    /// The program that leaves it.
    pub text: String,
}

/// The steps of a program, up to its first fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stacks {
    /// The first five hundred steps.
    pub steps: Vec<StackStep>,
    /// How many more there were.
    pub more: usize,
    /// Why the program stopped; `None` when it ran to its end.
    pub error: Option<LangError>,
}

/// Runs a program and keeps the stack after each step.
pub fn stacks(text: &str, options: &ParseOptions) -> Stacks {
    let mut stacks = Stacks {
        steps: Vec::new(),
        more: 0,
        error: None,
    };
    let ran = walk(text, options, &mut |step| {
        if stacks.steps.len() == STEPS_MAX {
            stacks.more += 1;
            return;
        }
        let below = step.after.len().saturating_sub(ITEMS_MAX);
        stacks.steps.push(StackStep {
            token: step.text(),
            span: step.span(),
            stack: step.after[below..].iter().map(item).collect(),
            below,
            frozen: step.frozen,
        });
    });
    stacks.error = ran.err();
    stacks
}

fn item(value: &Value) -> StackItem {
    let kind = match value {
        Value::Text(_) => "string",
        Value::List(_) => "list",
        Value::Query(_) => "query",
        Value::Expr(_) => "expression",
        Value::Styled(_) => "presentation",
    };
    let mut text = Cut {
        text: String::new(),
        left: ITEM_CHARS_MAX,
    };
    // The one error there can be is that the text is full.
    let is_whole = write_program(value, &mut text).is_ok();
    let mut text = text.text;
    if !is_whole {
        text.push_str("...");
    }
    StackItem { kind, text }
}

/// A list reads as it was written.
fn write_program(value: &Value, out: &mut Cut) -> fmt::Result {
    let Value::List(list) = value else {
        return write!(out, "{value}");
    };
    out.write_char('(')?;
    for item in list.items() {
        out.write_char(',')?;
        write_program(item, out)?;
    }
    out.write_str(",)")
}

/// A text that takes so many characters and then refuses, so that nobody prints what nobody reads.
struct Cut {
    text: String,
    left: usize,
}

impl fmt::Write for Cut {
    fn write_str(&mut self, more: &str) -> fmt::Result {
        for c in more.chars() {
            self.left = self.left.checked_sub(1).ok_or(fmt::Error)?;
            self.text.push(c);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(program: &str) -> String {
        let stacks = stacks(program, &ParseOptions::reference());
        let steps = stacks.steps.iter().map(|step| {
            let items: Vec<&str> = step.stack.iter().map(|item| item.text.as_str()).collect();
            format!("{} [{}]", step.token, items.join(" "))
        });
        let error = stacks.error.map(|error| format!("! {}", error.text));
        steps.chain(error).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn each_token_leaves_a_stack() {
        assert_eq!(
            drawn("name, a ,:eq,(,x,/*c*/y,),:by,2,:mul"),
            "name [name]\na [name a]\n:eq [name,a,:eq]\n(,x,y,) [name,a,:eq (,x,y,)]\n\
             :by [name,a,:eq,:sum,(,x,y,),:by]\n2 [name,a,:eq,:sum,(,x,y,),:by 2]\n\
             :mul [name,a,:eq,:sum,(,x,y,),:by,2.0,:const,:mul]"
        );
    }

    #[test]
    fn steps_before_a_fault_are_kept() {
        assert_eq!(drawn("a,b,:eqq"), "a [a]\nb [a b]\n! unknown word ':eqq'");
    }

    #[test]
    fn frozen_values_are_counted() {
        let stacks = stacks("1,2,:freeze,3", &ParseOptions::reference());
        let last = stacks.steps.last().unwrap();
        assert_eq!((last.frozen, last.stack.len()), (2, 1));
    }

    #[test]
    fn what_nobody_reads_is_cut() {
        let program = format!("name,{},:eq{}", "x".repeat(500), ",:dup".repeat(600));
        let stacks = stacks(&program, &ParseOptions::reference());
        assert_eq!((stacks.steps.len(), stacks.more), (STEPS_MAX, 103));
        let last = stacks.steps.last().unwrap();
        assert_eq!((last.stack.len(), last.below), (ITEMS_MAX, 482));
        assert!(
            last.stack
                .iter()
                .all(|item| item.text.len() == ITEM_CHARS_MAX + 3)
        );
    }
}

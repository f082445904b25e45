//! The normal form of a program: programs that a client may take for the same get the same text.
//!
//! Takes a program; gives one text for each expression it leaves. Legend variables are written
//! `$(name)`, each query becomes alternatives of sorted clauses ([`clauses`]), and the words that
//! change nothing when they are left out are left out.

pub(super) mod clauses;

use std::sync::Arc;

use crate::expr::{Setting, StyledExpr};
use crate::label;
use crate::words;

use super::error::{Fault, LangError};
use super::{ParseOptions, hint, run, styled_of};
use clauses::Budget;

/// The expressions of a program in normal form, the bottom of the stack first. What is no expression
/// is left out.
///
/// # Errors
/// When the program cannot be run, when a word inside refuses the changed query, or when the queries
/// have more clauses in normal form than a program may have parts.
pub fn normalize(text: &str, options: &ParseOptions) -> Result<Vec<String>, LangError> {
    let values = run(text, options)?;
    let budget = Budget::new(options.limits.expr_nodes);
    styled_of(&values)
        .map(|styled| {
            refuse_nameless(&styled, options)
                .and_then(|()| normal_text(&styled, &budget))
                .map_err(|fault| fault.at(0..text.len()))
        })
        .collect()
}

/// Refuses an expression whose text would be no program, because it has a rewrite under a name that
/// is no word.
pub(super) fn refuse_nameless(styled: &StyledExpr, options: &ParseOptions) -> Result<(), Fault> {
    match words::nameless_rewrite(&styled.expr) {
        None => Ok(()),
        Some(name) => Err(hint::unknown_word(name, options.vocabulary, &[])
            .hint("the name given to :named-rewrite has to be that of a word here")),
    }
}

fn normal_text(styled: &StyledExpr, budget: &Budget) -> Result<String, Fault> {
    let mut normal = StyledExpr {
        expr: words::map_queries(&styled.expr, &|query| clauses::normal_form(query, budget))?,
        settings: styled.settings.clone(),
    };
    if let Some(legend) = normal.settings.get_mut(&Setting::Legend) {
        *legend = Arc::from(label::in_parentheses(legend));
    }
    let text = normal.to_string();
    let tokens: Vec<&str> = text.split(',').filter(|token| !is_implied(token)).collect();
    Ok(tokens.join(","))
}

/// Words that a reader of the text adds by itself: a number is a constant, a line is drawn as one.
fn is_implied(token: &str) -> bool {
    matches!(token, ":const" | ":line")
}

//! The normal form of a program: programs that a client may take for the same get the same text.
//!
//! Takes a program; gives one text for each expression it leaves. Legend variables are written
//! `$(name)`, statistics in a filter by their short words, each query becomes alternatives of sorted
//! clauses ([`clauses`]), and words that a reader adds anyway are left out.

pub(super) mod clauses;

use std::sync::Arc;

use crate::expr::{Expr, Setting, Statistic, StyledExpr};
use crate::label;
use crate::words;

use super::error::{Fault, LangError};
use super::room::Room;
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
    let mut room = Room::of(options);
    styled_of(&values)
        .map(|styled| {
            refuse_nameless(&styled, options)
                .and_then(|()| normal_text(&styled, &budget))
                .and_then(|text| room.tell(text))
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
    let expr = words::map_queries(&styled.expr, &|query| clauses::normal_form(query, budget))?;
    let mut normal = StyledExpr {
        expr: with_short_statistics(&expr),
        settings: styled.settings.clone(),
    };
    if let Some(legend) = styled.setting(Setting::Legend) {
        let legend = label::in_parentheses(legend);
        normal.settings.insert(Setting::Legend, legend.into());
    }
    let text = normal.to_string();
    let tokens: Vec<&str> = text.split(',').filter(|token| !is_implied(token)).collect();
    Ok(tokens.join(","))
}

/// The expression with `max,:stat` of its own input written `:stat-max` in the condition of a filter.
fn with_short_statistics(expr: &Arc<Expr>) -> Arc<Expr> {
    let mut changed = expr.with_displays(with_short_statistics);
    if let Expr::Filter { input, condition } = &mut changed {
        *condition = statistics_of(condition, input);
    }
    Arc::new(changed)
}

fn statistics_of(condition: &Arc<Expr>, filtered: &Arc<Expr>) -> Arc<Expr> {
    let mut changed = condition.with_displays(|child| statistics_of(child, filtered));
    if let Expr::Stat {
        stat,
        input,
        is_of_filter,
    } = &mut changed
        && *input == *filtered
        && Statistic::of_name(stat).is_some()
    {
        *is_of_filter = true;
    }
    Arc::new(changed)
}

/// Words that a reader of the text adds by itself: a number is a constant, a line is drawn as one.
fn is_implied(token: &str) -> bool {
    matches!(token, ":const" | ":line")
}

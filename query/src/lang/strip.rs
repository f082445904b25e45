//! Programs with some of what they say taken out: presentation, choice of lines, or the tests of some
//! keys.

use std::sync::Arc;

use telamon_model::Predicate;

use crate::expr::StyledExpr;
use crate::words;

use super::error::{Fault, LangError};
use super::normal::clauses::{Opposite, key_of, simplify};
use super::normal::refuse_nameless;
use super::room::Room;
use super::{ParseOptions, run, styled_of};

/// What is taken out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Strip {
    /// Keys whose tests are dropped from every query.
    pub keys: Vec<String>,
    /// Whether operators that choose lines go; what they choose from stays.
    pub filter: bool,
    /// Whether presentation settings go.
    pub style: bool,
}

/// The expressions of a program without what is to be taken out, the top of the stack first. What is
/// no expression is left out.
///
/// # Errors
/// When the program cannot be run, or a word inside refuses the changed query.
pub fn strip(text: &str, options: &ParseOptions, what: &Strip) -> Result<Vec<String>, LangError> {
    let values = run(text, options)?;
    let mut room = Room::of(options);
    styled_of(&values)
        .rev()
        .map(|styled| {
            refuse_nameless(&styled, options)
                .and_then(|()| stripped(styled, what))
                .and_then(|styled| room.tell(styled.to_string()))
                .map_err(|fault| fault.at(0..text.len()))
        })
        .collect()
}

fn stripped(mut styled: StyledExpr, what: &Strip) -> Result<StyledExpr, Fault> {
    if what.style {
        styled.settings.clear();
    }
    if what.filter {
        styled.expr = words::without_choice(&styled.expr)?;
    }
    if !what.keys.is_empty() {
        styled.expr = words::map_queries(&styled.expr, &|query| {
            // A dropped test is true, and so is its opposite: neither may select less.
            Ok(simplify(
                &without_tests(query, &what.keys),
                Opposite::OfTrueIsTrue,
            ))
        })?;
    }
    Ok(styled)
}

fn without_tests(query: &Predicate, keys: &[String]) -> Predicate {
    match query {
        Predicate::And(a, b) => Predicate::And(
            Arc::new(without_tests(a, keys)),
            Arc::new(without_tests(b, keys)),
        ),
        Predicate::Or(a, b) => Predicate::Or(
            Arc::new(without_tests(a, keys)),
            Arc::new(without_tests(b, keys)),
        ),
        Predicate::Not(inner) => Predicate::Not(Arc::new(without_tests(inner, keys))),
        _ if key_of(query).is_some_and(|key| keys.iter().any(|dropped| dropped == key)) => {
            Predicate::True
        }
        _ => query.clone(),
    }
}

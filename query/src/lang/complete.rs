//! Which words could come next.

use crate::words::{self, Word};

use super::error::LangError;
use super::machine::Machine;
use super::{ParseOptions, Vocabulary, source_of};

/// Words that are not offered: they fit nearly everywhere, or there is a better one.
const NOT_OFFERED: [&str; 16] = [
    "true",
    "false",
    "reic",
    "not",
    "all",
    "cf-avg",
    "cf-sum",
    "cf-min",
    "cf-max",
    "head",
    "random",
    "des",
    "des-simple",
    "des-fast",
    "des-slow",
    "des-slower",
];

/// Beginnings of words that are not offered.
const FAMILIES_NOT_OFFERED: [&str; 2] = ["stat-", "des-epic-"];

/// The words up to a vocabulary that run when they are added to a program, in the order of the table.
///
/// A name comes once for each of its overloads that fits. The program may use more words than are
/// listed.
///
/// # Errors
/// When the program cannot be run.
pub fn complete(
    text: &str,
    options: &ParseOptions,
    listed: Vocabulary,
) -> Result<Vec<&'static Word>, LangError> {
    let source = source_of(text, options)?;
    let mut machine = Machine::new(options);
    machine.run_source(&source.tokens(), &mut |_, _| {})?;
    let candidates = words::all().chain(options.own.iter()).filter(|word| {
        word.vocabulary <= listed && is_offered(word) && word.matches(&machine.stack)
    });
    Ok(candidates
        .filter(|word| machine.would_run(word.name))
        .collect())
}

fn is_offered(word: &Word) -> bool {
    word.vocabulary != Vocabulary::Std
        && !NOT_OFFERED.contains(&word.name)
        && !FAMILIES_NOT_OFFERED
            .iter()
            .any(|family| word.name.starts_with(family))
}

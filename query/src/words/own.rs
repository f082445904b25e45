//! Words that an operator defines: averages over a count of his own, and names for programs.
//!
//! Takes definitions as a configuration writes them, gives rows that the interpreter runs beside those
//! of the table, or everything that is wrong with them. They belong to the vocabulary `custom` and
//! replace no word of another one.

use std::fmt;
use std::sync::Arc;

use crate::expr::CustomAverage;
use crate::lang::{self, LangError, ParseOptions, Type, Vocabulary, render_caret};

use super::{Body, Word, overloads};

/// A sum that is divided by a count, such as that of machines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnAverage {
    /// The word without its colon.
    pub name: String,
    /// The query of the series whose sum is the divisor.
    pub query: String,
    /// Keys of these series: what a query says about others does not restrict them.
    pub keys: Vec<String>,
}

/// A name for a program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnMacro {
    /// The word without its colon.
    pub name: String,
    /// What it stands for.
    pub program: String,
    /// What it does, in a sentence; may be empty.
    pub summary: String,
    /// Programs with the word; all of them have to run.
    pub examples: Vec<String>,
}

/// Words of an operator's own; cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct OwnWords {
    definitions: Arc<(Vec<OwnAverage>, Vec<OwnMacro>)>,
    words: Arc<[&'static Word]>,
}

impl PartialEq for OwnWords {
    fn eq(&self, other: &Self) -> bool {
        self.definitions == other.definitions
    }
}

/// What is wrong with a definition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnWordError {
    /// Name of the word.
    pub name: String,
    /// Which part of its definition: `name`, `query`, `program` or `examples`.
    pub part: &'static str,
    /// What is wrong; several lines where a place is drawn.
    pub what: String,
}

impl fmt::Display for OwnWordError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, ":{}, {}: {}", self.name, self.part, self.what)
    }
}

impl std::error::Error for OwnWordError {}

impl OwnWords {
    /// Makes words of definitions. They live as long as the process, whose configuration is read once.
    ///
    /// # Errors
    /// All that is wrong: names that are none or taken, queries that are none, examples that do not run.
    pub fn new(
        averages: Vec<OwnAverage>,
        macros: Vec<OwnMacro>,
    ) -> Result<Self, Vec<OwnWordError>> {
        let mut errors = Vec::new();
        let mut words: Vec<&'static Word> = Vec::new();
        for average in &averages {
            check_name(&average.name, &words, &mut errors);
            match average_word(average) {
                Ok(word) => words.push(word),
                Err(error) => errors.push(error),
            }
        }
        for own in &macros {
            check_name(&own.name, &words, &mut errors);
            match macro_word(own) {
                Ok(word) => words.push(word),
                Err(error) => errors.push(error),
            }
        }
        let own = Self {
            words: words.into(),
            definitions: Arc::new((averages, macros)),
        };
        // Examples may use any of the words.
        errors.extend(own.broken_examples());
        if errors.is_empty() {
            Ok(own)
        } else {
            Err(errors)
        }
    }

    /// The averages as they were defined.
    pub fn averages(&self) -> &[OwnAverage] {
        &self.definitions.0
    }

    /// The names of programs as they were defined.
    pub fn macros(&self) -> &[OwnMacro] {
        &self.definitions.1
    }

    /// The words in order of their definition.
    pub fn iter(&self) -> impl Iterator<Item = &'static Word> + '_ {
        self.words.iter().copied()
    }

    /// The word of a name.
    pub(crate) fn named(&self, name: &str) -> Option<&'static Word> {
        self.iter().find(|word| word.name == name)
    }

    fn broken_examples(&self) -> Vec<OwnWordError> {
        let options = ParseOptions {
            own: self.clone(),
            ..ParseOptions::telamon()
        };
        let mut errors = Vec::new();
        for own in self.macros() {
            if own.examples.is_empty() {
                errors.push(OwnWordError {
                    name: own.name.clone(),
                    part: "examples",
                    what: "give at least one program that uses the word".to_owned(),
                });
            }
            for example in &own.examples {
                if let Err(error) = lang::run(example, &options) {
                    errors.push(drawn(&own.name, "examples", &error, example));
                }
            }
        }
        errors
    }
}

fn check_name(name: &str, known: &[&'static Word], errors: &mut Vec<OwnWordError>) {
    let mut letters = name.bytes();
    let starts_well = letters
        .next()
        .is_some_and(|first| first.is_ascii_lowercase());
    let goes_on =
        letters.all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    let mut note = |what: String| {
        errors.push(OwnWordError {
            name: name.to_owned(),
            part: "name",
            what,
        });
    };
    if !starts_well || !goes_on {
        note(
            "a name has lower-case letters, digits and hyphens, and begins with a letter"
                .to_owned(),
        );
    }
    let shipped = overloads(name).first();
    match shipped {
        // The averages of the reference are configuration there, too.
        Some(word) if word.vocabulary != Vocabulary::Custom => {
            note(format!(
                "there is a word of this name in the vocabulary {}",
                word.vocabulary.name()
            ));
        }
        Some(_) | None if known.iter().any(|word| word.name == name) => {
            note("another word of one's own has this name".to_owned());
        }
        Some(_) | None => {}
    }
}

fn average_word(average: &OwnAverage) -> Result<&'static Word, OwnWordError> {
    let options = ParseOptions {
        vocabulary: Vocabulary::Query,
        ..ParseOptions::reference()
    };
    let base = lang::parse_query(&average.query, &options)
        .map_err(|error| drawn(&average.name, "query", &error, &average.query))?;
    let name: &'static str = leaked(&average.name);
    let custom = Arc::new(CustomAverage {
        name: name.into(),
        base,
        keys: average
            .keys
            .iter()
            .map(|key| Arc::from(key.as_str()))
            .collect(),
    });
    let summary = format!("The sum divided by that of `{}`.", average.query);
    let word = Word::new(
        Vocabulary::Custom,
        name,
        "Query -- TimeSeriesExpr",
        &[Type::Query],
        Body::Average(Box::leak(Box::new(custom))),
    );
    Ok(Box::leak(Box::new(word.says(leaked(&summary), &[]))))
}

fn macro_word(own: &OwnMacro) -> Result<&'static Word, OwnWordError> {
    let program = lang::one_line(&own.program)
        .map_err(|error| drawn(&own.name, "program", &error, &own.program))?;
    let examples: Vec<&'static str> = own.examples.iter().map(|text| leaked(text)).collect();
    // What it takes shows when it runs.
    let word = Word::new(
        Vocabulary::Custom,
        leaked(&own.name),
        "? -- ?",
        &[],
        Body::Macro(leaked(&program)),
    );
    let examples = Box::leak(examples.into_boxed_slice());
    Ok(Box::leak(Box::new(
        word.says(leaked(&own.summary), examples),
    )))
}

fn leaked(text: &str) -> &'static str {
    Box::leak(text.to_owned().into_boxed_str())
}

fn drawn(name: &str, part: &'static str, error: &LangError, source: &str) -> OwnWordError {
    OwnWordError {
        name: name.to_owned(),
        part,
        what: render_caret(error, source).trim_end().to_owned(),
    }
}

#[cfg(test)]
mod tests;

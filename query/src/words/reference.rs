//! The page of all words, written from the table, with what each example leaves on the stack.

use std::fmt::Write as _;

use super::Word;
use crate::lang::{self, ParseOptions, Value, Vocabulary};

/// The reference page in Markdown. It changes only when the table does.
pub fn page() -> String {
    let mut page = PREFACE.to_owned();
    for vocabulary in Vocabulary::ALL {
        let words: Vec<&Word> = super::all()
            .filter(|word| word.vocabulary == vocabulary)
            .collect();
        if words.is_empty() {
            continue;
        }
        add(
            &mut page,
            format_args!("\n## {}\n\n{}\n", vocabulary.name(), about(vocabulary)),
        );
        for word in words {
            describe(word, &mut page);
        }
    }
    page
}

const PREFACE: &str = "\
# The words of the language

This page is written from the word table by a test; do not edit it.

A program is text split at commas.
A piece that starts with a colon is a word; it takes values from the top of the stack and pushes its result.
Any other piece is a string and is pushed.
`(` and `)` as pieces of their own hold a list; comments stand between `/*` and `*/`.
A comma, a colon or a space at the end of a value is written `\\u002c`, `\\u003a`, `\\u0020`.

A signature shows the stack before and after a word, the top on the right.
Where a word has several, the first that fits what is on the stack is run.
Below each example stands what it leaves on the stack, the top last.
";

fn about(vocabulary: Vocabulary) -> &'static str {
    match vocabulary {
        Vocabulary::Std => "Words of the stack, of lists and of variables.",
        Vocabulary::Query => "Which series are meant.",
        Vocabulary::Data => "How series become lines.",
        Vocabulary::Math => "Arithmetic on lines, and aggregates of lines.",
        Vocabulary::Stateful => "Operators that remember earlier values of a line.",
        Vocabulary::Filter => "Choice among lines.",
        Vocabulary::Style => "How a line is shown.",
        Vocabulary::Custom => "Words an operator may define.",
        Vocabulary::Telamon => {
            "Words the reference does not have: a program that uses them runs here and nowhere else.\n\
             Graphs, streams and alert rules know them; the expression API runs them, and completes with \
             them when it is asked with `vocab=telamon`.\n\
             None of them changes what a word of the reference means: they have new names, or take what \
             the reference refuses, such as a time where it wants a number of points.\n\
             A window in time covers the same time at every step of a graph."
        }
    }
}

fn describe(word: &Word, page: &mut String) {
    add(
        page,
        format_args!(
            "\n### `:{}`\n\n`{}`\n\n{}\n",
            word.name,
            word.signature.trim(),
            word.summary
        ),
    );
    if let Some(body) = word.macro_body() {
        add(page, format_args!("Stands for `{body}`.\n"));
    }
    if looks_at_whole_window(word) {
        page.push_str("It looks at the whole window of a graph, so alert rules refuse it.\n");
    }
    if let Some(advice) = word.deprecated {
        add(page, format_args!("Deprecated: {advice}.\n"));
    }
    page.push_str("\n```\n");
    for example in word.examples {
        add(page, format_args!("{example}\n"));
        let left = lang::run(example, &ParseOptions::telamon()).unwrap_or_default();
        for value in &left {
            add(page, format_args!("    {}\n", shown(value)));
        }
    }
    page.push_str("```\n");
}

/// Whether the word makes its first example depend on a whole window.
fn looks_at_whole_window(word: &Word) -> bool {
    let left = word
        .examples
        .first()
        .and_then(|example| lang::run(example, &ParseOptions::telamon()).ok())
        .unwrap_or_default();
    let mut exprs = left.iter().filter_map(Value::to_expr);
    exprs.any(|expr| {
        let name = expr.whole_window_word();
        name.is_some_and(|name| name == word.name || word.vocabulary != Vocabulary::Style)
    })
}

/// A string is shown as it could be written, everything else as it prints.
fn shown(value: &Value) -> String {
    match value {
        Value::Text(text) => lang::escape::encode(text).into_owned(),
        _ => value.to_string(),
    }
}

fn add(page: &mut String, text: std::fmt::Arguments<'_>) {
    page.write_fmt(text).expect("a string takes any text");
}

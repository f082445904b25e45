//! Faults of the interpreter with what helps to mend them: the nearest word, signatures, a hint.

use std::collections::BTreeSet;

use telamon_model::Predicate;

use crate::number::parse_java_double;
use crate::words::{self, Word};

use super::Vocabulary;
use super::error::{ErrorClass, Fault};
use super::value::{Type, Value};

/// No word of that name.
pub(crate) fn unknown_word(name: &str, vocabulary: Vocabulary, stack: &[Value]) -> Fault {
    let mut fault = Fault::state(format!("unknown word ':{name}'"));
    fault.help.word = Some(name.to_owned());
    let elsewhere = words::overloads(name).first();
    if let Some(word) = elsewhere {
        return fault.hint(format!(
            ":{name} belongs to the vocabulary {}, which is not in use here",
            word.vocabulary.name()
        ));
    }
    let alike = words_alike(name, vocabulary);
    fault.help.nearest = alike.first().map(|&known| known.to_owned());
    fault.help.expected = alike
        .iter()
        .filter_map(|known| {
            let mut overloads = words::overloads(known).iter();
            overloads.find(|word| word.vocabulary <= vocabulary && word.matches(stack))
        })
        .take(EXPECTED_MAX)
        .map(|word| format!(":{} {}", word.name, word.signature.trim()))
        .collect();
    if fault.help.nearest.is_none() {
        fault = fault.hint("a colon starts a word; in a value write it as \\u003a");
    }
    fault
}

/// Words of that name, none of which fits the stack.
pub(crate) fn no_match(name: &str, candidates: &[&Word], stack: &[Value]) -> Fault {
    let classes: Vec<&str> = stack.iter().map(Value::class).collect();
    let signatures: Vec<String> = candidates
        .iter()
        .map(|word| format!("[{}]", word.signature))
        .collect();
    let mut fault = Fault::state(format!(
        "no matches for word ':{name}' with stack [{}], candidates: {}",
        classes.join(","),
        signatures.join(", ")
    ));
    fault.help.word = Some(name.to_owned());
    fault.help.expected = candidates
        .iter()
        .map(|word| word.signature.to_owned())
        .collect();
    fault.help.hint = mismatch_hint(name, candidates, stack);
    fault
}

/// What is wrong with the operands of the overload that needs the fewest.
fn mismatch_hint(name: &str, candidates: &[&Word], stack: &[Value]) -> Option<String> {
    let word = candidates.iter().min_by_key(|word| word.params.len())?;
    let wanted = word.params.len();
    if stack.len() < wanted {
        return Some(format!(
            ":{name} takes {wanted} {} but the stack holds {}",
            if wanted == 1 { "value" } else { "values" },
            stack.len()
        ));
    }
    let first = stack.len() - wanted;
    let wrong = word
        .params
        .iter()
        .zip(&stack[first..])
        .position(|(kind, value)| !value.fits(*kind))?;
    let around = &stack[first.saturating_sub(1)..];
    Some(
        compared_strings(around)
            .unwrap_or_else(|| operand_hint(name, word.params[wrong], &stack[first + wrong])),
    )
}

/// A comparison that was meant for numbers became a query, because both sides were strings.
fn compared_strings(stack: &[Value]) -> Option<String> {
    stack.iter().rev().find_map(|value| {
        let Value::Query(query) = value else {
            return None;
        };
        match &**query {
            Predicate::Less(_, text)
            | Predicate::LessEqual(_, text)
            | Predicate::Greater(_, text)
            | Predicate::GreaterEqual(_, text)
                if parse_java_double(text).is_some() =>
            {
                Some(format!(
                    "{value} compares strings; for numbers write {text},:const"
                ))
            }
            _ => None,
        }
    })
}

fn operand_hint(name: &str, wanted: Type, found: &Value) -> String {
    match (wanted, found) {
        (Type::Expr | Type::Aggregate, Value::Styled(_)) => format!(
            ":{name} takes no expression with presentation settings; put it before words such as \
             :legend or :color"
        ),
        (Type::Query, Value::Text(text)) => text_for_query(name, text),
        (Type::Query, Value::Expr(_)) => format!(
            ":{name} takes a query; here it has already become an expression, so use :{name} \
             before :sum and the like"
        ),
        (Type::Text, Value::Expr(_)) => format!(
            ":{name} takes the text itself, not a computed constant; leave out the arithmetic"
        ),
        (Type::TextList | Type::List, Value::Text(text)) => {
            format!("a list is written with its own tokens: (,{text},)")
        }
        (Type::Duration, Value::Text(_)) => {
            "a duration is written like 90s, 5m, 1h, 7d or PT1H30M".to_owned()
        }
        (Type::Color, Value::Text(_)) => {
            "a color has 3, 6 or 8 hex digits, or is a name such as blue1".to_owned()
        }
        (Type::Int, Value::Text(text)) if parse_java_double(text).is_some() => {
            format!("a whole number is needed, not {text}")
        }
        (Type::Expr | Type::Passing | Type::Styled, Value::Text(text)) => text_for_expr(text),
        _ => format!("{} does not fit here", found.class()),
    }
}

fn text_for_query(name: &str, text: &str) -> String {
    if parse_java_double(text).is_some() {
        return format!(":{name} takes a query, not a number; a query is written key,value,:eq");
    }
    format!("`{text}` is a string; a query is written key,value,:eq")
}

fn text_for_expr(text: &str) -> String {
    if words::overloads(text).is_empty() {
        format!("`{text}` is a string; series are selected with key,value,:eq")
    } else {
        format!("`{text}` is a string; the word is written :{text}")
    }
}

/// Adds a hint to a fault about a value left on the stack.
pub(crate) fn leftover(fault: Fault, value: &Value) -> Fault {
    match value {
        Value::Text(text) => match text.strip_prefix(';') {
            Some(name) if !words::overloads(name).is_empty() => {
                let mut fault = fault.hint(format!("a word starts with a colon: :{name}"));
                fault.help.nearest = Some(name.to_owned());
                fault
            }
            _ => fault.hint(text_for_expr(text)),
        },
        Value::List(_) => fault.hint("a list is left over; :drop removes it, :call runs it"),
        Value::Query(_) | Value::Expr(_) | Value::Styled(_) => fault,
    }
}

/// What is left is not exactly one query.
pub(crate) fn not_one_query(values: &[Value]) -> Fault {
    if values.is_empty() {
        return Fault::argument("expected a single query, stack is empty");
    }
    let classes: Vec<&str> = values.iter().rev().map(Value::class).collect();
    let fault = Fault::argument(format!(
        "expected a single query, found [{}]",
        classes.join(",")
    ));
    if values.iter().all(|value| matches!(value, Value::Query(_))) {
        fault.hint("join queries with :and or :or")
    } else {
        fault.hint("a query is written key,value,:eq")
    }
}

/// A variable that is not set.
pub(crate) fn unset_variable(name: &str) -> Fault {
    Fault::new(ErrorClass::NoSuchElement, format!("key not found: {name}"))
        .hint(format!("set it first: {name},value,:set"))
}

/// Most words that are offered for an unknown one.
const EXPECTED_MAX: usize = 5;

/// The words that need few edits to become this one, the fewest first.
///
/// None for which more than a third of the letters would have to change. Among equals those come first of which one begins
/// with the other: letters too many or too few at the end are the commonest slip.
pub fn words_alike(name: &str, vocabulary: Vocabulary) -> Vec<&'static str> {
    let lower = name.to_ascii_lowercase();
    if lower.len() > 40 {
        return Vec::new();
    }
    let alike: BTreeSet<(usize, bool, &str)> = words::all()
        .filter(|word| word.vocabulary <= vocabulary)
        .map(|word| {
            let known = word.name;
            let is_prefix = known.starts_with(&lower) || lower.starts_with(known);
            (edits(&lower, known), !is_prefix, known)
        })
        .filter(|&(count, _, known)| count <= known.len().max(lower.len()).div_ceil(3))
        .collect();
    alike.into_iter().map(|(_, _, known)| known).collect()
}

/// Insertions, deletions, replacements and swaps of neighbours between two short texts.
pub(crate) fn edits(a: &str, b: &str) -> usize {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    let mut before_last = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, y) in b.iter().enumerate() {
            let mut best = (last[j] + usize::from(x != y))
                .min(last[j + 1] + 1)
                .min(row[j] + 1);
            if i > 0 && j > 0 && *x == b[j - 1] && a[i - 1] == *y {
                best = best.min(before_last_at(&before_last, j - 1) + 1);
            }
            row.push(best);
        }
        before_last = std::mem::replace(&mut last, row);
    }
    last[b.len()]
}

fn before_last_at(row: &[usize], index: usize) -> usize {
    row.get(index).copied().unwrap_or(usize::MAX / 2)
}

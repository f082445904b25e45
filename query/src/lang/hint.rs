//! Faults of the interpreter with what helps to mend them: the nearest word, signatures, a hint.

use std::collections::BTreeSet;
use std::sync::Arc;

use telamon_model::Predicate;

use crate::number::parse_java_double;
use crate::words::{self, Word};

use super::Vocabulary;
use super::error::{ErrorClass, Fault};
use super::promql::{self, PromQl};
use super::slip;
use super::value::{Type, Value};
use super::{LangError, ParseOptions};

/// No word of that name.
pub(crate) fn unknown_word(name: &str, vocabulary: Vocabulary, stack: &[Value]) -> Fault {
    let mut fault = Fault::state(format!("unknown word ':{name}'"));
    fault.help.word = Some(name.to_owned());
    let elsewhere = words::overloads(name).first();
    if let Some(word) = elsewhere {
        let belongs = word.vocabulary.name();
        return fault.hint(match vocabulary {
            Vocabulary::Query => {
                format!("a query alone is needed here; :{name} is of the vocabulary {belongs}")
            }
            _ => format!(":{name} is of the vocabulary {belongs}, which is not in use here"),
        });
    }
    if let Some(slip) = slip::slip_of(&format!(":{name}")) {
        return fault.hint(slip);
    }
    if matches!(name, "rate" | "irate" | "per-second") {
        return fault.hint(
            "values are rates per second already: leave the word out; :per-step makes counts of them",
        );
    }
    if matches!(name, "neq" | "ne" | "not-equal" | "!=") {
        return fault.hint("the opposite of a query is written key,value,:eq,:not");
    }
    let alike = match slip::translated(name) {
        Some(known) => vec![known],
        None => words_alike(name, vocabulary),
    };
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
    match alike.first() {
        Some(known) => fault.help.hint = example_of(known),
        None => fault = fault.hint("a colon starts a word; in a value write it as \\u003a"),
    }
    fault
}

/// A program that shows how the word is used.
fn example_of(name: &str) -> Option<String> {
    let examples = words::overloads(name).iter().flat_map(|word| word.examples);
    let example = examples.min_by_key(|example| example.len())?;
    Some(format!("for example {example}"))
}

/// The fault, with a word of the operator's own as nearest if it is spelled almost alike.
pub(crate) fn or_own_word(mut fault: Fault, name: &str, options: &ParseOptions) -> Fault {
    let lower = name.to_ascii_lowercase();
    let mut own = options.own.iter();
    if lower.len() <= 40
        && fault.help.nearest.is_none()
        && let Some(alike) = own.find(|word| edits(&lower, word.name) * 3 <= word.name.len())
    {
        fault.help.nearest = Some(alike.name.to_owned());
        fault.help.hint = alike
            .examples
            .first()
            .map(|example| format!("as in {example}"));
    }
    fault
}

/// Words of that name, none of which fits the stack. The text lists those of the reference, where it
/// has some.
pub(crate) fn no_match(name: &str, candidates: &[&Word], stack: &[Value]) -> Fault {
    let classes: Vec<&str> = stack.iter().map(Value::class).collect();
    let is_ours = |word: &Word| word.vocabulary == Vocabulary::Telamon;
    let are_all_ours = candidates.iter().all(|word| is_ours(word));
    let listed = candidates
        .iter()
        .filter(|word| are_all_ours || !is_ours(word));
    let signatures: Vec<String> = listed.map(|word| format!("[{}]", word.signature)).collect();
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
    explain_mismatch(fault, name, candidates, stack)
}

/// Says what is wrong with the operands of the overload that comes nearest to fitting.
fn explain_mismatch(fault: Fault, name: &str, candidates: &[&Word], stack: &[Value]) -> Fault {
    if let Some((text, slip)) = slip_in(stack) {
        let mut fault = fault.title(format!(":{name} cannot use `{}`", clipped(&text)));
        fault.operand = Some(text);
        return fault.hint(slip);
    }
    let mut overloads = words::overloads(name).iter();
    if let Some(word) = overloads.find(|word| word.matches(stack)) {
        return fault.hint(format!(
            "with these values :{name} is of the vocabulary {}, which is not in use here",
            word.vocabulary.name()
        ));
    }
    let Some(word) = nearest_overload(candidates, stack) else {
        return fault;
    };
    let wanted = word.params.len();
    if stack.len() < wanted {
        return too_few(fault, word, stack);
    }
    let first = stack.len() - wanted;
    let operands = word.params.iter().zip(&stack[first..]);
    let Some((kind, value)) = operands.rev().find(|(kind, value)| !value.fits(**kind)) else {
        return fault;
    };
    let mut fault = fault.title(format!(":{name} cannot use {}", described(value)));
    if let Value::Text(text) = value {
        fault.operand = Some(Arc::clone(text));
    }
    let around = &stack[first.saturating_sub(1)..];
    let takes_time = candidates.iter().any(|other| {
        let same = other.params.len() == wanted;
        let mut kinds = other.params.iter().zip(word.params);
        same && kinds.any(|(other, own)| (other, own) == (&Type::Duration, kind))
    });
    let hint = compared_strings(around)
        .or_else(|| takes_time.then(|| number_or_time(*kind, value))?)
        .unwrap_or_else(|| operand_hint(word, *kind, value));
    fault.hint(hint)
}

/// The hint for a text where a number of points or a time is wanted.
fn number_or_time(wanted: Type, found: &Value) -> Option<String> {
    let (Type::Int, Value::Text(text)) = (wanted, found) else {
        return None;
    };
    if parse_java_double(text).is_some() {
        return None;
    }
    Some(match duration_of(text) {
        Some(_) => operand_duration(text),
        None => {
            "a whole number is needed, or a duration like 90s, 5m, 1h, 7d or PT1H30M".to_owned()
        }
    })
}

/// The overload of which most operands fit; of equals, the one that needs the fewest.
fn nearest_overload<'w>(candidates: &[&'w Word], stack: &[Value]) -> Option<&'w Word> {
    let fitting = |word: &Word| {
        let operands = word.params.iter().rev().zip(stack.iter().rev());
        operands.filter(|(kind, value)| value.fits(**kind)).count()
    };
    let missing = |word: &Word| word.params.len() - fitting(word);
    let nearest = candidates
        .iter()
        .min_by_key(|word| (missing(word), word.params.len()));
    nearest.copied()
}

fn too_few(fault: Fault, word: &Word, stack: &[Value]) -> Fault {
    let (name, wanted) = (word.name, word.params.len());
    let values = if wanted == 1 { "value" } else { "values" };
    let found = match stack.len() {
        0 => "the stack is empty".to_owned(),
        count => format!("the stack holds {count}"),
    };
    let fault = fault.title(format!(":{name} takes {wanted} {values}, but {found}"));
    let example = example_of(name).unwrap_or_default();
    let lead = match stack {
        [] => "what a word takes stands before it, ",
        // A query or text where a list of keys is missing, and the like: the example says it best.
        _ => "",
    };
    fault.hint(format!("{lead}{example}"))
}

/// The text nearest to the top of the stack that shows a slip.
fn slip_in(stack: &[Value]) -> Option<(Arc<str>, String)> {
    stack.iter().rev().find_map(|value| match value {
        Value::Text(text) => Some((Arc::clone(text), slip::slip_of(text)?)),
        _ => None,
    })
}

/// A value as people call it.
fn described(value: &Value) -> String {
    let text = clipped(&value.to_string());
    match value {
        Value::Text(text) if parse_java_double(text).is_some() => format!("the number {text}"),
        Value::Text(_) => format!("the text `{text}`"),
        Value::List(list) => format!("a list of {}", list.items().len()),
        Value::Query(_) => format!("the query {text}"),
        Value::Expr(_) => format!("the expression {text}"),
        Value::Styled(_) => format!("the expression with settings {text}"),
    }
}

/// Characters of a value that are quoted in a sentence.
const QUOTED_CHARS_MAX: usize = 60;

fn clipped(text: &str) -> String {
    match text.char_indices().nth(QUOTED_CHARS_MAX) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text.to_owned(),
    }
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

fn operand_hint(word: &Word, wanted: Type, found: &Value) -> String {
    let name = word.name;
    let example = || {
        let example = word
            .examples
            .first()
            .copied()
            .unwrap_or("name,sps,:eq,:sum");
        format!("for example {example}")
    };
    match (wanted, found) {
        (Type::Expr | Type::Aggregate | Type::Grouped, Value::Styled(_)) => format!(
            ":{name} takes no expression with presentation settings; put it before words such as \
             :legend or :color"
        ),
        (Type::Query, Value::Text(text)) => text_for_query(name, text),
        (Type::Query, Value::Expr(_) | Value::Styled(_)) => format!(
            ":{name} takes a query; here it has already become an expression, so use :{name} \
             before :sum and the like"
        ),
        (Type::Text, Value::Expr(_)) => format!(
            ":{name} takes the text itself, not a computed constant; leave out the arithmetic"
        ),
        (Type::TextList | Type::List, Value::Text(text)) => {
            format!("a list is written with its own tokens: (,{text},)")
        }
        (Type::DoubleList, Value::Text(text)) => {
            format!("numbers stand in a list: (,{text},)")
        }
        (Type::TextList | Type::List, Value::Query(_) | Value::Expr(_) | Value::Styled(_)) => {
            format!("a list is missing, {}", example())
        }
        (Type::Duration, Value::Text(text)) => operand_duration(text),
        (Type::Color, Value::Text(text)) => match text.strip_prefix('#') {
            Some(digits) => format!("a color is written without its mark: {digits}"),
            None => "a color has 3, 6 or 8 hex digits, or is a name such as blue1".to_owned(),
        },
        (Type::Consolidation, Value::Text(_)) => "one of avg, sum, min and max".to_owned(),
        (Type::Int, Value::Text(text)) if parse_java_double(text).is_some() => {
            format!("a whole number is needed, not {text}")
        }
        (Type::Aggregate | Type::Grouped | Type::Aggregated, Value::Text(text))
            if parse_java_double(text).is_some() =>
        {
            format!("a number has no series: a query is needed, {}", example())
        }
        (Type::Int | Type::Double, _) => format!("a number is needed, {}", example()),
        (Type::Aggregate | Type::Grouped | Type::Aggregated, Value::Expr(_)) => format!(
            ":{name} takes a query or an aggregate of one: use it before arithmetic and words over \
             lines, {}",
            example()
        ),
        (
            Type::Expr
            | Type::Passing
            | Type::Styled
            | Type::Aggregate
            | Type::Grouped
            | Type::Aggregated,
            Value::Text(text),
        ) => text_for_expr(text),
        _ => example(),
    }
}

fn operand_duration(text: &str) -> String {
    match duration_of(text) {
        Some(written) => format!("a duration is written {written}, without blanks and long names"),
        None if parse_java_double(text).is_some() => {
            format!("{text} has no unit; a duration is written like 90s, 5m, 1h, 7d or PT1H30M")
        }
        None => "a duration is written like 90s, 5m, 1h, 7d or PT1H30M".to_owned(),
    }
}

/// The duration that a text such as `5 min` or `2 hours` means.
fn duration_of(text: &str) -> Option<String> {
    let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let unit = text[digits..].trim().to_ascii_lowercase();
    let unit = ["second", "minute", "hour", "day", "week", "month", "year"]
        .into_iter()
        .find(|known| unit.len() > 1 && known.starts_with(unit.trim_end_matches('s')))?;
    let unit = if unit == "month" { "month" } else { &unit[..1] };
    (digits > 0).then(|| format!("{}{unit}", &text[..digits]))
}

fn text_for_query(name: &str, text: &str) -> String {
    if parse_java_double(text).is_some() {
        return format!(":{name} takes a query, not a number; a query is written key,value,:eq");
    }
    text_for_expr(text)
}

fn text_for_expr(text: &str) -> String {
    match slip::bare_word(text) {
        Some(word) => format!("a word starts with a colon: :{word}"),
        None => format!(
            "text selects nothing by itself; series are selected with key,value,:eq, such as \
             name,{},:eq",
            clipped(text)
        ),
    }
}

/// Adds what helps to a fault about a value left on the stack, among the others that are left.
pub(crate) fn leftover(fault: Fault, value: &Value, values: &[Value]) -> Fault {
    match value {
        Value::Text(text) => leftover_text(fault, text, values),
        Value::List(_) if slip_in(values).is_some() => leftover_text(fault, "", values),
        Value::List(_) => fault
            .title("a list is left over, which cannot be drawn")
            .hint("a word that takes the list is missing, such as :by after (,nf.cluster,); :drop removes it"),
        Value::Query(_) | Value::Expr(_) | Value::Styled(_) => fault,
    }
}

fn leftover_text(fault: Fault, text: &str, values: &[Value]) -> Fault {
    let slip = slip::slip_of(text).map(|slip| (Arc::from(text), slip));
    if let Some((text, slip)) = slip.or_else(|| slip_in(values)) {
        let mut fault = fault.title(format!(
            "`{}` is text, which cannot be drawn",
            clipped(&text)
        ));
        fault.operand = Some(text);
        return fault.hint(slip);
    }
    // The text that lacks a colon may be another one than the first that is left.
    let bare = values.iter().rev().find_map(|value| match value {
        Value::Text(text) => Some((text, slip::bare_word(text)?)),
        _ => None,
    });
    let Some((bare_text, word)) = bare else {
        return fault
            .title(format!(
                "`{}` is text, which cannot be drawn",
                clipped(text)
            ))
            .hint(text_for_expr(text))
            .operand(text);
    };
    let mut fault = fault
        .title(format!(
            "`{}` is text, which cannot be drawn",
            clipped(bare_text)
        ))
        .hint(format!("a word starts with a colon: :{word}"));
    fault.operand = Some(Arc::clone(bare_text));
    fault.help.nearest = Some(word.to_owned());
    fault
}

/// The error with the form that a program of another language would have here.
pub(crate) fn in_other_language(text: &str, mut error: LangError) -> LangError {
    let (title, hint) = match (promql::read(text), slip::call_of_program(text)) {
        (Some(PromQl::Program(program)), _) => ("this is PromQL", format!("here it is {program}")),
        (Some(PromQl::Foreign), _) => (
            "this looks like PromQL",
            "here values come first and words after them, as in \
             name,sps,:eq,:sum,(,nf.cluster,),:by"
                .to_owned(),
        ),
        (None, Some(hint)) => ("words are not called like functions", hint),
        (None, None) => return error,
    };
    error.span = 0..text.len();
    let help = &mut *error.help;
    help.title = Some(title.to_owned());
    help.hint = Some(hint);
    help.nearest = None;
    help.expected.clear();
    help.stack.clear();
    error
}

/// What is left is not exactly one query.
pub(crate) fn not_one_query(values: &[Value]) -> Fault {
    if values.is_empty() {
        return Fault::argument("expected a single query, stack is empty")
            .title("a query is missing")
            .hint("a query is written key,value,:eq");
    }
    let classes: Vec<&str> = values.iter().rev().map(Value::class).collect();
    let fault = Fault::argument(format!(
        "expected a single query, found [{}]",
        classes.join(",")
    ));
    if values.iter().all(|value| matches!(value, Value::Query(_))) {
        let title = format!("there are {} queries where one is needed", values.len());
        return fault.title(title).hint("join queries with :and or :or");
    }
    let other = values
        .iter()
        .rev()
        .find(|value| !matches!(value, Value::Query(_)));
    let fault = match other {
        Some(other) => fault.title(format!("a query is needed, not {}", described(other))),
        None => fault,
    };
    match (slip_in(values), other) {
        (Some((_, slip)), _) => fault.hint(slip),
        (None, Some(Value::Text(text))) => fault.hint(text_for_expr(text)),
        (None, _) => fault.hint("a query is written key,value,:eq"),
    }
}

/// Why a list may not be closed, from the tokens in it.
pub(crate) fn unclosed_list<'t>(mut tokens: impl Iterator<Item = &'t str>) -> String {
    let glued = tokens.find_map(|token| {
        let inner = token.strip_suffix(')').filter(|inner| !inner.is_empty());
        inner.map(|inner| format!("`)` stands by itself between commas: {inner},)"))
    });
    glued.unwrap_or_else(|| {
        "a list ends with `)` by itself between commas: (,nf.cluster,)".to_owned()
    })
}

/// A variable that is not set.
pub(crate) fn unset_variable(name: &str) -> Fault {
    let mut fault = Fault::new(ErrorClass::NoSuchElement, format!("key not found: {name}"))
        .title(format!("no variable is called `{}`", clipped(name)))
        .hint(format!("set it first: {name},value,:set"));
    fault.operand = Some(Arc::from(name));
    fault
}

/// Most words that are offered for an unknown one.
const EXPECTED_MAX: usize = 5;

/// The words that need few edits to become this one, the fewest first.
///
/// None for which more than a third of the letters would have to change. Among equals those come first of which one begins
/// with the other: letters too many or too few at the end are the commonest slip.
pub fn words_alike(name: &str, vocabulary: Vocabulary) -> Vec<&'static str> {
    let lower = name.to_ascii_lowercase();
    if lower.is_empty() || lower.len() > 40 {
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

/// The name that needs the fewest edits to become the one given, without regard to case; none for
/// which more than a third of the letters would have to change.
pub fn nearest_name<'n>(given: &str, known: impl IntoIterator<Item = &'n str>) -> Option<&'n str> {
    let given = given.to_ascii_lowercase();
    if given.is_empty() || given.len() > 40 {
        return None;
    }
    let near = known
        .into_iter()
        .map(|name| (edits(&given, &name.to_ascii_lowercase()), name));
    let (count, name) = near.min_by_key(|&(count, name)| (count, name))?;
    (count <= given.len().max(name.len()).div_ceil(3)).then_some(name)
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

//! Slips that the text of one token shows: a comma, colon or blank missing or too many, quotes, calls
//! and operators of other languages.
//!
//! ```text
//!   sps:eq      a comma is missing           "sps"     quotes are not needed
//!   :eq;:sum    commas separate              name=sps  a query is name,sps,:eq
//!   sum(x)      a word follows its operands  a%2Cb     encoded twice
//! ```
//!
//! Takes a token that no word could use and gives a sentence; nothing is decided here.

use crate::words;

/// What the text of a token says about the slip in it; `None` where it shows none.
pub(super) fn slip_of(token: &str) -> Option<String> {
    encoded_twice(token)
        .or_else(|| quoted(token))
        .or_else(|| parted_otherwise(token))
        .or_else(|| word_with_more(token))
        .or_else(|| word_at_end(token))
        .or_else(|| call(token))
        .or_else(|| parenthesis(token))
        .or_else(|| comparison(token))
        .or_else(|| operator(token))
}

/// The name of a word that is written without its colon.
pub(super) fn bare_word(token: &str) -> Option<&'static str> {
    let name = token.trim_start_matches([';', '.', '/', '\\', '@']);
    let name = name.to_ascii_lowercase();
    words::overloads(&name).first().map(|word| word.name)
}

/// What people who know other languages call a word of ours.
pub(super) fn translated(name: &str) -> Option<&'static str> {
    let name = name.to_ascii_lowercase();
    let found = OTHER_NAMES
        .iter()
        .find(|(others, _)| others.contains(&&*name));
    found.map(|(_, ours)| *ours)
}

const OTHER_NAMES: [(&[&str], &str); 27] = [
    (&["average", "mean", "avg-of"], "avg"),
    (&["groupby", "group-by", "group_by", "group"], "by"),
    (&["equals", "equal", "is", "==", "="], "eq"),
    (&["gte", ">="], "ge"),
    (&["lte", "<="], "le"),
    (&[">", "greater"], "gt"),
    (&["<", "less"], "lt"),
    (&["plus", "+"], "add"),
    (&["minus", "subtract", "diff", "-"], "sub"),
    (&["times", "multiply", "*"], "mul"),
    (&["divide", "div-by", "/"], "div"),
    (&["like", "regex", "regexp", "match", "matches", "=~"], "re"),
    (&["alias", "label", "title"], "legend"),
    (
        &[
            "moving-average",
            "movingaverage",
            "moving-avg",
            "avg-over-time",
        ],
        "rolling-mean",
    ),
    (
        &[
            "percentile",
            "quantile",
            "p50",
            "p90",
            "p95",
            "p99",
            "histogram-quantile",
        ],
        "percentiles",
    ),
    (&["shift", "timeshift", "time-shift", "ago"], "offset"),
    (&["lag"], "delay"),
    (&["top", "topn", "top-k", "highest"], "topk"),
    (&["bottom", "bottom-k", "lowest"], "bottomk"),
    (&["linewidth", "line-width", "width"], "lw"),
    (&["colour"], "color"),
    (&["delta", "deriv"], "derivative"),
    (&["increase", "cumsum", "cumulative-sum"], "integral"),
    (&["where", "having"], "filter"),
    (&["exists"], "has"),
    (&["startswith", "starts-with", "prefix"], "starts"),
    (&["endswith", "ends-with", "suffix"], "ends"),
];

/// Text that was encoded for a URL once more than it was decoded.
fn encoded_twice(token: &str) -> Option<String> {
    let upper = token.to_ascii_uppercase();
    let marks = ["%2C", "%3A", "%28", "%29", "%20", "%25"];
    if !marks.iter().any(|mark| upper.contains(mark)) {
        return None;
    }
    let decoded = decoded(token);
    Some(format!(
        "this is encoded for a URL twice; encode once, so that it reads {decoded}"
    ))
}

/// Undoes the escapes of a URL that stand for ASCII.
fn decoded(token: &str) -> String {
    let mut decoded = String::with_capacity(token.len());
    let mut rest = token;
    while let Some(c) = rest.chars().next() {
        let byte = rest.get(1..3).filter(|_| c == '%');
        match byte.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(byte) if byte.is_ascii() => {
                decoded.push(char::from(byte));
                rest = &rest[3..];
            }
            Some(_) | None => {
                decoded.push(c);
                rest = &rest[c.len_utf8()..];
            }
        }
    }
    decoded
}

const QUOTES: [char; 7] = [
    '"', '\'', '`', '\u{201c}', '\u{201d}', '\u{2018}', '\u{2019}',
];

fn quoted(token: &str) -> Option<String> {
    let inner = token.trim_matches(QUOTES);
    (inner.len() < token.len() && !inner.is_empty())
        .then(|| format!("text needs no quotes, and keeps those it has: write {inner}"))
}

/// `:eq:sum`, `:eq;sum`, `:sum)`, `:sum(x)`, `:eq :sum`: a word with something behind it.
fn word_with_more(token: &str) -> Option<String> {
    let name = token.strip_prefix(':')?;
    let end = name.find(|c: char| !is_of_name(c))?;
    let (word, rest) = name.split_at(end);
    if word.is_empty() {
        let more = rest.trim_start_matches([':', ' ']);
        return bare_word(more).map(|word| format!("a word starts with one colon: :{word}"));
    }
    if rest.starts_with('(') && !rest.starts_with("(,") {
        return Some(called(word, rest));
    }
    if rest == ")" {
        return Some(format!("`)` stands by itself between commas: :{word},)"));
    }
    let next = rest.trim_start_matches([':', ';', ' ', '.', '|', '\t', '\n', '\r']);
    let next = next.strip_suffix(QUOTES).unwrap_or(next);
    match bare_word(next) {
        Some(next) => Some(format!("commas separate: :{word},:{next}")),
        None if next.is_empty() => Some(format!("a word is letters, digits and dashes: :{word}")),
        None => Some(format!("commas separate: :{word},{next}")),
    }
}

/// `sps:eq`, `sps;:eq`: a value with a word behind it.
fn word_at_end(token: &str) -> Option<String> {
    let at = token.rfind([':', ';']).filter(|&at| at > 0)?;
    let word = bare_word(&token[at + 1..])?;
    let value = token[..at].trim_end_matches([':', ';', ' ']);
    (!value.is_empty() && !value.contains('('))
        .then(|| format!("a comma is missing before the word: {value},:{word}"))
}

/// `name sps :eq`, `name;sps;:eq`: blanks or semicolons where commas belong.
fn parted_otherwise(token: &str) -> Option<String> {
    let is_mark = |c: char| c.is_whitespace() || c == ';' || c == '|';
    let pieces: Vec<&str> = token
        .split(is_mark)
        .filter(|piece| !piece.is_empty())
        .collect();
    let is_word = |piece: &&str| {
        let name = piece.strip_prefix(':');
        name.is_some_and(|name| bare_word(name).is_some())
    };
    (pieces.len() > 1 && pieces.iter().any(is_word))
        .then(|| format!("commas separate: {}", pieces.join(",")))
}

/// A whole program that is a call: `sum(name,sps,:eq)`.
pub(super) fn call_of_program(program: &str) -> Option<String> {
    let call = program.trim();
    let call = call.strip_prefix(':').unwrap_or(call);
    let (name, rest) = call.split_once('(')?;
    let operands = rest.strip_suffix(')')?;
    let is_call = bare_word(name).is_some() && operands.contains(",:") && !operands.contains('(');
    is_call.then(|| called(name, operands))
}

/// `sum(x)`: a word that is called like a function.
fn call(token: &str) -> Option<String> {
    let (name, rest) = token.split_once('(')?;
    let name = name.trim();
    (!name.is_empty() && name.chars().all(|c| is_of_name(c) || c == '_'))
        .then(|| called(name, &format!("({rest}")))
}

fn called(name: &str, rest: &str) -> String {
    let operands = rest.trim_start_matches('(').trim_end_matches(')').trim();
    let operands = match operands {
        "" => "name,sps,:eq",
        operands => operands,
    };
    let known = bare_word(name).or_else(|| translated(&name.replace('_', "-")));
    match known {
        Some(word) => {
            format!("a word stands after what it takes, without parentheses: {operands},:{word}")
        }
        None => {
            "words stand after what they take, without parentheses: name,sps,:eq,:sum".to_owned()
        }
    }
}

/// `(name`, `name)`: parentheses that are part of another token.
fn parenthesis(token: &str) -> Option<String> {
    let opens = token.strip_prefix('(').filter(|rest| !rest.is_empty());
    let inner = opens.unwrap_or(token);
    let closes = inner.strip_suffix(')').filter(|rest| !rest.is_empty());
    let inner = closes.unwrap_or(inner);
    let (before, after) = match (opens, closes) {
        (None, None) => return None,
        (Some(_), None) => ("(,", ""),
        (None, Some(_)) => ("", ",)"),
        (Some(_), Some(_)) => ("(,", ",)"),
    };
    Some(format!(
        "each parenthesis stands by itself between commas: {before}{inner}{after}"
    ))
}

/// `name=sps`, `name!=sps`: a comparison as others write it.
fn comparison(token: &str) -> Option<String> {
    let at = token.find(['=', '!', '<', '>'])?;
    let (key, rest) = token.split_at(at);
    let value = rest.trim_start_matches(['=', '!', '<', '>', '~']);
    let operator = &rest[..rest.len() - value.len()];
    let words = match operator {
        "=" | "==" => ":eq",
        "=~" => ":re",
        "!=" => ":eq,:not",
        "!~" => ":re,:not",
        "<" => ":lt",
        "<=" => ":le",
        ">" => ":gt",
        ">=" => ":ge",
        _ => return None,
    };
    let (key, value) = (key.trim(), value.trim().trim_matches(QUOTES));
    let is_key = !key.is_empty() && key.chars().all(|c| is_of_name(c) || c == '.' || c == '_');
    (is_key && !value.is_empty()).then(|| format!("a condition is written {key},{value},{words}"))
}

/// `/2`, `*`, `> 5`: an operator before a number.
fn operator(token: &str) -> Option<String> {
    let number =
        token.trim_start_matches(['+', '-', '*', '/', '<', '>', '=', '&', '|', '!', '^', '%']);
    let word = match token[..token.len() - number.len()].trim() {
        "&" | "&&" => "and",
        "|" | "||" => "or",
        "!" => "not",
        "^" => "pow",
        sign => translated(sign)?,
    };
    match number.trim() {
        "" => Some(format!(
            "operators are words after both sides, as in 1,2,:{word}"
        )),
        number => Some(format!(
            "operators are words after both sides: {number},:{word}"
        )),
    }
}

fn is_of_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '-'
}

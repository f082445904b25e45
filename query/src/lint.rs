//! Lints: programs that run and yet are probably not what somebody meant.
//!
//! Takes a program; gives findings with the bytes they are about, one line of why and one of what to do.
//! What can be said from the text alone is said by [`lint`]; what depends on data by [`lint_observed`],
//! from an explanation of the program. A comment `/* lint: allow NAME */` turns a lint off for a program.

use telamon_model::Predicate;

use crate::contradiction::{conjuncts, contradiction};
use crate::expr::{DataExpr, Expr};
use crate::lang::{self, LangError, ParseOptions, Span, Step, Value, Vocabulary};
use crate::words::{self, Word};

/// A query that selects nothing, whatever is stored.
pub const NEVER_MATCHES: &str = "never-matches";
/// A word that has a better one.
pub const DEPRECATED: &str = "deprecated-word";
/// A division by data that need not be there when the dividend is.
pub const ABSENT_DIVISOR: &str = "absent-divisor";
/// A word that the reference does not have.
pub const NOT_ON_REFERENCE: &str = "not-on-reference";
/// A data expression that selects no series of a store.
pub const NO_SERIES: &str = "no-series";
/// A grouping that makes more lines than an answer may have.
pub const TOO_MANY_GROUPS: &str = "too-many-groups";

/// Every lint with what it is about, in a line.
pub const LINTS: [(&str, &str); 6] = [
    (NEVER_MATCHES, "a query selects nothing, whatever is stored"),
    (DEPRECATED, "a word has a better one"),
    (
        ABSENT_DIVISOR,
        "a divisor may be absent where the dividend is not",
    ),
    (NOT_ON_REFERENCE, "a word does not run on the reference"),
    (
        NO_SERIES,
        "a data expression selects no series of the store",
    ),
    (
        TOO_MANY_GROUPS,
        "a grouping makes more lines than are allowed",
    ),
];

/// Something to look at in a program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Name of the lint.
    pub lint: &'static str,
    /// Bytes of the source it is about.
    pub span: Span,
    /// What is the matter and why.
    pub why: String,
    /// What to do about it.
    pub advice: String,
}

/// What a store holds for a data expression of a program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Observed {
    /// The data expression as text.
    pub data: String,
    /// Groups its series fall into.
    pub groups: u64,
    /// Why it selects no series; `None` when it selects some.
    pub empty: Option<String>,
}

/// Findings from the text alone, in the order of the program.
///
/// # Errors
/// When the program cannot be run.
pub fn lint(
    text: &str,
    options: &ParseOptions,
    is_for_reference: bool,
) -> Result<Vec<Finding>, LangError> {
    let mut findings = Vec::new();
    let mut impossible: Vec<Vec<String>> = Vec::new();
    lang::walk(text, options, &mut |step| {
        if let Some(word) = word_of(step) {
            findings.extend(deprecated(word, step));
            if is_for_reference {
                findings.extend(beyond_reference(word, step));
            }
            if word.name == "div" {
                findings.extend(absent_divisor(step));
            }
        }
        for tests in contradictions(step.after.last()) {
            if !impossible.contains(&tests) {
                findings.push(never_matches(&tests, step.span()));
                impossible.push(tests);
            }
        }
    })?;
    without_allowed(findings, text)
}

/// Findings from what a store holds for the data expressions of a program.
///
/// # Errors
/// When the program cannot be run.
pub fn lint_observed(
    text: &str,
    options: &ParseOptions,
    observed: &[Observed],
    lines_max: u64,
) -> Result<Vec<Finding>, LangError> {
    let mut spans: Vec<Option<Span>> = vec![None; observed.len()];
    lang::walk(text, options, &mut |step| {
        let data = data_of(step.after.last());
        for (observed, span) in observed.iter().zip(&mut spans) {
            if span.is_none() && data.contains(&observed.data) {
                *span = Some(step.span());
            }
        }
    })?;
    let findings = observed.iter().zip(spans).filter_map(|(observed, span)| {
        let span = span.unwrap_or(0..text.len());
        if let Some(why) = &observed.empty {
            return Some(Finding {
                lint: NO_SERIES,
                span,
                why: why.clone(),
                advice: "ask for what exists, or leave the part out".to_owned(),
            });
        }
        (observed.groups > lines_max).then(|| Finding {
            lint: TOO_MANY_GROUPS,
            span,
            why: format!("{} groups, {lines_max} lines are allowed", observed.groups),
            advice: "group by fewer keys, narrow the query, or keep the largest with :topk"
                .to_owned(),
        })
    });
    without_allowed(findings.collect(), text)
}

/// The overload that a step runs; `None` for strings and lists.
fn word_of(step: &Step<'_>) -> Option<&'static Word> {
    let [token] = step.tokens else { return None };
    let overloads = words::overloads(token.text.strip_prefix(':')?);
    overloads
        .iter()
        .copied()
        .find(|word| word.matches(step.before))
}

fn deprecated(word: &Word, step: &Step<'_>) -> Option<Finding> {
    let advice = word.deprecated?;
    Some(Finding {
        lint: DEPRECATED,
        span: step.span(),
        why: format!(":{} is deprecated", word.name),
        advice: advice.to_owned(),
    })
}

fn beyond_reference(word: &Word, step: &Step<'_>) -> Option<Finding> {
    (word.vocabulary > Vocabulary::Custom).then(|| Finding {
        lint: NOT_ON_REFERENCE,
        span: step.span(),
        why: format!(
            ":{} {} is a word of Telamon alone",
            word.name,
            word.signature.trim()
        ),
        advice: "leave it out of programs that other servers have to run".to_owned(),
    })
}

/// A dividend that is counted where its divisor is not has no quotient. Where every series of the
/// dividend is one of the divisor, that cannot be.
fn absent_divisor(step: &Step<'_>) -> Option<Finding> {
    let [.., dividend, divisor] = step.before else {
        return None;
    };
    let (dividend, divisor) = (dividend.to_expr()?, divisor.to_expr()?);
    let fills = divisor
        .to_string()
        .split(',')
        .any(|word| word.starts_with(":fill"));
    let covers = |part: &DataExpr| {
        dividend
            .data_exprs()
            .into_iter()
            .any(|whole| is_within(whole, part))
    };
    let missing = divisor
        .data_exprs()
        .into_iter()
        .find(|part| !covers(part))?;
    if fills {
        return None;
    }
    Some(Finding {
        lint: ABSENT_DIVISOR,
        span: step.span(),
        why: format!("where {missing} has no value the quotient has none either"),
        advice: "give the divisor a value with v,:fill, or divide by data that holds all of the dividend".to_owned(),
    })
}

/// Whether every series of the first is one of the second at the same time, as far as the text tells.
/// The statistics of a timer or a summary are published together, so which one is asked for does not
/// count.
fn is_within(first: &DataExpr, second: &DataExpr) -> bool {
    let tests = conjuncts(first.query());
    let holds = |test: &&Predicate| {
        let is_statistic = matches!(test, Predicate::Equal(key, _) if **key == *"statistic");
        is_statistic || **test == Predicate::True || tests.contains(test)
    };
    first.offset_ms() == second.offset_ms()
        && conjuncts(second.query()).iter().all(holds)
        && second.keys().iter().all(|key| first.keys().contains(key))
}

/// Impossible tests in a query, or in the queries of data that a word such as `:cq` changed.
fn contradictions(value: Option<&Value>) -> Vec<Vec<String>> {
    match value {
        Some(Value::Query(query)) => contradiction(query).into_iter().collect(),
        Some(Value::Expr(expr)) => match &**expr {
            Expr::Data(data) => contradiction(data.query()).into_iter().collect(),
            _ => Vec::new(),
        },
        _ => Vec::new(),
    }
}

fn never_matches(tests: &[String], span: Span) -> Finding {
    let (why, advice) = match tests {
        [test] => (
            format!("{test} selects nothing, whatever is stored"),
            "leave the test out, or correct it",
        ),
        tests => (
            format!("no series can pass {} together", tests.join(" and ")),
            "join alternatives with :or, or list them with :in",
        ),
    };
    Finding {
        lint: NEVER_MATCHES,
        span,
        why,
        advice: advice.to_owned(),
    }
}

/// The data expressions of a value as text.
fn data_of(value: Option<&Value>) -> Vec<String> {
    let styled = value.and_then(|value| match value {
        Value::Query(_) | Value::Expr(_) | Value::Styled(_) => value.to_styled(),
        Value::Text(_) | Value::List(_) => None,
    });
    let data = styled.iter().flat_map(|styled| styled.expr.data_exprs());
    data.map(DataExpr::to_string).collect()
}

fn without_allowed(mut findings: Vec<Finding>, text: &str) -> Result<Vec<Finding>, LangError> {
    let comments = lang::comments(text)?;
    findings.retain(|finding| {
        let is_allowed = |comment: &&str| {
            let inside =
                comment.trim_matches(|c: char| matches!(c, '/' | '*') || c.is_whitespace());
            let names = inside.strip_prefix("lint: allow ").unwrap_or_default();
            names.split([',', ' ']).any(|name| name == finding.lint)
        };
        !comments.iter().any(is_allowed)
    });
    Ok(findings)
}

#[cfg(test)]
mod tests;

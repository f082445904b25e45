//! Laws of the language: what must hold for any text.

use telamon_query::lang::escape;
use telamon_query::lang::{self, LangError, ParseOptions, Strip, Value, Vocabulary, render_caret};

use super::Did;

/// Laws of tokens: commas split, comments vanish, blanks at the ends go, places are places.
pub(super) fn tokens(text: &str) -> Result<Did, String> {
    let options = options(Vocabulary::Telamon);
    let ran = lang::run(text, &options);
    if let Err(error) = &ran {
        check_fault(text, error)?;
    }
    let naive = naive_tokens(text);
    let is_plain = naive.as_ref().is_some_and(|tokens| {
        let is_value = |token: &String| !token.starts_with(':') && token != "(" && token != ")";
        tokens.iter().all(is_value) && tokens.len() <= options.limits.stack_items
    });
    match (&naive, &ran) {
        (None, Ok(_)) => return Err("a comment that is not closed was taken".to_owned()),
        (Some(tokens), Ok(values)) if is_plain => {
            let expected: Vec<Value> = tokens
                .iter()
                .map(|token| Value::text(escape::decode(token)))
                .collect();
            if *values != expected {
                return Err(format!("tokens differ: `{values:?}` is not {expected:?}"));
            }
        }
        (Some(_), Err(error)) if is_plain => return Err(format!("values refused: `{error}")),
        _ => {}
    }
    let commented = text.replacen(',', " /* a, /* b */ */,", 3);
    if naive.is_some() && lang::run(&commented, &options).ok() != ran.as_ref().ok().cloned() {
        return Err("comments change the meaning".to_owned());
    }
    Ok(Did {
        is_valid: ran.is_ok(),
        marks: shape_marks(text, &ran),
    })
}

/// The tokens, read in the plainest way: a character at a time. `None` for a comment that is not closed.
fn naive_tokens(text: &str) -> Option<Vec<String>> {
    let mut kept = String::new();
    let mut depth = 0_u32;
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        if let Some(after) = rest.strip_prefix("/*") {
            depth += 1;
            rest = after;
        } else if let Some(after) = rest.strip_prefix("*/") {
            depth = depth.checked_sub(1)?;
            rest = after;
        } else {
            if depth == 0 {
                kept.push(first);
            }
            rest = &rest[first.len_utf8()..];
        }
    }
    let pieces = kept
        .split(',')
        .map(|piece| piece.trim_matches(|c| c <= ' ').to_owned());
    (depth == 0).then(|| pieces.filter(|piece| !piece.is_empty()).collect())
}

/// Laws of programs: what a value prints is a program that makes it; all that is told of a program is
/// told of every program that runs.
pub(super) fn programs(text: &str) -> Result<Did, String> {
    let options = options(Vocabulary::Telamon);
    let ran = lang::run(text, &options);
    let marks = shape_marks(text, &ran);
    let values = match &ran {
        Ok(values) => values,
        Err(error) => {
            check_fault(text, error)?;
            return Ok(Did {
                is_valid: false,
                marks,
            });
        }
    };
    // Rewrites and line styles may have the name of a word that means something else.
    if !text.contains(":named-rewrite") && !text.contains(":ls") {
        // This word stands for a program that groups.
        let groupings = text.matches(":by").count() + text.matches(":percentiles-heatmap").count();
        for value in values {
            prints_itself(value, groupings, &options)?;
        }
    }
    if lang::run(text, &options).as_ref() != Ok(values) {
        return Err("a second run gives something else".to_owned());
    }
    let may_be_renamed = text.contains(":ls") || text.contains(":named-rewrite");
    tell_all(text, &options, may_be_renamed)?;
    Ok(Did {
        is_valid: true,
        marks,
    })
}

/// A grouping written after a rewrite such as `:avg` of lines that have that grouping already is not
/// printed, so a program with more groupings than are printed is left alone.
fn prints_itself(value: &Value, groupings: usize, options: &ParseOptions) -> Result<(), String> {
    let printed = value.to_string();
    if matches!(value, Value::Text(_) | Value::List(_)) {
        return Ok(());
    }
    match lang::run(&printed, options) {
        Ok(again) if again.len() == 1 && again[0] == *value => Ok(()),
        Ok(_) if printed.matches(":by").count() < groupings => Ok(()),
        Ok(again) => Err(format!(
            "printed as another program: `{printed}` gives {again:?}"
        )),
        Err(error) if is_of_a_limit(&error) || is_of_a_name(&error) => Ok(()),
        Err(error) => Err(format!("printed as no program: `{printed}` gives {error}")),
    }
}

/// The printed form has more steps and larger lists than the program that made it.
fn is_of_a_limit(error: &LangError) -> bool {
    ["limit", "too long", "too large", "looping"]
        .iter()
        .any(|said| error.text.contains(said))
}

/// A rewrite may have any name, and prints as a word of that name.
fn is_of_a_name(error: &LangError) -> bool {
    error.text.contains("unknown word")
}

/// Everything that the language tells of a program.
fn tell_all(text: &str, options: &ParseOptions, may_be_renamed: bool) -> Result<(), String> {
    let strip = Strip {
        keys: vec!["name".to_owned()],
        filter: true,
        style: true,
    };
    let texts = [
        ("normalize", lang::normalize(text, options)),
        ("strip", lang::strip(text, options, &strip)),
        ("rewrite", lang::spell_out_offsets(text, options)),
        ("queries", lang::queries(text, options)),
    ];
    for (name, told) in texts {
        let told = match told {
            Ok(told) => told,
            Err(error) => {
                check_fault(text, &error)?;
                continue;
            }
        };
        for program in told {
            match lang::run(&program, options) {
                Ok(_) => {}
                Err(error) if may_be_renamed || is_of_a_limit(&error) || is_of_a_name(&error) => {}
                Err(error) => return Err(format!("{name} gives no program: `{program}` {error}")),
            }
        }
    }
    for error in [
        lang::trace(text, options).err(),
        lang::complete(text, options, Vocabulary::Telamon).err(),
        lang::parse(text, options).err(),
        lang::parse_query(text, options).err(),
    ] {
        error.map_or(Ok(()), |error| check_fault(text, &error))?;
    }
    Ok(())
}

/// A fault points into the text, at whole characters, and can be drawn.
pub(super) fn check_fault(text: &str, error: &LangError) -> Result<(), String> {
    if text.get(error.span.clone()).is_none() {
        return Err(format!("a fault at no place: `{:?} {error}", error.span));
    }
    let drawn = render_caret(error, text);
    match drawn.len() {
        0..=400_000 => Ok(()),
        length => Err(format!("a fault of many bytes: `{length}")),
    }
}

pub(super) fn options(vocabulary: Vocabulary) -> ParseOptions {
    ParseOptions {
        vocabulary,
        unstable: true,
        ..ParseOptions::reference()
    }
}

/// What a program did: words that followed each other and ran, or the fault without its particulars.
pub(super) fn shape_marks(text: &str, ran: &Result<Vec<Value>, LangError>) -> Vec<String> {
    match ran {
        Ok(values) => {
            let words: Vec<&str> = text
                .split(',')
                .map(str::trim)
                .filter(|token| token.starts_with(':') && token.len() < 24)
                .collect();
            let pairs = words.windows(2).map(|pair| pair.join(" "));
            let classes = values.iter().map(|value| value.class().to_owned());
            pairs.chain(classes).collect()
        }
        Err(error) => {
            let word = error.help.word.clone().unwrap_or_default();
            let start: String = error
                .text
                .chars()
                .filter(|c| c.is_alphabetic())
                .take(30)
                .collect();
            vec![format!("{:?} {word:.20} {start}", error.class)]
        }
    }
}

//! Texts with `{{ $labels.key }}` and `{{ $value }}` in them.
//!
//! Takes a text at load time and checks it completely, so that filling it in later cannot fail.
//! There are no functions, conditions or loops: an annotation is a sentence, and what needs
//! computing belongs into the expression.
//!
//! ```text
//!   errors on {{ $labels.nf.node }}: {{ $value }}
//!             └─ everything up to `}}` is the key, so keys may hold dots
//! ```

use std::ops::Range;
use std::sync::Arc;

use telamon_model::Tags;

/// A checked text, ready to be filled in.
#[derive(Clone, Debug, PartialEq)]
pub struct Template {
    source: Arc<str>,
    pieces: Vec<Piece>,
}

#[derive(Clone, Debug, PartialEq)]
enum Piece {
    Text(String),
    Label(String),
    Value,
}

/// Where values may be used. A label must not hold the value: each change would be a new alert.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Use {
    /// The template is an annotation.
    Annotation,
    /// The template is a label.
    Label,
}

/// Why a text is no template.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    /// `{{` without `}}`.
    #[error("`{{{{` at character {at} is never closed")]
    Unclosed {
        /// Character of the braces, counted from one.
        at: usize,
    },
    /// Something else than `$labels.key` or `$value` between the braces.
    #[error(
        "`{{{{ {inner} }}}}` is not understood: only `$value` and `$labels.<key>` can be filled in"
    )]
    Unknown {
        /// The text between the braces, trimmed.
        inner: String,
    },
    /// `$value` in a label.
    #[error("a label must not hold `$value`: each new value would be a new alert")]
    ValueInLabel,
}

impl Template {
    /// Checks a text.
    ///
    /// # Errors
    /// See [`TemplateError`]; the first problem of the text.
    pub fn parse(source: &str, usage: Use) -> Result<Self, TemplateError> {
        let mut pieces = Vec::new();
        let mut done = 0;
        while let Some(Range { start, end }) = next_braces(source, done)? {
            if start > done {
                pieces.push(Piece::Text(source[done..start].to_owned()));
            }
            pieces.push(parse_inner(source[start + 2..end - 2].trim(), usage)?);
            done = end;
        }
        if done < source.len() {
            pieces.push(Piece::Text(source[done..].to_owned()));
        }
        Ok(Self {
            source: source.into(),
            pieces,
        })
    }

    /// The text as written.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Fills in the text. A label that the alert does not have is empty, as in Prometheus.
    pub fn render(&self, labels: &Tags, value: f64) -> String {
        let mut text = String::with_capacity(self.source.len());
        for piece in &self.pieces {
            match piece {
                Piece::Text(fixed) => text.push_str(fixed),
                Piece::Label(key) => text.push_str(labels.get(key).map_or("", |value| value)),
                Piece::Value => text.push_str(&number(value)),
            }
        }
        text
    }
}

/// A value for human eyes: four significant digits, no exponent between 0.001 and 10^15; `none`
/// when the value is absent.
pub fn number(value: f64) -> String {
    if value.is_nan() {
        return "none".to_owned();
    }
    let magnitude = value.abs();
    if magnitude != 0.0 && !(1e-3..1e15).contains(&magnitude) {
        return format!("{value:.3e}");
    }
    let whole_digits = (1..=4).find(|&digits| magnitude < [10.0, 100.0, 1e3, 1e4][digits - 1]);
    let decimals = match whole_digits {
        Some(_) if magnitude != 0.0 && magnitude < 1.0 => (4..=6)
            .find(|&places| magnitude >= [0.1, 0.01, 1e-3][places - 4])
            .unwrap_or(6),
        Some(digits) => 4 - digits,
        None => 0,
    };
    let text = format!("{value:.decimals$}");
    if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        text
    }
}

/// The next `{{...}}` at or after `from`, braces included.
fn next_braces(source: &str, from: usize) -> Result<Option<Range<usize>>, TemplateError> {
    let Some(open) = source[from..].find("{{").map(|found| found + from) else {
        return Ok(None);
    };
    match source[open..].find("}}") {
        Some(length) => Ok(Some(open..open + length + 2)),
        None => Err(TemplateError::Unclosed {
            at: source[..open].chars().count() + 1,
        }),
    }
}

fn parse_inner(inner: &str, usage: Use) -> Result<Piece, TemplateError> {
    if inner == "$value" {
        return match usage {
            Use::Annotation => Ok(Piece::Value),
            Use::Label => Err(TemplateError::ValueInLabel),
        };
    }
    match inner.strip_prefix("$labels.") {
        Some(key) if !key.is_empty() && !key.contains(char::is_whitespace) => {
            Ok(Piece::Label(key.to_owned()))
        }
        Some(_) | None => Err(TemplateError::Unknown {
            inner: inner.to_owned(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fill(source: &str, value: f64) -> Result<String, TemplateError> {
        let labels = Tags::from_pairs([("nf.node", "i-1"), ("app", "www")]);
        Template::parse(source, Use::Annotation).map(|template| template.render(&labels, value))
    }

    #[test]
    fn labels_and_value_are_filled_in() {
        for (source, filled) in [
            ("", ""),
            ("plain } text { $value", "plain } text { $value"),
            ("{{ $labels.nf.node }} at {{$value}}!", "i-1 at 12.5!"),
            ("{{$labels.app}}{{$labels.app}}", "wwwwww"),
            ("[{{ $labels.missing }}]", "[]"),
        ] {
            assert_eq!(fill(source, 12.5), Ok(filled.to_owned()), "{source}");
        }
    }

    #[test]
    fn a_wrong_text_is_refused_with_the_reason() {
        for (source, message) in [
            ("é {{ $value", "`{{` at character 3 is never closed"),
            (
                "{{ $value | humanize }}",
                "`{{ $value | humanize }}` is not understood: only `$value` and `$labels.<key>` can be filled in",
            ),
            (
                "{{ $labels. }}",
                "`{{ $labels. }}` is not understood: only `$value` and `$labels.<key>` can be filled in",
            ),
        ] {
            let error = fill(source, 0.0).unwrap_err();
            assert_eq!(error.to_string(), message, "{source}");
        }
        assert_eq!(
            Template::parse("{{ $value }}", Use::Label),
            Err(TemplateError::ValueInLabel)
        );
    }

    #[test]
    fn numbers_are_short() {
        for (value, text) in [
            (0.0, "0"),
            (1.0, "1"),
            (-2.5, "-2.5"),
            (1234.567, "1235"),
            (123.456, "123.5"),
            (9.9999, "10"),
            (0.25, "0.25"),
            (0.012_345, "0.01235"),
            (0.001, "0.001"),
            (1.5e-7, "1.500e-7"),
            (123_456_789.0, "123456789"),
            (2.5e20, "2.500e20"),
            (f64::INFINITY, "inf"),
            (f64::NAN, "none"),
        ] {
            assert_eq!(number(value), text);
        }
    }
}

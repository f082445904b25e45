//! Data answers: the numbers of a graph as text, and as columns ([`arrow`]).
//!
//! Field order, number text and quoting follow the reference byte for byte where clients can see
//! it: doubles in Java's layout, and `"NaN"`, `"Infinity"`, `"-Infinity"` as strings, because JSON
//! has no such numbers.

pub mod arrow;
pub mod csv;
pub mod events;
pub mod json;
pub mod stats;
pub mod v2;

use std::fmt::Write as _;

use telamon_model::number::write_java_double;

/// Appends a double; what is not finite becomes a string.
fn push_double(out: &mut String, value: f64) {
    if value.is_finite() {
        write_java_double(out, value);
    } else {
        out.push('"');
        write_java_double(out, value);
        out.push('"');
    }
}

/// Appends a JSON string.
fn push_text(out: &mut String, text: &str) {
    out.push('"');
    for mark in text.chars() {
        match mark {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            control if control < ' ' => {
                write!(out, "\\u{:04X}", u32::from(control)).expect("a string takes everything");
            }
            other => out.push(other),
        }
    }
    out.push('"');
}

/// Appends a number without fraction.
fn push_integer(out: &mut String, value: impl Into<i128>) {
    write!(out, "{}", value.into()).expect("a string takes everything");
}

/// Appends `[a,b,c]`.
fn push_list<T>(
    out: &mut String,
    items: impl IntoIterator<Item = T>,
    mut push: impl FnMut(&mut String, T),
) {
    out.push('[');
    for (index, item) in items.into_iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        push(out, item);
    }
    out.push(']');
}

/// Appends `{"key":"value",...}`.
fn push_tags<'a>(out: &mut String, tags: impl IntoIterator<Item = (&'a str, &'a str)>) {
    out.push('{');
    for (index, (key, value)) in tags.into_iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        push_text(out, key);
        out.push(':');
        push_text(out, value);
    }
    out.push('}');
}

#[cfg(test)]
mod tests;

//! Query strings and paths: decoding, and the lookups the reference does on them.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;

use super::problem::Problem;

/// The parameters of a request in the order of the URL.
#[derive(Clone, Debug, Default)]
pub(crate) struct Params(Vec<(String, String)>);

impl Params {
    /// Reads a query string: `&` separates, `+` is a space, a name without `=` has an empty value.
    pub(crate) fn parse(query: &str) -> Self {
        let pairs = form_urlencoded::parse(query.as_bytes());
        Self(
            pairs
                .map(|(name, value)| (name.into_owned(), value.into_owned()))
                .collect(),
        )
    }

    /// The first value of a name.
    pub(crate) fn first(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }

    /// All values of a name.
    pub(crate) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0
            .iter()
            .filter(move |(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }

    /// The value for an axis: `name.N` where present, even when empty, else `name`.
    pub(crate) fn axis(&self, name: &str, axis: usize) -> Option<&str> {
        self.first(&format!("{name}.{axis}"))
            .or_else(|| self.first(name))
    }

    /// All names and values, in order.
    pub(crate) fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Whether a switch is on, which only `1` does.
    pub(crate) fn flag(&self, name: &str) -> bool {
        self.first(name) == Some("1")
    }

    /// A whole number as Java reads an `int`.
    ///
    /// # Errors
    /// In the words of Java.
    pub(crate) fn int(&self, name: &'static str) -> Result<Option<i32>, Problem> {
        let number = self.first(name).map(parse_int).transpose();
        number.map_err(|problem| problem.of(name).with_hint("a whole number is needed"))
    }
}

/// A whole number as Java's `Integer.parseInt` reads it: a sign and ASCII digits.
///
/// # Errors
/// In its words.
pub(crate) fn parse_int(text: &str) -> Result<i32, Problem> {
    text.parse()
        .map_err(|_no_int| number_format(&format!("For input string: \"{text}\"")))
}

/// A number as Java's `Double.parseDouble` reads it, without the hexadecimal form.
///
/// # Errors
/// In its words.
pub(crate) fn parse_double(text: &str) -> Result<f64, Problem> {
    let trimmed = text.trim_matches(|c: char| c <= ' ');
    if trimmed.is_empty() {
        return Err(number_format("empty String"));
    }
    let (sign, magnitude) = match trimmed.strip_prefix('-') {
        Some(rest) => (-1.0, rest),
        None => (1.0, trimmed.strip_prefix('+').unwrap_or(trimmed)),
    };
    match magnitude {
        "NaN" => return Ok(f64::NAN),
        "Infinity" => return Ok(sign * f64::INFINITY),
        _ => {}
    }
    let digits = magnitude
        .strip_suffix(['d', 'D', 'f', 'F'])
        .unwrap_or(magnitude);
    let is_decimal = digits.starts_with(|c: char| c.is_ascii_digit() || c == '.');
    match digits.parse::<f64>() {
        Ok(value) if is_decimal => Ok(sign * value),
        Ok(_) | Err(_) => Err(number_format(&format!("For input string: \"{text}\""))),
    }
}

fn number_format(message: &str) -> Problem {
    Problem::bad_request("NumberFormatException", message)
}

/// A path with its escapes undone; `None` if an escape is malformed or the result is no text.
pub(crate) fn decode_path(path: &str) -> Option<Cow<'_, str>> {
    if damaged_escape(path).is_some() {
        return None;
    }
    percent_decode_str(path).decode_utf8().ok()
}

/// Where the first `%` that two hexadecimal digits do not follow should have had one: the byte of
/// what stands there instead, or the end of the text.
pub(crate) fn damaged_escape(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let percents = bytes.iter().enumerate().filter(|&(_, &byte)| byte == b'%');
    let mut digits = percents.flat_map(|(at, _)| [at + 1, at + 2]);
    digits.find(|&at| !bytes.get(at).is_some_and(u8::is_ascii_hexdigit))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_value_wins_and_semicolons_are_data() {
        let params = Params::parse("&&q=1&q=2;x&tz=UTC&tz=US%2FPacific&a+b=c+d&flag&w=");
        assert_eq!(params.first("q"), Some("1"));
        assert_eq!(params.all("q").collect::<Vec<_>>(), ["1", "2;x"]);
        assert_eq!(params.all("tz").collect::<Vec<_>>(), ["UTC", "US/Pacific"]);
        assert_eq!(params.first("a b"), Some("c d"));
        assert_eq!(params.first("flag"), Some(""));
        assert_eq!(
            params.int("w").unwrap_err().message,
            "NumberFormatException: For input string: \"\""
        );
    }

    #[test]
    fn an_axis_has_its_own_value_even_when_empty() {
        let params = Params::parse("ylabel.1=&ylabel=x");
        assert_eq!(params.axis("ylabel", 0), Some("x"));
        assert_eq!(params.axis("ylabel", 1), Some(""));
    }

    #[test]
    fn doubles_as_java_reads_them() {
        for (text, value) in [
            ("1", Some(1.0)),
            (" -1.5e3 ", Some(-1500.0)),
            ("1d", Some(1.0)),
            (".5f", Some(0.5)),
            ("Infinity", Some(f64::INFINITY)),
            ("inf", None),
            ("nan", None),
            ("", None),
            ("--1", None),
            ("1_0", None),
        ] {
            assert_eq!(parse_double(text).ok(), value, "{text}");
        }
        assert!(parse_double("NaN").unwrap().is_nan());
    }

    #[test]
    fn malformed_escapes_are_found() {
        for (text, at) in [
            ("a%20b", None),
            ("", None),
            ("%", Some(1)),
            ("%2", Some(2)),
            ("%zz", Some(1)),
            ("%20%4x", Some(5)),
        ] {
            assert_eq!(damaged_escape(text), at, "{text}");
        }
        assert_eq!(decode_path("/a%2Fb").as_deref(), Some("/a/b"));
        assert_eq!(decode_path("/%ff"), None);
    }
}

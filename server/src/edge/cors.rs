//! Which pages of other origins may read answers.

use axum::http::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, VARY,
};
use axum::http::{HeaderMap, HeaderValue};

/// The origin of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// No origin: no page asks.
    Absent,
    /// An origin that gets no CORS headers.
    Refused,
    /// The value to allow.
    Allowed(HeaderValue),
    /// Nothing that an origin can be.
    Illegal(&'static str),
}

impl Origin {
    /// Judges the header against the patterns: `*`, an exact host, or `.suffix`.
    pub(super) fn of(header: Option<&HeaderValue>, patterns: &[String]) -> Self {
        let Some(header) = header else {
            return Self::Absent;
        };
        let Ok(text) = header.to_str() else {
            return Self::Illegal("not text");
        };
        if text == "null" {
            return Self::Allowed(HeaderValue::from_static("*"));
        }
        if !text.contains(':') {
            return Self::Illegal("expected a scheme");
        }
        match host(text) {
            Some(host) if patterns.iter().any(|pattern| matches(pattern, host)) => {
                Self::Allowed(header.clone())
            }
            Some(_) | None => Self::Refused,
        }
    }
}

/// Host of `scheme://host[:port]`; `None` if there is none or no host is written like that.
pub(crate) fn host(origin: &str) -> Option<&str> {
    let (_, rest) = origin.split_once("://")?;
    let end = if rest.starts_with('[') {
        rest.find(']').map_or(rest.len(), |at| at + 1)
    } else {
        rest.find([':', '/']).unwrap_or(rest.len())
    };
    let host = &rest[..end];
    let is_host = !host.is_empty()
        && host
            .bytes()
            .all(|b| b.is_ascii_graphic() && !b"\"<>\\^`{|}%".contains(&b));
    is_host.then_some(host)
}

fn matches(pattern: &str, host: &str) -> bool {
    match pattern {
        "*" => true,
        suffix if suffix.starts_with('.') => host.ends_with(suffix),
        exact => host == exact,
    }
}

/// Adds what the origin earns to the headers of an answer.
pub(super) fn add_headers(
    headers: &mut HeaderMap,
    origin: &Origin,
    asked_headers: Option<&HeaderValue>,
    is_options: bool,
) {
    if is_options {
        headers.insert(ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("600"));
    }
    let Origin::Allowed(allowed) = origin else {
        return;
    };
    let exposed: Vec<String> = headers
        .keys()
        .filter(|name| **name != ACCESS_CONTROL_MAX_AGE)
        .map(|name| title_case(name.as_str()))
        .collect();
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, allowed.clone());
    headers.insert(
        ACCESS_CONTROL_ALLOW_METHODS,
        HeaderValue::from_static("GET, PATCH, POST, PUT, DELETE"),
    );
    if let Some(asked) = asked_headers {
        headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, asked.clone());
    }
    headers.insert(
        ACCESS_CONTROL_ALLOW_CREDENTIALS,
        HeaderValue::from_static("true"),
    );
    headers.insert(VARY, HeaderValue::from_static("Origin"));
    if let Ok(exposed) = HeaderValue::from_str(&exposed.join(", "))
        && !exposed.is_empty()
    {
        headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, exposed);
    }
}

/// `Netflix-Endpoint` for `netflix-endpoint`; names with `x-` stay as they are.
fn title_case(name: &str) -> String {
    if name.starts_with("x-") {
        return name.to_owned();
    }
    let words: Vec<String> = name
        .split('-')
        .map(|word| {
            let mut letters = word.chars();
            letters
                .next()
                .map(|first| first.to_ascii_uppercase().to_string() + letters.as_str())
                .unwrap_or_default()
        })
        .collect();
    words.join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(origin: &'static str, patterns: &[&str]) -> Origin {
        let patterns: Vec<String> = patterns.iter().map(|&pattern| pattern.to_owned()).collect();
        Origin::of(Some(&HeaderValue::from_static(origin)), &patterns)
    }

    #[test]
    fn patterns_look_at_the_host_alone() {
        let allowed = |origin| Origin::Allowed(HeaderValue::from_static(origin));
        let origin = "https://www.example.com:8443";
        assert_eq!(check(origin, &["*"]), allowed(origin));
        assert_eq!(check(origin, &["www.example.com"]), allowed(origin));
        assert_eq!(check(origin, &[".example.com"]), allowed(origin));
        assert_eq!(
            check(origin, &["example.com", ".example.org"]),
            Origin::Refused
        );
        assert_eq!(check("null", &["*"]), allowed("*"));
        assert_eq!(check("http://a b", &["*"]), Origin::Refused);
        assert!(matches!(check("foo", &["*"]), Origin::Illegal(_)));
        assert_eq!(Origin::of(None, &[]), Origin::Absent);
    }
}

//! What a program of PromQL would be here: the hint for people who come from there.
//!
//! ```text
//!   sum by (job) (rate(http_requests_total{code="500"}[5m]))
//!   name,http_requests_total,:eq,code,500,:eq,:and,:sum,(,job,),:by
//! ```
//!
//! A small part of that language is read, enough to show the form: selectors, rates, aggregates,
//! operators, offsets and the usual functions. Values are rates per second here already, so `rate`
//! falls away. Nothing is evaluated from what is given here.

use std::fmt::Write as _;

use super::escape;

/// What a text is that may be a program of PromQL.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum PromQl {
    /// It reads like one, and this is the same here.
    Program(String),
    /// It reads like one with parts that have no counterpart here.
    Foreign,
}

/// Whether a text reads like PromQL, and what it would be.
pub(super) fn read(text: &str) -> Option<PromQl> {
    let mut reader = Reader {
        rest: text.trim(),
        depth: 0,
        has_form: false,
    };
    match reader.sum() {
        Some(program) if reader.rest.is_empty() && reader.has_form => {
            Some(PromQl::Program(program))
        }
        Some(_) | None if looks_like_it(text.trim()) => Some(PromQl::Foreign),
        Some(_) | None => None,
    }
}

/// A selector in braces or a range in brackets, and no word of ours.
fn looks_like_it(text: &str) -> bool {
    let selects = text.contains('{') && text.contains('}') && text.contains('=');
    let has_range = text.contains('(') && text.ends_with(')') && text.contains("m])");
    (selects || has_range) && !text.contains(",:")
}

/// Parentheses within parentheses that are read.
const DEPTH_MAX: usize = 20;

struct Reader<'t> {
    rest: &'t str,
    depth: usize,
    /// Whether a form was read that only PromQL has.
    has_form: bool,
}

impl Reader<'_> {
    fn skip(&mut self, mark: &str) -> bool {
        let rest = self.rest.trim_start();
        match rest.strip_prefix(mark) {
            Some(after) => {
                self.rest = after.trim_start();
                true
            }
            None => false,
        }
    }

    fn name(&mut self) -> Option<String> {
        let rest = self.rest.trim_start();
        let end = rest.find(|c: char| !is_of_name(c)).unwrap_or(rest.len());
        let name = &rest[..end];
        let is_name = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
        is_name.then(|| {
            self.rest = rest[end..].trim_start();
            name.to_owned()
        })
    }

    /// Comparisons, sums, products: each operator after both of its sides.
    fn sum(&mut self) -> Option<String> {
        self.binary(&[
            &[(">=", "ge"), ("<=", "le"), (">", "gt"), ("<", "lt")],
            &[("+", "add"), ("-", "sub")],
            &[("*", "mul"), ("/", "div")],
            &[("^", "pow")],
        ])
    }

    fn binary(&mut self, levels: &[&[(&str, &str)]]) -> Option<String> {
        let Some((level, tighter)) = levels.split_first() else {
            return self.term();
        };
        let mut left = self.binary(tighter)?;
        while let Some((_, word)) = level.iter().find(|(sign, _)| self.skip(sign)) {
            let right = self.binary(tighter)?;
            left = format!("{left},{right},:{word}");
        }
        Some(left)
    }

    fn term(&mut self) -> Option<String> {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return None;
        }
        let term = if self.skip("(") {
            let inner = self.sum()?;
            self.skip(")").then_some(inner)?
        } else if self
            .rest
            .starts_with(|c: char| c.is_ascii_digit() || c == '.')
        {
            let is_of_number = |c: char| c.is_ascii_digit() || c == '.' || c == 'e';
            let end = self.rest.find(|c: char| !is_of_number(c));
            let (number, rest) = self.rest.split_at(end.unwrap_or(self.rest.len()));
            self.rest = rest.trim_start();
            number.to_owned()
        } else {
            self.named()?
        };
        self.depth -= 1;
        Some(term)
    }

    /// A call, an aggregate or a selector.
    fn named(&mut self) -> Option<String> {
        if self.rest.starts_with('{') {
            return self.selector("");
        }
        let name = self.name()?;
        let before = self.grouping()?;
        if before.is_none() && !self.rest.starts_with('(') {
            return self.selector(&name);
        }
        if !self.skip("(") {
            return None;
        }
        self.has_form = true;
        let mut operands = vec![self.sum()?];
        while self.skip(",") {
            operands.push(self.sum()?);
        }
        if !self.skip(")") {
            return None;
        }
        let keys = match before {
            Some(keys) => Some(keys),
            None => self.grouping()?,
        };
        applied(&name, operands, keys.as_deref())
    }

    /// `by (a, b)`. `None` outside where only PromQL has a form for it.
    fn grouping(&mut self) -> Option<Option<Vec<String>>> {
        let before = self.rest;
        match self.name().as_deref() {
            Some("by") if self.skip("(") => {}
            Some("without") => return None,
            Some(_) | None => {
                self.rest = before;
                return Some(None);
            }
        }
        let mut keys = Vec::new();
        while !self.skip(")") {
            keys.push(self.name()?);
            self.skip(",");
        }
        Some(Some(keys))
    }

    /// `name{key="value"}[5m] offset 1h`
    fn selector(&mut self, name: &str) -> Option<String> {
        let mut conditions = Vec::new();
        if !name.is_empty() {
            conditions.push(format!("name,{},:eq", escape::encode(name)));
        }
        if self.skip("{") {
            self.has_form = true;
            while !self.skip("}") {
                conditions.push(self.condition()?);
                self.skip(",");
            }
        }
        if self.skip("[") {
            self.has_form = true;
            self.rest = self.rest.split_once(']')?.1.trim_start();
        }
        let mut text = conditions.first()?.clone();
        for condition in &conditions[1..] {
            write!(text, ",{condition},:and").expect("a string takes any text");
        }
        let before = self.rest;
        if self.name().as_deref() == Some("offset") {
            self.has_form = true;
            let end = self.rest.find(|c: char| !c.is_ascii_alphanumeric());
            let (duration, rest) = self.rest.split_at(end.unwrap_or(self.rest.len()));
            self.rest = rest.trim_start();
            text = format!("{text},{duration},:offset");
        } else {
            self.rest = before;
        }
        Some(text)
    }

    fn condition(&mut self) -> Option<String> {
        let key = self.name()?;
        let signs = [
            ("=~", ":re"),
            ("!~", ":re,:not"),
            ("!=", ":eq,:not"),
            ("=", ":eq"),
        ];
        let (sign, words) = *signs.iter().find(|(sign, _)| self.skip(sign))?;
        let quote = self
            .rest
            .chars()
            .next()
            .filter(|c| matches!(c, '"' | '\'' | '`'))?;
        let (value, rest) = self.rest[1..].split_once(quote)?;
        self.rest = rest.trim_start();
        let key = if key == "__name__" { "name" } else { &key };
        let value = match sign {
            "=~" | "!~" => whole(value),
            _ => value.to_owned(),
        };
        let value = value.as_str();
        Some(format!(
            "{},{},{words}",
            escape::encode(key),
            escape::encode(value)
        ))
    }
}

/// A pattern for the whole value: here patterns may end anywhere, and alternatives begin anywhere.
fn whole(pattern: &str) -> String {
    if pattern.contains('|') {
        format!("({pattern})$")
    } else if pattern.ends_with(".*") {
        pattern.to_owned()
    } else {
        format!("{pattern}$")
    }
}

/// The form of a call here.
fn applied(name: &str, mut operands: Vec<String>, keys: Option<&[String]>) -> Option<String> {
    let last = operands.pop()?;
    let first = operands.pop();
    let grouped = |text: String| match keys {
        Some(keys) => format!("{text},(,{},),:by", keys.join(",")),
        None => text,
    };
    let text = match (name, first) {
        ("rate" | "irate", None) => return Some(last),
        ("sum" | "avg" | "min" | "max" | "count", None) => grouped(format!("{last},:{name}")),
        ("abs" | "sqrt", None) => format!("{last},:{name}"),
        ("topk" | "bottomk", Some(count)) => format!("{last},max,{count},:{name}"),
        ("clamp_min", Some(input)) => format!("{input},{last},:clamp-min"),
        ("clamp_max", Some(input)) => format!("{input},{last},:clamp-max"),
        ("histogram_quantile", Some(rank)) => quantile(&rank, &last)?,
        _ => return None,
    };
    Some(text)
}

/// Percentiles come from the tag `percentile`, which needs no grouping by bucket.
fn quantile(rank: &str, buckets: &str) -> Option<String> {
    let rank: f64 = rank.parse().ok()?;
    let text = buckets.replace("_bucket,:eq", ",:eq");
    let text = text.replace(",(,le,),:by", "").replace(",le,", ",");
    let text = text.replace(",:sum", "");
    // 0.99 is the 99th percentile; the product is not exact.
    let rank = (rank * 1e8).round() / 1e6;
    Some(format!("{text},(,{rank},),:percentiles"))
}

fn is_of_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | ':' | '.')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::lang::{ParseOptions, parse};

    #[test]
    fn the_form_here_runs() {
        for (foreign, ours) in [
            ("up{}", "name,up,:eq"),
            ("up[5m]", "name,up,:eq"),
            ("sum(up)", "name,up,:eq,:sum"),
            ("avg by (a, b) (up)", "name,up,:eq,:avg,(,a,b,),:by"),
            (
                "max(up{a='x, y'}) by (b)",
                "name,up,:eq,a,x\\u002c y,:eq,:and,:max,(,b,),:by",
            ),
            ("up{a!~\"b|c\"}", "name,up,:eq,a,(b|c)$,:re,:not,:and"),
            ("{__name__=~\"u.*\"}", "name,u.*,:re"),
            ("rate(up[1m]) * 60", "name,up,:eq,60,:mul"),
            (
                "irate(up[1m]) - (a + b) / 2",
                "name,up,:eq,name,a,:eq,name,b,:eq,:add,2,:div,:sub",
            ),
            ("sum(up) > 5", "name,up,:eq,:sum,5,:gt"),
            (
                "up{a=\"b\"} offset 1h",
                "name,up,:eq,a,b,:eq,:and,1h,:offset",
            ),
            (
                "topk(3, sum(up) by (a))",
                "name,up,:eq,:sum,(,a,),:by,max,3,:topk",
            ),
            ("clamp_min(up, 1)", "name,up,:eq,1,:clamp-min"),
            (
                "histogram_quantile(0.95, sum by (le, a) (rate(x_bucket[5m])))",
                "name,x,:eq,(,a,),:by,(,95,),:percentiles",
            ),
        ] {
            assert_eq!(
                read(foreign),
                Some(PromQl::Program(ours.to_owned())),
                "{foreign}"
            );
            parse(ours, &ParseOptions::reference()).unwrap();
        }
    }

    #[test]
    fn what_has_no_counterpart_is_known_at_least() {
        for foreign in [
            "sum without (a) (up{b=\"c\"})",
            "absent(up{a=\"b\"})",
            "a{b=\"c\"} or d",
        ] {
            assert_eq!(read(foreign), Some(PromQl::Foreign), "{foreign}");
        }
        for ours in [
            "name,sps,:eq,:smu",
            "5",
            "up",
            "a,(b|c){2},:re,:x",
            "$(nf.app)",
            "",
        ] {
            assert_eq!(read(ours), None, "{ours}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read(text in "([a-z]{1,3}|[(){}\\[\\],=\"~*+é ]|by|sum|offset 1h){0,30}") {
            read(&text);
        }
    }
}

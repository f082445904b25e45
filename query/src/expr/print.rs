//! Canonical text of predicates and expressions.
//!
//! The text is a program that builds an equal value, and it is what clients use as the identity of an
//! expression: operands then word, strings escaped, doubles in Java's layout.

use std::fmt;
use std::sync::Arc;

use telamon_model::number::java_double;
use telamon_model::{Predicate, duration};

use super::{AggregateExpr, Consolidation, DataExpr, Displayed, Expr, Number};
use super::{Reduce, Relabel, Rewrite, Rolling, Window};
use super::{Setting, StatefulOp, StyledExpr};
use crate::lang::escape::encode;

/// Prints a predicate as a program.
#[derive(Clone, Copy, Debug)]
pub struct QueryText<'a>(pub &'a Predicate);

impl fmt::Display for QueryText<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let pair = |f: &mut fmt::Formatter<'_>, key: &str, value: &str, word: &str| {
            write!(f, "{},{},:{word}", encode(key), encode(value))
        };
        match self.0 {
            Predicate::True => f.write_str(":true"),
            Predicate::False => f.write_str(":false"),
            Predicate::Has(key) => write!(f, "{},:has", encode(key)),
            Predicate::Equal(key, value) => pair(f, key, value, "eq"),
            Predicate::Less(key, value) => pair(f, key, value, "lt"),
            Predicate::LessEqual(key, value) => pair(f, key, value, "le"),
            Predicate::Greater(key, value) => pair(f, key, value, "gt"),
            Predicate::GreaterEqual(key, value) => pair(f, key, value, "ge"),
            Predicate::Matches(key, pattern) => {
                let word = if pattern.ignore_case { "reic" } else { "re" };
                pair(f, key, &pattern.text, word)
            }
            Predicate::In(key, values) => write!(f, "{},{},:in", encode(key), ListText(values)),
            Predicate::And(a, b) => write!(f, "{},{},:and", QueryText(a), QueryText(b)),
            Predicate::Or(a, b) => write!(f, "{},{},:or", QueryText(a), QueryText(b)),
            Predicate::Not(inner) => write!(f, "{},:not", QueryText(inner)),
        }
    }
}

/// Prints a list of strings as a program: `(,a,b,)`, with `(,,)` for the empty list.
#[derive(Clone, Copy, Debug)]
pub struct ListText<'a>(pub &'a [Arc<str>]);

impl fmt::Display for ListText<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let items: Vec<_> = self.0.iter().map(|item| encode(item)).collect();
        write!(f, "(,{},)", items.join(","))
    }
}

impl fmt::Display for AggregateExpr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{},:{}", QueryText(&self.query), self.aggregate.word())?;
        if self.own == Consolidation::Sum {
            write!(f, ",:{}", self.own.word())?;
        }
        write_offset(f, self.offset_ms)?;
        if let Some(wrapper) = self.wrapper {
            write!(f, ",:{}", wrapper.word())?;
            write_offset(f, self.offset_ms)?;
        }
        Ok(())
    }
}

impl fmt::Display for DataExpr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All { query, offset_ms } => {
                write!(f, "{},:all", QueryText(query))?;
                write_offset(f, *offset_ms)
            }
            Self::Aggregate(aggregate) => aggregate.fmt(f),
            // The reference prints the offset a second time after the keys; it changes nothing, but
            // the text is an identity.
            Self::GroupBy { aggregate, keys } => {
                write!(f, "{aggregate},{},:by", ListText(keys))?;
                write_offset(f, aggregate.offset_ms)
            }
        }
    }
}

fn write_offset(f: &mut fmt::Formatter<'_>, offset_ms: i64) -> fmt::Result {
    if offset_ms == 0 {
        return Ok(());
    }
    write!(f, ",{},:offset", duration::format_millis(offset_ms))
}

impl fmt::Display for Expr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Constant(value) => write!(f, "{},:const", java_double(value.0)),
            Self::Time { mode, .. } => write!(f, "{},:time", encode(mode)),
            Self::Random { seed: None } => f.write_str(":random"),
            Self::Random { seed: Some(seed) } => write!(f, "{seed},:srandom"),
            Self::TimeSpan(span) => {
                write!(
                    f,
                    "{},{},:time-span",
                    encode(&span.start),
                    encode(&span.end)
                )
            }
            Self::Data(data) => data.fmt(f),
            Self::Unary { op, input } => write!(f, "{input},:{}", op.word()),
            Self::Clamp {
                bound,
                limit,
                input,
            } => write!(f, "{input},{},:{}", java_double(limit.0), bound.word()),
            Self::Binary { op, left, right } => write!(f, "{left},{right},:{}", op.word()),
            Self::Fill { with, input } => write!(f, "{input},{},:fill", java_double(with.0)),
            Self::Across { reduce, input } => write!(f, "{input},{reduce}"),
            Self::Regroup {
                reduce,
                input,
                keys,
            } => {
                // Not the two commas that a grouping of data has.
                let none = "(,)".to_owned();
                let keys = if keys.is_empty() {
                    none
                } else {
                    ListText(keys).to_string()
                };
                write!(f, "{input},{reduce},{keys},:by")
            }
            Self::Percentiles { input, ranks } => write_percentiles(f, input, ranks),
            Self::ApproxDistinct { input, .. } => write!(f, "{input},:approx-distinct"),
            Self::As { input, from, to } => {
                write!(f, "{input},{},{},:as", encode(from), encode(to))
            }
            Self::Relabel { relabel, input } => write!(f, "{input},{relabel}"),
            Self::Stateful { op, input } => write!(f, "{input},{op}"),
            Self::Stat {
                stat,
                is_of_filter: true,
                ..
            } => write!(f, ":stat-{stat}"),
            Self::Stat { stat, input, .. } => write!(f, "{input},{},:stat", encode(stat)),
            Self::StatOfInput(stat) => write!(f, ":stat-{}", stat.name()),
            Self::Filter { input, condition } => write!(f, "{input},{condition},:filter"),
            Self::Choose { choice, input } => write!(
                f,
                "{input},{},{},:{}",
                encode(&choice.stat),
                choice.count,
                choice.word()
            ),
            Self::Consolidate { by, step_ms, input } => write!(
                f,
                "{input},{},{},:consolidate",
                by.name(),
                duration::format_iso(*step_ms)
            ),
            Self::Rewrite(rewrite) => rewrite.fmt(f),
        }
    }
}

/// The buckets are a sum by percentile whatever was written, so only query and other keys print.
fn write_percentiles(f: &mut fmt::Formatter<'_>, input: &Expr, ranks: &[Number]) -> fmt::Result {
    let Expr::Data(data) = input else {
        return write!(f, "{input}");
    };
    write!(f, "{}", QueryText(data.query()))?;
    let keys = data.keys().get(1..).unwrap_or_default();
    if !keys.is_empty() {
        write!(f, ",{},:by", ListText(keys))?;
    }
    let ranks: Vec<String> = ranks.iter().map(|rank| java_double(rank.0)).collect();
    write!(f, ",(,{},),:percentiles", ranks.join(","))?;
    write_offset(f, data.offset_ms())
}

impl fmt::Display for Reduce {
    /// Parameters and word.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Self::Quantile(q) = self {
            write!(f, "{},", java_double(q.0))?;
        }
        write!(f, ":{}", self.word())
    }
}

impl fmt::Display for Relabel {
    /// Parameters and word.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{},{},{},{},:relabel",
            encode(&self.target),
            encode(self.rule.template()),
            encode(&self.source),
            encode(self.rule.pattern())
        )
    }
}

impl fmt::Display for Window {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Points(points) => points.fmt(f),
            Self::Time { text, .. } => f.write_str(&encode(text)),
        }
    }
}

impl fmt::Display for StatefulOp {
    /// Parameters and word.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            // One value is enough for a time unless it says otherwise.
            Self::Rolling {
                kind: Rolling::Mean { values_min: 1 },
                window: window @ Window::Time { .. },
            } => write!(f, "{window},")?,
            Self::Rolling {
                kind: Rolling::Mean { values_min },
                window,
            } => write!(f, "{window},{values_min},")?,
            Self::Delay { by: window }
            | Self::Rolling { window, .. }
            | Self::FillLast { within: window } => write!(f, "{window},")?,
            Self::Des(smoothing) | Self::Sdes(smoothing) => write!(
                f,
                "{},{},{},",
                smoothing.training,
                java_double(smoothing.alpha.0),
                java_double(smoothing.beta.0)
            )?,
            Self::Trend { window_ms } => write!(f, "{},", duration::format_iso(*window_ms))?,
            Self::Integral | Self::CumulativeMax | Self::Derivative => {}
        }
        write!(f, ":{}", self.word())
    }
}

impl fmt::Display for Rewrite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let keys = self.eval.final_grouping();
        let offset_ms = self.eval.shared_offset_ms();
        match &self.display {
            Displayed::Query(query) => {
                write!(f, "{}", QueryText(query))?;
                for param in &self.params {
                    write!(f, ",{}", encode(param))?;
                }
                write!(f, ",:{}", self.name)?;
                write_offset(f, offset_ms)?;
                if keys.is_empty() {
                    return Ok(());
                }
                write!(f, ",{},:by", ListText(&keys))
            }
            Displayed::Expr(display) if keys.is_empty() || display.final_grouping() == keys => {
                if offset_ms == 0 {
                    write!(f, "{display},:{}", self.name)
                } else {
                    write!(f, "{},:{}", display.with_offset(offset_ms), self.name)
                }
            }
            Displayed::Expr(display) => {
                write!(f, "{display},:{},{},:by", self.name, ListText(&keys))
            }
        }
    }
}

impl fmt::Display for StyledExpr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.expr.fmt(f)?;
        for (setting, text) in self.settings.iter().rev() {
            match setting {
                // Edits are kept as the program they came from.
                Setting::Sed => write!(f, ",{text}")?,
                // A style that does not exist prints like one that does; drawing refuses it.
                Setting::Ls => write!(f, ",:{}", encode(text))?,
                Setting::Offset => write!(f, ",{text},:offset")?,
                _ => write!(f, ",{},:{}", encode(text), setting.name())?,
            }
        }
        Ok(())
    }
}

/// Whether a text names a line style, in letters of either case: it prints as a word of its own. The
/// reference cannot read `:AREA` again; we can.
pub(crate) fn is_line_style(text: &str) -> bool {
    ["line", "area", "stack", "vspan", "heatmap"]
        .iter()
        .any(|known| text.eq_ignore_ascii_case(known))
}

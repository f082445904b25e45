//! Rule files: YAML in, checked groups out, or all problems at once.
//!
//! ```yaml
//! groups:
//!   - name: api
//!     interval: 60s             # a multiple of the step; default: the step
//!     limit: 1000               # alerts a rule may have at once
//!     labels: {team: edge}      # for every rule of the group
//!     notify: pager             # for every rule that names nobody itself
//!     rules:
//!       - alert: HighErrorRate
//!         expr: name,errors,:eq,:sum,(,nf.cluster,),:by,5,:gt
//!         for: 5m
//!         keep_firing_for: 10m
//!         labels: {severity: critical}
//!         annotations: {summary: "{{ $value }} errors/s in {{ $labels.nf.cluster }}"}
//!         notify: [pager, chat]
//! ```
//!
//! Nothing is evaluated here; reading files is left to the server.

mod read;
mod yaml;

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use telamon_model::Step;
use telamon_query::lang::ParseOptions;

use crate::signal::SignalExpr;
use crate::template::Template;

/// What a rule file is checked against.
#[derive(Clone, Debug)]
pub struct ParseContext {
    /// Step of the store.
    pub step: Step,
    /// Names that `notify` may use.
    pub receivers: BTreeSet<String>,
    /// What signals may use.
    pub language: ParseOptions,
}

/// A rule file that was read.
#[derive(Clone, Debug)]
pub struct RuleFile {
    /// How to call it in errors and views; usually its path.
    pub name: String,
    /// Its text.
    pub text: String,
}

/// Rules that are evaluated together.
#[derive(Clone, Debug)]
pub struct Group {
    /// Unique among all groups.
    pub name: Arc<str>,
    /// Name of the file.
    pub file: Arc<str>,
    /// Time between two evaluations; a multiple of the store's step.
    pub interval: Step,
    /// Alerts a rule may have at once.
    pub limit: usize,
    /// Rules in the order of the file.
    pub rules: Vec<Rule>,
}

/// A checked alert rule.
#[derive(Clone, Debug)]
pub struct Rule {
    /// Name of the alert.
    pub name: Arc<str>,
    /// The signal.
    pub signal: SignalExpr,
    /// How long the signal must be active, in milliseconds.
    pub for_ms: i64,
    /// How long an alert outlives its signal, in milliseconds.
    pub keep_firing_for_ms: i64,
    /// Labels of the group, overlaid with those of the rule. Sorted by key.
    pub labels: Vec<(Arc<str>, Template)>,
    /// Texts for people. Sorted by key.
    pub annotations: Vec<(Arc<str>, Template)>,
    /// Receivers; empty for a rule that only shows.
    pub notify: Arc<[Arc<str>]>,
}

/// A problem of a rule file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
pub struct RuleError {
    /// Name of the file.
    pub file: String,
    /// Line, counted from one; zero when unknown.
    pub line: u64,
    /// Column in characters, counted from one; zero when unknown.
    pub column: u64,
    /// Where in the tree, such as `groups[0].rules[2].expr`; empty for the file as a whole.
    pub path: String,
    /// What is wrong and what was expected.
    pub message: String,
}

impl fmt::Display for RuleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.file)?;
        if self.line > 0 {
            write!(f, ":{}:{}", self.line, self.column)?;
        }
        if !self.path.is_empty() {
            write!(f, ": {}", self.path)?;
        }
        write!(f, ": {}", self.message)
    }
}

/// Reads rule files together: group names must differ across them.
///
/// # Errors
/// All problems of all files, by file and place. One problem refuses everything, so that a reload
/// never runs half of what was written.
pub fn parse(files: &[RuleFile], context: &ParseContext) -> Result<Vec<Group>, Vec<RuleError>> {
    read::files(files, context)
}

#[cfg(test)]
mod tests;

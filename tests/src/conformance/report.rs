//! Counts and differences, for people and for CI.
//!
//! Takes what became of each case, gives one line a suite, one file a suite under
//! `target/conformance`, and a verdict against the floors of `tests/conformance.toml`.

use std::collections::BTreeMap;
use std::fmt::{self, Write as _};
use std::fs;
use std::path::Path;

use anyhow::Context;

/// What became of the cases of one suite.
#[derive(Clone, Debug, Default)]
pub struct SuiteResult {
    /// Name of the suite, as `values` or `ingest/publish`.
    pub name: String,
    /// Cases that are counted.
    pub total: usize,
    /// Cases answered as recorded.
    pub passed: usize,
    /// Cases that differ as a row of `docs/differences.md` says.
    pub excused: usize,
    /// Cases of what is not built yet, each with the reason why it was not asked.
    pub planned: BTreeMap<String, usize>,
    /// Pictures of the right size whose plot could not be compared, by reason.
    pub unconfirmed: BTreeMap<String, usize>,
    /// Passed and total by file, where a suite has several.
    pub files: BTreeMap<String, (usize, usize)>,
    /// Cases that differ without an excuse.
    pub differences: Vec<Difference>,
}

/// A case that was answered differently.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Identifier of the case in the records.
    pub id: String,
    /// File of the case.
    pub file: String,
    /// The request on one line.
    pub request: String,
    /// What was expected and what came, by field.
    pub mismatches: Vec<Mismatch>,
}

/// One field that differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mismatch {
    /// `status`, `content-type`, `header NAME`, `body` or a path into it as `body.legend[]`.
    pub field: String,
    /// What was recorded.
    pub expected: String,
    /// What came.
    pub got: String,
}

/// Longest text of a value in a report, in characters.
const SHOWN_MAX: usize = 300;

impl Mismatch {
    /// A difference between two things that can be shown.
    pub fn new(
        field: impl Into<String>,
        expected: impl fmt::Display,
        got: impl fmt::Display,
    ) -> Self {
        Self {
            field: field.into(),
            expected: shorten(&expected.to_string()),
            got: shorten(&got.to_string()),
        }
    }
}

fn shorten(text: &str) -> String {
    match text.char_indices().nth(SHOWN_MAX) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

impl SuiteResult {
    /// A suite without cases.
    pub fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            ..Self::default()
        }
    }

    /// Cases that differ without an excuse.
    pub fn failed(&self) -> usize {
        self.total - self.passed - self.excused - self.planned_count()
    }

    /// Cases of what is not built yet.
    pub fn planned_count(&self) -> usize {
        self.planned.values().sum()
    }

    /// Writes the differences to a file of the folder, the shortest request first.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn write(&self, folder: &Path) -> anyhow::Result<()> {
        fs::create_dir_all(folder)?;
        let path = folder.join(format!("{}.txt", self.name.replace('/', "-")));
        fs::write(&path, self.text()).with_context(|| format!("cannot write {}", path.display()))
    }

    fn text(&self) -> String {
        let mut text = format!("{self}\n");
        for (file, (passed, total)) in &self.files {
            let _infallible = writeln!(text, "  {file}: {passed}/{total}");
        }
        for (reason, count) in &self.planned {
            let _infallible = writeln!(text, "  planned: {count} {reason}");
        }
        let mut sorted: Vec<&Difference> = self.differences.iter().collect();
        sorted.sort_by_key(|difference| (difference.request.len(), &difference.id));
        for difference in sorted {
            let _infallible = write!(text, "\n{difference}");
        }
        text
    }
}

impl fmt::Display for SuiteResult {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            name,
            passed,
            total,
            excused,
            ..
        } = self;
        let planned = self.planned_count();
        write!(
            f,
            "conformance: {name} {passed}/{total} (differences {excused}, planned {planned})"
        )
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} {} {}", self.id, self.file, self.request)?;
        for mismatch in &self.mismatches {
            let Mismatch {
                field,
                expected,
                got,
            } = mismatch;
            writeln!(
                f,
                "    {field}\n      expected {expected}\n      got      {got}"
            )?;
        }
        Ok(())
    }
}

/// The least each suite must reach, as `tests/conformance.toml` says.
#[derive(Clone, Debug, Default)]
pub struct Floors(BTreeMap<String, usize>);

impl Floors {
    /// Reads the file of floors.
    ///
    /// # Errors
    /// When it cannot be read or is not a table of numbers.
    pub fn read(path: &Path) -> anyhow::Result<Self> {
        let text = fs::read_to_string(path)
            .with_context(|| format!("cannot read the floors in {}", path.display()))?;
        let table: BTreeMap<String, BTreeMap<String, usize>> =
            toml::from_str(&text).context("tests/conformance.toml has one table `passed`")?;
        Ok(Self(table.get("passed").cloned().unwrap_or_default()))
    }

    /// What is wrong with the counts: suites below their floor, suites without one.
    pub fn check(&self, results: &[SuiteResult]) -> Vec<String> {
        let mut problems = Vec::new();
        for result in results {
            match self.0.get(&result.name) {
                None => problems.push(format!("{} has no floor", result.name)),
                Some(&floor) if result.passed < floor => problems.push(format!(
                    "{} passed {}, which is below its floor of {floor}",
                    result.name, result.passed
                )),
                Some(_) => {}
            }
        }
        for name in self.0.keys() {
            if results.iter().all(|result| result.name != *name) {
                problems.push(format!("{name} has a floor but was not run"));
            }
        }
        problems
    }
}

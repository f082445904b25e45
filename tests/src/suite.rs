//! Readable cases: what a query means, written the way a user would ask.
//!
//! `tests/suite/*/*.test` are read by [`file`], run by [`ask`] over what [`data`] stores, and compared
//! as text. `UPDATE_EXPECT=1` writes what came out; `tests/suite/README.md` says how a case looks.

mod ask;
mod data;
mod file;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use telamon_query::words;

use ask::World;
use file::{Block, SuiteFile};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("suite")
}

/// Every file of a folder of the suite, in order of names.
fn files_in(area: &str) -> Vec<PathBuf> {
    let entries =
        std::fs::read_dir(folder().join(area)).expect("the folder is part of the project");
    let mut paths: Vec<PathBuf> = entries
        .map(|entry| entry.expect("a readable folder").path())
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "test")
        })
        .collect();
    paths.sort();
    assert!(!paths.is_empty(), "no cases in {area}");
    paths
}

fn read(path: &Path) -> SuiteFile {
    let text = std::fs::read_to_string(path).expect("a case file is text");
    SuiteFile::read(&text).unwrap_or_else(|problem| panic!("{}:{problem}", path.display()))
}

/// Runs the cases of an area; fails with every difference, or writes what came out.
fn check(area: &str) {
    let is_update = std::env::var_os("UPDATE_EXPECT").is_some();
    let mut differences = String::new();
    for path in files_in(area) {
        let mut file = read(&path);
        let mut world = World::default();
        for block in &mut file.blocks {
            let Block::Case(case) = block else { continue };
            let found = world.answer(case);
            if found != case.expected {
                let place = format!("{}:{}", path.display(), case.line);
                let (expected, got) = (case.expected.join("\n"), found.join("\n"));
                differences += &format!(
                    "\n{place}: {}\n--- expected\n{expected}\n--- got\n{got}\n",
                    case.head()
                );
                case.expected = found;
            }
        }
        if is_update {
            std::fs::write(&path, file.to_string()).expect("the checkout can be written");
        }
    }
    assert!(is_update || differences.is_empty(), "{differences}");
}

#[test]
fn cases_of_the_language() {
    check("lang");
}

#[test]
fn cases_of_evaluation() {
    check("eval");
}

/// A file that is written as it was read loses nothing of what people wrote into it.
#[test]
fn files_are_written_as_they_are_read() {
    for path in ["lang", "eval"].into_iter().flat_map(files_in) {
        let text = std::fs::read_to_string(&path).unwrap();
        assert_eq!(read(&path).to_string(), text, "{}", path.display());
    }
}

/// Every word has at least one case.
#[test]
fn every_word_has_a_case() {
    let mut used = BTreeSet::new();
    for path in ["lang", "eval"].into_iter().flat_map(files_in) {
        for block in read(&path).blocks {
            if let Block::Case(case) = block {
                let tokens = case.program.split([',', ' ']).map(str::trim);
                used.extend(tokens.filter_map(|token| Some(token.strip_prefix(':')?.to_owned())));
            }
        }
    }
    let missing: BTreeSet<&str> = words::all()
        .map(|word| word.name)
        .filter(|name| !used.contains(*name))
        .collect();
    assert!(missing.is_empty(), "words without a case: {missing:?}");
}

#[test]
fn what_is_no_case_file_is_refused_with_its_line() {
    for (text, expected) in [
        (
            "evaluate 1\n",
            "1: `evaluate` is none of load, stack, print, select, error, eval, tags, graph",
        ),
        ("# a\n\n  1 2\n", "3: this line belongs to no command"),
        ("eval\n", "1: eval needs a program"),
        (
            "eval 1..x 1\n",
            "1: `1..x` is no window: write 2m..8m or 2m..8m/2m",
        ),
        (
            "load 1m\n  a 1 x\n",
            "2: `x` is no value: write a number or _",
        ),
        ("load 1m\n  a\n", "2: a series needs values"),
        ("load\n", "1: load needs a step such as 1m"),
    ] {
        assert_eq!(
            SuiteFile::read(text).map(drop),
            Err(expected.to_owned()),
            "{text:?}"
        );
    }
}

//! Rules that types and lints cannot hold, as tests over the sources and manifests.
//!
//! Each finding names the file and says what to do instead.

use std::fs;
use std::path::{Path, PathBuf};

/// Which rooms each room may depend on. An arrow that is not here is a decision nobody took.
const ARROWS: [(&str, &[&str]); 9] = [
    ("model", &[]),
    ("ingest", &["model"]),
    ("store", &["model"]),
    ("query", &["model", "store"]),
    ("render", &["model"]),
    ("alert", &["model", "query", "store"]),
    (
        "server",
        &["alert", "ingest", "model", "query", "render", "store"],
    ),
    (
        "tests",
        &[
            "alert", "ingest", "model", "query", "render", "server", "store",
        ],
    ),
    ("benches", &["ingest", "model", "query", "render", "store"]),
];

/// Rooms that compute: no clock, environment, socket or `async`.
const COMPUTE_ROOMS: [&str; 6] = ["model", "ingest", "store", "query", "render", "alert"];

/// Libraries that only one room may use, so that swapping one is a change in one room.
const LIBRARY_HOMES: [(&str, &[&str]); 12] = [
    ("tokio", &["server", "tests"]),
    ("axum", &["server"]),
    ("hyper", &["server"]),
    ("clap", &["server", "tests"]),
    ("anyhow", &["server", "tests"]),
    ("ureq", &["server", "tests"]),
    ("toml", &["server", "tests"]),
    ("roaring", &["store", "query"]),
    ("lz4_flex", &["store"]),
    ("plotters", &["render"]),
    ("tiny-skia", &["render"]),
    ("regex-automata", &["query"]),
];

const FORBIDDEN_STEMS: [&str; 10] = [
    "utils", "util", "common", "helpers", "misc", "types", "traits", "base", "manager", "mod",
];

/// Lines of a source file without its inline tests.
const FILE_LINES_MAX: usize = 800;
const FUNCTION_LINES_MAX: usize = 70;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("tests/ lies in the workspace")
        .to_owned()
}

/// A file of the project: its path from the root, and its text.
struct Source {
    path: String,
    text: String,
}

/// All files with one of the endings below the rooms and `docs`, sorted by path.
fn sources(endings: &[&str]) -> Vec<Source> {
    let root = root();
    let mut found = Vec::new();
    let mut folders: Vec<PathBuf> = ARROWS.iter().map(|(room, _)| root.join(room)).collect();
    folders.push(root.join("docs"));
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder of the project can be listed") {
            let path = entry
                .expect("an entry of a project folder can be read")
                .path();
            if path.is_dir() {
                folders.push(path);
            } else if endings
                .iter()
                .any(|ending| path.extension().is_some_and(|e| e == *ending))
            {
                let text = fs::read_to_string(&path).expect("sources are UTF-8");
                let path = path.strip_prefix(&root).expect("listed below the root");
                found.push(Source {
                    path: path.display().to_string(),
                    text,
                });
            }
        }
    }
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

fn manifest(room: &str) -> toml::Table {
    let path = root().join(room).join("Cargo.toml");
    fs::read_to_string(path)
        .expect("every room has a manifest")
        .parse()
        .expect("valid TOML")
}

/// Names in the dependency tables of a room; development ones only if asked for.
fn dependencies(room: &str, with_dev: bool) -> Vec<String> {
    let manifest = manifest(room);
    let mut tables = vec!["dependencies"];
    if with_dev {
        tables.push("dev-dependencies");
    }
    tables
        .into_iter()
        .filter_map(|table| manifest.get(table).and_then(toml::Value::as_table))
        .flat_map(|table| table.keys().cloned())
        .collect()
}

#[track_caller]
fn assert_none(rule: &str, findings: &[String]) {
    assert!(findings.is_empty(), "{rule}:\n  {}", findings.join("\n  "));
}

/// The source up to its inline tests, where looser rules hold.
fn without_tests(text: &str) -> &str {
    text.find("\n#[cfg(test)]\nmod tests")
        .map_or(text, |end| &text[..end])
}

fn is_test_file(path: &str) -> bool {
    path.ends_with("tests.rs") || path.contains("/tests/") || path.starts_with("tests/")
}

#[test]
fn arrows_point_down() {
    let mut findings = Vec::new();
    for (room, allowed) in ARROWS {
        for name in dependencies(room, room == "tests") {
            if let Some(other) = name.strip_prefix("telamon-")
                && !allowed.contains(&other)
            {
                findings.push(format!("{room} -> {other}: not in docs/ARCHITECTURE.md"));
            }
        }
    }
    assert_none("an arrow between rooms needs a decision", &findings);
}

#[test]
fn libraries_stay_at_home() {
    let mut findings = Vec::new();
    for (library, homes) in LIBRARY_HOMES {
        for (room, _) in ARROWS {
            if dependencies(room, false).iter().any(|name| name == library)
                && !homes.contains(&room)
            {
                findings.push(format!("{room} uses {library}, which lives in {homes:?}"));
            }
        }
    }
    assert_none("a library has one home", &findings);
}

#[test]
fn compute_rooms_have_no_clock_environment_socket_or_async() {
    let banned = [
        "async fn",
        "async move",
        ".await",
        "std::net",
        "SystemTime::now",
        "Instant::now",
        "env::var",
        "thread::sleep",
    ];
    let mut findings = Vec::new();
    for source in sources(&["rs"]) {
        let room = source.path.split('/').next().unwrap_or_default();
        if !COMPUTE_ROOMS.contains(&room) || is_test_file(&source.path) {
            continue;
        }
        for (index, line) in without_tests(&source.text).lines().enumerate() {
            if let Some(word) = banned.iter().find(|word| line.contains(*word))
                && !line.trim_start().starts_with("//")
            {
                findings.push(format!("{}:{}: {word}", source.path, index + 1));
            }
        }
    }
    assert_none(
        "only `server` reads clocks, environment and sockets; take `now`",
        &findings,
    );
}

#[test]
fn model_is_not_serializable() {
    assert!(
        !dependencies("model", true)
            .iter()
            .any(|name| name.starts_with("serde")),
        "wire shapes belong to the rooms at the edge"
    );
}

#[test]
fn unsafe_only_where_listed() {
    let listed: Vec<String> = fs::read_to_string(root().join("tests/unsafe.txt"))
        .expect("tests/unsafe.txt exists")
        .lines()
        .filter(|line| !line.starts_with('#') && !line.trim().is_empty())
        .map(|line| {
            line.split_whitespace()
                .next()
                .unwrap_or_default()
                .to_owned()
        })
        .collect();
    let findings: Vec<String> = sources(&["rs"])
        .into_iter()
        .filter(|source| source.path != "tests/src/tidy.rs" && !listed.contains(&source.path))
        .filter(|source| {
            source.text.lines().any(|line| {
                let code = line.trim_start();
                !code.starts_with("//")
                    && ["unsafe {", "unsafe fn", "unsafe impl"]
                        .iter()
                        .any(|word| code.contains(word))
            })
        })
        .map(|source| source.path)
        .collect();
    assert_none(
        "unsafe needs an entry in tests/unsafe.txt and a scalar twin with a test",
        &findings,
    );
}

#[test]
fn names_files_and_lengths() {
    let mut findings = Vec::new();
    for source in sources(&["rs"]) {
        let stem = Path::new(&source.path)
            .file_stem()
            .and_then(|stem| stem.to_str())
            .unwrap_or_default();
        if FORBIDDEN_STEMS.contains(&stem) {
            findings.push(format!(
                "{}: a thing without a home means a missing noun",
                source.path
            ));
        }
        let lines = without_tests(&source.text).lines().count();
        if lines > FILE_LINES_MAX {
            findings.push(format!(
                "{}: {lines} lines; split by phase or operator",
                source.path
            ));
        }
        if !source.text.starts_with("//!") && stem != "tests" {
            findings.push(format!(
                "{}: say at the top what the module is for",
                source.path
            ));
        }
    }
    assert_none("files", &findings);
}

/// Rows of a rustfmt-formatted source that begin a function, with its length: from `fn` to the brace
/// that closes it in the same column, without blank lines and comments, as clippy counts. A function
/// that carries clippy's exemption with its reason (a table) is left out.
fn function_lengths(text: &str) -> Vec<(usize, usize)> {
    let lines: Vec<&str> = text.lines().collect();
    let mut found = Vec::new();
    for (start, line) in lines.iter().enumerate() {
        let code = line.trim_start();
        let head = code.split('(').next().unwrap_or_default();
        let words: Vec<&str> = head.split_whitespace().collect();
        // A name follows, unlike in the type of a parameter.
        let is_function = words.windows(2).any(|pair| pair[0] == "fn") && !code.starts_with("//");
        if !is_function || line.trim_end().ends_with(';') || is_exempt(&lines[..start]) {
            continue;
        }
        let closing = format!("{}}}", " ".repeat(line.len() - code.len()));
        if let Some(length) = lines[start..].iter().position(|line| *line == closing) {
            let body = lines[start..=start + length].iter().map(|line| line.trim());
            let counted = body.filter(|line| !line.is_empty() && !line.starts_with("//"));
            found.push((start + 1, counted.count()));
        }
    }
    found
}

/// Whether the attributes that end the lines above a function exempt it from its length.
fn is_exempt(above: &[&str]) -> bool {
    above
        .iter()
        .rev()
        .take_while(|line| !line.trim().is_empty() && line.trim() != "}")
        .any(|line| line.contains("clippy::too_many_lines"))
}

#[test]
fn functions_are_short() {
    let mut findings = Vec::new();
    // Clippy judges the functions of tests, whose expected texts are no code.
    for source in sources(&["rs"])
        .into_iter()
        .filter(|source| !is_test_file(&source.path))
    {
        for (line, length) in function_lengths(&source.text) {
            if length > FUNCTION_LINES_MAX {
                findings.push(format!("{}:{line}: {length} lines", source.path));
            }
        }
    }
    assert_none(
        "a function has at most 70 lines: the parent decides, children work",
        &findings,
    );
}

#[test]
fn no_residue() {
    let words = [
        "FIXME",
        "TODO",
        "XXX:",
        "todo!(",
        "unimplemented!(",
        "#[ignore",
    ];
    let mut findings = Vec::new();
    for source in sources(&["rs", "md", "toml"]) {
        if source.path == "tests/src/tidy.rs" {
            continue;
        }
        for (index, line) in source.text.lines().enumerate() {
            if let Some(word) = words.iter().find(|word| line.contains(*word)) {
                findings.push(format!("{}:{}: {word}", source.path, index + 1));
            }
        }
    }
    assert_none(
        "an open end needs an issue, not a note in the code",
        &findings,
    );
}

/// Back-quoted paths of the documents that look like files of this project.
fn paths_named_in(text: &str) -> Vec<&str> {
    text.split('`')
        .skip(1)
        .step_by(2)
        .filter(|quoted| {
            !quoted.contains(' ')
                && ARROWS
                    .iter()
                    .any(|(room, _)| quoted.starts_with(&format!("{room}/")))
                || quoted.starts_with("docs/")
        })
        .filter(|quoted| !quoted.contains('*') && !quoted.contains('<') && !quoted.contains("NNNN"))
        .collect()
}

#[test]
fn documents_name_files_that_exist() {
    let root = root();
    let mut documents = sources(&["md"]);
    for name in ["README.md", "CONTRIBUTING.md", "CHANGELOG.md"] {
        let text = fs::read_to_string(root.join(name)).expect("the project has its documents");
        documents.push(Source {
            path: name.to_owned(),
            text,
        });
    }
    let mut findings = Vec::new();
    for document in documents {
        for path in paths_named_in(&document.text) {
            if !root.join(path).exists() {
                findings.push(format!("{}: `{path}` does not exist", document.path));
            }
        }
    }
    assert_none("documents stay in step with the code", &findings);
}

#[test]
fn every_decision_is_listed() {
    let folder = root().join("docs/decisions");
    let index = fs::read_to_string(folder.join("README.md")).expect("the list of decisions");
    let mut findings = Vec::new();
    for entry in fs::read_dir(&folder).expect("docs/decisions") {
        let name = entry
            .expect("an entry")
            .file_name()
            .to_string_lossy()
            .into_owned();
        if name != "README.md" && !index.contains(&format!("({name})")) {
            findings.push(name);
        }
    }
    assert_none("missing in docs/decisions/README.md", &findings);
}

#[test]
fn the_length_of_a_function_is_measured_to_its_brace() {
    let text = "fn a() {\n    1\n}\n\nimpl B {\n    fn c(\n        x: u8,\n    ) {\n        if x > 0 {\n        }\n    }\n    fn d();\n}\n";
    assert_eq!(function_lengths(text), [(1, 3), (6, 6)]);
}

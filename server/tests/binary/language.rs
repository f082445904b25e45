//! The commands around the language: query, explain, fmt, lint.

use std::path::Path;
use std::process::Output;

use crate::process::{Server, datapoint, now_ms, run_to_end, serve, telamon};

/// What a command printed, and how it ended.
struct Ran {
    code: Option<i32>,
    out: String,
    err: String,
}

#[track_caller]
fn run(words: &[&str]) -> Ran {
    let mut command = telamon();
    command.args(words).env_remove("NO_COLOR");
    ran(&run_to_end(command))
}

#[track_caller]
fn run_with_input(words: &[&str], input: &str) -> Ran {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("input");
    std::fs::write(&path, input).unwrap();
    let mut command = telamon();
    command
        .args(words)
        .stdin(std::fs::File::open(&path).unwrap());
    ran(&run_to_end(command))
}

fn ran(output: &Output) -> Ran {
    Ran {
        code: output.status.code(),
        // Arrow is no text.
        out: String::from_utf8_lossy(&output.stdout).into_owned(),
        err: String::from_utf8(output.stderr.clone()).unwrap(),
    }
}

/// A server with two series of one name.
fn fleet(folder: &Path) -> Server {
    let server = serve(folder, "");
    for (node, value) in [("a", 3), ("b", 5)] {
        let tags = format!("\"name\":\"cups\",\"node\":\"{node}\",\"atlas.dstype\":\"gauge\"");
        let answer = server.publish(&datapoint(&tags, now_ms(), value));
        assert_eq!(answer.status, 200, "{}", answer.body);
    }
    server
}

/// A time that holds what was just published.
const TIME: [&str; 4] = ["-s", "e-2m", "-e", "now+1m"];

#[test]
fn a_query_is_a_table_or_another_format() {
    let folder = tempfile::tempdir().unwrap();
    let server = fleet(folder.path());
    let ask = |words: &[&str]| {
        let program = "name,cups,:eq,:max,(,node,),:by,$node,:legend";
        let mut all = vec!["query", program, "--url", &server.address];
        all.extend(TIME.iter().chain(words));
        let ran = run(&all);
        assert_eq!(ran.code, Some(0), "{}", ran.err);
        ran
    };
    let table = ask(&[]);
    let rows: Vec<Vec<&str>> = table
        .out
        .lines()
        .map(|row| row.split_whitespace().collect())
        .collect();
    assert_eq!(rows[0], ["line", "min", "max", "avg", "last"]);
    assert_eq!(rows[1][..5], ["a", "3", "3", "3", "3"]);
    assert_eq!(rows[2][..5], ["b", "5", "5", "5", "5"]);
    assert!(table.err.starts_with("2 lines of "), "{}", table.err);
    assert!(
        !table.out.contains('┤') && !table.out.contains('\u{1b}'),
        "{}",
        table.out
    );
    assert!(ask(&["--graph", "always"]).out.contains('┤'));
    let json: serde_json::Value = serde_json::from_str(&ask(&["--json"]).out).unwrap();
    assert_eq!(json["legend"], serde_json::json!(["a", "b"]));
    let csv = ask(&["--csv"]).out;
    assert!(csv.starts_with("\"timestamp\",\"a\",\"b\"\n"), "{csv}");
    // The bytes are read by the tests of the format; names of columns stand in them as text.
    let arrow = ask(&["--arrow"]).out;
    assert!(
        arrow.contains("value") && arrow.contains("cups"),
        "{arrow:?}"
    );
    assert_eq!(run(&["query", "1", "--csv", "--arrow"]).code, Some(2));
}

#[test]
fn a_mistake_is_drawn_the_same_from_everywhere() {
    let folder = tempfile::tempdir().unwrap();
    let server = fleet(folder.path());
    let program = "name,cups,:eq,:smu";
    let expected = "unknown word ':smu'\n  name,cups,:eq,:smu\n                ^^^^\n";
    for words in [
        &["query", program, "--url", &server.address][..],
        &["query", program, "--json", "--url", &server.address],
        &["explain", program, "--url", &server.address],
        &["explain", program],
        &["lint", program],
    ] {
        let ran = run(words);
        assert_eq!(ran.code, Some(1), "{words:?}");
        assert!(ran.err.starts_with(expected), "{words:?}: {}", ran.err);
        assert!(
            ran.err.contains("did you mean :sum?"),
            "{words:?}: {}",
            ran.err
        );
    }
    // The steps before the mistake are still worth seeing.
    assert!(
        run(&["explain", program])
            .out
            .contains(":eq   name,cups,:eq")
    );
}

#[test]
fn an_empty_result_explains_itself() {
    let folder = tempfile::tempdir().unwrap();
    let server = fleet(folder.path());
    let ask = |program: &str| {
        let mut words = vec!["query", program, "--url", &server.address];
        words.extend(TIME);
        run(&words)
    };
    let ran = ask("name,cusp,:eq,:sum");
    assert_eq!((ran.code, ran.out.as_str()), (Some(0), ""));
    assert_eq!(
        ran.err,
        "no data\n  name,cusp,:eq,:sum\n    no series passes name,cusp,:eq; nearest values of name: \
         cups (2 series)\n"
    );
    let ran = ask("name,cups,:eq,:sum,1h,:offset");
    assert!(
        ran.err
            .contains("2 series match, none has a value in this time"),
        "{}",
        ran.err
    );
    let ran = ask("name,cups,:eq,:sum,(,node,),:by,:stat-max,100,:gt,:filter");
    assert!(
        ran.err
            .starts_with("0 of 2 lines matched filter\nno data\n  :filter leaves nothing;"),
        "{}",
        ran.err
    );
}

#[test]
fn a_folder_answers_when_no_server_has_it() {
    let folder = tempfile::tempdir().unwrap();
    let server = fleet(folder.path());
    let data = folder.path().join("data");
    let data = data.to_str().unwrap();
    let words = [
        "query",
        "name,cups,:eq,:sum",
        "--data",
        data,
        "-s",
        "e-1m",
        "-e",
        "now+1m",
    ];
    let ran = run(&words);
    assert_eq!(ran.code, Some(1));
    assert!(
        ran.err.contains("in use by another process") && ran.err.contains("--url"),
        "{}",
        ran.err
    );
    assert_eq!(server.terminate("-TERM").0, Some(0));
    let ran = run(&words);
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    assert!(
        ran.err
            .starts_with("now is the newest time in the folder: 20"),
        "{}",
        ran.err
    );
    let row: Vec<&str> = ran.out.lines().nth(1).unwrap().split_whitespace().collect();
    assert_eq!(row[..4], ["cups", "8", "8", "8"]);
    let absent = folder.path().join("absent");
    let ran = run(&["query", "1", "--data", absent.to_str().unwrap()]);
    assert_eq!(ran.code, Some(1));
    assert!(
        ran.err.contains("is no data folder") && !absent.exists(),
        "{}",
        ran.err
    );
}

#[test]
fn an_explanation_with_and_without_data() {
    let folder = tempfile::tempdir().unwrap();
    let server = fleet(folder.path());
    let program = "name,cups,:eq,:max,(,node,),:by,2,:mul";
    let ran = run(&["explain", program]);
    assert_eq!(ran.code, Some(0));
    assert!(
        ran.out.contains("(,node,)  │  (,node,)") && !ran.out.contains("operators"),
        "{}",
        ran.out
    );
    let mut words = vec!["explain", program, "--url", &server.address];
    words.extend(TIME);
    let ran = run(&words);
    for part in [
        "2 series in 2 groups by (,node,)",
        "├─ name,cups,:eq,:max,(,node,),:by  2 lines   2 values",
        "1 data expression, 1 pass, 2 series",
    ] {
        assert!(ran.out.contains(part), "{part}: {}", ran.out);
    }
    words.push("--json");
    let json: serde_json::Value = serde_json::from_str(&run(&words).out).unwrap();
    assert_eq!(json["scans"][0]["series"], 2);
    assert_eq!(json["query"], program);
}

#[test]
fn programs_are_laid_out() {
    let long = "name,cups,:eq,node,a,:eq,:and,:sum,(,node,),:by,/* why */1h,:offset,$node,:legend";
    let expected = "name,cups,:eq,\nnode,a,:eq,:and,\n:sum,\n(,node,),:by, /* why */\n1h,:offset,\n$node,:legend\n";
    let ran = run(&["fmt", long]);
    assert_eq!((ran.code, ran.out.as_str()), (Some(0), expected));
    let ran = run_with_input(&["fmt"], expected);
    assert_eq!(ran.out, expected, "what was laid out stays");
    assert_eq!(
        run_with_input(&["fmt", "--check", "-"], expected).code,
        Some(0)
    );
    let ran = run(&["fmt", "--check", long]);
    assert_eq!((ran.code, ran.out.as_str()), (Some(1), ""));
    let ran = run(&["fmt", "--oneline", "name , a b,:eq /* x */"]);
    assert_eq!(ran.out, "name,a\\u0020b,:eq\n");
    let ran = run(&["fmt", "1 /* open"]);
    assert_eq!(ran.code, Some(1));
    assert!(
        ran.err
            .starts_with("a comment has only one end\n  1 /* open\n    ^^\n"),
        "{}",
        ran.err
    );
}

#[test]
fn lints_are_found_and_counted() {
    let ran = run(&["lint", "name,cups,:eq,:sum"]);
    assert_eq!((ran.code, ran.out.as_str()), (Some(0), ""));
    let program = "name,a,:eq,name,b,:eq,:and,:sum";
    let ran = run(&["lint", program]);
    assert_eq!(ran.code, Some(1));
    assert_eq!(
        ran.out,
        "never-matches: no series can pass name,a,:eq and name,b,:eq together\n  \
         name,a,:eq,name,b,:eq,:and,:sum\n                        ^^^^\nhint: join alternatives with \
         :or, or list them with :in\n"
    );
    let json: serde_json::Value =
        serde_json::from_str(&run(&["lint", "--json", program]).out).unwrap();
    assert_eq!(
        (json[0]["lint"].as_str(), json[0]["span"][0].as_u64()),
        (Some("never-matches"), Some(22))
    );
    let folder = tempfile::tempdir().unwrap();
    let server = fleet(folder.path());
    let grouped = "name,cups,:eq,:sum,(,node,),:by";
    let ran = run(&[
        "lint",
        "--url",
        &server.address,
        "--groups-max",
        "1",
        grouped,
        "name,cup,:eq",
    ]);
    assert_eq!(ran.code, Some(1));
    for part in [
        "too-many-groups: 2 groups",
        "no-series: no series passes name,cup,:eq; nearest",
    ] {
        assert!(ran.out.contains(part), "{part}: {}", ran.out);
    }
}

#[test]
fn what_is_wrong_with_the_words_or_the_server() {
    assert_eq!(run(&["query"]).code, Some(2), "usage");
    assert_eq!(
        run(&["query", "1", "--url", "x", "--data", "y"]).code,
        Some(2)
    );
    let ran = run(&["query", "1", "--url", "http://127.0.0.1:1"]);
    assert_eq!(ran.code, Some(1));
    assert!(
        ran.err
            .starts_with("telamon: http://127.0.0.1:1 does not answer"),
        "{}",
        ran.err
    );
}

//! The commands that are no server, and the demo.

use std::path::Path;
use std::process::Stdio;

use crate::process::{run_to_end, telamon, write_config};

#[test]
fn config_check_prints_the_resolved_form() {
    let folder = tempfile::tempdir().unwrap();
    let config = write_config(folder.path(), "[store]\nstep = \"60s\"\n");
    let mut command = telamon();
    command.args(["config", "check", "--config"]).arg(config);
    let output = run_to_end(command);
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success());
    assert!(
        text.contains("step = \"1m\"") && text.contains("age_max = \"2m\""),
        "{text}"
    );
}

#[test]
fn config_check_names_every_problem() {
    let folder = tempfile::tempdir().unwrap();
    let config = write_config(
        folder.path(),
        "[store]\nstep = 10\nspeed = 3\n[log]\nlevel = 1\n",
    );
    let mut command = telamon();
    command.args(["config", "check", "--config"]).arg(config);
    let output = run_to_end(command);
    let text = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1));
    let mut lines = text.lines();
    let head = lines.next().unwrap();
    assert!(head.starts_with("telamon: the configuration "), "{text}");
    assert!(head.ends_with(" is wrong:"), "{text}");
    let keys: Vec<&str> = lines.map(|line| line.split(": ").next().unwrap()).collect();
    assert_eq!(keys, ["store.speed", "store.step", "log.level"], "{text}");
}

#[test]
fn check_and_serve_name_every_problem_of_the_rules() {
    let folder = tempfile::tempdir().unwrap();
    let rules = "groups:\n  - name: a\n    rules:\n      - alert: A\n        expr: ':nonsense'\n\
                 \x20     - alert: B\n        expr: 'name,x,:eq'\n        notify: nobody\n";
    std::fs::write(folder.path().join("rules.yml"), rules).unwrap();
    let more = "[alert]\nrules = [\"absent.yml\", \"rules.yml\"]\n";
    let config = write_config(folder.path(), more);
    for words in [&["config", "check"][..], &["serve"][..]] {
        let mut command = telamon();
        command.args(words).arg("--config").arg(&config);
        command.arg("--data").arg(folder.path().join("data"));
        let output = run_to_end(command);
        let text = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{text}");
        let mut lines = text.lines();
        assert_eq!(lines.next(), Some("telamon: the rules are wrong:"));
        let lines: Vec<&str> = lines.collect();
        for (line, part) in lines.iter().zip([
            "absent.yml: cannot read: ",
            "groups[0].rules[0].expr: ",
            "groups[0].rules[1].notify: ",
        ]) {
            assert!(line.contains(part), "{text}");
        }
        assert_eq!(lines.len(), 3, "{text}");
    }
}

#[test]
fn the_demo_greets_in_ten_lines_and_leaves_nothing_behind() {
    let mut command = telamon();
    command.args(["demo", "--series", "150", "--duration", "1s"]);
    command.args(["--listen", "127.0.0.1:0", "--udp", "127.0.0.1:0"]);
    let output = run_to_end(command);
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let lines: Vec<&str> = text
        .lines()
        .filter(|line| !line.starts_with("alert "))
        .collect();
    assert!((5..=10).contains(&lines.len()), "{text}");
    assert!(lines[0].starts_with("telamon "), "{text}");
    let data = lines
        .iter()
        .find_map(|line| line.strip_prefix("data "))
        .unwrap();
    let folder = data.trim().split(' ').next().unwrap();
    assert!(folder.contains("telamon-demo-"), "{folder}");
    assert!(!Path::new(folder).exists(), "{folder} is still there");
}

#[test]
fn the_demo_goes_on_when_nobody_reads_what_it_prints() {
    let mut command = telamon();
    command.args(["demo", "--series", "150", "--duration", "100ms"]);
    command.args(["--listen", "127.0.0.1:0", "--udp", "127.0.0.1:0"]);
    command.stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    drop(child.stdout.take());
    assert!(child.wait().unwrap().success());
}

#[test]
fn the_demo_adds_no_history_to_a_folder_with_samples() {
    let folder = tempfile::tempdir().unwrap();
    let demo = || {
        let mut command = telamon();
        command.args(["demo", "--series", "150", "--duration", "100ms"]);
        command.args(["--listen", "127.0.0.1:0", "--udp", "127.0.0.1:0"]);
        command.arg("--data").arg(folder.path().join("kept"));
        assert!(run_to_end(command).status.success());
        let log = std::fs::read_dir(folder.path().join("kept/log")).unwrap();
        log.map(|entry| entry.unwrap().metadata().unwrap().len())
            .sum::<u64>()
    };
    let (first, second) = (demo(), demo());
    assert!(first > 100_000, "{first} bytes of history");
    assert!(second < first + first / 10, "{second} bytes after {first}");
}

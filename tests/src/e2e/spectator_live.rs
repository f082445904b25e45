//! The real client, installed by this test, against a server that runs in real time.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::Value;

use super::harness::{House, wait_for};

const CLIENT: &str = "netflix-spectator-py==1.2.1";
const CONFIG: &str = "[store]\nstep = \"1s\"\n";
const INSTALL_LIMIT: Duration = Duration::from_secs(60);
const EMIT_LIMIT: Duration = Duration::from_secs(20);

/// Runs a program to its end; what went wrong as text.
fn run(command: &mut Command, limit: Duration) -> Result<(), String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let failed = |error: std::io::Error| format!("{name}: {error}");
    let output = tempfile::tempfile().map_err(failed)?;
    let also_output = output.try_clone().map_err(failed)?;
    let mut child = command
        .stdin(Stdio::null())
        .stdout(output.try_clone().map_err(failed)?)
        .stderr(also_output)
        .spawn()
        .map_err(failed)?;
    let nap = Duration::from_millis(20);
    let mut waited = Duration::ZERO;
    let status = loop {
        if let Some(status) = child.try_wait().map_err(failed)? {
            break status;
        }
        if waited >= limit {
            child.kill().map_err(failed)?;
            child.wait().map_err(failed)?;
            return Err(format!("{name} took more than {limit:?}"));
        }
        std::thread::sleep(nap);
        waited += nap;
    };
    if status.success() {
        return Ok(());
    }
    let mut text = String::new();
    let mut output = output;
    std::io::Seek::rewind(&mut output).map_err(failed)?;
    std::io::Read::read_to_string(&mut output, &mut text).map_err(failed)?;
    let last = text.lines().last().unwrap_or_default();
    Err(format!("{name}: {status}, {last}"))
}

/// A Python that has the client, in a folder.
fn install(folder: &Path) -> Result<PathBuf, String> {
    let venv = folder.join("venv");
    let mut make = Command::new("python3");
    run(make.args(["-m", "venv"]).arg(&venv), INSTALL_LIMIT)?;
    let python = venv.join("bin/python");
    let mut pip = Command::new(&python);
    pip.args(["-m", "pip", "install", "--quiet", "--no-input"]);
    pip.args(["--disable-pip-version-check", "--retries", "0"]);
    run(pip.args(["--timeout", "10", CLIENT]), INSTALL_LIMIT)?;
    Ok(python)
}

/// The sum of all values of a query over the last minutes: where a step is a second, the amounts.
fn total(house: &House, q: &str) -> f64 {
    let answer = house.graph(q, "format=json&s=now-5m&step=1s");
    let graph: Value = answer.with_status(200).json();
    let rows = graph["values"].as_array().unwrap().iter();
    rows.filter_map(|row| row[0].as_f64()).sum()
}

#[test]
fn the_unmodified_client_is_understood() {
    let folder = tempfile::tempdir().unwrap();
    let python = match install(folder.path()) {
        Ok(python) => python,
        Err(reason) => {
            println!("spectator-py live: NOT RUN ({reason})");
            return;
        }
    };
    let house = House::system(CONFIG);
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tools/spectator_live.py");
    let location = format!("udp://{}", house.udp_address());
    let mut emit = Command::new(python);
    run(emit.arg(script).arg(location), EMIT_LIMIT).unwrap();

    let counter = "name,live.counter,:eq,kind,a_b,:eq,:and,statistic,count,:eq,:and,:sum";
    wait_for("the counter", || {
        (total(&house, counter) > 0.0).then_some(())
    });
    // The lines may have been cut in two by the end of a step: what counts is the whole.
    wait_for("the last meter", || {
        let count = "name,live.timer,:eq,statistic,count,:eq,:and,:sum";
        (total(&house, count) >= 2.0).then_some(())
    });
    assert_eq!(total(&house, counter), 42.0);
    let timer = |statistic: &str| {
        let q = format!("name,live.timer,:eq,statistic,{statistic},:eq,:and,:sum");
        total(&house, &q)
    };
    assert_eq!(timer("count"), 2.0);
    assert_eq!(timer("totalTime"), 1.0);
    assert_eq!(timer("totalOfSquares"), 0.625);
    let newest = house.graph("name,live.gauge,:eq,:max", "format=json&s=now-5m&step=1s");
    let graph = newest.with_status(200).json();
    let rows = graph["values"].as_array().unwrap().iter();
    let values: Vec<f64> = rows.filter_map(|row| row[0].as_f64()).collect();
    assert!(!values.is_empty(), "{graph}");
    assert!(values.iter().all(|&value| value == 42.5), "{values:?}");
    println!("spectator-py live: ran against {CLIENT}");
}

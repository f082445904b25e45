//! Folders, ports and disks that are not as they should be.

use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Output};

use crate::process::{
    datapoint, now_ms, run_to_end, serve, start, telamon, wait_until, write_config,
};

/// `telamon serve` that is expected not to start: exit code 1 and one line.
fn refused(folder: &Path, more: &str, listen: Option<&str>) -> String {
    let config = write_config(folder, more);
    let mut command = telamon();
    command.arg("serve").arg("--config").arg(config);
    command.arg("--data").arg(folder.join("data"));
    if let Some(listen) = listen {
        command.args(["--listen", listen]);
    }
    one_line(&run_to_end(command))
}

fn one_line(output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{text}");
    let said: Vec<&str> = text
        .lines()
        .filter(|line| line.starts_with("telamon: "))
        .collect();
    assert_eq!(said.len(), 1, "{text}");
    said[0].to_owned()
}

#[test]
fn a_second_process_on_the_same_folder_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let first = serve(folder.path(), "");
    let said = refused(folder.path(), "", None);
    assert!(said.contains("in use by another process"), "{said}");
    assert!(said.contains("data"), "{said}");
    assert_eq!(first.get("/-/ready").status, 200);
}

#[test]
fn a_taken_port_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let said = refused(folder.path(), "", Some(&address));
    assert!(
        said.contains("cannot listen") && said.contains(&address),
        "{said}"
    );
    assert!(!folder.path().join("data").exists(), "nothing was made");
}

#[test]
fn a_folder_that_cannot_be_written_is_named() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("data"), "a file").unwrap();
    let said = refused(folder.path(), "", None);
    assert!(said.contains("data cannot be written"), "{said}");
}

#[test]
fn a_configuration_that_disagrees_with_the_folder_names_both_values() {
    let folder = tempfile::tempdir().unwrap();
    drop(serve(folder.path(), "[store]\nstep = \"10s\"\n"));
    let said = refused(folder.path(), "[store]\nstep = \"60s\"\n", None);
    assert!(said.contains("10000") && said.contains("60000"), "{said}");
    let server = serve(folder.path(), "[store]\nstep = \"10s\"\n");
    assert_eq!(server.get("/-/ready").status, 200);
}

#[test]
fn a_lost_epoch_file_is_refused_and_a_lost_log_is_told() {
    let folder = tempfile::tempdir().unwrap();
    drop(serve(folder.path(), ""));
    let epoch = folder.path().join("data/epoch.json");
    let text = fs::read(&epoch).unwrap();
    fs::remove_file(&epoch).unwrap();
    let said = refused(folder.path(), "", None);
    assert!(
        said.contains("epoch.json is missing") && said.contains("restore it from a copy"),
        "{said}"
    );
    assert!(!epoch.exists(), "nothing was written");
    fs::write(&epoch, text).unwrap();
    fs::remove_dir_all(folder.path().join("data/log")).unwrap();
    let log = serve(folder.path(), "").log();
    assert!(
        log.contains("is empty although the folder is not new"),
        "{log}"
    );
}

#[test]
fn a_damaged_record_is_named_and_the_rest_is_served() {
    let folder = tempfile::tempdir().unwrap();
    let server = serve(folder.path(), "");
    for id in 0..50 {
        let tags = format!("\"name\":\"rot.{id}\",\"atlas.dstype\":\"gauge\"");
        assert_eq!(server.publish(&datapoint(&tags, now_ms(), id)).status, 200);
    }
    server.kill();
    let log = folder.path().join("data/log");
    let file = fs::read_dir(&log).unwrap().next().unwrap().unwrap().path();
    let mut bytes = fs::read(&file).unwrap();
    // A third of the way in: records stand before and after.
    let at = bytes.len() / 3;
    for byte in &mut bytes[at..at + 8] {
        *byte ^= 0xff;
    }
    fs::write(&file, bytes).unwrap();
    let server = serve(folder.path(), "");
    let name = file.file_name().unwrap().to_string_lossy().into_owned();
    let log = server.log();
    assert!(log.contains(&name) && log.contains("unreadable"), "{log}");
    let metrics = server.get("/metrics").body;
    assert!(
        metrics.contains("telamon_store_corrupt_total 1"),
        "{metrics}"
    );
    let names = server.get("/api/v1/tags/name").body;
    assert!(
        names.contains("rot.0\"") && names.contains("rot.49\""),
        "{names}"
    );
    let left = (0..50)
        .filter(|id| names.contains(&format!("rot.{id}\"")))
        .count();
    assert!((40..50).contains(&left), "{left} of 50 names are left");
}

#[test]
fn a_full_disk_is_answered_507_and_the_data_stay() {
    let folder = tempfile::tempdir().unwrap();
    let config = write_config(folder.path(), "");
    // The largest file of the process is limited instead of the disk.
    let mut command = Command::new("bash");
    command.arg("-c").arg(format!(
        "ulimit -f 64; exec {} serve --config {} --data {}",
        env!("CARGO_BIN_EXE_telamon"),
        config.display(),
        folder.path().join("data").display()
    ));
    let server = start(command);
    let mut stored = Vec::new();
    let mut status = 200;
    let noise = "x".repeat(100);
    for id in 0..100_000 {
        let tags =
            format!("\"name\":\"full.{id}\",\"noise\":\"{noise}{id}\",\"atlas.dstype\":\"gauge\"");
        let answer = server.publish(&datapoint(&tags, now_ms(), id));
        status = answer.status;
        if status != 200 {
            assert!(
                answer.body.contains("\"type\":\"error\""),
                "{}",
                answer.body
            );
            break;
        }
        stored.push(id);
    }
    assert_eq!(status, 507);
    assert_eq!(server.get("/-/ready").status, 200, "queries go on");
    drop(server);
    let server = serve(folder.path(), "");
    let names = server.get("/api/v1/tags/name?limit=100000").body;
    for id in stored {
        assert!(
            names.contains(&format!("\"full.{id}\"")),
            "full.{id} is lost"
        );
    }
    let tags = "\"name\":\"again\",\"atlas.dstype\":\"gauge\"";
    assert_eq!(server.publish(&datapoint(tags, now_ms(), 1)).status, 200);
}

#[test]
fn lines_of_the_open_step_survive_sigterm() {
    let folder = tempfile::tempdir().unwrap();
    let server = serve(folder.path(), "");
    let socket = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    let sent = b"c:hello.world,app=me:5\ng:room.temperature:21.5";
    socket.send_to(sent, &server.udp).unwrap();
    wait_until("the datagram was received", || {
        server
            .get("/metrics")
            .body
            .contains("telamon_udp_packets_total 1")
    });
    let (code, _) = server.terminate("-TERM");
    assert_eq!(code, Some(0));
    let server = serve(folder.path(), "");
    let names = server.get("/api/v1/tags/name").body;
    assert!(
        names.contains("hello.world") && names.contains("room.temperature"),
        "{names}"
    );
}

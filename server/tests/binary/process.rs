//! Starting the binary, waiting for it, talking to it.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Arc, Mutex, mpsc};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// How long anything may take before a test fails.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// A running server. Killed when dropped.
pub(crate) struct Server {
    pub(crate) child: Child,
    pub(crate) address: String,
    pub(crate) udp: String,
    log: Arc<Mutex<String>>,
}

/// Status and body of an answer.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: String,
}

pub(crate) fn telamon() -> Command {
    Command::new(env!("CARGO_BIN_EXE_telamon"))
}

/// A configuration that takes any free ports.
pub(crate) fn write_config(folder: &Path, more: &str) -> std::path::PathBuf {
    let path = folder.join("telamon.toml");
    let text =
        format!("{more}\n[http]\nlisten = \"127.0.0.1:0\"\n[udp]\nlisten = \"127.0.0.1:0\"\n");
    std::fs::write(&path, text).unwrap();
    path
}

/// `telamon serve` on `folder/data`, ready.
pub(crate) fn serve(folder: &Path, more: &str) -> Server {
    let config = write_config(folder, more);
    let mut command = telamon();
    command.arg("serve").arg("--config").arg(config);
    command.arg("--data").arg(folder.join("data"));
    start(command)
}

/// Starts a command that serves, and waits until it says where.
pub(crate) fn start(mut command: Command) -> Server {
    let mut child = command
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let log = Arc::new(Mutex::new(String::new()));
    let stderr = BufReader::new(child.stderr.take().unwrap());
    let sink = Arc::clone(&log);
    std::thread::spawn(move || {
        for line in stderr.lines().map_while(Result::ok) {
            let mut log = sink.lock().unwrap();
            log.push_str(&line);
            log.push('\n');
        }
    });
    let mut server = Server {
        child,
        address: String::new(),
        udp: String::new(),
        log,
    };
    wait_until("the server says where it listens", || {
        let log = server.log();
        let word = |before: &str| {
            let rest = &log[log.find(before)? + before.len()..];
            let end = rest.find(|c: char| c.is_whitespace()).unwrap_or(rest.len());
            Some(rest[..end].trim_matches('"').to_owned())
        };
        if let (Some(address), Some(udp)) = (word("serving http://"), word("udp=")) {
            server.address = address;
            server.udp = udp;
        } else if let Some(status) = server.child.try_wait().unwrap() {
            panic!("the server ended with {status}: {log}");
        }
        !server.address.is_empty()
    });
    server
}

impl Server {
    pub(crate) fn log(&self) -> String {
        self.log.lock().unwrap().clone()
    }

    pub(crate) fn get(&self, uri: &str) -> Answer {
        request(&self.address, "GET", uri, b"").unwrap()
    }

    pub(crate) fn publish(&self, body: &str) -> Answer {
        request(&self.address, "POST", "/api/v1/publish", body.as_bytes()).unwrap()
    }

    /// Kills the process as a crash would.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Asks the process to end and gives its exit code and how long that took.
    pub(crate) fn terminate(mut self, signal: &str) -> (Option<i32>, Duration) {
        let asked = Instant::now();
        let id = self.child.id().to_string();
        assert!(
            Command::new("kill")
                .args([signal, &id])
                .status()
                .unwrap()
                .success()
        );
        let status = self.child.wait().unwrap();
        (status.code(), asked.elapsed())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended already.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// One request on its own connection; `None` when the server goes away before it answered.
pub(crate) fn request(address: &str, method: &str, uri: &str, body: &[u8]) -> Option<Answer> {
    let mut stream = TcpStream::connect(address).ok()?;
    let length = body.len();
    let head = format!(
        "{method} {uri} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).ok()?;
    stream.write_all(body).ok()?;
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).ok()?;
    let text = String::from_utf8(bytes).ok()?;
    let (head, body) = text.split_once("\r\n\r\n")?;
    Some(Answer {
        status: head.split(' ').nth(1)?.parse().ok()?,
        body: body.to_owned(),
    })
}

/// Runs a command that should end by itself; one that goes on is killed, and that fails the test.
pub(crate) fn run_to_end(mut command: Command) -> Output {
    let child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let id = child.id().to_string();
    let (sender, output) = mpsc::channel();
    std::thread::spawn(move || sender.send(child.wait_with_output()));
    if let Ok(output) = output.recv_timeout(PATIENCE) {
        return output.unwrap();
    }
    Command::new("kill").args(["-KILL", &id]).status().unwrap();
    let output = output.recv().unwrap().unwrap();
    panic!(
        "it did not end by itself: {}",
        String::from_utf8_lossy(&output.stderr)
    );
}

/// Polls until the condition holds.
pub(crate) fn wait_until(what: &str, mut holds: impl FnMut() -> bool) {
    let started = Instant::now();
    while !holds() {
        assert!(started.elapsed() < PATIENCE, "waited in vain: {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

pub(crate) fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    i64::try_from(since.as_millis()).unwrap()
}

/// A payload of one datapoint.
pub(crate) fn datapoint(tags: &str, timestamp: i64, value: u64) -> String {
    format!("{{\"metrics\":[{{\"tags\":{{{tags}}},\"timestamp\":{timestamp},\"value\":{value}}}]}}")
}

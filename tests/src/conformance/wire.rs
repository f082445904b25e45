//! A small HTTP client that sends bytes as they are.
//!
//! Takes a method, a target byte for byte, headers and a body; gives status, headers and body. It
//! exists because recorded targets hold what clients of a library would escape or refuse. Connections
//! are kept and reused; encodings of answers are left alone.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// What came back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// Status code.
    pub status: u16,
    /// Reason phrase.
    pub reason: String,
    /// Headers in the order they came, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body without its framing.
    pub body: Vec<u8>,
}

impl Answer {
    /// The first value of a header; the name in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(key, _)| key == name);
        found.map(|(_, value)| value.as_str())
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// A connection to one server, opened when it is needed.
#[derive(Debug)]
pub struct Connection {
    address: SocketAddr,
    open: Option<BufReader<TcpStream>>,
}

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(120);

impl Connection {
    /// A connection that is opened by the first request.
    pub fn new(address: SocketAddr) -> Self {
        Self {
            address,
            open: None,
        }
    }

    /// Sends a request and reads the answer. `headers` get a host and, where there is a body, its
    /// length.
    ///
    /// # Errors
    /// When the server cannot be reached or does not answer in HTTP.
    pub fn send(
        &mut self,
        method: &str,
        target: &str,
        headers: &[(String, String)],
        body: Option<&[u8]>,
    ) -> io::Result<Answer> {
        let mut head = format!("{method} {target} HTTP/1.1\r\nHost: localhost\r\n");
        for (name, value) in headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        if let Some(body) = body {
            head.push_str(&format!("Content-Length: {}\r\n", body.len()));
        }
        head.push_str("\r\n");
        let mut bytes = head.into_bytes();
        bytes.extend_from_slice(body.unwrap_or_default());
        let was_open = self.open.is_some();
        match self.exchange(method, &bytes) {
            // A kept connection may have been closed meanwhile.
            Err(_closed) if was_open => self.exchange(method, &bytes),
            other => other,
        }
    }

    /// Sends bytes and reads one answer.
    ///
    /// # Errors
    /// When the server cannot be reached or does not answer in HTTP.
    pub fn exchange(&mut self, method: &str, bytes: &[u8]) -> io::Result<Answer> {
        let mut stream = match self.open.take() {
            Some(stream) => stream,
            None => {
                let stream = TcpStream::connect(self.address)?;
                stream.set_nodelay(true)?;
                stream.set_read_timeout(Some(PATIENCE))?;
                BufReader::new(stream)
            }
        };
        stream.get_mut().write_all(bytes)?;
        let answer = read_answer(&mut stream, method == "HEAD")?;
        if answer.header("connection") != Some("close") {
            self.open = Some(stream);
        }
        Ok(answer)
    }
}

/// Reads one answer.
///
/// # Errors
/// When it ends early or is no HTTP.
pub fn read_answer(stream: &mut impl BufRead, is_head: bool) -> io::Result<Answer> {
    let status_line = line(stream)?;
    let mut parts = status_line.splitn(3, ' ');
    let status = parts.nth(1).and_then(|code| code.parse().ok());
    let status = status.ok_or_else(|| bad("a status line", &status_line))?;
    let reason = parts.next().unwrap_or_default().to_owned();
    let mut headers = Vec::new();
    loop {
        let text = line(stream)?;
        if text.is_empty() {
            break;
        }
        let (name, value) = text.split_once(':').ok_or_else(|| bad("a header", &text))?;
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    let mut answer = Answer {
        status,
        reason,
        headers,
        body: Vec::new(),
    };
    if !is_head && status != 204 && status != 304 {
        answer.body = read_body(stream, &answer)?;
    }
    Ok(answer)
}

fn read_body(stream: &mut impl BufRead, answer: &Answer) -> io::Result<Vec<u8>> {
    let mut body = Vec::new();
    if answer.header("transfer-encoding") == Some("chunked") {
        loop {
            let size = line(stream)?;
            let length =
                u64::from_str_radix(&size, 16).map_err(|_error| bad("a chunk size", &size))?;
            stream.take(length).read_to_end(&mut body)?;
            line(stream)?;
            if length == 0 {
                return Ok(body);
            }
        }
    }
    match answer.header("content-length") {
        Some(length) => {
            let length: u64 = length.parse().map_err(|_error| bad("a length", length))?;
            stream.take(length).read_to_end(&mut body)?;
        }
        None => {
            stream.read_to_end(&mut body)?;
        }
    }
    Ok(body)
}

fn line(stream: &mut impl BufRead) -> io::Result<String> {
    let mut text = String::new();
    if stream.read_line(&mut text)? == 0 {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(text.trim_end_matches(['\r', '\n']).to_owned())
}

fn bad(expected: &str, got: &str) -> io::Error {
    io::Error::new(
        io::ErrorKind::InvalidData,
        format!("expected {expected}, got {got:?}"),
    )
}

//! Finding the records of one log file.
//!
//! Takes a file and the length up to which it may be read, gives whole records one by one, and
//! says which bytes before each of them were unreadable. What is a torn tail and what is damage is
//! left to the caller.
//!
//! ```text
//!   [record][record][header ok, frame bad][record][header bad ........][record][torn
//!                    └─ skipped by its length       └─ searched for the        └─ valid_end
//!                                                      next whole record
//! ```

use std::io;
use std::sync::Arc;

use super::record::{HEADER_BYTES, Header, HeaderFound, MARKER, Place};
use super::{Damage, ReadError};
use crate::files::FileHandle;

/// Walks over the records of one file.
#[derive(Debug)]
pub(super) struct Scanner {
    name: String,
    number: u64,
    /// Where the file ends, for this walk.
    end: u64,
    /// Where the next record is expected.
    at: u64,
    /// End of the last whole record.
    valid_end: u64,
    window: Window,
}

/// A whole record, and what had to be skipped to reach it.
#[derive(Debug)]
pub(super) struct Scanned<'a> {
    pub(super) header: Header,
    pub(super) payload: &'a [u8],
    pub(super) damage: Option<Damage>,
}

/// What stands at a position.
enum Candidate {
    Whole(Header),
    /// The header is whole, the frame is not; the record ends here by its length.
    BadPayload {
        end: u64,
    },
    Nothing,
}

impl Scanner {
    pub(super) fn new(handle: Arc<dyn FileHandle>, name: String, number: u64, end: u64) -> Self {
        Self {
            name,
            number,
            end,
            at: 0,
            valid_end: 0,
            window: Window::new(handle, end),
        }
    }

    /// The next whole record.
    pub(super) fn next(&mut self) -> Result<Option<Scanned<'_>>, ReadError> {
        let Some(header) = self.find().map_err(|fault| fault.named(&self.name))? else {
            return Ok(None);
        };
        let damage = (self.at > self.valid_end).then(|| Damage {
            file: self.name.clone(),
            at: self.valid_end,
            bytes: self.at - self.valid_end,
        });
        let payload_at = self.at + HEADER_BYTES as u64;
        self.at = payload_at + u64::from(header.payload_bytes);
        self.valid_end = self.at;
        let payload = self
            .window
            .bytes(payload_at, header.payload_bytes as usize)
            .map_err(|fault| Fault::Io(fault).named(&self.name))?;
        Ok(Some(Scanned {
            header,
            payload,
            damage,
        }))
    }

    /// Where the walk ends: the length of the file when it began.
    pub(super) fn end(&self) -> u64 {
        self.end
    }

    /// End of the last whole record that [`Scanner::next`] gave.
    pub(super) fn valid_end(&self) -> u64 {
        self.valid_end
    }

    /// The unreadable bytes after the last whole record, once [`Scanner::next`] gave `None`.
    pub(super) fn tail(&self) -> Option<Damage> {
        (self.valid_end < self.end).then(|| Damage {
            file: self.name.clone(),
            at: self.valid_end,
            bytes: self.end - self.valid_end,
        })
    }

    /// Moves `at` to the next whole record.
    fn find(&mut self) -> Result<Option<Header>, Fault> {
        let mut searching = false;
        while self.at < self.end {
            self.at = match (self.candidate(self.at)?, searching) {
                (Candidate::Whole(header), _) => return Ok(Some(header)),
                // The length has its own CRC, so what follows is found at once. While searching,
                // a header is believed only together with its frame.
                (Candidate::BadPayload { end }, false) => end,
                (Candidate::BadPayload { .. } | Candidate::Nothing, _) => {
                    searching = true;
                    self.find_marker(self.at + 1)?
                }
            };
        }
        Ok(None)
    }

    fn candidate(&mut self, at: u64) -> Result<Candidate, Fault> {
        let header_end = at + HEADER_BYTES as u64;
        if header_end > self.end {
            return Ok(Candidate::Nothing);
        }
        let bytes = self.window.bytes(at, HEADER_BYTES).map_err(Fault::Io)?;
        let bytes = bytes.first_chunk().expect("a header was asked for");
        let place = Place {
            file: self.number,
            at,
        };
        let header = match Header::decode(bytes, place) {
            HeaderFound::Header(header) => header,
            HeaderFound::Nothing => return Ok(Candidate::Nothing),
            HeaderFound::Unknown { version, kind } => {
                return Err(Fault::Unknown { at, version, kind });
            }
        };
        let end = header_end + u64::from(header.payload_bytes);
        if end > self.end {
            return Ok(Candidate::BadPayload { end: self.end });
        }
        let payload = self
            .window
            .bytes(header_end, header.payload_bytes as usize)
            .map_err(Fault::Io)?;
        if crc32c::crc32c(payload) == header.payload_crc {
            Ok(Candidate::Whole(header))
        } else {
            Ok(Candidate::BadPayload { end })
        }
    }

    /// The first position from `from` on that holds a marker, or the end.
    fn find_marker(&mut self, from: u64) -> Result<u64, Fault> {
        let mut from = from;
        while from < self.end {
            let bytes = self.window.ahead(from).map_err(Fault::Io)?;
            if let Some(index) = bytes.iter().position(|&byte| byte == MARKER[0]) {
                return Ok(from + index as u64);
            }
            from += bytes.len() as u64;
        }
        Ok(self.end)
    }
}

/// What went wrong, before the name of the file is added.
enum Fault {
    Io(io::Error),
    Unknown { at: u64, version: u8, kind: u8 },
}

impl Fault {
    fn named(self, name: &str) -> ReadError {
        let file = name.to_owned();
        match self {
            Self::Io(source) => ReadError::Io { file, source },
            Self::Unknown { at, version, kind } => ReadError::UnknownFormat {
                file,
                at,
                version,
                kind,
            },
        }
    }
}

/// The part of a file that is in memory.
#[derive(Debug)]
struct Window {
    handle: Arc<dyn FileHandle>,
    /// Bytes of the file from `start` on.
    bytes: Vec<u8>,
    start: u64,
    end: u64,
}

/// How much is read at once: enough that system calls cost nothing beside the CRC.
const READ_BYTES: u64 = 1 << 20;

impl Window {
    fn new(handle: Arc<dyn FileHandle>, end: u64) -> Self {
        Self {
            handle,
            bytes: Vec::new(),
            start: 0,
            end,
        }
    }

    /// `length` bytes from `at` on; they lie before the end.
    fn bytes(&mut self, at: u64, length: usize) -> io::Result<&[u8]> {
        let range_end = at + length as u64;
        assert!(range_end <= self.end, "reading past the end of the file");
        let held_end = self.start + self.bytes.len() as u64;
        if at < self.start || range_end > held_end {
            self.load(at, range_end.max((at + READ_BYTES).min(self.end)))?;
        }
        let index = index_of(at - self.start);
        Ok(&self.bytes[index..index + length])
    }

    /// Whatever is in memory from `at` on, at least one byte; `at` lies before the end.
    fn ahead(&mut self, at: u64) -> io::Result<&[u8]> {
        self.bytes(at, 1)?;
        Ok(&self.bytes[index_of(at - self.start)..])
    }

    /// Makes the window hold `from..to`, keeping what it has of it.
    fn load(&mut self, from: u64, to: u64) -> io::Result<()> {
        let held_end = self.start + self.bytes.len() as u64;
        if (self.start..held_end).contains(&from) {
            self.bytes.drain(..index_of(from - self.start));
        } else {
            self.bytes.clear();
        }
        self.start = from;
        let mut filled = self.bytes.len();
        self.bytes.resize(index_of(to - from), 0);
        while filled < self.bytes.len() {
            let count = self
                .handle
                .read_at(from + filled as u64, &mut self.bytes[filled..]);
            match count {
                Ok(count) if count > 0 => filled += count,
                Ok(_) => {
                    self.bytes.truncate(filled);
                    return Err(io::ErrorKind::UnexpectedEof.into());
                }
                Err(error) => {
                    self.bytes.truncate(filled);
                    return Err(error);
                }
            }
        }
        Ok(())
    }
}

fn index_of(distance: u64) -> usize {
    usize::try_from(distance).expect("windows are small")
}

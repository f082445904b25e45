//! The log in a folder of files.
//!
//! Takes appends from any number of threads and gives each a place in one sequence of files; starts
//! a new file when one is long or spans much log time, so that retention can remove whole files.
//! Opening and repairing is `recover`, the bytes are `record`, when to sync is left to the server.
//!
//! ```text
//!   00000000000000000007.log        ...08.log              ...09.log  (active)
//!   [start][start][p0#41][p2#7]...  [start][start][p0#58]  [start][start][p1#3]─► appends
//!   └─ removed whole by trim        └─ synced before ...09 was made
//! ```
//!
//! Two invariants carry recovery: every file but the last was synced whole before the next one was
//! made, and nothing lies behind the last whole record of the active file when an append starts.

use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex, MutexGuard};

use telamon_model::{PartitionIndex, Timestamp};

use super::record::{FRAME_BYTES_MAX, HEADER_BYTES, Header, Kind, Place, Start, write_record};
use super::recover::{self, LogRecovery, OpenError, Opened};
use super::scan::Scanner;
use super::{
    AppendError, Appended, Bounds, Damage, Log, Offset, ReadError, ReadReport, Record, SyncError,
    TrimError, Trimmed,
};
use crate::files::{FileHandle, Files};

/// A [`Log`] in a folder of files.
#[derive(Debug)]
pub struct FileLog {
    files: Arc<dyn Files>,
    options: FileLogOptions,
    state: Mutex<State>,
    /// Up to where the log is durable; held while a sync runs, so that those who wait for one find
    /// out whether it covered them (group commit). Taken before `state`, never after it.
    synced: Mutex<Position>,
}

/// When a new file is started. Files are what [`Log::trim`] can remove.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileLogOptions {
    /// A record that would make a file longer than this starts a new one; bytes.
    pub file_bytes_max: u64,
    /// A record this much later than the first one of a file starts a new one; milliseconds of log
    /// time.
    pub file_span_ms: i64,
}

impl FileLogOptions {
    /// 64 MiB and one hour: few files, and retention is exact to an hour.
    pub const STANDARD: Self = Self {
        file_bytes_max: 64 << 20,
        file_span_ms: 3_600_000,
    };
}

/// How much a log holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LogSize {
    /// Number of files.
    pub files: u64,
    /// Bytes of all files.
    pub bytes: u64,
}

impl FileLog {
    /// Opens the log in a folder, makes one if there is none, and repairs its tail.
    ///
    /// The caller sees to it that no other process uses the folder.
    pub fn open(
        files: Arc<dyn Files>,
        options: FileLogOptions,
    ) -> Result<(Self, LogRecovery), OpenError> {
        let Opened {
            segments,
            handle,
            end,
            recovery,
        } = recover::open(&*files)?;
        let active = segments.back().expect("an open log has an active file");
        let synced = active.position();
        let state = State {
            segments,
            handle,
            next: end.next,
            log_time: end.log_time,
            mend: None,
            sync_failed: None,
            buffer: Vec::new(),
        };
        let log = Self {
            files,
            options,
            state: Mutex::new(state),
            synced: Mutex::new(synced),
        };
        Ok((log, recovery))
    }

    /// How much the log holds now.
    pub fn size(&self) -> LogSize {
        let state = self.state();
        LogSize {
            files: state.segments.len() as u64,
            bytes: state.segments.iter().map(|segment| segment.bytes).sum(),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state
            .lock()
            .expect("a panic during an append ends the process")
    }

    /// Visits the records of some files in order; each is read up to the length it has now.
    fn visit(
        &self,
        segments: &[Segment],
        visit: &mut dyn FnMut(Record<'_>) -> ControlFlow<()>,
    ) -> Result<ReadReport, ReadError> {
        let mut report = ReadReport::default();
        for (index, segment) in segments.iter().enumerate() {
            let name = segment.name();
            let handle = match self.files.open_read(&name) {
                Ok(handle) => handle,
                // Trimmed since the list was made.
                Err(error) if error.kind() == io::ErrorKind::NotFound && !self.holds(segment) => {
                    continue;
                }
                Err(source) => return Err(ReadError::Io { file: name, source }),
            };
            let damages_before = report.damages.len();
            let mut scanner = Scanner::new(handle, name, segment.number, segment.bytes);
            let flow = visit_file(&mut scanner, visit, &mut report)?;
            let Some(last) = flow else {
                break;
            };
            if let Some(next) = segments.get(index + 1)
                && report.damages.len() == damages_before
                && segment.is_short(&last, &next.start)
            {
                report.damages.push(Damage {
                    file: segment.name(),
                    at: scanner.valid_end(),
                    bytes: 0,
                });
            }
        }
        Ok(report)
    }

    fn holds(&self, segment: &Segment) -> bool {
        self.state()
            .segments
            .iter()
            .any(|held| held.number == segment.number)
    }
}

impl Log for FileLog {
    fn append(
        &self,
        now: Timestamp,
        partition: PartitionIndex,
        frame: &[u8],
    ) -> Result<Appended, AppendError> {
        let payload_bytes = u32::try_from(frame.len())
            .ok()
            .filter(|_| frame.len() <= FRAME_BYTES_MAX)
            .ok_or(AppendError::TooLarge {
                bytes: frame.len() as u64,
                limit_bytes: FRAME_BYTES_MAX as u64,
            })?;
        let payload_crc = crc32c::crc32c(frame);

        let mut state = self.state();
        state.mend(&*self.files)?;
        let log_time = state.log_time.map_or(now, |last| last.max(now));
        let record_bytes = (HEADER_BYTES + frame.len()) as u64;
        if state.must_roll(log_time, record_bytes, &self.options) {
            state.roll(&*self.files)?;
        }
        let offset = state.next.get(&partition).copied().unwrap_or_default();
        let header = Header {
            kind: Kind::Frame,
            partition,
            offset,
            log_time,
            payload_bytes,
            payload_crc,
        };
        state.write(&header, frame)?;
        state.next.insert(partition, offset.next());
        state.log_time = Some(log_time);
        Ok(Appended { offset, log_time })
    }

    fn sync(&self) -> Result<(), SyncError> {
        let wanted = self.state().active().position();
        let mut synced = self
            .synced
            .lock()
            .expect("a panic during a sync ends the process");
        if *synced >= wanted {
            return Ok(());
        }
        let (handle, reached, name) = {
            let state = self.state();
            if let Some(file) = &state.sync_failed {
                return Err(SyncError {
                    file: file.clone(),
                    source: io::Error::other("an earlier sync failed"),
                });
            }
            let active = state.active();
            (Arc::clone(&state.handle), active.position(), active.name())
        };
        // Appends go on meanwhile; only other syncs wait.
        if let Err(source) = handle.sync() {
            // The system may have dropped what it could not write and call the next sync a success,
            // so from here on nobody knows what is on the disk.
            self.state().sync_failed = Some(name.clone());
            return Err(SyncError { file: name, source });
        }
        *synced = reached;
        Ok(())
    }

    fn read(
        &self,
        partition: PartitionIndex,
        from: Offset,
        visit: &mut dyn FnMut(Record<'_>) -> ControlFlow<()>,
    ) -> Result<ReadReport, ReadError> {
        let mut segments: Vec<Segment> = self.state().segments.iter().cloned().collect();
        let needed_from = segments
            .iter()
            .skip(1)
            .take_while(|next| next.start_of(partition) <= from)
            .count();
        segments.drain(..needed_from);
        let mut records = 0;
        let mut report = self.visit(&segments, &mut |record| {
            if record.partition != partition || record.offset < from {
                return ControlFlow::Continue(());
            }
            records += 1;
            visit(record)
        })?;
        report.records = records;
        Ok(report)
    }

    fn read_all(
        &self,
        visit: &mut dyn FnMut(Record<'_>) -> ControlFlow<()>,
    ) -> Result<ReadReport, ReadError> {
        let segments: Vec<Segment> = self.state().segments.iter().cloned().collect();
        self.visit(&segments, visit)
    }

    fn bounds(&self, partition: PartitionIndex) -> Bounds {
        let state = self.state();
        let oldest = state.segments.front().expect("a log has an active file");
        Bounds {
            start: oldest.start_of(partition),
            end: state.next.get(&partition).copied().unwrap_or_default(),
        }
    }

    fn trim(&self, before: Timestamp) -> Result<Trimmed, TrimError> {
        let mut state = self.state();
        let mut trimmed = Trimmed::default();
        // The active file stays, since only its start remembers offsets and log time.
        while let Some(next) = state.segments.get(1)
            && next.start.log_time.is_some_and(|last| last < before)
        {
            let oldest = state.segments.front().expect("there are two");
            let name = oldest.name();
            match self.files.remove(&name) {
                Ok(()) => {}
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(source) => return Err(TrimError { file: name, source }),
            }
            trimmed.files += 1;
            trimmed.bytes += oldest.bytes;
            state.segments.pop_front();
        }
        Ok(trimmed)
    }

    fn log_time(&self) -> Option<Timestamp> {
        self.state().log_time
    }
}

/// A point in the sequence of files: everything in older files, and so many bytes of this one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Position {
    file: u64,
    bytes: u64,
}

/// One file of the log.
#[derive(Clone, Debug)]
pub(super) struct Segment {
    /// Its number, which is its name.
    pub(super) number: u64,
    /// Length up to the end of its last record.
    pub(super) bytes: u64,
    /// Log time of its first record.
    pub(super) first_log_time: Option<Timestamp>,
    /// State of the log where it starts.
    pub(super) start: Arc<Start>,
}

impl Segment {
    /// A file of which nothing is known but its start and length.
    pub(super) fn known(number: u64, bytes: u64, start: Start) -> Self {
        Self {
            number,
            bytes,
            first_log_time: None,
            start: Arc::new(start),
        }
    }

    pub(super) fn name(&self) -> String {
        file_name(self.number)
    }

    fn position(&self) -> Position {
        Position {
            file: self.number,
            bytes: self.bytes,
        }
    }

    /// Whether the next file knows of records that were not met in this one: a file that was cut
    /// between two records looks whole in itself.
    fn is_short(&self, last: &LastOffsets, next: &Start) -> bool {
        next.next.iter().any(|(&partition, &end)| {
            let reached = last
                .get(&partition)
                .map_or(self.start_of(partition), |offset| offset.next());
            reached != end
        })
    }

    /// The offset of the first record of a partition that can be in this file.
    fn start_of(&self, partition: PartitionIndex) -> Offset {
        self.start.next.get(&partition).copied().unwrap_or_default()
    }
}

/// The name of the file with a number; names sort as numbers.
pub(super) fn file_name(number: u64) -> String {
    format!("{number:020}.log")
}

/// What must be put right before the next append.
#[derive(Debug)]
enum Mend {
    /// Part of a record lies behind the end of the active file.
    CutTail,
    /// A file was made but could not be used; it must not be found by a restart, which would take
    /// it for the newest.
    Discard(u64),
}

#[derive(Debug)]
struct State {
    /// Oldest first; the last one is active. Never empty.
    segments: VecDeque<Segment>,
    /// The active file.
    handle: Arc<dyn FileHandle>,
    next: BTreeMap<PartitionIndex, Offset>,
    log_time: Option<Timestamp>,
    mend: Option<Mend>,
    /// Name of the file whose sync failed.
    sync_failed: Option<String>,
    /// Header and frame side by side, so that an append is one system call.
    buffer: Vec<u8>,
}

impl State {
    fn active(&self) -> &Segment {
        self.segments.back().expect("a log has an active file")
    }

    /// Refuses while the log cannot take a record safely.
    fn mend(&mut self, files: &dyn Files) -> Result<(), AppendError> {
        if let Some(file) = &self.sync_failed {
            return Err(AppendError::SyncFailed { file: file.clone() });
        }
        let (name, result) = match &self.mend {
            None => return Ok(()),
            Some(Mend::CutTail) => {
                let active = self.active();
                (active.name(), self.handle.truncate(active.bytes))
            }
            Some(Mend::Discard(number)) => {
                let name = file_name(*number);
                let result = discard(files, &name);
                (name, result)
            }
        };
        result.map_err(|source| AppendError::new(name, source))?;
        self.mend = None;
        Ok(())
    }

    fn must_roll(&self, log_time: Timestamp, record_bytes: u64, options: &FileLogOptions) -> bool {
        let active = self.active();
        active.first_log_time.is_some_and(|first| {
            log_time.millis_since(first) >= options.file_span_ms
                || active.bytes + record_bytes > options.file_bytes_max
        })
    }

    /// Starts a new file. On an error the old one stays active.
    fn roll(&mut self, files: &dyn Files) -> Result<(), AppendError> {
        let old = self.active();
        let number = old.number + 1;
        let name = file_name(number);
        if let Err(_source) = self.handle.sync() {
            let file = old.name();
            self.sync_failed = Some(file.clone());
            return Err(AppendError::SyncFailed { file });
        }
        let start = Start {
            next: self.next.clone(),
            log_time: self.log_time,
        };
        match create(files, number, &start) {
            Ok((handle, bytes)) => {
                self.handle = handle;
                self.segments
                    .push_back(Segment::known(number, bytes, start));
                Ok(())
            }
            Err(source) => {
                if discard(files, &name).is_err() {
                    self.mend = Some(Mend::Discard(number));
                }
                Err(AppendError::new(name, source))
            }
        }
    }

    /// Writes one record at the end of the active file, or nothing.
    fn write(&mut self, header: &Header, frame: &[u8]) -> Result<(), AppendError> {
        let active = self.segments.back_mut().expect("a log has an active file");
        let place = Place {
            file: active.number,
            at: active.bytes,
        };
        self.buffer.clear();
        write_record(&mut self.buffer, header, place, frame);
        if let Err(source) = self.handle.write_at(place.at, &self.buffer) {
            if self.handle.truncate(place.at).is_err() {
                self.mend = Some(Mend::CutTail);
            }
            return Err(AppendError::new(active.name(), source));
        }
        active.bytes += self.buffer.len() as u64;
        active.first_log_time.get_or_insert(header.log_time);
        Ok(())
    }
}

impl AppendError {
    fn new(file: String, source: io::Error) -> Self {
        match source.kind() {
            io::ErrorKind::StorageFull
            | io::ErrorKind::QuotaExceeded
            | io::ErrorKind::FileTooLarge => Self::DiskFull { file, source },
            _ => Self::Unwritable { file, source },
        }
    }
}

/// Makes a file of the log and everything in it durable; gives its length too.
pub(super) fn create(
    files: &dyn Files,
    number: u64,
    start: &Start,
) -> io::Result<(Arc<dyn FileHandle>, u64)> {
    let handle = files.create(&file_name(number))?;
    let bytes = start.file_bytes(number);
    handle.write_at(0, &bytes)?;
    handle.sync()?;
    files.sync_folder()?;
    Ok((handle, bytes.len() as u64))
}

/// Removes a file durably, if it is there.
pub(super) fn discard(files: &dyn Files, name: &str) -> io::Result<()> {
    match files.remove(name) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        Ok(()) | Err(_) => files.sync_folder(),
    }
}

/// Visits the records of one file and adds what it met to the report. Gives the last offset of each
/// partition, or nothing if the visitor broke off.
fn visit_file(
    scanner: &mut Scanner,
    visit: &mut dyn FnMut(Record<'_>) -> ControlFlow<()>,
    report: &mut ReadReport,
) -> Result<Option<LastOffsets>, ReadError> {
    let mut last = LastOffsets::new();
    while let Some(scanned) = scanner.next()? {
        report.damages.extend(scanned.damage);
        let header = scanned.header;
        if header.kind == Kind::Start {
            continue;
        }
        report.records += 1;
        last.insert(header.partition, header.offset);
        let flow = visit(Record {
            partition: header.partition,
            offset: header.offset,
            log_time: header.log_time,
            frame: scanned.payload,
        });
        if flow.is_break() {
            return Ok(None);
        }
    }
    report.damages.extend(scanner.tail());
    Ok(Some(last))
}

type LastOffsets = BTreeMap<PartitionIndex, Offset>;

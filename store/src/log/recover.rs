//! Opening a log: what the files say, and the repair of the last one.
//!
//! Takes a folder and gives its files in order, the state at the end of the log, and a report of
//! what had to be cut. Only the last file is read whole; of the others the start is enough, unless
//! it is damaged. What is damaged inside a file that is not read here is reported when it is read.

use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::sync::Arc;

use telamon_model::{PartitionIndex, Timestamp};

use super::file::{Segment, create, discard, file_name};
use super::record::{Kind, Start};
use super::scan::Scanner;
use super::{Damage, Offset, ReadError};
use crate::files::{FileHandle, Files};

/// What opening a log met and repaired.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogRecovery {
    /// Number of files.
    pub files: u64,
    /// Bytes of all files, after the repair.
    pub bytes: u64,
    /// Ends of files that were cut off because a crash had left them half-written.
    pub torn: Vec<Damage>,
    /// Unreadable stretches in front of readable records, in the files that were read whole. They
    /// stay where they are, and every pass over the log reports them.
    pub damages: Vec<Damage>,
}

/// Why a log cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The names of the files cannot be listed.
    #[error("the folder of the log cannot be listed")]
    List {
        /// What the system said.
        source: io::Error,
    },
    /// A file cannot be read, or has a format that this version does not know.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// A file cannot be made, cut or removed.
    #[error("the log file {file} cannot be repaired")]
    Write {
        /// Name of the file within the folder of the log.
        file: String,
        /// What the system said.
        source: io::Error,
    },
    /// The last file is long and has no readable record; cutting it would destroy evidence.
    #[error(
        "the log file {file} has {bytes} bytes but no readable record; move it away to go on without it"
    )]
    Unreadable {
        /// Name of the file within the folder of the log.
        file: String,
        /// Its length.
        bytes: u64,
    },
    /// Opening failed after half-written ends of files had been cut off; the next opening does not
    /// find them any more.
    #[error("{error}; {} before", cut_off(.torn))]
    AfterCut {
        /// Why opening failed.
        #[source]
        error: Box<Self>,
        /// What had been cut off.
        torn: Vec<Damage>,
    },
}

/// An open log.
#[derive(Debug)]
pub(super) struct Opened {
    /// Oldest first, never empty.
    pub(super) segments: VecDeque<Segment>,
    /// The last file.
    pub(super) handle: Arc<dyn FileHandle>,
    /// State at the end of the log.
    pub(super) end: Start,
    pub(super) recovery: LogRecovery,
}

/// A last file without any readable record is removed only if it is not longer than this: a crash
/// while a file is made leaves no more than the start of one.
const START_BYTES_MAX: u64 = 64 << 10;

/// Opens the log in a folder.
pub(super) fn open(files: &dyn Files) -> Result<Opened, OpenError> {
    let mut recovery = LogRecovery::default();
    match open_reporting(files, &mut recovery) {
        Err(error) if !recovery.torn.is_empty() => Err(OpenError::AfterCut {
            error: Box::new(error),
            torn: recovery.torn,
        }),
        opened => opened,
    }
}

/// What was cut off, for people.
fn cut_off(torn: &[Damage]) -> String {
    let ends = torn.iter().map(|end| {
        let Damage { file, at, bytes } = end;
        format!("{bytes} half-written bytes at {at} of {file} were cut off")
    });
    ends.collect::<Vec<_>>().join(", ")
}

/// Opens the log; the report says what was done also when that fails.
fn open_reporting(files: &dyn Files, recovery: &mut LogRecovery) -> Result<Opened, OpenError> {
    let mut numbers = list(files)?;
    let (last, handle) = repair_last(files, &mut numbers, recovery)?;

    let mut segments = VecDeque::new();
    let mut state = Start::default();
    let mut next_start = numbers
        .first()
        .map_or(Ok(None), |&number| peek_start(files, number))?;
    for (index, &number) in numbers.iter().enumerate() {
        let own_start = next_start.take();
        let following = numbers.get(index + 1);
        if let Some(&following) = following {
            next_start = peek_start(files, following)?;
        }
        let segment = if let (Some(start), Some(_)) = (&own_start, &next_start) {
            Segment::known(number, length_of(files, number)?, start.clone())
        } else if following.is_some() {
            let whole = Survey::read(files, number)?;
            recovery.damages.extend(whole.damages.iter().cloned());
            recovery.damages.extend(whole.tail.clone());
            let start = own_start.unwrap_or_else(|| whole.start_after(&state, next_start.as_ref()));
            state = whole.end_after(&start);
            Segment::known(number, whole.length, start)
        } else {
            let start = own_start.unwrap_or_else(|| last.start_after(&state, None));
            state = last.end_after(&start);
            let mut segment = Segment::known(number, last.valid_end, start);
            segment.first_log_time = last.first_log_time;
            segment
        };
        segments.push_back(segment);
    }
    recovery.files = segments.len() as u64;
    recovery.bytes = segments.iter().map(|segment| segment.bytes).sum();
    Ok(Opened {
        segments,
        handle,
        end: state,
        recovery: std::mem::take(recovery),
    })
}

/// Numbers of the files of the log, ascending. Files with other names are not ours.
fn list(files: &dyn Files) -> Result<Vec<u64>, OpenError> {
    let names = files.list().map_err(|source| OpenError::List { source })?;
    let mut numbers: Vec<u64> = names
        .iter()
        .filter_map(|name| {
            let number = name.strip_suffix(".log")?.parse().ok()?;
            (file_name(number) == *name).then_some(number)
        })
        .collect();
    numbers.sort_unstable();
    Ok(numbers)
}

/// Sees to it that there is a last file, that it ends with a whole record and that it is durable.
fn repair_last(
    files: &dyn Files,
    numbers: &mut Vec<u64>,
    recovery: &mut LogRecovery,
) -> Result<(Survey, Arc<dyn FileHandle>), OpenError> {
    while let Some(&number) = numbers.last() {
        let survey = Survey::read(files, number)?;
        let file = file_name(number);
        let failed = |source| OpenError::Write {
            file: file_name(number),
            source,
        };
        if survey.valid_end > 0 {
            let handle = files.open_write(&file).map_err(failed)?;
            if let Some(tail) = &survey.tail {
                handle.truncate(survey.valid_end).map_err(failed)?;
                recovery.torn.push(tail.clone());
            }
            handle.sync().map_err(failed)?;
            // The file may have been made by a process that ended before it could make the name
            // durable.
            files.sync_folder().map_err(failed)?;
            recovery.damages.extend(survey.damages.iter().cloned());
            return Ok((survey, handle));
        }
        if survey.length > START_BYTES_MAX {
            let bytes = survey.length;
            return Err(OpenError::Unreadable { file, bytes });
        }
        recovery.torn.push(Damage {
            file: file.clone(),
            at: 0,
            bytes: survey.length,
        });
        discard(files, &file).map_err(failed)?;
        numbers.pop();
    }
    let number = 1;
    let (handle, length) =
        create(files, number, &Start::default()).map_err(|source| OpenError::Write {
            file: file_name(number),
            source,
        })?;
    numbers.push(number);
    let survey = Survey {
        length,
        valid_end: length,
        ..Survey::default()
    };
    Ok((survey, handle))
}

/// The state at the start of a file, if it can still be read.
fn peek_start(files: &dyn Files, number: u64) -> Result<Option<Start>, OpenError> {
    let mut scanner = scanner(files, number)?;
    Ok(scanner
        .next()?
        .and_then(|scanned| match scanned.header.kind {
            Kind::Start => Some(Start::decode(&scanned.header, scanned.payload)),
            Kind::Frame => None,
        }))
}

fn length_of(files: &dyn Files, number: u64) -> Result<u64, ReadError> {
    let file = file_name(number);
    files
        .open_read(&file)
        .and_then(|handle| handle.len())
        .map_err(|source| ReadError::Io { file, source })
}

fn scanner(files: &dyn Files, number: u64) -> Result<Scanner, ReadError> {
    let file = file_name(number);
    let opened = files
        .open_read(&file)
        .and_then(|handle| handle.len().map(|length| (handle, length)));
    match opened {
        Ok((handle, length)) => Ok(Scanner::new(handle, file, number, length)),
        Err(source) => Err(ReadError::Io { file, source }),
    }
}

/// What one pass over a whole file tells.
#[derive(Debug, Default)]
struct Survey {
    length: u64,
    valid_end: u64,
    /// Offset of the first record of each partition.
    first: BTreeMap<PartitionIndex, Offset>,
    /// Offset after the last record of each partition.
    next: BTreeMap<PartitionIndex, Offset>,
    first_log_time: Option<Timestamp>,
    last_log_time: Option<Timestamp>,
    damages: Vec<Damage>,
    tail: Option<Damage>,
}

impl Survey {
    fn read(files: &dyn Files, number: u64) -> Result<Self, ReadError> {
        let mut scanner = scanner(files, number)?;
        let mut survey = Self {
            length: scanner.end(),
            ..Self::default()
        };
        while let Some(scanned) = scanner.next()? {
            survey.damages.extend(scanned.damage);
            let header = scanned.header;
            if header.kind == Kind::Start {
                continue;
            }
            survey
                .first
                .entry(header.partition)
                .or_insert(header.offset);
            survey.next.insert(header.partition, header.offset.next());
            survey.first_log_time.get_or_insert(header.log_time);
            survey.last_log_time = Some(header.log_time);
        }
        survey.valid_end = scanner.valid_end();
        survey.tail = scanner.tail();
        Ok(survey)
    }

    /// The state at the start of this file, of which only the records are readable: that at the end
    /// of the file before it, and for partitions that it did not know what comes next.
    fn start_after(&self, before: &Start, following: Option<&Start>) -> Start {
        let mut start = before.clone();
        let later = following.into_iter().flat_map(|start| &start.next);
        for (&partition, &offset) in self.first.iter().chain(later) {
            start.next.entry(partition).or_insert(offset);
        }
        start
    }

    /// The state at the end of this file.
    fn end_after(&self, start: &Start) -> Start {
        let mut end = start.clone();
        end.next.extend(&self.next);
        end.log_time = self.last_log_time.or(end.log_time);
        end
    }
}

//! Laws of the log, held against a plain list of what was appended.

mod crash;
mod damage;

use proptest::prelude::*;

use super::*;
use crate::files::{FaultyFiles, Files, RealFiles};
use std::sync::Arc;

/// A record that owns its frame.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Owned {
    partition: u16,
    offset: u64,
    log_time: i64,
    frame: Vec<u8>,
}

impl From<Record<'_>> for Owned {
    fn from(record: Record<'_>) -> Self {
        Self {
            partition: record.partition.0,
            offset: record.offset.0,
            log_time: record.log_time.0,
            frame: record.frame.to_vec(),
        }
    }
}

/// Files so small that a handful of records fills one.
const SMALL: FileLogOptions = FileLogOptions {
    file_bytes_max: 600,
    file_span_ms: 1_000,
};

fn open(files: &FaultyFiles) -> (FileLog, LogRecovery) {
    FileLog::open(Arc::new(files.clone()), SMALL).expect("the log opens")
}

fn read_all(log: &dyn Log) -> (Vec<Owned>, ReadReport) {
    let mut records = Vec::new();
    let report = log
        .read_all(&mut |record| {
            records.push(record.into());
            ControlFlow::Continue(())
        })
        .expect("the log reads");
    assert_eq!(report.records, records.len() as u64);
    (records, report)
}

fn read_from(log: &dyn Log, partition: u16, from: u64) -> Vec<Owned> {
    let mut records = Vec::new();
    log.read(PartitionIndex(partition), Offset(from), &mut |record| {
        records.push(record.into());
        ControlFlow::Continue(())
    })
    .expect("the log reads");
    records
}

/// Appends and gives the record as it must be read back.
fn append(log: &dyn Log, now: i64, partition: u16, frame: &[u8]) -> Result<Owned, AppendError> {
    let appended = log.append(Timestamp(now), PartitionIndex(partition), frame)?;
    Ok(Owned {
        partition,
        offset: appended.offset.0,
        log_time: appended.log_time.0,
        frame: frame.to_vec(),
    })
}

/// A log of several files, with its records.
fn filled() -> (FaultyFiles, Vec<Owned>) {
    let files = FaultyFiles::new();
    let (log, _) = open(&files);
    let mut records = Vec::new();
    for (index, length) in [0_u16, 90, 300, 1, 40, 200, 7, 7, 333, 64, 0, 12]
        .iter()
        .enumerate()
    {
        let frame: Vec<u8> = (0..*length)
            .map(|byte| byte.to_le_bytes()[0] ^ 0x5A)
            .collect();
        let partition = [0, 3, 0, 1][index % 4];
        records.push(append(&log, index as i64 * 10, partition, &frame).unwrap());
    }
    assert!(files.list().unwrap().len() >= 3);
    (files, records)
}

#[derive(Clone, Debug)]
enum Operation {
    Append {
        now: i64,
        partition: u16,
        frame: Vec<u8>,
    },
    Trim {
        before: i64,
    },
    Sync,
    Reopen,
}

fn operation() -> impl Strategy<Value = Operation> {
    prop_oneof![
        8 => (0..5_000_i64, 0..3_u16, prop::collection::vec(any::<u8>(), 0..200))
            .prop_map(|(now, partition, frame)| Operation::Append { now, partition, frame }),
        1 => (0..5_000_i64).prop_map(|before| Operation::Trim { before }),
        1 => Just(Operation::Sync),
        1 => Just(Operation::Reopen),
    ]
}

/// The list that a log must behave like.
#[derive(Default)]
struct Model {
    records: Vec<Owned>,
    next: [u64; 3],
    log_time: Option<i64>,
}

impl Model {
    fn append(&mut self, now: i64, partition: u16, frame: &[u8]) -> Owned {
        let log_time = self.log_time.map_or(now, |last| last.max(now));
        self.log_time = Some(log_time);
        let next = &mut self.next[usize::from(partition)];
        let record = Owned {
            partition,
            offset: *next,
            log_time,
            frame: frame.to_vec(),
        };
        *next += 1;
        self.records.push(record.clone());
        record
    }

    /// Takes over what a trim left, which must be the newer part of what was there.
    fn trim(&mut self, before: i64, left: &[Owned]) {
        let gone = self.records.len() - left.len();
        assert_eq!(&self.records[gone..], left, "a trim takes only the oldest");
        assert!(
            self.records[..gone]
                .iter()
                .all(|record| record.log_time < before)
        );
        self.records.drain(..gone);
    }

    fn check(&self, log: &dyn Log) {
        let (records, report) = read_all(log);
        assert_eq!(records, self.records);
        assert_eq!(report.damages, []);
        assert_eq!(log.log_time(), self.log_time.map(Timestamp));
        for partition in 0..3 {
            let held: Vec<Owned> = records
                .iter()
                .filter(|record| record.partition == partition)
                .cloned()
                .collect();
            let bounds = log.bounds(PartitionIndex(partition));
            assert_eq!(bounds.end.0, self.next[usize::from(partition)]);
            assert_eq!(
                bounds.start.0,
                held.first().map_or(bounds.end.0, |record| record.offset)
            );
            for skip in 0..=held.len() {
                let from = bounds.start.0 + skip as u64;
                assert_eq!(read_from(log, partition, from), held[skip..]);
            }
        }
    }
}

/// Runs operations on a log and on the model side by side.
fn check(operations: &[Operation], reopen: &dyn Fn() -> Option<Box<dyn Log>>, log: Box<dyn Log>) {
    let mut log = log;
    let mut model = Model::default();
    for operation in operations {
        match operation {
            Operation::Append {
                now,
                partition,
                frame,
            } => {
                let expected = model.append(*now, *partition, frame);
                assert_eq!(append(&*log, *now, *partition, frame).unwrap(), expected);
            }
            Operation::Trim { before } => {
                log.trim(Timestamp(*before)).unwrap();
                model.trim(*before, &read_all(&*log).0);
            }
            Operation::Sync => log.sync().unwrap(),
            Operation::Reopen => {
                if let Some(opened) = reopen() {
                    log = opened;
                }
            }
        }
    }
    model.check(&*log);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_file_log_is_a_list(operations in prop::collection::vec(operation(), 0..60)) {
        let files = FaultyFiles::new();
        let reopen = || {
            let (log, recovery) = open(&files);
            assert_eq!((&recovery.torn, &recovery.damages), (&vec![], &vec![]));
            Some(Box::new(log) as Box<dyn Log>)
        };
        check(&operations, &reopen, reopen().unwrap());
    }

    #[test]
    fn a_log_in_memory_is_a_list(operations in prop::collection::vec(operation(), 0..60)) {
        check(&operations, &|| None, Box::new(MemLog::new()));
    }
}

#[test]
fn a_log_on_disk_is_a_list() {
    let folder = tempfile::tempdir().unwrap();
    let reopen = || {
        let files = RealFiles::open(folder.path()).unwrap();
        let (log, _) = FileLog::open(Arc::new(files), SMALL).unwrap();
        Some(Box::new(log) as Box<dyn Log>)
    };
    let mut operations = Vec::new();
    for index in 0..40_u8 {
        operations.push(Operation::Append {
            now: i64::from(index) * 100,
            partition: u16::from(index % 3),
            frame: vec![index; usize::from(index) * 5],
        });
        operations.push(match index % 8 {
            3 => Operation::Reopen,
            6 => Operation::Trim {
                before: i64::from(index) * 50,
            },
            _ => Operation::Sync,
        });
    }
    check(&operations, &reopen, reopen().unwrap());
}

#[test]
fn a_trim_removes_whole_files_and_forgets_no_offset() {
    let (files, records) = filled();
    let (log, _) = open(&files);
    let size = log.size();
    let trimmed = log.trim(Timestamp(i64::MAX)).unwrap();
    assert_eq!(trimmed.files, size.files - 1);
    assert_eq!(log.size().bytes, size.bytes - trimmed.bytes);
    assert_eq!(files.list().unwrap().len(), 1);
    drop(log);

    let (log, _) = open(&files);
    assert_eq!(log.log_time(), Some(Timestamp(110)));
    for partition in [0, 1, 3] {
        let appended = records
            .iter()
            .filter(|record| record.partition == partition);
        let bounds = log.bounds(PartitionIndex(partition));
        assert_eq!(bounds.end.0, appended.count() as u64);
    }
    assert_eq!(append(&log, 0, 3, b"x").unwrap().log_time, 110);
}

#[test]
fn a_visitor_that_breaks_sees_no_more() {
    let (files, records) = filled();
    let (log, _) = open(&files);
    let mut seen = 0;
    let report = log
        .read_all(&mut |_record| {
            seen += 1;
            if seen == 5 {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        })
        .unwrap();
    assert_eq!((seen, report.records), (5, 5));
    assert!(records.len() > 5);
}

#[test]
fn a_frame_that_is_too_long_is_refused() {
    let (log, _) = open(&FaultyFiles::new());
    let error = append(&log, 0, 0, &vec![0; FRAME_BYTES_MAX + 1]).unwrap_err();
    assert!(matches!(error, AppendError::TooLarge { .. }), "{error}");
    assert_eq!(log.bounds(PartitionIndex(0)).end, Offset(0));
}

#[test]
fn threads_share_one_order() {
    let files = FaultyFiles::new();
    let (log, _) = open(&files);
    std::thread::scope(|scope| {
        for thread in 0..4_u16 {
            let log = &log;
            scope.spawn(move || {
                for index in 0..50_i64 {
                    append(log, index * 20, thread % 2, &thread.to_le_bytes()).unwrap();
                    log.sync().unwrap();
                }
            });
        }
    });
    let (records, _) = read_all(&log);
    assert_eq!(records.len(), 200);
    assert!(
        records
            .windows(2)
            .all(|pair| pair[0].log_time <= pair[1].log_time)
    );
    for partition in 0..2 {
        let offsets: Vec<u64> = read_from(&log, partition, 0)
            .iter()
            .map(|record| record.offset)
            .collect();
        assert_eq!(offsets, (0..100).collect::<Vec<u64>>());
    }
}

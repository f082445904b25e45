//! Failing disks, and machines that lose power.

use super::*;
use crate::files::{Crash, Faults, FileHandle};
use std::sync::mpsc;
use std::time::Duration;

fn faults() -> impl Strategy<Value = Faults> {
    let maybe = |chance: f64| prop::bool::weighted(chance);
    (
        prop::option::weighted(0.4, 0..400_u64),
        prop::option::weighted(0.2, 0..3_000_u64),
        (maybe(0.2), maybe(0.3), maybe(0.3), maybe(0.1)),
    )
        .prop_map(|(write_bytes_max, disk_bytes_max, flags)| {
            let (unwritable, truncate_fails, remove_fails, sync_fails) = flags;
            Faults {
                write_bytes_max,
                disk_bytes_max,
                unwritable,
                truncate_fails,
                remove_fails,
                sync_fails,
                ..Faults::NONE
            }
        })
}

fn frames() -> impl Strategy<Value = Vec<(u16, Vec<u8>)>> {
    let frame = prop::collection::vec(any::<u8>(), 0..250);
    prop::collection::vec((0..3_u16, frame), 1..8)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    /// Whatever fails, a record is there if and only if its append said so, and once the disk works
    /// again the log does too.
    #[test]
    fn a_failed_append_leaves_nothing(
        rounds in prop::collection::vec((faults(), frames()), 1..8)
    ) {
        let files = FaultyFiles::new();
        let (mut log, _) = open(&files);
        let mut added = Vec::new();
        let mut now = 0;
        for (faults, frames) in rounds {
            files.set_faults(faults);
            for (partition, frame) in frames {
                now += 40;
                added.extend(append(&log, now, partition, &frame).ok());
            }
            prop_assert_eq!(&read_all(&log).0, &added);
            files.set_faults(Faults::NONE);
            match append(&log, now, 0, b"works again") {
                Ok(record) => added.push(record),
                Err(AppendError::SyncFailed { .. }) => log = open(&files).0,
                Err(error) => panic!("{error}"),
            }
            prop_assert_eq!(&read_all(&log).0, &added);
            prop_assert_eq!(&read_all(&open(&files).0).0, &added, "after a restart");
        }
    }

    /// A process may also end while the disk fails; what it leaves must open without invention.
    #[test]
    fn a_restart_on_a_failing_disk_invents_nothing(
        rounds in prop::collection::vec((faults(), frames()), 1..8)
    ) {
        let files = FaultyFiles::new();
        let (mut log, _) = open(&files);
        let mut added = Vec::new();
        let mut now = 0;
        for (faults, frames) in rounds {
            files.set_faults(faults);
            for (partition, frame) in frames {
                now += 40;
                added.extend(append(&log, now, partition, &frame).ok());
            }
            files.set_faults(Faults::NONE);
            let (opened, recovery) = open(&files);
            prop_assert_eq!(recovery.damages, vec![]);
            log = opened;
            let (read, _) = read_all(&log);
            prop_assert_eq!(&read, &added);
        }
    }

    /// Losing power keeps what was synced and a prefix of the rest, whatever the disk kept of it.
    #[test]
    fn a_crash_keeps_a_prefix_with_all_that_was_synced(
        rounds in prop::collection::vec((frames(), any::<bool>(), 0..700_u64, any::<bool>()), 1..8)
    ) {
        let mut files = FaultyFiles::new();
        let mut added = Vec::new();
        let mut now = 0;
        for (frames, sync_last, keep, keep_names) in rounds {
            let (log, _) = open(&files);
            let mut synced = added.len();
            let count = frames.len();
            for (index, (partition, frame)) in frames.into_iter().enumerate() {
                now += 90;
                added.push(append(&log, now, partition, &frame).unwrap());
                if index + 1 < count || sync_last {
                    log.sync().unwrap();
                    synced = added.len();
                }
            }
            files = files.crash(Crash { keep_bytes: &mut |_, _| keep, keep_names });
            let (log, recovery) = open(&files);
            let (read, report) = read_all(&log);
            prop_assert!(read.len() >= synced, "{} of {synced} synced records", read.len());
            prop_assert_eq!(&read[..], &added[..read.len()]);
            prop_assert_eq!((recovery.damages, report.damages), (vec![], vec![]));
            added = read;
        }
    }

    /// Without any sync a crash still keeps a prefix.
    #[test]
    fn a_crash_without_syncs_keeps_a_prefix(
        frames in prop::collection::vec((0..3_u16, prop::collection::vec(any::<u8>(), 0..250)), 0..30),
        keep in 0..900_u64,
        keep_names: bool,
    ) {
        let files = FaultyFiles::new();
        let (log, _) = open(&files);
        let added: Vec<Owned> = frames
            .iter()
            .zip(0..)
            .map(|((partition, frame), now)| append(&log, now, *partition, frame).unwrap())
            .collect();
        let after = files.crash(Crash { keep_bytes: &mut |_, _| keep, keep_names });
        let (read, report) = read_all(&open(&after).0);
        prop_assert_eq!(&read[..], &added[..read.len()]);
        prop_assert_eq!(report.damages, vec![]);
    }

    #[test]
    fn short_reads_change_nothing(bytes in 1..40_usize) {
        let (files, records) = filled();
        files.set_faults(Faults { read_bytes_max: Some(bytes), ..Faults::NONE });
        prop_assert_eq!(read_all(&open(&files).0).0, records);
    }
}

#[test]
fn a_full_disk_is_told_apart() {
    let (files, records) = filled();
    let (log, _) = open(&files);
    files.set_faults(Faults {
        disk_bytes_max: Some(0),
        ..Faults::NONE
    });
    let error = append(&log, 200, 0, b"no room").unwrap_err();
    assert!(matches!(error, AppendError::DiskFull { .. }), "{error}");
    // Also when it is a new file that does not fit.
    let error = append(&log, 5_000, 0, b"no room").unwrap_err();
    assert!(matches!(error, AppendError::DiskFull { .. }), "{error}");
    files.set_faults(Faults {
        unwritable: true,
        ..Faults::NONE
    });
    let error = append(&log, 200, 0, b"no right").unwrap_err();
    assert!(matches!(error, AppendError::Unwritable { .. }), "{error}");
    assert_eq!(read_all(&log).0, records);
}

#[test]
fn a_tail_that_cannot_be_cut_stops_appends_until_it_can() {
    let (files, mut records) = filled();
    let (log, _) = open(&files);
    files.set_faults(Faults {
        write_bytes_max: Some(40),
        truncate_fails: true,
        ..Faults::NONE
    });
    append(&log, 200, 0, &[1; 100]).unwrap_err();
    files.set_faults(Faults {
        truncate_fails: true,
        ..Faults::NONE
    });
    let error = append(&log, 200, 0, b"refused").unwrap_err();
    assert!(matches!(error, AppendError::Unwritable { .. }), "{error}");
    files.set_faults(Faults::NONE);
    records.push(append(&log, 200, 0, b"taken").unwrap());
    assert_eq!(read_all(&open(&files).0).0, records);
}

#[test]
fn a_failed_sync_stops_appends_until_the_log_is_opened_again() {
    let (files, mut records) = filled();
    let (log, _) = open(&files);
    records.push(append(&log, 200, 0, b"unsure").unwrap());
    files.set_faults(Faults {
        sync_fails: true,
        ..Faults::NONE
    });
    log.sync().unwrap_err();
    files.set_faults(Faults::NONE);
    let error = append(&log, 200, 0, b"refused").unwrap_err();
    assert!(matches!(error, AppendError::SyncFailed { .. }), "{error}");
    log.sync().unwrap_err();
    records.push(append(&open(&files).0, 200, 0, b"taken").unwrap());
    assert_eq!(read_all(&open(&files).0).0, records);
}

/// Files whose syncs wait to be let through.
#[derive(Debug)]
struct SlowSync {
    files: FaultyFiles,
    gate: Arc<Gate>,
}

#[derive(Debug)]
struct Gate {
    entered: mpsc::SyncSender<()>,
    let_through: std::sync::Mutex<mpsc::Receiver<()>>,
}

#[derive(Debug)]
struct SlowHandle {
    handle: Arc<dyn FileHandle>,
    gate: Arc<Gate>,
}

impl Files for SlowSync {
    fn list(&self) -> io::Result<Vec<String>> {
        self.files.list()
    }
    fn open_read(&self, name: &str) -> io::Result<Arc<dyn FileHandle>> {
        self.files.open_read(name)
    }
    fn open_write(&self, name: &str) -> io::Result<Arc<dyn FileHandle>> {
        let handle = self.files.open_write(name)?;
        let gate = Arc::clone(&self.gate);
        Ok(Arc::new(SlowHandle { handle, gate }))
    }
    fn create(&self, name: &str) -> io::Result<Arc<dyn FileHandle>> {
        self.files.create(name)
    }
    fn remove(&self, name: &str) -> io::Result<()> {
        self.files.remove(name)
    }
    fn sync_folder(&self) -> io::Result<()> {
        self.files.sync_folder()
    }
}

impl FileHandle for SlowHandle {
    fn len(&self) -> io::Result<u64> {
        self.handle.len()
    }
    fn read_at(&self, at: u64, into: &mut [u8]) -> io::Result<usize> {
        self.handle.read_at(at, into)
    }
    fn write_at(&self, at: u64, bytes: &[u8]) -> io::Result<()> {
        self.handle.write_at(at, bytes)
    }
    fn truncate(&self, length: u64) -> io::Result<()> {
        self.handle.truncate(length)
    }
    fn sync(&self) -> io::Result<()> {
        self.gate.entered.send(()).unwrap();
        self.gate.let_through.lock().unwrap().recv().unwrap();
        self.handle.sync()
    }
}

#[test]
fn appends_do_not_wait_for_a_sync_and_one_sync_serves_many() {
    let (entered, entries) = mpsc::sync_channel(100);
    let (let_through, gate) = mpsc::sync_channel(100);
    let files = FaultyFiles::new();
    drop(open(&files));
    let slow = SlowSync {
        files,
        gate: Arc::new(Gate {
            entered,
            let_through: std::sync::Mutex::new(gate),
        }),
    };
    let_through.send(()).unwrap();
    let (log, _) = FileLog::open(Arc::new(slow), SMALL).unwrap();
    entries.recv().unwrap();
    append(&log, 1, 0, b"first").unwrap();
    let wait = Duration::from_secs(20);
    std::thread::scope(|scope| {
        scope.spawn(|| log.sync().unwrap());
        entries.recv_timeout(wait).expect("the sync starts");
        let (done, appended) = mpsc::sync_channel(1);
        let log = &log;
        scope.spawn(move || {
            append(log, 2, 0, b"meanwhile").unwrap();
            done.send(()).unwrap();
        });
        let result = appended.recv_timeout(wait);
        let waiters: Vec<_> = (0..8)
            .map(|_| scope.spawn(|| log.sync().unwrap()))
            .collect();
        for _ in 0..100 {
            let_through.try_send(()).ok();
        }
        for waiter in waiters {
            waiter.join().unwrap();
        }
        result.expect("an append during a sync returns");
    });
    assert_eq!(
        entries.try_iter().count(),
        1,
        "eight waiters needed one more sync"
    );
}

/// Found by the simulation: a file that could neither be finished nor removed was taken into use by
/// the next process, which made the bytes durable but not the name.
#[test]
fn a_file_found_at_opening_keeps_its_name() {
    let files = FaultyFiles::new();
    let (log, _) = open(&files);
    let mut now = 0;
    let mut append_one = |log: &FileLog| {
        now += 1_000_000;
        append(log, now, 0, b"first of its file")
    };
    let first = append_one(&log).unwrap();
    // Room for one of the two copies of a start.
    files.set_faults(Faults {
        write_bytes_max: Some(60),
        remove_fails: true,
        ..Faults::NONE
    });
    append_one(&log).unwrap_err();
    files.set_faults(Faults::NONE);
    assert_eq!(files.list().unwrap().len(), 2, "it stayed");
    let (log, _) = open(&files);
    let second = append_one(&log).unwrap();
    log.sync().unwrap();
    let after = files.crash(Crash {
        keep_bytes: &mut |_, _| 0,
        keep_names: false,
    });
    assert_eq!(read_all(&open(&after).0).0, [first, second]);
}

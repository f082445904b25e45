//! A log that can be told to refuse, and what the store makes of it.

use std::io;
use std::ops::ControlFlow;
use std::sync::atomic::AtomicBool;

use super::*;
use crate::log::{Appended, Bounds, Offset, ReadError, ReadReport, Record};

#[derive(Default)]
struct Moody {
    log: MemLog,
    refuses: AtomicBool,
}

impl Log for Moody {
    fn append(
        &self,
        now: Timestamp,
        partition: PartitionIndex,
        frame: &[u8],
    ) -> Result<Appended, log::AppendError> {
        if self.refuses.load(Ordering::Acquire) {
            return Err(log::AppendError::DiskFull {
                file: "a".to_owned(),
                source: io::Error::from(io::ErrorKind::StorageFull),
            });
        }
        self.log.append(now, partition, frame)
    }

    fn sync(&self) -> Result<(), SyncError> {
        self.log.sync()
    }

    fn read(
        &self,
        partition: PartitionIndex,
        from: Offset,
        visit: &mut dyn FnMut(Record<'_>) -> ControlFlow<()>,
    ) -> Result<ReadReport, ReadError> {
        self.log.read(partition, from, visit)
    }

    fn read_all(
        &self,
        visit: &mut dyn FnMut(Record<'_>) -> ControlFlow<()>,
    ) -> Result<ReadReport, ReadError> {
        self.log.read_all(visit)
    }

    fn bounds(&self, partition: PartitionIndex) -> Bounds {
        self.log.bounds(partition)
    }

    fn trim(&self, before: Timestamp) -> Result<Trimmed, TrimError> {
        self.log.trim(before)
    }

    fn log_time(&self) -> Option<Timestamp> {
        self.log.log_time()
    }
}

#[test]
fn what_the_log_refuses_changes_nothing_and_later_appends_work() {
    let log = Arc::new(Moody::default());
    let as_log: Arc<dyn Log> = Arc::clone(&log) as Arc<dyn Log>;
    let (store, _) = Store::open(options(2), as_log, &mut |_| {}).unwrap();
    let rows = |now| batch(&[(1, now, 1.0), (5, now, 2.0), (9, now, 3.0)]);
    store.append(Timestamp(START_MS), rows(START_MS)).unwrap();
    let digest = store.digest();

    log.refuses.store(true, Ordering::Release);
    let later = START_MS + 30_000;
    let error = store.append(Timestamp(later), rows(later)).unwrap_err();
    assert!(matches!(
        error,
        AppendError::Log(log::AppendError::DiskFull { .. })
    ));
    assert!(store.heartbeat(Timestamp(later)).is_err());
    assert_eq!(store.digest(), digest);
    assert_eq!(store.log_time(), Timestamp(START_MS));

    log.refuses.store(false, Ordering::Release);
    let applied = store.append(Timestamp(later), rows(later)).unwrap();
    assert_eq!((applied.rows, applied.dropped.total()), (3, 0));
    assert_ne!(store.digest(), digest);
}

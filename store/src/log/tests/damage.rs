//! Cuts, flipped bits and forged bytes.

use super::*;
use crate::files::Faults;

/// The first copy of a start that names three partitions.
const START_BYTES: usize = record::HEADER_BYTES + 30;

/// Records of the log, in order, that lie in files before `name` or wholly before `end` in it.
fn survivors(files: &FaultyFiles, records: &[Owned], name: &str, end: u64) -> Vec<Owned> {
    let mut left = Vec::new();
    let mut records = records.iter();
    for file in files.list().unwrap() {
        let bytes = files.bytes(&file).unwrap();
        let number = file.strip_suffix(".log").unwrap().parse().unwrap();
        let handle = files.open_read(&file).unwrap();
        let mut scanner = scan::Scanner::new(handle, file.clone(), number, bytes.len() as u64);
        while let Some(scanned) = scanner.next().unwrap() {
            if scanned.header.kind == record::Kind::Start {
                continue;
            }
            let record = records.next().unwrap();
            if file.as_str() < name || (file == name && scanner.valid_end() <= end) {
                left.push(record.clone());
            }
        }
    }
    left
}

#[test]
fn a_cut_anywhere_in_the_last_file_leaves_the_records_before_it() {
    let (files, records) = filled();
    let name = files.list().unwrap().pop().unwrap();
    let whole = files.bytes(&name).unwrap();
    for cut in 0..whole.len() {
        let expected = survivors(&files, &records, &name, cut as u64);
        let after = files.crash(crate::files::Crash {
            keep_bytes: &mut |_, unsynced| unsynced,
            keep_names: true,
        });
        after.put(&name, &whole[..cut]);
        let (log, recovery) = open(&after);
        let (read, report) = read_all(&log);
        assert_eq!(read, expected, "cut at {cut}");
        assert_eq!(report.damages, []);
        assert_eq!(recovery.damages, []);
        assert_eq!(
            after.list().unwrap().contains(&name),
            cut >= START_BYTES,
            "a file without a start goes"
        );
        // The log goes on as if the lost records had never been.
        let mut again = expected.clone();
        again.push(append(&log, 500, 1, b"after the cut").unwrap());
        again.push(append(&log, 501, 0, b"and more").unwrap());
        assert_eq!(read_all(&open(&after).0).0, again, "cut at {cut}");
        for partition in [0, 1] {
            let offsets: Vec<u64> = read_from(&log, partition, 0)
                .iter()
                .map(|record| record.offset)
                .collect();
            assert_eq!(offsets, (0..offsets.len() as u64).collect::<Vec<_>>());
        }
    }
}

#[test]
fn one_flipped_bit_costs_at_most_its_record_and_is_reported() {
    let (files, records) = filled();
    for name in files.list().unwrap() {
        let whole = files.bytes(&name).unwrap();
        for bit in 0..whole.len() as u64 * 8 {
            assert!(files.flip_bit(&name, bit));
            let after = files.crash(crate::files::Crash {
                keep_bytes: &mut |_, unsynced| unsynced,
                keep_names: true,
            });
            files.put(&name, &whole);

            let (log, recovery) = open(&after);
            let (read, report) = read_all(&log);
            let missing: Vec<&Owned> = records
                .iter()
                .filter(|record| !read.contains(record))
                .collect();
            assert!(missing.len() <= 1, "{name} bit {bit}: lost {missing:?}");
            let kept: Vec<Owned> = records
                .iter()
                .filter(|record| !missing.contains(record))
                .cloned()
                .collect();
            assert_eq!(read, kept, "{name} bit {bit}: nothing is invented or moved");
            let is_named = |damages: &[Damage]| damages.iter().any(|damage| damage.file == name);
            assert!(
                is_named(&report.damages) || is_named(&recovery.torn),
                "{name} bit {bit}: reported"
            );
            // Offsets in use are not given twice, and the log goes on.
            for partition in [0, 1, 3] {
                let added = append(&log, 0, partition, b"new").unwrap();
                let same = |record: &&Owned| {
                    record.partition == partition && record.offset == added.offset
                };
                assert_eq!(read.iter().find(same), None, "{name} bit {bit}");
            }
        }
    }
}

#[test]
fn a_record_inside_a_frame_is_not_a_record() {
    let files = FaultyFiles::new();
    let (log, _) = open(&files);
    append(&log, 1, 0, b"secret").unwrap();
    let name = files.list().unwrap().pop().unwrap();
    let image = files.bytes(&name).unwrap();
    append(&log, 2, 0, &image).unwrap();
    let last = append(&log, 3, 0, b"last").unwrap();
    // Damage the header of the record that carries the image, so that the search walks through it.
    assert!(files.flip_bit(&name, image.len() as u64 * 8 + 40));
    let (read, report) = read_all(&open(&files).0);
    assert_eq!(read.len(), 2);
    assert_eq!(read[1], last);
    assert_eq!(report.damages.len(), 1);
    assert_eq!(report.damages[0].at, image.len() as u64);
}

#[test]
fn a_file_that_lost_its_end_between_two_records_is_reported() {
    let (files, records) = filled();
    let name = files.list().unwrap().remove(0);
    let bytes = files.bytes(&name).unwrap();
    let cut = bytes.len() - record::HEADER_BYTES - records[2].frame.len();
    files.put(&name, &bytes[..cut]);
    let (log, _) = open(&files);
    let (read, report) = read_all(&log);
    assert!(read.len() < records.len());
    assert_eq!(report.damages.len(), 1);
    assert_eq!(report.damages[0].file, name);
}

#[test]
fn both_copies_of_a_start_may_be_lost_while_records_are_there() {
    let (files, records) = filled();
    for name in files.list().unwrap() {
        let whole = files.bytes(&name).unwrap();
        let mut bytes = whole.clone();
        bytes[..128.min(whole.len())].fill(0xF5);
        files.put(&name, &bytes);
        let (log, _) = open(&files);
        let (read, report) = read_all(&log);
        assert!(read.iter().all(|record| records.contains(record)));
        assert!(
            read.len() + 2 >= records.len(),
            "{name}: {} left",
            read.len()
        );
        assert!(
            report
                .damages
                .iter()
                .any(|damage| damage.file == name && damage.at == 0)
        );
        assert_eq!(log.bounds(PartitionIndex(0)).end, Offset(6));
        assert_eq!(log.log_time(), Some(Timestamp(110)));
        files.put(&name, &whole);
    }
}

#[test]
fn a_long_file_without_any_record_is_not_thrown_away() {
    let files = FaultyFiles::new();
    files.put("00000000000000000001.log", &vec![7; 100_000]);
    let error = FileLog::open(Arc::new(files.clone()), SMALL).unwrap_err();
    assert!(
        matches!(error, OpenError::Unreadable { bytes: 100_000, .. }),
        "{error}"
    );
    assert_eq!(
        files.bytes("00000000000000000001.log").unwrap().len(),
        100_000
    );
}

#[test]
fn other_files_are_left_alone() {
    let files = FaultyFiles::new();
    files.put("1.log", b"not ours");
    files.put("notes", b"not ours");
    let (log, recovery) = open(&files);
    append(&log, 0, 0, b"x").unwrap();
    assert_eq!(recovery.files, 1);
    assert_eq!(
        files.list().unwrap(),
        ["00000000000000000001.log", "1.log", "notes"]
    );
}

#[test]
fn an_opening_that_fails_says_what_it_cut_off() {
    let (files, _) = filled();
    let name = files.list().unwrap().pop().unwrap();
    let mut bytes = files.bytes(&name).unwrap();
    bytes.extend_from_slice(b"half of a record");
    files.put(&name, &bytes);
    files.set_faults(Faults {
        sync_fails: true,
        ..Faults::NONE
    });
    let error = FileLog::open(Arc::new(files.clone()), SMALL).unwrap_err();
    let at = bytes.len() - 16;
    assert_eq!(
        error.to_string(),
        format!(
            "the log file {name} cannot be repaired; 16 half-written bytes at {at} of {name} were \
             cut off before"
        )
    );
    files.set_faults(Faults::NONE);
    assert_eq!(open(&files).1.torn, [], "so this one cannot say it");
}

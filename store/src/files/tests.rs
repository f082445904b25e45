use super::*;

fn read_all(handle: &dyn FileHandle) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut buffer = [0; 7];
    loop {
        let count = handle
            .read_at(bytes.len() as u64, &mut buffer)
            .expect("reading works");
        if count == 0 {
            return bytes;
        }
        bytes.extend_from_slice(&buffer[..count]);
    }
}

/// What both kinds of folder promise.
fn check(files: &dyn Files) {
    assert_eq!(files.list().unwrap(), Vec::<String>::new());
    let missing = files.open_read("a").map(drop).unwrap_err();
    assert_eq!(missing.kind(), io::ErrorKind::NotFound);

    let handle = files.create("b").unwrap();
    files.create("a").unwrap();
    assert_eq!(files.list().unwrap(), ["a", "b"]);
    handle.write_at(0, b"hello world").unwrap();
    handle.write_at(6, b"there, you").unwrap();
    assert_eq!(
        read_all(&*files.open_read("b").unwrap()),
        b"hello there, you"
    );
    handle.truncate(5).unwrap();
    handle.write_at(5, b"!").unwrap();
    handle.sync().unwrap();
    files.sync_folder().unwrap();
    assert_eq!(read_all(&*files.open_write("b").unwrap()), b"hello!");
    assert_eq!(handle.len().unwrap(), 6);

    files.remove("b").unwrap();
    assert_eq!(files.list().unwrap(), ["a"]);
    assert_eq!(read_all(&*handle), b"hello!", "handles outlive names");
    files.create("a").unwrap().write_at(0, b"xyz").unwrap();
    assert!(
        files.create("a").unwrap().is_empty().unwrap(),
        "a new file is empty"
    );
}

#[test]
fn a_real_folder_keeps_the_promises() {
    let folder = tempfile::tempdir().unwrap();
    check(&RealFiles::open(&folder.path().join("log")).unwrap());
}

#[test]
fn a_folder_in_memory_keeps_the_promises() {
    check(&FaultyFiles::new());
}

#[test]
fn short_reads_give_the_same_bytes() {
    let files = FaultyFiles::new();
    files.put("a", b"one two three");
    files.set_faults(Faults {
        read_bytes_max: Some(2),
        ..Faults::NONE
    });
    assert_eq!(read_all(&*files.open_read("a").unwrap()), b"one two three");
}

#[test]
fn a_crash_keeps_what_was_synced_and_a_prefix_of_the_rest() {
    let files = FaultyFiles::new();
    let handle = files.create("a").unwrap();
    files.sync_folder().unwrap();
    handle.write_at(0, b"synced").unwrap();
    handle.sync().unwrap();
    handle.write_at(6, b" 123").unwrap();
    handle.write_at(10, b"456").unwrap();
    files.create("unsynced name").unwrap();
    for (keep, expected) in [
        (0, "synced"),
        (3, "synced 12"),
        (5, "synced 1234"),
        (99, "synced 123456"),
    ] {
        let after = files.crash(Crash {
            keep_bytes: &mut |name, unsynced| {
                assert_eq!((name, unsynced), ("a", 7));
                keep
            },
            keep_names: false,
        });
        assert_eq!(after.bytes("a").unwrap(), expected.as_bytes());
        assert_eq!(after.list().unwrap(), ["a"]);
    }
    let lucky = files.crash(Crash {
        keep_bytes: &mut |_, unsynced| unsynced,
        keep_names: true,
    });
    assert_eq!(lucky.list().unwrap(), ["a", "unsynced name"]);
}

#[test]
fn a_sync_that_lies_keeps_nothing() {
    let files = FaultyFiles::new();
    files.put("a", b"old");
    files.set_faults(Faults {
        sync_lies: true,
        ..Faults::NONE
    });
    let handle = files.open_write("a").unwrap();
    handle.write_at(0, b"new").unwrap();
    handle.sync().unwrap();
    let after = files.crash(Crash {
        keep_bytes: &mut |_, _| 0,
        keep_names: false,
    });
    assert_eq!(after.bytes("a").unwrap(), b"old");
}

#[test]
fn a_full_disk_stores_what_fits() {
    let files = FaultyFiles::new();
    files.put("other", b"1234");
    let handle = files.create("a").unwrap();
    files.set_faults(Faults {
        disk_bytes_max: Some(10),
        ..Faults::NONE
    });
    let error = handle.write_at(0, b"abcdefgh").unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::StorageFull);
    assert_eq!(files.bytes("a").unwrap(), b"abcdef");
    handle
        .write_at(0, b"ABCDEF")
        .expect("overwriting needs no space");
}

#[test]
fn a_flipped_bit_is_one_bit() {
    let files = FaultyFiles::new();
    files.put("a", &[0, 0]);
    assert!(files.flip_bit("a", 9));
    assert_eq!(files.bytes("a").unwrap(), [0, 2]);
    assert!(!files.flip_bit("a", 16));
    assert!(!files.flip_bit("b", 0));
}

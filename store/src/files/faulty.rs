//! A folder in memory that fails as it is told.
//!
//! Written bytes and durable bytes are kept apart, so that a test can ask what a machine would find
//! after losing power at any moment. Nothing here is random: the caller chooses every fault.
//!
//! ```text
//!   write_at ──► written ──sync──► durable
//!                  │                  │
//!                  │     crash = durable + the first n bytes of what was not synced
//!                  └──────► reads
//! ```

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{FileHandle, Files};

/// Files in memory, with faults. Clones share the folder.
#[derive(Clone, Debug)]
pub struct FaultyFiles(Arc<Mutex<Disk>>);

/// Which faults are on. A fault stays on until it is changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Faults {
    /// The most bytes that all files together may hold; a write that needs more stores what fits
    /// and fails with [`io::ErrorKind::StorageFull`].
    pub disk_bytes_max: Option<u64>,
    /// A write stores at most so many bytes and fails if it had more.
    pub write_bytes_max: Option<u64>,
    /// A read gives at most so many bytes at once; at least one.
    pub read_bytes_max: Option<usize>,
    /// Writing, truncating, creating and removing fail with [`io::ErrorKind::PermissionDenied`].
    pub unwritable: bool,
    /// Truncating fails.
    pub truncate_fails: bool,
    /// Removing fails.
    pub remove_fails: bool,
    /// A sync of a file or of the folder fails and makes nothing durable.
    pub sync_fails: bool,
    /// A sync of a file or of the folder says that it worked but makes nothing durable.
    pub sync_lies: bool,
}

impl Faults {
    /// A disk that works.
    pub const NONE: Self = Self {
        disk_bytes_max: None,
        write_bytes_max: None,
        read_bytes_max: None,
        unwritable: false,
        truncate_fails: false,
        remove_fails: false,
        sync_fails: false,
        sync_lies: false,
    };
}

/// What survives a crash besides what was synced.
pub struct Crash<'a> {
    /// Asked for each file, with its name and the number of bytes written but not synced; answers
    /// how many of them survive, in the order in which they were written.
    pub keep_bytes: &'a mut dyn FnMut(&str, u64) -> u64,
    /// Whether creations and removals that were not synced survive.
    pub keep_names: bool,
}

impl std::fmt::Debug for Crash<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Crash")
            .field("keep_names", &self.keep_names)
            .finish_non_exhaustive()
    }
}

#[derive(Debug)]
struct Disk {
    faults: Faults,
    /// By inode; never removed, since handles outlive names.
    contents: Vec<Content>,
    names: BTreeMap<String, usize>,
    durable_names: BTreeMap<String, usize>,
}

#[derive(Clone, Debug, Default)]
struct Content {
    written: Vec<u8>,
    durable: Vec<u8>,
    /// What happened since the last sync, in order.
    unsynced: Vec<Change>,
}

#[derive(Clone, Debug)]
enum Change {
    Write { at: usize, bytes: Vec<u8> },
    Truncate { length: usize },
}

impl FaultyFiles {
    /// An empty folder without faults.
    pub fn new() -> Self {
        Self(Arc::new(Mutex::new(Disk {
            faults: Faults::NONE,
            contents: Vec::new(),
            names: BTreeMap::new(),
            durable_names: BTreeMap::new(),
        })))
    }

    /// Sets which faults are on from now on.
    pub fn set_faults(&self, faults: Faults) {
        self.disk().faults = faults;
    }

    /// The folder that a machine finds when it starts after losing power now; without faults. This
    /// folder stays as it is.
    #[must_use]
    pub fn crash(&self, crash: Crash<'_>) -> Self {
        let Crash {
            keep_bytes,
            keep_names,
        } = crash;
        let disk = self.disk();
        let names = if keep_names {
            &disk.names
        } else {
            &disk.durable_names
        };
        let after = Self::new();
        for (name, &inode) in names {
            let content = &disk.contents[inode];
            let unsynced: usize = content.unsynced.iter().map(Change::bytes).sum();
            let keep = keep_bytes(name, as_u64(unsynced));
            after.put(name, &content.survivors(keep));
        }
        after
    }

    /// The bytes of a file as a reader sees them, if it exists.
    pub fn bytes(&self, name: &str) -> Option<Vec<u8>> {
        let disk = self.disk();
        let &inode = disk.names.get(name)?;
        Some(disk.contents[inode].written.clone())
    }

    /// Makes a file with these bytes, durable; replaces one of the same name.
    pub fn put(&self, name: &str, bytes: &[u8]) {
        let mut disk = self.disk();
        let inode = disk.contents.len();
        disk.contents.push(Content {
            written: bytes.to_vec(),
            durable: bytes.to_vec(),
            unsynced: Vec::new(),
        });
        disk.names.insert(name.to_owned(), inode);
        disk.durable_names.insert(name.to_owned(), inode);
    }

    /// Turns one bit of a file over, counted from the lowest bit of the first byte; durable.
    /// `false` if the file has no such bit.
    pub fn flip_bit(&self, name: &str, bit: u64) -> bool {
        let Some(mut bytes) = self.bytes(name) else {
            return false;
        };
        let Some(byte) = usize::try_from(bit / 8)
            .ok()
            .and_then(|index| bytes.get_mut(index))
        else {
            return false;
        };
        *byte ^= 1 << (bit % 8);
        self.put(name, &bytes);
        true
    }

    fn disk(&self) -> MutexGuard<'_, Disk> {
        // A test that panics while it holds the disk has failed already.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn handle(&self, inode: usize) -> Arc<dyn FileHandle> {
        Arc::new(FaultyHandle {
            files: self.clone(),
            inode,
        })
    }
}

impl Default for FaultyFiles {
    fn default() -> Self {
        Self::new()
    }
}

impl Files for FaultyFiles {
    fn list(&self) -> io::Result<Vec<String>> {
        Ok(self.disk().names.keys().cloned().collect())
    }

    fn open_read(&self, name: &str) -> io::Result<Arc<dyn FileHandle>> {
        let inode = self.disk().names.get(name).copied();
        inode
            .map(|inode| self.handle(inode))
            .ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn open_write(&self, name: &str) -> io::Result<Arc<dyn FileHandle>> {
        self.disk().check_writable()?;
        self.open_read(name)
    }

    fn create(&self, name: &str) -> io::Result<Arc<dyn FileHandle>> {
        let mut disk = self.disk();
        disk.check_writable()?;
        if let Some(&inode) = disk.names.get(name) {
            disk.contents[inode].truncate(0);
            return Ok(self.handle(inode));
        }
        let inode = disk.contents.len();
        disk.contents.push(Content::default());
        disk.names.insert(name.to_owned(), inode);
        Ok(self.handle(inode))
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        let mut disk = self.disk();
        disk.check_writable()?;
        if disk.faults.remove_fails {
            return Err(io::Error::other("removing fails"));
        }
        match disk.names.remove(name) {
            Some(_inode) => Ok(()),
            None => Err(io::ErrorKind::NotFound.into()),
        }
    }

    fn sync_folder(&self) -> io::Result<()> {
        let mut disk = self.disk();
        if disk.may_sync()? {
            disk.durable_names = disk.names.clone();
        }
        Ok(())
    }
}

#[derive(Debug)]
struct FaultyHandle {
    files: FaultyFiles,
    inode: usize,
}

impl FileHandle for FaultyHandle {
    fn len(&self) -> io::Result<u64> {
        Ok(as_u64(self.files.disk().contents[self.inode].written.len()))
    }

    fn read_at(&self, at: u64, into: &mut [u8]) -> io::Result<usize> {
        let disk = self.files.disk();
        let most = disk.faults.read_bytes_max.unwrap_or(usize::MAX).max(1);
        let written = &disk.contents[self.inode].written;
        let rest = written.get(as_index(at)..).unwrap_or_default();
        let count = rest.len().min(into.len()).min(most);
        into[..count].copy_from_slice(&rest[..count]);
        Ok(count)
    }

    fn write_at(&self, at: u64, bytes: &[u8]) -> io::Result<()> {
        let mut disk = self.files.disk();
        disk.check_writable()?;
        let at = as_index(at);
        let space = disk.space_from(self.inode, at);
        let torn = disk.faults.write_bytes_max.map_or(usize::MAX, as_index);
        let stored = bytes.len().min(space).min(torn);
        disk.contents[self.inode].write(at, &bytes[..stored]);
        if stored == bytes.len() {
            Ok(())
        } else if space <= torn {
            Err(io::ErrorKind::StorageFull.into())
        } else {
            Err(io::Error::other("a write was torn"))
        }
    }

    fn truncate(&self, length: u64) -> io::Result<()> {
        let mut disk = self.files.disk();
        disk.check_writable()?;
        if disk.faults.truncate_fails {
            return Err(io::Error::other("truncating fails"));
        }
        disk.contents[self.inode].truncate(as_index(length));
        Ok(())
    }

    fn sync(&self) -> io::Result<()> {
        let mut disk = self.files.disk();
        if disk.may_sync()? {
            let content = &mut disk.contents[self.inode];
            content.durable = content.written.clone();
            content.unsynced.clear();
        }
        Ok(())
    }
}

impl Disk {
    fn check_writable(&self) -> io::Result<()> {
        if self.faults.unwritable {
            return Err(io::ErrorKind::PermissionDenied.into());
        }
        Ok(())
    }

    /// Whether a sync does its work; an error if it says that it does not.
    fn may_sync(&self) -> io::Result<bool> {
        if self.faults.sync_fails {
            return Err(io::Error::other("syncing fails"));
        }
        Ok(!self.faults.sync_lies)
    }

    /// How many bytes can be written into a file from a position on before the disk is full.
    fn space_from(&self, inode: usize, at: usize) -> usize {
        let Some(most) = self.faults.disk_bytes_max else {
            return usize::MAX;
        };
        let used: usize = self
            .names
            .values()
            .map(|&other| self.contents[other].written.len())
            .sum();
        let existing = self.contents[inode].written.len().saturating_sub(at);
        as_index(most).saturating_sub(used) + existing
    }
}

impl Content {
    fn write(&mut self, at: usize, bytes: &[u8]) {
        write_into(&mut self.written, at, bytes);
        self.unsynced.push(Change::Write {
            at,
            bytes: bytes.to_vec(),
        });
    }

    fn truncate(&mut self, length: usize) {
        self.written.resize(length, 0);
        self.unsynced.push(Change::Truncate { length });
    }

    /// The durable bytes changed by the first `keep` bytes of what was not synced.
    fn survivors(&self, keep: u64) -> Vec<u8> {
        let mut bytes = self.durable.clone();
        let mut budget = as_index(keep);
        for change in &self.unsynced {
            match change {
                Change::Truncate { length } => bytes.resize(*length, 0),
                Change::Write { at, bytes: written } => {
                    let count = written.len().min(budget);
                    write_into(&mut bytes, *at, &written[..count]);
                    budget -= count;
                    if count < written.len() {
                        break;
                    }
                }
            }
        }
        bytes
    }
}

impl Change {
    fn bytes(&self) -> usize {
        match self {
            Self::Write { bytes, .. } => bytes.len(),
            Self::Truncate { .. } => 0,
        }
    }
}

/// Writes at a position, filling a gap before it with zeros, as a file system does.
fn write_into(target: &mut Vec<u8>, at: usize, bytes: &[u8]) {
    if bytes.is_empty() {
        return;
    }
    let end = at + bytes.len();
    if target.len() < end {
        target.resize(end, 0);
    }
    target[at..end].copy_from_slice(bytes);
}

fn as_index(position: u64) -> usize {
    usize::try_from(position).unwrap_or(usize::MAX)
}

fn as_u64(count: usize) -> u64 {
    u64::try_from(count).expect("a length in memory fits 64 bits")
}

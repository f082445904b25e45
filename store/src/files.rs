//! One folder of files, as little of it as a log needs.
//!
//! Takes names without folders and gives handles. [`RealFiles`] is a folder of the file system,
//! [`FaultyFiles`] one in memory that tears, forgets and refuses as a test tells it to. Which bytes
//! a file holds, and when to sync, is left to the callers.

mod faulty;
mod real;

use std::fmt::Debug;
use std::io;
use std::sync::Arc;

pub use faulty::{Crash, Faults, FaultyFiles};
pub use real::RealFiles;

/// A folder of files. Names are plain: no separators, no subfolders.
pub trait Files: Debug + Send + Sync {
    /// Names of all files in byte order.
    fn list(&self) -> io::Result<Vec<String>>;

    /// Opens an existing file for reading.
    fn open_read(&self, name: &str) -> io::Result<Arc<dyn FileHandle>>;

    /// Opens an existing file for reading and writing.
    fn open_write(&self, name: &str) -> io::Result<Arc<dyn FileHandle>>;

    /// Makes an empty file, emptying one of the same name; durable after [`Files::sync_folder`].
    fn create(&self, name: &str) -> io::Result<Arc<dyn FileHandle>>;

    /// Removes a file; handles to it go on working. Durable after [`Files::sync_folder`].
    fn remove(&self, name: &str) -> io::Result<()>;

    /// Makes creations and removals survive a crash of the machine.
    fn sync_folder(&self) -> io::Result<()>;
}

/// An open file. Positions and lengths are in bytes.
pub trait FileHandle: Debug + Send + Sync {
    /// Length of the file.
    fn len(&self) -> io::Result<u64>;

    /// Whether the file has no bytes.
    fn is_empty(&self) -> io::Result<bool> {
        Ok(self.len()? == 0)
    }

    /// Reads some bytes at a position, at most as many as fit; zero only at the end of the file.
    fn read_at(&self, at: u64, into: &mut [u8]) -> io::Result<usize>;

    /// Writes all bytes at a position. After an error any part of them may have been written.
    fn write_at(&self, at: u64, bytes: &[u8]) -> io::Result<()>;

    /// Cuts the file to a length.
    fn truncate(&self, length: u64) -> io::Result<()>;

    /// Makes bytes and length survive a crash of the machine.
    fn sync(&self) -> io::Result<()>;
}

#[cfg(test)]
mod tests;

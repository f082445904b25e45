//! Crashes: how a process ends, what that does to the disk, and the next start.
//!
//! The bytes on the disk are the judge: a record whose bytes are all where they were written has
//! survived, every other one has not. What must be true of the new process is `aftermath`.

use std::collections::{BTreeMap, BTreeSet};

use telamon_store::files::{Crash, Faults, FaultyFiles, Files};

use super::Finding;
use super::life::{Found, Life};
use super::run::{Entry, Run};
use super::tape::{Death, Written};
use super::told::Told;

/// How a process ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// By itself.
    Stop,
    /// It is killed: what reached the operating system stays.
    Process,
    /// The machine loses power: what was not synced may be gone.
    Machine,
}

/// What the process knew when it ended.
#[derive(Debug)]
pub(super) struct Before {
    pub(super) end: End,
    pub(super) digest: [u8; 20],
    pub(super) held: BTreeMap<usize, BTreeMap<i64, u64>>,
    pub(super) closed: Vec<i64>,
    pub(super) told: Vec<Told>,
}

impl Run {
    /// Ends the process in some way, and starts it again.
    pub(super) fn crash(&mut self) -> Result<(), Finding> {
        let end = self.chances.faults.pick(&[
            End::Stop,
            End::Process,
            End::Process,
            End::Process,
            End::Machine,
            End::Machine,
        ]);
        if end != End::Stop && self.chances.faults.one_in(2) {
            self.die_while_publishing()?;
        }
        let before = Before {
            end,
            digest: self.life.store.digest(),
            held: self.model.held(&self.universe),
            closed: std::mem::take(&mut self.closed),
            told: std::mem::take(&mut self.told),
        };
        self.tell(|_| format!("{end:?}: the process ends"));
        self.set_faults(Faults::NONE);
        if end == End::Machine {
            self.lose_power();
            if self.disk.has_lied {
                self.disk.suspects.extend(self.file_names());
            }
        }
        let has_lied = self.disk.has_lied;
        if self.chances.faults.one_in(5) {
            self.flip_bits();
        }
        let downtime_ms = match self.chances.faults.below(6) {
            0 => self.setting.retention_ms,
            1 => 200_000,
            _ => 2 * self.setting.step_ms,
        };
        self.wall_ms += self.chances.faults.within(0..=downtime_ms);
        let survivors = self.survivors(end, has_lied)?;
        let found = self.start_again()?;
        self.check_restart(&before, survivors, found)
    }

    /// The last request comes to no good end: the process dies in the middle of it, or the disk tears
    /// the write.
    fn die_while_publishing(&mut self) -> Result<(), Finding> {
        let chance = &mut self.chances.faults;
        if chance.one_in(4) {
            let faults = Faults {
                write_bytes_max: Some(chance.below(120)),
                truncate_fails: true,
                ..Faults::NONE
            };
            self.set_faults(faults);
        } else {
            self.life.tape.doom(Death {
                appends_before: chance.below(3),
                is_written: chance.one_in(2),
            });
        }
        self.publish()
    }

    fn lose_power(&mut self) {
        let chance = &mut self.chances.faults;
        let keep_names = chance.one_in(2);
        let habit = chance.below(3);
        let mut keep_bytes = |_: &str, unsynced: u64| match habit {
            0 => 0,
            1 => unsynced,
            _ => chance.below(unsynced + 1),
        };
        self.files = self.files.crash(Crash {
            keep_bytes: &mut keep_bytes,
            keep_names,
        });
    }

    /// Turns bits over while nobody looks.
    fn flip_bits(&mut self) {
        let names = self.files.list().unwrap_or_default();
        if names.is_empty() {
            return;
        }
        for _ in 0..self.chances.faults.within(1..=3) {
            let name = &names[self.chances.faults.index(names.len())];
            let bits = self
                .files
                .bytes(name)
                .map_or(0, |bytes| bytes.len() as u64 * 8);
            if bits == 0 {
                continue;
            }
            // Often near the end, where a record is either torn or damaged.
            let chance = &mut self.chances.faults;
            let from = if chance.one_in(2) {
                bits.saturating_sub(600)
            } else {
                0
            };
            let bit = from + chance.below(bits - from);
            let flips = self.disk.flips.entry(name.clone()).or_default();
            // A bit that is turned over twice would bring back what was lost.
            if flips.insert(bit) {
                self.files.flip_bit(name, bit);
                let text = format!("bit {} of byte {} of {name} turns over", bit % 8, bit / 8);
                self.tell(|_| text);
            }
        }
    }

    /// Records whose bytes are where they were written; those that are not must not have been
    /// promised.
    fn survivors(&self, end: End, has_lied: bool) -> Result<Vec<Entry>, Finding> {
        let files = contents(&self.files);
        let mut survivors = self.trimmed.clone();
        survivors.retain(|entry| is_intact(&files, &entry.written));
        let newest_file = self.log.last().map(|entry| entry.written.file.clone());
        for (index, entry) in self.log.iter().enumerate() {
            let written = &entry.written;
            if is_intact(&files, written) {
                survivors.push(Entry {
                    is_trimmed: false,
                    ..entry.clone()
                });
                continue;
            }
            let is_flipped = self.has_flip(&written.file, written.at, written.bytes.len() as u64);
            if is_flipped || (entry.is_trimmed && !files.contains_key(&written.file)) {
                continue;
            }
            let is_durable =
                index < self.disk.durable || Some(&written.file) != newest_file.as_ref();
            if end != End::Machine || (is_durable && !has_lied) {
                return Err(Finding::new(format!(
                    "lost after {end:?} although promised under {:?}: partition {} offset {} at \
                     byte {} of {}",
                    self.setting.fsync, written.partition, written.offset, written.at, written.file
                )));
            }
        }
        Ok(survivors)
    }

    pub(super) fn has_flip(&self, file: &str, at: u64, bytes: u64) -> bool {
        let flips = self.disk.flips.get(file).into_iter().flatten();
        flips
            .map(|bit| bit / 8)
            .any(|byte| (at..at + bytes).contains(&byte))
    }

    /// Starts the process, on a disk that may refuse at first; gives what it said then too.
    fn start_again(&mut self) -> Result<(Found, String), Finding> {
        let chance = &mut self.chances.faults;
        let faults = match chance.below(12) {
            0 => Faults {
                read_bytes_max: Some(chance.index(300) + 5),
                ..Faults::NONE
            },
            1 => Faults {
                sync_fails: true,
                ..Faults::NONE
            },
            2 => Faults {
                unwritable: true,
                ..Faults::NONE
            },
            3 => Faults {
                truncate_fails: true,
                remove_fails: true,
                ..Faults::NONE
            },
            _ => Faults::NONE,
        };
        let is_able = faults.read_bytes_max.is_some() || faults == Faults::NONE;
        self.set_faults(faults);
        let started = Life::start(&self.setting, &self.files);
        self.set_faults(Faults::NONE);
        let mut refusal = String::new();
        let started = match started {
            Err(error) if !is_able => {
                self.tell(|_| format!("the start fails: {error} ({faults:?})"));
                refusal = error;
                Life::start(&self.setting, &self.files)
            }
            started => started,
        };
        let (life, found) =
            started.map_err(|error| Finding::new(format!("the start fails: {error}")))?;
        self.life = life;
        self.tell(|_| {
            format!(
                "started: {:?}, {} records",
                found.log, found.recovery.records
            )
        });
        Ok((found, refusal))
    }

    /// What lay behind the end of a file is gone, and other bytes will come there. Files that were
    /// trimmed may come back as they were.
    pub(super) fn forget_flips_beyond_ends(&mut self) {
        let files = contents(&self.files);
        let Some(oldest) = files.keys().next() else {
            return;
        };
        self.disk.flips.retain(|file, flips| {
            let length = files.get(file).map_or(0, |bytes| bytes.len() as u64);
            flips.retain(|bit| file < oldest || bit / 8 < length);
            !flips.is_empty()
        });
        let stays = |file: &String| file < oldest || files.contains_key(file);
        self.disk.suspects.retain(stays);
    }

    pub(super) fn file_names(&self) -> BTreeSet<String> {
        self.files.list().unwrap_or_default().into_iter().collect()
    }
}

fn contents(files: &FaultyFiles) -> BTreeMap<String, Vec<u8>> {
    let names = files.list().unwrap_or_default();
    let contents = names.into_iter().map(|name| {
        let bytes = files.bytes(&name).unwrap_or_default();
        (name, bytes)
    });
    contents.collect()
}

fn is_intact(files: &BTreeMap<String, Vec<u8>>, written: &Written) -> bool {
    let from = usize::try_from(written.at).unwrap_or(usize::MAX);
    let bytes = files.get(&written.file).and_then(|bytes| bytes.get(from..));
    bytes.is_some_and(|bytes| bytes.starts_with(&written.bytes))
}

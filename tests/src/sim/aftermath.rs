//! What must be true after a restart.
//!
//! The store must have read exactly the records that survived. From them a new model is made, and the
//! new process must agree with it; and where nothing was lost, the new model must agree with the old
//! one.
//!
//! ```text
//!   survivors ─┬─► new model ═ values, closed steps, alerts after the restart
//!              ├─► twin: one partition, never crashed ═ digest
//!              └─► nothing lost: ═ values, digest, closed steps, alerts before the crash
//! ```

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use telamon_model::{Batch, PartitionIndex, Row, Series, Timestamp};
use telamon_store::log::{Damage, Log, MemLog};
use telamon_store::{ApplyDrops, Store};

use super::Finding;
use super::life::Found;
use super::model::{AlertModel, Model};
use super::restart::{Before, End};
use super::run::{Entry, Run};
use super::tape::{Read, Written};
use super::told::differ_from;

impl Run {
    /// Whether the new process is as it must be; `refusal` is what a start before it said that failed.
    pub(super) fn check_restart(
        &mut self,
        before: &Before,
        survivors: Vec<Entry>,
        (found, refusal): (Found, String),
    ) -> Result<(), Finding> {
        let left: BTreeSet<(&str, u64)> = survivors
            .iter()
            .map(|entry| (entry.written.file.as_str(), entry.written.at))
            .collect();
        let is_left =
            |entry: &Entry| left.contains(&(entry.written.file.as_str(), entry.written.at));
        let is_lossless = self
            .log
            .iter()
            .all(|entry| entry.is_trimmed || is_left(entry));
        // Neither trimmed since the last start nor come back.
        let is_same = self.log.iter().all(is_left) && survivors.len() == self.log.len();
        self.check_read(&survivors, &found.read)?;
        self.check_reports(&survivors, &found, &refusal)?;
        self.follow(survivors, &found)?;
        self.check_values()?;
        let digest = self.life.store.digest();
        if is_lossless {
            self.check_unchanged(before, is_same, digest)?;
        }
        if !is_lossless || self.chances.faults.one_in(4) {
            self.counts.twins += 1;
            if self.twin_digest()? != digest {
                return Err(Finding::new(
                    "the digest differs from that of a store of one partition that was given the \
                     surviving records live"
                        .to_owned(),
                ));
            }
        }
        if before.end == End::Machine {
            self.disk.has_lied = false;
            // What is not there now never comes back.
            self.trimmed.clear();
        }
        self.disk.durable = self.log.len();
        self.disk.is_sync_broken = false;
        self.disk.is_in_doubt = false;
        self.forget_flips_beyond_ends();
        self.set_rhythms();
        Ok(())
    }

    /// The store was given the survivors, all of them and nothing else, in order.
    fn check_read(&self, survivors: &[Entry], read: &[Read]) -> Result<(), Finding> {
        let is_same = |(entry, read): (&Entry, &Read)| {
            let written = &entry.written;
            written.partition == read.partition
                && written.offset == read.offset
                && written.log_time_ms == read.log_time_ms
                && written.frame == read.frame
        };
        let differing = survivors.iter().zip(read).position(|pair| !is_same(pair));
        if differing.is_none() && survivors.len() == read.len() {
            return Ok(());
        }
        let at = differing.unwrap_or(survivors.len().min(read.len()));
        let place = |written: &Written| {
            format!(
                "partition {} offset {} log time {} at byte {} of {}",
                written.partition, written.offset, written.log_time_ms, written.at, written.file
            )
        };
        Err(Finding::new(format!(
            "{} records survived, {} were read; the first that differs is number {at}: {:?}, read \
             {:?}",
            survivors.len(),
            read.len(),
            survivors.get(at).map(|entry| place(&entry.written)),
            read.get(at)
                .map(|read| (read.partition, read.offset, read.log_time_ms)),
        )))
    }

    /// What was damaged was said, and nothing else.
    fn check_reports(
        &self,
        survivors: &[Entry],
        found: &Found,
        refusal: &str,
    ) -> Result<(), Finding> {
        let recovery = &found.recovery;
        if !recovery.quarantined.is_empty() || recovery.records != survivors.len() as u64 {
            return Err(Finding::new(format!(
                "{} records survived, the report says {recovery:?}",
                survivors.len()
            )));
        }
        let covers = |damage: &Damage, file: &str, byte: u64| {
            damage.file == file && (damage.at..damage.at + damage.bytes).contains(&byte)
        };
        let reports = || recovery.damages.iter().chain(&found.log.torn);
        for entry in &self.log {
            let written = &entry.written;
            let flips = self.disk.flips.get(&written.file).into_iter().flatten();
            let range = written.at..written.at + written.bytes.len() as u64;
            for byte in flips.map(|bit| bit / 8).filter(|byte| range.contains(byte)) {
                // A start that cut an end and failed afterwards said so.
                let is_said = refusal.contains(&written.file) && refusal.contains("cut off");
                if !is_said && !reports().any(|damage| covers(damage, &written.file, byte)) {
                    return Err(Finding::new(format!(
                        "byte {byte} of {} is damaged and nobody said so: {:?} {:?}",
                        written.file, recovery.damages, found.log
                    )));
                }
            }
        }
        for damage in &recovery.damages {
            let is_ours = self.has_flip(&damage.file, damage.at, damage.bytes);
            if !is_ours && !self.disk.suspects.contains(&damage.file) {
                return Err(Finding::new(format!(
                    "damage is reported where there is none: {damage:?}"
                )));
            }
        }
        Ok(())
    }

    /// Makes the model that the surviving records make; what they close and tell is what the start
    /// observed.
    fn follow(&mut self, survivors: Vec<Entry>, found: &Found) -> Result<(), Finding> {
        self.model = Model::new(&self.setting);
        self.alerts = AlertModel::new(&self.setting);
        self.expected.clear();
        let mut dropped = ApplyDrops::default();
        for entry in &survivors {
            let written = &entry.written;
            let universe = &self.universe;
            let (partition, log_time_ms) = (written.partition, written.log_time_ms);
            let effect = self
                .model
                .apply(partition, log_time_ms, &entry.samples, universe);
            dropped.add(&effect.dropped);
            for closed in &effect.closed {
                let newest = closed.cuts.iter().map(|cut| cut.clock_ms).max();
                let view = self.model.at(universe, &closed.cuts);
                let told = self.alerts.close(closed.slot, newest.unwrap_or(0), &view);
                self.closed.push(closed.slot);
                self.told.extend(told);
            }
        }
        let log_time = self.life.tape.log_time().map(|time| time.0);
        let last = survivors.last().map(|entry| entry.written.log_time_ms);
        if log_time < last {
            return Err(Finding::new(format!(
                "the log time is {log_time:?} after a record of {last:?}"
            )));
        }
        self.log_time_ms = log_time;
        let there = self.file_names();
        let gone = self
            .log
            .iter()
            .filter(|entry| !there.contains(&entry.written.file));
        self.trimmed
            .retain(|entry| !there.contains(&entry.written.file));
        self.trimmed
            .extend(gone.filter(|entry| entry.is_trimmed).cloned());
        self.log = survivors;
        self.number()?;
        if dropped != found.recovery.dropped {
            return Err(Finding::new(format!(
                "replay dropped {:?}, it had to drop {dropped:?}",
                found.recovery.dropped
            )));
        }
        if self.closed != found.closed {
            return Err(Finding::new(format!(
                "replay closed other steps than it had to: {}",
                first_unequal(&found.closed, &self.closed)
            )));
        }
        if self.told != found.told {
            return Err(Finding::new(format!(
                "replay told something else than it had to: {}",
                first_unequal(&found.told, &self.told)
            )));
        }
        Ok(())
    }

    /// Offsets go on behind the last record of each partition; where records were lost they may leave
    /// a gap.
    fn number(&mut self) -> Result<(), Finding> {
        let mut last: BTreeMap<u16, u64> = BTreeMap::new();
        for entry in &self.log {
            last.insert(entry.written.partition, entry.written.offset);
        }
        let is_whole = self.disk.flips.is_empty() && self.disk.suspects.is_empty();
        for partition in 0..self.setting.partitions {
            let next = self.life.tape.bounds(PartitionIndex(partition)).end.0;
            let least = last.get(&partition).map_or(0, |last| last + 1);
            let is_next = next == least || !last.contains_key(&partition);
            if next < least || (is_whole && !is_next) {
                return Err(Finding::new(format!(
                    "partition {partition} goes on at offset {next} after {last:?}"
                )));
            }
            self.next_offsets.insert(partition, next);
        }
        Ok(())
    }

    /// Every value of every series is that of the model.
    fn check_values(&self) -> Result<(), Finding> {
        let snapshot = self.life.store.snapshot();
        let slots = snapshot.slots_held();
        let mut found: BTreeMap<usize, BTreeMap<i64, u64>> = BTreeMap::new();
        let mut row = vec![0.0; slots.len()];
        for shard in snapshot.shards() {
            for ordinal in shard.all() {
                let Some(series) = self.universe.with_id(shard.series(ordinal).id()) else {
                    return Err(Finding::new("a series was invented".to_owned()));
                };
                shard.read_rows(&[ordinal], slots, &mut row);
                let cells = (slots.start.0..).zip(&row);
                let cells = cells.filter(|(_, value)| !value.is_nan());
                let cells = cells.map(|(slot, value)| (slot, value.to_bits()));
                found.insert(series, cells.collect());
            }
        }
        let wanted = self.model.held(&self.universe);
        match first_difference(&found, &wanted) {
            None => Ok(()),
            Some(difference) => Err(Finding::new(format!(
                "after the restart the store and the surviving records differ: {difference}"
            ))),
        }
    }

    /// Nothing was lost, so nothing has changed.
    fn check_unchanged(
        &self,
        before: &Before,
        is_same: bool,
        digest: [u8; 20],
    ) -> Result<(), Finding> {
        if !self.disk.is_in_doubt {
            let held = self.model.held(&self.universe);
            if let Some(difference) = first_difference(&held, &before.held) {
                return Err(Finding::new(format!(
                    "nothing was lost, but values changed with the restart: {difference}"
                )));
            }
            if digest != before.digest {
                return Err(Finding::new(
                    "nothing was lost, but the digest changed with the restart".to_owned(),
                ));
            }
        }
        if is_same {
            // A record in doubt may close more.
            if self.closed.starts_with(&before.closed) && self.told.starts_with(&before.told) {
                return Ok(());
            }
            return Err(Finding::new(format!(
                "nothing was lost, but steps or alerts changed with the restart: {}; {}",
                first_unequal(&self.closed, &before.closed),
                first_unequal(&self.told, &before.told)
            )));
        }
        self.check_later_part(before)
    }

    /// The log now begins later: what is held is the same, and so is what was told of it, from where
    /// no alert reaches back behind the beginning.
    fn check_later_part(&self, before: &Before) -> Result<(), Finding> {
        let Some(clock_ms) = self.model.newest_clock() else {
            return Ok(());
        };
        // Of a pause before its first record a process knows nothing.
        let firsts = self.closed.first().max(before.closed.first());
        let first_closed = firsts.copied().unwrap_or(i64::MAX - 12);
        let from = self.setting.first_held(clock_ms).max(first_closed) + 12;
        let later = |slots: &[i64]| -> Vec<i64> {
            slots.iter().copied().filter(|&slot| slot >= from).collect()
        };
        let (old, new) = (later(&before.closed), later(&self.closed));
        if !new.starts_with(&old) {
            return Err(Finding::new(format!(
                "nothing was lost, but other steps from {from} on have closed after the restart: {}",
                first_unequal(&new, &old)
            )));
        }
        if self.disk.is_in_doubt {
            return Ok(());
        }
        for rule in ["Grouped", "Dampened", "Alone"] {
            if let Some(difference) = differ_from(&before.told, &self.told, from, rule) {
                return Err(Finding::new(format!(
                    "nothing was lost, but alerts changed with the restart: {difference}"
                )));
            }
        }
        Ok(())
    }

    /// The digest of a store of one partition in memory that was given the surviving records as they
    /// come, and never crashed.
    fn twin_digest(&self) -> Result<[u8; 20], Finding> {
        let failed = |error: &dyn std::fmt::Display| Finding::new(format!("the twin: {error}"));
        let log = Arc::new(MemLog::new());
        let (twin, _) = Store::open(self.setting.options(1), log, &mut |_| {})
            .map_err(|error| failed(&error))?;
        for entry in &self.log {
            let now = Timestamp(entry.written.log_time_ms);
            let batch = self.batch(entry);
            let applied = if batch.rows.is_empty() {
                twin.heartbeat(now)
            } else {
                twin.append(now, batch)
            };
            applied.map_err(|error| failed(&error))?;
        }
        // Where the newest records were lost, the start of the file after them still knows when they
        // came.
        if let Some(log_time_ms) = self.log_time_ms
            && twin.log_time().0 < log_time_ms
        {
            let waited = twin.heartbeat(Timestamp(log_time_ms));
            waited.map_err(|error| failed(&error))?;
        }
        Ok(twin.digest())
    }

    fn batch(&self, entry: &Entry) -> Batch {
        let series: BTreeSet<usize> = entry.samples.iter().map(|sample| sample.series).collect();
        let series: Vec<usize> = series.into_iter().collect();
        let rows = entry.samples.iter().map(|sample| Row {
            series_index: series
                .binary_search(&sample.series)
                .ok()
                .and_then(|index| u32::try_from(index).ok())
                .expect("every series of the samples is listed"),
            timestamp: Timestamp(sample.time_ms),
            value: sample.value,
        });
        Batch {
            rows: rows.collect(),
            series: series
                .iter()
                .map(|&series| Series::new(self.universe.known[series].tags.clone()))
                .collect(),
        }
    }
}

/// Where two lists differ.
fn first_unequal<T: PartialEq + std::fmt::Debug>(found: &[T], wanted: &[T]) -> String {
    let differing = found.iter().zip(wanted).position(|(a, b)| a != b);
    let at = differing.unwrap_or(found.len().min(wanted.len()));
    format!(
        "number {at} is {:?} instead of {:?}",
        found.get(at),
        wanted.get(at)
    )
}

type Held = BTreeMap<usize, BTreeMap<i64, u64>>;

fn first_difference(found: &Held, wanted: &Held) -> Option<String> {
    let series: BTreeSet<&usize> = found.keys().chain(wanted.keys()).collect();
    series.into_iter().find_map(|series| {
        let (found, wanted) = (found.get(series), wanted.get(series));
        let cells = [found, wanted]
            .into_iter()
            .flatten()
            .flat_map(BTreeMap::keys);
        let slots: BTreeSet<&i64> = cells.collect();
        let value = |cells: Option<&BTreeMap<i64, u64>>, slot: &i64| {
            cells
                .and_then(|cells| cells.get(slot))
                .map(|&bits| f64::from_bits(bits))
        };
        let bits = |cells: Option<&BTreeMap<i64, u64>>, slot: &i64| {
            cells.and_then(|cells| cells.get(slot)).copied()
        };
        let slot = slots
            .into_iter()
            .find(|slot| bits(found, slot) != bits(wanted, slot))?;
        Some(format!(
            "series {series} slot {slot}: {:?} instead of {:?}",
            value(found, slot),
            value(wanted, slot)
        ))
    })
}

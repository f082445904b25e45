//! What a running server does: publish, heartbeat, sync, trim; each checked at once.
//!
//! A publish goes the server's way: admit, append, sync where the policy says so, answer. Admission's
//! verdicts, the records in the log, what apply dropped and the steps that closed are those of the
//! model, or the run ends.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use telamon_ingest::{Admitted, Datapoint};
use telamon_model::Timestamp;
use telamon_store::log::AppendError as LogError;
use telamon_store::{AppendError, Applied, ApplyDrops};

use super::Finding;
use super::ask::{bits, compare, probe_window, probes};
use super::fleet::{Sent, What};
use super::model::{Closed, Sample};
use super::run::{Entry, Expected, Run};
use super::setting::Fsync;
use super::tape::Written;

/// A record that an append must write: its partition and its samples.
type Planned = (u16, Vec<Sample>);

impl Run {
    /// Some nodes send a request.
    pub(super) fn publish(&mut self) -> Result<(), Finding> {
        let stamp_ms = self.life.stamp(self.wall_ms);
        let now_ms = stamp_ms.max(self.life.store.log_time().0);
        let sent = self.fleet.send(
            self.wall_ms,
            &self.setting,
            &mut self.universe,
            &mut self.chances.fleet,
        );
        let is_json = self.chances.fleet.one_in(3);
        let admitted = self.admit(now_ms, &sent, is_json)?;
        let samples = self.judge(now_ms, &sent, &admitted)?;
        self.counts.samples += samples.len() as u64;
        if samples.is_empty() {
            self.tell(|_| format!("publish: {} datapoints, all refused", sent.len()));
            return Ok(());
        }
        let planned = self.plan(now_ms, &samples);
        let count = admitted.batch.series.len() as u64;
        let result = self.life.store.append(Timestamp(now_ms), admitted.batch);
        self.tell(|run| {
            let outcome = match &result {
                Ok(applied) => format!("stored, dropped {:?}", applied.dropped.total()),
                Err(error) => format!("failed: {error}"),
            };
            format!("publish: {} -> {outcome}", run.in_words(&planned))
        });
        if let Ok(applied) = &result
            && (applied.new_series > count || applied.rows != samples.len() as u64)
        {
            return Err(Finding::new(format!(
                "{} samples of {count} series were appended as {applied:?}",
                samples.len()
            )));
        }
        let is_stored = result.is_ok();
        self.appended(now_ms, planned, result)?;
        if is_stored && self.setting.fsync == Fsync::Always {
            return self.sync();
        }
        Ok(())
    }

    fn in_words(&self, planned: &[Planned]) -> String {
        let mut text = String::new();
        for (partition, samples) in planned {
            write!(text, "p{partition}[").expect("a String takes any text");
            for sample in samples.iter().take(12) {
                let known = &self.universe.known[sample.series];
                let node = known.pairs.get("nf.node").or(known.pairs.get("host"));
                write!(
                    text,
                    " {}.{}@{}={:?}",
                    known.pairs["name"],
                    node.map_or("", String::as_str),
                    sample.time_ms - self.wall_ms,
                    sample.value
                )
                .expect("a String takes any text");
            }
            text.push_str(" ] ");
        }
        text
    }

    fn admit(&mut self, now_ms: i64, sent: &[Sent], is_json: bool) -> Result<Admitted, Finding> {
        let points: Vec<Datapoint> = sent
            .iter()
            .map(|one| Datapoint {
                tags: match &one.what {
                    What::Series(series) => self.universe.known[*series].tags.clone(),
                    What::Invalid(tags, _) => tags.clone(),
                },
                timestamp: Timestamp(one.time_ms),
                value: one.value,
            })
            .collect();
        let life = &mut self.life;
        let now = Timestamp(now_ms);
        if !is_json || points.is_empty() {
            let cache = &mut life.cache;
            return Ok(life.admission.admit(&points, now, cache, &mut |_| Ok(())));
        }
        let body = body(&points);
        life.admission
            .admit_json(body.as_bytes(), now, &mut life.cache, &mut |_| Ok(()))
            .map_err(|error| Finding::new(format!("{error} in {body}")))
    }

    /// What admission must say, and the samples that it lets pass.
    fn judge(
        &self,
        now_ms: i64,
        sent: &[Sent],
        admitted: &Admitted,
    ) -> Result<Vec<Sample>, Finding> {
        let age_max_ms = self.setting.age_max_ms;
        let mut refused: BTreeMap<&str, u64> = BTreeMap::new();
        let mut samples = Vec::new();
        for one in sent {
            let age_ms = now_ms - one.time_ms;
            let refusal = if age_ms > age_max_ms {
                Err("too_old")
            } else if age_ms < -age_max_ms {
                Err("from_future")
            } else {
                match &one.what {
                    What::Series(series) => Ok(*series),
                    What::Invalid(_, why) => Err(*why),
                }
            };
            match refusal {
                Ok(series) => samples.push(Sample {
                    series,
                    time_ms: one.time_ms,
                    value: one.value,
                }),
                Err(why) => *refused.entry(why).or_default() += 1,
            }
        }
        let counts = admitted.rejected_counts.iter();
        let found: BTreeMap<&str, u64> = counts.map(|(why, count)| (why.name(), count)).collect();
        if found != refused {
            return Err(Finding::new(format!(
                "admission refused {found:?}, it had to refuse {refused:?}"
            )));
        }
        let rows = admitted.batch.rows.iter().map(|row| {
            let series = &admitted.batch.series[row.series_index as usize];
            (
                self.universe.with_id(series.id()),
                row.timestamp.0,
                bits(row.value),
            )
        });
        let wanted = samples
            .iter()
            .map(|sample| (Some(sample.series), sample.time_ms, bits(sample.value)));
        if !rows.eq(wanted) {
            return Err(Finding::new(format!(
                "admission made {:?} of {sent:?}",
                admitted.batch
            )));
        }
        Ok(samples)
    }

    /// The records that an append of these samples must write: one per partition with samples, then
    /// an empty one for each partition that is more than two steps behind.
    fn plan(&self, now_ms: i64, samples: &[Sample]) -> Vec<Planned> {
        let mut parts: BTreeMap<u16, Vec<Sample>> = BTreeMap::new();
        for sample in samples {
            let partition = self.universe.known[sample.series].partition;
            parts.entry(partition).or_default().push(*sample);
        }
        let behind_ms = now_ms - 2 * self.setting.step_ms;
        let is_behind = |partition: &u16| {
            let clock = self.model.clock(*partition);
            !parts.contains_key(partition) && clock.is_none_or(|clock| clock < behind_ms)
        };
        let behind = (0..self.setting.partitions).filter(is_behind);
        let behind: Vec<Planned> = behind.map(|partition| (partition, Vec::new())).collect();
        parts.into_iter().chain(behind).collect()
    }

    /// Compares what an append wrote and said with what it had to, and lets the model follow.
    fn appended(
        &mut self,
        now_ms: i64,
        planned: Vec<Planned>,
        result: Result<Applied, AppendError>,
    ) -> Result<(), Finding> {
        let written = self.life.tape.take_written();
        if written.len() > planned.len() || (result.is_ok() && written.len() < planned.len()) {
            return Err(Finding::new(format!(
                "{} records had to be written before the answer, there are {}",
                planned.len(),
                written.len()
            )));
        }
        let mut dropped = ApplyDrops::default();
        let last = written.len().wrapping_sub(1);
        for (index, (written, (partition, samples))) in written.into_iter().zip(planned).enumerate()
        {
            self.check_place(now_ms, partition, &written)?;
            self.log_time_ms = Some(written.log_time_ms);
            let log_time_ms = written.log_time_ms;
            self.log.push(Entry {
                written,
                samples,
                is_trimmed: false,
            });
            if self.life.tape.is_dead() && index == last {
                // It may have died right after the write.
                self.disk.is_in_doubt = true;
                continue;
            }
            let samples = &self.log.last().expect("just pushed").samples;
            let universe = &self.universe;
            let effect = self.model.apply(partition, log_time_ms, samples, universe);
            dropped.add(&effect.dropped);
            for closed in effect.closed {
                self.expect_closed(&closed);
            }
        }
        match result {
            Ok(applied) => self.check_applied(&applied, dropped),
            Err(error) => self.excuse(&error),
        }
    }

    fn check_place(
        &mut self,
        now_ms: i64,
        partition: u16,
        written: &Written,
    ) -> Result<(), Finding> {
        let log_time_ms = self.log_time_ms.map_or(now_ms, |last| last.max(now_ms));
        let next = self.next_offsets.entry(partition).or_default();
        let offset = *next;
        *next += 1;
        let is_numbered = written.partition == partition && written.offset == offset;
        if !is_numbered || written.log_time_ms != log_time_ms {
            return Err(Finding::new(format!(
                "record {offset} of partition {partition} at log time {log_time_ms} was written as \
                 partition {} offset {} log time {}",
                written.partition, written.offset, written.log_time_ms
            )));
        }
        Ok(())
    }

    /// A step that the model closed: what the store must hand out.
    fn expect_closed(&mut self, closed: &Closed) {
        let newest = closed.cuts.iter().map(|cut| cut.clock_ms).max();
        let view = self.model.at(&self.universe, &closed.cuts);
        let told = self.alerts.close(closed.slot, newest.unwrap_or(0), &view);
        let window = probe_window(closed.slot, self.setting.step_ms);
        let answers = probes().map(|question| question.answer(&view, window));
        self.closed.push(closed.slot);
        self.told.extend(told.iter().cloned());
        self.expected.push_back(Expected {
            slot: closed.slot,
            told,
            answers,
        });
    }

    fn check_applied(&mut self, applied: &Applied, dropped: ApplyDrops) -> Result<(), Finding> {
        if applied.dropped != dropped {
            return Err(Finding::new(format!(
                "apply dropped {:?}, it had to drop {dropped:?}",
                applied.dropped
            )));
        }
        let slots: Vec<i64> = applied.closed.iter().map(|step| step.slot.0).collect();
        let wanted: Vec<i64> = self.expected.iter().map(|expected| expected.slot).collect();
        if slots != wanted {
            return Err(Finding::new(format!(
                "steps {slots:?} were closed, it had to be {wanted:?}"
            )));
        }
        for step in &applied.closed {
            let Some(expected) = self.expected.pop_front() else {
                return Err(Finding::new("a step too many was closed".to_owned()));
            };
            self.counts.closed += 1;
            let told = self.life.evaluate(step);
            if told != expected.told {
                return Err(Finding::new(format!(
                    "the close of {} told {told:?}, it had to tell {:?}",
                    expected.slot, expected.told
                )));
            }
            self.counts.transitions += told.len() as u64;
            let window = probe_window(expected.slot, self.setting.step_ms);
            for (question, wanted) in probes().iter().zip(&expected.answers) {
                compare(question, window, &step.snapshot, wanted).map_err(|difference| {
                    Finding::new(format!("at the close of {}: {difference}", expected.slot))
                })?;
            }
        }
        Ok(())
    }

    /// Whether the disk is to blame for a refusal.
    fn excuse(&mut self, error: &AppendError) -> Result<(), Finding> {
        let faults = self.disk.faults;
        let is_excused = self.life.tape.is_dead()
            || match error {
                AppendError::Log(LogError::SyncFailed { .. }) => {
                    let is_broken = self.disk.is_sync_broken;
                    self.disk.is_sync_broken = true;
                    is_broken || faults.sync_fails
                }
                AppendError::Log(LogError::DiskFull { .. }) => faults.disk_bytes_max.is_some(),
                AppendError::Log(LogError::Unwritable { .. }) => {
                    faults.unwritable
                        || faults.truncate_fails
                        || faults.remove_fails
                        || faults.sync_fails
                        || faults.write_bytes_max.is_some()
                }
                AppendError::Log(LogError::TooLarge { .. }) | AppendError::Batch(_) => false,
            };
        if is_excused {
            self.counts.refused += 1;
            return Ok(());
        }
        Err(Finding::new(format!(
            "refused without reason: {error} (faults {faults:?})"
        )))
    }

    pub(super) fn heartbeat(&mut self) -> Result<(), Finding> {
        let now_ms = self.life.stamp(self.wall_ms);
        let partitions = 0..self.setting.partitions;
        let planned = partitions
            .map(|partition| (partition, Vec::new()))
            .collect();
        let result = self.life.store.heartbeat(Timestamp(now_ms));
        self.tell(|_| match &result {
            Ok(_) => "heartbeat".to_owned(),
            Err(error) => format!("heartbeat failed: {error}"),
        });
        self.appended(now_ms, planned, result)
    }

    pub(super) fn sync(&mut self) -> Result<(), Finding> {
        let result = self.life.store.sync();
        self.tell(|_| format!("sync: {result:?}"));
        match result {
            Ok(()) => {
                self.disk.durable = self.log.len();
                Ok(())
            }
            Err(_) if self.disk.faults.sync_fails || self.disk.is_sync_broken => {
                self.disk.is_sync_broken = true;
                self.counts.refused += 1;
                Ok(())
            }
            Err(error) => Err(Finding::new(format!(
                "a sync failed without reason: {error}"
            ))),
        }
    }

    pub(super) fn trim(&mut self) -> Result<(), Finding> {
        let result = self.life.store.trim_log();
        self.tell(|_| format!("trim: {result:?}"));
        let faults = self.disk.faults;
        if let Err(error) = result
            && !faults.remove_fails
            && !faults.unwritable
        {
            return Err(Finding::new(format!(
                "a trim failed without reason: {error}"
            )));
        }
        let clocks = (0..self.setting.partitions).map(|partition| self.model.clock(partition));
        let Some(oldest_ms) = clocks.min().flatten() else {
            return Ok(());
        };
        let first_held = self.setting.first_held(oldest_ms);
        let there = self.file_names();
        for entry in &mut self.log {
            if entry.is_trimmed || there.contains(&entry.written.file) {
                continue;
            }
            entry.is_trimmed = true;
            let slot_of = |sample: &Sample| self.setting.slot_holding(sample.time_ms);
            if entry
                .samples
                .iter()
                .any(|sample| slot_of(sample) >= first_held)
            {
                return Err(Finding::new(format!(
                    "trimmed although held from {first_held} on: {:?}",
                    entry.samples
                )));
            }
        }
        Ok(())
    }
}

/// A publish body.
fn body(points: &[Datapoint]) -> String {
    let metrics: Vec<String> = points
        .iter()
        .map(|point| {
            let tags: Vec<String> = point
                .tags
                .iter()
                .map(|(key, value)| format!("\"{key}\":\"{value}\""))
                .collect();
            let value = if point.value.is_nan() {
                "\"NaN\"".to_owned()
            } else if point.value.is_infinite() {
                let sign = if point.value < 0.0 { "-" } else { "" };
                format!("\"{sign}Infinity\"")
            } else {
                format!("{:?}", point.value)
            };
            format!(
                "{{\"tags\":{{{}}},\"timestamp\":{},\"value\":{value}}}",
                tags.join(","),
                point.timestamp
            )
        })
        .collect();
    format!("{{\"metrics\":[{}]}}", metrics.join(","))
}

//! Loading: the needed hours through the real log and store, with sample times as log times.
//!
//! One frame a partition and hour, in the order of time. Pauses between the windows are crossed in
//! steps of a month, since a store closes every step of a pause.

use std::sync::mpsc::sync_channel;

use anyhow::Context;
use telamon_model::{ABSENT, Batch, DsType, Row, Series, Slot, SlotRange, Timestamp};
use telamon_server::engine::{Engine, Protocol};

use super::dataset::{self, Holes, StaticData};
use super::need::{HOUR_SLOTS, Need, slots_of_hour};

/// Batches made ahead of the one that is stored.
const AHEAD: usize = 8;
const MONTH_MS: i64 = 30 * 86_400_000;

/// Stores what is needed of the static data set; gives the number of samples.
///
/// # Errors
/// When the engine refuses, or keeps less than it was given.
pub(super) fn load_static(engine: &Engine, data: &StaticData, need: &Need) -> anyhow::Result<u64> {
    let (send, receive) = sync_channel(AHEAD);
    std::thread::scope(|scope| {
        scope.spawn(move || {
            for (hour, indexes) in need.hours() {
                let slots = slots_of_hour(hour);
                if send.send((slots, batch_of(data, &indexes, slots))).is_err() {
                    return;
                }
            }
        });
        let mut samples = 0;
        for (slots, batch) in receive {
            samples += batch.rows.len() as u64;
            let now = dataset::step().end_of(slots.end.plus(-1));
            pass_time(engine, now)?;
            store(engine, now, batch)?;
        }
        Ok(samples)
    })
}

fn batch_of(data: &StaticData, indexes: &[usize], slots: SlotRange) -> Batch {
    let mut batch = Batch::default();
    let mut values = vec![ABSENT; slots.len()];
    for &index in indexes {
        data.fill(index, slots, &mut values);
        push_series(&mut batch, &data.series()[index], slots.start, &values);
    }
    batch
}

fn push_series(batch: &mut Batch, series: &Series, first: Slot, values: &[f64]) {
    let series_index = u32::try_from(batch.series.len()).expect("thousands of series");
    batch.series.push(series.clone());
    let mut slot = first;
    for &value in values {
        if !value.is_nan() {
            batch.rows.push(Row {
                series_index,
                timestamp: dataset::step().end_of(slot),
                value,
            });
        }
        slot = slot.plus(1);
    }
}

/// Stores a small data set, hour by hour; gives the number of samples.
///
/// # Errors
/// When the engine refuses.
pub(super) fn load_holes(engine: &Engine, holes: &Holes) -> anyhow::Result<u64> {
    let firsts = holes.series.iter().map(|(_, first, _)| first.0);
    let ends = holes.series.iter().map(|(_, first, values)| {
        first.0 + i64::try_from(values.len()).expect("a list has fewer than 2^63 values")
    });
    let first_hour = firsts.min().context("the data set has series")? - 1;
    let mut hour = first_hour.div_euclid(HOUR_SLOTS);
    let end = ends.max().context("the data set has series")?;
    let mut samples = 0;
    while slots_of_hour(hour).start.0 < end {
        let slots = slots_of_hour(hour);
        let mut batch = Batch::default();
        for (series, first, values) in &holes.series {
            let place = |slot: i64| {
                usize::try_from(slot - first.0)
                    .unwrap_or(0)
                    .min(values.len())
            };
            let (before, rest) = values.split_at(place(slots.start.0));
            let within = &rest[..place(slots.end.0) - before.len()];
            let first = slots.start.max(*first);
            if series.dstype() == DsType::Counter {
                push_counter(&mut batch, series, (first, before), within);
            } else {
                push_series(&mut batch, series, first, within);
            }
        }
        samples += batch.rows.len() as u64;
        store(engine, dataset::step().end_of(slots.end.plus(-1)), batch)?;
        hour += 1;
    }
    Ok(samples)
}

/// Counts whose rates are the values. A NaN just before the end of a slot leaves the slot without a
/// value; two counts after it, one of them at the end, let the next slot have one.
fn push_counter(
    batch: &mut Batch,
    series: &Series,
    (first, before): (Slot, &[f64]),
    values: &[f64],
) {
    let series_index = u32::try_from(batch.series.len()).expect("a small data set");
    batch.series.push(series.clone());
    let mut push = |timestamp, value| {
        batch.rows.push(Row {
            series_index,
            timestamp,
            value,
        });
    };
    let step = dataset::step();
    let held = before.iter().filter(|value| !value.is_nan());
    let mut count = held.map(|value| value * step.as_seconds()).sum();
    if before.is_empty() {
        push(step.end_of(first.plus(-1)), count);
    }
    let mut slot = first;
    for value in values {
        let end = step.end_of(slot);
        if value.is_nan() {
            push(end.plus_millis(-2), f64::NAN);
            push(end.plus_millis(-1), count);
        } else {
            count += value * step.as_seconds();
        }
        push(end, count);
        slot = slot.plus(1);
    }
}

/// Lets time pass up to a little before `now`.
fn pass_time(engine: &Engine, now: Timestamp) -> anyhow::Result<()> {
    let mut time = engine.log_time();
    while time.as_millis() > 0 && now.millis_since(time) > MONTH_MS {
        time = time.plus_millis(MONTH_MS);
        engine.heartbeat(time)?;
        engine.drop_closed();
    }
    Ok(())
}

fn store(engine: &Engine, now: Timestamp, batch: Batch) -> anyhow::Result<()> {
    engine
        .append(now, batch, Protocol::History)
        .context("the store refused the data set")?;
    engine.drop_closed();
    Ok(())
}

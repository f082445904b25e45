//! The series that meters make, and what is to be said of each at the end of the step.
//!
//! Several meters may make one series (a counter and a timer of one name both count): what they
//! say is added up, or the largest taken, as the aggregator behind the agents does. Series are kept
//! in the order of their canonical text, so that no step needs sorting.

use std::collections::BTreeMap;
use std::sync::Arc;

use rustc_hash::FxHashSet;
use telamon_model::series::DSTYPE_KEY;
use telamon_model::{Tags, Timestamp};

use crate::datapoint::Datapoint;

#[derive(Debug)]
pub(super) struct Outputs {
    in_order: BTreeMap<Box<str>, OutputIndex>,
    outputs: Vec<Output>,
    free: Vec<OutputIndex>,
    series_max: usize,
    step_seconds: f64,
    /// Every key and value once.
    strings: FxHashSet<Arc<str>>,
    /// Number of strings at which those out of use are looked for.
    sweep_at: usize,
}

/// Place of a series; its owner holds one use of it until it gives it back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct OutputIndex(u32);

#[derive(Debug)]
struct Output {
    tags: Tags,
    /// Whether amounts are added up and divided by the step, or the largest taken as it is.
    is_amount: bool,
    /// What is to be said at the end of the step; NaN when nothing is.
    pending: f64,
    uses: u32,
}

/// What a value says of its meter: the tag `statistic`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Statistic {
    /// The named one, whatever the line says.
    Always(&'static str),
    /// The one of the line, else the named one.
    Default(&'static str),
}

impl Outputs {
    pub(super) fn new(series_max: usize, step_seconds: f64) -> Self {
        Self {
            in_order: BTreeMap::new(),
            outputs: Vec::new(),
            free: Vec::new(),
            series_max,
            step_seconds,
            strings: FxHashSet::default(),
            sweep_at: 1024,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.in_order.len()
    }

    /// The tags of a line and the common ones below them, their strings shared.
    pub(super) fn intern(&mut self, common: &Tags, own: &Tags) -> Tags {
        let pairs: Vec<(Arc<str>, Arc<str>)> = common
            .iter()
            .chain(own.iter())
            .map(|(key, value)| (self.string(key), self.string(value)))
            .collect();
        Tags::from_pairs(pairs)
    }

    /// Takes a use of a series of a meter; `None` when it is new and there are too many.
    pub(super) fn acquire(
        &mut self,
        meter: &Tags,
        statistic: Statistic,
        percentile: Option<&str>,
    ) -> Option<OutputIndex> {
        let tags = self.output_tags(meter, statistic, percentile);
        let canonical = tags.canonical();
        if let Some(&index) = self.in_order.get(canonical.as_str()) {
            self.outputs[index.0 as usize].uses += 1;
            return Some(index);
        }
        if self.len() >= self.series_max {
            return None;
        }
        let output = Output {
            is_amount: is_amount(&tags),
            tags,
            pending: f64::NAN,
            uses: 1,
        };
        let index = if let Some(index) = self.free.pop() {
            self.outputs[index.0 as usize] = output;
            index
        } else {
            let place = self.outputs.len();
            self.outputs.push(output);
            OutputIndex(u32::try_from(place).expect("2^32 series do not fit into memory"))
        };
        self.in_order.insert(canonical.into(), index);
        Some(index)
    }

    /// Gives back a use.
    pub(super) fn release(&mut self, index: OutputIndex) {
        let output = &mut self.outputs[index.0 as usize];
        output.uses -= 1;
        if output.uses == 0 {
            self.in_order.remove(output.tags.canonical().as_str());
            output.tags = Tags::empty();
            self.free.push(index);
        }
    }

    /// Says a value of a series; NaN says nothing.
    pub(super) fn say(&mut self, index: OutputIndex, value: f64) {
        let output = &mut self.outputs[index.0 as usize];
        output.pending = if output.pending.is_nan() {
            value
        } else if output.is_amount && !value.is_nan() {
            output.pending + value
        } else {
            output.pending.max(value)
        };
    }

    /// Says a rate per second.
    pub(super) fn say_rate(&mut self, index: OutputIndex, rate: f64) {
        let is_amount = self.outputs[index.0 as usize].is_amount;
        self.say(
            index,
            if is_amount {
                rate * self.step_seconds
            } else {
                rate
            },
        );
    }

    /// Takes what was said since the last time, in the order of the canonical texts.
    pub(super) fn take(&mut self, timestamp: Timestamp, datapoints: &mut Vec<Datapoint>) {
        for index in self.in_order.values() {
            let output = &mut self.outputs[index.0 as usize];
            let said = std::mem::replace(&mut output.pending, f64::NAN);
            if said.is_nan() {
                continue;
            }
            let value = if output.is_amount {
                said / self.step_seconds
            } else {
                said
            };
            datapoints.push(Datapoint {
                tags: output.tags.clone(),
                timestamp,
                value,
            });
        }
    }

    /// Forgets strings out of use, when there may be many.
    pub(super) fn sweep(&mut self) {
        if self.strings.len() >= self.sweep_at {
            self.strings.retain(|string| Arc::strong_count(string) > 1);
            self.sweep_at = (2 * self.strings.len()).max(1024);
        }
    }

    fn output_tags(
        &mut self,
        meter: &Tags,
        statistic: Statistic,
        percentile: Option<&str>,
    ) -> Tags {
        let mut pairs: Vec<(Arc<str>, Arc<str>)> = meter
            .iter()
            .map(|(key, value)| (Arc::clone(key), Arc::clone(value)))
            .collect();
        match statistic {
            Statistic::Default(_) if meter.get(STATISTIC_KEY).is_some() => {}
            Statistic::Default(text) | Statistic::Always(text) => {
                pairs.push((self.string(STATISTIC_KEY), self.string(text)));
            }
        }
        if let Some(bucket) = percentile {
            pairs.push((self.string("percentile"), self.string(bucket)));
        }
        let tags = Tags::from_pairs(pairs.iter().cloned());
        let dstype = if is_amount(&tags) { "sum" } else { "gauge" };
        pairs.push((self.string(DSTYPE_KEY), self.string(dstype)));
        Tags::from_pairs(pairs)
    }

    fn string(&mut self, text: &str) -> Arc<str> {
        if let Some(known) = self.strings.get(text) {
            return Arc::clone(known);
        }
        let string: Arc<str> = Arc::from(text);
        self.strings.insert(Arc::clone(&string));
        string
    }
}

/// Whether values are amounts of the interval. The aggregator behind the agents tells it by the
/// statistic alone; whatever is unknown to it is a gauge.
fn is_amount(tags: &Tags) -> bool {
    tags.get(STATISTIC_KEY).is_some_and(|statistic| {
        matches!(
            &**statistic,
            "count" | "totalAmount" | "totalTime" | "totalOfSquares" | "percentile"
        )
    })
}

const STATISTIC_KEY: &str = "statistic";

//! Queries, asked of the store and of the model: every bit of the answers is equal, or the run ends.

use std::collections::BTreeMap;

use telamon_model::Timestamp;
use telamon_query::context::EvalContext;
use telamon_query::exec::{self, Limits};
use telamon_query::lang::{self, ParseOptions};
use telamon_store::Snapshot;

use super::Finding;
use super::question::{Aggregate, Answer, Ask, Question, Window};
use super::run::Run;

impl Run {
    /// Asks a question and compares every bit of the answer.
    pub(super) fn ask(&mut self) -> Result<(), Finding> {
        let chance = &mut self.chances.questions;
        let question = Question::random(chance, &self.universe);
        let slot_ms = self.setting.step_ms;
        let step_ms = slot_ms * chance.pick(&[1, 1, 1, 2, 3, 7]);
        let newest_ms = self.log_time_ms.unwrap_or(self.wall_ms);
        let back_ms = chance.pick(&[0, 0, 200_000, self.setting.retention_ms]);
        let end = (newest_ms + 2 * slot_ms - chance.within(0..=back_ms)).div_euclid(step_ms);
        let points = chance.within(1..=chance.clone().pick(&[3, 12, 40]));
        let window = Window {
            start_ms: (end - points) * step_ms,
            end_ms: end * step_ms,
            step_ms,
            slot_ms,
        };
        let snapshot = self.life.store.snapshot();
        let wanted = question.answer(&self.model.now(&self.universe), window);
        self.tell(|_| format!("query: {}", question.text(step_ms)));
        self.counts.lines += wanted.len() as u64;
        compare(&question, window, &snapshot, &wanted).map_err(Finding::new)?;
        if self.chances.questions.one_in(8) {
            return self.ask_tags(&snapshot);
        }
        Ok(())
    }

    fn ask_tags(&self, snapshot: &Snapshot) -> Result<(), Finding> {
        for key in ["name", "nf.node", "nf.cluster", "nothing"] {
            let mut found: BTreeMap<String, u64> = BTreeMap::new();
            for shard in snapshot.shards() {
                for (value, count) in shard.tag_values(key, None) {
                    *found.entry(value.to_string()).or_default() += count;
                }
            }
            let wanted = self.model.now(&self.universe).tag_values(key);
            if found != wanted {
                return Err(Finding::new(format!(
                    "the values of {key} are {found:?}, they had to be {wanted:?}"
                )));
            }
        }
        Ok(())
    }
}

/// Asked at the cuts of every closed step.
pub(super) fn probes() -> [Question; 2] {
    let mut all = Ask::of("load", Aggregate::Count);
    all.equal.clear();
    let sums = Ask::of("bytes", Aggregate::Sum).by(&["nf.node"]);
    [Question::Data(all), Question::Data(sums)]
}

/// The bits of a value, all NaN being one.
pub(super) fn bits(value: f64) -> Option<u64> {
    (!value.is_nan()).then_some(value.to_bits())
}

/// What is different between an answer of the store and the one it had to give.
pub(super) fn compare(
    question: &Question,
    window: Window,
    snapshot: &Snapshot,
    wanted: &[Answer],
) -> Result<(), String> {
    const LIMITS: Limits = Limits {
        lines_max: 100_000,
        datapoints_max: 1 << 30,
        input_points_max: 1 << 40,
        answer_points_max: 1 << 40,
        groups_max: 1_000_000,
        work_points_max: 50_000_000,
        data_exprs_max: 1_000,
        parallel_points_min: u64::MAX,
        cancel: None,
    };
    let text = question.text(window.step_ms);
    let exprs = lang::parse(&text, &ParseOptions::reference())
        .map_err(|error| format!("`{text}` is no expression: {error:?}"))?;
    let context = EvalContext {
        start: Timestamp(window.start_ms),
        end: Timestamp(window.end_ms),
        step_ms: window.step_ms,
    };
    let evaluation = exec::eval(&exprs, snapshot, &context, &LIMITS)
        .map_err(|error| format!("`{text}` failed: {error}"))?;
    let lines = evaluation.results.into_iter().flatten().map(|line| Answer {
        tags: line
            .tags
            .iter()
            .map(|(key, value)| (key.to_string(), value.to_string()))
            .collect(),
        values: line.values,
    });
    let mut found: Vec<Answer> = lines.collect();
    found.sort_by(|a, b| a.tags.cmp(&b.tags));
    let is_same = |(found, wanted): &(&Answer, &Answer)| {
        let wanted_bits = wanted.values.iter().map(|&value| bits(value));
        let found_bits = found.values.iter().map(|&value| bits(value));
        found.tags == wanted.tags && found_bits.eq(wanted_bits)
    };
    let differing = found.iter().zip(wanted).find(|pair| !is_same(pair));
    if differing.is_none() && found.len() == wanted.len() {
        return Ok(());
    }
    Err(format!(
        "`{text}` over {window:?} gave {} lines, {} were wanted; the first that differs: {}",
        found.len(),
        wanted.len(),
        differing.map_or_else(
            || "a line too many or too few".to_owned(),
            |(found, wanted)| format!("found {found:?}\n    wanted {wanted:?}")
        )
    ))
}

/// The step that has closed and the one before it.
pub(super) fn probe_window(slot: i64, step_ms: i64) -> Window {
    Window {
        start_ms: (slot - 1) * step_ms,
        end_ms: (slot + 1) * step_ms,
        step_ms,
        slot_ms: step_ms,
    }
}

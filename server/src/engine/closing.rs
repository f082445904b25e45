//! Closed steps, brought back into order.
//!
//! Threads that append at the same time may hand in the steps they closed in any order; the store
//! gives each step to one of them. Steps leave here one after the other.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use telamon_model::Slot;
use telamon_store::{ClosedStep, Snapshot};

/// A step that is missing this long is taken for one that retention dropped during a pause.
const GAP_MS: i64 = 1000;

/// Steps that wait for whoever evaluates them.
#[derive(Debug)]
pub(super) struct ClosedQueue(Mutex<Waiting>);

#[derive(Debug)]
struct Waiting {
    steps: BTreeMap<Slot, Snapshot>,
    /// The last step that left; `None` before the first.
    last: Option<Slot>,
    /// Since when the next step is missing although later ones are here.
    missing_since_ms: Option<i64>,
}

impl ClosedQueue {
    /// A queue that goes on after a step.
    pub(super) fn after(last: Option<Slot>) -> Self {
        Self(Mutex::new(Waiting {
            steps: BTreeMap::new(),
            last,
            missing_since_ms: None,
        }))
    }

    /// Adds steps.
    pub(super) fn put(&self, closed: Vec<ClosedStep>) {
        if closed.is_empty() {
            return;
        }
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for step in closed {
            waiting.steps.insert(step.slot, step.snapshot);
        }
    }

    /// Drops every step that waits.
    pub(super) fn clear(&self) {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((last, _snapshot)) = waiting.steps.pop_last() {
            waiting.last = Some(last);
        }
        waiting.steps.clear();
        waiting.missing_since_ms = None;
    }

    /// Takes the next step.
    pub(super) fn next(&self, now_ms: i64) -> Option<ClosedStep> {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (&slot, _) = waiting.steps.first_key_value()?;
        if waiting.last.is_some_and(|last| slot > last.plus(1)) {
            let since_ms = *waiting.missing_since_ms.get_or_insert(now_ms);
            if now_ms - since_ms < GAP_MS {
                return None;
            }
        }
        waiting.missing_since_ms = None;
        waiting.last = Some(slot);
        let (slot, snapshot) = waiting.steps.pop_first()?;
        Some(ClosedStep { slot, snapshot })
    }
}

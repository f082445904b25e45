//! What happened, for people: the last events of a run with their virtual times.

use std::collections::VecDeque;

/// Events that a story tells.
const EVENTS_MAX: usize = 40;

/// The last events, if anybody listens.
#[derive(Clone, Debug)]
pub(crate) struct Story {
    is_told: bool,
    origin_ms: i64,
    events: VecDeque<String>,
}

impl Story {
    pub(crate) fn new(is_told: bool, origin_ms: i64) -> Self {
        Self {
            is_told,
            origin_ms,
            events: VecDeque::new(),
        }
    }

    /// Adds an event; its text is made only if somebody listens.
    pub(crate) fn tell(&mut self, step: u64, now_ms: i64, text: impl FnOnce() -> String) {
        if !self.is_told {
            return;
        }
        let passed_ms = now_ms - self.origin_ms;
        if self.events.len() == EVENTS_MAX {
            self.events.pop_front();
        }
        let (seconds, millis) = (passed_ms / 1000, passed_ms % 1000);
        let text = text();
        self.events
            .push_back(format!("  #{step:<6} +{seconds}.{millis:03}s  {text}"));
    }

    /// The events, oldest first.
    pub(crate) fn into_text(self) -> String {
        Vec::from(self.events).join("\n")
    }
}

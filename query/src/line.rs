//! Lines: what an expression evaluates to.

use std::sync::Arc;

use telamon_model::{ABSENT, Tags};

/// The name of what stands for a result without lines.
const NO_DATA: &str = "NO_DATA";

/// One value per step of the evaluation, with a name.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// What is common to everything that went into the line, and the group it stands for.
    pub tags: Tags,
    /// Name when nothing else names the line.
    pub label: String,
    /// Whether values are readings or rates per second.
    pub kind: LineKind,
    /// One value per step, [`ABSENT`] where there is none.
    pub values: Vec<f64>,
}

/// How values of a line relate to their step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineKind {
    /// A reading at some time within the step.
    Gauge,
    /// An amount per second over the step.
    Rate,
}

impl Line {
    /// What stands for a result without lines where one is expected.
    pub fn no_data(points: usize) -> Self {
        Self {
            tags: Tags::from_pairs([("name", NO_DATA)]),
            label: "NO DATA".to_owned(),
            kind: LineKind::Gauge,
            values: vec![ABSENT; points],
        }
    }

    /// Whether it stands for a result without lines, or was computed from that.
    pub(crate) fn is_no_data(&self) -> bool {
        let mut tags = self.tags.iter();
        let is_marked =
            |(key, value): (&Arc<str>, &Arc<str>)| &**key == "name" && &**value == NO_DATA;
        tags.next().is_some_and(is_marked) && tags.next().is_none()
    }
}

/// The label of a line that is named by its tags: `k=v, k2=v2`.
pub fn tag_label(tags: &Tags) -> String {
    if tags.is_empty() {
        return "NO TAGS".to_owned();
    }
    let pairs: Vec<String> = tags
        .iter()
        .map(|(key, value)| format!("{key}={value}"))
        .collect();
    pairs.join(", ")
}

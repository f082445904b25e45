//! Tags made from other tags: `:relabel`.
//!
//! Takes lines; gives the same lines with other tags and a label that follows from them. Lines that
//! end with the same tags stay apart; whoever wants one of them groups again.

use std::sync::Arc;

use telamon_model::Tags;

use super::EvalError;
use crate::expr::Relabel;
use crate::line::{Line, tag_label};
use crate::pattern::TextTooLong;

pub(super) fn relabel(rule: &Relabel, lines: &[Line]) -> Result<Vec<Line>, EvalError> {
    let changed = lines.iter().map(|line| {
        let tags = tags_of(rule, &line.tags)?;
        Ok(Line {
            label: tag_label(&tags),
            tags,
            ..line.clone()
        })
    });
    changed.collect()
}

fn tags_of(relabel: &Relabel, tags: &Tags) -> Result<Tags, EvalError> {
    let source = tags.get(&relabel.source).map_or("", |value| value);
    let made = relabel
        .rule
        .apply(source)
        .map_err(|TextTooLong { bytes_max }| EvalError::RelabelledTooLong {
            key: Arc::clone(&relabel.target),
            bytes_max,
        })?;
    let Some(made) = made else {
        return Ok(tags.clone());
    };
    let others = tags.iter().filter(|(key, _)| **key != relabel.target);
    let others = others.map(|(key, value)| (Arc::clone(key), Arc::clone(value)));
    let target = (!made.is_empty()).then(|| (Arc::clone(&relabel.target), Arc::from(made)));
    Ok(Tags::from_pairs(others.chain(target)))
}

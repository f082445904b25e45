//! What all lines of an expression share, and their names.
//!
//! Takes evaluated lines, gives lines of a graph with tags, label and id; colour and style are left to
//! others.

use std::sync::Arc;

use telamon_model::duration::format_millis;
use telamon_model::{SeriesId, Tags};
use telamon_query::expr::StyledExpr;
use telamon_query::label::{edits_of, legend};
use telamon_query::line::Line;
use telamon_render::color::Color;
use telamon_render::graph::{LineDef, LineStyle};

use crate::api::problem::Problem;

/// The value of a variable of a legend.
pub(in crate::api) type Variable<'a> = dyn Fn(&LineDef, &str) -> Option<String> + 'a;

/// An expression as its lines know it.
pub(in crate::api) struct Source {
    styled: StyledExpr,
    query: String,
    /// Whether lines get ids.
    has_ids: bool,
    group_by_keys: Vec<String>,
    offset: String,
    /// Steps back that one search of an edit may take.
    edit_steps_max: usize,
}

impl Source {
    /// What the lines of the expression share. Each edit of their names may take some steps back.
    pub(in crate::api) fn of(styled: &StyledExpr, has_ids: bool, edit_steps_max: usize) -> Self {
        let is_grouped = styled.expr.is_grouped();
        let keys = styled.expr.final_grouping();
        let keys = keys
            .iter()
            .filter(|_| is_grouped)
            .map(|key| key.to_string());
        Self {
            query: styled.to_string(),
            has_ids,
            group_by_keys: keys.collect(),
            offset: format_millis(styled.expr.offset_ms()),
            styled: styled.clone(),
            edit_steps_max,
        }
    }

    /// The lines by name, plain and black.
    ///
    /// # Errors
    /// When the legend has edits that make no sense, and there is a line.
    pub(in crate::api) fn name(
        &self,
        lines: impl IntoIterator<Item = Line>,
        variable: &Variable<'_>,
    ) -> Result<Vec<LineDef>, Problem> {
        let mut edits = None;
        let mut defs = Vec::new();
        for line in lines {
            let edits = match &mut edits {
                Some(edits) => edits,
                None => edits.insert(edits_of(&self.styled, self.edit_steps_max)?),
            };
            let mut def = LineDef {
                id: None,
                label: String::new(),
                query: Some(self.query.clone()),
                group_by_keys: self.group_by_keys.clone(),
                tags: with_offset(&line.tags, &self.offset),
                values: line.values,
                color: Color::BLACK,
                style: LineStyle::Line,
                width: 1.0,
            };
            let value = |key: &str| variable(&def, key);
            def.label = legend(&self.styled, edits, &line.label, &value)?;
            def.id = self.has_ids.then(|| self.id(&def.tags));
            defs.push(def);
        }
        Ok(defs)
    }

    /// Names a line among those of all expressions.
    fn id(&self, tags: &[(Arc<str>, Arc<str>)]) -> String {
        let mut pairs = tags.to_vec();
        pairs.push((Arc::from("atlas.query"), Arc::from(self.query.as_str())));
        SeriesId::of(&Tags::from_pairs(pairs)).to_string()
    }
}

/// Tags in key order, the offset last.
fn with_offset(tags: &Tags, offset: &str) -> Vec<(Arc<str>, Arc<str>)> {
    let mut pairs: Vec<(Arc<str>, Arc<str>)> = tags
        .iter()
        .filter(|(key, _)| &***key != "atlas.offset")
        .map(|(key, value)| (Arc::clone(key), Arc::clone(value)))
        .collect();
    pairs.push((Arc::from("atlas.offset"), Arc::from(offset)));
    pairs
}

/// The value of a tag.
pub(in crate::api) fn value(tags: &[(Arc<str>, Arc<str>)], key: &str) -> Option<String> {
    let found = tags.iter().find(|(known, _)| &**known == key);
    found.map(|(_, value)| value.to_string())
}

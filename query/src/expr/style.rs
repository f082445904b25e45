//! An expression with settings for whoever draws it.
//!
//! Settings are kept as the text that was written: the language checks few of them, because the
//! reference reports a bad value only where it is used.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Expr;

/// What can be set about the presentation of an expression, in the order of the names: they print in
/// descending order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Setting {
    /// Transparency, hex digits; folded into the color when there is one.
    Alpha,
    /// Index of the axis.
    Axis,
    /// Name or eight hex digits, alpha first.
    Color,
    /// Template of the legend.
    Legend,
    /// How many lines are shown.
    Limit,
    /// Line style: line, area, stack, vspan or heatmap.
    Ls,
    /// Line width.
    Lw,
    /// A list of durations: the expression is drawn once for each.
    Offset,
    /// Ascending or descending.
    Order,
    /// Name or list of colors.
    Palette,
    /// Edits of the legend text, one after another.
    Sed,
    /// What lines are sorted by.
    Sort,
}

impl Setting {
    /// The name of the setting.
    pub fn name(self) -> &'static str {
        match self {
            Self::Alpha => "alpha",
            Self::Axis => "axis",
            Self::Color => "color",
            Self::Legend => "legend",
            Self::Limit => "limit",
            Self::Ls => "ls",
            Self::Lw => "lw",
            Self::Offset => "offset",
            Self::Order => "order",
            Self::Palette => "palette",
            Self::Sed => "sed",
            Self::Sort => "sort",
        }
    }
}

/// Settings by name; the last write won.
pub type Settings = BTreeMap<Setting, Arc<str>>;

/// An expression with its presentation settings.
#[derive(Clone, Debug, PartialEq)]
pub struct StyledExpr {
    /// What is evaluated.
    pub expr: Arc<Expr>,
    /// How it is shown.
    pub settings: Settings,
}

impl StyledExpr {
    /// An expression without settings.
    pub fn plain(expr: Arc<Expr>) -> Self {
        Self {
            expr,
            settings: Settings::new(),
        }
    }

    /// The text of a setting.
    pub fn setting(&self, setting: Setting) -> Option<&str> {
        self.settings.get(&setting).map(|text| &**text)
    }

    /// The same expression with a setting written.
    #[must_use]
    pub fn with(mut self, setting: Setting, text: impl Into<Arc<str>>) -> Self {
        self.settings.insert(setting, text.into());
        self
    }
}

//! An expression with settings for whoever draws it.
//!
//! Settings are kept as the text that was written: the language checks few of them, because the
//! reference reports a bad value only where it is used.

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
#[derive(Debug, Default, PartialEq)]
pub struct Settings(
    /// Names ascend. There are few, so a list is cheaper than a tree.
    Vec<(Setting, Arc<str>)>,
);

impl Settings {
    /// No settings.
    pub fn new() -> Self {
        Self::default()
    }

    /// The text of a setting.
    pub fn get(&self, setting: Setting) -> Option<&Arc<str>> {
        let place = self.place(setting).ok()?;
        Some(&self.0[place].1)
    }

    /// Writes a setting.
    pub fn insert(&mut self, setting: Setting, text: Arc<str>) {
        match self.place(setting) {
            Ok(place) => self.0[place].1 = text,
            Err(place) => self.0.insert(place, (setting, text)),
        }
    }

    /// Removes a setting; gives its text.
    pub fn remove(&mut self, setting: Setting) -> Option<Arc<str>> {
        let place = self.place(setting).ok()?;
        Some(self.0.remove(place).1)
    }

    /// Removes all settings.
    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// Settings and their texts in the order of the settings.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (Setting, &Arc<str>)> {
        self.0.iter().map(|(setting, text)| (*setting, text))
    }

    fn place(&self, setting: Setting) -> Result<usize, usize> {
        self.0.binary_search_by_key(&setting, |&(known, _)| known)
    }
}

impl Clone for Settings {
    /// With room for one more: most copies are made to write it.
    fn clone(&self) -> Self {
        let mut copy = Vec::with_capacity(self.0.len() + 1);
        copy.extend_from_slice(&self.0);
        Self(copy)
    }
}

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
        self.settings.get(setting).map(|text| &**text)
    }

    /// The same expression with a setting written.
    #[must_use]
    pub fn with(mut self, setting: Setting, text: impl Into<Arc<str>>) -> Self {
        self.settings.insert(setting, text.into());
        self
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    const SOME: [Setting; 5] = [
        Setting::Sort,
        Setting::Alpha,
        Setting::Lw,
        Setting::Color,
        Setting::Sed,
    ];

    proptest! {
        #[test]
        fn settings_behave_like_a_sorted_map(
            writes in prop::collection::vec((prop::sample::select(SOME.to_vec()), any::<Option<u8>>()), 0..12),
        ) {
            let (mut settings, mut map) = (Settings::new(), BTreeMap::new());
            for (setting, text) in writes {
                match text {
                    Some(text) => {
                        let text: Arc<str> = text.to_string().into();
                        settings.insert(setting, Arc::clone(&text));
                        map.insert(setting, text);
                    }
                    None => prop_assert_eq!(settings.remove(setting), map.remove(&setting)),
                }
                prop_assert_eq!(settings.clone(), settings.clone());
                let listed: Vec<_> = settings.iter().collect();
                prop_assert_eq!(listed, map.iter().map(|(&name, text)| (name, text)).collect::<Vec<_>>());
                for setting in SOME {
                    prop_assert_eq!(settings.get(setting), map.get(&setting));
                }
            }
        }
    }
}

//! Colours of everything that is not data, by theme.

use crate::color::Color;
use crate::graph::Theme;

/// The colours of a theme.
#[derive(Clone, Debug)]
pub(crate) struct ThemeColors {
    /// Behind everything.
    pub(crate) background: Color,
    /// Behind the data.
    pub(crate) canvas: Color,
    /// Axes, marks and outlines.
    pub(crate) line: Color,
    /// Text.
    pub(crate) text: Color,
    /// Grid at minor ticks.
    pub(crate) minor_grid: Color,
    /// Grid at major ticks.
    pub(crate) major_grid: Color,
    /// A change of the zone's offset on the time axis.
    pub(crate) alert_text: Color,
    /// A word where data would be.
    pub(crate) faint_text: Color,
}

/// Behind warnings, in every theme.
pub(crate) const WARNING_BACKGROUND: Color = Color::from_argb(0xFFFF_C800);
/// Text of warnings, in every theme.
pub(crate) const WARNING_TEXT: Color = Color::BLACK;

impl ThemeColors {
    /// The colours of a theme.
    ///
    /// The grid is drawn in solid hairlines with about the ink of the reference's dashes.
    pub(crate) fn of(theme: Theme) -> Self {
        match theme {
            Theme::Light => Self {
                background: Color::from_argb(0xFFF5_F5F5),
                canvas: Color::WHITE,
                line: Color::BLACK,
                text: Color::BLACK,
                minor_grid: Color::from_argb(0x2E9A_9A9A),
                major_grid: Color::from_argb(0x40FF_5B5B),
                alert_text: Color::from_argb(0xFFD0_0000),
                faint_text: Color::from_argb(0xFF76_7676),
            },
            Theme::Dark => Self {
                background: Color::from_argb(0xFF0A_0A0A),
                canvas: Color::BLACK,
                line: Color::WHITE,
                text: Color::WHITE,
                minor_grid: Color::from_argb(0x33AB_ABAB),
                major_grid: Color::from_argb(0x50FF_5B5B),
                alert_text: Color::from_argb(0xFFFF_6060),
                faint_text: Color::from_argb(0xFF9A_9A9A),
            },
        }
    }
}

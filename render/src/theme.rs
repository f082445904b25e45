//! Colours of everything that is not data, by theme.

use crate::color::Color;
use crate::graph::{GraphStyle, Theme};

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
    /// Grid at zero.
    pub(crate) zero_line: Color,
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
    /// The colours of a theme in a style.
    ///
    /// The grid is drawn in solid hairlines; in the style of the reference with about the ink of its
    /// dashes.
    pub(crate) fn of(theme: Theme, style: GraphStyle) -> Self {
        match (style, theme) {
            (GraphStyle::Telamon, Theme::Light) => Self {
                background: Color::WHITE,
                canvas: Color::WHITE,
                line: Color::from_argb(0xFF8A_919C),
                text: Color::from_argb(0xFF1F_2430),
                minor_grid: Color::from_argb(0x0F1F_2430),
                major_grid: Color::from_argb(0x241F_2430),
                zero_line: Color::from_argb(0x801F_2430),
                alert_text: Color::from_argb(0xFFC0_2A1E),
                faint_text: Color::from_argb(0xFF66_6E7B),
            },
            (GraphStyle::Telamon, Theme::Dark) => Self {
                background: Color::from_argb(0xFF11_1418),
                canvas: Color::from_argb(0xFF11_1418),
                line: Color::from_argb(0xFF6B_7380),
                text: Color::from_argb(0xFFDD_E1E8),
                minor_grid: Color::from_argb(0x12DD_E1E8),
                major_grid: Color::from_argb(0x26DD_E1E8),
                zero_line: Color::from_argb(0x80DD_E1E8),
                alert_text: Color::from_argb(0xFFFF_7A70),
                faint_text: Color::from_argb(0xFF98_A0AD),
            },
            (GraphStyle::Atlas, Theme::Light) => Self {
                background: Color::from_argb(0xFFF5_F5F5),
                canvas: Color::WHITE,
                line: Color::BLACK,
                text: Color::BLACK,
                minor_grid: Color::from_argb(0x2E9A_9A9A),
                major_grid: Color::from_argb(0x40FF_5B5B),
                zero_line: Color::from_argb(0x7000_0000),
                alert_text: Color::from_argb(0xFFD0_0000),
                faint_text: Color::from_argb(0xFF76_7676),
            },
            (GraphStyle::Atlas, Theme::Dark) => Self {
                background: Color::from_argb(0xFF0A_0A0A),
                canvas: Color::BLACK,
                line: Color::WHITE,
                text: Color::WHITE,
                minor_grid: Color::from_argb(0x33AB_ABAB),
                major_grid: Color::from_argb(0x50FF_5B5B),
                zero_line: Color::from_argb(0x80FF_FFFF),
                alert_text: Color::from_argb(0xFFFF_6060),
                faint_text: Color::from_argb(0xFF9A_9A9A),
            },
        }
    }
}

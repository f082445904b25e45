//! Colours: 32-bit ARGB values, their text form and what colour-blind eyes make of them.
//!
//! Takes hex text, gives [`Color`]. Lists of colours and names belong to `palette`.

use std::fmt;

/// A colour with 8 bits per channel, not premultiplied.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Color {
    /// Opacity: 255 covers what lies below.
    pub alpha: u8,
    /// Red.
    pub red: u8,
    /// Green.
    pub green: u8,
    /// Blue.
    pub blue: u8,
}

impl Color {
    /// Opaque black.
    pub const BLACK: Self = Self::from_argb(0xFF00_0000);
    /// Opaque white.
    pub const WHITE: Self = Self::from_argb(0xFFFF_FFFF);

    /// The colour of a number `0xAARRGGBB`.
    pub const fn from_argb(argb: u32) -> Self {
        let [alpha, red, green, blue] = argb.to_be_bytes();
        Self {
            alpha,
            red,
            green,
            blue,
        }
    }

    /// The number `0xAARRGGBB`.
    pub const fn to_argb(self) -> u32 {
        u32::from_be_bytes([self.alpha, self.red, self.green, self.blue])
    }

    /// Parses `RGB` (digits doubled), `RRGGBB` (both opaque) or `AARRGGBB`; `None` for anything else.
    pub fn parse_hex(text: &str) -> Option<Self> {
        if !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return None;
        }
        let number = u32::from_str_radix(text, 16).ok()?;
        match text.len() {
            3 => {
                let digit = |shift: u32| ((number >> shift) & 0xF) * 0x11;
                Some(Self::from_argb(
                    0xFF00_0000 | (digit(8) << 16) | (digit(4) << 8) | digit(0),
                ))
            }
            6 => Some(Self::from_argb(0xFF00_0000 | number)),
            8 => Some(Self::from_argb(number)),
            _ => None,
        }
    }

    /// The same hue with another opacity.
    #[must_use]
    pub const fn with_alpha(self, alpha: u8) -> Self {
        Self { alpha, ..self }
    }

    /// This colour laid over an opaque one.
    #[must_use]
    pub fn over(self, below: Self) -> Self {
        let mix = |top: u8, bottom: u8| {
            let alpha = u32::from(self.alpha);
            let sum = u32::from(top) * alpha + u32::from(bottom) * (255 - alpha);
            u8::try_from((sum + 127) / 255).unwrap_or(u8::MAX)
        };
        Self {
            alpha: 255,
            red: mix(self.red, below.red),
            green: mix(self.green, below.green),
            blue: mix(self.blue, below.blue),
        }
    }
}

impl fmt::Display for Color {
    /// Eight lower-case hex digits, alpha first.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:08x}", self.to_argb())
    }
}

impl fmt::Debug for Color {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{self}")
    }
}

/// How a person sees colours; used to check pictures for readers with colour-blind eyes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Vision {
    /// All three cones.
    Normal,
    /// No red cones.
    Protanopia,
    /// Weak red cones.
    Protanomaly,
    /// No green cones.
    Deuteranopia,
    /// Weak green cones.
    Deuteranomaly,
    /// No blue cones.
    Tritanopia,
    /// Weak blue cones.
    Tritanomaly,
    /// No colour at all.
    Achromatopsia,
    /// Weak colours.
    Achromatomaly,
}

impl Vision {
    /// The names of the request parameter, in lower case.
    pub fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "normal" => Self::Normal,
            "protanopia" => Self::Protanopia,
            "protanomaly" => Self::Protanomaly,
            "deuteranopia" => Self::Deuteranopia,
            "deuteranomaly" => Self::Deuteranomaly,
            "tritanopia" => Self::Tritanopia,
            "tritanomaly" => Self::Tritanomaly,
            "achromatopsia" => Self::Achromatopsia,
            "achromatomaly" => Self::Achromatomaly,
            _ => return None,
        })
    }

    /// The colour as seen; alpha is kept.
    pub fn see(self, color: Color) -> Color {
        let [red, green, blue] = self.rows().map(|row| {
            let sum = row[0] * f64::from(color.red)
                + row[1] * f64::from(color.green)
                + row[2] * f64::from(color.blue);
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "rows sum to at most one; the reference truncates too"
            )]
            let channel = sum as u8;
            channel
        });
        Color {
            alpha: color.alpha,
            red,
            green,
            blue,
        }
    }

    fn rows(self) -> [[f64; 3]; 3] {
        match self {
            Self::Normal => [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]],
            Self::Protanopia => [
                [0.567, 0.433, 0.0],
                [0.558, 0.442, 0.0],
                [0.0, 0.242, 0.758],
            ],
            Self::Protanomaly => [
                [0.817, 0.183, 0.0],
                [0.333, 0.667, 0.0],
                [0.0, 0.125, 0.875],
            ],
            Self::Deuteranopia => [[0.625, 0.375, 0.0], [0.7, 0.3, 0.0], [0.0, 0.3, 0.7]],
            Self::Deuteranomaly => [[0.8, 0.2, 0.0], [0.258, 0.742, 0.0], [0.0, 0.142, 0.858]],
            Self::Tritanopia => [[0.95, 0.05, 0.0], [0.0, 0.433, 0.567], [0.0, 0.475, 0.525]],
            Self::Tritanomaly => [
                [0.967, 0.033, 0.0],
                [0.0, 0.733, 0.267],
                [0.0, 0.183, 0.817],
            ],
            Self::Achromatopsia => [[0.299, 0.587, 0.114]; 3],
            Self::Achromatomaly => [
                [0.618, 0.32, 0.062],
                [0.163, 0.775, 0.062],
                [0.163, 0.32, 0.516],
            ],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hex_text_has_three_lengths() {
        assert_eq!(Color::parse_hex("f0A").unwrap().to_argb(), 0xFFFF_00AA);
        assert_eq!(Color::parse_hex("0075DC").unwrap().to_argb(), 0xFF00_75DC);
        assert_eq!(
            Color::parse_hex("400075dc").unwrap().to_string(),
            "400075dc"
        );
        for bad in ["", "f", "ff", "ffff", "+ff", "gg0", "123456789"] {
            assert_eq!(Color::parse_hex(bad), None, "{bad}");
        }
    }

    #[test]
    fn laying_over_respects_alpha() {
        assert_eq!(Color::BLACK.with_alpha(0).over(Color::WHITE), Color::WHITE);
        assert_eq!(Color::BLACK.over(Color::WHITE), Color::BLACK);
        // The minor grid of the light theme on white, as measured on the reference.
        let minor = Color::from_argb(0x5FAB_ABAB).over(Color::WHITE);
        assert_eq!(minor.to_argb(), 0xFFE0_E0E0);
    }

    #[test]
    fn normal_vision_changes_nothing_and_grey_stays_grey() {
        let blue = Color::from_argb(0x8000_75DC);
        assert_eq!(Vision::Normal.see(blue), blue);
        let seen = Vision::Achromatopsia.see(blue);
        assert!(seen.red == seen.green && seen.green == seen.blue && seen.alpha == 0x80);
    }
}

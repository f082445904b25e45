//! Whether a colour can be read on another, and the nearest one that can.
//!
//! Contrast is that of WCAG 2.1: 1 for equal colours, 21 for black and white; 4.5 is asked of text, 3
//! of shapes. A colour that lacks it is mixed with black or with white, so that its hue stays.

use crate::color::Color;

/// The contrast of two colours, from 1 to 21; a translucent first one lies over the second.
pub(crate) fn ratio(color: Color, on: Color) -> f64 {
    let (a, b) = (luminance(color.over(on)), luminance(on));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

/// The colour itself, opaque, or as little darker or lighter as gives it the contrast on `on`; black
/// or white where no shade of it has that much.
pub(crate) fn readable(color: Color, on: Color, least: f64) -> Color {
    let color = color.over(on);
    if ratio(color, on) >= least {
        return color;
    }
    // The end of more contrast has enough of it for any text: 4.58 at the worst ground.
    let end = if ratio(Color::BLACK, on) >= ratio(Color::WHITE, on) {
        Color::BLACK
    } else {
        Color::WHITE
    };
    let mixed = |alpha: u8| end.with_alpha(alpha).over(color);
    // The colour lacks contrast, so the more of the end is in it, once it is enough it stays enough.
    let (mut short, mut enough) = (0, u8::MAX);
    while enough - short > 1 {
        let middle = short.midpoint(enough);
        if ratio(mixed(middle), on) >= least {
            enough = middle;
        } else {
            short = middle;
        }
    }
    mixed(enough)
}

/// Relative luminance, from 0 for black to 1 for white.
fn luminance(color: Color) -> f64 {
    let linear = |channel: u8| {
        let part = f64::from(channel) / 255.0;
        if part <= 0.040_45 {
            part / 12.92
        } else {
            libm::pow((part + 0.055) / 1.055, 2.4)
        }
    };
    0.2126 * linear(color.red) + 0.7152 * linear(color.green) + 0.0722 * linear(color.blue)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn contrasts_are_those_of_the_guidelines() {
        let check = |a: u32, b: u32, expected: f64| {
            let (a, b) = (Color::from_argb(a), Color::from_argb(b));
            assert!((ratio(a, b) - expected).abs() < 0.01, "{}", ratio(a, b));
            assert!((ratio(b, a) - expected).abs() < 0.01);
        };
        check(0xFF00_0000, 0xFFFF_FFFF, 21.0);
        check(0xFF80_8080, 0xFF80_8080, 1.0);
        check(0xFF76_7676, 0xFFFF_FFFF, 4.54);
        check(0xFFFF_0000, 0xFFFF_FFFF, 4.0);
    }

    #[test]
    fn what_can_be_read_stays_and_yellow_gets_darker() {
        let ground = Color::from_argb(0xFFF5_F5F5);
        let blue = Color::from_argb(0xFF00_75DC);
        assert_eq!(readable(blue, ground, 3.0), blue);
        let yellow = readable(Color::from_argb(0xFFFF_E100), ground, 4.5);
        assert!(yellow.red > yellow.blue && yellow.green > yellow.blue);
        assert!(yellow.red < 160, "{yellow}");
        let sky = readable(Color::from_argb(0xFF00_00FF), Color::BLACK, 4.5);
        assert!(sky.blue == 255 && sky.red > 0, "{sky}");
    }

    proptest! {
        #[test]
        fn every_colour_can_be_read_on_every_ground(color: u32, ground: u32, least in 1.0..4.5) {
            let ground = Color::from_argb(ground | 0xFF00_0000);
            let found = readable(Color::from_argb(color), ground, least);
            prop_assert!(ratio(found, ground) >= least);
            prop_assert_eq!(found.alpha, 255);
            prop_assert_eq!(readable(found, ground, least), found);
        }
    }
}

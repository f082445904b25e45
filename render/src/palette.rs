//! Palettes: lists of colours by name or by listing, and the named colours of the themes.
//!
//! Takes the text of request parameters and style words, gives colours. Which line takes which
//! colour is the caller's decision; [`Palette::colors`] hands them out in order.

mod tables;

use std::sync::Arc;

use crate::color::Color;
use crate::graph::{GraphStyle, Theme};

/// A list of colours; never empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Palette {
    colors: Arc<[Color]>,
    is_hashed: bool,
}

/// Why a text is no palette.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PaletteError {
    /// There is no palette of this name.
    #[error("invalid palette name: '{0}'")]
    UnknownName(String),
    /// An entry of a list is no colour.
    #[error("color must be hex string [AA]RRGGBB")]
    BadColor(String),
    /// The list has no entry.
    #[error("palette must contain at least one color")]
    Empty,
}

impl Palette {
    /// Parses a name, a list `(,f00,00ff00,)`, the old form `colors:f00,00ff00`, or any of these
    /// after `hash:`, which picks by label instead of in order.
    pub fn parse(text: &str) -> Result<Self, PaletteError> {
        if let Some(rest) = text.strip_prefix("hash:") {
            let inner = Self::parse(rest)?;
            return Ok(Self {
                is_hashed: true,
                ..inner
            });
        }
        let colors = if let Some(list) = text.strip_prefix("colors:") {
            parse_list(list)?
        } else if let Some(list) = text.strip_prefix('(') {
            parse_list(list.trim_end_matches(')'))?
        } else {
            named(text).ok_or_else(|| PaletteError::UnknownName(text.into()))?
        };
        Self::of_colors(colors)
    }

    /// A palette of given colours.
    pub fn of_colors(colors: impl Into<Arc<[Color]>>) -> Result<Self, PaletteError> {
        let colors = colors.into();
        if colors.is_empty() {
            return Err(PaletteError::Empty);
        }
        Ok(Self {
            colors,
            is_hashed: false,
        })
    }

    /// The names there are.
    pub fn names() -> impl Iterator<Item = &'static str> {
        let listed = tables::NAMED.iter().map(|(name, _)| *name);
        ["epic", "highcharts"].into_iter().chain(listed)
    }

    /// The palette of lines when the request names none: `armytage` on light, `light24` on dark, and
    /// `telamon` and `telamon_dark` in our style.
    pub fn primary(theme: Theme, style: GraphStyle) -> Self {
        Self::parse(match (style, theme) {
            (GraphStyle::Telamon, Theme::Light) => "telamon",
            (GraphStyle::Telamon, Theme::Dark) => "telamon_dark",
            (GraphStyle::Atlas, Theme::Light) => "armytage",
            (GraphStyle::Atlas, Theme::Dark) => "light24",
        })
        .expect("the table has the defaults")
    }

    /// The palette of lines with an offset: `bw` on light, `lightgray` on dark.
    pub fn offset(theme: Theme) -> Self {
        Self::parse(match theme {
            Theme::Light => "bw",
            Theme::Dark => "lightgray",
        })
        .expect("the table has the defaults")
    }

    /// The colours in order.
    pub fn listed(&self) -> &[Color] {
        &self.colors
    }

    /// Number of colours; at least one.
    pub fn len(&self) -> usize {
        self.colors.len()
    }

    /// Never true; stands beside [`Palette::len`] for form.
    pub fn is_empty(&self) -> bool {
        self.colors.is_empty()
    }

    /// Hands out colours: in order and around, or by label for a hashed palette.
    pub fn colors(&self) -> PaletteColors {
        PaletteColors {
            palette: self.clone(),
            taken: 0,
        }
    }

    /// The colour of a label, whatever other lines there are.
    pub fn color_of(&self, label: &str) -> Color {
        let count = i64::try_from(self.len()).expect("palettes are short");
        // Java's Math.abs leaves the smallest number negative; the magnitude does not.
        let index = i64::from(java_hash(label)).abs() % count;
        self.at(usize::try_from(index).expect("a magnitude"))
    }

    fn at(&self, index: usize) -> Color {
        self.colors[index % self.colors.len()]
    }
}

/// Colours of a palette being handed out.
#[derive(Clone, Debug)]
pub struct PaletteColors {
    palette: Palette,
    taken: usize,
}

impl PaletteColors {
    /// The colour for the next line, which has this label.
    pub fn take(&mut self, label: &str) -> Color {
        if self.palette.is_hashed {
            return self.palette.color_of(label);
        }
        let color = self.palette.at(self.taken);
        self.taken += 1;
        color
    }
}

/// A named colour of a theme: `blue1` to `red3`, exact case.
pub fn named_color(theme: Theme, name: &str) -> Option<Color> {
    NAMED_COLORS
        .iter()
        .find(|(known, _, _)| *known == name)
        .map(|&(_, light, dark)| {
            let rgb = match theme {
                Theme::Light => light,
                Theme::Dark => dark,
            };
            Color::from_argb(0xFF00_0000 | rgb)
        })
}

/// A named colour of the theme or hex text.
pub fn parse_color(theme: Theme, text: &str) -> Option<Color> {
    named_color(theme, text).or_else(|| Color::parse_hex(text))
}

/// `String.hashCode` of Java: 31-polynomial over UTF-16 units.
fn java_hash(text: &str) -> i32 {
    text.encode_utf16().fold(0_i32, |hash, unit| {
        hash.wrapping_mul(31).wrapping_add(i32::from(unit))
    })
}

fn named(name: &str) -> Option<Arc<[Color]>> {
    let colors = |list: &[u32]| list.iter().map(|&argb| Color::from_argb(argb)).collect();
    match name {
        "epic" => Some(colors(tables::EPIC)),
        "highcharts" => {
            let both = [tables::HIGHCHARTS_HEAD, tables::EPIC].concat();
            Some(colors(&both))
        }
        _ => tables::NAMED
            .iter()
            .find(|(known, _)| *known == name)
            .map(|(_, list)| colors(list)),
    }
}

fn parse_list(text: &str) -> Result<Arc<[Color]>, PaletteError> {
    text.split(',')
        .map(str::trim)
        .filter(|entry| !entry.is_empty())
        .map(|entry| Color::parse_hex(entry).ok_or_else(|| PaletteError::BadColor(entry.into())))
        .collect()
}

/// Name, light RGB, dark RGB.
const NAMED_COLORS: [(&str, u32, u32); 18] = [
    ("blue1", 0x6B_AED6, 0xC6_DBEF),
    ("blue2", 0x21_71B5, 0x6B_AED6),
    ("blue3", 0x08_306B, 0x21_71B5),
    ("gray1", 0x88_8888, 0xFF_FFFF),
    ("gray2", 0x44_4444, 0xBB_BBBB),
    ("gray3", 0x00_0000, 0x77_7777),
    ("green1", 0x74_C476, 0xC7_E9C0),
    ("green2", 0x23_8B45, 0x74_C476),
    ("green3", 0x00_441B, 0x23_8B45),
    ("orange1", 0xFD_8D3C, 0xFD_D0A2),
    ("orange2", 0xD9_4801, 0xFD_8D3C),
    ("orange3", 0x7F_2704, 0xD9_4801),
    ("purple1", 0x9E_9AC8, 0xDA_DAEB),
    ("purple2", 0x6A_51A3, 0x9E_9AC8),
    ("purple3", 0x3F_007D, 0x6A_51A3),
    ("red1", 0xFB_6A4A, 0xFC_BBA1),
    ("red2", 0xCB_181D, 0xFB_6A4A),
    ("red3", 0x67_000D, 0xCB_181D),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::color::Vision;
    use crate::contrast::ratio;
    use crate::theme::ThemeColors;

    fn argb(text: &str, labels: &[&str]) -> Vec<u32> {
        let mut colors = Palette::parse(text).unwrap().colors();
        labels
            .iter()
            .map(|label| colors.take(label).to_argb())
            .collect()
    }

    #[test]
    fn colours_come_in_order_and_around() {
        assert_eq!(
            argb("(,f00,8000ff00,)", &["a", "b", "c"]),
            [0xFFFF_0000, 0x8000_FF00, 0xFFFF_0000]
        );
        assert_eq!(argb("colors:f00,0f0", &["a", "b"])[1], 0xFF00_FF00);
        assert_eq!(argb("bw", &["a"]), [0xC000_0000]);
        assert_eq!(argb("armytage", &["a", "b"]), [0xFF00_75DC, 0xFF99_3F00]);
    }

    #[test]
    fn a_hashed_palette_picks_by_label() {
        // "b".hashCode() is 98.
        assert_eq!(
            argb("hash:(,f00,0f0,00f,)", &["b", "x", "b"]),
            [0xFF00_00FF, 0xFFFF_0000, 0xFF00_00FF]
        );
        assert_eq!(java_hash("polygenelubricants"), i32::MIN);
        assert_eq!(argb("hash:reds", &["polygenelubricants"]).len(), 1);
    }

    #[test]
    fn every_named_palette_is_there() {
        for (name, count) in [
            ("armytage", 24),
            ("blues", 7),
            ("bw", 8),
            ("dark24", 24),
            ("epic", 1281),
            ("greens", 7),
            ("highcharts", 1290),
            ("light24", 24),
            ("lightgray", 8),
            ("oranges", 7),
            ("purples", 7),
            ("reds", 7),
            ("telamon", 24),
            ("telamon_dark", 24),
        ] {
            assert_eq!(Palette::parse(name).unwrap().len(), count, "{name}");
        }
        assert_eq!(
            Palette::parse("foo").unwrap_err().to_string(),
            "invalid palette name: 'foo'"
        );
        assert_eq!(Palette::parse("(,)"), Err(PaletteError::Empty));
    }

    #[test]
    fn our_palettes_can_be_seen_whatever_the_eyes() {
        let canvas = |theme| ThemeColors::of(theme, GraphStyle::Telamon).canvas;
        let (light, dark) = (canvas(Theme::Light), canvas(Theme::Dark));
        for (name, grounds, least) in [
            ("telamon", vec![light, dark, Color::WHITE], 3.0),
            ("telamon_dark", vec![dark, Color::BLACK], 4.7),
        ] {
            let colors = Palette::parse(name).unwrap().listed().to_vec();
            for &color in &colors[..8] {
                for &ground in &grounds {
                    assert!(ratio(color, ground) >= least, "{name} {color} on {ground}");
                }
            }
            for vision in [Vision::Protanopia, Vision::Deuteranopia, Vision::Tritanopia] {
                let seen: Vec<Color> = colors.iter().map(|&color| vision.see(color)).collect();
                assert!(nearest(&seen[..7]) >= 24, "{name} {vision:?}");
            }
        }
    }

    #[test]
    fn any_two_of_our_colours_differ_more_than_the_nearest_two_of_the_reference() {
        for (ours, theirs) in [("telamon", "armytage"), ("telamon_dark", "light24")] {
            let listed = |name: &str| Palette::parse(name).unwrap().listed().to_vec();
            let (colors, reference) = (listed(ours), listed(theirs));
            let least = least_distance(&all_pairs(&colors));
            assert!(
                least > 1.15 * least_distance(&all_pairs(&reference)),
                "{ours} {least}"
            );
            // Layers of a stack lie on the next colour, whoever looks.
            let beside: Vec<_> = colors.windows(2).map(|pair| (pair[0], pair[1])).collect();
            assert!(least_distance(&beside) > 0.16, "{ours}");
            for vision in [Vision::Protanopia, Vision::Deuteranopia, Vision::Tritanopia] {
                let seen: Vec<_> = (beside.iter())
                    .map(|&(a, b)| (vision.see(a), vision.see(b)))
                    .collect();
                assert!(
                    least_distance(&seen) > 0.04,
                    "{ours} {vision:?} {}",
                    least_distance(&seen)
                );
            }
            // No mud: what is neither light nor dark has a hue.
            for color in colors {
                let [lightness, a, b] = oklab(color);
                let least = if lightness < 0.75 { 0.08 } else { 0.045 };
                assert!(libm::hypot(a, b) >= least, "{ours} {color}");
            }
        }
    }

    fn all_pairs(colors: &[Color]) -> Vec<(Color, Color)> {
        let pairs = (1..colors.len()).flat_map(|end| (0..end).map(move |start| (start, end)));
        pairs.map(|(a, b)| (colors[a], colors[b])).collect()
    }

    fn least_distance(pairs: &[(Color, Color)]) -> f64 {
        let distance = |a: Color, b: Color| {
            let squares = oklab(a).into_iter().zip(oklab(b));
            let sum: f64 = squares.map(|(a, b)| (a - b) * (a - b)).sum();
            sum.sqrt()
        };
        let distances = pairs.iter().map(|&(a, b)| distance(a, b));
        distances.fold(f64::INFINITY, f64::min)
    }

    /// Lightness, green to red, blue to yellow: <https://bottosson.github.io/posts/oklab/>.
    fn oklab(color: Color) -> [f64; 3] {
        let linear = |channel: u8| match f64::from(channel) / 255.0 {
            part if part <= 0.040_45 => part / 12.92,
            part => libm::pow((part + 0.055) / 1.055, 2.4),
        };
        let of = |[red, green, blue]: [f64; 3], [r, g, b]: [f64; 3]| red * r + green * g + blue * b;
        let rgb = [color.red, color.green, color.blue].map(linear);
        let cones = [
            [0.412_221_470_8, 0.536_332_536_3, 0.051_445_992_9],
            [0.211_903_498_2, 0.680_699_545_1, 0.107_396_956_6],
            [0.088_302_461_9, 0.281_718_837_6, 0.629_978_700_5],
        ]
        .map(|row| libm::cbrt(of(row, rgb)));
        [
            [0.210_454_255_3, 0.793_617_785_0, -0.004_072_046_8],
            [1.977_998_495_1, -2.428_592_205_0, 0.450_593_709_9],
            [0.025_904_037_1, 0.782_771_766_2, -0.808_675_766_0],
        ]
        .map(|row| of(row, cones))
    }

    /// How far the two nearest colours are apart in the channel that tells them apart best.
    fn nearest(colors: &[Color]) -> u8 {
        let apart = |a: &Color, b: &Color| {
            let green = a.green.abs_diff(b.green);
            a.red
                .abs_diff(b.red)
                .max(green)
                .max(a.blue.abs_diff(b.blue))
        };
        let pairs = (1..colors.len()).flat_map(|end| (0..end).map(move |start| (start, end)));
        pairs
            .map(|(a, b)| apart(&colors[a], &colors[b]))
            .min()
            .unwrap()
    }

    #[test]
    fn named_colours_depend_on_the_theme() {
        assert_eq!(
            parse_color(Theme::Dark, "blue1").unwrap().to_argb(),
            0xFFC6_DBEF
        );
        assert_eq!(
            parse_color(Theme::Light, "blue1").unwrap().to_argb(),
            0xFF6B_AED6
        );
        assert_eq!(parse_color(Theme::Light, "Blue1"), None);
        assert_eq!(
            parse_color(Theme::Light, "f00").unwrap().to_argb(),
            0xFFFF_0000
        );
    }
}

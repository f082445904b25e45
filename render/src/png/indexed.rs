//! Pixels as the bytes of a file: indexes into a list of at most 256 colours, or colours.
//!
//! Takes what was painted, gives the list and the bytes of each row. Pictures have few colours: those
//! of lines, text and their edges. Where there are more, rare ones become a near common one, as long as
//! nobody would see it.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::iter;
use std::ops::Range;

use rustc_hash::FxHashMap;

use crate::raster::{Dots, Pixels};

/// Colours of an indexed picture.
const COLORS_MAX: usize = 256;
/// How far a channel of a rare colour may be from that of the colour that stands for it.
const ERROR_MAX: u8 = 24;
/// How far listed colours are apart: near ones share a place only where there are too many.
const APART: [u8; 4] = [0, 6, 12, ERROR_MAX];
/// What has more colours than these is no drawing.
const RARE_MAX: usize = 4096;

/// How the pixels of a picture become bytes.
pub(super) enum Rows<'p> {
    /// A byte a pixel, as they were painted.
    Painted(&'p [u32], &'p [u8]),
    /// A byte a pixel for each colour.
    Indexed(Vec<u32>, FxHashMap<u32, u8>, &'p [u32]),
    /// Three bytes a pixel.
    Rgb(&'p [u32]),
}

impl<'p> Rows<'p> {
    pub(super) fn of(pixels: &'p Pixels) -> Self {
        match &pixels.dots {
            Dots::Indexed(list, indexes) => Self::Painted(list.colors(), indexes),
            Dots::Rgb(colors) => match most_common(pixels.columns(), colors) {
                Some((palette, places)) => Self::Indexed(palette, places, colors),
                None => Self::Rgb(colors),
            },
        }
    }

    /// The colours that the bytes stand for, `0x00RRGGBB`; none where the bytes are colours themselves.
    pub(super) fn palette(&self) -> Option<&[u32]> {
        match self {
            Self::Painted(palette, _) => Some(palette),
            Self::Indexed(palette, ..) => Some(palette),
            Self::Rgb(_) => None,
        }
    }

    /// The bytes of consecutive pixels.
    pub(super) fn bytes(&self, pixels: Range<usize>) -> Cow<'p, [u8]> {
        match self {
            Self::Painted(_, indexes) => Cow::Borrowed(&indexes[pixels]),
            Self::Indexed(_, places, colors) => {
                let runs = colors[pixels].chunk_by(|a, b| a == b);
                runs.flat_map(|run| iter::repeat_n(places[&run[0]], run.len()))
                    .collect()
            }
            Self::Rgb(colors) => colors[pixels].iter().copied().flat_map(bytes_of).collect(),
        }
    }
}

/// Red, green and blue.
pub(super) fn bytes_of(rgb: u32) -> [u8; 3] {
    let [_, red, green, blue] = rgb.to_be_bytes();
    [red, green, blue]
}

/// A list of colours, and which of them each colour of the picture becomes: the most common ones, and
/// for every other one a near one of these. `None` when one is too far from all of them.
fn most_common(width: usize, colors: &[u32]) -> Option<(Vec<u32>, FxHashMap<u32, u8>)> {
    let mut counts: FxHashMap<u32, u64> = FxHashMap::default();
    for row in colors.chunks(width.max(1)) {
        for run in row.chunk_by(|a, b| a == b) {
            *counts.entry(run[0]).or_default() += run.len() as u64;
        }
        if counts.len() > RARE_MAX {
            return None;
        }
    }
    let mut colors: Vec<(u32, u64)> = counts.into_iter().collect();
    colors.sort_unstable_by_key(|&(rgb, count)| (Reverse(count), rgb));
    APART.into_iter().find_map(|apart| listed(&colors, apart))
}

/// The list of the first colours that are further than `apart` from all before them, and what each
/// colour becomes.
fn listed(colors: &[(u32, u64)], apart: u8) -> Option<(Vec<u32>, FxHashMap<u32, u8>)> {
    let mut palette: Vec<u32> = Vec::with_capacity(COLORS_MAX);
    let mut places: FxHashMap<u32, u8> = FxHashMap::default();
    for &(rgb, _) in colors {
        let is_full = palette.len() == COLORS_MAX;
        let reach = if is_full { ERROR_MAX } else { apart };
        // No two colours are the same: there is nothing to look for.
        let near = (reach > 0).then(|| nearest(&palette, rgb)).flatten();
        let place = match near {
            Some((error, place)) if error <= reach => place,
            _ if is_full => return None,
            _ => {
                palette.push(rgb);
                u8::try_from(palette.len() - 1).expect("no more colours than a byte tells apart")
            }
        };
        places.insert(rgb, place);
    }
    Some((palette, places))
}

/// How far the nearest colour of a list is, and its place.
fn nearest(palette: &[u32], rgb: u32) -> Option<(u8, u8)> {
    let errors = palette.iter().map(|&other| distance(rgb, other));
    errors.zip(0..=u8::MAX).min()
}

/// The largest difference of a channel.
fn distance(a: u32, b: u32) -> u8 {
    let ([_, red, green, blue], other) = (a.to_be_bytes(), b.to_be_bytes());
    let apart = red.abs_diff(other[1]).max(green.abs_diff(other[2]));
    apart.max(blue.abs_diff(other[3]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The colours that a file of the pixels shows, and how many of them it lists.
    fn shown(pixels: &Pixels) -> Option<(Vec<u32>, usize)> {
        let rows = Rows::of(pixels);
        let palette = rows.palette()?;
        let bytes = rows.bytes(0..pixels.colors().len());
        let colors = bytes.iter().map(|&index| palette[usize::from(index)]);
        Some((colors.collect(), palette.len()))
    }

    proptest! {
        #[test]
        fn few_colours_are_kept_exactly(
            width in 1..9_u32, row in prop::collection::vec(0..200_u32, 9), height in 1..20_usize,
        ) {
            let row = row[..usize::try_from(width).unwrap()].iter();
            let row: Vec<u32> = row.map(|rgb| rgb * 77_777 % 0xFF_FFFF).collect();
            let pixels = Pixels::of_colors(width, row.repeat(height));
            let (shown, count) = shown(&pixels).unwrap();
            prop_assert_eq!(shown, pixels.colors());
            prop_assert!(count <= 9);
        }

        #[test]
        fn of_many_colours_the_common_ones_stay_and_rare_ones_hardly_change(seed in 0..1000_u32) {
            let common = (0..250).flat_map(|index| [index * 0x01_0101; 4]);
            let rare = (0..400_u32).map(|index| {
                let noise = (index + seed).wrapping_mul(2_654_435_761) >> 28;
                ((index % 250) * 0x01_0101) ^ noise
            });
            let colors: Vec<u32> = common.chain(rare).collect();
            let (shown, count) = shown(&Pixels::of_colors(2, colors.clone())).unwrap();
            prop_assert_eq!(&shown[..1000], &colors[..1000]);
            let worst = shown.iter().zip(&colors).map(|(a, b)| distance(*a, *b)).max();
            prop_assert!(worst <= Some(ERROR_MAX), "{:?}", worst);
            prop_assert!(count <= 256);
        }
    }

    /// Edges of ten lines over a grid: more colours than a byte tells apart, none of them common.
    #[test]
    fn where_no_colours_are_common_near_ones_share_a_place() {
        let hues = (0..20_u32).map(|hue| hue.wrapping_mul(2_654_435_761) >> 8);
        let shades = hues.flat_map(|rgb| (0..20_u32).map(move |step| rgb & 0xFF_FF00 | step << 1));
        let colors: Vec<u32> = shades.flat_map(|rgb| [rgb; 2]).collect();
        let (shown, count) = shown(&Pixels::of_colors(2, colors.clone())).unwrap();
        let worst = shown
            .iter()
            .zip(&colors)
            .map(|(a, b)| distance(*a, *b))
            .max();
        assert!(worst <= Some(6) && count <= 256, "{worst:?} {count}");
    }

    #[test]
    fn what_256_colours_cannot_show_is_no_indexed_picture() {
        let colors: Vec<u32> = (0..4000_u32)
            .map(|index| index.wrapping_mul(2_654_435_761) >> 8)
            .collect();
        assert!(shown(&Pixels::of_colors(1, colors)).is_none());
    }
}

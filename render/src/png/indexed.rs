//! Pixels as indexes into a list of at most 256 colours.
//!
//! Pictures have few colours: those of lines, text and their edges. Where there are more, the rarest
//! take the place of their nearest neighbour, as long as nobody would see it.

use std::cmp::Reverse;

use rustc_hash::FxHashMap;

use crate::raster::Pixels;

/// Colours of an indexed picture.
const COLORS_MAX: usize = 256;
/// How far a channel of a rare colour may be from that of the colour that stands for it.
const ERROR_MAX: u8 = 24;
/// What has more colours than these is no drawing.
const RARE_MAX: usize = 4096;

/// A picture of few colours.
pub(super) struct Indexed {
    /// Colours, `0x00RRGGBB`.
    pub(super) palette: Vec<u32>,
    /// A colour per pixel, row by row.
    pub(super) indexes: Vec<u8>,
}

/// The picture with a byte per pixel; `None` when 256 colours cannot show it.
pub(super) fn indexed(pixels: &Pixels) -> Option<Indexed> {
    let exact = Table::default().index(pixels, true);
    exact.or_else(|| most_common(pixels)?.index(pixels, false))
}

/// Which index shows a colour.
#[derive(Default)]
struct Table {
    known: FxHashMap<u32, u8>,
    palette: Vec<u32>,
}

impl Table {
    /// The index of a colour that may be new; `None` when a byte cannot tell so many apart.
    fn add(&mut self, rgb: u32) -> Option<u8> {
        let index = u8::try_from(self.palette.len()).ok()?;
        self.known.insert(rgb, index);
        self.palette.push(rgb);
        Some(index)
    }

    /// Looks up every pixel, and takes in new colours where that is wanted.
    fn index(mut self, pixels: &Pixels, is_growing: bool) -> Option<Indexed> {
        let mut indexes: Vec<u8> = Vec::with_capacity(pixels.colors.len());
        let mut above: &[u32] = &[];
        let mut last = (u32::MAX, 0);
        for row in rows(pixels) {
            // Most of a picture is ground: what repeats is copied.
            if row == above {
                indexes.extend_from_within(indexes.len() - row.len()..);
                continue;
            }
            above = row;
            for &rgb in row {
                if rgb != last.0 {
                    let index = match self.known.get(&rgb) {
                        Some(&index) => index,
                        None if is_growing => self.add(rgb)?,
                        None => return None,
                    };
                    last = (rgb, index);
                }
                indexes.push(last.1);
            }
        }
        Some(Indexed {
            palette: self.palette,
            indexes,
        })
    }
}

fn rows(pixels: &Pixels) -> impl Iterator<Item = &[u32]> {
    let width = usize::try_from(pixels.width).unwrap_or(usize::MAX);
    pixels.colors.chunks(width.max(1))
}

/// The most common colours, and for every other one the nearest of these; `None` when one is too
/// far from all of them.
fn most_common(pixels: &Pixels) -> Option<Table> {
    let mut counts: FxHashMap<u32, u64> = FxHashMap::default();
    for row in rows(pixels) {
        for run in row.chunk_by(|a, b| a == b) {
            *counts.entry(run[0]).or_default() += run.len() as u64;
        }
        if counts.len() > RARE_MAX {
            return None;
        }
    }
    let mut colors: Vec<(u32, u64)> = counts.into_iter().collect();
    colors.sort_unstable_by_key(|&(rgb, count)| (Reverse(count), rgb));
    let mut table = Table::default();
    let (common, rare) = colors.split_at(COLORS_MAX.min(colors.len()));
    for &(rgb, _) in common {
        table.add(rgb)?;
    }
    for &(rgb, _) in rare {
        let nearest = common
            .iter()
            .map(|&(other, _)| (distance(rgb, other), other));
        let (error, other) = nearest.min()?;
        if error > ERROR_MAX {
            return None;
        }
        table.known.insert(rgb, table.known[&other]);
    }
    Some(table)
}

/// The largest difference of a channel.
fn distance(a: u32, b: u32) -> u8 {
    let pairs = a.to_be_bytes().into_iter().zip(b.to_be_bytes());
    pairs.map(|(a, b)| a.abs_diff(b)).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn shown(indexed: &Indexed) -> Vec<u32> {
        let index = |&index: &u8| indexed.palette[usize::from(index)];
        indexed.indexes.iter().map(index).collect()
    }

    fn picture(width: usize, colors: Vec<u32>) -> Pixels {
        Pixels {
            width: u32::try_from(width).unwrap(),
            height: u32::try_from(colors.len() / width).unwrap(),
            colors,
        }
    }

    proptest! {
        #[test]
        fn few_colours_are_kept_exactly(
            width in 1..9_usize,
            rows in prop::collection::vec((0..3_u8, prop::collection::vec(0..200_u32, 9)), 1..20),
        ) {
            // Rows come several times, as in pictures.
            let rows = rows.iter().flat_map(|(times, row)| (0..=*times).map(move |_| row));
            let colors = rows.flat_map(|row| row[..width].iter().map(|rgb| rgb * 77_777 % 0xFF_FFFF));
            let pixels = picture(width, colors.collect());
            let indexed = indexed(&pixels).unwrap();
            prop_assert_eq!(shown(&indexed), pixels.colors);
            prop_assert!(indexed.palette.len() <= 256);
        }

        #[test]
        fn of_many_colours_the_common_ones_stay_and_rare_ones_hardly_change(seed in 0..1000_u32) {
            let common = (0..250).flat_map(|index| [index * 0x01_0101; 4]);
            let rare = (0..400_u32).map(|index| {
                let noise = (index + seed).wrapping_mul(2_654_435_761) >> 28;
                ((index % 250) * 0x01_0101) ^ noise
            });
            let pixels = picture(2, common.chain(rare).collect());
            let indexed = indexed(&pixels).unwrap();
            let shown = shown(&indexed);
            prop_assert_eq!(&shown[..1000], &pixels.colors[..1000]);
            let worst = shown.iter().zip(&pixels.colors).map(|(a, b)| distance(*a, *b)).max();
            prop_assert!(worst <= Some(ERROR_MAX), "{:?}", worst);
        }
    }

    #[test]
    fn what_256_colours_cannot_show_is_no_indexed_picture() {
        let colors: Vec<u32> = (0..4000_u32)
            .map(|index| index.wrapping_mul(2_654_435_761) >> 8)
            .collect();
        assert!(indexed(&picture(1, colors)).is_none());
    }
}

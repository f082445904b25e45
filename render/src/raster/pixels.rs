//! What is painted on: a byte a pixel as long as 256 colours are enough, else a colour a pixel.
//!
//! Takes inks and places inside the picture, gives pixels; what shapes are and where they are cut off
//! belongs to the backend, which colours a file can hold to `png`.
//!
//! ```text
//!   colours   0 f5f5f5   1 ffffff   2 0075dc  ...       an opaque rectangle is a fill of bytes,
//!   pixels    0 0 0 1 1 1 2 2 1 1 1 0 0 0               a mixed colour is looked up
//! ```
//!
//! When a 257th colour is needed, those that were painted over give way to it. Where all are to be seen,
//! every byte becomes its colour, and painting goes on with colours.

use std::iter::repeat_n;
use std::ops::Range;

use rustc_hash::FxHashMap;

/// An opaque picture.
#[derive(Clone, Debug)]
pub struct Pixels {
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) dots: Dots,
}

/// The pixels row by row.
#[derive(Clone, Debug)]
pub(crate) enum Dots {
    /// Indexes into a list of colours.
    Indexed(ColorList, Vec<u8>),
    /// Colours, `0x00RRGGBB`.
    Rgb(Vec<u32>),
}

impl Pixels {
    /// A picture of one colour, `0x00RRGGBB`.
    pub(crate) fn filled((width, height): (u32, u32), rgb: u32) -> Self {
        let count = usize::try_from(u64::from(width) * u64::from(height)).unwrap_or(0);
        let mut list = ColorList::new();
        let ground = list.index(rgb & 0x00FF_FFFF).unwrap_or(0);
        Self {
            width,
            height,
            dots: Dots::Indexed(list, vec![ground; count]),
        }
    }

    /// The colours of all pixels row by row, `0x00RRGGBB`.
    pub fn colors(&self) -> Vec<u32> {
        match &self.dots {
            Dots::Indexed(list, indexes) => list.colors_of(indexes),
            Dots::Rgb(colors) => colors.clone(),
        }
    }

    /// Pixels of a row.
    pub(crate) fn columns(&self) -> usize {
        usize::try_from(self.width).unwrap_or(usize::MAX)
    }

    /// Lays an ink over a rectangle inside the picture.
    pub(super) fn fill(&mut self, rows: Range<usize>, columns: Range<usize>, ink: Ink) {
        if ink.alpha == 255 {
            self.cover(rows, columns, ink.rgb);
            return;
        }
        let width = self.columns();
        for row in rows {
            let coverage = repeat_n(255, columns.len());
            self.lay(row * width + columns.start, coverage, ink);
        }
    }

    fn cover(&mut self, rows: Range<usize>, columns: Range<usize>, rgb: u32) {
        let width = self.columns();
        let rows = rows.start * width..rows.end * width;
        loop {
            match &mut self.dots {
                Dots::Rgb(colors) => return cover(&mut colors[rows], width, columns, rgb),
                Dots::Indexed(list, indexes) => {
                    if let Some(index) = list.index(rgb) {
                        return cover(&mut indexes[rows], width, columns, index);
                    }
                }
            }
            self.make_room();
        }
    }

    /// Lays an ink over consecutive pixels inside the picture, over each as far as it is covered.
    pub(super) fn lay(
        &mut self,
        start: usize,
        mut coverage: impl ExactSizeIterator<Item = u8> + Clone,
        ink: Ink,
    ) {
        let mut pixels = start..start + coverage.len();
        loop {
            match &mut self.dots {
                Dots::Rgb(colors) => {
                    for (color, cover) in colors[pixels].iter_mut().zip(coverage) {
                        *color = ink.over(*color, cover);
                    }
                    return;
                }
                Dots::Indexed(list, indexes) => {
                    let laid = list.lay(&mut indexes[pixels.clone()], coverage.clone(), ink);
                    if laid == pixels.len() {
                        return;
                    }
                    pixels.start += laid;
                    coverage.by_ref().take(laid).for_each(drop);
                }
            }
            self.make_room();
        }
    }

    /// Makes room for more colours than there are.
    fn make_room(&mut self) {
        if let Dots::Indexed(list, indexes) = &mut self.dots
            && !list.free_unseen(indexes)
        {
            self.dots = Dots::Rgb(list.colors_of(indexes));
        }
    }

    /// Leaves only colours in the list that are to be seen.
    pub(super) fn drop_unseen(&mut self) {
        if let Dots::Indexed(list, indexes) = &mut self.dots {
            list.drop_unseen(indexes);
        }
    }
}

/// Sets some columns of all rows; to fill one pixel of each would cost a call a row.
fn cover<T: Copy>(rows: &mut [T], width: usize, columns: Range<usize>, dot: T) {
    if columns.len() == 1 {
        let column = rows.iter_mut().skip(columns.start).step_by(width);
        column.for_each(|pixel| *pixel = dot);
    } else {
        for row in rows.chunks_exact_mut(width) {
            row[columns.clone()].fill(dot);
        }
    }
}

/// The colours of a picture so far, at most 256.
#[derive(Clone, Debug)]
pub(crate) struct ColorList {
    colors: Vec<u32>,
    indexes: FxHashMap<u32, u8>,
    /// The colour that was looked up last, and its index: shapes of one colour follow each other.
    last: Option<(u32, u8)>,
    /// Indexes whose colours are no longer to be seen.
    free: Vec<u8>,
    /// What inks gave over colours lately: a key of both, and the index of the result.
    mixed: Box<[(u64, u8); 256]>,
}

/// No ink over no colour.
const UNMIXED: (u64, u8) = (u64::MAX, 0);
/// Pixels that are compared together.
const GROUP: usize = 32;
/// Colours that have to be unseen for a search of them to be worth its time.
const UNSEEN_MIN: usize = 8;

impl ColorList {
    fn new() -> Self {
        Self {
            colors: Vec::new(),
            indexes: FxHashMap::default(),
            last: None,
            free: Vec::new(),
            mixed: Box::new([UNMIXED; 256]),
        }
    }

    /// The colours, `0x00RRGGBB`, by index.
    pub(crate) fn colors(&self) -> &[u32] {
        &self.colors
    }

    fn colors_of(&self, indexes: &[u8]) -> Vec<u32> {
        let color = |&index: &u8| self.colors[usize::from(index)];
        indexes.iter().map(color).collect()
    }

    /// The index of a colour that may be new; `None` when a byte cannot tell so many apart.
    fn index(&mut self, rgb: u32) -> Option<u8> {
        if let Some((_, index)) = self.last.filter(|(last, _)| *last == rgb) {
            return Some(index);
        }
        let index = match self.indexes.get(&rgb) {
            Some(&index) => index,
            None => self.add(rgb)?,
        };
        self.last = Some((rgb, index));
        Some(index)
    }

    fn add(&mut self, rgb: u32) -> Option<u8> {
        let index = if let Some(index) = self.free.pop() {
            self.colors[usize::from(index)] = rgb;
            index
        } else {
            let index = u8::try_from(self.colors.len()).ok()?;
            self.colors.push(rgb);
            index
        };
        self.indexes.insert(rgb, index);
        Some(index)
    }

    /// Frees the indexes of colours that are not to be seen, if they are worth it.
    fn free_unseen(&mut self, indexes: &[u8]) -> bool {
        let is_seen = seen(indexes);
        let all = 0..=u8::MAX;
        self.free = all.filter(|&index| !is_seen[usize::from(index)]).collect();
        self.indexes.retain(|_, index| is_seen[usize::from(*index)]);
        self.last = None;
        self.mixed.fill(UNMIXED);
        self.free.len() >= UNSEEN_MIN
    }

    /// Numbers the colours that are to be seen, and pixels with them; the others are gone.
    fn drop_unseen(&mut self, indexes: &mut [u8]) {
        let is_seen = seen(indexes);
        let mut kept = Self::new();
        let mut places = [0; 256];
        let colors = self.colors.iter().zip(&mut places).zip(is_seen);
        for ((&rgb, place), _) in colors.filter(|(_, is_seen)| *is_seen) {
            *place = kept.index(rgb).expect("no more colours than there were");
        }
        if kept.colors.len() < self.colors.len() {
            replace(indexes, &places);
        }
        *self = kept;
    }

    /// Lays an ink over pixels until colours run out; how many it was laid over.
    fn lay(&mut self, indexes: &mut [u8], coverage: impl Iterator<Item = u8>, ink: Ink) -> usize {
        let ink_key = u64::from(ink.rgb) << 24 | u64::from(ink.alpha) << 16;
        for (laid, (index, cover)) in indexes.iter_mut().zip(coverage).enumerate() {
            if cover == 0 {
                continue;
            }
            let below = *index;
            let key = ink_key | u64::from(cover) << 8 | u64::from(below);
            let place = usize::from(cover.wrapping_add(below.wrapping_mul(31)));
            if self.mixed[place].0 != key {
                let rgb = ink.over(self.colors[usize::from(below)], cover);
                let Some(mixed) = self.index(rgb) else {
                    return laid;
                };
                self.mixed[place] = (key, mixed);
            }
            *index = self.mixed[place].1;
        }
        indexes.len()
    }
}

/// Which indexes some pixels have. Most of a picture is ground: what repeats is passed over.
fn seen(indexes: &[u8]) -> [bool; 256] {
    let mut is_seen = [false; 256];
    let (groups, rest) = indexes.as_chunks::<GROUP>();
    let mut see = |pixels: &[u8]| {
        for &index in pixels {
            is_seen[usize::from(index)] = true;
        }
    };
    see(rest);
    see(groups.first().map_or(&[], |first| first));
    for pair in groups.windows(2).filter(|pair| pair[0] != pair[1]) {
        see(&pair[1]);
    }
    is_seen
}

/// Puts other indexes in place of all; what repeats is looked up once.
fn replace(indexes: &mut [u8], places: &[u8; 256]) {
    let place = |index: u8| places[usize::from(index)];
    let (groups, rest) = indexes.as_chunks_mut::<GROUP>();
    let mut last = ([0; GROUP], [0; GROUP].map(place));
    for group in groups {
        if *group != last.0 {
            last = (*group, group.map(place));
        }
        *group = last.1;
    }
    rest.iter_mut().for_each(|index| *index = place(*index));
}

/// A colour ready to be laid over pixels.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ink {
    /// `0x00RRGGBB`.
    pub(super) rgb: u32,
    /// From 0, nothing, to 255, opaque.
    pub(super) alpha: u8,
}

impl Ink {
    /// This ink with some coverage over an opaque pixel.
    fn over(self, pixel: u32, cover: u8) -> u32 {
        let alpha = u32::from(self.alpha) * u32::from(cover) / 255;
        let mix = |shift: u32| {
            let top = (self.rgb >> shift) & 0xFF;
            let below = (pixel >> shift) & 0xFF;
            ((top * alpha + below * (255 - alpha) + 127) / 255) << shift
        };
        mix(16) | mix(8) | mix(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SIZE: (u32, u32) = (20, 24);

    impl Pixels {
        /// A picture of colours, which has as many rows as they fill.
        pub(crate) fn of_colors(width: u32, colors: Vec<u32>) -> Self {
            let height = u32::try_from(colors.len()).unwrap() / width;
            Self {
                width,
                height,
                dots: Dots::Rgb(colors),
            }
        }

        fn is_indexed(&self) -> bool {
            matches!(self.dots, Dots::Indexed(..))
        }
    }

    /// Something painted: rows and columns, an ink, and how far it covers; wholly if there is nothing.
    type Stroke = ((usize, usize), (usize, usize), Ink, Vec<u8>);

    fn any_stroke(colors: u32) -> impl Strategy<Value = Stroke> {
        let rgb = (0..colors).prop_map(|color| color.wrapping_mul(2_654_435_761) >> 8);
        let alpha = prop_oneof![Just(255_u8), any::<u8>()];
        let coverage = prop_oneof![
            Just(Vec::new()),
            prop::collection::vec(prop_oneof![Just(0), Just(255), any::<u8>()], 20)
        ];
        let span =
            |length: usize| (0..length, 1..=length).prop_map(|(a, b)| (a.min(b - 1), b.max(a + 1)));
        (span(24), span(20), (rgb, alpha), coverage).prop_map(
            |(rows, columns, (rgb, alpha), coverage)| (rows, columns, Ink { rgb, alpha }, coverage),
        )
    }

    fn paint(pixels: &mut Pixels, (rows, columns, ink, coverage): &Stroke) {
        let columns = columns.0..columns.1;
        if coverage.is_empty() {
            return pixels.fill(rows.0..rows.1, columns, *ink);
        }
        for row in rows.0..rows.1 {
            let line = coverage[columns.clone()].iter().copied();
            pixels.lay(row * pixels.columns() + columns.start, line, *ink);
        }
    }

    proptest! {
        /// With few colours, with some that have to be given up, and with more than a byte can tell apart.
        #[test]
        fn bytes_show_what_colours_would(
            strokes in prop_oneof![
                prop::collection::vec(any_stroke(4), 1..6),
                prop::collection::vec(any_stroke(1 << 20), 1..60),
            ],
        ) {
            let mut pixels = Pixels::filled(SIZE, 0xF5_F5F5);
            let mut colors = Pixels::of_colors(SIZE.0, vec![0xF5_F5F5; 480]);
            for stroke in &strokes {
                paint(&mut pixels, stroke);
                paint(&mut colors, stroke);
            }
            prop_assert_eq!(pixels.colors(), colors.colors());
            pixels.drop_unseen();
            prop_assert_eq!(pixels.colors(), colors.colors());
            if let Dots::Indexed(list, _) = &pixels.dots {
                let unseen = list.colors().iter().find(|rgb| !pixels.colors().contains(rgb));
                prop_assert_eq!(unseen, None);
            }
        }
    }

    #[test]
    fn colours_that_were_painted_over_give_way_to_others() {
        let mut pixels = Pixels::filled(SIZE, 0);
        let ink = |rgb: u32| Ink { rgb, alpha: 255 };
        for rgb in 0..10_000 {
            let row = usize::try_from(rgb % 24).unwrap();
            pixels.fill(row..row + 1, 0..20, ink(rgb));
        }
        assert!(pixels.is_indexed());
        for rgb in 0..300_u32 {
            let place = usize::try_from(rgb).unwrap();
            pixels.fill(
                place / 20..place / 20 + 1,
                place % 20..place % 20 + 1,
                ink(rgb),
            );
        }
        assert!(!pixels.is_indexed());
        assert_eq!(pixels.colors()[..300], (0..300).collect::<Vec<u32>>());
    }

    #[test]
    fn a_mixed_colour_that_gave_way_is_mixed_again() {
        let mut pixels = Pixels::filled(SIZE, 0);
        let glass = Ink {
            rgb: 0xFF_0000,
            alpha: 128,
        };
        pixels.fill(0..1, 0..20, glass);
        for rgb in 0..1000 {
            // Covers the mixed colour, then each colour the one before.
            pixels.fill(0..1, 0..20, Ink { rgb, alpha: 255 });
        }
        pixels.fill(1..2, 0..20, glass);
        assert!(pixels.is_indexed());
        assert_eq!(pixels.colors()[20], glass.over(0, 255));
    }
}

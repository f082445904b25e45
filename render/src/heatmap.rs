//! Heatmaps: how often values of many lines fall between two edges, ticks of the axis as a rule, at each
//! time.
//!
//! Takes the heatmap lines of a plot and the edges, gives counts, their bounds and colours. All
//! heatmap lines of a plot are one heatmap. Cells become pixels in `scene`, numbers in `encode`.
//!
//! ```text
//!   upper end ──┬───┬───┐
//!               │   │ 2 │  bucket 2      a line counts 1 in the bucket of its value;
//!   edge     ───┼───┼───┤                a line of a percentile bucket spreads its rate over
//!               │ 1 │   │  bucket 1      the rows that the range of its bucket meets
//!   edge     ───┼───┼───┤
//!               │ 4 │ 3 │  bucket 0
//!   lower end ──┴───┴───┘
//! ```

use telamon_model::percentile::{BucketIndex, bounds};

use crate::RenderError;
use crate::color::Color;
use crate::contrast::{ratio, readable};
use crate::graph::{Bound, LineDef, LineStyle, Plot, Scale};
use crate::scale::{RowScale, bend, unbend};
use crate::ticks::{bucket, bucket_index};

/// Counts of a plot, by time and bucket.
#[derive(Clone, Debug)]
pub(crate) struct Heatmap {
    /// The lower end of the axis, what lies between, and the upper end: bucket `j` lies between `j` and `j + 1`.
    pub(crate) edges: Vec<f64>,
    /// All buckets of the first time, then of the next.
    counts: Vec<f64>,
    /// The counts of the palest and of the strongest colour.
    bounds: (f64, f64),
    scale: Scale,
    /// From the palest; not empty.
    colors: Vec<Color>,
    /// Whether they are shades of the lines' colour.
    is_shaded: bool,
    /// Whether each colour stands for one count.
    pub(crate) is_counted: bool,
    /// Whether the palest colour also stands for counts below its own.
    pub(crate) has_traces: bool,
    /// What the legend calls it.
    pub(crate) label: Option<String>,
}

/// Shades of our style, what the palest one is more than, and the contrast of the strongest to the ground.
const SHADES: u8 = 12;
const PALEST: u8 = 48;
const STRONGEST: f64 = 9.0;
/// The part of all counts that the scale of colours may leave out at its lower end.
const TRACES: f64 = 0.01;

/// What a colour stands for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct ColorTick {
    pub(crate) color: Color,
    /// Smallest count.
    pub(crate) low: f64,
    /// Count of the next colour.
    pub(crate) high: f64,
}

/// The values that a line of a percentile bucket stands for, in seconds or units; none for others.
pub(crate) fn percentile_range(line: &LineDef) -> Option<(f64, f64)> {
    let (_, tag) = line.tags.iter().find(|(key, _)| &**key == "percentile")?;
    let index = usize::from(BucketIndex::from_tag(tag)?.as_u16());
    let bounds = bounds();
    let low = index.checked_sub(1).map_or(0, |below| bounds[below]);
    #[expect(clippy::cast_precision_loss, reason = "ends of a range on an axis")]
    let (low, high) = (low as f64, bounds[index] as f64);
    let unit = if tag.starts_with('T') { 1e9 } else { 1.0 };
    Some((low / unit, high / unit))
}

impl Heatmap {
    /// The heatmap of a plot between two ends of its axis, with edges between them, or none if no line is part of one.
    ///
    /// # Errors
    /// When the bounds of its colours are in the wrong order.
    pub(crate) fn of(
        plot: &Plot,
        (low, high): (f64, f64),
        between: &[f64],
        points: usize,
    ) -> Result<Option<Self>, RenderError> {
        let mut lines = plot
            .lines()
            .filter(|line| line.style == LineStyle::Heatmap)
            .peekable();
        let Some(first) = lines.peek() else {
            return Ok(None);
        };
        let def = &plot.heatmap;
        let colors = match &def.palette {
            Some(palette) => palette.listed().to_vec(),
            None => shades(first.color),
        };
        let mut edges = vec![low];
        edges.extend(between);
        edges.push(high);
        let buckets = edges.len() - 1;
        let mut heatmap = Self {
            counts: vec![0.0; buckets * points],
            edges,
            bounds: (0.0, 0.0),
            scale: def.scale,
            colors,
            is_shaded: def.palette.is_none(),
            is_counted: false,
            has_traces: false,
            label: def.label.clone(),
        };
        for line in lines {
            let values = &line.values[..line.values.len().min(points)];
            match percentile_range(line) {
                Some(range) => heatmap.spread(values, range),
                None => heatmap.count(values),
            }
        }
        heatmap.bounds = heatmap.count_bounds(def.lower, def.upper)?;
        Ok(Some(heatmap))
    }

    /// The same counts, the palest colour of which begins where counts begin to matter: percentile
    /// buckets that just touch a row leave tiny parts there, which would take most of the scale.
    pub(crate) fn without_traces(mut self, plot: &Plot) -> Self {
        let is_spread = plot.lines().any(|line| percentile_range(line).is_some());
        if !is_spread || matches!(plot.heatmap.lower, Bound::Explicit(_)) {
            return self;
        }
        let positive = self.counts.iter().copied();
        let mut counts: Vec<f64> = positive
            .filter(|&count| count > 0.0 && count.is_finite())
            .collect();
        counts.sort_unstable_by(f64::total_cmp);
        let traces = counts.iter().sum::<f64>() * TRACES;
        let mut sum = 0.0;
        let clear = counts.into_iter().find(|count| {
            sum += count;
            sum > traces
        });
        if let Some(clear) = clear.filter(|&clear| clear > self.bounds.0 && clear < self.bounds.1) {
            self.bounds.0 = clear;
            self.has_traces = true;
        }
        self
    }

    /// The same counts in more shades: one for each count where there are few. The palest is far enough
    /// from nothing to be seen, and where the lines' colour is not far from the ground, either, shades go
    /// on beyond it.
    pub(crate) fn with_more_shades(mut self, ground: Color) -> Self {
        if let (true, Some(&strongest)) = (self.is_shaded, self.colors.last()) {
            let shades = self.whole_counts();
            self.is_counted = shades.is_some();
            let shades = shades.unwrap_or(SHADES);
            self.colors = ramp(strongest, ground, shades);
        }
        self
    }

    /// How many counts there are between both bounds, if they are whole and few.
    fn whole_counts(&self) -> Option<u8> {
        let (low, high) = self.bounds;
        let is_whole = |count: f64| count.fract() == 0.0;
        let is_few =
            self.scale == Scale::Linear && (0.0..f64::from(SHADES)).contains(&(high - low));
        if !is_few || low < 1.0 || !is_whole(low) || !self.counts.iter().copied().all(is_whole) {
            return None;
        }
        (1..=SHADES).find(|&count| f64::from(count) > high - low)
    }

    /// Number of rows.
    pub(crate) fn buckets(&self) -> usize {
        self.edges.len() - 1
    }

    /// The counts of each time, a bucket each.
    pub(crate) fn times(&self) -> impl Iterator<Item = &[f64]> {
        self.counts.chunks_exact(self.buckets())
    }

    fn count(&mut self, values: &[f64]) {
        let (low, high) = (self.edges[0], self.edges[self.buckets()]);
        let buckets = self.buckets();
        for (time, value) in values.iter().enumerate() {
            if !(low..=high).contains(value) {
                continue;
            }
            let between = &self.edges[1..buckets];
            let bucket = between.partition_point(|edge| edge <= value);
            self.counts[time * buckets + bucket] += 1.0;
        }
    }

    fn spread(&mut self, values: &[f64], (low, high): (f64, f64)) {
        let buckets = self.buckets();
        let shares: Vec<(usize, f64)> = (0..buckets)
            .filter_map(|bucket| {
                let from = self.edges[bucket].max(low);
                let to = self.edges[bucket + 1].min(high);
                (from < to).then(|| (bucket, (to - from) / (high - low)))
            })
            .collect();
        for (time, value) in values.iter().enumerate() {
            if !value.is_finite() {
                continue;
            }
            for &(bucket, share) in &shares {
                self.counts[time * buckets + bucket] += value * share;
            }
        }
    }

    fn count_bounds(&self, lower: Bound, upper: Bound) -> Result<(f64, f64), RenderError> {
        let positive = self.counts.iter().copied().filter(|&count| count > 0.0);
        let (least, most) = positive.fold((f64::INFINITY, 0.0), |(least, most), count| {
            (count.min(least), count.max(most))
        });
        let least = if least.is_finite() { least } else { 0.0 };
        let given = |bound: Bound, otherwise: f64| match bound {
            Bound::Explicit(count) => count,
            Bound::AutoStyle | Bound::AutoData => otherwise,
        };
        let (low, high) = (given(lower, least), given(upper, most));
        if low <= high {
            Ok((low, high))
        } else {
            Err(RenderError::CrossedCounts { low, high })
        }
    }

    /// The colours by number of count, from the palest.
    pub(crate) fn color_scale(&self) -> CountColors<'_> {
        let shades = i32::try_from(self.colors.len()).unwrap_or(i32::MAX);
        CountColors {
            rows: RowScale::new(self.scale, self.bounds, (0, shades)),
            bounds: self.bounds,
            shades,
            colors: &self.colors,
        }
    }

    /// Colours with the counts they stand for, the palest first.
    pub(crate) fn color_ticks(&self) -> Vec<ColorTick> {
        let mut low = self.bounds.0;
        let ticks = self.colors.iter().enumerate().map(|(index, &color)| {
            let high = self.count_after(index);
            let tick = ColorTick { color, low, high };
            low = high;
            tick
        });
        ticks.collect()
    }

    /// The counts between which the colours lie, one more than there are colours; logarithms without
    /// the quirks of the reference.
    pub(crate) fn color_counts(&self) -> Vec<f64> {
        let ends = (0..self.colors.len()).map(|index| {
            let count = self.count_after(index);
            match self.scale {
                Scale::Logarithmic if count >= 2.0 => count - 2.0,
                Scale::Logarithmic => count + 2.0,
                _ => count,
            }
        });
        std::iter::once(self.bounds.0).chain(ends).collect()
    }

    /// The counts that colours stand for, where each has its own.
    pub(crate) fn single_counts(&self) -> Vec<f64> {
        let counts = std::iter::successors(Some(self.bounds.0), |count| Some(count + 1.0));
        counts.take(self.colors.len()).collect()
    }

    /// The count where a colour ends: the inverse of the scale, with the two quirks of the reference
    /// for logarithms, which clients show as labels.
    fn count_after(&self, index: usize) -> f64 {
        let (low, high) = self.bounds;
        #[expect(clippy::cast_precision_loss, reason = "a palette is short")]
        let part = (index + 1) as f64 / self.colors.len() as f64;
        match self.scale {
            Scale::LogLinear => {
                let (first, last) = (bucket_index(low) - 1, bucket_index(high));
                #[expect(clippy::cast_possible_truncation, reason = "a few hundred buckets")]
                let steps = (f64::from((last - first).abs()) * part + 1e-9) as i32;
                let floor = if low >= 0.0 { 0 } else { i32::MIN };
                bucket(first.saturating_add(steps).max(floor))
            }
            scale => {
                let bent = (bend(scale, low), bend(scale, high));
                let value = unbend(scale, bent.0 + part * (bent.1 - bent.0));
                match scale {
                    // The reference adds one where it should take one away.
                    Scale::Logarithmic if value >= 0.0 => value + 2.0,
                    Scale::Logarithmic => value - 2.0,
                    _ => value,
                }
            }
        }
    }
}

/// From counts to colours.
pub(crate) struct CountColors<'h> {
    rows: RowScale,
    bounds: (f64, f64),
    shades: i32,
    colors: &'h [Color],
}

impl CountColors<'_> {
    /// The colour of a count; none for nothing. Beyond the bounds it is that of the bound.
    pub(crate) fn color(&self, count: f64) -> Option<Color> {
        if count <= 0.0 || count.is_nan() {
            return None;
        }
        let count = count.clamp(self.bounds.0, self.bounds.1);
        let shade = (self.shades - self.rows.row(count)).clamp(0, self.shades - 1);
        self.colors.get(usize::try_from(shade).ok()?).copied()
    }
}

/// So many shades over a ground: first the colour covers more and more, then it moves away from the
/// ground.
fn ramp(color: Color, ground: Color, shades: u8) -> Vec<Color> {
    let end = readable(color, ground, STRONGEST);
    let share = |part: u8, of: u8, most: u8| {
        let alpha = u32::from(most) * u32::from(part) / u32::from(of.max(1));
        u8::try_from(alpha).unwrap_or(u8::MAX)
    };
    let beyond = if end == color { 0 } else { shades / 3 };
    let covering = shades - beyond;
    // Colours for dark grounds are light, and would be grey where they hardly cover.
    let is_dark = ratio(Color::WHITE, ground) > ratio(Color::BLACK, ground);
    let base = if is_dark { squared(color) } else { color };
    let pale = (1..=covering).map(|shade| {
        let alpha = PALEST + share(shade, covering, u8::MAX - PALEST);
        let part = share(shade, covering, u8::MAX);
        color.with_alpha(part).over(base).with_alpha(alpha)
    });
    let strong =
        (1..=beyond).map(|shade| end.with_alpha(share(shade, beyond, u8::MAX)).over(color));
    pale.chain(strong).collect()
}

/// The colour with less of what it has little of: darker, and further from grey.
fn squared(color: Color) -> Color {
    let square = |channel: u8| {
        let part = u32::from(channel);
        u8::try_from(part * part / 255).unwrap_or(u8::MAX)
    };
    Color {
        alpha: color.alpha,
        red: square(color.red),
        green: square(color.green),
        blue: square(color.blue),
    }
}

/// Shades of a colour, from the palest to one that covers: five, or as many as its alpha divides.
fn shades(color: Color) -> Vec<Color> {
    let step = match color.alpha {
        0 | 255 => 51,
        alpha => alpha,
    };
    let mut alphas: Vec<u8> = std::iter::successors(Some(255_u8), |alpha| alpha.checked_sub(step))
        .take(usize::from(255 / step))
        .collect();
    alphas.reverse();
    alphas
        .into_iter()
        .map(|alpha| color.with_alpha(alpha))
        .collect()
}

#[cfg(test)]
mod tests;

//! The ends of a value axis in our own style: with room above and below what is drawn.
//!
//! An end that comes from the data lies a twentieth of the range beyond it, so that no line runs along
//! the edge; but never beyond zero where all values lie on one side of it, and what is filled stands
//! on zero. A flat line stands in the middle. Ends that were given stay as they are.

use super::{axis_bounds, data_range};
use crate::RenderError;
use crate::graph::{Bound, LineStyle, Plot, Scale};
use crate::heatmap::percentile_range;
use crate::scale::{Decades, RowScale, bend, unbend};

/// Room at an end, as a part of the range.
const HEAD_ROOM: f64 = 0.05;
/// Ranges smaller than this part of their values are noise of doubles.
const FLAT: f64 = 1e-14;
/// The distance of the ends has to be a number.
const END_MAX: f64 = f64::MAX / 2.0;

/// The ends of an axis, and how it maps values to rows.
#[derive(Clone, Debug)]
pub(crate) struct Ends {
    /// The lower and the upper end; both finite, and the lower below the upper.
    pub(crate) ends: (f64, f64),
    scale: Scale,
    decades: Decades,
}

impl Ends {
    /// The ends for a plot with so many values per line.
    ///
    /// # Errors
    /// As the reference's: ends that are infinite or in the wrong order.
    pub(crate) fn of(plot: &Plot, points: usize) -> Result<Self, RenderError> {
        let (low, high) = axis_bounds(plot, points)?;
        let decades = decades(plot, points, low.abs().max(high.abs()));
        let has_heatmap = plot.lines().any(|line| line.style == LineStyle::Heatmap);
        let is_given = |bound: Bound| matches!(bound, Bound::Explicit(_));
        let given = (is_given(plot.lower), is_given(plot.upper));
        let range = data_range(plot, points);
        // A heatmap fills its cells: room would look like nothing counted.
        let ends = if has_heatmap || given == (true, true) {
            (low, high)
        } else if given == (false, false) && is_flat(styled(plot, range)) {
            around(styled(plot, range).0, has_fill(plot))
        } else {
            let padded = padded((low, high), plot.scale, decades);
            (
                if given.0 { low } else { padded.0 },
                if given.1 { high } else { padded.1 },
            )
        };
        Ok(Self {
            ends: (ends.0.max(-END_MAX), ends.1.min(END_MAX)),
            scale: plot.scale,
            decades,
        })
    }

    /// The scale between two rows.
    pub(crate) fn rows(&self, rows: (i32, i32)) -> RowScale {
        match self.scale {
            Scale::LogLinear => RowScale::of_decades(self.decades, self.ends, rows),
            Scale::Linear | Scale::Logarithmic | Scale::Power2 | Scale::Sqrt => {
                RowScale::new(self.scale, self.ends, rows)
            }
        }
    }
}

fn has_fill(plot: &Plot) -> bool {
    plot.lines()
        .any(|line| matches!(line.style, LineStyle::Area | LineStyle::Stack))
}

/// The range of the data, to zero where something is filled.
fn styled(plot: &Plot, (low, high): (f64, f64)) -> (f64, f64) {
    let is_auto = |bound: Bound| bound == Bound::AutoStyle;
    let fills = has_fill(plot);
    (
        if fills && is_auto(plot.lower) {
            low.min(0.0)
        } else {
            low
        },
        if fills && is_auto(plot.upper) {
            high.max(0.0)
        } else {
            high
        },
    )
}

fn is_flat((low, high): (f64, f64)) -> bool {
    high / 2.0 - low / 2.0 <= low.abs().max(high.abs()) * FLAT
}

/// Ends with a flat line in the middle; zero is one of them, so that its height tells its size.
fn around(value: f64, has_fill: bool) -> (f64, f64) {
    if value == 0.0 {
        return (if has_fill { 0.0 } else { -1.0 }, 1.0);
    }
    let other = (2.0 * value).clamp(-END_MAX, END_MAX);
    (other.min(0.0), other.max(0.0))
}

/// Both ends further out, but not across zero.
fn padded((low, high): (f64, f64), scale: Scale, decades: Decades) -> (f64, f64) {
    let to = |value: f64| match scale {
        Scale::LogLinear => decades.position(value),
        _ => bend(scale, value),
    };
    let from = |bent: f64| match scale {
        Scale::LogLinear => decades.value(bent),
        _ => unbend(scale, bent),
    };
    let (bottom, top) = (to(low), to(high));
    let room = HEAD_ROOM * top - HEAD_ROOM * bottom;
    let (below, above) = (from(bottom - room), from(top + room));
    let sane = |value: f64, otherwise: f64| if value.is_finite() { value } else { otherwise };
    let below = sane(below, low).min(low);
    let above = sane(above, high).max(high);
    (
        if low >= 0.0 { below.max(0.0) } else { below },
        if high <= 0.0 { above.min(0.0) } else { above },
    )
}

/// The decades of a log-linear axis: from that of the value nearest to zero.
fn decades(plot: &Plot, points: usize, largest: f64) -> Decades {
    let mut smallest = f64::INFINITY;
    let mut see = |value: f64| {
        if value != 0.0 && value.is_finite() {
            smallest = smallest.min(value.abs());
        }
    };
    for line in plot.lines().filter(|line| line.style != LineStyle::Vspan) {
        match (line.style, percentile_range(line)) {
            (LineStyle::Heatmap, Some((low, high))) => see(if low > 0.0 { low } else { high }),
            _ => line
                .values
                .iter()
                .take(points)
                .for_each(|&value| see(value)),
        }
    }
    if let Bound::Explicit(low) = plot.lower {
        see(low);
    }
    let largest = if largest > 0.0 { largest } else { 1.0 };
    Decades::new(smallest.min(largest), largest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::Item;
    use crate::sample;

    fn ends(values: &[f64], change: impl FnOnce(&mut Plot)) -> (f64, f64) {
        let mut graph = sample::graph(&[values]);
        change(&mut graph.plots[0]);
        Ends::of(&graph.plots[0], values.len()).unwrap().ends
    }

    fn fill(plot: &mut Plot) {
        if let Item::Line(line) = &mut plot.items[0] {
            line.style = LineStyle::Area;
        }
    }

    #[test]
    fn data_has_room_but_never_across_zero() {
        assert_eq!(ends(&[100.0, 200.0], |_| ()), (95.0, 205.0));
        assert_eq!(ends(&[1.0, 101.0], |_| ()), (0.0, 106.0));
        assert_eq!(ends(&[-101.0, -1.0], |_| ()), (-106.0, 0.0));
        assert_eq!(ends(&[-100.0, 100.0], |_| ()), (-110.0, 110.0));
        assert_eq!(ends(&[10.0, 20.0], fill), (0.0, 21.0));
        assert_eq!(ends(&[], |_| ()), (0.0, 1.05));
    }

    #[test]
    fn given_ends_stay() {
        let given = |plot: &mut Plot| plot.lower = Bound::Explicit(50.0);
        assert_eq!(ends(&[100.0, 250.0], given), (50.0, 260.0));
        let given = |plot: &mut Plot| plot.upper = Bound::Explicit(300.0);
        assert_eq!(ends(&[100.0, 250.0], given), (90.0, 300.0));
        let both = |plot: &mut Plot| {
            (plot.lower, plot.upper) = (Bound::Explicit(1.0), Bound::Explicit(2.0));
        };
        assert_eq!(ends(&[100.0], both), (1.0, 2.0));
    }

    #[test]
    fn a_flat_line_stands_in_the_middle() {
        assert_eq!(ends(&[42.0, 42.0], |_| ()), (0.0, 84.0));
        assert_eq!(ends(&[-3.0], |_| ()), (-6.0, 0.0));
        assert_eq!(ends(&[0.0], |_| ()), (-1.0, 1.0));
        assert_eq!(ends(&[0.0], fill), (0.0, 1.0));
        let noise = 0.1 + 0.2;
        assert_eq!(ends(&[0.3, noise], |_| ()), (0.0, 0.6));
    }

    #[test]
    fn bent_axes_have_room_on_the_picture() {
        let log = |plot: &mut Plot| plot.scale = Scale::Logarithmic;
        let (low, high) = ends(&[0.0, 9_999.0], log);
        assert_eq!(low, 0.0);
        assert!((15_000.0..17_000.0).contains(&high), "{high}");
        let decades = |plot: &mut Plot| plot.scale = Scale::LogLinear;
        let (low, high) = ends(&[0.0, 3.0, 10_000.0], decades);
        assert_eq!(low, 0.0);
        assert!((20_000.0..40_000.0).contains(&high), "{high}");
    }

    #[test]
    fn extremes_stay_finite() {
        let (low, high) = ends(&[f64::MIN, f64::MAX, f64::INFINITY], |_| ());
        assert!((high - low).is_finite());
        assert!(ends(&[1e308], |_| ()).1.is_finite());
        assert!(ends(&[1e-320, 2e-320], |_| ()).1 > 0.0);
    }
}

//! Ticks of logarithmic and log-linear axes: zero, powers, and 2 and 5 times them where there is room.

use super::super::power_of_ten;
use super::{AxisRoom, MAJORS_MIN, MINOR_SPACING_MIN, Placed, ValueTicks, label, merged};
use crate::graph::{Scale, TickLabels};
use crate::text::cells;

/// Rows of a decade from which its lines between are drawn.
const DECADE_WITH_MINORS: i32 = 30;
/// Rows from a power to a labelled multiple of it.
const BETWEEN_SPACING: i32 = 20;

/// Ticks at powers, or none where the axis is too short to have enough of them.
pub(super) fn powers(
    (low, high): (f64, f64),
    scale: Scale,
    mode: TickLabels,
    room: AxisRoom<'_>,
) -> Option<ValueTicks> {
    let ladder = Ladder::new((low, high), scale, mode);
    let is_inside = |value: &f64| (low..=high).contains(value);
    let mut placed = Placed::new(room.rows);
    if is_inside(&0.0) {
        placed.add(&[0.0]);
    }
    // Both signs or neither, so that an axis around zero is the same on both sides.
    let mut add = |size: f64| {
        let values: Vec<f64> = [size, -size].into_iter().filter(is_inside).collect();
        placed.add(&values);
    };
    let (stride, decade) = ladder.stride(room);
    ladder.rungs(stride).for_each(&mut add);
    if stride == 1 {
        for factor in ladder.between() {
            if ladder.fits_between(*factor, room) {
                let rungs = ladder.rungs(1).filter(|&rung| ladder.is_decimal(rung));
                rungs.map(|rung| rung * factor).for_each(&mut add);
            }
        }
    }
    let majors = placed.ascending();
    if u32::try_from(majors.len()).unwrap_or(u32::MAX) < MAJORS_MIN {
        return None;
    }
    let texts: Vec<String> = majors
        .iter()
        .map(|&value| label::alone(value, mode))
        .map(|text| {
            if cells(&text) <= room.cells {
                text
            } else {
                String::new()
            }
        })
        .collect();
    let digits =
        if decade >= DECADE_WITH_MINORS && matches!(mode, TickLabels::Decimal | TickLabels::Off) {
            1..10
        } else {
            1..2
        };
    let mut minors: Vec<f64> = digits
        .flat_map(|digit| ladder.rungs(1).map(move |rung| rung * f64::from(digit)))
        .flat_map(|size| [size, -size])
        .filter(is_inside)
        .collect();
    minors.sort_by(f64::total_cmp);
    // Towards zero powers crowd together.
    let mut last = i32::MAX;
    minors.retain(|&value| {
        let row = room.rows.row(value);
        let is_apart = last.saturating_sub(row) >= MINOR_SPACING_MIN;
        if is_apart {
            last = row;
        }
        is_apart
    });
    Some(ValueTicks {
        ticks: merged(majors, texts, minors),
        base: None,
    })
}

/// The powers an axis can show, by size.
struct Ladder {
    /// Ascending and positive; every one is a round number of the one before.
    sizes: Vec<f64>,
    /// Where the size 1 stands, from which strides are counted.
    one: usize,
    has_positive: bool,
    mode: TickLabels,
}

impl Ladder {
    fn new((low, high): (f64, f64), scale: Scale, mode: TickLabels) -> Self {
        // The logarithm of the reference is that of one more than the value: below one it is flat.
        let least = if scale == Scale::Logarithmic { 0 } else { -9 };
        let sizes: Vec<f64> = match mode {
            TickLabels::Binary => (0..100).map(|power| libm::exp2(f64::from(power))).collect(),
            TickLabels::Duration => times(least),
            TickLabels::Off | TickLabels::Decimal => (least..=308).map(power_of_ten).collect(),
        };
        let most = low.abs().max(high.abs());
        let sizes: Vec<f64> = sizes.into_iter().take_while(|&size| size <= most).collect();
        Self {
            one: sizes.iter().position(|&size| size == 1.0).unwrap_or(0),
            sizes,
            has_positive: high > 0.0,
            mode,
        }
    }

    /// The size of every so many-th power.
    fn rungs(&self, stride: usize) -> impl Iterator<Item = f64> {
        (self.sizes.iter().enumerate())
            .filter(move |(index, _)| index.abs_diff(self.one).is_multiple_of(stride))
            .map(|(_, &size)| size)
    }

    /// The smallest stride whose labels fit, and the rows of one power.
    fn stride(&self, room: AxisRoom<'_>) -> (usize, i32) {
        let Some([below, top]) = self.sizes.last_chunk() else {
            return (1, room.height());
        };
        let sign = if self.has_positive { 1.0 } else { -1.0 };
        let rows = (room.rows.row(sign * below) - room.rows.row(sign * top)).abs();
        let needed = super::LABEL_SPACING_MIN + 2;
        let nice = [1, 2, 3, 5, 6, 10, 15, 20, 30, 50, 100, 200, 500];
        let stride = nice.into_iter().find(|&stride| {
            i32::try_from(stride)
                .unwrap_or(i32::MAX)
                .saturating_mul(rows)
                >= needed
        });
        (stride.unwrap_or(500), rows)
    }

    fn between(&self) -> &'static [f64] {
        match self.mode {
            TickLabels::Off | TickLabels::Decimal | TickLabels::Duration => &[5.0, 2.0],
            TickLabels::Binary => &[],
        }
    }

    /// Whether the next power is ten times this one: times are counted so below a second only.
    fn is_decimal(&self, rung: f64) -> bool {
        self.mode != TickLabels::Duration || rung < 1.0
    }

    /// Whether a multiple of a power stands clear of the powers around it.
    fn fits_between(&self, factor: f64, room: AxisRoom<'_>) -> bool {
        let (below, top) = match (self.mode, self.sizes.last_chunk()) {
            (TickLabels::Duration, _) => (0.1, 1.0),
            (_, Some(&[below, top])) => (below, top),
            (_, None) => return true,
        };
        let sign = if self.has_positive { 1.0 } else { -1.0 };
        let row = |size: f64| room.rows.row(sign * size);
        (row(below) - row(below * factor)).abs() > BETWEEN_SPACING
            && (row(below * factor) - row(top)).abs() > BETWEEN_SPACING
    }
}

/// Round times from a nanosecond on.
fn times(least: i32) -> Vec<f64> {
    const LARGE: [f64; 8] = [
        1.0, 10.0, 60.0, 600.0, 3_600.0, 21_600.0, 86_400.0, 604_800.0,
    ];
    const YEAR: f64 = 31_536_000.0;
    let small = (least..0).map(power_of_ten);
    let years = (0..20).map(|exponent| YEAR * power_of_ten(exponent));
    small.chain(LARGE).chain(years).collect()
}

//! From values to rows.

mod decades;

use crate::graph::Scale;
use crate::ticks::{bucket, bucket_index};

pub(crate) use decades::Decades;

/// Maps values between two ends to rows between `top` and `bottom`, both included.
#[derive(Clone, Debug)]
pub(crate) struct RowScale {
    scale: Scale,
    low: f64,
    /// Scaled units per row; positive.
    unit: f64,
    low_bucket: i32,
    /// Decades of our own style, instead of the reference's buckets.
    decades: Option<Decades>,
    /// Rows added to every height before it is truncated.
    nudge: f64,
    top: i32,
    bottom: i32,
}

impl RowScale {
    /// A log-linear scale without the decades between zero and the smallest value.
    pub(crate) fn of_decades(
        decades: Decades,
        (low, high): (f64, f64),
        (top, bottom): (i32, i32),
    ) -> Self {
        let low = decades.position(low);
        let span = decades.position(high) - low;
        let unit = span / f64::from((bottom - top).max(1));
        Self {
            scale: Scale::LogLinear,
            low,
            unit: if unit > 0.0 { unit } else { 1.0 },
            low_bucket: 0,
            decades: Some(decades),
            nudge: 0.0,
            top,
            bottom,
        }
    }

    /// A scale for finite ends.
    pub(crate) fn new(scale: Scale, (low, high): (f64, f64), (top, bottom): (i32, i32)) -> Self {
        let rows = f64::from((bottom - top).max(1));
        let (scale, low_bucket, span) = match scale {
            Scale::LogLinear => {
                let (first, last) = (bucket_index(low) - 1, bucket_index(high));
                (scale, first, f64::from(last - first))
            }
            _ => (scale, 0, bend(scale, high) - bend(scale, low)),
        };
        let unit = span / rows;
        Self {
            scale,
            low: bend(scale, low),
            unit: if unit > 0.0 && unit.is_finite() {
                unit
            } else {
                f64::MAX / 1e6
            },
            low_bucket,
            decades: None,
            nudge: 0.0,
            top,
            bottom,
        }
    }

    /// The row of a value; NaN has the bottom row, what lies beyond either end stays beyond it.
    pub(crate) fn row(&self, value: f64) -> i32 {
        let height = match (self.scale, &self.decades) {
            (_, Some(decades)) => (decades.position(value) - self.low) / self.unit + 1e-9,
            (Scale::LogLinear, None) => {
                let index = bucket_index(value);
                let (from, to) = bucket_ends(index);
                let part = ((value - from) / (to - from)).clamp(0.0, 1.0);
                // Keeps ends of buckets on their rows in spite of rounding.
                (f64::from(index - self.low_bucket - 1) + part) / self.unit + 1e-9
            }
            _ => (bend(self.scale, value) - self.low) / self.unit,
        };
        #[expect(
            clippy::cast_possible_truncation,
            reason = "clamped; rows are truncated"
        )]
        let rows = (height + self.nudge).clamp(-100_000.0, 100_000.0) as i32;
        self.bottom - rows
    }

    /// The same scale with so many rows to a pixel. A value that is short of a row by less than
    /// `nudge` rows still reaches it.
    pub(crate) fn finer(&self, rows: i32, nudge: f64) -> Self {
        let (top, bottom) = (self.top * rows, (self.bottom + 1) * rows - 1);
        let height = |top: i32, bottom: i32| f64::from((bottom - top).max(1));
        Self {
            unit: self.unit * height(self.top, self.bottom) / height(top, bottom),
            nudge,
            top,
            bottom,
            ..self.clone()
        }
    }

    /// The value at a part of the height: 0 is the lower end, 1 the upper.
    pub(crate) fn value_at(&self, part: f64) -> f64 {
        let position = self.low + part * self.unit * f64::from(self.bottom - self.top);
        match (self.scale, &self.decades) {
            (_, Some(decades)) => decades.value(position),
            (Scale::LogLinear, None) => {
                let steps = part * self.unit * f64::from(self.bottom - self.top);
                #[expect(clippy::cast_possible_truncation, reason = "a few thousand buckets")]
                let whole = steps.floor() as i32;
                let (from, to) = bucket_ends(self.low_bucket + 1 + whole);
                from + (steps - steps.floor()) * (to - from)
            }
            (scale, None) => unbend(scale, position),
        }
    }

    /// The first row of the canvas.
    pub(crate) fn top(&self) -> i32 {
        self.top
    }

    /// The last row of the canvas.
    pub(crate) fn bottom(&self) -> i32 {
        self.bottom
    }
}

/// The smallest and the largest value around a bucket; zero lies between the signs.
fn bucket_ends(index: i32) -> (f64, f64) {
    match index {
        0 => (0.0, bucket(0)),
        -1 => (bucket(-1), 0.0),
        positive if positive > 0 => (bucket(index - 1), bucket(index)),
        _ => (bucket(index), bucket(index + 1)),
    }
}

/// The function whose values are spread evenly.
pub(crate) fn bend(scale: Scale, value: f64) -> f64 {
    match scale {
        Scale::Linear | Scale::LogLinear => value,
        Scale::Logarithmic => libm::log10(value.abs() + 1.0).copysign(value),
        Scale::Power2 => (value * value).copysign(value).clamp(f64::MIN, f64::MAX),
        Scale::Sqrt => value.abs().sqrt().copysign(value),
    }
}

/// The value of a bent one.
pub(crate) fn unbend(scale: Scale, bent: f64) -> f64 {
    match scale {
        Scale::Linear | Scale::LogLinear => bent,
        Scale::Logarithmic => (libm::exp10(bent.abs()) - 1.0).copysign(bent),
        Scale::Power2 => bent.abs().sqrt().copysign(bent),
        Scale::Sqrt => (bent * bent).copysign(bent),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SCALES: [Scale; 5] = [
        Scale::Linear,
        Scale::Logarithmic,
        Scale::LogLinear,
        Scale::Power2,
        Scale::Sqrt,
    ];

    #[test]
    fn ends_are_first_and_last_row() {
        for scale in SCALES {
            let rows = RowScale::new(scale, (0.0, 1000.0), (5, 205));
            assert_eq!(rows.row(1000.0), 5, "{scale:?}");
            assert!(
                (204..=205).contains(&rows.row(0.0)),
                "{scale:?} {}",
                rows.row(0.0)
            );
        }
        let rows = RowScale::new(Scale::Linear, (0.0, 100.0), (5, 205));
        assert_eq!(
            (rows.row(50.0), rows.row(99.7), rows.row(f64::NAN)),
            (105, 6, 205)
        );
        assert!(rows.row(f64::INFINITY) < -1000 && rows.row(-1e300) > 1000);
    }

    proptest! {
        #[test]
        fn a_part_of_the_height_has_a_value_that_lies_there(part in 0.0..1.0_f64, which in 0..6_usize) {
            let rows = match which {
                5 => RowScale::of_decades(Decades::new(0.02, 4000.0), (0.0, 4000.0), (0, 1000)),
                which => RowScale::new(SCALES[which], (0.0, 4000.0), (0, 1000)),
            };
            let expected = 1000.0 * (1.0 - part);
            let found = f64::from(rows.row(rows.value_at(part)));
            prop_assert!((found - expected).abs() <= 1.5, "{found} for {expected}");
        }

        #[test]
        fn larger_values_never_lie_lower(
            a in -1e6..1e6_f64,
            b in -1e6..1e6_f64,
            which in 0..5_usize,
        ) {
            let rows = RowScale::new(SCALES[which], (-1e6, 1e6), (0, 500));
            prop_assert!(rows.row(a.max(b)) <= rows.row(a.min(b)));
        }
    }
}

//! The ends of a value axis: what the caller asked for, completed by the data.

pub(crate) mod roomy;

use crate::RenderError;
use crate::graph::{Bound, LineStyle, Plot};
use crate::heatmap::percentile_range;

/// The lower and the upper end of the value axis of a plot with so many values per line.
///
/// Both are finite, and the lower is below the upper unless both were given.
pub(crate) fn axis_bounds(plot: &Plot, points: usize) -> Result<(f64, f64), RenderError> {
    let data = data_range(plot, points);
    let has_fill = plot
        .lines()
        .any(|line| matches!(line.style, LineStyle::Area | LineStyle::Stack));
    let end = |bound: Bound, which: &'static str, from_data: f64, zero: fn(f64) -> f64| match bound
    {
        Bound::Explicit(value) if value.is_finite() => Ok(value),
        Bound::Explicit(_) => Err(RenderError::InfiniteBound { which }),
        Bound::AutoStyle if has_fill => Ok(zero(from_data)),
        Bound::AutoStyle | Bound::AutoData => Ok(from_data),
    };
    let lower = end(plot.lower, "lower", data.0, |value| value.min(0.0))?;
    let upper = end(plot.upper, "upper", data.1, |value| value.max(0.0))?;
    let is_given = |bound: Bound| matches!(bound, Bound::Explicit(_));
    if lower < upper {
        return Ok((lower, upper));
    }
    match (is_given(plot.lower), is_given(plot.upper)) {
        (true, true) => Err(RenderError::CrossedBounds { lower, upper }),
        (false, true) => Ok(apart(below(upper), upper)),
        (true | false, false) => Ok(apart(lower, above(lower))),
    }
}

fn above(value: f64) -> f64 {
    let next = value + 1.0;
    if next > value {
        next
    } else {
        value + value.abs() * 1e-9
    }
}

fn below(value: f64) -> f64 {
    let next = value - 1.0;
    if next < value {
        next
    } else {
        value - value.abs() * 1e-9
    }
}

/// At the ends of the doubles there is no next number; any finite one does.
fn apart(lower: f64, upper: f64) -> (f64, f64) {
    (
        lower.clamp(f64::MIN, f64::MAX),
        upper.clamp(f64::MIN, f64::MAX),
    )
}

/// Smallest and largest value to show; stacks count with what lies below them.
fn data_range(plot: &Plot, points: usize) -> (f64, f64) {
    let mut low = f64::INFINITY;
    let mut high = f64::NEG_INFINITY;
    let mut see = |value: f64| {
        if value.is_finite() {
            low = low.min(value);
            high = high.max(value);
        }
    };
    let stacks: Vec<&[f64]> = plot
        .lines()
        .filter(|line| line.style == LineStyle::Stack)
        .map(|line| &line.values[..line.values.len().min(points)])
        .collect();
    for line in plot.lines() {
        match line.style {
            LineStyle::Heatmap if let Some((low, high)) = percentile_range(line) => {
                let is_something = |value: &f64| *value != 0.0 && !value.is_nan();
                if line.values.iter().take(points).any(is_something) {
                    see(low);
                    see(high);
                }
            }
            LineStyle::Line | LineStyle::Area | LineStyle::Heatmap => {
                let values = &line.values[..line.values.len().min(points)];
                let ends = finite_ends(values);
                see(ends.0);
                see(ends.1);
            }
            LineStyle::Stack | LineStyle::Vspan => {}
        }
    }
    if let Some(first) = stacks.first() {
        first.iter().for_each(|&value| see(value));
        let longest = stacks.iter().map(|values| values.len()).max().unwrap_or(0);
        for index in 0..longest {
            let (mut positive, mut negative) = (0.0, 0.0);
            let mut has_value = (false, false);
            for &value in stacks.iter().filter_map(|values| values.get(index)) {
                if value.is_finite() && value >= 0.0 {
                    positive += value;
                    has_value.0 = true;
                } else if value.is_finite() {
                    negative += value;
                    has_value.1 = true;
                }
            }
            if has_value.0 {
                see(positive);
            }
            if has_value.1 {
                see(negative);
            }
        }
    }
    (
        if low.is_finite() { low } else { 0.0 },
        if high.is_finite() { high } else { 1.0 },
    )
}

/// The smallest and the largest finite value; infinities where there is none.
fn finite_ends(values: &[f64]) -> (f64, f64) {
    let see = |ends: (f64, f64), value: f64| {
        let is_lower = value < ends.0 && value > f64::NEG_INFINITY;
        let is_higher = value > ends.1 && value < f64::INFINITY;
        (
            if is_lower { value } else { ends.0 },
            if is_higher { value } else { ends.1 },
        )
    };
    // Each of so many neighbours has ends of its own, so that none waits for another.
    let mut ends = [(f64::INFINITY, f64::NEG_INFINITY); 8];
    let (groups, rest) = values.as_chunks::<8>();
    for group in groups {
        for (ends, &value) in ends.iter_mut().zip(group) {
            *ends = see(*ends, value);
        }
    }
    let all = ends.iter().flat_map(|&(low, high)| [low, high]);
    let none = (f64::INFINITY, f64::NEG_INFINITY);
    all.chain(rest.iter().copied()).fold(none, see)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn ends_are_the_least_and_the_most_of_what_is_finite(
            values in prop::collection::vec(prop_oneof![
                3 => -9.0..9.0_f64,
                1 => prop::sample::select(vec![f64::NAN, f64::INFINITY, f64::NEG_INFINITY]),
            ], 0..40),
        ) {
            let finite = values.iter().copied().filter(|value| value.is_finite());
            let ends = finite.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| {
                (value.min(low), value.max(high))
            });
            prop_assert_eq!(finite_ends(&values), ends);
        }
    }
}

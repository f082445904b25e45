//! Round distances of ticks.

use super::super::power_of_ten;
use crate::graph::TickLabels;

const MINUTE: f64 = 60.0;
const HOUR: f64 = 3_600.0;
const DAY: f64 = 86_400.0;
pub(super) const WEEK: f64 = 7.0 * DAY;
pub(super) const YEAR: f64 = 365.0 * DAY;

/// Round times of a second and more, with their minor steps.
const TIMES: [(f64, f64); 24] = [
    (1.0, 0.2),
    (2.0, 0.5),
    (5.0, 1.0),
    (10.0, 2.0),
    (15.0, 5.0),
    (30.0, 5.0),
    (MINUTE, 10.0),
    (2.0 * MINUTE, 30.0),
    (5.0 * MINUTE, MINUTE),
    (10.0 * MINUTE, 2.0 * MINUTE),
    (15.0 * MINUTE, 5.0 * MINUTE),
    (30.0 * MINUTE, 5.0 * MINUTE),
    (HOUR, 10.0 * MINUTE),
    (2.0 * HOUR, 30.0 * MINUTE),
    (3.0 * HOUR, HOUR),
    (6.0 * HOUR, HOUR),
    (12.0 * HOUR, 3.0 * HOUR),
    (DAY, 6.0 * HOUR),
    (2.0 * DAY, 12.0 * HOUR),
    (4.0 * DAY, DAY),
    (WEEK, DAY),
    (2.0 * WEEK, WEEK),
    (4.0 * WEEK, WEEK),
    (12.0 * WEEK, 4.0 * WEEK),
];

/// More never fit into a picture; reached only where doubles are coarser than the step.
const MULTIPLES_MAX: u32 = 2_000;

/// A distance of `mantissa * 10^exponent` units, whose multiples are rounded once.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Step {
    /// 1, 2 or 5 where the step is a decimal one, else the step itself.
    pub(super) mantissa: f64,
    /// Zero where the step is none of tens.
    pub(super) exponent: i32,
    /// One, or the seconds of a year.
    pub(super) unit: f64,
}

impl Step {
    /// The smallest round step that is not below a size.
    pub(super) fn at_least(size: f64, mode: TickLabels) -> Self {
        let size = if size.is_finite() { size } else { f64::MAX };
        match mode {
            TickLabels::Binary if size > 0.5 => {
                let power = libm::exp2(libm::log2(size).ceil().clamp(0.0, 1023.0));
                Self::plain(if power < size { 2.0 * power } else { power })
            }
            TickLabels::Duration if size > 0.5 => {
                let found = TIMES.iter().find(|(time, _)| *time >= size);
                match found {
                    Some((time, _)) => Self::plain(*time),
                    None => Self {
                        unit: YEAR,
                        ..Self::decimal(size / YEAR)
                    },
                }
            }
            _ => Self::decimal(size),
        }
    }

    /// The round step nearest to a size, quarters of tens among them.
    pub(super) fn near(size: f64, mode: TickLabels) -> Self {
        // A step in tens for these is none of theirs.
        if mode != TickLabels::Decimal && mode != TickLabels::Off && size > 0.5 {
            return Self::at_least(size * 0.7, mode);
        }
        let above = Self::decimal(size);
        let below = Self::decimal(size * 0.39);
        let quarter = Self {
            mantissa: 25.0,
            exponent: below.exponent - 1,
            unit: 1.0,
        };
        let distance = |step: &Self| (libm::log(step.size() / size)).abs();
        let found = [above, below, quarter, Self::decimal(size * 0.6)];
        (found.into_iter())
            .min_by(|a, b| distance(a).total_cmp(&distance(b)))
            .unwrap_or(above)
    }

    fn plain(mantissa: f64) -> Self {
        Self {
            mantissa,
            exponent: 0,
            unit: 1.0,
        }
    }

    fn decimal(size: f64) -> Self {
        let size = size.max(1e-320);
        #[expect(
            clippy::cast_possible_truncation,
            reason = "logarithms of doubles are small"
        )]
        let exponent = libm::log10(size).floor() as i32;
        // The logarithm may be off by one; the last one of the list is always large enough.
        let found = (exponent - 1..=exponent + 1)
            .flat_map(|exponent| [1.0, 2.0, 5.0].map(|mantissa| (mantissa, exponent)))
            .map(|(mantissa, exponent)| Self {
                mantissa,
                exponent,
                unit: 1.0,
            })
            .find(|step| step.size() >= size * (1.0 - 1e-9));
        found.unwrap_or(Self {
            mantissa: 1.0,
            exponent: exponent + 1,
            unit: 1.0,
        })
    }

    pub(super) fn finer(self, mode: TickLabels) -> Self {
        // Neighbours are at most a factor of 3.5 apart.
        let size = self.size();
        [0.6, 0.5, 0.39]
            .map(|part| Self::at_least(size * part, mode))
            .into_iter()
            .find(|step| step.size() < size)
            .unwrap_or(Self::at_least(size * 0.28, mode))
    }

    pub(super) fn coarser(self, mode: TickLabels) -> Self {
        Self::at_least(self.size() * 1.01, mode)
    }

    /// The step of the minor ticks between.
    pub(super) fn minor(self) -> Self {
        if self.unit == 1.0
            && self.exponent == 0
            && let Some((_, minor)) = TIMES
                .iter()
                .find(|(time, _)| *time == self.mantissa && *time >= 10.0)
        {
            return Self::plain(*minor);
        }
        let (mantissa, exponent) = match self.mantissa {
            1.0 => (2.0, self.exponent - 1),
            2.0 => (5.0, self.exponent - 1),
            5.0 => (1.0, self.exponent),
            power => (power / 4.0, self.exponent),
        };
        Self {
            mantissa,
            exponent,
            ..self
        }
    }

    /// The distance itself.
    pub(super) fn size(self) -> f64 {
        self.times(1.0)
    }

    fn times(self, count: f64) -> f64 {
        let whole = count * self.mantissa;
        let scaled = if (-308..0).contains(&self.exponent) {
            whole / power_of_ten(-self.exponent)
        } else {
            whole * power_of_ten(self.exponent)
        };
        scaled * self.unit
    }

    /// Multiples from `low` to `high`, ascending and distinct.
    pub(super) fn multiples(self, low: f64, high: f64) -> Vec<f64> {
        let size = self.size();
        let (first, last) = ((low / size - 1e-9).ceil(), (high / size + 1e-9).floor());
        if !first.is_finite() || !last.is_finite() {
            return Vec::new();
        }
        let mut found: Vec<f64> = (0..MULTIPLES_MAX)
            .map(|index| first + f64::from(index))
            .take_while(|&count| count <= last)
            // Minus zero would be written as such.
            .map(|count| self.times(count) + 0.0)
            .filter(|value| (low..=high).contains(value))
            .collect();
        found.dedup();
        found
    }
}

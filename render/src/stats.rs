//! Statistics of a line as the legend shows them; absent values do not count.

/// Statistics of the values of a line that are not NaN. All but `count` are NaN when there is none.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LineStats {
    /// Number of values.
    pub count: u64,
    /// Smallest value.
    pub min: f64,
    /// Largest value.
    pub max: f64,
    /// Total divided by count.
    pub avg: f64,
    /// Sum in time order.
    pub total: f64,
    /// The latest value.
    pub last: f64,
}

impl LineStats {
    /// Statistics of values in time order.
    pub fn of(values: &[f64]) -> Self {
        let mut stats = Self {
            count: 0,
            min: f64::INFINITY,
            max: f64::NEG_INFINITY,
            avg: f64::NAN,
            total: 0.0,
            last: f64::NAN,
        };
        for &value in values.iter().filter(|value| !value.is_nan()) {
            stats.count += 1;
            // Not `min` and `max`, whose care for NaN takes time.
            stats.min = if value < stats.min { value } else { stats.min };
            stats.max = if value > stats.max { value } else { stats.max };
            stats.total += value;
            stats.last = value;
        }
        if stats.count == 0 {
            return Self {
                min: f64::NAN,
                max: f64::NAN,
                total: f64::NAN,
                ..stats
            };
        }
        #[expect(
            clippy::cast_precision_loss,
            reason = "counts of points stay below 2^53"
        )]
        let count = stats.count as f64;
        stats.avg = stats.total / count;
        stats
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn absent_values_do_not_count() {
        let stats = LineStats::of(&[f64::NAN, 3.0, 1.0, f64::NAN, 2.0, f64::NAN]);
        let expected = LineStats {
            count: 3,
            min: 1.0,
            max: 3.0,
            avg: 2.0,
            total: 6.0,
            last: 2.0,
        };
        assert_eq!(stats, expected);
    }

    #[test]
    fn nothing_has_no_statistics() {
        let stats = LineStats::of(&[f64::NAN]);
        assert_eq!(stats.count, 0);
        assert!(
            [stats.min, stats.max, stats.avg, stats.total, stats.last]
                .iter()
                .all(|v| v.is_nan())
        );
    }
}

//! Lines of buckets and registers: percentiles, and estimates of how many are distinct.
//!
//! Takes lines that are told apart by the tag `percentile` or `distinct` and perhaps others; gives
//! lines for the others alone. The formulas are those of the reference, bit by bit.

use std::collections::BTreeMap;
use std::sync::Arc;

use telamon_model::number::java_double;
use telamon_model::percentile::{BUCKET_COUNT, bounds};
use telamon_model::predicate::utf16_cmp;
use telamon_model::{ABSENT, Tags};

use super::EvalError;
use super::finish::{group_label, query_label};
use crate::expr::{DISTINCT, DataExpr, Expr, Number, PERCENTILE};
use crate::line::{Line, LineKind};

/// Registers of a sketch.
const REGISTERS: usize = 64;

/// Lines by the values of what else they are grouped by, each with its number.
type Groups<'a> = BTreeMap<Vec<Arc<str>>, Vec<(usize, &'a Line)>>;

/// A line for each percentile of each group of buckets.
pub(super) fn percentiles(
    input: &Expr,
    ranks: &[Number],
    lines: &[Line],
) -> Result<Vec<Line>, EvalError> {
    let Some(first) = lines.first() else {
        return Ok(Vec::new());
    };
    if ranks.is_empty() {
        return Err(EvalError::NoPercentiles);
    }
    let keys = other_keys(input, PERCENTILE);
    // The first line decides for all: timers count nanoseconds and are shown in seconds.
    let is_timer = first
        .tags
        .get(PERCENTILE)
        .is_some_and(|tag| tag.starts_with('T'));
    let mut found = Vec::new();
    for group in in_label_order(groups(lines, PERCENTILE, &keys, BUCKET_COUNT)?, &keys) {
        let Group {
            name,
            label,
            members,
        } = group;
        let points = members[0].1.values.len();
        let mut columns = vec![vec![ABSENT; points]; ranks.len()];
        let mut counts = [0.0; BUCKET_COUNT];
        for point in 0..points {
            counts.fill(0.0);
            for (bucket, line) in &members {
                let count = line.values[point];
                counts[*bucket] = if count.is_finite() { count } else { 0.0 };
            }
            for (column, value) in columns.iter_mut().zip(interpolate(&counts, ranks)) {
                column[point] = if is_timer { value * 1e-9 } else { value };
            }
        }
        for (rank, values) in ranks.iter().zip(columns) {
            let text = rank_text(rank.0);
            found.push(Line {
                label: format!(
                    "percentile({}, {text})",
                    label.as_ref().unwrap_or(&query_name(input))
                ),
                tags: with_tag(&name, PERCENTILE, &text),
                kind: LineKind::Gauge,
                values,
            });
        }
    }
    Ok(found)
}

/// Between the bounds of the bucket in which the rank is passed. The walk ends at the last bucket
/// that is not empty.
fn interpolate(counts: &[f64; BUCKET_COUNT], ranks: &[Number]) -> Vec<f64> {
    let total: f64 = counts.iter().sum();
    let last = counts.iter().rposition(|&count| count > 0.0);
    let (Some(last), true) = (last, total > 0.0) else {
        return vec![ABSENT; ranks.len()];
    };
    let between = |rank: f64, before: (f64, f64), after: (f64, f64)| {
        let part = (rank - before.0) / (after.0 - before.0);
        if part.is_nan() {
            0.0
        } else {
            part * (after.1 - before.1) + before.1
        }
    };
    let bounds = bounds();
    let mut found = Vec::with_capacity(ranks.len());
    let mut counted = 0.0;
    // Percentage and bound.
    let mut before = (0.0, 0.0);
    for (count, bound) in counts.iter().zip(bounds).take(last + 1) {
        counted += count;
        let after = (100.0 * counted / total, as_double(bound));
        while let Some(rank) = ranks.get(found.len()).filter(|rank| after.0 >= rank.0) {
            found.push(between(rank.0, before, after));
        }
        before = after;
    }
    // Rounding can leave the last percentage below 100.
    let end = (100.0, as_double(bounds[last]));
    let left = ranks.iter().skip(found.len());
    let rest: Vec<f64> = left.map(|rank| between(rank.0, before, end)).collect();
    found.extend(rest);
    found
}

#[expect(
    clippy::cast_precision_loss,
    reason = "bounds are rounded as in the reference"
)]
fn as_double(bound: i64) -> f64 {
    bound as f64
}

/// The number padded so that texts of all percentiles sort like the numbers.
fn rank_text(rank: f64) -> String {
    let text = java_double(rank);
    let padding = if rank < 10.0 {
        "  "
    } else if rank < 100.0 {
        " "
    } else {
        ""
    };
    format!("{padding}{text}")
}

/// How many distinct things each group of registers has seen.
pub(super) fn distinct(registers: &Expr, lines: &[Line]) -> Result<Vec<Line>, EvalError> {
    let keys = other_keys(registers, DISTINCT);
    let groups = in_label_order(groups(lines, DISTINCT, &keys, REGISTERS)?, &keys);
    let counted = groups.into_iter().map(|group| {
        let Group {
            name,
            label,
            members,
        } = group;
        let points = members[0].1.values.len();
        let value_at = |point: usize| {
            let mut register = [0.0; REGISTERS];
            for (number, line) in &members {
                let rank = line.values[point];
                register[*number] = if rank.is_finite() && rank > 0.0 {
                    rank
                } else {
                    0.0
                };
            }
            estimate(&register)
        };
        Line {
            label: label.unwrap_or_else(|| format!("approx-distinct({})", query_name(registers))),
            tags: without_tag(&name, DISTINCT),
            kind: LineKind::Gauge,
            values: (0..points).map(value_at).collect(),
        }
    });
    Ok(counted.collect())
}

/// The estimate of a `HyperLogLog` sketch with 64 registers, by linear counting where it is small.
fn estimate(registers: &[f64; REGISTERS]) -> f64 {
    let zeros: f64 = registers
        .iter()
        .filter(|&&rank| rank == 0.0)
        .map(|_| 1.0)
        .sum();
    if zeros == 64.0 {
        return ABSENT;
    }
    let alpha = 0.7213 / (1.0 + 1.079 / 64.0);
    let sum: f64 = registers.iter().map(|&rank| libm::pow(2.0, -rank)).sum();
    let estimate = alpha * 64.0 * 64.0 / sum;
    if estimate <= 160.0 && zeros > 0.0 {
        64.0 * libm::log(64.0 / zeros)
    } else {
        estimate
    }
}

/// Lines of one group.
struct Group<'a> {
    /// Tags of one of them.
    name: Tags,
    /// Its key as text, where there are other keys.
    label: Option<String>,
    members: Vec<(usize, &'a Line)>,
}

fn in_label_order<'a>(groups: Groups<'a>, keys: &[Arc<str>]) -> Vec<Group<'a>> {
    let mut groups: Vec<Group<'a>> = groups
        .into_iter()
        .map(|(values, members)| Group {
            name: members[0].1.tags.clone(),
            label: (!keys.is_empty()).then(|| group_label(keys.iter().zip(&values))),
            members,
        })
        .collect();
    groups.sort_by(|a, b| match (&a.label, &b.label) {
        (Some(a), Some(b)) => utf16_cmp(a, b),
        _ => std::cmp::Ordering::Equal,
    });
    groups
}

/// Groups lines by the other keys. A number that cannot be is left out; two lines for one are an
/// error.
fn groups<'a>(
    lines: &'a [Line],
    key: &'static str,
    keys: &[Arc<str>],
    numbers: usize,
) -> Result<Groups<'a>, EvalError> {
    let mut groups = Groups::new();
    for line in lines {
        let values: Option<Vec<Arc<str>>> =
            keys.iter().map(|key| line.tags.get(key).cloned()).collect();
        let (Some(values), Some(tag)) = (values, line.tags.get(key)) else {
            continue;
        };
        let Some(number) = number_of(tag)?.filter(|&number| number < numbers) else {
            continue;
        };
        let members = groups.entry(values).or_default();
        if let Some((_, other)) = members.iter().find(|(known, _)| *known == number) {
            let other = other.tags.get(key).map_or("", |tag| tag);
            return Err(EvalError::InvalidEncoding {
                key,
                values: format!("{other},{tag}"),
            });
        }
        members.push((number, line));
    }
    Ok(groups)
}

/// The hexadecimal digits after the first character; `None` for a negative number.
fn number_of(tag: &str) -> Result<Option<usize>, EvalError> {
    let mut characters = tag.chars();
    characters.next();
    let digits = characters.as_str();
    match i32::from_str_radix(digits, 16) {
        Ok(number) => Ok(usize::try_from(number).ok()),
        Err(_) => Err(EvalError::NotHexadecimal {
            text: digits.to_owned(),
        }),
    }
}

fn other_keys(expr: &Expr, own: &str) -> Vec<Arc<str>> {
    let keys = expr.final_grouping();
    keys.iter().filter(|key| &***key != own).cloned().collect()
}

/// What the first data expression selects, as text.
fn query_name(expr: &Expr) -> String {
    let query = expr.data_exprs().first().map(|data| DataExpr::query(data));
    query.map_or_else(String::new, |query| query_label(query))
}

fn with_tag(tags: &Tags, key: &str, value: &str) -> Tags {
    let own = std::iter::once((Arc::from(key), Arc::from(value)));
    let kept = tags.iter().filter(|(known, _)| &***known != key);
    let kept = kept.map(|(key, value)| (Arc::clone(key), Arc::clone(value)));
    Tags::from_pairs(kept.chain(own))
}

fn without_tag(tags: &Tags, key: &str) -> Tags {
    let kept = tags.iter().filter(|(known, _)| &***known != key);
    Tags::from_pairs(kept.map(|(key, value)| (Arc::clone(key), Arc::clone(value))))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(counts: &[(usize, f64)], rank: f64, expected: f64) {
        let mut all = [0.0; BUCKET_COUNT];
        for &(bucket, count) in counts {
            all[bucket] = count;
        }
        let found = interpolate(&all, &[Number(rank)])[0];
        assert!(
            found.to_bits() == expected.to_bits() || (found.is_nan() && expected.is_nan()),
            "{rank} of {counts:?} is {found}"
        );
    }

    #[test]
    fn percentiles_of_the_reference() {
        use telamon_model::percentile::BucketIndex;
        let mut counts: BTreeMap<usize, f64> = BTreeMap::new();
        for value in 0..100 {
            let bucket = usize::from(BucketIndex::of(value).as_u16());
            *counts.entry(bucket).or_default() += 1.0 / 60.0;
        }
        let counts: Vec<(usize, f64)> = counts.into_iter().collect();
        for (rank, expected) in [
            (0.0, 0.0),
            (9.0, 9.0),
            (25.0, 25.0),
            (50.0, 50.0),
            (90.0, 92.0),
        ] {
            let mut all = [0.0; BUCKET_COUNT];
            counts
                .iter()
                .for_each(|&(bucket, count)| all[bucket] = count);
            let found = interpolate(&all, &[Number(rank)])[0];
            assert!((found - expected).abs() < 1e-9, "{rank}: {found}");
        }
        let few = [(10, 1.0), (12, 3.0)];
        check(&few, 10.0, 10.4);
        check(&few, 25.0, 11.0);
        check(&few, 26.0, 12.013_333_333_333_334);
        check(&few, 50.0, 12.333_333_333_333_334);
        check(&[(10, 7.0)], 0.0, 0.0);
        check(&[(10, 7.0)], 50.0, 10.5);
        check(&[(10, 7.0)], 100.0, 11.0);
        check(&[(10, -7.0)], 50.0, ABSENT);
        check(&[], 50.0, ABSENT);
    }

    #[test]
    fn texts_of_ranks_sort_like_numbers() {
        let texts = [9.0, 50.0, 99.99, 100.0].map(rank_text);
        assert_eq!(texts, ["  9.0", " 50.0", " 99.99", "100.0"]);
        assert!(texts.is_sorted());
    }

    #[test]
    fn estimates_of_the_reference() {
        let mut one = [0.0; REGISTERS];
        one[7] = 5.0;
        for (registers, expected) in [
            (one, 1.007_894_845_960_903_2),
            ([1.0; REGISTERS], 90.795_642_219_456_37),
            ([4.0; REGISTERS], 726.365_137_755_651),
        ] {
            assert!((estimate(&registers) - expected).abs() < 1e-9 * expected);
        }
        assert!(estimate(&[0.0; REGISTERS]).is_nan());
    }
}

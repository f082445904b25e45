//! Samples and batches, and the one place that says what absence is.

use crate::series::{PartitionCount, PartitionIndex, Series};
use crate::time::Timestamp;

/// The value of a slot without a sample. **NaN is absence**, everywhere in Telamon: a slot that
/// holds any NaN has no value, and a published NaN stores nothing.
///
/// This bit pattern is the only NaN that is ever stored.
pub const ABSENT: f64 = f64::NAN;

/// Samples on their way from a publisher to a log: each series once, and one row per sample.
///
/// Rows stand in the order in which the publisher sent them, which is the order in which they are
/// applied.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Batch {
    /// The series that rows refer to, each once.
    pub series: Vec<Series>,
    /// One row per sample.
    pub rows: Vec<Row>,
}

/// One sample of a batch.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Row {
    /// Index into [`Batch::series`].
    pub series_index: u32,
    /// When the value was taken, not yet aligned to a step.
    pub timestamp: Timestamp,
    /// The value as published.
    pub value: f64,
}

impl Batch {
    /// Splits the batch into one batch per partition, keeping the order of rows in each; partitions
    /// without rows are left out. Ascending by partition.
    pub fn split(self, count: PartitionCount) -> Vec<(PartitionIndex, Self)> {
        let partitions: Vec<u16> = self
            .series
            .iter()
            .map(|series| series.partition(count).0)
            .collect();
        if let Some(&first) = partitions.first()
            && partitions.iter().all(|&partition| partition == first)
        {
            return vec![(PartitionIndex(first), self)];
        }
        let mut parts: Vec<Self> = vec![Self::default(); usize::from(count.as_u16())];
        let mut local_index = vec![u32::MAX; self.series.len()];
        for row in self.rows {
            let index = row.series_index as usize;
            let part = &mut parts[usize::from(partitions[index])];
            if local_index[index] == u32::MAX {
                local_index[index] = u32::try_from(part.series.len())
                    .expect("a part has no more series than the batch, whose rows index with u32");
                part.series.push(self.series[index].clone());
            }
            part.rows.push(Row {
                series_index: local_index[index],
                ..row
            });
        }
        count
            .indexes()
            .zip(parts)
            .filter(|(_, part)| !part.rows.is_empty())
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tags::Tags;

    #[test]
    fn a_split_keeps_every_row_in_the_partition_of_its_series() {
        let series: Vec<Series> = (0..50)
            .map(|node| {
                Series::new(Tags::from_pairs([
                    ("name", "cpu".to_owned()),
                    ("nf.node", format!("i-{node}")),
                ]))
            })
            .collect();
        let rows: Vec<Row> = (0..200)
            .map(|k| Row {
                series_index: (k * 7) % 50,
                timestamp: Timestamp(i64::from(k)),
                value: f64::from(k),
            })
            .collect();
        let batch = Batch { series, rows };
        let count = PartitionCount::new(4).unwrap();
        let parts = batch.clone().split(count);
        assert!(
            parts.len() > 1,
            "fifty nodes fall into more than one partition"
        );
        let mut seen = Vec::new();
        for (partition, part) in &parts {
            assert!(
                part.rows
                    .windows(2)
                    .all(|pair| pair[0].timestamp < pair[1].timestamp)
            );
            for row in &part.rows {
                let series = &part.series[row.series_index as usize];
                assert_eq!(series.partition(count), *partition);
                seen.push((row.timestamp, series.id(), row.value.to_bits()));
            }
        }
        let mut sent: Vec<_> = batch
            .rows
            .iter()
            .map(|row| {
                (
                    row.timestamp,
                    batch.series[row.series_index as usize].id(),
                    row.value.to_bits(),
                )
            })
            .collect();
        seen.sort();
        sent.sort();
        assert_eq!(seen, sent);
    }
}

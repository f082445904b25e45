//! Laws of frames.

use std::collections::BTreeMap;

use proptest::prelude::*;
use telamon_model::{Row, Series, Tags, Timestamp};

use super::*;

/// What a batch says, with values as bits, since NaN is not equal to itself.
fn content(batch: &Batch) -> (Vec<Tags>, Vec<(u32, i64, u64)>) {
    (
        batch
            .series
            .iter()
            .map(|series| series.tags().clone())
            .collect(),
        batch
            .rows
            .iter()
            .map(|row| (row.series_index, row.timestamp.0, row.value.to_bits()))
            .collect(),
    )
}

/// A batch comes back from its frame, with and without a cache that has seen it.
fn check(batch: &Batch) -> Vec<u8> {
    let frame = encode(batch);
    assert_eq!(frame, encode(batch), "same batch, same bytes");
    let mut cache = SeriesCache::new(1_000_000);
    for _ in 0..2 {
        let decoded = decode_with(&frame, &mut cache).expect("a frame decodes");
        assert_eq!(content(&decoded), content(batch));
        for (decoded, original) in decoded.series.iter().zip(&batch.series) {
            assert_eq!(decoded.id(), original.id());
        }
    }
    assert_eq!(cache.len(), batch.series.len());
    frame
}

fn series(pairs: &[(&str, &str)]) -> Series {
    Series::new(Tags::from_pairs(pairs.iter().copied()))
}

fn tag_set() -> impl Strategy<Value = BTreeMap<String, String>> {
    let key = prop_oneof!["[a-e]", "[a-c]{0,3}", "\\PC{1,3}"];
    let value = prop_oneof![4 => "i-[0-9]{1,2}", 1 => "\\PC{0,6}", 1 => Just(String::new())];
    prop::collection::btree_map(key, value, 0..6)
}

fn value() -> impl Strategy<Value = f64> {
    prop_oneof![
        (-2_000..2_000_i32).prop_map(f64::from),
        (-900_000..900_000_i32).prop_map(|n| f64::from(n) / 1000.0),
        (0..5_000_i32).prop_map(|n| f64::from(n) / 60.0),
        (0..2_000_000_000_i32).prop_map(|n| f64::from(n) / 1e9 / 60.0),
        any::<u64>().prop_map(f64::from_bits),
        any::<f64>(),
        prop::sample::select(vec![
            0.0,
            -0.0,
            f64::NAN,
            -f64::NAN,
            f64::INFINITY,
            f64::NEG_INFINITY,
            f64::MAX,
            f64::MIN_POSITIVE,
            5e-324,
            0.5,
            0.1,
            1e15,
            1_125_899_906_842_624.0,
            9_007_199_254_740_993.0,
            1e300,
        ]),
    ]
}

fn batch() -> impl Strategy<Value = Batch> {
    let sets = prop::collection::btree_set(tag_set(), 0..40);
    let rows = prop::collection::vec((any::<prop::sample::Index>(), -3..3_i64, value()), 0..80);
    (sets, rows, any::<bool>(), any::<i64>()).prop_map(|(sets, rows, in_order, origin)| {
        let series: Vec<Series> = sets
            .into_iter()
            .map(|set| Series::new(Tags::from_pairs(set)))
            .collect();
        let rows = rows
            .into_iter()
            .enumerate()
            .filter(|_| !series.is_empty())
            .map(|(position, (index, shift, value))| {
                let chosen = if in_order {
                    position % series.len()
                } else {
                    index.index(series.len())
                };
                Row {
                    series_index: u32::try_from(chosen).unwrap(),
                    timestamp: Timestamp(origin.wrapping_add(shift)),
                    value,
                }
            })
            .collect();
        Batch { series, rows }
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn a_batch_comes_back(batch in batch()) {
        check(&batch);
    }

    #[test]
    fn a_cache_never_changes_what_is_decoded(
        batches in prop::collection::vec(batch(), 1..8),
        series_max in 0..60_usize,
    ) {
        let mut cache = SeriesCache::new(series_max);
        for batch in &batches {
            let decoded = decode_with(&encode(batch), &mut cache).unwrap();
            prop_assert_eq!(content(&decoded), content(batch));
        }
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        decode(&bytes).ok();
        for packing in [PACKING_NONE, PACKING_LZ4] {
            let mut framed = vec![VERSION, packing];
            framed.extend_from_slice(&bytes);
            decode(&framed).ok();
        }
    }

    #[test]
    fn no_change_makes_it_panic(
        batch in batch(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
    ) {
        // Unpacked, so that changes reach the columns.
        let mut frame = body(&batch);
        for (index, byte) in changes {
            let position = index.index(frame.len());
            frame[position] = byte;
        }
        if let Ok(decoded) = decode(&frame) {
            prop_assert!(
                decoded.rows.iter().all(|row| (row.series_index as usize) < decoded.series.len())
            );
            for series in &decoded.series {
                let keys: Vec<_> = series.tags().iter().map(|(key, _)| key).collect();
                prop_assert!(keys.windows(2).all(|pair| pair[0] < pair[1]));
            }
        }
    }

    #[test]
    fn no_cut_is_a_frame(batch in batch(), cut in any::<prop::sample::Index>()) {
        for frame in [encode(&batch), body(&batch)] {
            prop_assert!(decode(&frame[..cut.index(frame.len())]).is_err());
        }
    }
}

/// The frame of a batch without packing.
fn body(batch: &Batch) -> Vec<u8> {
    let frame = encode(batch);
    if frame[1] == PACKING_NONE {
        return frame;
    }
    let mut unpacked = vec![VERSION, PACKING_NONE];
    unpacked.extend(unpack(Reader(&frame[2..])).unwrap());
    unpacked
}

#[test]
fn an_empty_batch_is_four_bytes() {
    assert_eq!(check(&Batch::default()), [VERSION, PACKING_NONE, 0, 0]);
}

#[test]
fn dictionaries_of_any_size_come_back() {
    for count in [1, 2, 255, 256, 257, 65_535, 65_536, 65_537_u32] {
        // One series more than values, so that the codes are written.
        let mut series: Vec<Series> = (0..count)
            .map(|index| series(&[("id", &index.to_string()), ("k", "a")]))
            .collect();
        series.push(self::series(&[("id", "0"), ("k", "b")]));
        check(&Batch {
            series,
            rows: Vec::new(),
        });
    }
}

#[test]
fn long_strings_and_wide_sets_come_back() {
    let long = "x".repeat(1_000);
    let wide: Vec<(String, String)> = (0..500)
        .map(|index| (format!("key{index}"), format!("{long}{index}")))
        .collect();
    let other = wide.iter().map(|(key, _)| (key.clone(), String::new()));
    let series = vec![
        Series::new(Tags::from_pairs(wide.clone())),
        Series::new(Tags::from_pairs(other)),
    ];
    check(&Batch {
        series,
        rows: Vec::new(),
    });
}

#[test]
fn a_short_frame_cannot_ask_for_much() {
    let count = |count: u64| {
        let mut bytes = Vec::new();
        bytes::put_varint(&mut bytes, count);
        bytes
    };
    // A body that says it is huge, unpacked and packed.
    let huge = count(1 << 40);
    for head in [[VERSION, PACKING_NONE], [VERSION, PACKING_LZ4]] {
        let frame = [&head[..], &huge, &huge].concat();
        assert_eq!(decode(&frame), Err(FrameError::Count));
    }
    // 4,000 keys that all of 4,000 sets have: 16 million pairs in 20 kB.
    let pairs = |id: u32| {
        let keys = (0..4_000).map(|key| (format!("{key:04}"), String::new()));
        Tags::from_pairs(keys.chain([("id".to_owned(), id.to_string())]))
    };
    let one = Batch {
        series: vec![Series::new(pairs(1))],
        rows: Vec::new(),
    };
    let frame = body(&one);
    let series: Vec<Series> = (0..400).map(|id| Series::new(pairs(id))).collect();
    let many = body(&Batch {
        series,
        rows: Vec::new(),
    });
    assert!(
        many.len() < frame.len() + 3_000,
        "sets share what they have in common"
    );
    assert_eq!(decode(&many), Err(FrameError::Count));
}

#[test]
fn other_versions_and_packings_are_named() {
    assert_eq!(
        decode(&[2, 0, 0, 0]),
        Err(FrameError::UnknownVersion { version: 2 })
    );
    assert_eq!(
        decode(&[1, 7, 0, 0]),
        Err(FrameError::UnknownPacking { packing: 7 })
    );
    assert_eq!(decode(&[1, 0, 0, 0, 0]), Err(FrameError::Trailing));
}

#[test]
fn a_step_of_many_series_takes_few_bytes_each() {
    let series: Vec<Series> = (0..1_000)
        .map(|index| {
            series(&[
                ("name", "cpu.usage"),
                ("nf.node", "i-0123456789abcdef"),
                ("id", &format!("op-{index:04}")),
            ])
        })
        .collect();
    let rows = (0..1_000)
        .map(|index| Row {
            series_index: index,
            timestamp: Timestamp(1_700_000_000_000),
            value: f64::from(index % 30),
        })
        .collect();
    let frame = check(&Batch { series, rows });
    assert!(frame.len() < 2_500, "{} bytes", frame.len());
}

#[test]
fn what_is_out_of_place_is_refused() {
    let batch = Batch {
        series: vec![series(&[("a", "x"), ("b", "y")])],
        rows: vec![Row {
            series_index: 0,
            timestamp: Timestamp(0),
            value: 1.0,
        }],
    };
    // counts | two keys | one shape of both | x | y | index run, time run, one scale, value
    let frame = [
        1, 0, 1, 1, 2, 0, 0, 1, 1, b'a', b'b', 1, 2, 0, 0, 1, 0, 1, b'x', 1, 0, 1, b'y', 0, 0, 0,
        0, 1, 0, 8,
    ];
    assert_eq!(encode(&batch), frame);
    for (position, byte, error) in [
        (9, b'b', FrameError::Order),
        (9, b'c', FrameError::Order),
        (9, 0xFF, FrameError::Text),
        (2, 2, FrameError::Duplicate),
        (12, 3, FrameError::Code),
        (13, 1, FrameError::Code),
        (15, 2, FrameError::Count),
        (24, 2, FrameError::SeriesIndex),
        (23, 2, FrameError::Count),
        (28, 99, FrameError::Code),
        (29, 1, FrameError::Code),
        (29, 40 << 2 | 3, FrameError::Code),
    ] {
        let mut changed = frame;
        changed[position] = byte;
        assert_eq!(decode(&changed).unwrap_err(), error, "byte {position}");
    }
}

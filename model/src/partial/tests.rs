use super::*;
use proptest::prelude::*;

const SLOTS: usize = 3;
const MULTIPLE: usize = 2;

/// One series' contribution: group, series number, whether a gauge, values of the slots of the store.
#[derive(Clone, Debug)]
struct Contribution {
    group: u8,
    series: u8,
    values: Vec<f64>,
}

fn contributions() -> impl Strategy<Value = Vec<Contribution>> {
    let value = prop_oneof![
        4 => -1e9..1e9,
        2 => Just(f64::NAN),
        1 => prop_oneof![Just(0.0), Just(-0.0), Just(1e300), Just(-1e300), Just(1e-300)],
        1 => Just(f64::INFINITY),
    ];
    let contribution = (
        0_u8..3,
        any::<u8>(),
        prop::collection::vec(value, SLOTS * MULTIPLE),
    )
        .prop_map(|(group, series, values)| Contribution {
            group,
            series,
            values,
        });
    prop::collection::vec(contribution, 0..12)
}

fn shapes() -> impl Strategy<Value = Shape> {
    let combine = prop::sample::select(vec![
        Combine::Sum,
        Combine::Count,
        Combine::Min,
        Combine::Max,
    ]);
    let fold = prop::sample::select(vec![Fold::Avg, Fold::Sum, Fold::Min, Fold::Max]);
    (combine, fold).prop_map(|(combine, fold)| Shape {
        combine,
        fold,
        slots: SLOTS,
        multiple: MULTIPLE,
    })
}

/// The simplest accumulation: every second value of a series is a row.
fn partial_of(shape: Shape, contributions: &[Contribution]) -> Partial {
    let mut partial = Partial::new(shape);
    for contribution in contributions {
        let row: Vec<f64> = contribution
            .values
            .iter()
            .copied()
            .step_by(MULTIPLE)
            .collect();
        let mut column = shape.new_column();
        match &mut column {
            Column::Sum(column) => column.add_row(&row),
            Column::Extreme(column) => column.add_row(&row),
            Column::Count(counts) => {
                for (count, value) in counts.iter_mut().zip(&row) {
                    *count += u64::from(!value.is_nan());
                }
            }
        }
        let mut present = SlotBits::new();
        for (slot, value) in contribution.values.iter().enumerate() {
            if !value.is_nan() {
                present.insert(slot);
            }
        }
        let id = SeriesId::from_bytes([contribution.series; 20]);
        let key = if contribution.group == 0 {
            GroupKey::Series(id, Tags::from_pairs([("name", "a"), ("nf.node", "b")]))
        } else {
            GroupKey::Values(vec![format!("g{}", contribution.group).into(), "é".into()])
        };
        let first = (id, contribution.series % 2 == 0);
        partial.add_group(
            key,
            Group {
                column,
                present,
                first,
            },
        );
        partial.add_stats(PartialStats {
            series: 1,
            points: 6,
        });
    }
    partial
}

fn merged(mut a: Partial, b: Partial) -> Partial {
    a.merge(b).expect("partials of one shape");
    a
}

/// Equal in content, in bytes and in what they finish to.
#[track_caller]
fn check(a: &Partial, b: &Partial) {
    assert_eq!(a, b);
    assert_eq!(a.encode(), b.encode());
    let values = |partial: &Partial| -> Vec<(GroupKey, Vec<u64>)> {
        let finished = partial.finish().into_iter();
        finished
            .map(|group| {
                (
                    group.key.clone(),
                    group.values.iter().map(|v| v.to_bits()).collect(),
                )
            })
            .collect()
    };
    assert_eq!(values(a), values(b));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn any_cut_in_any_order_is_the_same_partial(
        shape in shapes(), all in contributions(), cut in 0_usize..12, other in 0_usize..12,
    ) {
        let (low, high) = (cut.min(other).min(all.len()), cut.max(other).min(all.len()));
        let whole = partial_of(shape, &all);
        let parts = [&all[..low], &all[low..high], &all[high..]].map(|part| partial_of(shape, part));
        let [a, b, c] = parts;
        check(&merged(merged(a.clone(), b.clone()), c.clone()), &whole);
        check(&merged(a.clone(), merged(b.clone(), c.clone())), &whole);
        check(&merged(c, merged(b, a)), &whole);
    }

    #[test]
    fn bytes_come_back(shape in shapes(), all in contributions()) {
        let partial = partial_of(shape, &all);
        let decoded = Partial::decode(&partial.encode()).expect("own bytes");
        check(&decoded, &partial);
        let again = partial_of(shape, &all[..all.len() / 2]);
        check(&merged(decoded, again.clone()), &merged(partial, again));
    }

    #[test]
    fn damaged_bytes_never_panic(
        shape in shapes(), all in contributions(),
        at in any::<prop::sample::Index>(), byte: u8, length in any::<prop::sample::Index>(),
    ) {
        let bytes = partial_of(shape, &all).encode();
        prop_assert!(Partial::decode(&bytes[..length.index(bytes.len())]).is_err());
        let mut damaged = bytes.clone();
        damaged[at.index(bytes.len())] = byte;
        if let Ok(partial) = Partial::decode(&damaged) {
            let twice = merged(partial.clone(), partial);
            twice.finish();
            twice.encode();
        }
    }

    #[test]
    fn random_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let mut with_header = b"tpar\x01".to_vec();
        with_header.extend(bytes);
        if let Ok(partial) = Partial::decode(&with_header) {
            partial.finish();
        }
    }
}

#[test]
fn an_unknown_version_is_refused() {
    let mut bytes = partial_of(shape(Combine::Sum, Fold::Sum), &[]).encode();
    bytes[4] = 2;
    assert_eq!(Partial::decode(&bytes), Err(DecodeError::UnknownVersion(2)));
    assert_eq!(Partial::decode(b"tape"), Err(DecodeError::NotAPartial));
}

#[test]
fn bytes_after_the_end_are_refused() {
    let mut bytes = partial_of(shape(Combine::Sum, Fold::Sum), &[]).encode();
    bytes.push(0);
    assert!(matches!(
        Partial::decode(&bytes),
        Err(DecodeError::Malformed { .. })
    ));
}

#[test]
fn different_shapes_do_not_merge() {
    let mut sum = Partial::new(shape(Combine::Sum, Fold::Sum));
    let other = Partial::new(shape(Combine::Sum, Fold::Avg));
    assert!(sum.merge(other).is_err());
}

/// Rounding happens once, at the end: each of these sums is lost when partials are merged as f64.
#[test]
fn merged_sums_are_rounded_once() {
    for (parts, expected) in [
        ([1e16, 1.0, -1e16], 1.0),
        ([1.0, 1e-17, -1.0], 1e-17),
        ([0.1, 0.2, -0.3], 2.775_557_561_562_891_4e-17),
    ] {
        let [first, second, third] = parts.map(|value| {
            let contribution = Contribution {
                group: 1,
                series: 1,
                values: vec![value; SLOTS * MULTIPLE],
            };
            partial_of(shape(Combine::Sum, Fold::Sum), &[contribution])
        });
        let sum = merged(merged(first, second), third);
        assert_eq!(sum.finish().remove(0).values, [expected; SLOTS]);
    }
}

/// A gauge divides by the slots in which any series has a value, a rate by all of them.
#[test]
fn averages_divide_by_type() {
    let shape = shape(Combine::Sum, Fold::Avg);
    let nan = f64::NAN;
    for (series, expected) in [(2, [3.0, 4.0, nan]), (1, [3.0, 2.0, nan])] {
        let values = vec![6.0, 1.0, 4.0, nan, nan, nan];
        let partial = partial_of(
            shape,
            &[Contribution {
                group: 1,
                series,
                values,
            }],
        );
        let found = partial.finish().remove(0).values;
        assert_eq!(format!("{found:?}"), format!("{expected:?}"));
    }
}

#[test]
fn a_group_without_any_value_is_no_line() {
    let values = vec![f64::NAN; SLOTS * MULTIPLE];
    let contribution = Contribution {
        group: 1,
        series: 1,
        values,
    };
    let partial = partial_of(shape(Combine::Count, Fold::Sum), &[contribution]);
    assert!(partial.finish().is_empty());
    assert_eq!(partial.groups().len(), 1);
}

fn shape(combine: Combine, fold: Fold) -> Shape {
    Shape {
        combine,
        fold,
        slots: SLOTS,
        multiple: MULTIPLE,
    }
}

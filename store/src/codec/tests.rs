use proptest::prelude::*;

use super::*;

fn round_trip(row: &[f64]) -> (Codec, usize) {
    let mut body = vec![7];
    let codec = encode(row, &mut body);
    let mut decoded = vec![1.5; row.len()];
    decode(codec, &body[1..], &mut decoded);
    let bits = |row: &[f64]| -> Vec<u64> { row.iter().map(|value| value.to_bits()).collect() };
    assert_eq!(bits(&decoded), bits(row), "{codec:?}");
    (codec, body.len() - 1)
}

#[test]
fn each_shape_of_row_finds_its_codec() {
    let row = |value: fn(i32) -> f64| -> Vec<f64> { (0..64).map(value).collect() };
    for (values, codec, words) in [
        (row(|_| ABSENT), Codec::Absent, 0),
        (row(|_| -0.0), Codec::Constant, 2),
        (
            row(|k| if k % 3 == 0 { ABSENT } else { 2.5 }),
            Codec::Constant,
            2,
        ),
        (
            row(|k| {
                if k % 3 == 0 {
                    ABSENT
                } else {
                    f64::from(k % 2) * 0.3
                }
            }),
            Codec::Dictionary,
            7,
        ),
        (row(|k| f64::from(k + 1_000_000) / 10.0), Codec::Integer, 11),
        (row(|k| f64::from(k * 1000) / 60.0), Codec::Integer, 19),
        (row(|k| f64::from(k * 100_000) * 0.5), Codec::Integer, 35),
        (row(|k| f64::from(k + 2).sqrt()), Codec::Raw, 64),
    ] {
        assert_eq!(round_trip(&values), (codec, words), "{:?}", &values[..4]);
    }
}

fn value() -> impl Strategy<Value = f64> {
    prop_oneof![
        2 => Just(ABSENT),
        4 => (-300_i32..300).prop_map(f64::from),
        2 => (0_i32..100_000).prop_map(|n| f64::from(n) / 60.0),
        1 => (0_i32..100_000).prop_map(|n| f64::from(n) / 1000.0),
        1 => prop::sample::select(vec![
            0.0, -0.0, f64::INFINITY, f64::NEG_INFINITY, f64::MIN_POSITIVE, f64::MAX, 5e-324, 9.1e15,
        ]),
        1 => any::<f64>().prop_map(|value| if value.is_nan() { ABSENT } else { value }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn every_row_comes_back_bit_for_bit(
        pool in prop::collection::vec(value(), 1..20),
        picks in prop::collection::vec(any::<prop::sample::Index>(), 1..=64),
    ) {
        let row: Vec<f64> = picks.iter().map(|pick| *pick.get(&pool)).collect();
        let (_, words) = round_trip(&row);
        prop_assert!(words <= row.len().max(2));
    }

    #[test]
    fn unrelated_values_come_back_bit_for_bit(row in prop::collection::vec(value(), 1..=64)) {
        round_trip(&row);
    }
}

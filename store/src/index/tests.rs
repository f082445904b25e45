use proptest::prelude::*;
use telamon_model::{OutOfSteps, Pattern, StringMatcher, Tags};

use super::*;

/// Matches values that start with a text and hold another one.
struct PrefixAndPart(String, String);

impl StringMatcher for PrefixAndPart {
    fn is_match(&self, value: &str) -> Result<bool, OutOfSteps> {
        Ok(value.starts_with(&self.0) && value.contains(&self.1))
    }

    fn prefix(&self) -> &str {
        &self.0
    }
}

const VALUES: [&str; 7] = ["a", "ab", "abc", "b", "ba", "\u{ffff}", "\u{10000}"];

fn key() -> impl Strategy<Value = Arc<str>> {
    prop::sample::select(vec!["k", "l", "m", "none"]).prop_map(Arc::from)
}

fn value() -> impl Strategy<Value = Arc<str>> {
    prop::sample::select(VALUES.to_vec()).prop_map(Arc::from)
}

fn predicate() -> impl Strategy<Value = Predicate> {
    let pattern = (value(), value()).prop_map(|(start, part)| Pattern {
        text: Arc::clone(&start),
        ignore_case: false,
        matcher: Arc::new(PrefixAndPart(start.to_string(), part.to_string())),
    });
    let leaf = prop_oneof![
        Just(Predicate::True),
        Just(Predicate::False),
        key().prop_map(Predicate::Has),
        (key(), value()).prop_map(|(k, v)| Predicate::Equal(k, v)),
        (key(), value()).prop_map(|(k, v)| Predicate::Less(k, v)),
        (key(), value()).prop_map(|(k, v)| Predicate::LessEqual(k, v)),
        (key(), value()).prop_map(|(k, v)| Predicate::Greater(k, v)),
        (key(), value()).prop_map(|(k, v)| Predicate::GreaterEqual(k, v)),
        (key(), pattern).prop_map(|(k, p)| Predicate::Matches(k, p)),
        (key(), prop::collection::vec(value(), 0..4))
            .prop_map(|(k, list)| Predicate::In(k, list.into())),
    ];
    leaf.prop_recursive(4, 24, 2, |inner| {
        prop_oneof![
            (inner.clone(), inner.clone())
                .prop_map(|(a, b)| Predicate::And(Arc::new(a), Arc::new(b))),
            (inner.clone(), inner.clone())
                .prop_map(|(a, b)| Predicate::Or(Arc::new(a), Arc::new(b))),
            inner.prop_map(|a| Predicate::Not(Arc::new(a))),
        ]
    })
}

fn series() -> impl Strategy<Value = Vec<Series>> {
    let tags = prop::collection::vec((key(), value()), 0..4);
    prop::collection::vec(
        tags.prop_map(|pairs| Series::new(Tags::from_pairs(pairs))),
        0..120,
    )
}

fn numbered(series: &[Series]) -> Vec<(u32, Series)> {
    (0..).zip(series.iter().cloned()).collect()
}

/// An index built from groups of the given sizes, the rest in one group.
fn index(series: &[Series], sizes: &[usize]) -> Index {
    let mut index = Index::default();
    let mut start = 0_usize;
    for &size in sizes.iter().chain([&usize::MAX]) {
        let end = series.len().min(start.saturating_add(size));
        index.append(&numbered(series)[start..end]);
        start = end;
    }
    index
}

fn naive(series: &[Series], predicate: &Predicate) -> RoaringBitmap {
    (0..)
        .zip(series)
        .filter(|(_, series)| predicate.matches(series.tags()).unwrap())
        .map(|(ordinal, _)| ordinal)
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn a_selection_equals_testing_every_tag_set(
        series in series(),
        sizes in prop::collection::vec(0_usize..30, 0..12),
        predicate in predicate(),
    ) {
        let index = index(&series, &sizes);
        prop_assert_eq!(index.select(&predicate).unwrap(), naive(&series, &predicate));
    }

    #[test]
    fn removed_series_are_gone_and_their_ordinals_can_be_given_again(
        series in series(),
        sizes in prop::collection::vec(0_usize..30, 0..12),
        predicate in predicate(),
        modulus in 2_u32..5,
    ) {
        let index = index(&series, &sizes);
        let gone: RoaringBitmap = (0..).take(series.len()).filter(|i| i % modulus == 0).collect();
        let mut rest = index.without(&gone);
        let expected = naive(&series, &predicate) - &gone;
        prop_assert_eq!(rest.select(&predicate).unwrap(), expected);
        let again: Vec<_> = numbered(&series)
            .into_iter()
            .filter(|(ordinal, _)| gone.contains(*ordinal))
            .collect();
        rest.append(&again);
        prop_assert_eq!(rest.select(&predicate).unwrap(), naive(&series, &predicate));
        prop_assert_eq!(rest.tag_values("k", None), index.tag_values("k", None));
    }

    #[test]
    fn keys_and_values_are_counted_within_a_selection(
        series in series(),
        sizes in prop::collection::vec(0_usize..30, 0..12),
        predicate in predicate(),
        restricted: bool,
    ) {
        let index = index(&series, &sizes);
        let predicate = if restricted { predicate } else { Predicate::True };
        let within = naive(&series, &predicate);
        let chosen = series.iter().filter(|series| predicate.matches(series.tags()).unwrap());
        let mut keys = BTreeSet::new();
        let mut values: BTreeMap<Arc<str>, u64> = BTreeMap::new();
        for (key, value) in chosen.flat_map(|series| series.tags().iter()) {
            keys.insert(Arc::clone(key));
            if &**key == "k" {
                *values.entry(Arc::clone(value)).or_default() += 1;
            }
        }
        let within = restricted.then_some(&within);
        prop_assert_eq!(index.tag_keys(within), keys);
        prop_assert_eq!(index.tag_values("k", within), values);
    }

    /// Both ways of making a column give each series the value of its tags; nothing else occurs.
    #[test]
    fn a_column_holds_the_value_of_every_series(
        series in series(),
        sizes in prop::collection::vec(0_usize..30, 0..12),
        predicate in predicate(),
        key in key(),
    ) {
        let index = index(&series, &sizes);
        let within = naive(&series, &predicate);
        let expected: Vec<Option<&Arc<str>>> =
            within.iter().map(|ordinal| series[ordinal as usize].tags().get(&key)).collect();
        let occurring: BTreeSet<&Arc<str>> = expected.iter().flatten().copied().collect();
        let of = |ordinal: u32| &series[ordinal as usize];
        let tags = TagColumn::of_tags(&key, within.iter().map(of));
        for column in [TagColumn::of(&index, &key, &within, of), TagColumn::of_postings(&index, &key, &within), tags] {
            let found: Vec<Option<&Arc<str>>> = column.codes.iter().map(|&code| {
                (code != TagColumn::NONE).then(|| &column.values[code as usize])
            }).collect();
            prop_assert_eq!(&found, &expected);
            prop_assert_eq!(column.values.len(), occurring.len());
        }
    }

    #[test]
    fn single_series_end_up_in_few_segments(count in 1_usize..400) {
        let series: Vec<Series> = (0..count)
            .map(|i| Series::new(Tags::from_pairs([("name", i.to_string())])))
            .collect();
        let index = index(&series, &vec![1; count]);
        prop_assert!(index.segments.len() <= 4, "{} segments", index.segments.len());
        prop_assert_eq!(index.all().len(), count as u64);
    }
}

use super::*;

fn cache(series_max: usize) -> SeriesCache {
    SeriesCache::new(
        Rules::ATLAS,
        CacheLimits {
            series_max,
            span_bytes_max: 1_000_000,
        },
    )
}

fn pairs(name: &str) -> Pairs<'_> {
    vec![(Cow::Borrowed("name"), Cow::Borrowed(name))]
}

fn span(name: &str) -> String {
    format!("{{\"name\":\"{name}\"}}")
}

#[test]
fn a_span_is_found_under_its_own_common_tags_only() {
    let mut cache = cache(100);
    cache.begin();
    cache.set_common(&[(Cow::Borrowed("nf.node"), Cow::Borrowed("i-1"))]);
    let slot = cache.insert(&pairs("cpu"), Some(span("cpu").as_bytes()));
    let text = span("cpu") + ",\"timestamp\":1}";
    assert_eq!(
        cache.find_span(text.as_bytes()),
        Some((slot, span("cpu").len()))
    );
    cache.set_common(&[(Cow::Borrowed("nf.node"), Cow::Borrowed("i-2"))]);
    assert_eq!(cache.find_span(text.as_bytes()), None);
    cache.begin();
    cache.set_common(&[(Cow::Borrowed("nf.node"), Cow::Borrowed("i-1"))]);
    assert_eq!(
        cache.find_span(text.as_bytes()),
        Some((slot, span("cpu").len()))
    );
}

#[test]
fn different_texts_of_one_set_share_its_slot() {
    let mut cache = cache(100);
    cache.begin();
    let mut list = pairs("cpu");
    list.push((Cow::Borrowed("id"), Cow::Borrowed("a")));
    let one = cache.insert(&list, Some(b"{\"name\":\"cpu\",\"id\":\"a\"}"));
    list.reverse();
    let other = cache.insert(&list, Some(b"{\"id\":\"a\",\"name\":\"cpu\"}"));
    assert_eq!((one, cache.len()), (other, 1));
}

#[test]
fn what_is_in_use_outlives_the_generations_and_the_rest_is_dropped() {
    let mut cache = cache(20);
    for round in 0..50 {
        cache.begin();
        if cache.find_span(span("steady").as_bytes()).is_none() {
            assert_eq!(round, 0, "what is asked for in every request stays");
            let slot = cache.insert(&pairs("steady"), Some(span("steady").as_bytes()));
            cache.slot_mut(slot).is_admitted = true;
        }
        let (slot, _) = cache.find_span(span("steady").as_bytes()).unwrap();
        assert!(
            cache.slot(slot).is_admitted,
            "it moves over with what is known of it"
        );
        for index in 0..5 {
            let name = format!("passing.{round}.{index}");
            cache.insert(&pairs(&name), Some(span(&name).as_bytes()));
        }
        assert!(
            cache.len() <= 20 + 2 * 6,
            "{} after round {round}",
            cache.len()
        );
    }
    assert_eq!(cache.find_span(span("passing.0.0").as_bytes()), None);
}

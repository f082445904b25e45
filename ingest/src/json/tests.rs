use proptest::prelude::*;
use serde_json::{Map, Value, json};
use telamon_model::Tags;

use super::*;

fn check(body: &str, expected: &str) {
    let said = match decode(body.as_bytes()) {
        Ok(points) => {
            let text = |point: &Datapoint| {
                format!("{:?} {} {:?}", point.tags, point.timestamp, point.value)
            };
            points.iter().map(text).collect::<Vec<_>>().join("; ")
        }
        Err(error) => error.reference_text(),
    };
    assert_eq!(said, expected, "{body}");
}

#[test]
fn common_tags_hold_for_the_metrics_they_stand_beside() {
    let metrics = r#""metrics":[{"tags":{"name":"a","k":"own"},"timestamp":1,"value":2}]"#;
    check(&format!("{{{metrics}}}"), "{k=own,name=a} 1 2.0");
    check(
        &format!(r#"{{"tags":{{"k":"x","c":"y"}},{metrics}}}"#),
        "{c=y,k=own,name=a} 1 2.0",
    );
    check(
        &format!(r#"{{{metrics},"tags":{{"c":"y"}}}}"#),
        "{c=y,k=own,name=a} 1 2.0",
    );
    check(
        &format!(r#"{{"tags":{{"c":"y"}},{metrics},"tags":{{"d":"z"}}}}"#),
        "{c=y,k=own,name=a} 1 2.0",
    );
    check(
        &format!(r#"{{"tags":{{"c":"y"}},"tags":{{"d":"z"}},{metrics}}}"#),
        "{d=z,k=own,name=a} 1 2.0",
    );
}

#[test]
fn what_the_reference_lets_pass() {
    check(
        r#"/*x*/[[1,{"metrics":[{"foo":{"value":9},"value":NaN,"tags":{"name":"a"},"timestamp":7} // x
        ,{"values":["5",6],"start":-1,"tags":{"n\u0061me":"\ud83d\ude00","x":null,"y":[1]}}]} trailing"#,
        "{name=a} 7 NaN; {name=😀} -1 5.0",
    );
    check(r#"{"metrics":[{"tags":{}}]}"#, "{} -1 NaN");
}

#[test]
fn a_token_of_another_kind_is_refused_with_its_place() {
    for (body, expected) in [
        (
            r#"{"metrics":[{"tags":{"name":"a"},"timestamp":1.0}]}"#,
            "IllegalArgumentException: expected VALUE_NUMBER_INT but received \
             VALUE_NUMBER_FLOAT (line=1, col=49)",
        ),
        (
            r#"{"metrics":[{"tags":{"name":"a"},"timestamp":"1"}]}"#,
            "IllegalArgumentException: expected VALUE_NUMBER_INT but received \
             VALUE_STRING (line=1, col=47)",
        ),
        (
            "{\"metrics\":[{\n\"value\":true}]}",
            "IllegalArgumentException: expected VALUE_NUMBER_FLOAT but received VALUE_TRUE \
             (line=2, col=13)",
        ),
    ] {
        check(body, expected);
    }
}

#[test]
fn what_it_refuses_and_how() {
    for (body, expected) in [
        ("", "empty payload"),
        (" 1 ", "empty payload"),
        (r#"{"metrics":[]}"#, "empty payload"),
        (
            r#"{"foo":1}"#,
            "IllegalArgumentException: invalid field: 'foo'",
        ),
        (
            r#"{"tags":null,"metrics":[{"tags":{"name":"a"},"timestamp":1,"value":1}]}"#,
            "IllegalArgumentException: invalid field: 'timestamp'",
        ),
        (
            r#"{"metrics":[{"value":1}]}"#,
            "IllegalArgumentException: metric 0 has no field 'tags'",
        ),
        (
            r#"{"tags":{}}"#,
            "IllegalArgumentException: field 'metrics' is missing",
        ),
        (
            r#"{"metrics":[{"value":"x"}]}"#,
            "NumberFormatException: For input string: \"x\"",
        ),
        (
            r#"{"metrics":["#,
            "UnexpectedEndOfInputException: unexpected end of the body at byte 12",
        ),
        (
            r#"{"metrics":[1,]}"#,
            "StreamReadException: expected a value at byte 14",
        ),
        (
            r#"{"metrics":[1}"#,
            "StreamReadException: expected a comma at byte 13",
        ),
        (
            "{\"a\nb\":1}",
            "StreamReadException: a control character in a string is not escaped at byte 3",
        ),
    ] {
        check(body, expected);
    }
    let deep = |depth: usize| {
        format!(
            r#"{{"metrics":[{{"tags":{{}},"x":{}{}}}]}}"#,
            "[".repeat(depth),
            "]".repeat(depth)
        )
    };
    check(&deep(497), "{} -1 NaN");
    check(
        &deep(498),
        "StreamConstraintsException: nesting depth exceeds the limit of 500 at byte 524",
    );
}

/// What a payload says, read by a general JSON parser and the plain meaning of the format.
fn naive(payload: &Value) -> Vec<(Tags, i64, u64)> {
    let pairs = |tags: &Value| -> Vec<(String, String)> {
        let tags = tags.as_object().cloned().unwrap_or_default();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        tags.iter()
            .map(|(key, value)| (key.clone(), text(value)))
            .collect()
    };
    let metrics = payload["metrics"].as_array().unwrap();
    let point = |metric: &Value| {
        let all = pairs(&payload["tags"])
            .into_iter()
            .chain(pairs(&metric["tags"]));
        let value = metric["value"].as_f64().unwrap_or(f64::NAN);
        (
            Tags::from_pairs(all),
            metric["timestamp"].as_i64().unwrap_or(-1),
            value.to_bits(),
        )
    };
    metrics.iter().map(point).collect()
}

fn tags() -> impl Strategy<Value = Value> {
    // Few texts, so that sets repeat; one of them holds what the span memo must not trip over.
    let text = prop::sample::select(vec!["a", "b", "name", "é😀", "}{", "\"\\\n", ""]);
    prop::collection::vec((text.clone(), text), 0..4).prop_map(|pairs| {
        let pairs = pairs
            .into_iter()
            .map(|(key, value)| (key.to_owned(), Value::from(value)));
        Value::Object(pairs.collect::<Map<_, _>>())
    })
}

fn metric() -> impl Strategy<Value = Value> {
    let value = prop_oneof![
        any::<i64>().prop_map(Value::from),
        any::<f64>()
            .prop_filter("JSON has no other", |v| v.is_finite())
            .prop_map(Value::from)
    ];
    (
        tags(),
        prop::option::of(any::<i64>()),
        prop::option::of(value),
        any::<bool>(),
    )
        .prop_map(|(tags, timestamp, value, has_extra)| {
            let mut metric = json!({ "tags": tags });
            if let Some(timestamp) = timestamp {
                metric["timestamp"] = timestamp.into();
            }
            if let Some(value) = value {
                metric["value"] = value;
            }
            if has_extra {
                metric["extra"] = json!([{ "value": 1 }, "]}"]);
            }
            metric
        })
}

fn payload() -> impl Strategy<Value = Value> {
    (
        prop::option::of(tags()),
        prop::collection::vec(metric(), 1..8),
    )
        .prop_map(|(tags, metrics)| match tags {
            Some(tags) => json!({ "tags": tags, "metrics": metrics }),
            None => json!({ "metrics": metrics }),
        })
}

fn decode_with(body: &[u8], cache: &mut SeriesCache) -> Result<Vec<(Tags, i64, u64)>, DecodeError> {
    let points = decode_points(body, cache)?;
    let point = |point: Point| {
        let tags = cache.slot(point.slot).outcome.tags().clone();
        (tags, point.timestamp.0, point.value.to_bits())
    };
    Ok(points.into_iter().map(point).collect())
}

fn small_cache(series_max: usize) -> SeriesCache {
    SeriesCache::new(
        Rules::ATLAS,
        CacheLimits {
            series_max,
            span_bytes_max: 10_000,
        },
    )
}

proptest! {
    /// The fast way, the general way and a naive decoder agree, whatever the cache has seen before
    /// and however soon it forgets.
    #[test]
    fn decoding_means_what_a_naive_decoder_says(
        payloads in prop::collection::vec(payload(), 1..6),
        series_max in 0usize..12,
    ) {
        let mut cache = small_cache(series_max);
        for payload in &payloads {
            let naive = naive(payload);
            for body in [payload.to_string(), serde_json::to_string_pretty(payload).unwrap()] {
                prop_assert_eq!(&decode_with(body.as_bytes(), &mut cache).unwrap(), &naive);
            }
        }
    }

    /// A damaged body gives the same answer from a warm cache as from a cold one, and no panic.
    #[test]
    fn damage_is_read_alike_by_warm_and_cold_caches(
        payload in payload(),
        place: prop::sample::Index,
        byte: u8,
        is_cut: bool,
    ) {
        let body = payload.to_string().into_bytes();
        let mut warm = small_cache(100);
        decode_with(&body, &mut warm).unwrap();
        let mut damaged = body.clone();
        let place = place.index(body.len());
        if is_cut { damaged.truncate(place) } else { damaged[place] = byte }
        let cold = decode_with(&damaged, &mut small_cache(100));
        prop_assert_eq!(decode_with(&damaged, &mut warm), cold);
    }

    #[test]
    fn any_tokens_are_read_without_panic(
        parts in prop::collection::vec(prop::sample::select(vec![
            "{", "}", "[", "]", ",", ":", "\"tags\":", "\"metrics\":", "\"value\":", "\"values\":",
            "\"timestamp\":", "{\"a\":\"b\"}", "1", "-", "1.5", "NaN", "null", "\"", "\\", " ", "//", "/*",
        ]), 0..30),
    ) {
        let body = parts.concat();
        drop(decode(body.as_bytes()));
        drop(decode(format!("{{\"metrics\":[{{{body}").as_bytes()));
    }
}

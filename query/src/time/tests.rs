use super::*;

/// Class and text.
fn said(error: &TimeError) -> String {
    format!("{}: {}", error.class, error.text)
}

/// The range of two texts in a zone, in seconds, or the message.
fn check(start: &str, end: &str, zone_name: &str) -> Result<(i64, i64), String> {
    let zone = zone(zone_name).map_err(|error| said(&error))?;
    let now = Timestamp(1_700_000_000_000);
    let range = resolve_range(start, end, &zone.rules, now).map_err(|error| said(&error))?;
    Ok((range.start.0 / 1000, range.end.0 / 1000))
}

#[test]
fn either_end_may_refer_to_the_other() {
    let eight = 1_325_404_800;
    assert_eq!(
        check("e-3h", "2012-01-01T08:00", "UTC"),
        Ok((eight - 10_800, eight))
    );
    assert_eq!(
        check("2012-01-01T08:00", "s+1h", "UTC"),
        Ok((eight, eight + 3600))
    );
    assert_eq!(check("e", "2012-01-01T08:00", "UTC"), Ok((eight, eight)));
    assert_eq!(check("epoch+1h", "s+5m", "UTC"), Ok((3600, 3900)));
    assert_eq!(
        check("foo-1m", "now", "UTC"),
        Ok((1_699_999_940, 1_700_000_000))
    );
    let both = "IllegalArgumentException: requirement failed: start and end are both relative";
    assert_eq!(check("e-1h", "s+1h", "UTC"), Err(both.to_owned()));
    let before = "IllegalArgumentException: requirement failed: end time is before start time";
    assert_eq!(check("now-5m", "2012-01-01", "UTC"), Err(before.to_owned()));
}

#[test]
fn numbers_are_instants_by_magnitude() {
    for text in [
        "1325404800",
        "1325404800000",
        "1325404800000000",
        "1325404800000000000",
    ] {
        assert_eq!(
            check("e", text, "UTC"),
            Ok((1_325_404_800, 1_325_404_800)),
            "{text}"
        );
    }
    assert_eq!(
        check("e", "1325404800-5m", "UTC"),
        Ok((1_325_404_500, 1_325_404_500))
    );
}

#[test]
fn dates_have_many_forms() {
    for (text, seconds) in [
        ("2012-01-01", 1_325_376_000),
        ("2012-01-01Z", 1_325_376_000),
        ("2012-01-01T08:00", 1_325_404_800),
        ("2012-01-01T08:00:30.5Z", 1_325_404_830),
        ("2012-01-01T08:00+02", 1_325_397_600),
        ("2012-01-01T08:00+0200", 1_325_397_600),
        ("2012-01-01T08:00:00-08:00", 1_325_433_600),
        ("2012-01-01T08:00:00+00:00[UTC]", 1_325_404_800),
    ] {
        assert_eq!(check("e", text, "UTC"), Ok((seconds, seconds)), "{text}");
    }
    for text in [
        "",
        "2012-1-1",
        "2012-01-01 08:00",
        "2012-01-01T08",
        "2012-01-01T24:00",
        "-1h",
        "2012-01-01T08:00:60",
        "2012-01-01T08:00:00[UTC]",
        "now-1h-1h",
        "NOW",
        "2012-02-30",
        "2012-01-01T08:00+25:00",
        "2012-01-01T08:00Q",
        "2012-01-01T08:00.",
    ] {
        let expected = format!("IllegalArgumentException: invalid date {text}");
        assert_eq!(check("epoch", text, "UTC"), Err(expected), "{text}");
    }
}

#[test]
fn a_time_in_a_gap_moves_forward_and_in_an_overlap_is_the_earlier() {
    let winter_to_summer = check("e", "2012-03-11T02:30", "US/Pacific");
    assert_eq!(
        winter_to_summer,
        check("e", "2012-03-11T03:30-07:00", "UTC")
    );
    let summer_to_winter = check("e", "2012-11-04T01:30", "US/Pacific");
    assert_eq!(
        summer_to_winter,
        check("e", "2012-11-04T01:30-07:00", "UTC")
    );
}

#[test]
fn zones_are_those_of_java() {
    for name in [
        "US/Pacific",
        "Z",
        "UT",
        "+01:00",
        "+5",
        "-0530",
        "UTC+2",
        "EST5EDT",
        "Etc/GMT+5",
    ] {
        assert!(zone(name).is_ok(), "{name}");
    }
    for (name, message) in [
        ("Foo", "ZoneRulesException: Unknown time-zone ID: Foo"),
        (
            "us/pacific",
            "ZoneRulesException: Unknown time-zone ID: us/pacific",
        ),
        ("EST", "ZoneRulesException: Unknown time-zone ID: EST"),
        (
            "",
            "DateTimeException: Invalid ID for ZoneOffset, invalid format: ",
        ),
        (
            "+25:00",
            "DateTimeException: Zone offset hours not in valid range: value 25 is not in the range -18 to 18",
        ),
    ] {
        assert_eq!(said(&zone(name).unwrap_err()), message);
    }
}

#[test]
fn durations_fail_in_the_words_of_the_reference() {
    for (text, message) in [
        ("60", "IllegalArgumentException: invalid period 60"),
        ("", "IllegalArgumentException: invalid period "),
        ("1x", "IllegalArgumentException: unknown unit x"),
        (
            "P1M",
            "DateTimeParseException: Text cannot be parsed to a Duration",
        ),
        (
            "99999999999999999999d",
            "NumberFormatException: For input string: \"99999999999999999999\"",
        ),
    ] {
        assert_eq!(said(&parse_duration(text).unwrap_err()), message);
    }
}

/// The points of an hour from 0 by 60 s that a span covers, first and last in minutes.
fn check_span(start: &str, end: &str) -> Result<(i64, i64), String> {
    let graph = Range {
        start: Timestamp(0),
        end: Timestamp(3_600_000),
    };
    let now = Timestamp(1_700_000_000_000);
    let utc = zone("UTC").unwrap().rules;
    let range = resolve_span((start, end), graph, &utc, now).map_err(|error| error.text)?;
    Ok((range.start.0 / 60_000, range.end.0 / 60_000))
}

#[test]
fn a_span_refers_to_its_graph_and_to_its_other_end() {
    for (start, end, minutes) in [
        ("gs+10m", "gs+15m", (10, 15)),
        ("e-5m", "ge", (55, 60)),
        ("gs+2m", "s+3m", (2, 5)),
        ("epoch", "600", (0, 10)),
        ("1970-01-01T00:20", "1970-01-01T00:30Z", (20, 30)),
    ] {
        assert_eq!(check_span(start, end), Ok(minutes), "{start} {end}");
    }
    for (start, end, message) in [
        ("s", "e", "start time is relative to itself"),
        ("s+2m", "s+4m", "start time is relative to itself"),
        ("e-5m", "e", "end time is relative to itself"),
        ("e-4m", "e-2m", "end time is relative to itself"),
        ("e", "s+1h", "start and end time are relative to each other"),
        ("e-1h", "s", "start and end time are relative to each other"),
        ("gs+5m", "gs", "requirement failed: start must be <= end"),
        ("gs+5m", "x y", "invalid date x y"),
    ] {
        assert_eq!(
            check_span(start, end),
            Err(message.to_owned()),
            "{start} {end}"
        );
    }
}

//! Laws of the calendar, and how axes read.

use proptest::prelude::*;

use super::*;

/// What the start belongs to, both rows of the major ticks, `22:00/10 Mar`, and where the offset changes.
fn check(zone: &str, from: &str, millis: i64, pixels: i32, expected: &str) {
    let zone = Zone::resolve(zone).unwrap();
    let start = zone.instant_of(from.parse().unwrap()).unwrap();
    let found = calendar(&zone, start, start.plus_millis(millis), pixels);
    let ticks = found.ticks.iter().filter(|tick| tick.is_major);
    let ticks = ticks.map(|tick| match tick.context.first() {
        Some(context) => format!("{}/{context}", tick.label),
        None => tick.label.clone(),
    });
    let changes = found.changes.iter().map(|(_, text)| text.clone());
    let text = ticks.chain(changes).collect::<Vec<_>>().join(", ");
    let start = found.start.first().map(String::as_str).unwrap_or_default();
    assert_eq!(format!("{start}: {text}"), expected, "{from}");
}

#[test]
fn hours_have_their_date_below() {
    check(
        "UTC",
        "2012-01-01T00:00",
        3 * HOUR,
        400,
        "Sun 1 Jan 2012: 00:00, 00:30, 01:00, 01:30, 02:00, 02:30, 03:00",
    );
    check(
        "Asia/Kolkata",
        "2012-12-31T21:10",
        6 * HOUR,
        250,
        "Mon 31 Dec 2012: 22:00, 00:00/Tue 1 Jan 2013, 02:00",
    );
    check(
        "UTC",
        "2012-01-01T00:00",
        SECOND,
        300,
        "Sun 1 Jan 2012: 00:00:00.000, 00:00:00.500, 00:00:01.000",
    );
}

#[test]
fn days_weeks_months_and_years_begin_where_the_calendar_says() {
    check(
        "UTC",
        "2012-01-28T05:00",
        7 * DAY,
        400,
        "Jan 2012: Sun 29, Mon 30, Tue 31, Wed 1/Feb, Thu 2, Fri 3, Sat 4",
    );
    check(
        "UTC",
        "2012-02-24T00:00",
        12 * DAY,
        400,
        "Feb 2012: Sat 25, Mon 27, Thu 1/Mar, Sat 3, Mon 5, Wed 7",
    );
    check(
        "UTC",
        "2011-12-11T00:00",
        40 * DAY,
        400,
        "2011: 12 Dec, 19 Dec, 26 Dec, 2 Jan/2012, 9 Jan, 16 Jan",
    );
    check(
        "US/Pacific",
        "2011-10-27T00:00",
        200 * DAY,
        400,
        "2011: Nov, Dec, Jan/2012, Feb, Mar, Apr, May",
    );
    check(
        "UTC",
        "2011-02-27T00:00",
        3 * 365 * DAY,
        240,
        "2011: Jul, Jan/2012, Jul, Jan/2013, Jul, Jan/2014",
    );
    check(
        "UTC",
        "1999-07-01T00:00",
        20 * 365 * DAY,
        200,
        ": 2000, 2005, 2010, 2015",
    );
}

#[test]
fn a_change_of_clocks_keeps_round_hours() {
    check(
        "US/Pacific",
        "2012-03-10T22:00",
        12 * HOUR,
        400,
        "Sat 10 Mar 2012: 22:00, 00:00/Sun 11 Mar, 04:00, 06:00, 08:00, 10:00, +1h",
    );
    check(
        "US/Pacific",
        "2012-11-04T00:00",
        4 * HOUR,
        300,
        "Sun 4 Nov 2012: 00:00, 01:00, 01:00, 02:00, 03:00, -1h",
    );
    // Clocks skip midnight: the day begins at one.
    check(
        "America/Sao_Paulo",
        "2012-10-20T22:00",
        4 * HOUR,
        300,
        "Sat 20 Oct 2012: 22:00, 23:00, 01:00/Sun 21 Oct, 02:00, 03:00, +1h",
    );
    check(
        "Australia/Lord_Howe",
        "2012-10-07T00:00",
        4 * HOUR,
        300,
        "Sun 7 Oct 2012: 00:00, 01:00, 03:00, 04:00, +30m",
    );
}

fn any_zone() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "UTC",
        "US/Pacific",
        "Europe/Berlin",
        "Asia/Kolkata",
        "Asia/Kathmandu",
        "America/Sao_Paulo",
        "Australia/Lord_Howe",
        "Pacific/Apia",
        "Africa/Casablanca",
        "-03:30",
    ])
}

proptest! {
    #[test]
    fn ticks_stand_on_boundaries_of_the_local_calendar(
        zone in any_zone(),
        start in 0_i64..1_900_000_000,
        exponent in 0.0..10.5_f64,
        pixels in 50..2000_i32,
    ) {
        let zone = Zone::resolve(zone).unwrap();
        let start = Timestamp(start * SECOND);
        #[expect(clippy::cast_possible_truncation, reason = "below 2^53")]
        let end = start.plus_millis((libm::exp10(exponent) * 1000.0) as i64);
        let found = calendar(&zone, start, end, pixels);
        prop_assert!(found.ticks.windows(2).all(|pair| pair[0].time < pair[1].time));
        prop_assert!(found.ticks.iter().all(|tick| (start..=end).contains(&tick.time)));
        let majors: Vec<&CalendarTick> = found.ticks.iter().filter(|tick| tick.is_major).collect();
        let labels: Vec<usize> = majors.iter().map(|tick| tick.label.len()).collect();
        for tick in &majors {
            let local = zone.local(tick.time);
            match labels[0] {
                8 => prop_assert_eq!(local.subsec_nanosecond(), 0),
                5 if tick.label.contains(':') => prop_assert_eq!(local.second(), 0),
                3 if !tick.label.contains(' ') => prop_assert_eq!(local.day(), 1),
                4 if tick.label.starts_with(['1', '2']) && !tick.label.contains(' ') => {
                    prop_assert_eq!((local.month(), local.day()), (1, 1));
                }
                _ => {}
            }
        }
        let mut gaps: Vec<i64> = majors
            .windows(2)
            .map(|pair| pair[1].time.millis_since(pair[0].time))
            .collect();
        gaps.sort_unstable();
        if let Some(&usual) = gaps.get(gaps.len() / 2)
            && majors[0].label.contains(':')
            && DAY % usual == 0
        {
            for tick in &majors {
                let since_midnight = zone.local(tick.time).time().since(jiff::civil::Time::midnight());
                let millis = since_midnight.unwrap().total(jiff::Unit::Millisecond).unwrap();
                prop_assert_eq!(millis % f64::from(i32::try_from(usual).unwrap()), 0.0);
            }
        }
        // Whatever the size, what it belongs to is told in full, unless that is nothing.
        let first = majors.first().filter(|tick| tick.label.len() != 4);
        prop_assert!(first.is_none() || !found.start.is_empty());
        prop_assert!(majors.iter().all(|tick| tick.context.is_empty() == tick.full_context.is_empty()));
    }

    #[test]
    fn any_range_ends(start: i64, millis in 0..i64::MAX, pixels in -5..3000_i32) {
        let zone = Zone::resolve("US/Pacific").unwrap();
        let end = Timestamp(start).plus_millis(millis);
        let found = calendar(&zone, Timestamp(start), end, pixels);
        prop_assert!(found.ticks.len() <= 2 * TICKS_MAX);
    }
}

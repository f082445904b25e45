//! The footer: a sentence that makes a picture understandable on its own.

use telamon_model::Timestamp;
use telamon_model::duration::format_millis;

use super::super::legend::Footer;
use crate::graph::GraphDef;
use crate::zone::Zone;

/// `2012-01-01 00:00 to 03:00 UTC, step 1m`, and what the fetch took.
pub(super) fn texts(graph: &GraphDef, zone: &Zone) -> Vec<String> {
    let step_ms = graph.step.as_millis();
    // What the canvas shows: each value covers the step before its time.
    let (start, end) = (
        graph.start.plus_millis(-step_ms),
        graph.end.plus_millis(-step_ms),
    );
    let same_day = zone.local(start).date() == zone.local(end).date();
    let end_text = match same_day {
        true => clock(zone, end),
        false => date_and_clock(zone, end),
    };
    let sentence = format!(
        "{} to {end_text} {}, step {}",
        date_and_clock(zone, start),
        zone.name(),
        step_text(step_ms)
    );
    std::iter::once(sentence)
        .chain(Footer::fetch_text(graph))
        .collect()
}

/// `1m`, `36s`, `1500ms`.
fn step_text(step_ms: i64) -> String {
    if step_ms % 1000 == 0 {
        format_millis(step_ms)
    } else {
        format!("{step_ms}ms")
    }
}

fn date_and_clock(zone: &Zone, time: Timestamp) -> String {
    let local = zone.local(time);
    let (year, month, day) = (local.year(), local.month(), local.day());
    format!("{year:04}-{month:02}-{day:02} {}", clock(zone, time))
}

/// Hours and minutes, and what is finer only where it is not zero.
fn clock(zone: &Zone, time: Timestamp) -> String {
    let local = zone.local(time);
    let (hour, minute, second) = (local.hour(), local.minute(), local.second());
    let millis = local.subsec_nanosecond() / 1_000_000;
    match (second, millis) {
        (0, 0) => format!("{hour:02}:{minute:02}"),
        (_, 0) => format!("{hour:02}:{minute:02}:{second:02}"),
        _ => format!("{hour:02}:{minute:02}:{second:02}.{millis:03}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    #[test]
    fn the_date_is_told_once_and_the_zone_always() {
        let mut graph = sample::graph(&[&[1.0; 180]]);
        let text =
            |graph: &GraphDef, zone: &str| texts(graph, &Zone::resolve(zone).unwrap()).concat();
        assert_eq!(
            text(&graph, "UTC"),
            "2012-01-01 00:00 to 03:00 UTC, step 1m"
        );
        assert_eq!(
            text(&graph, "US/Eastern"),
            "2011-12-31 19:00 to 22:00 US/Eastern, step 1m"
        );
        graph.end = graph.end.plus_millis(86_400_000 + 30_500);
        assert_eq!(
            text(&graph, "Europe/Berlin"),
            "2012-01-01 01:00 to 2012-01-02 04:00:30.500 Europe/Berlin, step 1m"
        );
    }
}

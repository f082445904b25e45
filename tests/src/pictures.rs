//! The eye of the conformance runner: it finds plots in our pictures and in recorded ones, where the
//! rules of layout say that they are.

use serde_json::Value;
use telamon_tests::conformance::picture::{PictureVerdict, Rectangle, Unclear, compare, plot_of};
use telamon_tests::conformance::wire::Connection;
use telamon_tests::house::{House, Time};

use crate::recordings;

/// Where a plot is: 64 pixels for the left axis, 5 above and what the title takes, one row more than
/// the canvas is high.
fn ruled(width: usize, height: usize, title: usize) -> Rectangle {
    Rectangle {
        left: 64,
        top: 5 + title,
        right: 64 + width,
        bottom: 5 + title + height + 1,
    }
}

/// A picture of ours.
fn picture(house: &House, params: &str) -> Vec<u8> {
    let target = format!("/api/v1/graph?e=2012-01-01T00:00&tz=UTC&{params}");
    let mut connection = Connection::new(house.http_address());
    let answer = connection.send("GET", &target, &[], None).unwrap();
    assert_eq!(answer.status, 200, "{params}: {}", answer.text());
    answer.body
}

fn house() -> House {
    House::open("", Time::held(1_325_376_000_000), &[]).unwrap()
}

#[test]
fn plots_of_ours_are_where_the_rules_say() {
    let house = house();
    for (params, expected) in [
        ("q=1", Ok(ruled(700, 300, 0))),
        ("q=1&w=400&h=200&title=x", Ok(ruled(400, 200, 20))),
        ("q=1&theme=dark&no_legend=1", Ok(ruled(700, 300, 0))),
        (
            "q=1,:area,2,1,:axis,:area&u.1=2&l.1=0",
            Ok(ruled(700, 300, 0)),
        ),
        (
            "q=1,2,1,:axis,3,2,:axis&tz=US/Pacific",
            Ok(ruled(700, 300, 0)),
        ),
        (
            "q=1,:stack,1,:stack&s=e-3d&tick_labels=off",
            Ok(ruled(700, 300, 0)),
        ),
        (
            "q=1&axis_per_line=1&layout=iw&w=500",
            Ok(ruled(412, 300, 0)),
        ),
        ("q=1&only_graph=1", Err(Unclear::None)),
        ("q=1&w=90&layout=image", Err(Unclear::None)),
    ] {
        let found = plot_of(&picture(&house, params)).unwrap();
        assert_eq!(found, expected, "{params}");
    }
}

#[test]
fn a_plot_elsewhere_is_another_picture() {
    let house = house();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("recorded.png");
    let recorded = picture(&house, "q=1&h=220&no_legend=1");
    std::fs::write(&path, &recorded).unwrap();
    let size = (788, 249);
    let verdict = |ours: &[u8]| compare(ours, Some(&path), size).unwrap();
    assert_eq!(verdict(&recorded), PictureVerdict::Same);
    // A title takes 20 pixels, the canvas is as much lower.
    let other = picture(&house, "q=1&h=200&no_legend=1&title=x");
    let elsewhere = PictureVerdict::Rectangle {
        expected: ruled(700, 220, 0),
        got: Some(ruled(700, 200, 20)),
    };
    assert_eq!(verdict(&other), elsewhere);
    let other = picture(&house, "q=1&h=221&no_legend=1");
    let larger = PictureVerdict::Size {
        expected: size,
        got: (788, 250),
    };
    assert_eq!(verdict(&other), larger);
    let unknown = compare(&recorded, None, size).unwrap();
    assert_eq!(unknown, PictureVerdict::Unconfirmed(Unclear::NotRecorded));
    compare(b"no picture", None, size).unwrap_err();
}

/// Width and height of the canvas that a request asks for; `None` where the rules are others.
fn asked(uri: &str) -> Option<(usize, usize)> {
    let query = uri.split_once('?')?.1;
    let value = |name: &str| {
        let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
        pairs
            .into_iter()
            .find_map(|(key, value)| (key == name).then_some(value))
    };
    if value("layout").is_some() || value("zoom").is_some() {
        return None;
    }
    let side = |name: &str, usual: usize| value(name).map_or(Some(usual), |text| text.parse().ok());
    Some((
        side("w", 700)?.clamp(64, 2000),
        side("h", 300)?.clamp(64, 1000),
    ))
}

#[test]
fn plots_of_recorded_pictures_are_where_the_rules_say() {
    let Some(folder) = recordings::folder() else {
        return;
    };
    let (mut clear, mut unclear) = (0, 0);
    for file in ["api", "docs", "grapher", "grapher_plain"] {
        let records = folder.join(format!("graph/{file}_png.jsonl"));
        for line in std::fs::read_to_string(records).unwrap().lines() {
            let record: Value = serde_json::from_str(line).unwrap();
            let id = record["id"].as_str().unwrap();
            let path = folder.join(format!("pictures/{id}.png"));
            // An answer that is no picture has none.
            let Ok(png) = std::fs::read(path) else {
                continue;
            };
            let found = plot_of(&png).unwrap();
            assert_ne!(found, Err(Unclear::Several), "{id}");
            let (Ok(plot), Some((width, height))) = (found, asked(record["uri"].as_str().unwrap()))
            else {
                unclear += 1;
                continue;
            };
            clear += 1;
            let of_title = plot.top - 5;
            assert!(of_title == 0 || of_title == 20, "{id}: {plot}");
            assert_eq!(plot, ruled(width, height, of_title), "{id}");
        }
    }
    println!(
        "{clear} plots where the rules say, {unclear} pictures that show none or ask for more"
    );
    assert!(clear > 400);
}

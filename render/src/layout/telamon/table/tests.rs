//! What the legend shows in how much room.

use std::collections::BTreeMap;

use super::columns::Statistic;
use super::*;
use crate::graph::MessageDef;
use crate::sample;

fn plots(labels: &[&str]) -> Vec<Plot> {
    let values: Vec<&[f64]> = labels
        .iter()
        .map(|_| &[1234.5, 987.0, 500.25][..])
        .collect();
    let mut graph = sample::graph(&values);
    for (item, label) in graph.plots[0].items.iter_mut().zip(labels) {
        if let Item::Line(line) = item {
            line.label = (*label).to_owned();
        }
    }
    graph.plots
}

/// The legend as rows of text, each at its column in cells of six pixels.
fn written(plots: &[Plot], width: i32, has_stats: bool) -> String {
    let room = Room {
        has_stats,
        width,
        top: 0,
    };
    let (table, bottom) = lay_out(plots, &[], room);
    let mut texts = table.texts;
    assert!(
        texts
            .iter()
            .all(|text| text.top + ROW <= bottom + BLOCK_GAP)
    );
    texts.sort_by_key(|text| ((text.top + 3) / ROW, text.left));
    let mut out = String::new();
    let mut row = None;
    for text in texts {
        let this = (text.top + 3) / ROW;
        if row.replace(this) != Some(this) {
            out.push_str("\n|");
        }
        let line = out.rsplit('\n').next().unwrap_or("");
        let blanks = (text.left / 6 - cells(line)).max(1);
        out.extend(std::iter::repeat_n(' ', usize::try_from(blanks).unwrap()));
        out.push_str(&text.text);
    }
    out.trim().to_owned()
}

#[test]
fn statistics_stand_in_columns() {
    expect_test::expect![[r#"
        |                             max   min   avg   last   total   count
        |   node-0                   1235   500   907    500    2722       3
        |   a much longer label      1235   500   907    500    2722       3"#]]
    .assert_eq(&written(
        &plots(&["node-0", "a much longer label"]),
        700,
        true,
    ));
}

#[test]
fn narrow_pictures_put_all_statistics_below_the_label() {
    let plots = plots(&["a label of some length", "short"]);
    let text = |width: i32| written_rows(&plots, width);
    expect_test::expect![[r#"
        400:
           6 max min avg last total count
          21 a label of some length 1235 500 907 500 2722 3
          38 short 1235 500 907 500 2722 3
        300:
           6 max min avg last total count
          21 a label of some length
          37 1235 500 907 500 2722 3
          54 short
          70 1235 500 907 500 2722 3
        270:
           6 max min avg last total count
          21 a label of some length
          37 1235 500 907 500 2722 3
          54 short
          70 1235 500 907 500 2722 3
        200:
           6 a label of some length
          22 max 1235 min 500
          35 avg 907 last 500
          48 total 2722 count 3
          65 short
          81 max 1235 min 500
          94 avg 907 last 500
         107 total 2722 count 3
        150:
           6 a labe…me length
          23 short"#]]
    .assert_eq(&[400, 300, 270, 200, 150].map(text).join("\n"));
}

/// Rows of texts from left to right.
fn written_rows(plots: &[Plot], width: i32) -> String {
    let room = Room {
        has_stats: true,
        width,
        top: 0,
    };
    let (table, _) = lay_out(plots, &[], room);
    let mut rows: BTreeMap<i32, Vec<&TableText>> = BTreeMap::new();
    for text in &table.texts {
        assert!(text.left >= 0);
        assert!(text.left + cells(&text.text) * text.size.cell_width() <= width);
        // Numbers beside a label stand a little lower than it.
        let row = rows.range(text.top - 2..=text.top + 2).next();
        let row = row.map_or(text.top, |(&row, _)| row);
        rows.entry(row).or_default().push(text);
    }
    let mut out = format!("{width}:");
    for (row, mut texts) in rows {
        texts.sort_by_key(|text| text.left);
        let texts: Vec<&str> = texts.iter().map(|text| text.text.trim()).collect();
        out.push_str(&format!("\n{row:>4} {}", texts.join(" ")));
    }
    out
}

#[test]
fn a_row_for_each_line_is_worth_more_than_points_below_each_other() {
    let mut plots = plots(&["some label", "another"]);
    if let Item::Line(line) = &mut plots[0].items[0] {
        line.values = vec![0.125, 0.5, 0.25];
    }
    // Of the numbers of the first column the larger one ends at the points, or at the right end.
    let ends = |width: i32| -> Vec<i32> {
        let room = Room {
            has_stats: true,
            width,
            top: 0,
        };
        let (table, _) = lay_out(&plots, &[], room);
        let numbers = table
            .texts
            .iter()
            .filter(|text| ["1235", "0.500"].contains(&text.text.trim()));
        let small = TextSize::Small.cell_width();
        numbers
            .map(|text| text.left + cells(text.text.trim_end()) * small)
            .collect()
    };
    let (wide, narrow) = (ends(500), ends(380));
    assert!(wide[0] > wide[1], "{wide:?}");
    assert_eq!(narrow[0], narrow[1]);
}

#[test]
fn every_width_shows_all_statistics_or_none() {
    for width in 64..800 {
        for labels in [&["x"][..], &["a label of some length", "y"], &["z"; 12]] {
            let plots = plots(labels);
            let text = written_rows(&plots, width);
            let told = Statistic::ALL.map(|statistic| text.contains(statistic.name()));
            let is_narrow = width < 190;
            assert!(is_narrow || told == [true; 6], "{text}");
            assert!(told == [true; 6] || told == [false; 6], "{text}");
        }
    }
}

#[test]
fn labels_alone_stand_side_by_side() {
    let plots = plots(&["one", "two", "three", "four", "five", "six", "seven"]);
    expect_test::expect![[r#"
        |   one         two         three      four
        |   five        six         seven"#]]
    .assert_eq(&written(&plots, 300, false));
}

#[test]
fn axes_have_headings_and_the_rest_is_counted() {
    let mut both = plots(&["one"]);
    both.extend(plots(&["two"; 60]));
    both[1].label = Some("latency".into());
    both[1].items.insert(
        0,
        Item::Message(MessageDef {
            label: "... 1 of 6 lines matched filter ...".into(),
            color: Color::BLACK,
        }),
    );
    let text = written(&both, 700, true);
    let found: Vec<&str> = text
        .lines()
        .map(|line| line.trim_start_matches(['|', ' ']))
        .filter(|line| !line.starts_with("two"))
        .map(|line| line.split("  ").next().unwrap_or(""))
        .collect();
    expect_test::expect![[r#"
        max
        Left axis
        one
        Right axis: latency
        ... 1 of 6 lines matched filter ...
        … 36 more lines"#]]
    .assert_eq(&found.join("\n"));
    assert_eq!(
        text.lines()
            .filter(|line| line.trim_start_matches(['|', ' ']).starts_with("two"))
            .count(),
        24
    );
}

#[test]
fn nothing_is_an_empty_table() {
    let mut none = plots(&["one"]);
    none[0].items.clear();
    assert_eq!(written(&none, 700, true), "");
}

//! Laws of pictures in our own style: no text is cut by the edge or written over another.

use proptest::prelude::*;
use telamon_model::{Step, Timestamp};

use super::super::*;
use crate::graph::{
    GraphStyle, Item, LayoutMode, LegendType, LineStyle, MessageDef, Plot, Scale, Theme, TickLabels,
};
use crate::sample;

/// Ink of a text: left, top, right, bottom.
fn ink(text: &Text) -> (f64, f64, f64, f64) {
    let along = f64::from(crate::text::cells(&text.text) * text.size.cell_width());
    let (above, below) = (0.75 * text.size.pixels(), 0.22 * text.size.pixels());
    let (x, y) = text.pen;
    match text.turn {
        Turn::None => (x, y - above, x + along, y + below),
        Turn::Up => (x - above, y - along, x + below, y),
        Turn::Down => (x - below, y, x + above, y + along),
    }
}

/// What is wrong with the texts of a picture.
fn faults(scene: &Scene) -> Vec<String> {
    let (width, height) = scene.size_before_zoom();
    let texts: Vec<&Text> = scene
        .shapes
        .iter()
        .filter_map(|shape| match shape {
            Shape::Text(text) => Some(&**text),
            Shape::Rect(..) | Shape::Disc(..) => None,
        })
        .collect();
    let mut faults = Vec::new();
    for (index, text) in texts.iter().enumerate() {
        let (left, top, right, bottom) = ink(text);
        // A title may end with blanks, and rounding of a zoom may take part of a pixel.
        if left < 0.0 || top < 0.0 || right > width + 1.0 || bottom > height + 1.0 {
            faults.push(format!("{:?} leaves the picture of {width}x{height}", text));
        }
        for other in &texts[..index] {
            let found = ink(other);
            let is_apart =
                right <= found.0 || found.2 <= left || bottom <= found.1 || found.3 <= top;
            if !is_apart {
                faults.push(format!("{:?} over {:?}", text.text, other.text));
            }
        }
    }
    faults
}

fn any_values() -> impl Strategy<Value = Vec<f64>> {
    let value = prop_oneof![
        4 => -1e3..1e3_f64,
        2 => 0.0..1.0_f64,
        1 => 1e6..1.000_001e6_f64,
        1 => prop::num::f64::ANY,
    ];
    prop_oneof![
        prop::collection::vec(value, 1..8),
        (1e-9..1e9_f64, 1e-9..1.0_f64).prop_map(|(at, by)| vec![at, at * (1.0 + by)]),
    ]
}

fn any_plot() -> impl Strategy<Value = Plot> {
    let scale = prop::sample::select(vec![
        Scale::Linear,
        Scale::Linear,
        Scale::Logarithmic,
        Scale::LogLinear,
        Scale::Power2,
        Scale::Sqrt,
    ]);
    let labels = prop::sample::select(vec![
        TickLabels::Decimal,
        TickLabels::Binary,
        TickLabels::Duration,
        TickLabels::Off,
    ]);
    let style = prop::sample::select(vec![
        LineStyle::Line,
        LineStyle::Area,
        LineStyle::Stack,
        LineStyle::Heatmap,
    ]);
    let lines = prop::collection::vec((any_values(), "\\PC{0,12}|[a-z.]{0,70}"), 0..5);
    let name = prop::option::of("\\PC{1,8}|[a-z ]{1,60}");
    (scale, labels, style, lines, name).prop_map(|(scale, labels, style, lines, name)| {
        let values: Vec<&[f64]> = lines.iter().map(|(values, _)| values.as_slice()).collect();
        let mut plot = sample::graph(&values).plots.remove(0);
        for (item, (_, label)) in plot.items.iter_mut().zip(&lines) {
            if let Item::Line(line) = item {
                line.style = style;
                line.label.clone_from(label);
            }
        }
        if lines.len() == 3 {
            plot.items.push(Item::Message(MessageDef {
                label: "... 3 of 6 lines matched filter ...".into(),
                color: Color::WHITE,
            }));
        }
        (plot.scale, plot.tick_labels, plot.label) = (scale, labels, name);
        plot
    })
}

fn any_graph() -> impl Strategy<Value = GraphDef> {
    let zones = prop::sample::subsequence(
        vec![
            "UTC",
            "US/Pacific",
            "Asia/Kathmandu",
            "Australia/Lord_Howe",
            "+05:30",
        ],
        0..4,
    );
    let layout = prop::sample::select(vec![
        LayoutMode::Canvas,
        LayoutMode::Image,
        LayoutMode::ImageWidth,
        LayoutMode::ImageHeight,
    ]);
    let legend = prop::sample::select(vec![
        LegendType::Off,
        LegendType::LabelsOnly,
        LegendType::LabelsWithStats,
    ]);
    let time = (0_i64..1_900_000_000, 0.0..9.5_f64);
    let flags = (any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>());
    (
        prop::collection::vec(any_plot(), 1..5),
        (10..1200_u32, 10..500_u32),
        (layout, legend),
        zones,
        time,
        flags,
    )
        .prop_map(|(plots, size, (layout, legend), zones, time, flags)| {
            let mut graph = sample::graph(&[]);
            graph.plots = plots;
            (graph.width, graph.height) = size;
            (graph.layout, graph.legend) = (layout, legend);
            graph.zones = zones.into_iter().map(str::to_owned).collect();
            #[expect(clippy::cast_possible_truncation, reason = "below 2^53")]
            let step = (libm::exp10(time.1) * 200.0) as i64;
            graph.step = Step::from_millis(step).unwrap();
            graph.start = Timestamp(time.0 * 1000);
            graph.end = graph.start.plus_millis(6 * step);
            graph.title = flags
                .0
                .then(|| "A title of some length over the canvas".into());
            graph.theme = if flags.1 { Theme::Dark } else { Theme::Light };
            graph.zoom = if flags.2 { 2.0 } else { 1.0 };
            graph.only_graph = flags.3 && flags.2;
            graph.style = GraphStyle::Telamon;
            graph
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn texts_lie_inside_the_picture_and_apart(graph in any_graph()) {
        let scene = Scene::build(&graph);
        // Heatmaps of nonsense may have no order of counts.
        prop_assume!(scene.is_ok());
        let faults = faults(&scene.unwrap());
        prop_assert!(faults.is_empty(), "{}", faults.join("\n"));
    }
}

/// A picture of these values, in our style.
fn picture(lines: &[&[f64]], change: impl FnOnce(&mut GraphDef)) -> Scene {
    let mut graph = sample::graph(lines);
    graph.style = GraphStyle::Telamon;
    change(&mut graph);
    Scene::build(&graph).unwrap()
}

fn texts(scene: &Scene) -> Vec<&str> {
    scene
        .shapes
        .iter()
        .filter_map(|shape| match shape {
            Shape::Text(text) => Some(text.text.as_str()),
            Shape::Rect(..) | Shape::Disc(..) => None,
        })
        .collect()
}

#[test]
fn extremes_make_a_picture() {
    for values in [
        &[f64::NAN][..],
        &[f64::INFINITY, f64::NEG_INFINITY],
        &[1e-300, 1e300],
        &[f64::MIN, f64::MAX],
        &[f64::MIN_POSITIVE, 5e-324],
        &[0.0],
        &[-0.0, 0.0],
        &[],
    ] {
        for scale in [
            Scale::Linear,
            Scale::Logarithmic,
            Scale::LogLinear,
            Scale::Power2,
        ] {
            let scene = picture(&[values], |graph| graph.plots[0].scale = scale);
            assert!(scene.size.1 < 400, "{values:?}");
            let faults = faults(&scene);
            assert!(faults.is_empty(), "{values:?} {faults:?}");
        }
    }
    let years = picture(&[&[1.0, 2.0]], |graph| {
        graph.end = Timestamp(graph.end.as_millis() + 40 * 365 * 86_400_000);
        graph.step = Step::from_millis(180_000).unwrap();
    });
    assert!(texts(&years).contains(&"2020"));
}

#[test]
fn ten_thousand_lines_make_a_bounded_picture() {
    let values: Vec<&[f64]> = vec![&[1.0, 2.0]; 10_000];
    let scene = picture(&values, |_| ());
    assert!(scene.size.1 < 1200, "{:?}", scene.size);
    assert!(texts(&scene).contains(&"\u{2026} 9950 more lines"));
}

#[test]
fn sizes_are_those_that_were_asked_for() {
    let size = |layout: LayoutMode, width: u32, height: u32| {
        let change = |graph: &mut GraphDef| {
            (graph.layout, graph.width, graph.height) = (layout, width, height);
            graph.title = Some("title".into());
        };
        picture(&[&[1.0, 2.0]], change).size
    };
    assert_eq!(size(LayoutMode::Image, 400, 200), (400, 200));
    assert_eq!(size(LayoutMode::Image, 10, 10), (64, 64));
    assert_eq!(size(LayoutMode::ImageHeight, 400, 200), (488, 200));
    assert_eq!(size(LayoutMode::ImageWidth, 400, 200).0, 400);
    assert_eq!(size(LayoutMode::Canvas, 400, 200).0, 488);
}

/// Texts of the second row of the time axis: left end, right end, text.
fn dates(scene: &Scene, row: f64) -> Vec<(f64, f64, &str)> {
    let texts = scene.shapes.iter().filter_map(|shape| match shape {
        Shape::Text(text) => Some(&**text),
        Shape::Rect(..) | Shape::Disc(..) => None,
    });
    let mut found: Vec<(f64, f64, &str)> = texts
        .filter(|text| (text.pen.1 - row).abs() < 1.0)
        .map(|text| (ink(text).0, ink(text).2, text.text.as_str()))
        .collect();
    found.sort_by(|a, b| a.0.total_cmp(&b.0));
    found
}

#[test]
fn dates_begin_beside_the_zone_and_keep_apart() {
    let row = 239.7;
    let days = |from_hours: i64, step_minutes: i64| {
        picture(&[&[1.0; 336]], |graph| {
            graph.start = graph.start.plus_millis(from_hours * 3_600_000);
            graph.step = Step::from_millis(step_minutes * 60_000).unwrap();
            graph.end = graph.start.plus_millis(336 * step_minutes * 60_000);
        })
    };
    let text = |scene: &Scene| {
        let found = dates(scene, row);
        found
            .iter()
            .map(|(.., text)| *text)
            .collect::<Vec<_>>()
            .join(" | ")
    };
    // The first tick is a day's later than the left end, the month stands at the end all the same.
    let week = days(13, 30);
    assert_eq!(text(&week), "UTC | Jan 2012");
    assert_eq!(dates(&week, row)[1].0, 64.0);
    // Days are near each other: the first of them gives the year room.
    let near = picture(&[&[1.0; 336]], |graph| {
        graph.step = Step::from_millis(30 * 60_000).unwrap();
        // What is drawn begins a step before the first value.
        graph.start = Timestamp(1_325_376_000_000).plus_millis(30 * 60_000);
        graph.end = graph.start.plus_millis(335 * 30 * 60_000);
        graph.width = 700;
    });
    assert_eq!(
        text(&near),
        "UTC | 1 Jan 2012 | 2 Jan | Tue 3 Jan | Wed 4 Jan | Thu 5 Jan | Fri 6 Jan | Sat 7 Jan"
    );
    // Half an hour before midnight there is no room for the old year.
    assert_eq!(text(&days(-1, 1)), "UTC | Sun 1 Jan 2012");
    for hours in 0..48 {
        for minutes in [1, 3, 7, 10, 13, 20, 30] {
            let scene = days(hours, minutes);
            let found = dates(&scene, row);
            assert!(found.len() > 1, "{found:?}");
            for pair in found.windows(2).filter(|pair| pair[0].2 != "UTC") {
                assert!(pair[1].0 - pair[0].1 >= 12.0, "{found:?}");
            }
        }
    }
}

#[test]
fn a_reason_for_no_data_is_told_once() {
    let scene = picture(&[], |graph| {
        graph.blank_reasons = vec![
            "no name is so".into(),
            "another".into(),
            "no name is so".into(),
        ];
    });
    let found = texts(&scene);
    let count = |reason: &str| found.iter().filter(|text| **text == reason).count();
    assert_eq!((count("no name is so"), count("another")), (1, 1));
}

#[test]
fn labels_relative_to_a_base_say_so() {
    let scene = picture(&[&[123_456_789_012.0, 123_456_789_012.3]], |_| ());
    let found = texts(&scene);
    assert!(found.contains(&"base 123456789011"), "{found:?}");
    assert!(found.contains(&"+1.2"), "{found:?}");
}

/// Whether the first shape of a colour comes after that of another one, whatever their alpha.
fn is_painted_after(scene: &Scene, later: Color, earlier: Color) -> bool {
    let place = |color: Color| {
        scene.shapes.iter().position(
            |shape| matches!(shape, Shape::Rect(_, found) if found.with_alpha(255) == color),
        )
    };
    place(later) > place(earlier) && place(earlier).is_some()
}

#[test]
fn strokes_lie_over_fills_and_stand_out_from_them() {
    let blue = Color::from_argb(0xFF3B_92FF);
    let teal = Color::from_argb(0xFF1F_938E);
    let black = Color::from_argb(0xFF10_1010);
    let over = |stroke: Color, fill: Color| {
        // The stroke comes first in the expression.
        picture(&[&[2.0, 3.0, 2.0], &[9.0, 9.0, 9.0]], |graph| {
            graph.legend = LegendType::Off;
            let mut lines = graph.plots[0].items.iter_mut();
            if let (Some(Item::Line(line)), Some(Item::Line(area))) = (lines.next(), lines.next()) {
                line.color = stroke;
                (area.color, area.style) = (fill, LineStyle::Area);
            }
        })
    };
    // A third of the canvas is 133 pixels: level parts, with one more pixel at each side.
    let casings = |scene: &Scene| {
        let wide = |rect: &Rect| (130.0..140.0).contains(&rect.in_pixels().1.0);
        let shapes = scene.shapes.iter();
        shapes
            .filter(|shape| match shape {
                Shape::Rect(rect, color) => color.with_alpha(255) == Color::WHITE && wide(rect),
                Shape::Text(_) | Shape::Disc(..) => false,
            })
            .count()
    };
    // First row and the one after the last.
    let reach = |scene: &Scene, color: Color| {
        let rects = scene.shapes.iter().filter_map(|shape| match shape {
            Shape::Rect(rect, found) if found.with_alpha(255) == color => Some(rect.in_pixels()),
            _ => None,
        });
        let level = rects.filter(|rect| (130.0..140.0).contains(&rect.1.0));
        level.fold(
            (f64::INFINITY, 0.0_f64),
            |(top, bottom), ((_, from), (_, height))| (top.min(from), bottom.max(from + height)),
        )
    };
    let scene = over(teal, blue);
    assert!(is_painted_after(&scene, teal, blue));
    assert!(casings(&scene) >= 3, "{}", scene.dump());
    let (casing, stroke) = (reach(&scene, Color::WHITE), reach(&scene, teal));
    assert!(
        casing.0 < stroke.0 && casing.1 > stroke.1,
        "{casing:?} {stroke:?}"
    );
    // Of a pale fill every line stands out that does of the canvas.
    let pale = Color::from_argb(0xFFC8_E4E2);
    assert_eq!(casings(&over(blue, pale)), 0);
    let scene = over(black, blue);
    assert!(is_painted_after(&scene, black, blue));
    assert_eq!(casings(&scene), 0);
}

#[test]
fn fills_lie_between_the_fine_grid_and_the_coarse_one() {
    let scene = picture(&[&[2.0, 3.0, 2.0]], |graph| {
        if let Item::Line(line) = &mut graph.plots[0].items[0] {
            line.style = LineStyle::Area;
        }
    });
    let dump = scene.dump();
    let places = |color: &str| -> Vec<usize> {
        let lines = dump.lines().enumerate();
        lines
            .filter(|(_, line)| line.ends_with(color))
            .map(|(place, _)| place)
            .collect()
    };
    let (minors, majors, fills) = (
        places(" 0f1f2430"),
        places(" 241f2430"),
        places(" ff0075dc"),
    );
    assert!(minors.len() > 3 && majors.len() > 3);
    assert!(
        minors.last() < fills.first() && fills[2] < majors[0],
        "{dump}"
    );
}

#[test]
fn names_of_columns_stand_above_numbers_not_above_a_heatmap() {
    let scene = picture(&[&[2.0, 3.0, 2.0], &[1.0, 2.0, 3.0]], |graph| {
        if let Item::Line(line) = &mut graph.plots[0].items[0] {
            line.style = LineStyle::Heatmap;
        }
    });
    let found = texts(&scene);
    let place = |text: &str| found.iter().position(|found| *found == text);
    assert!(
        place("Heatmap") < place("max") && place("max") < place("line-1"),
        "{found:?}"
    );
}

#[test]
fn pale_strokes_have_a_faint_shadow() {
    let scene = picture(&[&[2.0, 3.0, 2.0]], |graph| {
        graph.legend = LegendType::Off;
        if let Item::Line(line) = &mut graph.plots[0].items[0] {
            line.color = Color::from_argb(0xFFED_C23E);
        }
    });
    let shadow = crate::contrast::readable(Color::from_argb(0xFFED_C23E), Color::WHITE, 3.0);
    let found = scene.shapes.iter().filter_map(|shape| match shape {
        Shape::Rect(_, color) if color.with_alpha(255) == shadow => Some(color.alpha),
        _ => None,
    });
    assert!(found.max().is_some_and(|alpha| (100..200).contains(&alpha)));
}

#[test]
fn thick_rows_of_heatmaps_meet_at_round_values() {
    let scene = picture(&[&[18.0, 3.0], &[9.0, 12.0], &[5.0, 6.0]], |graph| {
        graph.legend = LegendType::Off;
        for item in &mut graph.plots[0].items {
            if let Item::Line(line) = item {
                line.style = LineStyle::Heatmap;
            }
        }
    });
    let labels = scene.shapes.iter().filter_map(|shape| match shape {
        Shape::Text(text) => Some((text.text.as_str(), text.pen.1)),
        Shape::Rect(..) | Shape::Disc(..) => None,
    });
    let ten = labels
        .filter(|(text, _)| *text == "10")
        .map(|(_, row)| row - 3.7);
    let ten = ten.fold(f64::NAN, f64::max);
    let edges: Vec<f64> = (scene.shapes.iter())
        .filter_map(|shape| match shape {
            Shape::Rect(rect, _) if rect.in_pixels().1.0 == 200.0 => {
                let ((_, top), (_, height)) = rect.in_pixels();
                Some([top, top + height])
            }
            _ => None,
        })
        .flatten()
        .collect();
    assert!(
        edges.iter().any(|edge| (edge - ten).abs() < 1.0),
        "{ten} {edges:?}"
    );
}

#[test]
fn heatmaps_of_few_lines_have_thick_rows() {
    let height = |count: usize| {
        let lines: Vec<Vec<f64>> = (0..count)
            .map(|line| vec![count as f64, line as f64])
            .collect();
        let lines: Vec<&[f64]> = lines.iter().map(Vec::as_slice).collect();
        let scene = picture(&lines, |graph| {
            graph.legend = LegendType::Off;
            for item in &mut graph.plots[0].items {
                if let Item::Line(line) = item {
                    line.style = LineStyle::Heatmap;
                }
            }
        });
        let cells = scene.shapes.iter().filter_map(|shape| match shape {
            Shape::Rect(rect, _) if rect.in_pixels().1.0 == 200.0 => Some(rect.in_pixels().1.1),
            _ => None,
        });
        cells
            .filter(|height| *height > 1.0)
            .fold(f64::INFINITY, f64::min)
    };
    assert!((15.0..=37.0).contains(&height(3)), "{}", height(3));
    assert!((8.0..=20.0).contains(&height(12)), "{}", height(12));
    assert!((5.0..=7.0).contains(&height(100)), "{}", height(100));
}

#[test]
fn a_small_picture_in_our_style_is_painted_like_this() {
    let scene = picture(&[&[0.0, 10.0, f64::NAN, 5.0]], |graph| {
        (graph.width, graph.height) = (120, 64);
        graph.title = Some("Title".into());
        graph.plots[0].label = Some("y".into());
    });
    expect_test::expect![[r#"
        scene 208x231 zoom 1 background ffffffff
        text 64.0,18.0 Large bold ff1f2430 "Title"
        rect 64,32 120x65 ffffffff
        rect 79,32 1x65 0f1f2430
        rect 94,32 1x65 0f1f2430
        rect 109,32 1x65 0f1f2430
        rect 124,32 1x65 241f2430
        rect 139,32 1x65 0f1f2430
        rect 154,32 1x65 0f1f2430
        rect 169,32 1x65 0f1f2430
        rect 64,90 120x1 0f1f2430
        rect 64,84 120x1 0f1f2430
        rect 64,78 120x1 0f1f2430
        rect 64,72 120x1 0f1f2430
        rect 64,66 120x1 241f2430
        rect 64,60 120x1 0f1f2430
        rect 64,54 120x1 0f1f2430
        rect 64,48 120x1 0f1f2430
        rect 64,42 120x1 0f1f2430
        rect 64,36 120x1 241f2430
        rect 64,95 30x1 7f0075dc
        rect 64,96 30x1 ff0075dc
        rect 94,35 1x62 ff0075dc
        rect 95,34 30x1 7f0075dc
        rect 95,35 30x1 ff0075dc
        rect 154,65 30x1 bf0075dc
        rect 154,66 30x1 bf0075dc
        rect 63,97 122x1 ff8a919c
        rect 64,97 1x5 ff8a919c
        rect 124,97 1x5 ff8a919c
        rect 184,97 1x5 ff8a919c
        text 49.0,114.7 Small ff1f2430 "00:00"
        text 109.0,114.7 Small ff1f2430 "00:02"
        text 169.0,114.7 Small ff1f2430 "00:04"
        text 40.0,127.7 Small ff1f2430 "UTC"
        text 64.0,127.7 Small ff666e7b "Sun 1 Jan 2012"
        rect 63,32 1x65 ff8a919c
        rect 59,96 5x1 ff8a919c
        text 50.2,99.7 Small ff1f2430 "0"
        rect 59,66 5x1 ff8a919c
        text 50.6,69.7 Small ff1f2430 "5"
        rect 59,36 5x1 ff8a919c
        text 44.6,39.7 Small ff1f2430 "10"
        text 12.8,67.0 Normal up ff1f2430 "y"
        text 8.0,208.7 Small ff666e7b "2012-01-01 00:00 to 00:04 UTC,"
        text 8.0,222.3 Small ff666e7b "step 1m"
        rect 8,158 11x11 ff0075dc
        rect 9,159 9x9 ff0075dc
        text 26.0,149.7 Small ff666e7b "max"
        text 51.0,149.7 Small ff666e7b "min"
        text 76.0,149.7 Small ff666e7b "avg"
        text 101.0,149.7 Small ff666e7b "last"
        text 132.0,149.7 Small ff666e7b "total"
        text 169.0,149.7 Small ff666e7b "count"
        text 26.0,166.8 Normal ff1f2430 "line-0"
        text 32.0,180.7 Small ff1f2430 "10"
        text 63.0,180.7 Small ff1f2430 "0"
        text 88.0,180.7 Small ff1f2430 "5"
        text 119.0,180.7 Small ff1f2430 "5"
        text 150.0,180.7 Small ff1f2430 "15"
        text 193.0,180.7 Small ff1f2430 "3"
    "#]]
    .assert_eq(&scene.dump());
}

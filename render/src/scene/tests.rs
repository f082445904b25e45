//! Scenes as text: what is painted where.

mod telamon;

use super::error::{ErrorPicture, ErrorRole};
use super::*;
use crate::graph::{Bound, GraphStyle, Item, LegendType, LineStyle, Theme};
use crate::png::ErrorKind;
use crate::sample;

/// The rectangles of one colour, as `left,top widthxheight`.
fn rects(graph: &GraphDef, color: &str) -> Vec<String> {
    Scene::build(graph)
        .unwrap()
        .dump()
        .lines()
        .filter_map(|line| line.strip_prefix("rect ")?.strip_suffix(color))
        .map(|place| place.trim_end().to_owned())
        .collect()
}

fn styled(values: &[&[f64]], style: LineStyle) -> GraphDef {
    let mut graph = sample::graph(values);
    graph.legend = LegendType::Off;
    for item in &mut graph.plots[0].items {
        if let Item::Line(line) = item {
            line.style = style;
        }
    }
    graph
}

const BLUE: &str = "ff0075dc";
const BROWN: &str = "ff993f00";
const NAN: f64 = f64::NAN;

#[test]
fn a_small_graph_is_painted_like_this() {
    let mut graph = sample::graph(&[&[0.0, 10.0, NAN, 5.0]]);
    (graph.width, graph.height) = (100, 64);
    graph.title = Some("Title".into());
    graph.plots[0].label = Some("y".into());
    expect_test::expect![[r#"
        scene 188x198 zoom 1 background fff5f5f5
        text 74.7,15.0 Large ff000000 "Title"
        rect 64,25 100x65 ffffffff
        rect 76,25 1x65 2e9a9a9a
        rect 89,25 1x65 2e9a9a9a
        rect 101,25 1x65 2e9a9a9a
        rect 114,25 1x65 40ff5b5b
        rect 126,25 1x65 2e9a9a9a
        rect 139,25 1x65 2e9a9a9a
        rect 151,25 1x65 2e9a9a9a
        rect 64,77 100x1 2e9a9a9a
        rect 64,64 100x1 2e9a9a9a
        rect 64,51 100x1 2e9a9a9a
        rect 64,38 100x1 2e9a9a9a
        rect 64,89 25x1 ff0075dc
        rect 89,25 1x65 ff0075dc
        rect 90,25 25x1 ff0075dc
        rect 139,57 25x1 ff0075dc
        rect 64,90 101x1 28000000
        rect 64,90 1x5 ff000000
        text 49.9,107.7 Small ff000000 "Jan01"
        rect 114,90 1x5 ff000000
        text 99.6,107.7 Small ff000000 "00:02"
        rect 164,90 1x5 ff000000
        text 149.6,107.7 Small ff000000 "00:04"
        text 20.2,107.7 Small ff000000 "UTC"
        rect 63,25 1x65 ff000000
        rect 59,89 5x1 ff000000
        text 38.2,92.7 Small ff000000 "0.0"
        rect 59,25 5x1 ff000000
        text 32.6,28.7 Small ff000000 "10.0"
        text 12.8,60.0 Normal up ff000000 "y"
        rect 2,127 14x14 ff000000
        rect 3,128 12x12 ff0075dc
        text 21.0,137.8 Normal ff000000 "line-0"
        text 4.0,167.7 Small ff000000 "Frame: 4m, End:"
        text 4.0,181.3 Small ff000000 "2012-01-01T00:05Z[UTC], Step:"
        text 4.0,194.9 Small ff000000 "1m"
    "#]]
    .assert_eq(&Scene::build(&graph).unwrap().dump());
}

#[test]
fn a_gap_is_a_gap_and_a_lone_point_is_seen() {
    // Four points on 400 columns: the second is missing, the third stands alone.
    let graph = styled(&[&[0.0, NAN, 10.0, NAN]], LineStyle::Line);
    assert_eq!(rects(&graph, BLUE), ["64,205 101x1", "264,5 101x1"]);
}

#[test]
fn dense_lines_keep_their_extremes() {
    let mut values = vec![0.0; 40_000];
    values[20_050] = 10.0;
    let graph = styled(&[&values], LineStyle::Line);
    let found = rects(&graph, BLUE);
    assert!(found.contains(&"264,5 1x201".to_owned()), "{found:?}");
    assert_eq!(found.len(), 3);
}

#[test]
fn wide_lines_have_whole_corners() {
    let mut graph = styled(&[&[0.0, 10.0]], LineStyle::Line);
    if let Item::Line(line) = &mut graph.plots[0].items[0] {
        line.width = 3.0;
    }
    // At the edges of the canvas the line is as thick as elsewhere; the rise at column 264 is three
    // columns wide.
    let found = rects(&graph, BLUE);
    assert_eq!(found, ["64,203 199x3", "263,5 3x201", "266,5 198x3"]);
}

#[test]
fn a_zoomed_line_is_drawn_in_half_pixels() {
    let mut graph = styled(&[&[0.0, 5.0, 10.0]], LineStyle::Line);
    graph.zoom = 2.0;
    // A third of 400 pixels is no whole number of them, but nearly one of halves.
    let found = rects(&graph, BLUE);
    expect_test::expect![[r#"
        64,205 132.5x1
        196.5,105 1x101
        197.5,105 132.5x1
        330,5 1x101
        331,5 133x1"#]]
    .assert_eq(&found.join("\n"));
}

#[test]
fn a_pale_line_has_an_outline_below_all_strokes() {
    let yellow = Color::from_argb(0xFFFF_E100);
    let mut graph = styled(&[&[5.0, 5.0], &[0.0, 10.0]], LineStyle::Line);
    let outline = crate::contrast::readable(yellow, Color::WHITE, 3.0).to_string();
    assert_eq!(rects(&graph, &outline), [""; 0]);
    if let Item::Line(line) = &mut graph.plots[0].items[1] {
        line.color = yellow;
    }
    // A pixel more below and to the right of what the line itself covers, cut at the canvas.
    assert_eq!(
        rects(&graph, "ffffe100"),
        ["64,205 200x1", "264,5 1x201", "265,5 199x1"]
    );
    assert_eq!(
        rects(&graph, &outline),
        ["64,205 200x1", "264,5 2x201", "266,5 198x2"]
    );
    let dump = Scene::build(&graph).unwrap().dump();
    assert!(dump.find(&outline) < dump.find(BLUE));
}

#[test]
fn in_our_style_level_parts_lie_between_pixels_and_steep_ones_are_sharp() {
    let mut graph = styled(&[&[0.0, 5.003, 10.0]], LineStyle::Line);
    graph.style = GraphStyle::Telamon;
    (graph.plots[0].lower, graph.plots[0].upper) = (Bound::Explicit(0.0), Bound::Explicit(10.0));
    let dump = Scene::build(&graph).unwrap().dump();
    let color = graph.plots[0].lines().next().unwrap().color;
    let name = |alpha: u8| format!(" {}", color.with_alpha(alpha));
    let with = |alpha: u8| {
        dump.lines()
            .filter(|line| line.ends_with(&name(alpha)))
            .count()
    };
    // One and a half pixels: one whole row and two rows whose parts make up the rest.
    let parts: Vec<(u8, usize)> = [63, 127, 191].map(|alpha| (alpha, with(alpha))).into();
    assert!(parts.iter().any(|(_, count)| *count > 0), "{dump}");
    assert!(with(255) >= 5, "{dump}");
}

#[test]
fn equal_lines_take_turns_in_our_style() {
    let values: &[f64] = &[5.0, 5.0, 6.0];
    let mut graph = styled(&[values, values, &[1.0, 1.0, 1.0]], LineStyle::Line);
    let columns = |graph: &GraphDef, index: usize| -> f64 {
        let color = graph.plots[0].lines().nth(index).unwrap().color.to_string();
        let width = |rect: &String| -> f64 {
            let size = rect.split(' ').nth(1).unwrap();
            size.split('x').next().unwrap().parse().unwrap()
        };
        rects(graph, &color).iter().map(width).sum()
    };
    assert!((columns(&graph, 0) - 400.0).abs() < 1.0);
    graph.style = GraphStyle::Telamon;
    let shares = [0, 1, 2].map(|index| columns(&graph, index));
    assert!((shares[0] + shares[1] - 400.0).abs() < 1.0, "{shares:?}");
    assert!(
        shares[0] > 150.0 && shares[1] > 150.0 && shares[2] > 399.0,
        "{shares:?}"
    );
}

#[test]
fn in_our_style_bands_lie_below_lines_and_warnings_without_room_are_a_frame() {
    let mut graph = styled(&[&[5.0, 6.0], &[1.0, 1.0]], LineStyle::Line);
    if let Item::Line(line) = &mut graph.plots[0].items[1] {
        line.style = LineStyle::Vspan;
    }
    let is_below = |graph: &GraphDef| {
        let dump = Scene::build(graph).unwrap().dump();
        dump.find(BROWN).unwrap() < dump.find(BLUE).unwrap()
    };
    assert!(!is_below(&graph));
    graph.style = GraphStyle::Telamon;
    assert!(is_below(&graph));
    graph.warnings = vec!["careful".into()];
    graph.width = 80;
    let scene = Scene::build(&graph).unwrap();
    assert_ne!(scene.background, WARNING_BACKGROUND);
    assert_eq!(rects(&graph, &WARNING_BACKGROUND.to_string()).len(), 4);
}

#[test]
fn zero_has_a_line_of_its_own_within_the_canvas() {
    let zero = ThemeColors::of(Theme::Light, GraphStyle::Atlas)
        .zero_line
        .to_string();
    let lines = |values: &[f64]| rects(&styled(&[values], LineStyle::Line), &zero);
    assert_eq!(lines(&[-10.0, 10.0]), ["64,105 400x1"]);
    assert_eq!(lines(&[5.0, 10.0]), [""; 0]);
}

#[test]
fn stacks_stand_on_each_other_and_skip_gaps() {
    let graph = styled(
        &[&[5.0, NAN, 5.0, -5.0], &[5.0, 10.0, 0.0, -5.0]],
        LineStyle::Stack,
    );
    // From -10 to 10 on 200 rows: zero at row 105.
    assert_eq!(
        rects(&graph, BLUE),
        ["64,55 100x51", "264,55 100x51", "364,105 100x51"]
    );
    assert_eq!(
        rects(&graph, BROWN),
        ["64,5 100x51", "164,5 100x101", "364,155 100x51"]
    );
}

#[test]
fn a_stack_that_is_short_of_a_row_by_rounding_fills_it_in_our_style() {
    let tenth = [10.0 - 1e-12];
    let lines: Vec<&[f64]> = vec![&tenth; 10];
    let top = |style: GraphStyle| {
        let mut graph = styled(&lines, LineStyle::Stack);
        (graph.plots[0].lower, graph.plots[0].upper) =
            (Bound::Explicit(0.0), Bound::Explicit(100.0));
        graph.style = style;
        let last = graph.plots[0].lines().last().unwrap().color.to_string();
        let canvas = lay_out(&graph).unwrap().canvas;
        let rect = rects(&graph, &last).remove(0);
        let row: i32 = rect[rect.find(',').unwrap() + 1..rect.find(' ').unwrap()]
            .parse()
            .unwrap();
        row - canvas.top
    };
    assert_eq!((top(GraphStyle::Atlas), top(GraphStyle::Telamon)), (1, 0));
}

#[test]
fn areas_reach_to_zero_and_spans_over_the_height() {
    let graph = styled(&[&[10.0, -10.0, 0.0, NAN]], LineStyle::Area);
    let found = rects(&graph, BLUE);
    assert_eq!(found, ["64,5 100x101", "164,105 100x101", "264,105 100x1"]);
    let graph = styled(&[&[1.0, 0.0, NAN, -1.0]], LineStyle::Vspan);
    assert_eq!(rects(&graph, BLUE), ["64,5 100x200", "364,5 100x200"]);
}

#[test]
fn an_empty_canvas_says_so() {
    let says = |values: &[f64], text: &str| {
        Scene::build(&sample::graph(&[values]))
            .unwrap()
            .dump()
            .contains(text)
    };
    assert!(says(&[NAN], "\"No data\""));
    assert!(says(&[f64::INFINITY], "\"No finite values\""));
    assert!(!says(&[0.0], "\"No"));
}

#[test]
fn warnings_without_room_colour_the_picture() {
    let mut graph = sample::graph(&[&[1.0]]);
    graph.warnings = vec!["careful".into()];
    assert!(Scene::build(&graph).unwrap().dump().contains("\"careful\""));
    graph.width = 80;
    assert_eq!(Scene::build(&graph).unwrap().background, WARNING_BACKGROUND);
}

#[test]
fn cells_of_a_heatmap_lie_between_ticks_and_touch() {
    let mut graph = styled(&[&[5.0, 5.0, 95.0], &[5.0, 100.0, NAN]], LineStyle::Heatmap);
    (graph.width, graph.height) = (300, 200);
    (graph.plots[0].lower, graph.plots[0].upper) = (Bound::Explicit(0.0), Bound::Explicit(100.0));
    // Twice in the lowest row is the strongest shade, once the palest, on white. What equals the upper
    // end has a row of its own.
    assert_eq!(rects(&graph, "ff0075dc"), ["64,185 100x20"]);
    let pale = ["164,185 100x20", "264,5 100x20", "164,5 100x1"];
    assert_eq!(rects(&graph, "ffcce3f8"), pale);
}

#[test]
fn an_error_is_painted_like_this() {
    let lines = |_cells: usize, _only_wrong: bool| {
        vec![
            (ErrorRole::Title, "unknown word ':smu'".to_owned()),
            (ErrorRole::Program, "name,sps,:eq,:smu".to_owned()),
            (ErrorRole::Caret, "             ^^^^".to_owned()),
            (ErrorRole::Advice, "did you mean :sum?".to_owned()),
        ]
    };
    let scene = Scene::of_error(&ErrorPicture {
        width: 300,
        height: 120,
        kind: ErrorKind::User,
        theme: Theme::Light,
        style: GraphStyle::Atlas,
        lines: &lines,
    });
    expect_test::expect![[r#"
        scene 300x120 zoom 1 background fff5f5f5
        rect 0,0 4x120 ffe89b00
        rect 12,44 280x44 ffffffff
        text 12.0,17.9 Error ff767676 "This graph cannot be drawn"
        text 12.0,35.9 Error bold ff000000 "unknown word ':smu'"
        rect 124,48 32x18 30d00000
        text 20.0,61.9 Error ff000000 "name,sps,:eq,:smu"
        text 20.0,79.9 Error ffd00000 "             ^^^^"
        text 12.0,105.9 Error ff000000 "did you mean :sum?"
    "#]]
    .assert_eq(&scene.dump());
}

#[test]
fn words_of_a_program_stay_where_they_are_pointed_at() {
    let lines = |row: &str| vec![(ErrorRole::Program, row.to_owned())];
    let texts = |row: &'static str| -> Vec<(f64, String)> {
        let scene = Scene::of_error(&ErrorPicture {
            width: 700,
            height: 200,
            kind: ErrorKind::User,
            theme: Theme::Light,
            style: GraphStyle::Atlas,
            lines: &|_, _| lines(row),
        });
        let shapes = scene
            .shapes
            .into_iter()
            .skip_while(|shape| !matches!(shape, Shape::Text(text) if row.starts_with(&text.text)));
        let texts = shapes.filter_map(|shape| match shape {
            Shape::Text(text) => Some((text.pen.0, text.text)),
            Shape::Rect(..) | Shape::Disc(..) => None,
        });
        texts.collect()
    };
    // Two words that read from right to left do not change places, and wide ones take two cells.
    let found = texts("שלום,עולם,服务,:smu");
    let expected = [
        (20.0, "שלום,"),
        (60.0, "עולם,"),
        (100.0, "服务,"),
        (140.0, ":smu"),
    ];
    assert_eq!(found, expected.map(|(left, text)| (left, text.to_owned())));
    assert_eq!(texts("name,sps,:eq,:smu").len(), 1);
}

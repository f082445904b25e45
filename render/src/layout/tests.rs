//! Sizes against those measured on the reference.

use super::*;
use crate::color::Color;
use crate::graph::Bound;
use crate::graph::{Item, LayoutMode, MessageDef};
use crate::sample;

fn one_line() -> GraphDef {
    sample::graph(&[&[1.0, 2.0, 3.0]])
}

fn check(change: impl FnOnce(&mut GraphDef), size: (i32, i32)) {
    let mut graph = one_line();
    change(&mut graph);
    let layout = lay_out(&graph).unwrap();
    assert_eq!((layout.width, layout.height), size);
}

#[test]
fn pictures_grow_around_the_canvas() {
    check(|_| (), (488, 329));
    check(|graph| graph.legend = LegendType::Off, (488, 229));
    check(|graph| graph.legend = LegendType::LabelsOnly, (488, 287));
    check(|graph| graph.title = Some("title".into()), (488, 349));
    check(
        |graph| graph.zones = vec!["UTC".into(), "US/Pacific".into()],
        (488, 353),
    );
    check(|graph| graph.plots.push(graph.plots[0].clone()), (528, 429));
    check(|graph| graph.plots[0].items.clear(), (488, 268));
}

#[test]
fn long_legends_end_with_a_count() {
    let repeat = |graph: &mut GraphDef, count: usize| {
        graph.plots[0].items = vec![graph.plots[0].items[0].clone(); count];
    };
    check(|graph| repeat(graph, 50), (488, 3318));
    check(|graph| repeat(graph, 51), (488, 3337));
    let message = |graph: &mut GraphDef| {
        repeat(graph, 2);
        graph.plots[0].items.push(Item::Message(MessageDef {
            label: "... 2 of 6 lines matched filter ...".into(),
            color: Color::BLACK,
        }));
    };
    check(message, (488, 409));
}

#[test]
fn fixed_sizes_hold() {
    let sized = |layout: LayoutMode, width: u32, height: u32| {
        move |graph: &mut GraphDef| {
            (graph.layout, graph.width, graph.height) = (layout, width, height)
        }
    };
    check(sized(LayoutMode::Image, 400, 200), (400, 200));
    check(sized(LayoutMode::Image, 10, 10), (64, 69));
    check(sized(LayoutMode::ImageWidth, 95, 200), (95, 229));
    check(sized(LayoutMode::ImageWidth, 269, 200), (269, 301));
    check(sized(LayoutMode::ImageWidth, 270, 200), (270, 343));
    check(
        |graph| {
            sized(LayoutMode::Image, 400, 60)(graph);
            graph.title = Some("title".into());
        },
        (400, 89),
    );
    check(
        |graph| (graph.only_graph, graph.legend) = (true, LegendType::Off),
        (400, 205),
    );
}

#[test]
fn axes_vanish_from_narrow_pictures() {
    let left = |width: u32, plots: usize| {
        let mut graph = one_line();
        (graph.layout, graph.width) = (LayoutMode::ImageWidth, width);
        graph.plots = vec![graph.plots[0].clone(); plots];
        let layout = lay_out(&graph).unwrap();
        (layout.has_axes, layout.canvas.left, layout.canvas.right)
    };
    assert_eq!(left(152, 1), (true, 64, 128));
    assert_eq!(left(151, 1), (false, 24, 127));
    assert!(left(256, 3).0 && !left(255, 3).0);
}

#[test]
fn too_large_is_restricted_with_a_warning() {
    let mut graph = one_line();
    (graph.width, graph.height, graph.zoom) = (3000, 2000, 3.0);
    let layout = lay_out(&graph).unwrap();
    assert_eq!(layout.device_size().unwrap(), (4176, 2436));
    let warnings: Vec<String> = layout
        .warnings
        .unwrap()
        .entries
        .into_iter()
        .flat_map(|(_, lines)| lines)
        .collect();
    let expected = [
        "Restricted graph height to 1000.",
        "Restricted graph width to 2000.",
        "Restricted zoom to 2.0.",
    ];
    assert_eq!(warnings, expected);
}

#[test]
fn no_zoom_is_an_error() {
    for zoom in [0.0, -1.0, f64::NAN, f64::NEG_INFINITY] {
        let mut graph = one_line();
        graph.zoom = zoom;
        let error = lay_out(&graph)
            .unwrap()
            .device_size()
            .unwrap_err()
            .to_string();
        if zoom != -1.0 && zoom.is_finite() {
            assert_eq!(error, "width (0) and height (0) cannot be <= 0");
        }
    }
}

#[test]
fn bounds_that_make_no_axis_are_errors() {
    let error = |lower: Bound, upper: Bound| {
        let mut graph = one_line();
        (graph.plots[0].lower, graph.plots[0].upper) = (lower, upper);
        lay_out(&graph)
            .map(|_| String::new())
            .unwrap_or_else(|error| error.to_string())
    };
    let given = Bound::Explicit;
    assert_eq!(
        error(given(5.0), given(5.0)),
        "lower bound must be less than upper bound (5.0 >= 5.0)"
    );
    assert_eq!(
        error(given(f64::NAN), Bound::AutoStyle),
        "lower bound must be finite"
    );
    assert_eq!(
        error(Bound::AutoData, given(f64::INFINITY)),
        "upper bound must be finite"
    );
    // Only one end given, beyond the data: the other one gives way.
    assert_eq!(error(given(9.0), Bound::AutoStyle), "");
}

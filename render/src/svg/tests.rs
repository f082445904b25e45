use proptest::prelude::*;
use roxmltree::{Document, Node};

use super::*;
use crate::graph::{Item, LineStyle};
use crate::sample;

fn groups<'d>(document: &'d Document<'d>) -> Vec<Node<'d, 'd>> {
    let all = document.descendants();
    all.filter(|node| node.has_tag_name(("http://www.w3.org/2000/svg", "g")))
        .collect()
}

fn child_text<'d>(node: Node<'d, 'd>, name: &str) -> &'d str {
    let mut children = node.children();
    let found = children.find(|child| child.tag_name().name() == name);
    found.and_then(|child| child.text()).unwrap_or_default()
}

#[test]
fn a_small_graph_is_written_like_this() {
    let mut graph = sample::graph(&[&[0.0, 10.0, f64::NAN, 5.0]]);
    (graph.width, graph.height) = (100, 64);
    graph.only_graph = true;
    let svg = encode(&graph).unwrap();
    expect_test::expect![[r##"
        <svg xmlns="http://www.w3.org/2000/svg" width="100" height="69" viewBox="0 0 100 69" role="graphics-document" aria-label="Graph of line-0" shape-rendering="crispEdges" direction="ltr" font-family="'Noto Sans Mono','DejaVu Sans Mono',monospace,'Noto Sans CJK SC','Noto Emoji','Noto Color Emoji',sans-serif">
        <title>Graph of line-0</title>
        <desc>1 line from 2012-01-01T00:01Z[UTC] to 2012-01-01T00:04Z[UTC], one value every 1m. line-0: 0.0 to 10.0, average 5.0, last 5.0.</desc>
        <path fill="#f5f5f5" d="M0 0h100v69H0z"/>
        <path fill="#ffffff" d="M24 5h52v55h-52z"/>
        <path fill="#9a9a9a" fill-opacity="0.180" d="M37 5h1v55h-1zm13 0h1v55h-1z"/>
        <path fill="#ff5b5b" fill-opacity="0.251" d="M63 5h1v55h-1z"/>
        <path fill="#9a9a9a" fill-opacity="0.180" d="M24 49h52v1h-52zm0-11h52v1h-52zm0-11h52v1h-52zm0-11h52v1h-52z"/>
        <g role="graphics-object" aria-label="line-0: 0.0 to 10.0, average 5.0, last 5.0" stroke="#000" stroke-opacity="0" pointer-events="all" stroke-width="7">
        <title>line-0: 0.0 to 10.0, average 5.0, last 5.0</title>
        <path fill="#0075dc" d="M24 59h13v-54h14v1h-13v54h-14zm39-27h13v1h-13z"/>
        </g>
        </svg>
    "##]].assert_eq(&svg.replace("><", ">\n<"));
}

#[test]
fn each_line_has_a_name_and_the_graph_says_what_it_shows() {
    let graph = sample::graph(&[&[1.0, 2.0, 3.0], &[f64::NAN, f64::NAN, f64::NAN]]);
    let svg = encode(&graph).unwrap();
    let document = Document::parse(&svg).unwrap();
    let root = document.root_element();
    assert_eq!(
        root.attribute("aria-label"),
        Some("Graph of line-0, line-1")
    );
    assert_eq!(
        child_text(root, "desc"),
        "2 lines from 2012-01-01T00:01Z[UTC] to 2012-01-01T00:03Z[UTC], one value every 1m. \
         line-0: 1.0 to 3.0, average 2.0, last 3.0. line-1: no data."
    );
    // A line without a value has nothing to hover over.
    let names: Vec<&str> = groups(&document)
        .iter()
        .map(|group| child_text(*group, "title"))
        .collect();
    assert_eq!(names, ["line-0: 1.0 to 3.0, average 2.0, last 3.0"]);
}

#[test]
fn zoom_enlarges_the_element_and_not_its_text() {
    let mut graph = sample::graph(&[&[1.0, 2.0]]);
    let plain = encode(&graph).unwrap();
    graph.zoom = 2.0;
    let zoomed = encode(&graph).unwrap();
    let texts = |svg: &str| {
        let parts = svg.split("<text").skip(1);
        parts
            .map(|part| part.split("</text>").next().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert!(texts(&plain).len() > 5);
    assert_eq!(texts(&plain), texts(&zoomed));
    let view = |svg: &str| {
        let view = &svg[svg.find("viewBox").unwrap()..];
        view[..view.find(" role").unwrap()].to_owned()
    };
    assert_eq!(view(&plain), view(&zoomed));
    assert!(zoomed.contains("width=\"976\""), "{zoomed}");
}

#[test]
fn text_of_any_script_has_the_width_of_its_cells() {
    let mut graph = sample::graph(&[&[1.0, 2.0]]);
    if let Item::Line(line) = &mut graph.plots[0].items[0] {
        line.label = "延迟 שלום \u{202e}🚀".into();
    }
    let svg = encode(&graph).unwrap();
    // 4 and 1 and 4 and 1, a box for what is not followed, and 2.
    let expected = format!("textLength=\"{}\"", 7 * (4 + 1 + 4 + 1 + 2 + 2));
    let text = "延迟\u{a0}שלום\u{a0}\u{fffd}🚀</text>";
    let element = svg.split("<text").find(|part| part.ends_with(text));
    assert!(
        element.is_some_and(|element| element.contains(&expected)),
        "{svg}"
    );
    assert!(svg.contains(" direction=\"ltr\" "), "{svg}");
}

proptest! {
    /// Whatever labels say, the document is well-formed and has one group for each line that is drawn.
    #[test]
    fn any_label_is_only_text(
        labels in prop::collection::vec("\\PC{0,12}|[<>&\"'\\]\\x00-\\x1f\u{fffe}\u{ffff}]{0,6}", 1..5),
        title in prop::option::of("\\PC{0,9}"), style in 0..4_usize,
    ) {
        let styles = [LineStyle::Line, LineStyle::Area, LineStyle::Stack, LineStyle::Vspan];
        let values: Vec<&[f64]> = labels.iter().map(|_| &[1.0, 2.0][..]).collect();
        let mut graph = sample::graph(&values);
        for (item, label) in graph.plots[0].items.iter_mut().zip(&labels) {
            if let Item::Line(line) = item {
                line.label.clone_from(label);
                line.style = styles[style];
            }
        }
        graph.title = title;
        let svg = encode(&graph).unwrap();
        let document = Document::parse(&svg).map_err(|error| TestCaseError::fail(error.to_string()))?;
        prop_assert_eq!(groups(&document).len(), labels.len());
        prop_assert_eq!(encode(&graph).unwrap(), svg.clone());
    }
}

//! How much memory a picture takes while it is drawn and written, beside its graph.
//!
//! A binary of its own with a single test: its allocator counts for the whole process.

use peak_alloc::PeakAlloc;
use telamon_model::{Step, Timestamp};
use telamon_render::graph::{
    GraphDef, GraphStyle, Item, LayoutMode, LegendType, LineDef, LineStyle, Plot, Theme,
};
use telamon_render::palette::Palette;
use telamon_render::png;
use telamon_render::raster::paint;
use telamon_render::scene::Scene;

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// What a picture of the usual size may take.
const BYTES_MAX: usize = 8_000_000;
/// What any picture may take beside its pixels: its scene, then its file.
const BESIDE_PIXELS_MAX: usize = 5_000_000;

#[test]
fn a_picture_takes_about_a_byte_a_pixel_while_it_is_written() {
    // Fonts, time zones and glyphs are loaded once.
    taken(&graph(1, 60, LineStyle::Line));
    for style in [GraphStyle::Atlas, GraphStyle::Telamon] {
        for kind in [
            LineStyle::Line,
            LineStyle::Heatmap,
            LineStyle::Stack,
            LineStyle::Area,
        ] {
            for (lines, points, zoom) in [(10, 60, 1.0), (50, 1440, 1.0), (50, 1440, 2.0)] {
                let mut graph = graph(lines, points, kind);
                (graph.style, graph.zoom) = (style, zoom);
                let (bytes, pixels) = taken(&graph);
                let told = format!(
                    "{style:?} {kind:?} {lines} x {points} zoom {zoom}: {bytes} bytes, {pixels} pixels"
                );
                println!("{told}");
                assert!(zoom > 1.0 || bytes < BYTES_MAX, "{told}");
                // Edges of fills may be more colours than a byte can tell apart.
                let a_pixel = match kind {
                    LineStyle::Line | LineStyle::Heatmap => 1,
                    LineStyle::Area | LineStyle::Stack | LineStyle::Vspan => 5,
                };
                assert!(bytes < a_pixel * pixels + BESIDE_PIXELS_MAX, "{told}");
            }
        }
    }
}

/// The most bytes held at once while a picture is drawn and written, and its pixels.
fn taken(graph: &GraphDef) -> (usize, usize) {
    let scene = Scene::build(graph).expect("the graph is sound");
    let pixels = paint(&scene).colors().len();
    drop(scene);
    let before = MEMORY.current_usage();
    MEMORY.reset_peak_usage();
    let file = png::encode(graph).expect("the graph is sound");
    let bytes = MEMORY.peak_usage() - before;
    drop(file);
    (bytes, pixels)
}

fn graph(lines: usize, points: usize, style: LineStyle) -> GraphDef {
    let step = Step::from_millis(60_000).expect("a minute is positive");
    let start = Timestamp(1_325_376_060_000);
    let length = i64::try_from(points).expect("few points") * step.as_millis();
    let mut colors = Palette::primary(Theme::Light, GraphStyle::Atlas).colors();
    let line = |index: usize| {
        let label = format!("node-{index:02}");
        Item::Line(LineDef {
            id: None,
            query: None,
            group_by_keys: Vec::new(),
            tags: vec![("nf.node".into(), label.as_str().into())],
            values: noise(index, points),
            color: colors.take(&label),
            style,
            width: 1.0,
            label,
        })
    };
    GraphDef {
        plots: vec![Plot {
            items: (0..lines).map(line).collect(),
            ..Plot::empty()
        }],
        start,
        end: start.plus_millis(length),
        step,
        zones: vec!["US/Pacific".into()],
        width: 700,
        height: 300,
        zoom: 1.0,
        layout: LayoutMode::Canvas,
        title: Some("Requests per second".into()),
        legend: LegendType::LabelsWithStats,
        only_graph: false,
        theme: Theme::Light,
        style: GraphStyle::Atlas,
        load: None,
        warnings: Vec::new(),
        hints: Vec::new(),
        blank_reasons: Vec::new(),
    }
}

/// Values around a level of the line's own: every column has another row.
fn noise(line: usize, points: usize) -> Vec<f64> {
    let level = f64::from(u8::try_from(line).expect("few lines")) * 400.0;
    let mut state = 1 + u32::try_from(line).expect("few lines");
    let next = |_| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        level + f64::from(state >> 8) / 16_777.216
    };
    (0..points).map(next).collect()
}

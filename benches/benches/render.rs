//! Drawing and writing of graphs: 700x300 with 10 lines of 60 and 1,440 points, and stacks.
//!
//! Run with `cargo bench -p telamon-benches --bench render`. Layout and painting are timed apart
//! from the container by the difference of `picture` and `scene`.

use divan::Bencher;
use telamon_model::{Step, Timestamp};
use telamon_render::encode::{csv, json};
use telamon_render::graph::{
    GraphDef, GraphStyle, Item, LayoutMode, LegendType, LineDef, LineStyle, Plot, Theme,
};
use telamon_render::palette::Palette;
use telamon_render::png;
use telamon_render::raster::paint;
use telamon_render::scene::Scene;
use telamon_render::svg;

fn main() {
    divan::main();
}

const SIZES: [(usize, usize); 3] = [(10, 60), (10, 1440), (50, 1440)];

#[divan::bench(args = SIZES)]
fn picture(bencher: Bencher<'_, '_>, (lines, points): (usize, usize)) {
    let graph = graph(lines, points, LineStyle::Line);
    bencher.bench(|| png::encode(&graph).expect("the graph is sound"));
}

/// In our style: a table for a legend, strokes between pixels, our palette.
#[divan::bench(args = SIZES)]
fn telamon_picture(bencher: Bencher<'_, '_>, (lines, points): (usize, usize)) {
    let graph = styled(GraphStyle::Telamon, (lines, points), LineStyle::Line);
    bencher.bench(|| png::encode(&graph).expect("the graph is sound"));
}

#[divan::bench(args = SIZES)]
fn svg_picture(bencher: Bencher<'_, '_>, (lines, points): (usize, usize)) {
    let graph = graph(lines, points, LineStyle::Line);
    bencher.bench(|| svg::encode(&graph).expect("the graph is sound"));
}

#[divan::bench(args = SIZES)]
fn stacked_picture(bencher: Bencher<'_, '_>, (lines, points): (usize, usize)) {
    let graph = graph(lines, points, LineStyle::Stack);
    bencher.bench(|| png::encode(&graph).expect("the graph is sound"));
}

#[divan::bench(args = SIZES)]
fn scene(bencher: Bencher<'_, '_>, (lines, points): (usize, usize)) {
    let graph = graph(lines, points, LineStyle::Line);
    bencher.bench(|| Scene::build(&graph).expect("the graph is sound"));
}

/// Layout, scene and pixels, without the container.
#[divan::bench(args = SIZES)]
fn pixels(bencher: Bencher<'_, '_>, (lines, points): (usize, usize)) {
    let graph = graph(lines, points, LineStyle::Line);
    bencher.bench(|| paint(&Scene::build(&graph).expect("the graph is sound")));
}

/// The container alone.
#[divan::bench(args = SIZES)]
fn container(bencher: Bencher<'_, '_>, (lines, points): (usize, usize)) {
    let graph = graph(lines, points, LineStyle::Line);
    let pixels = paint(&Scene::build(&graph).expect("the graph is sound"));
    bencher.bench(|| png::write(&pixels).expect("memory takes everything"));
}

#[divan::bench(args = SIZES)]
fn json_answer(bencher: Bencher<'_, '_>, (lines, points): (usize, usize)) {
    let graph = graph(lines, points, LineStyle::Line);
    bencher.bench(|| json::write(&graph));
}

/// Lines counted in a heatmap, drawn and encoded.
#[divan::bench(args = [(300, 1440)])]
fn png_heatmap(bencher: Bencher<'_, '_>, (lines, points): (usize, usize)) {
    let graph = graph(lines, points, LineStyle::Heatmap);
    bencher.bench(|| png::encode(&graph).expect("the zone is known"));
}

#[divan::bench(args = SIZES)]
fn csv_answer(bencher: Bencher<'_, '_>, (lines, points): (usize, usize)) {
    let graph = graph(lines, points, LineStyle::Line);
    bencher.bench(|| csv::write(&graph, csv::Separator::Comma).expect("the zone is known"));
}

fn graph(lines: usize, points: usize, line: LineStyle) -> GraphDef {
    styled(GraphStyle::Atlas, (lines, points), line)
}

fn styled(style: GraphStyle, (lines, points): (usize, usize), line: LineStyle) -> GraphDef {
    let step = Step::from_millis(60_000).expect("a minute is positive");
    let start = Timestamp(1_325_376_060_000);
    let points_millis = i64::try_from(points).expect("few points") * step.as_millis();
    let mut colors = Palette::primary(Theme::Light, style).colors();
    let items = (0..lines)
        .map(|index| {
            let label = format!("node-{index:02}");
            Item::Line(LineDef {
                id: None,
                query: None,
                group_by_keys: Vec::new(),
                tags: vec![("nf.node".into(), label.as_str().into())],
                values: wave(index, points),
                color: colors.take(&label),
                style: line,
                width: 1.0,
                label,
            })
        })
        .collect();
    GraphDef {
        plots: vec![Plot {
            items,
            ..Plot::empty()
        }],
        start,
        end: start.plus_millis(points_millis),
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
        style,
        load: None,
        warnings: Vec::new(),
        hints: Vec::new(),
        blank_reasons: Vec::new(),
    }
}

/// Noise around a level, from a linear congruential generator.
fn wave(seed: usize, points: usize) -> Vec<f64> {
    let mut state = u32::try_from(seed).expect("few lines") * 2_654_435 + 1;
    (0..points)
        .map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            1000.0
                + f64::from(state >> 8) / 16_777.216
                + 400.0 * f64::from(u8::try_from(seed % 250).expect("bounded"))
        })
        .collect()
}

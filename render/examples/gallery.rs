//! Draws some dozens of graphs into a folder, in either style, to be looked at:
//! `cargo run -p telamon-render --example gallery -- FOLDER`.

#[path = "gallery/telamon.rs"]
mod telamon;

use std::error::Error;
use std::path::Path;

use telamon_model::{Step, Timestamp};
use telamon_render::color::Color;
use telamon_render::graph::{
    GraphDef, GraphStyle, Item, LayoutMode, LegendType, LineDef, LineStyle, MessageDef, Plot,
    Theme, TickLabels,
};
use telamon_render::palette::Palette;
use telamon_render::png;

const START: i64 = 1_325_376_000_000;
const MINUTE: i64 = 60_000;

fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::args().nth(1).ok_or("name a folder")?;
    std::fs::create_dir_all(&folder)?;
    let folder = Path::new(&folder);
    for (name, mut graph) in graphs() {
        std::fs::write(folder.join(format!("{name}.png")), png::encode(&graph)?)?;
        graph.style = GraphStyle::Telamon;
        recolor(&mut graph);
        let name = format!("{name}-telamon.png");
        std::fs::write(folder.join(name), png::encode(&graph)?)?;
    }
    for (name, mut graph) in telamon::graphs() {
        recolor(&mut graph);
        let name = format!("{name}-telamon.png");
        std::fs::write(folder.join(name), png::encode(&graph)?)?;
    }
    let error = png::error_image(&png::ErrorPicture {
        width: 700,
        height: 300,
        kind: png::ErrorKind::User,
        theme: Theme::Light,
        style: GraphStyle::Atlas,
        lines: &|_columns, _is_short| {
            vec![
                (png::ErrorRole::Title, "unknown word ':smu'".to_owned()),
                (png::ErrorRole::Program, "name,sps,:eq,:smu".to_owned()),
                (png::ErrorRole::Caret, "             ^^^^".to_owned()),
                (png::ErrorRole::Advice, "did you mean :sum?".to_owned()),
            ]
        },
    })?;
    std::fs::write(folder.join("error.png"), error)?;
    Ok(())
}

/// Gives lines the colours of the graph's style where they are opaque.
fn recolor(graph: &mut GraphDef) {
    let mut colors = Palette::primary(graph.theme, graph.style).colors();
    for item in graph.plots.iter_mut().flat_map(|plot| &mut plot.items) {
        if let Item::Line(line) = item
            && line.color.alpha == 255
        {
            line.color = colors.take(&line.label);
        }
    }
}

fn graphs() -> Vec<(&'static str, GraphDef)> {
    let mut graphs = plain_graphs();
    graphs.extend(unusual_graphs());
    graphs
}

fn plain_graphs() -> Vec<(&'static str, GraphDef)> {
    let mut title = lines(Theme::Light, 10, 180, LineStyle::Line);
    title.title = Some("Requests per second by node, api-main".into());
    title.plots[0].label = Some("requests / s".into());

    let mut gaps = lines(Theme::Light, 2, 60, LineStyle::Line);
    for (index, item) in gaps.plots[0].items.iter_mut().enumerate() {
        let Item::Line(line) = item else { continue };
        line.values
            .iter_mut()
            .skip(20 + index)
            .step_by(7)
            .for_each(|value| *value = f64::NAN);
        line.width = 1.0 + 2.0 * f64::from(u8::try_from(index).unwrap_or(0));
    }
    gaps.warnings = vec![
        "Restricted to what was there.".into(),
        "A second warning".into(),
    ];

    let mut spans = lines(Theme::Light, 2, 180, LineStyle::Line);
    if let Item::Line(line) = &mut spans.plots[0].items[1] {
        line.label = "alert: latency above 200 ms".into();
        line.style = LineStyle::Vspan;
        line.color = Color::from_argb(0x40FF_0000);
        line.values = (0..180)
            .map(|i| if i % 60 > 45 { 1.0 } else { 0.0 })
            .collect();
    }
    spans.plots[0].items.push(Item::Message(MessageDef {
        label: "... 3 of 6 lines matched filter ...".into(),
        color: Color::BLACK,
    }));
    let mut binary = lines(Theme::Light, 4, 720, LineStyle::Area);
    binary.plots[0].tick_labels = TickLabels::Binary;
    binary.plots[0].items.truncate(1);
    let mut zoomed = title.clone();
    zoomed.zoom = 2.0;
    zoomed.width = 400;
    zoomed.height = 150;
    zoomed.plots[0].items.truncate(3);
    vec![
        ("lines", title),
        ("stack", lines(Theme::Light, 8, 360, LineStyle::Stack)),
        ("stack_dark", lines(Theme::Dark, 8, 360, LineStyle::Stack)),
        ("area", binary),
        ("gaps", gaps),
        ("vspan", spans),
        ("zoom", zoomed),
    ]
}

fn unusual_graphs() -> Vec<(&'static str, GraphDef)> {
    let mut constants = lines(Theme::Light, 3, 60, LineStyle::Line);
    for (item, value) in constants.plots[0].items.iter_mut().zip([0.0, 42.0, -7.5]) {
        let Item::Line(line) = item else { continue };
        line.values.fill(value);
        line.label = format!("{value:?}");
    }
    let mut nothing = lines(Theme::Light, 1, 60, LineStyle::Line);
    if let Item::Line(line) = &mut nothing.plots[0].items[0] {
        line.values.fill(f64::NAN);
        line.label = "NO DATA 漢字 μ → ∞".into();
    }
    let mut axes = lines(Theme::Dark, 3, 1440, LineStyle::Line);
    axes.zones = vec!["US/Pacific".into(), "UTC".into()];
    let mut second = axes.plots[0].clone();
    second.axis_color = Some(Color::from_argb(0xFFE4_8F72));
    second.label = Some("latency".into());
    second.tick_labels = TickLabels::Duration;
    axes.plots.push(second);
    let mut huge = lines(Theme::Light, 1, 60, LineStyle::Line);
    if let Item::Line(line) = &mut huge.plots[0].items[0] {
        let wave = line.values.clone();
        line.values = wave.iter().map(|value| 200_026.23 + value * 1e-5).collect();
    }
    vec![
        ("constants", constants),
        ("nothing", nothing),
        ("axes_dark", axes),
        ("offset", huge),
    ]
}

fn lines(theme: Theme, count: usize, points: usize, style: LineStyle) -> GraphDef {
    let mut colors = Palette::primary(theme, GraphStyle::Atlas).colors();
    let items = (0..count)
        .map(|index| {
            let label = format!("node-{index:02}");
            Item::Line(LineDef {
                id: None,
                query: None,
                group_by_keys: vec!["nf.node".into()],
                tags: vec![("nf.node".into(), label.as_str().into())],
                values: wave(index, points),
                color: colors.take(&label),
                style,
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
        start: Timestamp(START + MINUTE),
        end: Timestamp(START + MINUTE * (1 + i64::try_from(points).unwrap_or(0))),
        step: Step::from_millis(MINUTE).unwrap_or_else(|| unreachable!("a minute is positive")),
        zones: vec!["UTC".into()],
        width: 700,
        height: 300,
        zoom: 1.0,
        layout: LayoutMode::Canvas,
        title: None,
        legend: LegendType::LabelsWithStats,
        only_graph: false,
        theme,
        style: GraphStyle::Atlas,
        load: None,
        warnings: Vec::new(),
        hints: Vec::new(),
        blank_reasons: Vec::new(),
    }
}

/// A noisy wave without a random number generator.
fn wave(seed: usize, points: usize) -> Vec<f64> {
    let seed = f64::from(u16::try_from(seed).unwrap_or(0));
    let mut noise = 0x2545_F491_u32.wrapping_mul(u32::from(seed < 1.0) + 7);
    (0..points)
        .map(|index| {
            noise ^= noise << 13;
            noise ^= noise >> 17;
            noise ^= noise << 5;
            let time = f64::from(u16::try_from(index).unwrap_or(0));
            let swing = libm::sin(time / 60.0 + seed * 0.7) + 0.3 * libm::sin(time / 7.0 + seed);
            500.0 + 120.0 * seed + 180.0 * swing + f64::from(noise % 60)
        })
        .collect()
}

//! Graphs that show what our own style does otherwise.

use telamon_model::{Step, Timestamp};
use telamon_render::color::Color;
use telamon_render::graph::{
    GraphDef, GraphStyle, Item, LayoutMode, LegendType, LineStyle, LoadStats, Scale, Theme,
    TickLabels,
};
use telamon_render::palette::Palette;

use super::{MINUTE, START, lines};

const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

pub(super) fn graphs() -> Vec<(String, GraphDef)> {
    let mut graphs = times();
    graphs.extend(values());
    graphs.extend(layouts());
    graphs.extend(legends());
    graphs
        .into_iter()
        .map(|(name, mut graph)| {
            graph.style = GraphStyle::Telamon;
            (name, graph)
        })
        .collect()
}

fn graph(count: usize, points: usize) -> GraphDef {
    let mut graph = lines(Theme::Light, count, points, LineStyle::Line);
    let mut colors = Palette::primary(Theme::Light, GraphStyle::Telamon).colors();
    for item in &mut graph.plots[0].items {
        if let Item::Line(line) = item {
            line.color = colors.take(&line.label);
        }
    }
    graph
}

fn set(graph: &mut GraphDef, index: usize, values: impl Fn(f64) -> f64) {
    if let Item::Line(line) = &mut graph.plots[0].items[index] {
        for value in &mut line.values {
            *value = values(*value);
        }
    }
}

fn times() -> Vec<(String, GraphDef)> {
    let mut found = Vec::new();
    for (name, zone, start, span) in [
        ("time_90s", "UTC", START, 90 * 1000),
        ("time_3h_kolkata", "Asia/Kolkata", START, 3 * HOUR),
        ("time_day", "Europe/Berlin", START + 7 * HOUR, DAY),
        (
            "time_dst_spring",
            "US/Pacific",
            1_331_452_800_000,
            12 * HOUR,
        ),
        ("time_dst_autumn", "US/Pacific", 1_352_012_400_000, 6 * HOUR),
        ("time_3_days", "US/Pacific", START, 3 * DAY),
        ("time_10_days", "UTC", START - 5 * DAY, 10 * DAY),
        ("time_21_days", "UTC", START - 15 * DAY, 21 * DAY),
        ("time_60_days", "UTC", START - 20 * DAY, 60 * DAY),
        ("time_300_days", "UTC", START - 70 * DAY, 300 * DAY),
        ("time_3_years", "UTC", START - 70 * DAY, 3 * 365 * DAY),
        ("time_12_years", "UTC", START - 70 * DAY, 12 * 365 * DAY),
    ] {
        let mut graph = graph(2, 300);
        graph.zones = vec![zone.into()];
        let step = span / 300;
        graph.step = Step::from_millis(step).unwrap_or_else(|| unreachable!("spans are long"));
        graph.start = Timestamp(start + step);
        graph.end = Timestamp(start + step * 301);
        found.push((name.to_owned(), graph));
    }
    let mut zones = found[3].1.clone();
    zones.zones = vec!["US/Pacific".into(), "UTC".into(), "Asia/Kathmandu".into()];
    found.push(("time_zones".into(), zones));
    found
}

fn values() -> Vec<(String, GraphDef)> {
    let mut found = Vec::new();
    let mut add = |name: &str, change: &dyn Fn(&mut GraphDef)| {
        let mut graph = graph(2, 240);
        (graph.width, graph.height) = (400, 200);
        change(&mut graph);
        found.push((name.to_owned(), graph));
    };
    add("log", &|graph| {
        graph.plots[0].scale = Scale::Logarithmic;
        set(graph, 0, |value| libm::pow(10.0, value / 200.0));
    });
    add("log_signed", &|graph| {
        graph.plots[0].scale = Scale::Logarithmic;
        set(graph, 0, |value| (value - 500.0) * 30.0);
    });
    add("log_linear", &|graph| {
        graph.plots[0].scale = Scale::LogLinear;
        set(
            graph,
            0,
            |value| if value > 600.0 { 0.0 } else { value * value },
        );
    });
    add("sqrt", &|graph| graph.plots[0].scale = Scale::Sqrt);
    add("pow2", &|graph| graph.plots[0].scale = Scale::Power2);
    add("binary", &|graph| {
        graph.plots[0].tick_labels = TickLabels::Binary;
        set(graph, 0, |value| value * 1e6);
        set(graph, 1, |value| value * 2e6);
    });
    add("duration", &|graph| {
        graph.plots[0].tick_labels = TickLabels::Duration;
        graph.plots[0].label = Some("age".into());
    });
    add("far_from_zero", &|graph| {
        graph.title = Some("Narrow and far from zero".into());
        for index in 0..2 {
            set(graph, index, |value| 200_026.23 + value * 1e-5);
        }
    });
    add("signed", &|graph| {
        for index in 0..2 {
            set(graph, index, |value| value - 560.0);
        }
    });
    add("flat", &|graph| {
        set(graph, 0, |_| 42.0);
        graph.plots[0].items.truncate(1);
    });
    add("flat_zero", &|graph| {
        set(graph, 0, |_| 0.0);
        graph.plots[0].items.truncate(1);
    });
    add("huge", &|graph| {
        set(graph, 0, |value| value * 1e297);
    });
    add("heatmap", &|graph| {
        *graph = lines(Theme::Light, 40, 180, LineStyle::Heatmap);
        graph.plots[0].heatmap.label = Some("latency of all nodes".into());
    });
    add("heatmap_log", &|graph| {
        *graph = lines(Theme::Dark, 40, 180, LineStyle::Heatmap);
        graph.plots[0].scale = Scale::LogLinear;
        for index in 0..40 {
            set(graph, index, |value| value * value / 1e4);
        }
    });
    found
}

fn layouts() -> Vec<(String, GraphDef)> {
    let mut found = Vec::new();
    for (name, layout, (width, height)) in [
        ("image", LayoutMode::Image, (400, 200)),
        ("image_tiny", LayoutMode::Image, (64, 64)),
        ("image_small", LayoutMode::Image, (160, 90)),
        ("image_flat", LayoutMode::Image, (300, 64)),
        ("iw", LayoutMode::ImageWidth, (300, 150)),
        ("iw_narrow", LayoutMode::ImageWidth, (140, 100)),
        ("ih", LayoutMode::ImageHeight, (300, 200)),
        ("canvas_tiny", LayoutMode::Canvas, (64, 64)),
    ] {
        let mut graph = graph(3, 180);
        graph.title = Some("Requests per second by node".into());
        (graph.layout, graph.width, graph.height) = (layout, width, height);
        found.push((format!("layout_{name}"), graph));
    }
    let mut only = graph(3, 180);
    (only.only_graph, only.width, only.height) = (true, 300, 100);
    found.push(("layout_only".into(), only));
    let mut axes = graph(5, 180);
    let items = std::mem::take(&mut axes.plots[0].items);
    let plot = axes.plots.remove(0);
    let scales = [
        (TickLabels::Decimal, 1.0, "requests / s"),
        (TickLabels::Duration, 0.001, "latency"),
        (TickLabels::Binary, 1e7, "memory"),
        (TickLabels::Decimal, 1e-6, ""),
        (
            TickLabels::Decimal,
            1e5,
            "queue length of the slowest consumer of all",
        ),
    ];
    for (mut item, (labels, factor, name)) in items.into_iter().zip(scales) {
        let mut plot = plot.clone();
        if let Item::Line(line) = &mut item {
            line.values.iter_mut().for_each(|value| *value *= factor);
            plot.axis_color = Some(line.color);
        }
        plot.tick_labels = labels;
        plot.label = (!name.is_empty()).then(|| name.to_owned());
        plot.items = vec![item];
        axes.plots.push(plot);
    }
    let mut dark = axes.clone();
    dark.theme = Theme::Dark;
    found.push(("axes_five".into(), axes));
    found.push(("axes_five_dark".into(), dark));
    found
}

fn legends() -> Vec<(String, GraphDef)> {
    let mut found = Vec::new();
    let mut labels = graph(12, 180);
    labels.title = Some("Long labels".into());
    labels.load = Some(LoadStats {
        load_time_ms: 12,
        input_lines: 1200,
        input_datapoints: 216_000,
        output_lines: 12,
        output_datapoints: 2160,
    });
    for (index, item) in labels.plots[0].items.iter_mut().enumerate() {
        if let Item::Line(line) = item {
            line.label = match index {
                0 => "short".into(),
                1 => "漢字 and 日本語 in a label that is rather long".into(),
                2 => String::new(),
                _ => format!(
                    "com.example.production.eu-west-1.api.requests.latency.percentile_{}",
                    90 + index
                ),
            };
            if index == 3 {
                line.values.fill(f64::NAN);
            }
            if index == 4 {
                line.values
                    .iter_mut()
                    .for_each(|value| *value = value.round());
            }
        }
    }
    for (name, width, legend) in [
        ("wide", 900, LegendType::LabelsWithStats),
        ("medium", 400, LegendType::LabelsWithStats),
        ("narrow", 180, LegendType::LabelsWithStats),
        ("labels", 700, LegendType::LabelsOnly),
    ] {
        let mut graph = labels.clone();
        (graph.width, graph.height, graph.legend) = (width, 120, legend);
        found.push((format!("legend_{name}"), graph));
    }
    let mut many = graph(70, 60);
    many.height = 100;
    let mut flow = many.clone();
    flow.legend = LegendType::LabelsOnly;
    found.push(("legend_many".into(), many));
    found.push(("legend_flow".into(), flow));
    let mut warned = graph(2, 60);
    warned.warnings = vec!["Restricted to what was there.".into()];
    if let Item::Line(line) = &mut warned.plots[0].items[1] {
        line.color = Color::from_argb(0x40FF_0000);
        line.style = LineStyle::Vspan;
    }
    found.push(("legend_warning".into(), warned));
    found
}

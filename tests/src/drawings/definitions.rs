//! Small graphs that show one thing each, for pictures that are kept.

use telamon_model::{Step, Timestamp};
use telamon_render::color::Color;
use telamon_render::graph::{
    GraphDef, GraphStyle, Item, LayoutMode, LegendType, LineDef, LineStyle, MessageDef, Plot,
    Scale, Theme, TickLabels,
};
use telamon_render::palette::Palette;

/// 2026-03-08T09:00Z: an hour before Los Angeles puts its clocks forward.
const START: Timestamp = Timestamp(1_772_960_400_000);
const STEP_MS: i64 = 300_000;
/// Values of a line: four hours.
const POINTS: u8 = 48;

/// Three lines with title and labels; one has a gap, one is flat.
pub(crate) fn lines(style: GraphStyle, theme: Theme) -> GraphDef {
    let curves = [
        wave(0.0, 30.0),
        wave(1.5, 12.0),
        vec![20.0; usize::from(POINTS)],
    ];
    let mut graph = graph(style, theme, LineStyle::Line, &curves);
    graph.title = Some("Three lines".to_owned());
    graph.plots[0].label = Some("requests".to_owned());
    let gap = values_of(&mut graph, 1);
    gap[20..26].fill(f64::NAN);
    gap[27] = f64::NAN;
    graph
}

/// Three layers on top of each other, one of them below zero.
pub(crate) fn stack(style: GraphStyle, theme: Theme) -> GraphDef {
    let below = wave(2.0, 9.0).iter().map(|value| -value).collect();
    let curves = [wave(0.0, 20.0), wave(1.0, 11.0), below];
    let mut graph = graph(style, theme, LineStyle::Stack, &curves);
    graph.legend = LegendType::LabelsOnly;
    graph
}

/// Forty lines counted by value.
pub(crate) fn heatmap(style: GraphStyle, theme: Theme) -> GraphDef {
    let curves: Vec<Vec<f64>> = (0..40_u8)
        .map(|line| wave(f64::from(line) * 0.11, 20.0 + f64::from(line % 7)))
        .collect();
    graph(style, theme, LineStyle::Heatmap, &curves)
}

/// A line with a band where it is high, a message and a warning.
pub(crate) fn spans(style: GraphStyle, theme: Theme) -> GraphDef {
    let curve = wave(0.5, 30.0);
    let high = curve.iter().map(|&value| f64::from(u8::from(value > 42.0)));
    let mut graph = graph(
        style,
        theme,
        LineStyle::Line,
        &[curve.clone(), high.collect()],
    );
    if let Item::Line(line) = &mut graph.plots[0].items[1] {
        line.style = LineStyle::Vspan;
        line.color = Color::from_argb(0x40FF_0000);
        line.label = "alert".to_owned();
    }
    graph.plots[0].items.push(Item::Message(MessageDef {
        label: "... 2 of 9 lines ...".to_owned(),
        color: Color::BLACK,
    }));
    graph.warnings = vec!["Restricted graph width to 2000.".to_owned()];
    graph
}

/// Three axes: bytes, durations over five decades, and plain numbers without tick labels.
pub(crate) fn axes(style: GraphStyle, theme: Theme) -> GraphDef {
    let bytes = wave(0.0, 30.0).iter().map(|value| value * 1e8).collect();
    let mut graph = graph(style, theme, LineStyle::Line, &[bytes]);
    graph.legend = LegendType::Off;
    graph.plots[0].tick_labels = TickLabels::Binary;
    graph.plots[0].label = Some("memory".to_owned());
    let seconds = (0..POINTS).map(|index| libm::exp10(f64::from(index) / 10.0 - 2.0));
    let others = [
        (
            seconds.collect(),
            Scale::Logarithmic,
            TickLabels::Duration,
            0xFFB0_3000,
        ),
        (wave(3.0, 5.0), Scale::Linear, TickLabels::Off, 0xFF00_6000),
    ];
    for (values, scale, tick_labels, color) in others {
        let mut plot = graph.plots[0].clone();
        let color = Color::from_argb(color);
        (plot.scale, plot.tick_labels) = (scale, tick_labels);
        plot.axis_color = Some(color);
        if let Item::Line(line) = &mut plot.items[0] {
            (line.values, line.color) = (values, color);
        }
        graph.plots.push(plot);
    }
    graph
}

/// Two zones, one of which puts its clocks forward.
pub(crate) fn zones(style: GraphStyle, theme: Theme) -> GraphDef {
    let mut graph = graph(style, theme, LineStyle::Area, &[wave(0.0, 30.0)]);
    graph.legend = LegendType::Off;
    graph.zones = vec!["America/Los_Angeles".to_owned(), "UTC".to_owned()];
    graph
}

/// No value at all, and why.
pub(crate) fn blank(style: GraphStyle, theme: Theme) -> GraphDef {
    let nothing = vec![f64::NAN; usize::from(POINTS)];
    let mut graph = graph(style, theme, LineStyle::Line, &[nothing]);
    graph.blank_reasons = vec!["no series passes name,x,:eq".to_owned()];
    graph
}

fn graph(style: GraphStyle, theme: Theme, drawn: LineStyle, curves: &[Vec<f64>]) -> GraphDef {
    let mut colors = Palette::primary(theme, style).colors();
    let items = (1..).zip(curves).map(|(number, values)| {
        let label = format!("line {number}");
        Item::Line(LineDef {
            id: None,
            query: None,
            group_by_keys: Vec::new(),
            tags: Vec::new(),
            values: values.clone(),
            color: colors.take(&label),
            style: drawn,
            width: 1.0,
            label,
        })
    });
    GraphDef {
        plots: vec![Plot {
            items: items.collect(),
            ..Plot::empty()
        }],
        start: START,
        end: START.plus_millis(STEP_MS * i64::from(POINTS)),
        step: Step::from_millis(STEP_MS).unwrap(),
        zones: vec!["UTC".to_owned()],
        width: 240,
        height: 90,
        zoom: 1.0,
        layout: LayoutMode::Canvas,
        title: None,
        legend: LegendType::LabelsWithStats,
        only_graph: false,
        theme,
        style,
        load: None,
        warnings: Vec::new(),
        hints: Vec::new(),
        blank_reasons: Vec::new(),
    }
}

fn values_of(graph: &mut GraphDef, index: usize) -> &mut [f64] {
    match &mut graph.plots[0].items[index] {
        Item::Line(line) => &mut line.values,
        Item::Message(_) => panic!("item {index} is no line"),
    }
}

fn wave(phase: f64, height: f64) -> Vec<f64> {
    let at = |index: u8| {
        let time = f64::from(index);
        height + height * 0.5 * libm::sin(time / 6.0 + phase) + libm::sin(time * 1.7 + phase)
    };
    (0..POINTS).map(at).collect()
}

//! Small graphs for tests.

use telamon_model::{Step, Timestamp};

use crate::graph::{
    GraphDef, GraphStyle, Item, LayoutMode, LegendType, LineDef, LineStyle, Plot, Theme,
};
use crate::palette::Palette;

/// A graph of plain lines at one value per minute since 2012, as many as the first line has.
pub(crate) fn graph(lines: &[&[f64]]) -> GraphDef {
    let points = i64::try_from(lines.first().map_or(0, |values| values.len())).unwrap();
    let mut colors = Palette::primary(Theme::Light, GraphStyle::Atlas).colors();
    let items = (0..)
        .zip(lines)
        .map(|(index, values)| {
            let label = format!("line-{index}");
            Item::Line(LineDef {
                id: None,
                query: Some(format!("{index},:const")),
                group_by_keys: Vec::new(),
                tags: vec![
                    ("name".into(), label.as_str().into()),
                    ("a".into(), "b".into()),
                ],
                values: values.to_vec(),
                color: colors.take(&label),
                style: LineStyle::Line,
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
        start: Timestamp(1_325_376_060_000),
        end: Timestamp(1_325_376_060_000 + points * 60_000),
        step: Step::from_millis(60_000).unwrap(),
        zones: vec!["UTC".into()],
        width: 400,
        height: 200,
        zoom: 1.0,
        layout: LayoutMode::Canvas,
        title: None,
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

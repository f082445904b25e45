//! Pictures: sizes, marks, swatches and data against recorded pictures, and hostile graphs.

use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use proptest::prelude::*;
use telamon_model::{Step, Timestamp};

use super::*;
use crate::color::Color;
use crate::graph::{
    Bound, GraphStyle, Item, LayoutMode, LegendType, LineDef, LineStyle, MessageDef, Scale, Theme,
    TickLabels,
};
use crate::layout::{Canvas, lay_out};
use crate::oracle::{graph_of, graphs};
use crate::raster::Dots;
use crate::sample;

fn decode(reader: impl std::io::BufRead + std::io::Seek) -> Pixels {
    let mut decoder = ::png::Decoder::new(reader);
    decoder.set_transformations(::png::Transformations::EXPAND);
    let mut reader = decoder.read_info().unwrap();
    let mut data = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut data).unwrap();
    let channels = info.color_type.samples();
    let colors = data[..info.buffer_size()]
        .chunks(channels)
        .map(|pixel| u32::from_be_bytes([0, pixel[0], pixel[1], pixel[2]]))
        .collect();
    Pixels::of_colors(info.width, colors)
}

fn decode_file(path: &Path) -> Pixels {
    decode(BufReader::new(File::open(path).unwrap()))
}

impl Pixels {
    fn at(&self, column: i32, row: i32) -> u32 {
        let (column, row) = (
            usize::try_from(column).unwrap(),
            usize::try_from(row).unwrap(),
        );
        let Dots::Rgb(colors) = &self.dots else {
            panic!("only pictures that were read have a colour a pixel");
        };
        colors[row * self.columns() + column]
    }
}

/// How a picture agrees with the recorded one; everything but text can be exact.
#[derive(Default)]
struct Agreement {
    data_same: u64,
    data_total: u64,
    marks_differ: u64,
}

fn agreement(graph: &GraphDef, canvas: Canvas, ours: &Pixels, theirs: &Pixels) -> Agreement {
    let mut agreement = Agreement::default();
    let colors: Vec<u32> = graph
        .lines()
        .filter(|line| line.color.alpha == 255)
        .map(|line| line.color.to_argb() & 0x00FF_FFFF)
        .collect();
    for row in canvas.top..=canvas.bottom {
        for column in canvas.left..canvas.right {
            let (a, b) = (ours.at(column, row), theirs.at(column, row));
            // The reference lays its grid over data, so what is exactly a colour there must be
            // exactly that colour here, save for our own grid over fills.
            if colors.contains(&b) {
                agreement.data_total += 1;
                agreement.data_same += u64::from(is_close(a, b));
            }
        }
        for column in canvas.left - 5..canvas.left {
            let same = ours.at(column, row) == theirs.at(column, row);
            agreement.marks_differ += u64::from(!same);
        }
    }
    let height = i32::try_from(ours.height).unwrap();
    for row in canvas.bottom + 1..(canvas.bottom + 6).min(height) {
        for column in canvas.left..=canvas.right.min(canvas.left + 400) {
            let same = ours.at(column, row) == theirs.at(column, row);
            agreement.marks_differ += u64::from(!same);
        }
    }
    agreement
}

fn is_close(a: u32, b: u32) -> bool {
    let parts = |rgb: u32| [rgb >> 16 & 255, rgb >> 8 & 255, rgb & 255];
    parts(a)
        .into_iter()
        .zip(parts(b))
        .all(|(a, b)| a.abs_diff(b) < 80)
}

#[test]
fn pictures_agree_with_recorded_ones() {
    let mut failures = Vec::new();
    let (mut count, mut same, mut total) = (0, 0, 0);
    let mut bytes = (0, 0);
    for recorded in graphs() {
        let Some(graph) = graph_of(&recorded.bodies["v2"]) else {
            continue;
        };
        // An empty program is an error picture there. Labels of huge values start with a blank,
        // which the reference lets run into the axis.
        let is_huge = |line: &LineDef| line.values.iter().any(|value| value.abs() > 1e27);
        if graph.plots.is_empty() || graph.lines().any(is_huge) {
            continue;
        }
        let Some(picture) = &recorded.picture else {
            continue;
        };
        let name = picture.file_name().unwrap().to_string_lossy().into_owned();
        count += 1;
        let theirs = decode_file(picture);
        let ours = write(&paint(&Scene::build(&graph).unwrap())).unwrap();
        let sizes = (ours.len() as u64, std::fs::metadata(picture).unwrap().len());
        let ours = decode(std::io::Cursor::new(ours));
        (bytes.0, bytes.1) = (bytes.0 + sizes.0, bytes.1 + sizes.1);
        if sizes.0 > sizes.1 {
            failures.push(format!("{name}: {} bytes instead of {}", sizes.0, sizes.1));
        }
        if (ours.width, ours.height) != (theirs.width, theirs.height) {
            failures.push(format!(
                "{name}: {}x{} instead of {}x{} {}",
                ours.width, ours.height, theirs.width, theirs.height, recorded.request
            ));
            continue;
        }
        let layout = lay_out(&graph).unwrap();
        if !layout.has_axes || layout.time_axes.is_empty() || layout.zoom != 1.0 {
            continue;
        }
        let found = agreement(&graph, layout.canvas, &ours, &theirs);
        same += found.data_same;
        total += found.data_total;
        // A change of the zone's offset reddens the next tick's mark there, by accident. Fills with
        // more points than columns lose points there, so a few pixels may differ.
        let changes = layout.time_axes[0]
            .ticks
            .iter()
            .any(|(_, tick)| tick.is_offset_change);
        let marks_allowed = if changes { 5 } else { 0 };
        if found.marks_differ > marks_allowed || found.data_same * 100 < found.data_total * 96 {
            failures.push(format!(
                "{name}: {} of {} data pixels, {} marks differ {}",
                found.data_same, found.data_total, found.marks_differ, recorded.request
            ));
        }
    }
    println!("{count} pictures, {same} of {total} data pixels, {bytes:?} bytes");
    assert!(
        failures.is_empty(),
        "{} of {count}:\n{}",
        failures.len(),
        failures.join("\n")
    );
}

#[test]
fn the_same_graph_gives_the_same_bytes() {
    let graph = sample::graph(&[&[1.0, 2.0, f64::NAN, 4.0], &[3.0, 1.0, 2.0, 2.5]]);
    assert_eq!(encode(&graph).unwrap(), encode(&graph).unwrap());
}

#[test]
fn a_written_picture_reads_back() {
    let graph = sample::graph(&[&[1.0, 2.0, f64::NAN, 4.0]]);
    let pixels = paint(&Scene::build(&graph).unwrap());
    let read = decode(std::io::Cursor::new(encode(&graph).unwrap()));
    assert_eq!((read.width, read.height), (pixels.width, pixels.height));
    assert_eq!(read.colors(), pixels.colors());
}

#[test]
fn many_unlike_colours_are_written_as_rgb() {
    let colors: Vec<u32> = (0..300_u32).map(|index| index * 54_321).collect();
    let bytes = write(&Pixels::of_colors(300, colors.clone())).unwrap();
    assert_eq!(bytes[25], 2, "colour type");
    assert_eq!(decode(std::io::Cursor::new(bytes)).colors(), colors);
    let few = Pixels::filled((300, 1), 7);
    assert_eq!(write(&few).unwrap()[25], 3, "colour type");
}

/// An error of a few lines, and its picture.
fn error((width, height): (u32, u32), theme: Theme) -> Pixels {
    let lines = |columns: usize, _is_short: bool| {
        let title: Vec<char> = "unknown word ':smu' in what was asked for"
            .chars()
            .collect();
        let title = title
            .chunks(columns)
            .map(|row| (ErrorRole::Title, row.iter().collect()));
        title
            .chain([
                (ErrorRole::Program, "name,名,:eq,:smu".to_owned()),
                (ErrorRole::Caret, "            ^^^^".to_owned()),
                (ErrorRole::Advice, "did you mean :sum?".to_owned()),
                (ErrorRole::Note, "stack: \u{301}name\t".to_owned()),
            ])
            .collect()
    };
    let kind = ErrorKind::User;
    let bytes = error_image(&ErrorPicture {
        width,
        height,
        kind,
        theme,
        style: GraphStyle::Atlas,
        lines: &lines,
    });
    decode(std::io::Cursor::new(bytes.unwrap()))
}

#[test]
fn an_error_has_the_requested_size_whatever_it_is() {
    for width in [0, 1, 3, 8, 40, 99, 700, 9000] {
        for height in [0, 1, 7, 20, 60, 300, 9000] {
            for theme in [Theme::Light, Theme::Dark] {
                let pixels = error((width, height), theme);
                let size = (width.clamp(1, 2000), height.clamp(1, 1000));
                assert_eq!((pixels.width, pixels.height), size);
            }
        }
    }
}

#[test]
fn an_error_is_in_the_colours_of_its_theme() {
    let corner = |theme| error((700, 300), theme).at(699, 299);
    assert_eq!(corner(Theme::Light), 0x00F5_F5F5);
    assert_eq!(corner(Theme::Dark), 0x000A_0A0A);
}

fn any_value() -> impl Strategy<Value = f64> {
    prop_oneof![
        4 => -100.0..1000.0_f64,
        1 => Just(f64::NAN),
        1 => prop::num::f64::ANY,
        1 => prop::sample::select(vec![0.0, -0.0, 1e300, -1e300, f64::MAX, f64::MIN, f64::INFINITY]),
    ]
}

fn any_bound() -> impl Strategy<Value = Bound> {
    prop_oneof![
        Just(Bound::AutoStyle),
        Just(Bound::AutoData),
        any_value().prop_map(Bound::Explicit),
    ]
}

prop_compose! {
    fn any_look()(
        width in prop_oneof![0..400_u32, Just(u32::MAX)],
        height in prop_oneof![0..200_u32, Just(u32::MAX)],
        zoom in prop_oneof![0.0..3.0_f64, any_value()],
        layout in 0..4_usize,
        legend in 0..3_usize,
        flags in prop::collection::vec(any::<bool>(), 3),
        zones in 0..4_usize,
        text in "\\PC{0,30}",
    ) -> GraphDef {
        let mut graph = sample::graph(&[]);
        (graph.width, graph.height, graph.zoom) = (width, height, zoom);
        graph.layout = [
            LayoutMode::Canvas,
            LayoutMode::Image,
            LayoutMode::ImageWidth,
            LayoutMode::ImageHeight,
        ][layout];
        graph.legend =
            [LegendType::Off, LegendType::LabelsOnly, LegendType::LabelsWithStats][legend];
        graph.only_graph = flags[0] && flags[1];
        graph.theme = if flags[1] { Theme::Dark } else { Theme::Light };
        graph.title = flags[2].then(|| text.clone());
        graph.zones = vec!["US/Pacific".into(); zones];
        graph.warnings = if flags[0] { vec![text; 3] } else { Vec::new() };
        graph
    }
}

prop_compose! {
    fn any_graph()(
        mut graph in any_look(),
        plots in 0..4_usize,
        lines in prop::collection::vec(prop::collection::vec(any_value(), 0..80), 1..6),
        times in (any::<i64>(), 0..100_000_i64, 1..10_000_i64),
        bounds in (any_bound(), any_bound()),
        looks in (0..5_usize, 0..4_usize, 0..4_usize, any_value(), any::<u32>()),
    ) -> GraphDef {
        let borrowed: Vec<&[f64]> = lines.iter().map(Vec::as_slice).collect();
        let mut plot = sample::graph(&borrowed).plots.remove(0);
        plot.scale = [Scale::Linear, Scale::Logarithmic, Scale::LogLinear, Scale::Power2, Scale::Sqrt]
            [looks.0];
        plot.tick_labels =
            [TickLabels::Off, TickLabels::Decimal, TickLabels::Binary, TickLabels::Duration][looks.1];
        (plot.lower, plot.upper) = bounds;
        plot.label = graph.title.clone();
        let styles = [LineStyle::Line, LineStyle::Area, LineStyle::Stack, LineStyle::Vspan];
        for (index, item) in plot.items.iter_mut().enumerate() {
            if let Item::Line(line) = item {
                line.style = styles[(looks.2 + index / 2) % 4];
                line.width = looks.3;
                line.color = Color::from_argb(looks.4);
            }
        }
        plot.items.push(Item::Message(MessageDef {
            label: "message".into(),
            color: Color::from_argb(looks.4),
        }));
        graph.plots = vec![plot; plots];
        graph.start = Timestamp(times.0);
        graph.step = Step::from_millis(times.2).unwrap();
        graph.end = graph.start.plus_millis(times.1);
        graph
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]
    #[test]
    fn hostile_graphs_give_pictures_or_errors(graph in any_graph()) {
        if let Ok(scene) = Scene::build(&graph) {
            let area = u64::from(scene.size.0) * u64::from(scene.size.1);
            prop_assert!(area > 0);
            prop_assert!(scene.shapes.len() < 100_000);
            if area < 1_000_000 {
                prop_assert!(encode(&graph).unwrap().len() > 60);
            }
        }
    }
}

/// What a file says beside its pixels: the kind, keyword and text of each chunk.
fn words_of(png: &[u8]) -> Vec<(&'static str, String, String)> {
    let reader = ::png::Decoder::new(std::io::Cursor::new(png))
        .read_info()
        .unwrap();
    let info = reader.info();
    let mut words = Vec::new();
    for chunk in &info.uncompressed_latin1_text {
        words.push(("tEXt", chunk.keyword.clone(), chunk.text.clone()));
    }
    for chunk in &info.compressed_latin1_text {
        words.push(("zTXt", chunk.keyword.clone(), chunk.get_text().unwrap()));
    }
    for chunk in &info.utf8_text {
        let kind = if chunk.compressed {
            "iTXt deflated"
        } else {
            "iTXt"
        };
        words.push((kind, chunk.keyword.clone(), chunk.get_text().unwrap()));
    }
    words
}

#[test]
fn a_file_says_what_it_is_when_asked() {
    let mut graph = sample::graph(&[&[1.0, 2.0, 4.0]]);
    let long = format!("/api/v1/graph?q={}", "1,:add,".repeat(20));
    let comment = "1 line from 2012-01-01T00:01Z[UTC] to 2012-01-01T00:03Z[UTC], one value every 1m. \
        line-0: 1.0 to 4.0, average 2.3, last 4.0.";
    let description = "start=2012-01-01T00:01:00Z, end=2012-01-01T00:04:00Z";
    for (source, kind) in [
        ("/api/v1/graph?q=1", "tEXt"),
        (&long, "zTXt"),
        ("/api/v1/graph?q=1,\u{e9},:legend", "tEXt"),
        ("/api/v1/graph?q=1,\u{3b1},:legend", "iTXt"),
        (&format!("{long}\u{3b1}"), "iTXt deflated"),
    ] {
        let mut words = words_of(&encode_with_words(&graph, source).unwrap());
        words.sort_by(|a, b| a.1.cmp(&b.1));
        let expected = [
            ("zTXt", "Comment".to_owned(), comment.to_owned()),
            ("tEXt", "Description".to_owned(), description.to_owned()),
            (kind, "Source".to_owned(), source.to_owned()),
        ];
        assert_eq!(words, expected);
    }
    // A control character would end the text.
    let words = words_of(&encode_with_words(&graph, "a\0b\nc").unwrap());
    assert!(words.contains(&("tEXt", "Source".to_owned(), "a b c".to_owned())));
    graph.start = graph.start.plus_millis(5);
    let words = words_of(&encode_with_words(&graph, "x").unwrap());
    assert!(
        words[1].2.starts_with("start=2012-01-01T00:01:00.005Z,"),
        "{words:?}"
    );
}

#[test]
fn words_leave_pixels_alone() {
    let mut graph = sample::graph(&[&[1.0, 2.0, 4.0]]);
    for (zoom, density) in [
        (1.0, None),
        (2.0, Some(7559)),
        (1.5, Some(5669)),
        (7.0, Some(7559)),
    ] {
        graph.zoom = zoom;
        let (plain, told) = (
            encode(&graph).unwrap(),
            encode_with_words(&graph, "x").unwrap(),
        );
        assert_eq!(words_of(&plain), []);
        let read = |bytes: &[u8]| decode(std::io::Cursor::new(bytes.to_vec()));
        assert_eq!(read(&plain).colors(), read(&told).colors());
        let dims = |bytes: &[u8]| {
            let reader = ::png::Decoder::new(std::io::Cursor::new(bytes))
                .read_info()
                .unwrap();
            reader.info().pixel_dims.map(|dims| (dims.xppu, dims.yppu))
        };
        assert_eq!(dims(&plain), None);
        assert_eq!(dims(&told), density.map(|value| (value, value)));
    }
}

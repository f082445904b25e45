//! What people look at: pictures and scenes are those that are kept, and the gallery is what is drawn
//! today.
//!
//! A scene is kept as text, which a review can read; pictures are few and small.

mod definitions;

use std::collections::BTreeSet;
use std::process::Command;

use sha1::{Digest, Sha1};
use telamon_render::graph::{GraphDef, GraphStyle, Theme};
use telamon_render::png::{self, ErrorKind, ErrorPicture, ErrorRole};
use telamon_render::scene::Scene;
use telamon_render::svg;
use telamon_tests::gallery;
use telamon_tests::kept::Kept;

use definitions::{axes, blank, heatmap, lines, spans, stack, zones};

/// All files of the gallery may have at most this many bytes.
const GALLERY_BYTES_MAX: usize = 1_000_000;
/// One kept picture, too.
const PICTURE_BYTES_MAX: usize = 20 << 10;

const UPDATE: &str = "UPDATE_EXPECT=1 cargo test -p telamon-tests --test it drawings";

const ATLAS: GraphStyle = GraphStyle::Atlas;
const TELAMON: GraphStyle = GraphStyle::Telamon;

#[test]
fn the_gallery_is_what_is_drawn() {
    let mut kept = Kept::new(gallery::FOLDER, "gallery.html", gallery::COMMAND);
    let files = gallery::draw().unwrap();
    let bytes: usize = files.iter().map(|file| file.bytes.len()).sum();
    assert!(bytes < GALLERY_BYTES_MAX, "{bytes} bytes");
    for file in files {
        kept.compare(&file.name, &file.bytes).unwrap();
    }
    if let Err(told) = kept.finish() {
        panic!("{told}");
    }
}

/// Pictures that are kept pixel by pixel.
fn pictures() -> Vec<(&'static str, GraphDef)> {
    let mut zoomed = spans(TELAMON, Theme::Light);
    zoomed.zoom = 2.0;
    zoomed.warnings.clear();
    vec![
        ("lines_atlas", lines(ATLAS, Theme::Light)),
        ("lines_telamon_dark", lines(TELAMON, Theme::Dark)),
        ("stack_atlas_dark", stack(ATLAS, Theme::Dark)),
        ("stack_telamon", stack(TELAMON, Theme::Light)),
        ("heatmap_atlas", heatmap(ATLAS, Theme::Light)),
        ("heatmap_telamon_dark", heatmap(TELAMON, Theme::Dark)),
        ("zoom_telamon", zoomed),
    ]
}

/// Scenes that are kept as text.
fn scenes() -> Vec<(&'static str, GraphDef)> {
    vec![
        ("lines_telamon", lines(TELAMON, Theme::Light)),
        ("axes_atlas", axes(ATLAS, Theme::Light)),
        ("axes_telamon", axes(TELAMON, Theme::Light)),
        ("spans_atlas_dark", spans(ATLAS, Theme::Dark)),
        ("zones_atlas", zones(ATLAS, Theme::Light)),
        ("zones_telamon", zones(TELAMON, Theme::Light)),
        ("blank_telamon_dark", blank(TELAMON, Theme::Dark)),
    ]
}

fn error_picture() -> Vec<u8> {
    let lines = |_columns: usize, _is_short: bool| {
        [
            (ErrorRole::Title, "unknown word ':smu'"),
            (ErrorRole::Program, "name,sps,:eq,:smu"),
            (ErrorRole::Caret, "             ^^^^"),
            (ErrorRole::Advice, "did you mean :sum?"),
        ]
        .map(|(role, text)| (role, text.to_owned()))
        .into()
    };
    png::error_image(&ErrorPicture {
        width: 300,
        height: 120,
        kind: ErrorKind::User,
        theme: Theme::Light,
        style: GraphStyle::Atlas,
        lines: &lines,
    })
    .unwrap()
}

#[test]
fn pictures_and_scenes_are_those_that_are_kept() {
    let mut kept = Kept::new("tests/ref", "report.html", UPDATE);
    let pictures = pictures().into_iter();
    let mut files: Vec<(String, Vec<u8>)> = pictures
        .map(|(name, graph)| (format!("{name}.png"), png::encode(&graph).unwrap()))
        .collect();
    files.push(("error.png".to_owned(), error_picture()));
    let markup = svg::encode(&zones(TELAMON, Theme::Light)).unwrap();
    files.push(("zones_telamon.svg".to_owned(), markup.into_bytes()));
    for (name, bytes) in &files {
        assert!(
            bytes.len() <= PICTURE_BYTES_MAX,
            "{name}: {} bytes",
            bytes.len()
        );
    }
    for (name, graph) in scenes() {
        let dump = Scene::build(&graph).unwrap().dump();
        files.push((format!("{name}.txt"), dump.into_bytes()));
    }
    for (name, bytes) in files {
        kept.compare(&name, &bytes).unwrap();
    }
    if let Err(told) = kept.finish() {
        panic!("{told}");
    }
}

/// Says a process of the test binary with which of the pictures to begin.
const BEGIN: &str = "TELAMON_DRAWINGS_BEGIN";

/// Glyphs are kept between drawings: neither what was drawn before nor who draws beside may show.
#[test]
fn a_definition_has_one_picture() {
    let mut graphs = pictures();
    graphs.extend(scenes());
    #[expect(
        clippy::disallowed_methods,
        reason = "how a test tells a process of its own what to do"
    )]
    if let Ok(begin) = std::env::var(BEGIN) {
        for line in drawn_from(&graphs, begin.parse().unwrap()) {
            println!("drawn {line}");
        }
        return;
    }
    let here = drawn_from(&graphs, 0);
    std::thread::scope(|scope| {
        for begin in [0, 3, 7] {
            let (graphs, here) = (&graphs, &here);
            scope.spawn(move || assert_eq!(&drawn_from(graphs, begin), here));
        }
    });
    // Other processes have drawn nothing before.
    for begin in ["4", "9"] {
        let output = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "drawings::a_definition_has_one_picture"])
            .arg("--nocapture")
            .env(BEGIN, begin)
            .output()
            .unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        let lines = text.lines().filter_map(|line| line.split_once("drawn "));
        let there: BTreeSet<String> = lines.map(|(_, line)| line.to_owned()).collect();
        assert_eq!(there, here, "begun with {begin}: {text}");
    }
}

/// Name and digest of each picture, drawn in a circle from one of them.
fn drawn_from(graphs: &[(&str, GraphDef)], begin: usize) -> BTreeSet<String> {
    let circle = graphs.iter().cycle().skip(begin).take(graphs.len());
    let line = |(name, graph): &(&str, GraphDef)| {
        let digest = Sha1::digest(png::encode(graph).unwrap());
        format!("{name} {digest:x?}")
    };
    circle.map(line).collect()
}

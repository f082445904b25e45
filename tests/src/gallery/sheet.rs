//! Recorded pictures beside ours, as pages for people to look at.
//!
//! Takes a folder of records, asks our servers the same requests in both our styles, and writes pages
//! with three pictures a row. Nothing is judged, and nothing of the records stays in the project: the
//! pages go where the caller says.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use anyhow::{Context, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::conformance::cases::Case;
use crate::conformance::servers::Servers;
use crate::conformance::wire::Connection;
use crate::conformance::{Selection, read_cases};

/// Which requests.
#[derive(Clone, Debug)]
pub struct Choice {
    /// Only those that hold this text.
    pub filter: Option<String>,
    /// How many at most, chosen to be different.
    pub count: usize,
}

/// Rows of a page, so that a page can be looked at.
const ROWS: usize = 5;

const HEAD: &str = "<!doctype html>
<html lang=\"en\"><head><meta charset=\"utf-8\"><title>Recorded and ours</title><style>
body { font: 13px monospace; background: #999; margin: 8px }
figure { display: inline-block; margin: 0 8px 0 0; vertical-align: top }
img { display: block } p { margin: 12px 0 4px; max-width: 2300px; overflow-wrap: anywhere }
</style></head><body>
";

/// Writes the pages; says where.
///
/// # Errors
/// When there are no records, a server does not start, or the folder cannot be written.
pub fn write(oracle: &Path, folder: &Path, choice: &Choice) -> anyhow::Result<String> {
    ensure!(oracle.is_dir(), "{} does not exist", oracle.display());
    let selection = Selection {
        suite: Some("graph".to_owned()),
        filter: choice.filter.clone(),
    };
    let mut cases = read_cases(oracle, &selection)?;
    cases.retain(|case| case.picture.is_some());
    let total = cases.len();
    keep_various(&mut cases, choice.count);
    let servers = Servers::start(oracle, &cases, None)?;
    fs::create_dir_all(folder)?;
    for (number, rows) in cases.chunks(ROWS).enumerate() {
        let mut page = HEAD.to_owned();
        for case in rows {
            row(&mut page, case, &servers, oracle)?;
        }
        let path = folder.join(format!("sheet-{:02}.html", number + 1));
        fs::write(&path, page).with_context(|| path.display().to_string())?;
    }
    servers.stop()?;
    Ok(format!(
        "{} of {total} pictures in {}",
        cases.len(),
        folder.display()
    ))
}

/// What may stand in a request for a picture that looks like no other.
const TRAITS: [&str; 34] = [
    ":area",
    ":stack",
    "stack=1",
    ":vspan",
    ":heatmap",
    ":percentiles",
    ":offset",
    ",:axis",
    ":lw",
    ":alpha",
    ":palette",
    "palette=",
    ":des",
    ":topk",
    ":sort",
    "NaN",
    "scale=log",
    "scale=log-linear",
    "scale=pow2",
    "scale=sqrt",
    "tick_labels=",
    "heatmap_",
    "theme=dark",
    "zoom=",
    "layout=",
    "vision=",
    "tz=US",
    "only_graph",
    "no_legend",
    "axis_per_line",
    "l=",
    "u=",
    "w=",
    "title=",
];

/// Keeps so many cases at most, one of each combination of traits before a second one of any.
fn keep_various(cases: &mut Vec<Case>, count: usize) {
    let mut seen: BTreeMap<Vec<bool>, usize> = BTreeMap::new();
    let mut ranked = Vec::new();
    for (place, case) in cases.iter().enumerate() {
        let traits = TRAITS.iter().map(|&text| case.uri.contains(text));
        let before = seen.entry(traits.collect()).or_default();
        ranked.push((*before, place));
        *before += 1;
    }
    ranked.sort_unstable();
    // The ones that come first of their kind, spread evenly where they are too many already.
    let firsts = ranked.iter().take_while(|(before, _)| *before == 0).count();
    let every = firsts.div_ceil(count.max(1)).max(1);
    let chosen = ranked.iter().step_by(every).take(count);
    let chosen: BTreeSet<usize> = chosen.map(|&(_, place)| place).collect();
    let mut place = 0;
    cases.retain(|_case| {
        place += 1;
        chosen.contains(&(place - 1))
    });
}

fn row(page: &mut String, case: &Case, servers: &Servers, oracle: &Path) -> anyhow::Result<()> {
    writeln!(page, "<p>{} {}</p>", case.id, escaped(&case.uri))?;
    let recorded = fs::read(oracle.join("pictures").join(format!("{}.png", case.id)))?;
    figure(page, "recorded", &recorded)?;
    let address = servers
        .address(&case.config)
        .context("a server that runs")?;
    let mut connection = Connection::new(address);
    let headers: Vec<(String, String)> = case.headers.clone().into_iter().collect();
    for style in ["atlas", "telamon"] {
        let target = format!("{}&style={style}", case.uri);
        let answer = connection.send("GET", &target, &headers, None)?;
        if answer.status == 200 {
            figure(page, style, &answer.body)?;
        } else {
            writeln!(page, "<pre>{style}: {}</pre>", escaped(&answer.text()))?;
        }
    }
    Ok(())
}

fn figure(page: &mut String, caption: &str, png: &[u8]) -> std::fmt::Result {
    let data = STANDARD.encode(png);
    let bytes = png.len();
    writeln!(
        page,
        "<figure><img src=\"data:image/png;base64,{data}\" alt=\"{caption}\"><figcaption>{caption}, {bytes} bytes</figcaption></figure>"
    )
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}

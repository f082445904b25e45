//! `telamon query`: the lines of a program as a graph and a table, or as JSON, CSV or Arrow.

use std::process::ExitCode;

use clap::{Args, ValueEnum};
use telamon_server::explained::Explained;

use super::drawing::Drawing;
use super::source::{Answer, Source, SourceArgs, TimeArgs};
use super::terminal::Terminal;
use super::{figures, mistake, plot, program, say, table, tell, write_bytes};

/// Ask for lines: a graph and a table, JSON, CSV or Arrow.
///
/// Without --url and --data the server on this machine is asked. On a terminal a graph stands above the
/// table; in a pipe there is the table alone.
#[derive(Debug, Args)]
pub(crate) struct QueryArgs {
    /// Program of the stack language, as name,cpu.usage,:eq,:avg; `-` reads it from standard input.
    #[arg(value_name = "EXPR")]
    program: String,
    #[command(flatten)]
    source: SourceArgs,
    #[command(flatten)]
    time: TimeArgs,
    /// Write the JSON of /api/v1/graph?format=json.
    #[arg(long, group = "format")]
    json: bool,
    /// Write CSV: a row for each time, a column for each line.
    #[arg(long, group = "format")]
    csv: bool,
    /// Write an Arrow IPC stream, for data frames and databases; not to a terminal.
    #[arg(long, group = "format")]
    arrow: bool,
    /// When to draw a graph.
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    graph: When,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum When {
    /// On a terminal.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

impl QueryArgs {
    /// What is written as the server answers it; a graph and a table otherwise.
    fn format(&self) -> Option<&'static str> {
        match (self.json, self.csv, self.arrow) {
            (true, _, _) => Some("json"),
            (_, true, _) => Some("csv"),
            (_, _, true) => Some("arrow"),
            (false, false, false) => None,
        }
    }
}

pub(crate) fn query(args: &QueryArgs) -> anyhow::Result<ExitCode> {
    let program = program::read(&args.program)?;
    let source = args.source.open()?;
    let mut params = args.time.params(&program);
    let format = args.format();
    match format {
        Some("arrow") if Terminal::of_stdout().is_some() => {
            anyhow::bail!("Arrow is binary; send it to a file or a pipe");
        }
        Some(format) => params.push(("format", format)),
        None => params.extend([("format", "v2.json"), ("hints", "no-image")]),
    }
    let answer = source.graph(&params)?;
    if answer.status != 200 {
        tell(&mistake::draw_answer(&answer, &program));
        return Ok(ExitCode::FAILURE);
    }
    if format.is_some() {
        write_bytes(&answer.body);
        return Ok(ExitCode::SUCCESS);
    }
    let drawing = Drawing::read(&answer.body);
    let drawing = drawing.ok_or_else(|| anyhow::anyhow!("the answer is no graph"))?;
    show(&drawing, args.graph);
    if drawing.has_empty_line() {
        explain_empty(&source, &args.time, (&program, &drawing))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Data on standard output, what is said about them on standard error.
fn show(drawing: &Drawing, when: When) {
    let terminal = Terminal::of_stdout();
    if !drawing.is_empty() {
        let canvas = match when {
            When::Auto => terminal,
            When::Always => Some(terminal.unwrap_or_else(Terminal::plain)),
            When::Never => None,
        };
        if let Some(graph) = canvas.and_then(|canvas| plot::draw(drawing, canvas)) {
            say(&graph);
            say("");
        }
        say(&table::write(drawing, terminal));
        if terminal.is_none() {
            tell(&summary(drawing));
        }
    }
    for message in &drawing.messages {
        // In a picture they stand between dots.
        tell(message.trim_matches([' ', '.']));
    }
}

/// How many lines over which time.
fn summary(drawing: &Drawing) -> String {
    let points = drawing.points();
    let of = |point| figures::time(drawing.time_ms(point), &drawing.zone, true);
    format!(
        "{} of {} each {}, {} to {} {}",
        figures::counted(drawing.lines.len() as u64, "line", "lines"),
        figures::counted(points as u64, "point", "points"),
        telamon_model::duration::format_millis(drawing.step_ms),
        of(0),
        of(points.saturating_sub(1)),
        drawing.zone
    )
}

/// Says why some data were not found. A server that cannot explain is not asked twice.
fn explain_empty(
    source: &Source,
    time: &TimeArgs,
    (program, drawing): (&str, &Drawing),
) -> anyhow::Result<()> {
    let mut params = time.params(program);
    params.push(("explain", "1"));
    let explained = read(&source.graph(&params)?);
    if drawing.is_empty() {
        tell("no data");
    }
    let Some(explained) = explained else {
        return Ok(());
    };
    for reason in reasons(&explained, drawing.is_empty()) {
        tell(&reason);
    }
    Ok(())
}

/// An explanation, if it is one: a server of another kind ignores that it was asked for.
pub(crate) fn read(answer: &Answer) -> Option<Explained> {
    if answer.status != 200 {
        return None;
    }
    serde_json::from_slice(&answer.body).ok()
}

/// Why there are lines without values, in sentences.
fn reasons(explained: &Explained, is_empty: bool) -> Vec<String> {
    let mut reasons: Vec<String> = Vec::new();
    for empty in &explained.empty {
        reasons.push(format!("  {}", empty.data));
        reasons.push(format!("    {}", empty.why));
    }
    let silent = explained.data.iter().filter(|data| {
        let series = explained.scans.get(data.scan).map_or(0, |scan| scan.series);
        data.values == Some(0) && series > 0
    });
    for data in silent {
        let series = explained.scans[data.scan].series;
        reasons.push(format!("  {}", data.text));
        reasons.push(format!(
            "    {} match, none has a value in this time",
            figures::counted(series, "series", "series")
        ));
    }
    if is_empty && reasons.is_empty() {
        let mut operators = explained
            .expressions
            .iter()
            .flat_map(|expr| &expr.operators);
        // The deepest one: what works on it has nothing either.
        let lost = operators.rfind(|operator| operator.values == Some(0));
        if let Some(lost) = lost {
            reasons.push(format!(
                "  {} leaves nothing; telamon explain shows each operator",
                lost.text
            ));
        }
    }
    reasons
}

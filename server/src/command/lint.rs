//! `telamon lint`: what is probably not meant in programs that run.

use std::process::ExitCode;

use clap::Args;
use serde::Serialize;
use telamon_query::lang::{ErrorClass, Help, LangError};
use telamon_query::lint::{self, Finding, Observed};
use telamon_server::explained::Explained;

use super::source::{Source, SourceArgs, TimeArgs};
use super::{mistake, program, query, say, tell};

/// Look for what is probably not meant in programs that run.
///
/// Exits with 1 if there is something. With --url or --data the data are asked as well: which data expressions select nothing, which
/// groupings are too large. A comment /* lint: allow NAME */ turns a lint off for a program.
#[derive(Debug, Args)]
pub(crate) struct LintArgs {
    /// Programs of the stack language; `-` reads one from standard input.
    #[arg(value_name = "EXPR", required = true)]
    programs: Vec<String>,
    #[command(flatten)]
    source: SourceArgs,
    #[command(flatten)]
    time: TimeArgs,
    /// Report words that only Telamon has.
    #[arg(long)]
    reference: bool,
    /// Groups of a grouping that are too many.
    #[arg(long, value_name = "COUNT", default_value_t = 1024)]
    groups_max: u64,
    /// Write findings as JSON.
    #[arg(long)]
    json: bool,
}

/// A finding as JSON.
#[derive(Serialize)]
struct Found<'a> {
    program: &'a str,
    lint: &'a str,
    span: [usize; 2],
    why: &'a str,
    advice: &'a str,
}

pub(crate) fn lint(args: &LintArgs) -> anyhow::Result<ExitCode> {
    let source = args.source.named()?;
    let mut all: Vec<(String, Vec<Finding>)> = Vec::new();
    let mut has_failed = false;
    for program in &args.programs {
        let program = program::read(program)?;
        match findings(args, source.as_ref(), &program)? {
            Ok(findings) => all.push((program, findings)),
            Err(drawing) => {
                tell(&drawing);
                has_failed = true;
            }
        }
    }
    let count: usize = all.iter().map(|(_, findings)| findings.len()).sum();
    if args.json {
        let found: Vec<Found<'_>> = all
            .iter()
            .flat_map(|(program, findings)| as_json(program, findings))
            .collect();
        say(&serde_json::to_string_pretty(&found)?);
    } else {
        for (program, findings) in &all {
            for finding in findings {
                say(&drawing(finding, program));
            }
        }
    }
    Ok(if count > 0 || has_failed {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    })
}

/// The findings of a program, or what is wrong with it, drawn.
fn findings(
    args: &LintArgs,
    source: Option<&Source>,
    program: &str,
) -> anyhow::Result<Result<Vec<Finding>, String>> {
    let options = program::options();
    let drawn = |error: LangError| mistake::draw(&error, program);
    let mut findings = match lint::lint(program, &options, args.reference) {
        Ok(findings) => findings,
        Err(error) => return Ok(Err(drawn(error))),
    };
    if let Some(source) = source {
        let mut params = args.time.params(program);
        params.push(("explain", "1"));
        let answer = source.graph(&params)?;
        let Some(explained) = query::read(&answer) else {
            return Ok(Err(mistake::draw_answer(&answer, program)));
        };
        let observed =
            lint::lint_observed(program, &options, &observed(&explained), args.groups_max);
        match observed {
            Ok(observed) => findings.extend(observed),
            Err(error) => return Ok(Err(drawn(error))),
        }
    }
    Ok(Ok(findings))
}

fn observed(explained: &Explained) -> Vec<Observed> {
    let data = explained.data.iter().map(|data| {
        // What can never be found stands in the text already.
        let mut empty = explained
            .empty
            .iter()
            .filter(|empty| empty.cause != "never");
        let empty = empty.find(|empty| empty.data == data.text);
        Observed {
            data: data.text.clone(),
            groups: explained.scans.get(data.scan).map_or(0, |scan| scan.groups),
            empty: empty.map(|empty| empty.why.clone()),
        }
    });
    data.collect()
}

fn as_json<'a>(
    program: &'a str,
    findings: &'a [Finding],
) -> impl Iterator<Item = Found<'a>> + use<'a> {
    findings.iter().map(move |finding| Found {
        program,
        lint: finding.lint,
        span: [finding.span.start, finding.span.end],
        why: &finding.why,
        advice: &finding.advice,
    })
}

/// A finding under its place, drawn as a mistake is.
fn drawing(finding: &Finding, program: &str) -> String {
    let error = LangError {
        class: ErrorClass::IllegalArgument,
        text: format!("{}: {}", finding.lint, finding.why),
        span: finding.span.clone(),
        help: Box::new(Help {
            hint: Some(finding.advice.clone()),
            ..Help::default()
        }),
    };
    mistake::draw(&error, program)
}

//! `telamon explain`: what a program does, token by token, and what answering it reads and costs.

mod tree;

use std::process::ExitCode;

use clap::Args;
use telamon_query::lang;
use telamon_server::explained::Explained;

use super::source::{SourceArgs, TimeArgs};
use super::terminal::Terminal;
use super::{mistake, program, query, say, tell};

/// Tell what a program does, reads and costs, and why it finds nothing.
///
/// Without --url and --data: the stack after each token. With --url or --data it is run, too.
#[derive(Debug, Args)]
pub(crate) struct ExplainArgs {
    /// Program of the stack language; `-` reads it from standard input.
    #[arg(value_name = "EXPR")]
    program: String,
    #[command(flatten)]
    source: SourceArgs,
    #[command(flatten)]
    time: TimeArgs,
    /// Write the explanation as JSON.
    #[arg(long)]
    json: bool,
}

pub(crate) fn explain(args: &ExplainArgs) -> anyhow::Result<ExitCode> {
    let program = program::read(&args.program)?;
    let (explained, mistake) = match args.source.named()? {
        None => parsed(&program),
        Some(source) => {
            let mut params = args.time.params(&program);
            params.push(("explain", "1"));
            let answer = source.graph(&params)?;
            match query::read(&answer) {
                Some(explained) => (explained, None),
                None if answer.status == 200 => {
                    anyhow::bail!("the server does not explain: it answered with something else")
                }
                None => {
                    let (explained, _) = parsed(&program);
                    (explained, Some(mistake::draw_answer(&answer, &program)))
                }
            }
        }
    };
    if args.json {
        say(&serde_json::to_string_pretty(&explained)?);
    } else {
        let columns = Terminal::of_stdout().map_or(tree::COLUMNS, |terminal| terminal.columns);
        say(&tree::draw(&explained, columns));
    }
    match mistake {
        None => Ok(ExitCode::SUCCESS),
        Some(mistake) => {
            tell(&mistake);
            Ok(ExitCode::FAILURE)
        }
    }
}

/// What the text alone tells, and what is wrong with it.
fn parsed(program: &str) -> (Explained, Option<String>) {
    let options = program::options();
    let mut stacks = lang::stacks(program, &options);
    let error = stacks
        .error
        .take()
        .or_else(|| lang::parse(program, &options).err());
    let mistake = error.map(|error| mistake::draw(&error, program));
    (Explained::of_program(program, stacks), mistake)
}

//! `telamon fmt`: a program in its canonical layout.

use std::process::ExitCode;

use clap::Args;
use telamon_query::lang;

use super::{mistake, program, say, tell};

/// Lay a program out: one operator on a line, or all on one where it is short.
///
/// The meaning never changes, and comments are kept. A program need not run to be laid out.
#[derive(Debug, Args)]
pub(crate) struct FmtArgs {
    /// Program of the stack language; without it, or with `-`, it is read from standard input.
    #[arg(value_name = "EXPR", default_value = "-", hide_default_value = true)]
    program: String,
    /// Print nothing; exit with 1 if the layout differs.
    #[arg(long)]
    check: bool,
    /// All on one line, without comments, ready to stand in a URL.
    #[arg(long)]
    oneline: bool,
}

pub(crate) fn fmt(args: &FmtArgs) -> anyhow::Result<ExitCode> {
    let program = program::read(&args.program)?;
    let laid_out = if args.oneline {
        lang::one_line(&program)
    } else {
        lang::layout(&program)
    };
    let laid_out = match laid_out {
        Ok(laid_out) => laid_out,
        Err(error) => {
            tell(&mistake::draw(&error, &program));
            return Ok(ExitCode::FAILURE);
        }
    };
    if !args.check {
        say(&laid_out);
        return Ok(ExitCode::SUCCESS);
    }
    if laid_out == program {
        return Ok(ExitCode::SUCCESS);
    }
    tell("the layout differs; telamon fmt prints the canonical one");
    Ok(ExitCode::FAILURE)
}

//! Programs from the command line.

use std::io::Read as _;

use anyhow::Context as _;
use telamon_query::lang::ParseOptions;

/// The program that an argument stands for: itself, or what comes on standard input for `-`.
pub(crate) fn read(argument: &str) -> anyhow::Result<String> {
    if argument != "-" {
        return Ok(argument.to_owned());
    }
    let mut text = String::new();
    std::io::stdin()
        .read_to_string(&mut text)
        .context("cannot read the program from standard input")?;
    Ok(text.trim_end().to_owned())
}

/// Every word there is; what may change has to be allowed by who runs the program.
pub(crate) fn options() -> ParseOptions {
    ParseOptions {
        unstable: true,
        ..ParseOptions::telamon()
    }
}

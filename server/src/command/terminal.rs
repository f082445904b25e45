//! What standard output can show.

use std::env::var_os;
use std::io::IsTerminal as _;

/// A terminal behind standard output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Terminal {
    /// Characters of a line.
    pub(crate) columns: usize,
    /// Lines.
    pub(crate) rows: usize,
    /// Whether colours are wanted.
    pub(crate) has_color: bool,
}

/// A size that fits where none can be found out.
const COLUMNS: usize = 100;
const ROWS: usize = 30;

impl Terminal {
    /// The terminal, where standard output is one. `NO_COLOR` with any text and a dumb terminal turn
    /// colours off.
    pub(crate) fn of_stdout() -> Option<Self> {
        let stdout = std::io::stdout();
        stdout.is_terminal().then(|| {
            let size = rustix::termios::tcgetwinsize(&stdout).ok();
            let size = size.filter(|size| size.ws_col > 0 && size.ws_row > 0);
            let is_quiet = var_os("NO_COLOR").is_some_and(|text| !text.is_empty())
                || var_os("TERM").is_some_and(|name| name == "dumb");
            Self {
                columns: size.map_or(COLUMNS, |size| usize::from(size.ws_col)),
                rows: size.map_or(ROWS, |size| usize::from(size.ws_row)),
                has_color: !is_quiet,
            }
        })
    }

    /// What stands in for one when a graph is wanted all the same.
    pub(crate) fn plain() -> Self {
        Self {
            columns: COLUMNS,
            rows: ROWS,
            has_color: false,
        }
    }
}

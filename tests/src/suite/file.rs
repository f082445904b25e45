//! The text of case files: commands at the margin, what belongs to them indented.
//!
//! Takes text, gives blocks that can be written back as they were; running them is left to `ask`.

use std::fmt;

/// A file of cases.
#[derive(Debug)]
pub(super) struct SuiteFile {
    /// In the order of the file.
    pub(super) blocks: Vec<Block>,
}

/// A piece of a file.
#[derive(Debug)]
pub(super) enum Block {
    /// A comment or an empty line.
    Text(String),
    /// Something to run.
    Case(Case),
}

/// A command and what is expected of it.
#[derive(Debug)]
pub(super) struct Case {
    /// Where its command stands, from 1.
    pub(super) line: usize,
    /// What to do.
    pub(super) command: Command,
    /// The command's line after its name.
    pub(super) program: String,
    /// When it is evaluated.
    pub(super) window: Option<Window>,
    /// The indented lines, or the data of a `load`, without their indentation.
    pub(super) expected: Vec<String>,
    /// The data of a `load`.
    pub(super) rows: Vec<DataRow>,
}

/// What a case does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Command {
    /// Stores series; their lines are data and no expectation.
    Load,
    /// Runs a program and shows the stack, the top first.
    Stack,
    /// Shows the expressions of a program as they are printed.
    Print,
    /// Shows the series that a query selects.
    Select,
    /// Shows what is wrong with a program or its evaluation.
    Error,
    /// Evaluates and shows labels and values.
    Eval,
    /// Evaluates and shows labels, tags and kinds of the lines.
    Tags,
    /// Asks a server for the graph and shows what is drawn: legends, colours, styles.
    Graph,
}

/// Minutes after the start of the data: the first and the last point, and their distance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Window {
    /// First point.
    pub(super) first_ms: i64,
    /// Last point.
    pub(super) last_ms: i64,
    /// Distance of points, if it is not that of the data.
    pub(super) step_ms: Option<i64>,
}

/// A series and its values, one a step, NaN where there is none.
#[derive(Clone, Debug)]
pub(super) struct DataRow {
    /// Keys and values.
    pub(super) tags: Vec<(String, String)>,
    /// The first one is at one step after the start.
    pub(super) values: Vec<f64>,
}

const COMMANDS: [(&str, Command); 8] = [
    ("load", Command::Load),
    ("stack", Command::Stack),
    ("print", Command::Print),
    ("select", Command::Select),
    ("error", Command::Error),
    ("eval", Command::Eval),
    ("tags", Command::Tags),
    ("graph", Command::Graph),
];

impl SuiteFile {
    /// Reads a file; what is wrong is told with its line.
    pub(super) fn read(text: &str) -> Result<Self, String> {
        let mut blocks = Vec::new();
        for (index, line) in text.lines().enumerate() {
            let number = index + 1;
            let wrong = |problem: String| format!("{number}: {problem}");
            if let Some(indented) = line.strip_prefix("  ") {
                let Some(Block::Case(case)) = blocks.last_mut() else {
                    return Err(wrong("this line belongs to no command".to_owned()));
                };
                if case.command == Command::Load {
                    case.rows.push(DataRow::read(indented).map_err(wrong)?);
                }
                case.expected.push(indented.to_owned());
            } else if line.is_empty() || line.starts_with('#') {
                blocks.push(Block::Text(line.to_owned()));
            } else {
                blocks.push(Block::Case(Case::read(number, line).map_err(wrong)?));
            }
        }
        Ok(Self { blocks })
    }
}

impl Case {
    fn read(line: usize, text: &str) -> Result<Self, String> {
        let (name, rest) = text.split_once(' ').unwrap_or((text, ""));
        let Some(&(_, command)) = COMMANDS.iter().find(|(known, _)| *known == name) else {
            let names = COMMANDS.map(|(name, _)| name).join(", ");
            return Err(format!("`{name}` is none of {names}"));
        };
        let (window, program) = match rest.split_once(' ') {
            Some((first, rest)) if first.contains("..") => (Some(Window::read(first)?), rest),
            _ => (None, rest),
        };
        let is_empty = program.trim().is_empty();
        if is_empty && command == Command::Load {
            return Err("load needs a step such as 1m".to_owned());
        }
        if is_empty {
            return Err(format!("{name} needs a program"));
        }
        Ok(Self {
            line,
            command,
            program: program.to_owned(),
            window,
            expected: Vec::new(),
            rows: Vec::new(),
        })
    }

    /// Its command line.
    pub(super) fn head(&self) -> String {
        let known = COMMANDS
            .iter()
            .find(|(_, command)| *command == self.command);
        let name = known.map_or("", |(name, _)| name);
        match self.window {
            Some(window) => format!("{name} {window} {}", self.program),
            None => format!("{name} {}", self.program),
        }
    }
}

impl Window {
    fn read(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is no window: write 2m..8m or 2m..8m/2m");
        let (range, step) = match text.split_once('/') {
            Some((range, step)) => (range, Some(step)),
            None => (text, None),
        };
        let (first, last) = range.split_once("..").ok_or_else(wrong)?;
        Ok(Self {
            first_ms: duration_ms(first).ok_or_else(wrong)?,
            last_ms: duration_ms(last).ok_or_else(wrong)?,
            step_ms: match step {
                Some(step) => Some(duration_ms(step).ok_or_else(wrong)?),
                None => None,
            },
        })
    }
}

/// Milliseconds of `10s`, `3m`, `-2m` or `1h`.
pub(super) fn duration_ms(text: &str) -> Option<i64> {
    let unit_ms = match text.chars().last()? {
        's' => 1000,
        'm' => 60_000,
        'h' => 3_600_000,
        _ => return None,
    };
    let count: i64 = text[..text.len() - 1].parse().ok()?;
    Some(count * unit_ms)
}

fn duration_text(ms: i64) -> String {
    match ms {
        _ if ms % 3_600_000 == 0 && ms != 0 => format!("{}h", ms / 3_600_000),
        _ if ms % 60_000 == 0 => format!("{}m", ms / 60_000),
        _ => format!("{}s", ms / 1000),
    }
}

impl DataRow {
    /// `name=cpu,app=x 1 2 _ 4`; a word without `=` is a name; `5x3` is 5 three times.
    fn read(text: &str) -> Result<Self, String> {
        let mut words = text.split_whitespace();
        let tags = words.next().unwrap_or_default().split(',');
        let tags = tags.map(|tag| match tag.split_once('=') {
            Some((key, value)) => (key.to_owned(), value.to_owned()),
            None => ("name".to_owned(), tag.to_owned()),
        });
        let tags = tags.collect();
        let mut values = Vec::new();
        for word in words {
            let (value, times) = match word.split_once('x') {
                Some((value, times)) => (value, times.parse().ok()),
                None => (word, Some(1)),
            };
            let value = match value {
                "_" => Some(f64::NAN),
                number => number.parse().ok(),
            };
            let (Some(value), Some(times)) = (value, times) else {
                return Err(format!("`{word}` is no value: write a number or _"));
            };
            values.extend(std::iter::repeat_n(value, times));
        }
        if values.is_empty() {
            return Err("a series needs values".to_owned());
        }
        Ok(Self { tags, values })
    }
}

impl fmt::Display for Window {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (first, last) = (duration_text(self.first_ms), duration_text(self.last_ms));
        write!(f, "{first}..{last}")?;
        match self.step_ms {
            Some(step_ms) => write!(f, "/{}", duration_text(step_ms)),
            None => Ok(()),
        }
    }
}

impl fmt::Display for SuiteFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for block in &self.blocks {
            match block {
                Block::Text(text) => writeln!(f, "{text}")?,
                Block::Case(case) => {
                    writeln!(f, "{}", case.head())?;
                    for line in &case.expected {
                        writeln!(f, "{}", format!("  {line}").trim_end())?;
                    }
                }
            }
        }
        Ok(())
    }
}

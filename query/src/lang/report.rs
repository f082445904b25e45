//! What people read about a mistake: one text for terminals and for pictures.
//!
//! ```text
//!   Report ─► lines(columns) ─►  unknown word ':smu'          Title
//!                                name,sps,:eq,:smu            Program
//!                                             ^^^^            Caret
//!                                did you mean :sum?           Advice
//!                                stack: name,sps,:eq          Note
//! ```
//!
//! Takes what is known about the mistake and the room there is, gives lines that fit it. A long
//! program is broken after commas and shown around the mistake, and what is left out is counted.
//! Colours, fonts and indents belong to whoever shows the lines.

use super::token::Span;

/// What is known about a mistake.
#[derive(Clone, Debug, Default)]
pub struct Report<'a> {
    /// What is wrong, in plain words.
    pub title: String,
    /// The program, and its bytes that are wrong.
    pub source: Option<(&'a str, Span)>,
    /// What was probably meant, as it is written.
    pub nearest: Option<String>,
    /// What to do, in a sentence.
    pub hint: Option<&'a str>,
    /// Whether `expected` are other words that fit the place, rather than what the word takes.
    pub are_others: bool,
    /// Signatures.
    pub expected: &'a [String],
    /// The stack before the word, the top last.
    pub stack: &'a [String],
}

/// What a line is there for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {
    /// What is wrong.
    Title,
    /// A piece of the program.
    Program,
    /// Marks under the piece before it.
    Caret,
    /// How much of the program is left out.
    Omission,
    /// What to do.
    Advice,
    /// What the word found and takes.
    Note,
}

/// A line that fits the room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportLine {
    /// What it is there for.
    pub part: Part,
    /// Its text, without control characters.
    pub text: String,
}

/// Measures a text in a fixed-width font: the bytes of every character as readers see them, and the
/// cells it takes.
pub type Cells<'c> = &'c dyn Fn(&str) -> Vec<(usize, usize)>;

/// Rows of a program that are shown where there is room.
pub const PROGRAM_ROWS: usize = 9;
/// Fewer columns than this are treated as this many.
const COLUMNS_MIN: usize = 8;

impl Report<'_> {
    /// The lines, none wider than the columns, the most useful ones first, with so many rows of the
    /// program at most.
    pub fn lines(&self, columns: usize, program_rows: usize, cells: Cells<'_>) -> Vec<ReportLine> {
        let columns = columns.max(COLUMNS_MIN);
        let mut lines = Vec::new();
        let mut add = |part, label: &str, text: &str| {
            for text in wrap(label, text, columns, cells) {
                lines.push(ReportLine { part, text });
            }
        };
        let mut title = self.title.lines();
        add(Part::Title, "", title.next().unwrap_or_default());
        for more in title {
            add(Part::Note, "", more);
        }
        if let Some((source, span)) = &self.source {
            let excerpt = Excerpt::of((source, span), columns, program_rows, cells);
            for (part, text) in excerpt.lines(cells) {
                add(part, "", &text);
            }
        }
        if let Some(nearest) = &self.nearest {
            add(Part::Advice, "", &format!("did you mean {nearest}?"));
        }
        if let Some(hint) = self.hint {
            add(Part::Advice, "hint: ", hint);
        }
        let verb = if self.are_others { "fits: " } else { "takes: " };
        for signature in self.expected {
            add(Part::Note, verb, signature.trim());
        }
        if !self.stack.is_empty() {
            add(Part::Note, "stack: ", &self.stack.join("  |  "));
        }
        lines
    }
}

impl Report<'_> {
    /// The lines for a terminal, those of the program indented.
    pub fn to_text(&self) -> String {
        let mut text = String::new();
        let single = |text: &str| text.chars().map(|c| (c.len_utf8(), 1)).collect();
        for line in self.lines(TERMINAL_COLUMNS, PROGRAM_ROWS, &single) {
            if matches!(line.part, Part::Program | Part::Caret | Part::Omission) {
                text.push_str("  ");
            }
            text.push_str(&line.text);
            text.push('\n');
        }
        text
    }
}

/// Columns of a terminal that are used at most.
const TERMINAL_COLUMNS: usize = 100;

/// The reference's message in plain words: without names of classes, and without the phrases that
/// only its own code needs.
pub fn plain_words(message: &str) -> String {
    let text = match message.split_once(": ") {
        Some((class, rest)) if is_class(class) => rest,
        Some(_) | None => message,
    };
    let text = text.strip_prefix("requirement failed: ").unwrap_or(text);
    let text = text.strip_prefix("For input string: ").map_or_else(
        || text.to_owned(),
        |found| match found.strip_suffix(" under radix 16") {
            Some(found) => format!("{found} is no hexadecimal number"),
            None => format!("{found} is no number"),
        },
    );
    if text.is_empty() {
        message.to_owned()
    } else {
        text
    }
}

/// Whether a text is the name of a class, such as `IllegalStateException`.
fn is_class(text: &str) -> bool {
    let ends = ["Exception", "Error", "Rejection", "BadPath"];
    text.bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || byte == b'.')
        && ends.iter().any(|end| text.ends_with(end))
}

/// A row of a program: bytes of the source.
type Row = std::ops::Range<usize>;

/// The rows of a program that are shown.
struct Excerpt<'s> {
    source: &'s str,
    span: Span,
    rows: Vec<Row>,
    /// Rows left out before and after.
    omitted: (usize, usize),
}

impl<'s> Excerpt<'s> {
    fn of(
        (source, span): (&'s str, &Span),
        columns: usize,
        rows_max: usize,
        cells: Cells<'_>,
    ) -> Self {
        let rows_max = rows_max.max(1);
        let start = floor_boundary(source, span.start);
        let span = start..floor_boundary(source, span.end).max(start);
        let mut rows = rows(source, columns, cells);
        let total = rows.len();
        let mut before = 0;
        if total > rows_max {
            let first_hit = rows.partition_point(|row| row.end < start.max(1));
            // A third of the rows stands before the mistake.
            before = first_hit.saturating_sub(rows_max / 3).min(total - rows_max);
            rows = rows.split_off(before);
            rows.truncate(rows_max);
        }
        let after = total - before - rows.len();
        Self {
            source,
            span,
            rows,
            omitted: (before, after),
        }
    }

    fn lines(&self, cells: Cells<'_>) -> Vec<(Part, String)> {
        let counted = |count: usize, side: &str| match count {
            0 => None,
            1 => Some((Part::Omission, format!("... 1 line {side}"))),
            _ => Some((Part::Omission, format!("... {count} lines {side}"))),
        };
        let mut lines: Vec<_> = counted(self.omitted.0, "before").into_iter().collect();
        for row in &self.rows {
            let text: String = shown(&self.source[row.clone()]).collect();
            lines.push((Part::Program, text));
            lines.extend(self.carets(row, cells).map(|text| (Part::Caret, text)));
        }
        lines.extend(counted(self.omitted.1, "after"));
        lines
    }

    /// Marks under the part of the row that is wrong. What points at all of several rows points at
    /// nothing.
    fn carets(&self, row: &Row, cells: Cells<'_>) -> Option<String> {
        let whole = self.source.trim();
        if self.rows.len() > 1 && self.span.len() >= whole.len() {
            return None;
        }
        let (from, to) = (self.span.start.max(row.start), self.span.end.min(row.end));
        let is_point = self.span.is_empty() && from <= row.end && from == self.span.start;
        if from >= to && !is_point {
            return None;
        }
        let width = |text: &str| cells(text).iter().map(|(_, cells)| cells).sum::<usize>();
        let before = width(&self.source[row.start..from]);
        // Blanks at the end of a row may lie beyond the columns.
        let marked = width(self.source[from..to.max(from)].trim_end()).max(1);
        Some(" ".repeat(before) + &"^".repeat(marked))
    }
}

/// The rows of a program: its lines, broken after commas where they are too long, and anywhere where
/// a single token is.
fn rows(source: &str, columns: usize, cells: Cells<'_>) -> Vec<Row> {
    let mut rows = Vec::new();
    let mut line_start = 0;
    for line in source.split('\n') {
        let line_end = line_start + line.len();
        let mut rest = line_start..line_end;
        while let Some(at) = break_at(&source[rest.clone()], columns, cells, &[',']) {
            rows.push(rest.start..rest.start + at);
            rest.start += at;
        }
        rows.push(rest);
        line_start = line_end + 1;
    }
    rows
}

/// Breaks a text with a label before its first line, and blanks as wide before the others.
fn wrap(label: &str, text: &str, columns: usize, cells: Cells<'_>) -> Vec<String> {
    let label = if label.len() * 2 > columns { "" } else { label };
    let room = columns - label.len();
    let clean: String = shown(text).collect();
    let mut rest = clean.as_str();
    let mut lines = Vec::new();
    loop {
        let end = break_at(rest, room, cells, &[' ', ',']);
        let (line, after) = rest.split_at(end.unwrap_or(rest.len()));
        let lead = if lines.is_empty() {
            label
        } else {
            &" ".repeat(label.len())
        };
        lines.push(format!("{lead}{}", line.trim_end()));
        if end.is_none() {
            return lines;
        }
        rest = after.trim_start();
    }
}

/// Where the first line of a text that is too wide ends: after the last of the marks that fits, else
/// after the last character that does.
fn break_at(text: &str, columns: usize, cells: Cells<'_>, marks: &[char]) -> Option<usize> {
    let (mut index, mut used) = (0, 0);
    let mut after_mark = None;
    for (bytes, width) in cells(text) {
        let mark = text[index..]
            .chars()
            .next()
            .filter(|mark| marks.contains(mark));
        used += width;
        if used > columns && index > 0 && !text[index..].trim().is_empty() {
            // A blank at the end of a line takes no room.
            let is_end = mark == Some(' ');
            return Some(if is_end {
                index
            } else {
                after_mark.unwrap_or(index)
            });
        }
        // Blanks that stand at the start of a line are no place to end it.
        if mark.is_some() && !text[..index].trim().is_empty() {
            after_mark = Some(index + bytes);
        }
        index += bytes;
    }
    None
}

/// What is shown of a text: a blank for a control character.
fn shown(text: &str) -> impl Iterator<Item = char> {
    text.chars().map(|c| if c.is_control() { ' ' } else { c })
}

/// The largest offset not above `offset` where a character of the text starts.
fn floor_boundary(text: &str, offset: usize) -> usize {
    let mut offset = offset.min(text.len());
    while !text.is_char_boundary(offset) {
        offset -= 1;
    }
    offset
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(columns: usize, source: &str, span: Span, expected: &expect_test::Expect) {
        let report = Report {
            title: "the title says what is wrong".to_owned(),
            source: Some((source, span)),
            hint: Some("and the hint says what to do about it"),
            ..Report::default()
        };
        let lines = report.lines(columns, PROGRAM_ROWS, &wide);
        let lines: Vec<String> = lines
            .iter()
            .map(|line| format!("|{}\n", line.text))
            .collect();
        expected.assert_eq(&lines.concat());
    }

    /// Two cells for what is not ASCII.
    fn wide(text: &str) -> Vec<(usize, usize)> {
        let size = |c: char| (c.len_utf8(), if c.is_ascii() { 1 } else { 2 });
        text.chars().map(size).collect()
    }

    #[test]
    fn a_long_program_is_broken_after_commas() {
        check(
            20,
            "name,sps,:eq,nf.cluster,server-main,:eq,:and,:smu",
            45..49,
            &expect_test::expect![[r"
                |the title says what
                |is wrong
                |name,sps,:eq,
                |nf.cluster,
                |server-main,:eq,
                |:and,:smu
                |     ^^^^
                |hint: and the hint
                |      says what to
                |      do about it
            "]],
        );
    }

    #[test]
    fn a_longer_program_is_shown_around_the_mistake() {
        let source = format!("{}:smu,{}", "é,:dup,\n".repeat(20), ":drop\n".repeat(20));
        let at = source.find(":smu").unwrap();
        check(
            30,
            &source,
            at..at + 4,
            &expect_test::expect![[r"
                |the title says what is wrong
                |... 17 lines before
                |é,:dup,
                |é,:dup,
                |é,:dup,
                |:smu,:drop
                |^^^^
                |:drop
                |:drop
                |:drop
                |:drop
                |:drop
                |... 15 lines after
                |hint: and the hint says what
                |      to do about it
            "]],
        );
    }

    #[test]
    fn wide_characters_move_the_mark() {
        check(
            40,
            "名,sps,:eq,:smu",
            12..16,
            &expect_test::expect![[r#"
                |the title says what is wrong
                |名,sps,:eq,:smu
                |           ^^^^
                |hint: and the hint says what to do about
                |      it
            "#]],
        );
    }

    #[test]
    fn messages_lose_what_only_code_needs() {
        for (message, plain) in [
            (
                "IllegalStateException: unknown word ':x'",
                "unknown word ':x'",
            ),
            (
                "IllegalArgumentException: requirement failed: too many lines: 71 > 70",
                "too many lines: 71 > 70",
            ),
            (
                "NumberFormatException: For input string: \"x\"",
                "\"x\" is no number",
            ),
            (
                "For input string: \"zz\" under radix 16",
                "\"zz\" is no hexadecimal number",
            ),
            ("the query was cancelled", "the query was cancelled"),
            ("note: it is late", "note: it is late"),
        ] {
            assert_eq!(plain_words(message), plain);
        }
    }

    proptest! {
        /// Nothing is wider than the room, and what is marked is what is wrong.
        #[test]
        fn lines_fit_and_the_marks_stand_under_the_mistake(
            source in "([a-z:]{0,12}|,|é|漢|\n| ){0,40}",
            ends in (0_usize..200, 0_usize..20),
            columns in 8_usize..60,
            hint in "\\PC{0,80}",
        ) {
            let start = floor_boundary(&source, ends.0);
            let span = start..floor_boundary(&source, start + ends.1);
            let report = Report {
                title: hint.clone(),
                source: Some((&source, span.clone())),
                hint: Some(&hint),
                ..Report::default()
            };
            let lines = report.lines(columns, PROGRAM_ROWS, &wide);
            let mut marked = String::new();
            for (index, line) in lines.iter().enumerate() {
                let used: usize = wide(&line.text).iter().map(|(_, cells)| cells).sum();
                prop_assert!(used <= columns, "{line:?}");
                if line.part == Part::Caret {
                    marked.push_str(&under_marks(&lines[index - 1].text, &line.text));
                }
            }
            let is_whole = lines.iter().all(|line| line.part != Part::Omission);
            let points = !span.is_empty() && span.len() < source.trim().len();
            if is_whole && points {
                let seen = |text: &str| text.split_whitespace().collect::<String>();
                prop_assert_eq!(seen(&marked), seen(&source[span]));
            }
        }
    }

    /// The characters of a row that stand over marks.
    fn under_marks(row: &str, marks: &str) -> String {
        let mut cell = 0;
        let mut found = String::new();
        for (character, (_, cells)) in row.chars().zip(wide(row)) {
            if marks.as_bytes().get(cell) == Some(&b'^') {
                found.push(character);
            }
            cell += cells;
        }
        found
    }
}

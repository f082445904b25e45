//! An explanation as text.
//!
//! ```text
//!   stack        token and what it leaves, column by column; │ is what was there before
//!   stages       how long each took and what it counted
//!   reads        passes over the store
//!   operators    each above what it works on, with lines and values
//!   not found    data without series, and why
//! ```

use telamon_server::explained::{Empty, Explained, Expression, Operator, Scan, StageTime, Step};

use crate::command::figures::{counted, grouped};
use crate::command::table::cut;

/// Characters of a line where it is not known.
pub(super) const COLUMNS: usize = 140;

/// Characters of a token in the first column.
const TOKEN_CHARS: usize = 28;

/// Characters of an item, so that a short one behind it can still be seen.
const ITEM_CHARS: usize = 60;

/// Draws an explanation in lines of so many characters.
pub(super) fn draw(explained: &Explained, columns: usize) -> String {
    let mut lines = vec!["stack".to_owned()];
    lines.extend(stack(&explained.stacks, columns));
    if explained.stacks_more > 0 {
        let more = counted(explained.stacks_more as u64, "more step", "more steps");
        lines.push(format!("  ... {more}"));
    }
    let mut section = |name: &str, rows: Vec<String>| {
        if !rows.is_empty() {
            lines.push(String::new());
            lines.push(name.to_owned());
            lines.extend(rows);
        }
    };
    section("stages", explained.stages.iter().map(stage).collect());
    section("reads", explained.scans.iter().flat_map(scan).collect());
    section("operators", operators(&explained.expressions, columns));
    section(
        "not found",
        explained.empty.iter().flat_map(empty).collect(),
    );
    section(
        "no answer",
        explained
            .error
            .iter()
            .map(|error| format!("  {error}"))
            .collect(),
    );
    lines.join("\n")
}

/// A row for each token; an item that did not change is drawn as a line down.
fn stack(steps: &[Step], columns: usize) -> Vec<String> {
    let token = steps
        .iter()
        .map(|step| step.token.chars().count())
        .max()
        .unwrap_or(0);
    let token = token.min(TOKEN_CHARS);
    let mut before: &[_] = &[];
    let mut rows = Vec::with_capacity(steps.len());
    for step in steps {
        let mut row = format!("  {:token$}", cut(&step.token, TOKEN_CHARS));
        if step.below > 0 {
            row.push_str(&format!("  ({} below)", step.below));
        }
        let last = step.stack.len().saturating_sub(1);
        for (index, item) in step.stack.iter().enumerate() {
            let is_old = index < last && before.get(index) == Some(item);
            row.push_str("  ");
            match is_old {
                true => row.push('│'),
                false if index < last => row.push_str(&cut(&item.text, ITEM_CHARS)),
                false => row.push_str(&item.text),
            }
        }
        if step.stack.is_empty() {
            row.push_str("  (empty)");
        }
        if step.frozen > 0 {
            row.push_str(&format!("  ({} frozen)", step.frozen));
        }
        rows.push(cut(&row, columns));
        before = &step.stack;
    }
    rows
}

fn stage(stage: &StageTime) -> String {
    let count = |name: &str| stage.counts.get(name).copied().unwrap_or(0);
    let told = match stage.stage.as_str() {
        "parse" => counted(count("expressions"), "expression", "expressions"),
        "plan" => format!(
            "{}, {}, {}, {} to read",
            counted(count("data"), "data expression", "data expressions"),
            counted(count("scans"), "pass", "passes"),
            counted(count("series"), "series", "series"),
            counted(count("points"), "point", "points")
        ),
        "empty" if count("data") == 0 => "every data expression has series".to_owned(),
        "empty" => counted(
            count("data"),
            "data expression not found",
            "data expressions not found",
        ),
        _ => format!(
            "{}, {}",
            counted(count("lines"), "line", "lines"),
            counted(count("values"), "value", "values")
        ),
    };
    format!("  {:6} {:9.3} ms  {told}", stage.stage, stage.ms)
}

fn scan(scan: &Scan) -> [String; 2] {
    let groups = match scan.grouping.as_str() {
        "together" => "together".to_owned(),
        "each" => "each by itself".to_owned(),
        keys => format!("in {} by {keys}", counted(scan.groups, "group", "groups")),
    };
    let per_point = match scan.slots_per_point {
        1 => String::new(),
        slots => format!(" ({slots} a point)"),
    };
    [
        format!("  {}", scan.query),
        format!(
            "    {} {groups}, {} of each{per_point}: {}",
            counted(scan.series, "series", "series"),
            counted(scan.slots, "slot", "slots"),
            counted(scan.points, "point", "points")
        ),
    ]
}

/// The trees of all expressions, with lines and values in columns of their own.
fn operators(expressions: &[Expression], columns: usize) -> Vec<String> {
    let mut rows: Vec<(String, [String; 2])> = Vec::new();
    for expression in expressions {
        let branches = branches(&expression.operators);
        for (operator, branch) in expression.operators.iter().zip(branches) {
            let figure = |count: Option<u64>, one, many| {
                count.map_or_else(String::new, |count| counted(count, one, many))
            };
            let figures = [
                figure(operator.lines, "line", "lines"),
                figure(operator.values, "value", "values"),
            ];
            rows.push((format!("  {branch}{}", operator.text), figures));
        }
        if expression.operators_more > 0 {
            let more = format!(
                "  ... {} more operators",
                grouped(expression.operators_more as u64)
            );
            rows.push((more, [String::new(), String::new()]));
        }
        if let Some(message) = &expression.message {
            rows.push((format!("  {message}"), [String::new(), String::new()]));
        }
    }
    let widest = |column: usize| rows.iter().map(|(_, figures)| figures[column].len()).max();
    let (lines, values) = (widest(0).unwrap_or(0), widest(1).unwrap_or(0));
    let room = columns.saturating_sub(lines + values + 4).max(TOKEN_CHARS);
    let widest = rows.iter().map(|(text, _)| text.chars().count()).max();
    let text_width = widest.unwrap_or(0).min(room);
    let drawn = rows.iter().map(|(text, [line, value])| {
        let row = format!(
            "{:text_width$}  {line:>lines$}  {value:>values$}",
            cut(text, room)
        );
        row.trim_end().to_owned()
    });
    drawn.collect()
}

/// What stands before each operator of a tree in depth-first order.
fn branches(operators: &[Operator]) -> Vec<String> {
    let is_last = |index: usize| {
        let depth = operators[index].depth;
        let later = operators[index + 1..].iter();
        let mut siblings = later.take_while(|operator| operator.depth >= depth);
        siblings.all(|operator| operator.depth > depth)
    };
    // Whether the operator above, at each depth, was the last of its siblings.
    let mut last_at: Vec<bool> = Vec::new();
    let mut branches = Vec::with_capacity(operators.len());
    for (index, operator) in operators.iter().enumerate() {
        last_at.truncate(operator.depth);
        let is_last = is_last(index);
        let mut branch = String::new();
        for &is_done in last_at.iter().skip(1) {
            branch.push_str(if is_done { "   " } else { "│  " });
        }
        if operator.depth > 0 {
            branch.push_str(if is_last { "└─ " } else { "├─ " });
        }
        last_at.push(is_last);
        branches.push(branch);
    }
    branches
}

fn empty(empty: &Empty) -> Vec<String> {
    let mut rows = vec![format!("  {}", empty.data), format!("    {}", empty.why)];
    if empty.tests.len() > 1 {
        let width = empty
            .tests
            .iter()
            .map(|test| test.test.chars().count())
            .max();
        let width = width.unwrap_or(0).min(ITEM_CHARS);
        rows.extend(empty.tests.iter().map(|test| {
            format!(
                "      {:width$}  {} alone, {} left",
                cut(&test.test, ITEM_CHARS),
                grouped(test.alone),
                grouped(test.left)
            )
        }));
    }
    rows
}

#[cfg(test)]
mod tests {
    use telamon_query::lang;

    use super::*;
    use crate::command::program::options;

    #[test]
    fn the_stack_column_by_column() {
        let program = "name,cpu,:eq,:sum,(,app,),:by,2,:mul";
        let explained = Explained::of_program(program, lang::stacks(program, &options()));
        expect_test::expect![[r"
            stack
              name     name
              cpu      │  cpu
              :eq      name,cpu,:eq
              :sum     name,cpu,:eq,:sum
              (,app,)  │  (,app,)
              :by      name,cpu,:eq,:sum,(,app,),:by
              2        │  2
              :mul     name,cpu,:eq,:sum,(,app,),:by,2.0,:const,:mul"]]
        .assert_eq(&draw(&explained, 100));
        for line in draw(&explained, 30).lines() {
            assert!(line.chars().count() <= 30, "{line}");
        }
    }

    #[test]
    fn branches_of_a_tree() {
        let operators: Vec<Operator> = [("a", 0), ("b", 1), ("c", 2), ("d", 2), ("e", 1), ("f", 2)]
            .into_iter()
            .map(|(text, depth)| Operator {
                depth,
                text: text.to_owned(),
                lines: None,
                values: None,
            })
            .collect();
        let branches = branches(&operators);
        let drawn = branches
            .iter()
            .zip(&operators)
            .map(|(branch, operator)| format!("{branch}{}", operator.text));
        assert_eq!(
            drawn.collect::<Vec<_>>(),
            ["a", "├─ b", "│  ├─ c", "│  └─ d", "└─ e", "   └─ f"]
        );
    }
}

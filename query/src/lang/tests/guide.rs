//! The guide to the language: what stands below each of its programs is what the program leaves.

use super::*;

/// The page with what each program leaves below it. In a block the lines that are not indented are
/// programs, one each; one that ends with a comma goes on in the next line.
fn rewritten(page: &str) -> String {
    let mut written = String::new();
    let mut in_block = false;
    let mut program = String::new();
    for line in page.lines() {
        if line.starts_with("```") {
            in_block = !in_block;
        } else if in_block && line.starts_with("    ") {
            continue;
        }
        written.push_str(line);
        written.push('\n');
        if in_block && !line.starts_with("```") {
            program.push_str(line);
            if line.ends_with([',', '/']) {
                program.push('\n');
                continue;
            }
            written.push_str(&left_by(&std::mem::take(&mut program)));
        }
    }
    written
}

/// What a program leaves, or the drawing of its fault, indented.
fn left_by(program: &str) -> String {
    let options = ParseOptions::telamon();
    let lines: Vec<String> = match run(program, &options) {
        Ok(values) => values.iter().map(Value::to_string).collect(),
        Err(error) => render_caret(&error, program)
            .lines()
            .map(str::to_owned)
            .collect(),
    };
    lines.iter().map(|line| format!("    {line}\n")).collect()
}

#[test]
fn the_guide_says_what_programs_leave() {
    let page = include_str!("../../../../docs/language/README.md");
    let words = page.matches(",:").count();
    assert!(words > 50, "{words} words in the programs of the guide");
    expect_test::expect_file!["../../../../docs/language/README.md"].assert_eq(&rewritten(page));
}

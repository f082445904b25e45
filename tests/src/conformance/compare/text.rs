//! Texts: exact, but for numbers with six decimals.

use super::Mismatch;

/// Half a unit of the sixth decimal, and what rounding of the sum before it adds.
const ABSOLUTE: f64 = 1.001e-6;
const RELATIVE: f64 = 1e-9;

/// Adds the first line that differs.
pub(super) fn compare(expected: &str, got: &str, found: &mut Vec<Mismatch>) {
    if expected == got {
        return;
    }
    let mut expected_lines = expected.split('\n');
    let mut got_lines = got.split('\n');
    loop {
        match (expected_lines.next(), got_lines.next()) {
            (None, None) => return,
            (Some(a), Some(b)) if lines_agree(a, b) => {}
            (a, b) => {
                let show = |line: Option<&str>| line.unwrap_or("end of text").to_owned();
                found.push(Mismatch::new("body", show(a), show(b)));
                return;
            }
        }
    }
}

fn lines_agree(expected: &str, got: &str) -> bool {
    let fields = |line| str::split(line, [',', '\t', ' ']);
    expected == got
        || fields(expected).count() == fields(got).count()
            && fields(expected)
                .zip(fields(got))
                .all(|(a, b)| a == b || numbers_agree(a, b))
}

fn numbers_agree(a: &str, b: &str) -> bool {
    let has_decimals = |text: &str| text.contains('.');
    match (a.parse::<f64>(), b.parse::<f64>()) {
        (Ok(x), Ok(y)) => {
            has_decimals(a)
                && has_decimals(b)
                && (x - y).abs() <= ABSOLUTE.max(RELATIVE * x.abs().max(y.abs()))
        }
        _ => false,
    }
}

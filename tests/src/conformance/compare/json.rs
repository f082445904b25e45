//! JSON: structure, order of arrays and texts exact, numbers of data almost.

use std::collections::BTreeSet;

use serde_json::Value;

use super::Mismatch;

/// What another order of one sum can change, relative to the number.
const RELATIVE: f64 = 1e-9;
/// What cancellation can leave, relative to the largest number of the answer.
const OF_LARGEST: f64 = 1e-12;

/// Adds the fields that differ, each path once.
pub(super) fn compare(expected: &Value, got: &Value, found: &mut Vec<Mismatch>) {
    let mut comparison = Comparison {
        largest: largest(expected),
        seen: BTreeSet::new(),
        found,
    };
    comparison.values("body", expected, got);
}

/// Whether two numbers of data agree: equal texts of what is no number, integers exactly.
pub(super) fn numbers_agree(expected: &Value, got: &Value, largest: f64) -> bool {
    match (expected, got) {
        (Value::Number(a), Value::Number(b)) if a.is_f64() && b.is_f64() => {
            let (a, b) = (
                a.as_f64().unwrap_or(f64::NAN),
                b.as_f64().unwrap_or(f64::NAN),
            );
            let allowed = (RELATIVE * a.abs().max(b.abs())).max(OF_LARGEST * largest);
            a.to_bits() == b.to_bits() || (a - b).abs() <= allowed
        }
        (a, b) => a == b,
    }
}

/// Magnitude of the largest number of data.
fn largest(value: &Value) -> f64 {
    match value {
        Value::Number(number) if number.is_f64() => number.as_f64().unwrap_or(0.0).abs(),
        Value::Array(items) => items.iter().map(largest).fold(0.0, f64::max),
        Value::Object(fields) => fields.values().map(largest).fold(0.0, f64::max),
        _ => 0.0,
    }
}

struct Comparison<'a> {
    largest: f64,
    seen: BTreeSet<String>,
    found: &'a mut Vec<Mismatch>,
}

impl Comparison<'_> {
    fn values(&mut self, path: &str, expected: &Value, got: &Value) {
        match (expected, got) {
            (Value::Array(a), Value::Array(b)) => {
                if a.len() != b.len() {
                    let field = format!("{path} length");
                    self.report(&field, &a.len().into(), &b.len().into());
                }
                let below = format!("{path}[]");
                for (a, b) in a.iter().zip(b) {
                    self.values(&below, a, b);
                }
            }
            (Value::Object(a), Value::Object(b)) => {
                // Our errors tell more.
                let is_error = a.get("type") == Some(&Value::from("error"));
                for (key, value) in a {
                    let below = format!("{path}.{key}");
                    match b.get(key) {
                        Some(_) if key == "data" && a["type"] == "graph-image" => {}
                        Some(other) => self.values(&below, value, other),
                        None => self.report(&below, value, &Value::from("no such key")),
                    }
                }
                for (key, value) in b.iter().filter(|_| !is_error) {
                    if !a.contains_key(key) {
                        let below = format!("{path}.{key}");
                        self.report(&below, &Value::from("no such key"), value);
                    }
                }
            }
            (a, b) => {
                if !numbers_agree(a, b, self.largest) {
                    self.report(path, a, b);
                }
            }
        }
    }

    fn report(&mut self, path: &str, expected: &Value, got: &Value) {
        if self.seen.insert(path.to_owned()) {
            self.found.push(Mismatch::new(path, expected, got));
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn fields(expected: &Value, got: &Value) -> Vec<String> {
        let mut found = Vec::new();
        compare(expected, got, &mut found);
        found.into_iter().map(|mismatch| mismatch.field).collect()
    }

    #[test]
    fn numbers_of_data_may_differ_in_the_last_bits_and_integers_not() {
        let graph = |start: i64, value: f64| json!({"start": start, "values": [[value]]});
        assert!(fields(&graph(60, 0.3), &graph(60, 0.1 + 0.2)).is_empty());
        assert_eq!(
            fields(&graph(60, 0.3), &graph(60, 0.300_001)),
            ["body.values[][]"]
        );
        assert_eq!(fields(&graph(60, 0.3), &graph(61, 0.3)), ["body.start"]);
        assert_eq!(fields(&json!([1.0]), &json!([1])), ["body[]"]);
        assert_eq!(fields(&json!(["NaN"]), &json!([0.0])), ["body[]"]);
    }

    #[test]
    fn keys_are_exact_but_for_errors() {
        let error = json!({"type": "error", "message": "no"});
        let ours = json!({"type": "error", "message": "no", "error": {"hint": "yes"}});
        assert!(fields(&error, &ours).is_empty());
        assert_eq!(fields(&ours, &error), ["body.error"]);
        assert_eq!(
            fields(&json!({"a": 1}), &json!({"a": 1, "b": 2})),
            ["body.b"]
        );
        assert_eq!(fields(&json!([1, 2]), &json!([1])), ["body length"]);
    }
}

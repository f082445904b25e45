//! Operators with memory: each by its definition over the whole window, and cut into pieces.

use super::*;
use crate::expr::{LookBack, Number, Rolling, Smoothing, StatefulOp, Window};

const STEP_MS: i64 = 10_000;

/// A line of two that the operator is fed, with some values.
fn line(name: &str, values: &[f64]) -> Line {
    Line {
        tags: Tags::from_pairs([("name", name)]),
        label: name.to_owned(),
        kind: LineKind::Rate,
        values: values.to_vec(),
    }
}

fn window_from(first_step: i64, points: usize) -> EvalContext {
    let start = first_step * STEP_MS;
    let length = i64::try_from(points).unwrap() * STEP_MS;
    EvalContext::new(Timestamp(start), Timestamp(start + length), STEP_MS).unwrap()
}

fn feed(op: &StatefulOp, first_step: i64, values: &[f64]) -> Result<Vec<f64>, EvalError> {
    let context = window_from(first_step, values.len());
    let lines = [line("a", values)];
    let fed = EvalMemory::new().feed("op".to_owned(), op, &lines, &context)?;
    Ok(fed[0].values.clone())
}

/// The last `n` inputs up to `index` that are present.
fn last(values: &[f64], index: usize, n: i64) -> Vec<f64> {
    let n = usize::try_from(n).unwrap();
    let window = &values[(index + 1).saturating_sub(n)..=index];
    window
        .iter()
        .copied()
        .filter(|value| !value.is_nan())
        .collect()
}

#[expect(clippy::cast_precision_loss, reason = "a dozen values")]
fn mean(sum: Option<f64>, count: usize) -> f64 {
    sum.map_or(f64::NAN, |sum| sum / count as f64)
}

/// What the operator gives at `index` of a window that starts at a step, by its definition.
fn naive(op: &StatefulOp, first_step: i64, values: &[f64], index: usize) -> f64 {
    let sum = |values: &[f64]| values.iter().copied().reduce(|a, b| a + b);
    match op {
        StatefulOp::Delay { by } => {
            let before = index.checked_sub(usize::try_from(covering(by)).unwrap());
            before.map_or(f64::NAN, |index| values[index])
        }
        StatefulOp::FillLast { within } => {
            let points = match within {
                Window::Points(points) => i64::from(*points),
                Window::Time { ms, .. } => ms / STEP_MS,
            };
            let newest = last(values, index, points + 1).pop();
            newest.unwrap_or(f64::NAN)
        }
        StatefulOp::Rolling {
            kind,
            window: length,
        } => {
            let points = covering(length);
            let window = last(values, index, points);
            match *kind {
                Rolling::Count => window.iter().filter(|v| v.abs() > 1e-12).map(|_| 1.0).sum(),
                Rolling::Min => window.into_iter().reduce(f64::min).unwrap_or(f64::NAN),
                Rolling::Max => window.into_iter().reduce(f64::max).unwrap_or(f64::NAN),
                Rolling::Sum => sum(&window).unwrap_or(f64::NAN),
                Rolling::Mean { values_min } => {
                    let wanted = match length {
                        Window::Points(_) => i64::from(values_min),
                        Window::Time { .. } => i64::from(values_min).min(points),
                    };
                    let enough = window.len() >= usize::try_from(wanted).unwrap();
                    mean(sum(&window).filter(|_| enough), window.len())
                }
            }
        }
        StatefulOp::Trend { window_ms } => {
            let points = window_ms / STEP_MS;
            if points <= 1 {
                return values[index];
            }
            let points = usize::try_from(points).unwrap();
            let window = last(values, index, window_ms / STEP_MS);
            mean(sum(&window).filter(|_| index + 1 >= points), points)
        }
        StatefulOp::Des(smoothing) => smoothed(*smoothing, &values[..index]),
        StatefulOp::Sdes(smoothing) => {
            let training = usize::try_from(smoothing.training).unwrap();
            let past = first_step.rem_euclid(i64::from(smoothing.training));
            let skipped = (training - usize::try_from(past).unwrap()) % training;
            let mut values = values.to_vec();
            values
                .iter_mut()
                .take(skipped)
                .for_each(|value| *value = f64::NAN);
            let since = (index / training).saturating_sub(1) * training;
            smoothed(*smoothing, &values[since..index])
        }
        StatefulOp::Integral => sum(&last(values, index, 1000)).unwrap_or(f64::NAN),
        StatefulOp::CumulativeMax => {
            let seen = last(values, index, 1000);
            seen.into_iter().reduce(f64::max).unwrap_or(f64::NAN)
        }
        StatefulOp::Derivative => match index.checked_sub(1) {
            Some(before) => values[index] - values[before],
            None => f64::NAN,
        },
    }
}

/// How many points it takes to cover a window.
fn covering(window: &Window) -> i64 {
    match window {
        Window::Points(points) => i64::from(*points),
        Window::Time { ms, .. } => (1..).find(|points| points * STEP_MS >= *ms).unwrap(),
    }
}

/// The level after some values.
fn smoothed(smoothing: Smoothing, values: &[f64]) -> f64 {
    let (alpha, beta) = (smoothing.alpha.0, smoothing.beta.0);
    let present: Vec<f64> = values
        .iter()
        .copied()
        .filter(|value| !value.is_nan())
        .collect();
    if present.is_empty() || present.len() < usize::try_from(smoothing.training).unwrap() {
        return f64::NAN;
    }
    let start = (present[0], 0.0);
    let (level, _) = present[1..].iter().fold(start, |(level, trend), value| {
        let next = alpha * value + (1.0 - alpha) * (level + trend);
        (next, beta * (next - level) + (1.0 - beta) * trend)
    });
    level
}

fn window_of_time(ms: i64) -> Window {
    let text = telamon_model::duration::format_iso(ms).into();
    Window::Time { ms, text }
}

fn any_op() -> impl Strategy<Value = StatefulOp> {
    let kind = prop_oneof![
        Just(Rolling::Count),
        Just(Rolling::Min),
        Just(Rolling::Max),
        Just(Rolling::Sum),
        Just(Rolling::Mean { values_min: 1 }),
        Just(Rolling::Mean { values_min: 2 }),
    ];
    let smoothing = (
        1_i32..5,
        prop::sample::select(vec![0.0, 0.1, 0.5, 1.0]),
        0..3,
    )
        .prop_map(|(training, alpha, beta)| Smoothing {
            training,
            alpha: Number(alpha),
            beta: Number(f64::from(beta) / 4.0),
        });
    let window = prop_oneof![
        (2_i32..6).prop_map(Window::Points),
        (1_i64..60_000).prop_map(window_of_time),
    ];
    prop_oneof![
        window.clone().prop_map(|by| StatefulOp::Delay { by }),
        (kind, window.clone()).prop_map(|(kind, window)| StatefulOp::Rolling { kind, window }),
        window.prop_map(|within| StatefulOp::FillLast { within }),
        smoothing.clone().prop_map(StatefulOp::Des),
        smoothing.prop_map(StatefulOp::Sdes),
        (0_i64..60_000).prop_map(|window_ms| StatefulOp::Trend { window_ms }),
        Just(StatefulOp::Integral),
        Just(StatefulOp::CumulativeMax),
        Just(StatefulOp::Derivative),
    ]
}

fn values() -> impl Strategy<Value = Vec<f64>> {
    let value = prop_oneof![
        3 => (-50_i32..50).prop_map(|n| f64::from(n) / 8.0),
        2 => Just(f64::NAN),
        1 => Just(0.0),
        1 => -1e6..1e6,
    ];
    prop::collection::vec(value, 1..20)
}

fn is_close(a: f64, b: f64, magnitude: f64) -> bool {
    (a.is_nan() && b.is_nan())
        || (a - b).abs() <= 1e-9 * b.abs()
        || (a - b).abs() <= 1e-12 * magnitude
}

proptest! {
    #[test]
    fn an_operator_is_its_definition(op in any_op(), first in 0_i64..9, values in values()) {
        let found = feed(&op, first, &values).unwrap();
        let magnitude = values.iter().fold(0.0, |most: f64, value| most.max(value.abs()));
        for (index, &value) in found.iter().enumerate() {
            let expected = naive(&op, first, &values, index);
            prop_assert!(
                is_close(value, expected, magnitude),
                "{} of {:?} at {}: {} is not {}", op, values, index, value, expected
            );
        }
    }

    /// Two lines; one without a value in a piece may be missing from it.
    #[test]
    fn pieces_give_what_the_whole_gives(
        op in any_op(), first in 0_i64..9, one in values(), two in values(),
        cuts in prop::collection::vec(1_usize..6, 1..20), shows_empty in any::<bool>(),
    ) {
        let points = one.len().min(two.len());
        let inputs = [("one", &one[..points]), ("two", &two[..points])];
        let whole: Vec<Line> = inputs.iter().map(|(name, values)| line(name, values)).collect();
        let context = window_from(first, points);
        let expected = EvalMemory::new().feed("op".to_owned(), &op, &whole, &context).unwrap();
        let mut memory = EvalMemory::new();
        let mut at = 0;
        for length in cuts.into_iter().cycle() {
            let end = (at + length).min(points);
            if at == end {
                break;
            }
            let piece: Vec<Line> = inputs
                .iter()
                .map(|(name, values)| line(name, &values[at..end]))
                .filter(|line| shows_empty || line.values.iter().any(|value| !value.is_nan()))
                .collect();
            let start = first + i64::try_from(at).unwrap();
            let context = window_from(start, end - at);
            for found in memory.feed("op".to_owned(), &op, &piece, &context).unwrap() {
                let all = expected.iter().find(|line| line.tags == found.tags).unwrap();
                let part = Line { values: all.values[at..end].to_vec(), ..all.clone() };
                prop_assert_eq!(bits(&[found]), bits(&[part]), "{} from {}", op, at);
            }
            at = end;
        }
    }

    /// Points further back than an operator says it looks change nothing.
    #[test]
    fn an_operator_looks_no_further_back_than_it_says(op in any_op(), values in values()) {
        let (points, multiple) = match op.look_back(STEP_MS) {
            LookBack::Points(points) => (points, 1),
            LookBack::Aligned { points, multiple } => (points, multiple),
            LookBack::All => return Ok(()),
        };
        let from = values.len().saturating_sub(1 + usize::try_from(points).unwrap());
        let from = from - from % usize::try_from(multiple).unwrap();
        // What an operator gives while its window fills up is another matter.
        if from > 0 {
            let first = i64::try_from(from).unwrap();
            let (all, few) =
                (feed(&op, 0, &values).unwrap(), feed(&op, first, &values[from..]).unwrap());
            let magnitude = values.iter().fold(0.0, |most: f64, value| most.max(value.abs()));
            prop_assert!(is_close(*all.last().unwrap(), *few.last().unwrap(), magnitude));
        }
    }
}

/// Values as the reference's own tests and documents give them, `-` being absent.
#[track_caller]
fn check(op: &StatefulOp, input: &str, expected: &str) {
    let read = |text: &str| -> Vec<f64> {
        let numbers = text.split_whitespace();
        numbers
            .map(|number| number.parse().unwrap_or(f64::NAN))
            .collect()
    };
    let found = feed(op, 0, &read(input)).unwrap();
    for (index, (value, expected)) in found.iter().zip(read(expected)).enumerate() {
        let is_equal = (value - expected).abs() < 1e-3 || (value.is_nan() && expected.is_nan());
        assert!(is_equal, "at {index}: {value} is not {expected}");
    }
}

fn rolling(kind: Rolling, points: i32) -> StatefulOp {
    let window = Window::Points(points);
    StatefulOp::Rolling { kind, window }
}

#[test]
fn windows_of_the_reference() {
    check(
        &rolling(Rolling::Sum, 3),
        "0 1 -1 - - - 1 1 1 0",
        "0 1 0 0 -1 - 1 2 3 2",
    );
    check(
        &rolling(Rolling::Mean { values_min: 2 }, 3),
        "0 1 -1 - - 0 1 1 1 0",
        "- .5 0 0 - - .5 .667 1 .667",
    );
    check(
        &rolling(Rolling::Min, 3),
        "0 1 -1 - 0 1 1 1 1 0",
        "0 0 -1 -1 -1 0 0 1 1 0",
    );
    check(
        &rolling(Rolling::Max, 3),
        "0 1 -1 - 0 1 1 1 1 0",
        "0 1 1 1 0 1 1 1 1 1",
    );
    check(
        &StatefulOp::Delay {
            by: Window::Points(2),
        },
        "0 1 2 - - -",
        "- - 0 1 2 -",
    );
    let trend = |window_ms| StatefulOp::Trend { window_ms };
    check(
        &trend(20_000),
        "0 1 -1 - 0 1 2 1 1 0",
        "- .5 0 -.5 0 .5 1.5 1.5 1 .5",
    );
    check(
        &trend(50_000),
        "0 1 -1 - 0 1 2 1 1 0",
        "- - - - 0 .2 .4 .8 1 1",
    );
}

#[test]
fn smoothing_of_the_reference() {
    let input = "1 1.5 1.6 1.7 1.4 1.3 1.2 1 0 0 1 1.1 1.2 1.2";
    let smoothing = |training, alpha, beta| Smoothing {
        training,
        alpha: Number(alpha),
        beta: Number(beta),
    };
    check(
        &StatefulOp::Des(smoothing(2, 0.1, 0.02)),
        input,
        "- - 1.05 1.1059 1.167198 1.193432 1.207456 1.210262 1.192768 1.076637 0.969966 0.972022 \
         0.983929 1.004877",
    );
    check(
        &StatefulOp::Sdes(smoothing(2, 0.1, 0.02)),
        input,
        "- - 1.05 1.1059 1.61 1.58918 1.39 1.37082 1.18 1.06164 0 0.1 1.01 1.02918",
    );
    check(
        &StatefulOp::Des(smoothing(3, 0.5, 0.5)),
        "1 2 3 - 5 6 7",
        "- - - 2.375 2.375 3.96875 5.523438",
    );
}

/// The phase of `:sdes` depends on the start of the window, as in the reference.
#[test]
fn sliding_smoothing_from_an_unaligned_start() {
    let op = StatefulOp::Sdes(Smoothing {
        training: 4,
        alpha: Number(0.1),
        beta: Number(0.02),
    });
    let ramp: Vec<f64> = (1..13).map(f64::from).collect();
    let found = feed(&op, 1, &ramp).unwrap();
    let shown: Vec<String> = found.iter().map(|value| format!("{value:.6}")).collect();
    let expected = "NaN NaN NaN NaN NaN NaN NaN 4.567836 5.567836 5.921133 6.345259 6.834281";
    assert_eq!(shown.join(" "), expected);
}

/// A large value that leaves a window takes no digits of the others along. Infinities leave as in the
/// reference: no value at that point, and for a trend none ever after.
#[test]
fn what_large_and_infinite_values_leave_behind() {
    let sums = |large: f64| {
        let values = [1.0, large, 2.0, 3.0, 4.0];
        let found = feed(&rolling(Rolling::Sum, 2), 0, &values).unwrap();
        format!("{found:?}")
    };
    assert_eq!(sums(1e300), "[1.0, 1e300, 1e300, 5.0, 7.0]");
    assert_eq!(sums(f64::INFINITY), "[1.0, inf, inf, NaN, 7.0]");
    let trend = StatefulOp::Trend { window_ms: 20_000 };
    let found = feed(&trend, 0, &[1.0, f64::INFINITY, 2.0, 3.0, 4.0]).unwrap();
    assert_eq!(format!("{found:?}"), "[NaN, inf, inf, NaN, NaN]");
}

#[test]
fn parameters_that_make_no_sense() {
    #[track_caller]
    fn check(op: &StatefulOp, text: &str, class: &str) {
        let error = feed(op, 0, &[1.0]).unwrap_err();
        assert_eq!(
            (error.to_string().as_str(), error.class()),
            (text, Some(class))
        );
    }
    let argument = "IllegalArgumentException";
    let size = "requirement failed: window size must be between 1 and 86400";
    for points in [0, -5, 86_401] {
        check(
            &rolling(Rolling::Count, points),
            &format!("{size}: {points}"),
            argument,
        );
        check(
            &StatefulOp::Delay {
                by: Window::Points(points),
            },
            &format!("{size}: {points}"),
            argument,
        );
    }
    for op in [
        StatefulOp::Trend {
            window_ms: 86_401 * STEP_MS,
        },
        StatefulOp::Delay {
            by: window_of_time(86_400 * STEP_MS + 1),
        },
        StatefulOp::FillLast {
            within: window_of_time(86_401 * STEP_MS),
        },
        StatefulOp::FillLast {
            within: Window::Points(86_401),
        },
    ] {
        check(&op, &format!("{size}: 86401"), argument);
    }
    let within = Window::Points(0);
    check(
        &StatefulOp::FillLast { within },
        &format!("{size}: 0"),
        argument,
    );
    check(
        &rolling(Rolling::Mean { values_min: 0 }, 5),
        "requirement failed: minimum number of values must be >= 1",
        argument,
    );
    check(
        &rolling(Rolling::Mean { values_min: 6 }, 5),
        "requirement failed: minimum number of values must be <= window size",
        argument,
    );
    let smoothing = Smoothing {
        training: 0,
        alpha: Number(0.1),
        beta: Number(0.1),
    };
    check(
        &StatefulOp::Sdes(smoothing),
        "/ by zero",
        "ArithmeticException",
    );
}

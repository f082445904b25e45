//! Our own words: each by its definition, and every word cut into pieces.

use fancy_regex::Regex;

use super::world::{Sample, World, context, limits};
use super::*;
use crate::lang::{ParseOptions, parse};
use crate::words;

fn program(text: &str) -> Vec<StyledExpr> {
    parse(text, &ParseOptions::telamon()).unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn evaluate(text: &str, samples: &[Sample], window: &EvalContext) -> Vec<Line> {
    let world = World::new(2, samples);
    let found = eval(&program(text), &world.store.snapshot(), window, &limits());
    let found = found.unwrap_or_else(|error| panic!("{text}: {error}"));
    found.results.into_iter().next().unwrap()
}

/// What a word makes of a value at a place of a line, by its definition.
fn naive(word: &str, values: &[f64], index: usize) -> f64 {
    let value = values[index];
    let whole_below = |value: f64| value - value.rem_euclid(1.0);
    let flag = |holds: bool| match (value.is_nan(), holds) {
        (true, _) => f64::NAN,
        (false, holds) => f64::from(u8::from(holds)),
    };
    let newest = |points: usize| {
        let window = &values[index.saturating_sub(points)..=index];
        window
            .iter()
            .rev()
            .copied()
            .find(|value| !value.is_nan())
            .unwrap_or(f64::NAN)
    };
    match word {
        ":log" => libm::log(value),
        ":log2" => libm::log(value) / std::f64::consts::LN_2,
        ":log10" => libm::log(value) / std::f64::consts::LN_10,
        ":exp" => libm::pow(std::f64::consts::E, value),
        ":floor" => whole_below(value),
        ":ceil" => -whole_below(-value),
        ":round" => (whole_below(value.abs() + 0.5)).copysign(value),
        "7,:fill" => {
            if value.is_nan() {
                7.0
            } else {
                value
            }
        }
        "2,:fill-last" | "25s,:fill-last" => newest(2),
        "9s,:fill-last" => value,
        "10,:fgt" => flag(value > 10.0),
        "10,:fge" => flag(value >= 10.0),
        "10,:flt" => flag(value < 10.0),
        "10,:fle" => flag(value <= 10.0),
        _ => panic!("no definition of {word}"),
    }
}

const OF_ONE_LINE: [&str; 15] = [
    ":log",
    ":log2",
    ":log10",
    ":exp",
    ":floor",
    ":ceil",
    ":round",
    "7,:fill",
    "2,:fill-last",
    "25s,:fill-last",
    "9s,:fill-last",
    "10,:fgt",
    "10,:fge",
    "10,:flt",
    "10,:fle",
];

fn is_close(a: f64, b: f64) -> bool {
    (a.is_nan() && b.is_nan()) || a == b || (a - b).abs() <= 1e-9 * b.abs().max(1e-300)
}

/// The sum of all values, each as far as its place is less than one from the wanted rank.
fn naive_quantile(values: &[f64], q: f64) -> f64 {
    let mut present: Vec<f64> = values
        .iter()
        .copied()
        .filter(|value| !value.is_nan())
        .collect();
    present.sort_by(f64::total_cmp);
    let last = present.len().saturating_sub(1);
    #[expect(clippy::cast_precision_loss, reason = "a dozen values")]
    let parts = present.iter().enumerate().map(|(place, value)| {
        let weight = (1.0 - (q * last as f64 - place as f64).abs()).max(0.0);
        if weight == 0.0 { 0.0 } else { value * weight }
    });
    parts.reduce(|a, b| a + b).unwrap_or(f64::NAN)
}

/// Values that powers and logarithms leave finite.
fn tame_samples() -> impl Strategy<Value = Vec<Sample>> {
    world::samples().prop_map(|mut samples| {
        for sample in &mut samples {
            sample.value = match sample.value {
                value if value.is_finite() => value % 500.0,
                _ => 10.0,
            };
        }
        samples
    })
}

const NODES: &str = "nf.node,:has,(,nf.node,),:by";

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_word_is_its_definition(samples in tame_samples(), points in 1_i64..12) {
        let window = context(95, points, 1);
        let inputs = evaluate(NODES, &samples, &window);
        for word in OF_ONE_LINE {
            let outputs = evaluate(&format!("{NODES},{word}"), &samples, &window);
            prop_assert_eq!(inputs.len(), outputs.len());
            for (input, output) in inputs.iter().zip(&outputs) {
                prop_assert_eq!(&input.tags, &output.tags);
                for (index, &found) in output.values.iter().enumerate() {
                    let expected = naive(word, &input.values, index);
                    prop_assert!(
                        is_close(found, expected),
                        "{} of {:?} at {}: {} is not {}", word, input.values, index, found, expected
                    );
                }
            }
        }
    }

    #[test]
    fn a_quantile_is_its_definition(
        samples in tame_samples(),
        q in prop_oneof![Just(0.0), Just(0.5), Just(1.0), 0.0_f64..=1.0],
    ) {
        let window = context(95, 12, 1);
        let inputs = evaluate(NODES, &samples, &window);
        let all = evaluate(&format!("{NODES},{q},:quantile"), &samples, &window);
        prop_assert_eq!(all.len(), 1);
        for (point, &found) in all[0].values.iter().enumerate() {
            let values: Vec<f64> = inputs.iter().map(|line| line.values[point]).collect();
            let expected = naive_quantile(&values, q);
            prop_assert!(is_close(found, expected), "{} of {:?}: {}", q, values, found);
        }
        let ends = [(0.0, ":min"), (1.0, ":max")];
        for (_, word) in ends.into_iter().filter(|(end, _)| *end == q) {
            let expected = evaluate(&format!("{NODES},{word}"), &samples, &window);
            prop_assert_eq!(format!("{:?}", &expected[0].values), format!("{:?}", &all[0].values));
        }
        let grouped = "app,:has,(,app,nf.node,),:by";
        let by_app = evaluate(&format!("{grouped},{q},:quantile,(,app,),:by"), &samples, &window);
        let inputs = evaluate(grouped, &samples, &window);
        for line in by_app {
            let app = line.tags.get("app").unwrap();
            let members: Vec<&Line> =
                inputs.iter().filter(|input| input.tags.get("app") == Some(app)).collect();
            for (point, &found) in line.values.iter().enumerate() {
                let values: Vec<f64> = members.iter().map(|line| line.values[point]).collect();
                prop_assert!(is_close(found, naive_quantile(&values, q)));
            }
        }
    }

    #[test]
    fn a_tag_is_made_as_another_engine_makes_it(
        samples in tame_samples(),
        pattern in prop::sample::select(vec![
            "(.*)", "i-(\\d)", "(i)-(\\d+)", "i|i-1", "(?<a>.)(?<b>.*)", ".*()", "(x)?.*", "cpu",
        ]),
        template in prop::sample::select(vec!["x", "$0", "<${0}>", "$$", "${}", "a$0b${}c$$"]),
        source in prop::sample::select(vec!["nf.node", "name", "nothing"]),
        target in prop::sample::select(vec!["nf.node", "new"]),
    ) {
        let window = context(95, 5, 1);
        let inputs = evaluate(NODES, &samples, &window);
        let text = format!("{NODES},{target},{template},{source},{pattern},:relabel");
        let outputs = evaluate(&text, &samples, &window);
        let engine = Regex::new(&format!("^(?:{pattern})$")).unwrap();
        for (input, output) in inputs.iter().zip(&outputs) {
            let value = input.tags.get(source).map_or("", |value| value);
            let mut expected: BTreeMap<String, String> =
                input.tags.iter().map(|(key, value)| (key.to_string(), value.to_string())).collect();
            if engine.is_match(value).unwrap() {
                let made = template.replace("${0}", value).replace("$0", value);
                let made = made.replace("${}", "").replace("$$", "$");
                expected.remove(target);
                if !made.is_empty() {
                    expected.insert(target.to_owned(), made);
                }
            }
            let expected = Tags::from_pairs(expected);
            prop_assert_eq!(&output.tags, &expected, "{} of {:?}", text, input.tags);
            prop_assert_eq!(&output.label, &crate::line::tag_label(&expected));
        }
    }

    /// The examples of every word that rules may use, over series that have what they ask for.
    #[test]
    fn no_word_sees_where_a_piece_ends(
        samples in tame_samples(), cuts in prop::collection::vec(1_i64..6, 2..5),
    ) {
        let world = World::new(2, &samples);
        let snapshot = world.store.snapshot();
        let limits = limits();
        let points = cuts.iter().sum();
        let whole = context(95, points, 1);
        for text in streamed_examples() {
            let exprs = program(&text);
            let expected = eval(&exprs, &snapshot, &whole, &limits);
            let Ok(expected) = expected else { continue };
            let mut memory = EvalMemory::new();
            let mut at = 0;
            for length in &cuts {
                let piece = context(95 + at, *length, 1);
                let asked = Query { snapshot: &snapshot, context: &piece, limits: &limits };
                let found = eval_next(&exprs, &asked, &mut memory).unwrap();
                for (lines, all) in found.results.iter().zip(&expected.results) {
                    for line in lines.iter().filter(|line| !line.is_no_data()) {
                        let from = usize::try_from(at).unwrap();
                        let range = from..from + line.values.len();
                        let same = |other: &&Line| {
                            let part = &other.values[range.clone()];
                            other.tags == line.tags
                                && format!("{part:?}") == format!("{:?}", line.values)
                        };
                        prop_assert!(all.iter().find(same).is_some(), "{} at {}: {:?}", text, at, line);
                    }
                }
                at += length;
            }
        }
    }
}

/// Examples over the tags of the test's series that look at no whole window.
fn streamed_examples() -> impl Iterator<Item = String> {
    let examples = words::all().flat_map(|word| word.examples);
    let examples = examples.map(|example| {
        let text = example
            .replace("requestsPerSecond", "cpu")
            .replace("sps", "cpu");
        text.replace("nf.cluster", "app")
            .replace("(,name,)", "(,app,)")
    });
    examples.filter(|text| {
        let options = ParseOptions {
            unstable: true,
            ..ParseOptions::telamon()
        };
        let exprs = parse(text, &options).unwrap_or_default();
        let streams = |styled: &StyledExpr| styled.expr.whole_window_word().is_none();
        !exprs.is_empty()
            && exprs.iter().all(streams)
            && parse(text, &ParseOptions::telamon()).is_ok()
    })
}

/// Lines of a program over four nodes, one of which is silent at two points, as `label: v v v`.
#[track_caller]
fn check(text: &str, expected: &[&str]) {
    let samples: Vec<Sample> = (0..4)
        .flat_map(|series| (100..104).map(move |slot| (series, slot)))
        .filter(|(series, slot)| *series != 1 || ![101, 102].contains(slot))
        .map(|(series, slot)| Sample {
            series,
            slot,
            value: f64::from(series) * 10.0,
        })
        .collect();
    let lines = evaluate(text, &samples, &context(100, 4, 1));
    let shown = lines.iter().map(|line| {
        let values: Vec<String> = line.values.iter().map(f64::to_string).collect();
        format!("{}: {}", line.label, values.join(" "))
    });
    assert_eq!(shown.collect::<Vec<_>>(), expected, "{text}");
}

#[test]
fn lines_are_named_after_our_words() {
    let one = "nf.node,i-1,:eq,:sum";
    let label = "sum(nf.node=i-1)";
    for (word, values) in [
        (":exp,:log,:round", "10 NaN NaN 10"),
        ("2,:fgt", "1 NaN NaN 1"),
        ("0,:fill", "10 0 0 10"),
        ("1,:fill-last", "10 10 NaN 10"),
        ("15s,:rolling-mean", "10 10 NaN 10"),
        ("20s,:delay", "NaN NaN 10 NaN"),
        ("1,:quantile", "10 NaN NaN 10"),
        ("a,b,nf.node,.*,:relabel", "10 NaN NaN 10"),
    ] {
        let named = match word {
            ":exp,:log,:round" => format!("round(log(exp({label})))"),
            "2,:fgt" => "nf.node=i-1".to_owned(),
            "0,:fill" => format!("fill({label}, 0.0)"),
            "1,:fill-last" => format!("fill-last({label})"),
            "15s,:rolling-mean" => format!("rolling-mean({label})"),
            "20s,:delay" => format!("delay({label})"),
            "1,:quantile" => "quantile(nf.node=i-1, 1.0)".to_owned(),
            _ => "a=b, nf.node=i-1".to_owned(),
        };
        check(&format!("{one},{word}"), &[&format!("{named}: {values}")]);
    }
}

#[test]
fn lines_are_grouped_and_joined_by_a_tag_that_was_made() {
    // cpu: i-1, i-2, i-3; disk: i-0.
    let kinds = ":true,(,nf.node,),:by,kind,$1,nf.node,i-[0-1](),:relabel";
    check(
        &format!("{kinds},kind,rest,kind,,:relabel").replace(",,", ",^$,"),
        &[
            "kind=rest, nf.node=i-0: 0 0 0 0",
            "kind=rest, nf.node=i-1: 10 NaN NaN 10",
            "kind=rest, nf.node=i-2: 20 20 20 20",
            "kind=rest, nf.node=i-3: 30 30 30 30",
        ],
    );
    let odd = ":true,(,nf.node,),:by,kind,odd,nf.node,i-[13],:relabel";
    check(&format!("{odd},(,kind,),:by"), &["(kind=odd): 40 30 30 40"]);
    let all = ":true,:all,kind,k$1,nf.node,i-(.),:relabel";
    check(
        &format!("{all},{all},(,kind,),:by,:sub"),
        &[
            "app=a0, atlas.dstype=sum, kind=k2, name=cpu, nf.node=i-2: 0 0 0 0",
            "app=a1, atlas.dstype=gauge, kind=k3, name=cpu, nf.node=i-3: 0 0 0 0",
            "app=a1, atlas.dstype=sum, kind=k1, name=cpu, nf.node=i-1: 0 NaN NaN 0",
            "atlas.dstype=gauge, kind=k0, name=disk, nf.node=i-0: 0 0 0 0",
        ],
    );
}

/// A gap that is filled belongs to the line it will be, so that memory and alerts know it again.
#[test]
fn what_is_filled_where_nothing_is_has_the_name_of_what_was_asked() {
    let nothing = evaluate("name,nothing,:eq,:sum,0,:fill", &[], &context(100, 2, 1));
    assert_eq!(nothing[0].tags.canonical(), "name=nothing");
    assert_eq!(nothing[0].label, "fill(NO DATA, 0.0)");
    assert_eq!(nothing[0].values, [0.0, 0.0]);
    let ratio = "name,nothing,:eq,:sum,name,cpu,:eq,:sum,:div,0,:fill";
    let lines = evaluate(ratio, &[], &context(100, 2, 1));
    assert_eq!(lines[0].tags.canonical(), "name=nothing");
    assert!(evaluate("name,:has,(,name,),:by,0,:fill", &[], &context(100, 2, 1)).is_empty());
}

/// The same text means the same time at every step.
#[test]
fn a_window_in_time_follows_the_step() {
    let samples: Vec<Sample> = (60..=120)
        .map(|slot| Sample {
            series: 1,
            slot,
            value: 1.0,
        })
        .collect();
    for (multiple, window, expected) in [
        (1, "60s", 6.0),
        (2, "60s", 3.0),
        (3, "60s", 2.0),
        (6, "60s", 1.0),
        (1, "61s", 7.0),
        (6, "10s", 1.0),
    ] {
        let points = 40 / multiple;
        let text = format!("name,cpu,:eq,:count,{window},:rolling-sum");
        let lines = evaluate(&text, &samples, &context(72, points, multiple));
        let newest = lines[0].values.last().unwrap();
        assert!(
            is_close(*newest, expected),
            "{window} at {multiple}: {newest}"
        );
    }
    // Where the window has fewer points than values are wanted, all of them are.
    let text = "name,cpu,:eq,:sum,60s,3,:rolling-mean";
    let lines = evaluate(text, &samples, &context(72, 5, 6));
    assert!(lines[0].values.iter().all(|value| !value.is_nan()));
}

#[test]
fn a_tag_that_grows_is_cut_off_with_a_reason() {
    let world = World::new(
        1,
        &[Sample {
            series: 1,
            slot: 100,
            value: 1.0,
        }],
    );
    let text = format!(":true,:all{}", ",a,x$0$0,a,.*,:relabel".repeat(12));
    let error = eval(
        &program(&text),
        &world.store.snapshot(),
        &context(100, 1, 1),
        &limits(),
    );
    assert_eq!(
        error.unwrap_err().to_string(),
        "the tag a that :relabel makes is longer than 1024 bytes"
    );
}

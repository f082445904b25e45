//! Programs and parameters by chance: no answer is a fault of ours.
//!
//! Words, values and parameters are drawn from the word table and from a list of awkward texts, the
//! same in each run. Most programs mean nothing; the ones that do are evaluated and drawn in every
//! format.

use serde_json::{Value, json};

use telamon_tests::fuzz::FAULTS_OF_THE_REFERENCE;

use super::harness::{House, STEP_MS, T0, escape};

const PROGRAMS: u32 = 1500;

/// What may stand between words.
const LITERALS: [&str; 28] = [
    "name",
    "chance",
    "nf.node",
    "i-1",
    "0",
    "1",
    "-1",
    "0.5",
    "1e300",
    "-1e-300",
    "NaN",
    "1h",
    "10s",
    "0s",
    "(,name,)",
    "(,nf.node,)",
    "(,)",
    "(,1,:add,)",
    "$name",
    "$(nf.node) x",
    "red",
    "ff0000",
    "area",
    "",
    "m",
    "99999999999",
    "1w",
    ".*",
];

/// Whole expressions, so that not everything ends at the first word.
const BEGINNINGS: [&str; 6] = [
    "name,chance,:eq,:sum",
    "name,chance,:eq,:max,(,nf.node,),:by",
    "name,chance,:eq",
    "nf.node,:has,:avg,(,name,nf.node,),:by",
    "42",
    "name,nothing,:eq,:sum",
];

const PARAMS: [&str; 40] = [
    "w=1",
    "w=2000",
    "w=5000",
    "h=1",
    "h=1000",
    "zoom=3",
    "zoom=0.1",
    "layout=image",
    "layout=iw",
    "layout=ih",
    "only_graph=1",
    "no_legend=1",
    "no_legend_stats=1",
    "axis_per_line=1",
    "theme=dark",
    "vision=protanopia",
    "palette=hash:armytage",
    "palette=colors:f00,00f",
    "stack=1",
    "scale=log",
    "scale=pow2",
    "scale=sqrt",
    "scale=log-linear",
    "tick_labels=binary",
    "tick_labels=off",
    "tick_labels=duration",
    "l=0",
    "l=-1e300",
    "u=1e300",
    "u=auto-data",
    "l=auto-style",
    "sort=max&order=desc",
    "tz=UTC&tz=Asia/Kolkata",
    "title=%F0%9F%92%A9",
    "ylabel=%D8%A7",
    "step=10s",
    "step=1d",
    "s=e-5y",
    "s=e-1s",
    "hints=presentation-metadata",
];

const FORMATS: [&str; 6] = ["png", "json", "csv", "txt", "v2.json", "stats.json"];

/// A source of numbers, the same in each run.
struct Dice(u64);

impl Dice {
    /// A number below a limit.
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % limit
    }

    fn pick<'a, T: ?Sized>(&mut self, items: &[&'a T]) -> &'a T {
        items[self.below(items.len())]
    }
}

/// Series whose values are awkward for axes and sums.
fn house() -> House {
    let house = House::held("[store]\nstep = \"10s\"\n", T0 + 5 * STEP_MS);
    let mut metrics: Vec<Value> = Vec::new();
    let values = [
        ["0", "-0.0", "1e-320", "3", "3"],
        ["1e308", "1e308", "-1e308", "Infinity", "5"],
        ["-Infinity", "1e22", "0.1", "1000000", "7"],
        ["5", "5", "5", "5", "5"],
    ];
    for (node, steps) in values.iter().enumerate() {
        for (step, value) in (0_i64..).zip(steps) {
            metrics.push(json!({
                "tags": {"name": "chance", "nf.node": format!("i-{node}"), "atlas.dstype": "gauge"},
                "timestamp": T0 + step * STEP_MS,
                "value": value,
            }));
        }
    }
    house.publish(&json!({"metrics": metrics})).with_status(200);
    house
}

fn program(dice: &mut Dice, words: &[&str]) -> String {
    let mut parts = vec![dice.pick(&BEGINNINGS).to_owned()];
    for _ in 0..dice.below(8) {
        match dice.below(5) {
            0 => parts.push(dice.pick(&LITERALS).to_owned()),
            1 => parts.push(dice.pick(&BEGINNINGS).to_owned()),
            _ => parts.push(format!(":{}", dice.pick(words))),
        }
    }
    parts.join(",")
}

fn target(dice: &mut Dice, program: &str) -> String {
    let format = dice.pick(&FORMATS);
    let mut target = format!("/api/v1/graph?q={}&format={format}", escape(program));
    for _ in 0..dice.below(4) {
        target += "&";
        target += dice.pick(&PARAMS);
    }
    target
}

fn is_a_fault(status: u16, body: &str) -> bool {
    status >= 500
        && !FAULTS_OF_THE_REFERENCE
            .iter()
            .any(|text| body.contains(text))
}

#[test]
fn no_combination_is_a_fault() {
    let house = house();
    let words: Vec<&str> = telamon_query::words::all().map(|word| word.name).collect();
    assert!(words.len() > 50);
    let mut dice = Dice(7);
    let mut answered = 0;
    for _ in 0..PROGRAMS {
        let program = program(&mut dice, &words);
        let target = target(&mut dice, &program);
        let answer = house.get(&target);
        let text = answer.text();
        assert!(
            !is_a_fault(answer.status, &text),
            "{program}\n{target}\n{text}"
        );
        answered += u32::from(answer.status == 200);
    }
    // Otherwise the draw is too wild to test anything.
    assert!(answered > PROGRAMS / 10, "{answered} of {PROGRAMS}");
}

#[test]
fn the_examples_of_all_words_are_answered() {
    let house = house();
    let mut dice = Dice(8);
    for word in telamon_query::words::all() {
        for example in word.examples {
            let target = target(&mut dice, example);
            let answer = house.get(&target);
            let text = answer.text();
            assert!(
                !is_a_fault(answer.status, &text),
                "{example}\n{target}\n{text}"
            );
        }
    }
}

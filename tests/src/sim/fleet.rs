//! The publishers: nodes that are born, fall silent, come back and die, and what each sends.
//!
//! Takes the time that the machines agree on; gives datapoints, most of them as an agent sends them,
//! the rest late, early, twice, out of order or without meaning.

use std::collections::BTreeMap;

use telamon_model::Tags;

use super::chance::Chance;
use super::setting::Setting;
use super::universe::{Kind, Universe};

/// A datapoint before admission.
#[derive(Clone, Debug)]
pub(crate) struct Sent {
    pub(crate) what: What,
    pub(crate) time_ms: i64,
    pub(crate) value: f64,
}

/// Whose datapoint it is.
#[derive(Clone, Debug)]
pub(crate) enum What {
    Series(usize),
    /// Tags that the rules refuse, and why.
    Invalid(Tags, &'static str),
}

/// All nodes.
#[derive(Clone, Debug)]
pub(crate) struct Fleet {
    nodes: Vec<Node>,
    /// Numbers of nodes that died.
    dead: Vec<u64>,
    next_number: u64,
}

#[derive(Clone, Debug)]
struct Node {
    number: u64,
    skew_ms: i64,
    /// It sends every minute or two, and falls silent often.
    is_slow: bool,
    silent_until_ms: i64,
    /// Names of its series.
    names: Vec<usize>,
    counts: BTreeMap<usize, f64>,
    /// What it sent last, to be sent again.
    last: Vec<Sent>,
}

impl Fleet {
    pub(crate) fn new(chance: &mut Chance) -> Self {
        let mut fleet = Self {
            nodes: Vec::new(),
            dead: Vec::new(),
            next_number: 0,
        };
        for _ in 0..chance.within(1..=5) {
            fleet.bear(chance);
        }
        fleet
    }

    fn bear(&mut self, chance: &mut Chance) {
        let number = if !self.dead.is_empty() && chance.one_in(2) {
            self.dead.swap_remove(chance.index(self.dead.len()))
        } else {
            self.next_number += 1;
            self.next_number - 1
        };
        let names = (0..Universe::names())
            .filter(|_| !chance.one_in(3))
            .collect();
        self.nodes.push(Node {
            number,
            skew_ms: chance.pick(&[0, 0, 0, 150, -900, 20_000, -30_000]),
            is_slow: chance.one_in(4),
            silent_until_ms: i64::MIN,
            names,
            counts: BTreeMap::new(),
            last: Vec::new(),
        });
    }

    /// What some nodes send in one request.
    pub(crate) fn send(
        &mut self,
        now_ms: i64,
        setting: &Setting,
        universe: &mut Universe,
        chance: &mut Chance,
    ) -> Vec<Sent> {
        if chance.one_in(60) && self.nodes.len() > 1 {
            let gone = self.nodes.swap_remove(chance.index(self.nodes.len()));
            self.dead.push(gone.number);
        }
        if self.nodes.len() < 6 && chance.one_in(50) {
            self.bear(chance);
        }
        let mut sent = Vec::new();
        for _ in 0..chance.pick(&[1, 1, 1, 2, 3]) {
            let index = chance.index(self.nodes.len());
            let node = &mut self.nodes[index];
            if node.silent_until_ms > now_ms {
                continue;
            }
            let longest_ms = if chance.one_in(if node.is_slow { 6 } else { 150 }) {
                setting.forget_after_ms() * 4 / 3
            } else if node.is_slow {
                setting.counter_heartbeat_ms() * 5 / 4
            } else {
                0
            };
            node.silent_until_ms = now_ms + chance.within(0..=longest_ms);
            sent.extend(node.send(now_ms, setting, universe, chance));
        }
        if chance.one_in(25) {
            sent.push(nonsense(now_ms, chance));
        }
        sent
    }
}

impl Node {
    fn send(
        &mut self,
        now_ms: i64,
        setting: &Setting,
        universe: &mut Universe,
        chance: &mut Chance,
    ) -> Vec<Sent> {
        if chance.one_in(15) {
            return self.last.clone();
        }
        let own_ms = now_ms + self.skew_ms;
        let is_all = chance.one_in(2);
        self.last.clear();
        for name in self.names.clone() {
            if !is_all && chance.one_in(2) {
                continue;
            }
            let series = universe.series(self.number, name);
            let kind = universe.known[series].kind;
            for _ in 0..chance.pick(&[1, 1, 1, 1, 2, 3]) {
                let sent = Sent {
                    what: What::Series(series),
                    time_ms: time(own_ms, setting, chance),
                    value: self.value(name, kind, chance),
                };
                self.last.push(sent);
            }
        }
        self.last.clone()
    }

    #[expect(clippy::cast_precision_loss, reason = "small numbers")]
    fn value(&mut self, name: usize, kind: Kind, chance: &mut Chance) -> f64 {
        if chance.one_in(40) {
            return odd_value(chance);
        }
        let small = chance.within(0..=3_000) as f64 / 60.0;
        if kind != Kind::Counter {
            return if chance.one_in(8) {
                small * 1e12
            } else {
                small
            };
        }
        let count = self.counts.entry(name).or_default();
        if chance.one_in(30) {
            *count = 0.0;
        }
        *count += small.floor();
        *count
    }
}

/// Mostly the end of the last step or the moment itself.
fn time(own_ms: i64, setting: &Setting, chance: &mut Chance) -> i64 {
    let boundary = own_ms.div_euclid(setting.step_ms) * setting.step_ms;
    match chance.below(20) {
        0..=9 => boundary,
        10..=14 => own_ms,
        15..=16 => boundary - chance.within(0..=2) * setting.step_ms,
        17..=18 => own_ms - chance.within(0..=setting.age_max_ms + 2 * setting.step_ms),
        _ => own_ms + chance.within(0..=setting.age_max_ms + setting.step_ms),
    }
}

fn odd_value(chance: &mut Chance) -> f64 {
    chance.pick(&[
        f64::NAN,
        f64::INFINITY,
        f64::NEG_INFINITY,
        -0.0,
        0.0,
        1e308,
        -1e308,
        5e-324,
        1e-9,
        -7.5,
        0.1,
    ])
}

/// A datapoint that admission refuses.
fn nonsense(now_ms: i64, chance: &mut Chance) -> Sent {
    let (pairs, why): (&[(&str, &str)], &str) = chance.pick(&[
        (&[("app", "x")] as &[_], "missing_name"),
        (&[("name", "load"), ("k", "v")], "key_too_short"),
        (&[("name", "load"), ("key", "")], "value_too_short"),
        (&[("name", "lo ad")], "invalid_value_characters"),
        (&[("name", "load"), ("nf.what", "x")], "reserved_prefix"),
    ]);
    Sent {
        what: What::Invalid(Tags::from_pairs(pairs.iter().copied()), why),
        time_ms: now_ms,
        value: 1.0,
    }
}

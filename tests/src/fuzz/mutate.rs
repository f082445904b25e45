//! Programs from programs: changed token by token, with words of the table.
//!
//! Takes programs that did something, gives another one. Half of the changes know the language: words,
//! lists, numbers and keys of the test data are put in, taken out, doubled and exchanged, programs are
//! spliced, and some are grown by a word that fits their stack. The other half cut text anywhere.

use telamon_query::lang::{self, ParseOptions, Vocabulary};
use telamon_query::words::{self, Word};

use super::{Target, graphs};
use crate::sim::chance::Chance;

/// Bytes of a program.
const BYTES_MAX: usize = 3_000;

/// What stands between words.
const LITERALS: [&str; 56] = [
    "name",
    "cpu",
    "disk",
    "users",
    "latency",
    "app",
    "a0",
    "a1",
    "nf.node",
    "i-3",
    "nothing",
    "0",
    "1",
    "2",
    "3",
    "7",
    "-1",
    "0.5",
    "1e300",
    "-1e-300",
    "1e-9",
    "NaN",
    "Infinity",
    "1024",
    "86400",
    "86401",
    "2147483647",
    "-2147483648",
    "99999999999",
    "10s",
    "1m",
    "25s",
    "1h",
    "0s",
    "1w",
    "PT1M",
    "-10s",
    "max",
    "avg",
    "count",
    "total",
    "last",
    "k",
    "red",
    "ff0000",
    "area",
    "$name",
    "$(app) x",
    "%s-%05.2f",
    "a.*",
    "(a+)+$",
    "a(?!0)",
    "[^i]*-[0-9]{1,3}",
    "s",
    "day:epoch",
    "UTC",
];

/// Whole expressions, so that not everything ends at the first word.
const EXPRESSIONS: [&str; 14] = [
    "name,cpu,:eq,:sum",
    "name,cpu,:eq,:max,(,nf.node,),:by",
    "name,disk,:eq,:avg,(,app,),:by",
    "name,(,cpu,disk,),:in,:sum,(,name,app,),:by",
    "name,cpu,:eq,:all",
    "app,:has,:count",
    "name,latency,:eq,(,50,99,),:percentiles",
    "name,users,:eq,:approx-distinct",
    "name,nothing,:eq,:sum",
    "42",
    "minuteOfDay,:time",
    ":true,:sum",
    "app,a0,:eq,:not,:max,10s,:offset",
    "name,cpu,:eq,:sum,(,nf.node,),:by,max,3,:topk",
];

/// Text that has a meaning of its own to the tokenizer.
const PIECES: [&str; 28] = [
    ",",
    ",,",
    ":",
    "(",
    ")",
    "(,",
    ",)",
    "/*",
    "*/",
    "/**/",
    " ",
    "\t",
    "\n",
    "\0",
    "\\u002c",
    "\\u003A",
    "\\u0020",
    "\\u",
    "\\ud83d",
    "\\u00e9",
    "\u{e9}",
    "\u{1f600}",
    "\u{2028}",
    "\u{a0}",
    "/*/",
    "*/*",
    "\\",
    "'",
];

/// Makes programs.
#[derive(Debug)]
pub(super) struct Mutator {
    target: Target,
    chance: Chance,
    words: Vec<&'static Word>,
    options: ParseOptions,
}

impl Mutator {
    pub(super) fn new(target: Target, seed: u64) -> Self {
        Self {
            target,
            chance: Chance::new(seed),
            words: words::all().collect(),
            options: ParseOptions {
                unstable: true,
                ..ParseOptions::telamon()
            },
        }
    }

    /// A place among so many.
    pub(super) fn place(&mut self, count: usize) -> usize {
        self.chance.index(count)
    }

    /// Another program.
    pub(super) fn change(&mut self, kept: &[String]) -> String {
        if self.target == Target::Graphs {
            return graphs::change(&mut self.chance, kept);
        }
        let mut program = self.pick(kept).to_owned();
        let is_text = match self.target {
            Target::Tokens => !self.chance.one_in(4),
            Target::Programs | Target::Queries | Target::Graphs => self.chance.one_in(10),
        };
        for _ in 0..=self.chance.index(3) {
            program = if is_text {
                self.change_text(&program)
            } else {
                self.change_tokens(&program, kept)
            };
        }
        let mut end = program.len().min(BYTES_MAX);
        while !program.is_char_boundary(end) {
            end -= 1;
        }
        program.truncate(end);
        program
    }

    /// One of the programs, late ones more often.
    fn pick<'k>(&mut self, kept: &'k [String]) -> &'k str {
        let (one, other) = (self.place(kept.len()), self.place(kept.len()));
        &kept[one.max(other)]
    }

    fn change_text(&mut self, program: &str) -> String {
        let (mut from, mut to) = (self.boundary(program), self.boundary(program));
        if from > to {
            std::mem::swap(&mut from, &mut to);
        }
        let (before, cut, after) = (&program[..from], &program[from..to], &program[to..]);
        let piece = self.chance.pick(&PIECES);
        match self.place(5) {
            0 => format!("{before}{piece}{cut}{after}"),
            1 => format!("{before}{after}"),
            2 => format!("{before}{cut}{cut}{after}"),
            3 => format!("{before}{}{after}", piece.repeat(1 + self.place(40))),
            _ => format!("{before}{piece}{after}"),
        }
    }

    fn boundary(&mut self, program: &str) -> usize {
        let mut at = self.place(program.len() + 1);
        while !program.is_char_boundary(at) {
            at -= 1;
        }
        at
    }

    fn change_tokens(&mut self, program: &str, kept: &[String]) -> String {
        let mut tokens: Vec<String> = program.split(',').map(str::to_owned).collect();
        let at = self.place(tokens.len() + 1);
        let old = at.min(tokens.len() - 1);
        match self.place(12) {
            0 | 1 => tokens.insert(at, self.token()),
            2 => tokens[old] = self.token(),
            3 => drop(tokens.remove(old)),
            4 => tokens.insert(at, tokens[old].clone()),
            5 => {
                let other = self.place(tokens.len());
                tokens.swap(old, other);
            }
            6 => tokens.insert(at, self.chance.pick(&EXPRESSIONS).to_owned()),
            7 => {
                tokens.truncate(at);
                let other: Vec<&str> = self.pick(kept).split(',').collect();
                let from = self.place(other.len());
                tokens.extend(other[from..].iter().map(|&token| token.to_owned()));
            }
            8 => {
                let to = self.place(tokens.len() + 1);
                let (from, to) = (at.min(to), at.max(to));
                tokens.insert(to, ")".to_owned());
                tokens.insert(from, "(".to_owned());
            }
            9 => {
                let block = tokens[old..].join(",");
                let times = 1 + self.place(12);
                tokens.extend(std::iter::repeat_n(block, times));
            }
            _ => return self.grow(program),
        }
        tokens.join(",")
    }

    /// The program with a word that its stack can be taken for, and with what the word needs.
    fn grow(&mut self, program: &str) -> String {
        let literal = self.literal();
        let longer = match self.place(3) {
            0 => program.to_owned(),
            1 => format!("{program},{literal}"),
            _ => format!("{program},{}", self.chance.pick(&EXPRESSIONS)),
        };
        let fitting =
            lang::complete(&longer, &self.options, Vocabulary::Telamon).unwrap_or_default();
        if fitting.is_empty() {
            return format!("{longer},:{}", self.word());
        }
        let word = self.chance.pick(&fitting);
        format!("{longer},:{}", word.name)
    }

    fn token(&mut self) -> String {
        match self.place(4) {
            0 => self.literal(),
            1 => format!("(,{},{},)", self.literal(), self.literal()),
            2 => format!("(,{},:{},)", self.literal(), self.word()),
            _ => format!(":{}", self.word()),
        }
    }

    fn word(&mut self) -> &'static str {
        let place = self.place(self.words.len());
        self.words[place].name
    }

    fn literal(&mut self) -> String {
        match self.place(8) {
            0 => self.chance.within(-10..=90_000).to_string(),
            1 => format!("{}s", self.chance.within(-1..=4_000)),
            _ => self.chance.pick(&LITERALS).to_owned(),
        }
    }
}

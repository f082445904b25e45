//! Fuzzing of the query room: nothing that a user can type brings it down.
//!
//! Takes a target and a seed, gives how many programs were run and what was found. A program that does
//! something no program before it did is kept and changed further. The same seed is the same run for
//! as long as the word table stays the same; a clock is read only to end a run and to judge how long
//! one program took.
//!
//! ```text
//!   seeds ─► kept ─► change (mutate) ─► program ─► laws of the target ─► finding, made short
//!             ▲                                        │
//!             └──────────── did something new ◄────────┘
//! ```

mod evaluation;
mod graphs;
mod laws;
mod mutate;

use std::collections::BTreeSet;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use evaluation::Field;
use graphs::Easel;
pub use graphs::FAULTS_OF_THE_REFERENCE;
use mutate::Mutator;

/// Processor time that one program may take in a law. Laws run a program several times, and the
/// builds of tests are slow.
const TIME_MAX: Duration = Duration::from_secs(4);
/// Programs that are kept to be changed.
const KEPT_MAX: usize = 5_000;
/// Runs of the law that making a finding short may take.
const SHORTENINGS_MAX: usize = 2_000;

/// What is tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// Any text: tokens, comments, escapes, places of faults.
    Tokens,
    /// Programs: run, printed, run again; traced, normalized, completed and so on.
    Programs,
    /// Programs over a small store.
    Queries,
    /// Requests for graphs to a server: what stands behind the question mark.
    Graphs,
}

impl Target {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Tokens, Self::Programs, Self::Queries, Self::Graphs];

    /// The name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Tokens => "tokens",
            Self::Programs => "programs",
            Self::Queries => "queries",
            Self::Graphs => "graphs",
        }
    }

    /// The target of a name.
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|target| target.name() == name)
    }
}

/// What a program did, in a form in which new can be told from old.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Did {
    /// Whether it ran to its end.
    pub is_valid: bool,
    /// What happened on the way.
    pub marks: Vec<String>,
}

/// A law that a program breaks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Which target.
    pub target: Target,
    /// The program, as short as it could be made.
    pub program: String,
    /// What went wrong.
    pub what: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            target,
            program,
            what,
        } = self;
        write!(f, "{}: {what}\n  in {program:?}", target.name())
    }
}

/// What a run came to.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    /// Programs that were run.
    pub executions: u64,
    /// Those that ran to their end.
    pub valid: u64,
    /// Programs that did something new.
    pub kept: usize,
    /// The longest processor time of one program.
    pub slowest: Duration,
    /// What went wrong, each kind once.
    pub findings: Vec<Finding>,
}

/// Programs or requests to start from: those of this project's lists and the examples of all words.
pub fn seeds(target: Target) -> Vec<String> {
    let listed = match target {
        Target::Graphs => include_str!("../fuzz/graphs.txt"),
        Target::Tokens | Target::Programs | Target::Queries => include_str!("../fuzz/seeds.txt"),
    };
    let listed = listed.lines();
    let listed = listed.filter(|line| !line.is_empty() && !line.starts_with("# "));
    let listed = listed.map(str::to_owned);
    if target == Target::Graphs {
        return listed.collect();
    }
    let examples = telamon_query::words::all().flat_map(|word| word.examples.iter().copied());
    listed.chain(examples.map(str::to_owned)).collect()
}

/// A judge of programs: holds the stores that they are evaluated over.
#[derive(Debug)]
pub struct Judge {
    target: Target,
    ground: Ground,
}

/// What programs of a target are tried on.
#[derive(Debug)]
enum Ground {
    Text,
    Field(Field),
    Easel(Box<Easel>),
}

impl Judge {
    /// A judge of one target.
    pub fn new(target: Target) -> Self {
        let ground = match target {
            Target::Tokens | Target::Programs => Ground::Text,
            Target::Queries => Ground::Field(Field::new()),
            Target::Graphs => Ground::Easel(Box::new(Easel::new())),
        };
        Self { target, ground }
    }

    /// Runs a program through the laws of the target.
    ///
    /// # Errors
    /// With the law that it breaks; a panic breaks one, and so does taking too long.
    pub fn check(&self, program: &str) -> Result<(Did, Duration), String> {
        let started = processor_time();
        let law = || match &self.ground {
            Ground::Text if self.target == Target::Tokens => laws::tokens(program),
            Ground::Text => laws::programs(program),
            Ground::Field(field) => field.queries(program),
            Ground::Easel(easel) => easel.graphs(program),
        };
        let did = catch_unwind(AssertUnwindSafe(law))
            .unwrap_or_else(|panic| Err(format!("panic: {}", panic_text(&*panic))))?;
        let took = processor_time().saturating_sub(started);
        if took > TIME_MAX {
            return Err(format!("slow: more than {} s", TIME_MAX.as_secs()));
        }
        Ok((did, took))
    }

    /// The program with as much left out as possible so that it still breaks the same law.
    fn shorten(&self, program: &str, what: &str) -> String {
        let kind = kind_of(what);
        let mut short = program.to_owned();
        let mut left = SHORTENINGS_MAX;
        let mut size = short.len().div_ceil(2).max(1);
        loop {
            let mut at = 0;
            while at < short.len() && left > 0 {
                let end = ceil_boundary(&short, at + size);
                let without = format!("{}{}", &short[..at], &short[end..]);
                left -= 1;
                match self.check(&without) {
                    Err(again) if kind_of(&again) == kind => short = without,
                    Ok(_) | Err(_) => at = end,
                }
            }
            if size == 1 || left == 0 {
                return short;
            }
            size /= 2;
        }
    }
}

/// Tries programs until told to stop. `before` sees each program before it is run.
pub fn run(target: Target, seed: u64, before: &mut dyn FnMut(&str, &Tally) -> bool) -> Tally {
    let judge = Judge::new(target);
    let mut mutator = Mutator::new(target, seed);
    let mut marks: BTreeSet<String> = BTreeSet::new();
    let mut kept: Vec<String> = seeds(target);
    let mut tally = Tally::default();
    let mut found: BTreeSet<String> = BTreeSet::new();
    let mut at_start = seeds(target).into_iter();
    loop {
        let program = at_start.next().unwrap_or_else(|| mutator.change(&kept));
        if !before(&program, &tally) {
            return tally;
        }
        tally.executions += 1;
        match judge.check(&program) {
            Ok((did, took)) => {
                tally.slowest = tally.slowest.max(took);
                tally.valid += u64::from(did.is_valid);
                let fresh = did
                    .marks
                    .into_iter()
                    .filter(|mark| marks.insert(mark.clone()));
                if fresh.count() > 0 {
                    tally.kept += 1;
                    keep(&mut kept, program, &mut mutator);
                }
            }
            Err(what) if found.insert(kind_of(&what)) => tally.findings.push(Finding {
                target,
                program: judge.shorten(&program, &what),
                what,
            }),
            Err(_known) => {}
        }
    }
}

fn keep(kept: &mut Vec<String>, program: String, mutator: &mut Mutator) {
    if kept.len() < KEPT_MAX {
        kept.push(program);
    } else {
        let place = mutator.place(kept.len());
        kept[place] = program;
    }
}

/// Findings of one kind are told once: the text up to what differs from program to program.
fn kind_of(what: &str) -> String {
    let kind = what.split('`').next().unwrap_or(what);
    kind.chars()
        .filter(|c| !c.is_ascii_digit())
        .take(120)
        .collect()
}

fn panic_text(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
    text.unwrap_or("without a message").to_owned()
}

/// The smallest offset not below `at` where a character starts, or the end.
fn ceil_boundary(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at += 1;
    }
    at
}

/// What this thread has computed; a busy machine does not make a program slow.
fn processor_time() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::try_from(time).unwrap_or_default()
}

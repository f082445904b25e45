//! Patterns that no automaton runs: conditions on what follows, and repetitions that keep what they
//! took.
//!
//! ```text
//!   a(?!0)   ──►   0 Start   1 a   2 Look not ─┐   3 '0'   4 Done   5 Done
//!                                              └─► next ────────────►┘
//! ```
//!
//! Each condition is decided once for each position of the value and each place of a search is
//! visited once, so the work is bounded by the square of the pattern times that of the value. That is
//! still much for long ones: a search that takes too many steps is given up.

use telamon_model::{OutOfSteps, StringMatcher};

use super::parse::{AsciiSet, Node};
use super::translate::both_cases;
use super::{PatternError, PatternLimits, too_large};
use crate::limit::Limit;

/// Places of which it can be noted in the time of a step that nothing was there yet.
const PLACES_PER_STEP: usize = 8;

/// A compiled pattern.
#[derive(Debug)]
pub(super) struct Backtracker {
    ops: Vec<Op>,
    ignore_case: bool,
    prefix: String,
    /// Steps that a search may take.
    steps_max: usize,
}

#[derive(Debug)]
enum Op {
    Char(char),
    Set(AsciiSet),
    Any,
    Start,
    End,
    /// Goes on at the first, and if that fails at the second.
    Split(usize, usize),
    Jump(usize),
    /// Goes on at `next` if the operations after this one reach their end, or if they do not.
    Look {
        negative: bool,
        next: usize,
    },
    /// Goes on at `next` where the operations after this one end first, and nowhere else.
    Once {
        next: usize,
    },
    /// The end of the pattern, or of the operations of one of the two above.
    Done,
}

/// Compiles a tree.
///
/// # Errors
/// When it is too large.
pub(super) fn build(
    tree: &Node,
    ignore_case: bool,
    prefix: String,
    limits: PatternLimits,
) -> Result<Backtracker, PatternError> {
    let ops_max = limits.steps;
    let mut ops = Vec::new();
    let how = How {
        ignore_case,
        ops_max,
    };
    let fits = write(tree, how, &mut ops);
    ops.push(Op::Done);
    if !fits || ops.len() > ops_max {
        return Err(too_large(Limit::PatternSteps, ops_max, "operations"));
    }
    Ok(Backtracker {
        ops,
        ignore_case,
        prefix,
        steps_max: limits.match_steps,
    })
}

/// How a tree is compiled.
#[derive(Clone, Copy)]
struct How {
    ignore_case: bool,
    ops_max: usize,
}

/// Appends the operations of a node; false when there are too many.
fn write(node: &Node, how: How, ops: &mut Vec<Op>) -> bool {
    if ops.len() > how.ops_max {
        return false;
    }
    match node {
        Node::Char(c) => ops.push(Op::Char(*c)),
        Node::Set(set) if how.ignore_case => ops.push(Op::Set(both_cases(*set))),
        Node::Set(set) => ops.push(Op::Set(*set)),
        Node::Any => ops.push(Op::Any),
        Node::Start => ops.push(Op::Start),
        Node::End => ops.push(Op::End),
        Node::Seq(nodes) => return nodes.iter().all(|part| write(part, how, ops)),
        Node::Or(alternatives) => return write_or(alternatives, how, ops),
        Node::Repeat {
            node,
            min,
            max,
            possessive: false,
        } => return write_repeat(*min, *max, ops, |ops| write(node, how, ops)),
        Node::Repeat { node, min, max, .. } => {
            let once = |ops: &mut Vec<Op>| {
                write_block(ops, |next| Op::Once { next }, |ops| write(node, how, ops))
            };
            let repeated = |ops: &mut Vec<Op>| write_repeat(*min, *max, ops, once);
            return write_block(ops, |next| Op::Once { next }, repeated);
        }
        Node::Look { negative, node } => {
            let look = |next| Op::Look {
                negative: *negative,
                next,
            };
            return write_block(ops, look, |ops| write(node, how, ops));
        }
    }
    true
}

fn write_or(alternatives: &[Node], how: How, ops: &mut Vec<Op>) -> bool {
    let mut jumps = Vec::new();
    for (index, alternative) in alternatives.iter().enumerate() {
        let split = ops.len();
        let is_last = index + 1 == alternatives.len();
        if !is_last {
            ops.push(Op::Done);
        }
        if !write(alternative, how, ops) {
            return false;
        }
        if !is_last {
            jumps.push(ops.len());
            ops.push(Op::Done);
            ops[split] = Op::Split(split + 1, ops.len());
        }
    }
    let end = ops.len();
    for jump in jumps {
        ops[jump] = Op::Jump(end);
    }
    true
}

fn write_repeat(
    min: u32,
    max: Option<u32>,
    ops: &mut Vec<Op>,
    mut repeated: impl FnMut(&mut Vec<Op>) -> bool,
) -> bool {
    for _ in 0..min {
        if !repeated(ops) {
            return false;
        }
    }
    match max {
        None => {
            let split = ops.len();
            ops.push(Op::Done);
            if !repeated(ops) {
                return false;
            }
            ops.push(Op::Jump(split));
            ops[split] = Op::Split(split + 1, ops.len());
        }
        Some(max) => {
            let mut splits = Vec::new();
            for _ in min..max {
                splits.push(ops.len());
                ops.push(Op::Done);
                if !repeated(ops) {
                    return false;
                }
            }
            let end = ops.len();
            for split in splits {
                ops[split] = Op::Split(split + 1, end);
            }
        }
    }
    true
}

/// Appends an operation that owns the ones after it, up to their end.
fn write_block(
    ops: &mut Vec<Op>,
    owner: impl FnOnce(usize) -> Op,
    body: impl FnOnce(&mut Vec<Op>) -> bool,
) -> bool {
    let at = ops.len();
    ops.push(Op::Done);
    let fits = body(ops);
    ops.push(Op::Done);
    ops[at] = owner(ops.len());
    fits
}

impl StringMatcher for Backtracker {
    fn is_match(&self, value: &str) -> Result<bool, OutOfSteps> {
        let text: Vec<char> = value.chars().collect();
        let places = self.ops.len() * (text.len() + 1);
        let mut search = Search {
            pattern: self,
            decided: Vec::new(),
            text: &text,
            steps_left: self.steps_max,
        };
        search.take_steps(places / PLACES_PER_STEP)?;
        search.decided.resize(places, None);
        let starts: Vec<(usize, usize)> = (0..=text.len()).rev().map(|at| (0, at)).collect();
        Ok(search.run(starts, self.ops.len())?.is_some())
    }

    fn prefix(&self) -> &str {
        &self.prefix
    }
}

/// One search in one value.
struct Search<'a> {
    pattern: &'a Backtracker,
    text: &'a [char],
    /// Of each operation that owns others, at each position: where they end.
    decided: Vec<Option<Option<usize>>>,
    steps_left: usize,
}

impl Search<'_> {
    /// Where the first way through ends, from the last of the starts to the first. Each start is an
    /// operation and a position; `end` is the operation after those that may be run.
    fn run(
        &mut self,
        mut open: Vec<(usize, usize)>,
        end: usize,
    ) -> Result<Option<usize>, OutOfSteps> {
        let Some(first) = open.iter().map(|&(op, _)| op).min() else {
            return Ok(None);
        };
        let width = self.text.len() + 1;
        let places = (end - first) * width;
        self.take_steps(places / PLACES_PER_STEP)?;
        let mut seen = vec![false; places];
        while let Some((op, at)) = open.pop() {
            self.take_steps(1)?;
            // A place that was seen before led nowhere, or is being looked at: an empty repetition.
            if std::mem::replace(&mut seen[(op - first) * width + at], true) {
                continue;
            }
            match self.pattern.ops[op] {
                Op::Done => return Ok(Some(at)),
                Op::Jump(to) => open.push((to, at)),
                Op::Split(one, other) => open.extend([(other, at), (one, at)]),
                Op::Start if at == 0 => open.push((op + 1, at)),
                Op::End if at == self.text.len() => open.push((op + 1, at)),
                Op::Start | Op::End => {}
                Op::Char(_) | Op::Set(_) | Op::Any => {
                    if self.text.get(at).is_some_and(|&c| self.takes(op, c)) {
                        open.push((op + 1, at + 1));
                    }
                }
                Op::Look { negative, next } => {
                    if self.end_of_block(op, at, next)?.is_some() != negative {
                        open.push((next, at));
                    }
                }
                Op::Once { next } => {
                    let ended = self.end_of_block(op, at, next)?;
                    open.extend(ended.map(|at| (next, at)));
                }
            }
        }
        Ok(None)
    }

    fn take_steps(&mut self, steps: usize) -> Result<(), OutOfSteps> {
        let steps_max = u64::try_from(self.pattern.steps_max).unwrap_or(u64::MAX);
        let left = self.steps_left.checked_sub(steps);
        self.steps_left = left.ok_or(OutOfSteps { steps_max })?;
        Ok(())
    }

    /// Where the operations after `op` end, when they are run from a position.
    fn end_of_block(
        &mut self,
        op: usize,
        at: usize,
        next: usize,
    ) -> Result<Option<usize>, OutOfSteps> {
        let place = op * (self.text.len() + 1) + at;
        if let Some(known) = self.decided[place] {
            return Ok(known);
        }
        let found = self.run(vec![(op + 1, at)], next)?;
        self.decided[place] = Some(found);
        Ok(found)
    }

    fn takes(&self, op: usize, c: char) -> bool {
        match self.pattern.ops[op] {
            Op::Char(expected) => {
                c == expected || self.pattern.ignore_case && is_same_letter(c, expected)
            }
            Op::Set(set) => c.is_ascii() && set >> u32::from(c) & 1 == 1,
            _ => true,
        }
    }
}

fn is_same_letter(a: char, b: char) -> bool {
    a.to_uppercase().eq(b.to_uppercase()) || a.to_lowercase().eq(b.to_lowercase())
}

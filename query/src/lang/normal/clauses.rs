//! The normal form of a query: alternatives of clauses, each a test of one key or its opposite.
//!
//! ```text
//!   b=2 and (a=1 or name=x)   ──►   (a=1 and b=2)  or  (name=x and b=2)
//! ```
//!
//! Clauses of an alternative are sorted by key, well-known keys first; alternatives by their text.
//! The number of alternatives can grow exponentially, so every clause made is taken from a budget.

use std::cell::Cell;
use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::rc::Rc;
use std::sync::Arc;

use telamon_model::Predicate;
use telamon_model::predicate::utf16_cmp;

use crate::expr::QueryText;
use crate::lang::error::Fault;
use crate::limit::Limit;

/// Keys whose clauses come first, in this order.
const FIRST_KEYS: [&str; 8] = [
    "name",
    "nf.app",
    "nf.stack",
    "nf.cluster",
    "nf.asg",
    "nf.region",
    "nf.zone",
    "nf.node",
];

/// The key whose clauses come last.
const LAST_KEY: &str = "statistic";

/// Clauses that may still be made.
pub(in crate::lang) struct Budget {
    left: Cell<usize>,
    whole: usize,
}

impl Budget {
    pub(in crate::lang) fn new(clauses: usize) -> Self {
        Self {
            left: Cell::new(clauses),
            whole: clauses,
        }
    }

    fn take(&self, clauses: usize) -> Result<(), Fault> {
        match self.left.get().checked_sub(clauses) {
            Some(left) => {
                self.left.set(left);
                Ok(())
            }
            None => Err(Fault::argument(format!(
                "the normal form of the queries has more than {} clauses",
                self.whole
            ))
            .hint("an :or inside an :and doubles the clauses; :in does not")
            .exceeds(Limit::ExprParts, self.whole)),
        }
    }
}

/// A test of one key, or its opposite. Its text decides what is equal and what comes first.
struct Clause {
    rank: usize,
    text: String,
    query: Predicate,
}

impl Ord for Clause {
    fn cmp(&self, other: &Self) -> Ordering {
        self.rank
            .cmp(&other.rank)
            .then_with(|| utf16_cmp(&self.text, &other.text))
    }
}

impl PartialOrd for Clause {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Clause {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Clause {}

/// Clauses that hold together.
type Conjunct = BTreeSet<Rc<Clause>>;

/// The query in normal form. Series are selected by it exactly if they are by the query.
pub(in crate::lang) fn normal_form(query: &Predicate, budget: &Budget) -> Result<Predicate, Fault> {
    let mut conjuncts = alternatives(&simplify(query, Opposite::OfTrueIsFalse), false, budget)?;
    if conjuncts.len() > 1 {
        // What demands all that every other demands is selected by any of them.
        let all: BTreeSet<Rc<Clause>> = conjuncts.iter().flatten().cloned().collect();
        conjuncts.retain(|conjunct| conjunct.len() < all.len());
    }
    let mut queries: Vec<(String, Predicate)> = conjuncts
        .iter()
        .filter_map(|conjunct| {
            let clauses = conjunct.iter().map(|clause| clause.query.clone());
            clauses.reduce(|a, b| Predicate::And(Arc::new(a), Arc::new(b)))
        })
        .map(|query| (QueryText(&query).to_string(), query))
        .collect();
    queries.sort_by(|(a, _), (b, _)| utf16_cmp(a, b));
    let queries = queries.into_iter().map(|(_, query)| query);
    let folded = queries.reduce(|a, b| Predicate::Or(Arc::new(a), Arc::new(b)));
    Ok(folded.unwrap_or(Predicate::False))
}

/// What the opposite of true is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(in crate::lang) enum Opposite {
    /// False, as always.
    OfTrueIsFalse,
    /// True: true stands for a test that is to be ignored, and so is its opposite.
    OfTrueIsTrue,
}

/// The query without true and false inside.
pub(in crate::lang) fn simplify(query: &Predicate, opposite: Opposite) -> Predicate {
    match query {
        Predicate::And(a, b) => simplify(a, opposite).and(simplify(b, opposite)),
        Predicate::Or(a, b) => simplify(a, opposite).or(simplify(b, opposite)),
        Predicate::Not(inner) => match simplify(inner, opposite) {
            Predicate::True if opposite == Opposite::OfTrueIsTrue => Predicate::True,
            other => other.negate(),
        },
        _ => query.clone(),
    }
}

/// The alternatives of a query, or of its opposite.
fn alternatives(
    query: &Predicate,
    is_negated: bool,
    budget: &Budget,
) -> Result<BTreeSet<Conjunct>, Fault> {
    match query {
        Predicate::Not(inner) => alternatives(inner, !is_negated, budget),
        Predicate::And(a, b) | Predicate::Or(a, b) => {
            let a = alternatives(a, is_negated, budget)?;
            let b = alternatives(b, is_negated, budget)?;
            let is_or = matches!(query, Predicate::Or(..)) != is_negated;
            if is_or {
                Ok(either(a, b))
            } else {
                both(&a, &b, budget)
            }
        }
        _ => {
            budget.take(1)?;
            let clause = clause(query, is_negated);
            Ok(BTreeSet::from([Conjunct::from([Rc::new(clause)])]))
        }
    }
}

fn either(mut a: BTreeSet<Conjunct>, mut b: BTreeSet<Conjunct>) -> BTreeSet<Conjunct> {
    a.append(&mut b);
    a
}

fn both(
    a: &BTreeSet<Conjunct>,
    b: &BTreeSet<Conjunct>,
    budget: &Budget,
) -> Result<BTreeSet<Conjunct>, Fault> {
    let mut met = BTreeSet::new();
    for left in a {
        for right in b {
            budget.take(left.len() + right.len())?;
            met.insert(left | right);
        }
    }
    Ok(met)
}

fn clause(query: &Predicate, is_negated: bool) -> Clause {
    let test = match query {
        Predicate::In(key, values) => one_of(key, values),
        _ => query.clone(),
    };
    let rank = rank(key_of(&test).unwrap_or_default());
    let query = if is_negated { test.negate() } else { test };
    Clause {
        rank,
        text: QueryText(&query).to_string(),
        query,
    }
}

/// The values in order, each once; of a single one, the test for it.
fn one_of(key: &Arc<str>, values: &[Arc<str>]) -> Predicate {
    let mut sorted = values.to_vec();
    sorted.sort_by(|a, b| utf16_cmp(a, b));
    sorted.dedup();
    match sorted.as_slice() {
        [value] => Predicate::Equal(Arc::clone(key), Arc::clone(value)),
        _ => Predicate::In(Arc::clone(key), sorted.into()),
    }
}

/// The key a test looks at; `None` of what is no test of one key.
pub(in crate::lang) fn key_of(test: &Predicate) -> Option<&str> {
    match test {
        Predicate::Has(key)
        | Predicate::Equal(key, _)
        | Predicate::Less(key, _)
        | Predicate::LessEqual(key, _)
        | Predicate::Greater(key, _)
        | Predicate::GreaterEqual(key, _)
        | Predicate::Matches(key, _)
        | Predicate::In(key, _) => Some(key),
        Predicate::True
        | Predicate::False
        | Predicate::And(..)
        | Predicate::Or(..)
        | Predicate::Not(_) => None,
    }
}

fn rank(key: &str) -> usize {
    let others = FIRST_KEYS.len();
    match FIRST_KEYS.iter().position(|&first| first == key) {
        Some(position) => position,
        None if key == LAST_KEY => others + 1,
        None => others,
    }
}

#[cfg(test)]
mod tests;

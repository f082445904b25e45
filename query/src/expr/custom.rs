//! Averages that an operator defines: a sum divided by a count of its own, such as the number of nodes.

use std::sync::Arc;

use telamon_model::Predicate;

use super::{Aggregate, AggregateExpr, BinaryOp, DataExpr, Displayed, Expr, Keys, Rewrite};

/// What a sum is divided by.
#[derive(Clone, Debug, PartialEq)]
pub struct CustomAverage {
    /// The word without its colon.
    pub name: Arc<str>,
    /// The series whose sum is the divisor.
    pub base: Arc<Predicate>,
    /// Keys that these series have: what a query says about others does not restrict them.
    pub keys: Keys,
}

impl CustomAverage {
    /// The average of a query, by keys if there are any; printed as the query and the name.
    pub fn of(average: &Arc<Self>, query: &Arc<Predicate>, keys: Option<&Keys>) -> Expr {
        let divided = sum(Arc::clone(query), keys.cloned());
        let known = average.keys.as_ref();
        let restriction = keep_keys(query, known);
        let base = (*average.base).clone().and(restriction);
        let shared = keys.map(|keys| -> Keys {
            let shared = keys.iter().filter(|key| known.contains(key));
            shared.cloned().collect()
        });
        let divisor = sum(Arc::new(base), shared.filter(|keys| !keys.is_empty()));
        Expr::Rewrite(Arc::new(Rewrite {
            name: Arc::clone(&average.name),
            display: Displayed::Query(Arc::clone(query)),
            params: Vec::new(),
            eval: Arc::new(Expr::Binary {
                op: BinaryOp::Div,
                left: Arc::new(divided),
                right: Arc::new(divisor),
            }),
            average: Some(Arc::clone(average)),
        }))
    }
}

fn sum(query: Arc<Predicate>, keys: Option<Keys>) -> Expr {
    let aggregate = AggregateExpr::new(Aggregate::Sum, query);
    Expr::Data(match keys {
        None => DataExpr::Aggregate(aggregate),
        Some(keys) => DataExpr::GroupBy { aggregate, keys },
    })
}

/// The query without what it says about other keys: that counts as true, even negated.
fn keep_keys(query: &Predicate, keys: &[Arc<str>]) -> Predicate {
    match query {
        Predicate::True => Predicate::True,
        Predicate::False => Predicate::False,
        Predicate::And(a, b) => keep_keys(a, keys).and(keep_keys(b, keys)),
        Predicate::Or(a, b) => keep_keys(a, keys).or(keep_keys(b, keys)),
        Predicate::Not(inner) => match keep_keys(inner, keys) {
            Predicate::True | Predicate::False => Predicate::True,
            kept => Predicate::Not(Arc::new(kept)),
        },
        Predicate::Has(key)
        | Predicate::Equal(key, _)
        | Predicate::Less(key, _)
        | Predicate::LessEqual(key, _)
        | Predicate::Greater(key, _)
        | Predicate::GreaterEqual(key, _)
        | Predicate::Matches(key, _)
        | Predicate::In(key, _) => {
            if keys.contains(key) {
                query.clone()
            } else {
                Predicate::True
            }
        }
    }
}

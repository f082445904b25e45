//! Averages by counts of one's own: the vocabulary `custom` as the reference ships it.

use std::sync::{Arc, LazyLock};

use telamon_model::Predicate;

use crate::expr::CustomAverage;
use crate::lang::{Fault, Type, Value, Vocabulary};

use super::{Args, Body, Word};

const fn average(name: &'static str, compute: fn(&Args<'_>) -> Result<Value, Fault>) -> Word {
    Word::new(
        Vocabulary::Custom,
        name,
        "Query -- TimeSeriesExpr",
        &[Type::Query],
        Body::Pure(compute),
    )
}

pub(super) const WORDS: &[Word] = &[
    average("node-avg", |args| averaged(args, &SHIPPED[0])).says(
        "The sum divided by the number of nodes that are watched.",
        &[
            "name,requestsPerSecond,:eq,:node-avg",
            "name,requestsPerSecond,:eq,:node-avg,(,nf.zone,),:by",
        ],
    ),
    average("eureka-avg", |args| averaged(args, &SHIPPED[1])).says(
        "The sum divided by the number of nodes that discovery says are up.",
        &["name,requestsPerSecond,:eq,:eureka-avg"],
    ),
];

fn averaged(args: &Args<'_>, average: &Arc<CustomAverage>) -> Result<Value, Fault> {
    Ok(Value::expr(CustomAverage::of(
        average,
        args.query(0)?,
        None,
    )))
}

static SHIPPED: LazyLock<[Arc<CustomAverage>; 2]> = LazyLock::new(|| {
    let equal = |key: &str, value: &str| Predicate::Equal(key.into(), value.into());
    let keys = [
        "account", "app", "ami", "asg", "cluster", "stack", "zone", "region", "node", "ns",
        "vmtype",
    ];
    let average = |name: &str, base: Predicate| {
        Arc::new(CustomAverage {
            name: name.into(),
            base: Arc::new(base),
            keys: keys
                .iter()
                .map(|key| Arc::from(format!("nf.{key}")))
                .collect(),
        })
    };
    let up = equal("name", "discovery.status").and(equal("state", "UP"));
    [
        average("node-avg", equal("name", "poller.asg.instance")),
        average("eureka-avg", up),
    ]
});

//! Changes of alerts in a form in which the evaluator's and the model's can be compared, and two runs
//! with each other.

use std::collections::{BTreeMap, BTreeSet};

use telamon_alert::Transition;

/// One change of one alert.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Told {
    pub(crate) slot: i64,
    pub(crate) rule: String,
    what: String,
    labels: String,
    rest: String,
}

impl Told {
    pub(crate) fn new(
        (slot, rule, what): (i64, &str, &str),
        labels: &BTreeMap<String, String>,
        rest: &str,
    ) -> Self {
        let labels: Vec<String> = labels.iter().map(|(k, v)| format!("{k}={v}")).collect();
        Self {
            slot,
            rule: rule.to_owned(),
            what: what.to_owned(),
            labels: labels.join(" "),
            rest: rest.to_owned(),
        }
    }

    pub(crate) fn of(transition: &Transition) -> Self {
        let alert = &transition.alert;
        let labels = alert.labels.iter();
        Self::new(
            (
                transition.slot.0,
                &alert.rule,
                &format!("{:?}", transition.change),
            ),
            &labels
                .map(|(k, v)| (k.to_string(), v.to_string()))
                .collect(),
            &format!(
                "{:?} value={:?} peak={:?} active={} fired={:?}",
                transition.reason,
                alert.value,
                alert.peak,
                alert.active_at.0,
                alert.fired_at.map(|time| time.0)
            ),
        )
    }

    /// Whether an alert is held afterwards.
    fn is_held(&self) -> bool {
        matches!(self.what.as_str(), "Pending" | "Fired")
    }
}

/// Where two histories of one rule differ although they must not: the second began later, so they
/// agree only from the first step at or after `from` before which neither holds an alert.
pub(crate) fn differ_from(
    first: &[Told],
    second: &[Told],
    from: i64,
    rule: &str,
) -> Option<String> {
    let of_rule = |told: &[Told]| -> Vec<Told> {
        told.iter()
            .filter(|one| one.rule == rule)
            .cloned()
            .collect()
    };
    let (first, second) = (of_rule(first), of_rule(second));
    let changes = first.iter().chain(&second).map(|one| one.slot + 1);
    let mut starts: Vec<i64> = changes.filter(|&slot| slot >= from).collect();
    starts.push(from);
    starts.sort_unstable();
    let start = starts
        .into_iter()
        .find(|&slot| !holds_before(&first, slot) && !holds_before(&second, slot))?;
    let after = |told: &[Told]| -> Vec<Told> {
        told.iter()
            .filter(|one| one.slot >= start)
            .cloned()
            .collect()
    };
    let (first, second) = (after(&first), after(&second));
    (first != second)
        .then(|| format!("rule {rule}, from step {start} on: before {first:?}, after {second:?}"))
}

fn holds_before(told: &[Told], slot: i64) -> bool {
    let mut held = BTreeSet::new();
    for one in told.iter().filter(|one| one.slot < slot) {
        if one.is_held() {
            held.insert(&one.labels);
        } else {
            held.remove(&one.labels);
        }
    }
    !held.is_empty()
}

//! The machine against a model that looks at the whole history at once.

use super::*;
use proptest::prelude::*;

/// One interval as the model sees it.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Seen {
    Active,
    Inactive,
    Missing,
}

fn policy(for_intervals: i64, keep: i64, vanish_after: i64) -> RulePolicy {
    RulePolicy {
        for_intervals,
        keep_firing_slots: keep,
        vanish_after,
        limit: 100,
        is_worse_when_less: false,
    }
}

fn line() -> Tags {
    Tags::from_pairs([("nf.node", "i-1")])
}

fn lines(seen: Seen, value: f64) -> Lines {
    let level = match seen {
        Seen::Active => 1.0,
        Seen::Inactive => 0.0,
        Seen::Missing => return Lines::new(),
    };
    Lines::from([(line(), Signal { level, value })])
}

fn close(slot: i64) -> Close {
    Close {
        slot: Slot(slot),
        is_late: false,
    }
}

/// The slots at which a machine changes, with the change and its reason.
fn run(policy: &RulePolicy, history: &[Seen]) -> Vec<(i64, Change, Reason)> {
    let mut state = RuleState::default();
    let mut changes = Vec::new();
    for (slot, &seen) in (0..).zip(history) {
        for event in state.advance(policy, close(slot), &lines(seen, 1.0)) {
            changes.push((slot, event.change, event.reason));
        }
    }
    changes
}

/// The same by episodes: an episode begins with an active interval and ends at the first interval
/// that ends it, found by looking ahead.
fn model(policy: &RulePolicy, history: &[Seen]) -> Vec<(i64, Change, Reason)> {
    let mut changes = Vec::new();
    let mut from = 0;
    while let Some(begin) = (from..history.len()).find(|&i| history[i] == Seen::Active) {
        let active: Vec<usize> = (begin..history.len())
            .filter(|&i| history[i] == Seen::Active)
            .collect();
        let needed = usize::try_from(policy.for_intervals).unwrap();
        let would_fire = active.get(needed).copied();
        let ends = |i: usize| -> Option<Reason> {
            let fired = would_fire.is_some_and(|at| at < i);
            let last_active = (begin..i).rev().find(|&j| history[j] == Seen::Active)?;
            let age = i64::try_from(i - last_active).unwrap();
            let missing = (begin..=i)
                .rev()
                .take_while(|&j| history[j] == Seen::Missing);
            let missing = i64::try_from(missing.count()).unwrap();
            match history[i] {
                Seen::Inactive if !(fired && age < policy.keep_firing_slots) => {
                    Some(Reason::Signal)
                }
                Seen::Missing if missing >= policy.vanish_after => Some(Reason::Vanished),
                _ => None,
            }
        };
        let end = (begin + 1..history.len()).find_map(|i| ends(i).map(|reason| (i, reason)));
        let stop = end.map_or(history.len(), |(i, _)| i);
        let fired = would_fire.filter(|&at| at < stop);
        if policy.for_intervals > 0 {
            changes.push((begin, Change::Pending, Reason::Signal));
        }
        changes.extend(fired.map(|at| (at, Change::Fired, Reason::Signal)));
        if let Some((i, reason)) = end {
            let change = if fired.is_some() {
                Change::Resolved
            } else {
                Change::Cleared
            };
            changes.push((i, change, reason));
        }
        from = stop + 1;
    }
    changes
        .into_iter()
        .map(|(i, change, reason)| (i64::try_from(i).unwrap(), change, reason))
        .collect()
}

fn seen() -> impl Strategy<Value = Seen> {
    prop_oneof![
        3 => Just(Seen::Active),
        2 => Just(Seen::Inactive),
        2 => Just(Seen::Missing),
    ]
}

proptest! {
    #[test]
    fn the_machine_equals_the_model(
        history in prop::collection::vec(seen(), 0..60),
        for_intervals in 0..5_i64,
        keep in 0..5_i64,
        vanish_after in 1..5_i64,
    ) {
        let policy = policy(for_intervals, keep, vanish_after);
        prop_assert_eq!(run(&policy, &history), model(&policy, &history));
    }

    /// Lines do not influence each other, and events come in the order of their tags.
    #[test]
    fn lines_are_independent(histories in prop::collection::vec(
        prop::collection::vec(seen(), 30), 1..5,
    )) {
        let policy = policy(2, 2, 3);
        let tags = |index: usize| Tags::from_pairs([("line", index.to_string())]);
        let mut state = RuleState::default();
        let mut together = Vec::new();
        for slot in 0..30 {
            let lines: Lines = histories.iter().enumerate().filter_map(|(index, history)| {
                let signal = lines(history[slot], 1.0).into_values().next()?;
                Some((tags(index), signal))
            }).collect();
            let slot = i64::try_from(slot).unwrap();
            let events = state.advance(&policy, close(slot), &lines);
            prop_assert!(events.is_sorted_by_key(|event| event.tags.clone()));
            together.extend(
                events.into_iter().map(|event| (event.tags, slot, event.change, event.reason)),
            );
        }
        let mut alone: Vec<_> = histories.iter().enumerate().flat_map(|(index, history)| {
            let changes = run(&policy, history).into_iter();
            changes.map(move |(slot, change, reason)| (Some(tags(index)), slot, change, reason))
        }).collect();
        alone.sort_by_key(|(tags, slot, ..)| (*slot, tags.clone()));
        prop_assert_eq!(together, alone);
    }

    /// Beyond the limit nothing is cleared, and one notice tells that lines are left out.
    #[test]
    fn a_storm_is_one_notice(counts in prop::collection::vec(0..8_usize, 1..30)) {
        let policy = RulePolicy { limit: 3, ..policy(0, 0, 1) };
        let mut state = RuleState::default();
        let mut is_storm = false;
        for (slot, &count) in (0..).zip(&counts) {
            let signal = Signal { level: 1.0, value: 1.0 };
            let lines: Lines = (0..count)
                .map(|index| (Tags::from_pairs([("line", index.to_string())]), signal))
                .collect();
            let events = state.advance(&policy, close(slot), &lines);
            let notices: Vec<Change> = events
                .iter()
                .filter(|event| event.tags.is_none())
                .map(|event| event.change)
                .collect();
            prop_assert_eq!(state.instances().len(), count.min(3));
            prop_assert_eq!(state.over_limit_count(), count.saturating_sub(3));
            let expected = match (is_storm, count > 3) {
                (false, true) => vec![Change::Fired],
                (true, false) => vec![Change::Resolved],
                _ => vec![],
            };
            prop_assert_eq!(notices, expected);
            is_storm = count > 3;
        }
    }
}

#[test]
fn slots_that_close_late_never_count_as_missing() {
    let policy = policy(0, 0, 2);
    let mut state = RuleState::default();
    let fired = state.advance(&policy, close(0), &lines(Seen::Active, 1.0));
    assert_eq!(fired.len(), 1);
    for slot in 1..100 {
        let late = Close {
            is_late: true,
            ..close(slot)
        };
        assert_eq!(state.advance(&policy, late, &Lines::new()), vec![]);
    }
    assert_eq!(state.advance(&policy, close(100), &Lines::new()), vec![]);
    let ended = state.advance(&policy, close(101), &Lines::new());
    assert_eq!(ended[0].reason, Reason::Vanished);
}

#[test]
fn values_and_the_worst_of_them_are_kept() {
    for (is_worse_when_less, peak) in [(false, 9.0), (true, 3.0)] {
        let policy = RulePolicy {
            is_worse_when_less,
            ..policy(1, 0, 5)
        };
        let mut state = RuleState::default();
        for (slot, value) in [(0, 5.0), (1, 9.0), (2, 3.0), (3, 4.0)] {
            state.advance(&policy, close(slot), &lines(Seen::Active, value));
        }
        let (_, instance) = state.instances().next().unwrap();
        assert_eq!((instance.value, instance.peak), (4.0, peak));
        assert_eq!(instance.active_at, Slot(0));
        assert_eq!(instance.fired_at, Some(Slot(1)));
        let ended = state.advance(&policy, close(4), &lines(Seen::Inactive, 0.5));
        assert_eq!(ended[0].instance.value, 0.5, "the value that resolved it");
        assert_eq!(ended[0].instance.peak, peak);
    }
}

#[test]
fn what_is_nearly_zero_is_inactive_and_negative_is_active() {
    for (level, active) in [(1e-13, 0), (-1.0, 1), (f64::INFINITY, 1), (-0.0, 0)] {
        let mut state = RuleState::default();
        let lines = Lines::from([(line(), Signal { level, value: 0.0 })]);
        state.advance(&policy(0, 0, 1), close(0), &lines);
        assert_eq!(state.instances().len(), active, "{level}");
    }
}

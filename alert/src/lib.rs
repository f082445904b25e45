//! Rules and closed steps in, transitions out.
//!
//! Takes rule files as text ([`rule`]) and one immutable snapshot per closed slot ([`evaluator`]);
//! gives the changes of alerts ([`transition`]). State is a function of the rules and the closes,
//! so evaluating a log again gives the same alerts. There is no clock, no socket and no file here:
//! reading rules and telling people is left to the server.

pub mod evaluator;
pub mod rule;
pub mod signal;
pub mod state;
pub mod template;
pub mod transition;

pub use evaluator::Evaluator;
pub use rule::{Group, ParseContext, Rule, RuleError, RuleFile};
pub use transition::{
    Alert, Change, GroupView, Health, Phase, Picture, Reason, RuleView, Transition,
};

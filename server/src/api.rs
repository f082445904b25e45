//! What the server answers: one module per family of routes, one for the errors of all of them.

pub(crate) mod alerts;
pub(crate) mod expr;
pub(crate) mod fetch;
pub(crate) mod graph;
pub(crate) mod health;
pub(crate) mod page;
pub(crate) mod params;
pub(crate) mod problem;
pub(crate) mod publish;
pub(crate) mod tags;
